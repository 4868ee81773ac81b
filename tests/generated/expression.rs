//! Expressions of a class over the names in scope: operators, functions, casts, CASE, sub-selects, aggregates, windows. None of them
//! fails for some rows only, so that an answer does not depend on the order in which rows are looked at.

use super::{Maker, Scope, Visible};
use crate::world::Class;

const COMPARISONS: [&str; 6] = ["=", "<", ">", "<=", ">=", "<>"];

/// A number in the same text wherever it is the same number. With values of several scales it would be undefined which of two
/// equal ones, 1 and 1.0, a sort puts first, or DISTINCT, a set operation or an aggregate keeps.
pub(super) fn one_scale(number: &str) -> String {
    format!("trim_scale({number})")
}

impl Maker<'_> {
    /// An expression of a class; deeper ones while `depth` lasts.
    pub(super) fn expression(&mut self, class: Class, scope: &Scope, depth: usize) -> String {
        let columns = scope.of(class);
        if !columns.is_empty() && (depth == 0 || self.choices.below(5) < 2) {
            return self.pick(&columns).text.clone();
        }
        if depth == 0 {
            return self.literal(class, None, true);
        }
        match class {
            Class::Number => self.number(scope, depth - 1),
            Class::Text => self.text(scope, depth - 1),
            Class::Stamp => self.stamp(scope, depth - 1),
            Class::Date => {
                let stamp = self.expression(Class::Stamp, scope, depth - 1);
                format!("({stamp})::date")
            }
            Class::Truth => format!("({})", self.condition(scope, depth - 1)),
            Class::Other => self.text(scope, depth - 1),
        }
    }

    fn number(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.expression(Class::Number, scope, depth);
        match self.choices.below(14) {
            0 => a,
            1 => one_scale(&format!("{a} + {}", self.expression(Class::Number, scope, depth))),
            2 => format!("({a} * 2 - 1)"),
            3 => one_scale(&format!("coalesce({a}, {})", self.literal(Class::Number, None, false))),
            4 => format!("nullif({a}, {})", self.literal(Class::Number, None, true)),
            5 => format!("abs({a})"),
            6 => format!("length({})", self.expression(Class::Text, scope, depth)),
            7 => one_scale(&format!("greatest({a}, {})", self.expression(Class::Number, scope, depth))),
            8 => {
                let part = self.pick(&["year", "month", "day", "hour", "dow"]);
                format!("extract({part} from {})", self.expression(Class::Stamp, scope, depth))
            }
            9 => one_scale(&format!("CASE WHEN {} THEN {a} ELSE 0 END", self.condition(scope, depth))),
            10 => format!("({a})::numeric(24,3)"),
            11 => format!("round({a}, 1)"),
            12 => self.scalar(Class::Number, scope, depth),
            _ => format!("({a})::text::numeric"),
        }
    }

    fn text(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.expression(Class::Text, scope, depth);
        match self.choices.below(18) {
            0 => a,
            1 => format!("upper({a})"),
            2 => format!("({a} || {})", self.literal(Class::Text, None, true)),
            3 => format!("coalesce({a}, {})", self.literal(Class::Text, None, false)),
            4 => format!("substr({a}, 1, 3)"),
            5 => format!("({a})::varchar(4)"),
            6 => format!("CAST({a} AS char(6))"),
            7 => format!("({})::text", self.expression(Class::Number, scope, depth)),
            8 => format!("({})::text", self.expression(Class::Stamp, scope, depth)),
            9 => format!("to_char({}, 'YYYY-MM-DD HH24')", self.expression(Class::Stamp, scope, depth)),
            10 => format!("trim({a})"),
            11 => format!("CASE WHEN {} THEN {a} END", self.condition(scope, depth)),
            12 => format!("md5({a})"),
            13 => format!("pg_typeof({})::text", self.any_column(scope)),
            14 => self.row(scope).map_or(a, |row| format!("{row}::text")),
            15 => self.row(scope).map_or_else(|| "''::text".to_owned(), |row| format!("row_to_json({row})::text")),
            16 => self.scalar(Class::Text, scope, depth),
            _ => format!("lower({a}) COLLATE \"C\""),
        }
    }

    fn stamp(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.expression(Class::Stamp, scope, depth);
        match self.choices.below(7) {
            0 => a,
            1 => format!("date_trunc('month', {a})"),
            2 => format!("coalesce({a}, timestamp '2001-01-01')"),
            3 => format!("least({a}, {})", self.expression(Class::Stamp, scope, depth)),
            4 => format!("CASE WHEN {} THEN {a} END", self.condition(scope, depth)),
            5 => format!("({a})::date::timestamp"),
            _ => self.scalar(Class::Stamp, scope, depth),
        }
    }

    /// Some column, or a number.
    fn any_column(&mut self, scope: &Scope) -> String {
        if scope.columns.is_empty() { "1".to_owned() } else { self.pick(&scope.columns).text }
    }

    /// A FROM item as a whole row.
    fn row(&mut self, scope: &Scope) -> Option<String> {
        (!scope.items.is_empty()).then(|| self.pick(&scope.items))
    }

    /// A sub-select with one value.
    fn scalar(&mut self, class: Class, scope: &Scope, depth: usize) -> String {
        let (from, inner) = self.one_table();
        let seen = inner.with(scope);
        let condition = self.condition(&seen, depth.min(1));
        let value = match class {
            Class::Number if self.choices.chance(50) => "count(*)".to_owned(),
            _ => format!("max({})", self.expression(class, &inner, 0)),
        };
        format!("(SELECT {value} FROM {from} WHERE {condition})")
    }

    // --- conditions ---

    /// A boolean expression.
    pub(super) fn condition(&mut self, scope: &Scope, depth: usize) -> String {
        if scope.columns.is_empty() {
            return "true".to_owned();
        }
        if depth == 0 {
            return self.comparison(scope);
        }
        match self.choices.below(12) {
            0..5 => self.comparison(scope),
            5 => format!("{} AND {}", self.condition(scope, depth - 1), self.condition(scope, depth - 1)),
            6 => format!("({} OR {})", self.condition(scope, depth - 1), self.condition(scope, depth - 1)),
            7 => format!("NOT ({})", self.condition(scope, depth - 1)),
            8 => self.exists(scope, depth - 1),
            9 => self.membership(scope, depth - 1),
            10 => {
                let class = self.pick(&scope.columns).class;
                let class = if class == Class::Other { Class::Text } else { class };
                let (a, b) = (self.expression(class, scope, depth - 1), self.expression(class, scope, depth - 1));
                format!("{a} {} {b}", self.comparison_operator())
            }
            _ => self.row(scope).map_or("true".to_owned(), |row| {
                let form = self.pick(&["IS NOT NULL", "IS NULL", "IS DISTINCT FROM NULL"]);
                format!("{row} {form}")
            }),
        }
    }

    fn comparison_operator(&mut self) -> &'static str {
        if self.choices.chance(10) { "IS DISTINCT FROM" } else { self.pick(&COMPARISONS) }
    }

    /// A column against values like its own.
    fn comparison(&mut self, scope: &Scope) -> String {
        let column = self.pick(&scope.columns);
        let Visible { text, class, origin } = &column;
        if *class == Class::Other {
            return format!("{text} IS NOT NULL");
        }
        let literal = |m: &mut Self| m.literal(*class, *origin, false);
        match self.choices.below(12) {
            0..4 => format!("{text} = {}", literal(self)),
            4 | 5 => format!("{text} {} {}", self.comparison_operator(), literal(self)),
            6 => format!("{text} IN ({}, {})", literal(self), literal(self)),
            7 => format!("{text} BETWEEN {} AND {}", literal(self), literal(self)),
            8 => format!("{text} IS {}NULL", if self.choices.chance(50) { "NOT " } else { "" }),
            9 if *class == Class::Text => {
                let form = self.pick(&["LIKE '%a%'", "ILIKE 'c%'", "~ '^[A-Z]'", "NOT LIKE '_'", "SIMILAR TO '%(a|e)%'"]);
                format!("{text} {form}")
            }
            10 => format!("{} = {text}", literal(self)),
            11 => self.row_comparison(scope, &column),
            _ => {
                format!("{text} = ANY (ARRAY[{}, {}])", self.literal(*class, *origin, true), self.literal(*class, *origin, true))
            }
        }
    }

    fn row_comparison(&mut self, scope: &Scope, first: &Visible) -> String {
        let second = self.pick(&scope.columns);
        if second.class == Class::Other {
            return format!("{} IS NULL", second.text);
        }
        let operator = self.pick(&["=", "<", ">=", "<>"]);
        let left = self.literal(first.class, first.origin, false);
        let right = self.literal(second.class, second.origin, false);
        format!("({}, {}) {operator} ({left}, {right})", first.text, second.text)
    }

    fn exists(&mut self, scope: &Scope, depth: usize) -> String {
        let (from, inner) = self.one_table();
        let link = self.link(&inner, scope).unwrap_or_else(|| "true".to_owned());
        let rest = self.condition(&inner, depth.min(1));
        let not = if self.choices.chance(30) { "NOT " } else { "" };
        format!("{not}EXISTS (SELECT 1 FROM {from} WHERE {link} AND {rest})")
    }

    fn membership(&mut self, scope: &Scope, depth: usize) -> String {
        let column = self.pick(&scope.columns);
        let (from, inner) = self.one_table();
        let same: Vec<Visible> = inner.of(column.class).into_iter().cloned().collect();
        if same.is_empty() || column.class == Class::Other {
            return format!("{} IS NOT NULL", column.text);
        }
        let value = self.pick(&same).text;
        let condition = self.condition(&inner, depth.min(1));
        let form = self.pick(&["IN", "= ANY", "NOT IN", "<> ALL", "< ALL"]);
        format!("{} {form} (SELECT {value} FROM {from} WHERE {condition})", column.text)
    }

    /// An equality between columns of one class of two scopes.
    pub(super) fn link(&mut self, left: &Scope, right: &Scope) -> Option<String> {
        let classes: Vec<Class> = [Class::Number, Class::Text, Class::Stamp]
            .into_iter()
            .filter(|c| !left.of(*c).is_empty() && !right.of(*c).is_empty())
            .collect();
        if classes.is_empty() {
            return None;
        }
        let class = self.pick(&classes);
        let (a, b) = (self.pick(&left.of(class)).text.clone(), self.pick(&right.of(class)).text.clone());
        Some(format!("{a} = {b}"))
    }

    // --- over groups and windows ---

    /// An aggregate whose value does not depend on the order of its rows.
    pub(super) fn aggregate(&mut self, scope: &Scope) -> (String, Class) {
        let number = self.expression(Class::Number, scope, 1);
        let text = self.expression(Class::Text, scope, 1);
        let column = self.any_column(scope);
        match self.choices.below(12) {
            0 => ("count(*)".into(), Class::Number),
            1 => (format!("count(DISTINCT {column})"), Class::Number),
            2 => (one_scale(&format!("sum({number})")), Class::Number),
            3 => (format!("max({number})"), Class::Number),
            4 => (format!("min({text})"), Class::Text),
            5 => (format!("string_agg({text}, ',' ORDER BY {text})"), Class::Text),
            6 => (format!("array_agg({number} ORDER BY {number} DESC NULLS LAST)::text"), Class::Text),
            7 => (format!("count({column}) FILTER (WHERE {})", self.condition(scope, 1)), Class::Number),
            8 => (format!("bool_or({})", self.condition(scope, 1)), Class::Truth),
            9 => (format!("percentile_disc(0.5) WITHIN GROUP (ORDER BY {number})"), Class::Number),
            10 => (format!("max({})", self.expression(Class::Stamp, scope, 1)), Class::Stamp),
            _ => (format!("jsonb_agg({text} ORDER BY {text})::text"), Class::Text),
        }
    }

    /// A window function whose value does not depend on how ties are ordered.
    pub(super) fn window(&mut self, scope: &Scope) -> (String, Class) {
        let number = self.expression(Class::Number, scope, 1);
        let partition = self.any_column(scope);
        let over = match self.choices.below(3) {
            0 => format!("ORDER BY {number}"),
            1 => format!("PARTITION BY {partition} ORDER BY {number}"),
            _ => format!("PARTITION BY {partition} ORDER BY {number} DESC NULLS LAST"),
        };
        let function = match self.choices.below(6) {
            0 => "rank()".to_owned(),
            1 => "dense_rank()".to_owned(),
            2 => "count(*)".to_owned(),
            3 => format!("first_value({number})"),
            4 => format!("sum({number})"),
            _ => format!("max({number})"),
        };
        (format!("{function} OVER ({over})"), Class::Number)
    }
}
