-- Schema esclusa: what outlives a process, and the functions that generated expressions name. Idempotent.
CREATE SCHEMA IF NOT EXISTS {control};

-- The mode of each legacy table. A table without a row has rules.default_mode.
CREATE TABLE IF NOT EXISTS {control}.mode (
    legacy_table varchar(63) PRIMARY KEY,
    mode         text NOT NULL CHECK (mode IN ('off', 'observe', 'shadow', 'rewrite', 'refuse')),
    reason       text,
    changed_by   text NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS {control}.mode_history (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    legacy_table varchar(63) NOT NULL,
    mode_before  text,
    mode_after   text NOT NULL,
    reason       text,
    changed_by   text NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The number of the last switch, and the proxies in service, each with the number of the last switch in force there.
CREATE TABLE IF NOT EXISTS {control}.generation (
    number  bigint NOT NULL,
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row)
);
INSERT INTO {control}.generation (number) VALUES (1) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS {control}.replica (
    instance   text PRIMARY KEY,
    generation bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A checksum of its rules: equal numbers mean equal rules.
    rules      bigint,
    -- The recorder whose spool shows whether the process is alive.
    recorder   uuid
);
-- A table that is about to change its place (control/cut_over.rs), and the proxies that hold it and whose sessions do not use it. Whoever can write
-- this can have clients' statements held. Its content is worthless after a crash.
CREATE UNLOGGED TABLE IF NOT EXISTS {control}.cut_over (
    epoch        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    legacy_table varchar(63) NOT NULL,
    hold_ms      integer NOT NULL,
    asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    quiet_on     text[] NOT NULL DEFAULT '{}',
    -- The generation of the switch, and whether the rows are in the new tables after it.
    generation   bigint,
    is_there     boolean
);
-- How long clients wait (control/felt.rs): the latest readings of each proxy, one every two seconds, each replacing its oldest. Counts are since
-- the process began; what is open had not been answered yet. Lost in a crash, and worthless after one.
CREATE UNLOGGED TABLE IF NOT EXISTS {control}.felt (
    instance     text NOT NULL,
    slot         smallint NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    classes      smallint[] NOT NULL,
    counts       bigint[] NOT NULL,
    open_classes smallint[] NOT NULL,
    open_counts  bigint[] NOT NULL,
    PRIMARY KEY (instance, slot)
) WITH (fillfactor = 50);

-- The processes that record hits, each with the number of its last time span that is in the tables below. A span is written in the transaction that
-- advances this number, and so exactly once.
CREATE TABLE IF NOT EXISTS {control}.recorder (
    recorder   uuid PRIMARY KEY,
    instance   text NOT NULL,
    number     bigint NOT NULL DEFAULT 0,
    lost       bigint NOT NULL DEFAULT 0,      -- spans that never came
    folded     bigint NOT NULL DEFAULT 0,      -- hits in hit_total that had no room in hit
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    pairs_lost bigint NOT NULL DEFAULT 0       -- pairs that had no room in statement_pair
);
-- The times in each hour at which each process has recorded.
CREATE TABLE IF NOT EXISTS {control}.coverage (
    bucket   timestamptz NOT NULL,
    recorder uuid NOT NULL,
    covered  tstzmultirange NOT NULL,
    PRIMARY KEY (bucket, recorder)
);
-- How much of each hour some process has recorded: overlapping times of several processes count once.
CREATE OR REPLACE VIEW {control}.covered_hour AS
  SELECT hour.bucket, (SELECT sum(extract(epoch FROM upper(part) - lower(part)) * 1000000) FROM unnest(hour.covered) AS part)::bigint AS us
  FROM (SELECT c.bucket, range_agg(part) AS covered FROM {control}.coverage AS c, unnest(c.covered) AS part GROUP BY c.bucket) AS hour;

-- How often each legacy table was touched, exactly: by hours, which later become days (hours = 24).
CREATE TABLE IF NOT EXISTS {control}.hit_total (
    bucket           timestamptz NOT NULL,
    hours            smallint NOT NULL,
    legacy_table     varchar(63) NOT NULL,
    operation        text NOT NULL,
    outcome          text NOT NULL,
    sqlstate         text NOT NULL,            -- '' on success
    application_name text NOT NULL,
    hits             bigint NOT NULL,
    row_count        bigint NOT NULL,
    total_us         bigint NOT NULL,
    max_us           bigint NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (bucket, hours, legacy_table, operation, outcome, sqlstate, application_name)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS hit_total_table ON {control}.hit_total (legacy_table, bucket);

-- The same for all time, and by time alone: so a query over everything need not read every hour of three years. Each is written with hit_total.
CREATE TABLE IF NOT EXISTS {control}.hit_sum (
    legacy_table     varchar(63) NOT NULL,
    operation        text NOT NULL,
    outcome          text NOT NULL,
    sqlstate         text NOT NULL,
    application_name text NOT NULL,
    hits             bigint NOT NULL,
    row_count        bigint NOT NULL,
    total_us         bigint NOT NULL,
    max_us           bigint NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (legacy_table, operation, outcome, sqlstate, application_name)
) WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS {control}.hit_trend (
    bucket  timestamptz NOT NULL,
    hours   smallint NOT NULL,
    outcome text NOT NULL,
    failed  boolean NOT NULL,
    hits    bigint NOT NULL,
    PRIMARY KEY (bucket, hours, outcome, failed)
) WITH (fillfactor = 70);

-- The same by statement and client. Hits that had no room are only in hit_total; at most `missed` of them belong to this row.
CREATE TABLE IF NOT EXISTS {control}.hit (
    bucket           timestamptz NOT NULL,
    hours            smallint NOT NULL,
    legacy_table     varchar(63) NOT NULL,
    operation        text NOT NULL,
    outcome          text NOT NULL,
    sqlstate         text NOT NULL,
    application_name text NOT NULL,
    fingerprint      bigint NOT NULL,
    database_name    text NOT NULL,
    user_name        text NOT NULL,
    client_address   text NOT NULL,
    attribution      text NOT NULL,            -- the place in the application, from a comment in SQLCommenter's form
    hits             bigint NOT NULL,
    missed           bigint NOT NULL,
    row_count        bigint NOT NULL,
    total_us         bigint NOT NULL,
    max_us           bigint NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (bucket, hours, legacy_table, operation, outcome, sqlstate, application_name, fingerprint, database_name, user_name,
                 client_address, attribution)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS hit_table ON {control}.hit (legacy_table, bucket);

-- Statements without their literals, and what they name.
CREATE TABLE IF NOT EXISTS {control}.statement (
    fingerprint bigint PRIMARY KEY,
    text        text NOT NULL,
    rewritten   text,
    first_seen  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS {control}.statement_table (
    fingerprint  bigint NOT NULL,
    legacy_table varchar(63) NOT NULL,
    columns      text[] NOT NULL,
    star         boolean NOT NULL,
    PRIMARY KEY (legacy_table, fingerprint)
);
-- How long successful statements took, on the legacy tables and rewritten: class n is from 1.1^n microseconds to below 1.1^(n + 1).
CREATE TABLE IF NOT EXISTS {control}.latency (
    bucket      timestamptz NOT NULL,
    hours       smallint NOT NULL,
    fingerprint bigint NOT NULL,
    form        text NOT NULL CHECK (form IN ('legacy', 'rewritten')),
    class       smallint NOT NULL,
    hits        bigint NOT NULL,
    PRIMARY KEY (bucket, hours, fingerprint, form, class)
) WITH (fillfactor = 70);
-- How often two legacy tables were used together, by one statement or by two that follow each other in a transaction.
CREATE TABLE IF NOT EXISTS {control}.statement_pair (
    bucket           timestamptz NOT NULL,
    hours            smallint NOT NULL,
    first_table      varchar(63) NOT NULL,     -- before the second by its name's bytes
    second_table     varchar(63) NOT NULL,
    how              text NOT NULL CHECK (how IN ('statement', 'transaction')),
    application_name text NOT NULL,
    times            bigint NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (bucket, hours, first_table, second_table, how, application_name)
) WITH (fillfactor = 70);
-- When hits were last merged into days, and old ones deleted.
CREATE TABLE IF NOT EXISTS {control}.tidied (
    tidied_at timestamptz NOT NULL,
    one_row   boolean PRIMARY KEY DEFAULT true CHECK (one_row)
);
INSERT INTO {control}.tidied (tidied_at) VALUES ('-infinity') ON CONFLICT DO NOTHING;

-- The server processes that belong to each proxy (control/around.rs): those of its sessions, and of sessions that have just ended. A row stays for
-- a while after its proxy has gone. `finding` says why a proxy does not know its own processes.
CREATE TABLE IF NOT EXISTS {control}.proxy_process (
    instance     text PRIMARY KEY,
    processes    integer[] NOT NULL,
    finding      text,
    has_ended    boolean NOT NULL DEFAULT false,
    published_at timestamptz NOT NULL,
    -- Legacy tables whose statements it has lately forwarded without counting them; '*' for all.
    uncounted    text[] NOT NULL DEFAULT '{}',
    -- Who has lately had a session through it.
    users        text[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
-- Who has used legacy tables around the proxies, by hour. What was seen of one session counts as one use; there may have been more.
CREATE TABLE IF NOT EXISTS {control}.around (
    bucket           timestamptz NOT NULL,
    legacy_table     varchar(63) NOT NULL,
    user_name        text NOT NULL,
    client_address   text NOT NULL,            -- 'local' for a Unix socket
    application_name text NOT NULL,
    kind             text NOT NULL,
    certainty        text NOT NULL,
    uses             bigint NOT NULL,
    statement        text NOT NULL,            -- the last one, without its literals; '' where it is unknown
    last_began       timestamptz NOT NULL,     -- the statement or transaction that was counted last
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (bucket, legacy_table, user_name, client_address, application_name, kind, certainty),
    CONSTRAINT around_words CHECK (kind IN ('statement', 'session', 'dump', 'counter', 'calls', 'function')
      AND certainty IN ('sure', 'likely', 'unsure', 'hidden'))
);
CREATE INDEX IF NOT EXISTS around_table ON {control}.around (legacy_table, last_seen);
-- How often the server was sampled in each hour, and how often without the right to see all sessions. Also how long the server's counters, and
-- pg_stat_statements, were read.
CREATE TABLE IF NOT EXISTS {control}.around_coverage (
    bucket  timestamptz PRIMARY KEY,
    samples bigint NOT NULL,
    covered_us bigint NOT NULL,
    hidden  bigint NOT NULL,
    counter_us bigint NOT NULL DEFAULT 0,
    calls_us   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
-- The part of that time in which they said nothing about a table, because what they showed may have come from the proxies.
CREATE TABLE IF NOT EXISTS {control}.around_blind (
    bucket       timestamptz NOT NULL,
    witness      text NOT NULL CHECK (witness IN ('counter', 'calls')),
    legacy_table varchar(63) NOT NULL,
    blind_us     bigint NOT NULL,
    PRIMARY KEY (bucket, witness, legacy_table)
) WITH (fillfactor = 50);
-- The entries of pg_stat_statements that name a legacy table, each with the calls that have been judged. The row of user 0 and statement 0 has the
-- time of the last look, and the number of the legacy tables that were looked for.
CREATE TABLE IF NOT EXISTS {control}.around_calls (
    user_oid oid NOT NULL,
    query_id bigint NOT NULL,
    calls    bigint NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_oid, query_id)
) WITH (fillfactor = 50);

-- What `esclusa scan --record` has found in a source tree, a log or a dump: the number of places and the first of them, by legacy table, operation
-- and kind of source. A root is a file or a directory of a machine; scanning it again replaces its rows.
CREATE TABLE IF NOT EXISTS {control}.scan (
    root       text PRIMARY KEY,
    files      bigint NOT NULL,
    unread     bigint NOT NULL,                -- files and directories that could not be read
    scanned_by text NOT NULL,
    scanned_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS {control}.scan_found (
    root         text NOT NULL REFERENCES {control}.scan ON DELETE CASCADE,
    legacy_table varchar(63) NOT NULL,
    operation    text NOT NULL,
    source       text NOT NULL,
    places       bigint NOT NULL,
    first_file   text NOT NULL,
    first_line   bigint NOT NULL,
    PRIMARY KEY (root, legacy_table, operation, source)
);

-- The days that count: those on which no use can have been missed. On such a day, at least 99 percent of the time was recorded (a restart of the
-- proxies does not cost a day), everything that a proxy has seen was delivered, and the uses around the proxies were looked for too, once that has
-- begun. A proxy that was alive a minute or more after its last delivery has seen something not yet known; one that has lost a span puts all days
-- of its life in doubt. Days are those of the session's time zone.
CREATE OR REPLACE VIEW {control}.covered_day AS
  WITH recorded AS (SELECT bucket::date AS day, sum(us)::bigint AS us FROM {control}.covered_hour GROUP BY 1),
    by AS (SELECT bucket::date AS day, count(DISTINCT recorder) AS recorders FROM {control}.coverage GROUP BY 1),
    watched AS (SELECT bucket::date AS day, sum(least(covered_us, 3600000000))::bigint AS us FROM {control}.around_coverage GROUP BY 1),
    watch AS (SELECT min(day) AS first_day FROM watched),
    lost AS (SELECT instance, started_at::date AS first_day, written_at::date AS last_day FROM {control}.recorder WHERE lost > 0),
    undelivered AS (SELECT r.instance, coalesce(k.written_at, r.started_at)::date AS first_day, r.seen_at::date AS last_day
      FROM {control}.replica AS r LEFT JOIN {control}.recorder AS k USING (recorder)
      WHERE r.recorder IS NOT NULL AND r.seen_at - coalesce(k.written_at, r.started_at) > interval '1 minute'),
    judged AS (SELECT r.day, r.us, w.us AS watched_us, by.recorders, r.us * 100 >= 99 * length.us AS is_recorded,
        r.day < watch.first_day IS NOT FALSE OR coalesce(w.us, 0) * 100 >= 99 * length.us AS is_watched,
        (SELECT string_agg(instance, ', ' ORDER BY instance) FROM lost WHERE r.day BETWEEN first_day AND last_day) AS lost,
        (SELECT string_agg(instance, ', ' ORDER BY instance) FROM undelivered WHERE r.day BETWEEN first_day AND last_day) AS undelivered
      FROM recorded AS r JOIN by USING (day) LEFT JOIN watched AS w USING (day), watch,
        LATERAL (SELECT extract(epoch FROM (r.day + 1)::timestamptz - r.day::timestamptz) * 1000000 AS us) AS length)
  SELECT day, us, watched_us, recorders, is_recorded AND is_watched AND lost IS NULL AND undelivered IS NULL AS counts,
    nullif(concat_ws('; ', CASE WHEN NOT is_recorded THEN 'not recorded as a whole' END,
      CASE WHEN NOT is_watched THEN 'nobody looked around the proxies all day' END,
      'a span was lost by ' || lost, 'not delivered yet by ' || undelivered), '') AS why
  FROM judged;

-- Mode shadow: what was compared, and what differed.
CREATE TABLE IF NOT EXISTS {control}.shadow (
    instance     text NOT NULL,
    legacy_table varchar(63) NOT NULL,
    fingerprint  bigint NOT NULL,
    equal        bigint NOT NULL,
    different    bigint NOT NULL,
    unsteady     bigint NOT NULL,
    skipped      bigint NOT NULL,
    forwarded_us bigint NOT NULL,
    rewritten_us bigint NOT NULL,
    last_seen    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (instance, legacy_table, fingerprint)
);
CREATE TABLE IF NOT EXISTS {control}.shadow_difference (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_at      timestamptz NOT NULL,
    instance      text NOT NULL,
    legacy_tables text[] NOT NULL,
    fingerprint   bigint NOT NULL,
    statement     text NOT NULL,
    rewritten     text NOT NULL,
    difference    text NOT NULL
);

-- Migration runs and their tables.
CREATE TABLE IF NOT EXISTS {control}.run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command     text NOT NULL,
    started_by  text NOT NULL DEFAULT session_user,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);
-- One row per step, in the step's own transaction (migrate/ledger.rs); those without a hash are of the first form.
CREATE TABLE IF NOT EXISTS {control}.run_table (
    run_id       bigint NOT NULL REFERENCES {control}.run,
    legacy_table varchar(63) NOT NULL,
    step         text NOT NULL,
    row_count    bigint,
    finished_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    number       bigint GENERATED ALWAYS AS IDENTITY,
    state        text,   -- after the step (migrate/machine.rs)
    detail       text,   -- evidence: JSON
    previous     bytea,  -- the hash of the row before
    hash         bytea
);
CREATE UNIQUE INDEX IF NOT EXISTS run_table_number ON {control}.run_table (number);
CREATE INDEX IF NOT EXISTS run_table_state ON {control}.run_table (legacy_table, number);
-- Copies of large tables that were begun (migrate/online.rs): what is copied is kept when the process ends.
CREATE TABLE IF NOT EXISTS {control}.copy (
    legacy_table   varchar(63) PRIMARY KEY,
    run_id         bigint NOT NULL REFERENCES {control}.run,
    filenode       oid NOT NULL,                     -- the heap that the copy began with
    blocks         bigint NOT NULL,                  -- its blocks when the trigger was attached
    first_number   bigint NOT NULL,                  -- numbers of its rows in the leaf: this + block * rows_per_block + place in the block
    rows_per_block bigint NOT NULL,
    next_block     bigint NOT NULL DEFAULT 0,        -- all blocks before it are copied
    row_count      bigint NOT NULL DEFAULT 0,
    indexes        jsonb NOT NULL DEFAULT '{}',      -- the indexes that the table had when they were carried, and how they were defined
    proven         pg_snapshot,                      -- the snapshot of the last proof
    begun_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    waits_for      text,                             -- why it does not continue, in words (migrate/throttle.rs)
    waits_at       timestamptz,                      -- when that was last so
    baseline_us    bigint,                           -- the clients' p99 before it began
    baseline_at    timestamptz
);
-- Copied tables that some sessions read in their new form, and which sessions (migrate/reads.rs). In force while the table's state is `reads`.
CREATE TABLE IF NOT EXISTS {control}.reads (
    legacy_table varchar(63) PRIMARY KEY,
    percent      smallint NOT NULL CHECK (percent BETWEEN 0 AND 100),
    applications text[] NOT NULL,
    users        text[] NOT NULL,
    shape        text NOT NULL DEFAULT '',           -- the table's name and columns, when they were chosen
    reason       text,
    changed_by   text NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Archived tables that are kept up to date (migrate/keep.rs), each with its heap: in a new heap, every place belongs to another row.
CREATE TABLE IF NOT EXISTS {control}.archive (
    legacy_table varchar(63) PRIMARY KEY,
    filenode     oid NOT NULL,
    is_behind    boolean NOT NULL DEFAULT false,  -- it has missed changes, and is to be filled again
    first_number   bigint,                        -- as in copy, where the rows' places follow from their numbers (migrate/place.rs)
    rows_per_block bigint,
    blocks         bigint
);
-- The triggers of archived tables that fired when these were moved (migrate/keep.rs): the way back enables them again.
CREATE TABLE IF NOT EXISTS {control}.silenced (
    legacy_table varchar(63) NOT NULL,
    trigger_name name NOT NULL,
    enabled      "char" NOT NULL,    -- as pg_trigger.tgenabled
    PRIMARY KEY (legacy_table, trigger_name)
);
-- Legacy names that are retired (migrate/name.rs): nothing answers under one until a statement through a proxy names it. Without buried_at, its
-- views still exist, and the proxies are being told.
CREATE TABLE IF NOT EXISTS {control}.tombstone (
    legacy_table varchar(63) PRIMARY KEY,
    retired_by   text NOT NULL,
    reason       text NOT NULL,
    retired_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    buried_at    timestamptz,
    owner        name,       -- of the views
    rights       text[]      -- SQL that makes the rights on them and their comments again
);
-- One row per step of a name, in the step's own transaction, chained by hash like run_table.
CREATE TABLE IF NOT EXISTS {control}.name_step (
    number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    legacy_table varchar(63) NOT NULL,
    step         text NOT NULL CHECK (step IN ('announce', 'retire', 'touch', 'undo')),
    done_by      text NOT NULL,
    reason       text,
    statement    text,       -- what touched it, without its literals
    rights       text[] NOT NULL,
    done_at      timestamptz NOT NULL,
    previous     bytea NOT NULL,
    hash         bytea NOT NULL
);
-- What each moved table consists of (migrate/object.rs): the legacy table, which could show it, may be dropped.
CREATE TABLE IF NOT EXISTS {control}.object (
    legacy_table varchar(63) NOT NULL,
    kind         text NOT NULL,
    name         text NOT NULL,
    definition   text NOT NULL,     -- as PostgreSQL prints it
    creation     text NOT NULL,     -- the SQL that makes it again
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (legacy_table, kind, name)
);
-- Every parity check that was made, with its verdict.
CREATE TABLE IF NOT EXISTS {control}.parity (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    legacy_table varchar(63) NOT NULL,
    check_name   text NOT NULL,
    passed       boolean NOT NULL,
    detail       text,
    row_count    bigint,
    checked_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS parity_table ON {control}.parity (legacy_table, checked_at);

-- A float with all its digits and its sign, whatever the session's extra_float_digits.
CREATE OR REPLACE FUNCTION {control}.exact_text(double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS 'SELECT $1::pg_catalog.text';
CREATE OR REPLACE FUNCTION {control}.exact_text(real) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS 'SELECT $1::pg_catalog.text';

-- Any other value as text that does not depend on the session.
CREATE OR REPLACE FUNCTION {control}.pinned_text(anyelement) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET extra_float_digits = 1 SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET timezone = 'UTC'
AS 'SELECT $1::pg_catalog.text';

-- Canonical key text of one value of an image, as relation/value.rs writes it for a typed value.
CREATE OR REPLACE FUNCTION {control}.key_text(v jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE jsonb_typeof(v) WHEN 'number' THEN trim_scale((v #>> '{}')::numeric)::text
                              WHEN 'null' THEN '∅'
                              ELSE coalesce(rtrim(v #>> '{}', ' '), '∅') END
$$;
CREATE OR REPLACE FUNCTION {control}.record_key(image jsonb, columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN cardinality(columns) = 1 THEN coalesce({control}.key_text(image -> columns[1]), '∅')
              ELSE coalesce((SELECT jsonb_agg(coalesce({control}.key_text(image -> c), '∅') ORDER BY o)::text
                             FROM unnest(columns) WITH ORDINALITY AS u(c, o)), '∅') END
$$;

-- Notes the snapshot of the statement that begins, for the triggers of a view: the trigger's own statements see more.
CREATE OR REPLACE FUNCTION {control}.note_snapshot() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('esclusa.seen_' || TG_RELID, pg_current_snapshot()::text, true), set_config('esclusa.wrote_' || TG_RELID, '', true);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION {control}.note_snapshot() FROM PUBLIC;

-- Whether a row was written by another transaction; with a snapshot, by one that had not ended then. xmin lacks the epoch: that of the nearest
-- transaction is taken. If a row is visible and its transaction in progress, it is our own, perhaps of a subtransaction. A snapshot does not list
-- subtransactions (manual, table 9.79): one that looks finished may belong to a listed transaction that has committed since.
CREATE OR REPLACE FUNCTION {control}.came_between(row_xmin xid, seen pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  next_id bigint := greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id_if_assigned()::text::bigint);
  id      bigint := next_id - next_id % 4294967296 + row_xmin::text::bigint;
BEGIN
  IF id > next_id + 2147483648 THEN id := id - 4294967296; ELSIF id < next_id - 2147483648 THEN id := id + 4294967296; END IF;
  IF id < 3 OR pg_xact_status(id::text::xid8) IS NOT DISTINCT FROM 'in progress' THEN RETURN false; END IF;
  RETURN seen IS NULL OR NOT pg_visible_in_snapshot(id::text::xid8, seen)
    OR EXISTS (SELECT FROM pg_snapshot_xip(seen) AS open WHERE open < id::text::xid8 AND pg_xact_status(open) = 'committed');
END $$;

CREATE OR REPLACE FUNCTION {control}.refuse_concurrent() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'could not serialize access due to concurrent update',
    DETAIL = 'A row was changed by another transaction while this statement went on, and a view cannot look at it again.',
    HINT = 'Repeat the transaction. In mode rewrite, through the proxy, the statement would have gone on.';
END $$;

-- NULL in a NOT NULL column: the error that the legacy table itself would report (PostgreSQL source, execMain.c, ExecConstraints). "cells" are the
-- new row's values as their types print them; "names" and "places" are its NOT NULL columns. A role that may not read the table is shown what it
-- may read of the row, and the values it supplied (ExecBuildSlotValueDescription): taken to be the columns it may write, because the statement's
-- columns are not known here. Behind a view this runs as the owner, on behalf of the session's role.
CREATE OR REPLACE FUNCTION {control}.refuse_null(schema_name text, table_name text, names text[], places integer[], cells text[])
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  shown  text;
  column_name text;
  view   oid := to_regclass(format('{control}.%I', table_name));
  asker  oid := to_regrole(quote_ident(current_user));
  listed text;
BEGIN
  SELECT name INTO column_name FROM unnest(names, places) AS u(name, place) WHERE cells[place] IS NULL ORDER BY place LIMIT 1;
  IF asker = (SELECT relowner FROM pg_class WHERE oid = view) THEN
    asker := to_regrole(quote_ident(coalesce(nullif(current_setting('role'), 'none'), session_user)));
  END IF;
  IF NOT has_table_privilege(asker, view, 'SELECT') THEN
    SELECT coalesce(string_agg(attname, ', ' ORDER BY attnum), ''), array_agg(attnum::integer)
      INTO listed, places FROM pg_attribute
      WHERE attrelid = view AND attnum > 0 AND has_column_privilege(asker, view, attnum, 'SELECT, INSERT, UPDATE');
  END IF;
  -- At most 64 bytes of a value, in whole characters.
  SELECT string_agg(CASE WHEN cell IS NULL THEN 'null' WHEN octet_length(cell) <= 64 THEN cell
      ELSE (SELECT left(cell, max(n)) FROM generate_series(16, 64) AS n WHERE octet_length(left(cell, n)) <= 64) || '...' END, ', ' ORDER BY o)
    INTO shown FROM unnest(cells) WITH ORDINALITY AS u(cell, o) WHERE listed IS NULL OR o = ANY (places);
  RAISE EXCEPTION USING ERRCODE = '23502',
    MESSAGE = format('null value in column "%s" of relation "%s" violates not-null constraint', column_name, table_name),
    DETAIL = format('Failing row contains %s(%s).', '(' || listed || ') = ', shown),
    SCHEMA = schema_name, TABLE = table_name, COLUMN = column_name;
END $$;

-- What an assignment to a type accepts, and no more: one function for each source type with an implicit or assignment cast to it. The reg* types,
-- to which text is cast implicitly, are left out. The functions' bodies are read on the caller's search path.
DO $$
DECLARE
  cast_ record;
BEGIN
  FOR cast_ IN
    SELECT target.typname AS name, source.oid::regtype AS source, target.oid::regtype AS target,
           bool_and(coalesce(f.provolatile = 'i', true)) AS immutable
    FROM pg_type AS target, pg_type AS source,
         LATERAL (SELECT castfunc FROM pg_cast WHERE castsource = source.oid AND casttarget = target.oid AND castcontext IN ('i', 'a')
                  UNION SELECT 0 WHERE source.oid = target.oid) AS c LEFT JOIN pg_proc AS f ON f.oid = c.castfunc
    WHERE target.typnamespace = 'pg_catalog'::regnamespace AND source.typnamespace = 'pg_catalog'::regnamespace
      AND target.typname IN ('numeric', 'int2', 'int4', 'int8', 'float4', 'float8', 'date', 'timestamp', 'timestamptz', 'time', 'bool',
                             'bytea', 'interval', 'uuid')
      AND source.typname IN ('numeric', 'int2', 'int4', 'int8', 'float4', 'float8', 'date', 'timestamp', 'timestamptz', 'time', 'bool',
                             'bytea', 'interval', 'uuid', 'timetz', 'money', 'oid')
    GROUP BY 1, 2, 3
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION {control}.assign_%s(%s) RETURNS %s LANGUAGE sql %s PARALLEL SAFE AS %L',
                   cast_.name, cast_.source, cast_.target, CASE WHEN cast_.immutable THEN 'IMMUTABLE' ELSE 'STABLE' END,
                   format('SELECT $1::pg_catalog.%I', cast_.name));
  END LOOP;
END $$;

-- Refuses to read a copied table in its new form: when its heap is no longer the one that was copied, or the reader may not read the table.
CREATE OR REPLACE FUNCTION {control}.refuse_copy(legacy oid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $refuse$
DECLARE
  name text := (SELECT relname FROM pg_class WHERE oid = legacy);
BEGIN
  IF NOT has_table_privilege(legacy, 'SELECT') THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'permission denied for table ' || name;
  END IF;
  RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the copy of table ' || coalesce(name, legacy::text) || ' does not fit it any more';
END $refuse$;

-- Refuses to write the archived table of a moved one, except to the triggers of its leaf, which write it with the owner's rights, and to a superuser, who
-- repairs. The owner may have changed since the trigger was made that calls this.
CREATE OR REPLACE FUNCTION {control}.refuse_archive() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $archive$
BEGIN
  IF pg_trigger_depth() > 1 AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
      OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = format('the rows of table %s have been moved', quote_ident(TG_TABLE_NAME)),
    DETAIL = 'A view, function or rule that was left on the archived table cannot write it: the change would be lost.',
    HINT = 'Make that object again; the name of the table now means a view of the moved rows.';
END $archive$;
REVOKE ALL ON FUNCTION {control}.refuse_archive() FROM PUBLIC;
