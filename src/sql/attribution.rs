//! Comments in the form of SQLCommenter, by which a framework says where in the application a statement comes from:
//! `SELECT 1 /*controller='contratos',route='%2Fcontratos'*/` (google.github.io/sqlcommenter/spec).

/// The keys that name a place in the application. Others, such as `traceparent`, differ in each statement, so that grouping by them
/// is useless.
const KEYS: &[&str] = &["action", "application", "controller", "framework", "job", "route"];
/// A longer attribution is cut: it is only for reading.
const LONGEST_BYTES: usize = 200;

/// The content of a comment of this form at the end of a text, as `controller=contratos route=/contratos`; `None` where there is
/// none. The client can write anything there, so it is only shown, and nothing is decided by it.
pub(super) fn attribution(text: &str) -> Option<String> {
    let text = text.trim_end().trim_end_matches(';').trim_end().strip_suffix("*/")?;
    let comment = &text[text.rfind("/*")? + 2..];
    let mut told = String::new();
    let mut rest = comment.trim();
    while !rest.is_empty() {
        let (key, behind) = rest.split_once("='")?;
        let (value, behind) = quoted(behind)?;
        let key = decoded(key.trim());
        if KEYS.contains(&key.as_str()) && !value.is_empty() {
            let blank = if told.is_empty() { "" } else { " " };
            told.push_str(&format!("{blank}{key}={}", decoded(&value)));
        }
        rest = match behind.trim_start() {
            "" => "",
            more => more.strip_prefix(',')?.trim_start(),
        };
    }
    let end = (0..=LONGEST_BYTES.min(told.len())).rev().find(|&i| told.is_char_boundary(i)).unwrap_or(0);
    told.truncate(end);
    (!told.is_empty()).then_some(told)
}

/// The value up to the closing quote, in which `\\'` is a quote, and the text after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

/// URL decoding (RFC 3986, section 2.1). Control characters become spaces.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        (bytes, rest) = match behind {
            [a, b, behind @ ..] if *first == b'%' && hex(a).is_some() && hex(b).is_some() => {
                bytes.push(hex(a).unwrap_or(0) << 4 | hex(b).unwrap_or(0));
                (bytes, behind)
            }
            _ => {
                bytes.push(*first);
                (bytes, behind)
            }
        };
    }
    String::from_utf8_lossy(&bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::attribution;

    #[test]
    fn comments_of_sqlcommenter_are_read_and_no_others() {
        for (text, told) in [
            (
                "select 1 /*controller='contratos',route='%2Fcontratos%2F%3Aid'*/;",
                Some("controller=contratos route=/contratos/:id"),
            ),
            (
                "select 1 /* action='a%20b' , traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01' */",
                Some("action=a b"),
            ),
            ("select 1 /*job='it\\'s'*/", Some("job=it's")),
            ("select 1 /*route='%C3%B1%00'*/", Some("route=ñ ")),
            ("select 1 /*a note*/", None),
            ("select 1 /*traceparent='00'*/", None),
            ("select 1 /*job='open*/", None),
            ("select 1 /*job='a' job='b'*/", None),
            ("select '*/'", None),
            ("select 1", None),
            ("*/", None),
        ] {
            assert_eq!(attribution(text).as_deref(), told, "{text}");
        }
        let long = format!("select 1 /*job='{}'*/", "ñ".repeat(200));
        assert_eq!(attribution(&long).unwrap().len(), 200);
    }
}
