-- What is wrong with what belongs to no single moved table (object/around.rs): kind, object, finding, what is expected, what was found.

-- Grants on views are carried to leaves by event triggers.
SELECT 'event trigger', w.name, CASE WHEN e.oid IS NULL THEN 'missing' ELSE 'disabled' END, 'enabled', ''
FROM (VALUES ('esclusa_grants'), ('esclusa_usage')) AS w(name) LEFT JOIN pg_event_trigger AS e ON evtname = w.name
WHERE (e.oid IS NULL OR evtenabled NOT IN ('O', 'A')) AND EXISTS (SELECT FROM {control}.object)
UNION ALL
-- A row that is written through a parent would pass the triggers of a key table.
SELECT DISTINCT 'guard', i.inhparent::regclass::text, 'missing', 'BEFORE INSERT OR UPDATE OR DELETE', ''
FROM pg_class AS key JOIN pg_class AS leaf ON leaf.relname = key.relname AND leaf.relnamespace = to_regnamespace({leaf_text})
     JOIN pg_inherits AS i ON i.inhrelid = leaf.oid
WHERE key.relnamespace = to_regnamespace({key_text}) AND key.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = i.inhparent AND tgname = '{guard}' AND tgenabled IN ('O', 'A'))
UNION ALL
-- A key table is open to PUBLIC only as its view is.
SELECT 'rights', c.oid::regclass::text, 'open to PUBLIC', '', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
FROM pg_class AS c, aclexplode(c.relacl) AS a
WHERE a.grantee = 0 AND c.relkind IN ('r', 'p') AND (c.relnamespace IN (to_regnamespace({control_text}), to_regnamespace({key_text}))
    OR c.relnamespace = to_regnamespace({schema_text}) AND (c.relname IN ('audit_log', 'audit_log_live', 'domain_value', 'domain_value_link')
      OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid AND inhparent = to_regclass({schema_text} || '.audit_log_live'))))
  AND NOT (c.relnamespace = to_regnamespace({key_text}) AND EXISTS (SELECT FROM pg_class AS v, aclexplode(v.relacl) AS g
    WHERE v.relname = c.relname AND v.relnamespace = to_regnamespace({control_text}) AND g.grantee = 0 AND g.privilege_type = a.privilege_type))
GROUP BY c.oid
UNION ALL
-- Whoever may create there could take a name that a function or the next move expects.
SELECT 'rights', format('SCHEMA %I', n.nspname), 'given to ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, '', 'CREATE'
FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
WHERE n.oid IN (to_regnamespace({control_text}), to_regnamespace({leaf_text}), to_regnamespace({key_text}), to_regnamespace({archive_text}))
  AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
UNION ALL
-- Whoever may execute a trigger's function can have a table of his own fire it, with the rights of the function's owner.
SELECT 'rights', 'FUNCTION ' || p.oid::regprocedure::text, 'given to ' || quote_ident(pg_get_userbyid(a.grantee)), '', 'EXECUTE'
FROM pg_proc AS p, aclexplode(p.proacl) AS a
WHERE p.pronamespace = to_regnamespace({control_text}) AND p.prosecdef AND p.prorettype = 'trigger'::regtype AND a.grantee NOT IN (0, p.proowner)
UNION ALL
-- The triggers that keep an archive up to date run as the owner, who may be another one since the move.
SELECT DISTINCT 'rights', w.what, 'missing for ' || quote_ident(pg_get_userbyid(p.proowner)), w.wanted, ''
FROM {control}.archive AS a
     JOIN pg_description AS d ON d.description = 'esclusa: keeps ' || a.legacy_table AND d.classoid = 'pg_proc'::regclass
     JOIN pg_proc AS p ON p.oid = d.objoid AND p.pronamespace = to_regnamespace({control_text})
     CROSS JOIN LATERAL (VALUES
       ('SCHEMA ' || {archive_text}, 'USAGE', has_schema_privilege(p.proowner, to_regnamespace({archive_text}), 'USAGE'))) AS w(what, wanted, has)
WHERE NOT w.has
UNION ALL
-- They, the views and the foreign keys read and write these tables as the owner: leaf, key table, archive, and the places in the archive.
SELECT 'rights', c.oid::regclass::text, 'missing for ' || quote_ident(pg_get_userbyid(leaf.relowner)), 'SELECT, INSERT, UPDATE, DELETE', ''
FROM pg_class AS leaf JOIN pg_class AS c ON c.relkind = 'r' AND (c.relnamespace, c.relname) IN (VALUES
     (leaf.relnamespace, leaf.relname), (to_regnamespace({key_text}), leaf.relname), (to_regnamespace({archive_text}), leaf.relname),
     (to_regnamespace({control_text}), ('kept_' || leaf.relname)::name))
WHERE leaf.relkind = 'r' AND leaf.relnamespace = to_regnamespace({leaf_text})
  AND EXISTS (SELECT FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS wanted WHERE NOT has_table_privilege(leaf.relowner, c.oid, wanted))
UNION ALL
-- A view that was kept for what depended on it when its table came back, and is no longer needed.
SELECT 'kept view', c.oid::regclass::text, 'nothing uses it any more', '', 'a view over a table that came back'
FROM pg_class AS c JOIN pg_type AS t ON t.oid = c.reltype
WHERE c.relnamespace = to_regnamespace({control_text}) AND c.relkind = 'v' AND c.relname ~ '^through_'
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.deptype = 'n'
    AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray))
    AND NOT (d.classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_rewrite AS r WHERE r.oid = d.objid AND r.ev_class = c.oid)))
UNION ALL
SELECT 'logging', c.oid::regclass::text, 'a crash of the server would take its rows', 'LOGGED', 'UNLOGGED'
FROM pg_class AS c
WHERE c.relkind = 'r' AND c.relpersistence = 'u'
  AND (c.relnamespace IN (to_regnamespace({leaf_text}), to_regnamespace({key_text}), to_regnamespace({archive_text}))
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass({schema_text} || '.audit_log_live')))
UNION ALL
-- Views of others, over views of others, over a moved table.
(WITH RECURSIVE over (oid) AS (
   SELECT CASE WHEN kind = 'view' THEN to_regclass(name)::oid END FROM {control}.object WHERE kind = 'view'
   UNION
   SELECT r.ev_class
   FROM over JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = over.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite AS r ON r.oid = d.objid)
 SELECT 'barrier', c.oid::regclass::text, 'a security barrier over a moved table', '', 'security_barrier'
 FROM over JOIN pg_class AS c ON c.oid = over.oid CROSS JOIN pg_options_to_table(c.reloptions) AS o
 WHERE c.relkind = 'v' AND o.option_name = 'security_barrier' AND o.option_value::bool AND pg_relation_is_updatable(c.oid, true) & 20 <> 0)
UNION ALL
-- What GRANT ... ON ALL TABLES IN SCHEMA gave, while the event triggers were off.
SELECT 'rights', what, 'given to ' || role_name, '', rights FROM ({faults}) AS f WHERE role_name <> 'PUBLIC' OR what ~ '^SEQUENCE '
