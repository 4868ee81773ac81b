-- Search paths of several schemas, and relations of one name in them: `otro` is a second schema, `nada` does not exist. Each side has the same
-- relations, which every paragraph makes for itself.

-- twin: apart
set search_path = otro, cf_quere_pro; select * from tipositver order by 1;

-- twin: apart
set search_path = otro, cf_quere_pro; create table tipositver (a int, b text); insert into tipositver values (7, 'x') returning *; select * from tipositver; drop table tipositver; select * from tipositver order by 1;

-- twin: apart
create table otro.tipositver (a int, b text); set local search_path = otro, cf_quere_pro; delete from tipositver; update tipositver set b = 'y'; set local search_path = cf_quere_pro, otro; select * from tipositver order by 1;

-- twin: apart
create table otro.tipositver (a int); set search_path = nada, public, otro, cf_quere_pro; select * from tipositver; alter table tipositver rename to otra; select * from tipositver order by 1;

-- twin: apart
create table otro.otra (a int); set search_path = otro, cf_quere_pro; select count(*) from tipositver; alter table otra rename to tipositver; select count(*) from tipositver;

-- twin: apart
create view public.tipositver as select 1 as uno; set search_path = public, cf_quere_pro; select * from tipositver; alter view tipositver set schema otro; select * from tipositver order by 1; set search_path = otro, cf_quere_pro; select * from tipositver order by 1;

-- twin: apart
create materialized view otro.tipositver as select generate_series(3, 6)::numeric as tsvid; set search_path = otro, cf_quere_pro; select * from tipositver order by 1; select t.*, o.* from cf_quere_pro.tipositver t join tipositver o using (tsvid) order by 1;

-- twin: apart
create sequence otro.tipositver; set search_path = otro, cf_quere_pro; select is_called from tipositver; drop sequence tipositver; select count(*) from tipositver;

-- twin: apart
set search_path = otro, cf_quere_pro; select 5 as a into tipositver; select * from tipositver;

-- twin: apart
set search_path = otro, cf_quere_pro; savepoint s; create table tipositver (a int); select * from tipositver; rollback to s; select count(*) from tipositver; release s; select count(*) from tipositver;

-- twin: apart
create table otro.tipositver (a int); set search_path = otro, cf_quere_pro; select count(*) from tipositver; rollback; select count(*) from tipositver;

-- twin: apart
create temp table tipositver (a int); select count(*) from tipositver; set search_path = cf_quere_pro, pg_temp; select count(*) from tipositver; drop table pg_temp.tipositver; select count(*) from tipositver;

-- twin: apart
set search_path = cf_quere_pro, pg_temp; create temp table tipositver (a int); select count(*) from tipositver; insert into tipositver values (98, 1) returning *; set search_path = pg_temp, cf_quere_pro; select count(*) from tipositver;

-- twin: apart
set search_path = pg_temp, cf_quere_pro; create table tipositver (a int); select count(*) from tipositver; drop table tipositver; select count(*) from tipositver;

-- twin: apart
create temp table otra (a int); alter table otra rename to tipositver; select count(*) from tipositver; alter table tipositver rename to otra; select count(*) from tipositver;

-- twin: apart
create temp table tipositver (a int); create table otro.tipositver (a int, b int); drop table otro.tipositver; select * from tipositver;

-- twin: apart
create table otro.tipoelem (a int, tsvid int); set search_path = otro, cf_quere_pro; select * from tipositver t join tipoelem e on e.tsvid = t.tsvid order by 1; select count(*) from tipositver, cf_quere_pro.tipoelem;

-- twin: apart
create table otro.contrato (tsvid int, tsvtxtid int); insert into otro.contrato values (1, 2); set search_path = otro, cf_quere_pro; select a, tsvtxtid from (select tsvid as a from tipositver) t, contrato order by 1, 2; select t.tsvid, contrato.* from contrato, tipositver t order by 1;

-- twin: apart
set search_path = "$user", cf_quere_pro; select count(*) from tipositver;

-- twin: apart
set search_path = otro; select count(*) from tipositver;

-- twin: apart
set search_path = otro; create table tipositver (a int); select count(*) from tipositver; select count(*) from cf_quere_pro.tipositver;

-- twin: apart
create table otro.tipositver (a int); set search_path = otro, cf_quere_pro; lock table tipositver in share mode; truncate tipositver; copy tipositver to stdout; select count(*) from cf_quere_pro.tipositver;

-- twin: apart
create table otro.tipositver (a int); set search_path = otro, cf_quere_pro; prepare p as select count(*) from tipositver; execute p; deallocate p; select count(*) from cf_quere_pro.tipositver;

begin; savepoint s; insert into tipositver values (99, 1); rollback to s; commit; select count(*) from tipositver;

-- twin: apart
do $$ begin perform 1; end $$; insert into tipositver values (99, 1); rollback; select count(*) from tipositver;

begin; create table otro.tipositver (a int); set search_path = otro, cf_quere_pro; rollback and chain; select count(*) from tipositver; commit;

-- What the code makes is not read.
-- twin: refused 0A000
do $$ begin create table otro.tipositver (a int); end $$; set search_path = otro, cf_quere_pro; select count(*) from tipositver;


-- twin: apart
create table otro.tipositver (tsvid int); insert into otro.tipositver values (7); select otro.tipositver.tsvid, cf_quere_pro.tipositver.tsvid from otro.tipositver, cf_quere_pro.tipositver order by 1, 2; select cf_quere_pro.tipositver.*, otro.tipositver.* from cf_quere_pro.tipositver cross join otro.tipositver order by cf_quere_pro.tipositver.tsvid; delete from cf_quere_pro.tipositver using otro.tipositver o where cf_quere_pro.tipositver.tsvid = o.tsvid;

-- twin: apart
select otro.tipositver.tsvid from cf_quere_pro.tipositver;

-- twin: apart
explain (analyze, costs off, timing off, summary off) create temp table tipositver as select 1 as a; select a from tipositver; drop table tipositver; select count(*) from tipositver;

-- twin: apart
select 4 as a into local temp tipositver; select a from tipositver; drop table tipositver; (select 4 as a into global temporary table tipositver); select a from tipositver;

-- twin: apart
set search_path = otro, cf_quere_pro; select 4 as a into unlogged tipositver; select a from tipositver; drop table otro.tipositver; select 4 as a into table tipositver; select a from tipositver; drop table otro.tipositver; create local temp table tipositver (a int); select count(*) from tipositver;

-- twin: apart
explain create temp table tipositver as select 1 as a; select count(*) from tipositver;

-- twin: refused 0A000
update pg_settings set setting = 'otro, cf_quere_pro' where name = 'search_path'; select count(*) from tipositver;

-- twin: refused 0A000
insert into tipositver values (99, length(set_config('search_path', 'otro, cf_quere_pro', false))); select count(*) from tipositver;
