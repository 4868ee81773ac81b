//! The role that mode shadow compares as. A client's read runs a second time as this role, so it may do nothing but read: it has no superuser right
//! and no attribute, owns nothing, and is a member of `pg_read_all_data` only. `esclusa roles` creates it; if it could do more, nothing is
//! compared.

use crate::catalog::Database;
use crate::error::{Error, Result};

/// Creates the role, if it does not exist, with the one membership by which it reads. The administrator gives it a password.
pub(super) const SCRIPT: &str = include_str!("sql/shadow_role.sql");

/// Everything that the role could do beside reading. Rights of PUBLIC are not counted, because everybody has them.
const EXCESS: &str = "
    WITH r AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = $1)
    SELECT 'there is no such role' WHERE NOT EXISTS (SELECT FROM r)
    UNION ALL SELECT 'it is a superuser' FROM r WHERE rolsuper
    UNION ALL SELECT 'it may create roles' FROM r WHERE rolcreaterole
    UNION ALL SELECT 'it may create databases' FROM r WHERE rolcreatedb
    UNION ALL SELECT 'it may replicate' FROM r WHERE rolreplication
    UNION ALL SELECT 'it goes past row security' FROM r WHERE rolbypassrls
    UNION ALL SELECT 'it is a member of ' || g.rolname FROM r JOIN pg_catalog.pg_auth_members AS m ON m.member = r.oid
      JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid WHERE g.rolname <> 'pg_read_all_data'
    UNION ALL SELECT 'it owns ' || count(*) || ' objects' FROM r JOIN pg_catalog.pg_shdepend AS d
      ON d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.refobjid = r.oid AND d.deptype = 'o' HAVING count(*) > 0
    UNION ALL SELECT DISTINCT 'it has the right to ' || lower(a.privilege_type) || ' ' || what FROM (
        SELECT relacl, relname FROM pg_catalog.pg_class
        UNION ALL SELECT attacl, attname FROM pg_catalog.pg_attribute
        UNION ALL SELECT nspacl, nspname FROM pg_catalog.pg_namespace
        UNION ALL SELECT datacl, datname FROM pg_catalog.pg_database) AS o(acl, what),
      pg_catalog.aclexplode(o.acl) AS a JOIN r ON r.oid = a.grantee
      WHERE a.privilege_type NOT IN ('SELECT', 'USAGE', 'CONNECT', 'TEMPORARY') OR a.is_grantable";

/// What a role could do beside reading; empty for one that mode shadow may use.
pub async fn excess(database: &Database, role: &str) -> Result<Vec<String>> {
    let rows = database.query("looking at the role of mode shadow", EXCESS, &[&role]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Refuses mode shadow while its role could do more than read.
pub async fn require(database: &Database, role: &str) -> Result<()> {
    let excess = excess(database, role).await?;
    if excess.is_empty() {
        return Ok(());
    }
    Err(Error::Refused {
        message: format!("mode shadow cannot compare as role {role}"),
        detail: Some(excess.join("; ")),
        hint: Some(
            "`esclusa roles` prints the script that makes the role of shadow.user, which reads and can do nothing else".into(),
        ),
    })
}
