//! Literals: values that the tables hold and odd ones, in every spelling that PostgreSQL has; or parameters.

use super::Maker;
use super::stamps::STAMPS;
use crate::world::Class;
use esclusa::sql::quote::literal;

const ODD_TEXTS: [&str; 12] =
    ["", " ", "S", "N", "a'b", "a\\b", "áéí ñ", "%", "_", "x  ", "tipositver", "from histipooficina; --"];
const NUMBERS: [&str; 12] = ["1", "0", "2", "3", "7", "-1", "1.0", "1.50", "10", "1e2", "99999", ".5"];

impl Maker<'_> {
    /// A value of a class; by preference one that a column holds.
    pub(super) fn value(&mut self, class: Class, origin: Option<(usize, usize)>) -> Option<String> {
        let known = origin.map(|(table, column)| self.world.sources[table].fields[column].values.clone()).unwrap_or_default();
        if !known.is_empty() && !self.choices.chance(25) {
            return self.pick(&known);
        }
        let list: &[&str] = match class {
            Class::Number => &NUMBERS,
            Class::Stamp => &STAMPS,
            Class::Date => &["2015-06-01", "2000-01-01", "2020-02-29"],
            Class::Truth => &["t", "f"],
            Class::Text | Class::Other => &ODD_TEXTS,
        };
        Some((*self.choices.of(list)).to_owned())
    }

    /// A literal or a parameter, typed where nothing else says its type.
    pub(super) fn literal(&mut self, class: Class, origin: Option<(usize, usize)>, typed: bool) -> String {
        let value = self.value(class, origin);
        let cast = match class {
            Class::Number => "numeric",
            Class::Stamp => "timestamp",
            Class::Date => "date",
            Class::Truth => "boolean",
            Class::Text | Class::Other => "text",
        };
        if self.parameters.is_some() && self.choices.chance(50) {
            return self.parameter(value, typed.then_some(cast));
        }
        let Some(value) = value else { return if typed { format!("NULL::{cast}") } else { "NULL".to_owned() } };
        match class {
            Class::Number if is_number(&value) && !self.choices.chance(15) => {
                if value.starts_with('-') {
                    format!("({value})")
                } else {
                    value
                }
            }
            Class::Truth => (if value == "t" { "true" } else { "false" }).to_owned(),
            Class::Text | Class::Other => {
                let text = self.spelled(&value);
                if typed { format!("{text}::{cast}") } else { text }
            }
            _ if !typed => literal(&value),
            _ if self.choices.chance(50) => format!("{}::{cast}", literal(&value)),
            _ if self.choices.chance(30) => format!("CAST({} AS {cast})", literal(&value)),
            _ => format!("{cast} {}", literal(&value)),
        }
    }

    pub(super) fn parameter(&mut self, value: Option<String>, cast: Option<&str>) -> String {
        let Some(parameters) = &mut self.parameters else { return "NULL".to_owned() };
        parameters.push(value);
        let number = parameters.len();
        match cast {
            Some(cast) => format!("${number}::{cast}"),
            None => format!("${number}"),
        }
    }

    /// A text in one of PostgreSQL's spellings (manual, section 4.1.2).
    fn spelled(&mut self, value: &str) -> String {
        match self.choices.below(12) {
            0..8 => literal(value),
            8 => format!("E{}", literal(value).trim_start_matches('E').replace("''", "\\'")),
            9 if !value.contains('$') => format!("$q${value}$q$"),
            10 if !value.contains('\\') => format!("U&{}", literal(value)),
            11 if !value.contains('\\') && value.is_ascii() && !value.is_empty() => {
                let (a, b) = value.split_at(value.len() / 2);
                format!("({} || {})", literal(a), literal(b))
            }
            _ => literal(value),
        }
    }
}

fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok_and(f64::is_finite)
}
