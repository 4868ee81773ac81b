-- Look-ups: numeric, char(n) and varchar codes, text in line, flags, defaults, two text ids, one column.

select * from tipositver order by tsvid;

select t.*, t.tsvid + 1 as next, pg_typeof(t.tsvid), pg_typeof(t) is not null from tipositver t order by 1;

select count(*), min(tsvid), max(tsvtxtid), avg(tsvid), sum(tsvtxtid) from cf_quere_pro.tipositver;

select tipositver.tsvid, cf_quere_pro.tipositver.tsvtxtid from cf_quere_pro.tipositver where cf_quere_pro.tipositver.tsvid between 2 and 5 order by cf_quere_pro.tipositver.tsvid;

select cf_quere_pro.tipositver.* from cf_quere_pro.tipositver order by 1;

select "tipositver"."tsvid" from "cf_quere_pro"."tipositver" where "tipositver"."tsvid" = 3;

SELECT TSVID FROM TIPOSITVER WHERE TsvId IN (1, 2, 3.0, 4.5) ORDER BY TSVID DESC;

select * from tipvalvula order by tvalcod;

select tvalcod || '|', length(tvalcod), octet_length(tvalcod), tvalcod = 'V01', tvalcod = 'V01 ', tvalcod::text = 'V01' from tipvalvula order by tvalcod;

select * from tipvalvula where tvalcod = $1;

select * from tipvalvula where tvalcod like 'V%' order by tvalcod;

select * from tipoelem order by tlmcod;

select tlmcod, upper(tlmdescrip), tlmhstusu || '!' from tipoelem where tlmcod > 'V' order by tlmcod;

-- The order of text is the database's, not that of bytes.
select tlmdescrip from tipoelem order by tlmdescrip, tlmcod;

select e.tlmcod, v.tvalcod from tipoelem e join tipvalvula v on e.tlmcod = v.tvalcod order by 1;

select * from estadossicer order by esicod;

select * from tipgesdeud order by tgedcod;

select * from tipofacturaext order by tpfid;

select tpfid from only tipofacturaext where tpfid > 3 order by 1;

select * from tipocsc natural join tipositver;

select * from tipositver a join tipositver b using (tsvid, tsvtxtid) order by 1;

select * from tipositver as x(codigo, texto) where codigo = 4;

select x.codigo, x.* from tipositver as x(codigo) order by 1;

select row_to_json(t), to_jsonb(t) -> 'tsvid' from tipositver t order by t.tsvid;

select t from tipositver t order by t.tsvid;

select (t).tsvid, (t).* from tipositver t order by 1;

select t is null, t is not null, count(*) from tipositver t group by 1, 2;

select array_agg(tsvid order by tsvid), string_agg(tsvid::text, ',' order by tsvid) from tipositver;

select tsvid, (select count(*) from tipositver b where b.tsvid <= a.tsvid) from tipositver a order by 1;

select tsvid from tipositver where exists (select from tipoincide where tpiid = tsvid) order by 1;

select tsvid from tipositver where (tsvid, tsvtxtid) in (select tpiid, tpitxtid from tipoincide) order by 1;

select coalesce(a.tsvid, b.tpiid), a.tsvtxtid is null from tipositver a full join tipoincide b on a.tsvid = b.tpiid and a.tsvid > 3 order by 1, 2;

select a.tsvid from tipositver a left join lateral (select b.tpiid from tipoincide b where b.tpiid > a.tsvid order by 1 limit 1) x on true where x.tpiid is null order by 1;

select tsvid from tipositver union select tpiid from tipoincide order by 1;

select tsvid from tipositver except all select tpiid from tipoincide where tpiid > 2 order by 1;

select tsvid from tipositver * where tsvid > 3 order by 1;

select * from only tipositver *;

table tipositver;

table only tipositver order by tsvid desc;

table only (tipositver) union all select 99, 1 order by 1;

insert into tipositver table only tipositver;

-- No blank stands where none is needed.
select*from"tipositver"where"tsvid"=3;

select"cf_quere_pro".tipositver.tsvid from"tipositver"order by"tsvid";

update"tipositver"set"tsvtxtid"=(1)where"tsvid"=(3)returning"tsvid";

insert into"tipositver"values(77,1)returning"tsvid",tsvtxtid;

insert into"tipositver"("tsvid","tsvtxtid")select"tsvid"+50,(1)from"tipositver"where"tsvid"=3;

delete from"tipositver"where"tsvid"=(3)returning*;

delete from"tipositver"as"x"using"tipooficina"as"y"where"x".tsvid=y."tofid"returning"x".*;

merge into"tipositver"as"t"using"tipooficina"as"o"on"t".tsvid="o".tofid when matched then delete;

copy"tipositver"to stdout;

copy"tipositver"("tsvid")to stdout;

truncate"tipositver","tipooficina";

lock"tipositver"in share mode;

(table tipositver union table tipositver) order by 1;

with tipositver as (select 1 as tsvid) select * from tipositver;

with x as (select * from tipositver), y as materialized (table x) select count(*) from x join y using (tsvid);

with recursive n(i) as (select min(tsvid) from tipositver union all select i + 1 from n where i < 5) select n.i, t.tsvtxtid from n join tipositver t on t.tsvid = n.i order by 1;

select tsvid, rank() over (order by tsvtxtid desc), lag(tsvid) over w from tipositver window w as (order by tsvid) order by 1;

select grouping(tsvid), tsvid, count(*) from tipositver group by rollup (tsvid) order by 1, 2;

select distinct on (tsvid) * from tipositver order by tsvid, tsvtxtid;

select * from tipositver where tsvid = any ($1) order by 1;

select * from tipositver where tsvid = $1 or tsvtxtid::text = $2;

-- twin: values 3, 4
select * from tipositver where tsvid = $1::int + 0 or tsvid = $2 order by 1;

select $1 || tsvid, case when tsvid > $2 then 'a' else $3 end from tipositver order by tsvid;

select tsvid from tipositver order by tsvid limit $1 offset $2;

select tsvid from tipositver order by tsvid fetch first 3 rows with ties;

select * from tipositver where tsvid = 2 for update;

select a.tsvid from tipositver a, contrato c where a.tsvid = 2 order by c.cnttnum, a.tsvid for no key update of a skip locked;

select * from tipositver where nosuch = 1;

select nosuch.* from tipositver;

select tsvid from tipositver where tsvid = 'x';

select tsvid / 0 from tipositver where ñandú = 'á' or tsvid = 1;

select 'ñandú', tsvid/(tsvid-tsvid) from tipositver;

select tsvid from tipositver group by tsvtxtid;

-- A literal and a comment that name tables stay what they are.
select 'from tipositver', tsvid -- from tipocorreo
from /* tipocorreo */ tipositver order by tsvid;

select U&"tsvi\0064" from U&"tiposi\0074ver" order by 1;

insert into tipositver (tsvid, tsvtxtid) values (90, 5);

insert into tipositver values (91, 6), (92, 7) returning *;

insert into tipositver (tsvtxtid, tsvid) values (1.6, '93') returning tsvid, tsvtxtid as texto, tsvid + 1, tsvid::text, upper('x') u;

insert into tipositver as t (tsvid, tsvtxtid) values ($1 + 80, $2) returning t.*, t;

insert into cf_quere_pro.tipositver (tsvid, tsvtxtid) select 100 + tsvid, tsvtxtid from tipositver where tsvid > 3 returning tsvid;

insert into tipositver (tsvid, tsvtxtid) select $1 + 60, $2;

insert into tipositver select * from tipositver;

insert into tipositver (tsvid, tsvtxtid) values (3, 1);

insert into tipositver (tsvid) values (95);

insert into tipositver (tsvid, tsvtxtid) values (null, 1);

insert into tipositver default values;

insert into tipositver (tsvid, tsvtxtid) values (123456, 1);

insert into tipositver (tsvid, tsvtxtid) values ('x', 1);

insert into tipositver (tsvid, nosuch) values (1, 2);

insert into tipositver (tsvid, tsvid) values (1, 2);

insert into tipositver (tsvid, tsvtxtid) values (1, 2, 3);

insert into tipositver (tsvid, tsvtxtid) values (1);

insert into tipositver values (1, 2, 3);

insert into tipositver values (98, 2), (99);

insert into tipvalvula values ('x', 1, 'S') returning tvalcod || '|';

insert into tipvalvula (tvalcod, tvaldesctxtid, tvalindblk) values ('V01', 1, 'S');

insert into tipvalvula (tvalcod, tvaldesctxtid, tvalindblk) values ('demasiado', 1, 'S');

insert into tipvalvula (tvalcod, tvaldesctxtid, tvalindblk) values ('ab    ', 1, 'S') returning *;

insert into tipoelem (tlmcod, tlmdescrip, tlmhstusu, tlmhsthora) values ('Z9', repeat('ñ', 500), 'U', '2020-01-01');

insert into tipoelem (tlmcod, tlmdescrip, tlmhstusu, tlmhsthora) values ('Z9', 'd', 'U', '2019-04-07 02:30') returning *;

insert into tipoelem (tlmcod, tlmdescrip, tlmhstusu, tlmhsthora) values ('Z9', 'comilla '' y \ y "', '', '0044-03-15 12:00 BC') returning *;

insert into tipoelem (tlmcod, tlmdescrip, tlmhstusu, tlmhsthora) values ('Z8 ', '', ' ', 'infinity') returning *;

insert into tipooficina (tofid, tofdescritxtid) values (77, 5) returning tofid, tofsnpresen, tofsngestpda, tofhstusu;

insert into tipooficina (tofid, tofsnpresen, tofdescritxtid, tofsngestpda) values (78, default, 5, 'S'), (79, 'S', 6, 'N') returning tofid, tofsnpresen;

update tipositver set tsvtxtid = tsvtxtid + 1 where tsvid = 3 returning *;

update tipositver set tsvtxtid = $1 where tsvid = $2;

update tipositver t set tsvid = tsvid + 50 where t.tsvid between 2 and 4 returning t.tsvid, t;

update tipositver set tsvid = 3 where tsvid = 4;

update tipositver set tsvid = null where tsvid = 4;

update tipositver set tsvtxtid = default where tsvid = 4;

update tipositver set (tsvid, tsvtxtid) = (60, 7) where tsvid = 1 returning *;

update tipositver set (tsvtxtid, tsvid) = (select 9, 61) where tsvid = 1 returning *;

update tipositver set (tsvtxtid, tsvid) = (select 9, 61 where false) where tsvid = 1;

update tipositver set (tsvtxtid) = row(8), tsvid = 62 where tsvid = 1 returning *;

update tipositver set tsvtxtid = (select max(tpiid) from tipoincide) where tsvid in (select tpiid from tipoincide where tpiid < 3) returning *;

update tipositver s set tsvtxtid = i.tpiid from tipoincide i where i.tpiid = s.tsvid and i.tpiid > 5 returning s.*, i.tpiid;

update tipositver s set tsvtxtid = 5 from tipoincide i where i.tpiid = s.tsvid and s.tsvid = 2 returning *;

update tipositver set tsvtxtid = 5 where not exists (select 1 from tipoincide where tpiid = tsvid);

update tipositver set nosuch = 5;

update tipositver set tsvtxtid = 5, tsvtxtid = 6;

update tipositver set tsvtxtid = nosuch;

update tipositver set tsvtxtid = 'x';

update tipositver set tsvtxtid = 99999999999;

update only cf_quere_pro.tipositver set tsvtxtid = 5 where cf_quere_pro.tipositver.tsvid = 3 returning cf_quere_pro.tipositver.tsvid;

update tipvalvula set tvalcod = 'q', tvalindblk = 'N' where tvalcod = 'V01 ' returning tvalcod || '|', tvalindblk;

update tipvalvula set tvalindblk = 'SN';

update tipoelem set tlmdescrip = tlmdescrip || ' ñ', tlmhsthora = tlmhsthora + interval '1 day' where tlmcod < 'b' returning *;

update tipositver as r set tsvtxtid = r.tsvtxtid + 1 where r.tsvid = 2 returning r.*;

delete from tipositver where tsvid = 3;

delete from tipositver returning *;

delete from only tipositver t using tipoincide i where t.tsvid = i.tpiid and i.tpiid > 4 returning t.tsvid, i.*;

delete from tipositver where tsvid in (select tpiid from tipoincide) returning tsvid * 2 as doble;

delete from tipvalvula where tvalcod = $1 returning *;

delete from tipositver where row(tipositver.*) = row(3, 1) or tipositver is null;

with borrados as (delete from tipositver where tsvid < 3 returning *) select count(*), sum(tsvtxtid) from borrados;

with nuevos as (insert into tipositver values (70, 1), (71, 2) returning tsvid) select * from nuevos order by 1;

with u as (update tipositver set tsvtxtid = 0 where tsvid = 1 returning *) delete from tipocsc using u where tcsid = u.tsvid returning tcsid;

copy tipositver to stdout;

copy tipositver (tsvtxtid, tsvid) to stdout with (format csv, header, delimiter ';');

copy (select * from tipvalvula order by 1) to stdout;

-- twin: copy 80	7
-- twin: copy 81	\N
copy tipositver from stdin;

-- twin: copy 80|7
-- twin: copy 82|9
copy cf_quere_pro.tipositver (tsvid, tsvtxtid) from stdin with (delimiter '|');

create temp table copia as select * from tipositver;

create temp table copia on commit drop as table tipositver with no data;

select * into temp otra from tipvalvula where tvalindblk = 'S';

create temp view vista as select t.*, c.cnttnum from tipositver t left join contrato c on c.cnttestado = t.tsvid;

declare c1 cursor for select * from tipositver order by tsvid;

prepare p1 (numeric) as select * from tipositver where tsvid = $1;

select tsvid from tipositver; select tsvtxtid from tipositver where tsvid = 1; select 1;

select 1; insert into tipositver values (3, 3); select 2;

-- A number as code, beside domains with letters.
select tsvid, count(*) from tipositver where tsvid is null group by grouping sets ((tsvid), ()) order by 1;

select t.* from tipositver t left join tipositver u on u.tsvid = t.tsvid and u.tsvid > 0 where u is distinct from null order by 1, 2;

-- Columns of the new table are unknown to the client.
delete from tipositver where dv_id > 0;

update tipositver t set tsvtxtid = t.dv_id;

delete from tipositver where tsvid = 1 returning dv_code;

-- The row as one value on the left of a sub-select, at every place of a write.
delete from tipositver b where b in (select z from tipositver z where z.tsvid < 3) returning *;

delete from tipositver b where (b) not in (select z from tipositver z where z.tsvid < 3) returning b.tsvid;

update tipositver b set tsvtxtid = 5 where b = any (select z from tipositver z where z.tsvid = 1) returning b in (select y from tipositver y);

update tipositver set tsvtxtid = case when tipositver = some (select z from tipositver z) then 6 else 7 end where tsvid = 3 returning *;

update tipositver b set tsvtxtid = 8 where b <> all (select z from tipositver z where z.tsvid > 1) returning *;

insert into tipositver as b values (1, 9) on conflict (tsvid) do update set tsvtxtid = 9 where b = any (select z from tipositver z) returning *;

delete from tipositver b where row(b.tsvid, b.tsvtxtid) in (select z.tsvid, z.tsvtxtid from tipositver z where z.tsvid = 2) returning *;

merge into tipositver b using (select z from tipositver z) s on b in (s.z) when matched and b = any (select z from tipositver z where z.tsvid = 1) then delete;
