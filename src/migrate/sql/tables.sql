-- The tables of the plan. Names and columns are the plan's; what had to be widened or added is marked (+). Idempotent.
--
-- Each of the three is a partitioned list of legacy tables: each has a leaf in schema {leaf}, created when its table is moved (migrate/leaf.rs).
-- What the audit trigger records is in none of these leaves: it goes to audit_log_live, by month.
CREATE SCHEMA IF NOT EXISTS {leaf};

-- Sequences instead of identity columns: those of a partitioned table do not serve a partition that is written directly (before PostgreSQL 17).
-- Everybody may use them: every role that may insert into a leaf must be able to, also after a later GRANT by the leaf's owner, who does not own
-- the sequence. Nobody may read them or set them back.
CREATE SEQUENCE IF NOT EXISTS {schema}.audit_log_al_id_seq;
GRANT USAGE ON SEQUENCE {schema}.audit_log_al_id_seq TO PUBLIC;
-- No CHECK: every row that the trigger writes would pay for it, because a statement of one row reads and plans each of them again (about 3
-- microseconds). The leaves have them (relation/target.rs).
CREATE TABLE IF NOT EXISTS {schema}.audit_log (
    al_id             bigint NOT NULL DEFAULT nextval('{schema}.audit_log_al_id_seq'),
    al_table_name     varchar(63) NOT NULL,
    al_record_key     text COLLATE "C" NOT NULL,
    al_operation      char(1) NOT NULL,                                  -- I, U, D
    al_old_data       jsonb,
    al_new_data       jsonb,
    al_changed_fields jsonb,
    al_sesid          numeric(10,0),
    al_user_id        varchar(63) NOT NULL,                              -- (+) from 10: a history has users of 30
    al_changed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),    -- (+) not now(), so that updates of one transaction are ordered
    al_expid          numeric(5,0),
    al_source         char(1) NOT NULL DEFAULT 'T',                      -- (+) trigger; legacy backfill, written through the proxy, captured: the last three in a leaf
    al_legacy_table   varchar(63) NOT NULL DEFAULT '',                   -- (+) the his* name of a leaf's rows: two histories of one base exist
    al_legacy_at      timestamp,                                         -- (+) the history's own stamp, verbatim, so that it can be indexed
    al_legacy_on      date,                                              -- (+) the same for a date: the stamp, or one in the key
    al_session_user   varchar(63) DEFAULT session_user,                  -- (+) who was logged in; al_user_id is what the application says
    CONSTRAINT audit_log_pkey PRIMARY KEY (al_id, al_legacy_table, al_changed_at)
) PARTITION BY LIST (al_legacy_table);
CREATE INDEX IF NOT EXISTS idx_audit_log_table_record ON {schema}.audit_log (al_table_name, al_record_key, al_changed_at);
CREATE INDEX IF NOT EXISTS idx_audit_log_user ON {schema}.audit_log (al_user_id, al_changed_at);
CREATE INDEX IF NOT EXISTS idx_audit_log_fields ON {schema}.audit_log USING gin (al_changed_fields);

-- What the audit trigger records: the plan's RANGE on al_changed_at, one level down.
CREATE TABLE IF NOT EXISTS {schema}.audit_log_live PARTITION OF {schema}.audit_log FOR VALUES IN ('') PARTITION BY RANGE (al_changed_at);

CREATE SEQUENCE IF NOT EXISTS {schema}.domain_value_dv_id_seq;
GRANT USAGE ON SEQUENCE {schema}.domain_value_dv_id_seq TO PUBLIC;
CREATE TABLE IF NOT EXISTS {schema}.domain_value (
    dv_id          bigint NOT NULL DEFAULT nextval('{schema}.domain_value_dv_id_seq'),
    dv_domain      varchar(50) NOT NULL,
    dv_code        varchar(100) COLLATE "C" NOT NULL,   -- (+) from 20
    dv_txtid       numeric(10,0),
    dv_description varchar(1000),                       -- (+) from 200: tabladesc.tddesc has 1000
    dv_sort_order  integer NOT NULL DEFAULT 0,
    dv_is_active   char(1) DEFAULT 'S',                 -- a projection: no view filters on it
    dv_extra_json  jsonb NOT NULL DEFAULT '{}',
    dv_expid       numeric(5,0),
    dv_hstusu      varchar(63),
    dv_hsthora     timestamptz DEFAULT clock_timestamp(),
    CONSTRAINT domain_value_pkey PRIMARY KEY (dv_domain, dv_id),
    CONSTRAINT uq_domain_value UNIQUE (dv_domain, dv_code)
) PARTITION BY LIST (dv_domain);
CREATE INDEX IF NOT EXISTS idx_domain_value_json ON {schema}.domain_value USING gin (dv_extra_json);

CREATE SEQUENCE IF NOT EXISTS {schema}.domain_value_link_dvl_id_seq;
GRANT USAGE ON SEQUENCE {schema}.domain_value_link_dvl_id_seq TO PUBLIC;
CREATE TABLE IF NOT EXISTS {schema}.domain_value_link (
    dvl_link_type     varchar(50) NOT NULL,
    dvl_source_domain varchar(50) NOT NULL,
    dvl_source_code   varchar(100) COLLATE "C" NOT NULL,
    dvl_target_domain varchar(50) NOT NULL,
    dvl_target_code   varchar(100) COLLATE "C" NOT NULL,
    dvl_sort_order    integer NOT NULL DEFAULT 0,       -- (+)
    dvl_extra_json    jsonb NOT NULL DEFAULT '{}',      -- (+) three junctions have more than two columns
    dvl_id            bigint NOT NULL DEFAULT nextval('{schema}.domain_value_link_dvl_id_seq'),   -- (+) what no UPDATE changes: foreign keys act on rows
    CONSTRAINT domain_value_link_pkey
        PRIMARY KEY (dvl_link_type, dvl_source_domain, dvl_source_code, dvl_target_domain, dvl_target_code),
    CONSTRAINT uq_domain_value_link_id UNIQUE (dvl_link_type, dvl_id)
) PARTITION BY LIST (dvl_link_type);

