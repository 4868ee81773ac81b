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

-- The older syntaxes of COPY (source, gram.y): BINARY before the table, DELIMITERS behind the file, options without parentheses.

copy tipositver to stdout using delimiters ';' with null as 'x';

copy tipositver to stdout delimiters '|';

copy tipositver to stdout delimiters E'\x7c' csv header quote as '$' escape as '!';

copy cf_quere_pro.tipositver (tsvtxtid, tsvid) to stdout using delimiters ';' with null as 'x';

copy cf_quere_pro.tipositver (tsvtxtid, tsvid) to stdout delimiters '|';

copy cf_quere_pro.tipositver (tsvtxtid, tsvid) to stdout delimiters E'\x7c' csv header quote as '$' escape as '!';

copy histipooficina to stdout using delimiters ';' with null as 'x';

copy histipooficina to stdout delimiters '|';

copy histipooficina to stdout delimiters E'\x7c' csv header quote as '$' escape as '!';

copy hiscliente to stdout using delimiters ';' with null as 'x';

copy hiscliente to stdout delimiters '|';

copy hiscliente to stdout delimiters E'\x7c' csv header quote as '$' escape as '!';

copy hiscliente (hcliid, hclihstusu) to stdout using delimiters ';' with null as 'x';

copy hiscliente (hcliid, hclihstusu) to stdout delimiters '|';

copy hiscliente (hcliid, hclihstusu) to stdout delimiters E'\x7c' csv header quote as '$' escape as '!';

copy binary tipositver to stdout;

copy binary tipositver (tsvid) to stdout;

COPY BINARY cf_quere_pro.tipobonifdoc TO STDOUT;

copy binary hiscliente to stdout;

copy tipositver to stdout binary;

copy tipositver to stdout with binary;

copy binary tipositver to stdout (encoding 'utf8');

copy tipositver to stdout delimiters ';' (null 'x', header);

copy tipositver to stdout using delimiters U&'\003b' uescape '\' with (format csv);

copy binary tipositver to stdout with binary;

copy binary tipositver to stdout (format csv);

copy binary tipositver to stdout using delimiters ';';

copy tipositver to stdout using delimiters ';' with delimiter as '|';

copy tipositver to stdout using delimiters ';' (delimiter '|');

copy tipositver to stdout using delimiters;

copy tipositver to stdout using delimiters tsvid;

copy tipositver to stdout delimiters ';;';

copy tipositver to stdout using;

copy binary to stdout;

copy binary binary to stdout;

copy tipositver to stdout where tsvid = 3;

copy tipositver (tsvid) to stdout with csv where tsvid = 3;

copy tipositver to stdout (header) where;

copy (select * from tipositver) to stdout delimiters ';';

copy (select * from tipositver order by 1) to stdout with csv null as 'x' delimiter as '|' force quote *;

copy binary (select * from tipositver) to stdout;

copy tipositver to stdout csv force quote tsvid, tsvtxtid null 'x';

copy tipositver to stdout oids;

-- twin: copy 950;1
copy tipositver from stdin using delimiters ';';

-- twin: copy 950;x
copy tipositver from stdin using delimiters ';' with null as 'x';

-- twin: copy 1|950
copy tipositver (tsvtxtid, tsvid) from stdin delimiters '|' csv;

-- twin: copy 950;1
copy tipositver from stdin delimiters ';' (null 'x') where tsvid > 3;

-- twin: copy 7;COPIA;S;N;ANA;2020-02-02 02:02:02;es
copy histipooficina from stdin using delimiters ';' with null as 'x';

-- twin: copy x
copy binary tipositver from stdin;

-- twin: copy x
copy binary tipositver (tsvid) from stdin with binary;

-- twin: copy 950|1
copy tipositver from stdin with delimiter as '|' null as 'x';

-- twin: copy 950|1
copy tipositver from stdin using delimiters '|' with delimiter ';';

-- Columns of ANALYZE and VACUUM.

analyze tipositver (nada);

analyze tipositver (tsvid, nada, tsvid);

analyze tipositver (tsvid, tsvid);

analyze tipositver (dv_code);

analyze tipositver (tsvid), histipooficina (htofid, nada);

analyze contrato, tipositver (nada);

analyze tipositver (nada); select count(*) from tipositver where nada = 1;

analyze nada, tipositver (nada);

vacuum tipositver (tsvid);

vacuum (analyze false) tipositver (tsvid);

vacuum (analyze) tipositver (nada);

vacuum full tipositver (nada);

vacuum full analyze tipositver (tsvid, tsvid);
