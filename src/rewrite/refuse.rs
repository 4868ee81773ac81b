//! Saying no in the server's own stream of replies: in place of a refused statement the server gets one that fails in parse
//! analysis, so that order, abort state and skip-to-Sync come for free, in Query and in Parse with any parameters; the session
//! then replaces that error by the refusal. The failing statement names a column that says what it is, for the server's log.

use crate::error::{ClientVisible, sqlstate};
use crate::relation::Relation;

/// Why a statement is answered with an error of the proxy's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE.
    pub sqlstate: &'static str,
    /// One sentence.
    pub message: String,
    /// More about this case.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// The byte of the client's text that it is about.
    pub position: Option<usize>,
    number: usize,
}

impl Refusal {
    /// A named form on a relation.
    pub(super) fn form(relation: &Relation, form: &str, position: usize) -> Self {
        Refusal {
            sqlstate: sqlstate::FEATURE_NOT_SUPPORTED,
            message: format!("{form} \"{}\" cannot be rewritten faithfully", relation.table),
            detail: Some(format!("Rule \"{}\" ({}) rewrites this table.", relation.table, relation.kind)),
            hint: Some(format!(
                "Ask the DBA to switch the table: SET MODE observe FOR {} on the esclusa console.",
                relation.table
            )),
            position: Some(position),
            number: 0,
        }
    }

    /// The text changes the search path in a way that only the server can tell, and then names the table without its schema.
    pub(super) fn in_doubt(relation: &Relation, position: usize) -> Self {
        Refusal {
            sqlstate: sqlstate::FEATURE_NOT_SUPPORTED,
            message: format!("\"{}\" cannot be looked up: the search path was changed in the same message", relation.table),
            detail: Some(format!("Rule \"{}\" ({}) rewrites this table.", relation.table, relation.kind)),
            hint: Some(format!("Send the statements one by one, or write {}.{}.", relation.schema, relation.table)),
            position: Some(position),
            number: 0,
        }
    }

    /// A statement that changes what a table is, or who may do what with it.
    pub(super) fn definition(relation: &Relation, operation: &str, position: usize) -> Self {
        Refusal {
            message: format!("{} of \"{}\": it is no table of its own any more", operation.to_uppercase(), relation.table),
            detail: Some(format!("Rule \"{}\" ({}) made it rows of {}.", relation.table, relation.kind, relation.target)),
            hint: Some(format!(
                "Change the rule file {0}.toml, or the view \"{0}\" on the server itself; or ask the DBA to switch the table: \
                 SET MODE observe FOR {0} on the esclusa console.",
                relation.table
            )),
            ..Refusal::form(relation, operation, position)
        }
    }

    /// A change of rows that the audit trigger wrote.
    pub(super) fn captured(relation: &Relation, operation: &str, position: usize) -> Self {
        Refusal {
            message: format!("{} of \"{}\": its rows are those of the audit", operation.to_uppercase(), relation.table),
            detail: Some(format!("Rule \"{}\" says capture = \"trigger\".", relation.table)),
            hint: Some("Rows of audit_log are kept and removed by the DBA alone.".to_owned()),
            ..Refusal::form(relation, operation, position)
        }
    }

    /// A table in mode `refuse`.
    pub(super) fn retired(relation: &Relation, position: usize) -> Self {
        Refusal {
            sqlstate: sqlstate::UNDEFINED_TABLE,
            message: format!("relation \"{}\" does not exist", relation.table),
            detail: None,
            hint: Some(format!("Table \"{}\" was retired: it became rows of {}.", relation.table, relation.target)),
            position: Some(position),
            number: 0,
        }
    }

    /// An error that the legacy table itself would have given.
    pub(super) fn legacy(sqlstate: &'static str, message: String, position: Option<usize>) -> Self {
        Refusal { sqlstate, message, detail: None, hint: None, position, number: 0 }
    }

    pub(super) fn numbered(self, number: usize) -> Self {
        Refusal { number, ..self }
    }

    /// The name that the server's error will carry, in any language.
    pub fn marker(&self) -> String {
        format!("esclusa refused statement {}", self.number)
    }

    /// The statement that fails.
    pub(super) fn statement(&self) -> String {
        format!("SELECT \"{}\"", self.marker())
    }
}

impl ClientVisible for Refusal {
    fn sqlstate(&self) -> &'static str {
        self.sqlstate
    }
    fn message(&self) -> String {
        self.message.clone()
    }
    fn detail(&self) -> Option<String> {
        self.detail.clone()
    }
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}
