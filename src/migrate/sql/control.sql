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
              ELSE (SELECT jsonb_agg(coalesce({control}.key_text(image -> c), '∅') ORDER BY o)::text
                    FROM unnest(columns) WITH ORDINALITY AS u(c, o)) END
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
