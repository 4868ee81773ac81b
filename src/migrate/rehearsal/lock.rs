//! Which locks a statement takes, according to its first words (manual, section 13.3, and the page of each command). Pure. It reads the statements
//! that the migration sends: they name every relation with its schema, because the search path has no other schema; a name without one is
//! PostgreSQL's own, or local to the statement.
//!
//! `tests/rehearsal.rs` compares it with the locks of a running server.

use std::fmt;

use crate::sql::Lexed;

/// A lock mode on a relation, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Readers take it.
    AccessShare,
    /// Row locks take it.
    RowShare,
    /// Writers take it.
    RowExclusive,
    /// Nobody else may change the table's definition; readers and writers continue.
    ShareUpdateExclusive,
    /// Writers wait.
    Share,
    /// Writers wait, and others that want the same lock.
    ShareRowExclusive,
    /// Only readers continue.
    Exclusive,
    /// Everybody waits.
    AccessExclusive,
}

impl Mode {
    /// All modes, with their names in the manual and in `pg_locks`.
    pub const ALL: [(Mode, &'static str, &'static str); 8] = [
        (Mode::AccessShare, "ACCESS SHARE", "AccessShareLock"),
        (Mode::RowShare, "ROW SHARE", "RowShareLock"),
        (Mode::RowExclusive, "ROW EXCLUSIVE", "RowExclusiveLock"),
        (Mode::ShareUpdateExclusive, "SHARE UPDATE EXCLUSIVE", "ShareUpdateExclusiveLock"),
        (Mode::Share, "SHARE", "ShareLock"),
        (Mode::ShareRowExclusive, "SHARE ROW EXCLUSIVE", "ShareRowExclusiveLock"),
        (Mode::Exclusive, "EXCLUSIVE", "ExclusiveLock"),
        (Mode::AccessExclusive, "ACCESS EXCLUSIVE", "AccessExclusiveLock"),
    ];

    fn named(name: &str) -> Option<Mode> {
        Mode::ALL.iter().find(|(_, manual, server)| *manual == name || *server == name).map(|(mode, ..)| *mode)
    }

    /// The mode that `pg_locks` names so.
    pub fn of_server(name: &str) -> Option<Mode> {
        Mode::named(name)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Mode::ALL.iter().find(|(mode, ..)| mode == self).map_or("", |(_, name, _)| name);
        f.write_str(name)
    }
}

/// A lock on a relation, named as in the statement.
pub type Lock = (Mode, String);

/// The statements of one text.
pub fn statements(text: &str) -> Vec<String> {
    let Ok(lexed) = Lexed::new(text) else { return vec![text.to_owned()] };
    let parts = lexed.statements();
    parts.iter().filter(|part| !part.is_empty()).map(|part| lexed.slice(part).to_owned()).collect()
}

/// The locks of one statement, each relation once with its strongest.
pub fn locks(statement: &str) -> Vec<Lock> {
    let Ok(lexed) = Lexed::new(statement) else { return Vec::new() };
    let reader = Reader { lexed: &lexed };
    let mut found = reader.locks();
    found.sort_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
    found.dedup_by(|later, first| later.1 == first.1);
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found
}

/// The table or view that a statement creates, which nobody else can see yet.
pub fn made(statement: &str) -> Option<String> {
    let lexed = Lexed::new(statement).ok()?;
    let reader = Reader { lexed: &lexed };
    let makes = ["CREATE TABLE", "CREATE VIEW", "CREATE MATERIALIZED VIEW"].iter().any(|words| reader.are(0, words));
    makes.then(|| reader.next(2)).flatten().map(|(name, _)| name)
}

/// The tables whose foreign keys a statement drops, all of them or one by its name: the referenced tables are locked too, although the statement
/// does not name them.
pub fn lets_go(statement: &str) -> Vec<(String, Option<String>)> {
    let Ok(lexed) = Lexed::new(statement) else { return Vec::new() };
    let reader = Reader { lexed: &lexed };
    if reader.are(0, "DROP TABLE") {
        return reader.on_list(2, Mode::AccessExclusive).into_iter().map(|(_, table)| (table, None)).collect();
    }
    let constraint = reader.find("DROP CONSTRAINT").filter(|_| reader.are(0, "ALTER TABLE"));
    let constraint =
        constraint.and_then(|at| lexed.lexemes.get(at + if reader.are(at + 2, "IF EXISTS") { 4 } else { 2 })?.name());
    constraint.and_then(|constraint| Some((reader.next(2)?.0, Some(constraint)))).into_iter().collect()
}

struct Reader<'l> {
    lexed: &'l Lexed<'l>,
}

impl Reader<'_> {
    fn len(&self) -> usize {
        self.lexed.lexemes.len()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.lexed.lexemes.get(at).is_some_and(|l| l.is(word))
    }

    /// Whether these words follow each other from here on.
    fn are(&self, at: usize, words: &str) -> bool {
        words.split(' ').enumerate().all(|(i, word)| self.is(at + i, word))
    }

    fn find(&self, words: &str) -> Option<usize> {
        (0..self.len()).find(|&at| self.are(at, words))
    }

    /// The schema-qualified relation named here, and the position after it.
    fn relation(&self, at: usize) -> Option<(String, usize)> {
        let named = |at: usize| self.lexed.lexemes.get(at).is_some_and(|l| l.word().is_some());
        let is_one = named(at) && self.lexed.at_text(at + 1) == "." && named(at + 2);
        is_one
            .then(|| (self.lexed.slice(&(at..at + 3)), at + 3))
            .filter(|(name, _)| !is_servers(name))
            .map(|(n, to)| (n.to_owned(), to))
    }

    /// The first relation from here on.
    fn next(&self, from: usize) -> Option<(String, usize)> {
        (from..self.len()).find_map(|at| self.relation(at))
    }

    /// `mode` on the first relation from here on.
    fn on_next(&self, from: usize, mode: Mode) -> Vec<Lock> {
        self.next(from).map(|(name, _)| (mode, name)).into_iter().collect()
    }

    /// `mode` on every relation of a list.
    fn on_list(&self, from: usize, mode: Mode) -> Vec<Lock> {
        let mut found = Vec::new();
        let mut at = from;
        while let Some((name, behind)) = self.next(at) {
            found.push((mode, name));
            if self.lexed.at_text(behind) != "," {
                break;
            }
            at = behind;
        }
        found
    }

    /// `mode` on the relation after the first ON that a relation follows.
    fn on(&self, mode: Mode) -> Vec<Lock> {
        let named = |at: usize| self.is(at, "ON").then(|| self.relation(at + 1)).flatten();
        (0..self.len()).find_map(named).map(|(name, _)| (mode, name)).into_iter().collect()
    }

    fn locks(&self) -> Vec<Lock> {
        let first = self.lexed.lexemes.first().and_then(|l| l.name()).unwrap_or_default();
        match first.as_str() {
            "lock" => self.lock_table(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop(),
            "analyze" => self.on_list(1, Mode::ShareUpdateExclusive),
            "comment" => self.comment(),
            "truncate" => self.on_list(1, Mode::AccessExclusive),
            "do" => self.block(),
            "select" | "with" | "insert" | "update" | "delete" | "merge" | "copy" => self.rows(0),
            _ => Vec::new(),
        }
    }

    fn lock_table(&self) -> Vec<Lock> {
        let mode = self.find("IN").map(|at| self.lexed.slice(&(at + 1..self.len())).to_ascii_uppercase());
        let mode = mode.and_then(|text| Mode::named(text.trim_end_matches("NOWAIT").trim_end().trim_end_matches(" MODE")));
        self.on_list(1, mode.unwrap_or(Mode::AccessExclusive))
    }

    fn create(&self) -> Vec<Lock> {
        let at = if self.are(1, "OR REPLACE") { 3 } else { 1 };
        let kind = |word: &str| self.is(at, word);
        if kind("TABLE") {
            return match (self.find("PARTITION OF"), self.find("LIKE")) {
                (Some(of), _) => self.on_next(of, Mode::AccessExclusive),
                (None, Some(like)) => self.on_next(like, Mode::AccessShare),
                _ => Vec::new(),
            };
        }
        if kind("UNIQUE") || kind("INDEX") {
            let is_concurrent = self.find("CONCURRENTLY").is_some_and(|place| place < 5);
            return self.on(if is_concurrent { Mode::ShareUpdateExclusive } else { Mode::Share });
        }
        if kind("TRIGGER") || kind("CONSTRAINT") {
            return self.on(Mode::ShareRowExclusive);
        }
        if kind("VIEW") || kind("MATERIALIZED") || kind("TEMPORARY") {
            let query = self.find("AS").unwrap_or(self.len());
            let mut found = self.rows(query);
            if at == 3 {
                found.extend(self.on_next(at, Mode::AccessExclusive));
            }
            return found;
        }
        match () {
            () if kind("STATISTICS") => {
                self.find("FROM").map_or_else(Vec::new, |at| self.on_next(at, Mode::ShareUpdateExclusive))
            }
            () if kind("RULE") || kind("POLICY") => self.on_any(Mode::AccessExclusive),
            () => Vec::new(),
        }
    }

    /// A rule says `ON event TO table`, a policy `ON table`.
    fn on_any(&self, mode: Mode) -> Vec<Lock> {
        self.find("TO").filter(|at| self.relation(at + 1).is_some()).map_or_else(|| self.on(mode), |at| self.on_next(at, mode))
    }

    fn alter(&self) -> Vec<Lock> {
        if self.is(1, "SEQUENCE") {
            let mode = if self.find("OWNED BY").is_some() { Mode::ShareRowExclusive } else { Mode::AccessExclusive };
            return self.on_next(2, mode);
        }
        if self.is(1, "VIEW") || self.are(1, "MATERIALIZED VIEW") {
            let weak = self.find("CLUSTER ON").is_some() || self.find("SET STATISTICS").is_some();
            return self.on_next(2, if weak { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive });
        }
        if !self.is(1, "TABLE") {
            return Vec::new();
        }
        let Some((table, behind)) = self.next(2) else { return Vec::new() };
        let other = |words: &str, mode: Mode| self.find(words).map(|at| self.on_next(at, mode));
        let with = |mode: Mode, others: Vec<Lock>| std::iter::once((mode, table.clone())).chain(others).collect();
        if let Some(part) = other("ATTACH PARTITION", Mode::AccessExclusive) {
            return with(Mode::ShareUpdateExclusive, part);
        }
        if let Some(part) = other("DETACH PARTITION", Mode::AccessExclusive) {
            return with(Mode::AccessExclusive, part);
        }
        if self.find("FOREIGN KEY").is_some() {
            return with(Mode::ShareRowExclusive, other("REFERENCES", Mode::ShareRowExclusive).unwrap_or_default());
        }
        let is_of_triggers = ["ENABLE", "DISABLE"].iter().any(|word| self.is(behind, word)) && self.find("TRIGGER").is_some();
        let is_weak = ["VALIDATE CONSTRAINT", "CLUSTER ON", "SET STATISTICS"].iter().any(|words| self.find(words).is_some());
        let mode = match (is_of_triggers, is_weak) {
            (true, _) => Mode::ShareRowExclusive,
            (_, true) => Mode::ShareUpdateExclusive,
            _ => Mode::AccessExclusive,
        };
        with(mode, Vec::new())
    }

    fn drop(&self) -> Vec<Lock> {
        if self.find("CONCURRENTLY").is_some() {
            return self.on_next(1, Mode::ShareUpdateExclusive);
        }
        match () {
            () if self.is(1, "TRIGGER") || self.is(1, "RULE") || self.is(1, "POLICY") => self.on(Mode::AccessExclusive),
            () if self.is(1, "TABLE") || self.is(1, "VIEW") || self.is(1, "MATERIALIZED") || self.is(1, "INDEX") => {
                self.on_list(2, Mode::AccessExclusive)
            }
            () => Vec::new(),
        }
    }

    fn comment(&self) -> Vec<Lock> {
        let of = |words: &[&str]| words.iter().any(|word| self.is(2, word));
        match () {
            () if of(&["TABLE", "VIEW", "MATERIALIZED", "COLUMN", "INDEX", "SEQUENCE"]) => {
                self.on_next(2, Mode::ShareUpdateExclusive)
            }
            () if of(&["CONSTRAINT", "TRIGGER", "RULE", "POLICY"]) => self.on_later(Mode::AccessShare),
            () => Vec::new(),
        }
    }

    /// `mode` on the relation after an ON that is not the statement's first.
    fn on_later(&self, mode: Mode) -> Vec<Lock> {
        let named = |at: usize| self.is(at, "ON").then(|| self.relation(at + 1)).flatten();
        (3..self.len()).find_map(named).map(|(name, _)| (mode, name)).into_iter().collect()
    }

    /// A block of PL/pgSQL: the locks of its statements, including those in strings that it executes.
    fn block(&self) -> Vec<Lock> {
        let texts = self.lexed.lexemes.iter().filter_map(|l| match l.literal()? {
            crate::sql::token::Literal::Text(text) => Some(text),
            _ => None,
        });
        let mut found = Vec::new();
        for text in texts {
            let Ok(lexed) = Lexed::new(text) else { continue };
            let inner = Reader { lexed: &lexed };
            for at in 0..inner.len() {
                let begins = ["ALTER", "DROP", "CREATE"].iter().any(|word| inner.is(at, word));
                if begins {
                    let end = (at..inner.len()).find(|&i| lexed.at_text(i) == ";").unwrap_or(inner.len());
                    found.extend(locks(lexed.slice(&(at..end))));
                }
            }
            found.extend(inner.rows(0));
            found.extend(inner.block());
        }
        found
    }

    /// The relations that rows are read from or written to.
    fn rows(&self, from: usize) -> Vec<Lock> {
        let mut found = Vec::new();
        for at in from..self.len() {
            let only = usize::from(self.is(at + 1, "ONLY"));
            let Some((name, behind)) = self.relation(at + 1 + only) else { continue };
            let is_call = self.lexed.at_text(behind) == "(";
            let is_operator =
                self.is(at, "FROM") && at > 0 && (self.is(at - 1, "DISTINCT") || at > 2 && self.is(at - 3, "EXTRACT"));
            if is_operator {
                continue;
            }
            let is_list = self.lexed.at_text(at) == "," && !is_call && self.is_in_from(at);
            match () {
                () if self.is(at, "INTO") || self.is(at, "UPDATE") => found.push((Mode::RowExclusive, name)),
                () if self.is(at, "FROM") && at > 0 && self.is(at - 1, "DELETE") => found.push((Mode::RowExclusive, name)),
                () if (self.is(at, "FROM") || self.is(at, "JOIN") || self.is(at, "USING")) && !is_call || is_list => {
                    found.push((Mode::AccessShare, name));
                }
                () => {}
            }
        }
        if self.are(self.len().saturating_sub(2), "FOR UPDATE") {
            found.iter_mut().filter(|(mode, _)| *mode == Mode::AccessShare).for_each(|lock| lock.0 = Mode::RowShare);
        }
        found
    }

    /// Whether a comma separates relations of a FROM list.
    fn is_in_from(&self, comma: usize) -> bool {
        let depth = self.lexed.lexemes[comma].depth;
        let words = ["FROM", "SELECT", "WHERE", "ON", "BY", "SET", "VALUES"];
        let before = (0..comma).rev().filter(|&at| self.lexed.lexemes[at].depth == depth);
        before
            .take_while(|&at| self.lexed.at_text(at) != "(")
            .find(|&at| words.iter().any(|w| self.is(at, w)))
            .is_some_and(|at| self.is(at, "FROM"))
    }
}

/// PostgreSQL's own, or the session's.
fn is_servers(name: &str) -> bool {
    let schema = name.split('.').next().unwrap_or_default();
    matches!(schema, "pg_catalog" | "pg_temp" | "information_schema" | "new" | "old")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(statement: &str) -> String {
        locks(statement).iter().map(|(mode, name)| format!("{mode} {name}")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_statement_of_a_migration_has_its_lock() {
        for (statement, expected) in [
            ("BEGIN", ""),
            ("SET LOCAL lock_timeout = 50", ""),
            ("LOCK TABLE s.t, s.\"U\" IN SHARE ROW EXCLUSIVE MODE", "SHARE ROW EXCLUSIVE s.\"U\", SHARE ROW EXCLUSIVE s.t"),
            ("LOCK TABLE s.t IN ACCESS EXCLUSIVE MODE", "ACCESS EXCLUSIVE s.t"),
            ("CREATE TABLE l.t (LIKE s.audit INCLUDING DEFAULTS, CHECK (x = 's.y'))", "ACCESS SHARE s.audit"),
            ("CREATE TABLE s.p PARTITION OF s.live FOR VALUES FROM (1) TO (2)", "ACCESS EXCLUSIVE s.live"),
            (
                "ALTER TABLE s.audit ATTACH PARTITION l.t FOR VALUES IN ('t')",
                "ACCESS EXCLUSIVE l.t, SHARE UPDATE EXCLUSIVE s.audit",
            ),
            ("ALTER TABLE s.audit DETACH PARTITION l.t", "ACCESS EXCLUSIVE l.t, ACCESS EXCLUSIVE s.audit"),
            (
                "ALTER TABLE k.t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES s.u (a) NOT VALID",
                "SHARE ROW EXCLUSIVE k.t, SHARE ROW EXCLUSIVE s.u",
            ),
            ("ALTER TABLE k.t VALIDATE CONSTRAINT c", "SHARE UPDATE EXCLUSIVE k.t"),
            ("ALTER TABLE s.t SET SCHEMA mig_old", "ACCESS EXCLUSIVE s.t"),
            ("ALTER TABLE l.t ENABLE ALWAYS TRIGGER x", "SHARE ROW EXCLUSIVE l.t"),
            ("ALTER TABLE l.t DISABLE TRIGGER USER", "SHARE ROW EXCLUSIVE l.t"),
            ("ALTER TABLE l.t OWNER TO app", "ACCESS EXCLUSIVE l.t"),
            ("ALTER SEQUENCE s.q OWNED BY NONE", "SHARE ROW EXCLUSIVE s.q"),
            ("CREATE INDEX i ON l.t USING btree ((x ->> 'a'))", "SHARE l.t"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON l.t (a)", "SHARE UPDATE EXCLUSIVE l.t"),
            ("CREATE TRIGGER x AFTER INSERT OR UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION e.f()", "SHARE ROW EXCLUSIVE s.t"),
            ("CREATE VIEW s.t AS SELECT a FROM l.t AS t", "ACCESS SHARE l.t"),
            (
                "CREATE OR REPLACE VIEW s.v AS SELECT a FROM l.t AS t JOIN s.u ON true",
                "ACCESS EXCLUSIVE s.v, ACCESS SHARE l.t, ACCESS SHARE s.u",
            ),
            ("INSERT INTO l.t (a) SELECT r.a FROM ONLY s.t AS r ORDER BY r.ctid", "ROW EXCLUSIVE l.t, ACCESS SHARE s.t"),
            (
                "WITH g AS (UPDATE e.g SET a = true RETURNING at) DELETE FROM l.t AS t USING g WHERE t.a = g.at",
                "ROW EXCLUSIVE e.g, ROW EXCLUSIVE l.t",
            ),
            (
                "SELECT count(*) FROM (SELECT a FROM s.t AS t EXCEPT ALL SELECT b FROM l.t AS t) AS x",
                "ACCESS SHARE l.t, ACCESS SHARE s.t",
            ),
            ("SELECT a FROM s.t, s.u AS u, e.f(1) WHERE s.t.a = s.u.b", "ACCESS SHARE s.t, ACCESS SHARE s.u"),
            ("SELECT extract(epoch FROM a.b - a.c) FROM s.t AS a WHERE a.b IS DISTINCT FROM a.c", "ACCESS SHARE s.t"),
            ("SELECT mode FROM e.mode WHERE t = $1 FOR UPDATE", "ROW SHARE e.mode"),
            ("ANALYZE l.t", "SHARE UPDATE EXCLUSIVE l.t"),
            ("COMMENT ON COLUMN s.t.a IS 'x'", "SHARE UPDATE EXCLUSIVE s.t"),
            ("DROP VIEW IF EXISTS s.v, e.v RESTRICT", "ACCESS EXCLUSIVE e.v, ACCESS EXCLUSIVE s.v"),
            ("DROP TRIGGER IF EXISTS x ON s.t", "ACCESS EXCLUSIVE s.t"),
            ("DROP FUNCTION e.f()", ""),
            ("GRANT SELECT ON s.t TO app", ""),
            ("CREATE FUNCTION e.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM s.t; END'", ""),
            (
                "DO $e$ BEGIN EXECUTE (SELECT format('ALTER TABLE e.c DROP CONSTRAINT %I', conname) FROM pg_constraint); INSERT INTO m.t VALUES (1); END $e$",
                "ACCESS EXCLUSIVE e.c, ROW EXCLUSIVE m.t",
            ),
        ] {
            assert_eq!(told(statement), expected, "{statement}");
        }
    }

    #[test]
    fn a_text_is_its_statements() {
        assert_eq!(lets_go("ALTER TABLE ONLY s.t DROP CONSTRAINT IF EXISTS \"K\""), [("s.t".to_owned(), Some("K".to_owned()))]);
        assert_eq!(lets_go("DROP TABLE IF EXISTS s.t, s.u"), [("s.t".to_owned(), None), ("s.u".to_owned(), None)]);
        assert_eq!(lets_go("ALTER TABLE s.t ADD CONSTRAINT k CHECK (true)"), []);
        assert_eq!(made("CREATE TABLE l.t (LIKE s.audit)").as_deref(), Some("l.t"));
        assert_eq!(made("CREATE OR REPLACE VIEW s.v AS SELECT 1"), None);
        assert_eq!(
            statements("BEGIN; CREATE FUNCTION f() AS $$ a; b $$;\n SELECT 1;"),
            ["BEGIN", "CREATE FUNCTION f() AS $$ a; b $$", "SELECT 1"]
        );
    }
}
