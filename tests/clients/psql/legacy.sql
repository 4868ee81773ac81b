-- What a person does with psql on tables that are gone; the state is left alike on both sides.
\set ECHO all
\pset pager off
\pset null '(null)'
SELECT * FROM tipooficina ORDER BY tofid;
SELECT tofid, tofsnpresen FROM cf_quere_pro.tipooficina ORDER BY tofid LIMIT 2 \gx
SELECT * FROM histipooficina \gdesc
SELECT h.htofdescri || h.htofidioma, h.htofid + 1, count(*) OVER () FROM histipooficina h \gdesc
SELECT * FROM tipvalvula WHERE tvalcod = $1 \gdesc
SELECT nosuch FROM tipvalvula \gdesc
SELECT tvalcod, tvalindblk, count(*) FROM tipvalvula GROUP BY 1, 2 ORDER BY 1, 2 \crosstabview
SELECT tofsnpresen, tofsngestpda, count(*) FROM tipooficina GROUP BY 1, 2 ORDER BY 1, 2 \crosstabview
SELECT tofid AS k, tofdescritxtid AS t FROM tipooficina ORDER BY 1 LIMIT 1 \gset
\echo :k :t
SELECT count(*) FROM tipooficina WHERE tofid = :k AND tofdescritxtid = :'t';
SELECT format('SELECT count(*), max(tofhsthora) FROM tipooficina WHERE tofid = %s', tofid) FROM tipooficina ORDER BY tofid LIMIT 3 \gexec
SELECT count(*) FROM tipvalvula \; SELECT count(*) FROM hisbarrio \; SELECT 1;
SELECT count(*) FROM tipvalvula \; SELECT nosuch FROM hisbarrio \; SELECT 1;
\set FETCH_COUNT 7
SELECT * FROM histipooficina ORDER BY htofhsthora, htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofidioma;
SELECT * FROM hiscliente ORDER BY hiscliente::text LIMIT 40;
\set FETCH_COUNT 0
SELECT * FROM hisbarrio ORDER BY hisbarrio::text;
\set VERBOSITY verbose
SELECT nosuch FROM tipooficina;
SELECT *
  FROM tipooficina t
  JOIN histipooficina h ON h.htofid = t.tofid
 WHERE t.tofsnpresen = 'ñ' AND h.nosuch = 1;
SELECT tofid FROM tipooficina WHERE tofid = 'x';
SELECT tofid FROM tipooficina ORDER BY 7;
INSERT INTO tipooficina SELECT * FROM tipooficina LIMIT 1;
INSERT INTO tipooficina (tofid, tofhsthora) VALUES (999, '2024-02-29');
INSERT INTO tipooficina VALUES (1, 2, 3, 4, 5, 6, 7);
INSERT INTO tipooficina (tofid, tofsngestpda, tofdescritxtid) VALUES (123456, 'N', 1);
INSERT INTO tipooficina (tofid, tofsngestpda, tofdescritxtid) VALUES (12345, 'too long', 1);
\set VERBOSITY default
BEGIN;
INSERT INTO tipooficina (tofid, tofsngestpda, tofhsthora, tofdescritxtid) VALUES (990, 'S', '2024-02-29', 7), (991, 'N', '2024-02-29', 8) RETURNING *;
UPDATE tipooficina SET tofsnpresen = 'S', tofhstusu = 'psql' WHERE tofid >= 990 RETURNING tofid, tofsnpresen, tofhstusu;
SAVEPOINT s;
DELETE FROM tipooficina;
SELECT count(*) FROM tipooficina;
ROLLBACK TO s;
DELETE FROM tipooficina WHERE tofid = 991 RETURNING tofid;
SELECT * FROM tipooficina WHERE tofid >= 990 ORDER BY tofid;
COMMIT;
PREPARE p (numeric) AS SELECT * FROM tipooficina WHERE tofid = $1;
EXECUTE p (990);
EXECUTE p (1);
DEALLOCATE p;
BEGIN;
DECLARE c CURSOR FOR SELECT tvalcod FROM tipvalvula ORDER BY 1;
FETCH 3 FROM c;
MOVE 2 FROM c;
FETCH 100 FROM c;
COMMIT;
\copy tipvalvula TO 'psql_legacy.txt'
\! sort psql_legacy.txt
\copy (SELECT * FROM tipvalvula ORDER BY 1) TO PROGRAM 'cat > psql_program.txt' CSV HEADER
\! cat psql_program.txt
COPY (SELECT tvalcod FROM tipvalvula ORDER BY 1) TO STDOUT;
EXPLAIN (COSTS off) SELECT 1;
CREATE TEMP TABLE copied AS SELECT * FROM tipvalvula;
SELECT * FROM copied ORDER BY 1;
CREATE TEMP VIEW seen AS SELECT tvalcod, tvalindblk FROM tipvalvula;
SELECT * FROM seen ORDER BY 1;
SET search_path = public;
SELECT count(*) FROM tipvalvula;
SELECT count(*) FROM cf_quere_pro.tipvalvula;
SET search_path = cf_quere_pro;
SELECT count(*) FROM tipvalvula;
DELETE FROM tipooficina WHERE tofid = 990;
SELECT count(*) FROM tipooficina;
