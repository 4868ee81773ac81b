-- The role that mode shadow compares as: it reads, and can do nothing else. Its password, or its line in pg_hba.conf, is left to the administrator.
-- Roles belong to the whole cluster: another database's script may create it at this moment.
DO $shadow$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {shadow_text}) THEN
    CREATE ROLE {shadow} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members WHERE member = {shadow_text}::regrole AND roleid = 'pg_read_all_data'::regrole) THEN
    GRANT pg_read_all_data TO {shadow};
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $shadow$;
