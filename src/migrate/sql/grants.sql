-- Grants follow the view. Whoever grants a right on a legacy name grants it on a view: on the one in schema {control}, which rewritten reads name,
-- or on the one under the legacy name. The table's other view gets the same right, and its leaf in schema {leaf} gets rights on the whole table. A
-- right on some columns never reaches the leaf: there it would be a right on the images of all columns. The key table in schema {key}, if any, gets
-- what its foreign keys need: TRUNCATE and REFERENCES, and SELECT, because the server shows the key in an error to those who may read the table.
--
-- Only a superuser can create an event trigger. It runs as whoever runs the GRANT, with that role's rights; but that may be a superuser, so the
-- functions belong to the superuser who ran this: whoever could replace them would act as a superuser at the next GRANT. Idempotent.

-- Makes rights equal, statement by statement. "command" is what has just been run: after GRANT a view may only have gained a right, and both get
-- it; after REVOKE it may only have lost one, and neither keeps it. A right belongs to its grantor: whoever ran the command repeats it on the other
-- objects, as the same grantor, and with the same consequences for those who got it from there. Without a command, to repair, the view under the
-- legacy name decides, whoever granted. The setting keeps these statements from starting the event trigger again.
CREATE OR REPLACE FUNCTION {control}.carry_grants(command text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET esclusa.carry_grants = 'off' AS $carry$
DECLARE
  phase text;
  step  record;
BEGIN
  -- What takes a right on the table away takes those on its columns too: first, so that what is given afterwards stays.
  FOREACH phase IN ARRAY ARRAY['REVOKE', 'GRANT'] LOOP
    FOR step IN
      WITH place AS (
        -- A view of a stranger who took the name is not this table's.
        SELECT leaf.relname AS name, leaf.relowner AS owner, p.kind, p.oid, p.relacl
        FROM pg_class AS leaf
        JOIN pg_class AS own ON (own.relname, own.relowner, own.relkind) = (leaf.relname, leaf.relowner, 'v')
          AND own.relnamespace = to_regnamespace('{control}')
        LEFT JOIN pg_class AS legacy ON (legacy.relname, legacy.relowner, legacy.relkind) = (leaf.relname, leaf.relowner, 'v')
          AND legacy.relnamespace = to_regnamespace({schema_text})
        LEFT JOIN pg_class AS key ON (key.relname, key.relowner, key.relkind) = (leaf.relname, leaf.relowner, 'r')
          AND key.relnamespace = to_regnamespace('{key}')
        CROSS JOIN LATERAL (VALUES ('leaf', leaf.oid, leaf.relacl), ('key', key.oid, key.relacl), ('own', own.oid, own.relacl),
          ('legacy', legacy.oid, legacy.relacl))
          AS p(kind, oid, relacl)
        WHERE leaf.relkind = 'r' AND leaf.relnamespace = to_regnamespace('{leaf}') AND p.oid IS NOT NULL
      ), held AS (
        SELECT p.name, p.kind, a.grantee, a.privilege_type AS privilege, g.attname AS "column",
               CASE WHEN command IN ('GRANT', 'REVOKE') THEN a.grantor ELSE p.owner END AS grantor, bool_or(a.is_grantable) AS option
        FROM place AS p
        CROSS JOIN LATERAL (SELECT NULL::name AS attname, coalesce(p.relacl, acldefault('r', p.owner)) AS acl
          UNION ALL SELECT c.attname, c.attacl FROM pg_attribute AS c
          WHERE p.kind NOT IN ('leaf', 'key') AND c.attrelid = p.oid AND c.attnum > 0 AND NOT c.attisdropped AND c.attacl IS NOT NULL) AS g
        CROSS JOIN LATERAL aclexplode(g.acl) AS a
        -- Its owner keeps every right on the leaf: the views read it and write it as him.
        WHERE p.kind NOT IN ('leaf', 'key') OR a.grantee <> p.owner
        GROUP BY 1, 2, 3, 4, 5, 6
      ), views AS (
        SELECT name, owner, count(*) AS number, bool_or(kind = 'legacy') AS has_legacy FROM place WHERE kind NOT IN ('leaf', 'key') GROUP BY 1, 2
      ), wanted AS (
        SELECT v.name, v.owner, h.grantee, h.privilege, h."column", h.grantor,
               CASE command WHEN 'GRANT' THEN bool_or(h.option) WHEN 'REVOKE' THEN bool_and(h.option)
                 ELSE bool_or(h.option) FILTER (WHERE h.kind = 'legacy' OR NOT v.has_legacy) END AS option
        FROM views AS v JOIN held AS h ON h.name = v.name AND h.kind NOT IN ('leaf', 'key')
        GROUP BY v.name, v.owner, v.number, h.grantee, h.privilege, h."column", h.grantor
        HAVING CASE command WHEN 'GRANT' THEN true WHEN 'REVOKE' THEN count(*) = v.number
                 ELSE bool_or(h.kind = 'legacy' OR NOT v.has_legacy) END
      ), placed AS (
        SELECT p.name, p.kind, w.grantee, w.privilege, w."column", w.grantor, w.option
        FROM wanted AS w JOIN place AS p ON p.name = w.name
        WHERE p.kind NOT IN ('leaf', 'key') OR w."column" IS NULL AND w.grantee <> w.owner
          AND CASE p.kind WHEN 'leaf' THEN w.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
                ELSE w.privilege IN ('SELECT', 'TRUNCATE', 'REFERENCES') END
      ), differing AS (
        SELECT coalesce(w.name, h.name) AS name, coalesce(w.kind, h.kind) AS kind, coalesce(w.grantee, h.grantee) AS grantee,
               coalesce(w.privilege, h.privilege) AS privilege, coalesce(w."column", h."column") AS "column", coalesce(w.grantor, h.grantor) AS grantor, w.option AS wanted,
               CASE WHEN w.option IS NULL THEN 'REVOKE' WHEN w.option OR h.option IS NULL THEN 'GRANT' ELSE 'REVOKE GRANT OPTION FOR' END AS verb
        FROM placed AS w FULL JOIN held AS h
          ON (w.name, w.kind, w.grantee, w.privilege, coalesce(w."column", ''), w.grantor)
           = (h.name, h.kind, h.grantee, h.privilege, coalesce(h."column", ''), h.grantor)
        WHERE w.option IS DISTINCT FROM h.option
      )
      SELECT d.verb || ' ' || d.privilege || coalesce(' (' || quote_ident(d."column") || ')', '')
             || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || CASE d.verb WHEN 'GRANT' THEN ' TO ' ELSE ' FROM ' END
             || CASE WHEN d.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(d.grantee)) END
             || CASE WHEN d.verb <> 'GRANT' THEN ' CASCADE' WHEN d.wanted THEN ' WITH GRANT OPTION' ELSE '' END AS statement
      FROM differing AS d
      JOIN place AS p ON p.name = d.name AND p.kind = d.kind JOIN pg_class AS c ON c.oid = p.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
      -- Whoever has the owner's rights grants as the owner (PostgreSQL source, acl.c, select_best_grantor). What others have granted goes
      -- with what they had it from, or is theirs to mend.
      WHERE (d.verb = 'GRANT') = (phase = 'GRANT')
        AND CASE WHEN pg_has_role(p.owner, 'USAGE') THEN d.grantor = p.owner ELSE pg_has_role(d.grantor, 'USAGE') END
      ORDER BY d.name, d.kind, d.privilege, d.grantee
    LOOP
      -- Somebody else's GRANT must not fail because a table of ours is in disorder.
      BEGIN
        EXECUTE step.statement;
      EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'esclusa: a right was not carried over: %', SQLERRM USING DETAIL = step.statement;
      END;
    END LOOP;
  END LOOP;
  -- A view that was kept for what depends on it when its table came back (migrate/back.rs) gives the rights of the table whose name it had.
  FOR step IN
    WITH through AS (
      SELECT DISTINCT v.oid AS view, v.relowner AS owner, t.oid AS named
      FROM pg_class AS v JOIN pg_rewrite AS r ON r.ev_class = v.oid
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class AS t ON t.oid = d.refobjid AND t.relnamespace = to_regnamespace({schema_text})
      WHERE v.relnamespace = to_regnamespace('{control}') AND v.relkind = 'v' AND v.relname ~ '^through_' AND pg_has_role(v.relowner, 'USAGE')
    ), held AS (
      SELECT x.view, o.is_named, a.grantee, a.privilege_type AS privilege, coalesce(' (' || quote_ident(g.attname) || ')', '') AS columns,
             bool_or(a.is_grantable) AS option
      FROM through AS x CROSS JOIN LATERAL (VALUES (x.view, false), (x.named, true)) AS o(oid, is_named) JOIN pg_class AS c ON c.oid = o.oid
      CROSS JOIN LATERAL (SELECT NULL::name AS attname, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
        UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attacl IS NOT NULL) AS g
      CROSS JOIN LATERAL aclexplode(g.acl) AS a WHERE a.grantee NOT IN (x.owner, c.relowner) GROUP BY 1, 2, 3, 4, 5
    ), differing AS (
      SELECT coalesce(n.view, h.view) AS view, coalesce(n.grantee, h.grantee) AS grantee, coalesce(n.privilege, h.privilege) AS privilege,
             coalesce(n.columns, h.columns) AS columns, n.option
      FROM (SELECT * FROM held WHERE is_named) AS n FULL JOIN (SELECT * FROM held WHERE NOT is_named) AS h
        ON (n.view, n.grantee, n.privilege, n.columns) = (h.view, h.grantee, h.privilege, h.columns)
      WHERE n.option IS DISTINCT FROM h.option AND (n.option IS NULL OR h.option IS NULL)
    )
    SELECT format(CASE WHEN d.option IS NULL THEN 'REVOKE %s%s ON %s FROM %s CASCADE' WHEN d.option THEN 'GRANT %s%s ON %s TO %s WITH GRANT OPTION'
             ELSE 'GRANT %s%s ON %s TO %s' END, d.privilege, d.columns, d.view::regclass,
             CASE WHEN d.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(d.grantee)) END) AS statement
    FROM differing AS d ORDER BY d.option IS NOT NULL, d.columns
  LOOP
    BEGIN
      EXECUTE step.statement;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'esclusa: a right was not carried over: %', SQLERRM USING DETAIL = step.statement;
    END;
  END LOOP;
END $carry$;

-- Roles that may use the schema of the legacy tables may use those of their views and leaves, and no other roles: a grant on a table has no effect
-- for a role that may not use its schema, and must have none here. Owners may use the schema of the archived tables, because the triggers that keep
-- those up to date run with their rights: after REASSIGN OWNED, which fires no event trigger, they are others. Each right is given by the owner of our schema, whoever gave it on the other:
-- DROP OWNED BY revokes only what the owner has granted (PostgreSQL source, acl.c, RemoveRoleFromObjectACL, select_best_grantor). So it is for that
-- owner or a superuser to run, and the event trigger runs it as the superuser who made it.
CREATE OR REPLACE FUNCTION {control}.carry_usage() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET esclusa.carry_grants = 'off' AS $usage$
DECLARE
  statement text;
BEGIN
  -- An earlier version let roles grant it further: their grants go with their grant option.
  FOR statement IN
    SELECT DISTINCT format('REVOKE GRANT OPTION FOR USAGE ON SCHEMA %I FROM %I CASCADE', n.nspname, pg_get_userbyid(a.grantee))
    FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
    WHERE n.oid IN (to_regnamespace('{control}'), to_regnamespace('{leaf}')) AND a.privilege_type = 'USAGE'
      AND a.is_grantable AND a.grantee NOT IN (0, n.nspowner)
  LOOP
    EXECUTE statement;
  END LOOP;
  FOR statement IN
    WITH held AS (
      SELECT DISTINCT n.oid, a.grantee
      FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
      WHERE a.privilege_type = 'USAGE'
    ), ours AS (
      SELECT oid, nspname, nspowner FROM pg_namespace WHERE oid IN (to_regnamespace('{control}'), to_regnamespace('{leaf}'), to_regnamespace('{archive}'))
    ), wanted AS (
      SELECT o.oid, h.grantee FROM ours AS o JOIN held AS h ON h.oid = to_regnamespace({schema_text}) WHERE o.oid <> to_regnamespace('{archive}')
      UNION
      SELECT o.oid, p.proowner FROM ours AS o, pg_proc AS p JOIN pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
      WHERE o.oid = to_regnamespace('{archive}') AND p.pronamespace = to_regnamespace('{control}') AND d.description LIKE 'esclusa: keeps %'
    )
    SELECT format(CASE WHEN w.oid IS NULL THEN 'REVOKE USAGE ON SCHEMA %I FROM %s CASCADE' ELSE 'GRANT USAGE ON SCHEMA %I TO %s' END, o.nspname,
             CASE WHEN coalesce(w.grantee, h.grantee) = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(coalesce(w.grantee, h.grantee))) END)
    FROM wanted AS w FULL JOIN held AS h ON (h.oid, h.grantee) = (w.oid, w.grantee) JOIN ours AS o ON o.oid = coalesce(w.oid, h.oid)
    WHERE (w.oid IS NULL AND o.oid <> to_regnamespace('{archive}') OR h.oid IS NULL) AND coalesce(w.grantee, h.grantee) <> o.nspowner
      AND pg_get_userbyid(coalesce(w.grantee, h.grantee)) <> '{audit}'
    ORDER BY 1
  LOOP
    BEGIN
      EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'esclusa: a right was not carried over: %', SQLERRM USING DETAIL = statement;
    END;
  END LOOP;
END $usage$;

-- The new tables stand in the schema of the legacy tables, so that GRANT ... ON ALL TABLES IN SCHEMA reaches them too, and so would give a role the
-- rows of every legacy table. Such a grant is known by the partitions, on which nobody needs a right: what a role has on them, and what it then has
-- on the other new tables, is taken back. A right that is granted on audit_log or domain_value alone, by name, stays.
CREATE OR REPLACE FUNCTION {control}.keep_apart() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET esclusa.carry_grants = 'off' AS $apart$
DECLARE
  step record;
BEGIN
  FOR step IN
    SELECT f.what, f.role_name, f.rights FROM ({own_faults}) AS f WHERE pg_has_role(f.owner, 'USAGE') ORDER BY 1, 2
  LOOP
    BEGIN
      EXECUTE format('REVOKE %s ON %s FROM %s CASCADE', step.rights, step.what, step.role_name);
      RAISE NOTICE 'esclusa: % on % is not given to %', step.rights, step.what, step.role_name
        USING HINT = 'It would be a right on the rows of all legacy tables. Whoever needs it gets it by a GRANT that names audit_log or domain_value.';
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'esclusa: a right on % was not taken back: %', step.what, SQLERRM;
    END;
  END LOOP;
END $apart$;

CREATE OR REPLACE FUNCTION {control}.on_grant() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $grant$
DECLARE
  -- The event does not name the objects of a GRANT, only their kind.
  kind text := (SELECT min(object_type) FROM pg_event_trigger_ddl_commands());
BEGIN
  IF current_setting('esclusa.carry_grants', true) IS NOT DISTINCT FROM 'off' OR NOT has_schema_privilege('{control}', 'USAGE') THEN
    RETURN;
  END IF;
  IF tg_tag = 'GRANT' AND kind IN ('TABLE', 'SEQUENCE', 'FUNCTION', 'ROUTINE') THEN
    PERFORM {control}.keep_apart();
  END IF;
  IF kind = 'TABLE' THEN
    PERFORM {control}.carry_grants(tg_tag);
  END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'esclusa: rights were not carried over: %', SQLERRM;
END $grant$;

-- Runs as the superuser who made it, for whoever has changed the rights on a schema. Nobody can call it, and it does nothing but repeat what is granted
-- on the legacy schema, and what owners need.
CREATE OR REPLACE FUNCTION {control}.on_usage() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $schema$
BEGIN
  IF current_setting('esclusa.carry_grants', true) IS DISTINCT FROM 'off'
      AND (tg_tag = 'DROP OWNED' OR (SELECT min(object_type) FROM pg_event_trigger_ddl_commands()) = 'SCHEMA') THEN
    PERFORM {control}.carry_usage();
  END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'esclusa: rights were not carried over: %', SQLERRM;
END $schema$;

-- Whoever runs a GRANT runs these too. Called directly, they allow nothing that a GRANT of the caller would not allow.
GRANT EXECUTE ON FUNCTION {control}.carry_grants(text), {control}.carry_usage(), {control}.keep_apart() TO PUBLIC;
REVOKE ALL ON FUNCTION {control}.on_grant(), {control}.on_usage() FROM PUBLIC;
ALTER FUNCTION {control}.carry_grants(text) OWNER TO CURRENT_USER;
ALTER FUNCTION {control}.carry_usage() OWNER TO CURRENT_USER;
ALTER FUNCTION {control}.keep_apart() OWNER TO CURRENT_USER;
ALTER FUNCTION {control}.on_grant() OWNER TO CURRENT_USER;
ALTER FUNCTION {control}.on_usage() OWNER TO CURRENT_USER;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'esclusa_grants') THEN
    CREATE EVENT TRIGGER esclusa_grants ON ddl_command_end WHEN TAG IN ('GRANT', 'REVOKE') EXECUTE FUNCTION {control}.on_grant();
  END IF;
  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'esclusa_usage') THEN
    CREATE EVENT TRIGGER esclusa_usage ON ddl_command_end WHEN TAG IN ('GRANT', 'REVOKE', 'DROP OWNED') EXECUTE FUNCTION {control}.on_usage();
  END IF;
  ALTER EVENT TRIGGER esclusa_grants ENABLE;
  ALTER EVENT TRIGGER esclusa_usage ENABLE;
END $$;
