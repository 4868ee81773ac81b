//! A private PostgreSQL with the legacy schema and seeded data: for `esclusa demo`, and for the tests that need a real server.

pub mod data;
pub mod legacy;
pub mod postgres;
pub mod stage;
pub mod tour;
