-- What a person does with psql, without a legacy name; leaves nothing behind.
\set ECHO all
\pset pager off
\pset null '(null)'
\set VERBOSITY verbose
SET search_path = public;
CREATE SCHEMA client_psql;
SET search_path = client_psql, public;
CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL, c numeric(12,3) CHECK (c > 0), d timestamptz DEFAULT '2020-02-29 12:00+00', e bytea);
COMMENT ON TABLE t IS 'a table of psql';
INSERT INTO t (a, b, c, e) SELECT i, 'fila ñ ' || i, i * 1.5, decode(repeat('00ff', i), 'hex') FROM generate_series(1, 20) i;
INSERT INTO t (a, b, c) SELECT i, 'fila ñ ' || i, i * 1.5 FROM generate_series(21, 40) i RETURNING a, c;
\d t
\d+ t
\dt
\di
\dp t
TABLE t LIMIT 3;

-- Layout
\x on
TABLE t LIMIT 2;
\x auto
TABLE t LIMIT 2;
\x off
SELECT a, b FROM t ORDER BY a LIMIT 2 \gx
\a
\t
SELECT a, b FROM t ORDER BY a LIMIT 3;
\t
\a
\f ';'
\pset format csv
SELECT * FROM t ORDER BY a LIMIT 3;
\pset format html
SELECT * FROM t ORDER BY a LIMIT 2;
\pset format latex
SELECT a FROM t ORDER BY a LIMIT 2;
\pset format asciidoc
SELECT a FROM t ORDER BY a LIMIT 2;
\pset format aligned
\pset border 2
\pset linestyle unicode
SELECT a, c FROM t ORDER BY a LIMIT 2;
\pset border 1
\pset linestyle ascii
\C 'a title'
SELECT 1;
\C
\H
SELECT 1 AS one;
\H

-- What comes back
SELECT a, b, c, d, e FROM t WHERE false \gdesc
SELECT * FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \gdesc
SELECT 1 + $1 \gdesc
SELECT nosuch \gdesc
UPDATE t SET a = a \gdesc
SELECT x, y, x * y FROM generate_series(1, 4) x, generate_series(1, 3) y ORDER BY 1, 2 \crosstabview
SELECT 'r' || x AS r, 'c' || y AS c, x || '-' || y AS v, y FROM generate_series(1, 3) x, generate_series(1, 3) y \crosstabview r c v y
SELECT 1 \crosstabview
SELECT a AS first, b AS second FROM t WHERE a = 7 \gset
\echo :first :second :'second' :"second"
SELECT :first + 1, :'second';
SELECT a FROM t WHERE a > 100 \gset
SELECT a FROM t \gset
SELECT format('SELECT %s AS n, ''%s'' AS t', i, repeat('x', i)) FROM generate_series(1, 3) i \gexec
SELECT 'SELECT 1/0', 'SELECT 2' \gexec
\echo :ERROR :SQLSTATE :ROW_COUNT :LAST_ERROR_MESSAGE :LAST_ERROR_SQLSTATE
SELECT 1 \; SELECT 2, 3 \; SELECT 'last';
\set SHOW_ALL_RESULTS off
SELECT 1 \; SELECT 2, 3 \; SELECT 'last';
\set SHOW_ALL_RESULTS on
BEGIN \; INSERT INTO t (a, b, c) VALUES (100, 'x', 1) \; SELECT count(*) FROM t \; ROLLBACK;
SELECT 1 \; SELECT 1/0 \; SELECT 3;
SELECT count(*) FROM t;
;
SELECT;
SELECT FROM t LIMIT 2;
SELECT 1 AS "Ñandú", NULL AS "", '' AS "a""b";
\if :{?first}
SELECT 'in the branch';
\else
SELECT 'never';
\endif
\p
\r
\warn on the other stream
\qecho to the result

-- Errors with everything that they carry
SELECT nosuch FROM t;
SELECT *
  FROM t
 WHERE b = 'ñañaña' AND nosuch = 1;
SELECT 'ñ' || 'ñ', );
SELEC 1;
SELECT 'not ended;
'; SELECT 1/0;
SELECT * FROM nosuch.t;
INSERT INTO t (a, b, c) VALUES (1, 'again', 1);
INSERT INTO t (a, b, c) VALUES (1000, NULL, 1);
INSERT INTO t (a, b, c) VALUES (1000, 'x', -1);
INSERT INTO t (a, b, c) VALUES (1000, 'x', 'no number');
INSERT INTO t (a, b, c) VALUES (1000, 'x', 1e20);
\errverbose
\set VERBOSITY terse
SELECT nosuch FROM t;
\set VERBOSITY sqlstate
SELECT nosuch FROM t;
\set VERBOSITY default
\set SHOW_CONTEXT always
SELECT nosuch FROM t;
CREATE FUNCTION deep(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF i = 0 THEN RAISE NOTICE 'a notice, 100%%' USING DETAIL = 'detail', HINT = 'hint';
  RAISE EXCEPTION 'at the bottom' USING ERRCODE = 'P0042', DETAIL = 'd', HINT = 'h', COLUMN = 'c', CONSTRAINT = 'k', DATATYPE = 't', TABLE = 't', SCHEMA = 's'; END IF;
  RETURN deep(i - 1); END $$;
\sf deep
\df+ deep
\df client_psql.*
SELECT deep(2);
\errverbose
DO $$ BEGIN EXECUTE 'SELECT nosuch FROM t'; END $$;
DO $$ BEGIN FOR i IN 1..3 LOOP RAISE WARNING 'warning %', i; RAISE INFO 'info %', i; RAISE LOG 'log %', i; END LOOP; END $$;
SET client_min_messages = debug1;
CREATE TABLE u (k serial PRIMARY KEY, a int REFERENCES t);
RESET client_min_messages;
INSERT INTO u (a) VALUES (-5);
DELETE FROM t WHERE a = 1 RETURNING *;
DROP TABLE t;
DROP TABLE u;

-- Transactions
BEGIN;
SAVEPOINT one;
SELECT 1/0;
SELECT 'aborted';
ROLLBACK TO one;
\echo :AUTOCOMMIT
SELECT 'alive';
COMMIT;
COMMIT;
ROLLBACK;
\set ON_ERROR_ROLLBACK on
BEGIN;
INSERT INTO t (a, b, c) VALUES (200, 'kept', 1);
INSERT INTO t (a, b, c) VALUES (200, 'no', 1);
SELECT count(*) FROM t;
COMMIT;
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT off
INSERT INTO t (a, b, c) VALUES (201, 'gone', 1);
ROLLBACK;
\set AUTOCOMMIT on
SELECT count(*) FROM t;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
INSERT INTO t (a, b, c) VALUES (300, 'read only', 1);
END;
PREPARE TRANSACTION 'outside';
BEGIN;
UPDATE t SET c = c + 1 WHERE a = 3;
PREPARE TRANSACTION 'client_psql';
COMMIT PREPARED 'client_psql';

-- Prepared statements and cursors
PREPARE p (int, text) AS SELECT a, b FROM t WHERE a = $1 OR b = $2 ORDER BY a;
EXECUTE p (3, 'fila ñ 4');
EXECUTE p (3);
EXECUTE p ('x', 'y');
PREPARE p AS SELECT 1;
SELECT name, statement, parameter_types, from_sql FROM pg_prepared_statements ORDER BY 1;
DEALLOCATE p;
EXECUTE p (3, 'x');
BEGIN;
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT a FROM t ORDER BY a;
FETCH 3 FROM c;
MOVE FORWARD 5 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH ABSOLUTE -1 FROM c;
COMMIT;
FETCH FIRST FROM c;
CLOSE ALL;
FETCH FIRST FROM c;
\set FETCH_COUNT 7
SELECT a, b FROM t ORDER BY a;
SELECT a, 10 / (a - 15) FROM t ORDER BY a;
SELECT i, repeat('z', 100) FROM generate_series(1, 500) i;
\set FETCH_COUNT 0

-- COPY
CREATE TABLE k (LIKE t INCLUDING ALL);
COPY t TO STDOUT;
COPY t TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *);
COPY (SELECT a, c FROM t ORDER BY a LIMIT 3) TO STDOUT WITH (DELIMITER '|', NULL '-');
\copy t TO 'psql_copy.txt'
\copy k FROM 'psql_copy.txt'
\copy (SELECT a, b FROM t ORDER BY a) TO PROGRAM 'md5sum > psql_program.txt' CSV HEADER
\! cat psql_program.txt
\copy t TO 'psql_copy.bin' (FORMAT binary)
TRUNCATE k;
\copy k FROM 'psql_copy.bin' (FORMAT binary)
SELECT count(*), md5(string_agg(k::text, ',' ORDER BY a)) FROM k;
COPY k (a, b, c) FROM STDIN;
500	from stdin	5
501	tab\there, newline\nthere, backslash\\	6.5
502	last	7
\.
COPY k (a, b, c) FROM STDIN CSV;
600,"quoted, ""twice""",5
1,duplicate,5
\.
COPY k (a, b, c) FROM STDIN;
601	no number	x
602	never read	1
\.
COPY k FROM STDIN (FORMAT nosuch);
\copy k FROM 'nosuch.txt'
\copy nosuch FROM STDIN
SELECT count(*), max(a) FROM k;
COPY k (a, b, c) FROM STDIN \; SELECT 'after the copy', count(*) FROM k \; COPY (SELECT 1) TO STDOUT;
700	seven hundred	7
\.

-- Large
SELECT md5(string_agg(repeat(i::text, 10), '')), repeat('ab', 100000) AS wide FROM generate_series(1, 1000) i;
SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
\o psql_large.txt
SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 30000) i;
\o
\! md5sum < psql_large.txt
SELECT i FROM generate_series(1, 3000) i \g | md5sum > psql_program.txt
\! cat psql_program.txt
SELECT length(string_agg(md5(i::text), '')) FROM generate_series(1, 100000) i;

-- Large objects, encodings, the rest
\set QUIET on
\lo_import psql_copy.txt 'a comment'
\lo_export :LASTOID psql_lo.txt
\! cmp psql_copy.txt psql_lo.txt && echo equal
SELECT md5(lo_get(:LASTOID)), length(lo_get(:LASTOID)) FROM pg_largeobject_metadata WHERE oid = :LASTOID;
\lo_unlink :LASTOID
\set QUIET off
\lo_unlink 4294967290
\encoding LATIN1
SELECT 'plain ascii', chr(241);
\encoding SQL_ASCII
SELECT 1;
\encoding WIN1252
SELECT chr(241) = convert_from('\xc3b1', 'UTF8');
\encoding UTF8
\encoding nosuch
SET standard_conforming_strings = off;
SELECT 'a\\b';
RESET standard_conforming_strings;
SET application_name = 'psql under another name';
SHOW application_name;
SELECT application_name, state, query FROM pg_stat_activity WHERE pid = pg_backend_pid();
SET ROLE aquasis;
SELECT current_user, session_user;
SELECT * FROM t;
RESET ROLE;
SET SESSION AUTHORIZATION aquasis;
\conninfo
RESET SESSION AUTHORIZATION;
LISTEN psql_channel;
NOTIFY psql_channel, 'a load';
SELECT 'after the notification' FROM pg_notify('psql_other', 'unheard');
UNLISTEN *;
EXPLAIN (COSTS off) SELECT * FROM t WHERE a = 3;
EXPLAIN (FORMAT json, COSTS off) SELECT count(*) FROM t;
CREATE VIEW v AS SELECT a FROM t;
\d+ v
\sv v
CREATE PROCEDURE twice(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n * 2; COMMIT; END $$;
CALL twice(21);
MERGE INTO t USING (SELECT 5 AS k) s ON t.a = s.k WHEN MATCHED THEN UPDATE SET b = 'merged';
LOCK TABLE t;
VACUUM t;
ANALYZE t;
REINDEX TABLE t;
CREATE DATABASE client_psql_db TEMPLATE template0;
DROP DATABASE client_psql_db;
DISCARD ALL;
SHOW search_path;
\c -
SELECT current_user, current_database();
\c template1
SELECT current_database();
\c -reuse-previous=on
\timing off
\c aqua
SET client_min_messages = error;
DROP SCHEMA client_psql CASCADE;
RESET client_min_messages;
SELECT pg_terminate_backend(pg_backend_pid());
SELECT 'never';
