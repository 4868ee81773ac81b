//! Who may run which command on the console and the page: the two lists of users in the settings.

use crate::config::Settings;

/// Who may run a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Whoever may connect.
    Reader,
    /// Users in `console.admins`.
    Admin,
}

impl Access {
    /// What a user may do under these settings; `None` for a user in neither list.
    pub(crate) fn of(user: &str, settings: &Settings) -> Option<Access> {
        let listed = |users: &[String]| users.iter().any(|u| u == user);
        match () {
            () if listed(&settings.console.admins) => Some(Access::Admin),
            () if listed(&settings.console.readers) => Some(Access::Reader),
            () => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Access::Reader => "reader",
            Access::Admin => "admin",
        }
    }
}
