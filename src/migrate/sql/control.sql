-- Schema esclusa: what outlives a process, and the functions that generated expressions name. Idempotent.
CREATE SCHEMA IF NOT EXISTS {control};
GRANT USAGE ON SCHEMA {control} TO PUBLIC;

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

-- Who touched which legacy name, how and when: hourly buckets.
CREATE TABLE IF NOT EXISTS {control}.hit (
    bucket           timestamptz NOT NULL,
    instance         text NOT NULL,
    legacy_table     varchar(63) NOT NULL,
    fingerprint      bigint NOT NULL,
    operation        text NOT NULL,
    database_name    text NOT NULL,
    user_name        text NOT NULL,
    application_name text NOT NULL,
    client_address   text NOT NULL,
    outcome          text NOT NULL,
    hits             bigint NOT NULL,
    row_count        bigint NOT NULL,
    errors           bigint NOT NULL,
    total_us         bigint NOT NULL,
    max_us           bigint NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (bucket, instance, legacy_table, fingerprint, operation, database_name, user_name, application_name,
                 client_address, outcome)
);
CREATE INDEX IF NOT EXISTS hit_table ON {control}.hit (legacy_table, bucket);

-- Statements without their literals.
CREATE TABLE IF NOT EXISTS {control}.statement (
    fingerprint bigint PRIMARY KEY,
    text        text NOT NULL,
    first_seen  timestamptz NOT NULL DEFAULT clock_timestamp()
);

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
CREATE TABLE IF NOT EXISTS {control}.run_table (
    run_id       bigint NOT NULL REFERENCES {control}.run,
    legacy_table varchar(63) NOT NULL,
    step         text NOT NULL,
    row_count    bigint,
    finished_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, legacy_table, step)
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

-- A float with all its digits and its sign, whatever extra_float_digits the session has.
CREATE OR REPLACE FUNCTION {control}.exact_text(double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS 'SELECT $1::text';
CREATE OR REPLACE FUNCTION {control}.exact_text(real) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS 'SELECT $1::text';

-- Any other value as text that does not depend on the session.
CREATE OR REPLACE FUNCTION {control}.pinned_text(anyelement) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET extra_float_digits = 1 SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET timezone = 'UTC'
AS 'SELECT $1::text';

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

-- NULL in a NOT NULL column, as the legacy table itself would have said it (PostgreSQL source, execMain.c, ExecConstraints).
-- "cells" are the new row's values as their types print them; "names" and "places" are its NOT NULL columns.
CREATE OR REPLACE FUNCTION {control}.refuse_null(schema_name text, table_name text, names text[], places integer[], cells text[])
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  shown  text;
  column_name text;
BEGIN
  SELECT name INTO column_name FROM unnest(names, places) AS u(name, place) WHERE cells[place] IS NULL ORDER BY place LIMIT 1;
  -- At most 64 bytes of a value, in whole characters.
  SELECT string_agg(CASE WHEN cell IS NULL THEN 'null' WHEN octet_length(cell) <= 64 THEN cell
      ELSE (SELECT left(cell, max(n)) FROM generate_series(16, 64) AS n WHERE octet_length(left(cell, n)) <= 64) || '...' END, ', ' ORDER BY o)
    INTO shown FROM unnest(cells) WITH ORDINALITY AS u(cell, o);
  RAISE EXCEPTION USING ERRCODE = '23502',
    MESSAGE = format('null value in column "%s" of relation "%s" violates not-null constraint', column_name, table_name),
    DETAIL = format('Failing row contains (%s).', shown),
    SCHEMA = schema_name, TABLE = table_name, COLUMN = column_name;
END $$;

-- Whether a cursor's current row is one of a legacy table's. The rewritten DECLARE says so in a comment (rewrite/cursor.rs); a cursor
-- that is not there is the server's to complain about. The errors are those of the legacy table (source, execCurrent.c).
CREATE OR REPLACE FUNCTION {control}.cursor_over(cursor_name text, legacy_table text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
  declared text := (SELECT statement FROM pg_cursors WHERE name = cursor_name);
BEGIN
  IF position(format('/* esclusa: cursor %s over %s */', cursor_name, legacy_table) IN declared) = 0 THEN
    RAISE EXCEPTION USING ERRCODE = '24000', MESSAGE = format(
      CASE WHEN declared ~* '\mfor\s+(no\s+key\s+update|update|share|key\s+share)\M'
           THEN 'cursor "%s" does not have a FOR UPDATE/SHARE reference to table "%s"'
           ELSE 'cursor "%s" is not a simply updatable scan of table "%s"' END, cursor_name, legacy_table);
  END IF;
  RETURN true;
END $$;

-- How the rows of a history are found by key: two functions a table, one for its rows and one for their images, whose plan a session
-- keeps. They name only the partitions that can hold rows of the table: planning a statement over all of them takes many times as long
-- as running it.
CREATE TABLE IF NOT EXISTS {control}.finder (
    legacy_table varchar(63) PRIMARY KEY,
    query        text NOT NULL,           -- yields the legacy rows; ends in its WHERE
    row_filter   text NOT NULL,           -- that WHERE
    known_until  timestamptz NOT NULL DEFAULT '-infinity'
);

-- What finders know reaches up to here: the end of this month, or of the next one when that is near. A month more would be one
-- empty partition more for every look-up.
CREATE OR REPLACE FUNCTION {control}.finders_until() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  SELECT date_trunc('month', clock_timestamp() + interval '2 days') + interval '1 month'
$$;

-- Makes a table's finder. A month that is over gains no rows: what is written gets the clock, or the beginning of time. It is over when
-- every transaction that began in it has ended; where the sessions of others cannot be seen, no month counts as over. A month that has
-- not begun holds rows if their stamps were in the future when they were moved.
CREATE OR REPLACE FUNCTION {control}.refresh_finder(name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  finder      {control}.finder;
  oldest      timestamptz;
  until       timestamptz := {control}.finders_until();
  part        record;
  found_rows  boolean;
  known       tstzmultirange := '{}';
  ranges      text;
  made        record;
BEGIN
  SELECT * INTO STRICT finder FROM {control}.finder WHERE legacy_table = name FOR UPDATE;
  SELECT CASE WHEN bool_or(query = '<insufficient privilege>') THEN '-infinity'
         ELSE least(clock_timestamp(), min(xact_start), (SELECT min(prepared) FROM pg_prepared_xacts)) END
    INTO oldest FROM pg_stat_activity WHERE backend_type NOT IN ('walsender', 'checkpointer', 'background writer', 'walwriter');
  FOR part IN
    SELECT i.inhrelid::regclass AS partition, bounds[1]::timestamptz AS lower, bounds[2]::timestamptz AS upper
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
         regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)') AS bounds
    WHERE i.inhparent = '{schema}.audit_log'::regclass AND bounds IS NOT NULL
  LOOP
    found_rows := part.upper > oldest AND part.lower < until OR part.lower = '-infinity';
    IF NOT found_rows THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %s)', part.partition, finder.row_filter) INTO found_rows;
    END IF;
    IF found_rows THEN
      known := known + tstzmultirange(tstzrange(part.lower, part.upper));
    END IF;
  END LOOP;
  SELECT string_agg(format('al_changed_at >= %L AND al_changed_at < %L', lower(r), upper(r)), ' OR ') INTO ranges FROM unnest(known) AS r;
  FOR made IN
    SELECT * FROM (VALUES ('find_', format('{control}.%I', name), finder.query),
                          ('image_', 'jsonb', format('SELECT al_old_data FROM {schema}.audit_log WHERE %s', finder.row_filter)))
      AS v(prefix, yields, query)
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION {control}.%I(text) RETURNS SETOF %s LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 AS %L',
      made.prefix || name, made.yields,
      format(E'BEGIN\n  IF clock_timestamp() < %L::timestamptz THEN\n    RETURN QUERY %s AND al_record_key = $1 AND (%s);\n  ELSE\n    RETURN QUERY %s AND al_record_key = $1;\n  END IF;\nEND',
        until, made.query, ranges, made.query));
  END LOOP;
  UPDATE {control}.finder SET known_until = until WHERE legacy_table = name;
END $$;

-- Makes all finders that do not reach far enough any more; at most one session at a time. How many were made.
CREATE OR REPLACE FUNCTION {control}.refresh_finders() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  made bigint := 0;
  due  text;
BEGIN
  IF pg_try_advisory_xact_lock(hashtextextended('{control}.refresh_finders', 0)) THEN
    FOR due IN SELECT legacy_table FROM {control}.finder
               WHERE known_until < {control}.finders_until() ORDER BY legacy_table LOOP
      PERFORM {control}.refresh_finder(due);
      made := made + 1;
    END LOOP;
  END IF;
  RETURN made;
END $$;

-- What an assignment to a type accepts, and no more: one function for each type that has an implicit or an assignment cast to it. Not
-- the reg* types, to which a text is cast implicitly.
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
                   format('SELECT $1::%s', cast_.target));
  END LOOP;
END $$;
