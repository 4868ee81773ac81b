//! Which legacy tables a session uses, and what is stored of it.

use crate::config::Settings;
use crate::control::around::{Session, Use, Word};
use crate::rewrite::Policy;
use crate::scan;
use crate::sql::fingerprint::normalise;

/// How many bytes of a statement are stored.
pub(super) const STATEMENT_BYTES: usize = 1000;

/// The legacy tables that a session uses, each with whether its statement names it. A name that exists in another schema too may
/// mean that relation, unless the legacy table is locked.
pub(super) fn names(policy: &Policy, session: &Session, ambiguous: &[String]) -> Vec<(String, bool)> {
    let works = |operation: &str| !matches!(operation, "vacuum" | "analyze" | "cluster" | "reindex" | "name");
    let named = scan::statement(policy, &session.text, session.is_whole);
    let mut names: Vec<(String, bool)> = Vec::new();
    for (table, operation) in named {
        let is_locked = session.locked.contains(&table);
        if works(operation) && (is_locked || !ambiguous.contains(&table)) && !names.iter().any(|(name, _)| *name == table) {
            names.push((table, true));
        }
    }
    for table in &session.locked {
        if !names.iter().any(|(name, _)| name == table) {
            names.push((table.clone(), false));
        }
    }
    names
}

/// The uses that are stored for a session.
pub(super) fn told(policy: &Policy, settings: &Settings, session: &Session, word: Word, ambiguous: &[String]) -> Vec<Use> {
    // A dump only reads, whatever application name it has.
    let is_dump = session.reads_all || settings.migrate.reads_all.contains(&session.application) && is_read(&session.text);
    let certainty = match word {
        Word::Open | Word::Ours => "unsure",
        Word::Foreign if session.is_hidden => "hidden",
        Word::Foreign => "sure",
    };
    let statement = if session.is_hidden { String::new() } else { normalise(&session.text, STATEMENT_BYTES) };
    let used = |(table, is_named): (String, bool)| Use {
        table,
        kind: match is_named {
            _ if is_dump => "dump",
            true => "statement",
            false => "session",
        },
        certainty,
        times: 1,
        statement: statement.clone(),
        began: if is_named { session.statement_began } else { session.began },
        last: session.last,
        user: session.user.clone(),
        address: session.address.clone(),
        application: session.application.clone(),
    };
    names(policy, session, ambiguous).into_iter().map(used).collect()
}

/// Whether a statement is of a form that dumps use.
pub(super) fn is_read(text: &str) -> bool {
    let text = text.trim_start().to_ascii_uppercase();
    ["SELECT", "LOCK TABLE", "SET ", "DECLARE", "FETCH", "EXECUTE", "PREPARE"].iter().any(|word| text.starts_with(word))
        || text.starts_with("COPY") && text.contains(" TO STDOUT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_reads() {
        for (text, reads) in [
            ("COPY cf.tipocolor (a, b) TO stdout;", true),
            ("LOCK TABLE cf.tipocolor IN ACCESS SHARE MODE", true),
            ("COPY cf.tipocolor FROM stdin", false),
            ("DELETE FROM tipocolor", false),
        ] {
            assert_eq!(is_read(text), reads, "{text}");
        }
    }
}
