WITH RECURSIVE legacy AS (
  SELECT c.oid, c.reltype, t.typarray FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_type AS t ON t.oid = c.reltype
  WHERE c.relnamespace IN (pg_catalog.to_regnamespace({schema_text}), pg_catalog.to_regnamespace({control_text})) AND c.relname = ANY ({tables})
), used AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d JOIN legacy AS l
    ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = l.oid
    OR d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (l.reltype, l.typarray)
), over AS (
  SELECT c.oid, c.relkind, c.relowner FROM used AS u JOIN pg_catalog.pg_rewrite AS r ON r.oid = u.objid JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
  WHERE u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  UNION
  SELECT c.oid, c.relkind, c.relowner FROM over AS o JOIN pg_catalog.pg_depend AS d
    ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = o.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
  WHERE o.relkind = 'm'
), found AS (
  SELECT relowner AS owner, CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialised view ' ELSE 'table ' END || oid::pg_catalog.regclass::text AS what
  FROM over WHERE oid NOT IN (SELECT oid FROM legacy)
  UNION SELECT p.proowner, 'function ' || p.oid::pg_catalog.regprocedure::text FROM used AS u JOIN pg_catalog.pg_proc AS p ON p.oid = u.objid
  WHERE u.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.pronamespace IS DISTINCT FROM pg_catalog.to_regnamespace({control_text})
  UNION SELECT c.relowner, 'table ' || c.oid::pg_catalog.regclass::text
  FROM used AS u JOIN pg_catalog.pg_policy AS p ON p.oid = u.objid JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
  WHERE u.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND c.oid NOT IN (SELECT oid FROM legacy)
)
SELECT r.rolname::text AS name, r.rolsuper AS is_superuser, pg_catalog.string_agg(f.what, ', ' ORDER BY f.what) AS objects
FROM found AS f JOIN pg_catalog.pg_roles AS r ON r.oid = f.owner GROUP BY 1, 2 ORDER BY 1