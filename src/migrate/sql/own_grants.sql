-- GRANT ... ON ALL TABLES IN SCHEMA fails where its role has no right at all on one of them (PostgreSQL source, aclchk.c, restrict_and_check_grant),
-- and passes the table over, with a warning, where it has one. So a role for which it would not fail on any other table of this schema has the right to
-- refer to the new tables, by which no row is read or written.
DO $own$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    WITH theirs AS MATERIALIZED (
      SELECT oid, relowner, relacl FROM pg_class
      WHERE relnamespace = to_regnamespace({schema_text}) AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname !~ '^(audit_log|domain_value)(_|$)'
    ), granting AS MATERIALIZED (
      SELECT g.role_id
      FROM (SELECT relowner AS role_id FROM theirs UNION SELECT a.grantee FROM theirs CROSS JOIN LATERAL aclexplode(relacl) AS a WHERE a.is_grantable) AS g
      WHERE g.role_id <> 0 AND NOT EXISTS (
        SELECT FROM theirs AS t WHERE NOT has_table_privilege(g.role_id, t.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
    )
    SELECT format('GRANT REFERENCES ON TABLE %s TO %I', o.oid::regclass, r.rolname)
    FROM pg_class AS o JOIN pg_roles AS r ON NOT r.rolsuper AND r.oid <> o.relowner
    WHERE o.relnamespace = to_regnamespace({schema_text}) AND pg_has_role(o.relowner, 'USAGE')
      AND (o.relkind = 'p' AND o.relname IN ('audit_log', 'audit_log_live', 'domain_value', 'domain_value_link')
        OR o.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass({schema_text} || '.audit_log_live')))
      AND r.oid IN (SELECT role_id FROM granting)
      AND NOT EXISTS (SELECT FROM aclexplode(o.relacl) AS a WHERE a.grantee = r.oid AND a.privilege_type = 'REFERENCES')
    ORDER BY o.oid, r.rolname
  LOOP
    EXECUTE statement;
  END LOOP;
END $own$;
