//! Copied tables that a session reads in their new form, while everybody writes the legacy ones. Only a text of one statement that
//! only reads does that; in all others the names are those of the legacy tables, and the copy's trigger makes the copies follow.

use std::collections::BTreeMap;

use super::context::NameContext;
use super::policy::{Entry, Policy};
use super::resolve::Owner;
use super::work::Work;
use crate::mode::{Mode, Readers};
use crate::sql::{NameUse, Role};

impl Policy {
    /// Sets the copied tables that some sessions read in their new form, and which sessions.
    #[must_use]
    pub fn read_by(mut self, readers: BTreeMap<String, Readers>) -> Self {
        self.readers = readers;
        self
    }

    /// See [`Policy::read_by`].
    pub fn readers(&self) -> &BTreeMap<String, Readers> {
        &self.readers
    }
}

impl NameContext {
    /// The same for a session that reads no copy.
    #[must_use]
    pub fn by_legacy_tables(&self) -> NameContext {
        NameContext { reads: Vec::new(), ..self.clone() }
    }
}

impl Work<'_, '_> {
    /// Whether the session reads a table's copy. A role with rights on only a part of the table reads the table.
    pub(super) fn reads_copy_of(&self, entry: &Entry) -> bool {
        entry.mode == Mode::Observe && self.names.reads.contains(&entry.relation.table) && !self.is_limited(entry)
    }

    /// Whether the statement can be answered from a copy, and repeated if that fails. A client that has read a row's `ctid` writes
    /// by it, and the copy's rows have others; a whole row has the view's type, and a function may want the table's; and what a
    /// session keeps when its transaction fails must not be done twice.
    pub(super) fn may_read_copies(&self) -> bool {
        const PLACES: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];
        const KEPT: [&str; 5] = ["pg_advisory", "pg_try_advisory", "dblink", "lo_", "set_config"];
        let is_kept = |word: &String| PLACES.contains(&word.as_str()) || KEPT.iter().any(|begin| word.starts_with(begin));
        let is_row = |u: &NameUse| !self.is_list(u) && matches!(self.owner(u), Owner::Row { .. });
        !self.words.iter().any(is_kept)
            && !self.shape.references.iter().any(|r| r.role == Role::Type)
            && !self.shape.uses.iter().any(is_row)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::super::{HitOutcome, rewrite};
    use super::*;

    #[test]
    fn a_session_that_was_chosen_reads_the_copy_by_what_only_reads() {
        let mut policy = policy();
        policy.entries.values_mut().for_each(|e| e.mode = Mode::Observe);
        let names = NameContext { reads: vec!["tipocorreo".into()], ..NameContext::with_path(&["cf_quere_pro"]) };
        for (text, reads) in [
            ("select * from tipocorreo", true),
            ("with a as (select tipcid from cf_quere_pro.tipocorreo where tipcid = $1) select count(*) from a;", true),
            ("(select 1 from tipocorreo union select 2) order by 1", true),
            ("table tipocorreo", true),
            ("select t.*, o.x from tipocorreo t, otra o", true),
            ("select count(*) from otra", false),
            ("select * from public.tipocorreo", false),
            ("select * from tipocorreo for update", false),
            ("select * from tipocorreo for key share", false),
            ("select * into x from tipocorreo", false),
            ("insert into otra select * from tipocorreo", false),
            ("with d as (delete from tipocorreo returning *) select * from d, tipocorreo", false),
            ("select 1; select * from tipocorreo", false),
            ("declare c cursor for select * from tipocorreo", false),
            ("prepare p as select * from tipocorreo", false),
            ("explain select * from tipocorreo", false),
            ("copy tipocorreo to stdout", false),
            ("lock table tipocorreo", false),
            ("select ctid from tipocorreo", false),
            ("select t from tipocorreo t", false),
            ("select coalesce(t.*) from tipocorreo t", false),
            ("select greatest(t.*, t.*), t.* from tipocorreo t", false),
            ("select null::tipocorreo from tipocorreo", false),
            ("select nextval('s') from tipocorreo", false),
            ("select pg_try_advisory_lock(tipcid) from tipocorreo", false),
        ] {
            let outcome = rewrite(&policy, &names, text);
            assert_eq!(
                (!outcome.reads.is_empty(), outcome.text.is_some(), outcome.shadow),
                (reads, reads, reads),
                "{text}: {outcome:?}"
            );
            let done = if reads { HitOutcome::Rewritten } else { HitOutcome::Forwarded };
            assert!(outcome.hits.iter().all(|h| h.outcome == done), "{text}: {outcome:?}");
            let by_table = rewrite(&policy, &names.by_legacy_tables(), text);
            assert!(by_table.text.is_none() && by_table.reads.is_empty(), "{text}: {by_table:?}");
        }
        // A role with rights on a part of the table reads the table.
        let limited = policy.clone().limiting([("ana".to_owned(), "tipocorreo".to_owned())].into());
        let ana = NameContext { role: "ana".into(), ..names.clone() };
        assert!(rewrite(&limited, &ana, "select * from tipocorreo").reads.is_empty());
        assert!(!rewrite(&limited, &names, "select * from tipocorreo").reads.is_empty());
        // A mode takes precedence over the choice of sessions.
        for mode in [Mode::Off, Mode::Shadow, Mode::Rewrite, Mode::Refuse] {
            policy.entries.values_mut().for_each(|e| e.mode = mode);
            assert!(rewrite(&policy, &names, "select * from tipocorreo").reads.is_empty(), "{mode}");
        }
    }
}
