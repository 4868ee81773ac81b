//! Keys, indexes, foreign keys, checks, defaults from sequences, comments: what a table has of its own.

use std::collections::{BTreeMap, BTreeSet};

use esclusa::catalog::{Catalog, Column, Table};
use esclusa::rule::{Rule, RuleSet, Target};
use esclusa::sql::quote::{ident, literal};

/// Actions of foreign keys, used by turns.
const ACTIONS: [&str; 8] = [
    "",
    "ON DELETE RESTRICT",
    "ON UPDATE CASCADE ON DELETE CASCADE",
    "ON DELETE SET NULL",
    "DEFERRABLE INITIALLY DEFERRED",
    "ON UPDATE RESTRICT ON DELETE SET DEFAULT",
    "NOT VALID",
    "MATCH FULL ON UPDATE CASCADE DEFERRABLE",
];
/// Foreign keys from tables that stay onto look-ups.
pub(crate) const ONTO_LOOKUPS: usize = 32;
/// Foreign keys from histories onto what they mirror.
pub(crate) const OUT_OF_HISTORIES: usize = 12;

/// Makes all constraints and indexes. `filled` are the tables that have rows; the others cannot violate a key.
pub(crate) fn sql(catalog: &Catalog, rules: &RuleSet, filled: &[String]) -> Vec<String> {
    let keys = keys(catalog, rules, filled);
    let mut sql: Vec<String> = Vec::new();
    sql.extend(keys.iter().filter(|(t, _)| catalog.tables[*t].keys.iter().all(|k| !k.primary)).map(|(t, key)| primary(t, key)));
    for (number, rule) in histories(rules).enumerate() {
        sql.extend(indexes(rule, &catalog.tables[&rule.table], number));
    }
    for (number, rule) in lookups(rules).enumerate() {
        sql.extend(of_lookup(rule, &catalog.tables[&rule.table], number));
    }
    sql.extend(onto_lookups(catalog, rules, filled, &keys));
    sql.extend(outward(catalog, rules, &keys));
    sql
}

fn histories(rules: &RuleSet) -> impl Iterator<Item = &Rule> {
    rules.rules.values().filter(|r| matches!(r.target, Target::History(_)))
}

/// Look-ups with a code of one column.
pub(crate) fn lookups(rules: &RuleSet) -> impl Iterator<Item = &Rule> + Clone {
    rules.rules.values().filter(|r| matches!(r.target, Target::Lookup(_)) && r.key.columns.len() == 1)
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ")
}

/// The primary key of each table that has one: that of a history's base as the plan knows it, else the first column. A history has none.
fn keys(catalog: &Catalog, rules: &RuleSet, filled: &[String]) -> BTreeMap<String, Vec<String>> {
    let bases = histories(rules).filter_map(|rule| match &rule.target {
        Target::History(h) => Some((h.base.as_deref()?, &rule.key.base)),
        _ => None,
    });
    let mut known: BTreeMap<&str, &Vec<String>> = BTreeMap::new();
    for (base, key) in bases.filter(|(_, key)| !key.is_empty()) {
        known.entry(base).or_insert(key);
    }
    let mut keys = BTreeMap::new();
    for table in catalog.tables.values().filter(|t| t.kind == 'r') {
        let legacy = rules.rules.get(&table.name);
        if let Some(primary) = table.keys.iter().find(|k| k.primary) {
            keys.insert(table.name.clone(), primary.columns.clone());
        } else if legacy.is_some_and(|r| matches!(r.target, Target::History(_) | Target::Retained(_))) {
            continue;
        } else if let Some(key) = known.get(table.name.as_str()) {
            if key.iter().all(|c| table.column(c).is_some()) {
                keys.insert(table.name.clone(), (*key).clone());
            }
        } else if !filled.contains(&table.name) {
            keys.extend(table.columns.first().filter(|c| c.not_null).map(|c| (table.name.clone(), vec![c.name.clone()])));
        }
    }
    keys
}

fn primary(table: &str, key: &[String]) -> String {
    format!("ALTER TABLE {} ADD PRIMARY KEY ({})", ident(table), list(key))
}

/// By key, by key and stamp, and in turn each thing that an index can have.
fn indexes(rule: &Rule, table: &Table, number: usize) -> Vec<String> {
    let (name, key) = (ident(&rule.table), list(&rule.key.columns));
    let mut sql = Vec::new();
    let index = |suffix: &str| ident(&format!("{}_{suffix}", rule.table));
    if !rule.key.columns.is_empty() {
        sql.push(format!("CREATE INDEX {} ON {name} ({key})", index("k")));
    }
    let Target::History(history) = &rule.target else { return sql };
    let time = history.time.as_deref().map(ident);
    let user = history.user.as_deref();
    if let Some(time) = &time {
        let columns = if key.is_empty() { time.clone() } else { format!("{key}, {time}") };
        sql.push(format!("CREATE INDEX {} ON {name} ({columns})", index("kt")));
    }
    let text = table.columns.iter().find(|c| c.type_name.starts_with("character varying") && Some(c.name.as_str()) != user);
    let text = text.map(|c| ident(&c.name));
    let own = match (number % 8, &time, &text) {
        (0, Some(time), _) => format!("CREATE INDEX {} ON {name} ({time} DESC NULLS LAST)", index("desc")),
        (1, Some(time), _) if !key.is_empty() => format!("CREATE INDEX {} ON {name} ({key}) INCLUDE ({time})", index("inc")),
        (2, _, Some(text)) => format!("CREATE INDEX {} ON {name} ({text} COLLATE \"C\")", index("coll")),
        (3, _, Some(text)) => format!("CREATE INDEX {} ON {name} ({text} varchar_pattern_ops)", index("ops")),
        (4, _, Some(text)) => format!("CREATE INDEX {} ON {name} (lower({text}))", index("expr")),
        (5, Some(time), _) if !key.is_empty() => {
            format!("CREATE INDEX {} ON {name} ({key}) WHERE {time} > timestamp '2015-01-01'", index("part"))
        }
        (6, _, _) if !key.is_empty() => {
            format!("CREATE INDEX {} ON {name} USING hash ({})", index("hash"), ident(&rule.key.columns[0]))
        }
        (7, Some(time), _) => format!("CREATE INDEX {} ON {name} ({time}) WITH (fillfactor = 70)", index("fill")),
        _ => return sql,
    };
    sql.push(own);
    sql
}

/// A check, a second unique constraint, a default from a sequence, comments; each on some of them.
fn of_lookup(rule: &Rule, table: &Table, number: usize) -> Vec<String> {
    let (name, code) = (ident(&rule.table), &rule.key.columns[0]);
    let numeric = table.column(code).is_some_and(|c| c.type_name.starts_with("numeric"));
    let text_id = match &rule.target {
        Target::Lookup(l) => l.text_id.as_deref(),
        _ => None,
    };
    let constraint = |suffix: &str| ident(&format!("{}_{suffix}", rule.table));
    let mut sql = vec![format!("COMMENT ON TABLE {name} IS {}", literal(&format!("catálogo {number}")))];
    if number.is_multiple_of(3) {
        sql.push(format!("COMMENT ON COLUMN {name}.{} IS 'el código'", ident(code)));
    }
    if numeric && number.is_multiple_of(4) {
        sql.push(format!("ALTER TABLE {name} ADD CONSTRAINT {} CHECK ({} >= 0)", constraint("positivo"), ident(code)));
    }
    if let Some(text_id) = text_id.filter(|_| number % 5 == 1) {
        sql.push(format!("ALTER TABLE {name} ADD CONSTRAINT {} UNIQUE ({})", constraint("texto"), ident(text_id)));
    }
    if numeric && number % 6 == 2 {
        let sequence = ident(&format!("seq_{}", rule.table));
        sql.push(format!("CREATE SEQUENCE {sequence} START 500"));
        sql.push(format!("ALTER TABLE {name} ALTER COLUMN {} SET DEFAULT nextval('{sequence}')", ident(code)));
        if number % 12 == 2 {
            sql.push(format!("ALTER SEQUENCE {sequence} OWNED BY {name}.{}", ident(code)));
        }
    }
    sql
}

/// From columns of tables that stay; their values become codes of the look-up.
fn onto_lookups(catalog: &Catalog, rules: &RuleSet, filled: &[String], keys: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mirrored: BTreeSet<&str> = histories(rules)
        .filter_map(|r| match &r.target {
            Target::History(h) => h.base.as_deref(),
            _ => None,
        })
        .collect();
    let stays = |t: &&Table| {
        t.kind == 'r' && !rules.rules.contains_key(&t.name) && filled.contains(&t.name) && keys.contains_key(&t.name)
    };
    // Those that no history mirrors come last: a cascade that reaches an audited table is the harder case.
    let mut tables: Vec<&Table> = catalog.tables.values().map(std::sync::Arc::as_ref).filter(stays).collect();
    tables.sort_by_key(|t| !mirrored.contains(t.name.as_str()));
    let mut taken: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut sql = Vec::new();
    for (number, rule) in lookups(rules).cycle().take(ONTO_LOOKUPS).enumerate() {
        let action = ACTIONS[number % ACTIONS.len()];
        let code = &rule.key.columns[0];
        let type_name = &catalog.tables[&rule.table].column(code).unwrap().type_name;
        let fits = |t: &Table, c: &Column| {
            c.type_name == *type_name
                && !keys[&t.name].contains(&c.name)
                && (!c.not_null || !action.contains("SET NULL"))
                && !taken.contains(&(t.name.as_str(), c.name.as_str()))
        };
        let candidates = tables.iter().skip(number % 7).flat_map(|t| t.columns.iter().map(move |c| (*t, c)));
        let Some((table, column)) = candidates.into_iter().find(|(t, c)| fits(t, c)) else { continue };
        taken.insert((&table.name, &column.name));
        let (t, c, l, code) = (ident(&table.name), ident(&column.name), ident(&rule.table), ident(code));
        sql.push(format!(
            "UPDATE {t} SET {c} = v.code FROM (SELECT ctid AS id, row_number() OVER (ORDER BY ctid) AS n FROM {t}) AS r \
             JOIN (SELECT {code} AS code, row_number() OVER (ORDER BY {code}) - 1 AS n, count(*) OVER () AS total FROM {l}) AS v \
             ON v.n = r.n % v.total WHERE {t}.ctid = r.id"
        ));
        if action.contains("SET DEFAULT") {
            let first = if type_name.starts_with("numeric") { "0" } else { "NULL" };
            sql.push(format!("ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT {first}"));
        }
        let name = ident(&format!("fk_{}_{number}", table.name));
        sql.push(format!("ALTER TABLE {t} ADD CONSTRAINT {name} FOREIGN KEY ({c}) REFERENCES {l} ({code}) {action}"));
    }
    sql
}

/// From histories onto the tables that they mirror, some of which are look-ups, and from junctions onto their ends. Rows that contradict are
/// as likely as in any old database: the constraint is then not validated.
fn outward(catalog: &Catalog, rules: &RuleSet, keys: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let own_types = |t: &str, columns: &[String]| -> Option<Vec<String>> {
        columns
            .iter()
            .map(|c| catalog.tables[t].column(c).map(|c| c.type_name.split('(').next().unwrap_or_default().to_owned()))
            .collect()
    };
    let mut candidates: Vec<(String, &Rule, Vec<String>, Vec<String>)> = Vec::new();
    for rule in histories(rules) {
        let Target::History(history) = &rule.target else { continue };
        let Some(base) = &history.base else { continue };
        if keys.get(base).is_some_and(|key| *key == rule.key.base)
            && own_types(&rule.table, &rule.key.columns) == own_types(base, &rule.key.base)
        {
            candidates.push((base.clone(), rule, rule.key.columns.clone(), rule.key.base.clone()));
        }
    }
    // Onto a look-up first: both ends move.
    candidates.sort_by_key(|(base, ..)| !rules.rules.contains_key(base));
    candidates.truncate(OUT_OF_HISTORIES);
    let links = rules.rules.values().filter(|r| matches!(r.target, Target::Link(_)));
    for rule in links.take(4) {
        let column = &rule.key.columns[0];
        let same = |l: &&Rule| own_types(&l.table, &l.key.columns) == own_types(&rule.table, std::slice::from_ref(column));
        candidates
            .extend(lookups(rules).find(same).map(|l| (l.table.clone(), rule, vec![column.clone()], l.key.columns.clone())));
    }
    candidates
        .iter()
        .map(|(onto, rule, from, to)| {
            let constraint = format!(
                "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
                ident(&rule.table),
                ident(&format!("fk_{}", rule.table)),
                list(from),
                ident(onto),
                list(to)
            );
            format!("DO $fk$ BEGIN {constraint}; EXCEPTION WHEN foreign_key_violation THEN {constraint} NOT VALID; END $fk$")
        })
        .collect()
}
