-- A table's name is the name of its row type.

select (null::tipositver) is null, null::cf_quere_pro.tipositver;

select row(1, 2)::tipositver, cast(row(1, 2) as cf_quere_pro.tipositver), (row(1, 2)::tipositver).tsvtxtid;

select (row(1, 2)::tipositver).*;

select json_populate_record(null::tipositver, '{"tsvid": 3, "tsvtxtid": "4"}');

select * from json_populate_record(null::tipositver, '{"tsvid": 3}');

select * from json_populate_recordset(null::tipositver, '[{"tsvid": 3}, {"tsvid": 4, "tsvtxtid": 1}]') order by 1;

select * from jsonb_to_recordset('[{"a": {"tsvid": 3}}]') as x(a tipositver);

select json_populate_record(t, '{"tsvtxtid": 4}') from tipositver t order by t.tsvid;

select (json_populate_record(t, '{"tsvtxtid": 4}')).tsvid from tipositver t order by 1;

select t.tsvid, (lag(t) over (order by t.tsvid)).tsvid from tipositver t order by 1;

select (array_agg(t order by t.tsvid))[2].tsvid from tipositver t;

select (array_agg(t order by t.tsvid))[1:2]::tipositver[]::text from tipositver t;

select array[row(1, 2)::tipositver, row(3, 4)], '{"(1,2)"}'::tipositver[];

select unnest(array[row(1, 2), row(3, 4)]::cf_quere_pro.tipositver[]);

select (unnest(array[row(1, 2), row(3, 4)]::tipositver[])).*;

select tipositver '(1,2)';

select t = row(1, 2)::tipositver, t::tipositver from tipositver t order by t.tsvid;

select t from tipositver t where t in (select x from tipositver x where x.tsvid < 4) order by t.tsvid;

select row(123456, 1)::tipositver;

select '(1,2,3)'::tipositver;

select row(1)::tipositver;

select * from tipositver t join (select row(1, 2)::tipositver r) q on t.tsvid = (q.r).tsvid;

insert into tipositver select (r).* from (select row(800, 2)::tipositver r) q returning *;

insert into tipositver select * from json_populate_record(null::tipositver, '{"tsvid": 801, "tsvtxtid": 2}') returning *;

insert into tipositver select (json_populate_record(t, '{"tsvid": 802}')).* from tipositver t where tsvid = 1 returning *;

update tipositver set tsvtxtid = (row(1, 5)::tipositver).tsvtxtid where tsvid = 2 returning *;

with w as (select null::tipositver n) select n is null, t from w, tipositver t order by t.tsvid;

select (lag(h) over (order by h.htofid, h.htofhsthora, h::text)).htofdescri from histipooficina h;

select (array_agg(h order by h::text))[2].*, count(*) from histipooficina h;

select null::histipooficina is null, (json_populate_record(null::histipooficina, row_to_json(h))).htofid from histipooficina h;

select count(*) from histipooficina a, histipooficina b where a = b;

-- twin: apart
begin; create temp table x_type (a int, c tipositver); insert into x_type select 1, t from tipositver t where tsvid < 3; select a, (c).* from x_type order by 2; rollback;

-- twin: apart
begin; create temp table x_type (a int); alter table x_type add column c tipositver; update x_type set c = row(1, 2); select * from x_type; rollback;

-- twin: apart
prepare p_type (tipositver) as select ($1).tsvid, $1; execute p_type(row(1, 2)); deallocate p_type;

-- Names that are no types.
select 1 as tipositver, 'x';

select tipositver.tsvid from tipositver order by 1;

select x.tipositver from (select 1) as x(tipositver);
