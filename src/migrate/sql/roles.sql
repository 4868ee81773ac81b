-- The roles and rights of esclusa, and no more than it needs. Printed by `esclusa roles`, for a superuser to run once in the target database:
--     psql -v ON_ERROR_STOP=1 -d <database> -f roles.sql
-- All of it or nothing; it may be run again, after new rules or new owners, and changes only what differs.
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- The role of control.url. It is not a superuser and creates no roles; its password, or its line in pg_hba.conf, is left to the administrator.
-- {audit} owns the audit trigger's function: it may add rows to audit_log_live, and nobody logs in as it.
DO $roles$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_text}) THEN
    CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = {role_text}) THEN
    RAISE EXCEPTION '% is a superuser, and needs none of this', {role_text} USING HINT = 'Name a role that is not a superuser in control.url, or by --control.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{audit}') THEN
    CREATE ROLE {audit} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
END $roles$;
GRANT {audit} TO {role};
-- It sees who uses the legacy tables around the proxies: users, addresses and statements of other sessions.
GRANT pg_read_all_stats TO {role};

-- Schemas: its own, created when it runs `schema apply`; and that of the legacy tables, which gets the new tables and the views. With grant option,
-- because an object can only be given to a role that may create in its schema: that right is granted only while an object is given.
DO $database$
BEGIN
  EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I', current_database(), {role_text});
END $database$;
GRANT USAGE, CREATE ON SCHEMA {schema} TO {role} WITH GRANT OPTION;
GRANT USAGE ON SCHEMA {schema} TO {audit};
CREATE SCHEMA IF NOT EXISTS {control} AUTHORIZATION {role};
CREATE SCHEMA IF NOT EXISTS {leaf} AUTHORIZATION {role};
CREATE SCHEMA IF NOT EXISTS {archive} AUTHORIZATION {role};

-- What a superuser's `schema apply` created earlier now belongs to the role. Views and the functions behind them belong to the owners of the legacy
-- tables; partitions that pg_partman created keep their owners.
DO $ours$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, {role_text}) FROM pg_namespace
    WHERE oid IN (to_regnamespace('{control}'), to_regnamespace('{leaf}'), to_regnamespace('{archive}')) AND nspowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
    UNION ALL
    SELECT format('ALTER %s %I.%I OWNER TO %I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname, {role_text})
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relowner IN (SELECT oid FROM pg_roles WHERE rolsuper) AND (c.relkind IN ('r', 'p')
        AND (n.oid = to_regnamespace('{control}') OR n.oid = to_regnamespace({schema_text}) AND c.relname ~ '^(audit_log|domain_value)(_|$)')
      -- What reports read; all other views are those of legacy tables.
      OR c.relkind = 'v' AND n.oid = to_regnamespace('{control}') AND c.relname IN ('covered_hour', 'covered_day')
      -- A sequence owned by a column follows its table.
      OR c.relkind = 'S' AND n.oid IN (to_regnamespace('{control}'), to_regnamespace({schema_text}))
        AND (n.oid = to_regnamespace('{control}') OR c.relname IN ('audit_log_al_id_seq', 'domain_value_dv_id_seq', 'domain_value_link_dvl_id_seq'))
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')))
    UNION ALL
    SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, {role_text})
    FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('{control}') AND p.proowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
      AND NOT p.prosecdef AND p.proname NOT IN ('carry_grants', 'carry_usage', 'keep_apart', 'on_grant')
  LOOP
    EXECUTE statement;
  END LOOP;
END $ours$;

-- What an owner can do with its own tables, where somebody has revoked it.
DO $rights$
DECLARE
  lacking record;
BEGIN
  FOR lacking IN {own_rights} LOOP
    EXECUTE format('GRANT %s ON TABLE %s TO %I', lacking.rights, lacking.name, {role_text});
  END LOOP;
END $rights$;

-- The owners of the legacy tables, of the tables that histories mirror, and of those with a foreign key to one of them. The role becomes a member
-- of each: it moves their tables, creates their triggers, and gives them the objects in the tables' place. Never of a superuser: a member could
-- become one.
DO $owners$
DECLARE
  owner   record;
  given   record;
BEGIN
  FOR owner IN {owners} LOOP
    IF NOT owner.is_superuser THEN
      EXECUTE format('GRANT %I TO %I', owner.name, {role_text});
    ELSIF {owner_text} IS NULL THEN
      RAISE WARNING '% tables belong to superuser %, and cannot be moved by %', owner.tables, owner.name, {role_text}
        USING HINT = 'Print this script with `esclusa roles --owner NAME`: that gives the tables to that role.';
    ELSE
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {owner_text}) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', {owner_text});
      END IF;
      EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', {schema_text}, {owner_text});
      EXECUTE format('GRANT %I TO %I', {owner_text}, {role_text});
      FOR given IN SELECT c.oid::regclass AS name FROM unnest(owner.oids) AS c(oid) LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', given.name, {owner_text});
      END LOOP;
    END IF;
  END LOOP;
END $owners$;

-- The owners of views, functions and rules that use a legacy table: they are made again when the table moves, which only their owner may do.
DO $dependents$
DECLARE
  owner record;
BEGIN
  FOR owner IN {dependents} LOOP
    IF NOT owner.is_superuser THEN
      EXECUTE format('GRANT %I TO %I', owner.name, {role_text});
    ELSE
      RAISE WARNING '% belongs to superuser %, and cannot be made again by %', owner.objects, owner.name, {role_text}
        USING HINT = 'Give it to another role, or make it again by hand: `esclusa dependencies` prints the SQL.';
    END IF;
  END LOOP;
END $dependents$;

{shadow_role}
{partman}{grants}
COMMIT;
