-- What PostgreSQL accepts is accepted.

select (t).tsvid, (t).tsvtxtid + 1 as n from tipositver t order by 1;

insert into tipositver t1 values (1, 2);

update tipositver t set tsvtxtid = 1 where tsvid = 3 returning (t).tsvid;

update tipositver t set tsvtxtid = 1 where tsvid = 3 returning (t).tsvid as a, (t).tsvtxtid + 1 b, t;

delete from tipositver t where tsvid = 3 returning (t).tsvid;

delete from tipositver where tsvid = 3 returning (tipositver).tsvtxtid, (tipositver.tsvid);

insert into tipositver values (950, 1) returning (tipositver).tsvtxtid;

select (coalesce(t)).tsvid from tipositver t order by 1;

select (coalesce(t, t)).* from tipositver t order by 1;

select (coalesce(t, null)).tsvtxtid + 1 from tipositver t order by 1;

select (case when true then t end).tsvid from tipositver t order by 1;

select (select t).tsvid from tipositver t order by 1;

select ((t)).tsvid from tipositver t order by 1;

select (array[t])[1].tsvid from tipositver t order by 1;

select (array_agg(t))[1] is null from tipositver t;

select (nullif(t, null)).tsvid from tipositver t order by 1;

select (row(t.*)::tipositver).tsvid from tipositver t order by 1;

select (t::tipositver).tsvid from tipositver t order by 1;

select (null::tipositver).tsvid from tipositver t;

select tsvid(t) from tipositver t order by 1;

select t.tsvid, tsvtxtid(t) from tipositver t where tsvid(t) > 2 order by 1;

select t.* is null from tipositver t order by 1;

select t.* is not null, t is null from tipositver t order by 1;

select 1 from tipositver t where t.* is not null;

select t.* = t.*, t = t from tipositver t;

select t.* is distinct from t.* from tipositver t;

select t.* in (select x.* from tipositver x) from tipositver t;

select row(t.*) is null from tipositver t;

select (t.*) is null from tipositver t;

select count(t.*), count((t.*)) from tipositver t;

select t.*::text from tipositver t order by 1;

select (t.*)::text from tipositver t order by 1;

update tipositver t set tsvtxtid = 1 where t.* is not null and tsvid = 3;

delete from tipositver t where t.* is null;

delete from tipositver t where t.* = row(3, 1);

select trim(from tlmcod) from tipoelem order by 1;

select trim(both from tlmcod), trim(leading 'V' from tlmcod), trim(trailing from tlmcod) from tipoelem order by 1;

select trim(both 'V' from tlmcod), trim(tlmcod), trim('V' from tlmcod), trim(tlmcod, 'V') from tipoelem order by 1;

select trim(leading from tlmcod || ' '), ltrim(tlmcod, 'V') from tipoelem order by 1;

update tipoelem set tlmdescrip = trim(from ' x ') where tlmcod = 'V01' returning trim(both from tlmdescrip);

select U&'d\0061t\+000061' as a from tipositver where tsvid = 3;

select U&'d!0061t!+000061' uescape '!' as a from tipositver where tsvid = 3;

select U&'d!0061t' uescape '!' from tipositver where tsvid = 3;

select tsvid as U&"d\0061t" from tipositver where tsvid = 3;

select U&"t!0073vid" uescape '!' from tipositver where tsvid = 3;

select * from U&"tipositver" where tsvid = 3;

select * from U&"tipos\0069tver" where tsvid = 3;

update tipoelem set tlmdescrip = U&'!0061' uescape '!' where tlmcod = 'V01';

select 1 from tipositver where exists (select);

select 1 from tipositver where exists (select from tipoelem);

select 1 from tipositver where not exists (select) or tsvid = 3;

select exists (select) from tipositver;

update tipositver set tsvtxtid = 1 where exists (select) and tsvid = 3;

delete from tipositver where exists (select) and tsvid = 3;

select tsvid from tipositver where tsvid = any ((select 3) except (select 4)) order by 1;

select tsvid from tipositver where tsvid = any ((select tsvid from tipositver) except (select 4)) order by 1;

select tsvid from tipositver where tsvid in ((select 3) union (select 4)) order by 1;

select tsvid from tipositver where tsvid in ((select 3) union select 4) order by 1;

select tsvid from tipositver where tsvid = all ((select 3) intersect (select 3)) order by 1;

select tsvid from tipositver where exists ((select 3) union (select 4)) order by 1;

select tsvid, array((select 3) union all (select 3)) from tipositver order by 1;

select * from ((select tsvid from tipositver) union (select 4)) x order by 1;

select tsvid from tipositver where tsvid <> some (select 3 union select 4) order by 1;

delete from tipositver where tsvid = any ((select 3) except (select 4)) returning tsvid;

insert into tipositver values (3, 1) on conflict (tsvid, tsvid) do nothing;

update tipositver set tsvtxtid = (default) where tsvid = 3;

update tipooficina set tofsnpresen = (default) where tofid = 3 returning *;

update tipooficina set tofsnpresen = ((default)) where tofid = 3 returning *;

update tipooficina set (tofsnpresen, tofhstusu) = (default, 'x') where tofid = 3 returning tofsnpresen, tofhstusu;

update tipooficina set (tofsnpresen, tofhstusu) = row(default, 'x') where tofid = 3 returning tofsnpresen, tofhstusu;

update tipooficina set (tofsnpresen, tofhstusu) = (default, (default)) where tofid = 3 returning tofsnpresen, tofhstusu;

update tipooficina set (tofsnpresen) = (default) where tofid = 3 returning tofsnpresen;

insert into tipooficina (tofid, tofsnpresen, tofsngestpda, tofdescritxtid) values (950, (default), 'N', 1) returning tofsnpresen;

insert into tipositver select generate_series(950, 952), 1 returning *;

insert into tipositver select 950, unnest(array[1]) returning *;

insert into tipositver values (unnest(array[950, 951]), 1), (952, 1);

insert into tipositver (tsvid, tsvtxtid) values ((select generate_series(950, 950)), 1) returning *;

select pg_typeof(null::tipositver) is not null from tipositver;

select row(1, 2)::tipositver from tipositver limit 1;

select cast(row(1, 2) as tipositver) is null from tipositver limit 1;

select null::tipositver[] is null from tipositver limit 1;

select null::cf_quere_pro.tipositver is null from tipositver limit 1;

select jsonb_populate_record(null::tipositver, '{"tsvid": 7}') from tipositver limit 1;

select (jsonb_populate_record(null::tipositver, '{"tsvid": 7}')).tsvid from tipositver limit 1;

select * from json_populate_recordset(null::tipositver, '[{"tsvid": 7}, {"tsvid": 8}]') order by 1;

insert into tipositver select (r).* from (select row(950, 1)::tipositver as r) q returning *;

create temporary table tipositver (tsvid int); insert into tipositver values (1); update tipositver set tsvid = 2; select * from tipositver; drop table tipositver;

create local temp table if not exists tipositver as select 1 as a; select * from tipositver; drop table tipositver;

create temp table tipositver as select * from cf_quere_pro.tipositver where tsvid < 4; select count(*) from tipositver; delete from tipositver; select count(*) from cf_quere_pro.tipositver; drop table tipositver;

create temporary table if not exists tipositver as select * from cf_quere_pro.tipositver with no data; insert into tipositver select * from cf_quere_pro.tipositver; select * from tipositver order by 1; drop table tipositver;

create temp view tipositver as select tsvid from cf_quere_pro.tipositver where tsvid < 3; select * from tipositver order by 1; drop view tipositver;

create temp table pg_temp.tipositver (a int); delete from tipositver; drop table pg_temp.tipositver;

create table pg_temp.tipositver (a int); delete from tipositver; drop table pg_temp.tipositver;

create temp sequence tipositver; select count(*) from tipositver; drop sequence pg_temp.tipositver;

create temp table t_copia as select * from tipositver; select count(*) from t_copia; drop table t_copia;

create temp table t_copia (a, b) as select * from tipositver with no data; select count(*) from t_copia; drop table t_copia;

create temp view v_w as select * from tipositver where tsvid > 3; select count(*) from v_w; drop view v_w;

create temp view v_w as select * from tipositver where tsvid > 3 with local check option; select count(*) from v_w; drop view v_w;

create temp view v_w with (security_barrier) as select * from tipositver; select count(*) from v_w; drop view v_w;

-- Forms of every kind.
select tsvid from tipositver where tsvid between symmetric 5 and 2 order by 1;

select tsvid from tipositver where tsvid not between 2 and 5 order by 1;

select tsvid from tipositver where tsvid is unknown is null order by 1;

select tsvid from tipositver where (tsvid = 3) is unknown;

select tsvid from tipositver where (tsvid = 3) is not unknown order by 1;

select tsvid from tipositver where (tsvid = 3) isnull or (tsvid = 4) notnull order by 1;

select tsvid from tipositver where tsvid::text similar to '(1|2)' order by 1;

select tsvid from tipositver where tsvid::text not similar to '(1|2)' escape '#' order by 1;

select tsvid from tipositver where tsvid::text ~ '^1' or tsvid::text !~* '2' order by 1;

select tsvid from tipositver where tsvid::text like any (array['1%', '2%']) order by 1;

select tsvid from tipositver where tsvid::text not ilike all (array['1%', '2%']) order by 1;

select tsvid from tipositver where tsvid::text ^@ '1' order by 1;

select tsvid from tipositver where (tsvid, tsvid) overlaps (1, 2);

select tsvid from tipositver where (now(), now()) overlaps (now(), interval '1 day') order by 1;

select tsvid operator(pg_catalog.+) 1 from tipositver order by 1;

select operator(pg_catalog.-) tsvid from tipositver order by 1;

select @ tsvid, |/ tsvid, - tsvid, + tsvid from tipositver order by 1;

select tsvid ^ 2, tsvid % 2, tsvid!=2, tsvid<>3 from tipositver order by tsvid;

select tsvid::int & 1, tsvid::int | 1, tsvid::int # 1, ~ tsvid::int, tsvid::int << 1, tsvid::int >> 1 from tipositver order by tsvid;

select 1_000 from tipositver limit 1;

select 1e3, .5, 5., 1.5e-3 from tipositver limit 1;

select B'101', X'1F', E'a\n', $$x$$, $a$y$a$, N'z' from tipositver limit 1;

select 'a'
'b' from tipositver limit 1;

select date '2026-01-01', timestamp '2026-01-01', time '10:00', interval '1' day, interval '1-2' year to month, interval(2) '1.234 s' from tipositver limit 1;

select int4 '1', numeric(5, 2) '1.234', char(3) 'a', varchar(2) 'abc', bit(3) '101', double precision '1.5', pg_catalog.int4 '7' from tipositver limit 1;

select point '(1,2)', box '(1,1),(0,0)', inet '10.0.0.1', json '{}', uuid '00000000-0000-0000-0000-000000000000' is null from tipositver limit 1;

select extract(epoch from interval '1 day'), extract('year' from date '2026-01-01'), date_part('day', now()) > 0 from tipositver limit 1;

select normalize('a'), normalize('a', nfc), 'a' is normalized, 'a' is nfc normalized, 'a' is not nfd normalized from tipositver limit 1;

select localtime is null, current_time(2) is null, localtimestamp(1) is null, current_timestamp(0) is null, current_catalog is null, current_role is null, session_user is null, user is null from tipositver limit 1;

select greatest(1, 2), least(1, 2), nullif(1, 2), coalesce(null, 1), xmlconcat(null) from tipositver limit 1;

select treat(tsvid as int) from tipositver;

select collation for ('a' collate "C") from tipositver limit 1;

select tsvid at time zone 'UTC' from tipositver;

select now() at time zone 'UTC' is null from tipositver limit 1;

select array[[1, 2], [3, 4]], (array[1, 2, 3])[2:], (array[1, 2, 3])[:2], (array[1, 2, 3])[:], array[]::int[] from tipositver limit 1;

select row(), row(1), (1, 2), row(1, 'a')::text from tipositver limit 1;

select count(*) filter (where tsvid > 3), sum(distinct tsvid), array_agg(tsvid order by tsvid desc nulls last), string_agg(tsvid::text, ',' order by tsvid using <) from tipositver;

select percentile_cont(0.5) within group (order by tsvid), mode() within group (order by tsvid) from tipositver;

select tsvid, sum(tsvid) over (order by tsvid rows between unbounded preceding and current row exclude current row) from tipositver order by 1;

select tsvid, sum(tsvid) over w, first_value(tsvid) over (w rows 1 preceding) from tipositver window w as (order by tsvid), x as (w) order by 1;

select tsvid, sum(tsvid) over (partition by tsvid % 2 order by tsvid groups between 1 preceding and 1 following exclude ties) from tipositver order by 1;

select tsvid from tipositver order by tsvid using >;

select tsvid from tipositver order by tsvid nulls first offset 1 row fetch next 2 rows only;

select tsvid from tipositver order by tsvid fetch first row only;

select tsvid from tipositver order by tsvid fetch first row with ties;

select tsvid from tipositver order by 1 limit all offset 0;

select tsvid from tipositver order by 1 offset 2 rows limit 1;

select all tsvid from tipositver order by 1;

select distinct on (tsvid % 2) tsvid from tipositver order by tsvid % 2, tsvid;

select tsvid % 2, count(*) from tipositver group by grouping sets ((), (tsvid % 2), rollup (tsvid % 2)) order by 1, 2;

select tsvid from tipositver group by distinct tsvid order by 1;

select tsvid from tipositver group by all tsvid order by 1;

select * from rows from (generate_series(1, 2), generate_series(1, 3)) with ordinality as x(a, b, c), tipositver where tsvid = 3;

select * from json_to_record('{"a": 1}') as x(a int), tipositver where tsvid = 3;

select * from tipositver t, lateral (values (t.tsvid)) v(a) where a = 3;

select * from tipositver t cross join lateral generate_series(1, 2) g where tsvid = 3 order by 3;

select j.tsvid from tipositver a join tipositver b using (tsvid) as j order by 1;

select * from (tipositver a join tipositver b using (tsvid)) as j order by 1;

select * from (values (1), (2)) v(x) join tipositver on tsvid = x order by 1;

select * from tipositver t (a, b) where a = 3;

select * from tipositver as t (a) tablesample system (100) repeatable (1) order by 1;

with x as not materialized (select * from tipositver) select * from x order by 1;

with recursive x(n) as (select 1 union all select n + 1 from x where n < 3) search depth first by n set o select * from x join tipositver on tsvid = n order by 1;

with recursive x(n) as (select 1 union all select n + 1 from x where n < 3) cycle n set c using p select n, c, tsvid from x join tipositver on tsvid = n order by 1;

with x as (insert into tipositver values (950, 1) returning *) table x;

with x as (delete from tipositver where tsvid = 3 returning *) insert into tipositver select tsvid + 947, tsvtxtid from x returning *;

(select tsvid from tipositver order by 1 limit 1) union all (select tsvid from tipositver order by 1 desc limit 1);

((select tsvid from tipositver)) order by 1;

values (1), (2) union select tsvid from tipositver order by 1;

select * from (table tipositver) x order by 1;

select * from (values ((select max(tsvid) from tipositver))) v;

select tsvid from tipositver for no key update of tipositver skip locked;

select tsvid from tipositver for key share nowait;

select tsvid from tipositver order by 1 for update limit 1;

select tsvid, tsvid from tipositver t order by 1, tsvid;

select "tsvid" "a b", tsvid as "SELECT" from "tipositver" "x y" order by 1;

select t.tsvid from tipositver t where t . tsvid = 3;

select t/**/./**/tsvid from/**/tipositver/**/t where tsvid=3--x
;

select tsvid from tipositver where tsvid>=/*x*/-/*y*/1 and tsvid <>--x
4 order by tsvid;

select*from tipositver where tsvid=3and tsvtxtid>0;

select tsvid from tipositver where tsvid>=-1 order by 1;

select tsvid from tipositver where tsvid=+3;

select tsvid from tipositver where not tsvid = 3 and not (tsvid = 4) order by 1;

select -tsvid::int, - (- tsvid), tsvid - -1 from tipositver order by tsvid;

select tsvid::numeric(5,1)::text::varchar(2), cast(tsvid as double precision), tsvid::int4::bit(8) from tipositver order by 1;

select case tsvid when 3 then 'a' when 4 then 'b' else 'c' end, case when tsvid = 3 then 1 end from tipositver order by tsvid;

select f.* from tipositver, lateral (select tsvid + 1) f(x) order by 1;

select concat(variadic array['a', 'b']), format('%s', variadic array[1]) from tipositver limit 1;

select make_interval(days => 3), make_interval(days := 4) from tipositver limit 1;

select tsvid from tipositver where row(tsvid, tsvtxtid) = any (select tsvid, tsvtxtid from tipositver) order by 1;

select tsvid from tipositver where (tsvid, tsvtxtid) > (2, 0) order by 1;

select tsvid from tipositver where tsvid in (values (3), (4)) order by 1;

select tsvid from tipositver where tsvid = any (values (3), (4)) order by 1;

select xmlelement(name x, xmlattributes(tsvid as a), 'b') is null from tipositver limit 1;

declare c cursor for select * from tipositver order by 1; fetch 2 from c; move 1 from c; fetch all in c; close c;

declare c insensitive no scroll cursor with hold for select * from tipositver order by 1; fetch next from c; close c;

explain (costs off, format json) select 1 where false;

explain (analyze, costs off, timing off, summary off) insert into tipoelem select * from tipoelem where false;

prepare p (numeric, int) as select * from tipositver where tsvid = $1 + $2; execute p (1, 2); deallocate p;

prepare p as update tipositver set tsvtxtid = $2 where tsvid = $1 returning *; execute p (3, 7); deallocate prepare p;

copy (select * from tipositver where tsvid = 3) to stdout with (format csv, header);

copy tipositver to stdout csv header quote '"' null 'x' force quote tsvid;

copy tipositver (tsvtxtid, tsvid) to stdout with delimiter ';';

copy tipositver to stdout (format text, encoding 'latin1');

-- twin: copy 950;1
copy tipositver from stdin with delimiter ';';

-- twin: copy 1,950
copy tipositver (tsvtxtid, tsvid) from stdin csv;

-- twin: copy 950|1
-- twin: copy 3|7
copy tipositver from stdin (delimiter '|') where tsvid > 900;

lock tipositver;

lock table only tipositver, tipoelem in row exclusive mode nowait;

lock table tipositver * in share update exclusive mode;

truncate only tipositver;

truncate table tipositver * continue identity restrict;

merge into only tipositver as t using tipooficina as o on t.tsvid = o.tofid when matched and t.tsvid = 3 then delete when matched then do nothing when not matched then do nothing;

merge into tipositver t using (values (3, 9), (950, 9)) v(k, x) on t.tsvid = v.k when matched then update set tsvtxtid = v.x when not matched then insert (tsvid, tsvtxtid) values (v.k, v.x);

merge into tipositver t using (values (3, 9)) v(k, x) on t.tsvid = v.k when matched then update set (tsvtxtid, tsvid) = (v.x, 951);

merge into tipositver t using (values (3, 9)) v(k, x) on t.tsvid = v.k when matched then update set tsvtxtid = (select max(tofid) from tipooficina);

with v as (select 3 as k) merge into tipositver t using v on t.tsvid = v.k when matched then delete;
