-- The audit trigger. Idempotent. To be run by a superuser, or by a member of esclusa_audit who may grant CREATE on both schemas.
--
-- The trigger has to write what the application may not write, so it runs as a role of its own, which may insert into audit_log_live and do nothing
-- else. Two things follow. (1) No code of a client may run as that role. A cast from a client's type to json is such code, and to_jsonb calls it;
-- so a value of a type that is not PostgreSQL's own enters an image only through its type's output function. A sandbox (another role without rights
-- that makes the image) does not help: code that runs as the owner of a function may alter that function. (2) The trigger calls no function that
-- another role owns: its owner could make that function run as the caller.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'esclusa_audit') THEN
    CREATE ROLE esclusa_audit NOLOGIN;
  END IF;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'there is no role esclusa_audit, and this role may not make one',
      HINT = 'run the script that `esclusa roles` prints';
END $$;

-- Gives a function to a role. A new owner needs CREATE on the schema meanwhile (PostgreSQL source, alter.c, AlterObjectOwner_internal); the right
-- is revoked in the same transaction, so nobody else sees it. A superuser does not need this.
CREATE OR REPLACE FUNCTION {control}.give(function regprocedure, role_name name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place regnamespace := (SELECT pronamespace FROM pg_proc WHERE oid = function);
  lent  boolean;
BEGIN
  IF (SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid = function) = role_name THEN RETURN; END IF;
  lent := NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT has_schema_privilege(role_name, place::oid, 'CREATE');
  IF lent THEN EXECUTE format('GRANT CREATE ON SCHEMA %s TO %I', place, role_name); END IF;
  EXECUTE format('ALTER FUNCTION %s OWNER TO %I', function, role_name);
  IF lent THEN EXECUTE format('REVOKE CREATE ON SCHEMA %s FROM %I', place, role_name); END IF;
END $$;
REVOKE ALL ON FUNCTION {control}.give(regprocedure, name) FROM PUBLIC;

-- Whether a type is PostgreSQL's own, or a domain over one: then to_jsonb runs nobody else's code (source, jsonb.c, jsonb_categorize_type). Every
-- other type has an OID from 16384 (source, transam.h, FirstNormalObjectId).
CREATE OR REPLACE FUNCTION {control}.is_own_type(type_id oid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  base oid := type_id;
BEGIN
  WHILE base >= 16384 LOOP
    SELECT typbasetype INTO base FROM pg_type WHERE oid = base AND typtype = 'd';
    IF base IS NULL THEN RETURN false; END IF;  -- also when this transaction's snapshot is older than the type
  END LOOP;
  RETURN true;
END $$;

-- The image of a row whose columns may have types of other owners: those are taken by their output functions, as text, and not by a cast to text,
-- which a client may also have defined. Names and types are those of the row itself: what pg_attribute shows is as old as the snapshot.
CREATE OR REPLACE FUNCTION {control}.image_by_output(image_of anyelement) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1 SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET datestyle = 'ISO, MDY' SET lc_monetary = 'C'
SET timezone = 'UTC' AS $$
DECLARE
  members text;
  image   jsonb;
BEGIN
  IF image_of IS NOT DISTINCT FROM NULL THEN RETURN NULL; END IF;
  -- The same columns, all NULL: for a NULL, to_jsonb calls nothing.
  EXECUTE 'SELECT string_agg(format(
      ''(%L, CASE WHEN {control}.is_own_type(pg_typeof(($1).%I)) THEN to_jsonb(($1).%2$I)
                  WHEN ($1).%2$I IS NOT DISTINCT FROM NULL THEN NULL ELSE to_jsonb(format(''''%%s'''', ($1).%2$I)) END)'', name, name), '', '')
    FROM jsonb_object_keys((SELECT to_jsonb(n.*) FROM (SELECT y.* FROM (VALUES (1)) AS v LEFT JOIN (SELECT ($1).*) AS y ON false) AS n)) AS name'
    INTO members USING image_of;
  IF members IS NULL THEN RETURN '{}'; END IF;
  EXECUTE 'SELECT jsonb_object_agg(name, value) FROM (VALUES ' || members || ') AS v(name, value)' INTO image USING image_of;
  RETURN image;
END $$;

-- Whether all columns of a table have such types: only other types have an entry in pg_depend. A transaction with an older snapshot could read
-- outdated entries: for it, the table must not have been rewritten, nor given a column, since.
CREATE OR REPLACE FUNCTION {control}.has_own_types(relation oid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM pg_depend
                     WHERE classid = 1259::oid AND objid = relation AND refclassid = 1247::oid AND NOT {control}.is_own_type(refobjid))
    AND (current_setting('transaction_isolation') = 'read committed'
         OR coalesce((SELECT relfilenode = pg_relation_filenode(oid) AND has_column_privilege(oid, (relnatts + 1)::smallint, 'SELECT') IS NULL
                      FROM pg_class WHERE oid = relation), false));
END $$;

-- The image of a row, whatever its types and the session's settings.
CREATE OR REPLACE FUNCTION {control}.image(image_of anyelement, relation oid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1 SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET datestyle = 'ISO, MDY' SET lc_monetary = 'C'
SET timezone = 'UTC' AS $$
BEGIN
  IF {control}.has_own_types(relation) THEN RETURN to_jsonb(image_of); END IF;
  RETURN {control}.image_by_output(image_of);
END $$;

-- The key of an image, as record_key (control.sql) computes it, but without a query where there is one column.
CREATE OR REPLACE FUNCTION {control}.image_key(image jsonb, key_columns text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN {control}.record_key(image, string_to_array(key_columns, ','));
END $$;

-- Writes one audit row. A failure here fails the application's statement: losing an audit silently is worse than a visible error.
CREATE OR REPLACE FUNCTION {control}.audit(operation text, table_name text, key_columns text, old_image jsonb, new_image jsonb, expid_column text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  session text := current_setting('app.sesid', true);
  expid   text := coalesce(old_image, new_image) ->> expid_column;
BEGIN
  INSERT INTO {schema}.audit_log_live (al_table_name, al_record_key, al_operation, al_old_data, al_new_data, al_changed_fields,
                                       al_sesid, al_user_id, al_expid)
  VALUES (table_name, {control}.image_key(coalesce(old_image, new_image), key_columns), operation, old_image,
          CASE WHEN operation = 'I' THEN new_image END,
          CASE WHEN operation = 'U' THEN
            (SELECT coalesce(jsonb_object_agg(n.key, jsonb_build_object('old', old_image -> n.key, 'new', n.value)), '{}')
             FROM jsonb_each(new_image) AS n WHERE (old_image -> n.key)::text IS DISTINCT FROM n.value::text) END,
          CASE WHEN session ~ '^[0-9]{1,10}$' THEN session::numeric END,
          left(coalesce(nullif(current_setting('app.current_user', true), ''), session_user), 63),  -- unset is NULL, empty after SET LOCAL
          CASE WHEN expid ~ '^-?[0-9]{1,5}$' THEN expid::numeric END);
END $$;

-- AFTER INSERT, UPDATE, DELETE (row) and TRUNCATE (statement), on any table. TG_ARGV[0]: key columns, separated by commas; TG_ARGV[1]: the column
-- with the exploitation's id, or empty; TG_ARGV[2]: the name under which rows are recorded, which survives a renaming of the table. Without it, the
-- table's own name; rows of a partition are recorded under the partitioned table. SECURITY DEFINER: the application needs no right on audit_log;
-- the search path is pinned, or a role that may create temporary tables could divert the row. Settings are pinned, because images depend on them.
-- What is done for every row is written inline: a call would cost as much as the work itself.
CREATE OR REPLACE FUNCTION {schema}.fn_audit_trigger() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1 SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET datestyle = 'ISO, MDY' SET lc_monetary = 'C'
SET timezone = 'UTC' AS $$
DECLARE
  base      text := nullif(left(TG_ARGV[2], 63), '');
  old_image jsonb;
  new_image jsonb;
  image     jsonb;
  key       jsonb;
  key_text  text;
  session   text;
  expid     text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD *= NEW THEN RETURN NULL; END IF;   -- by image: 1.50 -> 1.5 is a change, a = a is none
  END IF;
  IF base IS NULL THEN
    base := TG_TABLE_NAME;
    IF pg_partition_root(TG_RELID) <> TG_RELID THEN
      base := coalesce((SELECT relname FROM pg_class WHERE oid = pg_partition_root(TG_RELID)), base);
    END IF;
  END IF;
  IF TG_OP = 'TRUNCATE' THEN
    PERFORM {control}.audit('D', base, NULL, '{"_truncate": true}', NULL, NULL);
    RETURN NULL;
  END IF;
  -- As has_own_types and image do it.
  IF EXISTS (SELECT FROM pg_depend
             WHERE classid = 1259::oid AND objid = TG_RELID AND refclassid = 1247::oid AND NOT {control}.is_own_type(refobjid))
     OR current_setting('transaction_isolation') <> 'read committed' AND NOT {control}.has_own_types(TG_RELID) THEN
    IF TG_OP <> 'INSERT' THEN old_image := {control}.image_by_output(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN new_image := {control}.image_by_output(NEW); END IF;
  ELSE
    IF TG_OP <> 'INSERT' THEN old_image := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN new_image := to_jsonb(NEW); END IF;
  END IF;
  image := coalesce(old_image, new_image);
  key := image -> TG_ARGV[0];
  IF jsonb_typeof(key) = 'number' THEN
    key_text := trim_scale(key::numeric)::text;
  ELSIF jsonb_typeof(key) = 'string' THEN
    key_text := rtrim(key #>> '{}', ' ');
  ELSE
    key_text := {control}.image_key(image, TG_ARGV[0]);
  END IF;
  session := current_setting('app.sesid', true);
  IF session !~ '^[0-9]{1,10}$' THEN session := NULL; END IF;
  expid := image ->> TG_ARGV[1];
  IF expid !~ '^-?[0-9]{1,5}$' THEN expid := NULL; END IF;
  INSERT INTO {schema}.audit_log_live (al_table_name, al_record_key, al_operation, al_old_data, al_new_data, al_changed_fields,
                                       al_sesid, al_user_id, al_expid)
  VALUES (base, key_text, left(TG_OP, 1), old_image,
          CASE WHEN TG_OP = 'INSERT' THEN new_image END,
          CASE WHEN TG_OP = 'UPDATE' THEN
            (SELECT coalesce(jsonb_object_agg(n.key, jsonb_build_object('old', old_image -> n.key, 'new', n.value)), '{}')
             FROM jsonb_each(new_image) AS n WHERE (old_image -> n.key)::text IS DISTINCT FROM n.value::text) END,
          session::numeric, left(coalesce(nullif(current_setting('app.current_user', true), ''), session_user), 63), expid::numeric);
  RETURN NULL;
END $$;

-- The body of a trigger function for one table, which does what fn_audit_trigger does but knows the table's columns: an UPDATE compares them one by
-- one and needs no image of the new row. NULL for a table for which it cannot be written. It is only faster: if the table is not, or no longer, the
-- one it was written for, it does the same as the general function.
CREATE OR REPLACE FUNCTION {control}.compiled_audit(relation regclass, key_columns text, expid_column text, base text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  found_    pg_class;
  guard     text;
  changes   text;
  key_text  text;
  insertion text;
BEGIN
  SELECT * INTO found_ FROM pg_class WHERE oid = relation AND relkind = 'r' AND NOT relispartition;
  -- The types of the columns that it knows, and that there is no other column: as the row is, and not as a snapshot shows it.
  WITH own AS (
    SELECT attname, atttypid, attnum, row_number() OVER (ORDER BY attnum) / 8 AS part,
      format(CASE WHEN atttypid IN (16, 20, 21, 23, 26, 1082, 1083, 1114, 1184, 2950)  -- equal values have one text
                    THEN 'OLD.%1$I IS DISTINCT FROM NEW.%1$I'
                  WHEN atttypid IN (19, 25, 1043) THEN 'OLD.%1$I COLLATE "C" IS DISTINCT FROM NEW.%1$I COLLATE "C"'
                  WHEN atttypid = 1700 THEN 'OLD.%1$I::text IS DISTINCT FROM NEW.%1$I::text'  -- with the scale
                  ELSE 'ROW(OLD.%1$I)::record *<> ROW(NEW.%1$I)::record' END, attname) AS differs
    FROM pg_attribute WHERE attrelid = found_.oid AND attnum > 0 AND NOT attisdropped
  ), parts AS (  -- most of them have not changed
    SELECT part, format(E'    IF %s THEN\n%s    END IF;\n', string_agg(differs, ' OR ' ORDER BY attnum), string_agg(format(
      E'      IF %s AND coalesce(to_jsonb(OLD.%2$I), ''null'')::text <> coalesce(to_jsonb(NEW.%2$I), ''null'')::text THEN\n'
      '        changed := changed || jsonb_build_object(%3$L, jsonb_build_object(''old'', OLD.%2$I, ''new'', NEW.%2$I));\n      END IF;\n',
      differs, attname, attname), '' ORDER BY attnum)) AS changed
    FROM own GROUP BY part
  )
  SELECT (SELECT string_agg(format('pg_typeof(%%1$s.%s) = %s::oid', replace(quote_ident(attname), '%', '%%'), atttypid), ' AND ' ORDER BY attnum) FROM own),
         (SELECT string_agg(changed, '' ORDER BY part) FROM parts)
    INTO guard, changes WHERE (SELECT bool_and({control}.is_own_type(atttypid)) FROM own);
  IF guard IS NULL THEN RETURN NULL; END IF;
  guard := format('TG_RELID = %s::oid AND has_column_privilege(TG_RELID, %s::smallint, ''SELECT'') IS NULL AND %s',
                  found_.oid, found_.relnatts + 1, guard);
  -- As key_text (control.sql) makes it of an image's member.
  SELECT format(CASE WHEN atttypid = 1700 THEN 'coalesce(trim_scale(%%1$s.%1$s)::text, ''∅'')'
                     WHEN atttypid IN (20, 21, 23) THEN 'coalesce(%%1$s.%1$s::text, ''∅'')'
                     WHEN atttypid IN (25, 1042, 1043) THEN 'coalesce(rtrim(%%1$s.%1$s::text, '' ''), ''∅'')' END,
                replace(quote_ident(attname), '%', '%%'))
    INTO key_text FROM pg_attribute WHERE attrelid = found_.oid AND attname = key_columns AND attnum > 0 AND NOT attisdropped;
  key_text := coalesce(key_text, format('{control}.image_key(image, %L)', replace(key_columns, '%', '%%')));
  insertion := format($insert$INSERT INTO {schema}.audit_log_live (al_table_name, al_record_key, al_operation, al_old_data, al_new_data,
                                         al_changed_fields, al_sesid, al_user_id, al_expid)
    VALUES (%s, %%s, %%s,
            CASE WHEN current_setting('app.sesid', true) ~ '^[0-9]{1,10}$' THEN current_setting('app.sesid', true)::numeric END,
            left(coalesce(nullif(current_setting('app.current_user', true), ''), session_user), 63), %s);$insert$, replace(quote_literal(base), '%', '%%'),
    CASE WHEN expid_column <> '' THEN replace(
      format($expid$CASE WHEN image ->> %1$L ~ '^-?[0-9]{1,5}$' THEN (image ->> %1$L)::numeric END$expid$, expid_column), '%', '%%') ELSE 'NULL' END);
  RETURN format($body$
DECLARE
  known     boolean;
  old_image jsonb;
  new_image jsonb;
  image     jsonb;
  changed   jsonb;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD *= NEW THEN RETURN NULL; END IF;
  ELSIF TG_OP = 'TRUNCATE' THEN
    PERFORM {control}.audit('D', %s, NULL, '{"_truncate": true}', NULL, NULL);
    RETURN NULL;
  END IF;
  BEGIN
    IF TG_OP = 'DELETE' THEN known := %s; ELSE known := %s; END IF;
  EXCEPTION WHEN undefined_column THEN known := false;
  END;
  IF known IS NOT TRUE THEN
    IF TG_OP <> 'INSERT' THEN old_image := {control}.image(OLD, TG_RELID); END IF;
    IF TG_OP <> 'DELETE' THEN new_image := {control}.image(NEW, TG_RELID); END IF;
    PERFORM {control}.audit(left(TG_OP, 1), %s, %s, old_image, new_image, %s);
  ELSIF TG_OP = 'INSERT' THEN
    image := to_jsonb(NEW);
    %s
  ELSIF TG_OP = 'UPDATE' THEN
    image := to_jsonb(OLD);
    changed := '{}';
%s    %s
  ELSE
    image := to_jsonb(OLD);
    %s
  END IF;
  RETURN NULL;
END $body$, quote_literal(base), format(guard, 'OLD'), format(guard, 'NEW'), quote_literal(base), quote_literal(key_columns), quote_literal(expid_column),
    format(insertion, format(key_text, 'NEW'), $$'I', NULL, image, NULL$$), changes,
    format(insertion, format(key_text, 'OLD'), $$'U', image, NULL, changed$$),
    format(insertion, format(key_text, 'OLD'), $$'D', image, NULL, NULL$$));
END $function$;

-- The settings that images of a table can depend on: none where each of its types has only one text form.
CREATE OR REPLACE FUNCTION {control}.compiled_settings(relation regclass) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{"search_path=pg_catalog, pg_temp"}'::text[] || CASE WHEN EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
      AND atttypid NOT IN (16, 19, 20, 21, 23, 25, 26, 114, 1042, 1043, 1082, 1083, 1114, 1700, 2950, 3802))
    THEN '{extra_float_digits=1,IntervalStyle=postgres,bytea_output=hex,"DateStyle=ISO, MDY",lc_monetary=C,TimeZone=UTC}'::text[] END
$$;
REVOKE ALL ON FUNCTION {control}.compiled_audit(regclass, text, text, text), {control}.compiled_settings(regclass) FROM PUBLIC;

-- What the role may do, and who owns its functions.
DO $$
DECLARE
  place    text;
  function regprocedure;
BEGIN
  FOREACH place IN ARRAY ARRAY['{schema}', '{control}'] LOOP
    IF NOT has_schema_privilege('esclusa_audit', to_regnamespace(place)::oid, 'USAGE') THEN
      EXECUTE format('GRANT USAGE ON SCHEMA %s TO esclusa_audit', place);
    END IF;
  END LOOP;
  GRANT INSERT ON {schema}.audit_log_live TO esclusa_audit;
  GRANT USAGE ON SEQUENCE {schema}.audit_log_al_id_seq TO esclusa_audit;
  -- These functions may be neither called nor used in others' triggers: that would allow forging an audit. The functions that make images run as
  -- their caller and know nothing that the caller does not: owners of histories call them too.
  FOREACH function IN ARRAY ARRAY['{schema}.fn_audit_trigger()', '{control}.audit(text,text,text,jsonb,jsonb,text)',
    '{control}.image_key(jsonb,text)']::regprocedure[] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', function);
    PERFORM {control}.give(function, 'esclusa_audit');
  END LOOP;
END $$;

-- The clients' statements, and the views on their behalf, call these.
DO $$
DECLARE
  callable regprocedure;
BEGIN
  FOR callable IN
    SELECT oid FROM pg_proc
    WHERE pronamespace = '{control}'::regnamespace AND NOT has_function_privilege('public', oid, 'EXECUTE') AND pg_has_role(proowner, 'USAGE')
      AND proname ~ '(?x)^(exact_text|pinned_text|key_text|record_key|came_between|refuse_concurrent|refuse_null|refuse_copy
        |has_own_types|is_own_type|image|image_by_output|assign_.*|check_.*)$'
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', callable);
  END LOOP;
END $$;
