//! Sessions around the proxies that were seen lately, by user: counters by user do not say where the user came from.

use std::collections::HashMap;

use crate::control::around::{Session, UNKNOWN};

/// For how many seconds a session is remembered.
const REMEMBERED: f64 = 3600.0;
/// A session that was active within this many seconds of a span may have been active in it: samples are at most this far apart.
const BESIDE: f64 = 10.0;
/// How many different sessions of one user are remembered.
const FACES: usize = 16;
/// How many users are remembered.
const USERS: usize = 1000;
/// Stands for more than one address or application.
const SEVERAL: &str = "(several)";

struct Face {
    address: String,
    application: String,
    last: f64,
}

/// The sessions that were seen.
#[derive(Default)]
pub(super) struct People(HashMap<String, Vec<Face>>);

impl People {
    /// Adds a session that was seen.
    pub(super) fn saw(&mut self, session: &Session) {
        if session.is_hidden || !self.0.contains_key(&session.user) && self.0.len() >= USERS {
            return;
        }
        let faces = self.0.entry(session.user.clone()).or_default();
        let is_it = |face: &&mut Face| face.address == session.address && face.application == session.application;
        if let Some(face) = faces.iter_mut().find(is_it) {
            face.last = face.last.max(session.last);
        } else if faces.len() < FACES {
            let (address, application) = (session.address.clone(), session.application.clone());
            faces.push(Face { address, application, last: session.last });
        }
    }

    /// Forgets sessions that have not been seen for long.
    pub(super) fn forget(&mut self, now: f64) {
        for faces in self.0.values_mut() {
            faces.retain(|face| face.last > now - REMEMBERED);
        }
        self.0.retain(|_, faces| !faces.is_empty());
    }

    /// Address and application of a user in a span of time, and whether there is only one: from the sessions that were active then;
    /// or, if none was, from those of the last hour.
    pub(super) fn of(&self, user: &str, from: f64, to: f64) -> (String, String, bool) {
        let faces = self.0.get(user).map_or(&[][..], Vec::as_slice);
        let then: Vec<&Face> = faces.iter().filter(|face| (from - BESIDE..=to + BESIDE).contains(&face.last)).collect();
        let found = if then.is_empty() { faces.iter().collect() } else { then };
        let only = |of: fn(&Face) -> &str| match found.as_slice() {
            [] => UNKNOWN.to_owned(),
            [first, others @ ..] if others.iter().all(|face| of(face) == of(first)) => of(first).to_owned(),
            _ => SEVERAL.to_owned(),
        };
        (only(|face| &face.address), only(|face| &face.application), found.len() == 1)
    }

    /// Whether a session of a user with one of these application names was seen in a span of time.
    pub(super) fn has(&self, user: &str, applications: &[String], from: f64, to: f64) -> bool {
        let is_it = |face: &Face| applications.contains(&face.application) && (from - BESIDE..=to + BESIDE).contains(&face.last);
        self.0.get(user).is_some_and(|faces| faces.iter().any(is_it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(address: &str, application: &str, last: f64) -> Session {
        Session {
            process: 1,
            seen_at: last,
            statement_began: last,
            began: last,
            last,
            user: "ana".into(),
            address: address.into(),
            application: application.into(),
            text: String::new(),
            is_whole: true,
            locked: Vec::new(),
            reads_all: false,
            is_hidden: false,
        }
    }

    #[test]
    fn one_that_was_there_alone_is_named() {
        let mut people = People::default();
        let of = |people: &People| people.of("ana", 1000.0, 1005.0);
        assert_eq!(of(&people), (UNKNOWN.into(), UNKNOWN.into(), false));
        people.saw(&session("10.0.0.9", "excel", 500.0));
        assert_eq!(of(&people), ("10.0.0.9".into(), "excel".into(), true), "the only one of the last hour");
        people.saw(&session("10.0.0.7", "psql", 1008.0));
        assert_eq!(of(&people), ("10.0.0.7".into(), "psql".into(), true));
        people.saw(&session("10.0.0.7", "cron", 1002.0));
        assert_eq!(of(&people), ("10.0.0.7".into(), SEVERAL.into(), false));
        assert!(people.has("ana", &["cron".into()], 1000.0, 1005.0) && !people.has("ana", &["excel".into()], 1000.0, 1005.0));
        assert_eq!(people.of("eva", 1000.0, 1005.0).0, UNKNOWN);
        people.forget(1000.0 + REMEMBERED + 5.0);
        assert_eq!(of(&people).1, "psql");
    }
}
