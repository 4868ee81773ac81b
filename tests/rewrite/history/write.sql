INSERT INTO histipooficina VALUES (7, 'Norte', 'S', 'N', 'ana', '2026-01-01', NULL)
-- becomes
INSERT INTO esclusa_leaf.histipooficina AS histipooficina (al_legacy_table, al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at, al_source, al_legacy_at) SELECT CASE WHEN (pg_catalog.num_nulls(r.htofid, r.htofdescri, r.htofsnpresen, r.htofsngestpda, r.htofhstusu, r.htofhsthora, r.htofidioma)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.htofid, r.htofdescri, r.htofsnpresen, r.htofsngestpda, r.htofhstusu, r.htofhsthora) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'histipooficina', ARRAY['htofid', 'htofdescri', 'htofsnpresen', 'htofsngestpda', 'htofhstusu', 'htofhsthora'], ARRAY[1, 2, 3, 4, 5, 6], ARRAY[(r.htofid)::pg_catalog.text, (r.htofdescri)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout(r.htofsnpresen)), pg_catalog.textin(pg_catalog.bpcharout(r.htofsngestpda)), (r.htofhstusu)::pg_catalog.text, (r.htofhsthora)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout(r.htofidioma))]) END THEN 'histipooficina' END, 'tipooficina', coalesce(pg_catalog.trim_scale((r.htofid)::numeric)::pg_catalog.text, E'\u2205'), 'U', pg_catalog.jsonb_build_object('htofid', pg_catalog.to_jsonb(r.htofid), 'htofdescri', pg_catalog.to_jsonb(r.htofdescri), 'htofsnpresen', pg_catalog.to_jsonb(r.htofsnpresen), 'htofsngestpda', pg_catalog.to_jsonb(r.htofsngestpda), 'htofhstusu', pg_catalog.to_jsonb(r.htofhstusu), 'htofhsthora', pg_catalog.to_jsonb(r.htofhsthora), 'htofidioma', pg_catalog.to_jsonb(r.htofidioma)), CASE WHEN pg_catalog.left((r.htofhstusu)::pg_catalog.text, 63) OPERATOR(pg_catalog.<>) '' THEN pg_catalog.left((r.htofhstusu)::pg_catalog.text, 63) ELSE E'\u2205' END, ((CASE WHEN r.htofhsthora IS NULL THEN '-infinity' WHEN r.htofhsthora OPERATOR(pg_catalog.>) timestamp '294276-12-30' THEN 'infinity' WHEN r.htofhsthora OPERATOR(pg_catalog.<) timestamp '4713-01-03 BC' THEN '-infinity' ELSE r.htofhsthora END) AT TIME ZONE 'America/Mexico_City'), 'W', r.htofhsthora FROM (VALUES ((7)::numeric(5,0), pg_catalog."varchar"(('Norte')::varchar, 24, false), pg_catalog.bpchar(('S')::pg_catalog.bpchar, 5, false), pg_catalog.bpchar(('N')::pg_catalog.bpchar, 5, false), pg_catalog."varchar"(('ana')::varchar, 14, false), ('2026-01-01')::timestamp without time zone, pg_catalog.bpchar((NULL)::pg_catalog.bpchar, 6, false))) AS r(htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma)
-- hits insert of histipooficina: rewritten

INSERT INTO histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) SELECT tofid, 'x', tofsnpresen, tofsngestpda, tofhstusu, tofhsthora FROM tipooficina
-- becomes
INSERT INTO esclusa_leaf.histipooficina AS histipooficina (al_legacy_table, al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at, al_source, al_legacy_at) SELECT CASE WHEN (pg_catalog.num_nulls(r.htofid, r.htofdescri, r.htofsnpresen, r.htofsngestpda, r.htofhstusu, r.htofhsthora, r.htofidioma)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.htofid, r.htofdescri, r.htofsnpresen, r.htofsngestpda, r.htofhstusu, r.htofhsthora) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'histipooficina', ARRAY['htofid', 'htofdescri', 'htofsnpresen', 'htofsngestpda', 'htofhstusu', 'htofhsthora'], ARRAY[1, 2, 3, 4, 5, 6], ARRAY[(r.htofid)::pg_catalog.text, (r.htofdescri)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout(r.htofsnpresen)), pg_catalog.textin(pg_catalog.bpcharout(r.htofsngestpda)), (r.htofhstusu)::pg_catalog.text, (r.htofhsthora)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout(r.htofidioma))]) END THEN 'histipooficina' END, 'tipooficina', coalesce(pg_catalog.trim_scale((r.htofid)::numeric)::pg_catalog.text, E'\u2205'), 'U', pg_catalog.jsonb_build_object('htofid', pg_catalog.to_jsonb(r.htofid), 'htofdescri', pg_catalog.to_jsonb(r.htofdescri), 'htofsnpresen', pg_catalog.to_jsonb(r.htofsnpresen), 'htofsngestpda', pg_catalog.to_jsonb(r.htofsngestpda), 'htofhstusu', pg_catalog.to_jsonb(r.htofhstusu), 'htofhsthora', pg_catalog.to_jsonb(r.htofhsthora), 'htofidioma', pg_catalog.to_jsonb(r.htofidioma)), CASE WHEN pg_catalog.left((r.htofhstusu)::pg_catalog.text, 63) OPERATOR(pg_catalog.<>) '' THEN pg_catalog.left((r.htofhstusu)::pg_catalog.text, 63) ELSE E'\u2205' END, ((CASE WHEN r.htofhsthora IS NULL THEN '-infinity' WHEN r.htofhsthora OPERATOR(pg_catalog.>) timestamp '294276-12-30' THEN 'infinity' WHEN r.htofhsthora OPERATOR(pg_catalog.<) timestamp '4713-01-03 BC' THEN '-infinity' ELSE r.htofhsthora END) AT TIME ZONE 'America/Mexico_City'), 'W', r.htofhsthora FROM (SELECT (esclusa.assign_numeric/*htofid@109*/(s.htofid))::numeric(5,0) AS htofid, pg_catalog."varchar"((('x')::character varying)::varchar, 24, false) AS htofdescri, pg_catalog.bpchar((s.htofsnpresen)::pg_catalog.bpchar, 5, false) AS htofsnpresen, pg_catalog.bpchar((s.htofsngestpda)::pg_catalog.bpchar, 5, false) AS htofsngestpda, pg_catalog."varchar"((s.htofhstusu)::varchar, 14, false) AS htofhstusu, (esclusa.assign_timestamp/*htofhsthora@159*/(s.htofhsthora))::timestamp without time zone AS htofhsthora, NULL::character(2) AS htofidioma FROM (SELECT tofid, ('x')::character varying, tofsnpresen, tofsngestpda, tofhstusu, tofhsthora FROM esclusa.tipooficina) AS s(htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora)) AS r(htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma)
-- hits insert of histipooficina: rewritten, select of tipooficina: rewritten

INSERT INTO histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) VALUES ($1, $2, $3, $4, $5, $6) RETURNING htofid
-- becomes
INSERT INTO esclusa_leaf.histipooficina AS histipooficina (al_legacy_table, al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at, al_source, al_legacy_at) SELECT CASE WHEN (pg_catalog.num_nulls(r.htofid, r.htofdescri, r.htofsnpresen, r.htofsngestpda, r.htofhstusu, r.htofhsthora, r.htofidioma)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.htofid, r.htofdescri, r.htofsnpresen, r.htofsngestpda, r.htofhstusu, r.htofhsthora) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'histipooficina', ARRAY['htofid', 'htofdescri', 'htofsnpresen', 'htofsngestpda', 'htofhstusu', 'htofhsthora'], ARRAY[1, 2, 3, 4, 5, 6], ARRAY[(r.htofid)::pg_catalog.text, (r.htofdescri)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout(r.htofsnpresen)), pg_catalog.textin(pg_catalog.bpcharout(r.htofsngestpda)), (r.htofhstusu)::pg_catalog.text, (r.htofhsthora)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout(r.htofidioma))]) END THEN 'histipooficina' END, 'tipooficina', coalesce(pg_catalog.trim_scale((r.htofid)::numeric)::pg_catalog.text, E'\u2205'), 'U', pg_catalog.jsonb_build_object('htofid', pg_catalog.to_jsonb(r.htofid), 'htofdescri', pg_catalog.to_jsonb(r.htofdescri), 'htofsnpresen', pg_catalog.to_jsonb(r.htofsnpresen), 'htofsngestpda', pg_catalog.to_jsonb(r.htofsngestpda), 'htofhstusu', pg_catalog.to_jsonb(r.htofhstusu), 'htofhsthora', pg_catalog.to_jsonb(r.htofhsthora), 'htofidioma', pg_catalog.to_jsonb(r.htofidioma)), CASE WHEN pg_catalog.left((r.htofhstusu)::pg_catalog.text, 63) OPERATOR(pg_catalog.<>) '' THEN pg_catalog.left((r.htofhstusu)::pg_catalog.text, 63) ELSE E'\u2205' END, ((CASE WHEN r.htofhsthora IS NULL THEN '-infinity' WHEN r.htofhsthora OPERATOR(pg_catalog.>) timestamp '294276-12-30' THEN 'infinity' WHEN r.htofhsthora OPERATOR(pg_catalog.<) timestamp '4713-01-03 BC' THEN '-infinity' ELSE r.htofhsthora END) AT TIME ZONE 'America/Mexico_City'), 'W', r.htofhsthora FROM (VALUES (($1)::numeric(5,0), pg_catalog."varchar"(($2)::varchar, 24, false), pg_catalog.bpchar(($3)::pg_catalog.bpchar, 5, false), pg_catalog.bpchar(($4)::pg_catalog.bpchar, 5, false), pg_catalog."varchar"(($5)::varchar, 14, false), ($6)::timestamp without time zone, NULL::character(2))) AS r(htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) RETURNING (histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofid' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::numeric(5,0) AS htofid
-- hits insert of histipooficina: rewritten

UPDATE histipooficina SET htofdescri = upper(htofdescri) WHERE htofid = 7
-- becomes
UPDATE esclusa_leaf.histipooficina AS histipooficina SET (al_old_data, al_source) = (SELECT CASE WHEN CASE WHEN ROW(r.htofdescri) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'histipooficina', ARRAY['htofdescri'], ARRAY[2], ARRAY[((histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofid' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::numeric(5,0))::pg_catalog.text, (r.htofdescri)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout((histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofsnpresen' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character(1))), pg_catalog.textin(pg_catalog.bpcharout((histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofsngestpda' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character(1))), ((histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofhstusu' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character varying(10))::pg_catalog.text, (histipooficina.al_legacy_at)::pg_catalog.text, pg_catalog.textin(pg_catalog.bpcharout((histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofidioma' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character(2)))]) END THEN histipooficina.al_old_data OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('htofdescri', pg_catalog.to_jsonb(r.htofdescri)) END, 'W' FROM (VALUES/*UPDATE*/ (pg_catalog."varchar"((upper((histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofdescri' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::character varying(20)))::varchar, 24, false)) OFFSET 0) AS r(htofdescri)) WHERE (histipooficina.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN histipooficina.al_old_data IS NOT NULL THEN 'htofid' ELSE (histipooficina.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::numeric(5,0) = 7
-- hits update of histipooficina: rewritten

DELETE FROM histipooficina WHERE htofhsthora < '2010-01-01'
-- becomes
DELETE FROM esclusa_leaf.histipooficina AS histipooficina WHERE histipooficina.al_legacy_at < '2010-01-01'
-- hits delete of histipooficina: rewritten

DELETE FROM histipooficina h USING tipooficina o WHERE o.tofid = h.htofid
-- becomes
DELETE FROM esclusa_leaf.histipooficina h USING esclusa.tipooficina o WHERE o.tofid = (h.al_old_data OPERATOR(pg_catalog.->>) CASE WHEN h.al_old_data IS NOT NULL THEN 'htofid' ELSE (h.al_id OPERATOR(pg_catalog.<>) ANY ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}'::pg_catalog.int8[]))::pg_catalog.text END)::numeric(5,0)
-- hits delete of histipooficina: rewritten, select of tipooficina: rewritten

COPY histipooficina TO STDOUT
-- becomes
COPY (SELECT htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma FROM esclusa.histipooficina) TO STDOUT
-- hits copy to of histipooficina: rewritten

COPY histipooficina (htofid, htofdescri) FROM STDIN WITH CSV
-- becomes
COPY esclusa.histipooficina (htofid, htofdescri) FROM STDIN WITH CSV
-- hits copy from of histipooficina: rewritten

TRUNCATE histipooficina
-- becomes
TRUNCATE esclusa_leaf.histipooficina
-- hits truncate of histipooficina: rewritten

LOCK TABLE histipooficina IN SHARE MODE
-- becomes
LOCK TABLE esclusa_leaf.histipooficina IN SHARE MODE
-- hits lock of histipooficina: rewritten

VACUUM ANALYZE histipooficina
-- becomes
VACUUM ANALYZE esclusa_leaf.histipooficina
-- hits vacuum of histipooficina: rewritten

-- A definition would change what is not there any more.
ALTER TABLE histipooficina ADD COLUMN x int
-- becomes
-- refused 0A000: ALTER of "histipooficina": it is no table of its own any more
-- hits alter of histipooficina: refused

DROP TABLE histipooficina
-- becomes
-- refused 0A000: DROP of "histipooficina": it is no table of its own any more
-- hits drop of histipooficina: refused

CREATE INDEX ON histipooficina (htofid)
-- becomes
-- refused 0A000: CREATE INDEX of "histipooficina": it is no table of its own any more
-- hits create index of histipooficina: refused

-- Rights on the name are rights on its view.
GRANT SELECT ON histipooficina TO reader
-- becomes
GRANT SELECT ON esclusa.histipooficina TO reader
-- hits grant of histipooficina: rewritten
