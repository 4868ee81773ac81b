//! The dump of an archived table, made by PostgreSQL's own programs, and the proof that it can be restored: it is restored into a scratch database,
//! and rows, columns, indexes and constraints are compared there. The dump and what it is compared with come from one snapshot.
//!
//! No password appears on a command line: the programs receive it in the environment (manual, section 34.15).

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
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
    /// What the table and its restored copy have in common.
    pub likeness: Likeness,
}

impl Dump {
    /// The dump that would be made: a rehearsal writes no file.
    pub fn of_a_rehearsal(table: &str, directory: &Path) -> Dump {
        let likeness = Likeness { rows: 0, sums: Default::default(), parts: String::new() };
        let file = directory.join(format!("{}-TIME.dump", file_name(table)));
        Dump { file, sha256: "its SHA-256".into(), bytes: 0, likeness }
    }
}

/// What two copies of a table must have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// Rows.
    pub rows: i64,
    /// Two sums over the rows as text.
    pub sums: [String; 2],
    /// Columns, indexes, and constraints except foreign keys, one per line.
    pub parts: String,
}

/// Where PostgreSQL's programs connect to.
#[derive(Debug, Clone)]
pub struct Server {
    url: Url,
    password: Option<String>,
}

impl Server {
    /// From a URL, and a password that is not in it.
    pub fn new(url: &Url, password: Option<String>) -> Self {
        Server { url: url.clone(), password }
    }

    /// Connects to the database itself.
    pub async fn connect(&self) -> Result<Database> {
        Database::connect(&self.url, self.password.as_deref()).await?.pinned().await
    }

    /// One of PostgreSQL's programs, with the connection parameters in its environment.
    fn program(&self, name: &str, database: Option<&str>) -> Result<Command> {
        let mut command = Command::new(name);
        command.envs(environment(&self.url, self.password.as_deref(), database)?);
        command.env("LC_ALL", "C");
        Ok(command)
    }
}

/// Runs a program to its end, and returns its output.
async fn run(context: &str, command: Command) -> Result<String> {
    run_reading(context, command, None).await
}

/// Runs a program that reads from its standard input, and returns its output.
async fn run_reading(context: &str, mut command: Command, input: Option<&str>) -> Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let failed = |e| Error::io(format!("{context}: starting {name}"), e);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().map_err(failed)?;
    if let (Some(mut to), Some(input)) = (child.stdin.take(), input) {
        // A program that ends before it has read everything reports the reason itself.
        let _ = to.write_all(input.as_bytes()).await;
    }
    let ended = child.wait_with_output().await.map_err(failed)?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    Err(Error::Refused {
        message: format!("{context}: {name} has failed"),
        detail: Some(String::from_utf8_lossy(&ended.stderr).trim().to_owned()),
        hint: None,
    })
}

/// Dumps an archived table into a directory, restores it, and compares. `scratch` is where dumps are restored; without it, a temporary database is
/// created on the same server, if the role may do that.
pub async fn take(server: &Server, scratch: Option<&Server>, table: &str, directory: &Path) -> Result<Dump> {
    let context = format!("dumping {table}");
    std::fs::create_dir_all(directory).map_err(|e| Error::io(format!("{context} into {}", directory.display()), e))?;
    let source = server.connect().await?;
    source.batch(&context, PINNED).await?;
    let now = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS\"Z\"')";
    let at: String = source.one(&context, now, &[]).await?.get(0);
    let name = file_name(table);
    let file = directory.join(format!("{name}-{at}.dump"));
    let new = directory.join(format!(".{name}-{at}{UNFINISHED}"));
    sweep(directory);
    let (likeness, needed) = source
        .transaction(&context, async |db| {
            db.batch(&context, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
            let snapshot: String = db.one(&context, "SELECT pg_export_snapshot()", &[]).await?.get(0);
            let needed = sequences(db, &context, table).await?;
            let mut command = server.program("pg_dump", None)?;
            command.args(["--format=custom", "--snapshot", &snapshot, "--file"]).arg(&new);
            for (schema, name) in std::iter::once(&(ARCHIVE.to_owned(), table.to_owned())).chain(&needed) {
                command.arg("--table").arg(pattern(schema, name));
            }
            run(&context, command).await?;
            Ok((like(db, &context, table).await?, needed))
        })
        .await
        .inspect_err(|_| drop(std::fs::remove_file(&new)))?;
    // pg_dump has synced the file's content; its name must be on disk too before the table is dropped.
    let named = std::fs::rename(&new, &file).and_then(|()| std::fs::File::open(directory)?.sync_all());
    named.map_err(|e| Error::io(format!("{context} into {}", file.display()), e))?;
    let (sha256, bytes) = digest(&file)?;
    let found = restored(server, scratch, table, &file, &needed).await;
    if !found.as_ref().is_ok_and(|found| *found == likeness) {
        // Nobody may take it for a good one.
        let unproven = file.with_extension("dump.unproven");
        std::fs::rename(&file, &unproven).map_err(|e| Error::io(format!("{context}: renaming {}", file.display()), e))?;
        return Err(Error::Refused {
            message: format!("{context}: what was restored differs, and nothing is dropped"),
            detail: Some(difference(&likeness, &found?)),
            hint: Some(format!("the dump is {}", unproven.display())),
        });
    }
    Ok(Dump { file, sha256, bytes, likeness })
}

/// The file name suffix of an unfinished dump.
const UNFINISHED: &str = ".dump.new";
/// An unfinished dump that was not written to for so long belongs to a process that was killed.
const ABANDONED: std::time::Duration = std::time::Duration::from_secs(3600);

/// Removes the unfinished dumps of killed processes. Another database may use the same directory and be writing its dumps now.
fn sweep(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_unfinished = entry.file_name().to_string_lossy().ends_with(UNFINISHED);
        let written = entry.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_unfinished && written.is_some_and(|since| since > ABANDONED) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The statements that create the extended statistics of an archived table again: `pg_dump --table` leaves them out.
pub async fn statistics(db: &Database, table: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT pg_get_statisticsobjdef(pg_statistic_ext.oid) || CASE WHEN stxstattarget < 0 THEN '' \
           ELSE format('; ALTER STATISTICS %s.%I SET STATISTICS %s', stxnamespace::regnamespace, stxname, stxstattarget) END \
           || format('; ALTER STATISTICS %s.%I OWNER TO %I', stxnamespace::regnamespace, stxname, pg_get_userbyid(relowner)) \
         FROM pg_statistic_ext JOIN pg_class ON pg_class.oid = stxrelid WHERE stxrelid = {}::regclass ORDER BY stxname",
        literal(&qualified(ARCHIVE, table))
    );
    Ok(db.text("reading extended statistics", &sql).await?.into_iter().flatten().flatten().collect())
}

/// A table's name as part of a file name: characters with a meaning in paths are written as in a URL.
fn file_name(table: &str) -> String {
    let part = |c: char| if matches!(c, '/' | '%') || c.is_control() { format!("%{:02X}", u32::from(c)) } else { c.to_string() };
    table.chars().map(part).collect()
}

/// A name for `--table`, quoted so that it is not read as a pattern.
fn pattern(schema: &str, table: &str) -> String {
    let quoted = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    format!("{}.{}", quoted(schema), quoted(table))
}

/// Checks that a dump of the table can be made and restored here, before anything that takes long.
pub async fn ready(source: &Database, scratch: Option<&Server>, table: &str) -> Result<()> {
    let context = format!("dumping {table}");
    for name in ["pg_dump", "pg_restore"] {
        let mut command = Command::new(name);
        command.arg("--version");
        run(&context, command).await.map_err(|error| Error::Refused {
            message: format!("{context}: {name} cannot be run"),
            detail: Some(error.to_string()),
            hint: Some("install the client programs of the server's version or newer (Debian: postgresql-client)".into()),
        })?;
    }
    if scratch.is_some() {
        return Ok(());
    }
    let may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user";
    if !source.one(&context, may, &[]).await?.get::<_, bool>(0) {
        return Err(Error::Refused {
            message: format!("{context}: there is no database to restore it into"),
            detail: Some("this role may not create one".into()),
            hint: Some(
                "set migrate.restore_url to a scratch database on any server, or let a superuser run `ALTER ROLE ... CREATEDB`"
                    .into(),
            ),
        });
    }
    match foreign(source, &context, table).await? {
        needed if needed.is_empty() => Ok(()),
        needed => Err(Error::Refused {
            message: format!("{context}: its dump cannot be restored into an empty database"),
            detail: Some(format!("it needs {}", needed.join(", "))),
            hint: Some("set migrate.restore_url to a scratch database that has them".into()),
        }),
    }
}

/// Types, functions, collations and similar objects that the table needs and a new database lacks. Objects that come with the server have smaller
/// OIDs (manual, section 74.2.2: FirstNormalObjectId).
async fn foreign(db: &Database, context: &str, table: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend AS d, (SELECT {}::regclass::oid) AS t(oid) \
         WHERE d.refobjid >= 16384 AND d.refclassid IN (SELECT unnest(ARRAY['pg_type', 'pg_proc', 'pg_collation', 'pg_opclass', 'pg_operator', \
             'pg_ts_config', 'pg_ts_dict'])::regclass) \
           AND ((d.classid = 'pg_class'::regclass AND (d.objid = t.oid OR d.objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = t.oid))) \
             OR (d.classid = 'pg_attrdef'::regclass AND d.objid IN (SELECT oid FROM pg_attrdef WHERE adrelid = t.oid)) \
             OR (d.classid = 'pg_constraint'::regclass AND d.objid IN (SELECT oid FROM pg_constraint WHERE conrelid = t.oid AND contype <> 'f'))) \
         ORDER BY 1",
        literal(&qualified(ARCHIVE, table))
    );
    Ok(db.text(context, &sql).await?.into_iter().flatten().flatten().collect())
}

/// Sequences that the table's defaults draw from: without them the table cannot be created.
async fn sequences(db: &Database, context: &str, table: &str) -> Result<Vec<(String, String)>> {
    let sql = format!(
        "SELECT DISTINCT n.nspname::text, c.relname::text FROM pg_attrdef AS a JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass \
           AND d.objid = a.oid AND d.refclassid = 'pg_class'::regclass JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'S' \
         JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE a.adrelid = {}::regclass ORDER BY 1, 2",
        literal(&qualified(ARCHIVE, table))
    );
    Ok(db.query(context, &sql, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The content and structure of a table.
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

/// One line of a dump's list: the kind and the schema of what it creates. The name may contain any characters.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'l> {
    kind: &'l str,
    schema: &'l str,
}

impl<'l> Entry<'l> {
    /// `215; 1259 16401 TABLE mig_old hisx owner`: a kind consists of words in capitals, and none of our schemas does.
    fn of(line: &'l str) -> Option<Self> {
        let (_, rest) = line.split_once("; ")?;
        let text = rest.splitn(3, ' ').nth(2)?;
        let length = text
            .split(' ')
            .take_while(|word| word.bytes().all(|b| b.is_ascii_uppercase()))
            .map(|word| word.len() + 1)
            .sum::<usize>();
        let kind = text.get(..length.checked_sub(1)?)?;
        Some(Entry { kind, schema: text.get(length..)?.split(' ').next()? })
    }
}

/// The wanted entries of a dump, in the form of `pg_restore --use-list`.
async fn entries(file: &Path, keep: &dyn Fn(&Entry<'_>) -> bool) -> Result<String> {
    let mut command = Command::new("pg_restore");
    command.arg("--list").arg(file);
    let list = run("reading a dump", command).await?;
    let is_kept = |line: &&str| !line.starts_with(';') && Entry::of(line).is_some_and(|entry| keep(&entry));
    Ok(list.lines().filter(is_kept).map(|line| format!("{line}\n")).collect())
}

/// `pg_restore` has no option for its standard input, and a file beside the dump might overwrite another, or find no space.
const LIST: &str = "/dev/stdin";

/// Restores a dump into the scratch database, and returns what the table is like there. The scratch database is left as it was.
async fn restored(
    server: &Server,
    scratch: Option<&Server>,
    table: &str,
    file: &Path,
    needed: &[(String, String)],
) -> Result<Likeness> {
    let context = format!("restoring the dump of {table}");
    if let Some(scratch) = scratch {
        return restored_into(scratch, None, table, file, needed, &context).await;
    }
    let admin = server.connect().await?;
    clear(&admin, &context).await?;
    let pid: i32 = admin.one(&context, "SELECT pg_backend_pid()", &[]).await?.get(0);
    let name = format!("esclusa_restore_{pid}");
    let create = format!("CREATE DATABASE {} TEMPLATE template0", ident(&name));
    admin.batch(&context, &create).await?;
    let found = restored_into(server, Some(&name), table, file, needed, &context).await;
    let gone = admin.batch(&context, &format!("DROP DATABASE {} WITH (FORCE)", ident(&name))).await;
    found.and_then(|found| gone.map(|()| found))
}

/// Drops the scratch databases of killed processes: each is named after the session that made it.
async fn clear(admin: &Database, context: &str) -> Result<()> {
    let sql = "SELECT format('DROP DATABASE %I', datname) FROM pg_database AS d, \
                 LATERAL (SELECT substring(datname FROM '^esclusa_restore_([0-9]+)$')::int AS pid) AS made \
               WHERE pid IS NOT NULL AND pg_get_userbyid(datdba) = current_user \
                 AND (pid = pg_backend_pid() OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = made.pid OR a.datname = d.datname))";
    for gone in admin.text(context, sql).await?.into_iter().flatten().flatten() {
        // Another process may do the same at this moment; what remains is dropped the next time.
        let _ = admin.batch(context, &gone).await;
    }
    Ok(())
}

async fn restored_into(
    server: &Server,
    database: Option<&str>,
    table: &str,
    file: &Path,
    needed: &[(String, String)],
    context: &str,
) -> Result<Likeness> {
    let mut url = server.clone();
    if let Some(name) = database {
        url.url = in_database(&server.url, name)?;
    }
    let db = url.connect().await?;
    db.batch(context, PINNED).await?;
    let of_sequences = needed.iter().map(|(schema, _)| schema.as_str());
    let mut schemas: Vec<&str> = std::iter::once(ARCHIVE).chain(of_sequences).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let there = format!("SELECT to_regclass({}) IS NOT NULL", literal(&qualified(ARCHIVE, table)));
    if db.one(context, &there, &[]).await?.get(0) {
        return Err(Error::Refused {
            message: format!("{context}: the scratch database has {} already", qualified(ARCHIVE, table)),
            detail: None,
            hint: Some("migrate.restore_url must name a database that is used for nothing else".into()),
        });
    }
    for schema in &schemas {
        db.batch(context, &format!("CREATE SCHEMA IF NOT EXISTS {}", ident(schema))).await?;
    }
    // Objects that need other tables, or run code, say nothing about the rows.
    let others = ["FK CONSTRAINT", "TRIGGER", "POLICY", "ROW SECURITY", "RULE"];
    let list = entries(file, &|entry| !others.contains(&entry.kind)).await?;
    let mut command = url.program("pg_restore", database)?;
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--use-list", LIST]);
    // `-d` is what makes it connect; the rest of the connection is in its environment.
    command.arg("--dbname").arg(database.map_or_else(|| database_name(&url.url).unwrap_or_default(), str::to_owned));
    command.arg(file);
    run_reading(context, command, Some(&list)).await?;
    let found = like(&db, context, table).await;
    let mut drops = vec![format!("DROP TABLE {}", qualified(ARCHIVE, table))];
    drops.extend(needed.iter().map(|(schema, name)| format!("DROP SEQUENCE {}", qualified(schema, name))));
    db.batch(context, &drops.join("; ")).await?;
    found
}

/// The URL of another database on the same server.
fn in_database(url: &Url, name: &str) -> Result<Url> {
    let text = url.secret();
    // In a list of settings, the last one of a name counts; in a URL, the database is the path.
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
    // Reading a device or pipe might never end, and a directory has no bytes.
    if !std::fs::metadata(file).map_err(failed)?.is_file() {
        return Err(Error::refused(format!("{} is not a file", file.display())));
    }
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

/// The SQL of a dump that creates a table: the part before its rows, and the part after them. Its sequences still exist.
pub async fn script(file: &Path, table: &str) -> Result<[String; 2]> {
    let mut parts = Vec::with_capacity(2);
    let list = entries(file, &|entry| entry.schema == ARCHIVE && !entry.kind.starts_with("SEQUENCE")).await?;
    for section in ["pre-data", "post-data"] {
        let mut command = Command::new("pg_restore");
        command.args(["--section", section, "--use-list", LIST, "--file", "-"]).arg(file);
        parts.push(sql_of(&run_reading(&format!("reading the dump of {table}"), command, Some(&list)).await?));
    }
    let behind = parts.pop().unwrap_or_default();
    Ok([parts.pop().unwrap_or_default(), behind])
}

/// A script without the two psql commands (`\restrict`) that newer programs put around it. Their key cannot be guessed, so a line of a literal that
/// begins alike is not mistaken for them.
fn sql_of(script: &str) -> String {
    let Some(key) = script.lines().find_map(|line| line.strip_prefix("\\restrict ")) else { return script.to_owned() };
    let ours = [format!("\\restrict {key}"), format!("\\unrestrict {key}")];
    script.lines().filter(|line| !ours.iter().any(|own| own == line)).map(|line| format!("{line}\n")).collect()
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
        assert_eq!(pattern("mig_old", "hisx"), "\"mig_old\".\"hisx\"");
        assert_eq!(pattern("a.b", "His \"x\""), "\"a.b\".\"His \"\"x\"\"\"");
        assert_eq!(file_name("../a%b"), "..%2Fa%25b");
    }

    #[test]
    fn an_entry_is_read_by_its_place_and_not_by_what_is_named_like_it() {
        let of = |line| Entry::of(line).map(|e| (e.kind, e.schema));
        assert_eq!(of("3347; 2606 16400 FK CONSTRAINT mig_old hisx hisx_fk ana"), Some(("FK CONSTRAINT", "mig_old")));
        assert_eq!(of("215; 1259 16401 TABLE mig_old his TRIGGER x ana"), Some(("TABLE", "mig_old")));
        assert_eq!(of("7; 0 0 COMMENT mig_old TABLE hisx ana"), Some(("COMMENT", "mig_old")));
        assert_eq!(of("9; 1259 5 SEQUENCE cf_quere_pro mig_old x ana"), Some(("SEQUENCE", "cf_quere_pro")));
        assert_eq!(of("9; 0 0 ENCODING - ENCODING "), Some(("ENCODING", "-")));
        assert_eq!(of("; a remark"), None);
    }

    #[test]
    fn a_literal_keeps_its_lines() {
        let script = "\\restrict k1\nCOMMENT ON TABLE t IS 'a\n\\unrestrict k\n\\b';\n\\unrestrict k1\n";
        assert_eq!(sql_of(script), "COMMENT ON TABLE t IS 'a\n\\unrestrict k\n\\b';\n");
        assert_eq!(sql_of("SELECT 1;\n"), "SELECT 1;\n");
    }
}
