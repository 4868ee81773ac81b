-- Histories that stay: the columns that the improvement adds are invisible to a client that does not name them.

select * from hiscliente order by 1, 2, 3, 4, 5;

select h.* from hiscliente h where h.hcliid = 3 order by 1, 2, 3, 4, 5;

select h from hiscliente h order by h.hcliid, h.hclihsthora, h::text;

select row_to_json(h) from hiscliente h where hcliid = 2 order by h::text;

select count(*), count(h) from hiscliente h;

select * from cliente c join hiscliente h on h.hcliid = c.cliid where c.cliid = 2 order by 1, 2, 3, 4, 5, 6, 7;

select * from hiscliente natural join cliente;

select * from hiscliente a join hiscliente b using (hcliid, hclihsthora) order by 1, 2, 3, 4, 5, 6;

table hiscliente;

select * from (select * from hisleclote union all select * from hisleclote) x order by 1, 2, 3, 4, 5;

insert into hiscliente select * from hiscliente where hcliid = 1;

insert into hiscliente select * from hiscliente where hcliid = 1 returning *;

update hiscliente set hclihstusu = 'X' where hcliid = 1 returning *;

update hiscliente h set hclihstusu = 'X' from cliente c where c.cliid = h.hcliid and c.cliid = 2 returning h.*, c.cliid;

delete from hiscliente where hcliid = 2 returning *;

delete from hiscliente where hcliid = 2 returning hcliid, hclihstusu;

delete from hiscliente h where h.hcliid = 3 returning h;

copy hiscliente to stdout;

copy (select * from hiscliente) to stdout;

create temp table copia as select * from hiscliente;

create temp table copia (like hiscliente); insert into copia select * from hiscliente; select * from copia order by copia::text;

create temp table copia (mas int, like hiscliente including defaults excluding all, otra text); insert into copia select 1, h.*, 'x' from hiscliente h; select * from copia order by copia::text;

create temp table copia (like hiscliente including defaults); insert into copia (hcliid) values (1); select * from copia;

-- twin: differs a key of the improvement cannot be left out
create temp table copia (like hiscliente including all);

select * from U&"hiscli!0065nte" uescape '!' order by 1, 2, 3, 4, 5;

select h.* from U&"hiscli\0065nte" h where h.hcliid = 3 order by 1, 2, 3, 4, 5;

delete from U&"hiscli!0065nte" uescape '!' where U&"hcli!0069d" uescape '!' = 1 returning *;

insert into hiscliente overriding user value table hiscliente;

insert into hiscliente overriding user value (table hiscliente);

insert into hiscliente overriding user value table cliente;

insert into hiscliente table contrato;

select * from hiscliente where hcliid = 1 for update;

truncate hiscliente;

lock table hiscliente in exclusive mode;

-- Beside a system column, or in a sample.
select h.*, h.ctid is null from hiscliente h order by 1, 2, 3, 4, 5;

select *, xmin is null as x from hiscliente where hcliid = 3 order by 1, 2, 3, 4, 5;

select row_to_json(h)::text, count(h.ctid) from hiscliente h group by 1 order by 1;

select h, h.ctid is null from hiscliente h order by h::text;

select hcliid, ctid is null from hiscliente order by 1;

-- One value more than the client knows columns: it would go into a column of the improvement. Only the server can count some of these.
insert into hiscliente (select h.*, 99 from hiscliente h where hcliid = 1) union all select h.*, 99 from hiscliente h where hcliid = 1;

insert into hiscliente (select h.*, 'x'::text from hiscliente h where hcliid = 1) union all select h.*, 'y' from hiscliente h where hcliid = 1;

insert into hiscliente (select h.*, 99, 'x' from hiscliente h where hcliid = 1) union all select h.*, 99, 'x' from hiscliente h where hcliid = 1;

insert into hiscliente (select h.*, 99, 'x', 7 from hiscliente h where hcliid = 1) union all select h.*, 99, 'x', 7 from hiscliente h where hcliid = 1;

insert into hiscliente overriding system value (select h.*, 99 from hiscliente h where hcliid = 1) union all select h.*, 99 from hiscliente h where hcliid = 1;

insert into hiscliente overriding system value (select h.* from hiscliente h where hcliid = 1) union all select h.* from hiscliente h where hcliid = 1;

insert into hiscliente (select h.* from hiscliente h where hcliid = 1) union all select h.* from hiscliente h where hcliid = 1 returning *;

insert into hiscliente (select hcliid from hiscliente h where hcliid = 1) union all select hcliid + 1 from hiscliente h where hcliid = 1 returning *;

create table public.traslado as select h.*, 99 as mas from hiscliente h;

-- twin: differs without a position
insert into hiscliente select * from public.traslado;

insert into hiscliente select t.* from public.traslado t join cliente c on c.cliid = t.hcliid;

alter table public.traslado drop column mas;

insert into hiscliente select * from public.traslado where hcliid = 1 returning *;

drop table public.traslado;

insert into hiscliente values (1, 2, 3, 4, 5, 99);

insert into hiscliente values (1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 5, 6, 7, 8, 9);

insert into hiscliente select h.*, 99 from hiscliente h where hcliid = 1;

insert into hiscliente select h.hcliid, h.* from hiscliente h where hcliid = 1 on conflict do nothing returning *;

with x as (insert into hiscliente select *, 1 from hiscliente returning *) select * from x;

merge into hiscliente h using (select 1 as k) s on false when not matched then insert values (1, 2, 3, 4, 5, 99);

insert into hiscliente select h.* from hiscliente h where hcliid = 1 returning *;
