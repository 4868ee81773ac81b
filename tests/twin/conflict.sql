-- INSERT ... ON CONFLICT: which constraint is meant, what excluded is, what is said when there is none.

insert into tipositver values (3, 900), (97, 901) on conflict do nothing;

insert into tipositver values (3, 900), (97, 901) on conflict do nothing returning *;

insert into tipositver (tsvtxtid, tsvid) values (900, 3), (901, 97), (902, 97) on conflict (tsvid) do nothing returning tsvid, tsvtxtid;

insert into tipositver as t values (3, 900), (97, 901) on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid returning *;

insert into tipositver values (3, 900), (97, 901) on conflict on constraint tipositver_pkey do update set tsvtxtid = excluded.tsvtxtid + tipositver.tsvtxtid returning tsvid, tsvtxtid, tipositver.tsvtxtid * 2 as doble;

insert into tipositver values ($1, $2) on conflict (tsvid) do update set tsvtxtid = $3 where tipositver.tsvid = $4;

insert into tipositver values ($1, $2) on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid + $3 where tipositver.tsvtxtid is distinct from $4 returning *;

insert into tipositver as t (tsvid, tsvtxtid) select tsvid, tsvtxtid + 100 from tipositver on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid where t.tsvid < 3 returning t.tsvid, t.tsvtxtid;

insert into tipositver as r values (3, 900) on conflict (tsvid) do update set tsvtxtid = r.tsvtxtid + excluded.tsvtxtid returning r.*;

insert into tipositver values (3, 900) on conflict (tsvid) do update set (tsvid, tsvtxtid) = (excluded.tsvid + 50, default) returning *;

insert into tipositver values (3, 900) on conflict (tsvid) do update set (tsvid, tsvtxtid) = (select excluded.tsvid + 50, max(tpiid) from tipoincide where tpiid <= excluded.tsvid) returning *;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = (select count(*) from tipositver x where x.tsvid < excluded.tsvid and x.tsvtxtid <= tipositver.tsvtxtid + 1000) returning *;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = length(excluded::text) + length(tipositver::text) returning *;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = 7 where excluded is not null and row_to_json(tipositver) is not null returning *;

-- The second row meets the first.
insert into tipositver values (97, 1), (97, 2) on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid;

insert into tipositver values (97, 1), (97, 2) on conflict (tsvid) do nothing;

-- Names without a table are ambiguous beside excluded.
insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = tsvtxtid + 1;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = 1 where tsvid = 3;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = excluded.nosuch;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = 1 where tipositver.nosuch = 1;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = 1 returning excluded.tsvid;

insert into tipositver values (3, 900) on conflict (tsvid) do update set nosuch = 1;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = max(excluded.tsvid);

insert into tipositver values (3, 900) on conflict (nosuch) do nothing;

insert into tipositver values (3, 900) on conflict (tsvtxtid) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid, tsvtxtid) do update set tsvtxtid = excluded.tsvtxtid;

insert into tipositver values (3, 900) on conflict (tsvid, tsvid) do update set tsvtxtid = excluded.tsvtxtid;

insert into tipositver values (3, 900) on conflict on constraint nosuch do nothing;

insert into tipositver values (3, 900) on conflict do update set tsvtxtid = 1;

-- What is refused in the row to be added, and in the row to be changed.
insert into tipositver values (3, 99999999999) on conflict do nothing;

insert into tipositver values (null, 1) on conflict do nothing;

insert into tipositver values (null, 1) on conflict (tsvid) do update set tsvtxtid = 1;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvid = null;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = 99999999999;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvid = 4;

insert into tipositver values (3, 900) on conflict (tsvid) do update set tsvtxtid = 'x';

insert into tipvalvula values ('V01', 1, 'S') on conflict (tvalcod) do update set tvalindblk = 'SN';

insert into tipvalvula values ('V01', 1, 'N'), ('Q', 2, 'S') on conflict (tvalcod) do update set tvalindblk = excluded.tvalindblk, tvalcod = 'z' returning *, tvalcod || '|';

insert into tipoelem (tlmcod, tlmdescrip, tlmhstusu, tlmhsthora) select tlmcod, 'ñ ' || tlmdescrip, 'ANA', '2019-04-07 02:30' from tipoelem on conflict (tlmcod) do update set tlmdescrip = left(excluded.tlmdescrip || tipoelem.tlmdescrip, 30), tlmhsthora = excluded.tlmhsthora, tlmhstusu = default returning *;

insert into tipooficina (tofid, tofdescritxtid, tofsngestpda) values (1, 5, 'S'), (77, 6, 'N') on conflict (tofid) do update set tofsnpresen = default, tofdescritxtid = excluded.tofdescritxtid, tofhstusu = excluded.tofhstusu returning tofid, tofsnpresen, tofdescritxtid, tofhstusu;

insert into tipooficina default values on conflict do nothing;

with n as (insert into tipositver values (3, 900), (97, 1) on conflict (tsvid) do update set tsvtxtid = excluded.tsvtxtid returning *) select * from n order by 1;

explain insert into tipositver values (3, 900) on conflict (nosuch) do nothing;

-- Junctions: the key has several columns, in any order.
insert into tipobonifdoc select * from tipobonifdoc on conflict do nothing;

insert into tipobonifdoc select * from tipobonifdoc on conflict (tbdtbid, tbddconid) do update set tbdsnactivo = 'N', tbdhstusu = 'X' || excluded.tbdsnactivo returning *;

insert into tipobonifdoc select * from tipobonifdoc on conflict (tbddconid, tbdtbid) do update set tbddconid = excluded.tbddconid + 700 where tipobonifdoc.tbdtbid = 1 returning *;

insert into tipobonifdoc (tbdtbid, tbddconid, tbdsnactivo, tbdsnobligat, tbdhstusu, tbdhsthora) values (900, 901, 'S', 'N', 'ANA', '2020-01-01'), (900, 901, 'N', 'N', 'EVA', '2020-01-02') on conflict on constraint tipobonifdoc_pkey do update set tbdhstusu = excluded.tbdhstusu;

insert into tipobonifdoc (tbdtbid, tbddconid, tbdsnactivo, tbdsnobligat, tbdhstusu, tbdhsthora) values (900, 901, 'S', 'N', 'ANA', '2020-01-01') on conflict (tbdtbid) do nothing;

insert into tipptoservtao select * from tipptoservtao on conflict do nothing returning *;

insert into tipoviaaca select * from tipoviaaca on conflict (tvatviaid, tvacodaca) do update set tvacodaca = 'ñ' || left(excluded.tvacodaca, 1) where tipoviaaca.tvatviaid = (select min(tvatviaid) from tipoviaaca) returning *;

-- Histories: no legacy constraint, so nothing ever conflicts.
insert into histipooficina values (1, 'Núñez', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es'), (1, 'Núñez', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es') on conflict do nothing returning *;

insert into histipooficina select * from histipooficina on conflict do nothing;

insert into histipooficina values (1, 'a', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es') on conflict (htofid) do nothing;

insert into histipooficina values (1, 'a', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es') on conflict (htofid, htofhsthora) do update set htofdescri = excluded.htofdescri;

insert into histipooficina values (1, 'a', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es') on conflict on constraint histipooficina_pkey do nothing;

insert into histipooficina values (1, 'a', 'S', 'N', 'ANA', '2026-05-01 10:00', 'es') on conflict do update set htofid = 3;

-- A table that stays.
insert into hiscliente select * from hiscliente on conflict do nothing;

-- Collations and operator classes in an arbiter (source, gram.y, index_elem_options): what the key's index has of itself means it.

insert into tipositver values (3, 900) on conflict (tsvid numeric_ops) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict ((tsvid) pg_catalog.numeric_ops) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid int4_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) bpchar_ops) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict (tsvid text_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) varchar_ops) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid text_pattern_ops) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict ((tsvid) bpchar_pattern_ops) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid nada_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) nada.numeric_ops) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict (tsvid collate "default") do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) collate pg_catalog."default") do nothing;

insert into tipositver values (3, 900) on conflict (tsvid collate "C") do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict ((tsvid) collate nada) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid collate "default" bpchar_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) collate "default" numeric_ops) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict (tsvid collate "default" text_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) asc) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid nulls first) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict ((tsvid) numeric_ops desc) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid numeric_ops (x = 1)) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) bpchar_ops nulls last) do update set tsvtxtid = 7 returning tsvid;

insert into tipositver values (3, 900) on conflict (tsvid text_ops text_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid) date_ops) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid numeric_ops) where tsvid is not null do nothing;

insert into tipositver values (3, 900) on conflict (tsvid numeric_ops, tsvid) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid numeric_ops) where true do nothing;

insert into tipositver values (3, 900) on conflict (((tsvid)) numeric_ops) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid numeric_ops) where nosuch do nothing;

insert into tipositver values (3, 900) on conflict (nosuch numeric_ops) do nothing;

insert into tipositver values (3, 900) on conflict ((tsvid || '') numeric_ops) do nothing;

insert into tipositver values (3, 900) on conflict (lower(tsvid::text) text_ops) do nothing;

insert into tipositver values (3, 900) on conflict (tsvid collate "default") where tsvid > tsvid do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod numeric_ops) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) pg_catalog.numeric_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod int4_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) bpchar_ops) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod text_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) varchar_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod text_pattern_ops) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) bpchar_pattern_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod nada_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) nada.numeric_ops) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod collate "default") do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) collate pg_catalog."default") do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod collate "C") do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) collate nada) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod collate "default" bpchar_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) collate "default" numeric_ops) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod collate "default" text_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) asc) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod nulls first) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) numeric_ops desc) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod numeric_ops (x = 1)) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) bpchar_ops nulls last) do update set tvalindblk = 1 returning tvalcod;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod text_ops text_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod) date_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod bpchar_ops) where tvalcod is not null do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod bpchar_ops, tvalcod) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod bpchar_ops) where true do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (((tvalcod)) bpchar_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod bpchar_ops) where nosuch do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (nosuch bpchar_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict ((tvalcod || '') bpchar_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (lower(tvalcod::text) text_ops) do nothing;

insert into tipvalvula select * from tipvalvula where tvalcod = (select min(tvalcod) from tipvalvula) on conflict (tvalcod collate "default") where tvalcod > tvalcod do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod numeric_ops) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) pg_catalog.numeric_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod int4_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) bpchar_ops) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) varchar_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_pattern_ops) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) bpchar_pattern_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod nada_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) nada.numeric_ops) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod collate "default") do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) collate pg_catalog."default") do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod collate "C") do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) collate nada) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod collate "default" bpchar_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) collate "default" numeric_ops) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod collate "default" text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) asc) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod nulls first) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) numeric_ops desc) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod numeric_ops (x = 1)) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) bpchar_ops nulls last) do update set tlmhstusu = 'c' returning tlmcod;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_ops text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod) date_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_ops) where tlmcod is not null do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_ops, tlmcod) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_ops) where true do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (((tlmcod)) text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod text_ops) where nosuch do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (nosuch text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict ((tlmcod || '') text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (lower(tlmcod::text) text_ops) do nothing;

insert into tipoelem select * from tipoelem where tlmcod = (select min(tlmcod) from tipoelem) on conflict (tlmcod collate "default") where tlmcod > tlmcod do nothing;

insert into tipobonifdoc select * from tipobonifdoc on conflict (tbdtbid numeric_ops, tbddconid numeric_ops) do nothing;

insert into tipobonifdoc select * from tipobonifdoc on conflict (tbddconid, (tbdtbid) pg_catalog.numeric_ops) where tbdtbid > 0 do update set tbdhstusu = 'c';

insert into tipobonifdoc select * from tipobonifdoc on conflict (tbdtbid numeric_ops, tbddconid int8_ops) do nothing;

-- A query that ends with its select list.
insert into tipocorreo select 1, 1 on conflict do nothing returning *;

insert into tipocorreo select 1, 1 on conflict (tipctipo) do update set tipcdesctxtid = excluded.tipcdesctxtid + 9 returning *;

insert into tipocorreo (tipctipo, tipcdesctxtid) select 1, (select max(tipcdesctxtid) from tipocorreo) on conflict on constraint tipocorreo_pkey do update set tipcdesctxtid = 9 returning *;

insert into tipocorreo select distinct 1, 2 union select 950, 3 on conflict (tipctipo) do nothing returning *;

insert into tipocorreo select 1 as a, 2 b on conflict do nothing;

insert into tipocorreo (select 1, 2) on conflict do nothing returning tipctipo;

insert into tipocorreo (values (1, 1)) on conflict do nothing returning *;

insert into tipocorreo (with c as (select 1, 1) select * from c) on conflict (tipctipo) do update set tipcdesctxtid = 8 returning *;

with c as (select 1 as a, 1 as b) insert into tipocorreo select (select a from c), (select b from c) on conflict (tipctipo) do update set tipcdesctxtid = 8 returning *;

insert into tipobonifdoc select 3, 3, 's', 'n' on conflict do nothing returning *;

-- Several columns at once, from a query that names the target.
insert into tipositver values (1, 5) on conflict (tsvid) do update set (tsvtxtid, tsvid) = (select 1, tipositver.tsvid) returning *;

insert into tipositver as t values (1, 5) on conflict (tsvid) do update set (tsvtxtid, tsvid) = (select excluded.tsvtxtid + t.tsvtxtid, t.tsvid) returning *;

insert into tipositver as t values (1, 5) on conflict (tsvid) do update set (tsvtxtid, tsvid) = (select u.tsvtxtid, t.tsvid from tipositver u where u.tsvid <> t.tsvid order by 1 limit 1) returning *;

insert into tipositver as t values (1, 5) on conflict (tsvid) do update set (tsvtxtid, tsvid) = (select tsvtxtid, t.tsvid);

insert into tipositver as t values (1, 5) on conflict (tsvid) do update set (tsvtxtid, tsvid) = (values (t.tsvtxtid + 1, excluded.tsvid)) where t.tsvtxtid > 0 returning *;
