-- System columns and samples.
select t.*, ctid from t
--
select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t

select *, ctid from t
--
select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t

select * from t where ctid = '(0,1)'
--
select t.id, t.x, t.y from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t where esclusa_ctid_0 = '(0,1)'

select ctid, xmin, t.xmax, (cmin), cmax::text, tableoid::regclass from t
--
select esclusa_ctid_0 AS ctid, esclusa_xmin_0 AS xmin, esclusa_xmax_0 AS xmax, (esclusa_cmin_0) AS cmin, esclusa_cmax_0::text AS cmax, esclusa_tableoid_0::regclass AS tableoid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, cmax AS esclusa_cmax_0, cmin AS esclusa_cmin_0, ctid AS esclusa_ctid_0, COALESCE(pg_catalog.to_regclass('cf_quere_pro.t')::pg_catalog.oid, tableoid) AS esclusa_tableoid_0, xmax AS esclusa_xmax_0, xmin AS esclusa_xmin_0 FROM esclusa_leaf.t) AS t

select t.ctid, o.* from t, other o
--
select esclusa_ctid_0 AS ctid, o.* from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t, other o

select *, t.ctid from t join other o on true
--
select t.id, t.x, t.y, o.*, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t join other o on true

select *, t.ctid from t natural join other
--
select id, t.x, t.y, other.z, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t natural join other

select *, t.ctid from t left join other using (id)
--
select id, t.x, t.y, other.z, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t left join other using (id)

select *, t.ctid from t natural join f(1) g
--
0A000 a system column beside * over a join of "t" cannot be rewritten faithfully

select *, t.ctid from t natural join (select *, 1 as w from other) s
--
select id, t.x, t.y, s.z, s.w, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t natural join (select *, 1 as w from other) s

select *, t.ctid from t natural join other, t b
--
0A000 a system column beside * over a join of "t" cannot be rewritten faithfully

select * from (t a join other o on a.ctid is null) as j
--
0A000 a system column beside * over a join of "t" cannot be rewritten faithfully

select j.* from (t a join other o on a.ctid is null) as j
--
0A000 a system column beside * over a join of "t" cannot be rewritten faithfully

select j.z from (t a join other o on a.ctid is null) as j
--
select j.z from ((SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) a join other o on esclusa_ctid_0 is null) as j

select row_to_json(h), h.ctid from t h
--
select row_to_json(esclusa_row_0), esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0, ROW((dv_code)::numeric(5,0), (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10), (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::esclusa.t AS esclusa_row_0 FROM esclusa_leaf.t) h

select h, h.ctid from t h order by h
--
select esclusa_row_0 AS h, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0, ROW((dv_code)::numeric(5,0), (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10), (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::esclusa.t AS esclusa_row_0 FROM esclusa_leaf.t) h order by h

select count(h), count(h.*), count(h.ctid) from t h
--
select count(esclusa_row_0), count(esclusa_row_0), count(esclusa_ctid_0) from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0, ROW((dv_code)::numeric(5,0), (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10), (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::esclusa.t AS esclusa_row_0 FROM esclusa_leaf.t) h

select row(h.*), h.ctid from t h
--
select row(h.id, h.x, h.y), esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) h

select (h).x, (h).*, h.ctid from t h
--
select (h).x, h.id, h.x, h.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) h

select h.ctid, h is null from other left join t h using (id)
--
select esclusa_ctid_1 AS ctid, esclusa_row_1 is null from other left join (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1, ROW((dv_code)::numeric(5,0), (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10), (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::esclusa.t AS esclusa_row_1 FROM esclusa_leaf.t) h using (id)

select x.*, x.ctid from t as x(a, b)
--
select x.a, x.b, x.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) as x(a, b)

select ctid from t as x(ctid)
--
select ctid from esclusa.t as x(ctid)

select x.ctid, x.* from t x(a, ctid)
--
select x.ctid, x.* from esclusa.t x(a, ctid)

delete from t a using t b where a.ctid < b.ctid and a.x = b.x
--
delete from esclusa_leaf.t a using (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) b where a.ctid < esclusa_ctid_1 and (a.dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) = b.x

delete from t where ctid not in (select min(ctid) from t group by x)
--
delete from esclusa_leaf.t AS t where ctid not in (select min(esclusa_ctid_1) from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) AS t group by x)

delete from t where ctid = any (array(select ctid from t where id = 3))
--
delete from esclusa_leaf.t AS t where ctid = any (array(select esclusa_ctid_1 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) AS t where id = 3))

update t set x = 'a' where ctid = '(0,1)' returning ctid, *
--
update esclusa_leaf.t AS t SET (dv_extra_json) = (SELECT CASE WHEN CASE WHEN ROW(r.x) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 't', ARRAY['x'], ARRAY[2], ARRAY[((t.dv_code)::numeric(5,0))::pg_catalog.text, (r.x)::pg_catalog.text, ((t.dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::pg_catalog.text]) END THEN t.dv_extra_json OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('x', pg_catalog.to_jsonb(r.x)) END FROM (VALUES/*UPDATE*/ (pg_catalog."varchar"(('a')::varchar, 14, false))) AS r(x)) where ctid = '(0,1)' returning ctid AS ctid, (t.dv_code)::numeric(5,0) AS id, (t.dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (t.dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y

update t set x = ctid::text returning ctid::text, t.ctid is null
--
update esclusa_leaf.t AS t SET (dv_extra_json) = (SELECT CASE WHEN CASE WHEN ROW(r.x) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 't', ARRAY['x'], ARRAY[2], ARRAY[((t.dv_code)::numeric(5,0))::pg_catalog.text, (r.x)::pg_catalog.text, ((t.dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::pg_catalog.text]) END THEN t.dv_extra_json OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('x', pg_catalog.to_jsonb(r.x)) END FROM (VALUES/*UPDATE*/ (pg_catalog."varchar"((ctid::text)::varchar, 14, false)) OFFSET 0) AS r(x)) returning ctid::text AS ctid, t.ctid is null

update t set x = 'a' from t b where b.ctid = t.ctid returning *, b.ctid
--
update esclusa_leaf.t AS t SET (dv_extra_json) = (SELECT CASE WHEN CASE WHEN ROW(r.x) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 't', ARRAY['x'], ARRAY[2], ARRAY[((t.dv_code)::numeric(5,0))::pg_catalog.text, (r.x)::pg_catalog.text, ((t.dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::pg_catalog.text]) END THEN t.dv_extra_json OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('x', pg_catalog.to_jsonb(r.x)) END FROM (VALUES/*UPDATE*/ (pg_catalog."varchar"(('a')::varchar, 14, false))) AS r(x)) from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) b where esclusa_ctid_1 = t.ctid returning (t.dv_code)::numeric(5,0) AS id, (t.dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (t.dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, b.id, b.x, b.y, esclusa_ctid_1 AS ctid

delete from t where t::text || ctid::text > 'a'
--
delete from esclusa_leaf.t AS t where (COALESCE(ROW((t.dv_code)::numeric(5,0), (t.dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10), (t.dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::esclusa.t))::text || ctid::text > 'a'

insert into t values (1, 'a', now()) returning ctid, xmin, id
--
insert into esclusa_leaf.t AS t (dv_domain, dv_code, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.id, r.x, r.y)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.id, r.x, r.y) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 't', ARRAY['id', 'x', 'y'], ARRAY[1, 2, 3], ARRAY[(r.id)::pg_catalog.text, (r.x)::pg_catalog.text, (r.y)::pg_catalog.text]) END THEN 'T' END, coalesce(pg_catalog.trim_scale((r.id)::numeric)::pg_catalog.text, E'\u2205'), extract(epoch FROM pg_catalog.clock_timestamp())::integer, pg_catalog.jsonb_build_object('x', pg_catalog.to_jsonb(r.x), 'y', pg_catalog.to_jsonb(r.y)) FROM (VALUES ((1)::numeric(5,0), pg_catalog."varchar"(('a')::varchar, 14, false), (esclusa.assign_date/*y@30*/(now()))::pg_catalog.date) OFFSET 0) AS r(id, x, y) returning ctid AS ctid, xmin AS xmin, (t.dv_code)::numeric(5,0) AS id

select a.id from t a join t b on a.ctid = b.ctid
--
select a.id from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) a join (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) b on esclusa_ctid_0 = esclusa_ctid_1

select id from t a join t b using (ctid)
--
select id from esclusa.t a join esclusa.t b using (ctid)

select ctid from t a join t b using (id)
--
42703 column "ctid" does not exist

select ctid from t, seen
--
select esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t, seen

select ctid from t, other
--
42702 column reference "ctid" is ambiguous

select ctid from t, public.foreign_one
--
select esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t, public.foreign_one

select id from t where exists (select 1 from other where ctid is null)
--
select id from esclusa.t where exists (select 1 from other where ctid is null)

select id from t where exists (select 1 from public.foreign_one where ctid is null)
--
select id from esclusa.t where exists (select 1 from public.foreign_one where ctid is null)

select id from t where exists (select 1 from seen where ctid is null)
--
select id from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t where exists (select 1 from seen where esclusa_ctid_0 is null)

select id from t join other using (id) where t.ctid is null
--
select id from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t join other using (id) where esclusa_ctid_0 is null

select t.id from t join (values (1)) v(a) on ctid is null
--
select t.id from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t join (values (1)) v(a) on esclusa_ctid_0 is null

select t.id from t join other o on ctid is null
--
42702 column reference "ctid" is ambiguous

select id as ctid from t order by ctid
--
select id as ctid from esclusa.t order by ctid

select id xmin from t order by xmin
--
select id xmin from esclusa.t order by xmin

select xmin as ctid from t order by ctid
--
select esclusa_xmin_0 as ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, xmin AS esclusa_xmin_0 FROM esclusa_leaf.t) AS t order by ctid

select ctid from (select id as ctid from t) q
--
select ctid from (select id as ctid from esclusa.t) q

select ctid from (select *, ctid from t) q
--
select ctid from (select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t) q

select xmin from (select *, ctid from t) q
--
select xmin from (select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t) q

with w(ctid) as (select id from t) select ctid from w
--
with w(ctid) as (select id from esclusa.t) select ctid from w

with xmin as (select id from t) select xmin.id from xmin
--
with xmin as (select id from esclusa.t) select xmin.id from xmin

select f(ctid => id) from t
--
select f(ctid => id) from esclusa.t

select f(id, ctid := id) from t
--
select f(id, ctid := id) from esclusa.t

select 'ctid' from t
--
select 'ctid' from esclusa.t

select ctid.id from t as ctid
--
select ctid.id from esclusa.t as ctid

select ctid from t as ctid
--
select esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) as ctid

select (r).ctid from (select row(1) r from t) q
--
select (r).ctid from (select row(1) r from esclusa.t) q

select min(x), ctid from t group by ctid
--
select min(x), esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t group by esclusa_ctid_0

select x, ctid from t group by id
--
select x, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t group by id, t.x, esclusa_ctid_0

select t, t.ctid from t group by id
--
select esclusa_row_0 AS t, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0, ROW((dv_code)::numeric(5,0), (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10), (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date)::esclusa.t AS esclusa_row_0 FROM esclusa_leaf.t) AS t group by id, esclusa_ctid_0, esclusa_row_0

select id as ctid from t group by ctid
--
select id as ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t group by esclusa_ctid_0

select id as ctid from (select * from t) q group by ctid
--
select id as ctid from (select * from esclusa.t) q group by ctid

select distinct on (ctid) id from t order by ctid
--
select distinct on (esclusa_ctid_0) id from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t order by esclusa_ctid_0

select ctid from t union select ctid from t order by ctid
--
select esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t union select esclusa_ctid_1 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) AS t order by ctid

table t order by ctid
--
SELECT t.id, t.x, t.y FROM (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t order by esclusa_ctid_0

select ctid from only t
--
select esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t

select * from t where ctid is null for update of t
--
select t.id, t.x, t.y from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t where esclusa_ctid_0 is null for update of t

create view v as select *, ctid from t
--
create view v as select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t

copy (select *, ctid from t) to stdout
--
copy (select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t) to stdout

declare c cursor for select *, ctid from t
--
declare c cursor for select t.id, t.x, t.y, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t

merge into other o using t on o.z = t.ctid::text when matched then delete
--
merge into other o using (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) AS t on o.z = esclusa_ctid_1::text when matched then delete

select * from t tablesample system (10)
--
select * from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y FROM esclusa_leaf.t tablesample system (10)) AS t 

select x.*, x from t as x tablesample bernoulli ($1) repeatable (3) where ctid is null
--
select x.id, x.x, x.y, x from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t tablesample bernoulli ($1) repeatable (3)) as x  where esclusa_ctid_0 is null

select x from t tablesample system (10) group by id
--
select x from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y FROM esclusa_leaf.t tablesample system (10)) AS t  group by id, t.x

insert into other select id, ctid::text from t
--
insert into other select id, esclusa_ctid_1::text AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) AS t

insert into t select id, ctid::text, y from t
--
insert into esclusa_leaf.t AS t (dv_domain, dv_code, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.id, r.x, r.y)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.id, r.x, r.y) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 't', ARRAY['id', 'x', 'y'], ARRAY[1, 2, 3], ARRAY[(r.id)::pg_catalog.text, (r.x)::pg_catalog.text, (r.y)::pg_catalog.text]) END THEN 'T' END, coalesce(pg_catalog.trim_scale((r.id)::numeric)::pg_catalog.text, E'\u2205'), extract(epoch FROM pg_catalog.clock_timestamp())::integer, pg_catalog.jsonb_build_object('x', pg_catalog.to_jsonb(r.x), 'y', pg_catalog.to_jsonb(r.y)) FROM (SELECT (esclusa.assign_numeric/*id@21*/(s.id))::numeric(5,0) AS id, pg_catalog."varchar"((s.x)::varchar, 14, false) AS x, (esclusa.assign_date/*y@37*/(s.y))::pg_catalog.date AS y FROM (select id, esclusa_ctid_1::text AS ctid, y from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) AS t) AS s(id, x, y)) AS r(id, x, y)

select id, j, ctid from d group by id
--
select id, (pg_catalog.array_agg(d.j))[1] AS j, esclusa_ctid_0 AS ctid from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'j')::pg_catalog.json AS j, ctid AS esclusa_ctid_0 FROM esclusa_leaf.d) AS d group by id, esclusa_ctid_0

select t.oid from t
--
select t.oid from esclusa.t

select cf_quere_pro.t.ctid, cf_quere_pro.t.* from cf_quere_pro.t
--
select esclusa_ctid_0 AS ctid, t.id, t.x, t.y from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t

select q.c from t, lateral (select ctid as c) q, t b
--
select q.c from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t, lateral (select esclusa_ctid_0 as c) q, esclusa.t b

select q.c from t join lateral (select ctid as c) q on true join t b on true
--
select q.c from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t join lateral (select esclusa_ctid_0 as c) q on true join esclusa.t b on true

select t.id from t join f() g on ctid is null
--
select t.id from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) AS t join f() g on esclusa_ctid_0 is null

select ctid from t join f() g on true
--
select ctid from esclusa.t join f() g on true

select ctid from (select id as ctid from t) a join (select id as ctid from t) b on true, t c
--
42702 column reference "ctid" is ambiguous

with m as (delete from t using t b where b.ctid = t.ctid returning b.*) select * from m
--
with m as (delete from esclusa_leaf.t AS t using (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_1 FROM esclusa_leaf.t) b where esclusa_ctid_1 = t.ctid returning b.id, b.x, b.y) select * from m

select (select max(s.c) from (select o.ctid as c, o.* from t o) s)
--
select (select max(s.c) from (select esclusa_ctid_0 as c, o.id, o.x, o.y from (SELECT (dv_code)::numeric(5,0) AS id, (dv_extra_json OPERATOR(pg_catalog.->>) 'x')::character varying(10) AS x, (dv_extra_json OPERATOR(pg_catalog.->>) 'y')::pg_catalog.date AS y, ctid AS esclusa_ctid_0 FROM esclusa_leaf.t) o) s)
