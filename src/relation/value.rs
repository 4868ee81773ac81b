//! One legacy type: how a value of it is stored in an image, read back, assigned, and turned into key text. Everything here is an
//! SQL expression over another one; nothing is evaluated by esclusa.
//!
//! The traps that decide each line (all measured on PostgreSQL 15, each a test in `tests/migrate.rs`): `char(n)` loses its
//! padding in a cast to text; explicit casts cut and round silently where assignment raises 22001; `float8` -0.0 does not
//! survive jsonb and depends on extra_float_digits; `json` loses duplicate keys in jsonb; bytea and interval depend on settings.

use crate::sql::quote::literal;

/// How the functions begin that accept what an assignment accepts.
pub const ASSIGN: &str = "esclusa.assign_";

/// A column type, as far as storing and reading it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlType {
    /// As `format_type` prints it: what every cast names.
    pub name: String,
    family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// `numeric(p,s)`, `numeric`, integers: JSON numbers keep scale and size; NaN and infinity become strings.
    Number,
    /// `character varying(n)`.
    Varchar(Option<u32>),
    /// `character(n)`; without a length it is `bpchar`, which pads nothing.
    Char(Option<u32>),
    /// `text`, `name`, `uuid`: text in, text out.
    Text,
    /// `boolean`.
    Boolean,
    /// `date`, `timestamp`, `time`: JSON strings in ISO 8601, infinities and BC included.
    DateTime,
    /// `real`, `double precision`: text with all digits, because JSON numbers lose -0 and follow extra_float_digits.
    Float,
    /// `bytea`: hexadecimal text, whatever bytea_output says.
    Bytea,
    /// `money`: a number, because both its output and its input follow lc_monetary.
    Money,
    /// Everything else (json, intervals, arrays, ranges, enumerations, and `timestamptz`, whose JSON follows the session's zone):
    /// text written under pinned settings.
    Other,
}

impl SqlType {
    /// Reads a type name of the catalog.
    pub fn new(name: &str) -> Self {
        let (bare, modifier) = match name.split_once('(') {
            Some((bare, rest)) if rest.ends_with(')') => (bare, rest.trim_end_matches(')').parse::<u32>().ok()),
            _ => (name, None),
        };
        let time = bare == "date" || bare.starts_with("time") && !name.ends_with("[]") && !is_instant(name);
        let family = match bare {
            "numeric" | "smallint" | "integer" | "bigint" => Family::Number,
            "character varying" => Family::Varchar(modifier),
            "character" => Family::Char(modifier),
            "bpchar" => Family::Char(None),
            "text" | "name" | "uuid" => Family::Text,
            "boolean" => Family::Boolean,
            "real" | "double precision" => Family::Float,
            "bytea" => Family::Bytea,
            "money" => Family::Money,
            _ if time => Family::DateTime,
            _ => Family::Other,
        };
        SqlType { name: name.to_owned(), family }
    }

    /// Whether it is a date or a time stamp, which can be an index on time.
    pub fn is_stamp(&self) -> bool {
        self.name == "date" || self.name.starts_with("timestamp")
    }

    /// Whether it is one of the types of numbers.
    pub fn is_number(&self) -> bool {
        matches!(self.family, Family::Number | Family::Float)
    }

    /// Whether the type already is a point in time, and needs no zone to become one.
    pub fn has_zone(&self) -> bool {
        is_instant(&self.name)
    }

    /// Whether the type has a collation. A code of such a type is read from the image, because `dv_code` is COLLATE "C" and a
    /// cast of it would sort and compare by bytes.
    pub fn is_collatable(&self) -> bool {
        matches!(self.family, Family::Varchar(_) | Family::Char(_) | Family::Text)
    }

    /// Whether the code text gives the value back without loss: integers of any kind do.
    pub fn is_whole_number(&self) -> bool {
        self.family == Family::Number && (!self.name.starts_with("numeric") || self.name.ends_with(",0)"))
    }

    /// Whether every text can be cast to it.
    pub fn is_text(&self) -> bool {
        matches!(self.family, Family::Varchar(_) | Family::Char(_)) || self.name == "text"
    }

    /// The value as it stands in an image: a `jsonb` expression that is NULL or JSON null for NULL.
    pub fn image(&self, value: &str) -> String {
        match self.family {
            Family::Number | Family::Varchar(_) | Family::Char(_) | Family::Text | Family::Boolean | Family::DateTime => {
                format!("to_jsonb({value})")
            }
            Family::Float => format!("to_jsonb(esclusa.exact_text({value}))"),
            Family::Bytea => format!("to_jsonb(encode({value}, 'hex'))"),
            Family::Money => format!("to_jsonb(({value})::numeric)"),
            Family::Other => format!("to_jsonb(esclusa.pinned_text({value}))"),
        }
    }

    /// The value out of an image, with its exact type and modifier.
    pub fn from_image(&self, image: &str, key: &str) -> String {
        let text = format!("({image} ->> {})", literal(key));
        match self.family {
            Family::Bytea => format!("decode({text}, 'hex')"),
            Family::Money => format!("{text}::numeric::money"),
            Family::Text if self.name == "text" => text,
            _ => format!("{text}::{}", self.name),
        }
    }

    /// Whether `jsonb_populate_record` reads a member as [`SqlType::from_image`] does.
    pub fn is_populated(&self) -> bool {
        matches!(
            self.family,
            Family::Number
                | Family::Varchar(_)
                | Family::Char(_)
                | Family::Text
                | Family::Boolean
                | Family::DateTime
                | Family::Float
        )
    }

    /// An expression of any assignable type, cast as an assignment to a column of this type casts it: too long is 22001, and not
    /// a silent cut (PostgreSQL source, `varchar.c`: the third argument says whether the cast is explicit).
    pub fn assigned(&self, expression: &str) -> String {
        match self.family {
            Family::Varchar(Some(n)) => format!("pg_catalog.\"varchar\"(({expression})::varchar, {}, false)", n + 4),
            Family::Char(Some(n)) => format!("pg_catalog.bpchar(({expression})::bpchar, {}, false)", n + 4),
            _ => format!("({expression})::{}", self.name),
        }
    }

    /// The same for an expression that has a type of its own: one that no assignment casts is an error, which `mark` leads back to
    /// what the client wrote. A string or a parameter by itself has no type yet, and takes that of [`SqlType::assigned`].
    pub fn assigned_by_type(&self, expression: &str, mark: &str) -> String {
        match self.function_suffix().filter(|_| !mark.contains(['*', '/'])) {
            Some(suffix) => format!("({ASSIGN}{suffix}/*{mark}*/({expression}))::{}", self.name),
            None => self.assigned(expression),
        }
    }

    /// The name without its modifier, as error messages print it.
    pub fn bare_name(&self) -> String {
        match (self.name.split_once('('), self.name.split_once(')')) {
            (Some((before, _)), Some((_, behind))) => format!("{before}{behind}"),
            _ => self.name.clone(),
        }
    }

    /// What the functions of `esclusa` for assignments to this type end in; every type can be assigned to a text.
    fn function_suffix(&self) -> Option<&'static str> {
        let names = [
            ("numeric", "numeric"),
            ("smallint", "int2"),
            ("integer", "int4"),
            ("bigint", "int8"),
            ("real", "float4"),
            ("double precision", "float8"),
            ("date", "date"),
            ("timestamp without time zone", "timestamp"),
            ("timestamp with time zone", "timestamptz"),
            ("time without time zone", "time"),
            ("boolean", "bool"),
            ("bytea", "bytea"),
            ("interval", "interval"),
            ("uuid", "uuid"),
        ];
        let bare = self.bare_name();
        names.iter().find(|(name, _)| *name == bare).map(|(_, suffix)| *suffix)
    }

    /// Canonical key text (storage model, "Keys"): a number without trailing zeros, a string without trailing blanks, a stamp as
    /// JSON writes it. It only narrows a search, so two values that differ in blanks alone may share it.
    pub fn key_text(&self, value: &str) -> String {
        match self.family {
            Family::Number => format!("trim_scale(({value})::numeric)::text"),
            Family::Varchar(_) | Family::Char(_) | Family::Text => format!("rtrim(({value})::text, ' ')"),
            _ => format!("({} #>> '{{}}')", self.image(value)),
        }
    }

    /// The text of a code that must stay unique: only what the type itself calls equal is made equal.
    pub fn code_text(&self, value: &str) -> String {
        match self.family {
            Family::Varchar(_) | Family::Text => format!("({value})::text"),
            _ => self.key_text(value),
        }
    }

    /// A code's text as the type prints it: `character(n)` is padded.
    pub fn padded(&self, code: &str) -> String {
        match self.family {
            Family::Char(Some(n)) => format!("{code:<width$}", width = n as usize),
            _ => code.to_owned(),
        }
    }

    /// What values of this type can be compared with and still have the key text that their row has. A float has 15 digits that can
    /// be relied on, so a number with more is not among them.
    pub fn comparable(&self) -> Option<Comparable> {
        let precision = || self.name.split_once('(')?.1.split([',', ')']).next()?.parse::<u32>().ok();
        match self.family {
            Family::Number if self.name == "bigint" => None,
            Family::Number if self.name.starts_with("numeric") => precision().filter(|p| *p <= 15).map(|_| Comparable::Number),
            Family::Number => Some(Comparable::Number),
            Family::Varchar(_) | Family::Char(_) => Some(Comparable::Text),
            Family::Text if self.name == "text" => Some(Comparable::Text),
            _ => None,
        }
    }

    /// An expression of a literal or a parameter, typed as PostgreSQL types it beside a column of this type, and failing for no
    /// value that the comparison itself does not fail for.
    pub fn compared(&self, value: &str) -> String {
        match self.family {
            // Beside varchar a parameter is text: varchar has no operators of its own.
            Family::Varchar(_) => format!("({value})::text"),
            Family::Char(_) => format!("({value})::bpchar"),
            Family::Number if self.name.starts_with("numeric") => format!("({value})::numeric"),
            // A cast would refuse a number that is too large for the column; an addition takes the larger type.
            Family::Number => format!("({value} + 0::{})", self.name),
            _ => format!("({value})::{}", self.name),
        }
    }

    /// The type of an untyped string beside a column of this type.
    pub fn compared_type(&self) -> &'static str {
        if matches!(self.family, Family::Char(_)) { "bpchar" } else { "text" }
    }

    /// The type for a cast of a literal that is yet to be assigned: a cast to the length itself would cut in silence.
    pub fn without_length(&self) -> &str {
        match self.family {
            Family::Varchar(_) => "character varying",
            Family::Char(_) => "bpchar",
            _ => &self.name,
        }
    }

    /// A parameter, typed as PostgreSQL types it in a list of several values beside a column of this type: as the column itself. `None`
    /// for whole numbers, where a literal in the list may ask for a larger type.
    pub fn listed(&self, value: &str) -> Option<String> {
        match self.family {
            Family::Varchar(_) => Some(format!("({value})::character varying")),
            Family::Char(_) => Some(format!("({value})::bpchar")),
            Family::Number if self.name.starts_with("numeric") => Some(format!("({value})::numeric")),
            _ => None,
        }
    }

    /// The value as its type prints it, padding included: what a DETAIL line shows.
    pub fn shown(&self, value: &str) -> String {
        match self.family {
            // A cast to text drops the padding; the type's own output does not.
            Family::Char(_) => format!("textin(bpcharout({value}))"),
            _ => format!("({value})::text"),
        }
    }
}

fn is_instant(type_name: &str) -> bool {
    type_name.starts_with("timestamp") && type_name.ends_with("with time zone")
}

/// Kinds of values that a key's column is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparable {
    /// Integers and `numeric`.
    Number,
    /// Strings.
    Text,
}

/// The mark of NULL in key text. A string that looks like it shares its key and nothing else.
pub const NULL_KEY: &str = "∅";

/// Key text of one or several columns: the text itself, or a JSON array of texts.
pub fn composite(texts: &[String]) -> String {
    let one = |text: &String| format!("coalesce({text}, '{NULL_KEY}')");
    match texts {
        [single] => one(single),
        several => format!("jsonb_build_array({})::text", several.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_by_type() {
        let t = SqlType::new;
        assert_eq!(t("character(4)").from_image("i", "a'b"), "(i ->> 'a''b')::character(4)");
        assert_eq!(t("character varying(10)").assigned("$1"), "pg_catalog.\"varchar\"(($1)::varchar, 14, false)");
        assert_eq!(t("bpchar").assigned("x"), "(x)::bpchar");
        assert_eq!(t("numeric(5,0)").assigned_by_type("a + 1", "c@7"), "(esclusa.assign_numeric/*c@7*/(a + 1))::numeric(5,0)");
        assert_eq!(t("character(4)").assigned_by_type("a", "c@7"), t("character(4)").assigned("a"));
        assert_eq!(t("timestamp(0) without time zone").bare_name(), "timestamp without time zone");
        assert_eq!(t("numeric(5,0)").key_text("x"), "trim_scale((x)::numeric)::text");
        assert_eq!(t("text").from_image("i", "c"), "(i ->> 'c')");
        assert!(t("numeric(5,0)").is_whole_number() && !t("numeric(6,2)").is_whole_number() && !t("numeric").is_whole_number());
        assert!(t("timestamp without time zone").is_stamp() && t("date").is_stamp() && !t("time without time zone").is_stamp());
        for by_text in ["timestamp without time zone[]", "timestamp with time zone", "timestamp(0) with time zone", "json"] {
            assert_eq!(t(by_text).image("x"), "to_jsonb(esclusa.pinned_text(x))");
        }
        assert_eq!(t("time with time zone").image("x"), "to_jsonb(x)");
    }

    #[test]
    fn composite_keys_are_json_arrays() {
        assert_eq!(composite(&["a".into()]), "coalesce(a, '∅')");
        assert_eq!(composite(&["a".into(), "b".into()]), "jsonb_build_array(coalesce(a, '∅'), coalesce(b, '∅'))::text");
    }
}
