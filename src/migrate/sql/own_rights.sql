-- The tables of esclusa's own whose owner's rights were revoked from the control role: the table, and the rights that it lacks. A table of another role
-- is no such: the role is to own it, or to be a member of its owner.
SELECT c.oid::regclass::text AS name, string_agg(r.privilege, ', ' ORDER BY r.n) AS rights
FROM pg_class AS c CROSS JOIN (VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')) AS r (n, privilege)
WHERE c.relkind IN ('r', 'p')
  AND (c.relnamespace = to_regnamespace('{control}')
    OR c.relnamespace = to_regnamespace({schema_text}) AND c.relname IN ('audit_log', 'domain_value', 'domain_value_link'))
  AND pg_has_role({role_text}, c.relowner, 'USAGE') AND NOT has_table_privilege({role_text}, c.oid, r.privilege)
GROUP BY c.oid
