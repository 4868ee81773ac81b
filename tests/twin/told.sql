-- Errors: their words, codes and places.

lock tipositver in access exclusive mode nowait;

select t.tsvid from tipositver;

insert tipositver values (1, 2);

insert "tipositver" values (1, 2);

insert cf_quere_pro.tipositver values (1, 2);

update from tipositver set tsvtxtid = 1;

delete tipositver where tsvid = 1;

merge tipositver using tipoelem on true when matched then delete;

merge into tipositver using tipoelem when matched then delete;

merge into tipositver t using tipoelem e on true;

truncate into tipositver;

lock into tipositver;

update tipositver set tsvtxtid = (select 'x'::text);

update tipositver set tsvtxtid = (select 'x'::text) where tsvid = 3;

update tipositver set tsvtxtid = ((select true));

update tipositver set (tsvid, tsvtxtid) = (select 1, true);

update tipositver set (tsvid, tsvtxtid) = (1, true);

update tipositver set (tsvid, tsvtxtid) = (true, 1);

update tipositver set (tsvid, tsvtxtid) = row(1, current_date);

update tipositver set tsvtxtid = case when true then true end;

update tipositver set tsvtxtid = coalesce(true, false);

update tipositver set tsvtxtid = tsvid = 1;

update tipositver set tsvtxtid = not true;

update tipositver set tsvtxtid = tsvid is null;

update tipositver set tsvtxtid = tsvid::text || 'x';

update tipositver set tsvtxtid = -'x'::text;

update tipositver set tsvtxtid = array[1];

update tipositver set tsvtxtid = exists (select 1);

update tipositver set tsvtxtid = tsvid in (1, 2);

update tipositver set tsvtxtid = now() - now();

update tipositver set tsvtxtid = current_timestamp;

update tipositver set tsvtxtid = session_user;

update tipositver set tsvtxtid = lower('X');

insert into tipositver values (1, true);

insert into tipositver values (950, 1), (951, true);

insert into tipositver values (950, 1), (951, 'x'::text);

insert into tipositver (tsvtxtid, tsvid) values (true, 1);

insert into tipositver select 950, true;

insert into tipositver select 950, (select true);

insert into tipositver (select 950, true);

insert into tipositver select tsvid, tsvid = 1 from tipositver;

insert into tipositver values (950, (select true));

insert into tipositver values (950, 'x');

insert into tipositver values (950, '');

insert into tipositver values ('x', 1);

insert into tipositver values (9999999, 1);

insert into tipositver values (null, 1);

insert into tipositver values (950);

insert into tipositver values (3, 1);

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = true;

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = 'x';

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = tsvtxtid + 1;

insert into tipositver values (3, 1), (3, 2) on conflict (tsvid) do update set tsvtxtid = 1;

insert into tipositver values (3, 1) on conflict on constraint nada do nothing;

update tipositver set tsvtxtid = 'x';

update tipositver set tsvtxtid = nada;

update tipositver set tsvtxtid = nada(1);

update tipositver set tsvtxtid = tsvid + true;

update tipositver set tsvtxtid = 1 where 1;

update tipositver set tsvtxtid = 1 where tsvid = true;

update tipositver set tsvtxtid = 1 where tsvid = 'x';

update tipositver set tsvtxtid = 1 where tsvid;

update tipositver set tsvtxtid = 1 / 0;

update tipositver set tsvtxtid = 1 where 1 / 0 = 1;

delete from tipositver where 'x';

delete from tipositver where tsvid = 'x'::date;

select tsvid + true from tipositver;

select nada from tipositver;

select nada.* from tipositver;

select tsvid.nada from tipositver;

select (tsvid).nada from tipositver;

select t.nada from tipositver t;

select (t).nada from tipositver t;

select tsvid from tipositver where nada(tsvid) = 1;

select tsvid from tipositver where tsvid = 'x';

select tsvid from tipositver where tlmcod = 1;

select tsvid from tipositver, where true;

select tsvid form tipositver;

select * from tipositver wher tsvid = 1;

select * from tipositver where tsvid = 1 and;

select * from tipositver where (tsvid = 1;

select * from tipositver where tsvid = 1);

select * from tipositver where tsvid = 'abc;

select * from tipositver where tsvid = $;

select * from tipositver where tsvid = @;

select * from tipositver limit 'x';

select * from tipositver limit tsvid;

select * from tipositver order by 9;

select * from tipositver order by nada;

select * from tipositver group by 1;

select * from tipositver union select 1;

select tsvid from tipositver union select 'x';

select tsvid from tipositver union select true;

select * from tipositver t join tipoelem t on true;

select * from tipositver join tipoelem using (nada);

select * from tipositver join tipoelem using (tsvid);

select * from tipositver natural join;

with x as (select * from tipositver), x as (select 1) select * from x;

with x as (update tipositver set tsvtxtid = true) select 1;

with x as (insert into tipositver values (950, true)) select 1;

with x (a, b, c) as (select * from tipositver) select * from x;

select * from tipositver as t (a, b, c);

select cf_quere_pro.nada(1) from tipositver;

select nada.tipositver.tsvid from tipositver;

select * from nada.tipositver;

select * from nada.cf_quere_pro.tipositver;

select tsvid::nada from tipositver;

select cast(tsvid as date) from tipositver;

select sum(tlmcod) from tipoelem;

select tlmcod + 1 from tipoelem;

copy tipositver from stdin (format nada);

copy tipositver (a) from stdin;

copy tipositver to stdout (nada);

create temp table x as select nada from tipositver;

create temp view x as select tsvid, tsvid from tipositver;

declare c cursor for select nada from tipositver;

prepare p as select nada from tipositver;

prepare p as update tipositver set tsvtxtid = true;

explain select nada from tipositver;
