//! Does any legacy name occur in these bytes? For nearly every statement the answer is no, in tens of nanoseconds, and it passes
//! unread. A yes may be wrong (a name in a string); a no never is.
//!
//! The bytes are folded to lower case, and those that cannot be in an identifier to a space, by a loop that the compiler turns into
//! vector instructions; then one packed search looks for a space and the first letters of the names. Only where it finds these is
//! the whole identifier looked up.

use std::collections::{BTreeSet, HashMap, HashSet};

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// The word of SET CONSTRAINTS.
const CONSTRAINTS: &str = "constraints";

/// How many first letters of a name the search looks for, after the space.
const STEM: usize = 3;
/// How many bytes are folded at once.
const CHUNK: usize = 512;

/// Names that change where unqualified names are looked up, wherever they stand.
const PATH_NAMES: [&str; 3] = ["search_path", "set_config", "pg_settings"];
/// Names that change how texts are read.
const READING_NAMES: [&str; 2] = ["client_encoding", "standard_conforming_strings"];
/// The same as [`PATH_NAMES`] for statements that begin with one of these verbs.
const PATH_VERBS: [&str; 6] = ["set", "reset", "discard", "create", "alter", "drop"];
const PATH_OBJECTS: [&str; 8] = ["schema", "role", "authorization", "all", "session", "owned", "function", "procedure"];
/// What is made now and acts when it is used.
const LATER_OBJECTS: [&str; 10] =
    ["function", "procedure", "view", "aggregate", "domain", "type", "operator", "cast", "trigger", "rule"];
const READING_OBJECTS: [&str; 1] = ["names"];
/// RESET ALL, DISCARD ALL.
const RESETS: [&str; 2] = ["reset", "discard"];
/// Statements that set nothing: nearly all.
const PLAIN_VERBS: [&str; 5] = ["select", "insert", "update", "delete", "with"];
/// Statements whose code is run by the server: what it does is not read here.
const CODE_VERBS: [&str; 1] = ["do"];

/// Words in lower case.
type Words = HashSet<Box<[u8]>, ahash::RandomState>;

/// Words in lower case, each with what a text that holds it may do.
type Meanings = HashMap<Box<[u8]>, Possible, ahash::RandomState>;

/// What a text may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Possible {
    /// Name a legacy table.
    pub legacy: bool,
    /// Change the search path.
    pub path: bool,
    /// Change how texts are read.
    pub reading: bool,
    /// Bring that back to what it was at the login.
    pub resets: bool,
    /// Call a function that may change what names mean.
    pub moves: bool,
    /// Leave something behind that acts when nobody names what it does: a cursor, a function.
    pub later: bool,
}

impl Possible {
    fn is_all(self) -> bool {
        self.legacy && self.path && self.reading && self.resets && self.moves && self.later
    }

    fn add(&mut self, more: Possible) {
        self.legacy |= more.legacy;
        self.path |= more.path;
        self.reading |= more.reading;
        self.resets |= more.resets;
        self.moves |= more.moves;
        self.later |= more.later;
    }
}

/// A set of names to look for.
#[derive(Debug, Clone)]
pub struct Prefilter {
    stems: Stems,
    /// What is looked up where a stem was found.
    meanings: Meanings,
    /// The names alone.
    names: Words,
    odd: Odd,
    longest: usize,
    movers: Movers,
}

/// What is looked for beside names.
#[derive(Debug, Default)]
pub struct More<'m> {
    /// SET CONSTRAINTS, because constraints may have moved.
    pub constraints: bool,
    /// Functions that may change what names mean.
    pub movers: Vec<&'m str>,
}

/// Names of functions that may change what names mean.
#[derive(Debug, Clone, Default)]
struct Movers {
    /// Too short for a stem: looked for word by word.
    short: Words,
    odd: Odd,
    /// By the name in lower case, as they are.
    names: HashMap<String, Vec<String>, ahash::RandomState>,
}

impl Movers {
    fn new(names: &[&str]) -> Self {
        let short = |n: &&str| n.len() < STEM && n.bytes().all(is_identifier);
        let odd: Vec<&str> = names.iter().copied().filter(|n| !is_plain(n) && !short(n)).collect();
        let mut movers = Movers {
            short: names.iter().copied().filter(short).map(folded).collect(),
            odd: Odd::new(&odd),
            names: HashMap::default(),
        };
        for name in names {
            movers.names.entry(name.to_ascii_lowercase()).or_default().push((*name).to_owned());
        }
        movers
    }

    /// Whether one that has no place in the search for stems occurs in a text.
    fn occur(&self, text: &[u8]) -> bool {
        let is_short = |word: &[u8]| word.len() < STEM && self.short.contains(&*word.to_ascii_lowercase());
        self.odd.occur(text) || !self.short.is_empty() && text.split(|b| !is_identifier(*b)).any(is_short)
    }
}

/// Names that are not plain identifiers: found as text, wherever they occur, also with their quotes doubled, as between quotes.
#[derive(Debug, Clone, Default)]
struct Odd {
    search: Option<AhoCorasick>,
    /// The name of each pattern.
    names: Vec<String>,
}

impl Odd {
    fn new(names: &[&str]) -> Self {
        let doubled = names.iter().map(|n| n.replace('"', "\"\"")).zip(names).filter(|(doubled, name)| doubled != *name);
        let (patterns, names): (Vec<String>, Vec<&str>) =
            names.iter().map(|n| ((*n).to_owned(), *n)).chain(doubled.map(|(d, n)| (d, *n))).unzip();
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns).ok().filter(|s| s.patterns_len() > 0);
        Odd { search, names: names.into_iter().map(str::to_owned).collect() }
    }

    fn occur(&self, text: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(text))
    }

    /// Those that occur in a text.
    fn names_in<'o>(&'o self, text: &'o str) -> impl Iterator<Item = &'o str> {
        let found = self.search.iter().flat_map(move |search| search.find_overlapping_iter(text));
        found.map(|found| self.names[found.pattern().as_usize()].as_str())
    }
}

/// The search for a space and a stem: packed, if the processor and the number of stems allow it.
#[derive(Debug, Clone)]
enum Stems {
    Packed(Searcher),
    Automaton(Option<AhoCorasick>),
}

impl Stems {
    fn new(stems: &BTreeSet<Vec<u8>>) -> Self {
        let packed = Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(stems).build();
        let automaton = || AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(stems).ok();
        packed.map_or_else(|| Stems::Automaton(automaton()), Stems::Packed)
    }

    /// Calls `see` with each position of a space and a stem, until it breaks. Two of them can overlap only in the space.
    fn find(&self, folded: &[u8], mut see: impl FnMut(usize) -> bool) {
        match self {
            Stems::Packed(searcher) => drop(searcher.find_iter(folded).find(|m| see(m.start()))),
            Stems::Automaton(search) => drop(search.iter().flat_map(|s| s.find_iter(folded)).find(|m| see(m.start()))),
        }
    }
}

impl Prefilter {
    /// A search for these names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Prefilter::with(names, &More::default())
    }

    /// The same search, which finds more.
    pub fn with<'n>(names: impl IntoIterator<Item = &'n str>, more: &More<'_>) -> Self {
        let (plain, odd): (Vec<&str>, Vec<&str>) = names.into_iter().partition(is_plain);
        let names: Words = plain.into_iter().map(folded).collect();
        let mut meanings = Meanings::default();
        let mut mean = |word: Box<[u8]>, meaning| meanings.entry(word).or_default().add(meaning);
        let [legacy, path, reading, moves] = [
            Possible { legacy: true, ..Possible::default() },
            Possible { path: true, ..Possible::default() },
            Possible { reading: true, ..Possible::default() },
            Possible { moves: true, ..Possible::default() },
        ];
        names.iter().for_each(|name| mean(name.clone(), legacy));
        more.movers.iter().copied().filter(is_plain).for_each(|name| mean(folded(name), moves));
        PATH_NAMES.iter().for_each(|name| mean(folded(name), path));
        READING_NAMES.iter().for_each(|name| mean(folded(name), reading));
        more.constraints.then(|| mean(folded(CONSTRAINTS), legacy));
        let longest = meanings.keys().map(|w| w.len()).max().unwrap_or(0);
        let stems: BTreeSet<Vec<u8>> = meanings.keys().map(|w| [b" ", &w[..STEM]].concat()).collect();
        Prefilter { stems: Stems::new(&stems), meanings, names, odd: Odd::new(&odd), longest, movers: Movers::new(&more.movers) }
    }

    /// Whether a text may name one of them.
    pub fn may_name(&self, text: &[u8]) -> bool {
        self.scan(text).legacy
    }

    /// What a text may do; a yes may be wrong, a no never is.
    pub fn scan(&self, text: &[u8]) -> Possible {
        let mut out = sets(text);
        let mut start = 0;
        loop {
            let end = (start + CHUNK).min(text.len());
            self.scan_chunk(&text[start..end], start.checked_sub(1).map(|b| text[b]), end == text.len(), &mut out);
            if end == text.len() || out.is_all() {
                break;
            }
            // A word that is cut at the end of this chunk is whole in the next one.
            start = end - self.longest - 1;
        }
        // An identifier with escapes (U&"hiscontr\0061to") hides its letters.
        let is_escaped = memchr::memchr_iter(b'&', text).any(|at| text.get(at + 1) == Some(&b'"'));
        out.legacy = out.legacy || is_escaped || self.odd.occur(text);
        out.path = out.path || is_escaped;
        out.moves = out.moves || is_escaped && !self.movers.names.is_empty() || self.movers.occur(text);
        out
    }

    fn scan_chunk(&self, chunk: &[u8], before: Option<u8>, last: bool, out: &mut Possible) {
        let mut buffer = [b' '; CHUNK + 1];
        buffer[0] = before.map_or(b' ', fold);
        for (to, from) in buffer[1..].iter_mut().zip(chunk) {
            *to = fold(*from);
        }
        let folded = &buffer[..chunk.len() + 1];
        self.stems.find(folded, |at| {
            let tail = &folded[at + 1..];
            let length = tail.iter().position(|b| *b == b' ').unwrap_or(tail.len());
            if (length < tail.len() || last)
                && let Some(meaning) = self.meanings.get(&tail[..length])
            {
                out.add(*meaning);
            }
            out.is_all()
        });
    }

    /// The functions that may change what names mean whose names occur in a text.
    pub fn movers_in<'p>(&'p self, text: &'p str) -> impl Iterator<Item = &'p str> {
        let words = text.split(|c: char| c.is_ascii() && !is_identifier(c as u8)).map(str::to_ascii_lowercase);
        let words = words.filter(|_| !self.movers.names.is_empty());
        let plain = words.filter_map(|word| self.movers.names.get(&word)).flatten().map(String::as_str);
        plain.chain(self.movers.odd.names_in(text))
    }

    /// Every name that occurs in a text, in lower case, each once: for strings, function bodies and dynamic SQL.
    pub fn names_in(&self, text: &str) -> Vec<String> {
        let words = text.split(|c: char| c.is_ascii() && !is_identifier(c as u8)).map(str::to_ascii_lowercase);
        let plain = words.filter(|word| self.names.contains(word.as_bytes()));
        let mut out: Vec<String> = Vec::new();
        for name in plain.chain(self.odd.names_in(text).map(str::to_ascii_lowercase)) {
            if !out.contains(&name) {
                out.push(name);
            }
        }
        out
    }
}

/// Whether a name is found by its stem.
fn is_plain(name: &&str) -> bool {
    (STEM..CHUNK / 2).contains(&name.len()) && name.bytes().all(is_identifier)
}

fn folded(name: &str) -> Box<[u8]> {
    name.to_ascii_lowercase().into_bytes().into_boxed_slice()
}

/// A byte of an identifier in lower case; a space for any other byte.
#[inline(always)]
fn fold(byte: u8) -> u8 {
    let lower = byte | (u8::from(byte.is_ascii_uppercase()) << 5);
    if is_identifier(byte) { lower } else { b' ' }
}

/// `SET ROLE`, `SET NAMES`, `DISCARD ALL`, `CREATE SCHEMA`, `DO`: by their first words, for every statement of a text.
fn sets(text: &[u8]) -> Possible {
    let mut out = Possible::default();
    let mut one = |statement: &[u8]| {
        let mut words = behind_comments(statement).split(|b| !is_identifier(*b)).filter(|w| !w.is_empty());
        let is = |word: &[u8], list: &[&str]| list.iter().any(|l| word.eq_ignore_ascii_case(l.as_bytes()));
        let Some(verb) = words.next() else { return };
        if is(verb, &PLAIN_VERBS) {
            return;
        }
        out.path = out.path || is(verb, &CODE_VERBS);
        out.later = out.later || is(verb, &["declare"]);
        if is(verb, &PATH_VERBS) {
            // CREATE OR REPLACE FUNCTION.
            for word in words.take(3) {
                out.path = out.path || is(word, &PATH_OBJECTS);
                out.reading = out.reading || is(word, &READING_OBJECTS);
                out.later = out.later || is(verb, &["create"]) && is(word, &LATER_OBJECTS);
                out.resets = out.resets || is(verb, &RESETS) && is(word, &["all"]);
            }
        }
    };
    if memchr::memchr(b';', text).is_none() {
        one(text)
    } else {
        text.split(|b| *b == b';').for_each(one)
    }
    out
}

/// What stands behind the comments at the beginning of a statement.
fn behind_comments(statement: &[u8]) -> &[u8] {
    let mut rest = statement.trim_ascii_start();
    loop {
        let end = if rest.starts_with(b"--") {
            memchr::memchr2(b'\n', b'\r', rest)
        } else if rest.starts_with(b"/*") {
            // They nest.
            let (mut depth, mut at) = (0_usize, 0);
            while let Some(pair) = rest.get(at..at + 2) {
                match pair {
                    b"/*" => depth += 1,
                    b"*/" => depth -= 1,
                    _ => {
                        at += 1;
                        continue;
                    }
                }
                at += 2;
                if depth == 0 {
                    break;
                }
            }
            (depth == 0).then(|| at - 1)
        } else {
            return rest;
        };
        rest = end.map_or(&[][..], |end| &rest[end + 1..]).trim_ascii_start();
    }
}

/// Whether a byte continues an identifier (PostgreSQL source, scan.l): letters, digits, `_`, `$` and all bytes beyond ASCII.
#[inline(always)]
fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&str; 6] = ["histipooficina", "tipositver", "estadofraude", "tipo\u{f1}", "dual name", "ti\"po"];

    fn filter() -> Prefilter {
        Prefilter::new(NAMES)
    }

    #[test]
    fn whole_identifiers_only() {
        let says = |text: &str| filter().may_name(text.as_bytes());
        assert!(says("SELECT * FROM HisTipoOficina"));
        assert!(says("select 1 from \"tipositver\"") && says("tipositver") && says("x.tipositver(") && says("'tipositver'"));
        assert!(says("select * from U&\"tiposit\\0076er\"") && says("from \"dual name\""));
        assert!(says("from \"ti\"\"po\"") && says("from cf_quere_pro.\"TI\"\"po\" t") && !says("select tipo"));
        assert!(!says("select tipositver2, xtipositver, estado, histipooficinas, $tipositver from contrato"));
        assert!(!says("") && !says("tip") && !says("select estipositver"));
    }

    #[test]
    fn statements_that_may_change_the_search_path() {
        let path = |text: &str| filter().scan(text.as_bytes()).path;
        for text in
            ["SET Search_Path TO x", "select pg_catalog.Set_Config('a', $1, false)", "set session authorization x", "Discard All"]
        {
            assert!(path(text), "{text}");
        }
        assert!(path("select 1; reset all") && path("create schema x") && path("set local role none"));
        assert!(
            path("/* a /* b */ c */ -- d\n reset role")
                && path("do $$ begin perform 1; end $$")
                && path("update PG_Settings set x")
        );
        assert!(!path("/* set role x */ select 1") && !path("-- set role x") && !path("/* open"));
        assert!(!path("update x set schema = 1") && !path("insert into reset values (1)"));
    }

    #[test]
    fn functions_that_may_change_names_are_found() {
        let movers = vec!["f_setpath", "f", "\u{f1}", "Set Path", "MiPath"];
        let filter = Prefilter::with(NAMES, &More { constraints: false, movers });
        let found = |text: &str| {
            let moves = filter.scan(text.as_bytes()).moves;
            let named: Vec<&str> = filter.movers_in(text).collect();
            assert_eq!(moves, !named.is_empty(), "{text}");
            named.join(" ")
        };
        assert_eq!(found("select otra.F_SetPath('x'), count(*) from tipositver"), "f_setpath");
        assert_eq!(found("call f($1)"), "f");
        assert_eq!(found("select \"Set Path\"(), \"MiPath\"()"), "MiPath Set Path");
        assert_eq!(found("select \u{f1}(1)"), "\u{f1}");
        assert_eq!(found("select ff(1), f_setpaths(1), format('x') from tipositver"), "");
        assert!(!filter.scan(b"select f_setpath(1)").legacy && !Prefilter::new(NAMES).scan(b"select f_setpath(1)").moves);
    }

    #[test]
    fn names_in_strings_are_listed_once() {
        assert_eq!(
            filter().names_in("execute 'delete from tipositver; tipositver' || histipooficina"),
            ["tipositver", "histipooficina"]
        );
        assert_eq!(filter().names_in("call f('TIPOSITVER', 'Dual Name', '\"ti\"\"po\"')"), ["tipositver", "dual name", "ti\"po"]);
    }

    #[test]
    fn names_across_chunks_are_found() {
        for before in CHUNK - 20..CHUNK + 5 {
            let text = format!("{} tipositver {}", "x".repeat(before), "y ".repeat(CHUNK));
            assert!(filter().may_name(text.as_bytes()), "{before}");
            assert!(!filter().may_name(text.replace("tip", "tipx").as_bytes()), "{before}");
        }
    }

    proptest! {
        /// No false negative: a name that is an identifier of its own is found anywhere, in upper and lower case.
        #[test]
        fn finds_every_name(before in "[a-z .,\"'(\n\u{e9}]{0,20}", after in "[a-z .,\"')\n]{0,20}", which in 0..3_usize, upper: bool) {
            let name = if upper { NAMES[which].to_uppercase() } else { NAMES[which].to_owned() };
            let text = format!("{before} {name} {after}");
            prop_assert!(filter().may_name(text.as_bytes()));
        }
    }
}
