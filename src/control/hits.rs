//! Writes batches of hits into schema `esclusa`, each exactly once: one transaction adds the batch and advances the recorder's
//! number. After a COMMIT whose answer was lost, that number tells whether it happened.

use crate::catalog::Database;
use crate::catalog::database::{Param, Params};
use crate::error::{Error, Result};
use crate::traffic::batch::{Batch, Count, Detail, DetailKey, TotalKey};

/// The recorder of a batch.
#[derive(Debug, Clone, Copy)]
pub struct HitRecorder<'r> {
    /// Its UUID.
    pub recorder: &'r str,
    /// Its process, for people: host and process number.
    pub instance: &'r str,
}

/// How long a transaction that writes hits waits for a lock, or for its client.
const GIVES_UP: &str = "10s";

/// Whether `schema apply` has made the tables.
pub async fn has_tables(database: &Database) -> Result<bool> {
    let sql = "SELECT to_regclass('esclusa.recorder') IS NOT NULL AND to_regclass('esclusa.statement_pair') IS NOT NULL
               AND to_regclass('esclusa.around') IS NOT NULL AND to_regclass('esclusa.hit_trend') IS NOT NULL";
    Ok(database.one("looking for the tables of hits", sql, &[]).await?.get(0))
}

/// Adds a batch, unless the database has it. Returns the number of the last span that the database then has; the caller has to cut
/// a batch that includes it in the middle.
pub async fn write(database: &Database, by: HitRecorder<'_>, batch: &Batch) -> Result<u64> {
    let added = add(database, by, batch).await;
    if !is_of_data(&added) {
        return added;
    }
    // A client's text that the database's encoding cannot hold must not block everything after it.
    let mut plain = batch.clone().ascii();
    let added = add(database, by, &plain).await;
    if !is_of_data(&added) {
        return added;
    }
    plain.fold();
    add(database, by, &plain).await
}

/// Whether the database refuses the data itself, and would again (PostgreSQL manual, appendix A).
fn is_of_data(added: &Result<u64>) -> bool {
    matches!(added, Err(Error::Database { sqlstate, .. }) if ["22", "23", "54"].iter().any(|class| sqlstate.starts_with(class)))
}

async fn add(database: &Database, by: HitRecorder<'_>, batch: &Batch) -> Result<u64> {
    database
        .transaction("writing hits", async |db| {
            // What is confirmed here is deleted from the spool, so it has to survive a crash of the server whatever its settings
            // are. The time limits are shorter than the caller's: a connection that has died in between must not keep the
            // recorder's row locked.
            let local = "SELECT set_config('synchronous_commit', 'on', true) FROM (VALUES (1)) AS v
                    WHERE current_setting('synchronous_commit') IN ('off', 'local')
                UNION ALL SELECT set_config(name, $1, true) FROM unnest(ARRAY['idle_in_transaction_session_timeout', 'lock_timeout']) AS name";
            db.query("setting up a transaction for hits", local, &[&GIVES_UP]).await?;
            let sql = "INSERT INTO esclusa.recorder (recorder, instance) VALUES ($1::text::uuid, $2) ON CONFLICT DO NOTHING";
            db.execute("naming the recorder", sql, &[&by.recorder, &by.instance]).await?;
            // Spans between the two numbers were lost, with a disk, or because the database was restored from an older state.
            let sql = "UPDATE esclusa.recorder SET lost = lost + $2 - 1 - number, number = $3, folded = folded + $4,
                           pairs_lost = pairs_lost + $5, written_at = clock_timestamp() WHERE recorder = $1::text::uuid AND number < $2";
            let (first, last) = (number(batch.first), number(batch.last));
            let (folded, lost) = (number(batch.folded), number(batch.pairs_lost));
            if db.execute("numbering hits", sql, &[&by.recorder, &first, &last, &folded, &lost]).await? == 0 {
                let sql = "SELECT number FROM esclusa.recorder WHERE recorder = $1::text::uuid";
                let known: i64 = db.one("numbering hits", sql, &[&by.recorder]).await?.get(0);
                return Ok(u64::try_from(known).unwrap_or(0));
            }
            add_coverage(db, by, batch).await?;
            add_totals(db, batch).await?;
            add_details(db, batch).await?;
            add_statements(db, batch).await?;
            add_latencies(db, batch).await?;
            add_pairs(db, batch).await?;
            Ok(batch.last)
        })
        .await
}

async fn add_coverage(db: &Database, by: HitRecorder<'_>, batch: &Batch) -> Result<()> {
    let hours = batch.covered_hours();
    let part = |of: fn(&(i64, i64, i64)) -> i64| hours.iter().map(of).collect::<Vec<i64>>();
    let (hour, from, to) = (part(|h| h.0), part(|h| h.1), part(|h| h.2));
    let sql = format!(
        "INSERT INTO esclusa.coverage AS c (bucket, recorder, covered)
         SELECT to_timestamp(hour), $1::text::uuid, range_agg(tstzrange({MOMENT} from_us, {MOMENT} to_us))
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u(hour, from_us, to_us) GROUP BY hour
         ON CONFLICT (bucket, recorder) DO UPDATE SET covered = c.covered + excluded.covered"
    );
    db.execute("writing what is covered", &sql, &[&by.recorder, &hour, &from, &to]).await.map(drop)
}

/// Counts by column, as `unnest` takes them.
#[derive(Default)]
struct Counts {
    hits: Vec<i64>,
    rows: Vec<i64>,
    total_us: Vec<i64>,
    max_us: Vec<i64>,
    first_us: Vec<i64>,
    last_us: Vec<i64>,
}

/// Keys of totals by column.
#[derive(Default)]
struct Keys<'b> {
    hours: Vec<i64>,
    tables: Vec<&'b str>,
    operations: Vec<&'b str>,
    outcomes: Vec<&'b str>,
    sqlstates: Vec<&'b str>,
    applications: Vec<&'b str>,
}

impl Counts {
    fn push(&mut self, count: &Count) {
        self.hits.push(number(count.hits));
        self.rows.push(number(count.rows));
        self.total_us.push(number(count.total_us));
        self.max_us.push(number(count.max_us));
        self.first_us.push(count.first_us);
        self.last_us.push(count.last_us);
    }
}

impl<'b> Keys<'b> {
    fn push(&mut self, key: &'b TotalKey) {
        self.hours.push(key.hour);
        self.tables.push(&key.table);
        self.operations.push(&key.operation);
        self.outcomes.push(&key.outcome);
        self.sqlstates.push(&key.sqlstate);
        self.applications.push(&key.application);
    }
}

/// The sum of two spans' counts.
const ADDED: &str = "hits = h.hits + excluded.hits, row_count = h.row_count + excluded.row_count,
    total_us = h.total_us + excluded.total_us, max_us = greatest(h.max_us, excluded.max_us),
    first_seen = least(h.first_seen, excluded.first_seen), last_seen = greatest(h.last_seen, excluded.last_seen)";
/// Microseconds since 1970 as a timestamp, without rounding.
const MOMENT: &str = "timestamptz 'epoch' + interval '1 microsecond' *";

async fn add_totals(db: &Database, batch: &Batch) -> Result<()> {
    let (mut keys, mut counts) = (Keys::default(), Counts::default());
    for (key, count) in &batch.totals {
        keys.push(key);
        counts.push(count);
    }
    // In the order of their key, so that two proxies which write the same rows do not deadlock.
    let sql = format!(
        "INSERT INTO esclusa.hit_total AS h (bucket, hours, legacy_table, operation, outcome, sqlstate, application_name, hits, row_count,
             total_us, max_us, first_seen, last_seen)
         SELECT to_timestamp(hour), 1, t, op, o, s, a, hits, rows, total, max, {MOMENT} first, {MOMENT} last
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
             $10::bigint[], $11::bigint[], $12::bigint[]) AS u(hour, t, op, o, s, a, hits, rows, total, max, first, last)
         ON CONFLICT (bucket, hours, legacy_table, operation, outcome, sqlstate, application_name) DO UPDATE SET {ADDED}"
    );
    db.execute("writing totals", &sql, &columns(&keys, &counts)).await?;
    // Adds to the sums over all time and by hour.
    let sql = format!(
        "WITH u AS (SELECT to_timestamp(hour) AS bucket, t, op, o, s, a, hits, rows, total, max, {MOMENT} first AS first, {MOMENT} last AS last
             FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
                 $10::bigint[], $11::bigint[], $12::bigint[]) AS u(hour, t, op, o, s, a, hits, rows, total, max, first, last)),
         by_time AS (INSERT INTO esclusa.hit_trend AS h (bucket, hours, outcome, failed, hits)
             SELECT bucket, 1, o, s <> '', sum(hits) FROM u GROUP BY 1, 3, 4 ORDER BY 1, 3, 4
             ON CONFLICT (bucket, hours, outcome, failed) DO UPDATE SET hits = h.hits + excluded.hits)
         INSERT INTO esclusa.hit_sum AS h (legacy_table, operation, outcome, sqlstate, application_name, hits, row_count, total_us, max_us,
             first_seen, last_seen)
         SELECT t, op, o, s, a, sum(hits), sum(rows), sum(total), max(max), min(first), max(last) FROM u GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
         ON CONFLICT (legacy_table, operation, outcome, sqlstate, application_name) DO UPDATE SET {ADDED}"
    );
    db.execute("writing totals", &sql, &columns(&keys, &counts)).await.map(drop)
}

/// The columns that totals and details share, as parameters.
fn columns<'c>(keys: &'c Keys<'_>, counts: &'c Counts) -> Vec<Param<'c>> {
    vec![
        &keys.hours,
        &keys.tables,
        &keys.operations,
        &keys.outcomes,
        &keys.sqlstates,
        &keys.applications,
        &counts.hits,
        &counts.rows,
        &counts.total_us,
        &counts.max_us,
        &counts.first_us,
        &counts.last_us,
    ]
}

async fn add_details(db: &Database, batch: &Batch) -> Result<()> {
    let (mut keys, mut counts) = (Keys::default(), Counts::default());
    for (DetailKey { total, .. }, Detail { count, .. }) in &batch.details {
        keys.push(total);
        counts.push(count);
    }
    let texts = |text: fn(&DetailKey) -> &str| batch.details.keys().map(text).collect::<Vec<&str>>();
    let fingerprints: Vec<i64> = batch.details.keys().map(|k| k.fingerprint).collect();
    let missed: Vec<i64> = batch.details.values().map(|d| number(d.missed)).collect();
    let sql = format!(
        "INSERT INTO esclusa.hit AS h (bucket, hours, legacy_table, operation, outcome, sqlstate, application_name, hits, row_count,
             total_us, max_us, first_seen, last_seen, fingerprint, database_name, user_name, client_address, attribution, missed)
         SELECT to_timestamp(hour), 1, t, op, o, s, a, hits, rows, total, max, {MOMENT} first, {MOMENT} last, f, d, u, c, p, missed
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
             $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::text[], $17::text[], $18::bigint[])
             AS u(hour, t, op, o, s, a, hits, rows, total, max, first, last, f, d, u, c, p, missed)
         ON CONFLICT (bucket, hours, legacy_table, operation, outcome, sqlstate, application_name, fingerprint, database_name, user_name,
             client_address, attribution) DO UPDATE SET {ADDED}, missed = h.missed + excluded.missed"
    );
    let (databases, users) = (texts(|k| &k.database), texts(|k| &k.user));
    let (addresses, places) = (texts(|k| &k.address), texts(|k| &k.attribution));
    let mut params = columns(&keys, &counts);
    params.extend([&fingerprints as Param<'_>, &databases, &users, &addresses, &places, &missed]);
    db.execute("writing hits", &sql, &params).await.map(drop)
}

async fn add_statements(db: &Database, batch: &Batch) -> Result<()> {
    let statements = || batch.statements.values();
    let fingerprints: Vec<i64> = batch.statements.keys().copied().collect();
    let texts: Vec<&str> = statements().map(|s| s.text.as_str()).collect();
    let rewritten: Vec<Option<&str>> = statements().map(|s| s.rewritten.as_deref()).collect();
    let sql = "INSERT INTO esclusa.statement AS s (fingerprint, text, rewritten)
               SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(f, t, r)
               ON CONFLICT (fingerprint) DO UPDATE SET rewritten = excluded.rewritten
               WHERE excluded.rewritten IS NOT NULL AND s.rewritten IS DISTINCT FROM excluded.rewritten";
    db.execute("writing statements", sql, &[&fingerprints, &texts, &rewritten]).await?;
    let named =
        batch.statements.iter().flat_map(|(f, s)| s.named.iter().map(|(t, c, star)| (*f, t.as_str(), c.join(" "), *star)));
    let mut named: Vec<_> = named.collect();
    // EXECUTE of two statements may name a table twice.
    named.sort();
    named.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let fingerprints: Vec<i64> = named.iter().map(|n| n.0).collect();
    let (tables, columns): (Vec<&str>, Vec<&str>) = named.iter().map(|n| (n.1, n.2.as_str())).unzip();
    let stars: Vec<bool> = named.iter().map(|n| n.3).collect();
    let sql = "INSERT INTO esclusa.statement_table (fingerprint, legacy_table, columns, star)
               SELECT f, t, CASE c WHEN '' THEN '{}' ELSE string_to_array(c, ' ') END, s
               FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[]) AS u(f, t, c, s) ON CONFLICT DO NOTHING";
    db.execute("writing what statements name", sql, &[&fingerprints, &tables, &columns, &stars]).await.map(drop)
}

async fn add_latencies(db: &Database, batch: &Batch) -> Result<()> {
    let (mut hours, mut fingerprints, mut forms) = (Vec::new(), Vec::new(), Vec::new());
    let (mut numbers, mut counts): (Vec<i16>, Vec<i64>) = Default::default();
    for ((hour, fingerprint, form), classes) in &batch.latencies {
        for (class, hits) in classes {
            hours.push(*hour);
            fingerprints.push(*fingerprint);
            forms.push(form.name());
            numbers.push(i16::from(*class));
            counts.push(number(*hits));
        }
    }
    let sql = "INSERT INTO esclusa.latency AS l (bucket, hours, fingerprint, form, class, hits)
               SELECT to_timestamp(hour), 1, f, form, class, hits
               FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $5::bigint[]) AS u(hour, f, form, class, hits)
               ON CONFLICT (bucket, hours, fingerprint, form, class) DO UPDATE SET hits = l.hits + excluded.hits";
    let params: Params<'_> = &[&hours, &fingerprints, &forms, &numbers, &counts];
    db.execute("writing latencies", sql, params).await.map(drop)
}

async fn add_pairs(db: &Database, batch: &Batch) -> Result<()> {
    let keys = || batch.together.keys();
    let hours: Vec<i64> = keys().map(|k| k.hour).collect();
    let (first, second): (Vec<&str>, Vec<&str>) = keys().map(|k| (k.first.as_str(), k.second.as_str())).unzip();
    let (how, applications): (Vec<&str>, Vec<&str>) = keys().map(|k| (k.how.name(), k.application.as_str())).unzip();
    let times: Vec<i64> = batch.together.values().map(|c| number(c.times)).collect();
    let last: Vec<i64> = batch.together.values().map(|c| c.last_us).collect();
    let sql = format!(
        "INSERT INTO esclusa.statement_pair AS p (bucket, hours, first_table, second_table, how, application_name, times, last_seen)
         SELECT to_timestamp(hour), 1, a, b, how, application, times, {MOMENT} last
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
             AS u(hour, a, b, how, application, times, last)
         ON CONFLICT (bucket, hours, first_table, second_table, how, application_name)
         DO UPDATE SET times = p.times + excluded.times, last_seen = greatest(p.last_seen, excluded.last_seen)"
    );
    let params: Params<'_> = &[&hours, &first, &second, &how, &applications, &times, &last];
    db.execute("writing tables used together", &sql, params).await.map(drop)
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
