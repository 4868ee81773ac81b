//! Backend messages as lines of text: everything that a client can see, masked only where two runs on one server would differ too.

/// A backend message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

/// What a script leaves out of its transcript, because it may differ.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Leniency {
    /// A rewritten statement: table OID and attribute number of columns; source file, line and routine of errors.
    pub(crate) rewritten: bool,
    /// An error in the proxy's own words: the source place of errors.
    pub(crate) own_error: bool,
    /// An interrupt in the middle of data: how far the server had read, which its context tells.
    pub(crate) interrupted: bool,
}

impl Message {
    /// The body's zero-terminated strings.
    fn strings(&self) -> Vec<String> {
        self.body.split(|b| *b == 0).filter(|s| !s.is_empty()).map(shown).collect()
    }

    /// One line.
    pub(crate) fn line(&self, leniency: Leniency) -> String {
        let named = |name: &str, rest: String| format!("{} {name} {rest}", char::from(self.tag)).trim_end().to_owned();
        match self.tag {
            b'R' => named("Authentication", self.authentication()),
            b'K' => named("BackendKeyData", format!("<pid> <key of {} bytes>", self.body.len() - 4)),
            b'E' | b'N' => {
                let place = leniency.rewritten || leniency.own_error;
                let fields = self
                    .strings()
                    .into_iter()
                    .filter(|f| !(place && f.starts_with(['F', 'L', 'R']) || leniency.interrupted && f.starts_with('W')));
                let name = if self.tag == b'E' { "ErrorResponse" } else { "NoticeResponse" };
                named(name, fields.collect::<Vec<_>>().join(" | "))
            }
            b'T' => named("RowDescription", self.columns(leniency)),
            b'A' => named("NotificationResponse", format!("<pid> {}", shown(&self.body[4..]))),
            b'Z' => named("ReadyForQuery", shown(&self.body)),
            b'C' => named("CommandComplete", shown(&self.body)),
            b'S' => named("ParameterStatus", self.strings().join(" = ")),
            _ => named("", format!("{} bytes: {}", self.body.len(), shown(&self.body))),
        }
    }

    fn authentication(&self) -> String {
        let code = self.body.first_chunk::<4>().map_or(0, |c| u32::from_be_bytes(*c));
        match code {
            // Salts, nonces and signatures are new each time.
            5 => "MD5 <salt>".to_owned(),
            11 => "SASL continue".to_owned(),
            12 => "SASL final".to_owned(),
            _ => format!("{code} {}", shown(&self.body[4..])),
        }
    }

    /// Name, table, attribute, type, length, modifier and format of each column.
    fn columns(&self, leniency: Leniency) -> String {
        let mut rest = &self.body[2..];
        let mut columns = Vec::new();
        while let Some(end) = rest.iter().position(|b| *b == 0) {
            let (name, fields) = (shown(&rest[..end]), &rest[end + 1..end + 19]);
            let number = |at: usize, n: usize| fields[at..at + n].iter().fold(0u32, |all, b| all << 8 | u32::from(*b));
            let table = if leniency.rewritten { "-".to_owned() } else { format!("{}.{}", number(0, 4), number(4, 2)) };
            let (kind, length, modifier) = (number(6, 4), number(10, 2) as u16 as i16, number(12, 4) as i32);
            columns.push(format!("{name}[{table} type {kind} {length} {modifier} format {}]", number(16, 2)));
            rest = &rest[end + 19..];
        }
        columns.join(" ")
    }
}

/// Bytes as text, long runs cut in the middle: their length is added.
fn shown(bytes: &[u8]) -> String {
    let text = bytes.escape_ascii().to_string();
    if text.len() <= 1000 { text } else { format!("{}...{}", &text[..500], &text[text.len() - 500..]) }
}

/// Takes whole messages out of `bytes`.
pub(crate) fn take_message(bytes: &mut Vec<u8>) -> Option<Message> {
    let length = u32::from_be_bytes(*bytes.get(1..)?.first_chunk::<4>()?) as usize;
    if bytes.len() <= length {
        return None;
    }
    let rest = bytes.split_off(length + 1);
    let whole = std::mem::replace(bytes, rest);
    Some(Message { tag: whole[0], body: whole[5..].to_vec() })
}

/// Both transcripts side by side from the first difference on; `None` when they are equal.
pub(crate) fn difference(name: &str, way: &str, direct: &[String], other: &[String]) -> Option<String> {
    let first = (0..direct.len().max(other.len())).find(|&i| direct.get(i) != other.get(i))?;
    let mut out = format!("== {name}: {way} differs from direct at line {}\n", first + 1);
    for (title, lines) in [("direct", direct), (way, other)] {
        out.push_str(&format!("-- {title}\n"));
        for (i, line) in lines.iter().enumerate() {
            out.push_str(&format!("{} {line}\n", if i == first { ">" } else { " " }));
        }
        if lines.len() <= first {
            out.push_str("> (ends here)\n");
        }
    }
    Some(out)
}

#[test]
fn a_difference_is_found_and_shown() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(difference("x", "proxy", &lines("a\nb"), &lines("a\nb")), None);
    let shown = difference("x", "proxy", &lines("a\nb"), &lines("a")).unwrap();
    assert!(shown.contains("at line 2") && shown.contains("> b") && shown.contains("> (ends here)"), "{shown}");
}

#[test]
fn messages_are_told_apart_to_the_last_field() {
    let error = |body: &[u8]| Message { tag: b'E', body: body.to_vec() }.line(Leniency::default());
    assert_ne!(error(b"SERROR\0C42P01\0P15\0\0"), error(b"SERROR\0C42P01\0P16\0\0"));
    assert_ne!(error(b"SERROR\0Rparse\0\0"), error(b"SERROR\0Rscan\0\0"));
    let mut bytes = b"Z\0\0\0\x05ITrest".to_vec();
    assert_eq!(take_message(&mut bytes).unwrap().line(Leniency::default()), "Z ReadyForQuery I");
    assert_eq!((take_message(&mut bytes), bytes.as_slice()), (None, &b"Trest"[..]));
}
