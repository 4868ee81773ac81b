//! Redundant conditions that let the indexes of the new tables work: what the client demands of legacy columns implies something
//! about `al_record_key`, `dv_code` or `al_changed_at`, and that is added beside it. The client's own condition stays and decides,
//! so a result cannot change, only a plan. One exception: a number key equal to plain digits, in a query of this one table, is said
//! by the index condition alone; saying it twice is a good part of the time that a look-up takes to plan.
//!
//! A condition narrows an item when every row of it that is seen must meet it: a conjunct of WHERE (a strict comparison also throws
//! out the rows that an outer join fills with NULLs), or of the ON of a join that does not keep the item's side. A column of an item
//! further left may be named through LATERAL, one of an outer query always.

use super::keep::{self, Parameter};
use super::resolve::Owner;
use super::splice::Piece;
use super::{Entry, Work};
use crate::relation::Relation;
use crate::relation::access::{self, Access, TimeAccess};
use crate::relation::value::{Comparable, SqlType};
use crate::sql::condition::{Comparator, Condition, Literal, Operand, Scalar};
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::{Item, Name, NameUse, Role, ScopeId, Span, UsePlace};

/// More keys than this are not spelled out.
const MOST_KEYS: usize = 1000;

/// An SQL expression: text of ours with the client's literals and parameters in it.
pub(super) type Expression = Vec<Piece>;

/// What is added to a reference.
#[derive(Debug, Default)]
pub(super) struct Pushed {
    /// Conditions, each behind its own AND.
    pub pieces: Vec<Piece>,
    /// Whether one of them names an item further left.
    pub lateral: bool,
    /// The keys of which a history's rows must have one, if they are given.
    pub keys: Vec<Expression>,
    /// Conditions of the client's that say nothing beyond these any more.
    pub said: Vec<Span>,
}

/// Where the conditions are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'p> {
    /// Into the sub-select in FROM.
    Sub,
    /// Beside the WHERE of the statement that writes the row of this name.
    Row(&'p str),
}

impl Work<'_, '_> {
    /// What the statement's conditions imply about a reference's row of the new table.
    pub(super) fn pushed(&mut self, reference: usize, entry: &Entry, place: Place<'_>) -> Pushed {
        let at = &self.shape.references[reference];
        let item = self.shape.scopes[at.scope].items.iter().position(|i| i.reference == Some(reference));
        let renamed = at.alias.as_ref().is_some_and(|a| !a.columns.is_empty());
        let Some(item) = item.filter(|_| self.policy.pushdown && !renamed && at.sample.is_none()) else {
            return Pushed::default();
        };
        let (relation, scope) = (&*entry.relation, at.scope);
        let mut narrowing =
            Narrowing { work: self, relation, reference, scope, item, place, lateral: false, text_keys: Vec::new() };
        let conjuncts = narrowing.conjuncts();
        let dot = if let Place::Row(row) = place { format!("{}.", ident(row)) } else { String::new() };
        let mut out = Pushed::default();
        let mut notes = Vec::new();
        for access in &entry.relation.accesses {
            let mut used = Vec::new();
            let found = narrowing.key(access, &conjuncts, &mut used);
            notes.push(narrowing.note(access, found.as_ref()));
            if let Some(found) = found {
                out.said.extend(used.into_iter().filter_map(|c| narrowing.said(c)));
                if let Keys::Whole(keys) = &found
                    && access.column == "al_record_key"
                {
                    out.keys.clone_from(keys);
                }
                out.pieces.push(Piece::Text(" AND ".into()));
                out.pieces.extend(found.condition(&format!("{dot}{}", access.column)));
            }
        }
        if let Some(time) = entry.relation.time.as_ref().filter(|_| !self.is_written_through()) {
            let found = narrowing.time(time, &conjuncts, &dot);
            let stamp = &entry.relation.columns[time.legacy].name;
            if !found.is_empty() {
                notes.push(format!("{}: a range of {stamp} bounds {}", entry.relation.table, time.column));
            }
            out.pieces.extend(found);
        }
        out.lateral = narrowing.lateral;
        let text_keys = narrowing.text_keys;
        self.text_keys.extend(text_keys);
        self.notes.append(&mut notes);
        out
    }
}

/// Keys that a row must have one of.
enum Keys {
    /// One of these, whole.
    Whole(Vec<Expression>),
    /// One that begins as one of these does: from the first of a pair up to the second.
    Leading(Vec<(Expression, Expression)>),
    /// One of an array's.
    Array(Expression),
}

impl Keys {
    fn condition(self, column: &str) -> Expression {
        let text = |t: String| Piece::Text(t);
        match self {
            Keys::Array(array) => [vec![text(format!("{column} = ANY ("))], array, vec![text(")".into())]].concat(),
            Keys::Whole(mut keys) if keys.len() == 1 => [vec![text(format!("{column} = "))], keys.swap_remove(0)].concat(),
            Keys::Whole(keys) => {
                let list = join(keys, ", ");
                [vec![text(format!("{column} IN ("))], list, vec![text(")".into())]].concat()
            }
            Keys::Leading(ranges) => {
                let range = |(from, to): (Expression, Expression)| {
                    [vec![text(format!("{column} >= "))], from, vec![text(format!(" AND {column} < "))], to].concat()
                };
                let any = join(ranges.into_iter().map(range).collect(), " OR ");
                [vec![text("(".into())], any, vec![text(")".into())]].concat()
            }
        }
    }
}

/// The conditions on one reference, on their way to the new table.
struct Narrowing<'n, 'w, 't> {
    work: &'n Work<'w, 't>,
    relation: &'n Relation,
    reference: usize,
    scope: ScopeId,
    /// The reference's place among the items of its scope.
    item: usize,
    place: Place<'n>,
    lateral: bool,
    /// Strings that keys are made of.
    text_keys: Vec<Parameter>,
}

impl<'n, 'w: 'n, 't> Narrowing<'n, 'w, 't> {
    /// The conjuncts that every visible row of the reference must meet.
    fn conjuncts(&self) -> Vec<&'n Condition> {
        let narrows = |r: &&crate::sql::condition::Restriction| r.scope == self.scope && r.items.contains(&self.item);
        let mut out = Vec::new();
        for restriction in self.work.shape.restrictions.iter().filter(narrows) {
            flatten(&restriction.condition, &mut out);
        }
        out
    }

    /// The keys that the conjuncts leave, and the conjuncts that a whole key was made of, one for each column.
    fn key<'c>(&mut self, access: &Access, conjuncts: &[&'c Condition], used: &mut Vec<&'c Condition>) -> Option<Keys> {
        let mut bound: Vec<Option<(Vec<Expression>, &Condition)>> = vec![None; access.legacy.len()];
        for condition in conjuncts {
            for (place, &column) in access.legacy.iter().enumerate() {
                if let Some(values) = self.values(access, condition, column)
                    && bound[place].as_ref().is_none_or(|(b, _)| b.len() > values.len())
                {
                    bound[place] = Some((values, condition));
                }
            }
        }
        let (leading, conditions): (Vec<Vec<Expression>>, Vec<_>) = bound.into_iter().map_while(|b| b).unzip();
        if leading.len() == access.legacy.len() {
            used.extend(conditions);
            return product(&leading)
                .map(|rows| Keys::Whole(rows.into_iter().map(|r| fill(&access::whole(&marks(&r)), &r)).collect()));
        }
        if let Some(keys) = conjuncts.iter().find_map(|c| self.rows(access, c)) {
            return Some(Keys::Whole(keys));
        }
        if let ([column], Some(array)) = (access.legacy.as_slice(), conjuncts.iter().find_map(|c| self.array(access, c))) {
            debug_assert!(self.relation.columns.len() > *column);
            return Some(Keys::Array(array));
        }
        if leading.is_empty() {
            return None;
        }
        let range = |row: Vec<Expression>| {
            let (from, to) = access::leading(&marks(&row));
            (fill(&from, &row), fill(&to, &row))
        };
        product(&leading).map(|rows| Keys::Leading(rows.into_iter().map(range).collect()))
    }

    /// `(a, b) IN ((1, 2), (3, 4))`, `a = 1 AND b = 2 OR a = 3 AND b = 4`: each branch binds the whole key.
    fn rows(&mut self, access: &Access, condition: &Condition) -> Option<Vec<Expression>> {
        let Condition::Any(branches) = condition else { return None };
        let mut out = Vec::new();
        for branch in branches {
            let mut conjuncts = Vec::new();
            flatten(branch, &mut conjuncts);
            match self.key(access, &conjuncts, &mut Vec::new())? {
                Keys::Whole(keys) if out.len() + keys.len() <= MOST_KEYS => out.extend(keys),
                _ => return None,
            }
        }
        Some(out)
    }

    /// Where a condition stands that the keys made of it say whole: `column = 1`, `column IN (1, 2)`, in digits whose key text is known.
    /// Beside a join it also decides about rows that the join has filled with NULLs, and for a row that is written again about its newer
    /// version.
    fn said(&self, condition: &Condition) -> Option<Span> {
        if self.place != Place::Sub || self.work.shape.scopes[self.scope].items.len() != 1 {
            return None;
        }
        let equal = |condition: &Condition| match condition {
            Condition::Compare {
                left: Operand::Name(name),
                comparator: Comparator::Equal,
                right: Operand::Scalar(Scalar::Literal(value, Literal::Number)),
            } if name.0.len() <= 2 && is_digits(self.work.text(*value)) => Some((name.span(), *value)),
            _ => None,
        };
        let between = |from: Span, to: Span| self.work.text(Span { start: from.end, end: to.start }).trim();
        match condition {
            Condition::Any(branches) => {
                let values: Vec<(Span, Span)> = branches.iter().map(equal).collect::<Option<_>>()?;
                let ((name, first), (_, last)) = (*values.first()?, *values.last()?);
                let opened = between(name, first).strip_suffix('(').is_some_and(|w| w.trim_end().eq_ignore_ascii_case("in"));
                let listed = values.windows(2).all(|v| v[0].0 == v[1].0 && between(v[0].1, v[1].1) == ",");
                let rest = self.work.text(Span { start: last.end, end: self.work.lexed.text.len() });
                let close = rest.len() - rest.trim_start().len();
                let closed = rest[close..].starts_with(')');
                (opened && listed && closed).then(|| Span { start: name.start, end: last.end + close + 1 })
            }
            single => equal(single).filter(|(name, value)| between(*name, *value) == "=").map(|(name, value)| name.to(value)),
        }
    }

    /// The values that a condition leaves a column: `column = value`, `column IN (values)`.
    fn values(&mut self, access: &Access, condition: &Condition, column: usize) -> Option<Vec<Expression>> {
        match condition {
            Condition::Compare { left, comparator: Comparator::Equal, right } => {
                let other = self.against(left, right, column)?;
                Some(vec![self.key_text(access, other, column)?])
            }
            Condition::Any(branches) if branches.len() <= MOST_KEYS => {
                let mut out = Vec::with_capacity(branches.len());
                for branch in branches {
                    out.extend(self.values(access, branch, column)?);
                }
                Some(out)
            }
            _ => None,
        }
    }

    /// `column = ANY (array)`.
    fn array(&mut self, access: &Access, condition: &Condition) -> Option<Expression> {
        let Condition::Compare { left, comparator: Comparator::EqualAny, right: Operand::Scalar(array) } = condition else {
            return None;
        };
        let column = access.legacy[0];
        let sql_type = &self.relation.columns[column].sql_type;
        if !self.is_column(left, column) || sql_type.comparable().is_none() {
            return None;
        }
        let (Scalar::Parameter(span) | Scalar::Literal(span, Literal::Text)) = array else { return None };
        // Numbers of any size, strings of any length: the same element type that PostgreSQL gives the parameter.
        let element = sql_type.compared("\u{1}");
        let element = element.strip_prefix("(\u{1})::")?;
        let text = (access.text)(sql_type, "v");
        Some(vec![
            Piece::Text(format!("ARRAY(SELECT {text} FROM unnest((")),
            Piece::Copy(*span),
            Piece::Text(format!(")::{element}[]) AS v)")),
        ])
    }

    /// The side of a comparison that a column of the reference is compared with.
    fn against<'o>(&self, left: &'o Operand, right: &'o Operand, column: usize) -> Option<&'o Operand> {
        match (self.is_column(left, column), self.is_column(right, column)) {
            (true, false) => Some(right),
            (false, true) => Some(left),
            _ => None,
        }
    }

    fn is_column(&self, operand: &Operand, column: usize) -> bool {
        let name = &self.relation.columns[column].name;
        match operand {
            Operand::Name(written) => {
                written.last() == name
                    && matches!(self.owner(written), Owner::Column { reference, .. } if reference == self.reference)
            }
            Operand::Member { name: member, items } => member == name && self.member(member, items) == Some(self.item),
            _ => false,
        }
    }

    fn owner(&self, name: &Name) -> Owner {
        let span = name.span();
        self.work.owner(&NameUse { name: name.clone(), span, place: UsePlace::Expression, scope: self.scope })
    }

    /// The only item of a join's side that has a column; `None` where that is not certain.
    fn member(&self, name: &str, items: &std::ops::Range<usize>) -> Option<usize> {
        let mut found = None;
        for index in items.clone() {
            match self.work.has_column(&self.work.shape.scopes[self.scope].items[index], name) {
                Some(false) => {}
                Some(true) if found.is_none() => found = Some(index),
                _ => return None,
            }
        }
        found
    }

    /// Key text of the other side of a comparison.
    fn key_text(&mut self, access: &Access, operand: &Operand, column: usize) -> Option<Expression> {
        let sql_type = &self.relation.columns[column].sql_type;
        self.text_keys.extend(keep::text_key(self.work.lexed.text, operand, sql_type));
        // The text of a plain number is known here.
        if let Operand::Scalar(Scalar::Literal(span, Literal::Number)) = operand
            && sql_type.comparable() == Some(Comparable::Number)
            && let digits = self.work.text(*span)
            && is_digits(digits)
        {
            let digits = digits.trim_start_matches('0');
            return Some(vec![Piece::Text(literal(if digits.is_empty() { "0" } else { digits }))]);
        }
        let value = self.value(operand, column)?;
        Some(fill(&(access.text)(sql_type, "\u{1}0\u{1}"), &[value]))
    }

    /// The other side of a comparison, as a value that key text can be made of.
    fn value(&mut self, operand: &Operand, column: usize) -> Option<Expression> {
        let sql_type = &self.relation.columns[column].sql_type;
        let kind = sql_type.comparable()?;
        match operand {
            Operand::Scalar(Scalar::Listed(span)) => Some(fill(&sql_type.listed("\u{1}0\u{1}")?, &[vec![Piece::Copy(*span)]])),
            Operand::Scalar(scalar) => {
                let inner = plain(scalar, kind)?;
                Some(fill(&sql_type.compared("\u{1}0\u{1}"), &[inner]))
            }
            Operand::Name(name) => {
                let Owner::Column { reference, column } = self.owner(name) else { return None };
                self.column(reference, &column, kind)
            }
            Operand::Member { name, items } => {
                let index = self.member(name, items)?;
                let reference = self.work.shape.scopes[self.scope].items[index].reference?;
                self.column(reference, name, kind)
            }
            Operand::Other => None,
        }
    }

    /// A column of another item, if it can be named at the place where the condition goes.
    fn column(&mut self, reference: usize, column: &str, kind: Comparable) -> Option<Expression> {
        let other = &self.work.shape.references[reference];
        let own = self.scope == other.scope;
        let items = &self.work.shape.scopes[other.scope].items;
        let place = items.iter().position(|i| i.reference == Some(reference))?;
        let item: &Item = &items[place];
        if other.role != Role::Read || self.column_type(reference, column)?.comparable() != Some(kind) {
            return None;
        }
        let text = format!("{}{}", qualified(&item.name, column), if kind == Comparable::Text { " COLLATE \"C\"" } else { "" });
        match self.place {
            // The new table hides an item of its name; a sub-select in between may hide the other query's item.
            Place::Sub if item.name == self.relation.target => return None,
            Place::Row(_) if own => {}
            Place::Row(_) => return None,
            Place::Sub if own => {
                let seen = place < self.item && !self.work.shape.scopes[self.scope].items[self.item].walled;
                if !seen {
                    return None;
                }
                self.lateral = true;
            }
            Place::Sub => {
                let inner = &self.work.shape.scopes[self.scope];
                if inner.exists || inner.items.iter().any(|i| i.name == item.name) {
                    return None;
                }
            }
        }
        Some(vec![Piece::Text(text)])
    }

    /// The type of a column of any table that the catalog or a rule knows.
    fn column_type(&self, reference: usize, column: &str) -> Option<SqlType> {
        match self.work.entries[reference] {
            Some(entry) => entry.relation.position(column).map(|i| entry.relation.columns[i].sql_type.clone()),
            None => self.work.catalog_column(reference, column).map(SqlType::new),
        }
    }

    /// The range of the time column that ranges of the stamp leave.
    fn time(&self, time: &TimeAccess, conjuncts: &[&Condition], dot: &str) -> Expression {
        let sql_type = &self.relation.columns[time.legacy].sql_type;
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for condition in conjuncts {
            let Condition::Compare { left, comparator, right } = condition else { continue };
            let (other, comparator) = match self.against(left, right, time.legacy) {
                Some(other) if self.is_column(left, time.legacy) => (other, *comparator),
                Some(other) => (other, comparator.mirrored()),
                None => continue,
            };
            let Operand::Scalar(scalar) = other else { continue };
            let Some(mut value) = moment(scalar) else { continue };
            // Dates reach further than stamps, and behind the horizon all are alike.
            if matches!(scalar, Scalar::Cast(_, name) if name == "date") {
                value = fill(&format!("least(\u{1}0\u{1}, date '{}-01')", time.horizon), &[value]);
            }
            let typed = format!("(\u{1}0\u{1})::{}", sql_type.name);
            if matches!(comparator, Comparator::AtLeast | Comparator::Equal) {
                from.push(fill(&time.least(&typed, sql_type), std::slice::from_ref(&value)));
            }
            if matches!(comparator, Comparator::AtMost | Comparator::Equal) {
                to.push(fill(&time.greatest(&typed, sql_type), &[value]));
            }
        }
        let column = format!("{dot}{}", time.column);
        let side = |operator: &str, bounds: Vec<Expression>| {
            let one = |b: Expression| [vec![Piece::Text(format!("{column} {operator} "))], b].concat();
            bounds.into_iter().map(one).collect::<Vec<_>>()
        };
        let ranges = [side(">=", from), side("<=", to)].concat();
        if ranges.is_empty() {
            return Vec::new();
        }
        let beginning = format!(" OR {column} = '-infinity')");
        [vec![Piece::Text(" AND (".into())], join(ranges, " AND "), vec![Piece::Text(beginning)]].concat()
    }

    fn note(&self, access: &Access, found: Option<&Keys>) -> String {
        let columns: Vec<&str> = access.legacy.iter().map(|&i| self.relation.columns[i].name.as_str()).collect();
        let (table, key) = (&self.relation.table, columns.join(", "));
        match found {
            Some(Keys::Whole(keys)) => format!("{table}: ({key}) bound, {} of {}", count(keys.len(), "value"), access.column),
            Some(Keys::Leading(_)) => format!("{table}: ({key}) bound from the left, a range of {}", access.column),
            Some(Keys::Array(_)) => format!("{table}: ({key}) bound by an array, values of {}", access.column),
            None => format!("{table}: ({key}) not bound by a value that {} can be searched for", access.column),
        }
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn flatten<'c>(condition: &'c Condition, out: &mut Vec<&'c Condition>) {
    match condition {
        Condition::All(all) => all.iter().for_each(|c| flatten(c, out)),
        Condition::Any(any) if any.len() == 1 => flatten(&any[0], out),
        other => out.push(other),
    }
}

/// A literal or a parameter that a key's column is compared with, with the casts round it that keep its kind.
fn plain(scalar: &Scalar, kind: Comparable) -> Option<Expression> {
    let is = |name: &str, list: &[&str]| list.contains(&name.split('(').next().unwrap_or(name).trim_end());
    match scalar {
        Scalar::Literal(_, Literal::Number) if kind == Comparable::Text => None,
        Scalar::Literal(span, Literal::Number | Literal::Text | Literal::Listed) | Scalar::Parameter(span) => {
            Some(vec![Piece::Copy(*span)])
        }
        Scalar::Negative(inner) if kind == Comparable::Number && !matches!(**inner, Scalar::Parameter(_)) => {
            Some([vec![Piece::Text("-(".into())], plain(inner, kind)?, vec![Piece::Text(")".into())]].concat())
        }
        Scalar::Cast(inner, name) => {
            let kept = match kind {
                Comparable::Number => {
                    ["numeric", "decimal", "int", "integer", "bigint", "smallint", "int2", "int4", "int8"].as_slice()
                }
                Comparable::Text => &["text", "varchar", "character varying"],
            };
            if !is(name, kept) {
                return None;
            }
            Some([vec![Piece::Text("(".into())], plain(inner, kind)?, vec![Piece::Text(format!(")::{name}"))]].concat())
        }
        _ => None,
    }
}

/// A value that a stamp is compared with.
fn moment(scalar: &Scalar) -> Option<Expression> {
    match scalar {
        Scalar::Literal(span, Literal::Text | Literal::Listed) | Scalar::Parameter(span) => Some(vec![Piece::Copy(*span)]),
        Scalar::Cast(inner, name) if name == "date" || name.starts_with("timestamp") => {
            Some([vec![Piece::Text("(".into())], moment(inner)?, vec![Piece::Text(format!(")::{name}"))]].concat())
        }
        Scalar::Clock(..) => clock(scalar),
        Scalar::Sum(left, sign, right) if matches!(**left, Scalar::Clock(..) | Scalar::Cast(..) | Scalar::Sum(..)) => {
            Some([moment(left)?, vec![Piece::Text(format!(" {sign} "))], clock(right)?].concat())
        }
        _ => None,
    }
}

/// What may stand behind a sign or in a function's parentheses: an interval, a number of days, a moment.
fn clock(scalar: &Scalar) -> Option<Expression> {
    match scalar {
        Scalar::Literal(span, _) => Some(vec![Piece::Copy(*span)]),
        Scalar::Cast(inner, name) if matches!(name.as_str(), "interval" | "int" | "integer" | "int4") => {
            let value = if let Scalar::Parameter(span) = **inner { vec![Piece::Copy(span)] } else { clock(inner)? };
            Some([vec![Piece::Text("(".into())], value, vec![Piece::Text(format!(")::{name}"))]].concat())
        }
        Scalar::Clock(name, arguments) => {
            let Some(name) = name.strip_suffix("()") else { return Some(vec![Piece::Text(name.clone())]) };
            let arguments = arguments.iter().map(clock).collect::<Option<Vec<_>>>()?;
            Some([vec![Piece::Text(format!("{name}("))], join(arguments, ", "), vec![Piece::Text(")".into())]].concat())
        }
        Scalar::Sum(..) => moment(scalar),
        _ => None,
    }
}

/// Every way to take one of each; `None` if there are too many.
fn product(sets: &[Vec<Expression>]) -> Option<Vec<Vec<Expression>>> {
    let size = sets.iter().try_fold(1usize, |n, s| n.checked_mul(s.len())).filter(|n| *n <= MOST_KEYS)?;
    let mut rows: Vec<Vec<Expression>> = vec![Vec::new()];
    for set in sets {
        rows = rows.iter().flat_map(|row| set.iter().map(|v| [row.clone(), vec![v.clone()]].concat())).collect();
    }
    debug_assert_eq!(rows.len(), size);
    Some(rows)
}

/// A mark for each expression, for text that is made round them.
fn marks(expressions: &[Expression]) -> Vec<String> {
    (0..expressions.len()).map(|i| format!("\u{1}{i}\u{1}")).collect()
}

/// Text with marks in it, and the expressions put in their place.
fn fill(text: &str, expressions: &[Expression]) -> Expression {
    let mut out = Vec::new();
    for (i, part) in text.split('\u{1}').enumerate() {
        match part.parse::<usize>() {
            Ok(n) if i % 2 == 1 => out.extend(expressions[n].iter().cloned()),
            _ if part.is_empty() => {}
            _ => out.push(Piece::Text(part.to_owned())),
        }
    }
    out
}

/// With the same text between each two.
pub(super) fn join(expressions: Vec<Expression>, between: &str) -> Expression {
    let mut out = Vec::new();
    for (i, expression) in expressions.into_iter().enumerate() {
        if i > 0 {
            out.push(Piece::Text(between.to_owned()));
        }
        out.extend(expression);
    }
    out
}
