//! The parts of INSERT, UPDATE, DELETE and MERGE, as ranges of lexemes.
//!
//! The parser's spans of whole expressions are not reliable; the tokens are. At the statement's own depth the words SET, FROM,
//! USING, WHERE, VALUES, RETURNING and ON CONFLICT can only begin clauses: in an expression they occur only inside parentheses,
//! except in IS DISTINCT FROM.

mod merge;

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::name::NamePart;
use super::token::Lexed;

/// Which statement writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DmlKind {
    /// INSERT
    Insert,
    /// UPDATE
    Update,
    /// DELETE
    Delete,
    /// MERGE
    Merge,
}

/// The parts of a writing statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clauses {
    /// INSERT
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE
    Delete(Delete),
    /// MERGE
    Merge(Merge),
}

impl Clauses {
    /// The RETURNING clause, if there is one.
    pub fn returning(&self) -> Option<&Returning> {
        match self {
            Clauses::Insert(x) => x.returning.as_ref(),
            Clauses::Update(x) => x.returning.as_ref(),
            Clauses::Delete(x) => x.returning.as_ref(),
            Clauses::Merge(_) => None,
        }
    }
}

/// The parts of an INSERT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// `(a, b)` after the table's name, with the parentheses.
    pub columns: Option<(Range<usize>, Vec<NamePart>)>,
    /// The list has more than a bare name: a subscript or a field.
    pub indirect: bool,
    /// OVERRIDING ... VALUE.
    pub overriding: Option<Range<usize>>,
    /// Where the rows come from.
    pub source: Source,
    /// ON CONFLICT.
    pub on_conflict: Option<Box<OnConflict>>,
    /// RETURNING.
    pub returning: Option<Returning>,
}

/// An ON CONFLICT clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnConflict {
    /// From ON to its end.
    pub lexemes: Range<usize>,
    /// How it names the constraint.
    pub arbiter: Arbiter,
    /// DO UPDATE; without it DO NOTHING.
    pub update: Option<Update>,
}

/// The constraint that an ON CONFLICT clause names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arbiter {
    /// It names none: any constraint will do.
    Any,
    /// `(a, b)`, and the WHERE of a partial index.
    Columns {
        /// The columns; `None` where an element is more than a bare column.
        columns: Option<Vec<NamePart>>,
        /// The parentheses and what is in them.
        lexemes: Range<usize>,
        /// The predicate, without WHERE.
        predicate: Option<Range<usize>>,
    },
    /// ON CONSTRAINT with its name.
    Constraint {
        /// The name.
        name: NamePart,
        /// From ON to the name.
        lexemes: Range<usize>,
    },
}

/// Where an INSERT's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// VALUES with its rows.
    Values {
        /// From VALUES to the last row.
        lexemes: Range<usize>,
        /// The cells of every row.
        rows: Vec<Vec<Cell>>,
    },
    /// A query.
    Query(Range<usize>),
    /// DEFAULT VALUES.
    Defaults(Range<usize>),
}

impl Source {
    /// All of it.
    pub fn lexemes(&self) -> &Range<usize> {
        match self {
            Source::Values { lexemes, .. } | Source::Query(lexemes) | Source::Defaults(lexemes) => lexemes,
        }
    }
}

/// One value of a VALUES row, or of a row on the right of SET (...) = (...).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The expression.
    pub lexemes: Range<usize>,
    /// It is the word DEFAULT.
    pub default: bool,
}

/// The parts of an UPDATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// From SET to the last assignment.
    pub set: Range<usize>,
    /// The assignments.
    pub assignments: Vec<Assignment>,
    /// From FROM to its end.
    pub from: Option<Range<usize>>,
    /// The condition, without WHERE.
    pub condition: Option<Range<usize>>,
    /// RETURNING.
    pub returning: Option<Returning>,
}

/// `a = expression`, or `(a, b) = ...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The columns assigned.
    pub targets: Vec<NamePart>,
    /// A target is more than a bare name: it has a subscript or a field.
    pub indirect: bool,
    /// What is assigned.
    pub value: AssignedValue,
}

/// The right side of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignedValue {
    /// One expression for one column.
    One(Cell),
    /// A row of expressions for a list of columns.
    Row(Vec<Cell>),
    /// A sub-select for a list of columns, with its parentheses.
    Query(Range<usize>),
    /// Anything else for a list of columns: PostgreSQL refuses it.
    Other(Range<usize>),
}

/// The parts of a DELETE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// From USING to its end.
    pub using: Option<Range<usize>>,
    /// The condition, without WHERE.
    pub condition: Option<Range<usize>>,
    /// RETURNING.
    pub returning: Option<Returning>,
}

/// A RETURNING clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    /// From RETURNING to the end.
    pub lexemes: Range<usize>,
    /// The items between commas; an alias is part of its item.
    pub items: Vec<Range<usize>>,
}

/// The parts of a MERGE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The source, without USING.
    pub source: Range<usize>,
    /// The condition of ON.
    pub on: Range<usize>,
    /// The WHEN clauses.
    pub whens: Vec<When>,
}

/// `WHEN [NOT] MATCHED [AND condition] THEN action`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// MATCHED: there is a row of the target.
    pub matched: bool,
    /// The condition, without AND.
    pub condition: Option<Range<usize>>,
    /// What it does.
    pub action: Action,
}

/// The action of a WHEN clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// UPDATE SET ...
    Update(Update),
    /// INSERT ...
    Insert {
        /// Everything after INSERT.
        lexemes: Range<usize>,
        /// The columns, if they are listed.
        columns: Option<Vec<NamePart>>,
        /// The values; `None` for DEFAULT VALUES.
        cells: Option<Vec<Cell>>,
    },
    /// DELETE or DO NOTHING.
    Bare,
}

/// Finds the parts. `target_end` is the lexeme after the target's name and alias.
pub fn clauses(lexed: &Lexed<'_>, kind: DmlKind, range: &Range<usize>, target_end: usize) -> Option<Clauses> {
    lexed.lexemes.get(range.start)?;
    let cursor = Cursor::new(lexed, range);
    match kind {
        DmlKind::Insert => cursor.insert(target_end).map(Clauses::Insert),
        DmlKind::Update => cursor.update(target_end).map(Clauses::Update),
        DmlKind::Delete => Some(Clauses::Delete(cursor.delete(target_end))),
        DmlKind::Merge => cursor.merge(target_end).map(Clauses::Merge),
    }
}

impl Cursor<'_, '_> {
    fn cells(&self, open: usize) -> Option<(Vec<Cell>, usize)> {
        let close = self.closing(open)?;
        let cells = self.split(open + 1..close, self.lexed.lexemes[open].depth + 1);
        Some((cells.into_iter().map(|lexemes| self.cell(lexemes)).collect(), close + 1))
    }

    fn cell(&self, lexemes: Range<usize>) -> Cell {
        let mut inner = lexemes.clone();
        while inner.len() > 2 && self.is_token(inner.start, &Token::LParen) && self.is_token(inner.end - 1, &Token::RParen) {
            inner = inner.start + 1..inner.end - 1;
        }
        let default = inner.len() == 1 && self.is(inner.start, "DEFAULT");
        Cell { lexemes, default }
    }

    fn returning(&self, from: usize) -> (usize, Option<Returning>) {
        let start = self.find(from, |i| self.is(i, "RETURNING"));
        if start == self.end {
            return (start, None);
        }
        let items = self.split(start + 1..self.end, self.depth);
        (start, Some(Returning { lexemes: start..self.end, items }))
    }

    /// The columns of a list, and whether one of them has a subscript or a field.
    fn parts(&self, range: Range<usize>) -> Option<(Vec<NamePart>, bool)> {
        let depth = self.lexed.lexemes.get(range.start)?.depth;
        let items = self.split(range, depth);
        let indirect = items.iter().any(|r| r.len() > 1);
        Some((items.into_iter().map(|r| self.part(r.start)).collect::<Option<_>>()?, indirect))
    }

    fn insert(&self, target_end: usize) -> Option<Insert> {
        let mut at = target_end;
        let (mut columns, mut indirect) = (None, false);
        let list = self.is_token(at, &Token::LParen) && !self.is_query(at + 1);
        if list {
            let close = self.closing(at)?;
            let (parts, more) = self.parts(at + 1..close)?;
            indirect = more;
            columns = Some((at..close + 1, parts));
            at = close + 1;
        }
        let overriding = self.is(at, "OVERRIDING").then(|| at..at + 3);
        at = overriding.as_ref().map_or(at, |o| o.end);
        let (returning_at, returning) = self.returning(at);
        let conflict = |i: usize| i < returning_at && self.is(i, "ON") && self.is(i + 1, "CONFLICT");
        let conflict_at = self.find(at, conflict).min(returning_at);
        let conflict = (conflict_at < returning_at).then_some(conflict_at..returning_at);
        let on_conflict = match conflict {
            Some(lexemes) => Some(Box::new(self.on_conflict(lexemes)?)),
            None => None,
        };
        let source = if self.is(at, "DEFAULT") && self.is(at + 1, "VALUES") {
            Source::Defaults(at..at + 2)
        } else if self.is(at, "VALUES") {
            let mut rows = Vec::new();
            let mut next = at + 1;
            while self.is_token(next, &Token::LParen) {
                let (cells, behind) = self.cells(next)?;
                rows.push(cells);
                next = behind;
                if !self.is_token(next, &Token::Comma) {
                    break;
                }
                next += 1;
            }
            // VALUES that is followed by ORDER BY, LIMIT or a set operation is treated as a query.
            if next == conflict_at { Source::Values { lexemes: at..next, rows } } else { Source::Query(at..conflict_at) }
        } else {
            Source::Query(at..conflict_at)
        };
        (!source.lexemes().is_empty()).then_some(Insert { columns, indirect, overriding, source, on_conflict, returning })
    }

    fn on_conflict(&self, lexemes: Range<usize>) -> Option<OnConflict> {
        let start = lexemes.start + 2;
        let action = self.find(start, |i| self.is(i, "DO") && (self.is(i + 1, "NOTHING") || self.is(i + 1, "UPDATE")));
        let arbiter = if action == start {
            Arbiter::Any
        } else if self.is(start, "ON") && self.is(start + 1, "CONSTRAINT") {
            Arbiter::Constraint { name: self.part(start + 2)?, lexemes: start..start + 3 }
        } else {
            let close = self.until(action).closing(start)?;
            let predicate = self.is(close + 1, "WHERE").then_some(close + 2..action);
            let columns = self.parts(start + 1..close).filter(|(_, more)| !more).map(|(parts, _)| parts);
            Arbiter::Columns { columns, lexemes: start..close + 1, predicate }
        };
        let update = match self.is(action + 1, "UPDATE") {
            true => Some(self.until(lexemes.end).update(action + 2)?),
            false => None,
        };
        Some(OnConflict { lexemes, arbiter, update })
    }

    fn is_query(&self, at: usize) -> bool {
        self.is_any(at, &["SELECT", "WITH", "VALUES", "TABLE"]) || self.is_token(at, &Token::LParen)
    }

    /// Whether these parentheses hold a query. If they begin with a parenthesis, that is a query when the words of a query follow
    /// its end, and otherwise a row.
    fn is_query_in(&self, open: usize) -> bool {
        const GOES_ON: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];
        let mut at = open + 1;
        while self.is_token(at, &Token::LParen) {
            let Some(close) = self.closing(at) else { return false };
            if !self.is_any(close + 1, GOES_ON) && !self.is_token(close + 1, &Token::RParen) {
                return false;
            }
            at += 1;
        }
        self.is_any(at, &["SELECT", "WITH", "VALUES", "TABLE"])
    }

    fn update(&self, target_end: usize) -> Option<Update> {
        let set = self.find(target_end, |i| self.is(i, "SET"));
        let (returning_at, returning) = self.returning(set);
        let where_at = self.find(set, |i| self.is(i, "WHERE")).min(returning_at);
        let from = |i: usize| self.is(i, "FROM") && !self.is(i - 1, "DISTINCT");
        let from_at = self.find(set, from).min(where_at);
        let assignments =
            self.split(set + 1..from_at, self.depth).into_iter().map(|r| self.assignment(r)).collect::<Option<_>>()?;
        Some(Update {
            set: set..from_at,
            assignments,
            from: (from_at < where_at).then_some(from_at..where_at),
            condition: (where_at < returning_at).then_some(where_at + 1..returning_at),
            returning,
        })
    }

    fn assignment(&self, range: Range<usize>) -> Option<Assignment> {
        let equals = range.clone().find(|&i| self.lexed.lexemes[i].depth == self.depth && self.is_token(i, &Token::Eq))?;
        let value = equals + 1..range.end;
        if !self.is_token(range.start, &Token::LParen) {
            let part = self.part(range.start)?;
            let indirect = equals != range.start + 1;
            return Some(Assignment { targets: vec![part], indirect, value: AssignedValue::One(self.cell(value)) });
        }
        let close = self.until(equals).closing(range.start)?;
        let (targets, indirect) = self.parts(range.start + 1..close)?;
        let value = self.several(value)?;
        Some(Assignment { targets, indirect, value })
    }

    /// What is assigned to a list of columns (source, gram.y, set_clause): a query, or a row. Without ROW a row has at least two
    /// values.
    fn several(&self, value: Range<usize>) -> Option<AssignedValue> {
        let opens = |at: usize| self.is_token(at, &Token::LParen);
        let mut inner = value.clone();
        while opens(inner.start)
            && self.closing(inner.start) == Some(inner.end - 1)
            && (opens(inner.start + 1) && self.closing(inner.start + 1) == Some(inner.end - 2)
                || self.is(inner.start + 1, "ROW")
                    && opens(inner.start + 2)
                    && self.closing(inner.start + 2) == Some(inner.end - 2))
        {
            inner = inner.start + 1..inner.end - 1;
        }
        let row = self.is(inner.start, "ROW");
        let open = inner.start + usize::from(row);
        if !opens(open) || self.closing(open) != Some(inner.end - 1) {
            return Some(AssignedValue::Other(value));
        }
        if !row && self.is_query_in(open) {
            return Some(AssignedValue::Query(inner));
        }
        let (cells, _) = self.cells(open)?;
        Some(if row || cells.len() > 1 { AssignedValue::Row(cells) } else { AssignedValue::Other(value) })
    }

    fn delete(&self, target_end: usize) -> Delete {
        let (returning_at, returning) = self.returning(target_end);
        let where_at = self.find(target_end, |i| self.is(i, "WHERE")).min(returning_at);
        let using_at = self.find(target_end, |i| self.is(i, "USING")).min(where_at);
        Delete {
            using: (using_at < where_at).then_some(using_at..where_at),
            condition: (where_at < returning_at).then_some(where_at + 1..returning_at),
            returning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, kind: DmlKind, target_end: usize) -> (Lexed<'_>, Clauses) {
        let lexed = Lexed::new(text).unwrap();
        let clauses = clauses(&lexed, kind, &(0..lexed.lexemes.len()), target_end).unwrap();
        (lexed, clauses)
    }

    #[test]
    fn insert_values() {
        let text = "insert into t (a, b) values (1, f(2,3)), (default, 'x') on conflict (a) do nothing returning a, b as c";
        let (lexed, clauses) = parts(text, DmlKind::Insert, 3);
        let Clauses::Insert(insert) = clauses else { panic!() };
        assert_eq!(lexed.slice(&insert.columns.unwrap().0), "(a, b)");
        let Source::Values { rows, .. } = insert.source else { panic!() };
        assert_eq!(lexed.slice(&rows[0][1].lexemes), "f(2,3)");
        assert!(rows[1][0].default);
        assert_eq!(lexed.slice(&insert.on_conflict.unwrap().lexemes), "on conflict (a) do nothing");
        assert_eq!(insert.returning.unwrap().items.len(), 2);
    }

    #[test]
    fn on_conflict() {
        let conflict = |text: &'static str| {
            let (lexed, clauses) = parts(text, DmlKind::Insert, 3);
            let Clauses::Insert(insert) = clauses else { panic!() };
            (lexed, *insert.on_conflict.unwrap())
        };
        let (lexed, c) = conflict(
            "insert into t values (1) on conflict (a, b) where c > 0 do update set a = excluded.a, b = 2 where t.a < 3 returning a",
        );
        let Arbiter::Columns { columns, lexemes, predicate } = c.arbiter else { panic!() };
        assert_eq!(columns.unwrap().len(), 2);
        assert_eq!((lexed.slice(&lexemes), lexed.slice(&predicate.unwrap())), ("(a, b)", "c > 0"));
        let update = c.update.unwrap();
        assert_eq!((update.assignments.len(), lexed.slice(&update.set)), (2, "set a = excluded.a, b = 2"));
        assert_eq!(lexed.slice(&update.condition.unwrap()), "t.a < 3");
        let (_, c) = conflict("insert into t values (1) on conflict on constraint t_pkey do nothing");
        assert!(matches!(c.arbiter, Arbiter::Constraint { name, .. } if name.text == "t_pkey"));
        assert_eq!(conflict("insert into t values (1) on conflict do nothing").1.arbiter, Arbiter::Any);
        let (_, c) = conflict("insert into t values (1) on conflict (lower(a)) do nothing");
        assert!(matches!(c.arbiter, Arbiter::Columns { columns: None, .. }));
    }

    #[test]
    fn update_with_everything() {
        let text =
            "update t set a = b is distinct from c, (d, e) = (1, default), (f, g) = (select 1, 2) from u where x = 1 returning *";
        let (lexed, clauses) = parts(text, DmlKind::Update, 2);
        let Clauses::Update(update) = clauses else { panic!() };
        assert_eq!(update.assignments.len(), 3);
        assert!(matches!(&update.assignments[1].value, AssignedValue::Row(cells) if cells[1].default));
        assert!(matches!(&update.assignments[2].value, AssignedValue::Query(q) if lexed.slice(q) == "(select 1, 2)"));
        assert_eq!(lexed.slice(&update.from.unwrap()), "from u");
        assert_eq!(lexed.slice(&update.condition.unwrap()), "x = 1");
    }

    #[test]
    fn rows_and_queries_behind_set() {
        let value = |text: &'static str| {
            let Clauses::Update(update) = parts(text, DmlKind::Update, 2).1 else { panic!() };
            match &update.assignments[0].value {
                AssignedValue::Row(cells) => format!("row of {}", cells.len()),
                AssignedValue::Query(_) => "query".into(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(value("update t set (a, b) = ((t).c + 1, 1)"), "row of 2");
        assert_eq!(value("update t set (a, b) = ((select 1), 1)"), "row of 2");
        assert_eq!(value("update t set (a, b) = (row(1, 2), 1)"), "row of 2");
        assert_eq!(value("update t set (a, b) = ((row(1, 2)))"), "row of 2");
        assert_eq!(value("update t set (a, b) = ((1, 2), (3, 4))"), "row of 2");
        assert_eq!(value("update t set (a, b) = ((select 1, 2) union select 3, 4)"), "query");
        assert_eq!(value("update t set (a, b) = (((select 1, 2)) limit 1)"), "query");
        assert_eq!(value("update t set (a, b) = ((select 1, 2))"), "query");
    }

    #[test]
    fn insert_from_a_query_in_parentheses() {
        let (lexed, clauses) = parts("insert into t (select 1) returning a", DmlKind::Insert, 3);
        let Clauses::Insert(insert) = clauses else { panic!() };
        assert_eq!(lexed.slice(insert.source.lexemes()), "(select 1)");
    }
}
