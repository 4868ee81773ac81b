-- What may be assigned to a column, and what is said of the rest: by expressions of every type, at every place.

update tipositver set tsvtxtid = 'x' || 'y';

update tipositver set tsvtxtid = (('x' || tsvtxtid)) where tsvid = 3;

update tipositver set tsvtxtid = tsvtxtid::text where tsvid = 3;

update tipositver set tsvtxtid = true where tsvid = 3;

update tipositver set tsvtxtid = current_date where tsvid = 3;

update tipositver set tsvtxtid = case when tsvid = 3 then '1' else '2' end;

update tipositver set tsvtxtid = coalesce($1, $2) where tsvid = 3;

update tipositver set tsvtxtid = ('5') where tsvid = 3 returning *;

update tipositver set tsvtxtid = ((null)) where tsvid = 3;

update tipositver set tsvtxtid = ($1) where tsvid = 3 returning *;

update tipositver set tsvtxtid = sqrt(16) + 0.4 where tsvid = 3 returning *;

update tipositver set tsvtxtid = random()::float4 * 0 + 7.6 where tsvid = 3 returning *;

update tipositver set tsvtxtid = 5::bigint + tsvid where tsvid = 3 returning *;

update tipositver set tsvtxtid = 3::smallint, tsvid = 12.5::money where tsvid = 3 returning *;

update tipositver set tsvtxtid = array[1] where tsvid = 3;

update tipositver set tsvtxtid = row(1) where tsvid = 3;

update tipositver set tsvtxtid = '5'::jsonb where tsvid = 3;

update tipositver set (tsvtxtid, tsvid) = (select '9', 61) where tsvid = 3;

update tipositver set (tsvtxtid, tsvid) = (select 9, ('6' || '1')) where tsvid = 3;

update tipositver set (tsvtxtid, tsvid) = (tsvid, 'a'::varchar) where tsvid = 3;

update tipositver t set tsvtxtid = o.tofhstusu from tipooficina o where o.tofid = t.tsvid;

update tipositver set tsvid = 10.0 ^ 30 where tsvid = 3;

insert into tipositver values (98, 'x'::text);

insert into tipositver (tsvtxtid, tsvid) values ('9'::varchar, 98);

insert into tipositver values (98, 5), (99, 'x' || 'y');

insert into tipositver values (98 + 1, (7)) returning *;

insert into tipositver select 98, '7' returning *;

insert into tipositver select '98' as a, '7' b returning *;

insert into tipositver select 98, '7'::text;

insert into tipositver (tsvtxtid, tsvid) select tofhstusu, tofid + 100 from tipooficina;

insert into tipositver select tsvid + 100, $1 from tipositver where tsvid = 3 returning *;

insert into tipositver select t.*, 5 from tipositver t;

insert into tipositver select distinct 98, 7 returning *;

insert into tipositver select distinct 98, '7';

insert into tipositver select distinct on (t.tsvid) t.tsvid + 100, 7 from tipositver t returning *;

insert into tipositver select 97, '7' union all select 98, '8';

insert into tipositver select 97, 7 union all select 98, 8 returning *;

insert into tipositver select 1, 2, 3;

insert into tipositver (tsvid) select 1, 2;

insert into tipositver (tsvid, tsvtxtid) select 1;

insert into tipositver (tsvtxtid, tsvid) select tsvtxtid, tsvid + 100 from (select * from tipositver) x returning *;

insert into tipositver select * from tipositver, tipositver x;

insert into tipositver select x.tsvid + 100 as id, x.* from tipositver x;

insert into tipositver (tsvid) select * from tipositver;

insert into tipositver (select tsvid + 100, tsvtxtid from tipositver order by 1 desc limit 2) returning *;

insert into tipositver with x as (select 98, 7) select * from x returning *;

-- Their number is known to the server alone.
-- twin: differs the words of a UNION
insert into tipositver with x as (select 98, 7, 8) select * from x;

insert into tipositver values (98, 7), (99, 8) order by 1 returning *;

insert into tipooficina select tofid + 100, tofsnpresen, tofsngestpda from tipooficina;

insert into hisagrcontar select * from hisagrcontar a where not exists (select from hisagrcontar b where b.hactconid is distinct from a.hactconid);

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = excluded.tsvid || 'x';

merge into tipositver t using (values (3, 'x'::text)) s(id, txt) on t.tsvid = s.id when matched then update set tsvtxtid = s.txt;

merge into tipositver t using (values (98, 'x'::text)) s(id, txt) on t.tsvid = s.id when not matched then insert values (s.id, s.txt);

update tipoelem set tlmhsthora = current_date where tlmcod = (select min(tlmcod) from tipoelem) returning tlmhsthora;

update tipoelem set tlmhsthora = timestamptz '2020-01-01 10:00:00+00', tlmdescrip = 12 where tlmcod = (select min(tlmcod) from tipoelem) returning *;

update tipoelem set tlmhsthora = '2020-01-01 10:00'::text;

update tipoelem set tlmhsthora = 5;

update tipoelem set tlmhsthora = localtime;

update tipoelem set tlmdescrip = true, tlmhstusu = date '2020-01-01' where tlmcod = (select min(tlmcod) from tipoelem) returning tlmdescrip, tlmhstusu;

update tipobonifdoc set tbdtbid = tbdsnactivo where tbdtbid = 1;

insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) select tofid, tofid, tofsnpresen, tofsngestpda, tofhstusu, tofhstusu, 'es' from tipooficina;

insert into histipooficina (htofid, htofhsthora) values (1, upper('2020-01-01'));

update histipooficina set htofid = htofdescri;

update histipooficina set htofhsthora = htofhsthora::date, htofid = htofid::float8 where htofid = 1 returning htofid, htofhsthora;

-- ñ before the place: positions count characters.
update tipositver set tsvtxtid = /* ñandú */ upper('ñ') where tsvid = 3;

-- A literal in a query's list is assigned, and not cut.
insert into tipoincide select o.tpiid + 100, o.tpitxtid, 'a''b', o.tpimotnoca from tipoincide o where o.tpiid = 1;

insert into tipoincide select o.tpiid + 100, o.tpitxtid, $1, o.tpimotnoca from tipoincide o where o.tpiid = 1;

-- Set operations that begin with a parenthesis.
insert into tipocorreo (select 950, '7') union all select 951, '8' returning *;

insert into tipocorreo (tipctipo, tipcdesctxtid) (select 950::int, 7.4) union all (select 951, 8) returning *;

insert into tipocorreo (select 950, 7, 8) union all select 951, 8, 9;

insert into tipocorreo ((select 950, 7, 8) union select 951, 8, 9) union all select 1, 2, 3;

insert into tipocorreo (tipctipo, tipcdesctxtid) (select 950) union all select 951;

insert into tipocorreo (select 950) union all select 951 returning *;

insert into tipocorreo (select 'x', 7) union all select 'y', 8;

insert into tipocorreo (select t.* from tipocorreo t limit 1) except (select * from tipocorreo) returning *;

insert into tipocorreo (select *, 1 from tipocorreo limit 1) union all select 1, 2, 3;

insert into tipocorreo ((((select 950, 7)))) union all select 951, 8 returning *;

insert into tipocorreo (values (950, 7)) union all select 951, 8 returning *;

insert into histipooficina (select * from histipooficina where htofid = 1) union all (select * from histipooficina where htofid = 2) returning *;

insert into histipooficina (select *, 1 from histipooficina where htofid = 1) union all select *, 2 from histipooficina;

-- A query in parentheses, without a list of columns.
insert into tipocorreo (values (950, 7)) returning *;

insert into tipocorreo as t ((values (950, 7), (951, '8'))) returning t.*;

insert into tipocorreo (with x as (select 950 as a, 7 as b) select * from x) returning *;

insert into tipocorreo (with x as (select 950 as a, 7 as b) select * from x) union all (values (951, 8)) order by 1 returning *;

insert into tipocorreo (table tipocorreo) except table tipocorreo returning *;

-- twin: differs the words of a UNION
insert into tipocorreo ((values (950)) union all select 951) on conflict do nothing returning *;

-- twin: differs the words of a UNION
insert into tipocorreo (values (950, 7, 8));

insert into tipocorreo (values (950, 7), (951, 8) order by 1 limit 1) returning *;
