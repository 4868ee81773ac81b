-- What moved tables consist of, as it is now: table, kind, name, definition as PostgreSQL prints it, the SQL that creates it, and what else is
-- wrong with it. {tables} yields their names. What the audit attaches is described in migrate/capture.rs; indexes and constraints that belong to
-- those of the parent are created and dropped with them. The functions of a key table are marked by their comment (foreign_key/key_table.rs).
WITH moved(t) AS MATERIALIZED ({tables}),
place AS MATERIALIZED (
  SELECT t, role, c.oid, c.relkind, c.reloptions, c.relowner, c.relrowsecurity, c.relforcerowsecurity, format('%I.%I', n.nspname, c.relname) AS name
  FROM moved, (VALUES ('leaf', {leaf_text}, 'r'), ('key', {key_text}, 'r'), ('own', {control_text}, 'v'), ('legacy', {schema_text}, 'v')) AS r(role, schema_name, kind),
       pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relname = t AND n.nspname = schema_name AND c.relkind = r.kind::"char"
),
leaf AS (SELECT * FROM place WHERE role = 'leaf'),
stored AS (SELECT * FROM place WHERE role IN ('leaf', 'key')),
key AS (SELECT * FROM place WHERE role = 'key'),
code AS MATERIALIZED (
  SELECT t, p.oid, p.proname, p.proowner, p.oid::regprocedure::text AS name,
         format(E'%s;\nREVOKE ALL ON FUNCTION %s FROM PUBLIC', rtrim(pg_get_functiondef(p.oid), E'\n'), p.oid::regprocedure) AS creation
  FROM moved JOIN pg_proc AS p ON p.oid = to_regprocedure(format('%I.%I()', {control_text}, 'write_' || t))
  UNION ALL
  SELECT t, p.oid, p.proname, p.proowner, p.oid::regprocedure::text,
         format(E'%s;\nREVOKE ALL ON FUNCTION %s FROM PUBLIC;\nCOMMENT ON FUNCTION %2$s IS %3$L', rtrim(pg_get_functiondef(p.oid), E'\n'), p.oid::regprocedure, d.description)
  FROM moved JOIN pg_description AS d ON d.description IN ('esclusa: key table ' || t, 'esclusa: keeps ' || t) AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
       JOIN pg_proc AS p ON p.oid = d.objoid AND p.pronamespace = to_regnamespace({control_text})
  UNION ALL
  -- The function of a CHECK of the leaf: whoever writes a row runs it.
  SELECT DISTINCT t, p.oid, p.proname, p.proowner, p.oid::regprocedure::text, rtrim(pg_get_functiondef(p.oid), E'\n')
  FROM leaf JOIN pg_constraint AS k ON k.conrelid = leaf.oid AND k.contype = 'c'
       JOIN pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.refclassid = 'pg_proc'::regclass
       JOIN pg_proc AS p ON p.oid = d.refobjid AND p.pronamespace = to_regnamespace({control_text}) AND p.proname ~ '^check_'
),
-- A foreign key between two key tables belongs to the referencing one.
pointing AS (
  SELECT key.t, k.oid, k.conname, format('%I.%I', n.nspname, c.relname) AS at, pg_get_constraintdef(k.oid) AS definition
  FROM key JOIN pg_constraint AS k ON k.contype = 'f' AND k.conparentid = 0 AND key.oid IN (k.conrelid, k.confrelid)
       JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE k.conrelid = key.oid OR n.nspname <> {key_text}
),
described AS (
  SELECT t, 'table' AS kind, name, name AS definition, format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', name) AS creation,
         CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'row security is on' ELSE '' END AS state
  FROM leaf
  UNION ALL
  SELECT t, 'default', format('%I on %s', attname, name), pg_get_expr(adbin, adrelid),
         format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', name, attname, pg_get_expr(adbin, adrelid)), ''
  FROM leaf JOIN pg_attrdef ON adrelid = leaf.oid JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum AND NOT attisdropped
  UNION ALL
  SELECT t, 'rule', format('%I on %s', rulename, name), pg_get_ruledef(u.oid), '', ''
  FROM place JOIN pg_rewrite AS u ON ev_class = place.oid AND rulename <> '_RETURN'
  UNION ALL
  SELECT t, 'partition', leaf.name, format('%s %s', i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)),
         format('ALTER TABLE %s ATTACH PARTITION %s %s', i.inhparent::regclass, leaf.name, pg_get_expr(c.relpartbound, c.oid)), ''
  FROM leaf JOIN pg_class AS c ON c.oid = leaf.oid JOIN pg_inherits AS i ON i.inhrelid = c.oid AND NOT i.inhdetachpending
  UNION ALL
  SELECT t, 'constraint', format('%I on %s', conname, stored.name), pg_get_constraintdef(k.oid),
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', stored.name, conname, pg_get_constraintdef(k.oid)),
         CASE WHEN contype IN ('u', 'p') AND NOT indisvalid THEN 'invalid' ELSE '' END
  FROM stored JOIN pg_constraint AS k ON k.conrelid = stored.oid LEFT JOIN pg_index AS x ON x.indexrelid = k.conindid
  WHERE contype IN ('c', 'u', 'p')
  UNION ALL
  SELECT t, 'index', format('%I.%I', n.nspname, c.relname), pg_get_indexdef(c.oid), pg_get_indexdef(c.oid),
         CASE WHEN indisvalid THEN '' ELSE 'invalid' END
  FROM stored JOIN pg_index AS x ON x.indrelid = stored.oid JOIN pg_class AS c ON c.oid = x.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype IN ('u', 'p', 'x'))
    AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
  UNION ALL
  SELECT t, 'view', name, concat_ws(E'\n', array_to_string(reloptions, ', '), pg_get_viewdef(place.oid), d.definition),
         format(E'CREATE OR REPLACE VIEW %s%s AS %s\n%s', name, ' WITH (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(place.oid), d.creation), ''
  FROM place, LATERAL (
    SELECT string_agg(format('%I DEFAULT %s', attname, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum) AS definition,
           string_agg(format('ALTER VIEW %s ALTER COLUMN %I %s;', name, attname, coalesce('SET DEFAULT ' || pg_get_expr(adbin, adrelid), 'DROP DEFAULT')),
                      E'\n' ORDER BY attnum) AS creation
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = place.oid AND attnum > 0 AND NOT attisdropped) AS d
  WHERE relkind = 'v'
  UNION ALL
  -- Triggers that keep a key table or the archive equal fire in a replica's session too.
  SELECT t, 'trigger', format('%I on %s', tgname, name), pg_get_triggerdef(g.oid),
         concat_ws('; ', pg_get_triggerdef(g.oid), CASE WHEN a.always THEN format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', name, tgname) END),
         CASE WHEN tgenabled NOT IN ('O', 'A') THEN 'disabled' WHEN a.always AND tgenabled <> 'A' THEN 'not ALWAYS' ELSE '' END
  FROM place JOIN pg_trigger AS g ON g.tgrelid = place.oid AND NOT tgisinternal JOIN pg_proc AS p ON p.oid = tgfoid,
       LATERAL (SELECT tgname ~ '^esclusa_(follow|lead|keep)' AS always) AS a
  WHERE p.proname !~ '^(audit|project)_' AND p.proname <> 'fn_audit_trigger'
  UNION ALL
  -- Whether it has the right rows is for `verify` to say.
  SELECT t, 'archive', format('%I.%I', n.nspname, c.relname),
         (SELECT string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END), ', ' ORDER BY attnum)
          FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) ||
         coalesce((SELECT string_agg('; ' || pg_get_constraintdef(k.oid), '' ORDER BY conname) FROM pg_constraint AS k WHERE conrelid = c.oid AND contype IN ('c', 'x')), ''),
         format('ALTER TABLE %I.%I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', n.nspname, c.relname),
         CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'row security is on' ELSE '' END
  FROM moved JOIN pg_class AS c ON c.relname = t AND c.relkind = 'r' JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = {archive_text}
  UNION ALL
  -- The one on the archive that refuses what the leaf's triggers do not write.
  SELECT t, 'guard', format('%I on %I.%I', tgname, n.nspname, c.relname), pg_get_triggerdef(g.oid), pg_get_triggerdef(g.oid),
         CASE WHEN tgenabled IN ('O', 'A') THEN '' ELSE 'disabled' END
  FROM moved JOIN pg_class AS c ON c.relname = t JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = {archive_text}
       JOIN pg_trigger AS g ON g.tgrelid = c.oid AND g.tgname = 'esclusa_guard'
  UNION ALL
  SELECT t, 'function', name, pg_get_functiondef(oid), creation, CASE WHEN proname !~ '^check_' AND has_function_privilege('public', oid, 'EXECUTE') THEN 'for PUBLIC' ELSE '' END
  FROM code
  UNION ALL
  SELECT t, 'key table', name, c.list,
         format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE; CREATE TABLE %s (%s); ALTER TABLE %2$s OWNER TO %4$I; SELECT %5$s',
           (SELECT leaf.name FROM leaf WHERE leaf.t = key.t), name, c.list, pg_get_userbyid(relowner),
           (SELECT code.name FROM code WHERE code.t = key.t AND proname ~ '^refill_')), ''
  FROM key, LATERAL (
    SELECT string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod),
             CASE WHEN attcollation <> typcollation THEN (SELECT format('COLLATE %I.%I', nspname, collname) FROM pg_collation AS o JOIN pg_namespace AS s ON s.oid = collnamespace WHERE o.oid = attcollation) END,
             'DEFAULT ' || pg_get_expr(adbin, adrelid), CASE WHEN attnotnull THEN 'NOT NULL' END), ', ' ORDER BY attnum) AS list
    FROM pg_attribute AS a JOIN pg_type AS y ON y.oid = atttypid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = key.oid AND attnum > 0 AND NOT attisdropped) AS c
  UNION ALL
  SELECT t, 'foreign key', format('%I on %s', conname, at), definition,
         concat_ws('; ', format('ALTER TABLE %s ADD CONSTRAINT %I %s', at, conname, definition),
           (SELECT format('COMMENT ON CONSTRAINT %I ON %s IS %L', conname, at, d) FROM obj_description(pointing.oid, 'pg_constraint') AS d WHERE d IS NOT NULL)),
         CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = pointing.oid AND tgenabled <> 'O') THEN 'disabled' ELSE '' END
  FROM pointing
  UNION ALL
  SELECT t, 'hold', format('%I on %I.%I', tgname, n.nspname, c.relname), pg_get_triggerdef(g.oid), pg_get_triggerdef(g.oid),
         CASE WHEN tgenabled IN ('O', 'A') THEN '' ELSE 'disabled' END
  FROM code JOIN pg_trigger AS g ON g.tgfoid = code.oid AND g.tgparentid = 0 JOIN pg_class AS c ON c.oid = g.tgrelid
       JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE code.proname ~ '^hold_' AND n.nspname <> {key_text}
  UNION ALL
  SELECT t, 'owner', o.name, pg_get_userbyid(o.owner), o.creation, ''
  FROM (SELECT t, name, relowner AS owner, format('ALTER %s %s OWNER TO %I', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, name, pg_get_userbyid(relowner)) AS creation
        FROM place
        UNION ALL
        SELECT t, name, proowner, format('ALTER FUNCTION %s OWNER TO %I', name, pg_get_userbyid(proowner)) FROM code) AS o
)
SELECT t, kind, name, definition, creation, state FROM described
