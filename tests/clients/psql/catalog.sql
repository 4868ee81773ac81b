-- Every backslash command of psql that asks the catalog; read-only.
\pset pager off
\conninfo
\echo :DBNAME :USER :HOST :ENCODING :SERVER_VERSION_NUM
SHOW search_path; SHOW "TimeZone"; SHOW application_name; SHOW lc_messages; SHOW client_encoding;
\d
\d+ cf_quere_pro.ofic*
\dS pg_class
\dS+ pg_stat_activity
\d cf_quere_pro.*
\d esclusa.*
\d+ audit_log*
\d+ domain_value*
\da
\daS sum
\dA+
\dAc btree
\dAf btree
\dAo+ btree integer_ops
\dAp hash
\db+
\dcS utf8_to_iso_8859_1
\dCS+ integer
\dconfig
\dconfig+ work_mem
\ddS
\dD
\dDS+ *
\ddp
\dE
\diS+ pg_class*
\di+
\dsS
\dt+
\dtS+
\dv+
\dm
\dP
\dPn
\dPit
\des+
\deu+
\dew+
\det+
\df+ esclusa.*
\dfS pg_get*
\dfn
\dft
\dfp
\dfa
\dfw
\dFS+
\dFdS+
\dFpS+
\dFtS+
\dg+
\dl
\dL+
\dLS
\dnS+
\do
\doS+ =
\dOS+ *
\dp
\dp cf_quere_pro.*
\drds
\drds postgres
\dRp+
\dRs+
\dT
\dTS+ int*
\du+
\dx+
\dX
\dy+
\l
\l+
\lo_list
\z esclusa.*
\sf pg_get_viewdef(oid)
\sf+ pg_catalog.obj_description(oid)
\sv pg_stat_user_tables
\sv+ pg_catalog.pg_tables
\h
\h CREATE INDEX
\d nosuch
\d no.such.table.at.all
\dt (((
\df+ "(
\sf nosuch
\sv nosuch
\encoding
\set
