//! What the proxy does with a legacy table at this moment. Settings, rules, console and control all name it, so it is a layer above them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which sessions read a copied table in its new form while all sessions write the legacy one: a share of all sessions, applications, users. A
/// session that any of these applies to is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Readers {
    /// Percentage of all sessions.
    pub percent: u8,
    /// Values of `application_name`.
    pub applications: Vec<String>,
    /// Users, as they have logged in.
    pub users: Vec<String>,
}

impl Readers {
    /// Whether a session is chosen. `lot` is the session's number for this table, evenly spread over 0 to 99 and constant for its lifetime, so that
    /// a larger share includes all sessions of a smaller one.
    pub fn have(&self, lot: u8, user: &str, application: &str) -> bool {
        lot < self.percent || self.users.iter().any(|u| u == user) || self.applications.iter().any(|a| a == application)
    }
}

impl fmt::Display for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.percent > 0 || self.applications.is_empty() && self.users.is_empty() {
            parts.push(format!("{} % of sessions", self.percent));
        }
        parts.extend(self.applications.iter().map(|a| format!("application {a}")));
        parts.extend(self.users.iter().map(|u| format!("user {u}")));
        f.write_str(&parts.join(", "))
    }
}

/// One of five, per legacy table, switched while everything runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not looked at.
    Off,
    /// Forwarded untouched, counted. The legacy table still exists. Every table begins in this mode.
    #[default]
    Observe,
    /// Forwarded untouched; for a sample of reads the rewritten form runs separately and is compared.
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
        found.ok_or_else(|| format!("`{text}` is not a mode; modes are off, observe, shadow, rewrite, refuse"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greater_share_has_all_whom_a_smaller_one_had() {
        let of = |percent| Readers { percent, ..Readers::default() };
        for percent in 0..=100 {
            assert_eq!((0..100).filter(|lot| of(percent).have(*lot, "ana", "app")).count(), usize::from(percent));
        }
        let chosen = Readers { percent: 0, applications: vec!["informes".into()], users: vec!["ana".into()] };
        assert!(chosen.have(99, "ana", "app") && chosen.have(99, "leo", "informes") && !chosen.have(0, "leo", "app"));
        assert_eq!(chosen.to_string(), "application informes, user ana");
        assert_eq!(of(7).to_string(), "7 % of sessions");
    }
}
