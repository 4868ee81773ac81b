//! A client whose statements are rewritten as by the proxy, and run directly on the server.

use std::sync::Arc;

use esclusa::catalog::Catalog;
use esclusa::mode::Mode;
use esclusa::relation::Relation;
use esclusa::rewrite::{Entry, NameContext, Policy, rewrite};
use esclusa::rule::Rule;
use esclusa::sql::Limits;

use crate::common::{Bed, SCHEMA, Session};

pub(crate) struct Proxied {
    policy: Policy,
    pub(crate) session: Session,
}

impl Proxied {
    /// For one legacy table, in mode rewrite.
    pub(crate) async fn new(bed: &Bed, rule: &Rule) -> Proxied {
        let relation = Arc::new(Relation::compile(rule, &bed.context));
        let catalog = Catalog::read(&bed.db, SCHEMA).await.unwrap();
        let policy = Policy::new(1, SCHEMA, vec![Entry { relation, mode: Mode::Rewrite }], catalog.into(), Limits::default());
        Proxied { policy, session: bed.session("postgres", &format!("SET search_path = {SCHEMA}")).await }
    }

    /// What the statement becomes.
    pub(crate) fn rewritten(&self, sql: &str) -> String {
        rewrite(&self.policy, &NameContext::with_path(&[SCHEMA]), sql).text.as_deref().unwrap_or_default().to_owned()
    }

    /// The server's answer, or the refusal.
    pub(crate) async fn say(&self, sql: &str) -> String {
        let outcome = rewrite(&self.policy, &NameContext::with_path(&[SCHEMA]), sql);
        match outcome.refusals.first() {
            Some(refusal) => format!("{} {}", refusal.error.sqlstate, refusal.error.message),
            None => self.session.say(outcome.text.as_deref().unwrap_or(sql)).await,
        }
    }
}
