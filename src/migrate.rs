//! The migration: new tables, backfill, views, triggers, proof of parity. All SQL that it sends follows from relations; all that it
//! decides is recorded in schema `esclusa`.

mod acl;
mod ahead;
pub mod back;
pub mod backfill;
pub mod capture;
pub mod condition;
mod copying;
pub mod cut_over;
pub mod dependents;
pub mod doctor;
pub mod drop;
pub mod dump;
pub mod estimate;
pub mod first_form;
pub mod foreign_key;
pub mod gate;
pub mod inventory;
pub mod keep;
pub mod leaf;
pub mod ledger;
pub mod machine;
pub mod migration;
pub mod month;
pub mod name;
pub mod number;
pub mod object;
pub mod online;
pub mod parity;
pub mod partition;
mod partman;
mod place;
pub mod quiet;
pub mod reads;
pub mod refill;
pub mod rehearsal;
pub mod retain;
pub mod roles;
pub mod run;
pub mod schema;
pub mod signature;
pub mod attachments;
pub mod shadow_role;
pub mod state;
pub mod throttle;
pub mod view;

pub use crate::relation::{CONTROL, LEAVES};

/// The schema that keeps a legacy table from the moment when a view takes its name until it is dropped.
pub const ARCHIVE: &str = "mig_old";

/// What every session of the migration sets, so that images and parity do not depend on the settings of the role that runs it.
pub const PINNED: &str = "SET extra_float_digits = 1; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; \
     SET bytea_output = 'hex'; SET client_min_messages = 'warning'; SET lc_monetary = 'C'; SET array_nulls = on; SET xmloption = 'content'; \
     SET row_security = off; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
     SET search_path = pg_catalog, pg_temp";

/// Set by a transaction that makes grants itself, so that they do not fire the event trigger that copies other people's grants.
pub const OWN_GRANTS: &str = "SET LOCAL esclusa.carry_grants = 'off'";
