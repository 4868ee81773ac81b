-- A database of the first form, as its own program made it and pg_dump wrote it: audit_log by month, one table of look-ups, finders and
-- stand-ins; four histories and look-ups, a junction; rows written through the views, and by the triggers. Roles aqua_* must be there.


CREATE SCHEMA cf_quere_pro;

ALTER SCHEMA cf_quere_pro OWNER TO postgres;

CREATE SCHEMA esclusa;

ALTER SCHEMA esclusa OWNER TO postgres;

CREATE SCHEMA mig_old;

ALTER SCHEMA mig_old OWNER TO postgres;

CREATE FUNCTION cf_quere_pro.fn_audit_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET extra_float_digits TO '1'
    SET "IntervalStyle" TO 'postgres'
    SET bytea_output TO 'hex'
    SET "DateStyle" TO 'ISO, MDY'
    SET lc_monetary TO 'C'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  keys  text[] := string_to_array(TG_ARGV[0], ',');
  expid text := CASE WHEN TG_NARGS > 1 THEN TG_ARGV[1] END;
  base  text := coalesce((SELECT relname FROM pg_class WHERE oid = pg_partition_root(TG_RELID)), TG_TABLE_NAME);
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD *= NEW THEN RETURN NULL; END IF;   -- by image: 1.50 -> 1.5 is a change, a = a is none
    PERFORM esclusa.audit('U', base, keys, to_jsonb(OLD), to_jsonb(NEW), expid);
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM esclusa.audit('D', base, keys, to_jsonb(OLD), NULL, expid);
  ELSIF TG_OP = 'INSERT' THEN
    PERFORM esclusa.audit('I', base, keys, NULL, to_jsonb(NEW), expid);
  ELSE
    PERFORM esclusa.audit('D', base, keys, '{"_truncate": true}', NULL, NULL);
  END IF;
  RETURN NULL;
END $$;

ALTER FUNCTION cf_quere_pro.fn_audit_trigger() OWNER TO postgres;

CREATE FUNCTION esclusa.audit(operation text, table_name text, key_columns text[], old_image jsonb, new_image jsonb, expid_column text) RETURNS void
    LANGUAGE plpgsql
    AS $_$
DECLARE
  user_name text := nullif(current_setting('app.current_user', true), '');  -- unset is NULL, empty after SET LOCAL
  session   text := current_setting('app.sesid', true);
  image     jsonb := coalesce(old_image, new_image);
  expid     text := image ->> nullif(expid_column, '');
BEGIN
  INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_new_data, al_changed_fields,
                                  al_sesid, al_user_id, al_expid)
  VALUES (table_name, esclusa.record_key(image, key_columns), operation, old_image,
          CASE WHEN operation = 'I' THEN new_image END,
          CASE WHEN operation = 'U' THEN
            (SELECT coalesce(jsonb_object_agg(n.key, jsonb_build_object('old', old_image -> n.key, 'new', n.value)), '{}')
             FROM jsonb_each(new_image) AS n WHERE (old_image -> n.key)::text IS DISTINCT FROM n.value::text) END,
          CASE WHEN session ~ '^[0-9]{1,10}$' THEN session::numeric END,
          left(coalesce(user_name, session_user), 63),
          CASE WHEN expid ~ '^-?[0-9]{1,5}$' THEN expid::numeric END);
END $_$;

ALTER FUNCTION esclusa.audit(operation text, table_name text, key_columns text[], old_image jsonb, new_image jsonb, expid_column text) OWNER TO postgres;

CREATE FUNCTION esclusa.audit_tipooficina() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET extra_float_digits TO '1'
    AS $$
DECLARE old_image jsonb; new_image jsonb;
BEGIN
  IF TG_OP <> 'INSERT' THEN old_image := jsonb_build_object('tofid', to_jsonb(((CASE WHEN old.dv_domain = 'TIPO_OFICINA' THEN old.dv_code END))::numeric(5,0)), 'tofsnpresen', to_jsonb((old.dv_extra_json ->> 'tofsnpresen')::character(1)), 'tofsngestpda', to_jsonb((old.dv_extra_json ->> 'tofsngestpda')::character(1)), 'tofhstusu', to_jsonb((old.dv_extra_json ->> 'tofhstusu')::character varying(10)), 'tofhsthora', to_jsonb((old.dv_extra_json ->> 'tofhsthora')::timestamp without time zone), 'tofdescritxtid', to_jsonb((old.dv_txtid)::numeric(10,0))); END IF;
  IF TG_OP <> 'DELETE' THEN new_image := jsonb_build_object('tofid', to_jsonb(((CASE WHEN new.dv_domain = 'TIPO_OFICINA' THEN new.dv_code END))::numeric(5,0)), 'tofsnpresen', to_jsonb((new.dv_extra_json ->> 'tofsnpresen')::character(1)), 'tofsngestpda', to_jsonb((new.dv_extra_json ->> 'tofsngestpda')::character(1)), 'tofhstusu', to_jsonb((new.dv_extra_json ->> 'tofhstusu')::character varying(10)), 'tofhsthora', to_jsonb((new.dv_extra_json ->> 'tofhsthora')::timestamp without time zone), 'tofdescritxtid', to_jsonb((new.dv_txtid)::numeric(10,0))); END IF;
  IF TG_OP = 'INSERT' THEN PERFORM esclusa.audit('I', 'tipooficina', ARRAY['tofid'], NULL, new_image, NULL);
  ELSIF TG_OP = 'DELETE' THEN PERFORM esclusa.audit('D', 'tipooficina', ARRAY['tofid'], old_image, NULL, NULL);
  ELSIF old_image::text IS DISTINCT FROM new_image::text THEN PERFORM esclusa.audit('U', 'tipooficina', ARRAY['tofid'], old_image, new_image, NULL);
  END IF;
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.audit_tipooficina() OWNER TO postgres;

CREATE FUNCTION esclusa.cursor_over(cursor_name text, legacy_table text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
  declared text := (SELECT statement FROM pg_cursors WHERE name = cursor_name);
BEGIN
  IF position(format('/* esclusa: cursor %s over %s */', cursor_name, legacy_table) IN declared) = 0 THEN
    RAISE EXCEPTION USING ERRCODE = '24000', MESSAGE = format(
      CASE WHEN declared ~* '\mfor\s+(no\s+key\s+update|update|share|key\s+share)\M'
           THEN 'cursor "%s" does not have a FOR UPDATE/SHARE reference to table "%s"'
           ELSE 'cursor "%s" is not a simply updatable scan of table "%s"' END, cursor_name, legacy_table);
  END IF;
  RETURN true;
END $$;

ALTER FUNCTION esclusa.cursor_over(cursor_name text, legacy_table text) OWNER TO postgres;

CREATE FUNCTION esclusa.exact_text(real) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET extra_float_digits TO '1'
    AS $_$SELECT $1::text$_$;

ALTER FUNCTION esclusa.exact_text(real) OWNER TO postgres;

CREATE FUNCTION esclusa.exact_text(double precision) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET extra_float_digits TO '1'
    AS $_$SELECT $1::text$_$;

ALTER FUNCTION esclusa.exact_text(double precision) OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
)
PARTITION BY RANGE (al_changed_at);

ALTER TABLE cf_quere_pro.audit_log OWNER TO postgres;

CREATE VIEW esclusa.hisbarrio AS
 SELECT
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrid'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrid'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrid'::text) ->> 'new'::text)
            END)::numeric(5,0)
            ELSE ((audit_log.al_old_data ->> 'hbarrid'::text))::numeric(5,0)
        END AS hbarrid,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrlocid'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrlocid'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrlocid'::text) ->> 'new'::text)
            END)::numeric(10,0)
            ELSE ((audit_log.al_old_data ->> 'hbarrlocid'::text))::numeric(10,0)
        END AS hbarrlocid,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrnombre'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrnombre'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrnombre'::text) ->> 'new'::text)
            END)::character varying(100)
            ELSE ((audit_log.al_old_data ->> 'hbarrnombre'::text))::character varying(100)
        END AS hbarrnombre,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrhstusu'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrhstusu'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrhstusu'::text) ->> 'new'::text)
            END)::character varying(10)
            ELSE ((audit_log.al_old_data ->> 'hbarrhstusu'::text))::character varying(10)
        END AS hbarrhstusu,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrhsthora'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrhsthora'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrhsthora'::text) ->> 'new'::text)
            END)::timestamp without time zone
            ELSE ((audit_log.al_old_data ->> 'hbarrhsthora'::text))::timestamp without time zone
        END AS hbarrhsthora,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrtipobarrio'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrtipobarrio'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrtipobarrio'::text) ->> 'new'::text)
            END)::character varying(30)
            ELSE ((audit_log.al_old_data ->> 'hbarrtipobarrio'::text))::character varying(30)
        END AS hbarrtipobarrio
   FROM cf_quere_pro.audit_log
  WHERE (((audit_log.al_table_name)::text = 'barrio'::text) AND ((COALESCE(audit_log.al_legacy_table, 'hisbarrio'::character varying))::text = 'hisbarrio'::text) AND ((audit_log.al_old_data -> '_truncate'::text) IS NULL) AND ((audit_log.al_source <> 'T'::bpchar) OR (audit_log.al_changed_at >= '2026-11-28 16:47:23.661913+00'::timestamp with time zone)));

ALTER TABLE esclusa.hisbarrio OWNER TO postgres;

CREATE FUNCTION esclusa.find_hisbarrio(text) RETURNS SETOF esclusa.hisbarrio
    LANGUAGE plpgsql STABLE ROWS 10 PARALLEL SAFE
    AS $_$BEGIN
  IF clock_timestamp() < '2026-12-01 00:00:00+00'::timestamptz THEN
    RETURN QUERY SELECT (legacy.r).hbarrid, (legacy.r).hbarrlocid, (legacy.r).hbarrnombre, (legacy.r).hbarrhstusu, (legacy.r).hbarrhsthora, (legacy.r).hbarrtipobarrio FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.hisbarrio, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = 'barrio' AND al_legacy_table = 'hisbarrio' AND al_record_key = $1 AND (al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 06:00:00+00' OR al_changed_at >= '2026-11-01 06:00:00+00' AND al_changed_at < '2026-12-01 06:00:00+00');
  ELSE
    RETURN QUERY SELECT (legacy.r).hbarrid, (legacy.r).hbarrlocid, (legacy.r).hbarrnombre, (legacy.r).hbarrhstusu, (legacy.r).hbarrhsthora, (legacy.r).hbarrtipobarrio FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.hisbarrio, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = 'barrio' AND al_legacy_table = 'hisbarrio' AND al_record_key = $1;
  END IF;
END$_$;

ALTER FUNCTION esclusa.find_hisbarrio(text) OWNER TO postgres;

CREATE VIEW esclusa.hisficherosborrados AS
 SELECT ((audit_log.al_old_data ->> 'hfbfichero'::text))::character varying(200) AS hfbfichero,
    ((audit_log.al_old_data ->> 'hfbhora'::text))::timestamp without time zone AS hfbhora,
    ((audit_log.al_old_data ->> 'hfbusuid'::text))::character varying(10) AS hfbusuid
   FROM cf_quere_pro.audit_log
  WHERE (((audit_log.al_table_name)::text = 'hisficherosborrados'::text) AND ((audit_log.al_legacy_table)::text = 'hisficherosborrados'::text));

ALTER TABLE esclusa.hisficherosborrados OWNER TO postgres;

CREATE FUNCTION esclusa.find_hisficherosborrados(text) RETURNS SETOF esclusa.hisficherosborrados
    LANGUAGE plpgsql STABLE ROWS 10 PARALLEL SAFE
    AS $_$BEGIN
  IF clock_timestamp() < '2026-12-01 00:00:00+00'::timestamptz THEN
    RETURN QUERY SELECT (legacy.r).hfbfichero, (legacy.r).hfbhora, (legacy.r).hfbusuid FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.hisficherosborrados, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = 'hisficherosborrados' AND al_legacy_table = 'hisficherosborrados' AND al_record_key = $1 AND (al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 06:00:00+00' OR al_changed_at >= '2026-11-01 06:00:00+00' AND al_changed_at < '2026-12-01 06:00:00+00');
  ELSE
    RETURN QUERY SELECT (legacy.r).hfbfichero, (legacy.r).hfbhora, (legacy.r).hfbusuid FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.hisficherosborrados, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = 'hisficherosborrados' AND al_legacy_table = 'hisficherosborrados' AND al_record_key = $1;
  END IF;
END$_$;

ALTER FUNCTION esclusa.find_hisficherosborrados(text) OWNER TO postgres;

CREATE VIEW esclusa.histipooficina AS
 SELECT ((audit_log.al_old_data ->> 'htofid'::text))::numeric(5,0) AS htofid,
    ((audit_log.al_old_data ->> 'htofdescri'::text))::character varying(20) AS htofdescri,
    ((audit_log.al_old_data ->> 'htofsnpresen'::text))::character(1) AS htofsnpresen,
    ((audit_log.al_old_data ->> 'htofsngestpda'::text))::character(1) AS htofsngestpda,
    ((audit_log.al_old_data ->> 'htofhstusu'::text))::character varying(10) AS htofhstusu,
    ((audit_log.al_old_data ->> 'htofhsthora'::text))::timestamp without time zone AS htofhsthora,
    ((audit_log.al_old_data ->> 'htofidioma'::text))::character(2) AS htofidioma
   FROM cf_quere_pro.audit_log
  WHERE (((audit_log.al_table_name)::text = 'tipooficina'::text) AND ((audit_log.al_legacy_table)::text = 'histipooficina'::text));

ALTER TABLE esclusa.histipooficina OWNER TO postgres;

CREATE FUNCTION esclusa.find_histipooficina(text) RETURNS SETOF esclusa.histipooficina
    LANGUAGE plpgsql STABLE ROWS 10 PARALLEL SAFE
    AS $_$BEGIN
  IF clock_timestamp() < '2026-12-01 00:00:00+00'::timestamptz THEN
    RETURN QUERY SELECT (legacy.r).htofid, (legacy.r).htofdescri, (legacy.r).htofsnpresen, (legacy.r).htofsngestpda, (legacy.r).htofhstusu, (legacy.r).htofhsthora, (legacy.r).htofidioma FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.histipooficina, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = 'tipooficina' AND al_legacy_table = 'histipooficina' AND al_record_key = $1 AND (al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 06:00:00+00' OR al_changed_at >= '2026-11-01 06:00:00+00' AND al_changed_at < '2026-12-01 06:00:00+00');
  ELSE
    RETURN QUERY SELECT (legacy.r).htofid, (legacy.r).htofdescri, (legacy.r).htofsnpresen, (legacy.r).htofsngestpda, (legacy.r).htofhstusu, (legacy.r).htofhsthora, (legacy.r).htofidioma FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.histipooficina, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = 'tipooficina' AND al_legacy_table = 'histipooficina' AND al_record_key = $1;
  END IF;
END$_$;

ALTER FUNCTION esclusa.find_histipooficina(text) OWNER TO postgres;

CREATE FUNCTION esclusa.finders_until() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
  SELECT date_trunc('month', clock_timestamp() + interval '2 days') + interval '1 month'
$$;

ALTER FUNCTION esclusa.finders_until() OWNER TO postgres;

CREATE FUNCTION esclusa.image_hisbarrio(text) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE ROWS 10 PARALLEL SAFE
    AS $_$BEGIN
  IF clock_timestamp() < '2026-12-01 00:00:00+00'::timestamptz THEN
    RETURN QUERY SELECT al_old_data FROM cf_quere_pro.audit_log WHERE al_table_name = 'barrio' AND al_legacy_table = 'hisbarrio' AND al_record_key = $1 AND (al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 06:00:00+00' OR al_changed_at >= '2026-11-01 06:00:00+00' AND al_changed_at < '2026-12-01 06:00:00+00');
  ELSE
    RETURN QUERY SELECT al_old_data FROM cf_quere_pro.audit_log WHERE al_table_name = 'barrio' AND al_legacy_table = 'hisbarrio' AND al_record_key = $1;
  END IF;
END$_$;

ALTER FUNCTION esclusa.image_hisbarrio(text) OWNER TO postgres;

CREATE FUNCTION esclusa.image_hisficherosborrados(text) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE ROWS 10 PARALLEL SAFE
    AS $_$BEGIN
  IF clock_timestamp() < '2026-12-01 00:00:00+00'::timestamptz THEN
    RETURN QUERY SELECT al_old_data FROM cf_quere_pro.audit_log WHERE al_table_name = 'hisficherosborrados' AND al_legacy_table = 'hisficherosborrados' AND al_record_key = $1 AND (al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 06:00:00+00' OR al_changed_at >= '2026-11-01 06:00:00+00' AND al_changed_at < '2026-12-01 06:00:00+00');
  ELSE
    RETURN QUERY SELECT al_old_data FROM cf_quere_pro.audit_log WHERE al_table_name = 'hisficherosborrados' AND al_legacy_table = 'hisficherosborrados' AND al_record_key = $1;
  END IF;
END$_$;

ALTER FUNCTION esclusa.image_hisficherosborrados(text) OWNER TO postgres;

CREATE FUNCTION esclusa.image_histipooficina(text) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE ROWS 10 PARALLEL SAFE
    AS $_$BEGIN
  IF clock_timestamp() < '2026-12-01 00:00:00+00'::timestamptz THEN
    RETURN QUERY SELECT al_old_data FROM cf_quere_pro.audit_log WHERE al_table_name = 'tipooficina' AND al_legacy_table = 'histipooficina' AND al_record_key = $1 AND (al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 06:00:00+00' OR al_changed_at >= '2026-11-01 06:00:00+00' AND al_changed_at < '2026-12-01 06:00:00+00');
  ELSE
    RETURN QUERY SELECT al_old_data FROM cf_quere_pro.audit_log WHERE al_table_name = 'tipooficina' AND al_legacy_table = 'histipooficina' AND al_record_key = $1;
  END IF;
END$_$;

ALTER FUNCTION esclusa.image_histipooficina(text) OWNER TO postgres;

CREATE FUNCTION esclusa.key_text(v jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE jsonb_typeof(v) WHEN 'number' THEN trim_scale((v #>> '{}')::numeric)::text
                              WHEN 'null' THEN '∅'
                              ELSE coalesce(rtrim(v #>> '{}', ' '), '∅') END
$$;

ALTER FUNCTION esclusa.key_text(v jsonb) OWNER TO postgres;

CREATE FUNCTION esclusa.pinned_text(anyelement) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET extra_float_digits TO '1'
    SET "DateStyle" TO 'ISO, MDY'
    SET "IntervalStyle" TO 'postgres'
    SET bytea_output TO 'hex'
    SET "TimeZone" TO 'UTC'
    AS $_$SELECT $1::text$_$;

ALTER FUNCTION esclusa.pinned_text(anyelement) OWNER TO postgres;

CREATE FUNCTION esclusa.record_key(image jsonb, columns text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE WHEN cardinality(columns) = 1 THEN coalesce(esclusa.key_text(image -> columns[1]), '∅')
              ELSE coalesce((SELECT jsonb_agg(coalesce(esclusa.key_text(image -> c), '∅') ORDER BY o)::text
                             FROM unnest(columns) WITH ORDINALITY AS u(c, o)), '∅') END
$$;

ALTER FUNCTION esclusa.record_key(image jsonb, columns text[]) OWNER TO postgres;

CREATE FUNCTION esclusa.refresh_finder(name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
  finder      esclusa.finder;
  oldest      timestamptz;
  until       timestamptz := esclusa.finders_until();
  part        record;
  found_rows  boolean;
  known       tstzmultirange := '{}';
  ranges      text;
  made        record;
BEGIN
  SELECT * INTO STRICT finder FROM esclusa.finder WHERE legacy_table = name FOR UPDATE;
  SELECT CASE WHEN bool_or(query = '<insufficient privilege>') THEN '-infinity'
         ELSE least(clock_timestamp(), min(xact_start), (SELECT min(prepared) FROM pg_prepared_xacts)) END
    INTO oldest FROM pg_stat_activity WHERE backend_type NOT IN ('walsender', 'checkpointer', 'background writer', 'walwriter');
  FOR part IN
    SELECT i.inhrelid::regclass AS partition, bounds[1]::timestamptz AS lower, bounds[2]::timestamptz AS upper
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
         regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)') AS bounds
    WHERE i.inhparent = 'cf_quere_pro.audit_log'::regclass AND bounds IS NOT NULL
  LOOP
    found_rows := part.upper > oldest AND part.lower < until OR part.lower = '-infinity';
    IF NOT found_rows THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %s)', part.partition, finder.row_filter) INTO found_rows;
    END IF;
    IF found_rows THEN
      known := known + tstzmultirange(tstzrange(part.lower, part.upper));
    END IF;
  END LOOP;
  SELECT string_agg(format('al_changed_at >= %L AND al_changed_at < %L', lower(r), upper(r)), ' OR ') INTO ranges FROM unnest(known) AS r;
  FOR made IN
    SELECT * FROM (VALUES ('find_', format('esclusa.%I', name), finder.query),
                          ('image_', 'jsonb', format('SELECT al_old_data FROM cf_quere_pro.audit_log WHERE %s', finder.row_filter)))
      AS v(prefix, yields, query)
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION esclusa.%I(text) RETURNS SETOF %s LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 AS %L',
      made.prefix || name, made.yields,
      format(E'BEGIN\n  IF clock_timestamp() < %L::timestamptz THEN\n    RETURN QUERY %s AND al_record_key = $1 AND (%s);\n  ELSE\n    RETURN QUERY %s AND al_record_key = $1;\n  END IF;\nEND',
        until, made.query, ranges, made.query));
  END LOOP;
  UPDATE esclusa.finder SET known_until = until WHERE legacy_table = name;
END $_$;

ALTER FUNCTION esclusa.refresh_finder(name text) OWNER TO postgres;

CREATE FUNCTION esclusa.refresh_finders() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  made bigint := 0;
  due  text;
BEGIN
  IF pg_try_advisory_xact_lock(hashtextextended('esclusa.refresh_finders', 0)) THEN
    FOR due IN SELECT legacy_table FROM esclusa.finder
               WHERE known_until < esclusa.finders_until() ORDER BY legacy_table LOOP
      PERFORM esclusa.refresh_finder(due);
      made := made + 1;
    END LOOP;
  END IF;
  RETURN made;
END $$;

ALTER FUNCTION esclusa.refresh_finders() OWNER TO postgres;

CREATE FUNCTION esclusa.refuse_null(schema_name text, table_name text, names text[], places integer[], cells text[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
  shown  text;
  column_name text;
BEGIN
  SELECT name INTO column_name FROM unnest(names, places) AS u(name, place) WHERE cells[place] IS NULL ORDER BY place LIMIT 1;
  -- At most 64 bytes of a value, in whole characters.
  SELECT string_agg(CASE WHEN cell IS NULL THEN 'null' WHEN octet_length(cell) <= 64 THEN cell
      ELSE (SELECT left(cell, max(n)) FROM generate_series(16, 64) AS n WHERE octet_length(left(cell, n)) <= 64) || '...' END, ', ' ORDER BY o)
    INTO shown FROM unnest(cells) WITH ORDINALITY AS u(cell, o);
  RAISE EXCEPTION USING ERRCODE = '23502',
    MESSAGE = format('null value in column "%s" of relation "%s" violates not-null constraint', column_name, table_name),
    DETAIL = format('Failing row contains (%s).', shown),
    SCHEMA = schema_name, TABLE = table_name, COLUMN = column_name;
END $$;

ALTER FUNCTION esclusa.refuse_null(schema_name text, table_name text, names text[], places integer[], cells text[]) OWNER TO postgres;

CREATE FUNCTION esclusa.truncate_hisbarrio() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  LOCK TABLE ONLY cf_quere_pro.audit_log IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cf_quere_pro.audit_log AS t WHERE t.al_table_name = 'barrio' AND t.al_legacy_table = 'hisbarrio';
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.truncate_hisbarrio() OWNER TO postgres;

CREATE FUNCTION esclusa.truncate_hisficherosborrados() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  LOCK TABLE ONLY cf_quere_pro.audit_log IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cf_quere_pro.audit_log AS t WHERE t.al_table_name = 'hisficherosborrados' AND t.al_legacy_table = 'hisficherosborrados';
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.truncate_hisficherosborrados() OWNER TO postgres;

CREATE FUNCTION esclusa.truncate_histipooficina() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  LOCK TABLE ONLY cf_quere_pro.audit_log IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cf_quere_pro.audit_log AS t WHERE t.al_table_name = 'tipooficina' AND t.al_legacy_table = 'histipooficina';
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.truncate_histipooficina() OWNER TO postgres;

CREATE FUNCTION esclusa.truncate_tipooficina() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  LOCK TABLE ONLY cf_quere_pro.domain_value IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cf_quere_pro.domain_value AS t WHERE t.dv_domain = 'TIPO_OFICINA';
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.truncate_tipooficina() OWNER TO postgres;

CREATE FUNCTION esclusa.truncate_tipositver() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  LOCK TABLE ONLY cf_quere_pro.domain_value IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cf_quere_pro.domain_value AS t WHERE t.dv_domain = 'TIPO_SITVER';
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.truncate_tipositver() OWNER TO postgres;

CREATE FUNCTION esclusa.truncate_tipoviaaca() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  LOCK TABLE ONLY cf_quere_pro.domain_value_link IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM cf_quere_pro.domain_value_link AS t WHERE t.dvl_link_type = 'TIPO_VIAACA';
  RETURN NULL;
END $$;

ALTER FUNCTION esclusa.truncate_tipoviaaca() OWNER TO postgres;

CREATE FUNCTION esclusa.write_hisbarrio() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('%s of "%s": its rows are those of the audit', TG_OP, 'hisbarrio');
  END IF;
  PERFORM CASE WHEN ROW(new.hbarrid, new.hbarrlocid, new.hbarrnombre, new.hbarrhstusu, new.hbarrhsthora) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'hisbarrio', ARRAY['hbarrid', 'hbarrlocid', 'hbarrnombre', 'hbarrhstusu', 'hbarrhsthora'], ARRAY[1, 2, 3, 4, 5], ARRAY[(new.hbarrid)::text, (new.hbarrlocid)::text, (new.hbarrnombre)::text, (new.hbarrhstusu)::text, (new.hbarrhsthora)::text, (new.hbarrtipobarrio)::text]) END;
  RETURN NEW;
END $$;

ALTER FUNCTION esclusa.write_hisbarrio() OWNER TO postgres;

CREATE FUNCTION esclusa.write_hisficherosborrados() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM cf_quere_pro.audit_log AS t WHERE (t.al_id, t.al_changed_at) = (SELECT s.al_id, s.al_changed_at FROM cf_quere_pro.audit_log AS s WHERE s.al_table_name = 'hisficherosborrados' AND s.al_legacy_table = 'hisficherosborrados' AND s.al_record_key = coalesce(rtrim((old.hfbfichero)::text, ' '), '∅') AND s.al_old_data::text = (jsonb_build_object('hfbfichero', to_jsonb(old.hfbfichero), 'hfbhora', to_jsonb(old.hfbhora), 'hfbusuid', to_jsonb(old.hfbusuid)))::text ORDER BY s.al_id LIMIT 1);
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN OLD;
  END IF;
  PERFORM CASE WHEN ROW(new.hfbfichero, new.hfbhora, new.hfbusuid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'hisficherosborrados', ARRAY['hfbfichero', 'hfbhora', 'hfbusuid'], ARRAY[1, 2, 3], ARRAY[(new.hfbfichero)::text, (new.hfbhora)::text, (new.hfbusuid)::text]) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cf_quere_pro.audit_log (al_table_name, al_legacy_table, al_record_key, al_operation, al_old_data, al_user_id, al_source) VALUES ('hisficherosborrados', 'hisficherosborrados', coalesce(rtrim((new.hfbfichero)::text, ' '), '∅'), 'U', jsonb_build_object('hfbfichero', to_jsonb(new.hfbfichero), 'hfbhora', to_jsonb(new.hfbhora), 'hfbusuid', to_jsonb(new.hfbusuid)), '∅', 'W');
  ELSE
    UPDATE cf_quere_pro.audit_log AS t SET al_record_key = coalesce(rtrim((new.hfbfichero)::text, ' '), '∅'), al_old_data = t.al_old_data || jsonb_build_object('hfbfichero', to_jsonb(new.hfbfichero), 'hfbhora', to_jsonb(new.hfbhora), 'hfbusuid', to_jsonb(new.hfbusuid)), al_source = 'W' WHERE (t.al_id, t.al_changed_at) = (SELECT s.al_id, s.al_changed_at FROM cf_quere_pro.audit_log AS s WHERE s.al_table_name = 'hisficherosborrados' AND s.al_legacy_table = 'hisficherosborrados' AND s.al_record_key = coalesce(rtrim((old.hfbfichero)::text, ' '), '∅') AND s.al_old_data::text = (jsonb_build_object('hfbfichero', to_jsonb(old.hfbfichero), 'hfbhora', to_jsonb(old.hfbhora), 'hfbusuid', to_jsonb(old.hfbusuid)))::text ORDER BY s.al_id LIMIT 1);
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  RETURN NEW;
END $$;

ALTER FUNCTION esclusa.write_hisficherosborrados() OWNER TO postgres;

CREATE FUNCTION esclusa.write_histipooficina() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM cf_quere_pro.audit_log AS t WHERE (t.al_id, t.al_changed_at) = (SELECT s.al_id, s.al_changed_at FROM cf_quere_pro.audit_log AS s WHERE s.al_table_name = 'tipooficina' AND s.al_legacy_table = 'histipooficina' AND s.al_record_key = coalesce(trim_scale((old.htofid)::numeric)::text, '∅') AND s.al_old_data::text = (jsonb_build_object('htofid', to_jsonb(old.htofid), 'htofdescri', to_jsonb(old.htofdescri), 'htofsnpresen', to_jsonb(old.htofsnpresen), 'htofsngestpda', to_jsonb(old.htofsngestpda), 'htofhstusu', to_jsonb(old.htofhstusu), 'htofhsthora', to_jsonb(old.htofhsthora), 'htofidioma', to_jsonb(old.htofidioma)))::text ORDER BY s.al_id LIMIT 1);
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN OLD;
  END IF;
  PERFORM CASE WHEN ROW(new.htofid, new.htofdescri, new.htofsnpresen, new.htofsngestpda, new.htofhstusu, new.htofhsthora) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'histipooficina', ARRAY['htofid', 'htofdescri', 'htofsnpresen', 'htofsngestpda', 'htofhstusu', 'htofhsthora'], ARRAY[1, 2, 3, 4, 5, 6], ARRAY[(new.htofid)::text, (new.htofdescri)::text, textin(bpcharout(new.htofsnpresen)), textin(bpcharout(new.htofsngestpda)), (new.htofhstusu)::text, (new.htofhsthora)::text, textin(bpcharout(new.htofidioma))]) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cf_quere_pro.audit_log (al_table_name, al_legacy_table, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at, al_source) VALUES ('tipooficina', 'histipooficina', coalesce(trim_scale((new.htofid)::numeric)::text, '∅'), 'U', jsonb_build_object('htofid', to_jsonb(new.htofid), 'htofdescri', to_jsonb(new.htofdescri), 'htofsnpresen', to_jsonb(new.htofsnpresen), 'htofsngestpda', to_jsonb(new.htofsngestpda), 'htofhstusu', to_jsonb(new.htofhstusu), 'htofhsthora', to_jsonb(new.htofhsthora), 'htofidioma', to_jsonb(new.htofidioma)), coalesce(nullif(left((new.htofhstusu)::text, 63), ''), '∅'), CASE WHEN (least(coalesce(new.htofhsthora, '-infinity'), (timestamp '2026-04-01' - interval '1 microsecond')) AT TIME ZONE 'America/Mexico_City') BETWEEN clock_timestamp() - interval '1 day' AND clock_timestamp() + interval '1 day' THEN clock_timestamp() ELSE '-infinity'::timestamptz END, 'W');
  ELSE
    UPDATE cf_quere_pro.audit_log AS t SET al_record_key = coalesce(trim_scale((new.htofid)::numeric)::text, '∅'), al_old_data = t.al_old_data || jsonb_build_object('htofid', to_jsonb(new.htofid), 'htofdescri', to_jsonb(new.htofdescri), 'htofsnpresen', to_jsonb(new.htofsnpresen), 'htofsngestpda', to_jsonb(new.htofsngestpda), 'htofhstusu', to_jsonb(new.htofhstusu), 'htofhsthora', to_jsonb(new.htofhsthora), 'htofidioma', to_jsonb(new.htofidioma)), al_user_id = coalesce(nullif(left((new.htofhstusu)::text, 63), ''), '∅'), al_changed_at = CASE WHEN new.htofhsthora IS NOT DISTINCT FROM (t.al_old_data ->> 'htofhsthora')::timestamp without time zone THEN t.al_changed_at ELSE CASE WHEN (least(coalesce(new.htofhsthora, '-infinity'), (timestamp '2026-04-01' - interval '1 microsecond')) AT TIME ZONE 'America/Mexico_City') BETWEEN clock_timestamp() - interval '1 day' AND clock_timestamp() + interval '1 day' THEN clock_timestamp() ELSE '-infinity'::timestamptz END END, al_source = 'W' WHERE (t.al_id, t.al_changed_at) = (SELECT s.al_id, s.al_changed_at FROM cf_quere_pro.audit_log AS s WHERE s.al_table_name = 'tipooficina' AND s.al_legacy_table = 'histipooficina' AND s.al_record_key = coalesce(trim_scale((old.htofid)::numeric)::text, '∅') AND s.al_old_data::text = (jsonb_build_object('htofid', to_jsonb(old.htofid), 'htofdescri', to_jsonb(old.htofdescri), 'htofsnpresen', to_jsonb(old.htofsnpresen), 'htofsngestpda', to_jsonb(old.htofsngestpda), 'htofhstusu', to_jsonb(old.htofhstusu), 'htofhsthora', to_jsonb(old.htofhsthora), 'htofidioma', to_jsonb(old.htofidioma)))::text ORDER BY s.al_id LIMIT 1);
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  RETURN NEW;
END $$;

ALTER FUNCTION esclusa.write_histipooficina() OWNER TO postgres;

CREATE FUNCTION esclusa.write_tipooficina() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM cf_quere_pro.domain_value AS t WHERE t.dv_domain = 'TIPO_OFICINA' AND t.dv_code = coalesce(trim_scale((old.tofid)::numeric)::text, '∅');
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN OLD;
  END IF;
  PERFORM CASE WHEN ROW(new.tofid, new.tofsnpresen, new.tofsngestpda, new.tofhstusu, new.tofhsthora, new.tofdescritxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipooficina', ARRAY['tofid', 'tofsnpresen', 'tofsngestpda', 'tofhstusu', 'tofhsthora', 'tofdescritxtid'], ARRAY[1, 2, 3, 4, 5, 6], ARRAY[(new.tofid)::text, textin(bpcharout(new.tofsnpresen)), textin(bpcharout(new.tofsngestpda)), (new.tofhstusu)::text, (new.tofhsthora)::text, (new.tofdescritxtid)::text]) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cf_quere_pro.domain_value (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json, dv_hstusu, dv_hsthora) VALUES ('TIPO_OFICINA', coalesce(trim_scale((new.tofid)::numeric)::text, '∅'), new.tofdescritxtid, extract(epoch FROM clock_timestamp())::integer, jsonb_build_object('tofsnpresen', to_jsonb(new.tofsnpresen), 'tofsngestpda', to_jsonb(new.tofsngestpda), 'tofhstusu', to_jsonb(new.tofhstusu), 'tofhsthora', to_jsonb(new.tofhsthora)), left((new.tofhstusu)::text, 63), ((new.tofhsthora)::timestamp AT TIME ZONE 'America/Mexico_City'));
  ELSE
    UPDATE cf_quere_pro.domain_value AS t SET dv_code = coalesce(trim_scale((new.tofid)::numeric)::text, '∅'), dv_txtid = new.tofdescritxtid, dv_extra_json = t.dv_extra_json || jsonb_build_object('tofsnpresen', to_jsonb(new.tofsnpresen), 'tofsngestpda', to_jsonb(new.tofsngestpda), 'tofhstusu', to_jsonb(new.tofhstusu), 'tofhsthora', to_jsonb(new.tofhsthora)), dv_hstusu = left((new.tofhstusu)::text, 63), dv_hsthora = ((new.tofhsthora)::timestamp AT TIME ZONE 'America/Mexico_City') WHERE t.dv_domain = 'TIPO_OFICINA' AND t.dv_code = coalesce(trim_scale((old.tofid)::numeric)::text, '∅');
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  RETURN NEW;
END $$;

ALTER FUNCTION esclusa.write_tipooficina() OWNER TO postgres;

CREATE FUNCTION esclusa.write_tipositver() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM cf_quere_pro.domain_value AS t WHERE t.dv_domain = 'TIPO_SITVER' AND t.dv_code = coalesce(trim_scale((old.tsvid)::numeric)::text, '∅');
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN OLD;
  END IF;
  PERFORM CASE WHEN ROW(new.tsvid, new.tsvtxtid) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipositver', ARRAY['tsvid', 'tsvtxtid'], ARRAY[1, 2], ARRAY[(new.tsvid)::text, (new.tsvtxtid)::text]) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cf_quere_pro.domain_value (dv_domain, dv_code, dv_txtid, dv_sort_order, dv_extra_json) VALUES ('TIPO_SITVER', coalesce(trim_scale((new.tsvid)::numeric)::text, '∅'), new.tsvtxtid, extract(epoch FROM clock_timestamp())::integer, '{}'::jsonb);
  ELSE
    UPDATE cf_quere_pro.domain_value AS t SET dv_code = coalesce(trim_scale((new.tsvid)::numeric)::text, '∅'), dv_txtid = new.tsvtxtid WHERE t.dv_domain = 'TIPO_SITVER' AND t.dv_code = coalesce(trim_scale((old.tsvid)::numeric)::text, '∅');
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  RETURN NEW;
END $$;

ALTER FUNCTION esclusa.write_tipositver() OWNER TO postgres;

CREATE FUNCTION esclusa.write_tipoviaaca() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM cf_quere_pro.domain_value_link AS t WHERE t.dvl_link_type = 'TIPO_VIAACA' AND t.dvl_source_code = coalesce(trim_scale((old.tvatviaid)::numeric)::text, '∅') AND t.dvl_target_code = coalesce(rtrim((old.tvacodaca)::text, ' '), '∅');
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN OLD;
  END IF;
  PERFORM CASE WHEN ROW(new.tvatviaid, new.tvacodaca) IS NOT NULL THEN true ELSE esclusa.refuse_null('cf_quere_pro', 'tipoviaaca', ARRAY['tvatviaid', 'tvacodaca'], ARRAY[1, 2], ARRAY[(new.tvatviaid)::text, textin(bpcharout(new.tvacodaca))]) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cf_quere_pro.domain_value_link (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code, dvl_sort_order, dvl_extra_json) VALUES ('TIPO_VIAACA', 'TIPO_VIA', coalesce(trim_scale((new.tvatviaid)::numeric)::text, '∅'), 'TVACODACA', coalesce(rtrim((new.tvacodaca)::text, ' '), '∅'), extract(epoch FROM clock_timestamp())::integer, jsonb_build_object('tvacodaca', to_jsonb(new.tvacodaca)));
  ELSE
    UPDATE cf_quere_pro.domain_value_link AS t SET dvl_source_code = coalesce(trim_scale((new.tvatviaid)::numeric)::text, '∅'), dvl_target_code = coalesce(rtrim((new.tvacodaca)::text, ' '), '∅'), dvl_extra_json = t.dvl_extra_json || jsonb_build_object('tvacodaca', to_jsonb(new.tvacodaca)) WHERE t.dvl_link_type = 'TIPO_VIAACA' AND t.dvl_source_code = coalesce(trim_scale((old.tvatviaid)::numeric)::text, '∅') AND t.dvl_target_code = coalesce(rtrim((old.tvacodaca)::text, ' '), '∅');
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  RETURN NEW;
END $$;

ALTER FUNCTION esclusa.write_tipoviaaca() OWNER TO postgres;

ALTER TABLE cf_quere_pro.audit_log ALTER COLUMN al_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME cf_quere_pro.audit_log_al_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE cf_quere_pro.audit_log_default (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_default OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_hist (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_hist OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_03 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_03 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_04 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_04 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_05 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_05 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_06 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_06 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_07 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_07 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_08 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_08 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_09 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_09 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_10 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_10 OWNER TO postgres;

CREATE TABLE cf_quere_pro.audit_log_p2026_11 (
    al_id bigint NOT NULL,
    al_table_name character varying(63) NOT NULL,
    al_record_key text NOT NULL COLLATE pg_catalog."C",
    al_operation character(1) NOT NULL,
    al_old_data jsonb,
    al_new_data jsonb,
    al_changed_fields jsonb,
    al_sesid numeric(10,0),
    al_user_id character varying(63) NOT NULL,
    al_changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    al_expid numeric(5,0),
    al_source character(1) DEFAULT 'T'::bpchar NOT NULL,
    al_legacy_table character varying(63),
    CONSTRAINT al_image_ck CHECK (((al_old_data IS NOT NULL) OR (al_new_data IS NOT NULL))),
    CONSTRAINT al_legacy_ck CHECK (((al_source = 'T'::bpchar) = (al_legacy_table IS NULL))),
    CONSTRAINT audit_log_al_operation_check CHECK ((al_operation = ANY (ARRAY['I'::bpchar, 'U'::bpchar, 'D'::bpchar]))),
    CONSTRAINT audit_log_al_source_check CHECK ((al_source = ANY (ARRAY['T'::bpchar, 'L'::bpchar, 'W'::bpchar])))
);

ALTER TABLE cf_quere_pro.audit_log_p2026_11 OWNER TO postgres;

CREATE TABLE cf_quere_pro.barrio (
    barrid numeric(5,0) NOT NULL,
    barrlocid numeric(10,0) NOT NULL,
    barrnombre character varying(100) NOT NULL,
    barrhstusu character varying(10),
    barrhsthora timestamp without time zone,
    barrtipobarrio character varying(30)
);

ALTER TABLE cf_quere_pro.barrio OWNER TO aqua_owner;

CREATE TABLE cf_quere_pro.domain_value (
    dv_id bigint NOT NULL,
    dv_domain character varying(50) NOT NULL,
    dv_code character varying(100) NOT NULL COLLATE pg_catalog."C",
    dv_txtid numeric(10,0),
    dv_description character varying(1000),
    dv_sort_order integer DEFAULT 0 NOT NULL,
    dv_is_active character(1) DEFAULT 'S'::bpchar,
    dv_extra_json jsonb DEFAULT '{}'::jsonb NOT NULL,
    dv_expid numeric(5,0),
    dv_hstusu character varying(63),
    dv_hsthora timestamp with time zone DEFAULT clock_timestamp()
);

ALTER TABLE cf_quere_pro.domain_value OWNER TO postgres;

ALTER TABLE cf_quere_pro.domain_value ALTER COLUMN dv_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME cf_quere_pro.domain_value_dv_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE cf_quere_pro.domain_value_link (
    dvl_link_type character varying(50) NOT NULL,
    dvl_source_domain character varying(50) NOT NULL,
    dvl_source_code character varying(100) NOT NULL COLLATE pg_catalog."C",
    dvl_target_domain character varying(50) NOT NULL,
    dvl_target_code character varying(100) NOT NULL COLLATE pg_catalog."C",
    dvl_sort_order integer DEFAULT 0 NOT NULL,
    dvl_extra_json jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE cf_quere_pro.domain_value_link OWNER TO postgres;

CREATE VIEW cf_quere_pro.hisbarrio AS
 SELECT
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrid'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrid'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrid'::text) ->> 'new'::text)
            END)::numeric(5,0)
            ELSE ((audit_log.al_old_data ->> 'hbarrid'::text))::numeric(5,0)
        END AS hbarrid,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrlocid'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrlocid'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrlocid'::text) ->> 'new'::text)
            END)::numeric(10,0)
            ELSE ((audit_log.al_old_data ->> 'hbarrlocid'::text))::numeric(10,0)
        END AS hbarrlocid,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrnombre'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrnombre'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrnombre'::text) ->> 'new'::text)
            END)::character varying(100)
            ELSE ((audit_log.al_old_data ->> 'hbarrnombre'::text))::character varying(100)
        END AS hbarrnombre,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrhstusu'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrhstusu'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrhstusu'::text) ->> 'new'::text)
            END)::character varying(10)
            ELSE ((audit_log.al_old_data ->> 'hbarrhstusu'::text))::character varying(10)
        END AS hbarrhstusu,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrhsthora'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrhsthora'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrhsthora'::text) ->> 'new'::text)
            END)::timestamp without time zone
            ELSE ((audit_log.al_old_data ->> 'hbarrhsthora'::text))::timestamp without time zone
        END AS hbarrhsthora,
        CASE
            WHEN ((audit_log.al_source = 'T'::bpchar) AND ((audit_log.al_table_name)::text = 'barrio'::text)) THEN (
            CASE
                WHEN ((audit_log.al_changed_fields -> 'barrtipobarrio'::text) IS NULL) THEN (COALESCE(audit_log.al_new_data, audit_log.al_old_data) ->> 'barrtipobarrio'::text)
                ELSE ((audit_log.al_changed_fields -> 'barrtipobarrio'::text) ->> 'new'::text)
            END)::character varying(30)
            ELSE ((audit_log.al_old_data ->> 'hbarrtipobarrio'::text))::character varying(30)
        END AS hbarrtipobarrio
   FROM cf_quere_pro.audit_log
  WHERE (((audit_log.al_table_name)::text = 'barrio'::text) AND ((COALESCE(audit_log.al_legacy_table, 'hisbarrio'::character varying))::text = 'hisbarrio'::text) AND ((audit_log.al_old_data -> '_truncate'::text) IS NULL) AND ((audit_log.al_source <> 'T'::bpchar) OR (audit_log.al_changed_at >= '2026-11-28 16:47:23.661913+00'::timestamp with time zone)));

ALTER TABLE cf_quere_pro.hisbarrio OWNER TO postgres;

CREATE VIEW cf_quere_pro.hisficherosborrados AS
 SELECT ((audit_log.al_old_data ->> 'hfbfichero'::text))::character varying(200) AS hfbfichero,
    ((audit_log.al_old_data ->> 'hfbhora'::text))::timestamp without time zone AS hfbhora,
    ((audit_log.al_old_data ->> 'hfbusuid'::text))::character varying(10) AS hfbusuid
   FROM cf_quere_pro.audit_log
  WHERE (((audit_log.al_table_name)::text = 'hisficherosborrados'::text) AND ((audit_log.al_legacy_table)::text = 'hisficherosborrados'::text));

ALTER TABLE cf_quere_pro.hisficherosborrados OWNER TO postgres;

CREATE VIEW cf_quere_pro.histipooficina AS
 SELECT ((audit_log.al_old_data ->> 'htofid'::text))::numeric(5,0) AS htofid,
    ((audit_log.al_old_data ->> 'htofdescri'::text))::character varying(20) AS htofdescri,
    ((audit_log.al_old_data ->> 'htofsnpresen'::text))::character(1) AS htofsnpresen,
    ((audit_log.al_old_data ->> 'htofsngestpda'::text))::character(1) AS htofsngestpda,
    ((audit_log.al_old_data ->> 'htofhstusu'::text))::character varying(10) AS htofhstusu,
    ((audit_log.al_old_data ->> 'htofhsthora'::text))::timestamp without time zone AS htofhsthora,
    ((audit_log.al_old_data ->> 'htofidioma'::text))::character(2) AS htofidioma
   FROM cf_quere_pro.audit_log
  WHERE (((audit_log.al_table_name)::text = 'tipooficina'::text) AND ((audit_log.al_legacy_table)::text = 'histipooficina'::text));

ALTER TABLE cf_quere_pro.histipooficina OWNER TO postgres;

CREATE VIEW cf_quere_pro.tipooficina AS
 SELECT (
        CASE
            WHEN ((domain_value.dv_domain)::text = 'TIPO_OFICINA'::text) THEN domain_value.dv_code
            ELSE NULL::character varying
        END)::numeric(5,0) AS tofid,
    ((domain_value.dv_extra_json ->> 'tofsnpresen'::text))::character(1) AS tofsnpresen,
    ((domain_value.dv_extra_json ->> 'tofsngestpda'::text))::character(1) AS tofsngestpda,
    ((domain_value.dv_extra_json ->> 'tofhstusu'::text))::character varying(10) AS tofhstusu,
    ((domain_value.dv_extra_json ->> 'tofhsthora'::text))::timestamp without time zone AS tofhsthora,
    domain_value.dv_txtid AS tofdescritxtid
   FROM cf_quere_pro.domain_value
  WHERE ((domain_value.dv_domain)::text = 'TIPO_OFICINA'::text);

ALTER TABLE cf_quere_pro.tipooficina OWNER TO postgres;

CREATE VIEW cf_quere_pro.tipositver AS
 SELECT (
        CASE
            WHEN ((domain_value.dv_domain)::text = 'TIPO_SITVER'::text) THEN domain_value.dv_code
            ELSE NULL::character varying
        END)::numeric(5,0) AS tsvid,
    domain_value.dv_txtid AS tsvtxtid
   FROM cf_quere_pro.domain_value
  WHERE ((domain_value.dv_domain)::text = 'TIPO_SITVER'::text);

ALTER TABLE cf_quere_pro.tipositver OWNER TO postgres;

CREATE VIEW cf_quere_pro.tipoviaaca AS
 SELECT (
        CASE
            WHEN ((domain_value_link.dvl_link_type)::text = 'TIPO_VIAACA'::text) THEN domain_value_link.dvl_source_code
            ELSE NULL::character varying
        END)::numeric(5,0) AS tvatviaid,
    ((domain_value_link.dvl_extra_json ->> 'tvacodaca'::text))::character(2) AS tvacodaca
   FROM cf_quere_pro.domain_value_link
  WHERE ((domain_value_link.dvl_link_type)::text = 'TIPO_VIAACA'::text);

ALTER TABLE cf_quere_pro.tipoviaaca OWNER TO postgres;

CREATE TABLE esclusa.finder (
    legacy_table character varying(63) NOT NULL,
    query text NOT NULL,
    row_filter text NOT NULL,
    known_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

ALTER TABLE esclusa.finder OWNER TO postgres;

CREATE TABLE esclusa.mode (
    legacy_table character varying(63) NOT NULL,
    mode text NOT NULL,
    reason text,
    changed_by text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT mode_mode_check CHECK ((mode = ANY (ARRAY['off'::text, 'observe'::text, 'shadow'::text, 'rewrite'::text, 'refuse'::text])))
);

ALTER TABLE esclusa.mode OWNER TO postgres;

CREATE TABLE esclusa.mode_history (
    id bigint NOT NULL,
    legacy_table character varying(63) NOT NULL,
    mode_before text,
    mode_after text NOT NULL,
    reason text,
    changed_by text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE esclusa.mode_history OWNER TO postgres;

ALTER TABLE esclusa.mode_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME esclusa.mode_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE esclusa.parity (
    id bigint NOT NULL,
    legacy_table character varying(63) NOT NULL,
    check_name text NOT NULL,
    passed boolean NOT NULL,
    detail text,
    row_count bigint,
    checked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE esclusa.parity OWNER TO postgres;

ALTER TABLE esclusa.parity ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME esclusa.parity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE esclusa.run (
    id bigint NOT NULL,
    command text NOT NULL,
    started_by text DEFAULT SESSION_USER NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone
);

ALTER TABLE esclusa.run OWNER TO postgres;

ALTER TABLE esclusa.run ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME esclusa.run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE esclusa.run_table (
    run_id bigint NOT NULL,
    legacy_table character varying(63) NOT NULL,
    step text NOT NULL,
    row_count bigint,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE esclusa.run_table OWNER TO postgres;

CREATE TABLE esclusa.stand_in_hisbarrio (
    nothing integer NOT NULL
);

ALTER TABLE esclusa.stand_in_hisbarrio OWNER TO aqua_owner;

CREATE TABLE esclusa.stand_in_hisficherosborrados (
    nothing integer NOT NULL
);

ALTER TABLE esclusa.stand_in_hisficherosborrados OWNER TO aqua_owner;

CREATE TABLE esclusa.stand_in_histipooficina (
    nothing integer NOT NULL
);

ALTER TABLE esclusa.stand_in_histipooficina OWNER TO aqua_owner;

CREATE TABLE esclusa.stand_in_tipooficina (
    nothing integer NOT NULL
);

ALTER TABLE esclusa.stand_in_tipooficina OWNER TO aqua_owner;

CREATE TABLE esclusa.stand_in_tipositver (
    nothing integer NOT NULL
);

ALTER TABLE esclusa.stand_in_tipositver OWNER TO aqua_owner;

CREATE TABLE esclusa.stand_in_tipoviaaca (
    nothing integer NOT NULL
);

ALTER TABLE esclusa.stand_in_tipoviaaca OWNER TO aqua_owner;

CREATE VIEW esclusa.tipooficina AS
 SELECT (
        CASE
            WHEN ((domain_value.dv_domain)::text = 'TIPO_OFICINA'::text) THEN domain_value.dv_code
            ELSE NULL::character varying
        END)::numeric(5,0) AS tofid,
    ((domain_value.dv_extra_json ->> 'tofsnpresen'::text))::character(1) AS tofsnpresen,
    ((domain_value.dv_extra_json ->> 'tofsngestpda'::text))::character(1) AS tofsngestpda,
    ((domain_value.dv_extra_json ->> 'tofhstusu'::text))::character varying(10) AS tofhstusu,
    ((domain_value.dv_extra_json ->> 'tofhsthora'::text))::timestamp without time zone AS tofhsthora,
    domain_value.dv_txtid AS tofdescritxtid
   FROM cf_quere_pro.domain_value
  WHERE ((domain_value.dv_domain)::text = 'TIPO_OFICINA'::text);

ALTER TABLE esclusa.tipooficina OWNER TO postgres;

CREATE VIEW esclusa.tipositver AS
 SELECT (
        CASE
            WHEN ((domain_value.dv_domain)::text = 'TIPO_SITVER'::text) THEN domain_value.dv_code
            ELSE NULL::character varying
        END)::numeric(5,0) AS tsvid,
    domain_value.dv_txtid AS tsvtxtid
   FROM cf_quere_pro.domain_value
  WHERE ((domain_value.dv_domain)::text = 'TIPO_SITVER'::text);

ALTER TABLE esclusa.tipositver OWNER TO postgres;

CREATE VIEW esclusa.tipoviaaca AS
 SELECT (
        CASE
            WHEN ((domain_value_link.dvl_link_type)::text = 'TIPO_VIAACA'::text) THEN domain_value_link.dvl_source_code
            ELSE NULL::character varying
        END)::numeric(5,0) AS tvatviaid,
    ((domain_value_link.dvl_extra_json ->> 'tvacodaca'::text))::character(2) AS tvacodaca
   FROM cf_quere_pro.domain_value_link
  WHERE ((domain_value_link.dvl_link_type)::text = 'TIPO_VIAACA'::text);

ALTER TABLE esclusa.tipoviaaca OWNER TO postgres;

CREATE TABLE mig_old.hisbarrio (
    hbarrid numeric(5,0) NOT NULL,
    hbarrlocid numeric(10,0) NOT NULL,
    hbarrnombre character varying(100) NOT NULL,
    hbarrhstusu character varying(10) NOT NULL,
    hbarrhsthora timestamp without time zone NOT NULL,
    hbarrtipobarrio character varying(30)
);

ALTER TABLE mig_old.hisbarrio OWNER TO aqua_owner;

CREATE TABLE mig_old.hisficherosborrados (
    hfbfichero character varying(200) NOT NULL,
    hfbhora timestamp without time zone NOT NULL,
    hfbusuid character varying(10) NOT NULL
);

ALTER TABLE mig_old.hisficherosborrados OWNER TO aqua_owner;

CREATE TABLE mig_old.histipooficina (
    htofid numeric(5,0) NOT NULL,
    htofdescri character varying(20) NOT NULL,
    htofsnpresen character(1) NOT NULL,
    htofsngestpda character(1) NOT NULL,
    htofhstusu character varying(10) NOT NULL,
    htofhsthora timestamp without time zone NOT NULL,
    htofidioma character(2)
);

ALTER TABLE mig_old.histipooficina OWNER TO aqua_owner;

CREATE TABLE mig_old.tipooficina (
    tofid numeric(5,0) NOT NULL,
    tofsnpresen character(1) DEFAULT 'N'::bpchar NOT NULL,
    tofsngestpda character(1) NOT NULL,
    tofhstusu character varying(10) DEFAULT 'Conversion'::character varying NOT NULL,
    tofhsthora timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    tofdescritxtid numeric(10,0) NOT NULL
);

ALTER TABLE mig_old.tipooficina OWNER TO aqua_owner;

CREATE TABLE mig_old.tipositver (
    tsvid numeric(5,0) NOT NULL,
    tsvtxtid numeric(10,0) NOT NULL
);

ALTER TABLE mig_old.tipositver OWNER TO aqua_owner;

CREATE TABLE mig_old.tipoviaaca (
    tvatviaid numeric(5,0) NOT NULL,
    tvacodaca character(2) NOT NULL
);

ALTER TABLE mig_old.tipoviaaca OWNER TO aqua_owner;

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_default DEFAULT;

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_hist FOR VALUES FROM ('-infinity') TO ('2026-03-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_03 FOR VALUES FROM ('2026-03-01 06:00:00+00') TO ('2026-04-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_04 FOR VALUES FROM ('2026-04-01 06:00:00+00') TO ('2026-05-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_05 FOR VALUES FROM ('2026-05-01 06:00:00+00') TO ('2026-06-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_06 FOR VALUES FROM ('2026-06-01 06:00:00+00') TO ('2026-07-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_07 FOR VALUES FROM ('2026-07-01 06:00:00+00') TO ('2026-08-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_08 FOR VALUES FROM ('2026-08-01 06:00:00+00') TO ('2026-09-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_09 FOR VALUES FROM ('2026-09-01 06:00:00+00') TO ('2026-10-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_10 FOR VALUES FROM ('2026-10-01 06:00:00+00') TO ('2026-11-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.audit_log ATTACH PARTITION cf_quere_pro.audit_log_p2026_11 FOR VALUES FROM ('2026-11-01 06:00:00+00') TO ('2026-12-01 06:00:00+00');

ALTER TABLE ONLY cf_quere_pro.tipooficina ALTER COLUMN tofsnpresen SET DEFAULT 'N'::bpchar;

ALTER TABLE ONLY cf_quere_pro.tipooficina ALTER COLUMN tofhstusu SET DEFAULT 'Conversion'::character varying;

ALTER TABLE ONLY cf_quere_pro.tipooficina ALTER COLUMN tofhsthora SET DEFAULT CURRENT_TIMESTAMP;

ALTER TABLE ONLY esclusa.tipooficina ALTER COLUMN tofsnpresen SET DEFAULT 'N'::bpchar;

ALTER TABLE ONLY esclusa.tipooficina ALTER COLUMN tofhstusu SET DEFAULT 'Conversion'::character varying;

ALTER TABLE ONLY esclusa.tipooficina ALTER COLUMN tofhsthora SET DEFAULT CURRENT_TIMESTAMP;

INSERT INTO cf_quere_pro.audit_log_default VALUES
	(101, 'barrio', '1', 'U', '{"barrid": 1}', NULL, NULL, NULL, 'u', '2200-01-01 00:00:00+00', NULL, 'T', NULL);

INSERT INTO cf_quere_pro.audit_log_hist VALUES
	(1, 'barrio', '2', 'U', '{"hbarrid": 2, "hbarrlocid": 10, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 1", "hbarrhsthora": "1902-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1903-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(2, 'barrio', '3', 'U', '{"hbarrid": 3, "hbarrlocid": 20, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 2", "hbarrhsthora": "1905-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1906-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(3, 'barrio', '4', 'U', '{"hbarrid": 4, "hbarrlocid": 30, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 3", "hbarrhsthora": "1908-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1909-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(4, 'barrio', '5', 'U', '{"hbarrid": 5, "hbarrlocid": 40, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 4", "hbarrhsthora": "1911-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1912-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(5, 'barrio', '6', 'U', '{"hbarrid": 6, "hbarrlocid": 50, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 5", "hbarrhsthora": "1914-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1915-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(6, 'barrio', '7', 'U', '{"hbarrid": 7, "hbarrlocid": 60, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 6", "hbarrhsthora": "1917-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1918-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(7, 'barrio', '8', 'U', '{"hbarrid": 8, "hbarrlocid": 70, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 7", "hbarrhsthora": "1920-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1921-01-01 06:36:35+00', NULL, 'L', 'hisbarrio'),
	(8, 'barrio', '1', 'U', '{"hbarrid": 1, "hbarrlocid": 80, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 8", "hbarrhsthora": "1923-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1924-01-01 06:59:59+00', NULL, 'L', 'hisbarrio'),
	(9, 'barrio', '2', 'U', '{"hbarrid": 2, "hbarrlocid": 90, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 9", "hbarrhsthora": "1926-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1927-01-01 06:59:59+00', NULL, 'L', 'hisbarrio'),
	(10, 'barrio', '3', 'U', '{"hbarrid": 3, "hbarrlocid": 100, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 10", "hbarrhsthora": "1929-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1930-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(11, 'barrio', '4', 'U', '{"hbarrid": 4, "hbarrlocid": 110, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 11", "hbarrhsthora": "1932-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1933-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(12, 'barrio', '5', 'U', '{"hbarrid": 5, "hbarrlocid": 120, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 12", "hbarrhsthora": "1935-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1936-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(13, 'barrio', '6', 'U', '{"hbarrid": 6, "hbarrlocid": 130, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 13", "hbarrhsthora": "1938-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1939-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(14, 'barrio', '7', 'U', '{"hbarrid": 7, "hbarrlocid": 140, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 14", "hbarrhsthora": "1941-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1942-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(15, 'barrio', '8', 'U', '{"hbarrid": 8, "hbarrlocid": 150, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 15", "hbarrhsthora": "1944-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1945-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(16, 'barrio', '1', 'U', '{"hbarrid": 1, "hbarrlocid": 160, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 16", "hbarrhsthora": "1947-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1948-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(17, 'barrio', '2', 'U', '{"hbarrid": 2, "hbarrlocid": 170, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 17", "hbarrhsthora": "1950-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1951-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(18, 'barrio', '3', 'U', '{"hbarrid": 3, "hbarrlocid": 180, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 18", "hbarrhsthora": "1953-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1954-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(19, 'barrio', '4', 'U', '{"hbarrid": 4, "hbarrlocid": 190, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 19", "hbarrhsthora": "1956-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1957-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(20, 'barrio', '5', 'U', '{"hbarrid": 5, "hbarrlocid": 200, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 20", "hbarrhsthora": "1959-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1960-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(21, 'barrio', '6', 'U', '{"hbarrid": 6, "hbarrlocid": 210, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 21", "hbarrhsthora": "1962-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1963-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(22, 'barrio', '7', 'U', '{"hbarrid": 7, "hbarrlocid": 220, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 22", "hbarrhsthora": "1965-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1966-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(23, 'barrio', '8', 'U', '{"hbarrid": 8, "hbarrlocid": 230, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 23", "hbarrhsthora": "1968-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1969-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(24, 'barrio', '1', 'U', '{"hbarrid": 1, "hbarrlocid": 240, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 24", "hbarrhsthora": "1971-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1972-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(25, 'barrio', '2', 'U', '{"hbarrid": 2, "hbarrlocid": 250, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 25", "hbarrhsthora": "1974-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1975-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(26, 'barrio', '3', 'U', '{"hbarrid": 3, "hbarrlocid": 260, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 26", "hbarrhsthora": "1977-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1978-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(27, 'barrio', '4', 'U', '{"hbarrid": 4, "hbarrlocid": 270, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 27", "hbarrhsthora": "1980-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1981-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(28, 'barrio', '5', 'U', '{"hbarrid": 5, "hbarrlocid": 280, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 28", "hbarrhsthora": "1983-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1984-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(29, 'barrio', '6', 'U', '{"hbarrid": 6, "hbarrlocid": 290, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 29", "hbarrhsthora": "1986-12-31T23:59:59", "hbarrtipobarrio": null}', NULL, NULL, NULL, 'EVA', '1987-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(30, 'barrio', '7', 'U', '{"hbarrid": 7, "hbarrlocid": 300, "hbarrhstusu": "EVA", "hbarrnombre": "Barrio ñ 30", "hbarrhsthora": "1989-12-31T23:59:59", "hbarrtipobarrio": "colonia  "}', NULL, NULL, NULL, 'EVA', '1990-01-01 05:59:59+00', NULL, 'L', 'hisbarrio'),
	(31, 'hisficherosborrados', 'fichero1', 'U', '{"hfbhora": "2021-01-02T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero1"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(32, 'hisficherosborrados', 'fichero2', 'U', '{"hfbhora": "2021-01-03T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero2"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(33, 'hisficherosborrados', 'fichero3', 'U', '{"hfbhora": "2021-01-04T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero3"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(34, 'hisficherosborrados', 'fichero0', 'U', '{"hfbhora": "2021-01-05T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero0"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(35, 'hisficherosborrados', 'fichero1', 'U', '{"hfbhora": "2021-01-06T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero1"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(36, 'hisficherosborrados', 'fichero2', 'U', '{"hfbhora": "2021-01-07T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero2"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(37, 'hisficherosborrados', 'fichero3', 'U', '{"hfbhora": "2021-01-08T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero3"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(38, 'hisficherosborrados', 'fichero0', 'U', '{"hfbhora": "2021-01-09T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero0"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(39, 'hisficherosborrados', 'fichero1', 'U', '{"hfbhora": "2021-01-10T00:00:00", "hfbusuid": "LUIS", "hfbfichero": "fichero1"}', NULL, NULL, NULL, '∅', '-infinity', NULL, 'L', 'hisficherosborrados'),
	(40, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 1", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-02-20T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-02-20 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(41, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 2", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-03-09T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-03-09 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(42, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 3", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2010-03-26T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-03-26 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(44, 'tipooficina', '6', 'U', '{"htofid": 6, "htofdescri": "Oficina 5", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-04-29T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-04-29 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(46, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 7", "htofhstusu": "", "htofidioma": null, "htofhsthora": "2010-06-02T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, '∅', '2010-06-02 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(47, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 8", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-06-19T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-06-19 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(48, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 9", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2010-07-06T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-07-06 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(50, 'tipooficina', '6', 'U', '{"htofid": 6, "htofdescri": "Oficina 11", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-08-09T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-08-09 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(52, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 13", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-09-12T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-09-12 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(53, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 14", "htofhstusu": "", "htofidioma": null, "htofhsthora": "2010-09-29T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, '∅', '2010-09-29 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(54, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 15", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2010-10-16T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-10-16 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(56, 'tipooficina', '6', 'U', '{"htofid": 6, "htofdescri": "Oficina 17", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-11-19T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-11-19 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(58, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 19", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-12-23T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-12-23 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(59, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 20", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-01-09T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-01-09 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(60, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 21", "htofhstusu": "", "htofidioma": "es", "htofhsthora": "2011-01-26T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, '∅', '2011-01-26 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(61, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "Oficina 22", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-02-12T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-02-12 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(62, 'tipooficina', '6', 'U', '{"htofid": 6, "htofdescri": "Oficina 23", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-03-01T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-03-01 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(63, 'tipooficina', '1', 'U', '{"htofid": 1, "htofdescri": "Oficina 24", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2011-03-18T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-03-18 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(64, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 25", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-04-04T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-04-04 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(65, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 26", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-04-21T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-04-21 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(66, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 27", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2011-05-08T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-05-08 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(67, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "Oficina 28", "htofhstusu": "", "htofidioma": null, "htofhsthora": "2011-05-25T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, '∅', '2011-05-25 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(68, 'tipooficina', '6', 'U', '{"htofid": 6, "htofdescri": "Oficina 29", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-06-11T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-06-11 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(69, 'tipooficina', '1', 'U', '{"htofid": 1, "htofdescri": "Oficina 30", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2011-06-28T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-06-28 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(70, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 31", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-07-15T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-07-15 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(71, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 32", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-08-01T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-08-01 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(72, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 33", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2011-08-18T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-08-18 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(73, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "Oficina 34", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-09-04T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-09-04 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(74, 'tipooficina', '6', 'U', '{"htofid": 6, "htofdescri": "Oficina 35", "htofhstusu": "", "htofidioma": null, "htofhsthora": "2011-09-21T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, '∅', '2011-09-21 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(75, 'tipooficina', '1', 'U', '{"htofid": 1, "htofdescri": "Oficina 36", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2011-10-08T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-10-08 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(76, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 37", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-10-25T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-10-25 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(77, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "Oficina 38", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-11-11T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-11-11 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(78, 'tipooficina', '4', 'U', '{"htofid": 4, "htofdescri": "Oficina 39", "htofhstusu": "LUIS", "htofidioma": "es", "htofhsthora": "2011-11-28T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-11-28 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(79, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "Oficina 40", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-12-15T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-12-15 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(80, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 1", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-02-20T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-02-20 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(81, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 7", "htofhstusu": "", "htofidioma": null, "htofhsthora": "2010-06-02T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, '∅', '2010-06-02 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(82, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 13", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-09-12T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-09-12 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(83, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 19", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-12-23T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-12-23 10:05:06.789+00', NULL, 'L', 'histipooficina'),
	(84, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 25", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-04-04T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-04-04 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(85, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 31", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-07-15T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-07-15 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(86, 'tipooficina', '2', 'U', '{"htofid": 2, "htofdescri": "Oficina 37", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2011-10-25T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2011-10-25 09:05:06.789+00', NULL, 'L', 'histipooficina'),
	(87, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "por la vista", "htofhstusu": "ANA", "htofidioma": "fr", "htofhsthora": "2026-07-01T10:00:00", "htofsnpresen": "N", "htofsngestpda": "N"}', NULL, NULL, NULL, 'ANA', '-infinity', NULL, 'W', 'histipooficina'),
	(88, 'tipooficina', '3', 'U', '{"htofid": 3, "htofdescri": "por la vista", "htofhstusu": "ANA", "htofidioma": "fr", "htofhsthora": "2026-07-01T10:00:00", "htofsnpresen": "N", "htofsngestpda": "N"}', NULL, NULL, NULL, 'ANA', '-infinity', NULL, 'W', 'histipooficina'),
	(43, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "cambiada", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-04-12T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-04-12 09:05:06.789+00', NULL, 'W', 'histipooficina'),
	(49, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "cambiada", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-07-23T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-07-23 09:05:06.789+00', NULL, 'W', 'histipooficina'),
	(55, 'tipooficina', '5', 'U', '{"htofid": 5, "htofdescri": "cambiada", "htofhstusu": "LUIS", "htofidioma": null, "htofhsthora": "2010-11-02T04:05:06.789", "htofsnpresen": "S", "htofsngestpda": "N"}', NULL, NULL, NULL, 'LUIS', '2010-11-02 10:05:06.789+00', NULL, 'W', 'histipooficina');

INSERT INTO cf_quere_pro.audit_log_p2026_11 VALUES
	(89, 'tipooficina', '9', 'I', NULL, '{"tofid": 9, "tofhstusu": "EVA", "tofhsthora": "2026-08-08T00:00:00", "tofsnpresen": "S", "tofsngestpda": "S", "tofdescritxtid": 509}', NULL, NULL, 'postgres', '2026-11-28 16:47:22.554375+00', NULL, 'T', NULL),
	(90, 'tipooficina', '2', 'U', '{"tofid": 2, "tofhstusu": "ANA", "tofhsthora": "2019-01-03T00:00:00", "tofsnpresen": "S", "tofsngestpda": "N", "tofdescritxtid": 502}', NULL, '{"tofsnpresen": {"new": "N", "old": "S"}}', NULL, 'postgres', '2026-11-28 16:47:22.559625+00', NULL, 'T', NULL),
	(91, 'tipooficina', '6', 'D', '{"tofid": 6, "tofhstusu": "ANA", "tofhsthora": "2019-01-07T00:00:00", "tofsnpresen": "S", "tofsngestpda": "N", "tofdescritxtid": 506}', NULL, NULL, NULL, 'postgres', '2026-11-28 16:47:22.567485+00', NULL, 'T', NULL),
	(92, 'hisficherosborrados', 'nuevo', 'U', '{"hfbhora": "2026-09-09T00:00:00", "hfbusuid": "EVA", "hfbfichero": "nuevo"}', NULL, NULL, NULL, '∅', '2026-11-28 16:47:22.568758+00', NULL, 'W', 'hisficherosborrados'),
	(93, 'barrio', '1', 'U', '{"barrid": 1, "barrlocid": 10, "barrhstusu": "ANA", "barrnombre": "Barrio 1", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, '{"barrnombre": {"new": "Otro 1", "old": "Barrio 1"}}', NULL, 'postgres', '2026-11-28 16:47:22.578217+00', NULL, 'T', NULL),
	(94, 'barrio', '2', 'U', '{"barrid": 2, "barrlocid": 20, "barrhstusu": "ANA", "barrnombre": "Barrio 2", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, '{"barrnombre": {"new": "Otro 2", "old": "Barrio 2"}}', NULL, 'postgres', '2026-11-28 16:47:22.578895+00', NULL, 'T', NULL),
	(95, 'barrio', '3', 'U', '{"barrid": 3, "barrlocid": 30, "barrhstusu": "ANA", "barrnombre": "Barrio 3", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, '{"barrnombre": {"new": "Otro 3", "old": "Barrio 3"}}', NULL, 'postgres', '2026-11-28 16:47:22.579477+00', NULL, 'T', NULL),
	(96, 'barrio', '8', 'D', '{"barrid": 8, "barrlocid": 80, "barrhstusu": "ANA", "barrnombre": "Barrio 8", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, NULL, NULL, 'postgres', '2026-11-28 16:47:22.589777+00', NULL, 'T', NULL),
	(97, 'barrio', '11', 'I', NULL, '{"barrid": 11, "barrlocid": 110, "barrhstusu": "ANA", "barrnombre": "Nuevo", "barrhsthora": "2026-10-10T00:00:00", "barrtipobarrio": "x"}', NULL, NULL, 'postgres', '2026-11-28 16:47:22.590955+00', NULL, 'T', NULL),
	(98, 'barrio', '4', 'U', '{"barrid": 4, "barrlocid": 40, "barrhstusu": "ANA", "barrnombre": "Barrio 4", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, '{"barrnombre": {"new": "Luego 4", "old": "Barrio 4"}}', NULL, 'postgres', '2026-11-28 16:47:23.998768+00', NULL, 'T', NULL),
	(99, 'barrio', '5', 'U', '{"barrid": 5, "barrlocid": 50, "barrhstusu": "ANA", "barrnombre": "Barrio 5", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, '{"barrnombre": {"new": "Luego 5", "old": "Barrio 5"}}', NULL, 'postgres', '2026-11-28 16:47:24.000601+00', NULL, 'T', NULL),
	(100, 'barrio', '7', 'D', '{"barrid": 7, "barrlocid": 70, "barrhstusu": "ANA", "barrnombre": "Barrio 7", "barrhsthora": "2020-05-05T05:05:05", "barrtipobarrio": null}', NULL, NULL, NULL, 'postgres', '2026-11-28 16:47:24.006907+00', NULL, 'T', NULL);

INSERT INTO cf_quere_pro.barrio VALUES
	(6, 60, 'Barrio 6', 'ANA', '2020-05-05 05:05:05', NULL),
	(1, 10, 'Otro 1', 'ANA', '2020-05-05 05:05:05', NULL),
	(2, 20, 'Otro 2', 'ANA', '2020-05-05 05:05:05', NULL),
	(3, 30, 'Otro 3', 'ANA', '2020-05-05 05:05:05', NULL),
	(11, 110, 'Nuevo', 'ANA', '2026-10-10 00:00:00', 'x'),
	(4, 40, 'Luego 4', 'ANA', '2020-05-05 05:05:05', NULL),
	(5, 50, 'Luego 5', 'ANA', '2020-05-05 05:05:05', NULL);

INSERT INTO cf_quere_pro.domain_value OVERRIDING SYSTEM VALUE VALUES
	(1, 'TIPO_OFICINA', '1', 501, NULL, 1, 'S', '{"tofhstusu": "ANA", "tofhsthora": "2019-01-02T00:00:00", "tofsnpresen": "S", "tofsngestpda": "N"}', NULL, 'ANA', '2019-01-02 06:00:00+00'),
	(3, 'TIPO_OFICINA', '3', 503, NULL, 3, 'S', '{"tofhstusu": "ANA", "tofhsthora": "2019-01-04T00:00:00", "tofsnpresen": "S", "tofsngestpda": "N"}', NULL, 'ANA', '2019-01-04 06:00:00+00'),
	(4, 'TIPO_OFICINA', '4', 504, NULL, 4, 'S', '{"tofhstusu": "ANA", "tofhsthora": "2019-01-05T00:00:00", "tofsnpresen": "S", "tofsngestpda": "N"}', NULL, 'ANA', '2019-01-05 06:00:00+00'),
	(5, 'TIPO_OFICINA', '5', 505, NULL, 5, 'S', '{"tofhstusu": "ANA", "tofhsthora": "2019-01-06T00:00:00", "tofsnpresen": "S", "tofsngestpda": "N"}', NULL, 'ANA', '2019-01-06 06:00:00+00'),
	(7, 'TIPO_SITVER', '1', 10, NULL, 1, 'S', '{}', NULL, NULL, '2026-11-28 16:47:21.946817+00'),
	(8, 'TIPO_SITVER', '2', 20, NULL, 2, 'S', '{}', NULL, NULL, '2026-11-28 16:47:21.946906+00'),
	(9, 'TIPO_SITVER', '7', 70, NULL, 3, 'S', '{}', NULL, NULL, '2026-11-28 16:47:21.946918+00'),
	(10, 'TIPO_OFICINA', '9', 509, NULL, 1795884443, 'S', '{"tofhstusu": "EVA", "tofhsthora": "2026-08-08T00:00:00", "tofsnpresen": "S", "tofsngestpda": "S"}', NULL, 'EVA', '2026-08-08 06:00:00+00'),
	(2, 'TIPO_OFICINA', '2', 502, NULL, 2, 'S', '{"tofhstusu": "ANA", "tofhsthora": "2019-01-03T00:00:00", "tofsnpresen": "N", "tofsngestpda": "N"}', NULL, 'ANA', '2019-01-03 06:00:00+00');

INSERT INTO cf_quere_pro.domain_value_link VALUES
	('TIPO_VIAACA', 'TIPO_VIA', '1', 'TVACODACA', 'AC', 1, '{"tvacodaca": "AC"}'),
	('TIPO_VIAACA', 'TIPO_VIA', '2', 'TVACODACA', 'AC', 2, '{"tvacodaca": "AC"}'),
	('TIPO_VIAACA', 'TIPO_VIA', '2', 'TVACODACA', 'B', 3, '{"tvacodaca": "B "}');

INSERT INTO esclusa.finder VALUES
	('hisbarrio', 'SELECT (legacy.r).hbarrid, (legacy.r).hbarrlocid, (legacy.r).hbarrnombre, (legacy.r).hbarrhstusu, (legacy.r).hbarrhsthora, (legacy.r).hbarrtipobarrio FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.hisbarrio, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = ''barrio'' AND al_legacy_table = ''hisbarrio''', 'al_table_name = ''barrio'' AND al_legacy_table = ''hisbarrio''', '2026-12-01 00:00:00+00'),
	('hisficherosborrados', 'SELECT (legacy.r).hfbfichero, (legacy.r).hfbhora, (legacy.r).hfbusuid FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.hisficherosborrados, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = ''hisficherosborrados'' AND al_legacy_table = ''hisficherosborrados''', 'al_table_name = ''hisficherosborrados'' AND al_legacy_table = ''hisficherosborrados''', '2026-12-01 00:00:00+00'),
	('histipooficina', 'SELECT (legacy.r).htofid, (legacy.r).htofdescri, (legacy.r).htofsnpresen, (legacy.r).htofsngestpda, (legacy.r).htofhstusu, (legacy.r).htofhsthora, (legacy.r).htofidioma FROM cf_quere_pro.audit_log, LATERAL (SELECT jsonb_populate_record(NULL::esclusa.histipooficina, al_old_data) AS r OFFSET 0) AS legacy WHERE al_table_name = ''tipooficina'' AND al_legacy_table = ''histipooficina''', 'al_table_name = ''tipooficina'' AND al_legacy_table = ''histipooficina''', '2026-12-01 00:00:00+00');

INSERT INTO esclusa.parity OVERRIDING SYSTEM VALUE VALUES
	(1, 'hisbarrio', 'shape', true, '6 columns', 30, '2026-11-28 16:47:21.058965+00'),
	(2, 'hisbarrio', 'count', true, '30 legacy, 30 new', 30, '2026-11-28 16:47:21.060329+00'),
	(3, 'hisbarrio', 'checksum', true, 'equal', 30, '2026-11-28 16:47:21.065112+00'),
	(4, 'hisbarrio', 'multiset', true, '0 missing, 0 extra', 30, '2026-11-28 16:47:21.075089+00'),
	(5, 'hisbarrio', 'order', true, 'as in the heap', 30, '2026-11-28 16:47:21.078679+00'),
	(6, 'hisbarrio', 'key column', true, '0 rows disagree with their image', 30, '2026-11-28 16:47:21.08111+00'),
	(7, 'hisbarrio', 'time column', true, '0 rows disagree with their image', 30, '2026-11-28 16:47:21.082382+00'),
	(8, 'hisbarrio', 'derived columns', true, '0 rows disagree with their image', 30, '2026-11-28 16:47:21.085823+00'),
	(9, 'hisbarrio', 'default partition', true, '0 rows', 30, '2026-11-28 16:47:21.094871+00'),
	(10, 'hisficherosborrados', 'shape', true, '3 columns', 9, '2026-11-28 16:47:21.43469+00'),
	(11, 'hisficherosborrados', 'count', true, '9 legacy, 9 new', 9, '2026-11-28 16:47:21.435506+00'),
	(12, 'hisficherosborrados', 'checksum', true, 'equal', 9, '2026-11-28 16:47:21.436804+00'),
	(13, 'hisficherosborrados', 'multiset', true, '0 missing, 0 extra', 9, '2026-11-28 16:47:21.438234+00'),
	(14, 'hisficherosborrados', 'order', true, 'as in the heap', 9, '2026-11-28 16:47:21.446178+00'),
	(15, 'hisficherosborrados', 'key column', true, '0 rows disagree with their image', 9, '2026-11-28 16:47:21.447032+00'),
	(16, 'hisficherosborrados', 'time column', true, '0 rows disagree with their image', 9, '2026-11-28 16:47:21.448098+00'),
	(17, 'hisficherosborrados', 'derived columns', true, '0 rows disagree with their image', 9, '2026-11-28 16:47:21.449318+00'),
	(18, 'hisficherosborrados', 'default partition', true, '0 rows', 9, '2026-11-28 16:47:21.450717+00'),
	(19, 'histipooficina', 'shape', true, '7 columns', 47, '2026-11-28 16:47:21.64514+00'),
	(20, 'histipooficina', 'count', true, '47 legacy, 47 new', 47, '2026-11-28 16:47:21.645794+00'),
	(21, 'histipooficina', 'checksum', true, 'equal', 47, '2026-11-28 16:47:21.6481+00'),
	(22, 'histipooficina', 'multiset', true, '0 missing, 0 extra', 47, '2026-11-28 16:47:21.648654+00'),
	(23, 'histipooficina', 'order', true, 'as in the heap', 47, '2026-11-28 16:47:21.649151+00'),
	(24, 'histipooficina', 'key column', true, '0 rows disagree with their image', 47, '2026-11-28 16:47:21.653806+00'),
	(25, 'histipooficina', 'time column', true, '0 rows disagree with their image', 47, '2026-11-28 16:47:21.655373+00'),
	(26, 'histipooficina', 'derived columns', true, '0 rows disagree with their image', 47, '2026-11-28 16:47:21.657943+00'),
	(27, 'histipooficina', 'default partition', true, '0 rows', 47, '2026-11-28 16:47:21.658397+00'),
	(28, 'tipooficina', 'shape', true, '6 columns', 6, '2026-11-28 16:47:21.827954+00'),
	(29, 'tipooficina', 'count', true, '6 legacy, 6 new', 6, '2026-11-28 16:47:21.835094+00'),
	(30, 'tipooficina', 'checksum', true, 'equal', 6, '2026-11-28 16:47:21.836071+00'),
	(31, 'tipooficina', 'multiset', true, '0 missing, 0 extra', 6, '2026-11-28 16:47:21.841842+00'),
	(32, 'tipooficina', 'order', true, 'as in the heap', 6, '2026-11-28 16:47:21.843952+00'),
	(33, 'tipooficina', 'key column', true, '0 rows disagree with their image', 6, '2026-11-28 16:47:21.845148+00'),
	(34, 'tipooficina', 'derived columns', true, '0 rows disagree with their image', 6, '2026-11-28 16:47:21.848181+00'),
	(35, 'tipositver', 'shape', true, '2 columns', 3, '2026-11-28 16:47:21.963378+00'),
	(36, 'tipositver', 'count', true, '3 legacy, 3 new', 3, '2026-11-28 16:47:21.963963+00'),
	(37, 'tipositver', 'checksum', true, 'equal', 3, '2026-11-28 16:47:21.96447+00'),
	(38, 'tipositver', 'multiset', true, '0 missing, 0 extra', 3, '2026-11-28 16:47:21.966324+00'),
	(39, 'tipositver', 'order', true, 'as in the heap', 3, '2026-11-28 16:47:21.966875+00'),
	(40, 'tipositver', 'key column', true, '0 rows disagree with their image', 3, '2026-11-28 16:47:21.974262+00'),
	(41, 'tipoviaaca', 'shape', true, '2 columns', 3, '2026-11-28 16:47:22.09751+00'),
	(42, 'tipoviaaca', 'count', true, '3 legacy, 3 new', 3, '2026-11-28 16:47:22.10644+00'),
	(43, 'tipoviaaca', 'checksum', true, 'equal', 3, '2026-11-28 16:47:22.106883+00'),
	(44, 'tipoviaaca', 'multiset', true, '0 missing, 0 extra', 3, '2026-11-28 16:47:22.107272+00'),
	(45, 'tipoviaaca', 'order', true, 'as in the heap', 3, '2026-11-28 16:47:22.107654+00'),
	(46, 'tipoviaaca', 'key column', true, '0 rows disagree with their image', 3, '2026-11-28 16:47:22.108005+00'),
	(47, 'tipoviaaca', 'derived columns', true, '0 rows disagree with their image', 3, '2026-11-28 16:47:22.108589+00');

INSERT INTO esclusa.run OVERRIDING SYSTEM VALUE VALUES
	(1, '--config /tmp/keeper_fix/esclusa.toml migrate --all', 'postgres', '2026-11-28 16:47:20.891526+00', '2026-11-28 16:47:22.162316+00');

INSERT INTO esclusa.run_table VALUES
	(1, 'hisbarrio', 'migrate', 30, '2026-11-28 16:47:21.331504+00'),
	(1, 'hisficherosborrados', 'migrate', 9, '2026-11-28 16:47:21.535273+00'),
	(1, 'histipooficina', 'migrate', 47, '2026-11-28 16:47:21.751468+00'),
	(1, 'tipooficina', 'migrate', 6, '2026-11-28 16:47:21.922891+00'),
	(1, 'tipositver', 'migrate', 3, '2026-11-28 16:47:22.055514+00'),
	(1, 'tipoviaaca', 'migrate', 3, '2026-11-28 16:47:22.157582+00');

INSERT INTO mig_old.hisbarrio VALUES
	(2, 10, 'Barrio ñ 1', 'EVA', '1902-12-31 23:59:59', NULL),
	(3, 20, 'Barrio ñ 2', 'EVA', '1905-12-31 23:59:59', 'colonia  '),
	(4, 30, 'Barrio ñ 3', 'EVA', '1908-12-31 23:59:59', NULL),
	(5, 40, 'Barrio ñ 4', 'EVA', '1911-12-31 23:59:59', 'colonia  '),
	(6, 50, 'Barrio ñ 5', 'EVA', '1914-12-31 23:59:59', NULL),
	(7, 60, 'Barrio ñ 6', 'EVA', '1917-12-31 23:59:59', 'colonia  '),
	(8, 70, 'Barrio ñ 7', 'EVA', '1920-12-31 23:59:59', NULL),
	(1, 80, 'Barrio ñ 8', 'EVA', '1923-12-31 23:59:59', 'colonia  '),
	(2, 90, 'Barrio ñ 9', 'EVA', '1926-12-31 23:59:59', NULL),
	(3, 100, 'Barrio ñ 10', 'EVA', '1929-12-31 23:59:59', 'colonia  '),
	(4, 110, 'Barrio ñ 11', 'EVA', '1932-12-31 23:59:59', NULL),
	(5, 120, 'Barrio ñ 12', 'EVA', '1935-12-31 23:59:59', 'colonia  '),
	(6, 130, 'Barrio ñ 13', 'EVA', '1938-12-31 23:59:59', NULL),
	(7, 140, 'Barrio ñ 14', 'EVA', '1941-12-31 23:59:59', 'colonia  '),
	(8, 150, 'Barrio ñ 15', 'EVA', '1944-12-31 23:59:59', NULL),
	(1, 160, 'Barrio ñ 16', 'EVA', '1947-12-31 23:59:59', 'colonia  '),
	(2, 170, 'Barrio ñ 17', 'EVA', '1950-12-31 23:59:59', NULL),
	(3, 180, 'Barrio ñ 18', 'EVA', '1953-12-31 23:59:59', 'colonia  '),
	(4, 190, 'Barrio ñ 19', 'EVA', '1956-12-31 23:59:59', NULL),
	(5, 200, 'Barrio ñ 20', 'EVA', '1959-12-31 23:59:59', 'colonia  '),
	(6, 210, 'Barrio ñ 21', 'EVA', '1962-12-31 23:59:59', NULL),
	(7, 220, 'Barrio ñ 22', 'EVA', '1965-12-31 23:59:59', 'colonia  '),
	(8, 230, 'Barrio ñ 23', 'EVA', '1968-12-31 23:59:59', NULL),
	(1, 240, 'Barrio ñ 24', 'EVA', '1971-12-31 23:59:59', 'colonia  '),
	(2, 250, 'Barrio ñ 25', 'EVA', '1974-12-31 23:59:59', NULL),
	(3, 260, 'Barrio ñ 26', 'EVA', '1977-12-31 23:59:59', 'colonia  '),
	(4, 270, 'Barrio ñ 27', 'EVA', '1980-12-31 23:59:59', NULL),
	(5, 280, 'Barrio ñ 28', 'EVA', '1983-12-31 23:59:59', 'colonia  '),
	(6, 290, 'Barrio ñ 29', 'EVA', '1986-12-31 23:59:59', NULL),
	(7, 300, 'Barrio ñ 30', 'EVA', '1989-12-31 23:59:59', 'colonia  ');

INSERT INTO mig_old.hisficherosborrados VALUES
	('fichero1', '2021-01-02 00:00:00', 'LUIS'),
	('fichero2', '2021-01-03 00:00:00', 'LUIS'),
	('fichero3', '2021-01-04 00:00:00', 'LUIS'),
	('fichero0', '2021-01-05 00:00:00', 'LUIS'),
	('fichero1', '2021-01-06 00:00:00', 'LUIS'),
	('fichero2', '2021-01-07 00:00:00', 'LUIS'),
	('fichero3', '2021-01-08 00:00:00', 'LUIS'),
	('fichero0', '2021-01-09 00:00:00', 'LUIS'),
	('fichero1', '2021-01-10 00:00:00', 'LUIS');

INSERT INTO mig_old.histipooficina VALUES
	(2, 'Oficina 1', 'S', 'N', 'LUIS', '2010-02-20 04:05:06.789', NULL),
	(3, 'Oficina 2', 'S', 'N', 'LUIS', '2010-03-09 04:05:06.789', NULL),
	(4, 'Oficina 3', 'S', 'N', 'LUIS', '2010-03-26 04:05:06.789', 'es'),
	(5, 'Oficina 4', 'S', 'N', 'LUIS', '2010-04-12 04:05:06.789', NULL),
	(6, 'Oficina 5', 'S', 'N', 'LUIS', '2010-04-29 04:05:06.789', NULL),
	(1, 'Oficina 6', 'S', 'N', 'LUIS', '2010-05-16 04:05:06.789', 'es'),
	(2, 'Oficina 7', 'S', 'N', '', '2010-06-02 04:05:06.789', NULL),
	(3, 'Oficina 8', 'S', 'N', 'LUIS', '2010-06-19 04:05:06.789', NULL),
	(4, 'Oficina 9', 'S', 'N', 'LUIS', '2010-07-06 04:05:06.789', 'es'),
	(5, 'Oficina 10', 'S', 'N', 'LUIS', '2010-07-23 04:05:06.789', NULL),
	(6, 'Oficina 11', 'S', 'N', 'LUIS', '2010-08-09 04:05:06.789', NULL),
	(1, 'Oficina 12', 'S', 'N', 'LUIS', '2010-08-26 04:05:06.789', 'es'),
	(2, 'Oficina 13', 'S', 'N', 'LUIS', '2010-09-12 04:05:06.789', NULL),
	(3, 'Oficina 14', 'S', 'N', '', '2010-09-29 04:05:06.789', NULL),
	(4, 'Oficina 15', 'S', 'N', 'LUIS', '2010-10-16 04:05:06.789', 'es'),
	(5, 'Oficina 16', 'S', 'N', 'LUIS', '2010-11-02 04:05:06.789', NULL),
	(6, 'Oficina 17', 'S', 'N', 'LUIS', '2010-11-19 04:05:06.789', NULL),
	(1, 'Oficina 18', 'S', 'N', 'LUIS', '2010-12-06 04:05:06.789', 'es'),
	(2, 'Oficina 19', 'S', 'N', 'LUIS', '2010-12-23 04:05:06.789', NULL),
	(3, 'Oficina 20', 'S', 'N', 'LUIS', '2011-01-09 04:05:06.789', NULL),
	(4, 'Oficina 21', 'S', 'N', '', '2011-01-26 04:05:06.789', 'es'),
	(5, 'Oficina 22', 'S', 'N', 'LUIS', '2011-02-12 04:05:06.789', NULL),
	(6, 'Oficina 23', 'S', 'N', 'LUIS', '2011-03-01 04:05:06.789', NULL),
	(1, 'Oficina 24', 'S', 'N', 'LUIS', '2011-03-18 04:05:06.789', 'es'),
	(2, 'Oficina 25', 'S', 'N', 'LUIS', '2011-04-04 04:05:06.789', NULL),
	(3, 'Oficina 26', 'S', 'N', 'LUIS', '2011-04-21 04:05:06.789', NULL),
	(4, 'Oficina 27', 'S', 'N', 'LUIS', '2011-05-08 04:05:06.789', 'es'),
	(5, 'Oficina 28', 'S', 'N', '', '2011-05-25 04:05:06.789', NULL),
	(6, 'Oficina 29', 'S', 'N', 'LUIS', '2011-06-11 04:05:06.789', NULL),
	(1, 'Oficina 30', 'S', 'N', 'LUIS', '2011-06-28 04:05:06.789', 'es'),
	(2, 'Oficina 31', 'S', 'N', 'LUIS', '2011-07-15 04:05:06.789', NULL),
	(3, 'Oficina 32', 'S', 'N', 'LUIS', '2011-08-01 04:05:06.789', NULL),
	(4, 'Oficina 33', 'S', 'N', 'LUIS', '2011-08-18 04:05:06.789', 'es'),
	(5, 'Oficina 34', 'S', 'N', 'LUIS', '2011-09-04 04:05:06.789', NULL),
	(6, 'Oficina 35', 'S', 'N', '', '2011-09-21 04:05:06.789', NULL),
	(1, 'Oficina 36', 'S', 'N', 'LUIS', '2011-10-08 04:05:06.789', 'es'),
	(2, 'Oficina 37', 'S', 'N', 'LUIS', '2011-10-25 04:05:06.789', NULL),
	(3, 'Oficina 38', 'S', 'N', 'LUIS', '2011-11-11 04:05:06.789', NULL),
	(4, 'Oficina 39', 'S', 'N', 'LUIS', '2011-11-28 04:05:06.789', 'es'),
	(5, 'Oficina 40', 'S', 'N', 'LUIS', '2011-12-15 04:05:06.789', NULL),
	(2, 'Oficina 1', 'S', 'N', 'LUIS', '2010-02-20 04:05:06.789', NULL),
	(2, 'Oficina 7', 'S', 'N', '', '2010-06-02 04:05:06.789', NULL),
	(2, 'Oficina 13', 'S', 'N', 'LUIS', '2010-09-12 04:05:06.789', NULL),
	(2, 'Oficina 19', 'S', 'N', 'LUIS', '2010-12-23 04:05:06.789', NULL),
	(2, 'Oficina 25', 'S', 'N', 'LUIS', '2011-04-04 04:05:06.789', NULL),
	(2, 'Oficina 31', 'S', 'N', 'LUIS', '2011-07-15 04:05:06.789', NULL),
	(2, 'Oficina 37', 'S', 'N', 'LUIS', '2011-10-25 04:05:06.789', NULL);

INSERT INTO mig_old.tipooficina VALUES
	(1, 'S', 'N', 'ANA', '2019-01-02 00:00:00', 501),
	(2, 'S', 'N', 'ANA', '2019-01-03 00:00:00', 502),
	(3, 'S', 'N', 'ANA', '2019-01-04 00:00:00', 503),
	(4, 'S', 'N', 'ANA', '2019-01-05 00:00:00', 504),
	(5, 'S', 'N', 'ANA', '2019-01-06 00:00:00', 505),
	(6, 'S', 'N', 'ANA', '2019-01-07 00:00:00', 506);

INSERT INTO mig_old.tipositver VALUES
	(1, 10),
	(2, 20),
	(7, 70);

INSERT INTO mig_old.tipoviaaca VALUES
	(1, 'AC'),
	(2, 'AC'),
	(2, 'B ');

SELECT pg_catalog.setval('cf_quere_pro.audit_log_al_id_seq', 101, true);

SELECT pg_catalog.setval('cf_quere_pro.domain_value_dv_id_seq', 10, true);

SELECT pg_catalog.setval('esclusa.mode_history_id_seq', 1, false);

SELECT pg_catalog.setval('esclusa.parity_id_seq', 47, true);

SELECT pg_catalog.setval('esclusa.run_id_seq', 1, true);

ALTER TABLE ONLY cf_quere_pro.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_default
    ADD CONSTRAINT audit_log_default_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_hist
    ADD CONSTRAINT audit_log_hist_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_03
    ADD CONSTRAINT audit_log_p2026_03_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_04
    ADD CONSTRAINT audit_log_p2026_04_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_05
    ADD CONSTRAINT audit_log_p2026_05_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_06
    ADD CONSTRAINT audit_log_p2026_06_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_07
    ADD CONSTRAINT audit_log_p2026_07_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_08
    ADD CONSTRAINT audit_log_p2026_08_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_09
    ADD CONSTRAINT audit_log_p2026_09_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_10
    ADD CONSTRAINT audit_log_p2026_10_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.audit_log_p2026_11
    ADD CONSTRAINT audit_log_p2026_11_pkey PRIMARY KEY (al_id, al_changed_at);

ALTER TABLE ONLY cf_quere_pro.barrio
    ADD CONSTRAINT barrio_pkey PRIMARY KEY (barrid);

ALTER TABLE ONLY cf_quere_pro.domain_value_link
    ADD CONSTRAINT domain_value_link_pkey PRIMARY KEY (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code);

ALTER TABLE ONLY cf_quere_pro.domain_value
    ADD CONSTRAINT domain_value_pkey PRIMARY KEY (dv_id);

ALTER TABLE ONLY cf_quere_pro.domain_value
    ADD CONSTRAINT uq_domain_value UNIQUE (dv_domain, dv_code);

ALTER TABLE ONLY esclusa.finder
    ADD CONSTRAINT finder_pkey PRIMARY KEY (legacy_table);

ALTER TABLE ONLY esclusa.mode_history
    ADD CONSTRAINT mode_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY esclusa.mode
    ADD CONSTRAINT mode_pkey PRIMARY KEY (legacy_table);

ALTER TABLE ONLY esclusa.parity
    ADD CONSTRAINT parity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY esclusa.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY esclusa.run_table
    ADD CONSTRAINT run_table_pkey PRIMARY KEY (run_id, legacy_table, step);

ALTER TABLE ONLY esclusa.stand_in_hisbarrio
    ADD CONSTRAINT stand_in_hisbarrio_pkey PRIMARY KEY (nothing);

ALTER TABLE ONLY esclusa.stand_in_hisficherosborrados
    ADD CONSTRAINT stand_in_hisficherosborrados_pkey PRIMARY KEY (nothing);

ALTER TABLE ONLY esclusa.stand_in_histipooficina
    ADD CONSTRAINT stand_in_histipooficina_pkey PRIMARY KEY (nothing);

ALTER TABLE ONLY esclusa.stand_in_tipooficina
    ADD CONSTRAINT stand_in_tipooficina_pkey PRIMARY KEY (nothing);

ALTER TABLE ONLY esclusa.stand_in_tipositver
    ADD CONSTRAINT stand_in_tipositver_pkey PRIMARY KEY (nothing);

ALTER TABLE ONLY esclusa.stand_in_tipoviaaca
    ADD CONSTRAINT stand_in_tipoviaaca_pkey PRIMARY KEY (nothing);

ALTER TABLE ONLY mig_old.tipooficina
    ADD CONSTRAINT tipooficina_pkey PRIMARY KEY (tofid);

ALTER TABLE ONLY mig_old.tipositver
    ADD CONSTRAINT tipositver_pkey PRIMARY KEY (tsvid);

ALTER TABLE ONLY mig_old.tipoviaaca
    ADD CONSTRAINT tipoviaaca_pkey PRIMARY KEY (tvatviaid, tvacodaca);

CREATE INDEX idx_audit_log_fields ON ONLY cf_quere_pro.audit_log USING gin (al_changed_fields);

CREATE INDEX audit_log_default_al_changed_fields_idx ON cf_quere_pro.audit_log_default USING gin (al_changed_fields);

CREATE INDEX idx_audit_log_table_time ON ONLY cf_quere_pro.audit_log USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_default_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_default USING btree (al_table_name, al_changed_at);

CREATE INDEX idx_audit_log_table_record ON ONLY cf_quere_pro.audit_log USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_default_al_table_name_al_record_key_al_changed_at_idx ON cf_quere_pro.audit_log_default USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX idx_audit_log_user ON ONLY cf_quere_pro.audit_log USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_default_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_default USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_hist_al_changed_fields_idx ON cf_quere_pro.audit_log_hist USING gin (al_changed_fields);

CREATE INDEX audit_log_hist_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_hist USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_hist_al_table_name_al_record_key_al_changed_at_idx ON cf_quere_pro.audit_log_hist USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_hist_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_hist USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_03_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_03 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_03_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_03 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_03_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_03 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_03_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_03 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_04_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_04 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_04_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_04 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_04_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_04 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_04_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_04 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_05_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_05 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_05_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_05 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_05_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_05 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_05_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_05 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_06_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_06 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_06_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_06 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_06_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_06 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_06_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_06 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_07_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_07 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_07_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_07 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_07_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_07 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_07_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_07 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_08_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_08 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_08_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_08 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_08_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_08 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_08_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_08 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_09_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_09 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_09_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_09 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_09_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_09 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_09_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_09 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_10_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_10 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_10_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_10 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_10_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_10 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_10_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_10 USING btree (al_user_id, al_changed_at);

CREATE INDEX audit_log_p2026_11_al_changed_fields_idx ON cf_quere_pro.audit_log_p2026_11 USING gin (al_changed_fields);

CREATE INDEX audit_log_p2026_11_al_table_name_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_11 USING btree (al_table_name, al_changed_at);

CREATE INDEX audit_log_p2026_11_al_table_name_al_record_key_al_changed_a_idx ON cf_quere_pro.audit_log_p2026_11 USING btree (al_table_name, al_record_key, al_changed_at);

CREATE INDEX audit_log_p2026_11_al_user_id_al_changed_at_idx ON cf_quere_pro.audit_log_p2026_11 USING btree (al_user_id, al_changed_at);

CREATE INDEX idx_domain_value_json ON cf_quere_pro.domain_value USING gin (dv_extra_json);

CREATE INDEX parity_table ON esclusa.parity USING btree (legacy_table, checked_at);

CREATE INDEX hisbarrio_stamp ON mig_old.hisbarrio USING btree (hbarrhsthora) WHERE (hbarrid > (3)::numeric);

CREATE INDEX histipooficina_key ON mig_old.histipooficina USING btree (htofid, htofhsthora DESC);

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_default_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_default_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_default_al_table_name_al_record_key_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_default_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_default_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_hist_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_hist_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_hist_al_table_name_al_record_key_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_hist_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_hist_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_03_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_03_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_03_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_03_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_03_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_04_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_04_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_04_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_04_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_04_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_05_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_05_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_05_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_05_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_05_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_06_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_06_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_06_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_06_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_06_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_07_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_07_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_07_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_07_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_07_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_08_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_08_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_08_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_08_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_08_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_09_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_09_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_09_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_09_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_09_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_10_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_10_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_10_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_10_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_10_pkey;

ALTER INDEX cf_quere_pro.idx_audit_log_fields ATTACH PARTITION cf_quere_pro.audit_log_p2026_11_al_changed_fields_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_time ATTACH PARTITION cf_quere_pro.audit_log_p2026_11_al_table_name_al_changed_at_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_table_record ATTACH PARTITION cf_quere_pro.audit_log_p2026_11_al_table_name_al_record_key_al_changed_a_idx;

ALTER INDEX cf_quere_pro.idx_audit_log_user ATTACH PARTITION cf_quere_pro.audit_log_p2026_11_al_user_id_al_changed_at_idx;

ALTER INDEX cf_quere_pro.audit_log_pkey ATTACH PARTITION cf_quere_pro.audit_log_p2026_11_pkey;

CREATE TRIGGER trg_audit_barrio AFTER INSERT OR DELETE OR UPDATE ON cf_quere_pro.barrio FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('barrid', '');

CREATE TRIGGER trg_audit_barrio_t AFTER TRUNCATE ON cf_quere_pro.barrio FOR EACH STATEMENT EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('barrid', '');

CREATE TRIGGER trg_audit_tipooficina AFTER INSERT OR UPDATE ON cf_quere_pro.domain_value FOR EACH ROW WHEN (((new.dv_domain)::text = 'TIPO_OFICINA'::text)) EXECUTE FUNCTION esclusa.audit_tipooficina();

CREATE TRIGGER trg_audit_tipooficina_d AFTER DELETE ON cf_quere_pro.domain_value FOR EACH ROW WHEN (((old.dv_domain)::text = 'TIPO_OFICINA'::text)) EXECUTE FUNCTION esclusa.audit_tipooficina();

CREATE TRIGGER trg_write_hisbarrio INSTEAD OF INSERT OR DELETE OR UPDATE ON cf_quere_pro.hisbarrio FOR EACH ROW EXECUTE FUNCTION esclusa.write_hisbarrio();

CREATE TRIGGER trg_write_hisficherosborrados INSTEAD OF INSERT OR DELETE OR UPDATE ON cf_quere_pro.hisficherosborrados FOR EACH ROW EXECUTE FUNCTION esclusa.write_hisficherosborrados();

CREATE TRIGGER trg_write_histipooficina INSTEAD OF INSERT OR DELETE OR UPDATE ON cf_quere_pro.histipooficina FOR EACH ROW EXECUTE FUNCTION esclusa.write_histipooficina();

CREATE TRIGGER trg_write_tipooficina INSTEAD OF INSERT OR DELETE OR UPDATE ON cf_quere_pro.tipooficina FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipooficina();

CREATE TRIGGER trg_write_tipositver INSTEAD OF INSERT OR DELETE OR UPDATE ON cf_quere_pro.tipositver FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipositver();

CREATE TRIGGER trg_write_tipoviaaca INSTEAD OF INSERT OR DELETE OR UPDATE ON cf_quere_pro.tipoviaaca FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipoviaaca();

CREATE TRIGGER trg_truncate_hisbarrio BEFORE TRUNCATE ON esclusa.stand_in_hisbarrio FOR EACH STATEMENT EXECUTE FUNCTION esclusa.truncate_hisbarrio();

CREATE TRIGGER trg_truncate_hisficherosborrados BEFORE TRUNCATE ON esclusa.stand_in_hisficherosborrados FOR EACH STATEMENT EXECUTE FUNCTION esclusa.truncate_hisficherosborrados();

CREATE TRIGGER trg_truncate_histipooficina BEFORE TRUNCATE ON esclusa.stand_in_histipooficina FOR EACH STATEMENT EXECUTE FUNCTION esclusa.truncate_histipooficina();

CREATE TRIGGER trg_truncate_tipooficina BEFORE TRUNCATE ON esclusa.stand_in_tipooficina FOR EACH STATEMENT EXECUTE FUNCTION esclusa.truncate_tipooficina();

CREATE TRIGGER trg_truncate_tipositver BEFORE TRUNCATE ON esclusa.stand_in_tipositver FOR EACH STATEMENT EXECUTE FUNCTION esclusa.truncate_tipositver();

CREATE TRIGGER trg_truncate_tipoviaaca BEFORE TRUNCATE ON esclusa.stand_in_tipoviaaca FOR EACH STATEMENT EXECUTE FUNCTION esclusa.truncate_tipoviaaca();

CREATE TRIGGER trg_write_hisbarrio INSTEAD OF INSERT OR DELETE OR UPDATE ON esclusa.hisbarrio FOR EACH ROW EXECUTE FUNCTION esclusa.write_hisbarrio();

CREATE TRIGGER trg_write_hisficherosborrados INSTEAD OF INSERT OR DELETE OR UPDATE ON esclusa.hisficherosborrados FOR EACH ROW EXECUTE FUNCTION esclusa.write_hisficherosborrados();

CREATE TRIGGER trg_write_histipooficina INSTEAD OF INSERT OR DELETE OR UPDATE ON esclusa.histipooficina FOR EACH ROW EXECUTE FUNCTION esclusa.write_histipooficina();

CREATE TRIGGER trg_write_tipooficina INSTEAD OF INSERT OR DELETE OR UPDATE ON esclusa.tipooficina FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipooficina();

CREATE TRIGGER trg_write_tipositver INSTEAD OF INSERT OR DELETE OR UPDATE ON esclusa.tipositver FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipositver();

CREATE TRIGGER trg_write_tipoviaaca INSTEAD OF INSERT OR DELETE OR UPDATE ON esclusa.tipoviaaca FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipoviaaca();

CREATE TRIGGER trg_audit_tipooficina AFTER INSERT OR DELETE OR UPDATE ON mig_old.tipooficina FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('tofid', '');

CREATE TRIGGER trg_audit_tipooficina_t AFTER TRUNCATE ON mig_old.tipooficina FOR EACH STATEMENT EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('tofid', '');

ALTER TABLE ONLY esclusa.run_table
    ADD CONSTRAINT run_table_run_id_fkey FOREIGN KEY (run_id) REFERENCES esclusa.run(id);

GRANT ALL ON SCHEMA cf_quere_pro TO aqua_owner;
GRANT USAGE ON SCHEMA cf_quere_pro TO PUBLIC;

GRANT USAGE ON SCHEMA esclusa TO PUBLIC;

REVOKE ALL ON FUNCTION cf_quere_pro.fn_audit_trigger() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.audit(operation text, table_name text, key_columns text[], old_image jsonb, new_image jsonb, expid_column text) FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.audit_tipooficina() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.audit_log TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.audit_log TO aqua_app;

GRANT ALL ON TABLE esclusa.hisbarrio TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE esclusa.hisbarrio TO aqua_app;

GRANT ALL ON TABLE esclusa.hisficherosborrados TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE esclusa.hisficherosborrados TO aqua_app;

GRANT ALL ON TABLE esclusa.histipooficina TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE esclusa.histipooficina TO aqua_app;

GRANT SELECT(htofid) ON TABLE esclusa.histipooficina TO aqua_reader;

GRANT SELECT(htofhsthora) ON TABLE esclusa.histipooficina TO aqua_reader;

REVOKE ALL ON FUNCTION esclusa.truncate_hisbarrio() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.truncate_hisficherosborrados() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.truncate_histipooficina() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.truncate_tipooficina() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.truncate_tipositver() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.truncate_tipoviaaca() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.write_hisbarrio() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.write_hisficherosborrados() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.write_histipooficina() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.write_tipooficina() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.write_tipositver() FROM PUBLIC;

REVOKE ALL ON FUNCTION esclusa.write_tipoviaaca() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.barrio TO aqua_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.domain_value TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.domain_value TO aqua_app;
GRANT SELECT ON TABLE cf_quere_pro.domain_value TO aqua_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.domain_value_link TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.domain_value_link TO aqua_app;

GRANT ALL ON TABLE cf_quere_pro.hisbarrio TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.hisbarrio TO aqua_app;

GRANT ALL ON TABLE cf_quere_pro.hisficherosborrados TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.hisficherosborrados TO aqua_app;

GRANT ALL ON TABLE cf_quere_pro.histipooficina TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.histipooficina TO aqua_app;

GRANT SELECT(htofid) ON TABLE cf_quere_pro.histipooficina TO aqua_reader;

GRANT SELECT(htofhsthora) ON TABLE cf_quere_pro.histipooficina TO aqua_reader;

GRANT ALL ON TABLE cf_quere_pro.tipooficina TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.tipooficina TO aqua_app;

GRANT ALL ON TABLE cf_quere_pro.tipositver TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.tipositver TO aqua_app;
GRANT DELETE ON TABLE cf_quere_pro.tipositver TO aqua_reader;
GRANT SELECT ON TABLE cf_quere_pro.tipositver TO aqua_reader WITH GRANT OPTION;

GRANT ALL ON TABLE cf_quere_pro.tipoviaaca TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE cf_quere_pro.tipoviaaca TO aqua_app;

GRANT ALL ON TABLE esclusa.tipooficina TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE esclusa.tipooficina TO aqua_app;

GRANT ALL ON TABLE esclusa.tipositver TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE esclusa.tipositver TO aqua_app;
GRANT SELECT ON TABLE esclusa.tipositver TO aqua_reader;

GRANT ALL ON TABLE esclusa.tipoviaaca TO aqua_owner;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE esclusa.tipoviaaca TO aqua_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mig_old.hisbarrio TO aqua_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mig_old.hisficherosborrados TO aqua_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mig_old.histipooficina TO aqua_app;

GRANT SELECT(htofid) ON TABLE mig_old.histipooficina TO aqua_reader;

GRANT SELECT(htofhsthora) ON TABLE mig_old.histipooficina TO aqua_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mig_old.tipooficina TO aqua_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mig_old.tipositver TO aqua_app;
GRANT SELECT ON TABLE mig_old.tipositver TO aqua_reader WITH GRANT OPTION;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mig_old.tipoviaaca TO aqua_app;


