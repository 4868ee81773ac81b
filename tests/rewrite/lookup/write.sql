INSERT INTO tipositver (tsvid, tsvtxtid) VALUES ($1, $2)
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES (($1)::numeric(5,0), ($2)::numeric(10,0))) AS r(tsvid, tsvtxtid)
-- hits insert of tipositver: rewritten

INSERT INTO tipositver VALUES (1, 2), (3, 4)
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0)), ((3)::numeric(5,0), (4)::numeric(10,0))) AS r(tsvid, tsvtxtid)
-- hits insert of tipositver: rewritten

-- ON CONFLICT of the legacy key means the leaf's own constraint.
INSERT INTO tipositver (tsvid, tsvtxtid) VALUES (1, 2) ON CONFLICT (tsvid) DO UPDATE SET tsvtxtid = excluded.tsvtxtid
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0))) AS r(tsvid, tsvtxtid) ON CONFLICT ON CONSTRAINT tipositver_code_key DO UPDATE SET (dv_txtid) = (SELECT CASE WHEN CASE WHEN ROW(r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvtxtid'], ARRAY[2], ARRAY[((tipositver.dv_code)::numeric(5,0))::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN r.tsvtxtid END FROM (VALUES/*UPDATE*/ ((esclusa.assign_numeric/*tsvtxtid@100*/(excluded.dv_txtid))::numeric(10,0)) OFFSET 0) AS r(tsvtxtid))
-- hits insert of tipositver: rewritten

INSERT INTO tipositver VALUES (1, 2) ON CONFLICT DO NOTHING
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0))) AS r(tsvid, tsvtxtid) ON CONFLICT DO NOTHING
-- hits insert of tipositver: rewritten

INSERT INTO tipositver VALUES (1, 2) ON CONFLICT ON CONSTRAINT tipositver_pkey DO NOTHING
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0))) AS r(tsvid, tsvtxtid) ON CONFLICT ON CONSTRAINT tipositver_code_key DO NOTHING
-- hits insert of tipositver: rewritten

INSERT INTO tipositver VALUES (1, 2) ON CONFLICT ON CONSTRAINT other DO NOTHING
-- becomes
-- refused 42704: constraint "other" for table "tipositver" does not exist
-- hits insert of tipositver: refused

INSERT INTO tipositver VALUES (1, 2) RETURNING *
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0))) AS r(tsvid, tsvtxtid) RETURNING (tipositver.dv_code)::numeric(5,0) AS tsvid, tipositver.dv_txtid AS tsvtxtid
-- hits insert of tipositver: rewritten

INSERT INTO tipositver VALUES (1, 2) RETURNING tsvid + 1 AS next, tipositver.tsvtxtid
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0))) AS r(tsvid, tsvtxtid) RETURNING (tipositver.dv_code)::numeric(5,0) + 1 AS next, tipositver.dv_txtid AS tsvtxtid
-- hits insert of tipositver: rewritten

-- Too many values are refused as the table refuses them.
INSERT INTO tipositver VALUES (1, 2, 3)
-- becomes
-- refused 42601: INSERT has more expressions than target columns
-- hits insert of tipositver: refused

INSERT INTO tipositver (tsvid, tsvid) VALUES (1, 2)
-- becomes
-- refused 42701: column "tsvid" specified more than once
-- hits insert of tipositver: refused

UPDATE tipositver SET tsvtxtid = $1 WHERE tsvid = $2
-- becomes
UPDATE esclusa_leaf.tipositver AS tipositver SET (dv_txtid) = (SELECT CASE WHEN CASE WHEN ROW(r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvtxtid'], ARRAY[2], ARRAY[((tipositver.dv_code)::numeric(5,0))::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN r.tsvtxtid END FROM (VALUES/*UPDATE*/ (($1)::numeric(10,0))) AS r(tsvtxtid)) WHERE (tipositver.dv_code)::numeric(5,0) = $2
-- hits update of tipositver: rewritten

UPDATE tipositver t SET (tsvid, tsvtxtid) = (SELECT 1, 2) WHERE t.tsvid = 3 RETURNING t.tsvid
-- becomes
UPDATE esclusa_leaf.tipositver t SET (dv_code, dv_txtid) = (SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205') END, r.tsvtxtid FROM (SELECT v.* FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT 1, 2) AS q0(tsvid, tsvtxtid) ON true CROSS JOIN LATERAL (VALUES/*UPDATE*/ ((esclusa.assign_numeric/*tsvid@52*/(q0.tsvid))::numeric(5,0), (esclusa.assign_numeric/*tsvtxtid@55*/(q0.tsvtxtid))::numeric(10,0)) OFFSET 0) AS v(tsvid, tsvtxtid)) AS r) WHERE (t.dv_code)::numeric(5,0) = 3 RETURNING (t.dv_code)::numeric(5,0) AS tsvid
-- hits update of tipositver: rewritten

UPDATE tipositver SET tsvtxtid = DEFAULT
-- becomes
UPDATE esclusa_leaf.tipositver AS tipositver SET (dv_txtid) = (SELECT CASE WHEN CASE WHEN ROW(r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvtxtid'], ARRAY[2], ARRAY[((tipositver.dv_code)::numeric(5,0))::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN r.tsvtxtid END FROM (VALUES/*UPDATE*/ (NULL::numeric(10,0))) AS r(tsvtxtid))
-- hits update of tipositver: rewritten

UPDATE tipositver SET nothing = 1
-- becomes
-- refused 42703: column "nothing" of relation "tipositver" does not exist
-- hits update of tipositver: refused

UPDATE tipositver t SET tsvtxtid = s.n FROM (VALUES (1, 2)) AS s (id, n) WHERE s.id = t.tsvid
-- becomes
UPDATE esclusa_leaf.tipositver t SET (dv_txtid) = (SELECT CASE WHEN CASE WHEN ROW(r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvtxtid'], ARRAY[2], ARRAY[((t.dv_code)::numeric(5,0))::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN r.tsvtxtid END FROM (VALUES/*UPDATE*/ ((esclusa.assign_numeric/*tsvtxtid@35*/(s.n))::numeric(10,0)) OFFSET 0) AS r(tsvtxtid)) FROM (VALUES (1, 2)) AS s (id, n) WHERE s.id = (t.dv_code)::numeric(5,0)
-- hits update of tipositver: rewritten

DELETE FROM tipocorreo WHERE tipctipo = 3
-- becomes
DELETE FROM esclusa_leaf.tipocorreo AS tipocorreo WHERE (tipocorreo.dv_code)::numeric(5,0) = 3
-- hits delete of tipocorreo: rewritten

DELETE FROM tipositver WHERE tsvid IN (SELECT tsvid FROM tipositver WHERE tsvtxtid = 1)
-- becomes
DELETE FROM esclusa_leaf.tipositver AS tipositver WHERE (tipositver.dv_code)::numeric(5,0) IN (SELECT tsvid FROM esclusa.tipositver WHERE tsvtxtid = 1)
-- hits delete of tipositver: rewritten, select of tipositver: rewritten

DELETE FROM tipositver WHERE CURRENT OF c
-- becomes
DELETE FROM esclusa_leaf.tipositver AS tipositver WHERE CURRENT OF c
-- hits delete of tipositver: rewritten

WITH gone AS (DELETE FROM tipositver RETURNING *) SELECT count(*) FROM gone
-- becomes
WITH gone AS (DELETE FROM esclusa_leaf.tipositver AS tipositver RETURNING (tipositver.dv_code)::numeric(5,0) AS tsvid, tipositver.dv_txtid AS tsvtxtid) SELECT count(*) FROM gone
-- hits delete of tipositver: rewritten

MERGE INTO tipositver t USING s ON t.tsvid = s.id WHEN MATCHED THEN UPDATE SET tsvtxtid = s.n WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.n)
-- becomes
MERGE INTO esclusa_leaf.tipositver t USING s ON (t.dv_code)::numeric(5,0) = s.id WHEN MATCHED THEN UPDATE SET dv_txtid = CASE WHEN CASE WHEN ROW(((esclusa.assign_numeric/*tsvtxtid@90*/(s.n))::numeric(10,0))) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvtxtid'], ARRAY[2], ARRAY[((t.dv_code)::numeric(5,0))::pg_catalog.text, (((esclusa.assign_numeric/*tsvtxtid@90*/(s.n))::numeric(10,0)))::pg_catalog.text]) END THEN ((esclusa.assign_numeric/*tsvtxtid@90*/(s.n))::numeric(10,0)) END WHEN NOT MATCHED THEN INSERT (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) VALUES ((SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END FROM (VALUES ((esclusa.assign_numeric/*tsvid@131*/(s.id))::numeric(5,0), (esclusa.assign_numeric/*tsvtxtid@137*/(s.n))::numeric(10,0))) AS r(tsvid, tsvtxtid)), (SELECT coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205') FROM (VALUES ((esclusa.assign_numeric/*tsvid@131*/(s.id))::numeric(5,0), (esclusa.assign_numeric/*tsvtxtid@137*/(s.n))::numeric(10,0))) AS r(tsvid, tsvtxtid)), (SELECT r.tsvtxtid FROM (VALUES ((esclusa.assign_numeric/*tsvid@131*/(s.id))::numeric(5,0), (esclusa.assign_numeric/*tsvtxtid@137*/(s.n))::numeric(10,0))) AS r(tsvid, tsvtxtid)), extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb)
-- hits merge of tipositver: rewritten

MERGE INTO tipositver t USING s ON t.tsvid = s.id WHEN MATCHED AND s.n IS NULL THEN DELETE WHEN NOT MATCHED THEN DO NOTHING
-- becomes
MERGE INTO esclusa_leaf.tipositver t USING s ON (t.dv_code)::numeric(5,0) = s.id WHEN MATCHED AND s.n IS NULL THEN DELETE WHEN NOT MATCHED THEN DO NOTHING
-- hits merge of tipositver: rewritten

COPY tipositver FROM STDIN
-- becomes
COPY esclusa.tipositver FROM STDIN
-- hits copy from of tipositver: rewritten

COPY (SELECT * FROM tipositver) TO STDOUT
-- becomes
COPY (SELECT * FROM esclusa.tipositver) TO STDOUT
-- hits select of tipositver: rewritten

TRUNCATE tipositver CASCADE
-- becomes
TRUNCATE esclusa_leaf.tipositver CASCADE
-- hits truncate of tipositver: rewritten

ANALYZE tipositver (tsvid)
-- becomes
ANALYZE esclusa_leaf.tipositver
-- hits analyze of tipositver: rewritten

REINDEX TABLE tipositver
-- becomes
REINDEX TABLE esclusa_leaf.tipositver
-- hits reindex of tipositver: rewritten

CLUSTER tipositver USING tipositver_pkey
-- becomes
CLUSTER esclusa_leaf.tipositver USING tipositver_pkey
-- hits cluster of tipositver: rewritten

COMMENT ON TABLE tipositver IS 'x'
-- becomes
-- refused 0A000: COMMENT of "tipositver": it is no table of its own any more
-- hits comment of tipositver: refused

-- The other item has a column of this name for certain: the server says that it is ambiguous.
UPDATE tipositver t SET tsvtxtid = 1 FROM tipositver s WHERE t.tsvid = s.tsvid AND tsvtxtid = 2
-- becomes
UPDATE esclusa_leaf.tipositver t SET (dv_txtid) = (SELECT CASE WHEN CASE WHEN ROW(r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvtxtid'], ARRAY[2], ARRAY[((t.dv_code)::numeric(5,0))::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN r.tsvtxtid END FROM (VALUES/*UPDATE*/ ((1)::numeric(10,0))) AS r(tsvtxtid)) FROM esclusa.tipositver s WHERE (t.dv_code)::numeric(5,0) = s.tsvid AND (SELECT tsvtxtid FROM (SELECT t.dv_txtid AS tsvtxtid) AS a, (SELECT t.dv_txtid AS tsvtxtid) AS b) = 2
-- hits update of tipositver: rewritten, select of tipositver: rewritten

-- Only the server knows what the other item has: it looks the name up where both are in sight.
DELETE FROM tipositver USING calles() AS c WHERE tsvid = c.id
-- becomes
DELETE FROM esclusa_leaf.tipositver AS tipositver USING calles() AS c WHERE (CASE WHEN false THEN (SELECT tsvid FROM (SELECT (tipositver.dv_code)::numeric(5,0) AS tsvid) AS tipositver, calles() AS c) ELSE (tipositver.dv_code)::numeric(5,0) END) = c.id
-- hits delete of tipositver: rewritten

-- A column of another item that only the leaf has too.
DELETE FROM tipositver t USING (SELECT 3 AS dv_code) s WHERE t.tsvid = dv_code
-- becomes
DELETE FROM esclusa_leaf.tipositver t USING (SELECT 3 AS dv_code) s WHERE (t.dv_code)::numeric(5,0) = s.dv_code
-- hits delete of tipositver: rewritten

COPY BINARY tipositver TO STDOUT
-- becomes
COPY  (SELECT tsvid, tsvtxtid FROM esclusa.tipositver) TO STDOUT BINARY
-- hits copy to of tipositver: rewritten

COPY tipositver (tsvid) TO STDOUT USING DELIMITERS ';' WITH NULL AS 'x'
-- becomes
COPY (SELECT tsvid FROM esclusa.tipositver) TO STDOUT DELIMITER ';'  NULL AS 'x'
-- hits copy to of tipositver: rewritten

INSERT INTO tipositver VALUES (1, 2) ON CONFLICT ((tsvid) pg_catalog.numeric_ops) DO NOTHING
-- becomes
INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tsvid, r.tsvtxtid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tsvid, r.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(r.tsvid)::pg_catalog.text, (r.tsvtxtid)::pg_catalog.text]) END THEN 'TIPO_SITVER' END, coalesce(pg_catalog.trim_scale((r.tsvid)::numeric)::pg_catalog.text, E'\u2205'), r.tsvtxtid, extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(10,0))) AS r(tsvid, tsvtxtid) ON CONFLICT ON CONSTRAINT tipositver_code_key DO NOTHING
-- hits insert of tipositver: rewritten

ANALYZE tipositver (nada)
-- becomes
-- refused 42703: column "nada" of relation "tipositver" does not exist
-- hits analyze of tipositver: rewritten
