//! A refusal in the server's own stream of replies: the server gets, in the place of a refused statement, one that fails in parse
//! analysis. So the order of replies, the state of the transaction and the skipping to Sync are the server's own, for Query and for
//! Parse with any parameters; the session then replaces the error by the refusal. The failing statement names a column that says
//! what it is, for the server's log.

use crate::error::{ClientError, sqlstate};
use crate::relation::Relation;
use crate::sql::quote::{ident, qualified};

/// Why a statement is answered with an error of the proxy's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error for the client.
    pub error: ClientError,
    /// The byte of the client's text at which the error points.
    pub position: Option<usize>,
    number: usize,
}

impl Refusal {
    fn at(position: usize, error: ClientError) -> Self {
        Refusal { error, position: Some(position), number: 0 }
    }

    /// A form that is not supported for a relation, with its name.
    pub(super) fn form(relation: &Relation, form: &str, position: usize) -> Self {
        let message = format!("{form} \"{}\" cannot be rewritten faithfully", relation.table);
        let hint = format!("Ask the DBA to switch the table: SET MODE observe FOR {} on the esclusa console.", relation.table);
        Refusal::at(position, ClientError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).detail(rule(relation)).hint(hint))
    }

    /// The text changes the search path in a way that only the server knows, and then names the table without its schema.
    pub(super) fn in_doubt(relation: &Relation, position: usize) -> Self {
        let message =
            format!("\"{}\" cannot be looked up: what it means may have been changed in the same message", relation.table);
        let hint = format!("Send the statements one by one, or write {}.{}.", relation.schema, relation.table);
        Refusal::at(position, ClientError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).detail(rule(relation)).hint(hint))
    }

    /// The same for a constraint of a moved table.
    pub(super) fn constraint_in_doubt(schema: &str, name: &str, position: usize) -> Self {
        let message = format!("constraint \"{name}\" cannot be looked up: the search path was changed in the same message");
        let hint = format!("Send the statements one by one, or write {}.", qualified(schema, name));
        Refusal::at(position, ClientError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).hint(hint))
    }

    /// A statement that changes a table's definition or its rights.
    pub(super) fn definition(relation: &Relation, operation: &str, position: usize) -> Self {
        let message = format!("{} of \"{}\": it is no table of its own any more", operation.to_uppercase(), relation.table);
        let detail = format!("Rule \"{}\" ({}) made it rows of {}.", relation.table, relation.kind, relation.target_name());
        let hint = format!(
            "Change the rule file {0}.toml, or the view \"{0}\" on the server itself; or ask the DBA to switch the table: \
             SET MODE observe FOR {0} on the esclusa console.",
            relation.table
        );
        Refusal::at(position, ClientError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).detail(detail).hint(hint))
    }

    /// A table in mode `refuse`.
    pub(super) fn retired(relation: &Relation, position: usize) -> Self {
        let message = format!("relation \"{}\" does not exist", relation.table);
        let hint = format!("Table \"{}\" was retired: it became rows of {}.", relation.table, relation.target_name());
        Refusal::at(position, ClientError::new(sqlstate::UNDEFINED_TABLE, message).hint(hint))
    }

    /// Rows that the audit trigger has recorded may not be changed.
    pub(super) fn captured(relation: &Relation) -> Self {
        let detail = format!("Its rows are what the audit trigger has recorded: {}", rule(relation));
        let error = ClientError::new(sqlstate::INSUFFICIENT_PRIVILEGE, format!("permission denied for table {}", relation.table));
        Refusal { error: error.detail(detail), position: None, number: 0 }
    }

    /// An error that the legacy table itself would have given.
    pub(super) fn legacy(sqlstate: &'static str, message: String, position: Option<usize>) -> Self {
        Refusal { error: ClientError::new(sqlstate, message), position, number: 0 }
    }

    /// The client has cancelled the statement before the server got it (source, postgres.c, ProcessInterrupts).
    pub(super) fn cancelled() -> Self {
        Refusal::legacy(sqlstate::QUERY_CANCELED, "canceling statement due to user request".into(), None)
    }

    pub(super) fn numbered(self, number: usize) -> Self {
        Refusal { number, ..self }
    }

    /// The name by which the session recognises the server's error in any language.
    pub fn marker(&self) -> String {
        format!("esclusa refused statement {}", self.number)
    }

    /// The same as a column's name: an expression with it fails if the server gets that far.
    pub(super) fn column(&self) -> String {
        ident(&self.marker())
    }

    /// The statement that fails.
    pub(super) fn statement(&self) -> String {
        format!("SELECT \"{}\"", self.marker())
    }
}

fn rule(relation: &Relation) -> String {
    format!("Rule \"{}\" ({}) rewrites this table.", relation.table, relation.kind)
}
