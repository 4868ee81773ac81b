//! A history: rows of `audit_log`.

use super::super::columns::{Column, Key};
use super::super::origin::Origin;
use super::super::section::Section;
use super::{Field, Kind};
use crate::error::Faults;

/// How rows of a history are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Capture {
    /// The application writes its own history; the legacy relation has what it wrote.
    #[default]
    Application,
    /// The application no longer writes its history; rows are made from the audit trigger's images.
    Trigger,
}

impl Capture {
    /// Its name in rule files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Capture::Application => "application",
            Capture::Trigger => "trigger",
        }
    }
}

impl std::str::FromStr for Capture {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Capture::Application, Capture::Trigger].into_iter().find(|c| c.name() == text);
        known.ok_or_else(|| format!("`{text}` is neither application nor trigger"))
    }
}

/// A history that becomes rows of `audit_log`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The table whose changes it records; `None` for an event log.
    pub base: Option<String>,
    /// The column with the time of the change.
    pub time: Option<String>,
    /// The column with the user.
    pub user: Option<String>,
    /// The column with the operation, where the history has one of its own.
    pub operation: Option<String>,
    /// The column with the exploitation's id.
    pub expid: Option<String>,
    /// How its rows are made.
    pub capture: Capture,
}

impl History {
    /// A history made from the audit trigger's images needs a base, the base's key, and types that an image gives back.
    fn captured(&self, columns: &[Column], key: &Key, origin: &Origin, faults: &mut Faults) {
        if self.base.is_none() || columns.iter().all(|c| c.base.is_none()) {
            let message = "target.capture: an event log has no base whose trigger could write it";
            faults.push(origin.fault("target.capture", message));
        } else if key.base.is_empty() {
            faults.push(origin.fault("target.capture", "target.capture: the trigger needs key.base"));
        }
        for column in columns.iter().filter(|c| c.base.is_some() && c.expression.is_none()) {
            let type_name = &column.column.type_name;
            if type_name.ends_with("[]") || !PLAIN_JSON.iter().any(|t| type_name.starts_with(t)) {
                let message =
                    format!("column {}: a value of {type_name} cannot be read from the trigger's image", column.column.name);
                faults.push(origin.fault_at(column.line, message).hint("give the column an expression"));
            }
        }
    }
}

/// Types whose value can be cast back from its text in the `to_jsonb` of a row, whatever the session's settings.
const PLAIN_JSON: &[&str] = &[
    "numeric",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "character",
    "bpchar",
    "text",
    "name",
    "uuid",
    "boolean",
    "date",
    "timestamp",
    "time",
];

impl Kind for History {
    fn read(section: &mut Section<'_, '_, '_>) -> History {
        History {
            base: section.text("base"),
            time: section.text("time"),
            user: section.text("user"),
            operation: section.text("operation"),
            expid: section.text("expid"),
            capture: section.parsed("capture").unwrap_or_default(),
        }
    }

    fn name(&self) -> &'static str {
        "history"
    }

    fn summary(&self) -> String {
        match &self.base {
            Some(base) => format!("history of {base}, now rows of audit_log"),
            None => "event log without a base table, now rows of audit_log".to_owned(),
        }
    }

    fn place(&self) -> String {
        format!("audit_log ({})", self.base.as_deref().unwrap_or("no base"))
    }

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("base", Field::Text(self.base.as_deref())),
            ("time", Field::Column(self.time.as_deref())),
            ("user", Field::Column(self.user.as_deref())),
            ("operation", Field::Column(self.operation.as_deref())),
            ("expid", Field::Column(self.expid.as_deref())),
            ("capture", Field::Text(Some(self.capture.name()))),
        ]
    }

    fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    fn check(&self, columns: &[Column], key: &Key, origin: &Origin, faults: &mut Faults) {
        if self.capture == Capture::Trigger {
            self.captured(columns, key, origin, faults);
        }
        if !key.base.is_empty() && key.base.len() != key.columns.len() {
            let message = format!("key.base has {} columns, key.columns has {}", key.base.len(), key.columns.len());
            faults.push(origin.fault("key.base", message));
        }
    }
}
