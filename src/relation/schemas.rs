//! The schemas of what esclusa puts into the database, by name.

/// The name of the control schema, where a constant text needs it.
macro_rules! control {
    () => {
        "esclusa"
    };
}
pub(crate) use control;

/// Schema of modes, hits, runs, of the relations' views and of the functions that generated expressions name.
pub const CONTROL: &str = control!();
/// Schema of the leaves.
pub const LEAVES: &str = concat!(control!(), "_leaf");
/// Schema of the key tables (`migrate/foreign_key.rs`).
pub const KEYS: &str = concat!(control!(), "_key");
