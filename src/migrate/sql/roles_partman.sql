-- pg_partman, if this server has it: it creates the months ahead, as the role. Without it, `esclusa schema apply`, run by a timer, does.
DO $partman$
DECLARE
  place text;
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_partman') THEN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_partman') THEN
      CREATE SCHEMA IF NOT EXISTS partman;
      CREATE EXTENSION pg_partman SCHEMA partman;
    END IF;
    SELECT quote_ident(n.nspname) INTO place FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_partman';
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', place, {role_text});
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %I', place, {role_text});
    EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA %s TO %I', place, {role_text});
  END IF;
END $partman$;

