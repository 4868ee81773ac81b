-- The audit trigger. Idempotent.
-- Writes one audit row. Used by fn_audit_trigger and by the triggers of domains. A failure here fails the application's
-- statement: an audit that is lost in silence is worse than an error that is seen.
CREATE OR REPLACE FUNCTION {control}.audit(operation text, table_name text, key_columns text[], old_image jsonb, new_image jsonb, expid_column text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  user_name text := nullif(current_setting('app.current_user', true), '');  -- unset is NULL, empty after SET LOCAL
  session   text := current_setting('app.sesid', true);
  image     jsonb := coalesce(old_image, new_image);
  expid     text := image ->> nullif(expid_column, '');
BEGIN
  INSERT INTO {schema}.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_new_data, al_changed_fields,
                                  al_sesid, al_user_id, al_expid)
  VALUES (table_name, {control}.record_key(image, key_columns), operation, old_image,
          CASE WHEN operation = 'I' THEN new_image END,
          CASE WHEN operation = 'U' THEN
            (SELECT coalesce(jsonb_object_agg(n.key, jsonb_build_object('old', old_image -> n.key, 'new', n.value)), '{}')
             FROM jsonb_each(new_image) AS n WHERE (old_image -> n.key)::text IS DISTINCT FROM n.value::text) END,
          CASE WHEN session ~ '^[0-9]{1,10}$' THEN session::numeric END,
          left(coalesce(user_name, session_user), 63),
          CASE WHEN expid ~ '^-?[0-9]{1,5}$' THEN expid::numeric END);
END $$;

-- AFTER INSERT, UPDATE, DELETE (row) and TRUNCATE (statement). TG_ARGV[0]: key columns, separated by commas; TG_ARGV[1]: the
-- column with the exploitation's id, or nothing. A partition's rows are those of its table. SECURITY DEFINER: the application needs no right on audit_log; the search path
-- is pinned, or a role that may create temporary tables could divert the row. Settings are pinned, because images follow them.
CREATE OR REPLACE FUNCTION {schema}.fn_audit_trigger() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1 SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET datestyle = 'ISO, MDY' SET lc_monetary = 'C'
SET timezone = 'UTC' AS $$
DECLARE
  keys  text[] := string_to_array(TG_ARGV[0], ',');
  expid text := CASE WHEN TG_NARGS > 1 THEN TG_ARGV[1] END;
  base  text := coalesce((SELECT relname FROM pg_class WHERE oid = pg_partition_root(TG_RELID)), TG_TABLE_NAME);
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD *= NEW THEN RETURN NULL; END IF;   -- by image: 1.50 -> 1.5 is a change, a = a is none
    PERFORM {control}.audit('U', base, keys, to_jsonb(OLD), to_jsonb(NEW), expid);
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM {control}.audit('D', base, keys, to_jsonb(OLD), NULL, expid);
  ELSIF TG_OP = 'INSERT' THEN
    PERFORM {control}.audit('I', base, keys, NULL, to_jsonb(NEW), expid);
  ELSE
    PERFORM {control}.audit('D', base, keys, '{"_truncate": true}', NULL, NULL);
  END IF;
  RETURN NULL;
END $$;
-- Neither to be called, nor to be set on a table of one's own: whoever could, could forge an audit.
REVOKE ALL ON FUNCTION {control}.audit(text, text, text[], jsonb, jsonb, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION {schema}.fn_audit_trigger() FROM PUBLIC;
