-- What moved tables consist of, as it is now: table, kind, name, definition as PostgreSQL prints it, the SQL that makes it, and what else is
-- wrong with it. {tables} yields their names. What the audit attaches is described in migrate/capture.rs; indexes and constraints that
-- belong to those of the parent come and go with them.
WITH moved(t) AS MATERIALIZED ({tables}),
place AS MATERIALIZED (
  SELECT t, role, c.oid, c.relkind, c.reloptions, c.relowner, format('%I.%I', n.nspname, c.relname) AS name
  FROM moved, (VALUES ('leaf', {leaf_text}, 'r'), ('own', {control_text}, 'v'), ('legacy', {schema_text}, 'v')) AS r(role, schema_name, kind),
       pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relname = t AND n.nspname = schema_name AND c.relkind = r.kind::"char"
),
leaf AS (SELECT * FROM place WHERE role = 'leaf'),
described AS (
  SELECT t, 'table' AS kind, name, name AS definition, '' AS creation, '' AS state FROM leaf
  UNION ALL
  SELECT t, 'partition', leaf.name, format('%s %s', i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)),
         format('ALTER TABLE %s ATTACH PARTITION %s %s', i.inhparent::regclass, leaf.name, pg_get_expr(c.relpartbound, c.oid)), ''
  FROM leaf JOIN pg_class AS c ON c.oid = leaf.oid JOIN pg_inherits AS i ON i.inhrelid = c.oid AND NOT i.inhdetachpending
  UNION ALL
  SELECT t, 'constraint', format('%I on %s', conname, leaf.name), pg_get_constraintdef(k.oid),
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', leaf.name, conname, pg_get_constraintdef(k.oid)),
         CASE WHEN contype IN ('u', 'p') AND NOT indisvalid THEN 'invalid' ELSE '' END
  FROM leaf JOIN pg_constraint AS k ON k.conrelid = leaf.oid LEFT JOIN pg_index AS x ON x.indexrelid = k.conindid
  WHERE contype IN ('c', 'u', 'p')
  UNION ALL
  SELECT t, 'index', format('%I.%I', n.nspname, c.relname), pg_get_indexdef(c.oid), pg_get_indexdef(c.oid),
         CASE WHEN indisvalid THEN '' ELSE 'invalid' END
  FROM leaf JOIN pg_index AS x ON x.indrelid = leaf.oid JOIN pg_class AS c ON c.oid = x.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
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
  SELECT t, 'trigger', format('%I on %s', tgname, name), pg_get_triggerdef(g.oid), pg_get_triggerdef(g.oid),
         CASE WHEN tgenabled IN ('O', 'A') THEN '' ELSE 'disabled' END
  FROM place JOIN pg_trigger AS g ON g.tgrelid = place.oid AND NOT tgisinternal JOIN pg_proc AS p ON p.oid = tgfoid
  WHERE p.proname !~ '^(audit|project)_' AND p.proname <> 'fn_audit_trigger'
  UNION ALL
  SELECT t, 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid),
         format(E'%s;\nREVOKE ALL ON FUNCTION %s FROM PUBLIC', rtrim(pg_get_functiondef(p.oid), E'\n'), p.oid::regprocedure),
         CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'for PUBLIC' ELSE '' END
  FROM moved JOIN pg_proc AS p ON p.oid = to_regprocedure(format('%I.%I()', {control_text}, 'write_' || t))
  UNION ALL
  SELECT t, 'owner', o.name, pg_get_userbyid(o.owner), o.creation, ''
  FROM (SELECT t, name, relowner AS owner, format('ALTER %s %s OWNER TO %I', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, name, pg_get_userbyid(relowner)) AS creation
        FROM place
        UNION ALL
        SELECT t, p.oid::regprocedure::text, proowner, format('ALTER FUNCTION %s OWNER TO %I', p.oid::regprocedure, pg_get_userbyid(proowner))
        FROM moved JOIN pg_proc AS p ON p.oid = to_regprocedure(format('%I.%I()', {control_text}, 'write_' || t))) AS o
)
SELECT t, kind, name, definition, creation, state FROM described
