//! Every form of the grammar that can be nested or repeated, far larger than software sends, goes through the rewriter on a
//! worker's stack, in every mode: the process survives, and statements that are understood are rewritten.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "common/grown.rs"]
mod grown;

use std::path::Path;
use std::sync::Arc;

use esclusa::catalog::Catalog;
use esclusa::config::Settings;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::rewrite::{Entry, NameContext, Outcome, Policy, rewrite};
use esclusa::rule::RuleSet;
use esclusa::sql::Limits;
use grown::{FORMS, Form};

/// The stack that Tokio gives a worker.
const WORKER_STACK_BYTES: usize = 2 * 1024 * 1024;

/// Sizes from ordinary software to a hostile client; the switch to a larger stack is between them.
const SIZES: [usize; 4] = [512, 1024, 3 * 1024, 24 * 1024];

fn policy(mode: Mode) -> Policy {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let (settings, rules) = (Settings::defaults().unwrap(), RuleSet::load(&root).unwrap());
    let catalog = Catalog::from_csv("cf_quere_pro", &root.join("catalog.csv")).unwrap();
    let context = Context::new(&settings);
    let entry = |rule| Entry { relation: Arc::new(Relation::compile(rule, &context)), mode };
    Policy::new(1, "cf_quere_pro", rules.rules.values().map(entry).collect(), catalog.into(), Limits::default())
}

fn on_a_workers_stack(mode: Mode, check: fn(&Form, &str, &Outcome)) {
    let policy = policy(mode);
    let work = move || {
        let names = NameContext::with_path(&["cf_quere_pro"]);
        for form in FORMS {
            for bytes in SIZES {
                let text = form.grown(bytes);
                let outcome = rewrite(&policy, &names, &text);
                check(form, &text, &outcome);
            }
        }
    };
    std::thread::Builder::new().stack_size(WORKER_STACK_BYTES).spawn(work).unwrap().join().unwrap();
}

#[test]
fn every_form_is_survived() {
    on_a_workers_stack(Mode::Rewrite, |form, text, outcome| {
        assert!(outcome.text.is_some() || !outcome.hits.is_empty(), "{}: {} bytes pass without a word", form.name, text.len());
    });
}

#[test]
fn every_form_is_survived_where_it_is_only_observed() {
    on_a_workers_stack(Mode::Observe, |form, text, outcome| {
        assert!(!outcome.hits.is_empty(), "{}: {} bytes pass without a word", form.name, text.len());
    });
}
