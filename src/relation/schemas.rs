//! The names of the schemas that esclusa makes in the database.

/// The name of the control schema, for `concat!`.
macro_rules! control {
    () => {
        "esclusa"
    };
}
pub(crate) use control;

/// The schema of modes, hits and runs, of the relations' views, and of functions in generated expressions.
pub const CONTROL: &str = control!();
/// Schema of the leaves.
pub const LEAVES: &str = concat!(control!(), "_leaf");
/// Schema of the key tables (`migrate/foreign_key.rs`).
pub const KEYS: &str = concat!(control!(), "_key");
