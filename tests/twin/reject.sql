-- What PostgreSQL rejects is rejected in its words: a splice takes nothing away that the server would have complained about, and no
-- column of the new tables shows through.

update tipositver set tsvtxtid = count(*);

update tipositver set tsvtxtid = max(tsvid);

update tipositver set tsvtxtid = 1 + sum(tsvid) where tsvid = 3;

update tipositver t set tsvtxtid = count(t.tsvid);

update tipositver set tsvtxtid = (select count(*)) where tsvid = 3;

update tipositver t set tsvtxtid = (select count(*) from tipooficina o where o.tofid <= t.tsvid) where tsvid = 3 returning *;

update tipositver t set tsvtxtid = (select count(t.tsvid) from tipooficina) where tsvid = 3;

update tipositver set tsvtxtid = row_number() over ();

update tipositver set tsvtxtid = rank() over (order by tsvid);

update tipositver set tsvtxtid = 1 + sum(1) over (order by tsvid) where tsvid = 3;

update tipositver set tsvtxtid = generate_series(1, 2);

update tipositver set tsvtxtid = 1 + generate_series(1, 2) where tsvid = 3;

update tipositver set tsvtxtid = unnest(array[1, 2]) where tsvid = 3;

update tipositver set tsvtxtid = grouping(tsvid);

update tipositver set tsvtxtid = count(*) filter (where true);

update tipositver set tsvtxtid = percentile_cont(0.5) within group (order by tsvid);

update tipositver set (tsvid, tsvtxtid) = (count(*), 1);

update tipositver set (tsvid, tsvtxtid) = (1, generate_series(1, 2));

update tipositver set (tsvid, tsvtxtid) = (select 1, 2, 3);

update tipositver set (tsvid, tsvtxtid) = (select 1);

update tipositver set (tsvid, tsvtxtid) = (select * from tipositver where tsvid = 3);

update tipositver set (tsvid, tsvtxtid) = (select tsvid, tsvtxtid, 3 from tipositver);

update tipositver set (tsvtxtid) = (select 1, 2);

update tipositver set (tsvtxtid) = (1);

update tipositver set (tsvtxtid) = (1) where tsvid = 3 returning *;

update tipositver set (tsvtxtid) = row(1) where tsvid = 3 returning *;

update tipositver set (tsvtxtid) = (select 1) where tsvid = 3 returning *;

update tipositver set (tsvid, tsvtxtid) = row(4);

update tipositver set (tsvid, tsvtxtid) = (61, 2, 3);

update tipositver set (tsvid, tsvtxtid) = 61;

update tipositver set (tsvid, tsvtxtid) = coalesce(row(61, 2), row(1, 1));

update tipositver set (tsvid, tsvtxtid) = row(61, 2) where tsvid = 3 returning *;

update tipositver set (tsvid, tsvid) = (1, 2);

update tipositver set tsvid = 1, tsvid = 2;

update tipositver set tsvid = default, tsvtxtid = default + 1;

update tipositver set tsvtxtid = ctid;

update tipositver set ctid = '(0,1)';

update tipositver set t.tsvid = 1;

update tipositver t set t.tsvid = 1;

update tipositver t set tipositver.tsvid = 1;

update tipositver set nada = 1;

update tipositver set dv_code = '1';

update tipositver set dv_id = 1;

update tipositver set tsvtxtid = dv_id;

update tipositver set tsvtxtid = tipositver.dv_id;

update tipositver t set tsvtxtid = t.dv_id;

update tipositver set tsvtxtid = (select dv_id);

update tipositver set tsvtxtid = (select max(dv_id) from tipooficina) where tsvid = 3;

update tipositver set tsvtxtid = (select max(tipositver.dv_id) from tipooficina) where tsvid = 3;

update tipositver set tsvtxtid = 1 where dv_domain = 'TIPO_SITVER';

update tipositver set tsvtxtid = 1 where tipositver.dv_id > 0;

update tipositver set tsvtxtid = 1 where exists (select 1 from tipooficina where dv_id > 0);

update tipositver set tsvtxtid = 1 from tipooficina o where o.dv_id > 0;

update tipositver set tsvtxtid = 1 from tipooficina o where dv_id > 0;

update tipositver set tsvtxtid = 1 returning dv_id;

update tipositver set tsvtxtid = 1 returning dv_id + 1 as x, tsvid;

update tipositver set tsvtxtid = 1 returning tipositver.dv_id;

update tipositver t set tsvtxtid = 1 returning t.dv_domain, t.*;

update tipositver t set tsvtxtid = 1 returning (select t.dv_domain);

update tipositver t set tsvtxtid = 1 returning (t).dv_domain;

update tipositver t set tsvtxtid = 1 where (t).dv_id > 0;

update tipositver t set tsvtxtid = (t).dv_id where tsvid = 1;

update tipositver t set tsvtxtid = 1 where t.dv_id is null;

update tipositver set tsvtxtid = "DV_ID";

delete from tipositver where dv_id > 0;

delete from tipositver where tipositver.dv_domain = 'TIPO_SITVER';

delete from tipositver t where t.dv_domain = 'TIPO_SITVER';

delete from tipositver t where exists (select 1 where dv_id > 0);

delete from tipositver t where t.tsvid in (select dv_id from tipooficina);

delete from tipositver t using tipooficina o where t.dv_id = o.tofid;

delete from tipositver t using tipooficina o where dv_id = 1;

delete from tipositver returning dv_id;

delete from tipositver returning *, dv_id;

delete from tipositver where count(*) > 0;

delete from tipositver where generate_series(1, 2) > 1;

delete from tipositver where row_number() over () = 1;

delete from tipositver returning count(*);

delete from tipositver returning row_number() over ();

delete from tipositver returning generate_series(1, 2);

update tipositver set tsvtxtid = 1 returning count(*);

update tipositver set tsvtxtid = 1 where max(tsvid) > 0;

delete from histipooficina where al_id > 0;

delete from histipooficina h where h.al_id > 0;

delete from histipooficina returning al_id;

update histipooficina set htofid = al_id;

update histipooficina set htofid = count(*);

update histipooficina set htofid = generate_series(1, 2);

update histipooficina set (htofid, htofdescri) = (select 1, 'a', 3);

insert into histipooficina (al_id) values (1);

select al_id from histipooficina;

select h.al_table from histipooficina h;

select dv_id from tipositver;

select t.dv_id from tipositver t;

select 1 from tipositver where dv_domain = 'TIPO_SITVER';

select 1 from tipositver order by dv_id;

select 1 from tipositver group by dv_id;

insert into tipositver (dv_id) values (1);

insert into tipositver values (950, 1) returning dv_id;

insert into tipositver values (950, 1) returning tipositver.dv_domain;

insert into tipositver values (950, 1) on conflict (dv_id) do nothing;

insert into tipositver values (3, 1) on conflict (tsvid) do update set dv_id = 1;

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = 1 where tipositver.dv_id > 0;

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = count(*);

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = generate_series(1, 2);

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = row_number() over ();

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = max(excluded.tsvid);

insert into tipositver values (3, 1) on conflict (tsvid) do update set (tsvid, tsvtxtid) = (select 1, 2, 3);

insert into tipositver values (3, 1) on conflict (tsvid) do update set tsvtxtid = 1 where count(*) > 0;

insert into tipositver values (950, count(*));

insert into tipositver values (950, row_number() over ());

insert into tipositver values (950, max(1) over ()), (951, 1);

insert into tipositver values (950, 1, 2);

insert into tipositver (tsvid) values (950, 2);

insert into tipositver (tsvid, tsvtxtid) values (950);

insert into tipositver values (950, default + 1);

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set tsvtxtid = count(*);

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set tsvtxtid = generate_series(1, 2);

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set tsvtxtid = row_number() over ();

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set tsvtxtid = dv_id;

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set tsvtxtid = t.dv_id;

merge into tipositver t using (select 3 as k) s on t.dv_id = s.k when matched then delete;

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched and t.dv_id > 0 then delete;

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set dv_id = 1;

merge into tipositver t using (select 950 as k) s on t.tsvid = s.k when not matched then insert values (k, count(*));

merge into tipositver t using (select 950 as k) s on t.tsvid = s.k when not matched then insert (dv_id) values (1);

merge into tipositver t using (select 950 as k) s on t.tsvid = s.k when not matched then insert values (t.tsvid, 1);

merge into tipositver t using (select 950 as k) s on t.tsvid = s.k when matched and count(*) > 0 then delete;

merge into tipositver t using (select 3 as k) s on t.tsvid = s.k when matched then update set (tsvid, tsvtxtid) = (select 1, 2, 3);

insert into tipositver t values (950, 1);

insert into tipositver t (tsvid, tsvtxtid) values (950, 1);

insert into tipositver t select 950, 1;

insert into tipositver t default values;

insert into tipositver as user values (950, 1);

insert into tipositver as t values (950, 1) returning t.tsvid;

insert into tipositver as select values (950, 1);

update tipositver as user set tsvtxtid = 1;

update tipositver user set tsvtxtid = 1;

delete from tipositver user where true;

delete from tipositver as all where true;

select 1 from tipositver as user;

select 1 from tipositver user;

table tipositver where true;

table tipositver t;

table tipositver as t;

table tipositver, tipoelem;

table tipositver join tipoelem on true;

table tipositver group by tsvid;

table tipositver having true;

table tipositver window w as ();

select * from (table tipositver where true) x;

table tipositver union table tipoelem where true;

insert into tipositver table tipositver where true;

insert tipositver values (950, 1);

insert into only tipositver values (950, 1);

insert into tipositver * values (950, 1);

insert into tipositver where true;

delete tipositver;

delete from tipositver order by 1;

delete from tipositver limit 1;

update tipositver set tsvtxtid = 1 limit 1;

update tipositver set tsvtxtid = 1 order by tsvid;

update into tipositver set tsvtxtid = 1;

update tipositver tsvtxtid = 1;

update tipositver set tsvtxtid == 1;

update tipositver, tipoelem set tsvtxtid = 1;

update tipositver join tipoelem on true set tsvtxtid = 1;

update tipositver set tsvtxtid = 1,;

update tipositver set where tsvid = 1;

insert into tipositver () values ();

insert into tipositver (tsvid) ();

insert into tipositver set tsvid = 950;

replace into tipositver values (950, 1);

insert or replace into tipositver values (950, 1);

insert ignore into tipositver values (950, 1);

insert overwrite tipositver values (950, 1);

insert into tipositver values (950, 1) on conflict do update set tsvtxtid = 1;

insert into tipositver values (950, 1) on conflict (nada) do nothing;

insert into tipositver values (950, 1) returning;

select top 1 * from tipositver;

select * from tipositver limit 1, 2;

select * from tipositver qualify true;

select * from tipositver prewhere true;

select * from tipositver final;

select distinct on tsvid from tipositver;

select straight_join tsvid from tipositver;

select sql_no_cache tsvid from tipositver;

select tsvid from tipositver with (nolock);

select * except (tsvid) from tipositver;

select * exclude (tsvid) from tipositver;

select * replace (1 as tsvid) from tipositver;

select tsvid div 2 from tipositver;

select tsvid regexp 'a' from tipositver;

select `tsvid` from tipositver;

select tsvid from tipositver t partition (p0);

select tsvid from tipositver for system_time as of now();

select tsvid from tipositver use index (x);

select tsvid from tipositver lateral view explode(x) y;

select tsvid from tipositver start with tsvid = 1 connect by prior tsvid = tsvtxtid;

select tsvid from tipositver pivot (sum(tsvid) for tsvtxtid in (1));

select tsvid from tipositver left semi join tipoelem on true;

select tsvid from tipositver asof join tipoelem on true;

select tsvid from tipositver cross apply (select 1) x;

select tsvid from tipositver outer apply (select 1) x;

select tsvid from tipositver group by tsvid with rollup;

select tsvid from tipositver group by all;

select tsvid from tipositver order by all;

select tsvid from tipositver sort by tsvid;

select tsvid from tipositver limit 1 by tsvid;

select tsvid from tipositver minus select 1;

select tsvid from tipositver union distinct by name select 1;

select tsvid from tipositver settings x = 1;

select tsvid from tipositver format json;

from tipositver select tsvid;

from tipositver;

select from tipositver where tsvid = 1 where true;

select tsvid from tipositver where;

select tsvid, from tipositver;

select tsvid tsvtxtid tsvid from tipositver;

select tsvid from tipositver t u;

select tsvid from tipositver as t (a) (b);

select tsvid from tipositver where tsvid = 1 group by;

select tsvid from tipositver on true;

select * from tipositver natural join tipoelem on true;

select * from tipositver cross join tipoelem on true;

select max(tsvid) from tipositver where max(tsvid) > 1;

select tsvid from tipositver having tsvid > 1;

select tsvid, max(tsvtxtid) from tipositver;

select (select tsvid, tsvtxtid from tipositver);

select tsvid from tipositver where (select tsvid, tsvtxtid from tipositver) is null;

select tsvid from tipositver where tsvid in (select tsvid, tsvtxtid from tipositver);

select tsvid from tipositver for update of nada;

select count(*) from tipositver for update;

select distinct tsvid from tipositver for update;

select tsvid from tipositver union select 1 for update;

select x.tsvid from tipositver;

select public.tipositver.tsvid from tipositver;

select public.tipositver.* from tipositver;

select otra.tipositver.tsvid from tipositver;

select esclusa.tipositver.tsvid from tipositver;

select public.t.tsvid from tipositver t;

select tsvid from tipositver where public.tipositver.tsvid = 1;

update tipositver set tsvtxtid = public.tipositver.tsvid;

update tipositver set tsvtxtid = 1 where public.tipositver.tsvid = 3;

delete from tipositver where public.tipositver.tsvid = 3;

delete from tipositver where esclusa.tipositver.tsvid = 3;

delete from tipositver returning public.tipositver.tsvid;

delete from tipositver returning public.tipositver.*;

delete from cf_quere_pro.tipositver where cf_quere_pro.tipositver.tsvid = 3 returning cf_quere_pro.tipositver.tsvid;

update tipositver set tsvtxtid = x.a;

update tipositver set tsvtxtid = 1 where x.a = 1;

delete from tipositver where x.a = 1;

delete from tipositver using tipooficina where x.a = 1;

delete from tipositver returning x.a;

select * from tipositver t join tipoelem e on x.a = 1;

select * from tipositver a, tipoelem b join tipositver c on a.tsvid = c.tsvid;

select * from tipositver a, (select a.tsvid) b;

select * from tipositver t, tipositver t;

select tsvid from tipositver a, tipositver b;

lock tipositver in nada mode;

lock only;

truncate tipositver nada;

copy tipositver from;

-- twin: copy 950|1
copy tipositver from stdin (delimiter '|', nada true);

-- twin: copy 950|1|2
copy tipositver from stdin (delimiter '|');

-- twin: copy 950
copy tipositver from stdin (delimiter '|');

-- twin: copy x|1
copy tipositver from stdin (delimiter '|');

-- twin: copy 950|\N
copy tipositver from stdin (delimiter '|');

-- twin: copy 123456789|1
copy tipositver from stdin (delimiter '|');
