//! What keeps the way back open: triggers on the leaf write every change into the archived legacy table too, in the client's own transaction, until
//! the archive is dropped. So at any time that table can take its name again with everything written since the move (`migrate/back.rs`), and be
//! compared with the leaf.
//!
//! Every row of the leaf is matched with its place in the archive (`place.rs`). When an archive is rewritten (VACUUM FULL), every place belongs to
//! another row: the archive is then no longer written, until it is filled again (`refill.rs`). Rows that the audit trigger writes into a history
//! without a value that the table requires are not in the archive: no table could hold them.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{CONTROL, LEAVES, Relation};
use crate::sql::quote::{ident, literal, qualified};

use super::foreign_key::bounded;
use super::number::Numbers;
use super::object;
use super::online::carried;
use super::{ARCHIVE, place, roles};

/// The trigger on the leaf for rows, and that for TRUNCATE.
const TRIGGERS: [&str; 2] = ["esclusa_keep", "esclusa_keep_truncate"];

/// The trigger on the archive that refuses what is not written by those. Views, functions and rules that were left on the archived table write it, where
/// nobody would read their changes and the way back would lose them.
const GUARD: &str = "esclusa_guard";

/// How a row's place in the archive is found.
#[derive(Debug, Clone, Copy)]
pub enum Places {
    /// From its number: the table was copied while it was written.
    Numbers(Numbers),
    /// By order: leaf and heap have their rows in the same order, because one was made from the other under a lock.
    Order,
    /// The archive is empty, and is filled from the leaf.
    Fill,
}

/// Attaches the triggers, in the transaction that moved the table, while the archive has the leaf's rows. The archive's own triggers are disabled,
/// and recorded so that they can be enabled again.
pub async fn attach(db: &Database, relation: &Relation, from: Places) -> Result<()> {
    let context = format!("keeping the archive of {} up to date", relation.table);
    let archive = qualified(ARCHIVE, &relation.table);
    let facts = "SELECT pg_get_userbyid(relowner)::text, pg_relation_filenode(oid) FROM pg_class WHERE oid = to_regclass($1)";
    let facts = db.one(&context, facts, &[&db.origin(&archive)]).await?;
    let (owner, filenode): (String, u32) = (facts.get(0), facts.get(1));
    db.batch(&context, &silencing(relation, &archive)).await?;
    let (function, leaf) = (function(relation), relation.rows());
    let table = literal(&relation.table);
    let mut sql = format!(
        "{forgetting}{places}ALTER TABLE {kept} OWNER TO {owner};\nREVOKE ALL ON {kept} FROM PUBLIC;\n\
         INSERT INTO {CONTROL}.archive (legacy_table, filenode, first_number, rows_per_block, blocks) VALUES ({table}, {filenode}, {numbers});\n\
         GRANT USAGE ON SCHEMA {ARCHIVE} TO {owner};\nGRANT ALL ON {archive} TO {owner};\n\
         CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {body};\n\
         REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;\nALTER FUNCTION {function}() OWNER TO {owner};\n\
         COMMENT ON FUNCTION {function}() IS {tag};\n{guard}",
        // An owner may have revoked a right from itself that the function needs; the way back revokes it again.
        forgetting = if matches!(from, Places::Order) { String::new() } else { forgetting(relation) },
        places = places(relation, &archive, from),
        kept = place::table(relation),
        numbers = match from {
            Places::Numbers(Numbers { first, per_block, blocks }) => format!("{first}, {per_block}, {blocks}"),
            Places::Order | Places::Fill => "NULL, NULL, NULL".to_owned(),
        },
        owner = ident(&owner),
        guard = guarding(&archive, &owner),
        body = literal(&body(relation, &archive, filenode, from)),
        tag = literal(&format!("esclusa: keeps {}", relation.table)),
    );
    let events = ["AFTER INSERT OR UPDATE OR DELETE", "AFTER TRUNCATE"];
    for ((trigger, event), each) in TRIGGERS.iter().zip(events).zip(["ROW", "STATEMENT"]) {
        sql.push_str(&format!(
            "CREATE OR REPLACE TRIGGER {trigger} {event} ON {leaf} FOR EACH {each} EXECUTE FUNCTION {function}();\n\
             ALTER TABLE {leaf} ENABLE ALWAYS TRIGGER {trigger};\n"
        ));
    }
    roles::while_creating(db, &[CONTROL], &[&owner], async |db| db.batch(&context, &sql).await).await?;
    db.believe(&kept_up(relation), "yes");
    if !matches!(from, Places::Numbers(_)) {
        db.believe(&place::known(relation), "yes");
    }
    Ok(())
}

/// The name under which a rehearsal knows the archive that would be kept up to date.
fn kept_up(relation: &Relation) -> String {
    format!("{} is kept", relation.table)
}

/// Creates that table; if the table was copied while it was written, it exists already.
fn places(relation: &Relation, archive: &str, from: Places) -> String {
    let (kept, name) = (place::table(relation), place::name(relation));
    match from {
        Places::Numbers(_) => {
            let carried = carried(&relation.table);
            let identity = identity(&kept);
            format!(
                "DO $esclusa$ BEGIN EXECUTE (SELECT format('ALTER TABLE {carried} DROP CONSTRAINT %I', conname) FROM pg_constraint \
                 WHERE conrelid = '{carried}'::regclass AND contype = 'p'); END $esclusa$;\n\
                 ALTER TABLE {carried} DROP COLUMN by;\nALTER TABLE {carried} RENAME TO {};\n{identity}",
                ident(&name)
            )
        }
        Places::Fill => empty(&kept) + &filling(relation, archive),
        // The table was made ahead.
        Places::Order => format!(
            "INSERT INTO {kept} (at, number) SELECT a.at, l.number \
             FROM (SELECT t.ctid AS at, row_number() OVER (ORDER BY t.ctid) AS n FROM ONLY {archive} AS t) AS a \
             JOIN (SELECT t.{number}, row_number() OVER (ORDER BY t.{number}) AS n FROM {leaf} AS t) AS l (number, n) ON l.n = a.n;\n",
            number = relation.number(),
            leaf = relation.rows(),
        ),
    }
}

/// The SQL that creates the table of places, empty, instead of one left over from a table that was brought back by hand.
pub(super) fn table_of_places(relation: &Relation) -> String {
    [forgetting(relation), empty(&place::table(relation))].concat()
}

fn empty(kept: &str) -> String {
    format!("CREATE TABLE {kept} (at tid NOT NULL, number bigint NOT NULL UNIQUE);\n{}", identity(kept))
}

/// A publication FOR ALL TABLES refuses changes of a table without an identity (manual, section 31.1).
fn identity(kept: &str) -> String {
    format!("ALTER TABLE {kept} REPLICA IDENTITY FULL;\n")
}

/// Row by row: an INSERT of many rows puts a small one on an earlier page with room, so their order would not tell their places.
fn filling(relation: &Relation, archive: &str) -> String {
    let columns: Vec<String> = relation.columns.iter().map(|c| ident(&c.name)).collect();
    let read: Vec<String> = (0..columns.len()).map(|i| format!("{} AS c{i}", relation.read(i, Some("t")))).collect();
    let values: Vec<String> = (0..columns.len()).map(|i| format!("l.c{i}")).collect();
    format!(
        "DO $esclusa$ #variable_conflict use_variable\nDECLARE l record; place tid; BEGIN\n  \
         FOR l IN SELECT t.{number} AS number, {read} FROM {leaf} AS t{whole} ORDER BY t.{number} LOOP\n    \
         INSERT INTO {archive} AS r ({columns}) OVERRIDING SYSTEM VALUE VALUES ({values}) RETURNING r.ctid INTO place;\n    \
         INSERT INTO {kept} (at, number) VALUES (place, l.number);\n  END LOOP;\nEND $esclusa$;\n",
        number = relation.number(),
        read = read.join(", "),
        leaf = relation.rows(),
        whole = relation.wholeness("t").map_or_else(String::new, |whole| format!(" WHERE {whole}")),
        columns = columns.join(", "),
        values = values.join(", "),
        kept = place::table(relation),
    )
}

fn silencing(relation: &Relation, archive: &str) -> String {
    let table = literal(&relation.table);
    format!(
        "{}DELETE FROM {CONTROL}.silenced WHERE legacy_table = {table};
         INSERT INTO {CONTROL}.silenced (legacy_table, trigger_name, enabled)
           SELECT {table}, tgname, tgenabled FROM pg_trigger WHERE tgrelid = {}::regclass AND NOT tgisinternal AND tgenabled <> 'D';
         ALTER TABLE {archive} DISABLE TRIGGER USER;",
        unguarding(archive),
        literal(archive)
    )
}

/// The guard of the archive. The function behind the leaf's triggers writes it with the owner's rights, from a trigger: that much is known without calling
/// a function.
fn guarding(archive: &str, owner: &str) -> String {
    format!(
        "CREATE TRIGGER {GUARD} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {archive} FOR EACH STATEMENT \
         WHEN (pg_catalog.pg_trigger_depth() = 0 OR current_user <> {}) EXECUTE FUNCTION {}();\n",
        literal(owner),
        qualified(CONTROL, "refuse_archive"),
    )
}

/// Lets the archive be written by others than the triggers on the leaf.
pub(super) fn unguarding(archive: &str) -> String {
    format!("DROP TRIGGER IF EXISTS {GUARD} ON {archive};\n")
}

/// The SQL that enables the legacy table's own triggers again, as before the move, once it has its name.
pub(super) fn waking(relation: &Relation) -> String {
    let forget = format!("\nDELETE FROM {CONTROL}.silenced WHERE legacy_table = {};", literal(&relation.table));
    [unguarding(&relation.legacy_table()), as_they_fired(relation, &relation.legacy_table()), forget].concat()
}

/// The SQL that makes the triggers of a legacy table, wherever it is, fire as before the move.
pub(super) fn as_they_fired(relation: &Relation, legacy: &str) -> String {
    let table = literal(&relation.table);
    format!(
        "DO $esclusa$ DECLARE t record; BEGIN
           FOR t IN SELECT trigger_name, enabled FROM {CONTROL}.silenced AS s JOIN pg_catalog.pg_trigger AS g ON g.tgname = s.trigger_name
                    WHERE s.legacy_table = {table} AND g.tgrelid = {legacy}::pg_catalog.regclass LOOP
             EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE %s TRIGGER %I', {legacy},
               CASE t.enabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.trigger_name);
           END LOOP;
         END $esclusa$;",
        legacy = literal(legacy)
    )
}

/// Whether the archive receives every change: the triggers exist, and fire.
pub async fn is_kept(db: &Database, relation: &Relation) -> Result<bool> {
    if db.believed(&kept_up(relation)).is_some() {
        return Ok(true);
    }
    let sql = format!("SELECT EXISTS (SELECT FROM ({}) AS u WHERE legacy_table = $1 AND is_kept)", upkeep());
    Ok(db.one("looking at the archive's triggers", &sql, &[&relation.table]).await?.get(0))
}

/// Whether the archive is one that was ever kept up to date: that of a table that the first form moved was not.
pub(super) async fn was_kept(db: &Database, relation: &Relation) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT FROM {CONTROL}.archive WHERE legacy_table = $1)");
    Ok(db.one("looking for an archive", &sql, &[&relation.table]).await?.get(0))
}

/// A query for the moved tables whose archive is there: the table, and whether its archive receives every change, because the table of places (its
/// name is known where it is not cut) and the triggers exist, these always fire, their function is as it was recorded, and the heap is still the one whose places are known.
pub(super) fn upkeep() -> String {
    let at = |schema: &str| format!("to_regclass(format('%I.%I', {}, a.legacy_table))", literal(schema));
    format!(
        "SELECT a.legacy_table, NOT a.is_behind AND a.filenode = pg_relation_filenode({archive}) \
           AND (octet_length('{kept}' || a.legacy_table) > 63 OR to_regclass(format('%I.%I', '{CONTROL}', '{kept}' || a.legacy_table)) IS NOT NULL) \
           AND {count} = (SELECT count(*) FROM pg_trigger \
           WHERE tgrelid = {leaf} AND tgname = ANY ('{{{names}}}'::name[]) AND tgenabled = 'A') \
           AND NOT EXISTS (SELECT FROM {CONTROL}.object AS o JOIN pg_description AS d ON d.description = 'esclusa: keeps ' || a.legacy_table \
             JOIN pg_proc AS p ON p.oid = d.objoid AND d.classoid = 'pg_proc'::regclass WHERE o.legacy_table = a.legacy_table AND o.kind = 'function' \
             AND o.name = p.oid::regprocedure::text AND o.definition <> pg_get_functiondef(p.oid)) AS is_kept \
         FROM {CONTROL}.archive AS a WHERE {archive} IS NOT NULL AND {leaf} IS NOT NULL",
        archive = at(ARCHIVE),
        leaf = at(LEAVES),
        count = TRIGGERS.len(),
        names = TRIGGERS.join(","),
        kept = place::KEPT,
    )
}

fn function(relation: &Relation) -> String {
    qualified(CONTROL, &bounded(format!("keep_{}", relation.table)))
}

/// Removes the triggers from a leaf that stays.
pub(super) fn detaching(relation: &Relation) -> String {
    TRIGGERS.iter().map(|trigger| format!("DROP TRIGGER IF EXISTS {trigger} ON {};\n", relation.rows())).collect()
}

/// What is removed with the leaf; its triggers are gone with it.
pub(super) fn removal(relation: &Relation) -> String {
    format!(
        "DROP FUNCTION IF EXISTS {}();\n{}DELETE FROM {CONTROL}.object WHERE legacy_table = {} AND {};\n",
        function(relation),
        forgetting(relation),
        literal(&relation.table),
        object::UPKEEP
    )
}

/// Removes what is known about the places.
fn forgetting(relation: &Relation) -> String {
    let table = literal(&relation.table);
    format!("DROP TABLE IF EXISTS {};\nDELETE FROM {CONTROL}.archive WHERE legacy_table = {table};\n", place::table(relation))
}

fn body(relation: &Relation, archive: &str, filenode: u32, from: Places) -> String {
    let columns: Vec<String> = relation.columns.iter().map(|c| ident(&c.name)).collect();
    let values: Vec<String> = (0..columns.len()).map(|i| relation.read(i, Some("new"))).collect();
    let set: Vec<String> = columns.iter().zip(&values).map(|(column, value)| format!("{column} = {value}")).collect();
    let (kept, number) = (place::table(relation), relation.number());
    let by_number = match from {
        Places::Numbers(numbers) => numbers.place(&format!("old.{number}")),
        Places::Order | Places::Fill => "NULL".to_owned(),
    };
    // A snapshot that was taken before the archive was filled sees none of its rows and places, nor the table of places in the catalog.
    let unseen = match from {
        Places::Fill => format!(
            "IF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = to_regclass({})) THEN\n      \
             RAISE serialization_failure USING MESSAGE = 'could not serialize access due to concurrent update';\n    END IF;\n    ",
            literal(&kept)
        ),
        Places::Numbers(_) | Places::Order => String::new(),
    };
    // A legacy column may be named like a variable, so every column that a statement reads is qualified with its table.
    format!(
        "#variable_conflict use_variable\nDECLARE\n  place tid;\nBEGIN\n  \
         {is_another}\n  PERFORM FROM ONLY {archive} WHERE false;\n  {is_another}\n  \
         IF TG_OP = 'TRUNCATE' THEN\n    {unseen}DELETE FROM ONLY {archive};\n    DELETE FROM {kept};\n    RETURN NULL;\n  END IF;\n  \
         IF TG_OP <> 'INSERT' THEN\n    SELECT k.at INTO place FROM {kept} AS k WHERE k.number = old.{number};\n    \
         IF NOT FOUND THEN\n    {unseen}place := {by_number};\n    END IF;\n  END IF;\n  \
         IF TG_OP = 'DELETE' THEN\n    DELETE FROM ONLY {archive} AS r WHERE r.ctid = place;\n    \
         DELETE FROM {kept} AS k WHERE k.number = old.{number};\n    RETURN NULL;\n  END IF;\n  \
         {whole}IF TG_OP = 'UPDATE' AND place IS NOT NULL THEN\n    UPDATE ONLY {archive} AS r SET {set} WHERE r.ctid = place RETURNING r.ctid INTO place;\n  \
         ELSE\n    INSERT INTO {archive} AS r ({columns}) OVERRIDING SYSTEM VALUE VALUES ({values}) RETURNING r.ctid INTO place;\n  END IF;\n  \
         IF place IS NULL THEN RETURN NULL; END IF;\n  \
         INSERT INTO {kept} AS k (at, number) VALUES (place, new.{number}) ON CONFLICT (number) DO UPDATE SET at = excluded.at;\n  \
         RETURN NULL;\nEND",
        whole =
            relation.wholeness("new").map_or_else(String::new, |whole| format!("IF NOT ({whole}) THEN RETURN NULL; END IF;\n  ")),
        // Looked at again with a lock: somebody may have been about to rewrite the archive.
        is_another = format!(
            "IF pg_relation_filenode(to_regclass({})) IS DISTINCT FROM {filenode}::oid THEN RETURN NULL; END IF;",
            literal(archive)
        ),
        set = set.join(", "),
        columns = columns.join(", "),
        values = values.join(", "),
    )
}
