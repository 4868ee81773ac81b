-- Cursors: positioned writes, scrolling, WITH HOLD. Several statements are one simple query.

declare c cursor for select * from tipositver order by tsvid for update; fetch 2 from c; delete from tipositver where current of c returning *; fetch next from c; delete from only cf_quere_pro.tipositver x where current of c; select * from tipositver order by 1;

declare c cursor for select tsvid from tipositver where tsvid > 1 order by tsvid for update; fetch from c; update tipositver set tsvtxtid = tsvtxtid + 100, tsvid = tsvid + 50 where current of c returning *; fetch from c; update tipositver t set tsvtxtid = i.tpiid from tipoincide i where current of c; select * from tipositver order by 1;

declare c cursor for select * from tipositver where tsvid = 3; fetch from c; update tipositver set tsvtxtid = 77 where current of c; select * from tipositver order by 1;

declare c cursor for select * from tipositver where tsvid = 3 for share; move c; delete from tipositver where current of c;

declare c cursor for select t.*, co.cnttnum from tipositver t, contrato co order by tsvid, cnttnum for update of t; fetch from c; delete from tipositver where current of c returning tsvid;

declare c cursor for select a.tsvid from tipositver a, tipoincide b where a.tsvid = b.tpiid order by 1 for update of a; fetch from c; delete from tipositver where current of c; select tsvid from tipositver order by 1;

declare "C 1" no scroll cursor for select * from tipvalvula order by 1 for no key update; fetch from "C 1"; update tipvalvula set tvalindblk = 'N' where current of "C 1" returning *;

declare c cursor for select * from histipooficina where htofid = 1 order by htofhsthora, htofdescri, htofhstusu for update; fetch 2 from c; delete from histipooficina where current of c returning *; fetch from c; update histipooficina set htofdescri = 'cursor' where current of c;

declare c cursor for select * from tipptoservtao order by 1, 2, 3 for update; fetch 2 from c; delete from tipptoservtao where current of c returning *;

declare c cursor for select * from hiscliente where hcliid = 1 order by 1, 2, 3 for update; fetch from c; delete from hiscliente where current of c;

-- The cursor is another table's, is not there, stands nowhere, cannot be written through.
declare c cursor for select * from tipoincide order by 1 for update; fetch from c; delete from tipositver where current of c;

declare c cursor for select * from tipoincide; fetch from c; update tipositver set tsvtxtid = 1 where current of c;

declare c cursor for select * from contrato; fetch from c; delete from tipositver where current of c;

declare c cursor for select a.tsvid from tipositver a, tipoincide b where a.tsvid = b.tpiid order by 1 for update of a; fetch from c; delete from tipoincide where current of c;

declare c cursor for select count(*) from tipositver; fetch from c; delete from tipositver where current of c;

delete from tipositver where current of nosuch;

update tipositver set tsvtxtid = 1 where current of "No Such";

declare c cursor for select * from tipositver order by 1 for update; delete from tipositver where current of c;

declare c cursor for select * from tipositver where tsvid = 3 for update; fetch all from c; delete from tipositver where current of c;

declare c cursor for select * from tipositver where tsvid = 3 for update; fetch from c; delete from tipositver where current of c; delete from tipositver where current of c;

-- Scrolling.
declare c scroll cursor for select * from tipositver order by tsvid; fetch 2 from c; fetch prior from c; fetch last from c; fetch absolute 2 from c; fetch relative -1 from c; fetch backward all from c; fetch first from c; move forward 1 in c; fetch from c; close c;

declare c scroll cursor for select * from histipooficina order by htofid, htofhsthora, htofdescri, htofhstusu; fetch last from c; fetch backward 3 from c; move absolute 1 in c; fetch forward 2 from c;

declare c no scroll cursor for select * from tipositver order by tsvid; fetch from c; fetch prior from c;

declare c scroll cursor for select * from tipositver for update;

declare c insensitive cursor for select * from tipositver order by tsvid; delete from tipositver where tsvid = 1; fetch all from c;

declare c binary cursor for select * from tipositver order by tsvid; fetch 2 from c;

-- Beyond the transaction.
begin; declare held cursor with hold for select * from tipositver order by tsvid; commit; fetch 2 from held; close held;

begin; declare held scroll cursor with hold for select htofid, htofdescri from histipooficina order by 1, 2; fetch 1 from held; commit; fetch last from held; fetch first from held; close held;

begin; declare held cursor with hold for select * from tipositver order by tsvid; commit; begin; fetch from held; delete from tipositver where current of held; rollback; close held;

declare c cursor for select * from tipositver order by tsvid; declare c cursor for select 1;

-- What a condition reads is neither locked nor stood on.
declare c cursor for select * from tipositver t where exists (select 1 from tipositver x where x.tsvid = t.tsvid and x.tsvid > 1) order by tsvid for update; update tipositver set tsvtxtid = 1 where current of c;

declare c cursor for select * from tipositver t where t.tsvid < all (select x.tsvid from tipositver x where x.tsvid > 2) order by tsvid for update; fetch c; update tipositver set tsvtxtid = 1 where current of c returning *; fetch c; delete from tipositver where current of c;

-- A range of stamps leaves partitions out, in which a positioned write would still look.
declare c cursor for select * from histipooficina where htofhsthora > '2012-01-01' and htofid = 1 order by 1, 2, 3, 4, 5, 6, 7 for update; fetch c; update histipooficina set htofdescri = 'cursor' where current of c; fetch c; delete from histipooficina where current of c;

declare c cursor for select * from histipooficina where htofhsthora between '2012-01-01' and '2014-01-01'; move all from c; move backward 1 from c; update histipooficina set htofdescri = 'cursor', htofhsthora = '2013-01-01', htofhstusu = 'C' where current of c; select count(*) from histipooficina where htofdescri = 'cursor';
