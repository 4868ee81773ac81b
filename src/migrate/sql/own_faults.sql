WITH ours AS (
  SELECT c.oid, c.relowner AS owner, c.relacl AS acl, CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass::text AS what,
         c.relkind = 'S' AS is_sequence, c.relname = 'audit_log_live' OR i.inhrelid IS NOT NULL AS is_part
  FROM pg_class AS c LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND i.inhparent = to_regclass({schema_text} || '.audit_log_live')
  WHERE c.relnamespace = to_regnamespace({schema_text}) AND (i.inhrelid IS NOT NULL
    OR c.relkind = 'p' AND c.relname IN ('audit_log', 'audit_log_live', 'domain_value', 'domain_value_link')
    OR c.relkind = 'S' AND c.relname IN ('audit_log_al_id_seq', 'domain_value_dv_id_seq', 'domain_value_link_dvl_id_seq'))
), held AS (
  SELECT o.owner, o.what, o.is_sequence, o.is_part, a.grantee, a.privilege_type AS privilege,
         -- That one reads and writes nothing; whoever may grant on all tables has it (own_grants.sql).
         a.privilege_type <> 'REFERENCES' OR a.is_grantable AS is_fault
  FROM ours AS o CROSS JOIN LATERAL aclexplode(o.acl) AS a
  WHERE a.grantee <> o.owner AND pg_get_userbyid(a.grantee) <> '{audit}'
  UNION ALL SELECT p.proowner, 'FUNCTION ' || p.oid::regprocedure::text, true, false, a.grantee, a.privilege_type, true
  FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a
  WHERE p.pronamespace = to_regnamespace({schema_text}) AND p.proname = 'fn_audit_trigger' AND a.grantee <> p.proowner
)
SELECT h.what, h.owner, CASE h.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(h.grantee)) END AS role_name,
       string_agg(DISTINCT h.privilege, ', ') AS rights
FROM held AS h
WHERE CASE WHEN h.is_sequence THEN h.privilege <> 'USAGE' OR h.grantee <> 0 ELSE h.grantee IN (SELECT grantee FROM held WHERE is_part AND is_fault) END
GROUP BY 1, 2, 3
