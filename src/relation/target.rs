//! The three new tables as data: what the code that makes, proves, names or explains one has to know about it. Outside `relation`
//! and the DDL (`migrate/sql/tables.sql`) no code writes the name of one of their columns.

use super::schemas::LEAVES;
use crate::sql::quote::qualified;

/// A new table, which has a partition for each legacy table, its leaf.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub table: &'static str,
    /// The column that it is partitioned by: each legacy table has one value.
    pub discriminator: &'static str,
    /// All its columns; no client may name them.
    pub columns: &'static [&'static str],
    /// The sequence that numbers its rows; whoever inserts needs the right to use it.
    pub sequence: Option<&'static str>,
    /// The columns that, with the discriminator, are unique in a leaf; empty where legacy rows may repeat.
    pub unique: &'static [&'static str],
    /// Whether that constraint is the primary key.
    pub unique_is_primary: bool,
    /// Columns computed from the legacy row's key: with an index on them one row is found.
    pub key: &'static [&'static str],
    /// Where legacy rows may repeat: the image, and the number by which equal rows differ.
    pub repeated: Option<(&'static str, &'static str)>,
    /// The column with the order of the legacy heap.
    pub order: &'static str,
    /// Columns computed from the legacy row, by the check of the parity proof that computes them again.
    pub derived: &'static [(&'static str, &'static [&'static str])],
    /// Columns that identify a row of a leaf, the first ones of a unique index. No UPDATE changes them.
    pub identity: &'static [&'static str],
    /// A column with the same value in all rows of a leaf, ensured by a CHECK: a query by it skips the other leaves.
    pub common: Option<&'static str>,
    /// Other CHECKs on every leaf.
    pub checks: &'static [&'static str],
    /// The column that says where a row came from, and its value for rows that the proof compares with the legacy table.
    pub moved: Option<(&'static str, &'static str)>,
    /// The same for rows that the audit trigger writes into a history.
    pub captured: Option<(&'static str, &'static str)>,
}

/// The column of `audit_log` by which the rows of the audit trigger are partitioned into months.
pub const LIVE_TIME: &str = "al_changed_at";

/// Histories.
pub static AUDIT_LOG: Target = Target {
    table: "audit_log",
    discriminator: "al_legacy_table",
    columns: &[
        "al_id",
        "al_table_name",
        "al_record_key",
        "al_operation",
        "al_old_data",
        "al_new_data",
        "al_changed_fields",
        "al_sesid",
        "al_user_id",
        "al_changed_at",
        "al_expid",
        "al_source",
        "al_legacy_table",
        "al_legacy_at",
        "al_legacy_on",
        "al_session_user",
    ],
    sequence: Some("audit_log_al_id_seq"),
    unique: &[],
    unique_is_primary: false,
    key: &["al_table_name", "al_record_key"],
    repeated: Some(("al_old_data", "al_id")),
    order: "al_id",
    derived: &[
        ("key column", &["al_record_key"]),
        ("time column", &["al_changed_at", "al_legacy_at", "al_legacy_on"]),
        ("derived columns", &["al_table_name", "al_operation", "al_user_id", "al_expid"]),
    ],
    identity: &["al_id"],
    common: Some("al_table_name"),
    checks: &["al_operation IN ('I', 'U', 'D')", "al_source IN ('L', 'W', 'C')", "al_old_data IS NOT NULL"],
    moved: Some(("al_source", "L")),
    captured: Some(("al_source", "C")),
};

/// Look-ups.
pub static DOMAIN_VALUE: Target = Target {
    table: "domain_value",
    discriminator: "dv_domain",
    columns: &[
        "dv_id",
        "dv_domain",
        "dv_code",
        "dv_txtid",
        "dv_description",
        "dv_sort_order",
        "dv_is_active",
        "dv_extra_json",
        "dv_expid",
        "dv_hstusu",
        "dv_hsthora",
    ],
    sequence: Some("domain_value_dv_id_seq"),
    unique: &["dv_code"],
    unique_is_primary: false,
    key: &["dv_domain", "dv_code"],
    repeated: None,
    order: "dv_sort_order",
    derived: &[("key column", &["dv_code"]), ("derived columns", &["dv_is_active", "dv_expid", "dv_hstusu", "dv_hsthora"])],
    identity: &["dv_domain", "dv_id"],
    common: None,
    checks: &[],
    moved: None,
    captured: None,
};

/// Junctions.
pub static DOMAIN_VALUE_LINK: Target = Target {
    table: "domain_value_link",
    discriminator: "dvl_link_type",
    columns: &[
        "dvl_link_type",
        "dvl_source_domain",
        "dvl_source_code",
        "dvl_target_domain",
        "dvl_target_code",
        "dvl_sort_order",
        "dvl_extra_json",
        "dvl_id",
    ],
    sequence: Some("domain_value_link_dvl_id_seq"),
    unique: &["dvl_source_domain", "dvl_source_code", "dvl_target_domain", "dvl_target_code"],
    unique_is_primary: true,
    key: &["dvl_link_type", "dvl_source_domain", "dvl_source_code", "dvl_target_domain", "dvl_target_code"],
    repeated: None,
    order: "dvl_sort_order",
    derived: &[
        ("key column", &["dvl_source_code", "dvl_target_code"]),
        ("derived columns", &["dvl_source_domain", "dvl_target_domain"]),
    ],
    identity: &["dvl_link_type", "dvl_id"],
    common: None,
    checks: &[],
    moved: None,
    captured: None,
};

/// All of them.
pub static ALL: [&Target; 3] = [&AUDIT_LOG, &DOMAIN_VALUE, &DOMAIN_VALUE_LINK];

/// The leaf of a legacy table: it has the table's own name, so that errors about it name the table.
pub fn leaf(legacy_table: &str) -> String {
    qualified(LEAVES, legacy_table)
}
