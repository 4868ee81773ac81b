//! How many rows to generate.

/// How many rows to make, and which.
#[derive(Debug, Clone)]
pub struct Sizes {
    /// Rows per history table.
    pub rows: usize,
    /// Rows per base table, and the highest id that other tables refer to.
    pub base: usize,
    /// Rows per look-up or junction; fewer where the code has no room for as many.
    pub lookup: usize,
    /// The seed: another seed gives other rows.
    pub seed: u64,
    /// Adds infinite and BC dates, NaN, long numerics and negative zero.
    pub extreme: bool,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { rows: 200, base: 50, lookup: 12, seed: 7, extreme: false }
    }
}
