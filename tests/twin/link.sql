-- Junctions: two, three and six columns.

select * from tipobonifdoc order by 1, 2;

select * from tipptoservtao order by 1, 2, 3;

select * from tipfichtao where tftexpid = 1 order by 1, 2, 3;

select * from tipoviaaca order by 1, 2;

select tvacodaca || '|' from tipoviaaca order by 1;

select b.tbid, d.tbddconid from tipobonif b join tipobonifdoc d on d.tbdtbid = b.tbid order by 1, 2;

select l.tlstliqid, count(*) from tipliqsoc l group by 1 order by 1;

select * from tipobonifdoc where (tbdtbid, tbddconid) in ((1, 1), (2, 2)) order by 1, 2;

insert into tipobonifdoc (tbdtbid, tbddconid, tbdsnactivo, tbdsnobligat, tbdhstusu, tbdhsthora) values (900, 901, 'S', 'N', 'ANA', '2020-01-01') returning *;

insert into tipobonifdoc select * from tipobonifdoc;

insert into tipptoservtao values (700, 701, 702), (700, 701, 703) returning *;

insert into tipptoservtao select * from tipptoservtao;

insert into tipoviaaca select tvatviaid, tvacodaca from tipoviaaca limit 1;

insert into tipobonifdoc (tbdtbid) values (1);

update tipobonifdoc set tbdsnactivo = 'N' where tbdtbid = 1 returning *;

update tipobonifdoc set tbdtbid = tbdtbid + 500, tbddconid = tbddconid + 1 returning tbdtbid, tbddconid;

update tipptoservtao set tpttipuso = tpttipuso + 100 where tptexpid = 1 returning *;

update tipobonifdoc set tbddconid = 1;

delete from tipobonifdoc where tbdtbid = $1 and tbddconid = $2 returning *;

delete from tipptoservtao where tpttipptoserv > 2;

copy tipptoservtao to stdout;

-- Below GROUPING SETS, and for whole rows, the planner thinks that a cast costs nothing and looks at it before the kind of link.
select tveptpvid, count(distinct tvepepiid) from tipovarepi where tveptpvid is null group by rollup (tveptpvid);

select * from tipovarepi t where t is distinct from null order by 1, 2;
