//! Does any legacy name occur in these bytes? Nearly every statement says no here, in tens of nanoseconds, and is forwarded
//! unread. A yes may be wrong (a name in a string); a no never is.
//!
//! One vectorised search looks for the first three letters of all names; only where an identifier begins with them is the whole
//! identifier looked up.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};

/// Letters that the search looks for. Three is what packed searching is fastest with, and every legacy name has them.
const STEM: usize = 3;

/// Words of statements that may change where unqualified names are looked up.
const PATH_WORDS: [&str; 7] = ["search_path", "set_config", "schema", "discard", "reset", "role", "authorization"];

/// What a text may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Name a legacy table.
    pub legacy: bool,
    /// Change the search path.
    pub path: bool,
}

/// A set of names to look for.
#[derive(Debug, Clone)]
pub struct Prefilter {
    stems: Option<AhoCorasick>,
    /// In lower case.
    names: HashSet<Box<[u8]>, ahash::RandomState>,
    /// Names that are no plain identifiers: found as text, wherever they stand.
    odd: Option<AhoCorasick>,
    longest: usize,
}

impl Prefilter {
    /// Prepares the search for these names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let (plain, odd): (Vec<&str>, Vec<&str>) =
            names.into_iter().partition(|n| n.len() >= STEM && n.bytes().all(is_identifier));
        let names: HashSet<Box<[u8]>, _> = plain.iter().map(|n| n.to_ascii_lowercase().into_bytes().into_boxed_slice()).collect();
        let words = PATH_WORDS.iter().map(|w| w.as_bytes());
        let stems: HashSet<&[u8]> = names.iter().map(|n| &n[..STEM]).chain(words.map(|w| &w[..STEM])).collect();
        let search = |patterns: Vec<&[u8]>| {
            let builder =
                AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::LeftmostFirst).build(patterns);
            builder.ok()
        };
        let longest = names.iter().map(|n| n.len()).chain(PATH_WORDS.iter().map(|w| w.len())).max().unwrap_or(0);
        Prefilter {
            stems: search(stems.into_iter().collect()),
            odd: (!odd.is_empty()).then(|| search(odd.iter().map(|o| o.as_bytes()).collect())).flatten(),
            names,
            longest,
        }
    }

    /// Whether a text may name one of them.
    pub fn may_name(&self, text: &[u8]) -> bool {
        self.scan(text).legacy
    }

    /// What a text may do; each answer may be a false yes, never a false no.
    pub fn scan(&self, text: &[u8]) -> Found {
        let mut out = Found::default();
        // Matches cannot hide one another: a name begins where no identifier goes on, and an overlapped stem does not.
        for found in self.stems.iter().flat_map(|stems| stems.find_iter(text)) {
            let start = found.start();
            if start > 0 && is_identifier(text[start - 1]) {
                continue;
            }
            let tail = &text[start..];
            let length = tail.iter().take(self.longest + 1).take_while(|b| is_identifier(**b)).count();
            if length > self.longest {
                continue;
            }
            let word = &tail[..length];
            out.legacy |= self.is_name(word);
            out.path |= PATH_WORDS.iter().any(|w| w.as_bytes().eq_ignore_ascii_case(word));
        }
        // An identifier with escapes (U&"hiscontr\\0061to") hides its letters.
        out.legacy =
            out.legacy || memchr::memmem::find(text, b"&\"").is_some() || self.odd.as_ref().is_some_and(|odd| odd.is_match(text));
        out
    }

    fn is_name(&self, identifier: &[u8]) -> bool {
        let mut lower = [0_u8; 64];
        let Some(lower) = lower.get_mut(..identifier.len()) else { return true };
        lower.copy_from_slice(identifier);
        lower.make_ascii_lowercase();
        self.names.contains(&*lower)
    }

    /// Every name that occurs in a text, for the scan of strings, function bodies and dynamic SQL.
    pub fn names_in<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut out: Vec<&str> = Vec::new();
        let words = text.split(|c: char| c.is_ascii() && !is_identifier(c as u8));
        for word in words.filter(|w| w.len() >= STEM && w.len() <= self.longest && self.is_name(w.as_bytes())) {
            if !out.contains(&word) {
                out.push(word);
            }
        }
        out
    }
}

/// Bytes that go on an identifier (PostgreSQL source, scan.l): letters, digits, `_`, `$` and everything beyond ASCII.
fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&str; 5] = ["histipooficina", "tipositver", "estadofraude", "tipo\u{f1}", "dual name"];

    fn filter() -> Prefilter {
        Prefilter::new(NAMES)
    }

    #[test]
    fn whole_identifiers_only() {
        let says = |text: &str| filter().may_name(text.as_bytes());
        assert!(says("SELECT * FROM HisTipoOficina"));
        assert!(says("select 1 from \"tipositver\"") && says("tipositver") && says("x.tipositver(") && says("'tipositver'"));
        assert!(says("select * from U&\"tiposit\\0076er\"") && says("from \"dual name\""));
        assert!(!says("select tipositver2, xtipositver, estado, histipooficinas, $tipositver from contrato"));
        assert!(!says("") && !says("tip") && !says("select estipositver"));
    }

    #[test]
    fn names_in_strings_are_listed_once() {
        assert_eq!(
            filter().names_in("execute 'delete from tipositver; tipositver' || histipooficina"),
            ["tipositver", "histipooficina"]
        );
    }

    proptest! {
        /// No false negative: wherever a name stands as an identifier of its own, in any case, it is found.
        #[test]
        fn finds_every_name(before in "[a-z .,\"'(\n\u{e9}]{0,20}", after in "[a-z .,\"')\n]{0,20}", which in 0..3_usize, upper: bool) {
            let name = if upper { NAMES[which].to_uppercase() } else { NAMES[which].to_owned() };
            let text = format!("{before} {name} {after}");
            prop_assert!(filter().may_name(text.as_bytes()));
        }
    }
}
