//! `MERGE INTO tipositver t USING s ON t.tsvid = s.id WHEN ...` becomes `MERGE INTO esclusa_leaf.tipositver t USING s ON
//! (t.dv_code)::numeric(5,0) = s.id WHEN ...`. UPDATE is as in an UPDATE.
//!
//! INSERT has no sub-select whose columns several fields could share: each field computes the typed legacy row for itself, so an
//! expression may be evaluated more than once. One that might give another value the second time is refused.
//!
//! UPDATE does the same, because PostgreSQL (15.18) has two faults here. It numbers the sub-selects of `SET (a, b) = (SELECT ...)`
//! in each action of a MERGE from one, uses that of the last action for all of them, and stores wrong values or crashes the
//! backend. And where ON can never be true, it fails on any sub-select of an UPDATE ("SubPlan found with no parent plan"), because
//! the row that INSERT adds goes into a partition that the plan does not know. So the values stand in the expressions themselves,
//! and at most one action has a sub-select, for values that may be evaluated only once.

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::update::{Assign, named_columns};
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::{Action, Merge};
use crate::sql::clause::{Cell, Update};
use crate::sql::quote::{ident, qualified};
use crate::sql::template::Sql;
use crate::sql::{Dml, Lexed, NamePart};

/// Words that may stand before a parenthesis in an expression whose value does not change within a statement: key words of
/// expressions and queries, types with a modifier, and functions that are not volatile.
const STEADY: &str = "abs acos age all and any array array_agg array_append array_cat array_dims array_fill array_length array_lower \
    array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json array_to_string \
    array_upper as ascii asin atan atan2 avg between bit bit_and bit_length bit_or bool_and bool_or bpchar btrim by \
    cardinality case cast cbrt ceil ceiling char char_length character character_length chr coalesce concat concat_ws corr \
    cos cot count covar_pop covar_samp cube cume_dist date date_bin date_part date_trunc decimal decode degrees dense_rank \
    distinct div else encode escape every except exists exp extract factorial filter first_value float floor format from \
    gcd generate_series generate_subscripts greatest group grouping having hex in initcap intersect interval is isempty \
    isfinite join json_agg json_array_elements json_array_elements_text json_array_length json_build_array \
    json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object json_object_agg \
    json_object_keys json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length \
    jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text \
    jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys jsonb_set jsonb_strip_nulls jsonb_typeof justify_days \
    justify_hours justify_interval lag last_value lateral lcm lead least left length like limit ln localtime \
    localtimestamp log lower lower_inc lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz max \
    md5 min mod mode normalize not now nth_value ntile nullif num_nonnulls num_nulls numeric octet_length offset on or \
    order over overlay percent_rank percentile_cont percentile_disc pg_typeof pi position power quote_ident quote_literal \
    quote_nullable radians range_agg rank regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace \
    regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse right rollup round row row_number \
    row_to_json rpad rtrim scale select sets sha256 sign similar sin some split_part sqrt starts_with statement_timestamp \
    stddev stddev_pop stddev_samp string_agg string_to_array string_to_table strpos substr substring sum symmetric tan \
    then time timestamp to_ascii to_char to_date to_hex to_json to_jsonb to_number to_timestamp transaction_timestamp \
    translate trim trim_array trim_scale trunc union unistr unnest upper upper_inc using values var_pop var_samp varchar \
    variance varying when where width_bucket with within";

impl Work<'_, '_> {
    pub(super) fn merge(&mut self, dml: &Dml, merge: &Merge, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        self.edits.push(Edit::replace(self.shape.references[dml.target].span, self.target(dml, entry)));
        let on = self.span_of(&merge.on);
        self.expression(on, dml, entry);
        let mut unsteady = false;
        for when in &merge.whens {
            // For NOT MATCHED only the source is visible: its names stay, and those of the target are refused.
            if let Some(condition) = when.condition.as_ref().filter(|_| !when.matched) {
                self.out_of_sight(self.span_of(condition), dml, relation);
            }
            if let Some(condition) = when.condition.as_ref().filter(|_| when.matched) {
                self.expression(self.span_of(condition), dml, entry);
            }
            match &when.action {
                Action::Update(update) => {
                    let how = self.merged_assign(relation, update, &mut unsteady)?;
                    self.set_clause(dml, update, entry, how)?;
                }
                Action::Insert { lexemes, columns, cells } => {
                    for cell in cells.iter().flatten() {
                        self.out_of_sight(self.span_of(&cell.lexemes), dml, relation);
                    }
                    let given = given(relation, columns.as_deref(), cells.as_deref())?;
                    self.check_width(&given, columns.as_deref(), cells.as_deref())?;
                    let row = self.merged_row(relation, &given, cells.as_deref())?;
                    self.edits.push(Edit::replace(self.span_of(lexemes), row));
                }
                Action::Bare => {}
            }
        }
        self.notes.push(format!("{}: merges into {} rows of {}", relation.table, relation.kind, relation.rows()));
        Ok(())
    }

    /// How an UPDATE assigns. `unsteady`: an earlier action already has the one sub-select for values that may be evaluated only
    /// once.
    fn merged_assign(&self, relation: &Relation, update: &Update, unsteady: &mut bool) -> Result<Assign, Refusal> {
        if is_steady(self.lexed, update.set.start + 1..update.set.end) {
            return Ok(Assign::Apart);
        }
        if std::mem::replace(unsteady, true) {
            let at = self.span_of(&update.set).start;
            return Err(Refusal::form(relation, "a function that may be volatile in two UPDATEs of a MERGE into", at));
        }
        Ok(Assign::Together)
    }

    /// PostgreSQL's errors for too many and too few values (source, analyze.c).
    pub(super) fn check_width(
        &self,
        given: &[usize],
        columns: Option<&[NamePart]>,
        cells: Option<&[Cell]>,
    ) -> Result<(), Refusal> {
        let Some(cells) = cells else { return Ok(()) };
        if let Some(extra) = cells.get(given.len()) {
            let message = "INSERT has more expressions than target columns".to_owned();
            return Err(Refusal::legacy("42601", message, Some(self.span_of(&extra.lexemes).start)));
        }
        match columns.and_then(|c| c.get(cells.len())) {
            Some(part) => {
                let message = "INSERT has more target columns than expressions".to_owned();
                Err(Refusal::legacy("42601", message, Some(part.span.start)))
            }
            None => Ok(()),
        }
    }

    /// `(fields) VALUES (...)`: each field that depends on legacy columns is a sub-select over the typed row.
    fn merged_row(&self, relation: &Relation, given: &[usize], cells: Option<&[Cell]>) -> Result<Sql, Refusal> {
        let mut row = Vec::with_capacity(relation.columns.len());
        for (i, column) in relation.columns.iter().enumerate() {
            let cell = given.iter().position(|g| *g == i).and_then(|k| cells?.get(k)).filter(|c| !c.default);
            let steady = match cell {
                Some(cell) => is_steady(self.lexed, cell.lexemes.clone()),
                None => {
                    let default = column.default.as_deref().unwrap_or("NULL");
                    Lexed::new(default).is_ok_and(|l| is_steady(&l, 0..l.lexemes.len()))
                }
            };
            if !steady {
                let (what, lexemes) = match cell {
                    Some(cell) => ("a function that may be volatile in MERGE ... INSERT of", &cell.lexemes),
                    None => ("a default that may be volatile in MERGE ... INSERT of", &self.lexemes),
                };
                return Err(Refusal::form(relation, what, self.span_of(lexemes).start));
            }
            let value = cell.map_or_else(|| relation.default(i), |cell| self.assignment(relation, i, &cell.lexemes));
            row.push(value);
        }
        let row = Sql::join(row, ", ");
        let names = relation.columns.iter().map(|c| ident(&c.name)).collect::<Vec<_>>().join(", ");
        let all: Vec<usize> = (0..relation.columns.len()).collect();
        let mut written = relation.insert();
        relation.check_first(&mut written, &all);
        let new = |i: usize| Sql::text(qualified("r", &relation.columns[i].name));
        let value = |value: &Sql| match value.columns().is_empty() {
            true => value.clone(),
            false => sql!("(SELECT {} FROM (VALUES ({})) AS r({}))", value.fill(new), &row, names.as_str()),
        };
        let fields: Vec<&str> = written.iter().map(|(field, _)| *field).collect();
        Ok(sql!("({}) VALUES ({})", fields.join(", "), Sql::join(written.iter().map(|(_, v)| value(v)), ", ")))
    }
}

/// The columns that values are given for: those named, or the first ones.
fn given(relation: &Relation, columns: Option<&[NamePart]>, cells: Option<&[Cell]>) -> Result<Vec<usize>, Refusal> {
    match columns {
        Some(named) => named_columns(relation, named),
        None => Ok((0..cells.map_or(0, <[Cell]>::len).min(relation.columns.len())).collect()),
    }
}

/// Whether every word that may be called is known to give the same value each time. Behind AS or the parenthesis of a FROM item stands its
/// alias, with a list of columns: `generate_series(1, 3) AS g(n)`; behind that of DISTINCT ON, an expression.
fn is_steady(lexed: &Lexed<'_>, lexemes: std::ops::Range<usize>) -> bool {
    let is_item = |close: usize| {
        let last = close.checked_sub(1).filter(|_| lexed.lexemes[close].is_token(&Token::RParen));
        let opens = |at: usize| lexed.lexemes[at].is_token(&Token::LParen);
        let open = last.and_then(|last| if opens(last) { Some(last) } else { lexed.opening(last) });
        open.and_then(|open| open.checked_sub(1)).is_some_and(|before| !lexed.lexemes[before].is("ON"))
    };
    let is_alias = |i: usize| i > lexemes.start && (lexed.lexemes[i - 1].is("AS") || is_item(i - 1));
    let call = |i: &usize| lexemes.contains(&(i + 1)) && lexed.lexemes[i + 1].is_token(&Token::LParen) && !is_alias(*i);
    let name = |i: usize| lexed.lexemes[i].name();
    lexemes.clone().filter(call).filter_map(name).all(|n| STEADY.split(' ').any(|w| w == n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_evaluated_twice() {
        let steady = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            is_steady(&lexed, 0..lexed.lexemes.len())
        };
        assert!(steady("coalesce(upper(s.a), 'x') || (select max(b) from c where d in (1, 2))::varchar(3)"));
        assert!(steady("(select min(g.n) from generate_series(1, 3) as g(n))"));
        assert!(steady("(select rank() over (order by x.a) from (values (1)) x(a) limit 1)"));
        assert!(!steady("(select f(x) from generate_series(1, 3) as g(n))") && !steady("1 in (2) and f(1)"));
        assert!(!steady("(select distinct on (x.a) f(x.b) from (values (1, 2)) x(a, b))"));
        assert!(steady("CURRENT_TIMESTAMP") && steady("'S'::bpchar"));
        assert!(!steady("nextval('s')") && !steady("s.a + random()") && !steady("public.f(1)"));
    }
}
