//! The three new tables as data: what whoever makes, proves, names or explains one has to know about it. Nothing outside `relation` and
//! the DDL (`migrate/sql/tables.sql`) writes a column's name of theirs.

use super::schemas::LEAVES;
use crate::sql::quote::qualified;

/// A table that legacy tables become parts of: a partition for each, its leaf.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub table: &'static str,
    /// The column that it is partitioned by: one value a legacy table.
    pub discriminator: &'static str,
    /// All its columns, which no client may name.
    pub columns: &'static [&'static str],
    /// The sequence that numbers its rows, which whoever inserts must be able to draw from.
    pub sequence: Option<&'static str>,
    /// The columns, behind the discriminator, that are unique in a leaf; none where legacy rows may repeat.
    pub unique: &'static [&'static str],
    /// Whether that constraint is the primary key.
    pub unique_is_primary: bool,
    /// Columns that follow from the legacy row's key: the way of an index to one row.
    pub key: &'static [&'static str],
    /// Where rows may repeat: the image that tells one from another, and the number that tells equal ones apart.
    pub repeated: Option<(&'static str, &'static str)>,
    /// The column that keeps the order of the legacy heap.
    pub order: &'static str,
    /// Columns that follow from the legacy row, by the check of the parity proof that computes them again.
    pub derived: &'static [(&'static str, &'static [&'static str])],
    /// Columns that tell a leaf's rows apart, the first ones of a unique index. No UPDATE changes them.
    pub identity: &'static [&'static str],
    /// A column that is the same for all rows of a leaf: a CHECK says so, and a query by it leaves the other leaves out.
    pub common: Option<&'static str>,
    /// What is true of every row of a leaf besides: CHECKs.
    pub checks: &'static [&'static str],
    /// Where a row came from: the column, and its value for rows that the proof compares with the legacy table.
    pub moved: Option<(&'static str, &'static str)>,
    /// The same for rows that the audit trigger projects into a history.
    pub captured: Option<(&'static str, &'static str)>,
}

/// The column of `audit_log` that the rows of the audit trigger are partitioned by, a month each.
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
