SELECT * FROM tipfacgasrec WHERE tfgrmfid = 1 AND tfgrexpid = $1
-- becomes
SELECT * FROM esclusa.tipfacgasrec WHERE tfgrmfid = 1 AND tfgrexpid = $1
-- hits select of tipfacgasrec: rewritten

SELECT t.tfgrexpid FROM tipfacgasrec t GROUP BY t.tfgrmfid, t.tfgrexpid
-- becomes
SELECT t.tfgrexpid FROM esclusa.tipfacgasrec t GROUP BY t.tfgrmfid, t.tfgrexpid
-- hits select of tipfacgasrec: rewritten

INSERT INTO tipfacgasrec VALUES (1, 2)
-- becomes
INSERT INTO esclusa_leaf.tipfacgasrec AS tipfacgasrec (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code, dvl_sort_order, dvl_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tfgrmfid, r.tfgrexpid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tfgrmfid, r.tfgrexpid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipfacgasrec', ARRAY['tfgrmfid', 'tfgrexpid'], ARRAY[1, 2], ARRAY[(r.tfgrmfid)::pg_catalog.text, (r.tfgrexpid)::pg_catalog.text]) END THEN 'TIP_FACGASREC' END, 'TFGRMFID', coalesce(pg_catalog.trim_scale((r.tfgrmfid)::numeric)::pg_catalog.text, E'\u2205'), 'EXPLOTACION', coalesce(pg_catalog.trim_scale((r.tfgrexpid)::numeric)::pg_catalog.text, E'\u2205'), extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(5,0))) AS r(tfgrmfid, tfgrexpid)
-- hits insert of tipfacgasrec: rewritten

INSERT INTO tipfacgasrec (tfgrexpid, tfgrmfid) SELECT a, b FROM other
-- becomes
INSERT INTO esclusa_leaf.tipfacgasrec AS tipfacgasrec (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code, dvl_sort_order, dvl_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tfgrmfid, r.tfgrexpid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tfgrmfid, r.tfgrexpid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipfacgasrec', ARRAY['tfgrmfid', 'tfgrexpid'], ARRAY[1, 2], ARRAY[(r.tfgrmfid)::pg_catalog.text, (r.tfgrexpid)::pg_catalog.text]) END THEN 'TIP_FACGASREC' END, 'TFGRMFID', coalesce(pg_catalog.trim_scale((r.tfgrmfid)::numeric)::pg_catalog.text, E'\u2205'), 'EXPLOTACION', coalesce(pg_catalog.trim_scale((r.tfgrexpid)::numeric)::pg_catalog.text, E'\u2205'), extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (SELECT (esclusa.assign_numeric/*tfgrexpid@54*/(s.tfgrexpid))::numeric(5,0) AS tfgrexpid, (esclusa.assign_numeric/*tfgrmfid@57*/(s.tfgrmfid))::numeric(5,0) AS tfgrmfid FROM (SELECT a, b FROM other) AS s(tfgrexpid, tfgrmfid)) AS r(tfgrexpid, tfgrmfid)
-- hits insert of tipfacgasrec: rewritten

INSERT INTO tipfacgasrec VALUES (1, 2) ON CONFLICT (tfgrmfid, tfgrexpid) DO NOTHING
-- becomes
INSERT INTO esclusa_leaf.tipfacgasrec AS tipfacgasrec (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code, dvl_sort_order, dvl_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.tfgrmfid, r.tfgrexpid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tfgrmfid, r.tfgrexpid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipfacgasrec', ARRAY['tfgrmfid', 'tfgrexpid'], ARRAY[1, 2], ARRAY[(r.tfgrmfid)::pg_catalog.text, (r.tfgrexpid)::pg_catalog.text]) END THEN 'TIP_FACGASREC' END, 'TFGRMFID', coalesce(pg_catalog.trim_scale((r.tfgrmfid)::numeric)::pg_catalog.text, E'\u2205'), 'EXPLOTACION', coalesce(pg_catalog.trim_scale((r.tfgrexpid)::numeric)::pg_catalog.text, E'\u2205'), extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb FROM (VALUES ((1)::numeric(5,0), (2)::numeric(5,0))) AS r(tfgrmfid, tfgrexpid) ON CONFLICT ON CONSTRAINT tipfacgasrec_code_key DO NOTHING
-- hits insert of tipfacgasrec: rewritten

UPDATE tipfacgasrec SET tfgrexpid = tfgrexpid + 1 WHERE tfgrmfid = 1
-- becomes
UPDATE esclusa_leaf.tipfacgasrec AS tipfacgasrec SET (dvl_target_code) = (SELECT CASE WHEN CASE WHEN ROW(r.tfgrexpid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipfacgasrec', ARRAY['tfgrexpid'], ARRAY[2], ARRAY[((tipfacgasrec.dvl_source_code)::numeric(5,0))::pg_catalog.text, (r.tfgrexpid)::pg_catalog.text]) END THEN coalesce(pg_catalog.trim_scale((r.tfgrexpid)::numeric)::pg_catalog.text, E'\u2205') END FROM (VALUES/*UPDATE*/ ((esclusa.assign_numeric/*tfgrexpid@36*/((tipfacgasrec.dvl_target_code)::numeric(5,0) + 1))::numeric(5,0)) OFFSET 0) AS r(tfgrexpid)) WHERE (tipfacgasrec.dvl_source_code)::numeric(5,0) = 1
-- hits update of tipfacgasrec: rewritten

DELETE FROM tipfacgasrec WHERE tfgrmfid = 1 RETURNING *
-- becomes
DELETE FROM esclusa_leaf.tipfacgasrec AS tipfacgasrec WHERE (tipfacgasrec.dvl_source_code)::numeric(5,0) = 1 RETURNING (tipfacgasrec.dvl_source_code)::numeric(5,0) AS tfgrmfid, (tipfacgasrec.dvl_target_code)::numeric(5,0) AS tfgrexpid
-- hits delete of tipfacgasrec: rewritten

MERGE INTO tipfacgasrec t USING s ON (t.tfgrmfid, t.tfgrexpid) = (s.a, s.b) WHEN NOT MATCHED THEN INSERT (tfgrmfid, tfgrexpid) VALUES (s.a, s.b)
-- becomes
MERGE INTO esclusa_leaf.tipfacgasrec t USING s ON ((t.dvl_source_code)::numeric(5,0), (t.dvl_target_code)::numeric(5,0)) = (s.a, s.b) WHEN NOT MATCHED THEN INSERT (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code, dvl_sort_order, dvl_extra_json) VALUES ((SELECT CASE WHEN (pg_catalog.num_nulls(r.tfgrmfid, r.tfgrexpid)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.tfgrmfid, r.tfgrexpid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipfacgasrec', ARRAY['tfgrmfid', 'tfgrexpid'], ARRAY[1, 2], ARRAY[(r.tfgrmfid)::pg_catalog.text, (r.tfgrexpid)::pg_catalog.text]) END THEN 'TIP_FACGASREC' END FROM (VALUES ((esclusa.assign_numeric/*tfgrmfid@135*/(s.a))::numeric(5,0), (esclusa.assign_numeric/*tfgrexpid@140*/(s.b))::numeric(5,0))) AS r(tfgrmfid, tfgrexpid)), 'TFGRMFID', (SELECT coalesce(pg_catalog.trim_scale((r.tfgrmfid)::numeric)::pg_catalog.text, E'\u2205') FROM (VALUES ((esclusa.assign_numeric/*tfgrmfid@135*/(s.a))::numeric(5,0), (esclusa.assign_numeric/*tfgrexpid@140*/(s.b))::numeric(5,0))) AS r(tfgrmfid, tfgrexpid)), 'EXPLOTACION', (SELECT coalesce(pg_catalog.trim_scale((r.tfgrexpid)::numeric)::pg_catalog.text, E'\u2205') FROM (VALUES ((esclusa.assign_numeric/*tfgrmfid@135*/(s.a))::numeric(5,0), (esclusa.assign_numeric/*tfgrexpid@140*/(s.b))::numeric(5,0))) AS r(tfgrmfid, tfgrexpid)), extract(epoch FROM pg_catalog.clock_timestamp())::integer, '{}'::pg_catalog.jsonb)
-- hits merge of tipfacgasrec: rewritten

COPY tipfacgasrec TO STDOUT
-- becomes
COPY (SELECT tfgrmfid, tfgrexpid FROM esclusa.tipfacgasrec) TO STDOUT
-- hits copy to of tipfacgasrec: rewritten

TRUNCATE ONLY tipfacgasrec
-- becomes
TRUNCATE esclusa_leaf.tipfacgasrec
-- hits truncate of tipfacgasrec: rewritten
