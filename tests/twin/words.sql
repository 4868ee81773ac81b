-- Every word that PostgreSQL 15 keeps (pg_get_keywords) as a label with and without AS, as an alias of a table with and without AS, and as
-- an alias of a writing statement's target. What it refuses is refused.

select tsvid as abort from tipositver order by 1;

select tsvid abort from tipositver order by 1;

select abort.tsvid from tipositver as abort order by 1;

select abort.* from tipositver abort order by 1;

delete from tipositver abort where abort.tsvid = 3 returning abort.tsvid abort;

update tipositver as abort set tsvtxtid = 1 where abort.tsvid = 3 returning tsvid as abort, abort.*;

select tsvid as absolute from tipositver order by 1;

select tsvid absolute from tipositver order by 1;

select absolute.tsvid from tipositver as absolute order by 1;

select absolute.* from tipositver absolute order by 1;

delete from tipositver absolute where absolute.tsvid = 3 returning absolute.tsvid absolute;

update tipositver as absolute set tsvtxtid = 1 where absolute.tsvid = 3 returning tsvid as absolute, absolute.*;

select tsvid as access from tipositver order by 1;

select tsvid access from tipositver order by 1;

select access.tsvid from tipositver as access order by 1;

select access.* from tipositver access order by 1;

delete from tipositver access where access.tsvid = 3 returning access.tsvid access;

update tipositver as access set tsvtxtid = 1 where access.tsvid = 3 returning tsvid as access, access.*;

select tsvid as action from tipositver order by 1;

select tsvid action from tipositver order by 1;

select action.tsvid from tipositver as action order by 1;

select action.* from tipositver action order by 1;

delete from tipositver action where action.tsvid = 3 returning action.tsvid action;

update tipositver as action set tsvtxtid = 1 where action.tsvid = 3 returning tsvid as action, action.*;

select tsvid as add from tipositver order by 1;

select tsvid add from tipositver order by 1;

select add.tsvid from tipositver as add order by 1;

select add.* from tipositver add order by 1;

delete from tipositver add where add.tsvid = 3 returning add.tsvid add;

update tipositver as add set tsvtxtid = 1 where add.tsvid = 3 returning tsvid as add, add.*;

select tsvid as admin from tipositver order by 1;

select tsvid admin from tipositver order by 1;

select admin.tsvid from tipositver as admin order by 1;

select admin.* from tipositver admin order by 1;

delete from tipositver admin where admin.tsvid = 3 returning admin.tsvid admin;

update tipositver as admin set tsvtxtid = 1 where admin.tsvid = 3 returning tsvid as admin, admin.*;

select tsvid as after from tipositver order by 1;

select tsvid after from tipositver order by 1;

select after.tsvid from tipositver as after order by 1;

select after.* from tipositver after order by 1;

delete from tipositver after where after.tsvid = 3 returning after.tsvid after;

update tipositver as after set tsvtxtid = 1 where after.tsvid = 3 returning tsvid as after, after.*;

select tsvid as aggregate from tipositver order by 1;

select tsvid aggregate from tipositver order by 1;

select aggregate.tsvid from tipositver as aggregate order by 1;

select aggregate.* from tipositver aggregate order by 1;

delete from tipositver aggregate where aggregate.tsvid = 3 returning aggregate.tsvid aggregate;

update tipositver as aggregate set tsvtxtid = 1 where aggregate.tsvid = 3 returning tsvid as aggregate, aggregate.*;

select tsvid as all from tipositver order by 1;

select tsvid all from tipositver order by 1;

select all.tsvid from tipositver as all order by 1;

select all.* from tipositver all order by 1;

delete from tipositver all where all.tsvid = 3 returning all.tsvid all;

update tipositver as all set tsvtxtid = 1 where all.tsvid = 3 returning tsvid as all, all.*;

select tsvid as also from tipositver order by 1;

select tsvid also from tipositver order by 1;

select also.tsvid from tipositver as also order by 1;

select also.* from tipositver also order by 1;

delete from tipositver also where also.tsvid = 3 returning also.tsvid also;

update tipositver as also set tsvtxtid = 1 where also.tsvid = 3 returning tsvid as also, also.*;

select tsvid as alter from tipositver order by 1;

select tsvid alter from tipositver order by 1;

select alter.tsvid from tipositver as alter order by 1;

select alter.* from tipositver alter order by 1;

delete from tipositver alter where alter.tsvid = 3 returning alter.tsvid alter;

update tipositver as alter set tsvtxtid = 1 where alter.tsvid = 3 returning tsvid as alter, alter.*;

select tsvid as always from tipositver order by 1;

select tsvid always from tipositver order by 1;

select always.tsvid from tipositver as always order by 1;

select always.* from tipositver always order by 1;

delete from tipositver always where always.tsvid = 3 returning always.tsvid always;

update tipositver as always set tsvtxtid = 1 where always.tsvid = 3 returning tsvid as always, always.*;

select tsvid as analyse from tipositver order by 1;

select tsvid analyse from tipositver order by 1;

select analyse.tsvid from tipositver as analyse order by 1;

select analyse.* from tipositver analyse order by 1;

delete from tipositver analyse where analyse.tsvid = 3 returning analyse.tsvid analyse;

update tipositver as analyse set tsvtxtid = 1 where analyse.tsvid = 3 returning tsvid as analyse, analyse.*;

select tsvid as analyze from tipositver order by 1;

select tsvid analyze from tipositver order by 1;

select analyze.tsvid from tipositver as analyze order by 1;

select analyze.* from tipositver analyze order by 1;

delete from tipositver analyze where analyze.tsvid = 3 returning analyze.tsvid analyze;

update tipositver as analyze set tsvtxtid = 1 where analyze.tsvid = 3 returning tsvid as analyze, analyze.*;

select tsvid as and from tipositver order by 1;

select and.tsvid from tipositver as and order by 1;

select and.* from tipositver and order by 1;

delete from tipositver and where and.tsvid = 3 returning and.tsvid and;

update tipositver as and set tsvtxtid = 1 where and.tsvid = 3 returning tsvid as and, and.*;

select tsvid as any from tipositver order by 1;

select tsvid any from tipositver order by 1;

select any.tsvid from tipositver as any order by 1;

select any.* from tipositver any order by 1;

delete from tipositver any where any.tsvid = 3 returning any.tsvid any;

update tipositver as any set tsvtxtid = 1 where any.tsvid = 3 returning tsvid as any, any.*;

select tsvid as array from tipositver order by 1;

select tsvid array from tipositver order by 1;

select array.tsvid from tipositver as array order by 1;

select array.* from tipositver array order by 1;

delete from tipositver array where array.tsvid = 3 returning array.tsvid array;

update tipositver as array set tsvtxtid = 1 where array.tsvid = 3 returning tsvid as array, array.*;

select tsvid as as from tipositver order by 1;

select tsvid as from tipositver order by 1;

select as.tsvid from tipositver as as order by 1;

select as.* from tipositver as order by 1;

delete from tipositver as where as.tsvid = 3 returning as.tsvid as;

update tipositver as as set tsvtxtid = 1 where as.tsvid = 3 returning tsvid as as, as.*;

select tsvid as asc from tipositver order by 1;

select tsvid asc from tipositver order by 1;

select asc.tsvid from tipositver as asc order by 1;

select asc.* from tipositver asc order by 1;

delete from tipositver asc where asc.tsvid = 3 returning asc.tsvid asc;

update tipositver as asc set tsvtxtid = 1 where asc.tsvid = 3 returning tsvid as asc, asc.*;

select tsvid as asensitive from tipositver order by 1;

select tsvid asensitive from tipositver order by 1;

select asensitive.tsvid from tipositver as asensitive order by 1;

select asensitive.* from tipositver asensitive order by 1;

delete from tipositver asensitive where asensitive.tsvid = 3 returning asensitive.tsvid asensitive;

update tipositver as asensitive set tsvtxtid = 1 where asensitive.tsvid = 3 returning tsvid as asensitive, asensitive.*;

select tsvid as assertion from tipositver order by 1;

select tsvid assertion from tipositver order by 1;

select assertion.tsvid from tipositver as assertion order by 1;

select assertion.* from tipositver assertion order by 1;

delete from tipositver assertion where assertion.tsvid = 3 returning assertion.tsvid assertion;

update tipositver as assertion set tsvtxtid = 1 where assertion.tsvid = 3 returning tsvid as assertion, assertion.*;

select tsvid as assignment from tipositver order by 1;

select tsvid assignment from tipositver order by 1;

select assignment.tsvid from tipositver as assignment order by 1;

select assignment.* from tipositver assignment order by 1;

delete from tipositver assignment where assignment.tsvid = 3 returning assignment.tsvid assignment;

update tipositver as assignment set tsvtxtid = 1 where assignment.tsvid = 3 returning tsvid as assignment, assignment.*;

select tsvid as asymmetric from tipositver order by 1;

select tsvid asymmetric from tipositver order by 1;

select asymmetric.tsvid from tipositver as asymmetric order by 1;

select asymmetric.* from tipositver asymmetric order by 1;

delete from tipositver asymmetric where asymmetric.tsvid = 3 returning asymmetric.tsvid asymmetric;

update tipositver as asymmetric set tsvtxtid = 1 where asymmetric.tsvid = 3 returning tsvid as asymmetric, asymmetric.*;

select tsvid as at from tipositver order by 1;

select tsvid at from tipositver order by 1;

select at.tsvid from tipositver as at order by 1;

select at.* from tipositver at order by 1;

delete from tipositver at where at.tsvid = 3 returning at.tsvid at;

update tipositver as at set tsvtxtid = 1 where at.tsvid = 3 returning tsvid as at, at.*;

select tsvid as atomic from tipositver order by 1;

select tsvid atomic from tipositver order by 1;

select atomic.tsvid from tipositver as atomic order by 1;

select atomic.* from tipositver atomic order by 1;

delete from tipositver atomic where atomic.tsvid = 3 returning atomic.tsvid atomic;

update tipositver as atomic set tsvtxtid = 1 where atomic.tsvid = 3 returning tsvid as atomic, atomic.*;

select tsvid as attach from tipositver order by 1;

select tsvid attach from tipositver order by 1;

select attach.tsvid from tipositver as attach order by 1;

select attach.* from tipositver attach order by 1;

delete from tipositver attach where attach.tsvid = 3 returning attach.tsvid attach;

update tipositver as attach set tsvtxtid = 1 where attach.tsvid = 3 returning tsvid as attach, attach.*;

select tsvid as attribute from tipositver order by 1;

select tsvid attribute from tipositver order by 1;

select attribute.tsvid from tipositver as attribute order by 1;

select attribute.* from tipositver attribute order by 1;

delete from tipositver attribute where attribute.tsvid = 3 returning attribute.tsvid attribute;

update tipositver as attribute set tsvtxtid = 1 where attribute.tsvid = 3 returning tsvid as attribute, attribute.*;

select tsvid as authorization from tipositver order by 1;

select tsvid authorization from tipositver order by 1;

select authorization.tsvid from tipositver as authorization order by 1;

select authorization.* from tipositver authorization order by 1;

delete from tipositver authorization where authorization.tsvid = 3 returning authorization.tsvid authorization;

update tipositver as authorization set tsvtxtid = 1 where authorization.tsvid = 3 returning tsvid as authorization, authorization.*;

select tsvid as backward from tipositver order by 1;

select tsvid backward from tipositver order by 1;

select backward.tsvid from tipositver as backward order by 1;

select backward.* from tipositver backward order by 1;

delete from tipositver backward where backward.tsvid = 3 returning backward.tsvid backward;

update tipositver as backward set tsvtxtid = 1 where backward.tsvid = 3 returning tsvid as backward, backward.*;

select tsvid as before from tipositver order by 1;

select tsvid before from tipositver order by 1;

select before.tsvid from tipositver as before order by 1;

select before.* from tipositver before order by 1;

delete from tipositver before where before.tsvid = 3 returning before.tsvid before;

update tipositver as before set tsvtxtid = 1 where before.tsvid = 3 returning tsvid as before, before.*;

select tsvid as begin from tipositver order by 1;

select tsvid begin from tipositver order by 1;

select begin.tsvid from tipositver as begin order by 1;

select begin.* from tipositver begin order by 1;

delete from tipositver begin where begin.tsvid = 3 returning begin.tsvid begin;

update tipositver as begin set tsvtxtid = 1 where begin.tsvid = 3 returning tsvid as begin, begin.*;

select tsvid as between from tipositver order by 1;

select tsvid between from tipositver order by 1;

select between.tsvid from tipositver as between order by 1;

select between.* from tipositver between order by 1;

delete from tipositver between where between.tsvid = 3 returning between.tsvid between;

update tipositver as between set tsvtxtid = 1 where between.tsvid = 3 returning tsvid as between, between.*;

select tsvid as bigint from tipositver order by 1;

select tsvid bigint from tipositver order by 1;

select bigint.tsvid from tipositver as bigint order by 1;

select bigint.* from tipositver bigint order by 1;

delete from tipositver bigint where bigint.tsvid = 3 returning bigint.tsvid bigint;

update tipositver as bigint set tsvtxtid = 1 where bigint.tsvid = 3 returning tsvid as bigint, bigint.*;

select tsvid as binary from tipositver order by 1;

select tsvid binary from tipositver order by 1;

select binary.tsvid from tipositver as binary order by 1;

select binary.* from tipositver binary order by 1;

delete from tipositver binary where binary.tsvid = 3 returning binary.tsvid binary;

update tipositver as binary set tsvtxtid = 1 where binary.tsvid = 3 returning tsvid as binary, binary.*;

select tsvid as bit from tipositver order by 1;

select tsvid bit from tipositver order by 1;

select bit.tsvid from tipositver as bit order by 1;

select bit.* from tipositver bit order by 1;

delete from tipositver bit where bit.tsvid = 3 returning bit.tsvid bit;

update tipositver as bit set tsvtxtid = 1 where bit.tsvid = 3 returning tsvid as bit, bit.*;

select tsvid as boolean from tipositver order by 1;

select tsvid boolean from tipositver order by 1;

select boolean.tsvid from tipositver as boolean order by 1;

select boolean.* from tipositver boolean order by 1;

delete from tipositver boolean where boolean.tsvid = 3 returning boolean.tsvid boolean;

update tipositver as boolean set tsvtxtid = 1 where boolean.tsvid = 3 returning tsvid as boolean, boolean.*;

select tsvid as both from tipositver order by 1;

select tsvid both from tipositver order by 1;

select both.tsvid from tipositver as both order by 1;

select both.* from tipositver both order by 1;

delete from tipositver both where both.tsvid = 3 returning both.tsvid both;

update tipositver as both set tsvtxtid = 1 where both.tsvid = 3 returning tsvid as both, both.*;

select tsvid as breadth from tipositver order by 1;

select tsvid breadth from tipositver order by 1;

select breadth.tsvid from tipositver as breadth order by 1;

select breadth.* from tipositver breadth order by 1;

delete from tipositver breadth where breadth.tsvid = 3 returning breadth.tsvid breadth;

update tipositver as breadth set tsvtxtid = 1 where breadth.tsvid = 3 returning tsvid as breadth, breadth.*;

select tsvid as by from tipositver order by 1;

select tsvid by from tipositver order by 1;

select by.tsvid from tipositver as by order by 1;

select by.* from tipositver by order by 1;

delete from tipositver by where by.tsvid = 3 returning by.tsvid by;

update tipositver as by set tsvtxtid = 1 where by.tsvid = 3 returning tsvid as by, by.*;

select tsvid as cache from tipositver order by 1;

select tsvid cache from tipositver order by 1;

select cache.tsvid from tipositver as cache order by 1;

select cache.* from tipositver cache order by 1;

delete from tipositver cache where cache.tsvid = 3 returning cache.tsvid cache;

update tipositver as cache set tsvtxtid = 1 where cache.tsvid = 3 returning tsvid as cache, cache.*;

select tsvid as call from tipositver order by 1;

select tsvid call from tipositver order by 1;

select call.tsvid from tipositver as call order by 1;

select call.* from tipositver call order by 1;

delete from tipositver call where call.tsvid = 3 returning call.tsvid call;

update tipositver as call set tsvtxtid = 1 where call.tsvid = 3 returning tsvid as call, call.*;

select tsvid as called from tipositver order by 1;

select tsvid called from tipositver order by 1;

select called.tsvid from tipositver as called order by 1;

select called.* from tipositver called order by 1;

delete from tipositver called where called.tsvid = 3 returning called.tsvid called;

update tipositver as called set tsvtxtid = 1 where called.tsvid = 3 returning tsvid as called, called.*;

select tsvid as cascade from tipositver order by 1;

select tsvid cascade from tipositver order by 1;

select cascade.tsvid from tipositver as cascade order by 1;

select cascade.* from tipositver cascade order by 1;

delete from tipositver cascade where cascade.tsvid = 3 returning cascade.tsvid cascade;

update tipositver as cascade set tsvtxtid = 1 where cascade.tsvid = 3 returning tsvid as cascade, cascade.*;

select tsvid as cascaded from tipositver order by 1;

select tsvid cascaded from tipositver order by 1;

select cascaded.tsvid from tipositver as cascaded order by 1;

select cascaded.* from tipositver cascaded order by 1;

delete from tipositver cascaded where cascaded.tsvid = 3 returning cascaded.tsvid cascaded;

update tipositver as cascaded set tsvtxtid = 1 where cascaded.tsvid = 3 returning tsvid as cascaded, cascaded.*;

select tsvid as case from tipositver order by 1;

select tsvid case from tipositver order by 1;

select case.tsvid from tipositver as case order by 1;

select case.* from tipositver case order by 1;

delete from tipositver case where case.tsvid = 3 returning case.tsvid case;

update tipositver as case set tsvtxtid = 1 where case.tsvid = 3 returning tsvid as case, case.*;

select tsvid as cast from tipositver order by 1;

select tsvid cast from tipositver order by 1;

select cast.tsvid from tipositver as cast order by 1;

select cast.* from tipositver cast order by 1;

delete from tipositver cast where cast.tsvid = 3 returning cast.tsvid cast;

update tipositver as cast set tsvtxtid = 1 where cast.tsvid = 3 returning tsvid as cast, cast.*;

select tsvid as catalog from tipositver order by 1;

select tsvid catalog from tipositver order by 1;

select catalog.tsvid from tipositver as catalog order by 1;

select catalog.* from tipositver catalog order by 1;

delete from tipositver catalog where catalog.tsvid = 3 returning catalog.tsvid catalog;

update tipositver as catalog set tsvtxtid = 1 where catalog.tsvid = 3 returning tsvid as catalog, catalog.*;

select tsvid as chain from tipositver order by 1;

select tsvid chain from tipositver order by 1;

select chain.tsvid from tipositver as chain order by 1;

select chain.* from tipositver chain order by 1;

delete from tipositver chain where chain.tsvid = 3 returning chain.tsvid chain;

update tipositver as chain set tsvtxtid = 1 where chain.tsvid = 3 returning tsvid as chain, chain.*;

select tsvid as char from tipositver order by 1;

select tsvid char from tipositver order by 1;

select char.tsvid from tipositver as char order by 1;

select char.* from tipositver char order by 1;

delete from tipositver char where char.tsvid = 3 returning char.tsvid char;

update tipositver as char set tsvtxtid = 1 where char.tsvid = 3 returning tsvid as char, char.*;

select tsvid as character from tipositver order by 1;

select tsvid character from tipositver order by 1;

select character.tsvid from tipositver as character order by 1;

select character.* from tipositver character order by 1;

delete from tipositver character where character.tsvid = 3 returning character.tsvid character;

update tipositver as character set tsvtxtid = 1 where character.tsvid = 3 returning tsvid as character, character.*;

select tsvid as characteristics from tipositver order by 1;

select tsvid characteristics from tipositver order by 1;

select characteristics.tsvid from tipositver as characteristics order by 1;

select characteristics.* from tipositver characteristics order by 1;

delete from tipositver characteristics where characteristics.tsvid = 3 returning characteristics.tsvid characteristics;

update tipositver as characteristics set tsvtxtid = 1 where characteristics.tsvid = 3 returning tsvid as characteristics, characteristics.*;

select tsvid as check from tipositver order by 1;

select tsvid check from tipositver order by 1;

select check.tsvid from tipositver as check order by 1;

select check.* from tipositver check order by 1;

delete from tipositver check where check.tsvid = 3 returning check.tsvid check;

update tipositver as check set tsvtxtid = 1 where check.tsvid = 3 returning tsvid as check, check.*;

select tsvid as checkpoint from tipositver order by 1;

select tsvid checkpoint from tipositver order by 1;

select checkpoint.tsvid from tipositver as checkpoint order by 1;

select checkpoint.* from tipositver checkpoint order by 1;

delete from tipositver checkpoint where checkpoint.tsvid = 3 returning checkpoint.tsvid checkpoint;

update tipositver as checkpoint set tsvtxtid = 1 where checkpoint.tsvid = 3 returning tsvid as checkpoint, checkpoint.*;

select tsvid as class from tipositver order by 1;

select tsvid class from tipositver order by 1;

select class.tsvid from tipositver as class order by 1;

select class.* from tipositver class order by 1;

delete from tipositver class where class.tsvid = 3 returning class.tsvid class;

update tipositver as class set tsvtxtid = 1 where class.tsvid = 3 returning tsvid as class, class.*;

select tsvid as close from tipositver order by 1;

select tsvid close from tipositver order by 1;

select close.tsvid from tipositver as close order by 1;

select close.* from tipositver close order by 1;

delete from tipositver close where close.tsvid = 3 returning close.tsvid close;

update tipositver as close set tsvtxtid = 1 where close.tsvid = 3 returning tsvid as close, close.*;

select tsvid as cluster from tipositver order by 1;

select tsvid cluster from tipositver order by 1;

select cluster.tsvid from tipositver as cluster order by 1;

select cluster.* from tipositver cluster order by 1;

delete from tipositver cluster where cluster.tsvid = 3 returning cluster.tsvid cluster;

update tipositver as cluster set tsvtxtid = 1 where cluster.tsvid = 3 returning tsvid as cluster, cluster.*;

select tsvid as coalesce from tipositver order by 1;

select tsvid coalesce from tipositver order by 1;

select coalesce.tsvid from tipositver as coalesce order by 1;

select coalesce.* from tipositver coalesce order by 1;

delete from tipositver coalesce where coalesce.tsvid = 3 returning coalesce.tsvid coalesce;

update tipositver as coalesce set tsvtxtid = 1 where coalesce.tsvid = 3 returning tsvid as coalesce, coalesce.*;

select tsvid as collate from tipositver order by 1;

select collate.tsvid from tipositver as collate order by 1;

select collate.* from tipositver collate order by 1;

delete from tipositver collate where collate.tsvid = 3 returning collate.tsvid collate;

update tipositver as collate set tsvtxtid = 1 where collate.tsvid = 3 returning tsvid as collate, collate.*;

select tsvid as collation from tipositver order by 1;

select tsvid collation from tipositver order by 1;

select collation.tsvid from tipositver as collation order by 1;

select collation.* from tipositver collation order by 1;

delete from tipositver collation where collation.tsvid = 3 returning collation.tsvid collation;

update tipositver as collation set tsvtxtid = 1 where collation.tsvid = 3 returning tsvid as collation, collation.*;

select tsvid as column from tipositver order by 1;

select tsvid column from tipositver order by 1;

select column.tsvid from tipositver as column order by 1;

select column.* from tipositver column order by 1;

delete from tipositver column where column.tsvid = 3 returning column.tsvid column;

update tipositver as column set tsvtxtid = 1 where column.tsvid = 3 returning tsvid as column, column.*;

select tsvid as columns from tipositver order by 1;

select tsvid columns from tipositver order by 1;

select columns.tsvid from tipositver as columns order by 1;

select columns.* from tipositver columns order by 1;

delete from tipositver columns where columns.tsvid = 3 returning columns.tsvid columns;

update tipositver as columns set tsvtxtid = 1 where columns.tsvid = 3 returning tsvid as columns, columns.*;

select tsvid as comment from tipositver order by 1;

select tsvid comment from tipositver order by 1;

select comment.tsvid from tipositver as comment order by 1;

select comment.* from tipositver comment order by 1;

delete from tipositver comment where comment.tsvid = 3 returning comment.tsvid comment;

update tipositver as comment set tsvtxtid = 1 where comment.tsvid = 3 returning tsvid as comment, comment.*;

select tsvid as comments from tipositver order by 1;

select tsvid comments from tipositver order by 1;

select comments.tsvid from tipositver as comments order by 1;

select comments.* from tipositver comments order by 1;

delete from tipositver comments where comments.tsvid = 3 returning comments.tsvid comments;

update tipositver as comments set tsvtxtid = 1 where comments.tsvid = 3 returning tsvid as comments, comments.*;

select tsvid as commit from tipositver order by 1;

select tsvid commit from tipositver order by 1;

select commit.tsvid from tipositver as commit order by 1;

select commit.* from tipositver commit order by 1;

delete from tipositver commit where commit.tsvid = 3 returning commit.tsvid commit;

update tipositver as commit set tsvtxtid = 1 where commit.tsvid = 3 returning tsvid as commit, commit.*;

select tsvid as committed from tipositver order by 1;

select tsvid committed from tipositver order by 1;

select committed.tsvid from tipositver as committed order by 1;

select committed.* from tipositver committed order by 1;

delete from tipositver committed where committed.tsvid = 3 returning committed.tsvid committed;

update tipositver as committed set tsvtxtid = 1 where committed.tsvid = 3 returning tsvid as committed, committed.*;

select tsvid as compression from tipositver order by 1;

select tsvid compression from tipositver order by 1;

select compression.tsvid from tipositver as compression order by 1;

select compression.* from tipositver compression order by 1;

delete from tipositver compression where compression.tsvid = 3 returning compression.tsvid compression;

update tipositver as compression set tsvtxtid = 1 where compression.tsvid = 3 returning tsvid as compression, compression.*;

select tsvid as concurrently from tipositver order by 1;

select tsvid concurrently from tipositver order by 1;

select concurrently.tsvid from tipositver as concurrently order by 1;

select concurrently.* from tipositver concurrently order by 1;

delete from tipositver concurrently where concurrently.tsvid = 3 returning concurrently.tsvid concurrently;

update tipositver as concurrently set tsvtxtid = 1 where concurrently.tsvid = 3 returning tsvid as concurrently, concurrently.*;

select tsvid as configuration from tipositver order by 1;

select tsvid configuration from tipositver order by 1;

select configuration.tsvid from tipositver as configuration order by 1;

select configuration.* from tipositver configuration order by 1;

delete from tipositver configuration where configuration.tsvid = 3 returning configuration.tsvid configuration;

update tipositver as configuration set tsvtxtid = 1 where configuration.tsvid = 3 returning tsvid as configuration, configuration.*;

select tsvid as conflict from tipositver order by 1;

select tsvid conflict from tipositver order by 1;

select conflict.tsvid from tipositver as conflict order by 1;

select conflict.* from tipositver conflict order by 1;

delete from tipositver conflict where conflict.tsvid = 3 returning conflict.tsvid conflict;

update tipositver as conflict set tsvtxtid = 1 where conflict.tsvid = 3 returning tsvid as conflict, conflict.*;

select tsvid as connection from tipositver order by 1;

select tsvid connection from tipositver order by 1;

select connection.tsvid from tipositver as connection order by 1;

select connection.* from tipositver connection order by 1;

delete from tipositver connection where connection.tsvid = 3 returning connection.tsvid connection;

update tipositver as connection set tsvtxtid = 1 where connection.tsvid = 3 returning tsvid as connection, connection.*;

select tsvid as constraint from tipositver order by 1;

select tsvid constraint from tipositver order by 1;

select constraint.tsvid from tipositver as constraint order by 1;

select constraint.* from tipositver constraint order by 1;

delete from tipositver constraint where constraint.tsvid = 3 returning constraint.tsvid constraint;

update tipositver as constraint set tsvtxtid = 1 where constraint.tsvid = 3 returning tsvid as constraint, constraint.*;

select tsvid as constraints from tipositver order by 1;

select tsvid constraints from tipositver order by 1;

select constraints.tsvid from tipositver as constraints order by 1;

select constraints.* from tipositver constraints order by 1;

delete from tipositver constraints where constraints.tsvid = 3 returning constraints.tsvid constraints;

update tipositver as constraints set tsvtxtid = 1 where constraints.tsvid = 3 returning tsvid as constraints, constraints.*;

select tsvid as content from tipositver order by 1;

select tsvid content from tipositver order by 1;

select content.tsvid from tipositver as content order by 1;

select content.* from tipositver content order by 1;

delete from tipositver content where content.tsvid = 3 returning content.tsvid content;

update tipositver as content set tsvtxtid = 1 where content.tsvid = 3 returning tsvid as content, content.*;

select tsvid as continue from tipositver order by 1;

select tsvid continue from tipositver order by 1;

select continue.tsvid from tipositver as continue order by 1;

select continue.* from tipositver continue order by 1;

delete from tipositver continue where continue.tsvid = 3 returning continue.tsvid continue;

update tipositver as continue set tsvtxtid = 1 where continue.tsvid = 3 returning tsvid as continue, continue.*;

select tsvid as conversion from tipositver order by 1;

select tsvid conversion from tipositver order by 1;

select conversion.tsvid from tipositver as conversion order by 1;

select conversion.* from tipositver conversion order by 1;

delete from tipositver conversion where conversion.tsvid = 3 returning conversion.tsvid conversion;

update tipositver as conversion set tsvtxtid = 1 where conversion.tsvid = 3 returning tsvid as conversion, conversion.*;

select tsvid as copy from tipositver order by 1;

select tsvid copy from tipositver order by 1;

select copy.tsvid from tipositver as copy order by 1;

select copy.* from tipositver copy order by 1;

delete from tipositver copy where copy.tsvid = 3 returning copy.tsvid copy;

update tipositver as copy set tsvtxtid = 1 where copy.tsvid = 3 returning tsvid as copy, copy.*;

select tsvid as cost from tipositver order by 1;

select tsvid cost from tipositver order by 1;

select cost.tsvid from tipositver as cost order by 1;

select cost.* from tipositver cost order by 1;

delete from tipositver cost where cost.tsvid = 3 returning cost.tsvid cost;

update tipositver as cost set tsvtxtid = 1 where cost.tsvid = 3 returning tsvid as cost, cost.*;

select tsvid as create from tipositver order by 1;

select tsvid create from tipositver order by 1;

select create.tsvid from tipositver as create order by 1;

select create.* from tipositver create order by 1;

delete from tipositver create where create.tsvid = 3 returning create.tsvid create;

update tipositver as create set tsvtxtid = 1 where create.tsvid = 3 returning tsvid as create, create.*;

select tsvid as cross from tipositver order by 1;

select tsvid cross from tipositver order by 1;

select cross.tsvid from tipositver as cross order by 1;

select cross.* from tipositver cross order by 1;

delete from tipositver cross where cross.tsvid = 3 returning cross.tsvid cross;

update tipositver as cross set tsvtxtid = 1 where cross.tsvid = 3 returning tsvid as cross, cross.*;

select tsvid as csv from tipositver order by 1;

select tsvid csv from tipositver order by 1;

select csv.tsvid from tipositver as csv order by 1;

select csv.* from tipositver csv order by 1;

delete from tipositver csv where csv.tsvid = 3 returning csv.tsvid csv;

update tipositver as csv set tsvtxtid = 1 where csv.tsvid = 3 returning tsvid as csv, csv.*;

select tsvid as cube from tipositver order by 1;

select tsvid cube from tipositver order by 1;

select cube.tsvid from tipositver as cube order by 1;

select cube.* from tipositver cube order by 1;

delete from tipositver cube where cube.tsvid = 3 returning cube.tsvid cube;

update tipositver as cube set tsvtxtid = 1 where cube.tsvid = 3 returning tsvid as cube, cube.*;

select tsvid as current from tipositver order by 1;

select tsvid current from tipositver order by 1;

select current.tsvid from tipositver as current order by 1;

select current.* from tipositver current order by 1;

delete from tipositver current where current.tsvid = 3 returning current.tsvid current;

update tipositver as current set tsvtxtid = 1 where current.tsvid = 3 returning tsvid as current, current.*;

select tsvid as current_catalog from tipositver order by 1;

select tsvid current_catalog from tipositver order by 1;

select current_catalog.tsvid from tipositver as current_catalog order by 1;

select current_catalog.* from tipositver current_catalog order by 1;

delete from tipositver current_catalog where current_catalog.tsvid = 3 returning current_catalog.tsvid current_catalog;

update tipositver as current_catalog set tsvtxtid = 1 where current_catalog.tsvid = 3 returning tsvid as current_catalog, current_catalog.*;

select tsvid as current_date from tipositver order by 1;

select tsvid current_date from tipositver order by 1;

select current_date.tsvid from tipositver as current_date order by 1;

select current_date.* from tipositver current_date order by 1;

delete from tipositver current_date where current_date.tsvid = 3 returning current_date.tsvid current_date;

update tipositver as current_date set tsvtxtid = 1 where current_date.tsvid = 3 returning tsvid as current_date, current_date.*;

select tsvid as current_role from tipositver order by 1;

select tsvid current_role from tipositver order by 1;

select current_role.tsvid from tipositver as current_role order by 1;

select current_role.* from tipositver current_role order by 1;

delete from tipositver current_role where current_role.tsvid = 3 returning current_role.tsvid current_role;

update tipositver as current_role set tsvtxtid = 1 where current_role.tsvid = 3 returning tsvid as current_role, current_role.*;

select tsvid as current_schema from tipositver order by 1;

select tsvid current_schema from tipositver order by 1;

select current_schema.tsvid from tipositver as current_schema order by 1;

select current_schema.* from tipositver current_schema order by 1;

delete from tipositver current_schema where current_schema.tsvid = 3 returning current_schema.tsvid current_schema;

update tipositver as current_schema set tsvtxtid = 1 where current_schema.tsvid = 3 returning tsvid as current_schema, current_schema.*;

select tsvid as current_time from tipositver order by 1;

select tsvid current_time from tipositver order by 1;

select current_time.tsvid from tipositver as current_time order by 1;

select current_time.* from tipositver current_time order by 1;

delete from tipositver current_time where current_time.tsvid = 3 returning current_time.tsvid current_time;

update tipositver as current_time set tsvtxtid = 1 where current_time.tsvid = 3 returning tsvid as current_time, current_time.*;

select tsvid as current_timestamp from tipositver order by 1;

select tsvid current_timestamp from tipositver order by 1;

select current_timestamp.tsvid from tipositver as current_timestamp order by 1;

select current_timestamp.* from tipositver current_timestamp order by 1;

delete from tipositver current_timestamp where current_timestamp.tsvid = 3 returning current_timestamp.tsvid current_timestamp;

update tipositver as current_timestamp set tsvtxtid = 1 where current_timestamp.tsvid = 3 returning tsvid as current_timestamp, current_timestamp.*;

select tsvid as current_user from tipositver order by 1;

select tsvid current_user from tipositver order by 1;

select current_user.tsvid from tipositver as current_user order by 1;

select current_user.* from tipositver current_user order by 1;

delete from tipositver current_user where current_user.tsvid = 3 returning current_user.tsvid current_user;

update tipositver as current_user set tsvtxtid = 1 where current_user.tsvid = 3 returning tsvid as current_user, current_user.*;

select tsvid as cursor from tipositver order by 1;

select tsvid cursor from tipositver order by 1;

select cursor.tsvid from tipositver as cursor order by 1;

select cursor.* from tipositver cursor order by 1;

delete from tipositver cursor where cursor.tsvid = 3 returning cursor.tsvid cursor;

update tipositver as cursor set tsvtxtid = 1 where cursor.tsvid = 3 returning tsvid as cursor, cursor.*;

select tsvid as cycle from tipositver order by 1;

select tsvid cycle from tipositver order by 1;

select cycle.tsvid from tipositver as cycle order by 1;

select cycle.* from tipositver cycle order by 1;

delete from tipositver cycle where cycle.tsvid = 3 returning cycle.tsvid cycle;

update tipositver as cycle set tsvtxtid = 1 where cycle.tsvid = 3 returning tsvid as cycle, cycle.*;

select tsvid as data from tipositver order by 1;

select tsvid data from tipositver order by 1;

select data.tsvid from tipositver as data order by 1;

select data.* from tipositver data order by 1;

delete from tipositver data where data.tsvid = 3 returning data.tsvid data;

update tipositver as data set tsvtxtid = 1 where data.tsvid = 3 returning tsvid as data, data.*;

select tsvid as database from tipositver order by 1;

select tsvid database from tipositver order by 1;

select database.tsvid from tipositver as database order by 1;

select database.* from tipositver database order by 1;

delete from tipositver database where database.tsvid = 3 returning database.tsvid database;

update tipositver as database set tsvtxtid = 1 where database.tsvid = 3 returning tsvid as database, database.*;

select tsvid as day from tipositver order by 1;

select tsvid day from tipositver order by 1;

select day.tsvid from tipositver as day order by 1;

select day.* from tipositver day order by 1;

delete from tipositver day where day.tsvid = 3 returning day.tsvid day;

update tipositver as day set tsvtxtid = 1 where day.tsvid = 3 returning tsvid as day, day.*;

select tsvid as deallocate from tipositver order by 1;

select tsvid deallocate from tipositver order by 1;

select deallocate.tsvid from tipositver as deallocate order by 1;

select deallocate.* from tipositver deallocate order by 1;

delete from tipositver deallocate where deallocate.tsvid = 3 returning deallocate.tsvid deallocate;

update tipositver as deallocate set tsvtxtid = 1 where deallocate.tsvid = 3 returning tsvid as deallocate, deallocate.*;

select tsvid as dec from tipositver order by 1;

select tsvid dec from tipositver order by 1;

select dec.tsvid from tipositver as dec order by 1;

select dec.* from tipositver dec order by 1;

delete from tipositver dec where dec.tsvid = 3 returning dec.tsvid dec;

update tipositver as dec set tsvtxtid = 1 where dec.tsvid = 3 returning tsvid as dec, dec.*;

select tsvid as decimal from tipositver order by 1;

select tsvid decimal from tipositver order by 1;

select decimal.tsvid from tipositver as decimal order by 1;

select decimal.* from tipositver decimal order by 1;

delete from tipositver decimal where decimal.tsvid = 3 returning decimal.tsvid decimal;

update tipositver as decimal set tsvtxtid = 1 where decimal.tsvid = 3 returning tsvid as decimal, decimal.*;

select tsvid as declare from tipositver order by 1;

select tsvid declare from tipositver order by 1;

select declare.tsvid from tipositver as declare order by 1;

select declare.* from tipositver declare order by 1;

delete from tipositver declare where declare.tsvid = 3 returning declare.tsvid declare;

update tipositver as declare set tsvtxtid = 1 where declare.tsvid = 3 returning tsvid as declare, declare.*;

select tsvid as default from tipositver order by 1;

select tsvid default from tipositver order by 1;

select default.tsvid from tipositver as default order by 1;

select default.* from tipositver default order by 1;

delete from tipositver default where default.tsvid = 3 returning default.tsvid default;

update tipositver as default set tsvtxtid = 1 where default.tsvid = 3 returning tsvid as default, default.*;

select tsvid as defaults from tipositver order by 1;

select tsvid defaults from tipositver order by 1;

select defaults.tsvid from tipositver as defaults order by 1;

select defaults.* from tipositver defaults order by 1;

delete from tipositver defaults where defaults.tsvid = 3 returning defaults.tsvid defaults;

update tipositver as defaults set tsvtxtid = 1 where defaults.tsvid = 3 returning tsvid as defaults, defaults.*;

select tsvid as deferrable from tipositver order by 1;

select tsvid deferrable from tipositver order by 1;

select deferrable.tsvid from tipositver as deferrable order by 1;

select deferrable.* from tipositver deferrable order by 1;

delete from tipositver deferrable where deferrable.tsvid = 3 returning deferrable.tsvid deferrable;

update tipositver as deferrable set tsvtxtid = 1 where deferrable.tsvid = 3 returning tsvid as deferrable, deferrable.*;

select tsvid as deferred from tipositver order by 1;

select tsvid deferred from tipositver order by 1;

select deferred.tsvid from tipositver as deferred order by 1;

select deferred.* from tipositver deferred order by 1;

delete from tipositver deferred where deferred.tsvid = 3 returning deferred.tsvid deferred;

update tipositver as deferred set tsvtxtid = 1 where deferred.tsvid = 3 returning tsvid as deferred, deferred.*;

select tsvid as definer from tipositver order by 1;

select tsvid definer from tipositver order by 1;

select definer.tsvid from tipositver as definer order by 1;

select definer.* from tipositver definer order by 1;

delete from tipositver definer where definer.tsvid = 3 returning definer.tsvid definer;

update tipositver as definer set tsvtxtid = 1 where definer.tsvid = 3 returning tsvid as definer, definer.*;

select tsvid as delete from tipositver order by 1;

select tsvid delete from tipositver order by 1;

select delete.tsvid from tipositver as delete order by 1;

select delete.* from tipositver delete order by 1;

delete from tipositver delete where delete.tsvid = 3 returning delete.tsvid delete;

update tipositver as delete set tsvtxtid = 1 where delete.tsvid = 3 returning tsvid as delete, delete.*;

select tsvid as delimiter from tipositver order by 1;

select tsvid delimiter from tipositver order by 1;

select delimiter.tsvid from tipositver as delimiter order by 1;

select delimiter.* from tipositver delimiter order by 1;

delete from tipositver delimiter where delimiter.tsvid = 3 returning delimiter.tsvid delimiter;

update tipositver as delimiter set tsvtxtid = 1 where delimiter.tsvid = 3 returning tsvid as delimiter, delimiter.*;

select tsvid as delimiters from tipositver order by 1;

select tsvid delimiters from tipositver order by 1;

select delimiters.tsvid from tipositver as delimiters order by 1;

select delimiters.* from tipositver delimiters order by 1;

delete from tipositver delimiters where delimiters.tsvid = 3 returning delimiters.tsvid delimiters;

update tipositver as delimiters set tsvtxtid = 1 where delimiters.tsvid = 3 returning tsvid as delimiters, delimiters.*;

select tsvid as depends from tipositver order by 1;

select tsvid depends from tipositver order by 1;

select depends.tsvid from tipositver as depends order by 1;

select depends.* from tipositver depends order by 1;

delete from tipositver depends where depends.tsvid = 3 returning depends.tsvid depends;

update tipositver as depends set tsvtxtid = 1 where depends.tsvid = 3 returning tsvid as depends, depends.*;

select tsvid as depth from tipositver order by 1;

select tsvid depth from tipositver order by 1;

select depth.tsvid from tipositver as depth order by 1;

select depth.* from tipositver depth order by 1;

delete from tipositver depth where depth.tsvid = 3 returning depth.tsvid depth;

update tipositver as depth set tsvtxtid = 1 where depth.tsvid = 3 returning tsvid as depth, depth.*;

select tsvid as desc from tipositver order by 1;

select tsvid desc from tipositver order by 1;

select desc.tsvid from tipositver as desc order by 1;

select desc.* from tipositver desc order by 1;

delete from tipositver desc where desc.tsvid = 3 returning desc.tsvid desc;

update tipositver as desc set tsvtxtid = 1 where desc.tsvid = 3 returning tsvid as desc, desc.*;

select tsvid as detach from tipositver order by 1;

select tsvid detach from tipositver order by 1;

select detach.tsvid from tipositver as detach order by 1;

select detach.* from tipositver detach order by 1;

delete from tipositver detach where detach.tsvid = 3 returning detach.tsvid detach;

update tipositver as detach set tsvtxtid = 1 where detach.tsvid = 3 returning tsvid as detach, detach.*;

select tsvid as dictionary from tipositver order by 1;

select tsvid dictionary from tipositver order by 1;

select dictionary.tsvid from tipositver as dictionary order by 1;

select dictionary.* from tipositver dictionary order by 1;

delete from tipositver dictionary where dictionary.tsvid = 3 returning dictionary.tsvid dictionary;

update tipositver as dictionary set tsvtxtid = 1 where dictionary.tsvid = 3 returning tsvid as dictionary, dictionary.*;

select tsvid as disable from tipositver order by 1;

select tsvid disable from tipositver order by 1;

select disable.tsvid from tipositver as disable order by 1;

select disable.* from tipositver disable order by 1;

delete from tipositver disable where disable.tsvid = 3 returning disable.tsvid disable;

update tipositver as disable set tsvtxtid = 1 where disable.tsvid = 3 returning tsvid as disable, disable.*;

select tsvid as discard from tipositver order by 1;

select tsvid discard from tipositver order by 1;

select discard.tsvid from tipositver as discard order by 1;

select discard.* from tipositver discard order by 1;

delete from tipositver discard where discard.tsvid = 3 returning discard.tsvid discard;

update tipositver as discard set tsvtxtid = 1 where discard.tsvid = 3 returning tsvid as discard, discard.*;

select tsvid as distinct from tipositver order by 1;

select tsvid distinct from tipositver order by 1;

select distinct.tsvid from tipositver as distinct order by 1;

select distinct.* from tipositver distinct order by 1;

delete from tipositver distinct where distinct.tsvid = 3 returning distinct.tsvid distinct;

update tipositver as distinct set tsvtxtid = 1 where distinct.tsvid = 3 returning tsvid as distinct, distinct.*;

select tsvid as do from tipositver order by 1;

select tsvid do from tipositver order by 1;

select do.tsvid from tipositver as do order by 1;

select do.* from tipositver do order by 1;

delete from tipositver do where do.tsvid = 3 returning do.tsvid do;

update tipositver as do set tsvtxtid = 1 where do.tsvid = 3 returning tsvid as do, do.*;

select tsvid as document from tipositver order by 1;

select tsvid document from tipositver order by 1;

select document.tsvid from tipositver as document order by 1;

select document.* from tipositver document order by 1;

delete from tipositver document where document.tsvid = 3 returning document.tsvid document;

update tipositver as document set tsvtxtid = 1 where document.tsvid = 3 returning tsvid as document, document.*;

select tsvid as domain from tipositver order by 1;

select tsvid domain from tipositver order by 1;

select domain.tsvid from tipositver as domain order by 1;

select domain.* from tipositver domain order by 1;

delete from tipositver domain where domain.tsvid = 3 returning domain.tsvid domain;

update tipositver as domain set tsvtxtid = 1 where domain.tsvid = 3 returning tsvid as domain, domain.*;

select tsvid as double from tipositver order by 1;

select tsvid double from tipositver order by 1;

select double.tsvid from tipositver as double order by 1;

select double.* from tipositver double order by 1;

delete from tipositver double where double.tsvid = 3 returning double.tsvid double;

update tipositver as double set tsvtxtid = 1 where double.tsvid = 3 returning tsvid as double, double.*;

select tsvid as drop from tipositver order by 1;

select tsvid drop from tipositver order by 1;

select drop.tsvid from tipositver as drop order by 1;

select drop.* from tipositver drop order by 1;

delete from tipositver drop where drop.tsvid = 3 returning drop.tsvid drop;

update tipositver as drop set tsvtxtid = 1 where drop.tsvid = 3 returning tsvid as drop, drop.*;

select tsvid as each from tipositver order by 1;

select tsvid each from tipositver order by 1;

select each.tsvid from tipositver as each order by 1;

select each.* from tipositver each order by 1;

delete from tipositver each where each.tsvid = 3 returning each.tsvid each;

update tipositver as each set tsvtxtid = 1 where each.tsvid = 3 returning tsvid as each, each.*;

select tsvid as else from tipositver order by 1;

select tsvid else from tipositver order by 1;

select else.tsvid from tipositver as else order by 1;

select else.* from tipositver else order by 1;

delete from tipositver else where else.tsvid = 3 returning else.tsvid else;

update tipositver as else set tsvtxtid = 1 where else.tsvid = 3 returning tsvid as else, else.*;

select tsvid as enable from tipositver order by 1;

select tsvid enable from tipositver order by 1;

select enable.tsvid from tipositver as enable order by 1;

select enable.* from tipositver enable order by 1;

delete from tipositver enable where enable.tsvid = 3 returning enable.tsvid enable;

update tipositver as enable set tsvtxtid = 1 where enable.tsvid = 3 returning tsvid as enable, enable.*;

select tsvid as encoding from tipositver order by 1;

select tsvid encoding from tipositver order by 1;

select encoding.tsvid from tipositver as encoding order by 1;

select encoding.* from tipositver encoding order by 1;

delete from tipositver encoding where encoding.tsvid = 3 returning encoding.tsvid encoding;

update tipositver as encoding set tsvtxtid = 1 where encoding.tsvid = 3 returning tsvid as encoding, encoding.*;

select tsvid as encrypted from tipositver order by 1;

select tsvid encrypted from tipositver order by 1;

select encrypted.tsvid from tipositver as encrypted order by 1;

select encrypted.* from tipositver encrypted order by 1;

delete from tipositver encrypted where encrypted.tsvid = 3 returning encrypted.tsvid encrypted;

update tipositver as encrypted set tsvtxtid = 1 where encrypted.tsvid = 3 returning tsvid as encrypted, encrypted.*;

select tsvid as end from tipositver order by 1;

select end.tsvid from tipositver as end order by 1;

select end.* from tipositver end order by 1;

delete from tipositver end where end.tsvid = 3 returning end.tsvid end;

update tipositver as end set tsvtxtid = 1 where end.tsvid = 3 returning tsvid as end, end.*;

select tsvid as enum from tipositver order by 1;

select tsvid enum from tipositver order by 1;

select enum.tsvid from tipositver as enum order by 1;

select enum.* from tipositver enum order by 1;

delete from tipositver enum where enum.tsvid = 3 returning enum.tsvid enum;

update tipositver as enum set tsvtxtid = 1 where enum.tsvid = 3 returning tsvid as enum, enum.*;

select tsvid as escape from tipositver order by 1;

select tsvid escape from tipositver order by 1;

select escape.tsvid from tipositver as escape order by 1;

select escape.* from tipositver escape order by 1;

delete from tipositver escape where escape.tsvid = 3 returning escape.tsvid escape;

update tipositver as escape set tsvtxtid = 1 where escape.tsvid = 3 returning tsvid as escape, escape.*;

select tsvid as event from tipositver order by 1;

select tsvid event from tipositver order by 1;

select event.tsvid from tipositver as event order by 1;

select event.* from tipositver event order by 1;

delete from tipositver event where event.tsvid = 3 returning event.tsvid event;

update tipositver as event set tsvtxtid = 1 where event.tsvid = 3 returning tsvid as event, event.*;

select tsvid as except from tipositver order by 1;

select tsvid except from tipositver order by 1;

select except.tsvid from tipositver as except order by 1;

select except.* from tipositver except order by 1;

delete from tipositver except where except.tsvid = 3 returning except.tsvid except;

update tipositver as except set tsvtxtid = 1 where except.tsvid = 3 returning tsvid as except, except.*;

select tsvid as exclude from tipositver order by 1;

select tsvid exclude from tipositver order by 1;

select exclude.tsvid from tipositver as exclude order by 1;

select exclude.* from tipositver exclude order by 1;

delete from tipositver exclude where exclude.tsvid = 3 returning exclude.tsvid exclude;

update tipositver as exclude set tsvtxtid = 1 where exclude.tsvid = 3 returning tsvid as exclude, exclude.*;

select tsvid as excluding from tipositver order by 1;

select tsvid excluding from tipositver order by 1;

select excluding.tsvid from tipositver as excluding order by 1;

select excluding.* from tipositver excluding order by 1;

delete from tipositver excluding where excluding.tsvid = 3 returning excluding.tsvid excluding;

update tipositver as excluding set tsvtxtid = 1 where excluding.tsvid = 3 returning tsvid as excluding, excluding.*;

select tsvid as exclusive from tipositver order by 1;

select tsvid exclusive from tipositver order by 1;

select exclusive.tsvid from tipositver as exclusive order by 1;

select exclusive.* from tipositver exclusive order by 1;

delete from tipositver exclusive where exclusive.tsvid = 3 returning exclusive.tsvid exclusive;

update tipositver as exclusive set tsvtxtid = 1 where exclusive.tsvid = 3 returning tsvid as exclusive, exclusive.*;

select tsvid as execute from tipositver order by 1;

select tsvid execute from tipositver order by 1;

select execute.tsvid from tipositver as execute order by 1;

select execute.* from tipositver execute order by 1;

delete from tipositver execute where execute.tsvid = 3 returning execute.tsvid execute;

update tipositver as execute set tsvtxtid = 1 where execute.tsvid = 3 returning tsvid as execute, execute.*;

select tsvid as exists from tipositver order by 1;

select tsvid exists from tipositver order by 1;

select exists.tsvid from tipositver as exists order by 1;

select exists.* from tipositver exists order by 1;

delete from tipositver exists where exists.tsvid = 3 returning exists.tsvid exists;

update tipositver as exists set tsvtxtid = 1 where exists.tsvid = 3 returning tsvid as exists, exists.*;

select tsvid as explain from tipositver order by 1;

select tsvid explain from tipositver order by 1;

select explain.tsvid from tipositver as explain order by 1;

select explain.* from tipositver explain order by 1;

delete from tipositver explain where explain.tsvid = 3 returning explain.tsvid explain;

update tipositver as explain set tsvtxtid = 1 where explain.tsvid = 3 returning tsvid as explain, explain.*;

select tsvid as expression from tipositver order by 1;

select tsvid expression from tipositver order by 1;

select expression.tsvid from tipositver as expression order by 1;

select expression.* from tipositver expression order by 1;

delete from tipositver expression where expression.tsvid = 3 returning expression.tsvid expression;

update tipositver as expression set tsvtxtid = 1 where expression.tsvid = 3 returning tsvid as expression, expression.*;

select tsvid as extension from tipositver order by 1;

select tsvid extension from tipositver order by 1;

select extension.tsvid from tipositver as extension order by 1;

select extension.* from tipositver extension order by 1;

delete from tipositver extension where extension.tsvid = 3 returning extension.tsvid extension;

update tipositver as extension set tsvtxtid = 1 where extension.tsvid = 3 returning tsvid as extension, extension.*;

select tsvid as external from tipositver order by 1;

select tsvid external from tipositver order by 1;

select external.tsvid from tipositver as external order by 1;

select external.* from tipositver external order by 1;

delete from tipositver external where external.tsvid = 3 returning external.tsvid external;

update tipositver as external set tsvtxtid = 1 where external.tsvid = 3 returning tsvid as external, external.*;

select tsvid as extract from tipositver order by 1;

select tsvid extract from tipositver order by 1;

select extract.tsvid from tipositver as extract order by 1;

select extract.* from tipositver extract order by 1;

delete from tipositver extract where extract.tsvid = 3 returning extract.tsvid extract;

update tipositver as extract set tsvtxtid = 1 where extract.tsvid = 3 returning tsvid as extract, extract.*;

select tsvid as false from tipositver order by 1;

select tsvid false from tipositver order by 1;

select false.tsvid from tipositver as false order by 1;

select false.* from tipositver false order by 1;

delete from tipositver false where false.tsvid = 3 returning false.tsvid false;

update tipositver as false set tsvtxtid = 1 where false.tsvid = 3 returning tsvid as false, false.*;

select tsvid as family from tipositver order by 1;

select tsvid family from tipositver order by 1;

select family.tsvid from tipositver as family order by 1;

select family.* from tipositver family order by 1;

delete from tipositver family where family.tsvid = 3 returning family.tsvid family;

update tipositver as family set tsvtxtid = 1 where family.tsvid = 3 returning tsvid as family, family.*;

select tsvid as fetch from tipositver order by 1;

select tsvid fetch from tipositver order by 1;

select fetch.tsvid from tipositver as fetch order by 1;

select fetch.* from tipositver fetch order by 1;

delete from tipositver fetch where fetch.tsvid = 3 returning fetch.tsvid fetch;

update tipositver as fetch set tsvtxtid = 1 where fetch.tsvid = 3 returning tsvid as fetch, fetch.*;

select tsvid as filter from tipositver order by 1;

select tsvid filter from tipositver order by 1;

select filter.tsvid from tipositver as filter order by 1;

select filter.* from tipositver filter order by 1;

delete from tipositver filter where filter.tsvid = 3 returning filter.tsvid filter;

update tipositver as filter set tsvtxtid = 1 where filter.tsvid = 3 returning tsvid as filter, filter.*;

select tsvid as finalize from tipositver order by 1;

select tsvid finalize from tipositver order by 1;

select finalize.tsvid from tipositver as finalize order by 1;

select finalize.* from tipositver finalize order by 1;

delete from tipositver finalize where finalize.tsvid = 3 returning finalize.tsvid finalize;

update tipositver as finalize set tsvtxtid = 1 where finalize.tsvid = 3 returning tsvid as finalize, finalize.*;

select tsvid as first from tipositver order by 1;

select tsvid first from tipositver order by 1;

select first.tsvid from tipositver as first order by 1;

select first.* from tipositver first order by 1;

delete from tipositver first where first.tsvid = 3 returning first.tsvid first;

update tipositver as first set tsvtxtid = 1 where first.tsvid = 3 returning tsvid as first, first.*;

select tsvid as float from tipositver order by 1;

select tsvid float from tipositver order by 1;

select float.tsvid from tipositver as float order by 1;

select float.* from tipositver float order by 1;

delete from tipositver float where float.tsvid = 3 returning float.tsvid float;

update tipositver as float set tsvtxtid = 1 where float.tsvid = 3 returning tsvid as float, float.*;

select tsvid as following from tipositver order by 1;

select tsvid following from tipositver order by 1;

select following.tsvid from tipositver as following order by 1;

select following.* from tipositver following order by 1;

delete from tipositver following where following.tsvid = 3 returning following.tsvid following;

update tipositver as following set tsvtxtid = 1 where following.tsvid = 3 returning tsvid as following, following.*;

select tsvid as for from tipositver order by 1;

select tsvid for from tipositver order by 1;

select for.tsvid from tipositver as for order by 1;

select for.* from tipositver for order by 1;

delete from tipositver for where for.tsvid = 3 returning for.tsvid for;

update tipositver as for set tsvtxtid = 1 where for.tsvid = 3 returning tsvid as for, for.*;

select tsvid as force from tipositver order by 1;

select tsvid force from tipositver order by 1;

select force.tsvid from tipositver as force order by 1;

select force.* from tipositver force order by 1;

delete from tipositver force where force.tsvid = 3 returning force.tsvid force;

update tipositver as force set tsvtxtid = 1 where force.tsvid = 3 returning tsvid as force, force.*;

select tsvid as foreign from tipositver order by 1;

select tsvid foreign from tipositver order by 1;

select foreign.tsvid from tipositver as foreign order by 1;

select foreign.* from tipositver foreign order by 1;

delete from tipositver foreign where foreign.tsvid = 3 returning foreign.tsvid foreign;

update tipositver as foreign set tsvtxtid = 1 where foreign.tsvid = 3 returning tsvid as foreign, foreign.*;

select tsvid as forward from tipositver order by 1;

select tsvid forward from tipositver order by 1;

select forward.tsvid from tipositver as forward order by 1;

select forward.* from tipositver forward order by 1;

delete from tipositver forward where forward.tsvid = 3 returning forward.tsvid forward;

update tipositver as forward set tsvtxtid = 1 where forward.tsvid = 3 returning tsvid as forward, forward.*;

select tsvid as freeze from tipositver order by 1;

select tsvid freeze from tipositver order by 1;

select freeze.tsvid from tipositver as freeze order by 1;

select freeze.* from tipositver freeze order by 1;

delete from tipositver freeze where freeze.tsvid = 3 returning freeze.tsvid freeze;

update tipositver as freeze set tsvtxtid = 1 where freeze.tsvid = 3 returning tsvid as freeze, freeze.*;

select tsvid as from from tipositver order by 1;

select tsvid from from tipositver order by 1;

select from.tsvid from tipositver as from order by 1;

select from.* from tipositver from order by 1;

delete from tipositver from where from.tsvid = 3 returning from.tsvid from;

update tipositver as from set tsvtxtid = 1 where from.tsvid = 3 returning tsvid as from, from.*;

select tsvid as full from tipositver order by 1;

select tsvid full from tipositver order by 1;

select full.tsvid from tipositver as full order by 1;

select full.* from tipositver full order by 1;

delete from tipositver full where full.tsvid = 3 returning full.tsvid full;

update tipositver as full set tsvtxtid = 1 where full.tsvid = 3 returning tsvid as full, full.*;

select tsvid as function from tipositver order by 1;

select tsvid function from tipositver order by 1;

select function.tsvid from tipositver as function order by 1;

select function.* from tipositver function order by 1;

delete from tipositver function where function.tsvid = 3 returning function.tsvid function;

update tipositver as function set tsvtxtid = 1 where function.tsvid = 3 returning tsvid as function, function.*;

select tsvid as functions from tipositver order by 1;

select tsvid functions from tipositver order by 1;

select functions.tsvid from tipositver as functions order by 1;

select functions.* from tipositver functions order by 1;

delete from tipositver functions where functions.tsvid = 3 returning functions.tsvid functions;

update tipositver as functions set tsvtxtid = 1 where functions.tsvid = 3 returning tsvid as functions, functions.*;

select tsvid as generated from tipositver order by 1;

select tsvid generated from tipositver order by 1;

select generated.tsvid from tipositver as generated order by 1;

select generated.* from tipositver generated order by 1;

delete from tipositver generated where generated.tsvid = 3 returning generated.tsvid generated;

update tipositver as generated set tsvtxtid = 1 where generated.tsvid = 3 returning tsvid as generated, generated.*;

select tsvid as global from tipositver order by 1;

select tsvid global from tipositver order by 1;

select global.tsvid from tipositver as global order by 1;

select global.* from tipositver global order by 1;

delete from tipositver global where global.tsvid = 3 returning global.tsvid global;

update tipositver as global set tsvtxtid = 1 where global.tsvid = 3 returning tsvid as global, global.*;

select tsvid as grant from tipositver order by 1;

select tsvid grant from tipositver order by 1;

select grant.tsvid from tipositver as grant order by 1;

select grant.* from tipositver grant order by 1;

delete from tipositver grant where grant.tsvid = 3 returning grant.tsvid grant;

update tipositver as grant set tsvtxtid = 1 where grant.tsvid = 3 returning tsvid as grant, grant.*;

select tsvid as granted from tipositver order by 1;

select tsvid granted from tipositver order by 1;

select granted.tsvid from tipositver as granted order by 1;

select granted.* from tipositver granted order by 1;

delete from tipositver granted where granted.tsvid = 3 returning granted.tsvid granted;

update tipositver as granted set tsvtxtid = 1 where granted.tsvid = 3 returning tsvid as granted, granted.*;

select tsvid as greatest from tipositver order by 1;

select tsvid greatest from tipositver order by 1;

select greatest.tsvid from tipositver as greatest order by 1;

select greatest.* from tipositver greatest order by 1;

delete from tipositver greatest where greatest.tsvid = 3 returning greatest.tsvid greatest;

update tipositver as greatest set tsvtxtid = 1 where greatest.tsvid = 3 returning tsvid as greatest, greatest.*;

select tsvid as group from tipositver order by 1;

select tsvid group from tipositver order by 1;

select group.tsvid from tipositver as group order by 1;

select group.* from tipositver group order by 1;

delete from tipositver group where group.tsvid = 3 returning group.tsvid group;

update tipositver as group set tsvtxtid = 1 where group.tsvid = 3 returning tsvid as group, group.*;

select tsvid as grouping from tipositver order by 1;

select tsvid grouping from tipositver order by 1;

select grouping.tsvid from tipositver as grouping order by 1;

select grouping.* from tipositver grouping order by 1;

delete from tipositver grouping where grouping.tsvid = 3 returning grouping.tsvid grouping;

update tipositver as grouping set tsvtxtid = 1 where grouping.tsvid = 3 returning tsvid as grouping, grouping.*;

select tsvid as groups from tipositver order by 1;

select tsvid groups from tipositver order by 1;

select groups.tsvid from tipositver as groups order by 1;

select groups.* from tipositver groups order by 1;

delete from tipositver groups where groups.tsvid = 3 returning groups.tsvid groups;

update tipositver as groups set tsvtxtid = 1 where groups.tsvid = 3 returning tsvid as groups, groups.*;

select tsvid as handler from tipositver order by 1;

select tsvid handler from tipositver order by 1;

select handler.tsvid from tipositver as handler order by 1;

select handler.* from tipositver handler order by 1;

delete from tipositver handler where handler.tsvid = 3 returning handler.tsvid handler;

update tipositver as handler set tsvtxtid = 1 where handler.tsvid = 3 returning tsvid as handler, handler.*;

select tsvid as having from tipositver order by 1;

select tsvid having from tipositver order by 1;

select having.tsvid from tipositver as having order by 1;

select having.* from tipositver having order by 1;

delete from tipositver having where having.tsvid = 3 returning having.tsvid having;

update tipositver as having set tsvtxtid = 1 where having.tsvid = 3 returning tsvid as having, having.*;

select tsvid as header from tipositver order by 1;

select tsvid header from tipositver order by 1;

select header.tsvid from tipositver as header order by 1;

select header.* from tipositver header order by 1;

delete from tipositver header where header.tsvid = 3 returning header.tsvid header;

update tipositver as header set tsvtxtid = 1 where header.tsvid = 3 returning tsvid as header, header.*;

select tsvid as hold from tipositver order by 1;

select tsvid hold from tipositver order by 1;

select hold.tsvid from tipositver as hold order by 1;

select hold.* from tipositver hold order by 1;

delete from tipositver hold where hold.tsvid = 3 returning hold.tsvid hold;

update tipositver as hold set tsvtxtid = 1 where hold.tsvid = 3 returning tsvid as hold, hold.*;

select tsvid as hour from tipositver order by 1;

select tsvid hour from tipositver order by 1;

select hour.tsvid from tipositver as hour order by 1;

select hour.* from tipositver hour order by 1;

delete from tipositver hour where hour.tsvid = 3 returning hour.tsvid hour;

update tipositver as hour set tsvtxtid = 1 where hour.tsvid = 3 returning tsvid as hour, hour.*;

select tsvid as identity from tipositver order by 1;

select tsvid identity from tipositver order by 1;

select identity.tsvid from tipositver as identity order by 1;

select identity.* from tipositver identity order by 1;

delete from tipositver identity where identity.tsvid = 3 returning identity.tsvid identity;

update tipositver as identity set tsvtxtid = 1 where identity.tsvid = 3 returning tsvid as identity, identity.*;

select tsvid as if from tipositver order by 1;

select tsvid if from tipositver order by 1;

select if.tsvid from tipositver as if order by 1;

select if.* from tipositver if order by 1;

delete from tipositver if where if.tsvid = 3 returning if.tsvid if;

update tipositver as if set tsvtxtid = 1 where if.tsvid = 3 returning tsvid as if, if.*;

select tsvid as ilike from tipositver order by 1;

select ilike.tsvid from tipositver as ilike order by 1;

select ilike.* from tipositver ilike order by 1;

delete from tipositver ilike where ilike.tsvid = 3 returning ilike.tsvid ilike;

update tipositver as ilike set tsvtxtid = 1 where ilike.tsvid = 3 returning tsvid as ilike, ilike.*;

select tsvid as immediate from tipositver order by 1;

select tsvid immediate from tipositver order by 1;

select immediate.tsvid from tipositver as immediate order by 1;

select immediate.* from tipositver immediate order by 1;

delete from tipositver immediate where immediate.tsvid = 3 returning immediate.tsvid immediate;

update tipositver as immediate set tsvtxtid = 1 where immediate.tsvid = 3 returning tsvid as immediate, immediate.*;

select tsvid as immutable from tipositver order by 1;

select tsvid immutable from tipositver order by 1;

select immutable.tsvid from tipositver as immutable order by 1;

select immutable.* from tipositver immutable order by 1;

delete from tipositver immutable where immutable.tsvid = 3 returning immutable.tsvid immutable;

update tipositver as immutable set tsvtxtid = 1 where immutable.tsvid = 3 returning tsvid as immutable, immutable.*;

select tsvid as implicit from tipositver order by 1;

select tsvid implicit from tipositver order by 1;

select implicit.tsvid from tipositver as implicit order by 1;

select implicit.* from tipositver implicit order by 1;

delete from tipositver implicit where implicit.tsvid = 3 returning implicit.tsvid implicit;

update tipositver as implicit set tsvtxtid = 1 where implicit.tsvid = 3 returning tsvid as implicit, implicit.*;

select tsvid as import from tipositver order by 1;

select tsvid import from tipositver order by 1;

select import.tsvid from tipositver as import order by 1;

select import.* from tipositver import order by 1;

delete from tipositver import where import.tsvid = 3 returning import.tsvid import;

update tipositver as import set tsvtxtid = 1 where import.tsvid = 3 returning tsvid as import, import.*;

select tsvid as in from tipositver order by 1;

select tsvid in from tipositver order by 1;

select in.tsvid from tipositver as in order by 1;

select in.* from tipositver in order by 1;

delete from tipositver in where in.tsvid = 3 returning in.tsvid in;

update tipositver as in set tsvtxtid = 1 where in.tsvid = 3 returning tsvid as in, in.*;

select tsvid as include from tipositver order by 1;

select tsvid include from tipositver order by 1;

select include.tsvid from tipositver as include order by 1;

select include.* from tipositver include order by 1;

delete from tipositver include where include.tsvid = 3 returning include.tsvid include;

update tipositver as include set tsvtxtid = 1 where include.tsvid = 3 returning tsvid as include, include.*;

select tsvid as including from tipositver order by 1;

select tsvid including from tipositver order by 1;

select including.tsvid from tipositver as including order by 1;

select including.* from tipositver including order by 1;

delete from tipositver including where including.tsvid = 3 returning including.tsvid including;

update tipositver as including set tsvtxtid = 1 where including.tsvid = 3 returning tsvid as including, including.*;

select tsvid as increment from tipositver order by 1;

select tsvid increment from tipositver order by 1;

select increment.tsvid from tipositver as increment order by 1;

select increment.* from tipositver increment order by 1;

delete from tipositver increment where increment.tsvid = 3 returning increment.tsvid increment;

update tipositver as increment set tsvtxtid = 1 where increment.tsvid = 3 returning tsvid as increment, increment.*;

select tsvid as index from tipositver order by 1;

select tsvid index from tipositver order by 1;

select index.tsvid from tipositver as index order by 1;

select index.* from tipositver index order by 1;

delete from tipositver index where index.tsvid = 3 returning index.tsvid index;

update tipositver as index set tsvtxtid = 1 where index.tsvid = 3 returning tsvid as index, index.*;

select tsvid as indexes from tipositver order by 1;

select tsvid indexes from tipositver order by 1;

select indexes.tsvid from tipositver as indexes order by 1;

select indexes.* from tipositver indexes order by 1;

delete from tipositver indexes where indexes.tsvid = 3 returning indexes.tsvid indexes;

update tipositver as indexes set tsvtxtid = 1 where indexes.tsvid = 3 returning tsvid as indexes, indexes.*;

select tsvid as inherit from tipositver order by 1;

select tsvid inherit from tipositver order by 1;

select inherit.tsvid from tipositver as inherit order by 1;

select inherit.* from tipositver inherit order by 1;

delete from tipositver inherit where inherit.tsvid = 3 returning inherit.tsvid inherit;

update tipositver as inherit set tsvtxtid = 1 where inherit.tsvid = 3 returning tsvid as inherit, inherit.*;

select tsvid as inherits from tipositver order by 1;

select tsvid inherits from tipositver order by 1;

select inherits.tsvid from tipositver as inherits order by 1;

select inherits.* from tipositver inherits order by 1;

delete from tipositver inherits where inherits.tsvid = 3 returning inherits.tsvid inherits;

update tipositver as inherits set tsvtxtid = 1 where inherits.tsvid = 3 returning tsvid as inherits, inherits.*;

select tsvid as initially from tipositver order by 1;

select tsvid initially from tipositver order by 1;

select initially.tsvid from tipositver as initially order by 1;

select initially.* from tipositver initially order by 1;

delete from tipositver initially where initially.tsvid = 3 returning initially.tsvid initially;

update tipositver as initially set tsvtxtid = 1 where initially.tsvid = 3 returning tsvid as initially, initially.*;

select tsvid as inline from tipositver order by 1;

select tsvid inline from tipositver order by 1;

select inline.tsvid from tipositver as inline order by 1;

select inline.* from tipositver inline order by 1;

delete from tipositver inline where inline.tsvid = 3 returning inline.tsvid inline;

update tipositver as inline set tsvtxtid = 1 where inline.tsvid = 3 returning tsvid as inline, inline.*;

select tsvid as inner from tipositver order by 1;

select tsvid inner from tipositver order by 1;

select inner.tsvid from tipositver as inner order by 1;

select inner.* from tipositver inner order by 1;

delete from tipositver inner where inner.tsvid = 3 returning inner.tsvid inner;

update tipositver as inner set tsvtxtid = 1 where inner.tsvid = 3 returning tsvid as inner, inner.*;

select tsvid as inout from tipositver order by 1;

select tsvid inout from tipositver order by 1;

select inout.tsvid from tipositver as inout order by 1;

select inout.* from tipositver inout order by 1;

delete from tipositver inout where inout.tsvid = 3 returning inout.tsvid inout;

update tipositver as inout set tsvtxtid = 1 where inout.tsvid = 3 returning tsvid as inout, inout.*;

select tsvid as input from tipositver order by 1;

select tsvid input from tipositver order by 1;

select input.tsvid from tipositver as input order by 1;

select input.* from tipositver input order by 1;

delete from tipositver input where input.tsvid = 3 returning input.tsvid input;

update tipositver as input set tsvtxtid = 1 where input.tsvid = 3 returning tsvid as input, input.*;

select tsvid as insensitive from tipositver order by 1;

select tsvid insensitive from tipositver order by 1;

select insensitive.tsvid from tipositver as insensitive order by 1;

select insensitive.* from tipositver insensitive order by 1;

delete from tipositver insensitive where insensitive.tsvid = 3 returning insensitive.tsvid insensitive;

update tipositver as insensitive set tsvtxtid = 1 where insensitive.tsvid = 3 returning tsvid as insensitive, insensitive.*;

select tsvid as insert from tipositver order by 1;

select tsvid insert from tipositver order by 1;

select insert.tsvid from tipositver as insert order by 1;

select insert.* from tipositver insert order by 1;

delete from tipositver insert where insert.tsvid = 3 returning insert.tsvid insert;

update tipositver as insert set tsvtxtid = 1 where insert.tsvid = 3 returning tsvid as insert, insert.*;

select tsvid as instead from tipositver order by 1;

select tsvid instead from tipositver order by 1;

select instead.tsvid from tipositver as instead order by 1;

select instead.* from tipositver instead order by 1;

delete from tipositver instead where instead.tsvid = 3 returning instead.tsvid instead;

update tipositver as instead set tsvtxtid = 1 where instead.tsvid = 3 returning tsvid as instead, instead.*;

select tsvid as int from tipositver order by 1;

select tsvid int from tipositver order by 1;

select int.tsvid from tipositver as int order by 1;

select int.* from tipositver int order by 1;

delete from tipositver int where int.tsvid = 3 returning int.tsvid int;

update tipositver as int set tsvtxtid = 1 where int.tsvid = 3 returning tsvid as int, int.*;

select tsvid as integer from tipositver order by 1;

select tsvid integer from tipositver order by 1;

select integer.tsvid from tipositver as integer order by 1;

select integer.* from tipositver integer order by 1;

delete from tipositver integer where integer.tsvid = 3 returning integer.tsvid integer;

update tipositver as integer set tsvtxtid = 1 where integer.tsvid = 3 returning tsvid as integer, integer.*;

select tsvid as intersect from tipositver order by 1;

select tsvid intersect from tipositver order by 1;

select intersect.tsvid from tipositver as intersect order by 1;

select intersect.* from tipositver intersect order by 1;

delete from tipositver intersect where intersect.tsvid = 3 returning intersect.tsvid intersect;

update tipositver as intersect set tsvtxtid = 1 where intersect.tsvid = 3 returning tsvid as intersect, intersect.*;

select tsvid as interval from tipositver order by 1;

select tsvid interval from tipositver order by 1;

select interval.tsvid from tipositver as interval order by 1;

select interval.* from tipositver interval order by 1;

delete from tipositver interval where interval.tsvid = 3 returning interval.tsvid interval;

update tipositver as interval set tsvtxtid = 1 where interval.tsvid = 3 returning tsvid as interval, interval.*;

select tsvid as into from tipositver order by 1;

select tsvid into from tipositver order by 1;

select into.tsvid from tipositver as into order by 1;

select into.* from tipositver into order by 1;

delete from tipositver into where into.tsvid = 3 returning into.tsvid into;

update tipositver as into set tsvtxtid = 1 where into.tsvid = 3 returning tsvid as into, into.*;

select tsvid as invoker from tipositver order by 1;

select tsvid invoker from tipositver order by 1;

select invoker.tsvid from tipositver as invoker order by 1;

select invoker.* from tipositver invoker order by 1;

delete from tipositver invoker where invoker.tsvid = 3 returning invoker.tsvid invoker;

update tipositver as invoker set tsvtxtid = 1 where invoker.tsvid = 3 returning tsvid as invoker, invoker.*;

select tsvid as is from tipositver order by 1;

select tsvid is from tipositver order by 1;

select is.tsvid from tipositver as is order by 1;

select is.* from tipositver is order by 1;

delete from tipositver is where is.tsvid = 3 returning is.tsvid is;

update tipositver as is set tsvtxtid = 1 where is.tsvid = 3 returning tsvid as is, is.*;

select tsvid as isnull from tipositver order by 1;

select tsvid isnull from tipositver order by 1;

select isnull.tsvid from tipositver as isnull order by 1;

select isnull.* from tipositver isnull order by 1;

delete from tipositver isnull where isnull.tsvid = 3 returning isnull.tsvid isnull;

update tipositver as isnull set tsvtxtid = 1 where isnull.tsvid = 3 returning tsvid as isnull, isnull.*;

select tsvid as isolation from tipositver order by 1;

select tsvid isolation from tipositver order by 1;

select isolation.tsvid from tipositver as isolation order by 1;

select isolation.* from tipositver isolation order by 1;

delete from tipositver isolation where isolation.tsvid = 3 returning isolation.tsvid isolation;

update tipositver as isolation set tsvtxtid = 1 where isolation.tsvid = 3 returning tsvid as isolation, isolation.*;

select tsvid as join from tipositver order by 1;

select tsvid join from tipositver order by 1;

select join.tsvid from tipositver as join order by 1;

select join.* from tipositver join order by 1;

delete from tipositver join where join.tsvid = 3 returning join.tsvid join;

update tipositver as join set tsvtxtid = 1 where join.tsvid = 3 returning tsvid as join, join.*;

select tsvid as key from tipositver order by 1;

select tsvid key from tipositver order by 1;

select key.tsvid from tipositver as key order by 1;

select key.* from tipositver key order by 1;

delete from tipositver key where key.tsvid = 3 returning key.tsvid key;

update tipositver as key set tsvtxtid = 1 where key.tsvid = 3 returning tsvid as key, key.*;

select tsvid as label from tipositver order by 1;

select tsvid label from tipositver order by 1;

select label.tsvid from tipositver as label order by 1;

select label.* from tipositver label order by 1;

delete from tipositver label where label.tsvid = 3 returning label.tsvid label;

update tipositver as label set tsvtxtid = 1 where label.tsvid = 3 returning tsvid as label, label.*;

select tsvid as language from tipositver order by 1;

select tsvid language from tipositver order by 1;

select language.tsvid from tipositver as language order by 1;

select language.* from tipositver language order by 1;

delete from tipositver language where language.tsvid = 3 returning language.tsvid language;

update tipositver as language set tsvtxtid = 1 where language.tsvid = 3 returning tsvid as language, language.*;

select tsvid as large from tipositver order by 1;

select tsvid large from tipositver order by 1;

select large.tsvid from tipositver as large order by 1;

select large.* from tipositver large order by 1;

delete from tipositver large where large.tsvid = 3 returning large.tsvid large;

update tipositver as large set tsvtxtid = 1 where large.tsvid = 3 returning tsvid as large, large.*;

select tsvid as last from tipositver order by 1;

select tsvid last from tipositver order by 1;

select last.tsvid from tipositver as last order by 1;

select last.* from tipositver last order by 1;

delete from tipositver last where last.tsvid = 3 returning last.tsvid last;

update tipositver as last set tsvtxtid = 1 where last.tsvid = 3 returning tsvid as last, last.*;

select tsvid as lateral from tipositver order by 1;

select tsvid lateral from tipositver order by 1;

select lateral.tsvid from tipositver as lateral order by 1;

select lateral.* from tipositver lateral order by 1;

delete from tipositver lateral where lateral.tsvid = 3 returning lateral.tsvid lateral;

update tipositver as lateral set tsvtxtid = 1 where lateral.tsvid = 3 returning tsvid as lateral, lateral.*;

select tsvid as leading from tipositver order by 1;

select tsvid leading from tipositver order by 1;

select leading.tsvid from tipositver as leading order by 1;

select leading.* from tipositver leading order by 1;

delete from tipositver leading where leading.tsvid = 3 returning leading.tsvid leading;

update tipositver as leading set tsvtxtid = 1 where leading.tsvid = 3 returning tsvid as leading, leading.*;

select tsvid as leakproof from tipositver order by 1;

select tsvid leakproof from tipositver order by 1;

select leakproof.tsvid from tipositver as leakproof order by 1;

select leakproof.* from tipositver leakproof order by 1;

delete from tipositver leakproof where leakproof.tsvid = 3 returning leakproof.tsvid leakproof;

update tipositver as leakproof set tsvtxtid = 1 where leakproof.tsvid = 3 returning tsvid as leakproof, leakproof.*;

select tsvid as least from tipositver order by 1;

select tsvid least from tipositver order by 1;

select least.tsvid from tipositver as least order by 1;

select least.* from tipositver least order by 1;

delete from tipositver least where least.tsvid = 3 returning least.tsvid least;

update tipositver as least set tsvtxtid = 1 where least.tsvid = 3 returning tsvid as least, least.*;

select tsvid as left from tipositver order by 1;

select tsvid left from tipositver order by 1;

select left.tsvid from tipositver as left order by 1;

select left.* from tipositver left order by 1;

delete from tipositver left where left.tsvid = 3 returning left.tsvid left;

update tipositver as left set tsvtxtid = 1 where left.tsvid = 3 returning tsvid as left, left.*;

select tsvid as level from tipositver order by 1;

select tsvid level from tipositver order by 1;

select level.tsvid from tipositver as level order by 1;

select level.* from tipositver level order by 1;

delete from tipositver level where level.tsvid = 3 returning level.tsvid level;

update tipositver as level set tsvtxtid = 1 where level.tsvid = 3 returning tsvid as level, level.*;

select tsvid as like from tipositver order by 1;

select like.tsvid from tipositver as like order by 1;

select like.* from tipositver like order by 1;

delete from tipositver like where like.tsvid = 3 returning like.tsvid like;

update tipositver as like set tsvtxtid = 1 where like.tsvid = 3 returning tsvid as like, like.*;

select tsvid as limit from tipositver order by 1;

select tsvid limit from tipositver order by 1;

select limit.tsvid from tipositver as limit order by 1;

select limit.* from tipositver limit order by 1;

delete from tipositver limit where limit.tsvid = 3 returning limit.tsvid limit;

update tipositver as limit set tsvtxtid = 1 where limit.tsvid = 3 returning tsvid as limit, limit.*;

select tsvid as listen from tipositver order by 1;

select tsvid listen from tipositver order by 1;

select listen.tsvid from tipositver as listen order by 1;

select listen.* from tipositver listen order by 1;

delete from tipositver listen where listen.tsvid = 3 returning listen.tsvid listen;

update tipositver as listen set tsvtxtid = 1 where listen.tsvid = 3 returning tsvid as listen, listen.*;

select tsvid as load from tipositver order by 1;

select tsvid load from tipositver order by 1;

select load.tsvid from tipositver as load order by 1;

select load.* from tipositver load order by 1;

delete from tipositver load where load.tsvid = 3 returning load.tsvid load;

update tipositver as load set tsvtxtid = 1 where load.tsvid = 3 returning tsvid as load, load.*;

select tsvid as local from tipositver order by 1;

select tsvid local from tipositver order by 1;

select local.tsvid from tipositver as local order by 1;

select local.* from tipositver local order by 1;

delete from tipositver local where local.tsvid = 3 returning local.tsvid local;

update tipositver as local set tsvtxtid = 1 where local.tsvid = 3 returning tsvid as local, local.*;

select tsvid as localtime from tipositver order by 1;

select tsvid localtime from tipositver order by 1;

select localtime.tsvid from tipositver as localtime order by 1;

select localtime.* from tipositver localtime order by 1;

delete from tipositver localtime where localtime.tsvid = 3 returning localtime.tsvid localtime;

update tipositver as localtime set tsvtxtid = 1 where localtime.tsvid = 3 returning tsvid as localtime, localtime.*;

select tsvid as localtimestamp from tipositver order by 1;

select tsvid localtimestamp from tipositver order by 1;

select localtimestamp.tsvid from tipositver as localtimestamp order by 1;

select localtimestamp.* from tipositver localtimestamp order by 1;

delete from tipositver localtimestamp where localtimestamp.tsvid = 3 returning localtimestamp.tsvid localtimestamp;

update tipositver as localtimestamp set tsvtxtid = 1 where localtimestamp.tsvid = 3 returning tsvid as localtimestamp, localtimestamp.*;

select tsvid as location from tipositver order by 1;

select tsvid location from tipositver order by 1;

select location.tsvid from tipositver as location order by 1;

select location.* from tipositver location order by 1;

delete from tipositver location where location.tsvid = 3 returning location.tsvid location;

update tipositver as location set tsvtxtid = 1 where location.tsvid = 3 returning tsvid as location, location.*;

select tsvid as lock from tipositver order by 1;

select tsvid lock from tipositver order by 1;

select lock.tsvid from tipositver as lock order by 1;

select lock.* from tipositver lock order by 1;

delete from tipositver lock where lock.tsvid = 3 returning lock.tsvid lock;

update tipositver as lock set tsvtxtid = 1 where lock.tsvid = 3 returning tsvid as lock, lock.*;

select tsvid as locked from tipositver order by 1;

select tsvid locked from tipositver order by 1;

select locked.tsvid from tipositver as locked order by 1;

select locked.* from tipositver locked order by 1;

delete from tipositver locked where locked.tsvid = 3 returning locked.tsvid locked;

update tipositver as locked set tsvtxtid = 1 where locked.tsvid = 3 returning tsvid as locked, locked.*;

select tsvid as logged from tipositver order by 1;

select tsvid logged from tipositver order by 1;

select logged.tsvid from tipositver as logged order by 1;

select logged.* from tipositver logged order by 1;

delete from tipositver logged where logged.tsvid = 3 returning logged.tsvid logged;

update tipositver as logged set tsvtxtid = 1 where logged.tsvid = 3 returning tsvid as logged, logged.*;

select tsvid as mapping from tipositver order by 1;

select tsvid mapping from tipositver order by 1;

select mapping.tsvid from tipositver as mapping order by 1;

select mapping.* from tipositver mapping order by 1;

delete from tipositver mapping where mapping.tsvid = 3 returning mapping.tsvid mapping;

update tipositver as mapping set tsvtxtid = 1 where mapping.tsvid = 3 returning tsvid as mapping, mapping.*;

select tsvid as match from tipositver order by 1;

select tsvid match from tipositver order by 1;

select match.tsvid from tipositver as match order by 1;

select match.* from tipositver match order by 1;

delete from tipositver match where match.tsvid = 3 returning match.tsvid match;

update tipositver as match set tsvtxtid = 1 where match.tsvid = 3 returning tsvid as match, match.*;

select tsvid as matched from tipositver order by 1;

select tsvid matched from tipositver order by 1;

select matched.tsvid from tipositver as matched order by 1;

select matched.* from tipositver matched order by 1;

delete from tipositver matched where matched.tsvid = 3 returning matched.tsvid matched;

update tipositver as matched set tsvtxtid = 1 where matched.tsvid = 3 returning tsvid as matched, matched.*;

select tsvid as materialized from tipositver order by 1;

select tsvid materialized from tipositver order by 1;

select materialized.tsvid from tipositver as materialized order by 1;

select materialized.* from tipositver materialized order by 1;

delete from tipositver materialized where materialized.tsvid = 3 returning materialized.tsvid materialized;

update tipositver as materialized set tsvtxtid = 1 where materialized.tsvid = 3 returning tsvid as materialized, materialized.*;

select tsvid as maxvalue from tipositver order by 1;

select tsvid maxvalue from tipositver order by 1;

select maxvalue.tsvid from tipositver as maxvalue order by 1;

select maxvalue.* from tipositver maxvalue order by 1;

delete from tipositver maxvalue where maxvalue.tsvid = 3 returning maxvalue.tsvid maxvalue;

update tipositver as maxvalue set tsvtxtid = 1 where maxvalue.tsvid = 3 returning tsvid as maxvalue, maxvalue.*;

select tsvid as merge from tipositver order by 1;

select tsvid merge from tipositver order by 1;

select merge.tsvid from tipositver as merge order by 1;

select merge.* from tipositver merge order by 1;

delete from tipositver merge where merge.tsvid = 3 returning merge.tsvid merge;

update tipositver as merge set tsvtxtid = 1 where merge.tsvid = 3 returning tsvid as merge, merge.*;

select tsvid as method from tipositver order by 1;

select tsvid method from tipositver order by 1;

select method.tsvid from tipositver as method order by 1;

select method.* from tipositver method order by 1;

delete from tipositver method where method.tsvid = 3 returning method.tsvid method;

update tipositver as method set tsvtxtid = 1 where method.tsvid = 3 returning tsvid as method, method.*;

select tsvid as minute from tipositver order by 1;

select tsvid minute from tipositver order by 1;

select minute.tsvid from tipositver as minute order by 1;

select minute.* from tipositver minute order by 1;

delete from tipositver minute where minute.tsvid = 3 returning minute.tsvid minute;

update tipositver as minute set tsvtxtid = 1 where minute.tsvid = 3 returning tsvid as minute, minute.*;

select tsvid as minvalue from tipositver order by 1;

select tsvid minvalue from tipositver order by 1;

select minvalue.tsvid from tipositver as minvalue order by 1;

select minvalue.* from tipositver minvalue order by 1;

delete from tipositver minvalue where minvalue.tsvid = 3 returning minvalue.tsvid minvalue;

update tipositver as minvalue set tsvtxtid = 1 where minvalue.tsvid = 3 returning tsvid as minvalue, minvalue.*;

select tsvid as mode from tipositver order by 1;

select tsvid mode from tipositver order by 1;

select mode.tsvid from tipositver as mode order by 1;

select mode.* from tipositver mode order by 1;

delete from tipositver mode where mode.tsvid = 3 returning mode.tsvid mode;

update tipositver as mode set tsvtxtid = 1 where mode.tsvid = 3 returning tsvid as mode, mode.*;

select tsvid as month from tipositver order by 1;

select tsvid month from tipositver order by 1;

select month.tsvid from tipositver as month order by 1;

select month.* from tipositver month order by 1;

delete from tipositver month where month.tsvid = 3 returning month.tsvid month;

update tipositver as month set tsvtxtid = 1 where month.tsvid = 3 returning tsvid as month, month.*;

select tsvid as move from tipositver order by 1;

select tsvid move from tipositver order by 1;

select move.tsvid from tipositver as move order by 1;

select move.* from tipositver move order by 1;

delete from tipositver move where move.tsvid = 3 returning move.tsvid move;

update tipositver as move set tsvtxtid = 1 where move.tsvid = 3 returning tsvid as move, move.*;

select tsvid as name from tipositver order by 1;

select tsvid name from tipositver order by 1;

select name.tsvid from tipositver as name order by 1;

select name.* from tipositver name order by 1;

delete from tipositver name where name.tsvid = 3 returning name.tsvid name;

update tipositver as name set tsvtxtid = 1 where name.tsvid = 3 returning tsvid as name, name.*;

select tsvid as names from tipositver order by 1;

select tsvid names from tipositver order by 1;

select names.tsvid from tipositver as names order by 1;

select names.* from tipositver names order by 1;

delete from tipositver names where names.tsvid = 3 returning names.tsvid names;

update tipositver as names set tsvtxtid = 1 where names.tsvid = 3 returning tsvid as names, names.*;

select tsvid as national from tipositver order by 1;

select tsvid national from tipositver order by 1;

select national.tsvid from tipositver as national order by 1;

select national.* from tipositver national order by 1;

delete from tipositver national where national.tsvid = 3 returning national.tsvid national;

update tipositver as national set tsvtxtid = 1 where national.tsvid = 3 returning tsvid as national, national.*;

select tsvid as natural from tipositver order by 1;

select tsvid natural from tipositver order by 1;

select natural.tsvid from tipositver as natural order by 1;

select natural.* from tipositver natural order by 1;

delete from tipositver natural where natural.tsvid = 3 returning natural.tsvid natural;

update tipositver as natural set tsvtxtid = 1 where natural.tsvid = 3 returning tsvid as natural, natural.*;

select tsvid as nchar from tipositver order by 1;

select tsvid nchar from tipositver order by 1;

select nchar.tsvid from tipositver as nchar order by 1;

select nchar.* from tipositver nchar order by 1;

delete from tipositver nchar where nchar.tsvid = 3 returning nchar.tsvid nchar;

update tipositver as nchar set tsvtxtid = 1 where nchar.tsvid = 3 returning tsvid as nchar, nchar.*;

select tsvid as new from tipositver order by 1;

select tsvid new from tipositver order by 1;

select new.tsvid from tipositver as new order by 1;

select new.* from tipositver new order by 1;

delete from tipositver new where new.tsvid = 3 returning new.tsvid new;

update tipositver as new set tsvtxtid = 1 where new.tsvid = 3 returning tsvid as new, new.*;

select tsvid as next from tipositver order by 1;

select tsvid next from tipositver order by 1;

select next.tsvid from tipositver as next order by 1;

select next.* from tipositver next order by 1;

delete from tipositver next where next.tsvid = 3 returning next.tsvid next;

update tipositver as next set tsvtxtid = 1 where next.tsvid = 3 returning tsvid as next, next.*;

select tsvid as nfc from tipositver order by 1;

select tsvid nfc from tipositver order by 1;

select nfc.tsvid from tipositver as nfc order by 1;

select nfc.* from tipositver nfc order by 1;

delete from tipositver nfc where nfc.tsvid = 3 returning nfc.tsvid nfc;

update tipositver as nfc set tsvtxtid = 1 where nfc.tsvid = 3 returning tsvid as nfc, nfc.*;

select tsvid as nfd from tipositver order by 1;

select tsvid nfd from tipositver order by 1;

select nfd.tsvid from tipositver as nfd order by 1;

select nfd.* from tipositver nfd order by 1;

delete from tipositver nfd where nfd.tsvid = 3 returning nfd.tsvid nfd;

update tipositver as nfd set tsvtxtid = 1 where nfd.tsvid = 3 returning tsvid as nfd, nfd.*;

select tsvid as nfkc from tipositver order by 1;

select tsvid nfkc from tipositver order by 1;

select nfkc.tsvid from tipositver as nfkc order by 1;

select nfkc.* from tipositver nfkc order by 1;

delete from tipositver nfkc where nfkc.tsvid = 3 returning nfkc.tsvid nfkc;

update tipositver as nfkc set tsvtxtid = 1 where nfkc.tsvid = 3 returning tsvid as nfkc, nfkc.*;

select tsvid as nfkd from tipositver order by 1;

select tsvid nfkd from tipositver order by 1;

select nfkd.tsvid from tipositver as nfkd order by 1;

select nfkd.* from tipositver nfkd order by 1;

delete from tipositver nfkd where nfkd.tsvid = 3 returning nfkd.tsvid nfkd;

update tipositver as nfkd set tsvtxtid = 1 where nfkd.tsvid = 3 returning tsvid as nfkd, nfkd.*;

select tsvid as no from tipositver order by 1;

select tsvid no from tipositver order by 1;

select no.tsvid from tipositver as no order by 1;

select no.* from tipositver no order by 1;

delete from tipositver no where no.tsvid = 3 returning no.tsvid no;

update tipositver as no set tsvtxtid = 1 where no.tsvid = 3 returning tsvid as no, no.*;

select tsvid as none from tipositver order by 1;

select tsvid none from tipositver order by 1;

select none.tsvid from tipositver as none order by 1;

select none.* from tipositver none order by 1;

delete from tipositver none where none.tsvid = 3 returning none.tsvid none;

update tipositver as none set tsvtxtid = 1 where none.tsvid = 3 returning tsvid as none, none.*;

select tsvid as normalize from tipositver order by 1;

select tsvid normalize from tipositver order by 1;

select normalize.tsvid from tipositver as normalize order by 1;

select normalize.* from tipositver normalize order by 1;

delete from tipositver normalize where normalize.tsvid = 3 returning normalize.tsvid normalize;

update tipositver as normalize set tsvtxtid = 1 where normalize.tsvid = 3 returning tsvid as normalize, normalize.*;

select tsvid as normalized from tipositver order by 1;

select tsvid normalized from tipositver order by 1;

select normalized.tsvid from tipositver as normalized order by 1;

select normalized.* from tipositver normalized order by 1;

delete from tipositver normalized where normalized.tsvid = 3 returning normalized.tsvid normalized;

update tipositver as normalized set tsvtxtid = 1 where normalized.tsvid = 3 returning tsvid as normalized, normalized.*;

select tsvid as not from tipositver order by 1;

select tsvid not from tipositver order by 1;

select not.tsvid from tipositver as not order by 1;

select not.* from tipositver not order by 1;

delete from tipositver not where not.tsvid = 3 returning not.tsvid not;

update tipositver as not set tsvtxtid = 1 where not.tsvid = 3 returning tsvid as not, not.*;

select tsvid as nothing from tipositver order by 1;

select tsvid nothing from tipositver order by 1;

select nothing.tsvid from tipositver as nothing order by 1;

select nothing.* from tipositver nothing order by 1;

delete from tipositver nothing where nothing.tsvid = 3 returning nothing.tsvid nothing;

update tipositver as nothing set tsvtxtid = 1 where nothing.tsvid = 3 returning tsvid as nothing, nothing.*;

select tsvid as notify from tipositver order by 1;

select tsvid notify from tipositver order by 1;

select notify.tsvid from tipositver as notify order by 1;

select notify.* from tipositver notify order by 1;

delete from tipositver notify where notify.tsvid = 3 returning notify.tsvid notify;

update tipositver as notify set tsvtxtid = 1 where notify.tsvid = 3 returning tsvid as notify, notify.*;

select tsvid as notnull from tipositver order by 1;

select tsvid notnull from tipositver order by 1;

select notnull.tsvid from tipositver as notnull order by 1;

select notnull.* from tipositver notnull order by 1;

delete from tipositver notnull where notnull.tsvid = 3 returning notnull.tsvid notnull;

update tipositver as notnull set tsvtxtid = 1 where notnull.tsvid = 3 returning tsvid as notnull, notnull.*;

select tsvid as nowait from tipositver order by 1;

select tsvid nowait from tipositver order by 1;

select nowait.tsvid from tipositver as nowait order by 1;

select nowait.* from tipositver nowait order by 1;

delete from tipositver nowait where nowait.tsvid = 3 returning nowait.tsvid nowait;

update tipositver as nowait set tsvtxtid = 1 where nowait.tsvid = 3 returning tsvid as nowait, nowait.*;

select tsvid as null from tipositver order by 1;

select tsvid null from tipositver order by 1;

select null.tsvid from tipositver as null order by 1;

select null.* from tipositver null order by 1;

delete from tipositver null where null.tsvid = 3 returning null.tsvid null;

update tipositver as null set tsvtxtid = 1 where null.tsvid = 3 returning tsvid as null, null.*;

select tsvid as nullif from tipositver order by 1;

select tsvid nullif from tipositver order by 1;

select nullif.tsvid from tipositver as nullif order by 1;

select nullif.* from tipositver nullif order by 1;

delete from tipositver nullif where nullif.tsvid = 3 returning nullif.tsvid nullif;

update tipositver as nullif set tsvtxtid = 1 where nullif.tsvid = 3 returning tsvid as nullif, nullif.*;

select tsvid as nulls from tipositver order by 1;

select tsvid nulls from tipositver order by 1;

select nulls.tsvid from tipositver as nulls order by 1;

select nulls.* from tipositver nulls order by 1;

delete from tipositver nulls where nulls.tsvid = 3 returning nulls.tsvid nulls;

update tipositver as nulls set tsvtxtid = 1 where nulls.tsvid = 3 returning tsvid as nulls, nulls.*;

select tsvid as numeric from tipositver order by 1;

select tsvid numeric from tipositver order by 1;

select numeric.tsvid from tipositver as numeric order by 1;

select numeric.* from tipositver numeric order by 1;

delete from tipositver numeric where numeric.tsvid = 3 returning numeric.tsvid numeric;

update tipositver as numeric set tsvtxtid = 1 where numeric.tsvid = 3 returning tsvid as numeric, numeric.*;

select tsvid as object from tipositver order by 1;

select tsvid object from tipositver order by 1;

select object.tsvid from tipositver as object order by 1;

select object.* from tipositver object order by 1;

delete from tipositver object where object.tsvid = 3 returning object.tsvid object;

update tipositver as object set tsvtxtid = 1 where object.tsvid = 3 returning tsvid as object, object.*;

select tsvid as of from tipositver order by 1;

select tsvid of from tipositver order by 1;

select of.tsvid from tipositver as of order by 1;

select of.* from tipositver of order by 1;

delete from tipositver of where of.tsvid = 3 returning of.tsvid of;

update tipositver as of set tsvtxtid = 1 where of.tsvid = 3 returning tsvid as of, of.*;

select tsvid as off from tipositver order by 1;

select tsvid off from tipositver order by 1;

select off.tsvid from tipositver as off order by 1;

select off.* from tipositver off order by 1;

delete from tipositver off where off.tsvid = 3 returning off.tsvid off;

update tipositver as off set tsvtxtid = 1 where off.tsvid = 3 returning tsvid as off, off.*;

select tsvid as offset from tipositver order by 1;

select tsvid offset from tipositver order by 1;

select offset.tsvid from tipositver as offset order by 1;

select offset.* from tipositver offset order by 1;

delete from tipositver offset where offset.tsvid = 3 returning offset.tsvid offset;

update tipositver as offset set tsvtxtid = 1 where offset.tsvid = 3 returning tsvid as offset, offset.*;

select tsvid as oids from tipositver order by 1;

select tsvid oids from tipositver order by 1;

select oids.tsvid from tipositver as oids order by 1;

select oids.* from tipositver oids order by 1;

delete from tipositver oids where oids.tsvid = 3 returning oids.tsvid oids;

update tipositver as oids set tsvtxtid = 1 where oids.tsvid = 3 returning tsvid as oids, oids.*;

select tsvid as old from tipositver order by 1;

select tsvid old from tipositver order by 1;

select old.tsvid from tipositver as old order by 1;

select old.* from tipositver old order by 1;

delete from tipositver old where old.tsvid = 3 returning old.tsvid old;

update tipositver as old set tsvtxtid = 1 where old.tsvid = 3 returning tsvid as old, old.*;

select tsvid as on from tipositver order by 1;

select tsvid on from tipositver order by 1;

select on.tsvid from tipositver as on order by 1;

select on.* from tipositver on order by 1;

delete from tipositver on where on.tsvid = 3 returning on.tsvid on;

update tipositver as on set tsvtxtid = 1 where on.tsvid = 3 returning tsvid as on, on.*;

select tsvid as only from tipositver order by 1;

select tsvid only from tipositver order by 1;

select only.tsvid from tipositver as only order by 1;

select only.* from tipositver only order by 1;

delete from tipositver only where only.tsvid = 3 returning only.tsvid only;

update tipositver as only set tsvtxtid = 1 where only.tsvid = 3 returning tsvid as only, only.*;

select tsvid as operator from tipositver order by 1;

select tsvid operator from tipositver order by 1;

select operator.tsvid from tipositver as operator order by 1;

select operator.* from tipositver operator order by 1;

delete from tipositver operator where operator.tsvid = 3 returning operator.tsvid operator;

update tipositver as operator set tsvtxtid = 1 where operator.tsvid = 3 returning tsvid as operator, operator.*;

select tsvid as option from tipositver order by 1;

select tsvid option from tipositver order by 1;

select option.tsvid from tipositver as option order by 1;

select option.* from tipositver option order by 1;

delete from tipositver option where option.tsvid = 3 returning option.tsvid option;

update tipositver as option set tsvtxtid = 1 where option.tsvid = 3 returning tsvid as option, option.*;

select tsvid as options from tipositver order by 1;

select tsvid options from tipositver order by 1;

select options.tsvid from tipositver as options order by 1;

select options.* from tipositver options order by 1;

delete from tipositver options where options.tsvid = 3 returning options.tsvid options;

update tipositver as options set tsvtxtid = 1 where options.tsvid = 3 returning tsvid as options, options.*;

select tsvid as or from tipositver order by 1;

select or.tsvid from tipositver as or order by 1;

select or.* from tipositver or order by 1;

delete from tipositver or where or.tsvid = 3 returning or.tsvid or;

update tipositver as or set tsvtxtid = 1 where or.tsvid = 3 returning tsvid as or, or.*;

select tsvid as order from tipositver order by 1;

select tsvid order from tipositver order by 1;

select order.tsvid from tipositver as order order by 1;

select order.* from tipositver order order by 1;

delete from tipositver order where order.tsvid = 3 returning order.tsvid order;

update tipositver as order set tsvtxtid = 1 where order.tsvid = 3 returning tsvid as order, order.*;

select tsvid as ordinality from tipositver order by 1;

select tsvid ordinality from tipositver order by 1;

select ordinality.tsvid from tipositver as ordinality order by 1;

select ordinality.* from tipositver ordinality order by 1;

delete from tipositver ordinality where ordinality.tsvid = 3 returning ordinality.tsvid ordinality;

update tipositver as ordinality set tsvtxtid = 1 where ordinality.tsvid = 3 returning tsvid as ordinality, ordinality.*;

select tsvid as others from tipositver order by 1;

select tsvid others from tipositver order by 1;

select others.tsvid from tipositver as others order by 1;

select others.* from tipositver others order by 1;

delete from tipositver others where others.tsvid = 3 returning others.tsvid others;

update tipositver as others set tsvtxtid = 1 where others.tsvid = 3 returning tsvid as others, others.*;

select tsvid as out from tipositver order by 1;

select tsvid out from tipositver order by 1;

select out.tsvid from tipositver as out order by 1;

select out.* from tipositver out order by 1;

delete from tipositver out where out.tsvid = 3 returning out.tsvid out;

update tipositver as out set tsvtxtid = 1 where out.tsvid = 3 returning tsvid as out, out.*;

select tsvid as outer from tipositver order by 1;

select tsvid outer from tipositver order by 1;

select outer.tsvid from tipositver as outer order by 1;

select outer.* from tipositver outer order by 1;

delete from tipositver outer where outer.tsvid = 3 returning outer.tsvid outer;

update tipositver as outer set tsvtxtid = 1 where outer.tsvid = 3 returning tsvid as outer, outer.*;

select tsvid as over from tipositver order by 1;

select tsvid over from tipositver order by 1;

select over.tsvid from tipositver as over order by 1;

select over.* from tipositver over order by 1;

delete from tipositver over where over.tsvid = 3 returning over.tsvid over;

update tipositver as over set tsvtxtid = 1 where over.tsvid = 3 returning tsvid as over, over.*;

select tsvid as overlaps from tipositver order by 1;

select tsvid overlaps from tipositver order by 1;

select overlaps.tsvid from tipositver as overlaps order by 1;

select overlaps.* from tipositver overlaps order by 1;

delete from tipositver overlaps where overlaps.tsvid = 3 returning overlaps.tsvid overlaps;

update tipositver as overlaps set tsvtxtid = 1 where overlaps.tsvid = 3 returning tsvid as overlaps, overlaps.*;

select tsvid as overlay from tipositver order by 1;

select tsvid overlay from tipositver order by 1;

select overlay.tsvid from tipositver as overlay order by 1;

select overlay.* from tipositver overlay order by 1;

delete from tipositver overlay where overlay.tsvid = 3 returning overlay.tsvid overlay;

update tipositver as overlay set tsvtxtid = 1 where overlay.tsvid = 3 returning tsvid as overlay, overlay.*;

select tsvid as overriding from tipositver order by 1;

select tsvid overriding from tipositver order by 1;

select overriding.tsvid from tipositver as overriding order by 1;

select overriding.* from tipositver overriding order by 1;

delete from tipositver overriding where overriding.tsvid = 3 returning overriding.tsvid overriding;

update tipositver as overriding set tsvtxtid = 1 where overriding.tsvid = 3 returning tsvid as overriding, overriding.*;

select tsvid as owned from tipositver order by 1;

select tsvid owned from tipositver order by 1;

select owned.tsvid from tipositver as owned order by 1;

select owned.* from tipositver owned order by 1;

delete from tipositver owned where owned.tsvid = 3 returning owned.tsvid owned;

update tipositver as owned set tsvtxtid = 1 where owned.tsvid = 3 returning tsvid as owned, owned.*;

select tsvid as owner from tipositver order by 1;

select tsvid owner from tipositver order by 1;

select owner.tsvid from tipositver as owner order by 1;

select owner.* from tipositver owner order by 1;

delete from tipositver owner where owner.tsvid = 3 returning owner.tsvid owner;

update tipositver as owner set tsvtxtid = 1 where owner.tsvid = 3 returning tsvid as owner, owner.*;

select tsvid as parallel from tipositver order by 1;

select tsvid parallel from tipositver order by 1;

select parallel.tsvid from tipositver as parallel order by 1;

select parallel.* from tipositver parallel order by 1;

delete from tipositver parallel where parallel.tsvid = 3 returning parallel.tsvid parallel;

update tipositver as parallel set tsvtxtid = 1 where parallel.tsvid = 3 returning tsvid as parallel, parallel.*;

select tsvid as parameter from tipositver order by 1;

select tsvid parameter from tipositver order by 1;

select parameter.tsvid from tipositver as parameter order by 1;

select parameter.* from tipositver parameter order by 1;

delete from tipositver parameter where parameter.tsvid = 3 returning parameter.tsvid parameter;

update tipositver as parameter set tsvtxtid = 1 where parameter.tsvid = 3 returning tsvid as parameter, parameter.*;

select tsvid as parser from tipositver order by 1;

select tsvid parser from tipositver order by 1;

select parser.tsvid from tipositver as parser order by 1;

select parser.* from tipositver parser order by 1;

delete from tipositver parser where parser.tsvid = 3 returning parser.tsvid parser;

update tipositver as parser set tsvtxtid = 1 where parser.tsvid = 3 returning tsvid as parser, parser.*;

select tsvid as partial from tipositver order by 1;

select tsvid partial from tipositver order by 1;

select partial.tsvid from tipositver as partial order by 1;

select partial.* from tipositver partial order by 1;

delete from tipositver partial where partial.tsvid = 3 returning partial.tsvid partial;

update tipositver as partial set tsvtxtid = 1 where partial.tsvid = 3 returning tsvid as partial, partial.*;

select tsvid as partition from tipositver order by 1;

select tsvid partition from tipositver order by 1;

select partition.tsvid from tipositver as partition order by 1;

select partition.* from tipositver partition order by 1;

delete from tipositver partition where partition.tsvid = 3 returning partition.tsvid partition;

update tipositver as partition set tsvtxtid = 1 where partition.tsvid = 3 returning tsvid as partition, partition.*;

select tsvid as passing from tipositver order by 1;

select tsvid passing from tipositver order by 1;

select passing.tsvid from tipositver as passing order by 1;

select passing.* from tipositver passing order by 1;

delete from tipositver passing where passing.tsvid = 3 returning passing.tsvid passing;

update tipositver as passing set tsvtxtid = 1 where passing.tsvid = 3 returning tsvid as passing, passing.*;

select tsvid as password from tipositver order by 1;

select tsvid password from tipositver order by 1;

select password.tsvid from tipositver as password order by 1;

select password.* from tipositver password order by 1;

delete from tipositver password where password.tsvid = 3 returning password.tsvid password;

update tipositver as password set tsvtxtid = 1 where password.tsvid = 3 returning tsvid as password, password.*;

select tsvid as placing from tipositver order by 1;

select tsvid placing from tipositver order by 1;

select placing.tsvid from tipositver as placing order by 1;

select placing.* from tipositver placing order by 1;

delete from tipositver placing where placing.tsvid = 3 returning placing.tsvid placing;

update tipositver as placing set tsvtxtid = 1 where placing.tsvid = 3 returning tsvid as placing, placing.*;

select tsvid as plans from tipositver order by 1;

select tsvid plans from tipositver order by 1;

select plans.tsvid from tipositver as plans order by 1;

select plans.* from tipositver plans order by 1;

delete from tipositver plans where plans.tsvid = 3 returning plans.tsvid plans;

update tipositver as plans set tsvtxtid = 1 where plans.tsvid = 3 returning tsvid as plans, plans.*;

select tsvid as policy from tipositver order by 1;

select tsvid policy from tipositver order by 1;

select policy.tsvid from tipositver as policy order by 1;

select policy.* from tipositver policy order by 1;

delete from tipositver policy where policy.tsvid = 3 returning policy.tsvid policy;

update tipositver as policy set tsvtxtid = 1 where policy.tsvid = 3 returning tsvid as policy, policy.*;

select tsvid as position from tipositver order by 1;

select tsvid position from tipositver order by 1;

select position.tsvid from tipositver as position order by 1;

select position.* from tipositver position order by 1;

delete from tipositver position where position.tsvid = 3 returning position.tsvid position;

update tipositver as position set tsvtxtid = 1 where position.tsvid = 3 returning tsvid as position, position.*;

select tsvid as preceding from tipositver order by 1;

select tsvid preceding from tipositver order by 1;

select preceding.tsvid from tipositver as preceding order by 1;

select preceding.* from tipositver preceding order by 1;

delete from tipositver preceding where preceding.tsvid = 3 returning preceding.tsvid preceding;

update tipositver as preceding set tsvtxtid = 1 where preceding.tsvid = 3 returning tsvid as preceding, preceding.*;

select tsvid as precision from tipositver order by 1;

select tsvid precision from tipositver order by 1;

select precision.tsvid from tipositver as precision order by 1;

select precision.* from tipositver precision order by 1;

delete from tipositver precision where precision.tsvid = 3 returning precision.tsvid precision;

update tipositver as precision set tsvtxtid = 1 where precision.tsvid = 3 returning tsvid as precision, precision.*;

select tsvid as prepare from tipositver order by 1;

select tsvid prepare from tipositver order by 1;

select prepare.tsvid from tipositver as prepare order by 1;

select prepare.* from tipositver prepare order by 1;

delete from tipositver prepare where prepare.tsvid = 3 returning prepare.tsvid prepare;

update tipositver as prepare set tsvtxtid = 1 where prepare.tsvid = 3 returning tsvid as prepare, prepare.*;

select tsvid as prepared from tipositver order by 1;

select tsvid prepared from tipositver order by 1;

select prepared.tsvid from tipositver as prepared order by 1;

select prepared.* from tipositver prepared order by 1;

delete from tipositver prepared where prepared.tsvid = 3 returning prepared.tsvid prepared;

update tipositver as prepared set tsvtxtid = 1 where prepared.tsvid = 3 returning tsvid as prepared, prepared.*;

select tsvid as preserve from tipositver order by 1;

select tsvid preserve from tipositver order by 1;

select preserve.tsvid from tipositver as preserve order by 1;

select preserve.* from tipositver preserve order by 1;

delete from tipositver preserve where preserve.tsvid = 3 returning preserve.tsvid preserve;

update tipositver as preserve set tsvtxtid = 1 where preserve.tsvid = 3 returning tsvid as preserve, preserve.*;

select tsvid as primary from tipositver order by 1;

select tsvid primary from tipositver order by 1;

select primary.tsvid from tipositver as primary order by 1;

select primary.* from tipositver primary order by 1;

delete from tipositver primary where primary.tsvid = 3 returning primary.tsvid primary;

update tipositver as primary set tsvtxtid = 1 where primary.tsvid = 3 returning tsvid as primary, primary.*;

select tsvid as prior from tipositver order by 1;

select tsvid prior from tipositver order by 1;

select prior.tsvid from tipositver as prior order by 1;

select prior.* from tipositver prior order by 1;

delete from tipositver prior where prior.tsvid = 3 returning prior.tsvid prior;

update tipositver as prior set tsvtxtid = 1 where prior.tsvid = 3 returning tsvid as prior, prior.*;

select tsvid as privileges from tipositver order by 1;

select tsvid privileges from tipositver order by 1;

select privileges.tsvid from tipositver as privileges order by 1;

select privileges.* from tipositver privileges order by 1;

delete from tipositver privileges where privileges.tsvid = 3 returning privileges.tsvid privileges;

update tipositver as privileges set tsvtxtid = 1 where privileges.tsvid = 3 returning tsvid as privileges, privileges.*;

select tsvid as procedural from tipositver order by 1;

select tsvid procedural from tipositver order by 1;

select procedural.tsvid from tipositver as procedural order by 1;

select procedural.* from tipositver procedural order by 1;

delete from tipositver procedural where procedural.tsvid = 3 returning procedural.tsvid procedural;

update tipositver as procedural set tsvtxtid = 1 where procedural.tsvid = 3 returning tsvid as procedural, procedural.*;

select tsvid as procedure from tipositver order by 1;

select tsvid procedure from tipositver order by 1;

select procedure.tsvid from tipositver as procedure order by 1;

select procedure.* from tipositver procedure order by 1;

delete from tipositver procedure where procedure.tsvid = 3 returning procedure.tsvid procedure;

update tipositver as procedure set tsvtxtid = 1 where procedure.tsvid = 3 returning tsvid as procedure, procedure.*;

select tsvid as procedures from tipositver order by 1;

select tsvid procedures from tipositver order by 1;

select procedures.tsvid from tipositver as procedures order by 1;

select procedures.* from tipositver procedures order by 1;

delete from tipositver procedures where procedures.tsvid = 3 returning procedures.tsvid procedures;

update tipositver as procedures set tsvtxtid = 1 where procedures.tsvid = 3 returning tsvid as procedures, procedures.*;

select tsvid as program from tipositver order by 1;

select tsvid program from tipositver order by 1;

select program.tsvid from tipositver as program order by 1;

select program.* from tipositver program order by 1;

delete from tipositver program where program.tsvid = 3 returning program.tsvid program;

update tipositver as program set tsvtxtid = 1 where program.tsvid = 3 returning tsvid as program, program.*;

select tsvid as publication from tipositver order by 1;

select tsvid publication from tipositver order by 1;

select publication.tsvid from tipositver as publication order by 1;

select publication.* from tipositver publication order by 1;

delete from tipositver publication where publication.tsvid = 3 returning publication.tsvid publication;

update tipositver as publication set tsvtxtid = 1 where publication.tsvid = 3 returning tsvid as publication, publication.*;

select tsvid as quote from tipositver order by 1;

select tsvid quote from tipositver order by 1;

select quote.tsvid from tipositver as quote order by 1;

select quote.* from tipositver quote order by 1;

delete from tipositver quote where quote.tsvid = 3 returning quote.tsvid quote;

update tipositver as quote set tsvtxtid = 1 where quote.tsvid = 3 returning tsvid as quote, quote.*;

select tsvid as range from tipositver order by 1;

select tsvid range from tipositver order by 1;

select range.tsvid from tipositver as range order by 1;

select range.* from tipositver range order by 1;

delete from tipositver range where range.tsvid = 3 returning range.tsvid range;

update tipositver as range set tsvtxtid = 1 where range.tsvid = 3 returning tsvid as range, range.*;

select tsvid as read from tipositver order by 1;

select tsvid read from tipositver order by 1;

select read.tsvid from tipositver as read order by 1;

select read.* from tipositver read order by 1;

delete from tipositver read where read.tsvid = 3 returning read.tsvid read;

update tipositver as read set tsvtxtid = 1 where read.tsvid = 3 returning tsvid as read, read.*;

select tsvid as real from tipositver order by 1;

select tsvid real from tipositver order by 1;

select real.tsvid from tipositver as real order by 1;

select real.* from tipositver real order by 1;

delete from tipositver real where real.tsvid = 3 returning real.tsvid real;

update tipositver as real set tsvtxtid = 1 where real.tsvid = 3 returning tsvid as real, real.*;

select tsvid as reassign from tipositver order by 1;

select tsvid reassign from tipositver order by 1;

select reassign.tsvid from tipositver as reassign order by 1;

select reassign.* from tipositver reassign order by 1;

delete from tipositver reassign where reassign.tsvid = 3 returning reassign.tsvid reassign;

update tipositver as reassign set tsvtxtid = 1 where reassign.tsvid = 3 returning tsvid as reassign, reassign.*;

select tsvid as recheck from tipositver order by 1;

select tsvid recheck from tipositver order by 1;

select recheck.tsvid from tipositver as recheck order by 1;

select recheck.* from tipositver recheck order by 1;

delete from tipositver recheck where recheck.tsvid = 3 returning recheck.tsvid recheck;

update tipositver as recheck set tsvtxtid = 1 where recheck.tsvid = 3 returning tsvid as recheck, recheck.*;

select tsvid as recursive from tipositver order by 1;

select tsvid recursive from tipositver order by 1;

select recursive.tsvid from tipositver as recursive order by 1;

select recursive.* from tipositver recursive order by 1;

delete from tipositver recursive where recursive.tsvid = 3 returning recursive.tsvid recursive;

update tipositver as recursive set tsvtxtid = 1 where recursive.tsvid = 3 returning tsvid as recursive, recursive.*;

select tsvid as ref from tipositver order by 1;

select tsvid ref from tipositver order by 1;

select ref.tsvid from tipositver as ref order by 1;

select ref.* from tipositver ref order by 1;

delete from tipositver ref where ref.tsvid = 3 returning ref.tsvid ref;

update tipositver as ref set tsvtxtid = 1 where ref.tsvid = 3 returning tsvid as ref, ref.*;

select tsvid as references from tipositver order by 1;

select tsvid references from tipositver order by 1;

select references.tsvid from tipositver as references order by 1;

select references.* from tipositver references order by 1;

delete from tipositver references where references.tsvid = 3 returning references.tsvid references;

update tipositver as references set tsvtxtid = 1 where references.tsvid = 3 returning tsvid as references, references.*;

select tsvid as referencing from tipositver order by 1;

select tsvid referencing from tipositver order by 1;

select referencing.tsvid from tipositver as referencing order by 1;

select referencing.* from tipositver referencing order by 1;

delete from tipositver referencing where referencing.tsvid = 3 returning referencing.tsvid referencing;

update tipositver as referencing set tsvtxtid = 1 where referencing.tsvid = 3 returning tsvid as referencing, referencing.*;

select tsvid as refresh from tipositver order by 1;

select tsvid refresh from tipositver order by 1;

select refresh.tsvid from tipositver as refresh order by 1;

select refresh.* from tipositver refresh order by 1;

delete from tipositver refresh where refresh.tsvid = 3 returning refresh.tsvid refresh;

update tipositver as refresh set tsvtxtid = 1 where refresh.tsvid = 3 returning tsvid as refresh, refresh.*;

select tsvid as reindex from tipositver order by 1;

select tsvid reindex from tipositver order by 1;

select reindex.tsvid from tipositver as reindex order by 1;

select reindex.* from tipositver reindex order by 1;

delete from tipositver reindex where reindex.tsvid = 3 returning reindex.tsvid reindex;

update tipositver as reindex set tsvtxtid = 1 where reindex.tsvid = 3 returning tsvid as reindex, reindex.*;

select tsvid as relative from tipositver order by 1;

select tsvid relative from tipositver order by 1;

select relative.tsvid from tipositver as relative order by 1;

select relative.* from tipositver relative order by 1;

delete from tipositver relative where relative.tsvid = 3 returning relative.tsvid relative;

update tipositver as relative set tsvtxtid = 1 where relative.tsvid = 3 returning tsvid as relative, relative.*;

select tsvid as release from tipositver order by 1;

select tsvid release from tipositver order by 1;

select release.tsvid from tipositver as release order by 1;

select release.* from tipositver release order by 1;

delete from tipositver release where release.tsvid = 3 returning release.tsvid release;

update tipositver as release set tsvtxtid = 1 where release.tsvid = 3 returning tsvid as release, release.*;

select tsvid as rename from tipositver order by 1;

select tsvid rename from tipositver order by 1;

select rename.tsvid from tipositver as rename order by 1;

select rename.* from tipositver rename order by 1;

delete from tipositver rename where rename.tsvid = 3 returning rename.tsvid rename;

update tipositver as rename set tsvtxtid = 1 where rename.tsvid = 3 returning tsvid as rename, rename.*;

select tsvid as repeatable from tipositver order by 1;

select tsvid repeatable from tipositver order by 1;

select repeatable.tsvid from tipositver as repeatable order by 1;

select repeatable.* from tipositver repeatable order by 1;

delete from tipositver repeatable where repeatable.tsvid = 3 returning repeatable.tsvid repeatable;

update tipositver as repeatable set tsvtxtid = 1 where repeatable.tsvid = 3 returning tsvid as repeatable, repeatable.*;

select tsvid as replace from tipositver order by 1;

select tsvid replace from tipositver order by 1;

select replace.tsvid from tipositver as replace order by 1;

select replace.* from tipositver replace order by 1;

delete from tipositver replace where replace.tsvid = 3 returning replace.tsvid replace;

update tipositver as replace set tsvtxtid = 1 where replace.tsvid = 3 returning tsvid as replace, replace.*;

select tsvid as replica from tipositver order by 1;

select tsvid replica from tipositver order by 1;

select replica.tsvid from tipositver as replica order by 1;

select replica.* from tipositver replica order by 1;

delete from tipositver replica where replica.tsvid = 3 returning replica.tsvid replica;

update tipositver as replica set tsvtxtid = 1 where replica.tsvid = 3 returning tsvid as replica, replica.*;

select tsvid as reset from tipositver order by 1;

select tsvid reset from tipositver order by 1;

select reset.tsvid from tipositver as reset order by 1;

select reset.* from tipositver reset order by 1;

delete from tipositver reset where reset.tsvid = 3 returning reset.tsvid reset;

update tipositver as reset set tsvtxtid = 1 where reset.tsvid = 3 returning tsvid as reset, reset.*;

select tsvid as restart from tipositver order by 1;

select tsvid restart from tipositver order by 1;

select restart.tsvid from tipositver as restart order by 1;

select restart.* from tipositver restart order by 1;

delete from tipositver restart where restart.tsvid = 3 returning restart.tsvid restart;

update tipositver as restart set tsvtxtid = 1 where restart.tsvid = 3 returning tsvid as restart, restart.*;

select tsvid as restrict from tipositver order by 1;

select tsvid restrict from tipositver order by 1;

select restrict.tsvid from tipositver as restrict order by 1;

select restrict.* from tipositver restrict order by 1;

delete from tipositver restrict where restrict.tsvid = 3 returning restrict.tsvid restrict;

update tipositver as restrict set tsvtxtid = 1 where restrict.tsvid = 3 returning tsvid as restrict, restrict.*;

select tsvid as return from tipositver order by 1;

select tsvid return from tipositver order by 1;

select return.tsvid from tipositver as return order by 1;

select return.* from tipositver return order by 1;

delete from tipositver return where return.tsvid = 3 returning return.tsvid return;

update tipositver as return set tsvtxtid = 1 where return.tsvid = 3 returning tsvid as return, return.*;

select tsvid as returning from tipositver order by 1;

select tsvid returning from tipositver order by 1;

select returning.tsvid from tipositver as returning order by 1;

select returning.* from tipositver returning order by 1;

delete from tipositver returning where returning.tsvid = 3 returning returning.tsvid returning;

update tipositver as returning set tsvtxtid = 1 where returning.tsvid = 3 returning tsvid as returning, returning.*;

select tsvid as returns from tipositver order by 1;

select tsvid returns from tipositver order by 1;

select returns.tsvid from tipositver as returns order by 1;

select returns.* from tipositver returns order by 1;

delete from tipositver returns where returns.tsvid = 3 returning returns.tsvid returns;

update tipositver as returns set tsvtxtid = 1 where returns.tsvid = 3 returning tsvid as returns, returns.*;

select tsvid as revoke from tipositver order by 1;

select tsvid revoke from tipositver order by 1;

select revoke.tsvid from tipositver as revoke order by 1;

select revoke.* from tipositver revoke order by 1;

delete from tipositver revoke where revoke.tsvid = 3 returning revoke.tsvid revoke;

update tipositver as revoke set tsvtxtid = 1 where revoke.tsvid = 3 returning tsvid as revoke, revoke.*;

select tsvid as right from tipositver order by 1;

select tsvid right from tipositver order by 1;

select right.tsvid from tipositver as right order by 1;

select right.* from tipositver right order by 1;

delete from tipositver right where right.tsvid = 3 returning right.tsvid right;

update tipositver as right set tsvtxtid = 1 where right.tsvid = 3 returning tsvid as right, right.*;

select tsvid as role from tipositver order by 1;

select tsvid role from tipositver order by 1;

select role.tsvid from tipositver as role order by 1;

select role.* from tipositver role order by 1;

delete from tipositver role where role.tsvid = 3 returning role.tsvid role;

update tipositver as role set tsvtxtid = 1 where role.tsvid = 3 returning tsvid as role, role.*;

select tsvid as rollback from tipositver order by 1;

select tsvid rollback from tipositver order by 1;

select rollback.tsvid from tipositver as rollback order by 1;

select rollback.* from tipositver rollback order by 1;

delete from tipositver rollback where rollback.tsvid = 3 returning rollback.tsvid rollback;

update tipositver as rollback set tsvtxtid = 1 where rollback.tsvid = 3 returning tsvid as rollback, rollback.*;

select tsvid as rollup from tipositver order by 1;

select tsvid rollup from tipositver order by 1;

select rollup.tsvid from tipositver as rollup order by 1;

select rollup.* from tipositver rollup order by 1;

delete from tipositver rollup where rollup.tsvid = 3 returning rollup.tsvid rollup;

update tipositver as rollup set tsvtxtid = 1 where rollup.tsvid = 3 returning tsvid as rollup, rollup.*;

select tsvid as routine from tipositver order by 1;

select tsvid routine from tipositver order by 1;

select routine.tsvid from tipositver as routine order by 1;

select routine.* from tipositver routine order by 1;

delete from tipositver routine where routine.tsvid = 3 returning routine.tsvid routine;

update tipositver as routine set tsvtxtid = 1 where routine.tsvid = 3 returning tsvid as routine, routine.*;

select tsvid as routines from tipositver order by 1;

select tsvid routines from tipositver order by 1;

select routines.tsvid from tipositver as routines order by 1;

select routines.* from tipositver routines order by 1;

delete from tipositver routines where routines.tsvid = 3 returning routines.tsvid routines;

update tipositver as routines set tsvtxtid = 1 where routines.tsvid = 3 returning tsvid as routines, routines.*;

select tsvid as row from tipositver order by 1;

select tsvid row from tipositver order by 1;

select row.tsvid from tipositver as row order by 1;

select row.* from tipositver row order by 1;

delete from tipositver row where row.tsvid = 3 returning row.tsvid row;

update tipositver as row set tsvtxtid = 1 where row.tsvid = 3 returning tsvid as row, row.*;

select tsvid as rows from tipositver order by 1;

select tsvid rows from tipositver order by 1;

select rows.tsvid from tipositver as rows order by 1;

select rows.* from tipositver rows order by 1;

delete from tipositver rows where rows.tsvid = 3 returning rows.tsvid rows;

update tipositver as rows set tsvtxtid = 1 where rows.tsvid = 3 returning tsvid as rows, rows.*;

select tsvid as rule from tipositver order by 1;

select tsvid rule from tipositver order by 1;

select rule.tsvid from tipositver as rule order by 1;

select rule.* from tipositver rule order by 1;

delete from tipositver rule where rule.tsvid = 3 returning rule.tsvid rule;

update tipositver as rule set tsvtxtid = 1 where rule.tsvid = 3 returning tsvid as rule, rule.*;

select tsvid as savepoint from tipositver order by 1;

select tsvid savepoint from tipositver order by 1;

select savepoint.tsvid from tipositver as savepoint order by 1;

select savepoint.* from tipositver savepoint order by 1;

delete from tipositver savepoint where savepoint.tsvid = 3 returning savepoint.tsvid savepoint;

update tipositver as savepoint set tsvtxtid = 1 where savepoint.tsvid = 3 returning tsvid as savepoint, savepoint.*;

select tsvid as schema from tipositver order by 1;

select tsvid schema from tipositver order by 1;

select schema.tsvid from tipositver as schema order by 1;

select schema.* from tipositver schema order by 1;

delete from tipositver schema where schema.tsvid = 3 returning schema.tsvid schema;

update tipositver as schema set tsvtxtid = 1 where schema.tsvid = 3 returning tsvid as schema, schema.*;

select tsvid as schemas from tipositver order by 1;

select tsvid schemas from tipositver order by 1;

select schemas.tsvid from tipositver as schemas order by 1;

select schemas.* from tipositver schemas order by 1;

delete from tipositver schemas where schemas.tsvid = 3 returning schemas.tsvid schemas;

update tipositver as schemas set tsvtxtid = 1 where schemas.tsvid = 3 returning tsvid as schemas, schemas.*;

select tsvid as scroll from tipositver order by 1;

select tsvid scroll from tipositver order by 1;

select scroll.tsvid from tipositver as scroll order by 1;

select scroll.* from tipositver scroll order by 1;

delete from tipositver scroll where scroll.tsvid = 3 returning scroll.tsvid scroll;

update tipositver as scroll set tsvtxtid = 1 where scroll.tsvid = 3 returning tsvid as scroll, scroll.*;

select tsvid as search from tipositver order by 1;

select tsvid search from tipositver order by 1;

select search.tsvid from tipositver as search order by 1;

select search.* from tipositver search order by 1;

delete from tipositver search where search.tsvid = 3 returning search.tsvid search;

update tipositver as search set tsvtxtid = 1 where search.tsvid = 3 returning tsvid as search, search.*;

select tsvid as second from tipositver order by 1;

select tsvid second from tipositver order by 1;

select second.tsvid from tipositver as second order by 1;

select second.* from tipositver second order by 1;

delete from tipositver second where second.tsvid = 3 returning second.tsvid second;

update tipositver as second set tsvtxtid = 1 where second.tsvid = 3 returning tsvid as second, second.*;

select tsvid as security from tipositver order by 1;

select tsvid security from tipositver order by 1;

select security.tsvid from tipositver as security order by 1;

select security.* from tipositver security order by 1;

delete from tipositver security where security.tsvid = 3 returning security.tsvid security;

update tipositver as security set tsvtxtid = 1 where security.tsvid = 3 returning tsvid as security, security.*;

select tsvid as select from tipositver order by 1;

select tsvid select from tipositver order by 1;

select select.tsvid from tipositver as select order by 1;

select select.* from tipositver select order by 1;

delete from tipositver select where select.tsvid = 3 returning select.tsvid select;

update tipositver as select set tsvtxtid = 1 where select.tsvid = 3 returning tsvid as select, select.*;

select tsvid as sequence from tipositver order by 1;

select tsvid sequence from tipositver order by 1;

select sequence.tsvid from tipositver as sequence order by 1;

select sequence.* from tipositver sequence order by 1;

delete from tipositver sequence where sequence.tsvid = 3 returning sequence.tsvid sequence;

update tipositver as sequence set tsvtxtid = 1 where sequence.tsvid = 3 returning tsvid as sequence, sequence.*;

select tsvid as sequences from tipositver order by 1;

select tsvid sequences from tipositver order by 1;

select sequences.tsvid from tipositver as sequences order by 1;

select sequences.* from tipositver sequences order by 1;

delete from tipositver sequences where sequences.tsvid = 3 returning sequences.tsvid sequences;

update tipositver as sequences set tsvtxtid = 1 where sequences.tsvid = 3 returning tsvid as sequences, sequences.*;

select tsvid as serializable from tipositver order by 1;

select tsvid serializable from tipositver order by 1;

select serializable.tsvid from tipositver as serializable order by 1;

select serializable.* from tipositver serializable order by 1;

delete from tipositver serializable where serializable.tsvid = 3 returning serializable.tsvid serializable;

update tipositver as serializable set tsvtxtid = 1 where serializable.tsvid = 3 returning tsvid as serializable, serializable.*;

select tsvid as server from tipositver order by 1;

select tsvid server from tipositver order by 1;

select server.tsvid from tipositver as server order by 1;

select server.* from tipositver server order by 1;

delete from tipositver server where server.tsvid = 3 returning server.tsvid server;

update tipositver as server set tsvtxtid = 1 where server.tsvid = 3 returning tsvid as server, server.*;

select tsvid as session from tipositver order by 1;

select tsvid session from tipositver order by 1;

select session.tsvid from tipositver as session order by 1;

select session.* from tipositver session order by 1;

delete from tipositver session where session.tsvid = 3 returning session.tsvid session;

update tipositver as session set tsvtxtid = 1 where session.tsvid = 3 returning tsvid as session, session.*;

select tsvid as session_user from tipositver order by 1;

select tsvid session_user from tipositver order by 1;

select session_user.tsvid from tipositver as session_user order by 1;

select session_user.* from tipositver session_user order by 1;

delete from tipositver session_user where session_user.tsvid = 3 returning session_user.tsvid session_user;

update tipositver as session_user set tsvtxtid = 1 where session_user.tsvid = 3 returning tsvid as session_user, session_user.*;

select tsvid as set from tipositver order by 1;

select tsvid set from tipositver order by 1;

select set.tsvid from tipositver as set order by 1;

select set.* from tipositver set order by 1;

delete from tipositver set where set.tsvid = 3 returning set.tsvid set;

update tipositver as set set tsvtxtid = 1 where set.tsvid = 3 returning tsvid as set, set.*;

select tsvid as setof from tipositver order by 1;

select tsvid setof from tipositver order by 1;

select setof.tsvid from tipositver as setof order by 1;

select setof.* from tipositver setof order by 1;

delete from tipositver setof where setof.tsvid = 3 returning setof.tsvid setof;

update tipositver as setof set tsvtxtid = 1 where setof.tsvid = 3 returning tsvid as setof, setof.*;

select tsvid as sets from tipositver order by 1;

select tsvid sets from tipositver order by 1;

select sets.tsvid from tipositver as sets order by 1;

select sets.* from tipositver sets order by 1;

delete from tipositver sets where sets.tsvid = 3 returning sets.tsvid sets;

update tipositver as sets set tsvtxtid = 1 where sets.tsvid = 3 returning tsvid as sets, sets.*;

select tsvid as share from tipositver order by 1;

select tsvid share from tipositver order by 1;

select share.tsvid from tipositver as share order by 1;

select share.* from tipositver share order by 1;

delete from tipositver share where share.tsvid = 3 returning share.tsvid share;

update tipositver as share set tsvtxtid = 1 where share.tsvid = 3 returning tsvid as share, share.*;

select tsvid as show from tipositver order by 1;

select tsvid show from tipositver order by 1;

select show.tsvid from tipositver as show order by 1;

select show.* from tipositver show order by 1;

delete from tipositver show where show.tsvid = 3 returning show.tsvid show;

update tipositver as show set tsvtxtid = 1 where show.tsvid = 3 returning tsvid as show, show.*;

select tsvid as similar from tipositver order by 1;

select tsvid similar from tipositver order by 1;

select similar.tsvid from tipositver as similar order by 1;

select similar.* from tipositver similar order by 1;

delete from tipositver similar where similar.tsvid = 3 returning similar.tsvid similar;

update tipositver as similar set tsvtxtid = 1 where similar.tsvid = 3 returning tsvid as similar, similar.*;

select tsvid as simple from tipositver order by 1;

select tsvid simple from tipositver order by 1;

select simple.tsvid from tipositver as simple order by 1;

select simple.* from tipositver simple order by 1;

delete from tipositver simple where simple.tsvid = 3 returning simple.tsvid simple;

update tipositver as simple set tsvtxtid = 1 where simple.tsvid = 3 returning tsvid as simple, simple.*;

select tsvid as skip from tipositver order by 1;

select tsvid skip from tipositver order by 1;

select skip.tsvid from tipositver as skip order by 1;

select skip.* from tipositver skip order by 1;

delete from tipositver skip where skip.tsvid = 3 returning skip.tsvid skip;

update tipositver as skip set tsvtxtid = 1 where skip.tsvid = 3 returning tsvid as skip, skip.*;

select tsvid as smallint from tipositver order by 1;

select tsvid smallint from tipositver order by 1;

select smallint.tsvid from tipositver as smallint order by 1;

select smallint.* from tipositver smallint order by 1;

delete from tipositver smallint where smallint.tsvid = 3 returning smallint.tsvid smallint;

update tipositver as smallint set tsvtxtid = 1 where smallint.tsvid = 3 returning tsvid as smallint, smallint.*;

select tsvid as snapshot from tipositver order by 1;

select tsvid snapshot from tipositver order by 1;

select snapshot.tsvid from tipositver as snapshot order by 1;

select snapshot.* from tipositver snapshot order by 1;

delete from tipositver snapshot where snapshot.tsvid = 3 returning snapshot.tsvid snapshot;

update tipositver as snapshot set tsvtxtid = 1 where snapshot.tsvid = 3 returning tsvid as snapshot, snapshot.*;

select tsvid as some from tipositver order by 1;

select tsvid some from tipositver order by 1;

select some.tsvid from tipositver as some order by 1;

select some.* from tipositver some order by 1;

delete from tipositver some where some.tsvid = 3 returning some.tsvid some;

update tipositver as some set tsvtxtid = 1 where some.tsvid = 3 returning tsvid as some, some.*;

select tsvid as sql from tipositver order by 1;

select tsvid sql from tipositver order by 1;

select sql.tsvid from tipositver as sql order by 1;

select sql.* from tipositver sql order by 1;

delete from tipositver sql where sql.tsvid = 3 returning sql.tsvid sql;

update tipositver as sql set tsvtxtid = 1 where sql.tsvid = 3 returning tsvid as sql, sql.*;

select tsvid as stable from tipositver order by 1;

select tsvid stable from tipositver order by 1;

select stable.tsvid from tipositver as stable order by 1;

select stable.* from tipositver stable order by 1;

delete from tipositver stable where stable.tsvid = 3 returning stable.tsvid stable;

update tipositver as stable set tsvtxtid = 1 where stable.tsvid = 3 returning tsvid as stable, stable.*;

select tsvid as standalone from tipositver order by 1;

select tsvid standalone from tipositver order by 1;

select standalone.tsvid from tipositver as standalone order by 1;

select standalone.* from tipositver standalone order by 1;

delete from tipositver standalone where standalone.tsvid = 3 returning standalone.tsvid standalone;

update tipositver as standalone set tsvtxtid = 1 where standalone.tsvid = 3 returning tsvid as standalone, standalone.*;

select tsvid as start from tipositver order by 1;

select tsvid start from tipositver order by 1;

select start.tsvid from tipositver as start order by 1;

select start.* from tipositver start order by 1;

delete from tipositver start where start.tsvid = 3 returning start.tsvid start;

update tipositver as start set tsvtxtid = 1 where start.tsvid = 3 returning tsvid as start, start.*;

select tsvid as statement from tipositver order by 1;

select tsvid statement from tipositver order by 1;

select statement.tsvid from tipositver as statement order by 1;

select statement.* from tipositver statement order by 1;

delete from tipositver statement where statement.tsvid = 3 returning statement.tsvid statement;

update tipositver as statement set tsvtxtid = 1 where statement.tsvid = 3 returning tsvid as statement, statement.*;

select tsvid as statistics from tipositver order by 1;

select tsvid statistics from tipositver order by 1;

select statistics.tsvid from tipositver as statistics order by 1;

select statistics.* from tipositver statistics order by 1;

delete from tipositver statistics where statistics.tsvid = 3 returning statistics.tsvid statistics;

update tipositver as statistics set tsvtxtid = 1 where statistics.tsvid = 3 returning tsvid as statistics, statistics.*;

select tsvid as stdin from tipositver order by 1;

select tsvid stdin from tipositver order by 1;

select stdin.tsvid from tipositver as stdin order by 1;

select stdin.* from tipositver stdin order by 1;

delete from tipositver stdin where stdin.tsvid = 3 returning stdin.tsvid stdin;

update tipositver as stdin set tsvtxtid = 1 where stdin.tsvid = 3 returning tsvid as stdin, stdin.*;

select tsvid as stdout from tipositver order by 1;

select tsvid stdout from tipositver order by 1;

select stdout.tsvid from tipositver as stdout order by 1;

select stdout.* from tipositver stdout order by 1;

delete from tipositver stdout where stdout.tsvid = 3 returning stdout.tsvid stdout;

update tipositver as stdout set tsvtxtid = 1 where stdout.tsvid = 3 returning tsvid as stdout, stdout.*;

select tsvid as storage from tipositver order by 1;

select tsvid storage from tipositver order by 1;

select storage.tsvid from tipositver as storage order by 1;

select storage.* from tipositver storage order by 1;

delete from tipositver storage where storage.tsvid = 3 returning storage.tsvid storage;

update tipositver as storage set tsvtxtid = 1 where storage.tsvid = 3 returning tsvid as storage, storage.*;

select tsvid as stored from tipositver order by 1;

select tsvid stored from tipositver order by 1;

select stored.tsvid from tipositver as stored order by 1;

select stored.* from tipositver stored order by 1;

delete from tipositver stored where stored.tsvid = 3 returning stored.tsvid stored;

update tipositver as stored set tsvtxtid = 1 where stored.tsvid = 3 returning tsvid as stored, stored.*;

select tsvid as strict from tipositver order by 1;

select tsvid strict from tipositver order by 1;

select strict.tsvid from tipositver as strict order by 1;

select strict.* from tipositver strict order by 1;

delete from tipositver strict where strict.tsvid = 3 returning strict.tsvid strict;

update tipositver as strict set tsvtxtid = 1 where strict.tsvid = 3 returning tsvid as strict, strict.*;

select tsvid as strip from tipositver order by 1;

select tsvid strip from tipositver order by 1;

select strip.tsvid from tipositver as strip order by 1;

select strip.* from tipositver strip order by 1;

delete from tipositver strip where strip.tsvid = 3 returning strip.tsvid strip;

update tipositver as strip set tsvtxtid = 1 where strip.tsvid = 3 returning tsvid as strip, strip.*;

select tsvid as subscription from tipositver order by 1;

select tsvid subscription from tipositver order by 1;

select subscription.tsvid from tipositver as subscription order by 1;

select subscription.* from tipositver subscription order by 1;

delete from tipositver subscription where subscription.tsvid = 3 returning subscription.tsvid subscription;

update tipositver as subscription set tsvtxtid = 1 where subscription.tsvid = 3 returning tsvid as subscription, subscription.*;

select tsvid as substring from tipositver order by 1;

select tsvid substring from tipositver order by 1;

select substring.tsvid from tipositver as substring order by 1;

select substring.* from tipositver substring order by 1;

delete from tipositver substring where substring.tsvid = 3 returning substring.tsvid substring;

update tipositver as substring set tsvtxtid = 1 where substring.tsvid = 3 returning tsvid as substring, substring.*;

select tsvid as support from tipositver order by 1;

select tsvid support from tipositver order by 1;

select support.tsvid from tipositver as support order by 1;

select support.* from tipositver support order by 1;

delete from tipositver support where support.tsvid = 3 returning support.tsvid support;

update tipositver as support set tsvtxtid = 1 where support.tsvid = 3 returning tsvid as support, support.*;

select tsvid as symmetric from tipositver order by 1;

select tsvid symmetric from tipositver order by 1;

select symmetric.tsvid from tipositver as symmetric order by 1;

select symmetric.* from tipositver symmetric order by 1;

delete from tipositver symmetric where symmetric.tsvid = 3 returning symmetric.tsvid symmetric;

update tipositver as symmetric set tsvtxtid = 1 where symmetric.tsvid = 3 returning tsvid as symmetric, symmetric.*;

select tsvid as sysid from tipositver order by 1;

select tsvid sysid from tipositver order by 1;

select sysid.tsvid from tipositver as sysid order by 1;

select sysid.* from tipositver sysid order by 1;

delete from tipositver sysid where sysid.tsvid = 3 returning sysid.tsvid sysid;

update tipositver as sysid set tsvtxtid = 1 where sysid.tsvid = 3 returning tsvid as sysid, sysid.*;

select tsvid as system from tipositver order by 1;

select tsvid system from tipositver order by 1;

select system.tsvid from tipositver as system order by 1;

select system.* from tipositver system order by 1;

delete from tipositver system where system.tsvid = 3 returning system.tsvid system;

update tipositver as system set tsvtxtid = 1 where system.tsvid = 3 returning tsvid as system, system.*;

select table.tsvid from tipositver as table order by 1;

select table.* from tipositver table order by 1;

delete from tipositver table where table.tsvid = 3 returning table.tsvid table;

update tipositver as table set tsvtxtid = 1 where table.tsvid = 3 returning tsvid as table, table.*;

select tsvid as tables from tipositver order by 1;

select tsvid tables from tipositver order by 1;

select tables.tsvid from tipositver as tables order by 1;

select tables.* from tipositver tables order by 1;

delete from tipositver tables where tables.tsvid = 3 returning tables.tsvid tables;

update tipositver as tables set tsvtxtid = 1 where tables.tsvid = 3 returning tsvid as tables, tables.*;

select tsvid as tablesample from tipositver order by 1;

select tsvid tablesample from tipositver order by 1;

select tablesample.tsvid from tipositver as tablesample order by 1;

select tablesample.* from tipositver tablesample order by 1;

delete from tipositver tablesample where tablesample.tsvid = 3 returning tablesample.tsvid tablesample;

update tipositver as tablesample set tsvtxtid = 1 where tablesample.tsvid = 3 returning tsvid as tablesample, tablesample.*;

select tsvid as tablespace from tipositver order by 1;

select tsvid tablespace from tipositver order by 1;

select tablespace.tsvid from tipositver as tablespace order by 1;

select tablespace.* from tipositver tablespace order by 1;

delete from tipositver tablespace where tablespace.tsvid = 3 returning tablespace.tsvid tablespace;

update tipositver as tablespace set tsvtxtid = 1 where tablespace.tsvid = 3 returning tsvid as tablespace, tablespace.*;

select tsvid as temp from tipositver order by 1;

select tsvid temp from tipositver order by 1;

select temp.tsvid from tipositver as temp order by 1;

select temp.* from tipositver temp order by 1;

delete from tipositver temp where temp.tsvid = 3 returning temp.tsvid temp;

update tipositver as temp set tsvtxtid = 1 where temp.tsvid = 3 returning tsvid as temp, temp.*;

select tsvid as template from tipositver order by 1;

select tsvid template from tipositver order by 1;

select template.tsvid from tipositver as template order by 1;

select template.* from tipositver template order by 1;

delete from tipositver template where template.tsvid = 3 returning template.tsvid template;

update tipositver as template set tsvtxtid = 1 where template.tsvid = 3 returning tsvid as template, template.*;

select tsvid as temporary from tipositver order by 1;

select tsvid temporary from tipositver order by 1;

select temporary.tsvid from tipositver as temporary order by 1;

select temporary.* from tipositver temporary order by 1;

delete from tipositver temporary where temporary.tsvid = 3 returning temporary.tsvid temporary;

update tipositver as temporary set tsvtxtid = 1 where temporary.tsvid = 3 returning tsvid as temporary, temporary.*;

select tsvid as text from tipositver order by 1;

select tsvid text from tipositver order by 1;

select text.tsvid from tipositver as text order by 1;

select text.* from tipositver text order by 1;

delete from tipositver text where text.tsvid = 3 returning text.tsvid text;

update tipositver as text set tsvtxtid = 1 where text.tsvid = 3 returning tsvid as text, text.*;

select tsvid as then from tipositver order by 1;

select tsvid then from tipositver order by 1;

select then.tsvid from tipositver as then order by 1;

select then.* from tipositver then order by 1;

delete from tipositver then where then.tsvid = 3 returning then.tsvid then;

update tipositver as then set tsvtxtid = 1 where then.tsvid = 3 returning tsvid as then, then.*;

select tsvid as ties from tipositver order by 1;

select tsvid ties from tipositver order by 1;

select ties.tsvid from tipositver as ties order by 1;

select ties.* from tipositver ties order by 1;

delete from tipositver ties where ties.tsvid = 3 returning ties.tsvid ties;

update tipositver as ties set tsvtxtid = 1 where ties.tsvid = 3 returning tsvid as ties, ties.*;

select tsvid as time from tipositver order by 1;

select tsvid time from tipositver order by 1;

select time.tsvid from tipositver as time order by 1;

select time.* from tipositver time order by 1;

delete from tipositver time where time.tsvid = 3 returning time.tsvid time;

update tipositver as time set tsvtxtid = 1 where time.tsvid = 3 returning tsvid as time, time.*;

select tsvid as timestamp from tipositver order by 1;

select tsvid timestamp from tipositver order by 1;

select timestamp.tsvid from tipositver as timestamp order by 1;

select timestamp.* from tipositver timestamp order by 1;

delete from tipositver timestamp where timestamp.tsvid = 3 returning timestamp.tsvid timestamp;

update tipositver as timestamp set tsvtxtid = 1 where timestamp.tsvid = 3 returning tsvid as timestamp, timestamp.*;

select tsvid as to from tipositver order by 1;

select tsvid to from tipositver order by 1;

select to.tsvid from tipositver as to order by 1;

select to.* from tipositver to order by 1;

delete from tipositver to where to.tsvid = 3 returning to.tsvid to;

update tipositver as to set tsvtxtid = 1 where to.tsvid = 3 returning tsvid as to, to.*;

select tsvid as trailing from tipositver order by 1;

select tsvid trailing from tipositver order by 1;

select trailing.tsvid from tipositver as trailing order by 1;

select trailing.* from tipositver trailing order by 1;

delete from tipositver trailing where trailing.tsvid = 3 returning trailing.tsvid trailing;

update tipositver as trailing set tsvtxtid = 1 where trailing.tsvid = 3 returning tsvid as trailing, trailing.*;

select tsvid as transaction from tipositver order by 1;

select tsvid transaction from tipositver order by 1;

select transaction.tsvid from tipositver as transaction order by 1;

select transaction.* from tipositver transaction order by 1;

delete from tipositver transaction where transaction.tsvid = 3 returning transaction.tsvid transaction;

update tipositver as transaction set tsvtxtid = 1 where transaction.tsvid = 3 returning tsvid as transaction, transaction.*;

select tsvid as transform from tipositver order by 1;

select tsvid transform from tipositver order by 1;

select transform.tsvid from tipositver as transform order by 1;

select transform.* from tipositver transform order by 1;

delete from tipositver transform where transform.tsvid = 3 returning transform.tsvid transform;

update tipositver as transform set tsvtxtid = 1 where transform.tsvid = 3 returning tsvid as transform, transform.*;

select tsvid as treat from tipositver order by 1;

select tsvid treat from tipositver order by 1;

select treat.tsvid from tipositver as treat order by 1;

select treat.* from tipositver treat order by 1;

delete from tipositver treat where treat.tsvid = 3 returning treat.tsvid treat;

update tipositver as treat set tsvtxtid = 1 where treat.tsvid = 3 returning tsvid as treat, treat.*;

select tsvid as trigger from tipositver order by 1;

select tsvid trigger from tipositver order by 1;

select trigger.tsvid from tipositver as trigger order by 1;

select trigger.* from tipositver trigger order by 1;

delete from tipositver trigger where trigger.tsvid = 3 returning trigger.tsvid trigger;

update tipositver as trigger set tsvtxtid = 1 where trigger.tsvid = 3 returning tsvid as trigger, trigger.*;

select tsvid as trim from tipositver order by 1;

select tsvid trim from tipositver order by 1;

select trim.tsvid from tipositver as trim order by 1;

select trim.* from tipositver trim order by 1;

delete from tipositver trim where trim.tsvid = 3 returning trim.tsvid trim;

update tipositver as trim set tsvtxtid = 1 where trim.tsvid = 3 returning tsvid as trim, trim.*;

select tsvid as true from tipositver order by 1;

select tsvid true from tipositver order by 1;

select true.tsvid from tipositver as true order by 1;

select true.* from tipositver true order by 1;

delete from tipositver true where true.tsvid = 3 returning true.tsvid true;

update tipositver as true set tsvtxtid = 1 where true.tsvid = 3 returning tsvid as true, true.*;

select tsvid as truncate from tipositver order by 1;

select tsvid truncate from tipositver order by 1;

select truncate.tsvid from tipositver as truncate order by 1;

select truncate.* from tipositver truncate order by 1;

delete from tipositver truncate where truncate.tsvid = 3 returning truncate.tsvid truncate;

update tipositver as truncate set tsvtxtid = 1 where truncate.tsvid = 3 returning tsvid as truncate, truncate.*;

select tsvid as trusted from tipositver order by 1;

select tsvid trusted from tipositver order by 1;

select trusted.tsvid from tipositver as trusted order by 1;

select trusted.* from tipositver trusted order by 1;

delete from tipositver trusted where trusted.tsvid = 3 returning trusted.tsvid trusted;

update tipositver as trusted set tsvtxtid = 1 where trusted.tsvid = 3 returning tsvid as trusted, trusted.*;

select tsvid as type from tipositver order by 1;

select tsvid type from tipositver order by 1;

select type.tsvid from tipositver as type order by 1;

select type.* from tipositver type order by 1;

delete from tipositver type where type.tsvid = 3 returning type.tsvid type;

update tipositver as type set tsvtxtid = 1 where type.tsvid = 3 returning tsvid as type, type.*;

select tsvid as types from tipositver order by 1;

select tsvid types from tipositver order by 1;

select types.tsvid from tipositver as types order by 1;

select types.* from tipositver types order by 1;

delete from tipositver types where types.tsvid = 3 returning types.tsvid types;

update tipositver as types set tsvtxtid = 1 where types.tsvid = 3 returning tsvid as types, types.*;

select tsvid as uescape from tipositver order by 1;

select tsvid uescape from tipositver order by 1;

select uescape.tsvid from tipositver as uescape order by 1;

select uescape.* from tipositver uescape order by 1;

delete from tipositver uescape where uescape.tsvid = 3 returning uescape.tsvid uescape;

update tipositver as uescape set tsvtxtid = 1 where uescape.tsvid = 3 returning tsvid as uescape, uescape.*;

select tsvid as unbounded from tipositver order by 1;

select tsvid unbounded from tipositver order by 1;

select unbounded.tsvid from tipositver as unbounded order by 1;

select unbounded.* from tipositver unbounded order by 1;

delete from tipositver unbounded where unbounded.tsvid = 3 returning unbounded.tsvid unbounded;

update tipositver as unbounded set tsvtxtid = 1 where unbounded.tsvid = 3 returning tsvid as unbounded, unbounded.*;

select tsvid as uncommitted from tipositver order by 1;

select tsvid uncommitted from tipositver order by 1;

select uncommitted.tsvid from tipositver as uncommitted order by 1;

select uncommitted.* from tipositver uncommitted order by 1;

delete from tipositver uncommitted where uncommitted.tsvid = 3 returning uncommitted.tsvid uncommitted;

update tipositver as uncommitted set tsvtxtid = 1 where uncommitted.tsvid = 3 returning tsvid as uncommitted, uncommitted.*;

select tsvid as unencrypted from tipositver order by 1;

select tsvid unencrypted from tipositver order by 1;

select unencrypted.tsvid from tipositver as unencrypted order by 1;

select unencrypted.* from tipositver unencrypted order by 1;

delete from tipositver unencrypted where unencrypted.tsvid = 3 returning unencrypted.tsvid unencrypted;

update tipositver as unencrypted set tsvtxtid = 1 where unencrypted.tsvid = 3 returning tsvid as unencrypted, unencrypted.*;

select tsvid as union from tipositver order by 1;

select tsvid union from tipositver order by 1;

select union.tsvid from tipositver as union order by 1;

select union.* from tipositver union order by 1;

delete from tipositver union where union.tsvid = 3 returning union.tsvid union;

update tipositver as union set tsvtxtid = 1 where union.tsvid = 3 returning tsvid as union, union.*;

select tsvid as unique from tipositver order by 1;

select tsvid unique from tipositver order by 1;

select unique.tsvid from tipositver as unique order by 1;

select unique.* from tipositver unique order by 1;

delete from tipositver unique where unique.tsvid = 3 returning unique.tsvid unique;

update tipositver as unique set tsvtxtid = 1 where unique.tsvid = 3 returning tsvid as unique, unique.*;

select tsvid as unknown from tipositver order by 1;

select tsvid unknown from tipositver order by 1;

select unknown.tsvid from tipositver as unknown order by 1;

select unknown.* from tipositver unknown order by 1;

delete from tipositver unknown where unknown.tsvid = 3 returning unknown.tsvid unknown;

update tipositver as unknown set tsvtxtid = 1 where unknown.tsvid = 3 returning tsvid as unknown, unknown.*;

select tsvid as unlisten from tipositver order by 1;

select tsvid unlisten from tipositver order by 1;

select unlisten.tsvid from tipositver as unlisten order by 1;

select unlisten.* from tipositver unlisten order by 1;

delete from tipositver unlisten where unlisten.tsvid = 3 returning unlisten.tsvid unlisten;

update tipositver as unlisten set tsvtxtid = 1 where unlisten.tsvid = 3 returning tsvid as unlisten, unlisten.*;

select tsvid as unlogged from tipositver order by 1;

select tsvid unlogged from tipositver order by 1;

select unlogged.tsvid from tipositver as unlogged order by 1;

select unlogged.* from tipositver unlogged order by 1;

delete from tipositver unlogged where unlogged.tsvid = 3 returning unlogged.tsvid unlogged;

update tipositver as unlogged set tsvtxtid = 1 where unlogged.tsvid = 3 returning tsvid as unlogged, unlogged.*;

select tsvid as until from tipositver order by 1;

select tsvid until from tipositver order by 1;

select until.tsvid from tipositver as until order by 1;

select until.* from tipositver until order by 1;

delete from tipositver until where until.tsvid = 3 returning until.tsvid until;

update tipositver as until set tsvtxtid = 1 where until.tsvid = 3 returning tsvid as until, until.*;

select tsvid as update from tipositver order by 1;

select tsvid update from tipositver order by 1;

select update.tsvid from tipositver as update order by 1;

select update.* from tipositver update order by 1;

delete from tipositver update where update.tsvid = 3 returning update.tsvid update;

update tipositver as update set tsvtxtid = 1 where update.tsvid = 3 returning tsvid as update, update.*;

select tsvid as user from tipositver order by 1;

select tsvid user from tipositver order by 1;

select user.tsvid from tipositver as user order by 1;

select user.* from tipositver user order by 1;

delete from tipositver user where user.tsvid = 3 returning user.tsvid user;

update tipositver as user set tsvtxtid = 1 where user.tsvid = 3 returning tsvid as user, user.*;

select tsvid as using from tipositver order by 1;

select tsvid using from tipositver order by 1;

select using.tsvid from tipositver as using order by 1;

select using.* from tipositver using order by 1;

delete from tipositver using where using.tsvid = 3 returning using.tsvid using;

update tipositver as using set tsvtxtid = 1 where using.tsvid = 3 returning tsvid as using, using.*;

select tsvid as vacuum from tipositver order by 1;

select tsvid vacuum from tipositver order by 1;

select vacuum.tsvid from tipositver as vacuum order by 1;

select vacuum.* from tipositver vacuum order by 1;

delete from tipositver vacuum where vacuum.tsvid = 3 returning vacuum.tsvid vacuum;

update tipositver as vacuum set tsvtxtid = 1 where vacuum.tsvid = 3 returning tsvid as vacuum, vacuum.*;

select tsvid as valid from tipositver order by 1;

select tsvid valid from tipositver order by 1;

select valid.tsvid from tipositver as valid order by 1;

select valid.* from tipositver valid order by 1;

delete from tipositver valid where valid.tsvid = 3 returning valid.tsvid valid;

update tipositver as valid set tsvtxtid = 1 where valid.tsvid = 3 returning tsvid as valid, valid.*;

select tsvid as validate from tipositver order by 1;

select tsvid validate from tipositver order by 1;

select validate.tsvid from tipositver as validate order by 1;

select validate.* from tipositver validate order by 1;

delete from tipositver validate where validate.tsvid = 3 returning validate.tsvid validate;

update tipositver as validate set tsvtxtid = 1 where validate.tsvid = 3 returning tsvid as validate, validate.*;

select tsvid as validator from tipositver order by 1;

select tsvid validator from tipositver order by 1;

select validator.tsvid from tipositver as validator order by 1;

select validator.* from tipositver validator order by 1;

delete from tipositver validator where validator.tsvid = 3 returning validator.tsvid validator;

update tipositver as validator set tsvtxtid = 1 where validator.tsvid = 3 returning tsvid as validator, validator.*;

select tsvid as value from tipositver order by 1;

select tsvid value from tipositver order by 1;

select value.tsvid from tipositver as value order by 1;

select value.* from tipositver value order by 1;

delete from tipositver value where value.tsvid = 3 returning value.tsvid value;

update tipositver as value set tsvtxtid = 1 where value.tsvid = 3 returning tsvid as value, value.*;

select tsvid as values from tipositver order by 1;

select values.tsvid from tipositver as values order by 1;

select values.* from tipositver values order by 1;

update tipositver as values set tsvtxtid = 1 where values.tsvid = 3 returning tsvid as values, values.*;

select tsvid as varchar from tipositver order by 1;

select tsvid varchar from tipositver order by 1;

select varchar.tsvid from tipositver as varchar order by 1;

select varchar.* from tipositver varchar order by 1;

delete from tipositver varchar where varchar.tsvid = 3 returning varchar.tsvid varchar;

update tipositver as varchar set tsvtxtid = 1 where varchar.tsvid = 3 returning tsvid as varchar, varchar.*;

select tsvid as variadic from tipositver order by 1;

select tsvid variadic from tipositver order by 1;

select variadic.tsvid from tipositver as variadic order by 1;

select variadic.* from tipositver variadic order by 1;

delete from tipositver variadic where variadic.tsvid = 3 returning variadic.tsvid variadic;

update tipositver as variadic set tsvtxtid = 1 where variadic.tsvid = 3 returning tsvid as variadic, variadic.*;

select tsvid as varying from tipositver order by 1;

select tsvid varying from tipositver order by 1;

select varying.tsvid from tipositver as varying order by 1;

select varying.* from tipositver varying order by 1;

delete from tipositver varying where varying.tsvid = 3 returning varying.tsvid varying;

update tipositver as varying set tsvtxtid = 1 where varying.tsvid = 3 returning tsvid as varying, varying.*;

select tsvid as verbose from tipositver order by 1;

select tsvid verbose from tipositver order by 1;

select verbose.tsvid from tipositver as verbose order by 1;

select verbose.* from tipositver verbose order by 1;

delete from tipositver verbose where verbose.tsvid = 3 returning verbose.tsvid verbose;

update tipositver as verbose set tsvtxtid = 1 where verbose.tsvid = 3 returning tsvid as verbose, verbose.*;

select tsvid as version from tipositver order by 1;

select tsvid version from tipositver order by 1;

select version.tsvid from tipositver as version order by 1;

select version.* from tipositver version order by 1;

delete from tipositver version where version.tsvid = 3 returning version.tsvid version;

update tipositver as version set tsvtxtid = 1 where version.tsvid = 3 returning tsvid as version, version.*;

select tsvid as view from tipositver order by 1;

select tsvid view from tipositver order by 1;

select view.tsvid from tipositver as view order by 1;

select view.* from tipositver view order by 1;

delete from tipositver view where view.tsvid = 3 returning view.tsvid view;

update tipositver as view set tsvtxtid = 1 where view.tsvid = 3 returning tsvid as view, view.*;

select tsvid as views from tipositver order by 1;

select tsvid views from tipositver order by 1;

select views.tsvid from tipositver as views order by 1;

select views.* from tipositver views order by 1;

delete from tipositver views where views.tsvid = 3 returning views.tsvid views;

update tipositver as views set tsvtxtid = 1 where views.tsvid = 3 returning tsvid as views, views.*;

select tsvid as volatile from tipositver order by 1;

select tsvid volatile from tipositver order by 1;

select volatile.tsvid from tipositver as volatile order by 1;

select volatile.* from tipositver volatile order by 1;

delete from tipositver volatile where volatile.tsvid = 3 returning volatile.tsvid volatile;

update tipositver as volatile set tsvtxtid = 1 where volatile.tsvid = 3 returning tsvid as volatile, volatile.*;

select tsvid as when from tipositver order by 1;

select tsvid when from tipositver order by 1;

select when.tsvid from tipositver as when order by 1;

select when.* from tipositver when order by 1;

delete from tipositver when where when.tsvid = 3 returning when.tsvid when;

update tipositver as when set tsvtxtid = 1 where when.tsvid = 3 returning tsvid as when, when.*;

select tsvid as where from tipositver order by 1;

select tsvid where from tipositver order by 1;

select where.tsvid from tipositver as where order by 1;

select where.* from tipositver where order by 1;

delete from tipositver where where where.tsvid = 3 returning where.tsvid where;

update tipositver as where set tsvtxtid = 1 where where.tsvid = 3 returning tsvid as where, where.*;

select tsvid as whitespace from tipositver order by 1;

select tsvid whitespace from tipositver order by 1;

select whitespace.tsvid from tipositver as whitespace order by 1;

select whitespace.* from tipositver whitespace order by 1;

delete from tipositver whitespace where whitespace.tsvid = 3 returning whitespace.tsvid whitespace;

update tipositver as whitespace set tsvtxtid = 1 where whitespace.tsvid = 3 returning tsvid as whitespace, whitespace.*;

select tsvid as window from tipositver order by 1;

select tsvid window from tipositver order by 1;

select window.tsvid from tipositver as window order by 1;

select window.* from tipositver window order by 1;

delete from tipositver window where window.tsvid = 3 returning window.tsvid window;

update tipositver as window set tsvtxtid = 1 where window.tsvid = 3 returning tsvid as window, window.*;

select tsvid as with from tipositver order by 1;

select tsvid with from tipositver order by 1;

select with.tsvid from tipositver as with order by 1;

select with.* from tipositver with order by 1;

delete from tipositver with where with.tsvid = 3 returning with.tsvid with;

update tipositver as with set tsvtxtid = 1 where with.tsvid = 3 returning tsvid as with, with.*;

select tsvid as within from tipositver order by 1;

select tsvid within from tipositver order by 1;

select within.tsvid from tipositver as within order by 1;

select within.* from tipositver within order by 1;

delete from tipositver within where within.tsvid = 3 returning within.tsvid within;

update tipositver as within set tsvtxtid = 1 where within.tsvid = 3 returning tsvid as within, within.*;

select tsvid as without from tipositver order by 1;

select tsvid without from tipositver order by 1;

select without.tsvid from tipositver as without order by 1;

select without.* from tipositver without order by 1;

delete from tipositver without where without.tsvid = 3 returning without.tsvid without;

update tipositver as without set tsvtxtid = 1 where without.tsvid = 3 returning tsvid as without, without.*;

select tsvid as work from tipositver order by 1;

select tsvid work from tipositver order by 1;

select work.tsvid from tipositver as work order by 1;

select work.* from tipositver work order by 1;

delete from tipositver work where work.tsvid = 3 returning work.tsvid work;

update tipositver as work set tsvtxtid = 1 where work.tsvid = 3 returning tsvid as work, work.*;

select tsvid as wrapper from tipositver order by 1;

select tsvid wrapper from tipositver order by 1;

select wrapper.tsvid from tipositver as wrapper order by 1;

select wrapper.* from tipositver wrapper order by 1;

delete from tipositver wrapper where wrapper.tsvid = 3 returning wrapper.tsvid wrapper;

update tipositver as wrapper set tsvtxtid = 1 where wrapper.tsvid = 3 returning tsvid as wrapper, wrapper.*;

select tsvid as write from tipositver order by 1;

select tsvid write from tipositver order by 1;

select write.tsvid from tipositver as write order by 1;

select write.* from tipositver write order by 1;

delete from tipositver write where write.tsvid = 3 returning write.tsvid write;

update tipositver as write set tsvtxtid = 1 where write.tsvid = 3 returning tsvid as write, write.*;

select tsvid as xml from tipositver order by 1;

select tsvid xml from tipositver order by 1;

select xml.tsvid from tipositver as xml order by 1;

select xml.* from tipositver xml order by 1;

delete from tipositver xml where xml.tsvid = 3 returning xml.tsvid xml;

update tipositver as xml set tsvtxtid = 1 where xml.tsvid = 3 returning tsvid as xml, xml.*;

select tsvid as xmlattributes from tipositver order by 1;

select tsvid xmlattributes from tipositver order by 1;

select xmlattributes.tsvid from tipositver as xmlattributes order by 1;

select xmlattributes.* from tipositver xmlattributes order by 1;

delete from tipositver xmlattributes where xmlattributes.tsvid = 3 returning xmlattributes.tsvid xmlattributes;

update tipositver as xmlattributes set tsvtxtid = 1 where xmlattributes.tsvid = 3 returning tsvid as xmlattributes, xmlattributes.*;

select tsvid as xmlconcat from tipositver order by 1;

select tsvid xmlconcat from tipositver order by 1;

select xmlconcat.tsvid from tipositver as xmlconcat order by 1;

select xmlconcat.* from tipositver xmlconcat order by 1;

delete from tipositver xmlconcat where xmlconcat.tsvid = 3 returning xmlconcat.tsvid xmlconcat;

update tipositver as xmlconcat set tsvtxtid = 1 where xmlconcat.tsvid = 3 returning tsvid as xmlconcat, xmlconcat.*;

select tsvid as xmlelement from tipositver order by 1;

select tsvid xmlelement from tipositver order by 1;

select xmlelement.tsvid from tipositver as xmlelement order by 1;

select xmlelement.* from tipositver xmlelement order by 1;

delete from tipositver xmlelement where xmlelement.tsvid = 3 returning xmlelement.tsvid xmlelement;

update tipositver as xmlelement set tsvtxtid = 1 where xmlelement.tsvid = 3 returning tsvid as xmlelement, xmlelement.*;

select tsvid as xmlexists from tipositver order by 1;

select tsvid xmlexists from tipositver order by 1;

select xmlexists.tsvid from tipositver as xmlexists order by 1;

select xmlexists.* from tipositver xmlexists order by 1;

delete from tipositver xmlexists where xmlexists.tsvid = 3 returning xmlexists.tsvid xmlexists;

update tipositver as xmlexists set tsvtxtid = 1 where xmlexists.tsvid = 3 returning tsvid as xmlexists, xmlexists.*;

select tsvid as xmlforest from tipositver order by 1;

select tsvid xmlforest from tipositver order by 1;

select xmlforest.tsvid from tipositver as xmlforest order by 1;

select xmlforest.* from tipositver xmlforest order by 1;

delete from tipositver xmlforest where xmlforest.tsvid = 3 returning xmlforest.tsvid xmlforest;

update tipositver as xmlforest set tsvtxtid = 1 where xmlforest.tsvid = 3 returning tsvid as xmlforest, xmlforest.*;

select tsvid as xmlnamespaces from tipositver order by 1;

select tsvid xmlnamespaces from tipositver order by 1;

select xmlnamespaces.tsvid from tipositver as xmlnamespaces order by 1;

select xmlnamespaces.* from tipositver xmlnamespaces order by 1;

delete from tipositver xmlnamespaces where xmlnamespaces.tsvid = 3 returning xmlnamespaces.tsvid xmlnamespaces;

update tipositver as xmlnamespaces set tsvtxtid = 1 where xmlnamespaces.tsvid = 3 returning tsvid as xmlnamespaces, xmlnamespaces.*;

select tsvid as xmlparse from tipositver order by 1;

select tsvid xmlparse from tipositver order by 1;

select xmlparse.tsvid from tipositver as xmlparse order by 1;

select xmlparse.* from tipositver xmlparse order by 1;

delete from tipositver xmlparse where xmlparse.tsvid = 3 returning xmlparse.tsvid xmlparse;

update tipositver as xmlparse set tsvtxtid = 1 where xmlparse.tsvid = 3 returning tsvid as xmlparse, xmlparse.*;

select tsvid as xmlpi from tipositver order by 1;

select tsvid xmlpi from tipositver order by 1;

select xmlpi.tsvid from tipositver as xmlpi order by 1;

select xmlpi.* from tipositver xmlpi order by 1;

delete from tipositver xmlpi where xmlpi.tsvid = 3 returning xmlpi.tsvid xmlpi;

update tipositver as xmlpi set tsvtxtid = 1 where xmlpi.tsvid = 3 returning tsvid as xmlpi, xmlpi.*;

select tsvid as xmlroot from tipositver order by 1;

select tsvid xmlroot from tipositver order by 1;

select xmlroot.tsvid from tipositver as xmlroot order by 1;

select xmlroot.* from tipositver xmlroot order by 1;

delete from tipositver xmlroot where xmlroot.tsvid = 3 returning xmlroot.tsvid xmlroot;

update tipositver as xmlroot set tsvtxtid = 1 where xmlroot.tsvid = 3 returning tsvid as xmlroot, xmlroot.*;

select tsvid as xmlserialize from tipositver order by 1;

select tsvid xmlserialize from tipositver order by 1;

select xmlserialize.tsvid from tipositver as xmlserialize order by 1;

select xmlserialize.* from tipositver xmlserialize order by 1;

delete from tipositver xmlserialize where xmlserialize.tsvid = 3 returning xmlserialize.tsvid xmlserialize;

update tipositver as xmlserialize set tsvtxtid = 1 where xmlserialize.tsvid = 3 returning tsvid as xmlserialize, xmlserialize.*;

select tsvid as xmltable from tipositver order by 1;

select tsvid xmltable from tipositver order by 1;

select xmltable.tsvid from tipositver as xmltable order by 1;

select xmltable.* from tipositver xmltable order by 1;

delete from tipositver xmltable where xmltable.tsvid = 3 returning xmltable.tsvid xmltable;

update tipositver as xmltable set tsvtxtid = 1 where xmltable.tsvid = 3 returning tsvid as xmltable, xmltable.*;

select tsvid as year from tipositver order by 1;

select tsvid year from tipositver order by 1;

select year.tsvid from tipositver as year order by 1;

select year.* from tipositver year order by 1;

delete from tipositver year where year.tsvid = 3 returning year.tsvid year;

update tipositver as year set tsvtxtid = 1 where year.tsvid = 3 returning tsvid as year, year.*;

select tsvid as yes from tipositver order by 1;

select tsvid yes from tipositver order by 1;

select yes.tsvid from tipositver as yes order by 1;

select yes.* from tipositver yes order by 1;

delete from tipositver yes where yes.tsvid = 3 returning yes.tsvid yes;

update tipositver as yes set tsvtxtid = 1 where yes.tsvid = 3 returning tsvid as yes, yes.*;

select tsvid as zone from tipositver order by 1;

select tsvid zone from tipositver order by 1;

select zone.tsvid from tipositver as zone order by 1;

select zone.* from tipositver zone order by 1;

delete from tipositver zone where zone.tsvid = 3 returning zone.tsvid zone;

update tipositver as zone set tsvtxtid = 1 where zone.tsvid = 3 returning tsvid as zone, zone.*;
