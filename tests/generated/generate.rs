//! A grammar of statements over the legacy tables and those they are joined with. Every decision is drawn from [`Choices`], so a
//! statement is repeatable by its seed and number, and shrinks by shortening the list of decisions.
//!
//! Each statement has only one possible answer: no ORDER BY leaves ties open, no row is picked at random, no expression fails
//! for one row and not for another. It does not try to make every statement meaningful: an error is an answer too.

mod expression;
mod keyed;
mod lack;
mod literal;
mod merge;
mod query;
mod stamps;
mod write;

use crate::choice::Choices;
use crate::world::{Class, Field, Source, World};
use esclusa::twin::compare::Rows;
use esclusa::twin::script::Case;

/// A column that an expression may name.
#[derive(Debug, Clone)]
struct Visible {
    /// As written: `h.htofid`, `htofid`.
    text: String,
    /// Its class.
    class: Class,
    /// The table and column whose values it has.
    origin: Option<(usize, usize)>,
}

/// The names in scope of a query.
#[derive(Debug, Clone, Default)]
struct Scope {
    columns: Vec<Visible>,
    /// Names of FROM items; whether each is a legacy table's row.
    items: Vec<String>,
    /// Every name taken, also those of base tables without alias.
    names: Vec<String>,
}

impl Scope {
    fn of(&self, class: Class) -> Vec<&Visible> {
        self.columns.iter().filter(|c| c.class == class).collect()
    }

    /// This scope with those of the enclosing queries.
    fn with(&self, outer: &Scope) -> Scope {
        let columns = self.columns.iter().chain(&outer.columns).cloned().collect();
        Scope { columns, items: self.items.clone(), names: [self.names.clone(), outer.names.clone()].concat() }
    }
}

/// A CTE in scope.
#[derive(Debug, Clone)]
struct Cte {
    name: String,
    columns: Vec<(String, Class)>,
}

/// One statement being made.
struct Maker<'w> {
    world: &'w World,
    choices: Choices,
    /// The legacy table that the statement is about.
    focus: usize,
    /// Literals become parameters.
    parameters: Option<Vec<Option<String>>>,
    ctes: Vec<Cte>,
    /// For names that nothing else has.
    count: usize,
    rows: Option<Rows>,
    /// Parameters that hold a key: their place among the values, and the key's column.
    key_parameters: Vec<(usize, usize)>,
    /// Values of further executions.
    again: Vec<Vec<Option<String>>>,
    /// Several rows may fail.
    any_row: bool,
    /// Several statements, to be sent one by one as well.
    apart: bool,
    /// It has GROUPING SETS somewhere.
    grouping_sets: bool,
    /// The select lists being made are those of a set operation.
    combined: bool,
}

/// Makes one statement. Its legacy table follows from the number, so that all of them are used equally often.
pub(crate) fn statement(world: &World, number: u64, choices: Choices) -> (Case, Vec<u32>) {
    let focus = usize::try_from(number).unwrap_or(0) % world.legacy.max(1);
    let mut maker = Maker {
        world,
        choices,
        focus,
        parameters: None,
        ctes: Vec::new(),
        count: 0,
        rows: None,
        key_parameters: Vec::new(),
        again: Vec::new(),
        any_row: false,
        apart: false,
        grouping_sets: false,
        combined: false,
    };
    if maker.choices.chance(30) {
        maker.parameters = Some(Vec::new());
    }
    let text = match maker.choices.below(23) {
        0..9 => maker.top_query(),
        9..11 => maker.keyed_read(),
        11 | 12 => maker.insert(),
        13 => maker.update(),
        14 => maker.delete(),
        15 => maker.merge(),
        16 => maker.cursor(),
        17 => maker.batch(),
        18 => maker.grouped_by_key(),
        19 => maker.system_columns(),
        20 => maker.row_types(),
        _ => maker.prepared(),
    };
    let values = Some(maker.parameters.unwrap_or_default());
    let (again, apart, any_row) = (maker.again, maker.apart, maker.any_row);
    let case = Case { line: 1, text, values, again, apart, any_row, rows: maker.rows, ..Case::default() };
    (case, maker.choices.taken)
}

/// For each legacy table a read of the rows of one key, prepared once and executed with every key that has no NULL: so a row that a keyed read
/// misses is found for certain. And two reads of a range of stamps, executed with the oddest ones.
pub(crate) fn every_key(world: &World) -> Vec<Case> {
    let legacy = || world.sources.iter().filter(|s| s.legacy);
    let key = |source: &Source| {
        let mut keys = source.keys.iter().filter(|k| k.iter().all(Option::is_some)).cloned();
        let values = Some(keys.next()?);
        let columns = source.key.iter().enumerate().map(|(n, &i)| format!("{} = ${}", source.fields[i].name, n + 1));
        let condition = columns.collect::<Vec<_>>().join(" AND ");
        let text = format!("SELECT * FROM {} WHERE {condition}", source.qualified());
        Some(Case { line: 1, text, values, again: keys.collect(), rows: Some(Rows::Unordered), ..Case::default() })
    };
    let stamps = |source: &Source| {
        let stamps = source.fields.iter().filter(|f| f.class == Class::Stamp).take(1);
        let read = |(f, operator): (&Field, &str)| {
            let text = format!("SELECT * FROM {} WHERE {} {operator} $1", source.qualified(), f.name);
            let mut values = stamps::STAMPS.iter().map(|s| vec![Some((*s).to_owned())]);
            let first = values.next();
            Case { line: 1, text, values: first, again: values.collect(), rows: Some(Rows::Unordered), ..Case::default() }
        };
        stamps.flat_map(|f| [(f, ">="), (f, "<")]).map(read).collect::<Vec<_>>()
    };
    legacy().filter_map(key).chain(legacy().flat_map(stamps)).collect()
}

impl Maker<'_> {
    /// A name that nothing else has.
    fn fresh(&mut self, stem: &str) -> String {
        self.count += 1;
        format!("{stem}{}", self.count)
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        self.choices.of(list).clone()
    }

    /// The legacy table that the statement is about, or now and then any other table.
    fn table(&mut self) -> usize {
        match self.choices.below(8) {
            0..4 => self.focus,
            4 | 5 => self.choices.below(self.world.legacy),
            _ => self.choices.below(self.world.sources.len()),
        }
    }
}
