//! The session's state machine as text: frames in, frames out. No server, no socket and no clock: a conversation gets the frames of
//! `tests/session/*.txt`, and the files say what it sends. `UPDATE_EXPECT=1` writes what it sent into them.
//!
//! A file is a list of conversations, each with a heading in `#` lines. Lines that are not indented are events:
//! `client Q select 1|` and `server Z I` are frames, a letter and a body; `switch rewrite` puts another mode in force for all tables;
//! `pause` and `resume` hold and release clients, `cancel` is a cancel request for what runs or waits;
//! `chosen` lets all sessions read the copies of all tables, which are observed;
//! `retire` makes a tombstone of the name, which `switch` brings back and `lost` gives up;
//! `moves` holds the name, because its table is moving, and says whether it is in use; `stands` releases it;
//! `others a.pozo b` are the relations of other schemas that the session is told about, and schemas without any; `made` says that another session has made some;
//! `plain` says that the client's leg has no TLS and the server's has; `longest 20` is the longest statement that is parsed;
//! `path public` answers all that the session has asked about names; `known public` is a login and such an answer, not shown. Indented lines are the results: `> ` a frame to the
//! server, `< ` one to the client, `: ` a call of the house, and at the end of each conversation whether a switch would have
//! to wait. In a body `|` is a zero byte, `\|` a bar and `\x07` a byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};
use esclusa::catalog::movers::{Movers, Moves};
use esclusa::config::Settings;
use esclusa::config::document::Document;
use esclusa::mode::{Mode, Readers};
use esclusa::relation::{Context, Relation};
use esclusa::rewrite::{Entry, NameContext, Outcome, Policy, rewrite};
use esclusa::rule::file;
use esclusa::session::activity::Doing;
use esclusa::session::conversation::{Conversation, ToClient, ToServer, Want};
use esclusa::session::cut_over::{CutOvers, Uses};
use esclusa::session::house::{Held, House, Note, Run};
use esclusa::shadow::Sample;
use esclusa::sql::Limits;
use esclusa::sql::fingerprint::Seen;
use esclusa::traffic::{Client, Execution, Sqlstate};
use esclusa::wire::frame::{self, HEADER_BYTES};

/// `pozo` is a look-up with a key and a text.
fn policy(generation: u64, mode: Mode) -> Policy {
    let text = "table = \"pozo\"\nkind = \"lookup\"\ncolumns = [{ name = \"id\", type = \"numeric(5,0)\", null = false }, \
                { name = \"x\", type = \"character varying(10)\", null = false }]\n[target]\ndomain = \"POZO\"\n\
                [key]\ncolumns = [\"id\"]\nbasis = \"constraint\"\nunique = \"pozo_pkey\"\nprimary = [\"id\"]\n";
    let rule = file::parse(&Document::parse("pozo.toml".as_ref(), text).unwrap()).unwrap();
    let relation = Arc::new(Relation::compile(&rule, &Context::new(&Settings::defaults().unwrap())));
    Policy::new(generation, "public", vec![Entry { relation, mode }], Arc::default(), Limits::default()).moved_by(movers())
}

/// `mueve` is a function that sets the search path, `crea` one that makes relations, `corre` one that runs any text.
fn movers() -> Arc<Movers> {
    let moves = |path, relations, code| Moves { path, relations, code };
    let one = |name: &str, moves| Movers::default().with(name, moves);
    Arc::new(
        one("mueve", moves(true, false, false)).with("crea", moves(false, true, false)).with("corre", moves(false, false, true)),
    )
}

/// A house of fixed values that notes its calls.
#[derive(Debug, Clone)]
struct Fixed {
    policy: Rc<ArcSwap<Policy>>,
    noon: Instant,
    told: Rc<RefCell<Vec<String>>>,
    longest: Rc<Cell<usize>>,
    /// No retired name comes back.
    given_up: Rc<Cell<bool>>,
    /// Texts of more than a hundred bytes are long, and are not worked out yet.
    beside: Rc<Cell<bool>>,
    cut_overs: Rc<CutOvers>,
    uses: Rc<Uses>,
    relations: Rc<Cell<u64>>,
}

impl Fixed {
    fn tell(&self, what: String) {
        self.told.borrow_mut().push(what);
    }
}

impl House for Fixed {
    fn now(&self) -> Instant {
        self.noon
    }

    fn policy(&self) -> Guard<Arc<Policy>> {
        self.policy.load()
    }

    fn statement_bytes(&self) -> usize {
        self.longest.get()
    }

    fn works_out(&self, _: &Arc<Policy>, _: &Arc<NameContext>, text: &str) -> Held {
        if self.beside.get() && text.len() > 100 {
            self.tell("works out a long text beside".into());
            return Held::Waits;
        }
        Held::GoesOn
    }

    fn cancels_outcome(&self) -> bool {
        self.tell("gives up a long text".into());
        true
    }

    fn outcome(&self, policy: &Policy, names: &Arc<NameContext>, text: &str) -> Arc<Outcome> {
        let mut outcome = rewrite(policy, names, text);
        outcome.seen = (!outcome.hits.is_empty()).then(|| Seen::of(text, outcome.text.as_deref()));
        Arc::new(outcome)
    }

    fn ran(&self, outcome: &Outcome, client: &Arc<Client>, run: Run<'_>) {
        let Run { rows, each, sqlstate, .. } = run;
        let execution = Execution { hits: 1, rows, each, sqlstate, elapsed: None, at: std::time::UNIX_EPOCH };
        for hit in &outcome.hits {
            let Some((rows, sqlstate)) = execution.part(outcome, hit) else { continue };
            let seen = outcome.seen.as_ref().map_or("", |seen| &seen.text);
            let failed = if sqlstate == Sqlstate::NONE { String::new() } else { format!(", failed with {}", sqlstate.text()) };
            let (application, how) = (&client.application, hit.outcome.name());
            let more = if run.is_more { " more" } else { "" };
            self.tell(format!(
                "{application} ran {} of {} ({how}), {}{more} rows{failed}: {seen}",
                hit.operation, hit.table, rows
            ));
        }
    }

    fn followed(&self, before: &Outcome, outcome: &Outcome, _: &Arc<Client>) {
        let seen = |outcome: &Outcome| outcome.seen.as_ref().map_or(String::new(), |seen| seen.text.to_string());
        self.tell(format!("behind {}: {}", seen(before), seen(outcome)));
    }

    fn note(&self, note: Note) {
        self.tell(format!("{note:?}"));
    }

    fn is_now(&self, client: &Arc<Client>) {
        self.tell(format!("the client is {}", client.application));
    }

    fn is_doing(&self, doing: Doing) {
        self.tell(format!("is {}", doing.name()));
    }

    fn runs(&self, statement: Option<&Arc<Outcome>>) {
        let seen = statement.and_then(|outcome| outcome.seen.as_ref());
        self.tell(format!("runs {}", seen.map_or("what names no legacy table", |seen| &*seen.text)));
    }

    fn holds(&self, statement: Option<&str>) {
        self.tell(statement.map_or("holds nothing".into(), |text| format!("holds {text}")));
    }

    fn has_key(&self, key: &[u8]) {
        self.tell(format!("the key is {}", letters(key)));
    }

    fn touches(&self, outcome: &Outcome) -> Held {
        self.tell(format!(
            "touches {}",
            if outcome.tombstones.is_empty() { "nothing more".into() } else { outcome.tombstones.join(", ") }
        ));
        if self.given_up.get() { Held::GoesOn } else { Held::Waits }
    }

    fn enters(&self, outcome: &Outcome, _generation: u64) -> Held {
        self.uses.enters(&self.cut_overs, outcome, &Arc::default(), || true)
    }

    fn is_moving(&self) -> bool {
        self.cut_overs.is_holding()
    }

    fn relations(&self) -> u64 {
        self.relations.get()
    }

    fn relations_changed(&self) {
        self.relations.set(self.relations.get() + 1);
        self.tell("has made or dropped relations".into());
    }

    fn leaves(&self) {
        self.uses.leaves(&self.cut_overs);
    }

    fn is_sampled(&self) -> bool {
        true
    }

    fn offer(&self, sample: Sample) {
        let values: Vec<String> = sample.parameters.iter().map(|p| p.value.as_deref().map_or("NULL".into(), letters)).collect();
        self.tell(format!("to be compared: {} with ({}) of types {:?}", sample.text, values.join(", "), sample.types));
    }
}

/// Bytes as the files show them.
fn letters(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            0 => out.push('|'),
            b'|' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => write!(out, "\\x{byte:02x}").unwrap(),
        }
    }
    out
}

/// The bytes that [`letters`] shows.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(letter) = rest.next() {
        out.push(match letter {
            b'|' => 0,
            b'\\' => match rest.next().unwrap() {
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            other => other,
        });
    }
    out
}

/// One conversation, played.
struct Play {
    house: Fixed,
    conversation: Conversation<Fixed>,
    oldest: Arc<AtomicU64>,
    /// Frames of the client's that wait.
    waiting: VecDeque<(u8, Vec<u8>)>,
    /// Relations of other schemas, and schemas without any, as the server would tell them.
    others: Vec<(String, String)>,
    /// Frames of the session's own that the server has got.
    asked: Vec<(u8, Vec<u8>)>,
    out: Vec<String>,
}

impl Play {
    fn new() -> Self {
        let house = Fixed {
            policy: Rc::new(ArcSwap::from_pointee(policy(1, Mode::Rewrite))),
            noon: Instant::now(),
            told: Rc::default(),
            longest: Rc::new(Cell::new(1000)),
            given_up: Rc::default(),
            beside: Rc::default(),
            cut_overs: Rc::default(),
            uses: Rc::default(),
            relations: Rc::new(Cell::new(1)),
        };
        let oldest = Arc::new(AtomicU64::new(0));
        let client = Client { application: "ana".into(), ..Client::default() };
        let conversation = Conversation::new(house.clone(), client, false, oldest.clone());
        Play { house, conversation, oldest, waiting: VecDeque::new(), others: Vec::new(), asked: Vec::new(), out: Vec::new() }
    }

    /// Plays an event; panics if there is no such event.
    fn happens(&mut self, line: &str) {
        self.out.push(line.to_owned());
        let (who, what) = line.split_once(' ').unwrap_or((line, ""));
        match who {
            // The session is over.
            "ends" => self.conversation.ended(),
            "client" => {
                self.waiting.push_back(parsed(what));
                self.client();
            }
            "server" => {
                let (tag, body) = parsed(what);
                self.server(tag, &body);
                self.lets_go();
                self.client();
            }
            "path" => self.answer(what),
            "others" => {
                let pair = |name: &str| name.split_once('.').map_or((name.into(), String::new()), |(s, r)| (s.into(), r.into()));
                self.others = what.split_whitespace().map(pair).collect();
            }
            "made" => self.house.relations.set(self.house.relations.get() + 1),
            "known" => self.know(what),
            "switch" => {
                let generation = self.house.policy.load().generation + 1;
                self.house.policy.store(Arc::new(policy(generation, what.parse().unwrap())));
                self.client();
            }
            "chosen" => {
                let generation = self.house.policy.load().generation + 1;
                let readers = Readers { percent: 100, ..Readers::default() };
                let policy = policy(generation, Mode::Observe).read_by([("pozo".to_owned(), readers)].into());
                self.house.policy.store(Arc::new(policy));
                self.client();
            }
            "retire" => {
                let generation = self.house.policy.load().generation + 1;
                let policy = Policy::new(generation, "public", Vec::new(), Arc::default(), Limits::default());
                self.house.policy.store(Arc::new(policy.with_tombstones(["pozo".to_owned()].into())));
            }
            "lost" => {
                self.house.given_up.set(true);
                self.client();
            }
            "beside" => self.house.beside.set(true),
            "worked" => {
                self.house.beside.set(false);
                self.client();
            }
            "moves" => {
                self.house.cut_overs.begin("pozo");
                self.out.push(format!("  is {}", if self.house.cut_overs.users("pozo") > 0 { "in use" } else { "quiet" }));
                self.lets_go();
            }
            "stands" => {
                self.house.cut_overs.end("pozo");
                self.client();
            }
            "pause" | "resume" => {
                self.conversation.hold(who == "pause");
                self.client();
            }
            "cancel" => {
                let is_held = self.conversation.cancel_held();
                self.out.push(format!("  {}", if is_held { "is answered here" } else { "is the server's" }));
                self.client();
            }
            "plain" => self.conversation.hide_channel_binding(true),
            "longest" => self.house.longest.set(what.parse().unwrap()),
            _ => panic!("{line}"),
        }
        self.tell();
    }

    /// Gives the client's frames to the conversation, as the relay does.
    fn client(&mut self) {
        while let Some((tag, body)) = self.waiting.front().cloned() {
            let want = self.conversation.wants(tag, body.len() + HEADER_BYTES);
            let seen = if want == Want::Nothing { &[][..] } else { &body };
            match self.conversation.from_client(tag, seen, want == Want::Body) {
                ToServer::First(frames) => {
                    self.asked = self.frames(">", &frames);
                    continue;
                }
                ToServer::Wait => {
                    self.out.push(format!("  {} waits", char::from(tag)));
                    return;
                }
                ToServer::Pass => self.out.push(format!("  > {} passes", char::from(tag))),
                ToServer::Replace(frames) => drop(self.frames(">", &frames)),
                ToServer::Answer(frames) => drop(self.frames("<", &frames)),
                ToServer::Tell(frames) => {
                    self.frames("<", &frames);
                    continue;
                }
            }
            self.waiting.pop_front();
        }
    }

    fn lets_go(&mut self) {
        if let Some(frames) = self.conversation.lets_go() {
            self.frames(">", &frames);
        }
    }

    fn server(&mut self, tag: u8, body: &[u8]) {
        let seen = if self.conversation.wants_reply(tag) { body } else { &[] };
        match self.conversation.from_server(tag, seen) {
            ToClient::Pass => self.out.push(format!("  < {} passes", char::from(tag))),
            ToClient::Replace(frames) => drop(self.frames("<", &frames)),
            ToClient::First(frames) => {
                self.frames("<", &frames);
                self.out.push(format!("  < {} passes", char::from(tag)));
            }
            ToClient::Again(frames) => self.asked = self.frames(">", &frames),
            ToClient::Swallow => self.out.push("  is kept".into()),
        }
    }

    /// The server answers the session's own requests, frame by frame.
    fn answer(&mut self, path: &str) {
        let column = |text: &str| [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
        let row = |text: &str| [&[0, 1], &column(text)[..]].concat();
        let other = |(schema, relation): &(String, String)| {
            let relation = if relation.is_empty() { vec![0xff; 4] } else { column(relation) };
            (b'D', [&[0, 2], &column(schema)[..], &relation].concat())
        };
        let mut question = Vec::new();
        for (tag, body) in std::mem::take(&mut self.asked) {
            let answers = match tag {
                b'P' => {
                    question = body;
                    vec![(b'1', Vec::new())]
                }
                b'B' => vec![(b'2', Vec::new())],
                b'C' => vec![(b'3', Vec::new())],
                b'E' => {
                    let is = |word: &str| question.windows(word.len()).any(|w| w == word.as_bytes());
                    let known = [("search_path", path), ("SHOW role", "none"), ("session_authorization", "ana")];
                    let answer = known.into_iter().find(|(word, _)| is(word)).map(|(_, answer)| (b'D', row(answer)));
                    let others = self.others.iter().map(other).filter(|_| is("pg_namespace"));
                    answer.into_iter().chain(others).chain([(b'C', b"SHOW\0".to_vec())]).collect()
                }
                _ => Vec::new(),
            };
            for (tag, body) in answers {
                assert_eq!(self.conversation.from_server(tag, &body), ToClient::Swallow, "{}", char::from(tag));
            }
        }
        self.client();
    }

    /// The session has logged in, and knows its search path.
    fn know(&mut self, path: &str) {
        let shown = self.out.len();
        self.happens("server Z I");
        self.happens("client Q select 1 from pozo|");
        // A path that begins with another schema needs a further query.
        while !self.asked.is_empty() {
            self.happens(&format!("path {path}"));
            self.happens("server Z I");
        }
        self.happens("server C SELECT 1|");
        self.happens("server Z I");
        self.out.truncate(shown);
    }

    fn frames(&mut self, arrow: &str, mut frames: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut out = Vec::new();
        if frames.is_empty() {
            self.out.push(format!("  {arrow} nothing"));
        }
        while let Some(header) = frame::header(frames).map(Result::unwrap) {
            let body = &frames[HEADER_BYTES..header.total];
            self.out.push(format!("  {arrow} {} {}", char::from(header.tag), letters(body)).trim_end().to_owned());
            out.push((header.tag, body.to_vec()));
            frames = &frames[header.total..];
        }
        out
    }

    fn tell(&mut self) {
        let told = self.house.told.take();
        self.out.extend(told.into_iter().map(|what| format!("  : {what}")));
    }

    fn end(mut self) -> Vec<String> {
        let oldest = self.oldest.load(Ordering::Relaxed);
        let idle = if self.conversation.is_idle() { "idle" } else { "open" };
        self.out.push(match oldest {
            0 => format!("  {idle}, no switch waits"),
            oldest => format!("  {idle}, a switch waits for policy {oldest}"),
        });
        self.out
    }
}

fn parsed(frame: &str) -> (u8, Vec<u8>) {
    let (tag, body) = frame.split_once(' ').unwrap_or((frame, ""));
    (tag.as_bytes()[0], bytes(body))
}

#[test]
fn conversations_go_as_the_files_say() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/session");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut out = Vec::new();
        for paragraph in text.trim_end().split("\n\n") {
            let mut play = Play::new();
            for line in paragraph.lines().filter(|line| !line.starts_with(' ')) {
                match line.strip_prefix('#') {
                    Some(_) => play.out.push(line.to_owned()),
                    None => play.happens(line),
                }
            }
            let found = play.end().join("\n");
            if found != paragraph {
                wrong.push(format!("{}:\n{paragraph}\n--- is now\n{found}", path.display()));
            }
            out.push(found);
            count += 1;
        }
        if update {
            std::fs::write(&path, out.join("\n\n") + "\n").unwrap();
        }
    }
    assert!(count >= 30, "{count}");
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn letters_are_bytes() {
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(bytes(&letters(&all)), all);
}
