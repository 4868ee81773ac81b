//! An archive that has missed changes is filled again from its leaf. It misses them when it was rewritten (VACUUM FULL, CLUSTER, ALTER TABLE ...
//! SET LOGGED, pg_restore), because every place then belongs to another row, and when the leaf's triggers were gone or disabled. Until it is
//! filled, the table can neither come back nor be dropped; nobody else notices.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::{CONTROL, Context, LEAVES, Relation};
use crate::rule::RuleSet;
use crate::sql::quote::{literal, qualified};
use crate::table::Cell;

use super::keep::{self, Places};
use super::parity::{self, CheckResult};
use super::quiet::{Locked, Pace, attempt};
use super::{ARCHIVE, object};

/// The moved tables whose archive has missed changes, or may have.
async fn behind(db: &Database) -> Result<Vec<String>> {
    let there = format!("SELECT to_regclass('{CONTROL}.archive') IS NOT NULL");
    if !db.one("looking for archives", &there, &[]).await?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT legacy_table FROM ({}) AS u WHERE NOT is_kept ORDER BY 1", keep::upkeep());
    Ok(db.text("looking for archives that have missed changes", &sql).await?.into_iter().flatten().flatten().collect())
}

/// Rows of `schema check`.
pub async fn check(db: &Database) -> Result<Vec<Vec<Cell>>> {
    let row = |table: String| {
        let finding = "was rewritten, or the leaf's triggers were off: it has missed changes";
        [name(&table).as_str(), finding, "every change since the move", ""].map(Cell::from).to_vec()
    };
    Ok(behind(db).await?.into_iter().map(row).collect())
}

/// Marks those archives, so that they are filled although their triggers are made again or enabled first; and the archives of `named` tables,
/// whose leaf somebody knows to be right.
pub async fn mark(db: &Database, named: &[String]) -> Result<()> {
    let mut behind = behind(db).await?;
    for table in named {
        // Somebody may have deleted its row in the list of archives.
        let list = format!(
            "INSERT INTO {CONTROL}.archive (legacy_table, filenode, is_behind) \
             SELECT $1, pg_relation_filenode(to_regclass($2)), true WHERE to_regclass($2) IS NOT NULL AND to_regclass($3) IS NOT NULL \
             ON CONFLICT DO NOTHING"
        );
        let (archive, leaf) = (qualified(ARCHIVE, table), qualified(LEAVES, table));
        db.execute("listing an archive", &list, &[table, &archive, &leaf]).await?;
        let sql = format!("SELECT EXISTS (SELECT FROM ({}) AS u WHERE legacy_table = $1)", keep::upkeep());
        if !db.one("looking for an archive", &sql, &[table]).await?.get::<_, bool>(0) {
            return Err(Error::refused(format!(
                "{table} has no archive that could be filled: it has not been moved, or was dropped"
            )));
        }
        behind.push(table.clone());
    }
    for table in behind {
        let sql = format!("UPDATE {CONTROL}.archive SET is_behind = true WHERE legacy_table = {}", literal(&table));
        db.batch("marking an archive that is to be filled", &sql).await?;
    }
    Ok(())
}

/// Fills those archives. Writers of a table wait meanwhile, at most for the time that `migrate.hold` allows; readers do not. Rows of
/// `schema apply`.
pub async fn mend(db: &Database, context: &Context, rules: &RuleSet, pace: &Pace) -> Result<Vec<Vec<Cell>>> {
    let mut done = Vec::new();
    for table in behind(db).await? {
        let state = match rules.rules.get(&table) {
            Some(rule) => match fill(db, &Relation::compile(rule, context), pace).await {
                Ok(()) => "mended: filled from the leaf".to_owned(),
                Err(error) => {
                    let why: Vec<String> = std::iter::once(error.to_string()).chain(error.more()).collect();
                    format!("{}it has missed changes: {}", object::LEFT, why.join("; "))
                }
            },
            None => format!("{}it has missed changes, and no rule says what its rows are", object::LEFT),
        };
        done.push(vec![name(&table).into(), state.into()]);
    }
    Ok(done)
}

fn name(table: &str) -> String {
    format!("archive {}", qualified(ARCHIVE, table))
}

async fn fill(db: &Database, relation: &Relation, pace: &Pace) -> Result<()> {
    let context = format!("filling the archive of {} again", relation.table);
    let (leaf, archive) = (relation.rows(), qualified(ARCHIVE, &relation.table));
    let work = async |db: &Database, locked: &Locked| {
        locked.begins();
        let emptied = format!(
            "LOCK TABLE {leaf} IN SHARE ROW EXCLUSIVE MODE;\nLOCK TABLE {archive} IN ACCESS EXCLUSIVE MODE;\n{}TRUNCATE {archive};\n{}",
            keep::unguarding(&archive),
            // They are silenced again below, and are recorded there as they would fire.
            keep::as_they_fired(relation, &archive)
        );
        db.batch(&context, &emptied).await?;
        keep::attach(db, relation, Places::Fill).await?;
        object::record_upkeep(db, &relation.schema, &relation.table).await?;
        // Somebody may have changed its columns.
        let parity = parity::kept(db, relation, &archive).await?;
        let differs = |check: &&CheckResult| !check.passed && ["shape", "count", "checksum"].contains(&check.check);
        match parity.verdicts.iter().find(differs) {
            None => Ok(()),
            Some(check) => Err(Error::refused(format!("{context}: it still differs: {}: {}", check.check, check.detail))),
        }
    };
    attempt(db, pace, &context, std::slice::from_ref(&leaf), &|_| {}, work).await
}
