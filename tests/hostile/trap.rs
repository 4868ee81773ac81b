//! The traps: in a schema of its own, functions and operators with the names and types of PostgreSQL's own, and better matches than those
//! for `varchar`, whose calls are counted by a sequence, which no rollback takes back.

/// For a database with schema `cf_quere_pro`; the traps can be called by everybody.
pub(crate) const SQL: &str = r"
CREATE SCHEMA trampa; GRANT USAGE ON SCHEMA trampa TO PUBLIC;
CREATE SEQUENCE trampa.veces; GRANT ALL ON SEQUENCE trampa.veces TO PUBLIC;
SET search_path = pg_catalog;
DO $trap$
DECLARE
  f       record;
  o       record;
  l       text;
  r       text;
  body    constant text := 'BEGIN PERFORM pg_catalog.nextval(''trampa.veces''::pg_catalog.regclass); RETURN NULL; END';
  plain   constant oid[] := ARRAY['text', 'numeric', 'int4', 'int8', 'float8', 'jsonb', 'json', 'timestamp', 'timestamptz', 'bpchar', 'varchar', 'date',
                                  'bool', 'char', 'name', 'interval', 'regclass', 'oid', '_text']::regtype[]::oid[];
BEGIN
  -- The same names with the same types: found first where the schema comes first.
  FOR f IN SELECT p.oid, p.proname, p.prorettype::regtype AS result, p.proretset, pg_get_function_arguments(p.oid) AS arguments FROM pg_proc AS p
           WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0 AND NOT p.proretset
             AND p.prorettype = ANY (plain) AND p.proargtypes::oid[] <@ plain AND p.prolang IN (12, 14) AND p.proargmodes IS NULL
             -- A cast or an operator that a trap is made of would call the next one for ever.
             AND p.proname NOT IN ('nextval', 'setval', 'currval', 'regclass') LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION trampa.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname,
                     regexp_replace(f.arguments, ' DEFAULT [^,]*', '', 'g'), f.result, body);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  FOR o IN SELECT p.oprname, p.oprleft::regtype AS l, p.oprright::regtype AS r, p.oprresult::regtype AS result FROM pg_operator AS p
           WHERE p.oprnamespace = 'pg_catalog'::regnamespace AND p.oprleft = ANY (plain) AND p.oprright = ANY (plain) AND p.oprresult = ANY (plain) LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION trampa.operador(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', o.l, o.r, 'bool', body);
    IF o.result::text = 'boolean' THEN
      EXECUTE format('CREATE OPERATOR trampa.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trampa.operador)', o.oprname, o.l, o.r);
    ELSE
      EXECUTE format('CREATE FUNCTION trampa.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', 'operador ' || o.oprname, o.l, o.r, o.result, body);
      EXECUTE format('CREATE OPERATOR trampa.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trampa.%I)', o.oprname, o.l, o.r, 'operador ' || o.oprname);
    END IF;
  END LOOP;
  -- Better matches than the server's own, wherever the schema comes: varchar and char(n) where those have text only.
  FOREACH l IN ARRAY ARRAY['varchar', 'bpchar', 'text'] LOOP
    FOREACH r IN ARRAY ARRAY['varchar', 'bpchar', 'text'] LOOP
      CONTINUE WHEN l = r AND l <> 'varchar';
      EXECUTE format('CREATE OR REPLACE FUNCTION trampa.operador(%s, %s) RETURNS bool LANGUAGE plpgsql AS %L', l, r, body);
      FOR o IN SELECT unnest(ARRAY['=', '<>', '<', '>', '<=', '>=', '~~', '~']) AS name LOOP
        BEGIN
          EXECUTE format('CREATE OPERATOR trampa.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trampa.operador)', o.name, l, r);
        EXCEPTION WHEN duplicate_function THEN NULL;
        END;
      END LOOP;
      BEGIN
        EXECUTE format('CREATE FUNCTION trampa.une(%s, %s) RETURNS text LANGUAGE plpgsql AS %L', l, r, body);
        EXECUTE format('CREATE OPERATOR trampa.|| (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trampa.une)', l, r);
      EXCEPTION WHEN duplicate_function THEN NULL;
      END;
    END LOOP;
    FOR f IN SELECT unnest(ARRAY['rtrim', 'btrim', 'ltrim', 'lower', 'upper', 'length', 'md5', 'nextval', 'to_jsonb', 'format', 'jsonb_build_array',
                                 'quote_literal', 'trim_scale', 'hashtext', 'left', 'replace', 'concat']) AS name LOOP
      BEGIN
        EXECUTE format('CREATE FUNCTION trampa.%I(%s) RETURNS text LANGUAGE plpgsql AS %L', f.name, l, body);
      EXCEPTION WHEN duplicate_function THEN NULL;
      END;
    END LOOP;
  END LOOP;
END $trap$;
-- Types of the server's own names, whose check is called by every cast to them.
CREATE FUNCTION trampa.mira(anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN true; END $$;
DO $tipos$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['text', 'jsonb', 'date', 'bpchar', 'bytea', 'uuid', 'numeric', 'varchar', 'timestamp', 'timestamptz', 'name', 'int4', 'int8'] LOOP
    EXECUTE format('CREATE DOMAIN trampa.%I AS pg_catalog.%1$I CHECK (trampa.mira(VALUE))', t);
  END LOOP;
END $tipos$;
-- And for what takes anything: the arguments of these very tables.
CREATE FUNCTION trampa.to_jsonb(anyelement) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN NULL; END $$;
CREATE FUNCTION trampa.jsonb_build_object(VARIADIC text[]) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN NULL; END $$;
CREATE FUNCTION trampa.jsonb_build_array(VARIADIC anyarray) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN NULL; END $$;
CREATE FUNCTION trampa.jsonb_build_object(text, numeric, text, numeric) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN NULL; END $$;
CREATE FUNCTION trampa.jsonb_build_object(text, numeric, text, numeric, text, varchar, text, timestamp, text, varchar) RETURNS jsonb
  LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN NULL; END $$;
CREATE FUNCTION trampa.jsonb_build_object(text, bpchar, text, numeric) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval('trampa.veces'); RETURN NULL; END $$;
SET search_path = cf_quere_pro, public";
