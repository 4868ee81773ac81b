-- The types that parameters get, where the client declares none: those of the table.

select tsvid from tipositver where $1 <> '' and tsvid = $1::int;

select $1 + 1 from tipositver t where t.tsvid = $1;

select tsvid from tipositver where tsvid = $1::int and tsvtxtid > $1;

select tsvid from tipositver where $1 = tsvid and $1 is not null;

-- twin: values 3
select tsvid, $1 from tipositver where tsvid = $1;

-- twin: values 3
select tsvid, $1 || 'x' from tipositver where tsvid = $1;

-- twin: values 3
select tsvid from tipositver where $1::text = '3' and tsvid = $1;

-- twin: values 3
select tsvid from tipositver where coalesce($1, tsvid) = 3 order by 1;

-- twin: values 3, 4
select tsvid from tipositver where tsvid in ($1, $2) order by 1;

-- twin: values 3, 4
select tsvid from tipositver where tsvid between $1 and $2 order by 1;

-- twin: values {3}
select tsvid from tipositver where tsvid = any ($1) order by 1;

-- twin: values 3, 4
select tsvid from tipositver where (tsvid, tsvtxtid) > ($1, $2) order by 1;

-- twin: values 3, 1
select tsvid from tipositver order by 1 limit $1 offset $2;

-- twin: values 3, 4
update tipositver set tsvtxtid = $2 where tsvid = $1 returning *;

-- twin: values 3, 4
update tipositver set tsvtxtid = $2 + 1 where tsvid = $1 returning *;

-- twin: values 3
update tipositver set tsvtxtid = $1 where tsvid = $1 returning *;

-- twin: values 3
update tipositver set tsvtxtid = $1, tsvid = $1 where tsvid = $1 returning *;

update tipositver set tsvtxtid = $1 where $1::int = 3;

update tipositver set tsvtxtid = $1::text where tsvid = 3;

update tipositver set tsvtxtid = $1 || 'x' where tsvid = 3;

-- twin: values 3
update tipositver set tsvtxtid = coalesce($1, tsvtxtid) where tsvid = 3;

-- twin: values 3
update tipositver set tsvtxtid = case when tsvid = 3 then $1 else 1 end where tsvid = 3;

-- twin: values 3
update tipositver set tsvtxtid = (select $1) where tsvid = 3;

-- twin: values 3, 4
update tipositver set (tsvid, tsvtxtid) = ($1, $2) where tsvid = 3 returning *;

-- twin: values 903, 4
update tipositver set (tsvid, tsvtxtid) = (select $1, $2) where tsvid = 3 returning *;

-- twin: values 903, 4
insert into tipositver values ($1, $2) returning *;

-- twin: values 903
insert into tipositver values ($1, $1) returning *;

-- twin: values 903
insert into tipositver values ($1, 1), ($1 + 1, 2) returning *;

-- twin: values 903, 4
insert into tipositver select $1, $2 returning *;

-- twin: values 903
insert into tipositver select $1, $1 returning *;

-- twin: values 903
insert into tipositver select $1, tsvid from tipositver where tsvid = 3 returning *;

-- twin: values 903
insert into tipositver select $1, tsvid from tipositver where tsvid = $1 returning *;

-- twin: values 903, 4
insert into tipositver select $1, $2 union select 904, 1 returning *;

-- twin: values 903, 4
insert into tipositver values ($1, $2) on conflict (tsvid) do update set tsvtxtid = $2 returning *;

-- twin: values 3, 4, 5
insert into tipositver values ($1, $2) on conflict (tsvid) do update set tsvtxtid = $3 where excluded.tsvid = $1 returning *;

-- twin: values abc, def
insert into tipoelem values ($1, $2, $2, now()) returning tlmcod, tlmdescrip;

-- twin: values V01, def
update tipoelem set tlmdescrip = $2 where tlmcod = $1 returning tlmcod, tlmdescrip;

-- twin: values V01, def
update tipoelem set tlmdescrip = $2, tlmhstusu = $2 where tlmcod = $1 returning tlmcod, tlmdescrip;

-- twin: values V01
update tipoelem set tlmdescrip = $1 || tlmcod where tlmcod = $1 returning tlmcod, tlmdescrip;

-- twin: values V01
select tvalcod, $1 from tipvalvula where tvalcod = $1;

-- twin: values V01
select tvalcod from tipvalvula where tvalcod = $1 and length($1) = 3;

-- twin: values V01
delete from tipvalvula where tvalcod = $1 returning *;

-- twin: values 3
delete from tipositver where tsvid = $1 and $1 > 0 returning *;

-- twin: values 3
delete from tipositver where $1 <> '' and tsvid = $1::int returning *;

-- twin: values 3
delete from tipositver t using tipooficina o where o.tofid = $1 and t.tsvid = $1 returning t.*;

-- twin: values 3, 7
merge into tipositver t using (select $1 as k) s on t.tsvid = s.k::numeric when matched then update set tsvtxtid = $2;

-- twin: values 3, 7
merge into tipositver t using (select $1::numeric as k) s on t.tsvid = s.k when matched then update set tsvtxtid = $2 when not matched then insert values ($1, $2);

-- twin: values 3
select (select tsvtxtid from tipositver where tsvid = $1), $1;

-- twin: values 3
select * from tipositver t join (select $1 as a) x on t.tsvid = x.a::numeric;

-- twin: values 2026-01-01
select count(*) from histipooficina where htofhsthora > $1;

-- twin: values 2026-01-01
select count(*), $1 from histipooficina where htofhsthora > $1 and htofhsthora < $1 + interval '1 day';

-- twin: values 1, a, 2026-01-01
insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) values ($1, $2, 'S', 'S', $2, $3) returning htofid, htofhsthora;
