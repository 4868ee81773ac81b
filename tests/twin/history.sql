-- Histories: composite keys, stamps of all kinds, duplicates, floats, odd strings, prepared statements.

select * from histipooficina order by htofid, htofhsthora, htofdescri, htofhstusu, htofidioma, htofsnpresen, htofsngestpda;

select * from cf_quere_pro.histipooficina where htofid = $1 order by htofhsthora desc, htofdescri, htofhstusu limit $2;

select htofid, max(htofhsthora), count(*) from histipooficina group by htofid order by 1;

select * from histipooficina where htofhsthora between '2010-01-01' and '2012-06-30 23:59:59.999' order by htofhsthora, htofid, htofdescri, htofhstusu, htofsnpresen, htofsngestpda, htofidioma;

select count(*) from histipooficina where htofhsthora < $1;

select count(*) from histipooficina where htofhsthora >= $1 and htofhsthora < $2 and htofid in ($3, $4);

select count(*) from histipooficina where htofhsthora = timestamp '2019-04-07 02:30:00';

-- No stamp reaches as far as this date.
select count(*) from histipooficina where htofhsthora <= date '5874897-12-31';

select count(*) from histipooficina where htofhsthora between '2012-05-01'::date and '5874897-12-31'::date or htofhsthora >= 'infinity'::date;

select extract(hour from htofhsthora), count(*) from histipooficina group by 1 order by 1;

select htofhsthora at time zone 'America/Mexico_City' from histipooficina order by 1;

select date_trunc('year', htofhsthora) y, count(distinct htofid) from histipooficina group by 1 having count(*) > 2 order by 1;

select hactconid, hacttiptid, hactagid, count(*) from hisagrcontar group by 1, 2, 3 order by 1, 2, 3;

select * from hisagrcontar where (hactconid, hacttiptid, hactagid) = (3, 3, 3);

select * from hisagrcontar where (hactconid, hacttiptid) in (select hactconid, hacttiptid from hisagrcontar where hactagid < 5) order by 1, 2, 3, 4, 5;

select b.barrid, h.* from barrio b join hisbarrio h on h.hbarrid = b.barrid where b.barrid < 4 order by 1, 2, 3, 4, 5, 6, 7;

select o.tofid, h.htofhsthora from tipooficina o left join lateral (select x.htofhsthora from histipooficina x where x.htofid = o.tofid order by 1 desc limit 1) h on true order by 1;

select * from hisperiodic order by 1, 2, 3, 4, 5, 6, 7;

select hperinumdia, hperinumdia * 2, hperinumdia::text, pg_typeof(hperinumdia) from hisperiodic order by 1;

select * from hisfacbi order by 1, 2, 3;

select * from hisserverprops order by 1, 2, 3, 4, 5, 6;

select * from hiscierre where hciehsthora is null order by 1, 2, 3;

select hciehstusu || '|', length(hciehstusu) from hiscierre order by 1;

select * from hisexploperiodo order by 1, 2, 3, 4;

select h, h.htofid from histipooficina h order by h.htofid, h.htofhsthora, h.htofdescri, h.htofhstusu;

select row_to_json(h) from histipooficina h where h.htofid = 2 order by h.htofhsthora, h.htofdescri;

select count(*) from histipooficina h where h.htofdescri ~ '[áéíóúñ]' or h.htofdescri ilike '%calle%' or h.htofdescri = '';

select md5(string_agg(h::text, ',' order by h::text)) from hisdirec h;

select lag(htofhsthora) over (partition by htofid order by htofhsthora, htofdescri) from histipooficina order by 1 nulls first;

select a.htofid from histipooficina a join histipooficina b using (htofid, htofhsthora) group by 1 order by 1;

select distinct htofid, htofidioma from histipooficina order by 1, 2;

select htofid from histipooficina intersect select tofid from tipooficina order by 1;

select * from histipooficina where htofid = (select min(htofid) from histipooficina) for share;

select htofid from histipooficina where htofhsthora > now() - interval '30 years' and htofid = 1;

select 1 from histipooficina where htofid = 'abc';

select count(*) from histipooficina where htofid::text like '1%' and htofhstusu is not distinct from 'ADMIN';

insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) values ($1, $2, $3, $4, $5, $6, $7);

insert into histipooficina values (1, 'Núñez', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es') returning *;

insert into histipooficina values (1, 'a', 'S', 'N', 'ANA', current_timestamp, 'es'), (2, 'b', 'N', 'S', 'EVA', '2019-04-07 02:30', 'en') returning htofid, htofhsthora is not null;

insert into histipooficina (htofid, htofdescri) values (1, 'x');

insert into histipooficina select * from histipooficina where htofid < 3 returning htofid;

insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) select tofid, $1, tofsnpresen, tofsngestpda, tofhstusu, $2, 'es' from tipooficina;

insert into histipooficina values (1.4, 'un texto de más de veinte letras', 'S', 'N', 'ANA', '2026-05-01', 'es');

insert into histipooficina values (123456, 'x', 'S', 'N', 'ANA', '2026-05-01', 'es');

insert into histipooficina values (1, 'x', 'S', 'N', 'ANA', 'ayer', 'es');

insert into hisperiodic select * from hisperiodic returning hperinumdia;

insert into hisagrcontar select hactconid + 1, hacttiptid, hactagid, hacthstusu, hacthsthora from hisagrcontar where hactconid = 1;

update histipooficina set htofdescri = upper(htofdescri) where htofid = 1 returning *;

update histipooficina set htofid = htofid + 1, htofhstusu = 'OTRO' where htofid between 1 and 2;

update histipooficina set htofhsthora = htofhsthora + interval '1 year' where htofhsthora < '2008-01-01' returning htofhsthora;

update histipooficina h set htofdescri = t.tofhstusu from tipooficina t where t.tofid = h.htofid and t.tofid = 3 returning h.htofid, h.htofdescri, t.tofid;

update hisagrcontar set hactconid = $1 where hactconid = $2 and hacttiptid = $3;

update histipooficina set htofsnpresen = null where htofid = 1;

delete from histipooficina where htofid = $1;

delete from histipooficina where htofhsthora < $1 returning *;

delete from histipooficina h using tipooficina t where t.tofid = h.htofid and t.tofid < 3;

delete from histipooficina where htofid = 1 and htofhsthora = (select max(htofhsthora) from histipooficina where htofid = 1) returning *;

delete from hisagrcontar;

with viejos as (delete from histipooficina where htofhsthora < '2010-01-01' returning *) insert into histipooficina select * from viejos;

copy histipooficina to stdout;

-- twin: copy 7	COPIA	S	N	ANA	2020-02-02 02:02:02	es
-- twin: copy 7	COPIA	S	N	ANA	2020-02-02 02:02:02	es
copy histipooficina from stdin;

-- twin: copy 7	un texto de más de veinte letras	S	N	ANA	2020-02-02 02:02:02	es
copy histipooficina from stdin;

-- A whole row beside an item whose columns are not known.
select h::text, c.cnttnum from histipooficina h join (select * from contrato) c on c.cnttnum = h.htofid order by 1, 2;

select row_to_json(h)::text from histipooficina h join (values (1, 'x'), (2, 'y')) as v(n, t) on v.n = h.htofid order by 1;

-- The row itself inside a sub-select that yields several columns.
update histipooficina h set (htofdescri, htofid) = (select left(h::text, 3), h.htofid + 1) where h.htofid = 2;

select row_to_json(h)::text from histipooficina h (a, b);

-- In a list a parameter has the column's type, beside `=` it is text, whatever an index condition needs.
select count(*) from hisusupermiso where huspusuid in ($1, 'K003') and huspfuncod = $2;

select count(*) from hisusupermiso where huspusuid = any (array[$1, $2]) and huspfuncod in ($3);

select count(*) from hisusupermiso where huspusuid in ($1, 'K003'::text);

-- A number here, a text in another history's image under the same name.
select htctcod, count(*) from histipocontratcn where htctcod is null group by grouping sets ((htctcod), ()) order by 1;

-- Of several faults in one row the first column's is told, a NULL last; none of a row that the condition leaves out.
insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) values (1, repeat('x', 21), 'SS', 'N', null, now());

insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) select htofid, htofdescri || repeat('x', 21), htofsnpresen || 'S', htofsngestpda, null, htofhsthora from histipooficina where htofid = 1 and htofhsthora = (select max(htofhsthora) from histipooficina where htofid = 1);

insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) select o.htofid, case when o.htofid = 1 then null else 'x' end, case when o.htofid = 2 then 'SS' else 'S' end, 'S', 'u', o.htofhsthora from histipooficina o where (select count(*) from histipooficina x where x.htofid = o.htofid and o.htofid in (1, 2)) = 0;

update histipooficina set htofhstusu = repeat('x', 21), htofdescri = htofdescri || repeat('x', 21), htofsnpresen = null where htofid = 1 and htofhsthora = (select max(htofhsthora) from histipooficina where htofid = 1);

merge into histipooficina t using (values (900)) s(k) on t.htofid = s.k when not matched then insert (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) values (s.k, rpad('x', 21), 'SS', 'N', null, now());

-- A string or a parameter by itself is no column of the query: one that is too long fails where the query has no rows.
-- twin: values SS
insert into histipooficina (htofid, htofdescri, htofhstusu, htofhsthora, htofsnpresen, htofsngestpda) select htofid, 'x', 'u', htofhsthora, $1, 'S' from histipooficina where htofid = 98765 limit 1;

insert into histipooficina (htofid, htofdescri, htofhstusu, htofhsthora, htofsnpresen, htofsngestpda) select max(htofid), 'x', 'u', max(htofhsthora), 'SS', 'S' from histipooficina group by htofid having count(*) < 0;

insert into histipooficina (htofid, htofdescri, htofhstusu, htofhsthora, htofsnpresen, htofsngestpda) select htofid, 'x', 'u', htofhsthora, 'SS'::text, 'S' from histipooficina where htofid = 98765 order by 1 limit 1;

-- twin: values S, 1
insert into histipooficina (htofid, htofdescri, htofhstusu, htofhsthora, htofsnpresen, htofsngestpda) select htofid, 'x', null, htofhsthora, $1, 'S' from histipooficina where htofid = $2 order by htofhsthora limit 1;

-- twin: values S, 1
insert into histipooficina (htofid, htofdescri, htofhstusu, htofhsthora, htofsnpresen, htofsngestpda) select htofid, 'x', 'ANA', '2019-04-07 02:30', $1, 'S' from histipooficina where htofid = $2 order by htofhsthora limit 1 returning *;

-- Columns of the new table are unknown to the client.
delete from histipooficina where al_id > 0;

delete from histipooficina h where h.al_legacy_table = 'x';

update histipooficina set htofid = al_id;

update histipooficina set htofid = 1 where htofid = 2 returning al_id;

insert into histipooficina (al_id) values (1);

select al_id from histipooficina;

-- The row of the leaf has a name of its own.
select (lag(h) over (order by htofhsthora, htofid)).htofid from histipooficina h order by htofhsthora, htofid;

select (array_agg(h order by htofhsthora, h::text))[2].htofid from histipooficina h;

select max(htofhsthora), min(htofhsthora) from histipooficina;

select htofid, htofhsthora from histipooficina order by htofhsthora desc, htofid limit 20;

select * from histipooficina where htofid = (select max(htofid) from histipooficina) or htofhsthora > '2020-01-01' order by 1, 2, 3, 4, 5, 6, 7;

-- The row as one value on the left of a sub-select.
delete from histipooficina h where h in (select z from histipooficina z where z.htofid = 7);

update histipooficina h set htofid = 8 where h = any (select z from histipooficina z where z.htofid = 7);
