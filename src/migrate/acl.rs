//! The rights that roles have on a relation, as the catalog has them (manual, section 5.7).

/// A query: one row for each right on the relation with this OID (an SQL expression), also for those that an owner has by default. `role` is the
/// grantee, quoted, or PUBLIC; `columns` is empty, or one column in parentheses; `option` is the grant option.
pub(super) fn rights(oid: &str) -> String {
    format!(
        "SELECT c.relowner AS owner, a.grantor, a.grantee, \
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS role, \
           a.privilege_type AS privilege, g.columns, a.is_grantable AS option \
         FROM pg_class AS c CROSS JOIN LATERAL (SELECT coalesce(c.relacl, acldefault('r', c.relowner)) AS acl, '' AS columns \
           UNION ALL SELECT attacl, format(' (%I)', attname) FROM pg_attribute \
           WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attacl IS NOT NULL) AS g \
         CROSS JOIN LATERAL aclexplode(g.acl) AS a WHERE c.oid = {oid}"
    )
}
