//! Reads of tables in mode shadow are offered here, to be run a second time.

use std::sync::Arc;

use super::Conversation;
use crate::session::house::House;
use crate::session::samples::{types, values};
use crate::session::statement::{How, NameId, Prepared, Statement};
use crate::shadow::{Parameter, Sample};

impl<H: House> Conversation<H> {
    /// A Bind's statement with its parameters, if it is to be compared.
    pub(super) fn sample_of_bind(&self, held: &Prepared, parameters: &[u8]) -> Option<Box<Sample>> {
        let How::Protocol(list) = &held.how else { return None };
        if !held.statement.outcome.shadow || !self.is_sampled() {
            return None;
        }
        Some(Box::new(self.sample(&held.statement, types(list)?, values(parameters)?)))
    }

    /// A portal was executed to its end.
    pub(super) fn offer_portal(&mut self, portal: NameId) {
        if let Some(sample) = self.samples.executed(portal) {
            self.house.offer(*sample);
        }
    }

    /// A simple query was executed.
    pub(super) fn offer_query(&self, statement: &Arc<Statement>) {
        if statement.outcome.shadow && self.is_sampled() {
            self.house.offer(self.sample(statement, Vec::new(), Vec::new()));
        }
    }

    /// Whether the next read is to be compared. A temporary table exists in the client's session only, so the second run could not
    /// read it.
    fn is_sampled(&self) -> bool {
        !self.names.hide_tables() && self.house.is_sampled()
    }

    /// What a statement is in a session that reads no copy; `None`: its text is sent as it is.
    fn by_legacy_tables(&self, statement: &Statement) -> Option<Arc<str>> {
        if statement.outcome.reads.is_empty() {
            return statement.outcome.text.clone();
        }
        let names = Arc::new(self.names.known().by_legacy_tables());
        self.house.outcome(&self.house.policy(), &names, &statement.text).text.clone()
    }

    pub(super) fn sample(&self, statement: &Arc<Statement>, types: Vec<u32>, parameters: Vec<Parameter>) -> Sample {
        let outcome = &statement.outcome;
        let mut tables: Vec<String> = outcome.hits.iter().map(|h| h.table.clone()).collect();
        tables.dedup();
        Sample {
            text: statement.text.clone(),
            forwarded: self.by_legacy_tables(statement).unwrap_or_else(|| statement.text.as_ref().into()),
            fingerprint: outcome.seen.as_ref().map_or(0, |seen| seen.fingerprint),
            tables,
            types,
            parameters,
            names: self.names.known().clone(),
        }
    }
}
