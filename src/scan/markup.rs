//! XML and similar formats, read as far as they are readable: each attribute and each text is a piece. Comments are not read. A page (JSP) is code
//! between `<%` and `%>`, and markup around it.

use super::code;
use super::piece::Piece;

/// Calls `each` with every attribute and text. An attribute with such a name is a mapping (`table` of Hibernate, `tableName` of others).
pub(super) fn pieces(text: &str, source: &'static str, each: &mut dyn FnMut(Piece)) {
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let rest = &text[at..];
        let end = |closing: &str, from: usize| rest[from..].find(closing).map_or(rest.len(), |end| from + end + closing.len());
        let length = if rest.starts_with("<!--") {
            end("-->", 4)
        } else if rest.starts_with("<![CDATA[") {
            let length = end("]]>", 9);
            let inside = rest[9..length].strip_suffix("]]>").unwrap_or(&rest[9..length]);
            each(Piece::of(source, inside, line));
            length
        } else if rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_alphabetic() || "/?!_".contains(c)) {
            let length = tag_length(rest);
            attributes(&rest[..length], line, source, each);
            length
        } else {
            // A `<` that does not begin a tag belongs to the text.
            let length = rest.char_indices().skip(1).find(|(_, c)| *c == '<').map_or(rest.len(), |(end, _)| end);
            let text = &rest[..length];
            if !text.trim().is_empty() {
                each(Piece::of(source, &without_entities(text), line));
            }
            length
        };
        line += lines_of(&rest[..length]);
        at += length;
    }
}

fn lines_of(text: &str) -> u64 {
    text.bytes().map(|b| u64::from(b == b'\n')).sum()
}

/// The length up to the `>` outside attributes.
fn tag_length(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

fn attributes(tag: &str, line: u64, source: &'static str, each: &mut dyn FnMut(Piece)) {
    let (mut at, mut line) = (0, line);
    while let Some(open) = tag[at..].find(['"', '\'']).map(|open| at + open) {
        let quote = &tag[open..=open];
        let value = &tag[open + 1..];
        let end = value.find(quote).unwrap_or(value.len());
        let before = &tag[at..open];
        line += lines_of(before);
        let name =
            before.trim_end_matches(['=', ' ', '\t', '\r', '\n']).rsplit([' ', '\t', '\n', '<']).next().unwrap_or_default();
        let mut piece = Piece::of(source, &without_entities(&value[..end]), line);
        piece.mapping = name.to_ascii_lowercase().contains("table");
        each(piece);
        line += lines_of(&value[..end]);
        at = (open + 1 + end + 1).min(tag.len());
    }
}

fn without_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#10;", "\n"), ("&amp;", "&")];
    known.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

/// A page: its code, and what is around it.
pub(super) fn page(text: &str, each: &mut dyn FnMut(Piece)) {
    let (mut at, mut line) = (0, 1);
    let mut around = String::with_capacity(text.len());
    while at < text.len() {
        let rest = &text[at..];
        let begin = rest.find("<%").unwrap_or(rest.len());
        around.push_str(&rest[..begin]);
        let inside = &rest[begin..];
        let (closing, from) = if inside.starts_with("<%--") { ("--%>", 4) } else { ("%>", 2.min(inside.len())) };
        let length = inside[from..].find(closing).map_or(inside.len(), |end| from + end + closing.len());
        let block = &inside[..length];
        line += lines_of(&rest[..begin]);
        // A directive (`<%@`) has only attributes that do not name tables.
        if closing == "%>" && !block.is_empty() {
            let code = block[2..].strip_suffix("%>").unwrap_or(&block[2..]);
            code::pieces(code.strip_prefix(['=', '!', '@']).unwrap_or(code), line, "jsp", each);
        }
        around.extend(block.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        line += lines_of(block);
        at += begin + length;
    }
    pieces(&around, "jsp", each);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(read: impl FnOnce(&mut dyn FnMut(Piece))) -> Vec<String> {
        let mut told = Vec::new();
        read(&mut |piece| {
            told.push(format!("{}:{}{}", piece.line(0), piece.text.trim(), if piece.mapping { " (mapping)" } else { "" }))
        });
        told
    }

    #[test]
    fn attributes_and_texts_are_pieces() {
        let xml = "<!-- <a b='no'/> -->\n<class name=\"Ñ\" table = \"t\">\n a &lt; b <![CDATA[ x <\n y ]]></class>ñ\n1 < 2";
        assert_eq!(told(|each| pieces(xml, "xml", each)), ["2:Ñ", "2:t (mapping)", "2:a < b", "3:x <\n y", "4:ñ\n1", "5:< 2"]);
        for (at, _) in xml.char_indices() {
            told(|each| pieces(&xml[at..], "xml", each));
            told(|each| pieces(&xml[..at], "xml", each));
        }
    }

    #[test]
    fn a_page_is_code_and_markup() {
        let jsp = "<%-- \"no\" --%><p a=\"1\">\n<% s = \"x\"\n + \"y\"; %></p><%= \"z\" %><sql:query>\nselect 1</sql:query><%";
        assert_eq!(told(|each| page(jsp, each)), ["2:xy", "3:z", "1:1", "3:select 1"]);
    }
}
