-- GROUP BY key.
select id, x from t group by id
--
select id, x from esclusa.t group by id, t.x

select x from t group by 1
--
select x from esclusa.t group by 1

select x, y from t group by 1
--
select x, y from esclusa.t group by 1

select id, x from t group by 1
--
select id, x from esclusa.t group by 1, t.x

select t.*, count(*) from t group by 1
--
select t.*, count(*) from esclusa.t group by 1, t.x, t.y

select *, count(*) from t group by t.id
--
select *, count(*) from esclusa.t group by t.id, t.x, t.y

select id as a, x from t group by a
--
select id as a, x from esclusa.t group by a, t.x

select x as id, id as b from t group by id
--
select x as id, id as b from esclusa.t group by id, t.x

select id as x, y from t group by x
--
select id as x, y from esclusa.t group by x

select id + 0 as a, x from t group by a
--
select id + 0 as a, x from esclusa.t group by a

select x from t group by (id)
--
select x from esclusa.t group by (id), t.x

select x from t group by (id, y)
--
select x from esclusa.t group by (id, y), t.x

select x from t group by ((id)), ()
--
select x from esclusa.t group by ((id)), (), t.x

select x from t group by distinct id
--
select x from esclusa.t group by distinct id, t.x

select x from t group by all id
--
select x from esclusa.t group by all id, t.x

select x from t group by rollup (id)
--
select x from esclusa.t group by rollup (id)

select x, y from t group by id, rollup (x)
--
select x, y from esclusa.t group by id, rollup (x), t.y

select x, y from t group by grouping sets ((id), (id, y))
--
select x, y from esclusa.t group by grouping sets ((id), (id, y)), t.x

select x from t group by grouping sets (id, rollup (id))
--
select x from esclusa.t group by grouping sets (id, rollup (id))

select x from t group by id, cube (y)
--
select x from esclusa.t group by id, cube (y), t.x

select lower(x), sum(length(x)), max(y) filter (where x > 'a') from t group by id
--
select lower(x), sum(length(x)), max(y) filter (where x > 'a') from esclusa.t group by id, t.x

select max(y) from t group by id
--
select max(y) from esclusa.t group by id

select max(y), sum(count(*)) over (order by y) from t group by id
--
select max(y), sum(count(*)) over (order by y) from esclusa.t group by id, t.y

select lag(y) over w from t group by id window w as (order by x)
--
select lag(y) over w from esclusa.t group by id, t.x, t.y window w as (order by x)

select count(*) from t group by id having x > 'a' order by y
--
select count(*) from esclusa.t group by id, t.x, t.y having x > 'a' order by y

select distinct on (x) y from t group by id order by x
--
select distinct on (x) y from esclusa.t group by id, t.x, t.y order by x

select (select o.z || t.x from other o) from t group by id
--
select (select o.z || t.x from other o) from esclusa.t group by id, t.x

select (select max(o.z || t.x) from other o) from t group by t.id
--
select (select max(o.z || t.x) from other o) from esclusa.t group by t.id, t.x

select o from t o group by o.id
--
select o from esclusa.t o group by o.id, o.*

select row_to_json(o), count(o), array_agg(o.*) from t o group by o.id
--
select row_to_json(o), count(o), array_agg(o.*) from esclusa.t o group by o.id, o.*

select (o).x, (o).* from t o group by id
--
select (o).x, (o).* from esclusa.t o group by id, o.x, o.y

select row(o.*), f(o.*) from t o group by id
--
select row(o.*), f(o.*) from esclusa.t o group by id, o.x, o.y, o.*

select to_json(t) from t group by id order by t.y
--
select to_json(t) from esclusa.t group by id, t.y, t.* order by t.y

select a.x, b.x from t a join t b on a.id = b.id group by a.id
--
select a.x, b.x from esclusa.t a join esclusa.t b on a.id = b.id group by a.id, a.x

select a.x, b.x from t a join t b on a.id = b.id group by a.id, b.id
--
select a.x, b.x from esclusa.t a join esclusa.t b on a.id = b.id group by a.id, b.id, a.x, b.x

select a.x, b.y from t a join t b using (id) group by id
--
select a.x, b.y from esclusa.t a join esclusa.t b using (id) group by id, a.x

select b.y from t a right join t b using (id) group by id
--
select b.y from esclusa.t a right join esclusa.t b using (id) group by id, b.y

select a.x from t a full join t b using (id) group by id
--
select a.x from esclusa.t a full join esclusa.t b using (id) group by id

select t.x from t join other using (id) group by id
--
select t.x from esclusa.t join other using (id) group by id, t.x

select t.x from t join wide using (id) group by id
--
select t.x from esclusa.t join wide using (id) group by id

select t.x from other join t using (id) group by t.id
--
select t.x from other join esclusa.t using (id) group by t.id, t.x

select * from t natural join other group by id, z
--
select * from esclusa.t natural join other group by id, z, t.x, t.y

select j.x from (t join other on true) as j(a, x) group by j.a
--
select j.x from (esclusa.t join other on true) as j(a, x) group by j.a, j.x

select x.b from t as x(a, b) group by a
--
select x.b from esclusa.t as x(a, b) group by a, x.b

select k, x from u group by id, k
--
select k, x from esclusa.u group by id, k, u.x

select u.* from u group by k, 1
--
select u.* from esclusa.u group by k, 1, u.x

select x from u group by id
--
select x from esclusa.u group by id

select u.x, t.x from u join t using (id) group by id, k
--
select u.x, t.x from esclusa.u join esclusa.t using (id) group by id, k, u.x

select x from n group by id
--
select x from esclusa.n group by id

select x from q group by id
--
select x from esclusa.q group by id

select id, j from d group by id
--
select id, (pg_catalog.array_agg(d.j))[1] AS j from esclusa.d group by id

select d.*, count(*) from d group by id
--
select d.id, (pg_catalog.array_agg(d.j))[1] AS j, count(*) from esclusa.d group by id

select *, 1 from d group by id
--
select d.id, (pg_catalog.array_agg(d.j))[1] AS j, 1 from esclusa.d group by id

select d from d group by id
--
select (pg_catalog.array_agg(d.*))[1] AS d from esclusa.d group by id

select j::text, json_agg(j), coalesce(j, '{}') from d group by id order by j::text
--
select (pg_catalog.array_agg(d.j))[1]::text AS j, json_agg(j), coalesce((pg_catalog.array_agg(d.j))[1], '{}') from esclusa.d group by id order by (pg_catalog.array_agg(d.j))[1]::text

select d.j, t.x from d join t using (id) group by d.id, t.id
--
select (pg_catalog.array_agg(d.j))[1] AS j, t.x from esclusa.d join esclusa.t using (id) group by d.id, t.id, t.x

insert into other select id, x from t group by id
--
insert into other select id, x from esclusa.t group by id, t.x

insert into other (z, id) select x, id from t group by 2 on conflict do nothing
--
insert into other (z, id) select x, id from esclusa.t group by 2, t.x on conflict do nothing

update other set z = s.x from (select id, x from t group by id) s where s.id = other.id
--
update other set z = s.x from (select id, x from esclusa.t group by id, t.x) s where s.id = other.id

with w as (select id, x from t group by id) select * from w
--
with w as (select id, x from esclusa.t group by id, t.x) select * from w

with w(id) as (select 1) select x as id, y from t, w group by id
--
with w(id) as (select 1) select x as id, y from esclusa.t, w group by id

with w(a) as (select 1) select t.id as id2, x from t, w group by id2, a
--
with w(a) as (select 1) select t.id as id2, x from esclusa.t, w group by id2, a, t.x

with w as (select * from other) select t.id as z, x from t, w group by z
--
with w as (select * from other) select t.id as z, x from esclusa.t, w group by z

create view v as select id, x from t group by id
--
create view v as select id, x from esclusa.t group by id, t.x

declare c cursor for select id, x from t group by id
--
declare c cursor for select id, x from esclusa.t group by id, t.x

select cf_quere_pro.t.x from cf_quere_pro.t group by cf_quere_pro.t.id
--
select esclusa.t.x from esclusa.t group by esclusa.t.id, t.x

select x from t group by id union select x from t group by y order by 1
--
select x from esclusa.t group by id, t.x union select x from esclusa.t group by y order by 1

(select id from t group by id) order by x
--
(select id from esclusa.t group by id, t.x) order by x

select x from t group by lower(x)
--
select x from esclusa.t group by lower(x)

select x, noexiste from t group by id
--
select x, noexiste from esclusa.t group by id, t.x

select s.x from (select * from t) s group by s.id
--
select s.x from (select * from esclusa.t) s group by s.id

select x from t where x > 'a' and exists (select y from t b where b.x = t.x) group by id
--
select x from esclusa.t where x > 'a' and exists (select y from esclusa.t b where b.x = t.x) group by id, t.x

select t.x from t, lateral (select t.x group by t.id) s group by t.id
--
select t.x from esclusa.t, lateral (select t.x group by t.id) s group by t.id, t.x

select 1 from t group by id having count(distinct x) > 1
--
select 1 from esclusa.t group by id having count(distinct x) > 1

explain select x from t group by id
--
explain select x from esclusa.t group by id, t.x

prepare p as select x from t group by id having id = $1
--
prepare p as select x from esclusa.t group by id, t.x having id = $1

select count(*) from (select t.* from t group by id) s
--
select count(*) from (select t.* from esclusa.t group by id, t.x, t.y) s

with w as (select t.*, 1 from t group by id) select f(w.*) from w
--
with w as (select t.*, 1 from esclusa.t group by id, t.x, t.y) select f(w.*) from w
