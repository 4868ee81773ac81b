-- GROUP BY key: PostgreSQL lets a query that groups by a primary key use the table's other columns.

select tsvid, tsvtxtid from tipositver group by tsvid order by 1;

select tsvtxtid from tipositver group by 1;

select tsvid, tsvtxtid from tipositver group by 1 order by 2, 1;

select tsvtxtid as tsvid, tsvid as x from tipositver group by tsvid order by 2;

select tsvid as id, tsvtxtid from tipositver group by id order by 1;

select tsvid "Id", tsvtxtid from tipositver group by "Id" order by 1;

select tsvid as tsvtxtid, tsvtxtid as b from tipositver group by tsvtxtid;

select t.* from tipositver t group by tsvid order by 1;

select * from tipositver group by tipositver.tsvid order by 1;

select * from tipositver group by 1 order by 1;

select cf_quere_pro.tipositver.tsvtxtid from cf_quere_pro.tipositver group by cf_quere_pro.tipositver.tsvid order by 1;

select (tsvtxtid) + 1 from tipositver group by (tsvid) order by 1;

select tsvtxtid from tipositver group by (tsvid, tsvtxtid) order by 1;

select tsvtxtid, count(*) from tipositver group by ((tsvid)), () order by 1;

select tsvtxtid from tipositver group by distinct tsvid order by 1;

select tsvtxtid from tipositver group by all tsvid order by 1;

select tsvid, tsvtxtid, count(*), grouping(tsvid) from tipositver group by grouping sets ((tsvid), (tsvid, tsvtxtid)) order by 1, 2, 3;

select tlmcod, tlmdescrip, tlmhstusu, count(*) from tipoelem group by tlmcod, rollup (tlmhstusu) order by 1, 2, 3, 4;

select tlmcod, tlmdescrip from tipoelem group by grouping sets (tlmcod, (tlmcod, tlmhstusu), grouping sets ((tlmcod, tlmdescrip))) order by 1, 2;

select tlmcod, tlmdescrip from tipoelem group by rollup (tlmcod);

select tlmcod, tlmdescrip from tipoelem group by cube (tlmcod, tlmdescrip) order by 1, 2;

select tlmcod, tlmdescrip from tipoelem group by grouping sets (tlmcod, ());

select tlmdescrip from tipoelem group by tlmcod, cube (tlmhstusu, tlmhsthora) order by 1;

select tlmcod, tlmdescrip from tipoelem group by tlmcod having max(tlmhsthora) is not null and tlmdescrip > 'A' order by tlmdescrip, tlmcod;

select tlmcod from tipoelem group by tlmcod order by tlmdescrip, 1;

select tlmcod from tipoelem group by tlmcod order by lower(tlmdescrip), 1;

select distinct on (tlmhstusu) tlmhstusu, tlmcod from tipoelem group by tlmcod order by tlmhstusu, tlmcod;

select tlmcod, rank() over (order by tlmdescrip, tlmcod), sum(count(*)) over (partition by tlmhstusu) from tipoelem group by tlmcod order by 1;

select tlmcod, lag(tlmdescrip) over w from tipoelem group by tlmcod window w as (order by tlmhsthora, tlmcod) order by 1;

select tlmcod, (select max(x.tlmcod) from tipoelem x where x.tlmdescrip < o.tlmdescrip) from tipoelem o group by tlmcod order by 1;

select tlmcod, (select o.tlmdescrip || tlmhstusu) from tipoelem o group by o.tlmcod order by 1;

select tlmcod, array(select x.tlmcod from tipoelem x where x.tlmhstusu = o.tlmhstusu order by 1) from tipoelem o group by tlmcod order by 1;

select o from tipositver o group by o.tsvid order by o.tsvid;

select row_to_json(o) from tipositver o group by o.tsvid order by o.tsvid;

select row_to_json(o.*), o.tsvtxtid, count(o), count(o.*) from tipositver o group by o.tsvid order by o.tsvid;

select (o).tsvtxtid, (o).* from tipositver o group by tsvid order by 1;

select to_jsonb(tipositver) from tipositver group by tsvid order by tsvid;

select row(o.*), o is null from tipositver o group by tsvid order by tsvid;

select o.x from (select tsvtxtid x, tsvid y from tipositver) o group by o.y;

select a.tsvid, a.tsvtxtid, count(b.tsvid) from tipositver a left join tipositver b on b.tsvid <= a.tsvid group by a.tsvid order by 1;

select a.tsvtxtid, b.tsvtxtid from tipositver a join tipositver b on a.tsvid = b.tsvid group by a.tsvid;

select a.tsvtxtid, b.tsvtxtid from tipositver a join tipositver b on a.tsvid = b.tsvid group by a.tsvid, b.tsvid order by 1;

select a.tsvtxtid, b.tsvtxtid from tipositver a full join tipositver b on a.tsvid = b.tsvid + 1 group by a.tsvid, b.tsvid order by 1, 2;

select tsvid, a.tsvtxtid from tipositver a join tipositver b using (tsvid) group by tsvid order by 1;

select tsvid, b.tsvtxtid from tipositver a join tipositver b using (tsvid) group by tsvid;

select tsvid, b.tsvtxtid from tipositver a right join tipositver b using (tsvid) group by tsvid order by 1;

select tsvid, a.tsvtxtid from tipositver a full join tipositver b using (tsvid) group by tsvid;

select * from tipositver a natural join tipositver b group by tsvid order by 1;

select * from tipositver a join tipositver b using (tsvid) group by a.tsvid, b.tsvid order by 1;

select c.tsvtxtid from tipositver a join tipositver b using (tsvid) join tipositver c using (tsvid) group by c.tsvid order by 1;

select a.tsvtxtid from tipositver a join tipositver b using (tsvid) join tipositver c using (tsvid) group by tsvid order by 1;

select j.y from (tipositver a join tipoelem b on true) as j (x, y) group by j.x order by 1;

select j.y, j.z from (tipositver a join tipoelem b on true) as j (x, y, z) group by j.x order by 1;

select x.b from tipositver as x(a, b) group by a order by 1;

select x.b, x from tipositver as x(a, b) group by x.a order by 1;

select o.tofid, o.tofdescri, count(h.htofid), max(h.htofhsthora) from tipooficina o left join histipooficina h on h.htofid = o.tofid group by o.tofid order by 1;

select o.*, count(h.htofid) from tipooficina o left join histipooficina h on h.htofid = o.tofid group by o.tofid order by 1;

select o.tofid, h.htofdescri from tipooficina o join histipooficina h on h.htofid = o.tofid group by o.tofid;

select h.htofid, h.htofdescri from histipooficina h group by h.htofid;

select o, count(h.htofid) from tipooficina o left join histipooficina h on h.htofid = o.tofid group by o.tofid order by o.tofid;

select c.ofiid, t.* from oficina c join tipooficina t on t.tofid = c.ofitofid group by c.ofiid, t.tofid order by 1, 2;

select c.ofitofid, t.* from oficina c join tipooficina t on t.tofid = c.ofitofid group by t.tofid;

-- Two columns.
select * from tipptoservtao group by 1, 2, 3 order by 1, 2, 3;

select tbdtbid, tbddconid, tbdsnactivo, tbdhstusu from tipobonifdoc group by tbdtbid, tbddconid order by 1, 2;

select d.* from tipobonifdoc d group by d.tbddconid, d.tbdtbid order by 1, 2;

select tbdtbid, tbdsnactivo from tipobonifdoc group by tbdtbid;

select d.tbdtbid as a, d.tbddconid b, d.tbdhstusu from tipobonifdoc d group by a, b order by 1, 2;

select d.tbdhstusu, count(*) from tipobonifdoc d group by d.tbdtbid, grouping sets ((d.tbddconid), (d.tbddconid, d.tbdsnactivo)) order by 1, 2;

-- In other statements.
select count(*) from (select tsvid, tsvtxtid from tipositver group by tsvid) q where tsvtxtid > 0;

with w as (select tsvid, tsvtxtid, count(*) n from tipositver group by tsvid) select * from w join tipositver using (tsvid) order by 1;

with w(a) as (select 1) select tsvtxtid, a from tipositver, w group by tsvid, a order by 1;

with w(id) as (select 1) select tsvid as id, tsvtxtid from tipositver, w group by id;

insert into tipositver select tsvid + 500, tsvtxtid from tipositver group by tsvid returning *;

insert into tipositver (tsvtxtid, tsvid) select tsvtxtid, tsvid + 500 from tipositver group by 2, tipositver.tsvid on conflict do nothing;

update tipositver set tsvtxtid = q.n from (select tsvid, tsvtxtid + count(*) n from tipositver group by tsvid) q where q.tsvid = tipositver.tsvid and q.tsvid < 3 returning *;

update tipositver t set tsvtxtid = (select x.tsvtxtid from tipositver x where x.tsvid = t.tsvid group by x.tsvid) where tsvid = 2 returning tsvtxtid;

delete from tipositver t where exists (select b.tsvtxtid from tipositver b where b.tsvid = t.tsvid group by b.tsvid having b.tsvtxtid > 0) returning *;

select tsvid, tsvtxtid from tipositver group by tsvid union select tsvtxtid, tsvid from tipositver group by tsvid order by 1, 2;

(select tsvid from tipositver group by tsvid) order by tsvtxtid, 1;

-- twin: values 3
select tsvid, tsvtxtid + $1 from tipositver group by tsvid having tsvtxtid > $1 order by 1;

-- twin: apart
begin; declare c cursor for select tsvid, tsvtxtid from tipositver group by tsvid order by 1; fetch 3 from c; commit;

-- twin: apart
begin; create view v_group as select t.*, count(*) n from tipositver t group by t.tsvid; select * from v_group order by 1; rollback;

-- twin: apart
begin; create temp table x_group as select tsvid id, tsvtxtid from tipositver group by id; select * from x_group order by 1; rollback;

-- An aggregate's WITHIN GROUP is not the query's GROUP BY.
select tsvid, tsvtxtid, percentile_disc(0.5) within group (order by tsvid) from tipositver group by tsvid order by 1;

select mode() within group (order by tsvtxtid) filter (where tsvid > 1), o from tipositver o group by o.tsvid order by o.tsvid;

select count(*) from (select min(tsvid), rank(2) within group (order by tsvid), t.* from tipositver t group by t.tsvid having t.tsvtxtid > 0) x;

-- What fails on the table fails.
select tsvid, tsvtxtid from tipositver group by tsvtxtid;

select tsvid + 0, tsvtxtid from tipositver group by tsvid + 0;

select tsvid + 0 as id, tsvtxtid from tipositver group by id;

select tsvid, tsvtxtid from tipositver group by lower(tsvid::text);

select o from tipositver o group by o.tsvtxtid;

select * from tipositver group by tsvtxtid;

select tsvtxtid from tipositver having true;

select tsvtxtid, count(*) from tipositver;

select (select o.tsvtxtid) from tipositver o group by o.tsvtxtid + 1;

select tsvid, noexiste from tipositver group by tsvid;

select 1 from tipositver group by 2;
