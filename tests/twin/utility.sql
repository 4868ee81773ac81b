-- TRUNCATE, LOCK, maintenance: the tags, the rows that go, the rights; definitions are refused.

truncate tipositver;

truncate table only cf_quere_pro.tipositver restrict;

truncate tipositver, histipooficina, tipobonifdoc;

truncate tipositver, contrato restart identity cascade;

truncate tipositver, hiscliente restart identity;

truncate tipositver *, tipositver;

truncate histipooficina continue identity;

truncate tipobonifdoc cascade;

truncate tipositver; select count(*) from tipositver; select count(*) > 0 from tipooficina; insert into tipositver values (3, 1) returning *;

insert into tipositver values (97, 1); truncate tipositver; select * from tipositver;

savepoint a; truncate histipooficina; rollback to a; select count(*) from histipooficina;

truncate tipositver, nosuch;

lock table tipositver in access share mode;

lock tipositver in row share mode;

lock tipositver in row exclusive mode nowait;

lock table tipositver in share update exclusive mode;

lock table tipositver in share mode;

lock table tipositver in share row exclusive mode;

lock table tipositver, contrato, histipooficina in exclusive mode nowait;

lock only histipooficina, tipobonifdoc *;

lock table tipositver in access exclusive mode; select * from tipositver order by 1; update tipositver set tsvtxtid = 1 where tsvid = 3;

lock hiscliente, tipositver in share mode;

-- AQUASIS owns none of these tables: the server says so, once a table.
analyze tipositver;

analyze verbose cf_quere_pro.tipositver (tsvid, tsvtxtid), tipobonifdoc;

analyze histipooficina;

analyze (skip_locked) contrato, tipositver;

vacuum tipositver;

vacuum (analyze, verbose) tipositver (tsvid), histipooficina;

vacuum full tipositver;

reindex table tipositver;

reindex (verbose) table histipooficina;

cluster tipositver using tipositver_pkey;

cluster verbose histipooficina;

-- twin: refused 0A000
comment on table tipositver is 'x';

-- twin: refused 0A000
comment on column cf_quere_pro.tipositver.tsvid is 'x';

-- twin: refused 0A000
alter table if exists tipositver add column x integer;

-- twin: refused 0A000
drop table contrato, histipooficina;

-- twin: refused 0A000
drop trigger x on tipositver;

-- twin: refused 0A000
create index x on tipositver (tsvtxtid);

-- twin: refused 0A000
create trigger x after insert on cf_quere_pro.tipositver for each row execute function f();

grant select, insert on tipositver to public;

-- A table that stays is the client's to change.
drop table hiscliente;
