//! SET CONSTRAINTS. A foreign key of a moved table belongs to its key table, in another schema; and one that refers to a moved
//! table has triggers beside it, which lock the referenced row when the foreign key would (`migrate/foreign_key.rs`) and can be
//! deferred like it. A name is looked up as the server does it: in the first schema of the search path that has a constraint of
//! this name, all constraints of that name in it (source, trigger.c, AfterTriggerSetState).

use super::outcome::Outcome;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::sql::Name;
use crate::sql::quote::qualified;

impl Work<'_, '_> {
    /// Replaces the name of each constraint. An unknown one stays, and the server answers.
    pub(super) fn set_constraints(&mut self, outcome: &mut Outcome) {
        for name in &self.shape.constraints {
            let Some((schema, replacements)) = self.constraint(name) else { continue };
            if let [(lies_in, own)] = replacements
                && *lies_in == schema
                && own == name.last()
            {
                continue;
            }
            if self.names_in_doubt && name.0.len() == 1 {
                let refusal = Refusal::constraint_in_doubt(&schema, name.last(), name.span().start);
                self.notes.push(format!("refused: {}", refusal.error.message));
                self.refuse(refusal, outcome);
                break;
            }
            let instead = replacements.iter().map(|(schema, name)| qualified(schema, name)).collect::<Vec<_>>().join(", ");
            self.notes.push(format!("constraint {} is {instead}", name.last()));
            self.edits.push(Edit::replace(name.span(), instead));
        }
        outcome.notes.append(&mut self.notes);
    }

    /// The schema in which a constraint is found, and the constraints that stand for it.
    fn constraint(&self, name: &Name) -> Option<(String, &[(String, String)])> {
        let known = &self.policy.key_tables;
        let found = |schema: &str| Some((schema.to_owned(), known.constraint(schema, name.last())?));
        match name.0.as_slice() {
            [_] => self.names.search_path.iter().find_map(|schema| found(schema)),
            [schema, _] => found(&schema.text),
            [database, schema, _] if self.policy.database.as_ref().is_none_or(|d| *d == database.text) => found(&schema.text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::super::{NameContext, Policy, rewrite};
    use crate::catalog::KeyTables;

    fn keyed() -> Policy {
        let known = KeyTables::default()
            .with("cf_quere_pro", "c_p", &[("esclusa_key", "c_p"), ("esclusa_key", "ESCLUSA_hold_insert_c_p")])
            .with("cf_quere_pro", "two", &[("cf_quere_pro", "two"), ("esclusa_key", "two")])
            .with("cf_quere_pro", "stays", &[("cf_quere_pro", "stays")])
            .with("other", "c_p", &[("other", "c_p")]);
        policy().keyed(known)
    }

    fn sent(path: &[&str], text: &str) -> String {
        rewrite(&keyed(), &NameContext::with_path(path), text).text.as_deref().unwrap_or(text).to_owned()
    }

    #[test]
    fn a_constraint_is_named_where_it_lies_now() {
        let path = ["cf_quere_pro", "other"];
        assert_eq!(
            sent(&path, "/**/ set constraints C_P, stays, unknown deferred"),
            "/**/ set constraints esclusa_key.c_p, esclusa_key.\"ESCLUSA_hold_insert_c_p\", stays, unknown deferred"
        );
        assert_eq!(sent(&path, "SET CONSTRAINTS two IMMEDIATE"), "SET CONSTRAINTS cf_quere_pro.two, esclusa_key.two IMMEDIATE");
        for same in ["set constraints all deferred", "set constraints other.c_p deferred", "set constraints x.c_p deferred"] {
            assert_eq!(sent(&path, same), same);
        }
        assert!(sent(&["public"], "set constraints cf_quere_pro.c_p deferred").contains(" esclusa_key.c_p,"));
    }

    #[test]
    fn the_search_path_decides() {
        assert_eq!(sent(&["other", "cf_quere_pro"], "set constraints c_p deferred"), "set constraints c_p deferred");
        assert_eq!(sent(&["public"], "set constraints c_p deferred"), "set constraints c_p deferred");
        let text = "reset search_path; set constraints c_p deferred";
        let outcome = rewrite(&keyed(), &NameContext::with_path(&["cf_quere_pro"]), text);
        assert_eq!(outcome.refusals.len(), 1);
    }
}
