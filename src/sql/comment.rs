//! Comments directly after an operator: `a<>/*x*/b`, `a>--x`. PostgreSQL ends the operator before a comment (manual, section 4.1.3); the
//! tokenizer makes the comment a part of the operator. Before such a text is cut into tokens, its comments are replaced by as many
//! spaces as they have characters, so that all positions stay the same.

use std::borrow::Cow;

/// The text for the tokenizer; the byte at which a comment begins that does not end, where there is one after an operator.
pub(super) fn unglued(text: &str) -> Result<Cow<'_, str>, usize> {
    let bytes = text.as_bytes();
    let glued = |at: usize| at > 0 && b"+-*<>=~!@#%^&|`?".contains(&bytes[at - 1]);
    let any = ["/*", "--"].iter().any(|mark| memchr::memmem::find_iter(bytes, mark).any(glued));
    Ok(if any { Cow::Owned(blanked(text)?) } else { Cow::Borrowed(text) })
}

fn blanked(text: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, is_comment) = if rest.starts_with("/*") {
            (comment(rest).ok_or(text.len() - rest.len())?, true)
        } else if rest.starts_with("--") {
            (rest.find(['\n', '\r']).unwrap_or(rest.len()), true)
        } else if first == '\'' {
            (string(rest, out.ends_with(['e', 'E'])), false)
        } else if first == '"' {
            (rest[1..].find('"').map_or(rest.len(), |at| at + 2), false)
        } else if first == '$' {
            (dollar(rest), false)
        } else {
            (first.len_utf8(), false)
        };
        let (part, behind) = rest.split_at(length);
        if is_comment {
            out.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(part);
        }
        rest = behind;
    }
    Ok(out)
}

/// The length of a comment in bytes; comments nest. `None` where it does not end.
fn comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = text.as_bytes().get(at..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
}

/// The length of a string in bytes; after an E a backslash escapes. A doubled quote ends one string and begins the next.
fn string(text: &str, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => return at + 1,
            b'\\' if escapes => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of a dollar-quoted string in bytes; 1, that of the `$`, where none begins.
fn dollar(text: &str) -> usize {
    let name = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
    let tag = text[1..].find(|c| !name(c)).map(|at| &text[..at + 2]).filter(|t| t.ends_with('$'));
    match tag.filter(|t| !t[1..].starts_with(|c: char| c.is_ascii_digit())) {
        Some(tag) => text[tag.len()..].find(tag).map_or(text.len(), |at| at + 2 * tag.len()),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::unglued;

    #[test]
    fn only_comments_become_blanks() {
        let text = "a<>/*é/*x*/\ny*/b, '/*', E'\\'/*', \"/*\", $q$/*$q$, $1 -- /* no end\n+/*z*/1>--é\n'--'";
        let blank = "a<>        \n   b, '/*', E'\\'/*', \"/*\", $q$/*$q$, $1             \n+     1>   \n'--'";
        assert_eq!(unglued(text).unwrap(), blank);
        assert_eq!(unglued(text).unwrap().chars().count(), text.chars().count());
        assert!(matches!(unglued("a /*x*/ <> b -- c"), Ok(std::borrow::Cow::Borrowed(_))));
        assert_eq!(unglued("é <>/* x"), Err(5));
    }
}
