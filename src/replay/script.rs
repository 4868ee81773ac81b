//! Recordings -> conversations: the acts of each session, and the order of all acts by the recordings' clock.

use std::collections::HashMap;

use crate::record::Recording;
use crate::record::event::{Cut, Event};
use crate::record::redact::{LEFT_OUT, without_passwords};
use crate::sql::quote::literal;
use crate::wire::frame::{self, HEADER_BYTES, cstr};
use crate::wire::tag::{about, client};

/// Names and values of a start-up packet.
pub type Parameters = Vec<(Vec<u8>, Vec<u8>)>;

/// A recorded session.
#[derive(Debug)]
pub struct Conversation {
    /// Start-up parameters in order.
    pub parameters: Parameters,
    /// Its acts in order.
    pub acts: Vec<Act>,
    /// Why its rest is missing.
    pub cut: Option<Cut>,
}

/// One thing that a session does.
#[derive(Debug)]
pub struct Act {
    /// When it began, in microseconds by the clock of all recordings.
    pub begins: u64,
    /// When it was answered, by the same clock.
    pub ends: u64,
    /// What it is.
    pub what: What,
}

/// What an act is.
#[derive(Debug)]
pub enum What {
    /// The login.
    Login,
    /// Frames up to a ReadyForQuery.
    Stretch(Stretch),
    /// A cancel request for the running statement.
    Cancel,
    /// The client ends the connection.
    Leave,
}

/// Frames up to the one that is answered by ReadyForQuery.
#[derive(Debug, Default)]
pub struct Stretch {
    /// Sent one after the other: each but the first when the server waits for rows of a COPY.
    pub chunks: Vec<Vec<u8>>,
    /// Its statements, including those that were prepared earlier.
    pub texts: Vec<String>,
    /// The parameters of each Bind in it, for display.
    pub values: Vec<String>,
    /// Whether an Execute in it had a row limit.
    pub is_partial: bool,
    /// The SQLSTATE of its error when it was recorded.
    pub sqlstate: Option<[u8; 5]>,
    progress: Progress,
}

/// A stretch that is being assembled.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    is_simple: bool,
    is_whole: bool,
    is_answered: bool,
}

/// All recordings, merged.
#[derive(Debug, Default)]
pub struct Script {
    /// Every session.
    pub conversations: Vec<Conversation>,
    /// Session and act, in the order in which they took effect.
    pub order: Vec<(usize, usize)>,
    /// Number of stretches without an answer when the session or its recording ended: they are not sent.
    pub unanswered: usize,
}

impl Script {
    /// Merges recordings by the wall clock in their heads.
    pub fn of(recordings: Vec<Recording>) -> Script {
        let mut script = Script::default();
        for recording in recordings {
            let mut sessions: HashMap<u64, Builder> = HashMap::new();
            let mut numbers = Vec::new();
            for record in recording.records {
                let at = recording.head.began_us.saturating_add(record.at);
                let builder = sessions.entry(record.session).or_insert_with(|| {
                    numbers.push(record.session);
                    Builder::default()
                });
                builder.take(at, record.event);
            }
            for number in numbers {
                let Some(builder) = sessions.remove(&number) else { continue };
                let (conversation, unanswered) = builder.end();
                script.unanswered += unanswered;
                script.conversations.extend(conversation);
            }
        }
        let acts = script.conversations.iter().enumerate();
        script.order = acts.flat_map(|(session, c)| (0..c.acts.len()).map(move |act| (session, act))).collect();
        // A stable sort: acts of one microsecond stay in the order of their session.
        let moments: Vec<Vec<u64>> = script.conversations.iter().map(Conversation::moments).collect();
        script.order.sort_by_key(|(session, act)| moments[*session][*act]);
        script
    }
}

impl Conversation {
    /// The moment by which each act is ordered. A session that waited for a lock got it before the end of its act; the holder released it after the
    /// beginning of its COMMIT. So acts are ordered by their end, and ends of transactions by their beginning: then no act waits for a later one,
    /// however long messages were on their way.
    fn moments(&self) -> Vec<u64> {
        let cancels: Vec<u64> = self.acts.iter().filter(|act| matches!(act.what, What::Cancel)).map(|act| act.begins).collect();
        let mut last = 0;
        let one = |act: &Act| {
            let is_cancelled = cancels.iter().any(|at| (act.begins..act.ends).contains(at));
            let releases = match &act.what {
                What::Stretch(stretch) => stretch.ends_transaction(),
                What::Cancel | What::Leave => true,
                What::Login => false,
            };
            last = last.max(if releases || is_cancelled { act.begins } else { act.ends });
            last
        };
        self.acts.iter().map(one).collect()
    }
}

#[derive(Debug, Default)]
struct Builder {
    begun: Option<(u64, Parameters)>,
    logged_in: Option<u64>,
    asked: Vec<(u64, u64, Stretch)>,
    others: Vec<Act>,
    /// The stretch whose COPY waits for rows.
    copying: Option<usize>,
    /// The texts of prepared statements by name.
    prepared: HashMap<Vec<u8>, String>,
    cut: Option<Cut>,
    last: u64,
}

impl Builder {
    fn take(&mut self, at: u64, event: Event) {
        // A cut at the end of a recording has no time of its own.
        self.last = if at == u64::MAX { self.last } else { at };
        match event {
            Event::Head(_) => {}
            Event::Begins(parameters) => self.begun = Some((at, parameters)),
            Event::Sent(frames) => {
                let mut rest = frames.as_slice();
                while let Some(Ok(header)) = frame::header(rest) {
                    let (whole, behind) = rest.split_at(header.total.min(rest.len()));
                    self.frame(at, header.tag, whole);
                    rest = behind;
                }
            }
            Event::Answered(_, sqlstate) => match self.logged_in {
                None => self.logged_in = Some(at),
                Some(_) => {
                    if let Some((_, ends, stretch)) =
                        self.asked.iter_mut().find(|(_, _, stretch)| stretch.progress.is_whole && !stretch.progress.is_answered)
                    {
                        (*ends, stretch.sqlstate, stretch.progress.is_answered) = (at, sqlstate, true);
                    }
                }
            },
            Event::CopyIn => {
                self.copying = self.asked.iter().position(|(_, _, stretch)| !stretch.progress.is_answered);
                if let Some((_, _, stretch)) = self.copying.and_then(|n| self.asked.get_mut(n)) {
                    stretch.chunks.push(Vec::new());
                }
            }
            Event::Cancelled => self.others.push(Act { begins: at, ends: at, what: What::Cancel }),
            Event::Cut(why) => self.cut = Some(why),
            Event::Ends => self.others.push(Act { begins: at, ends: at, what: What::Leave }),
        }
    }

    fn frame(&mut self, at: u64, tag: u8, whole: &[u8]) {
        let kept = without_password(tag, whole);
        let whole = kept.as_deref().unwrap_or(whole);
        let of_copy = matches!(tag, client::COPY_DATA | client::COPY_DONE | client::COPY_FAIL);
        let among_rows = of_copy || matches!(tag, client::SYNC | client::FLUSH);
        if tag == client::TERMINATE {
            return;
        }
        self.copying = self.copying.filter(|_| among_rows);
        let open =
            self.copying.or_else(|| self.asked.len().checked_sub(1).filter(|n| !self.asked[*n].2.progress.is_whole || of_copy));
        let number = open.unwrap_or_else(|| {
            let progress = Progress { is_simple: tag == client::QUERY, ..Progress::default() };
            let stretch = Stretch { chunks: vec![Vec::new()], progress, ..Stretch::default() };
            self.asked.push((at, u64::MAX, stretch));
            self.asked.len() - 1
        });
        let text = self.text(tag, &whole[HEADER_BYTES..]);
        let stretch = &mut self.asked[number].2;
        if let Some(chunk) = stretch.chunks.last_mut() {
            chunk.extend_from_slice(whole);
        }
        stretch.texts.extend(text);
        if tag == client::BIND {
            stretch.values.extend(bound(&whole[HEADER_BYTES..]));
        }
        stretch.is_partial |= tag == client::EXECUTE && !whole.ends_with(&[0; 4]);
        match self.copying {
            // CopyDone is answered by ReadyForQuery at once in the simple protocol, and at the next Sync in the extended one.
            Some(_) if matches!(tag, client::COPY_DONE | client::COPY_FAIL) => {
                stretch.progress.is_whole = stretch.progress.is_simple;
                self.copying = None;
            }
            Some(_) => {}
            None => stretch.progress.is_whole |= matches!(tag, client::QUERY | client::SYNC | client::FUNCTION_CALL),
        }
    }

    /// The statement of a frame, for the texts of its stretch.
    fn text(&mut self, tag: u8, body: &[u8]) -> Option<String> {
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match tag {
            client::QUERY => cstr(body).map(|(text, _)| told(text)),
            client::PARSE => {
                let (name, rest) = cstr(body)?;
                let text = told(cstr(rest)?.0);
                self.prepared.insert(name.to_vec(), text.clone());
                Some(text)
            }
            client::BIND => self.prepared.get(cstr(cstr(body)?.1)?.0).cloned(),
            client::DESCRIBE if body.first() == Some(&about::STATEMENT) => self.prepared.get(cstr(&body[1..])?.0).cloned(),
            _ => None,
        }
    }

    /// The conversation, if its login was recorded, and the number of its stretches that are not sent.
    fn end(mut self) -> (Option<Conversation>, usize) {
        let Some((came, parameters)) = self.begun else { return (None, 0) };
        let Some(logged_in) = self.logged_in else { return (None, 0) };
        let mut acts = vec![Act { begins: came, ends: logged_in, what: What::Login }];
        let all = self.asked.len();
        let asked = self.asked.into_iter().filter(|(_, _, stretch)| stretch.progress.is_answered);
        acts.extend(asked.map(|(begins, ends, mut stretch)| {
            // A statement that is parsed, described and bound counts once.
            stretch.texts.dedup();
            Act { begins, ends, what: What::Stretch(stretch) }
        }));
        let unanswered = all + 1 - acts.len();
        if !self.others.iter().any(|act| matches!(act.what, What::Leave)) {
            self.others.push(Act { begins: self.last, ends: self.last, what: What::Leave });
        }
        acts.extend(self.others);
        acts.sort_by_key(|act| act.begins);
        (Some(Conversation { parameters, acts, cut: self.cut }), unanswered)
    }
}

/// A frame without statements that set passwords of roles: earlier versions recorded them, with a pseudonym.
fn without_password(tag: u8, whole: &[u8]) -> Option<Vec<u8>> {
    let body = &whole[HEADER_BYTES..];
    let (head, rest) = match tag {
        client::QUERY => (&[][..], body),
        client::PARSE => body.split_at(cstr(body)?.0.len() + 1),
        _ => return None,
    };
    let (text, behind) = cstr(rest)?;
    let mut out = Vec::new();
    frame::write(&mut out, tag, &[head, &without_passwords(text)?, &[0], behind]);
    Some(out)
}

/// The parameters of a Bind (manual, section 55.7), as far as they can be parsed.
fn bound(body: &[u8]) -> Option<String> {
    let (_, rest) = cstr(cstr(body)?.1)?;
    let (formats, rest) = rest.split_first_chunk::<2>()?;
    let (count, mut values) = rest.get(usize::from(u16::from_be_bytes(*formats)) * 2..)?.split_first_chunk::<2>()?;
    let mut out = Vec::new();
    for number in 1..=u16::from_be_bytes(*count) {
        let (length, rest) = values.split_first_chunk::<4>()?;
        let (value, behind) = match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => rest.split_at_checked(length).map(|(value, behind)| (Some(value), behind))?,
            Err(_) => (None, rest),
        };
        values = behind;
        let told = match value.map(std::str::from_utf8) {
            None => "NULL".to_owned(),
            Some(Ok(text)) if !text.contains(char::is_control) => literal(text),
            Some(_) => value.iter().copied().flatten().fold("\\x".to_owned(), |text, b| text + &format!("{b:02x}")),
        };
        out.push(format!("${number} = {told}"));
    }
    (!out.is_empty()).then(|| out.join(", "))
}

impl Stretch {
    /// For display: its statements, each followed by its parameters.
    pub fn told(&self) -> String {
        [self.texts.join("; "), self.values.join("; ")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" -- ")
    }

    /// Whether a statement that set a role's password was left out here.
    pub fn leaves_out(&self) -> bool {
        self.texts.iter().any(|text| text.contains(LEFT_OUT))
    }

    /// Whether it only ends a transaction.
    fn ends_transaction(&self) -> bool {
        const ENDS: &[&str] = &["COMMIT", "END", "ROLLBACK", "ABORT"];
        let word =
            |text: &String| text.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_uppercase();
        !self.texts.is_empty()
            && self.texts.iter().all(|text| ENDS.contains(&word(text).as_str()) && !text.trim_end_matches(';').contains(';'))
    }

    /// The frames for a second run, in which no statement is prepared under a name or closed again.
    pub fn again(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in &self.chunks {
            let mut rest = chunk.as_slice();
            while let Some(Ok(header)) = frame::header(rest) {
                let (whole, behind) = rest.split_at(header.total.min(rest.len()));
                let names = header.tag == client::PARSE && whole.get(HEADER_BYTES) != Some(&0);
                if !names && header.tag != client::CLOSE {
                    out.extend_from_slice(whole);
                }
                rest = behind;
            }
        }
        out
    }
}
