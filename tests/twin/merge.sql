-- MERGE into look-ups, junctions, histories; its conditions, actions, errors.

merge into tipositver t using (values (3, 900), (97, 901)) s(id, txt) on t.tsvid = s.id when matched then update set tsvtxtid = s.txt when not matched then insert values (s.id, s.txt);

merge into only cf_quere_pro.tipositver using (select tpiid, tpiid * 2 as doble from tipoincide) s on tsvid = tpiid when matched and tsvid < 3 then delete when matched and tipositver.tsvid = 3 then do nothing when matched then update set (tsvtxtid, tsvid) = (doble, tsvid + 50) when not matched and tpiid > 5 then insert (tsvtxtid, tsvid) values (doble, tpiid) when not matched then do nothing;

merge into tipositver t using tipoincide s on t.tsvid = s.tpiid + 100 when not matched then insert (tsvid, tsvtxtid) values (coalesce(s.tpiid, 0) + 200, (select max(x.tsvtxtid) from tipositver x where x.tsvid <= s.tpiid));

merge into tipositver t using (values ($1::numeric, $2::numeric)) s(id, txt) on t.tsvid = s.id when matched then update set tsvtxtid = $3 when not matched then insert values (s.id, $4);

merge into tipositver using (select 3 as k) s on tsvid = k when matched then update set tsvtxtid = (select count(*) from tipositver x where x.tsvid < tipositver.tsvid) + length(tipositver::text);

merge into tipositver t using (select 3 as tsvid_, 5 as v) s on case when t.tsvid = s.tsvid_ then true else false end when matched and case when v > 3 then true end then update set tsvtxtid = default when not matched then insert default values;

merge into tipooficina t using (values (1, 5), (77, 6)) s(id, txt) on t.tofid = s.id when matched then update set tofdescritxtid = s.txt, tofsnpresen = default when not matched then insert (tofid, tofdescritxtid, tofsngestpda, tofhstusu) values (s.id, s.txt, 'S', default);

merge into tipoelem t using (select tlmcod as c, tlmdescrip as d from tipoelem union all select 'Z9', 'ñ nuevo') s on t.tlmcod = s.c when matched then update set tlmdescrip = left(upper(s.d) || t.tlmdescrip, 20) when not matched then insert (tlmcod, tlmdescrip, tlmhstusu, tlmhsthora) values (s.c, s.d, 'ANA', '2019-04-07 02:30');

merge into tipvalvula t using (values ('V01', 1), ('Q', 0)) s(c, b) on t.tvalcod = s.c when matched then update set tvalindblk = s.b when not matched then insert (tvalcod, tvalindblk, tvaldesctxtid) values (s.c, s.b, 1);

merge into tipobonifdoc d using tipobonifdoc s on d.tbdtbid = s.tbdtbid and d.tbddconid = s.tbddconid + 1 when matched then update set tbdsnactivo = 'N', tbdhstusu = 'M' || s.tbdsnactivo when not matched then insert values (s.tbdtbid + 500, s.tbddconid, s.tbdsnactivo, s.tbdsnobligat, s.tbdhstusu, s.tbdhsthora);

merge into tipptoservtao d using (values (700, 701, 702)) s(a, b, c) on d.tptexpid = s.a when not matched then insert values (a, b, c);

merge into histipooficina h using tipooficina t on h.htofid = t.tofid and h.htofhsthora < '2012-01-01' when matched and h.htofsnpresen = 'S' then delete when matched then update set htofdescri = 'm ' || t.tofhstusu when not matched then insert (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) values (t.tofid + 100, 'nuevo', t.tofsnpresen, t.tofsngestpda, t.tofhstusu, t.tofhsthora, 'es');

merge into hisagrcontar using (values (900, 901, 902)) s(a, b, c) on hactconid = a when not matched then insert (hactconid, hacttiptid, hactagid, hacthstusu, hacthsthora) values (a, b, c, 'ANA', current_timestamp);

merge into hiscliente h using cliente c on h.hcliid = c.cliid when matched then delete;

with s as (select tpiid from tipoincide) merge into tipositver using s on tsvid = tpiid when matched then delete;

merge into contrato c using tipositver t on c.cnttestado = t.tsvid and c.cnttnum < 0 when matched then delete;

merge into tipositver t using tipoincide i join tipooficina o on i.tpiid = o.tofid on t.tsvid = o.tofid and t.tsvid < 4 when matched then update set tsvtxtid = i.tpiid + o.tofid;

-- The same row twice; keys that are there; what a row must not be.
merge into tipositver t using (values (3, 1), (3, 2)) s(id, txt) on t.tsvid = s.id when matched then update set tsvtxtid = s.txt;

merge into tipositver t using (values (3)) s(id) on false when not matched then insert values (s.id, 1);

merge into tipositver t using (values (3)) s(id) on t.tsvid = s.id when matched then update set tsvid = 4;

merge into tipositver t using (values (3)) s(id) on t.tsvid = s.id when matched then update set tsvid = null;

merge into tipositver t using (values (3)) s(id) on false when not matched then insert (tsvtxtid) values (s.id);

merge into tipositver t using (values (3)) s(id) on false when not matched then insert values (123456, 1);

merge into tipvalvula t using (values (3)) s(id) on false when not matched then insert (tvalcod, tvalindblk) values ('demasiado', 'S');

merge into tipositver t using (values (3)) s(id) on false when not matched then insert (tsvid, nosuch) values (1, 2);

merge into tipositver t using (values (3)) s(id) on false when not matched then insert (tsvid, tsvid) values (1, 2);

merge into tipositver t using (values (3)) s(id) on false when not matched then insert (tsvid, tsvtxtid) values (1);

merge into tipositver t using (values (3)) s(id) on false when not matched then insert (tsvid) values (1, 2);

merge into tipositver t using (values (3)) s(id) on false when not matched then insert values (t.tsvid, 2);

merge into tipositver t using (values (3)) s(id) on t.nosuch = s.id when matched then delete;

merge into tipositver t using (values (3)) s(id) on t.tsvid = s.id when matched then update set nosuch = 1;

-- Evaluated once for each column that it fills.
-- twin: refused 0A000
merge into tipositver t using (values (97)) s(id) on t.tsvid = s.id when not matched then insert values (s.id, trunc(random()));

-- Several UPDATEs, each with values of its own: which of them PostgreSQL takes must not depend on the last.
merge into histipooficina z using (values (1), (2), (3)) s(k) on z.htofid = s.k when matched and s.k = 1 then update set htofid = z.htofid + 1, htofdescri = 'uno' when matched and s.k = 2 then update set htofhstusu = 'dos' when matched then update set htofid = z.htofid;

merge into tipositver t using (values (1, 10), (2, 20), (3, 30)) s(k, v) on t.tsvid = s.k when matched and s.k < 2 then update set tsvtxtid = s.v, tsvid = t.tsvid + 50 when matched and s.k < 3 then update set tsvtxtid = t.tsvtxtid + s.v when not matched then do nothing when matched then update set tsvtxtid = (select count(*) from tipositver x where x.tsvid < t.tsvid);

merge into tipobonifdoc d using (values (1), (2)) s(k) on d.tbdtbid = s.k when matched and d.tbddconid = 1 then update set tbdsnactivo = null when matched then update set tbdsnactivo = 'demasiado';

merge into tipositver t using (values (1), (2)) s(k) on t.tsvid = s.k when matched and s.k = 1 then update set tsvtxtid = null when matched then update set tsvid = null;

merge into tipositver t using (values (1), (2)) s(k) on t.tsvid = s.k when matched and s.k = 1 then update set tsvtxtid = trunc(random()) when matched then update set tsvtxtid = 7;

-- twin: refused 0A000
merge into tipositver t using (values (1), (2)) s(k) on t.tsvid = s.k when matched and s.k = 1 then update set tsvtxtid = trunc(random()) when matched then update set tsvtxtid = trunc(random());

-- ON can never be true: PostgreSQL then plans for no partition of a history.
merge into histipooficina t using (values (null::numeric)) s(k) on t.htofid = s.k when matched then update set htofdescri = 'x' when not matched then insert (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) values (77, 'nuevo', 'S', 'N', 'ANA', '2019-04-07 02:30');

merge into histipooficina t using (values ($1::numeric)) s(k) on t.htofid = s.k and t.htofid <> s.k when matched then update set (htofdescri, htofid) = (t.htofdescri || 'x', t.htofid + 1) when not matched then insert (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora) values (s.k, 'nuevo', 'S', 'N', 'ANA', '2019-04-07 02:30');
