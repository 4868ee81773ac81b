-- Names of row types.
select null::t, null::cf_quere_pro.t, null::"t"
--
select null::esclusa.t, null::esclusa.t, null::esclusa.t

select row(1, 2)::t, cast(x as cf_quere_pro.t) from t
--
select row(1, 2)::esclusa.t, cast(x as esclusa.t) from esclusa.t

select json_populate_record(null::t, '{}')
--
select json_populate_record(null::esclusa.t, '{}')

select '{}'::t[], array[null::t]
--
select '{}'::esclusa.t[], array[null::esclusa.t]

select t '(1,2)'
--
select esclusa.t '(1,2)'

select * from f(1) as x(a int, b t)
--
select * from f(1) as x(a int, b esclusa.t)

select * from f(1) as (a t)
--
select * from f(1) as (a esclusa.t)

create temp table c (a int, b t)
--
create temp table c (a int, b esclusa.t)

create table c as select null::t as n
--
create table c as select null::esclusa.t as n

alter table c add column b t
--
alter table c add column b esclusa.t

prepare p (t) as select $1, id from t
--
prepare p (esclusa.t) as select $1, id from esclusa.t

select (lag(t) over (order by id)).x, (array_agg(t))[2].x from t
--
select (lag(t) over (order by id)).x, (array_agg(t))[2].x from esclusa.t

select json_populate_record(t, '{}'), (t).x, (t).* from t
--
select json_populate_record(t, '{}'), (t).x, (t).* from esclusa.t

select null::public.t
--
the same

select null::text, x::varchar(3) from t
--
select null::text, x::varchar(3) from esclusa.t

with t as (select 1 as a) select null::t, a from t
--
with t as (select 1 as a) select null::esclusa.t, a from t

update other set z = (null::t).x
--
update other set z = (null::esclusa.t).x

insert into t select (r).* from (select null::t) s(r)
--
insert into esclusa_leaf.t AS t (dv_domain, dv_code, dv_sort_order, dv_extra_json) SELECT CASE WHEN (pg_catalog.num_nulls(r.id, r.x, r.y)) OPERATOR(pg_catalog.>=) 0 AND CASE WHEN ROW(r.id, r.x, r.y) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 't', ARRAY['id', 'x', 'y'], ARRAY[1, 2, 3], ARRAY[(r.id)::pg_catalog.text, (r.x)::pg_catalog.text, (r.y)::pg_catalog.text]) END THEN 'T' END, coalesce(pg_catalog.trim_scale((r.id)::numeric)::pg_catalog.text, E'\u2205'), extract(epoch FROM pg_catalog.clock_timestamp())::integer, pg_catalog.jsonb_build_object('x', pg_catalog.to_jsonb(r.x), 'y', pg_catalog.to_jsonb(r.y)) FROM (SELECT (s.id)::numeric(5,0) AS id, pg_catalog."varchar"((s.x)::varchar, 14, false) AS x, (s.y)::pg_catalog.date AS y FROM (SELECT * FROM (select (r).* from (select null::esclusa.t) s(r)) AS q UNION ALL SELECT NULL, NULL, NULL WHERE false) AS s(id, x, y) OFFSET 0) AS r(id, x, y)

create table c (t int, b numeric(5) default (null::t).id)
--
the same
