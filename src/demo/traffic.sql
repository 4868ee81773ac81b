-- What AQUASIS sends in a day's work: forms that open, searches, histories, and the histories it writes itself.

select t.tipctipo, d.tddesc from cf_quere_pro.tipocorreo t join cf_quere_pro.tabladesc d on d.tdtxtid = t.tipcdesctxtid and d.tdidicod = 'es' order by t.tipctipo;

select tipoofi0_.tofid as tofid1_, tipoofi0_.tofdescritxtid as tofdescr2_1_, tipoofi0_.tofsnpresen as tofsnpre3_1_ from cf_quere_pro.tipooficina tipoofi0_ order by tipoofi0_.tofid;

select * from cf_quere_pro.tipooficina where tofid = $1;

select o.ofiid, o.ofidescrip, t.tofsnpresen from cf_quere_pro.oficina o inner join cf_quere_pro.tipooficina t on t.tofid = o.ofitofid order by o.ofiid;

select this_.htofid as htofid3_0_, this_.htofdescri as htofdescri3_0_, this_.htofhsthora as htofhsth6_3_0_ from cf_quere_pro.histipooficina this_ where this_.htofid = $1 order by this_.htofhsthora desc, this_.htofdescri limit $2;

select count(*) from cf_quere_pro.histipooficina where htofhsthora >= $1 and htofhsthora < $2;

select b.barrid, max(h.hbarrhsthora) from cf_quere_pro.barrio b left join cf_quere_pro.hisbarrio h on h.hbarrid = b.barrid group by b.barrid order by b.barrid;

select * from cf_quere_pro.hisagrcontar where (hactconid, hacttiptid, hactagid) = (3, 3, 3) order by hacthsthora;

select c.cnttnum, c.cnttestado, (select t.tsvtxtid from cf_quere_pro.tipositver t where t.tsvid = c.cnttestado) as formula0_ from cf_quere_pro.contrato c order by c.cnttnum limit 20;

select b.tbid, d.tbddconid, d.tbdsnobligat from cf_quere_pro.tipobonif b join cf_quere_pro.tipobonifdoc d on d.tbdtbid = b.tbid order by 1, 2;

select * from cf_quere_pro.tipptoservtao order by 1, 2, 3;

select * from cf_quere_pro.hiscliente where hcliid = $1 order by hclihsthora, hclihstusu, hcliid;

select count(*), count(distinct hcnttnum) from cf_quere_pro.hiscontrato;

select v.tvalcod, v.tvalindblk from cf_quere_pro.tipvalvula v where v.tvalcod = 'V01 ';

select * from cf_quere_pro.tipoelem where tlmdescrip like '%ñ%' order by tlmcod;

insert into cf_quere_pro.tipositver (tsvtxtid, tsvid) values ($1, $2 + 90);

insert into cf_quere_pro.tipositver (tsvtxtid, tsvid) values (7, 3);

update cf_quere_pro.tipositver set tsvtxtid = $1 where tsvid = $2;

delete from cf_quere_pro.tipositver where tsvid = $1;

insert into cf_quere_pro.histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) values ($1, $2, $3, $4, $5, $6, $7);

insert into cf_quere_pro.histipooficina select tofid, 'Oficina', tofsnpresen, tofsngestpda, tofhstusu, current_timestamp, 'es' from cf_quere_pro.tipooficina;

update cf_quere_pro.tipooficina set tofsnpresen = 'N', tofhsthora = current_timestamp where tofid in (select htofid from cf_quere_pro.histipooficina);

delete from cf_quere_pro.histipooficina where htofhsthora < $1;

insert into cf_quere_pro.tipobonifdoc (tbdtbid, tbddconid, tbdsnactivo, tbdsnobligat, tbdhstusu, tbdhsthora) values (900, 901, 'S', 'N', 'ANA', current_timestamp) returning tbdtbid;

select t.tsvid from cf_quere_pro.tipositver t where t.nosuch = 1;

copy cf_quere_pro.hisbarrio to stdout;
