-- Words that PostgreSQL 15 keeps (pg_get_keywords), each in some of these places: as a label with and without AS, as an alias of a table with and without AS, and as
-- an alias of a writing statement's target. What it refuses is refused.

select tsvid as abort from tipositver order by 1;

delete from tipositver abort where abort.tsvid = 3 returning abort.tsvid abort;

delete from tipositver absolute where absolute.tsvid = 3 returning absolute.tsvid absolute;

select access.tsvid from tipositver as access order by 1;

select action.tsvid from tipositver as action order by 1;

select tsvid as add from tipositver order by 1;

select tsvid as admin from tipositver order by 1;

delete from tipositver admin where admin.tsvid = 3 returning admin.tsvid admin;

delete from tipositver after where after.tsvid = 3 returning after.tsvid after;

select aggregate.tsvid from tipositver as aggregate order by 1;

select aggregate.* from tipositver aggregate order by 1;

select all.tsvid from tipositver as all order by 1;

select tsvid also from tipositver order by 1;

select tsvid as alter from tipositver order by 1;

update tipositver as alter set tsvtxtid = 1 where alter.tsvid = 3 returning tsvid as alter, alter.*;

delete from tipositver always where always.tsvid = 3 returning always.tsvid always;

select analyse.* from tipositver analyse order by 1;

select analyze.tsvid from tipositver as analyze order by 1;

select analyze.* from tipositver analyze order by 1;

select and.tsvid from tipositver as and order by 1;

select any.tsvid from tipositver as any order by 1;

select tsvid as array from tipositver order by 1;

select tsvid as as from tipositver order by 1;

delete from tipositver as where as.tsvid = 3 returning as.tsvid as;

delete from tipositver asc where asc.tsvid = 3 returning asc.tsvid asc;

select asensitive.tsvid from tipositver as asensitive order by 1;

select assertion.tsvid from tipositver as assertion order by 1;

select tsvid as assignment from tipositver order by 1;

select tsvid assignment from tipositver order by 1;

select tsvid as asymmetric from tipositver order by 1;

update tipositver as asymmetric set tsvtxtid = 1 where asymmetric.tsvid = 3 returning tsvid as asymmetric, asymmetric.*;

delete from tipositver at where at.tsvid = 3 returning at.tsvid at;

select atomic.* from tipositver atomic order by 1;

select attach.tsvid from tipositver as attach order by 1;

select tsvid attribute from tipositver order by 1;

select tsvid as authorization from tipositver order by 1;

select tsvid authorization from tipositver order by 1;

update tipositver as authorization set tsvtxtid = 1 where authorization.tsvid = 3 returning tsvid as authorization, authorization.*;

update tipositver as backward set tsvtxtid = 1 where backward.tsvid = 3 returning tsvid as backward, backward.*;

select before.* from tipositver before order by 1;

select begin.* from tipositver begin order by 1;

select tsvid between from tipositver order by 1;

select tsvid bigint from tipositver order by 1;

update tipositver as bigint set tsvtxtid = 1 where bigint.tsvid = 3 returning tsvid as bigint, bigint.*;

update tipositver as binary set tsvtxtid = 1 where binary.tsvid = 3 returning tsvid as binary, binary.*;

select bit.* from tipositver bit order by 1;

delete from tipositver bit where bit.tsvid = 3 returning bit.tsvid bit;

select boolean.* from tipositver boolean order by 1;

select both.tsvid from tipositver as both order by 1;

select tsvid breadth from tipositver order by 1;

select tsvid as by from tipositver order by 1;

update tipositver as by set tsvtxtid = 1 where by.tsvid = 3 returning tsvid as by, by.*;

delete from tipositver cache where cache.tsvid = 3 returning cache.tsvid cache;

select call.* from tipositver call order by 1;

delete from tipositver call where call.tsvid = 3 returning call.tsvid call;

select called.tsvid from tipositver as called order by 1;

select cascade.tsvid from tipositver as cascade order by 1;

select tsvid as cascaded from tipositver order by 1;

select tsvid as case from tipositver order by 1;

delete from tipositver case where case.tsvid = 3 returning case.tsvid case;

delete from tipositver cast where cast.tsvid = 3 returning cast.tsvid cast;

select catalog.tsvid from tipositver as catalog order by 1;

select chain.tsvid from tipositver as chain order by 1;

select tsvid as char from tipositver order by 1;

select tsvid char from tipositver order by 1;

select tsvid as character from tipositver order by 1;

update tipositver as character set tsvtxtid = 1 where character.tsvid = 3 returning tsvid as character, character.*;

delete from tipositver characteristics where characteristics.tsvid = 3 returning characteristics.tsvid characteristics;

select check.* from tipositver check order by 1;

select checkpoint.tsvid from tipositver as checkpoint order by 1;

select tsvid class from tipositver order by 1;

select tsvid as close from tipositver order by 1;

select tsvid close from tipositver order by 1;

update tipositver as close set tsvtxtid = 1 where close.tsvid = 3 returning tsvid as close, close.*;

update tipositver as cluster set tsvtxtid = 1 where cluster.tsvid = 3 returning tsvid as cluster, cluster.*;

select coalesce.* from tipositver coalesce order by 1;

delete from tipositver collate where collate.tsvid = 3 returning collate.tsvid collate;

select collation.tsvid from tipositver as collation order by 1;

select column.tsvid from tipositver as column order by 1;

select tsvid as columns from tipositver order by 1;

select tsvid as comment from tipositver order by 1;

delete from tipositver comment where comment.tsvid = 3 returning comment.tsvid comment;

update tipositver as comment set tsvtxtid = 1 where comment.tsvid = 3 returning tsvid as comment, comment.*;

delete from tipositver comments where comments.tsvid = 3 returning comments.tsvid comments;

select commit.* from tipositver commit order by 1;

select committed.tsvid from tipositver as committed order by 1;

select tsvid compression from tipositver order by 1;

select tsvid as concurrently from tipositver order by 1;

update tipositver as concurrently set tsvtxtid = 1 where concurrently.tsvid = 3 returning tsvid as concurrently, concurrently.*;

delete from tipositver configuration where configuration.tsvid = 3 returning configuration.tsvid configuration;

update tipositver as configuration set tsvtxtid = 1 where configuration.tsvid = 3 returning tsvid as configuration, configuration.*;

select conflict.* from tipositver conflict order by 1;

select connection.* from tipositver connection order by 1;

select tsvid constraint from tipositver order by 1;

select tsvid constraints from tipositver order by 1;

update tipositver as constraints set tsvtxtid = 1 where constraints.tsvid = 3 returning tsvid as constraints, constraints.*;

update tipositver as content set tsvtxtid = 1 where content.tsvid = 3 returning tsvid as content, content.*;

select continue.* from tipositver continue order by 1;

select conversion.* from tipositver conversion order by 1;

select tsvid copy from tipositver order by 1;

select copy.tsvid from tipositver as copy order by 1;

select tsvid cost from tipositver order by 1;

select tsvid as create from tipositver order by 1;

update tipositver as create set tsvtxtid = 1 where create.tsvid = 3 returning tsvid as create, create.*;

delete from tipositver cross where cross.tsvid = 3 returning cross.tsvid cross;

select csv.* from tipositver csv order by 1;

select cube.tsvid from tipositver as cube order by 1;

select tsvid current from tipositver order by 1;

select current.tsvid from tipositver as current order by 1;

select tsvid as current_catalog from tipositver order by 1;

select tsvid as current_date from tipositver order by 1;

delete from tipositver current_date where current_date.tsvid = 3 returning current_date.tsvid current_date;

delete from tipositver current_role where current_role.tsvid = 3 returning current_role.tsvid current_role;

select current_schema.tsvid from tipositver as current_schema order by 1;

select current_time.tsvid from tipositver as current_time order by 1;

select tsvid as current_timestamp from tipositver order by 1;

select tsvid as current_user from tipositver order by 1;

delete from tipositver current_user where current_user.tsvid = 3 returning current_user.tsvid current_user;

update tipositver as current_user set tsvtxtid = 1 where current_user.tsvid = 3 returning tsvid as current_user, current_user.*;

delete from tipositver cursor where cursor.tsvid = 3 returning cursor.tsvid cursor;

select cycle.* from tipositver cycle order by 1;

select data.tsvid from tipositver as data order by 1;

select tsvid database from tipositver order by 1;

select tsvid as day from tipositver order by 1;

update tipositver as day set tsvtxtid = 1 where day.tsvid = 3 returning tsvid as day, day.*;

delete from tipositver deallocate where deallocate.tsvid = 3 returning deallocate.tsvid deallocate;

update tipositver as deallocate set tsvtxtid = 1 where deallocate.tsvid = 3 returning tsvid as deallocate, deallocate.*;

select dec.* from tipositver dec order by 1;

select decimal.* from tipositver decimal order by 1;

select tsvid declare from tipositver order by 1;

select tsvid default from tipositver order by 1;

update tipositver as default set tsvtxtid = 1 where default.tsvid = 3 returning tsvid as default, default.*;

update tipositver as defaults set tsvtxtid = 1 where defaults.tsvid = 3 returning tsvid as defaults, defaults.*;

select deferrable.* from tipositver deferrable order by 1;

select deferred.* from tipositver deferred order by 1;

select tsvid definer from tipositver order by 1;

select definer.tsvid from tipositver as definer order by 1;

select tsvid delete from tipositver order by 1;

select tsvid as delimiter from tipositver order by 1;

update tipositver as delimiter set tsvtxtid = 1 where delimiter.tsvid = 3 returning tsvid as delimiter, delimiter.*;

delete from tipositver delimiters where delimiters.tsvid = 3 returning delimiters.tsvid delimiters;

select depends.* from tipositver depends order by 1;

select depth.tsvid from tipositver as depth order by 1;

select tsvid desc from tipositver order by 1;

select desc.tsvid from tipositver as desc order by 1;

select tsvid as detach from tipositver order by 1;

select tsvid as dictionary from tipositver order by 1;

delete from tipositver dictionary where dictionary.tsvid = 3 returning dictionary.tsvid dictionary;

delete from tipositver disable where disable.tsvid = 3 returning disable.tsvid disable;

select discard.tsvid from tipositver as discard order by 1;

select distinct.tsvid from tipositver as distinct order by 1;

select tsvid as do from tipositver order by 1;

select tsvid as document from tipositver order by 1;

delete from tipositver document where document.tsvid = 3 returning document.tsvid document;

update tipositver as document set tsvtxtid = 1 where document.tsvid = 3 returning tsvid as document, document.*;

delete from tipositver domain where domain.tsvid = 3 returning domain.tsvid domain;

select double.* from tipositver double order by 1;

select drop.tsvid from tipositver as drop order by 1;

select tsvid each from tipositver order by 1;

select tsvid as else from tipositver order by 1;

update tipositver as else set tsvtxtid = 1 where else.tsvid = 3 returning tsvid as else, else.*;

delete from tipositver enable where enable.tsvid = 3 returning enable.tsvid enable;

update tipositver as enable set tsvtxtid = 1 where enable.tsvid = 3 returning tsvid as enable, enable.*;

select encoding.* from tipositver encoding order by 1;

select encrypted.* from tipositver encrypted order by 1;

select end.tsvid from tipositver as end order by 1;

select enum.tsvid from tipositver as enum order by 1;

select tsvid as escape from tipositver order by 1;

select tsvid as event from tipositver order by 1;

delete from tipositver event where event.tsvid = 3 returning event.tsvid event;

delete from tipositver except where except.tsvid = 3 returning except.tsvid except;

select exclude.tsvid from tipositver as exclude order by 1;

select exclude.* from tipositver exclude order by 1;

select excluding.tsvid from tipositver as excluding order by 1;

select tsvid exclusive from tipositver order by 1;

select tsvid as execute from tipositver order by 1;

update tipositver as execute set tsvtxtid = 1 where execute.tsvid = 3 returning tsvid as execute, execute.*;

delete from tipositver exists where exists.tsvid = 3 returning exists.tsvid exists;

select explain.* from tipositver explain order by 1;

select expression.tsvid from tipositver as expression order by 1;

select expression.* from tipositver expression order by 1;

select tsvid extension from tipositver order by 1;

select tsvid external from tipositver order by 1;

update tipositver as external set tsvtxtid = 1 where external.tsvid = 3 returning tsvid as external, external.*;

update tipositver as extract set tsvtxtid = 1 where extract.tsvid = 3 returning tsvid as extract, extract.*;

select false.* from tipositver false order by 1;

select family.* from tipositver family order by 1;

select tsvid fetch from tipositver order by 1;

select tsvid filter from tipositver order by 1;

update tipositver as filter set tsvtxtid = 1 where filter.tsvid = 3 returning tsvid as filter, filter.*;

select tsvid as finalize from tipositver order by 1;

update tipositver as finalize set tsvtxtid = 1 where finalize.tsvid = 3 returning tsvid as finalize, finalize.*;

delete from tipositver first where first.tsvid = 3 returning first.tsvid first;

select float.* from tipositver float order by 1;

select following.tsvid from tipositver as following order by 1;

select tsvid for from tipositver order by 1;

select tsvid as force from tipositver order by 1;

update tipositver as force set tsvtxtid = 1 where force.tsvid = 3 returning tsvid as force, force.*;

select tsvid as foreign from tipositver order by 1;

delete from tipositver foreign where foreign.tsvid = 3 returning foreign.tsvid foreign;

delete from tipositver forward where forward.tsvid = 3 returning forward.tsvid forward;

select freeze.tsvid from tipositver as freeze order by 1;

select from.tsvid from tipositver as from order by 1;

select tsvid as full from tipositver order by 1;

select tsvid as function from tipositver order by 1;

delete from tipositver function where function.tsvid = 3 returning function.tsvid function;

delete from tipositver functions where functions.tsvid = 3 returning functions.tsvid functions;

select generated.tsvid from tipositver as generated order by 1;

select generated.* from tipositver generated order by 1;

select global.tsvid from tipositver as global order by 1;

select tsvid grant from tipositver order by 1;

select tsvid as granted from tipositver order by 1;

update tipositver as granted set tsvtxtid = 1 where granted.tsvid = 3 returning tsvid as granted, granted.*;

delete from tipositver greatest where greatest.tsvid = 3 returning greatest.tsvid greatest;

select group.* from tipositver group order by 1;

select grouping.tsvid from tipositver as grouping order by 1;

select grouping.* from tipositver grouping order by 1;

select tsvid groups from tipositver order by 1;

select tsvid handler from tipositver order by 1;

update tipositver as handler set tsvtxtid = 1 where handler.tsvid = 3 returning tsvid as handler, handler.*;

update tipositver as having set tsvtxtid = 1 where having.tsvid = 3 returning tsvid as having, having.*;

select header.* from tipositver header order by 1;

select hold.* from tipositver hold order by 1;

select tsvid hour from tipositver order by 1;

select tsvid identity from tipositver order by 1;

update tipositver as identity set tsvtxtid = 1 where identity.tsvid = 3 returning tsvid as identity, identity.*;

select tsvid as if from tipositver order by 1;

update tipositver as if set tsvtxtid = 1 where if.tsvid = 3 returning tsvid as if, if.*;

update tipositver as ilike set tsvtxtid = 1 where ilike.tsvid = 3 returning tsvid as ilike, ilike.*;

delete from tipositver immediate where immediate.tsvid = 3 returning immediate.tsvid immediate;

select immutable.* from tipositver immutable order by 1;

select implicit.tsvid from tipositver as implicit order by 1;

select tsvid import from tipositver order by 1;

select tsvid as in from tipositver order by 1;

select tsvid in from tipositver order by 1;

update tipositver as in set tsvtxtid = 1 where in.tsvid = 3 returning tsvid as in, in.*;

update tipositver as include set tsvtxtid = 1 where include.tsvid = 3 returning tsvid as include, include.*;

select including.* from tipositver including order by 1;

select increment.* from tipositver increment order by 1;

select tsvid index from tipositver order by 1;

select tsvid indexes from tipositver order by 1;

update tipositver as indexes set tsvtxtid = 1 where indexes.tsvid = 3 returning tsvid as indexes, indexes.*;

update tipositver as inherit set tsvtxtid = 1 where inherit.tsvid = 3 returning tsvid as inherit, inherit.*;

select inherits.* from tipositver inherits order by 1;

delete from tipositver inherits where inherits.tsvid = 3 returning inherits.tsvid inherits;

select initially.* from tipositver initially order by 1;

select inline.tsvid from tipositver as inline order by 1;

select tsvid inner from tipositver order by 1;

select tsvid as inout from tipositver order by 1;

update tipositver as inout set tsvtxtid = 1 where inout.tsvid = 3 returning tsvid as inout, inout.*;

delete from tipositver input where input.tsvid = 3 returning input.tsvid input;

select insensitive.* from tipositver insensitive order by 1;

delete from tipositver insensitive where insensitive.tsvid = 3 returning insensitive.tsvid insensitive;

select insert.tsvid from tipositver as insert order by 1;

select instead.tsvid from tipositver as instead order by 1;

select tsvid as int from tipositver order by 1;

select tsvid as integer from tipositver order by 1;

delete from tipositver integer where integer.tsvid = 3 returning integer.tsvid integer;

delete from tipositver intersect where intersect.tsvid = 3 returning intersect.tsvid intersect;

select interval.tsvid from tipositver as interval order by 1;

select into.tsvid from tipositver as into order by 1;

select tsvid as invoker from tipositver order by 1;

select tsvid invoker from tipositver order by 1;

select tsvid as is from tipositver order by 1;

update tipositver as is set tsvtxtid = 1 where is.tsvid = 3 returning tsvid as is, is.*;

delete from tipositver isnull where isnull.tsvid = 3 returning isnull.tsvid isnull;

select isolation.* from tipositver isolation order by 1;

select join.tsvid from tipositver as join order by 1;

select tsvid key from tipositver order by 1;

select tsvid as label from tipositver order by 1;

select tsvid label from tipositver order by 1;

update tipositver as label set tsvtxtid = 1 where label.tsvid = 3 returning tsvid as label, label.*;

update tipositver as language set tsvtxtid = 1 where language.tsvid = 3 returning tsvid as language, language.*;

select large.* from tipositver large order by 1;

select last.* from tipositver last order by 1;

select tsvid lateral from tipositver order by 1;

select tsvid leading from tipositver order by 1;

update tipositver as leading set tsvtxtid = 1 where leading.tsvid = 3 returning tsvid as leading, leading.*;

update tipositver as leakproof set tsvtxtid = 1 where leakproof.tsvid = 3 returning tsvid as leakproof, leakproof.*;

select least.* from tipositver least order by 1;

delete from tipositver least where least.tsvid = 3 returning least.tsvid least;

select left.* from tipositver left order by 1;

select level.tsvid from tipositver as level order by 1;

select like.tsvid from tipositver as like order by 1;

select tsvid limit from tipositver order by 1;

select tsvid as listen from tipositver order by 1;

update tipositver as listen set tsvtxtid = 1 where listen.tsvid = 3 returning tsvid as listen, listen.*;

delete from tipositver load where load.tsvid = 3 returning load.tsvid load;

update tipositver as load set tsvtxtid = 1 where load.tsvid = 3 returning tsvid as load, load.*;

select local.* from tipositver local order by 1;

select localtime.* from tipositver localtime order by 1;

select tsvid localtimestamp from tipositver order by 1;

select tsvid location from tipositver order by 1;

update tipositver as location set tsvtxtid = 1 where location.tsvid = 3 returning tsvid as location, location.*;

update tipositver as lock set tsvtxtid = 1 where lock.tsvid = 3 returning tsvid as lock, lock.*;

select locked.* from tipositver locked order by 1;

select logged.* from tipositver logged order by 1;

select tsvid mapping from tipositver order by 1;

select mapping.tsvid from tipositver as mapping order by 1;

select tsvid match from tipositver order by 1;

select tsvid as matched from tipositver order by 1;

update tipositver as matched set tsvtxtid = 1 where matched.tsvid = 3 returning tsvid as matched, matched.*;

delete from tipositver materialized where materialized.tsvid = 3 returning materialized.tsvid materialized;

select maxvalue.* from tipositver maxvalue order by 1;

select merge.tsvid from tipositver as merge order by 1;

select tsvid method from tipositver order by 1;

select method.tsvid from tipositver as method order by 1;

select tsvid as minute from tipositver order by 1;

select tsvid as minvalue from tipositver order by 1;

delete from tipositver minvalue where minvalue.tsvid = 3 returning minvalue.tsvid minvalue;

delete from tipositver mode where mode.tsvid = 3 returning mode.tsvid mode;

select month.tsvid from tipositver as month order by 1;

select move.tsvid from tipositver as move order by 1;

select tsvid as name from tipositver order by 1;

select tsvid as names from tipositver order by 1;

delete from tipositver names where names.tsvid = 3 returning names.tsvid names;

update tipositver as names set tsvtxtid = 1 where names.tsvid = 3 returning tsvid as names, names.*;

delete from tipositver national where national.tsvid = 3 returning national.tsvid national;

select natural.* from tipositver natural order by 1;

select nchar.tsvid from tipositver as nchar order by 1;

select tsvid new from tipositver order by 1;

select tsvid as next from tipositver order by 1;

update tipositver as next set tsvtxtid = 1 where next.tsvid = 3 returning tsvid as next, next.*;

delete from tipositver nfc where nfc.tsvid = 3 returning nfc.tsvid nfc;

update tipositver as nfc set tsvtxtid = 1 where nfc.tsvid = 3 returning tsvid as nfc, nfc.*;

select nfd.* from tipositver nfd order by 1;

select nfkc.* from tipositver nfkc order by 1;

select tsvid nfkd from tipositver order by 1;

select tsvid no from tipositver order by 1;

update tipositver as no set tsvtxtid = 1 where no.tsvid = 3 returning tsvid as no, no.*;

update tipositver as none set tsvtxtid = 1 where none.tsvid = 3 returning tsvid as none, none.*;

select normalize.* from tipositver normalize order by 1;

select normalized.* from tipositver normalized order by 1;

select tsvid not from tipositver order by 1;

select not.tsvid from tipositver as not order by 1;

select tsvid nothing from tipositver order by 1;

select tsvid as notify from tipositver order by 1;

update tipositver as notify set tsvtxtid = 1 where notify.tsvid = 3 returning tsvid as notify, notify.*;

delete from tipositver notnull where notnull.tsvid = 3 returning notnull.tsvid notnull;

select nowait.* from tipositver nowait order by 1;

select null.tsvid from tipositver as null order by 1;

select tsvid nullif from tipositver order by 1;

select nullif.tsvid from tipositver as nullif order by 1;

select tsvid as nulls from tipositver order by 1;

select tsvid as numeric from tipositver order by 1;

delete from tipositver numeric where numeric.tsvid = 3 returning numeric.tsvid numeric;

delete from tipositver object where object.tsvid = 3 returning object.tsvid object;

select of.tsvid from tipositver as of order by 1;

select off.tsvid from tipositver as off order by 1;

select tsvid as offset from tipositver order by 1;

select tsvid as oids from tipositver order by 1;

delete from tipositver oids where oids.tsvid = 3 returning oids.tsvid oids;

update tipositver as oids set tsvtxtid = 1 where oids.tsvid = 3 returning tsvid as oids, oids.*;

delete from tipositver old where old.tsvid = 3 returning old.tsvid old;

select on.* from tipositver on order by 1;

select only.tsvid from tipositver as only order by 1;

select tsvid operator from tipositver order by 1;

select tsvid as option from tipositver order by 1;

update tipositver as option set tsvtxtid = 1 where option.tsvid = 3 returning tsvid as option, option.*;

delete from tipositver options where options.tsvid = 3 returning options.tsvid options;

update tipositver as options set tsvtxtid = 1 where options.tsvid = 3 returning tsvid as options, options.*;

delete from tipositver or where or.tsvid = 3 returning or.tsvid or;

delete from tipositver order where order.tsvid = 3 returning order.tsvid order;

select ordinality.tsvid from tipositver as ordinality order by 1;

select others.tsvid from tipositver as others order by 1;

select tsvid as out from tipositver order by 1;

select tsvid as outer from tipositver order by 1;

delete from tipositver outer where outer.tsvid = 3 returning outer.tsvid outer;

delete from tipositver over where over.tsvid = 3 returning over.tsvid over;

select overlaps.tsvid from tipositver as overlaps order by 1;

select overlaps.* from tipositver overlaps order by 1;

select overlay.tsvid from tipositver as overlay order by 1;

select tsvid overriding from tipositver order by 1;

select tsvid as owned from tipositver order by 1;

update tipositver as owned set tsvtxtid = 1 where owned.tsvid = 3 returning tsvid as owned, owned.*;

delete from tipositver owner where owner.tsvid = 3 returning owner.tsvid owner;

select parallel.* from tipositver parallel order by 1;

select parameter.tsvid from tipositver as parameter order by 1;

select parameter.* from tipositver parameter order by 1;

select tsvid parser from tipositver order by 1;

select tsvid partial from tipositver order by 1;

update tipositver as partial set tsvtxtid = 1 where partial.tsvid = 3 returning tsvid as partial, partial.*;

update tipositver as partition set tsvtxtid = 1 where partition.tsvid = 3 returning tsvid as partition, partition.*;

select passing.* from tipositver passing order by 1;

select password.* from tipositver password order by 1;

select tsvid placing from tipositver order by 1;

select tsvid plans from tipositver order by 1;

update tipositver as plans set tsvtxtid = 1 where plans.tsvid = 3 returning tsvid as plans, plans.*;

select tsvid as policy from tipositver order by 1;

update tipositver as policy set tsvtxtid = 1 where policy.tsvid = 3 returning tsvid as policy, policy.*;

delete from tipositver position where position.tsvid = 3 returning position.tsvid position;

select preceding.* from tipositver preceding order by 1;

select precision.tsvid from tipositver as precision order by 1;

select tsvid prepare from tipositver order by 1;

select tsvid as prepared from tipositver order by 1;

update tipositver as prepared set tsvtxtid = 1 where prepared.tsvid = 3 returning tsvid as prepared, prepared.*;

select tsvid as preserve from tipositver order by 1;

delete from tipositver preserve where preserve.tsvid = 3 returning preserve.tsvid preserve;

delete from tipositver primary where primary.tsvid = 3 returning primary.tsvid primary;

select prior.tsvid from tipositver as prior order by 1;

select privileges.tsvid from tipositver as privileges order by 1;

select tsvid as procedural from tipositver order by 1;

select tsvid as procedure from tipositver order by 1;

delete from tipositver procedure where procedure.tsvid = 3 returning procedure.tsvid procedure;

delete from tipositver procedures where procedures.tsvid = 3 returning procedures.tsvid procedures;

select program.tsvid from tipositver as program order by 1;

select program.* from tipositver program order by 1;

select publication.tsvid from tipositver as publication order by 1;

select tsvid quote from tipositver order by 1;

select tsvid as range from tipositver order by 1;

update tipositver as range set tsvtxtid = 1 where range.tsvid = 3 returning tsvid as range, range.*;

delete from tipositver read where read.tsvid = 3 returning read.tsvid read;

select real.* from tipositver real order by 1;

select reassign.tsvid from tipositver as reassign order by 1;

select reassign.* from tipositver reassign order by 1;

select tsvid recheck from tipositver order by 1;

select tsvid recursive from tipositver order by 1;

update tipositver as recursive set tsvtxtid = 1 where recursive.tsvid = 3 returning tsvid as recursive, recursive.*;

update tipositver as ref set tsvtxtid = 1 where ref.tsvid = 3 returning tsvid as ref, ref.*;

select references.* from tipositver references order by 1;

select referencing.* from tipositver referencing order by 1;

select tsvid refresh from tipositver order by 1;

select tsvid reindex from tipositver order by 1;

update tipositver as reindex set tsvtxtid = 1 where reindex.tsvid = 3 returning tsvid as reindex, reindex.*;

select tsvid as relative from tipositver order by 1;

update tipositver as relative set tsvtxtid = 1 where relative.tsvid = 3 returning tsvid as relative, relative.*;

delete from tipositver release where release.tsvid = 3 returning release.tsvid release;

select rename.* from tipositver rename order by 1;

select repeatable.tsvid from tipositver as repeatable order by 1;

select tsvid replace from tipositver order by 1;

select tsvid as replica from tipositver order by 1;

update tipositver as replica set tsvtxtid = 1 where replica.tsvid = 3 returning tsvid as replica, replica.*;

select tsvid as reset from tipositver order by 1;

delete from tipositver reset where reset.tsvid = 3 returning reset.tsvid reset;

delete from tipositver restart where restart.tsvid = 3 returning restart.tsvid restart;

select restrict.tsvid from tipositver as restrict order by 1;

select return.tsvid from tipositver as return order by 1;

select tsvid as returning from tipositver order by 1;

select tsvid as returns from tipositver order by 1;

delete from tipositver returns where returns.tsvid = 3 returning returns.tsvid returns;

delete from tipositver revoke where revoke.tsvid = 3 returning revoke.tsvid revoke;

select right.tsvid from tipositver as right order by 1;

select right.* from tipositver right order by 1;

select role.tsvid from tipositver as role order by 1;

select tsvid rollback from tipositver order by 1;

select tsvid as rollup from tipositver order by 1;

update tipositver as rollup set tsvtxtid = 1 where rollup.tsvid = 3 returning tsvid as rollup, rollup.*;

delete from tipositver routine where routine.tsvid = 3 returning routine.tsvid routine;

select routines.* from tipositver routines order by 1;

select row.tsvid from tipositver as row order by 1;

select row.* from tipositver row order by 1;

select tsvid rows from tipositver order by 1;

select tsvid rule from tipositver order by 1;

update tipositver as rule set tsvtxtid = 1 where rule.tsvid = 3 returning tsvid as rule, rule.*;

update tipositver as savepoint set tsvtxtid = 1 where savepoint.tsvid = 3 returning tsvid as savepoint, savepoint.*;

select schema.* from tipositver schema order by 1;

select schemas.* from tipositver schemas order by 1;

select tsvid scroll from tipositver order by 1;

select tsvid search from tipositver order by 1;

update tipositver as search set tsvtxtid = 1 where search.tsvid = 3 returning tsvid as search, search.*;

select tsvid as second from tipositver order by 1;

update tipositver as second set tsvtxtid = 1 where second.tsvid = 3 returning tsvid as second, second.*;

delete from tipositver security where security.tsvid = 3 returning security.tsvid security;

select select.* from tipositver select order by 1;

select sequence.tsvid from tipositver as sequence order by 1;

select tsvid sequences from tipositver order by 1;

select tsvid as serializable from tipositver order by 1;

update tipositver as serializable set tsvtxtid = 1 where serializable.tsvid = 3 returning tsvid as serializable, serializable.*;

select tsvid as server from tipositver order by 1;

delete from tipositver server where server.tsvid = 3 returning server.tsvid server;

delete from tipositver session where session.tsvid = 3 returning session.tsvid session;

select session_user.tsvid from tipositver as session_user order by 1;

select set.tsvid from tipositver as set order by 1;

select tsvid as setof from tipositver order by 1;

select tsvid as sets from tipositver order by 1;

delete from tipositver sets where sets.tsvid = 3 returning sets.tsvid sets;

delete from tipositver share where share.tsvid = 3 returning share.tsvid share;

select show.tsvid from tipositver as show order by 1;

select show.* from tipositver show order by 1;

select similar.tsvid from tipositver as similar order by 1;

select tsvid simple from tipositver order by 1;

select tsvid as skip from tipositver order by 1;

update tipositver as skip set tsvtxtid = 1 where skip.tsvid = 3 returning tsvid as skip, skip.*;

delete from tipositver smallint where smallint.tsvid = 3 returning smallint.tsvid smallint;

select snapshot.* from tipositver snapshot order by 1;

select some.tsvid from tipositver as some order by 1;

select some.* from tipositver some order by 1;

select tsvid sql from tipositver order by 1;

select tsvid stable from tipositver order by 1;

update tipositver as stable set tsvtxtid = 1 where stable.tsvid = 3 returning tsvid as stable, stable.*;

update tipositver as standalone set tsvtxtid = 1 where standalone.tsvid = 3 returning tsvid as standalone, standalone.*;

select start.* from tipositver start order by 1;

select statement.* from tipositver statement order by 1;

select tsvid statistics from tipositver order by 1;

select tsvid stdin from tipositver order by 1;

update tipositver as stdin set tsvtxtid = 1 where stdin.tsvid = 3 returning tsvid as stdin, stdin.*;

select tsvid as stdout from tipositver order by 1;

update tipositver as stdout set tsvtxtid = 1 where stdout.tsvid = 3 returning tsvid as stdout, stdout.*;

delete from tipositver storage where storage.tsvid = 3 returning storage.tsvid storage;

select stored.* from tipositver stored order by 1;

select strict.tsvid from tipositver as strict order by 1;

select tsvid strip from tipositver order by 1;

select tsvid as subscription from tipositver order by 1;

update tipositver as subscription set tsvtxtid = 1 where subscription.tsvid = 3 returning tsvid as subscription, subscription.*;

select tsvid as substring from tipositver order by 1;

delete from tipositver substring where substring.tsvid = 3 returning substring.tsvid substring;

delete from tipositver support where support.tsvid = 3 returning support.tsvid support;

select symmetric.tsvid from tipositver as symmetric order by 1;

select sysid.tsvid from tipositver as sysid order by 1;

select tsvid as system from tipositver order by 1;

select table.tsvid from tipositver as table order by 1;

select tsvid as tables from tipositver order by 1;

select tsvid as tablesample from tipositver order by 1;

delete from tipositver tablesample where tablesample.tsvid = 3 returning tablesample.tsvid tablesample;

update tipositver as tablesample set tsvtxtid = 1 where tablesample.tsvid = 3 returning tsvid as tablesample, tablesample.*;

delete from tipositver tablespace where tablespace.tsvid = 3 returning tablespace.tsvid tablespace;

select temp.* from tipositver temp order by 1;

select template.tsvid from tipositver as template order by 1;

select tsvid temporary from tipositver order by 1;

select tsvid as text from tipositver order by 1;

update tipositver as text set tsvtxtid = 1 where text.tsvid = 3 returning tsvid as text, text.*;

delete from tipositver then where then.tsvid = 3 returning then.tsvid then;

update tipositver as then set tsvtxtid = 1 where then.tsvid = 3 returning tsvid as then, then.*;

select ties.* from tipositver ties order by 1;

select time.* from tipositver time order by 1;

select tsvid timestamp from tipositver order by 1;

select tsvid to from tipositver order by 1;

update tipositver as to set tsvtxtid = 1 where to.tsvid = 3 returning tsvid as to, to.*;

update tipositver as trailing set tsvtxtid = 1 where trailing.tsvid = 3 returning tsvid as trailing, trailing.*;

select transaction.* from tipositver transaction order by 1;

select transform.* from tipositver transform order by 1;

select tsvid treat from tipositver order by 1;

select treat.tsvid from tipositver as treat order by 1;

select tsvid trigger from tipositver order by 1;

select tsvid as trim from tipositver order by 1;

update tipositver as trim set tsvtxtid = 1 where trim.tsvid = 3 returning tsvid as trim, trim.*;

delete from tipositver true where true.tsvid = 3 returning true.tsvid true;

select truncate.* from tipositver truncate order by 1;

select trusted.tsvid from tipositver as trusted order by 1;

select tsvid type from tipositver order by 1;

select type.tsvid from tipositver as type order by 1;

select tsvid as types from tipositver order by 1;

select tsvid as uescape from tipositver order by 1;

delete from tipositver uescape where uescape.tsvid = 3 returning uescape.tsvid uescape;

delete from tipositver unbounded where unbounded.tsvid = 3 returning unbounded.tsvid unbounded;

select uncommitted.tsvid from tipositver as uncommitted order by 1;

select unencrypted.tsvid from tipositver as unencrypted order by 1;

select tsvid as union from tipositver order by 1;

select tsvid as unique from tipositver order by 1;

delete from tipositver unique where unique.tsvid = 3 returning unique.tsvid unique;

update tipositver as unique set tsvtxtid = 1 where unique.tsvid = 3 returning tsvid as unique, unique.*;

delete from tipositver unknown where unknown.tsvid = 3 returning unknown.tsvid unknown;

select unlisten.* from tipositver unlisten order by 1;

select unlogged.tsvid from tipositver as unlogged order by 1;

select tsvid until from tipositver order by 1;

select tsvid as update from tipositver order by 1;

update tipositver as update set tsvtxtid = 1 where update.tsvid = 3 returning tsvid as update, update.*;

delete from tipositver user where user.tsvid = 3 returning user.tsvid user;

update tipositver as user set tsvtxtid = 1 where user.tsvid = 3 returning tsvid as user, user.*;

select using.* from tipositver using order by 1;

select vacuum.* from tipositver vacuum order by 1;

select tsvid valid from tipositver order by 1;

select tsvid validate from tipositver order by 1;

update tipositver as validate set tsvtxtid = 1 where validate.tsvid = 3 returning tsvid as validate, validate.*;

update tipositver as validator set tsvtxtid = 1 where validator.tsvid = 3 returning tsvid as validator, validator.*;

select value.* from tipositver value order by 1;

update tipositver as values set tsvtxtid = 1 where values.tsvid = 3 returning tsvid as values, values.*;

select varchar.* from tipositver varchar order by 1;

delete from tipositver varchar where varchar.tsvid = 3 returning varchar.tsvid varchar;

select variadic.* from tipositver variadic order by 1;

select varying.tsvid from tipositver as varying order by 1;

select tsvid verbose from tipositver order by 1;

select tsvid as version from tipositver order by 1;

update tipositver as version set tsvtxtid = 1 where version.tsvid = 3 returning tsvid as version, version.*;

delete from tipositver view where view.tsvid = 3 returning view.tsvid view;

select views.* from tipositver views order by 1;

delete from tipositver views where views.tsvid = 3 returning views.tsvid views;

select volatile.tsvid from tipositver as volatile order by 1;

select when.tsvid from tipositver as when order by 1;

select tsvid as where from tipositver order by 1;

select tsvid as whitespace from tipositver order by 1;

delete from tipositver whitespace where whitespace.tsvid = 3 returning whitespace.tsvid whitespace;

delete from tipositver window where window.tsvid = 3 returning window.tsvid window;

select with.tsvid from tipositver as with order by 1;

select within.tsvid from tipositver as within order by 1;

select tsvid as without from tipositver order by 1;

select tsvid without from tipositver order by 1;

select tsvid as work from tipositver order by 1;

update tipositver as work set tsvtxtid = 1 where work.tsvid = 3 returning tsvid as work, work.*;

delete from tipositver wrapper where wrapper.tsvid = 3 returning wrapper.tsvid wrapper;

select write.* from tipositver write order by 1;

select xml.tsvid from tipositver as xml order by 1;

select tsvid xmlattributes from tipositver order by 1;

select tsvid as xmlconcat from tipositver order by 1;

select tsvid xmlconcat from tipositver order by 1;

update tipositver as xmlconcat set tsvtxtid = 1 where xmlconcat.tsvid = 3 returning tsvid as xmlconcat, xmlconcat.*;

update tipositver as xmlelement set tsvtxtid = 1 where xmlelement.tsvid = 3 returning tsvid as xmlelement, xmlelement.*;

select xmlexists.* from tipositver xmlexists order by 1;

select xmlforest.* from tipositver xmlforest order by 1;

select tsvid xmlnamespaces from tipositver order by 1;

select tsvid xmlparse from tipositver order by 1;

update tipositver as xmlparse set tsvtxtid = 1 where xmlparse.tsvid = 3 returning tsvid as xmlparse, xmlparse.*;

update tipositver as xmlpi set tsvtxtid = 1 where xmlpi.tsvid = 3 returning tsvid as xmlpi, xmlpi.*;

select xmlroot.* from tipositver xmlroot order by 1;

delete from tipositver xmlroot where xmlroot.tsvid = 3 returning xmlroot.tsvid xmlroot;

select xmlserialize.* from tipositver xmlserialize order by 1;

select xmltable.tsvid from tipositver as xmltable order by 1;

select tsvid year from tipositver order by 1;

select tsvid as yes from tipositver order by 1;

update tipositver as yes set tsvtxtid = 1 where yes.tsvid = 3 returning tsvid as yes, yes.*;

delete from tipositver zone where zone.tsvid = 3 returning zone.tsvid zone;
