-- Statements that a Java application on PostgreSQL may send, written to be awkward for a parser. One statement a paragraph.

select c.cnttnum, c.cnttestado from contrato c where c.cnttnum = $1;

SELECT * FROM cf_quere_pro.histipooficina WHERE htofid = $1 ORDER BY htofhsthora DESC LIMIT $2;

SELECT t.tsvid, t.tsvtxtid FROM "cf_quere_pro"."tipositver" t INNER JOIN contrato c ON c.cnttestado = t.tsvid LEFT OUTER JOIN hiscontrato h ON h.hcnttnum = c.cnttnum AND h.hcntthsthora > now() - interval '30 days';

select c.* from contrato c, hiscontrato h, tipositver t where c.cnttnum = h.hcnttnum and t.tsvid = c.cnttestado and (h.hcnttestado is distinct from c.cnttestado);

select c.cnttnum from contrato c where c.cnttestado in (select tsvid from tipositver where tsvtxtid between 1 and 10) and not exists (select 1 from factura f where f.faccnttnum = c.cnttnum);

select cnttnum from contrato union all select hcnttnum from hiscontrato except select faccnttnum from factura intersect select 1 order by 1 offset 10 rows fetch next 5 rows only;

select * from contrato where cnttnum = $1 for update of contrato nowait;

select c.cnttnum from contrato c join tipositver t on t.tsvid=c.cnttestado for no key update of c skip locked;

select * from contrato for share;

select cnttnum from contrato order by cnttnum fetch first 10 rows only;

select cnttnum from contrato order by cnttestado fetch first 10 rows with ties;

select nextval('cf_quere_pro.seq_contador');

select currval('seq_contador'), lastval(), setval('seq_contador', 1, false);

insert into hiscontrato (hcnttnum, hcnttexpid, hcntthstusu, hcntthsthora) values ($1, $2, $3, current_timestamp);

insert into tipositver (tsvid, tsvtxtid) values (1,2),(3,4),(5,default) returning tsvid, tsvtxtid as x;

insert into hiscontrato select * from contrato where cnttnum = $1;

insert into tipositver as t (tsvid, tsvtxtid) values ($1,$2) on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid where t.tsvtxtid <> excluded.tsvtxtid returning *;

insert into tipositver default values;

insert into tipositver (tsvid) overriding system value values (1) on conflict on constraint pk_tsv do nothing;

update contrato set cnttestado = $1, cnttfcaduci = null where cnttnum = $2;

update only contrato as c set (cnttestado, cnttexpid) = (select tsvid, 1 from tipositver limit 1) from hiscontrato h where h.hcnttnum = c.cnttnum returning c.*;

delete from hiscontrato where hcnttnum = $1;

delete from only hiscontrato h using contrato c where c.cnttnum = h.hcnttnum and c.cnttestado = 9 returning h.hcnttnum;

delete from hiscontrato where current of c1;

merge into tipositver t using (select htofid, htofdescri from histipooficina) s on t.tsvid = s.htofid when matched and s.htofdescri is null then delete when matched then update set tsvtxtid = 1 when not matched then insert (tsvid, tsvtxtid) values (s.htofid, 0);

merge into cf_quere_pro.tipositver as t using tipooficina as s on s.tofid = t.tsvid when not matched then do nothing;

truncate table hiscontrato, cf_quere_pro.hispersona restart identity cascade;

truncate only hiscontrato;

lock table hiscontrato, contrato in access exclusive mode nowait;

lock hiscontrato;

copy cf_quere_pro.hiscontrato (hcnttnum, hcnttexpid) from stdin with (format csv, header true, delimiter ';', null '');

copy hiscontrato to stdout;

copy (select * from histipooficina where htofid > 3) to stdout with csv header;

copy tipositver from stdin delimiters '|' with null as '';

COPY hiscontrato (hcnttnum) FROM STDIN BINARY;

declare c1 cursor with hold for select * from hiscontrato order by hcntthsthora;

declare c2 binary scroll cursor for select * from histipooficina;

declare c3 no scroll cursor without hold for select * from histipooficina for update;

fetch forward 100 from c1;

fetch next from c1;

fetch all c1;

FETCH 50 c1;

move forward all in c1;

close c1;

close all;

prepare p1 (numeric, text) as select * from hiscontrato where hcnttnum = $1 and hcntthstusu = $2;

execute p1 (1, 'x');

deallocate p1;

deallocate all;

discard all;

begin;

BEGIN READ ONLY;

begin isolation level serializable, read write;

START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE;

commit;

rollback;

commit and chain;

savepoint PGJDBC_AUTOSAVE;

release savepoint PGJDBC_AUTOSAVE;

ROLLBACK TO SAVEPOINT PGJDBC_AUTOSAVE;

prepare transaction 'xid_1';

commit prepared 'xid_1';

set search_path to cf_quere_pro, public;

set local statement_timeout = '5s';

SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;

set time zone 'America/Mexico_City';

set extra_float_digits = 3;

set session authorization default;

set role none;

SET application_name = 'aquasis';

show transaction isolation level;

SHOW search_path;

show all;

reset all;

reset search_path;

select * from fn_saldo($1) as result;

select * from cf_quere_pro.fn_saldo($1) with ordinality as r(a, b);

call cf_quere_pro.pr_cierre($1, null);

select fn_saldo(cnttnum => 5, b := 6);

select set_config('search_path', 'cf_quere_pro', false), current_schema(), current_schemas(true);

/* dynamic native SQL query */ select /*+ IndexScan(h) */ h.hcnttnum -- from hispersona
from hiscontrato h /* nested /* comment from histipooficina */ */ where h.hcnttnum = 1;

select 'it''s from hiscontrato', E'esc\'aped from \n hiscontrato', U&'\0441\043B' , $$ from hiscontrato $$, $tag$ select $$ from hispersona $tag$, B'101', X'1F', N'nat' from contrato;

select U&"d\0061t\+000061" from U&"hiscontr\0061to";

select "c"."cnttnum" as "número de contrato", "c"."CnttEstado" from "contrato" "c" where "c"."ñandú" = 'á';

select é.cnttnum, 'áéíóú ñ 漢字 😀' as "año" from contrato é join hiscontrato ü on ü.hcnttnum = é.cnttnum;

select * from only hiscontrato h;

select * from only (hiscontrato);

select * from hiscontrato *;

-- twin: differs a sample is random
select * from hiscontrato tablesample bernoulli (10) repeatable (5);

select * from hiscontrato h tablesample system_rows(100);

select c.cnttnum, x.* from contrato c cross join lateral (select max(h.hcntthsthora) m from hiscontrato h where h.hcnttnum = c.cnttnum) x;

select c.cnttnum from contrato c left join lateral fn_saldo(c.cnttnum) s on true;

select * from rows from (generate_series(1,3), json_to_recordset('[{"a":1}]') as (a int)) as x(a,b);

with recent as (select * from hiscontrato where hcntthsthora > $1), t as materialized (select * from tipositver) select * from recent r join t on t.tsvid = r.hcnttestado;

-- twin: differs the parser does not know SEARCH and CYCLE: forwarded untouched
with recursive arbol(id, padre, n) as (select 1, null::int, 0 union all select a.id, a.padre, n + 1 from histipooficina h join arbol a on a.id = h.htofid where n < 10) search depth first by id set ord cycle id set is_cycle using path select * from arbol;

-- twin: differs audit_log exists on one side only
with movidos as (delete from hiscontrato where hcntthsthora < $1 returning *) insert into audit_log (al_table_name, al_old_data) select 'contrato', to_jsonb(movidos) from movidos;

with contrato as (select * from hiscontrato) select * from contrato;

with x as (select 1) update contrato set cnttestado = (select * from x) where exists (select from hiscontrato);

-- twin: differs names in a function body are opaque
do $$ begin delete from hiscontrato where hcnttnum = 1; perform 1 from histipooficina; end $$;

do language plpgsql 'begin null; end';

create temp table tmp_x on commit drop as select * from hiscontrato with no data;

create temporary table tmp_y (like hiscontrato including all) on commit preserve rows;

create local temp table if not exists tmp_z (a int primary key, b text collate "C" default 'x' check (b <> ''));

select * into temp tmp_q from hiscontrato where hcnttnum > 3;

select cnttnum into unlogged table q2 from contrato;

create or replace view v_his as select h.*, t.tsvtxtid from hiscontrato h left join tipositver t using (tsvid);

create materialized view mv_his as table hiscontrato with no data;

refresh materialized view concurrently mv_his;

table hiscontrato;

values (1,'a'),(2,'b');

-- twin: differs the plan is another one
explain (analyze, buffers, format json) select * from hiscontrato;

-- twin: differs the plan is another one
explain analyze verbose delete from hiscontrato;

-- twin: differs the plan is another one
explain select count(*) from histipooficina;

analyze hiscontrato;

vacuum (analyze, verbose) hiscontrato;

vacuum full hiscontrato;

cluster hiscontrato using ix_his;

reindex table concurrently hiscontrato;

comment on table hiscontrato is 'histórico';

comment on column hiscontrato.hcnttnum is null;

grant select, insert on hiscontrato, contrato to aquasis with grant option;

-- twin: differs the improvement has columns of its own
revoke all on table hiscontrato from public;

alter table only hiscontrato add column x jsonb, alter column hcnttnum set not null;

alter table hiscontrato rename to hiscontrato_old;

alter table hiscontrato disable trigger all;

-- twin: refused 0A000
drop table if exists hiscontrato, histipooficina cascade;

create unique index concurrently if not exists ix_h on hiscontrato using btree (hcnttnum desc nulls last) include (hcnttexpid) where hcnttestado is not null;

create trigger tr_audit after insert or update of cnttestado or delete on contrato for each row when (old.* is distinct from new.*) execute function fn_audit_trigger('cnttnum');

-- twin: differs audit_log exists on one side only
create rule r1 as on insert to hiscontrato do instead insert into audit_log (al_table_name) values ('contrato');

create table audit_log_2026_03 partition of audit_log for values from ('2026-03-01') to ('2026-04-01');

create function f1(a int) returns setof hiscontrato language sql stable as $$ select * from hiscontrato where hcnttnum = a $$;

create function f2(a int) returns int language sql begin atomic select hcnttnum from hiscontrato where hcnttnum = a; end;

select count(*) filter (where h.hcnttestado = 1), string_agg(distinct h.hcntthstusu, ',' order by h.hcntthstusu), percentile_cont(0.5) within group (order by h.hcnttnum), row_number() over w, sum(h.hcnttexpid) over (partition by h.hcnttnum order by h.hcntthsthora rows between unbounded preceding and current row exclude ties) from hiscontrato h group by grouping sets ((h.hcnttnum), rollup(h.hcnttexpid, h.hcnttestado), ()) window w as (partition by h.hcnttexpid);

select distinct on (h.hcnttnum) h.*, (h).hcnttnum, h from hiscontrato h order by h.hcnttnum, h.hcntthsthora desc nulls last;

select array(select hcnttnum from hiscontrato), array[1,2,3][1], ('{1,2}'::int[])[1:2], row(1,2), (select row_to_json(h) from hiscontrato h limit 1), x.al_old_data->>'hcnttnum', x.al_old_data #>> '{a,b}', x.al_old_data @> '{"a":1}'::jsonb, x.al_old_data ? 'a', x.al_old_data ?| array['a'] from audit_log x;

select cast($1 as numeric(10,2)), $2::text::varchar(10), timestamp '2024-01-01', date '2024-01-01' + 1, interval '1' day, interval '1-2' year to month, now() at time zone 'utc', extract(epoch from now()), position('a' in 'abc'), substring('abc' from 2 for 1), overlay('abc' placing 'x' from 1), trim(leading 'x' from 'xx'), 'a' like 'b' escape '\', 'a' similar to 'b', 'a' ~* 'b', 'a' !~~ 'b', 5 operator(pg_catalog.+) 6, a collate "es_MX" from contrato;

select * from contrato where (cnttnum, cnttexpid) in ((1,2),(3,4)) and (cnttnum, cnttexpid) = (select 1,2) and cnttnum = any($1) and cnttnum <> all(array[1,2]) and cnttnum = any(values (1),(2)) and (cnttfcaduci, cnttfprdoc) overlaps (now(), now());

-- twin: described
select * from (contrato c join hiscontrato h on c.cnttnum = h.hcnttnum) left join (tipositver t cross join tipooficina o) on true natural full join factura;

select * from (values (1,'a')) as v(id, n) join hiscontrato h on h.hcnttnum = v.id;

select * from contrato c join hiscontrato h using (cnttnum) as j;

select cnttnum from cf_quere_pro.contrato where cnttnum = '5' and cnttestado = 1; select 1 from hiscontrato;

;

;

-- solo comentario;

select 1;

-- twin: differs the databases have different names
select * from aqua.cf_quere_pro.hiscontrato;

select CF_QUERE_PRO.HISCONTRATO.hcnttnum from CF_QUERE_PRO.HISCONTRATO;

select hiscontrato.hcnttnum, hiscontrato.* from hiscontrato where hiscontrato.hcnttnum in (1) order by hiscontrato.hcnttnum;

-- twin: differs sizes
select 'hiscontrato'::regclass, to_regclass('cf_quere_pro.hiscontrato'), pg_total_relation_size('hiscontrato'), has_table_privilege('hiscontrato','select'), null::hiscontrato, cast(null as cf_quere_pro.hiscontrato);

select hiscontrato from hiscontrato;

select count(hiscontrato) from hiscontrato;

select f.h from (select hiscontrato as h from hiscontrato) f;

select xmlelement(name foo, xmlattributes(1 as a), 'x'), xmlforest(cnttnum as n), xmltable.* from contrato, xmltable('/a' passing '<a/>' columns x int path '@x');

select jsonb_path_query(al_new_data, '$.a ? (@ > 1)'), jsonb_set(al_new_data, '{a}', '1'), al_new_data - 'a', al_new_data['a']['b'] from audit_log;

listen canal;

notify canal, 'x';

unlisten *;

load 'auto_explain';

checkpoint;

select pg_catalog.pg_advisory_xact_lock($1), pg_sleep(0.1);

select 1 as value, 2 as name, 3 as type, 4 as "user", 5 user_, 6 year from contrato order by value asc nulls first, 2 using >;

select current_user, session_user, current_date, current_time(3), localtimestamp, current_catalog, user;

select case c.cnttestado when 1 then 'A' else null end, nullif(1,2), greatest(1,2), coalesce(null,1), c.cnttnum is null, c.cnttnum isnull, c.cnttnum notnull, not true, true is not unknown, 'a' is nfc normalized, 1 between symmetric 2 and 1 from contrato c;

SELECT
	c.cnttnum,
	c.cnttestado
FROM	cf_quere_pro.contrato	c
	INNER JOIN	cf_quere_pro.hiscontrato	h
		ON	h.hcnttnum = c.cnttnum
WHERE	c.cnttnum = $1;
