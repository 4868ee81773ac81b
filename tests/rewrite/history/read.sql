-- A read names the view of the relation; everything else stays as it was, byte by byte.
SELECT * FROM histipooficina WHERE htofid = 7
-- becomes
SELECT * FROM esclusa.histipooficina WHERE htofid = 7
-- hits select of histipooficina: rewritten

SELECT h.htofid,  h.htofdescri /* why */ FROM cf_quere_pro.histipooficina AS h ORDER BY 1
-- becomes
SELECT h.htofid,  h.htofdescri /* why */ FROM esclusa.histipooficina AS h ORDER BY 1
-- hits select of histipooficina: rewritten

select o.*, h.htofdescri from tipooficina o left join histipooficina h on h.htofid = o.tofid
-- becomes
select o.*, h.htofdescri from esclusa.tipooficina o left join esclusa.histipooficina h on h.htofid = o.tofid
-- hits select of tipooficina: rewritten, select of histipooficina: rewritten

SELECT count(*) FROM (SELECT DISTINCT htofid FROM histipooficina WHERE htofhsthora > now() - interval '1 day') x
-- becomes
SELECT count(*) FROM (SELECT DISTINCT htofid FROM esclusa.histipooficina WHERE htofhsthora > now() - interval '1 day') x
-- hits select of histipooficina: rewritten

WITH last AS (SELECT htofid, max(htofhsthora) AS at FROM histipooficina GROUP BY htofid) SELECT * FROM last
-- becomes
WITH last AS (SELECT htofid, max(htofhsthora) AS at FROM esclusa.histipooficina GROUP BY htofid) SELECT * FROM last
-- hits select of histipooficina: rewritten

-- A CTE of its name hides the table.
WITH histipooficina AS (SELECT 1 AS htofid) SELECT * FROM histipooficina
-- becomes
-- the same
-- hits

SELECT exists (SELECT FROM histipooficina h WHERE h.htofid = $1 AND h.htofsnpresen = 'S')
-- becomes
SELECT exists (SELECT FROM esclusa.histipooficina h WHERE h.htofid = $1 AND h.htofsnpresen = 'S')
-- hits select of histipooficina: rewritten

TABLE histipooficina
-- becomes
TABLE esclusa.histipooficina
-- hits select of histipooficina: rewritten

-- What a string or a comment says is no name.
SELECT 'histipooficina' /* histipooficina */
-- becomes
-- the same
-- hits mention of histipooficina: opaque

-- In a schema of its own it is another table.
SELECT * FROM archive.histipooficina
-- becomes
-- the same
-- hits

SELECT htofid FROM histipooficina UNION ALL SELECT tofid FROM tipooficina
-- becomes
SELECT htofid FROM esclusa.histipooficina UNION ALL SELECT tofid FROM esclusa.tipooficina
-- hits select of histipooficina: rewritten, select of tipooficina: rewritten

EXPLAIN (COSTS OFF) SELECT * FROM histipooficina
-- becomes
EXPLAIN (COSTS OFF) SELECT * FROM esclusa.histipooficina
-- hits select of histipooficina: rewritten

DECLARE c CURSOR FOR SELECT * FROM histipooficina
-- becomes
DECLARE c CURSOR FOR SELECT * FROM esclusa.histipooficina
-- hits select of histipooficina: rewritten

CREATE TABLE copy_of AS SELECT * FROM histipooficina
-- becomes
CREATE TABLE copy_of AS SELECT * FROM esclusa.histipooficina
-- hits select of histipooficina: rewritten

PREPARE p (numeric) AS SELECT * FROM histipooficina WHERE htofid = $1
-- becomes
PREPARE p (numeric) AS SELECT * FROM esclusa.histipooficina WHERE htofid = $1
-- hits select of histipooficina: rewritten

-- System columns come from a sub-select over the table behind the view.
SELECT ctid, htofid FROM histipooficina
-- becomes
SELECT esclusa_ctid_0 AS ctid, htofid FROM (SELECT (al_old_data OPERATOR(pg_catalog.->>) CASE WHEN al_old_data IS NOT NULL THEN 'htofid' ELSE (al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::numeric(5,0) AS htofid, (al_old_data OPERATOR(pg_catalog.->>) CASE WHEN al_old_data IS NOT NULL THEN 'htofdescri' ELSE (al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character varying(20) AS htofdescri, (al_old_data OPERATOR(pg_catalog.->>) CASE WHEN al_old_data IS NOT NULL THEN 'htofsnpresen' ELSE (al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character(1) AS htofsnpresen, (al_old_data OPERATOR(pg_catalog.->>) CASE WHEN al_old_data IS NOT NULL THEN 'htofsngestpda' ELSE (al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character(1) AS htofsngestpda, (al_old_data OPERATOR(pg_catalog.->>) CASE WHEN al_old_data IS NOT NULL THEN 'htofhstusu' ELSE (al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character varying(10) AS htofhstusu, al_legacy_at AS htofhsthora, (al_old_data OPERATOR(pg_catalog.->>) CASE WHEN al_old_data IS NOT NULL THEN 'htofidioma' ELSE (al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character(2) AS htofidioma, ctid AS esclusa_ctid_0 FROM esclusa_leaf.histipooficina) AS histipooficina
-- hits select of histipooficina: rewritten

SELECT histipooficina FROM histipooficina
-- becomes
SELECT histipooficina FROM esclusa.histipooficina
-- hits select of histipooficina: rewritten

-- A list of columns behind the alias goes with it.
SELECT * FROM histipooficina AS h (a, b)
-- becomes
SELECT * FROM esclusa.histipooficina AS h (a, b)
-- hits select of histipooficina: rewritten

SELECT "HISTIPOOFICINA" FROM "histipooficina" AS "HISTIPOOFICINA"
-- becomes
SELECT "HISTIPOOFICINA" FROM esclusa.histipooficina AS "HISTIPOOFICINA"
-- hits select of histipooficina: rewritten
