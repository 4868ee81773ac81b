//! Functions of a database that may change what names mean in the session that calls them: its search path, its role, relations that its path
//! finds. Told from what their bodies say, and from which of them call which; a body that runs text which it puts together may do anything.
//! Functions in C are taken to change nothing. A view, an aggregate, a domain or an operator that calls one does what that does.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::database::{Database, Param};
use crate::error::Result;

/// By this it is known whether there may be others: the functions that are no part of PostgreSQL, and what depends on them.
const MARK: &str = "
SELECT count(*), coalesce(sum(hashtextextended(concat_ws(' ', p.oid, p.xmin), 0) % 1000000000), 0)::bigint,
  (SELECT count(*) FROM pg_depend AS d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid >= 16384)
  + (SELECT coalesce(sum(hashtextextended(concat_ws(' ', w.oid, w.xmin), 0) % 1000000000), 0)::bigint FROM pg_rewrite AS w WHERE w.oid >= 16384)
FROM pg_proc AS p WHERE p.oid >= 16384";

/// Which views call `set_config` (2078), by the trees of their rules. A tree is large, and each moved table has a view: only
/// those are read that `$2` to `$4` do not know: rules, the transactions that wrote them, and what was found in them.
const TREES: &str = "
SELECT w.oid, w.xmin::text::bigint, coalesce(known.sets, w.ev_action::text LIKE '%:funcid 2078 %')
FROM pg_rewrite AS w JOIN pg_class AS c ON c.oid = w.ev_class
  LEFT JOIN unnest($2::oid[], $3::bigint[], $4::boolean[]) AS known(oid, written, sets) ON known.oid = w.oid AND known.written = w.xmin::text::bigint
WHERE w.oid >= 16384 AND c.relkind IN ('v', 'm') AND NOT c.relnamespace::regnamespace::name = ANY ($1)";

/// Oids from 16384 on are given to what users make (source, transam.h, FirstNormalObjectId). `$1` are esclusa's own schemas, whose functions leave
/// names as they are; `$2` are the rules of views that call `set_config`.
const FUNCTIONS: &str = r"
WITH RECURSIVE body AS MATERIALIZED (
  SELECT p.oid, p.proname::text AS name, l.lanname::text AS language, lower(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)) AS says,
    p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS is_of_trigger, 'called' AS use
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
  WHERE p.oid >= 16384 AND l.lanname NOT IN ('internal', 'c') AND NOT n.nspname = ANY ($1)
  UNION ALL
  -- An aggregate does what its functions do.
  SELECT p.oid, p.proname::text, 'of functions', lower(string_agg(f.proname, ' ')), false, 'called'
  FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
    JOIN pg_proc AS f ON f.oid = d.refobjid WHERE p.oid >= 16384 AND p.prokind = 'a' GROUP BY p.oid
  UNION ALL
  -- A view, what the functions and relations do that it uses. Of set_config no dependency is recorded, as of all functions of PostgreSQL.
  SELECT c.oid, c.relname::text, 'of functions', lower(concat_ws(' ', string_agg(coalesce(f.proname, r.relname), ' '),
    CASE WHEN bool_or(w.sets) THEN 'set_config' END)), false, 'named'
  FROM (SELECT oid, ev_class, oid = ANY ($2) AS sets FROM pg_rewrite WHERE oid >= 16384) AS w
    JOIN pg_class AS c ON c.oid = w.ev_class LEFT JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    LEFT JOIN pg_proc AS f ON d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
    LEFT JOIN pg_class AS r ON d.refclassid = 'pg_class'::regclass AND r.oid = d.refobjid AND r.relkind IN ('v', 'm') AND r.oid <> c.oid
  WHERE c.relkind IN ('v', 'm') AND NOT c.relnamespace::regnamespace::name = ANY ($1) GROUP BY c.oid
  UNION ALL
  -- A domain, what its conditions call.
  SELECT t.oid, t.typname::text, 'of functions', lower(concat_ws(' ', string_agg(f.proname, ' '), string_agg(pg_get_constraintdef(k.oid), ' ')
    FILTER (WHERE pg_get_constraintdef(k.oid) ~ 'set_config'))), false, 'named'
  FROM pg_type AS t JOIN pg_constraint AS k ON k.contypid = t.oid LEFT JOIN pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
    AND d.refclassid = 'pg_proc'::regclass LEFT JOIN pg_proc AS f ON f.oid = d.refobjid WHERE t.oid >= 16384 GROUP BY t.oid
  UNION ALL
  SELECT o.oid, o.oprname::text, 'of functions', lower(f.proname), false, 'operator'
  FROM pg_operator AS o JOIN pg_proc AS f ON f.oid = o.oprcode WHERE o.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_operator AS b WHERE b.oid < 16384 AND b.oprname = o.oprname)
), mover AS (
  SELECT oid, lower(name) AS name,
    says ~ '\m(search_path|set_config|pg_settings|discard)\M|\mset\s+((local|session)\s+)?(schema|role|session\s+authorization)\M|\mreset\s+(all|role|session)\M' AS path,
    says ~ '\m(create|alter|drop|discard)\M' OR language = 'sql' AND regexp_replace(says, '\m(insert|merge)\s+into\M', '', 'g') ~ '\minto\M' AS relations,
    language NOT IN ('sql', 'plpgsql', 'of functions') OR language = 'plpgsql' AND says ~ '\mexecute\M' AS code
  FROM body
), reach AS (
  SELECT oid, name, path, relations, code FROM mover WHERE path OR relations OR code
  UNION
  SELECT b.oid, lower(b.name), r.path, r.relations, r.code FROM reach AS r JOIN body AS b
    ON CASE WHEN strpos(b.says, r.name) > 0 THEN b.says ~ ('(^|[^[:alnum:]_$])' || regexp_replace(r.name, '([^[:alnum:]_])', '\\\1', 'g') || '($|[^[:alnum:]_$])') ELSE false END
)
SELECT b.name, b.is_of_trigger, bool_or(r.path), bool_or(r.relations), bool_or(r.code), b.use,
  b.use <> 'called' OR EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = b.oid AND d.classid <> 'pg_proc'::regclass)
FROM reach AS r JOIN body AS b USING (oid) GROUP BY b.oid, b.name, b.is_of_trigger, b.use ORDER BY 1, 2, 3, 4, 5";

/// What a function may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moves {
    /// It speaks of the search path, or of the role.
    pub path: bool,
    /// It makes, changes or drops relations.
    pub relations: bool,
    /// It runs text that it puts together: any of this.
    pub code: bool,
}

impl Moves {
    /// What two may change.
    #[must_use]
    pub fn and(self, other: Moves) -> Moves {
        Moves { path: self.path || other.path, relations: self.relations || other.relations, code: self.code || other.code }
    }

    /// Whether it changes anything.
    pub fn any(self) -> bool {
        self.path || self.relations || self.code
    }
}

/// How a name in a statement makes a function run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Use {
    /// It is called, with parentheses.
    #[default]
    Called,
    /// It is named: a view, a domain.
    Named,
    /// It is an operator.
    Operator,
}

/// The functions of a database that may change what names mean.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Movers {
    /// Those that a statement can call, and views that do, by name, as it is.
    functions: BTreeMap<String, Moves>,
    /// How those run that are not called as functions.
    uses: BTreeMap<String, Use>,
    /// One runs where no statement names it: by a trigger, a view, a cast, an operator, a default.
    hidden: bool,
}

impl Movers {
    /// Adds a function.
    #[must_use]
    pub fn with(mut self, name: &str, moves: Moves) -> Movers {
        let held = self.functions.entry(name.to_owned()).or_default();
        *held = held.and(moves);
        self
    }

    /// Adds a view, a domain or an operator.
    #[must_use]
    pub fn used(mut self, name: &str, how: Use, moves: Moves) -> Movers {
        self.uses.insert(name.to_owned(), how);
        self.with(name, moves)
    }

    /// How a name makes its function run.
    pub fn use_of(&self, name: &str) -> Use {
        self.uses.get(name).copied().unwrap_or_default()
    }

    /// Operators that change the search path.
    pub fn operators(&self) -> impl Iterator<Item = &str> {
        let is_one = |(name, how): &(&String, &Use)| **how == Use::Operator && self.of(name).is_some_and(|moves| moves.path);
        self.uses.iter().filter(is_one).map(|(name, _)| name.as_str())
    }

    /// One of them runs where no statement names it.
    #[must_use]
    pub fn hiding(self, hidden: bool) -> Movers {
        Movers { hidden: self.hidden || hidden, ..self }
    }

    /// What a function may change; `None` where it changes nothing.
    pub fn of(&self, name: &str) -> Option<Moves> {
        self.functions.get(name).copied()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// Whether one of them runs where no statement names it.
    pub fn are_hidden(&self) -> bool {
        self.hidden
    }
}

/// What was read last, and by what it is known to be the same still.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    mark: Option<(i64, i64, i64)>,
    trees: Trees,
    movers: Arc<Movers>,
}

/// The rules of views: their oid, the transaction that wrote them, and whether they call `set_config`.
#[derive(Debug, Clone, Default)]
struct Trees {
    rules: Vec<u32>,
    written: Vec<i64>,
    sets: Vec<bool>,
}

impl Trees {
    /// Reads those that have been written since.
    async fn read(&self, database: &Database, own: &[&str]) -> Result<Trees> {
        let mut trees = Trees::default();
        let known: [Param; 4] = [&own, &self.rules, &self.written, &self.sets];
        for row in database.query("reading what views call", TREES, &known).await? {
            trees.rules.push(row.get(0));
            trees.written.push(row.get(1));
            trees.sets.push(row.get(2));
        }
        Ok(trees)
    }

    /// Those that call `set_config`.
    fn setting(&self) -> Vec<u32> {
        self.rules.iter().zip(&self.sets).filter(|(_, sets)| **sets).map(|(rule, _)| *rule).collect()
    }
}

impl Watched {
    /// Reads the functions of a database, where there may be others than before. `own` are schemas whose functions change nothing.
    pub async fn look(&mut self, database: &Database, own: &[&str]) -> Result<Arc<Movers>> {
        // Before the functions: what changes in between is seen the next time.
        let row = database.one("looking for functions", MARK, &[]).await?;
        let mark = (row.get(0), row.get(1), row.get(2));
        if self.mark == Some(mark) {
            return Ok(self.movers.clone());
        }
        let trees = self.trees.read(database, own).await?;
        let has_bodies = "SELECT to_regproc('pg_catalog.pg_get_function_sqlbody') IS NOT NULL";
        let sql = match database.one("asking for bodies of functions", has_bodies, &[]).await?.get(0) {
            true => FUNCTIONS.to_owned(),
            // Before PostgreSQL 14.
            false => FUNCTIONS.replace("coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)", "p.prosrc"),
        };
        let mut movers = Movers::default();
        for row in database.query("reading what functions change", &sql, &[&own, &trees.setting()]).await? {
            let (name, is_of_trigger): (&str, bool) = (row.get(0), row.get(1));
            let moves = Moves { path: row.get(2), relations: row.get(3), code: row.get(4) };
            movers = match row.get(5) {
                _ if is_of_trigger => movers,
                "named" => movers.used(name, Use::Named, moves),
                "operator" => movers.used(name, Use::Operator, moves),
                _ => movers.with(name, moves),
            };
            movers = movers.hiding(row.get(6));
        }
        *self = Watched { mark: Some(mark), trees, movers: Arc::new(movers) };
        Ok(self.movers.clone())
    }
}
