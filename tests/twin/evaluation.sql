-- The order and the number of evaluations: what changes or watches the world does it as often, and in the order, as on the table.

create temp sequence s; update tipositver set tsvtxtid = nextval('s') where tsvid = 3 returning *; select currval('s');

create temp sequence s; update tipositver set tsvtxtid = nextval('s'); select currval('s');

create temp sequence s; update tipositver set tsvtxtid = nextval('s') * 10, tsvid = 900 + nextval('s') where tsvid = 3 returning *;

create temp sequence s; update tipositver set tsvid = 900 + nextval('s'), tsvtxtid = nextval('s') * 10 where tsvid = 3 returning *;

create temp sequence s; update tipoelem set tlmhstusu = nextval('s'), tlmdescrip = 'u' || nextval('s') where tlmcod = 'V01' returning tlmdescrip, tlmhstusu;

create temp sequence s; update tipoelem set tlmdescrip = nextval('s'), tlmhstusu = 'u' || nextval('s') where tlmcod = 'V01' returning tlmdescrip, tlmhstusu;

create temp sequence s; update tipoelem set (tlmhstusu, tlmdescrip) = (nextval('s'), nextval('s')) where tlmcod = 'V01' returning tlmdescrip, tlmhstusu;

create temp sequence s; update tipoelem set (tlmhstusu, tlmdescrip) = (select nextval('s'), nextval('s')) where tlmcod = 'V01' returning tlmdescrip, tlmhstusu;

create temp sequence s; update tipoelem set tlmhstusu = nextval('s'), (tlmdescrip, tlmcod) = (select nextval('s'), 'ZZZ') where tlmcod = 'V01' returning tlmdescrip, tlmhstusu;

create temp sequence s; update tipooficina set tofhstusu = nextval('s'), tofdescritxtid = nextval('s'), tofid = 900 + nextval('s') where tofid = 3 returning tofhstusu, tofdescritxtid, tofid;

create temp sequence s; insert into tipositver values (900 + nextval('s'), nextval('s')), (900 + nextval('s'), nextval('s')) returning *;

create temp sequence s; insert into tipositver (tsvtxtid, tsvid) values (nextval('s'), 900 + nextval('s')) returning *;

create temp sequence s; insert into tipoelem (tlmhstusu, tlmdescrip, tlmcod, tlmhsthora) values (nextval('s'), nextval('s'), nextval('s'), now()) returning tlmcod, tlmdescrip, tlmhstusu;

create temp sequence s; insert into tipositver select 900 + nextval('s'), nextval('s') from generate_series(1, 3) returning *;

create temp sequence s; insert into tipositver (tsvtxtid, tsvid) select nextval('s'), 900 + nextval('s') from generate_series(1, 3) returning *;

create temp sequence s; insert into tipositver values (3, nextval('s')) on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid * 100 + nextval('s') returning *; select currval('s');

create temp sequence s; insert into tipositver values (3, nextval('s')) on conflict do nothing; select currval('s');

create temp sequence s; delete from tipositver where tsvid = 3 returning tsvid, nextval('s'), nextval('s');

create temp sequence s; update tipositver set tsvtxtid = 1 where tsvid = 3 returning nextval('s'), tsvid + nextval('s');

create temp sequence s; merge into tipositver t using (select 3 as k) v on t.tsvid = v.k when matched then update set tsvtxtid = nextval('s'); select currval('s');

create temp sequence s; insert into histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) values (nextval('s'), nextval('s'), 'S', 'S', nextval('s'), '2026-05-05') returning htofid, htofdescri, htofhstusu; select currval('s');

create temp sequence s; insert into histipooficina (htofhstusu, htofdescri, htofid, htofsnpresen, htofsngestpda, htofhsthora) values (nextval('s'), nextval('s'), nextval('s'), 'S', 'S', '2026-05-05') returning htofid, htofdescri, htofhstusu;

create temp sequence s; update histipooficina set htofhstusu = nextval('s'), htofdescri = nextval('s') where htofid = (select min(htofid) from histipooficina) returning htofdescri, htofhstusu; select currval('s');

create temp sequence s; create function pg_temp.g() returns numeric language plpgsql stable as $$ begin return nextval('s'); end $$; insert into tipositver values (950, pg_temp.g()); update tipositver set tsvtxtid = pg_temp.g() where tsvid in (3, 950) returning *; select currval('s');

create temp sequence s; create function pg_temp.g() returns numeric language plpgsql stable as $$ begin return nextval('s'); end $$; insert into tipositver values (950, pg_temp.g()), (951, pg_temp.g()) returning *; insert into tipositver select 952, pg_temp.g(); select currval('s');

create temp sequence s; create function pg_temp.g() returns text language plpgsql stable as $$ begin return nextval('s'); end $$; update tipoelem set tlmhstusu = pg_temp.g(), tlmdescrip = pg_temp.g() where tlmcod = 'V01' returning tlmdescrip, tlmhstusu; select currval('s');
