//! Where settings come from, at the start and for a reload.

use crate::config::Settings;
use crate::error::Result;

/// Reads the settings: at the start, and again for a reload.
pub struct Loader(Box<dyn Fn() -> Result<Settings> + Send + Sync>);

impl Loader {
    /// A reader of settings.
    pub fn new(load: impl Fn() -> Result<Settings> + Send + Sync + 'static) -> Self {
        Loader(Box::new(load))
    }

    pub(super) fn load(&self) -> Result<Settings> {
        (self.0)()
    }
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loader")
    }
}
