-- A value of an image as text: how the views read each column (relation/value.rs). It is the function behind the operator ->>, at a cost of its own.
-- PostgreSQL computes all columns before it sorts, even for ORDER BY ... LIMIT 3, except those that cost more than ten operators (source, planner.c,
-- make_sort_input_target), and a value read from JSON really does. Only a superuser may name that function; for anybody else the operator takes its
-- place, which gives the same values, and such a sort computes every column of every row.
DO $image$
DECLARE
  is_super boolean := (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user);
BEGIN
  -- To make it again would have every session plan its statements again.
  IF EXISTS (SELECT FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
             WHERE p.oid = pg_catalog.to_regprocedure('{control}.image_text(jsonb, text)')
               AND (l.lanname = 'internal' AND p.prosrc = 'jsonb_object_field_text'
                 OR l.lanname = 'sql' AND p.prosrc = 'SELECT $1 OPERATOR(pg_catalog.->>) $2' AND NOT is_super)) THEN
    NULL;
  ELSIF is_super THEN
    CREATE OR REPLACE FUNCTION {control}.image_text(image jsonb, name text) RETURNS text
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE COST 11 AS 'jsonb_object_field_text';
  ELSE
    CREATE OR REPLACE FUNCTION {control}.image_text(image jsonb, name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1 OPERATOR(pg_catalog.->>) $2';
  END IF;
END $image$;
