//! The parts of MERGE (manual, MERGE): ON, and for each WHEN its condition and its action.

use super::{Action, Merge, When};
use crate::sql::cursor::Cursor;

impl Cursor<'_, '_> {
    pub(super) fn merge(&self, target_end: usize) -> Option<Merge> {
        let first = self.next_when(target_end);
        // The source may be a join whose own conditions come before the last ON.
        let ons = std::iter::successors(Some(self.on_before(target_end, first)), |on| Some(self.on_before(on + 1, first)));
        let on = ons.take_while(|on| *on < first).last()?;
        let mut whens = Vec::new();
        let mut at = first;
        while at < self.end {
            let next = self.next_when(at + 1);
            whens.push(self.until(next).when(at)?);
            at = next;
        }
        (on + 1 < first).then_some(Merge { source: target_end + 1..on, on: on + 1..first, whens })
    }

    fn on_before(&self, from: usize, end: usize) -> usize {
        self.outside_case(from, |i| self.is(i, "ON")).min(end)
    }

    fn next_when(&self, from: usize) -> usize {
        let matched = |i: usize| self.is(i, "MATCHED") || self.is(i, "NOT") && self.is(i + 1, "MATCHED");
        self.outside_case(from, |i| self.is(i, "WHEN") && matched(i + 1))
    }

    /// As `find`, but not between CASE and END.
    fn outside_case(&self, from: usize, test: impl Fn(usize) -> bool) -> usize {
        let open = std::cell::Cell::new(0u32);
        self.find(from, |i| {
            if self.is(i, "CASE") {
                open.set(open.get() + 1);
            } else if self.is(i, "END") {
                open.set(open.get().saturating_sub(1));
            }
            open.get() == 0 && test(i)
        })
    }

    fn when(&self, at: usize) -> Option<When> {
        let matched = self.is(at + 1, "MATCHED");
        let behind = at + if matched { 2 } else { 3 };
        let then = self.outside_case(behind, |i| self.is(i, "THEN"));
        let condition = self.is(behind, "AND").then_some(behind + 1..then);
        let action = if self.is(then + 1, "UPDATE") {
            Action::Update(self.update(then + 2)?)
        } else if self.is(then + 1, "INSERT") {
            self.merge_insert(then + 2)?
        } else {
            Action::Bare
        };
        Some(When { matched, condition, action })
    }

    fn merge_insert(&self, at: usize) -> Option<Action> {
        let values = self.find(at, |i| self.is(i, "VALUES"));
        let columns = match self.until(values).closing(at) {
            // It assigns to a part of a column, which is not supported here.
            Some(close) => Some(self.parts(at + 1..close).filter(|(_, indirect)| !indirect)?.0),
            None => None,
        };
        let cells = if self.is(values - 1, "DEFAULT") { None } else { Some(self.cells(values + 1)?.0) };
        Some(Action::Insert { lexemes: at..self.end, columns, cells })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Clauses, clauses};
    use super::*;
    use crate::sql::{DmlKind, Lexed};

    #[test]
    fn the_parts_of_a_merge() {
        let text = "merge into t using s on t.a = case when s.a then 1 else 2 end and x \
                    when matched and case when t.b then s.c end then update set a = 1, (b, c) = (2, default) \
                    when matched then delete when not matched then insert (a, b) values (s.a, f(1, 2)) \
                    when not matched and y then insert default values when not matched then do nothing";
        let lexed = Lexed::new(text).unwrap();
        let Some(Clauses::Merge(merge)) = clauses(&lexed, DmlKind::Merge, &(0..lexed.lexemes.len()), 3) else { panic!() };
        assert_eq!(lexed.slice(&merge.source), "s");
        assert_eq!(lexed.slice(&merge.on), "t.a = case when s.a then 1 else 2 end and x");
        assert_eq!(merge.whens.iter().map(|w| w.matched).collect::<Vec<_>>(), [true, true, false, false, false]);
        assert_eq!(lexed.slice(merge.whens[0].condition.as_ref().unwrap()), "case when t.b then s.c end");
        assert!(matches!(&merge.whens[0].action, Action::Update(u) if u.assignments.len() == 2));
        assert_eq!(merge.whens[1].action, Action::Bare);
        let Action::Insert { columns: Some(columns), cells: Some(cells), lexemes } = &merge.whens[2].action else { panic!() };
        assert_eq!((columns.len(), cells.len(), lexed.slice(lexemes)), (2, 2, "(a, b) values (s.a, f(1, 2))"));
        assert!(matches!(&merge.whens[3].action, Action::Insert { columns: None, cells: None, .. }));
    }
}
