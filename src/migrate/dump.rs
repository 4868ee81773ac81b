//! The dump of an archived table, by PostgreSQL's own programs, and the proof that it can be restored: it is restored into a scratch
//! database and compared there, rows, columns, indexes and constraints. The dump and what it is compared with are of one snapshot.
//!
//! No password stands on a command line: the programs get it by the environment (manual, section 34.15).

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::catalog::Database;
use crate::catalog::database::{database_name, environment};
use crate::config::Url;
use crate::error::{Error, Result};
use crate::sql::quote::{ident, literal, qualified};

use super::{ARCHIVE, PINNED};

/// A dump that was restored and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// The file.
    pub file: PathBuf,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// What the table and its restored copy are like.
    pub likeness: Likeness,
}

/// What two copies of a table must have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// Rows.
    pub rows: i64,
    /// Two sums over the rows as text.
    pub sums: [String; 2],
    /// Columns, indexes, and constraints but for foreign keys, one a line.
    pub parts: String,
}

/// Where PostgreSQL's programs connect to.
#[derive(Debug, Clone)]
pub struct Server {
    url: Url,
    password: Option<String>,
}

impl Server {
    /// Of a URL, and of a password that is not in it.
    pub fn new(url: &Url, password: Option<String>) -> Self {
        Server { url: url.clone(), password }
    }

    /// The database itself.
    pub async fn connect(&self) -> Result<Database> {
        Database::connect(&self.url, self.password.as_deref()).await?.pinned().await
    }

    /// One of PostgreSQL's programs, with the connection in its environment.
    fn program(&self, name: &str, database: Option<&str>) -> Result<Command> {
        let mut command = Command::new(name);
        command.envs(environment(&self.url, self.password.as_deref(), database)?);
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok(command)
    }
}

/// Runs a program to its end; what it prints.
async fn run(context: &str, mut command: Command) -> Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let ended = command.output().await.map_err(|e| Error::io(format!("{context}: starting {name}"), e))?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    Err(Error::Refused {
        message: format!("{context}: {name} has failed"),
        detail: Some(String::from_utf8_lossy(&ended.stderr).trim().to_owned()),
        hint: None,
    })
}

/// Dumps an archived table into a directory, restores it, and compares. `scratch` is where dumps are restored; without one a database is made
/// for it on the same server, where the role may do that, and goes with its end.
pub async fn take(server: &Server, scratch: Option<&Server>, table: &str, directory: &Path) -> Result<Dump> {
    let context = format!("dumping {table}");
    std::fs::create_dir_all(directory).map_err(|e| Error::io(format!("{context} into {}", directory.display()), e))?;
    let source = server.connect().await?;
    source.batch(&context, PINNED).await?;
    let now = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS\"Z\"')";
    let at: String = source.one(&context, now, &[]).await?.get(0);
    let file = directory.join(format!("{table}-{at}.dump"));
    let new = directory.join(format!(".{table}-{at}.dump.new"));
    let (likeness, needed) = source
        .transaction(&context, async |db| {
            db.batch(&context, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
            let snapshot: String = db.one(&context, "SELECT pg_export_snapshot()", &[]).await?.get(0);
            let needed = sequences(db, &context, table).await?;
            let mut command = server.program("pg_dump", None)?;
            command.args(["--format=custom", "--snapshot", &snapshot, "--file"]).arg(&new);
            for name in std::iter::once(&qualified(ARCHIVE, table)).chain(&needed) {
                command.arg("--table").arg(pattern(name));
            }
            run(&context, command).await?;
            Ok((like(db, &context, table).await?, needed))
        })
        .await
        .inspect_err(|_| drop(std::fs::remove_file(&new)))?;
    std::fs::rename(&new, &file).map_err(|e| Error::io(format!("{context} into {}", file.display()), e))?;
    let (sha256, bytes) = digest(&file)?;
    let found = restored(server, scratch, table, &file, &needed).await?;
    if found != likeness {
        return Err(Error::Refused {
            message: format!("{context}: what was restored differs, and nothing is dropped"),
            detail: Some(difference(&likeness, &found)),
            hint: Some(format!("the dump is {}", file.display())),
        });
    }
    Ok(Dump { file, sha256, bytes, likeness })
}

/// A name as `--table` takes it: quoted, it is no pattern.
fn pattern(name: &str) -> String {
    let (schema, table) = name.split_once('.').unwrap_or(("", name));
    let quoted = |part: &str| if part.starts_with('"') { part.to_owned() } else { format!("\"{part}\"") };
    format!("{}.{}", quoted(schema), quoted(table))
}

/// Sequences that the table's defaults draw from: without them it cannot be made.
async fn sequences(db: &Database, context: &str, table: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT format('%I.%I', n.nspname, c.relname) FROM pg_attrdef AS a JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass \
           AND d.objid = a.oid AND d.refclassid = 'pg_class'::regclass JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'S' \
         JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE a.adrelid = {}::regclass ORDER BY 1",
        literal(&qualified(ARCHIVE, table))
    );
    Ok(db.text(context, &sql).await?.into_iter().flatten().flatten().collect())
}

/// What a table is like.
async fn like(db: &Database, context: &str, table: &str) -> Result<Likeness> {
    let name = qualified(ARCHIVE, table);
    let sums = format!(
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text, coalesce(sum(hashtextextended(t::text, 1)::numeric), 0)::text \
         FROM ONLY {name} AS t"
    );
    let row = db.one(context, &sums, &[]).await?;
    let parts = format!(
        "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM ( \
           SELECT format('column %s %s %s%s', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated) AS line FROM pg_attribute \
           WHERE attrelid = {0}::regclass AND attnum > 0 AND NOT attisdropped \
           UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = {0}::regclass \
           UNION ALL SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = {0}::regclass AND contype <> 'f') AS p",
        literal(&name)
    );
    let parts = db.one(context, &parts, &[]).await?.get(0);
    Ok(Likeness { rows: row.get(0), sums: [row.get(1), row.get(2)], parts })
}

fn difference(one: &Likeness, other: &Likeness) -> String {
    if one.rows != other.rows {
        return format!("{} rows, and {} after it was restored", one.rows, other.rows);
    }
    if one.sums != other.sums {
        return format!("{} rows on both sides, and their sums differ", one.rows);
    }
    let missing: Vec<&str> = one.parts.lines().filter(|line| !other.parts.lines().any(|l| l == *line)).collect();
    format!("not restored: {}", missing.join("; "))
}

/// The entries of a dump that make the table, or its data, and nothing that needs other tables. `section` as `pg_restore` has it.
async fn entries(file: &Path, keep: &dyn Fn(&str) -> bool) -> Result<String> {
    let mut command = Command::new("pg_restore");
    command.arg("--list").arg(file).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let list = run("reading a dump", command).await?;
    Ok(list.lines().filter(|line| !line.starts_with(';') && keep(line)).map(|line| format!("{line}\n")).collect())
}

/// Restores a dump into the scratch database; what the table is like there. The scratch database is as it was afterwards.
async fn restored(server: &Server, scratch: Option<&Server>, table: &str, file: &Path, needed: &[String]) -> Result<Likeness> {
    let context = format!("restoring the dump of {table}");
    if let Some(scratch) = scratch {
        return restored_into(scratch, None, table, file, needed, &context).await;
    }
    let admin = server.connect().await?;
    clear(&admin, &context).await?;
    let pid: i32 = admin.one(&context, "SELECT pg_backend_pid()", &[]).await?.get(0);
    let name = format!("esclusa_restore_{pid}");
    let create = format!("CREATE DATABASE {} TEMPLATE template0", ident(&name));
    if let Err(error) = admin.batch(&context, &create).await {
        return Err(match error {
            Error::Database { sqlstate, .. } if sqlstate == "42501" => Error::Refused {
                message: format!("{context}: there is no database to restore it into"),
                detail: Some("this role may not create one".into()),
                hint: Some(
                    "set migrate.restore_url to a scratch database on any server, or let a superuser run `ALTER ROLE ... CREATEDB`".into(),
                ),
            },
            error => error,
        });
    }
    let found = restored_into(server, Some(&name), table, file, needed, &context).await;
    let gone = admin.batch(&context, &format!("DROP DATABASE {} WITH (FORCE)", ident(&name))).await;
    found.and_then(|found| gone.map(|()| found))
}

/// Takes away scratch databases of processes that were killed: each has the number of the session that made it.
async fn clear(admin: &Database, context: &str) -> Result<()> {
    let sql = "SELECT format('DROP DATABASE %I', datname) FROM pg_database AS d, \
                 LATERAL (SELECT substring(datname FROM '^esclusa_restore_([0-9]+)$')::int AS pid) AS made \
               WHERE pid IS NOT NULL AND pg_get_userbyid(datdba) = current_user \
                 AND (pid = pg_backend_pid() OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = made.pid OR a.datname = d.datname))";
    for gone in admin.text(context, sql).await?.into_iter().flatten().flatten() {
        // Another process may do the same at this moment; what stays is taken by the next one.
        let _ = admin.batch(context, &gone).await;
    }
    Ok(())
}

async fn restored_into(
    server: &Server,
    database: Option<&str>,
    table: &str,
    file: &Path,
    needed: &[String],
    context: &str,
) -> Result<Likeness> {
    let mut url = server.clone();
    if let Some(name) = database {
        url.url = in_database(&server.url, name)?;
    }
    let db = url.connect().await?;
    db.batch(context, PINNED).await?;
    let of_sequences = needed.iter().filter_map(|name| name.split_once('.')).map(|(schema, _)| schema.trim_matches('"'));
    let mut schemas: Vec<&str> = std::iter::once(ARCHIVE).chain(of_sequences).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let there = format!("SELECT to_regclass({}) IS NOT NULL", literal(&qualified(ARCHIVE, table)));
    if db.one(context, &there, &[]).await?.get(0) {
        return Err(Error::Refused {
            message: format!("{context}: the scratch database has {} already", qualified(ARCHIVE, table)),
            detail: None,
            hint: Some("migrate.restore_url must lead to a database that nobody needs".into()),
        });
    }
    for schema in &schemas {
        db.batch(context, &format!("CREATE SCHEMA IF NOT EXISTS {}", ident(schema))).await?;
    }
    // What needs other tables, or runs code, says nothing about the rows.
    let list = entries(file, &|line| {
        !["FK CONSTRAINT", " TRIGGER ", " POLICY ", "ROW SECURITY", " RULE "].iter().any(|w| line.contains(w))
    });
    let listed = tempfile_of(file, &list.await?)?;
    let mut command = url.program("pg_restore", database)?;
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--use-list"]).arg(&listed);
    // With -d alone it connects; the rest is in its environment.
    command.arg("--dbname").arg(database.map_or_else(|| database_name(&url.url).unwrap_or_default(), str::to_owned));
    command.arg(file);
    let ran = run(context, command).await;
    drop(std::fs::remove_file(&listed));
    ran?;
    let found = like(&db, context, table).await;
    let mut drops = vec![format!("DROP TABLE {}", qualified(ARCHIVE, table))];
    drops.extend(needed.iter().map(|sequence| format!("DROP SEQUENCE {sequence}")));
    db.batch(context, &drops.join("; ")).await?;
    found
}

/// A file beside the dump, with the entries to restore.
fn tempfile_of(file: &Path, list: &str) -> Result<PathBuf> {
    let path = file.with_extension("list");
    std::fs::write(&path, list).map_err(|e| Error::io(format!("writing {}", path.display()), e))?;
    Ok(path)
}

/// The same server's other database.
fn in_database(url: &Url, name: &str) -> Result<Url> {
    let text = url.secret();
    // In a list of settings the last one of a name holds; in a URL the database is its path.
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(Url::new(format!("{text} dbname={name}"))) };
    let (before, query) = rest.split_once('?').map_or((rest, None), |(b, q)| (b, Some(q)));
    let authority = before.split_once('/').map_or(before, |(authority, _)| authority);
    let query = query.map_or_else(String::new, |q| format!("?{q}"));
    Ok(Url::new(format!("{scheme}://{authority}/{name}{query}")))
}

/// SHA-256 and size of a file.
pub fn digest(file: &Path) -> Result<(String, u64)> {
    use std::io::Read as _;
    let failed = |e| Error::io(format!("reading {}", file.display()), e);
    let mut open = std::fs::File::open(file).map_err(failed)?;
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        match open.read(&mut buffer).map_err(failed)? {
            0 => break,
            n => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
    Ok((hasher.finalize().iter().map(|b| format!("{b:02x}")).collect(), bytes))
}

/// The SQL of a dump that makes a table anew: what comes before its rows, and what comes behind them. Its sequences are there still.
pub async fn script(file: &Path, table: &str) -> Result<[String; 2]> {
    let mut parts = Vec::with_capacity(2);
    for section in ["pre-data", "post-data"] {
        let name = format!(" {ARCHIVE} ");
        let list = entries(file, &|line| line.contains(&name) && !line.contains(" SEQUENCE ")).await?;
        let listed = tempfile_of(file, &list)?;
        let mut command = Command::new("pg_restore");
        command.arg("--section").arg(section).arg("--use-list").arg(&listed).args(["--file", "-"]).arg(file);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ran = run(&format!("reading the dump of {table}"), command).await;
        drop(std::fs::remove_file(&listed));
        // psql's own commands are not SQL.
        parts.push(ran?.lines().filter(|line| !line.starts_with('\\')).map(|line| format!("{line}\n")).collect::<String>());
    }
    let behind = parts.pop().unwrap_or_default();
    Ok([parts.pop().unwrap_or_default(), behind])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        let of = |url: &str| in_database(&Url::new(url), "x").unwrap().secret().to_owned();
        assert_eq!(of("postgres://u:p@h:5433/aqua?sslmode=disable"), "postgres://u:p@h:5433/x?sslmode=disable");
        assert_eq!(of("postgres://u@h"), "postgres://u@h/x");
        assert_eq!(of("host=h dbname=aqua"), "host=h dbname=aqua dbname=x");
        assert_eq!(pattern("mig_old.hisx"), "\"mig_old\".\"hisx\"");
        assert_eq!(pattern("mig_old.\"His x\""), "\"mig_old\".\"His x\"");
    }
}
