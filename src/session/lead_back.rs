//! Changes the server's errors about a rewritten statement so that they speak of what the client wrote: the position, the names of
//! the legacy table and its constraint, and no lines of context that the client's own statement would not have had.

pub mod origin;
mod own_names;
mod place;
mod relation;
mod told;

use crate::wire::error_response::{ErrorFields, field};
pub use told::Told;

/// The error as the legacy tables would have given it; `None` when it is that already.
pub fn lead_back(error: &ErrorFields, told: &Told<'_>) -> Option<ErrorFields> {
    if let Some(instead) = refusal(error, told) {
        return Some(instead);
    }
    if let Some(mut instead) = place::assignment(error, told) {
        told.outcome.rewritten.iter().for_each(|relation| relation::legacy_names(&mut instead, relation));
        return Some(instead);
    }
    let mut fields = error.clone();
    place::values_of_clause(&mut fields, told);
    place::bare(&mut fields, told);
    place::position(&mut fields, told);
    place::syntax(&mut fields, told);
    relation::one_value_too_many(&mut fields, told);
    // This needs the schemas in the lines, which the next steps take out.
    own_names::own_context(&mut fields);
    for relation in told.outcome.rewritten.iter().map(AsRef::as_ref).chain(told.reached) {
        relation::legacy_names(&mut fields, relation);
    }
    place::aliased(&mut fields, told);
    own_names::private_names(&mut fields);
    own_names::schemas(&mut fields, told);
    origin::key_tables(&mut fields, told.schema);
    (fields != *error).then_some(fields)
}

/// A refused statement is replaced by one that fails: its error is replaced by the refusal.
fn refusal(error: &ErrorFields, told: &Told<'_>) -> Option<ErrorFields> {
    let message = error.get(field::MESSAGE).unwrap_or_default();
    let refused = |marker: String| memchr::memmem::find(message, marker.as_bytes()).is_some();
    let refusal = told.outcome.refusals.iter().find(|refusal| refused(refusal.marker()))?;
    let mut own = ErrorFields::own("ERROR", &refusal.error);
    // The localised severity is in the server's language: it stays.
    if let Some(severity) = error.get(field::SEVERITY) {
        own.set(field::SEVERITY, severity.to_vec());
    }
    if let Some(byte) = refusal.position {
        own.set(field::POSITION, told.place(byte).to_string());
    }
    Some(own)
}

#[cfg(test)]
mod tests {
    use super::own_names::own_context;
    use super::*;
    use crate::rewrite::Outcome;
    use crate::rewrite::splice::{Edit, splice};
    use crate::sql::escape::Added;

    #[test]
    fn an_error_of_a_key_table_is_one_of_the_legacy_table() {
        let body = b"C23503\0Mupdate or delete on table \"q\" violates foreign key constraint \"c_q\" on table \"c\"\0\
            WSQL statement \"UPDATE esclusa_leaf.c AS t SET x = 1 FROM esclusa_key.c AS m\"\n\
            PL/pgSQL function esclusa.lead_c() line 5 at SQL statement\n\
            SQL statement \"DELETE FROM ONLY \"esclusa_key\".\"c\" WHERE $1 OPERATOR(pg_catalog.=) \"qid\"\"\0sesclusa_key\0tc\0nc_q\0\0";
        let outcome = Outcome::default();
        let added = Added::default();
        let told = |schema| Told { outcome: &outcome, text: "", added: &added, schema, reached: None };
        let fields = lead_back(&ErrorFields::parse(body), &told("cf_quere_pro")).unwrap();
        assert_eq!(fields.get(field::SCHEMA), Some(&b"cf_quere_pro"[..]));
        assert_eq!(
            fields.get(field::WHERE).map(String::from_utf8_lossy).unwrap(),
            "SQL statement \"DELETE FROM ONLY \"cf_quere_pro\".\"c\" WHERE $1 OPERATOR(pg_catalog.=) \"qid\"\""
        );
        assert!(origin::is_of_keys(&ErrorFields::parse(body)));
        let other = b"C23503\0scf_quere_pro\0Wfunction esclusa.refuse_null() line 1\0\0";
        assert!(!origin::is_of_keys(&ErrorFields::parse(other)));
        let quoted = lead_back(&ErrorFields::parse(b"Dtable esclusa_key.\"C\" depends on it\0\0"), &told("Ol\"d")).unwrap();
        assert_eq!(quoted.get(field::DETAIL), Some(&b"table \"C\" depends on it"[..]));
    }

    #[test]
    fn a_bare_name_that_was_qualified_is_told_bare() {
        let text = "delete from t using f() s where dv_code = 1";
        let at = text.find("dv_code").unwrap();
        let edit = Edit::insert(at, "s.");
        let spliced = splice(text, vec![edit]).unwrap();
        let outcome = Outcome { text: Some(spliced.text.into()), map: spliced.map, ..Outcome::default() };
        let added = Added::default();
        let told = Told { outcome: &outcome, text, added: &added, schema: "x", reached: None };
        let error = format!("C42703\0Mcolumn s.dv_code does not exist\0P{}\0\0", at + 1);
        let fields = lead_back(&ErrorFields::parse(error.as_bytes()), &told).unwrap();
        assert_eq!(fields.get(field::MESSAGE), Some(&b"column \"dv_code\" does not exist"[..]));
        assert_eq!(fields.get(field::POSITION), Some((at + 1).to_string().as_bytes()));
    }

    #[test]
    fn an_error_behind_a_view_is_one_of_its_table() {
        let mut fields = ErrorFields::parse(
            b"C23505\0WSQL statement \"INSERT INTO esclusa_leaf.tipvalvula (dv_domain) VALUES ('X')\"\n\
              PL/pgSQL function esclusa.write_tipvalvula() line 10 at SQL statement\n\
              SQL statement \"insert into tipvalvula values (1)\"\0\0",
        );
        assert_eq!(origin::view(&fields).as_deref(), Some("tipvalvula"));
        own_context(&mut fields);
        assert_eq!(fields.get(field::WHERE), Some(&b"SQL statement \"insert into tipvalvula values (1)\""[..]));
        let quoted = ErrorFields::parse(b"Wfunction esclusa.\"write_ingresoscfdi_SAT\"() line 1\0\0");
        assert_eq!(origin::view(&quoted).as_deref(), Some("ingresoscfdi_SAT"));
        assert_eq!(origin::view(&ErrorFields::parse(b"Wfunction f() line 1\0\0")), None);
    }
}
