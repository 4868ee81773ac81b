//! What the proxy does with a legacy table at this moment. Settings, rules, console and control all name it, so it stands above
//! them all.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of five, per legacy table, switched while everything runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not looked at.
    Off,
    /// Forwarded untouched, counted. The table still exists; the start of everything.
    #[default]
    Observe,
    /// Forwarded untouched; the rewritten form runs on the side and is compared.
    Shadow,
    /// Rewritten.
    Rewrite,
    /// Answered with 42P01.
    Refuse,
}

impl Mode {
    /// All of them, in the order of a migration.
    pub const ALL: [Mode; 5] = [Mode::Off, Mode::Observe, Mode::Shadow, Mode::Rewrite, Mode::Refuse];

    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Observe => "observe",
            Mode::Shadow => "shadow",
            Mode::Rewrite => "rewrite",
            Mode::Refuse => "refuse",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Mode::ALL.into_iter().find(|m| m.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| format!("`{text}` is no mode; it is one of off, observe, shadow, rewrite, refuse"))
    }
}
