//! Functions of a database that may change what names mean in the session that calls them: its search path, its role, relations that its path
//! finds. Told from what their bodies say, and from which of them call which; a body that runs text which it puts together may do anything.
//! Functions in C are taken to change nothing. A view that calls one does what that does.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::database::Database;
use crate::error::Result;

/// By this it is known whether there may be others: the functions that are no part of PostgreSQL, and what depends on them.
const MARK: &str = "
SELECT count(*), coalesce(sum(hashtextextended(concat_ws(' ', p.oid, p.xmin), 0) % 1000000000), 0)::bigint,
  (SELECT count(*) FROM pg_depend AS d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid >= 16384)
FROM pg_proc AS p WHERE p.oid >= 16384";

/// Oids from 16384 on are given to what users make (source, transam.h, FirstNormalObjectId). `$1` are esclusa's own schemas, whose functions leave names as they are.
const FUNCTIONS: &str = r"
WITH RECURSIVE body AS MATERIALIZED (
  SELECT p.oid, p.proname::text AS name, l.lanname::text AS language, lower(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)) AS says,
    p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS is_of_trigger
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
  WHERE p.oid >= 16384 AND l.lanname NOT IN ('internal', 'c') AND NOT n.nspname = ANY ($1)
), mover AS (
  SELECT oid, lower(name) AS name,
    says ~ '\m(search_path|set_config|pg_settings|discard)\M|\mset\s+((local|session)\s+)?(schema|role|session\s+authorization)\M|\mreset\s+(all|role|session)\M' AS path,
    says ~ '\m(create|alter|drop|discard)\M' OR language = 'sql' AND regexp_replace(says, '\m(insert|merge)\s+into\M', '', 'g') ~ '\minto\M' AS relations,
    language NOT IN ('sql', 'plpgsql') OR language = 'plpgsql' AND says ~ '\mexecute\M' AS code
  FROM body
), reach AS (
  SELECT oid, name, path, relations, code FROM mover WHERE path OR relations OR code
  UNION
  SELECT b.oid, lower(b.name), r.path, r.relations, r.code FROM reach AS r JOIN body AS b
    ON CASE WHEN strpos(b.says, r.name) > 0 THEN b.says ~ ('(^|[^[:alnum:]_$])' || regexp_replace(r.name, '([^[:alnum:]_])', '\\\1', 'g') || '($|[^[:alnum:]_$])') ELSE false END
)
, viewed AS (
  SELECT w.ev_class AS oid, r.path, r.relations, r.code FROM reach AS r JOIN pg_depend AS d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = r.oid
    JOIN pg_rewrite AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
  UNION
  SELECT w.ev_class, v.path, v.relations, v.code FROM viewed AS v JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
    JOIN pg_rewrite AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
)
SELECT b.name, b.is_of_trigger, bool_or(r.path), bool_or(r.relations), bool_or(r.code),
  EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = b.oid AND d.classid <> 'pg_proc'::regclass)
FROM reach AS r JOIN body AS b USING (oid) GROUP BY b.oid, b.name, b.is_of_trigger
UNION ALL
SELECT c.relname::text, false, bool_or(v.path), bool_or(v.relations), bool_or(v.code), true
FROM viewed AS v JOIN pg_class AS c USING (oid) GROUP BY c.oid, c.relname ORDER BY 1, 2, 3, 4, 5";

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

/// The functions of a database that may change what names mean.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Movers {
    /// Those that a statement can call, and views that do, by name, as it is.
    functions: BTreeMap<String, Moves>,
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
    movers: Arc<Movers>,
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
        let has_bodies = "SELECT to_regproc('pg_catalog.pg_get_function_sqlbody') IS NOT NULL";
        let sql = match database.one("asking for bodies of functions", has_bodies, &[]).await?.get(0) {
            true => FUNCTIONS.to_owned(),
            // Before PostgreSQL 14.
            false => FUNCTIONS.replace("coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)", "p.prosrc"),
        };
        let mut movers = Movers::default();
        for row in database.query("reading what functions change", &sql, &[&own]).await? {
            let (name, is_of_trigger): (&str, bool) = (row.get(0), row.get(1));
            if !is_of_trigger {
                movers = movers.with(name, Moves { path: row.get(2), relations: row.get(3), code: row.get(4) });
            }
            movers = movers.hiding(row.get(5));
        }
        (self.mark, self.movers) = (Some(mark), Arc::new(movers));
        Ok(self.movers.clone())
    }
}
