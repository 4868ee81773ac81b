-- System columns: a view has none. Their values are those of another table, so they are compared with each other and not shown.

select t.*, ctid is null as sin from tipositver t order by 1;

select *, ctid is null as sin from tipositver order by 1;

select * from tipositver where ctid is not null order by tsvid;

select * from tipositver t where t.ctid = (select x.ctid from tipositver x where x.tsvid = t.tsvid) order by 1;

select count(*), count(ctid), count(distinct ctid), count(xmin), min(cmin::text) is null from tipositver;

select pg_typeof(ctid), pg_typeof(xmin), pg_typeof(xmax), pg_typeof(cmin), pg_typeof(cmax), pg_typeof(tableoid) from tipositver limit 1;

-- Names and types of the columns, without their values.
select ctid, t.xmin, (cmax), tableoid::oid, ctid::text, cast(ctid as text), case when false then xmin end, coalesce(ctid, ctid) from tipositver t where false;

select t.*, ctid, * from tipositver t where false;

select q.* from (select *, ctid from tipositver) q where false;

with w as (select tsvid, ctid from tipositver) select * from w where false;

select * from tipositver t, tipoelem e where t.ctid is null;

select *, t.ctid is null, e.ctid is null from tipositver t join tipoelem e on true order by t.tsvid, e.tlmcod;

select *, t.ctid is null from tipositver t natural join tipositver e order by 1;

select *, t.ctid is null from tipositver t left join tipositver e using (tsvid) order by 1;

select *, t.ctid is null from (select tsvid from tipositver) q natural join tipositver t order by 1;

select *, t.ctid is null from tipositver t full join (values (1, 2), (999, 3)) v(tsvid, x) using (tsvid) order by 1;

select v.*, t.ctid is null, t.* from (values (1), (999)) v(x) left join tipositver t on t.tsvid = v.x order by 1;

select count(t), count(t.*), count(t.ctid), bool_or(t is null) from (values (1), (999)) v(x) left join tipositver t on t.tsvid = v.x;

select t, row_to_json(t), to_jsonb(t.*), t.ctid is null from (values (1), (999)) v(x) left join tipositver t on t.tsvid = v.x order by v.x;

select row_to_json(h), h.ctid is null, h from tipositver h order by h.tsvid;

select (h).tsvtxtid, (h).*, h.ctid is null from tipositver h order by 1, 2;

select row(h.*, 1), h.ctid is null from tipositver h order by h.tsvid;

select h.*, (select count(*) from tipositver x where x.ctid <= h.ctid) > 0 from tipositver h order by 1;

select x.*, x.ctid is null from tipositver as x(a, b) order by 1;

select x, x.ctid is null from tipositver as x(a, b) order by x.a;

select a.tsvid, b.tsvid from tipositver a join tipositver b on a.ctid = b.ctid order by 1;

select a.tsvid, b.tsvid from tipositver a, tipositver b where a.ctid = b.ctid order by 1;

select count(*) > 0 from tipositver a, tipositver b where a.ctid < b.ctid;

select a.tsvid from tipositver a join tipositver b using (ctid);

select ctid from tipositver a join tipositver b on a.tsvid = b.tsvid;

select t.tsvid from tipositver t join (values (1), (2)) v(x) on v.x = tsvid and ctid is not null order by 1;

select 1 from tipositver t join tipoelem e on ctid is null;

select 1 from tipositver t where exists (select 1 from tipoelem a join tipoelem b on true where ctid is null);

select ctid is null from tipositver, tipoelem;

select ctid is null from tipositver, oficina;

select ctid is null, tsvid from tipositver, generate_series(1, 2) g order by 2, g;

select tsvid from tipositver where ctid = any (array(select ctid from tipositver where tsvid < 4)) order by 1;

select tsvid from tipositver where ctid in (select min(ctid) from tipositver group by tsvid) order by 1;

select tsvid from tipositver t where exists (select 1 from oficina where ctid is not null and ofiid > t.tsvid) order by 1;

select tsvid from tipositver where (select ctid) is not null order by 1;

select count(*), min(tsvid) from tipositver group by ctid order by 2;

select ctid is null, count(*) from tipositver group by ctid is null;

select tsvid, ctid is null, xmin is null from tipositver group by tsvid order by 1;

select t.*, t.ctid is null, row_to_json(t) from tipositver t group by t.tsvid order by 1;

select tsvid, ctid from tipositver group by tsvtxtid;

select ctid, count(*) from tipositver;

select t, count(t.ctid) from tipositver t;

select xmin + 1 from tipositver;

select distinct on (ctid) tsvid from tipositver where tsvid = 1 order by ctid;

select tsvid from tipositver order by ctid is null, tsvid;

select a.* from tipositver a, lateral (select b.ctid from tipositver b where b.ctid = a.ctid) q order by 1;

select tsvid, row_number() over (partition by ctid) from tipositver order by 1;

select tsvid from tipositver where ctid is not null order by 1 for update;

select t.*, t.ctid is null from tipositver t order by 1 for share of t;

table tipositver order by ctid is null, tsvid;

select tableoid::regclass is null, count(*) from tipositver group by tableoid;

select relname from pg_class c join tipositver t on c.oid = t.tableoid where t.tsvid = 1;

select tsvid, xmin::text::bigint > 0, age(xmin) >= 0 from tipositver order by 1;

-- Names that are no system columns.
select tsvid as ctid from tipositver order by ctid;

select tsvid ctid, tsvtxtid as xmin from tipositver order by ctid, xmin;

select ctid from (select tsvid as ctid from tipositver) q order by 1;

with w(ctid) as (select tsvid from tipositver) select ctid, tsvtxtid from w join tipositver on tsvid = ctid order by 1;

with w(ctid) as (select tsvid from tipositver) select w.ctid, tsvtxtid from w join tipositver on tsvid = w.ctid order by 1;

select q.ctid, tsvtxtid from (select tsvid as ctid from tipositver) q, tipositver where tsvid = ctid;

with xmin as (select 1 as x) select x, tsvid from xmin, tipositver order by 2;

select ctid.tsvid, ctid.* from tipositver as ctid order by 1;

select * from tipositver as x(ctid, b) order by ctid;

select x.ctid, x.* from tipositver as x(ctid, b) where x.ctid < 4 order by 1;

select 'ctid', "ctid" is null from tipositver where tsvid = 1;

select oficina.ctid is null, t.* from oficina, tipositver t where oficina.ofiid = t.tsvid order by 2;

select o.ctid is null, * from oficina o join tipositver t on o.ofiid = t.tsvid order by t.tsvid;

select tsvid as ctid, count(*) from (select * from tipositver) q group by ctid order by 1;

select t.oid from tipositver t;

select make_interval(days => 1), tsvid from tipositver order by 2;

-- Writing.
delete from tipositver where ctid = (select max(ctid) from tipositver where tsvid = 2) returning *;

delete from tipositver where ctid not in (select min(ctid) from tipositver group by tsvid) returning tsvid;

delete from tipositver a using tipositver b where a.ctid < b.ctid and a.tsvid = b.tsvid;

delete from tipositver a using tipositver b where a.ctid = b.ctid and a.tsvid < 3 returning a.tsvid, b.*, a.ctid = b.ctid;

delete from tipositver a using tipositver b where a.ctid = b.ctid and a.tsvid < 3 returning *;

delete from tipositver where ctid in (select ctid from (select ctid, row_number() over (partition by tsvid order by ctid) n from tipositver) q where n > 1);

delete from tipositver where ctid = any (array(select ctid from tipositver where tsvid = 3 for update)) returning *;

update tipositver set tsvtxtid = 7 where ctid = (select ctid from tipositver where tsvid = 3) returning *, ctid is null;

update tipositver set tsvtxtid = 7 where tsvid = 3 returning ctid is null, tipositver.ctid is null, xmax::text is null, (ctid is null) as x, row_to_json(tipositver);

update tipositver t set tsvtxtid = t.tsvtxtid + 1 where t.tsvid = 3 and t.ctid::text || t::text like '%,%' returning t;

update tipositver t set tsvtxtid = length(t.ctid::text) * 0 where t.tsvid = 3 returning tsvtxtid;

update tipositver t set tsvtxtid = (select count(*) from tipositver x where x.ctid = t.ctid) where tsvid < 4 returning *;

insert into tipositver values (900, 1) returning ctid is null, tableoid::regclass is null, *;

-- Names of what is returned.
-- twin: rows any
insert into tipositver values (901, 1) returning (ctid is null)::text, ctid::text like '(%';

insert into oficina select * from oficina where false returning ctid;

delete from tipositver where false returning ctid, tipositver.ctid, ctid::text, xmin, *;

delete from tipositver a using tipositver b where false returning b.ctid, b.ctid::text, b.*, *;

-- Samples.
select count(*) from tipositver tablesample bernoulli (100);

select t.*, t.ctid is null from tipositver t tablesample system (100) repeatable (1) order by 1;

select t, row_to_json(t) from tipositver t tablesample bernoulli (100) order by t.tsvid;

select tsvid, tsvtxtid from tipositver as x tablesample bernoulli (100) group by tsvid order by 1;

-- twin: apart
begin; create view v_system as select t.*, ctid from tipositver t; select tsvid, ctid is null from v_system order by 1; rollback;

-- The row as a star, in an expression.
select count(*) from tipositver a join tipositver b on a.* = b.* and a.ctid = b.ctid;

select a.tsvid, a.* = b.*, md5(a.*::text) = md5(b.*::text), a.*::text, a.* is not null, a.ctid is null from tipositver a join tipositver b using (tsvid) order by 1;

delete from histipooficina a using histipooficina b where a.* = b.* and a.ctid < b.ctid;

delete from histipooficina a using histipooficina b where a.* is not distinct from b.* and a.ctid <> b.ctid;

select h.*::text, h.ctid is null from histipooficina h where h.* is not null order by 1;
