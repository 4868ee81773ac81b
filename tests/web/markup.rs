//! A parser for our own pages, stricter than a browser: every element is closed in order, every attribute quoted, every `&` an entity; and
//! the rules of accessibility for a page.

use std::collections::BTreeSet;

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// A beginning of an element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// The text up to the next tag.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }
}

/// All elements of a page in their order; a panic where it is not well-formed.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let (mut open, mut all): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        is_text(text);
        if let Some(last) = all.last_mut().filter(|last| last.text.is_empty()) {
            last.text = text.to_owned();
        }
        let end = tag_end(&rest[at..]) + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{name} is closed out of turn");
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name = tag.split_whitespace().next().unwrap().to_owned();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "an element <{tag}>");
        all.push(Element { attributes: attributes(tag[name.len()..].trim()), text: String::new(), name: name.clone() });
        if !closed && !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "left open: {open:?}, behind the end: {rest}");
    all
}

/// Where a tag ends: a `>` in a quoted value does not end it.
fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    let end = tag.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '>' && !quoted
    });
    end.unwrap_or_else(|| panic!("a tag that does not end: {tag}")).0
}

fn attributes(mut text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    while !text.is_empty() {
        let end = text.find(['=', ' ']).unwrap_or(text.len());
        let (name, rest) = (text[..end].to_owned(), &text[end..]);
        let (value, rest) = match rest.strip_prefix('=') {
            Some(rest) => rest.strip_prefix('"').unwrap_or_else(|| panic!("{name} is not quoted")).split_once('"').unwrap(),
            None => ("", rest),
        };
        is_text(value);
        assert!(!name.is_empty() && !name.contains(['<', '"', '\'']), "an attribute {name}");
        assert!(!all.iter().any(|(other, _)| *other == name), "{name} is there twice");
        all.push((name, value.to_owned()));
        text = rest.trim_start();
    }
    all
}

fn is_text(text: &str) {
    assert!(!text.contains('<'), "a < in a text: {text}");
    for (at, _) in text.match_indices('&') {
        let entity = text[at + 1..].split_once(';').map_or("", |(entity, _)| entity);
        let known =
            ["amp", "lt", "gt", "quot"].contains(&entity) || entity.strip_prefix('#').is_some_and(|n| n.parse::<u32>().is_ok());
        assert!(known, "an & that is no entity: {}", &text[at..]);
    }
}

/// The rules for a page: it has a language and a title, one h1, no skipped level of headings, a link to skip the head, a label for every field, a
/// name for every picture and region, a scope for every table header, unique ids, and no scripts or external resources.
pub(crate) fn check(page: &str, language: &str) {
    let all = elements(page);
    let of = |name: &'static str| all.iter().filter(move |e| e.name == name);
    assert_eq!(of("html").next().unwrap().get("lang"), Some(language));
    assert!(!of("title").next().unwrap().text.trim().is_empty());
    assert_eq!((of("h1").count(), of("main").count()), (1, 1));
    let mut level = 0;
    for heading in all.iter().filter_map(|e| e.name.strip_prefix('h')?.parse::<u32>().ok()) {
        assert!(heading <= level + 1, "a heading of level {heading} behind one of {level}");
        level = heading;
    }
    let ids: Vec<&str> = all.iter().filter_map(|e| e.get("id")).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    let first_link = of("a").next().unwrap();
    assert_eq!(first_link.get("href"), Some("#main"), "the first link skips to the content");
    for link in of("a").filter_map(|a| a.get("href")) {
        assert!(link.starts_with('/') || link.strip_prefix('#').is_some_and(|id| unique.contains(id)), "{link}");
    }
    for field in of("input").filter(|input| input.get("type") != Some("hidden")) {
        let id = field.get("id").unwrap();
        assert_eq!(of("label").filter(|l| l.get("for") == Some(id)).count(), 1, "{id} has no label");
    }
    for named in all.iter().flat_map(|e| ["aria-labelledby", "aria-describedby"].map(|a| e.get(a))).flatten() {
        named.split(' ').for_each(|id| assert!(unique.contains(id), "nothing has the id {id}"));
    }
    let text = |id: &str| all.iter().find(|e| e.get("id") == Some(id)).map_or("", |e| e.text.trim());
    let landmarks = all.iter().filter(|e| ["nav", "section"].contains(&e.name.as_str()));
    let named =
        |e: &Element| (e.name.clone(), e.get("aria-label").unwrap_or_else(|| text(e.get("aria-labelledby").unwrap())).to_owned());
    let mut names = BTreeSet::new();
    landmarks.for_each(|e| assert!(names.insert(named(e)), "two landmarks are called {:?}", named(e)));
    for pair in all.windows(2).filter(|pair| pair[0].name == "th") {
        let says =
            !pair[0].text.trim().is_empty() || (["a", "code"].contains(&pair[1].name.as_str()) && !pair[1].text.is_empty());
        assert!(says, "a head of a table that says nothing");
    }
    for region in all.iter().filter(|e| e.get("role").is_some() || ["nav", "section"].contains(&e.name.as_str())) {
        let name = region.get("aria-label").or(region.get("aria-labelledby")).unwrap_or_default();
        assert!(!name.is_empty(), "{region:?} has no name");
    }
    assert!(of("svg").all(|svg| svg.get("role") == Some("img")) && of("th").all(|th| th.get("scope").is_some()));
    assert!(of("table").count() == of("caption").count() && of("fieldset").count() == of("legend").count());
    assert_eq!(of("script").count() + of("style").count() + of("img").count() + of("iframe").count() + of("base").count(), 0);
    for (name, value) in all.iter().flat_map(|e| &e.attributes) {
        assert!(!name.starts_with("on") && name != "style", "{name}");
        let loads = ["src", "href", "action"].contains(&name.as_str());
        assert!(!loads || (!value.contains("://") && !value.starts_with("//") && !value.contains("javascript:")), "{value}");
    }
    assert!(all.iter().all(|e| e.get("tabindex").is_none_or(|t| ["0", "-1"].contains(&t))));
}
