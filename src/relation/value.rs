//! One legacy type: how a value of it is stored in an image, read back, assigned, and converted to key text. All of this is SQL
//! expressions over others; esclusa evaluates nothing.
//!
//! These traps decide each line (all measured on PostgreSQL 15, each with a test in `tests/migrate.rs`): `char(n)` loses its
//! padding in a cast to text; explicit casts cut and round silently where an assignment raises 22001; `float8` -0.0 is lost in
//! jsonb, and its text depends on extra_float_digits; `json` loses duplicate keys in jsonb; bytea and interval depend on settings.

use crate::sql;
use crate::sql::quote::{literal, qualified};
use crate::sql::template::Sql;

use super::schemas::{CONTROL, control};

/// The beginning of the names of functions that accept what an assignment accepts.
pub const ASSIGN: &str = concat!(control!(), ".assign_");

/// An array of eighteen elements.
pub const DEAR: &str = "{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}";

/// A column type, as far as types differ in how they are stored and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlType {
    /// As `format_type` prints it: casts use this name.
    pub name: String,
    family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// `numeric(p,s)`, `numeric`, integers: JSON numbers keep scale and size; NaN and infinity are strings.
    Number,
    /// `character varying(n)`.
    Varchar(Option<u32>),
    /// `character(n)`; without a length it is `bpchar`, which is not padded.
    Char(Option<u32>),
    /// `bit(n)`, `bit varying(n)`.
    Bits(Option<u32>),
    /// `text`, `name`, `uuid`: their text is the value.
    Text,
    /// `boolean`.
    Boolean,
    /// `date`, `timestamp`, `time`: JSON strings in ISO 8601, including infinities and BC.
    DateTime,
    /// `real`, `double precision`: text with all digits, because JSON numbers lose -0 and follow extra_float_digits.
    Float,
    /// `bytea`: hexadecimal text, whatever bytea_output says.
    Bytea,
    /// `money`: a number, because its text depends on lc_monetary, both as output and as input.
    Money,
    /// Everything else (json, intervals, arrays, ranges, enumerations; and `timestamptz`, whose JSON depends on the session's time
    /// zone): text that is written under fixed settings.
    Other,
}

impl SqlType {
    /// Reads a type's name from the catalog.
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
            "bit" | "bit varying" => Family::Bits(modifier),
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

    /// Whether it is a date or a timestamp, by which rows can be ordered in time.
    pub fn is_stamp(&self) -> bool {
        self.name == "date" || self.name.starts_with("timestamp") && !self.name.ends_with("[]")
    }

    /// Whether it is a numeric type.
    pub fn is_number(&self) -> bool {
        matches!(self.family, Family::Number | Family::Float)
    }

    /// Whether the type is a point in time, so that no zone is needed to convert it to one.
    pub fn has_zone(&self) -> bool {
        is_instant(&self.name)
    }

    /// Whether the type has a collation. A code of such a type is read from the image, because `dv_code` is COLLATE "C", and a cast
    /// of it would sort and compare by bytes.
    pub fn is_collatable(&self) -> bool {
        matches!(self.family, Family::Varchar(_) | Family::Char(_) | Family::Text)
    }

    /// Whether the code's text gives the value back without loss: that of every integer type does.
    pub fn is_whole_number(&self) -> bool {
        self.family == Family::Number && (!self.name.starts_with("numeric") || self.name.ends_with(",0)"))
    }

    /// Whether every text can be cast to it.
    pub fn is_text(&self) -> bool {
        matches!(self.family, Family::Varchar(_) | Family::Char(_)) || self.name == "text"
    }

    /// The name as a cast writes it, under any search path: it is qualified unless it is a key word of the grammar.
    pub fn cast(&self) -> String {
        const PLAIN: [&str; 15] = [
            "bpchar", "text", "name", "uuid", "date", "bytea", "money", "json", "jsonb", "oid", "inet", "cidr", "macaddr", "xml",
            "int2",
        ];
        match PLAIN.contains(&self.name.trim_end_matches("[]")) {
            true => format!("pg_catalog.{}", self.name),
            false => self.name.clone(),
        }
    }

    /// Whether an image holds the value as the server converts it by itself, alone or in a row.
    pub fn is_plain_in_image(&self) -> bool {
        self.image(&Sql::column(0)) == plain(&Sql::column(0))
    }

    /// The value as stored in an image: a `jsonb` expression that is NULL or JSON null for NULL.
    pub fn image(&self, value: &Sql) -> Sql {
        match self.family {
            Family::Number | Family::Varchar(_) | Family::Char(_) | Family::Text | Family::Boolean | Family::DateTime => {
                plain(value)
            }
            Family::Float => sql!("pg_catalog.to_jsonb({}({}))", own("exact_text"), value),
            Family::Bytea => sql!("pg_catalog.to_jsonb(pg_catalog.encode({}, 'hex'))", value),
            Family::Money => sql!("pg_catalog.to_jsonb(({})::numeric)", value),
            Family::Bits(_) | Family::Other => sql!("pg_catalog.to_jsonb({}({}))", own("pinned_text"), value),
        }
    }

    /// The value read from an image, with its exact type and modifier.
    pub fn from_image(&self, image: &str, key: &str) -> String {
        self.from_text(&format!("({image} OPERATOR(pg_catalog.->>) {})", literal(key)))
    }

    /// The same at its true cost, which the key's text carries: PostgreSQL computes all columns of all rows before it sorts them, even for ORDER BY ...
    /// LIMIT 3, except those that cost more than ten operators (source, planner.c, make_sort_input_target; an ANY costs half an operator an element,
    /// costsize.c, cost_qual_eval_walker), and counts one operator for reading a value from JSON. What is never computed costs nothing when the
    /// statement runs. `number` is any column of the row that is not a constant.
    pub fn from_dear_image(&self, image: &str, number: &str, key: &str) -> String {
        let never = format!("({number} OPERATOR(pg_catalog.<>) ANY ('{DEAR}'::pg_catalog.int8[]))::pg_catalog.text");
        self.from_text(&format!(
            "({image} OPERATOR(pg_catalog.->>) CASE WHEN {image} IS NOT NULL THEN {} ELSE {never} END)",
            literal(key)
        ))
    }

    /// The value read from its text in an image.
    pub fn from_text(&self, text: &str) -> String {
        match self.family {
            Family::Bytea => format!("pg_catalog.decode({text}, 'hex')"),
            Family::Money => format!("{text}::numeric::pg_catalog.money"),
            Family::Text if self.name == "text" => text.to_owned(),
            // Of PostgreSQL's own types, these two have a collation of their own, which a cast does not give to a value that has one already. That of a
            // function of cstring is the type's, and no explicit one, which would conflict with a client's.
            _ if self.name == "name" => format!("pg_catalog.namein(pg_catalog.textout({text}))"),
            _ if self.name == "name[]" => format!("({text}::{} COLLATE pg_catalog.\"C\")", self.cast()),
            _ => format!("{text}::{}", self.cast()),
        }
    }

    /// Whether reading the value from an image is immutable, so that it can be in an index: the input functions of dates and times
    /// depend on settings of the session.
    pub fn is_indexable_in_image(&self) -> bool {
        !matches!(self.family, Family::DateTime | Family::Money | Family::Bits(_) | Family::Other)
            || self.family == Family::DateTime && self.name.starts_with("time ") && !self.name.starts_with("time with time")
    }

    /// An expression of any assignable type, cast as an assignment to a column of this type casts it: a text that is too long
    /// raises 22001, and is not cut silently (PostgreSQL source, `varchar.c`: the third argument says whether the cast is
    /// explicit).
    pub fn assigned(&self, expression: impl Into<Sql>) -> Sql {
        let expression = expression.into();
        match self.family {
            Family::Varchar(Some(n)) => {
                sql!("pg_catalog.\"varchar\"(({})::varchar, {}, false)", expression, (n + 4).to_string())
            }
            Family::Char(Some(n)) => {
                sql!("pg_catalog.bpchar(({})::pg_catalog.bpchar, {}, false)", expression, (n + 4).to_string())
            }
            Family::Bits(Some(n)) => sql!("{}(({})::{}, {}, false)", self.bits(), expression, self.bits(), n.to_string()),
            _ if self.may_hide_length() => self.assigned_by_text(&expression),
            _ => sql!("({})::{}", expression, self.cast()),
        }
    }

    /// The same for a parameter without a type of its own, which takes that of the column. One of a domain has passed the domain's input function, which
    /// cuts nothing.
    pub fn assigned_parameter(&self, parameter: impl Into<Sql>) -> Sql {
        match self.may_hide_length() {
            // The type of a parameter has no modifier, so a cast with one would cut it.
            true if self.name.contains('(') => self.assigned_by_text(&sql!("({})::{}", parameter.into(), self.bare_name())),
            true => sql!("({})::{}", parameter.into(), self.cast()),
            false => self.assigned(parameter),
        }
    }

    /// The name of the type of bits, and of the function that cuts them.
    fn bits(&self) -> &'static str {
        if self.name.starts_with("bit varying") { "pg_catalog.varbit" } else { "pg_catalog.\"bit\"" }
    }

    /// Whether an explicit cast to the type may cut a value that an assignment refuses: arrays of types with a length, and domains, which may be over
    /// any of them.
    fn may_hide_length(&self) -> bool {
        let element = SqlType { name: self.name.trim_end_matches("[]").to_owned(), family: self.family }.bare_name();
        let is_array = self.name.ends_with("[]");
        match BUILT_IN.contains(&element.as_str()) || element.starts_with("interval ") {
            true => is_array && self.name.contains('(') && ["character", "bit"].iter().any(|t| element.starts_with(t)),
            false => true,
        }
    }

    /// The same for a row of values, which has no type yet that could be cast.
    pub fn assigned_row(&self, row: impl Into<Sql>, mark: &str) -> Sql {
        match self.may_hide_length() {
            true => self.through_text(&row.into(), "r.v"),
            false => self.assigned_by_type(row, mark),
        }
    }

    /// A value that goes through its text. The cast is never run: it makes the server check that there is one.
    fn assigned_by_text(&self, expression: &Sql) -> Sql {
        self.through_text(expression, &format!("CASE WHEN false THEN s.v::{} ELSE r.v END", self.cast()))
    }

    /// The type's input function cuts nothing.
    fn through_text(&self, expression: &Sql, read: &str) -> Sql {
        sql!(
            "(SELECT {} FROM (VALUES ({})) AS s(v), \
             LATERAL pg_catalog.jsonb_to_record(pg_catalog.jsonb_build_object('v', {}(s.v))) AS r(v {}))",
            read,
            expression,
            own("pinned_text"),
            self.cast()
        )
    }

    /// The same for an expression with a type of its own: one that cannot be assigned raises an error, in which `mark` tells the
    /// column and the client's position. A string or a parameter alone has no type yet, and goes through [`SqlType::assigned`].
    pub fn assigned_by_type(&self, expression: impl Into<Sql>, mark: &str) -> Sql {
        let expression = expression.into();
        match self.function_suffix().filter(|_| !mark.contains(['*', '/'])) {
            Some(suffix) => sql!("({}{}/*{}*/({}))::{}", ASSIGN, suffix, mark, expression, self.cast()),
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

    /// The end of the name of our function for assignments to this type; a text needs none, because every type can be assigned to
    /// it.
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

    /// Canonical key text (storage model, "Keys"): a number without trailing zeros, a string without trailing spaces, a stamp as
    /// JSON writes it. It only narrows a search, so two values that differ only in spaces may share it.
    pub fn key_text(&self, value: &Sql) -> Sql {
        match self.family {
            Family::Number => sql!("pg_catalog.trim_scale(({})::numeric)::pg_catalog.text", value),
            Family::Varchar(_) | Family::Char(_) | Family::Text => {
                sql!("pg_catalog.rtrim(({})::pg_catalog.text, ' ')", value)
            }
            _ => sql!("({} OPERATOR(pg_catalog.#>>) '{}')", self.image(value), "{}"),
        }
    }

    /// The text of a code that must stay unique: it is equal only for values that the type itself calls equal.
    pub fn code_text(&self, value: &Sql) -> Sql {
        match self.family {
            Family::Varchar(_) | Family::Text => sql!("({})::pg_catalog.text", value),
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

    /// The type for a cast of a literal or a parameter before it is assigned: a cast with the length would cut it silently.
    pub fn without_length(&self, parameter: bool) -> String {
        match self.family {
            Family::Varchar(_) => "character varying".into(),
            Family::Char(_) => "pg_catalog.bpchar".into(),
            Family::Bits(Some(_)) => self.bits().into(),
            _ if !self.may_hide_length() => self.cast(),
            _ if self.name.contains('(') => self.bare_name(),
            _ if parameter => self.cast(),
            _ => "pg_catalog.text".into(),
        }
    }

    /// The value as its type prints it, with padding: as in a DETAIL line.
    pub fn shown(&self, value: &Sql) -> Sql {
        match self.family {
            // A cast to text drops the padding; the type's output function does not.
            Family::Char(_) => sql!("pg_catalog.textin(pg_catalog.bpcharout({}))", value),
            _ => sql!("({})::pg_catalog.text", value),
        }
    }
}

/// PostgreSQL's own types that a column may have, without modifiers and brackets, as `format_type` prints them (source, pg_type.dat). One that is
/// missing here costs a detour through its text.
const BUILT_IN: &[&str] = &[
    "\"char\"",
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "double precision",
    "inet",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "real",
    "regclass",
    "regprocedure",
    "regproc",
    "regtype",
    "smallint",
    "text",
    "tid",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "xid",
    "xid8",
    "xml",
];

fn is_instant(type_name: &str) -> bool {
    type_name.starts_with("timestamp") && type_name.ends_with("with time zone")
}

/// The mark of NULL in key text, `∅`, as SQL. A string of this character shares the key, and nothing else. It is written in ASCII,
/// because it occurs in texts and errors of clients whose encoding may lack the character.
/// in the texts of clients whose encoding has no such character, and in the errors that they are told.
pub const NULL_KEY: &str = r"E'\u2205'";

/// Key text of one or several columns: the text itself, or a JSON array of texts.
pub fn composite(texts: &[Sql]) -> Sql {
    let one = |text: &Sql| sql!("coalesce({}, {})", text, NULL_KEY);
    match texts {
        [single] => one(single),
        several => sql!("pg_catalog.jsonb_build_array({})::pg_catalog.text", Sql::join(several.iter().map(one), ", ")),
    }
}

/// The name of a function of our own.
fn own(name: &str) -> String {
    qualified(CONTROL, name)
}

fn plain(value: &Sql) -> Sql {
    sql!("pg_catalog.to_jsonb({})", value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_by_type() {
        let t = SqlType::new;
        let x = Sql::text("x");
        assert_eq!(t("character(4)").from_image("i", "a'b"), "(i OPERATOR(pg_catalog.->>) 'a''b')::character(4)");
        assert_eq!(t("character varying(10)").assigned("$1").render(), "pg_catalog.\"varchar\"(($1)::varchar, 14, false)");
        assert_eq!(t("bit(5)").assigned("x").render(), "pg_catalog.\"bit\"((x)::pg_catalog.\"bit\", 5, false)");
        assert_eq!(t("bit varying(5)").assigned("x").render(), "pg_catalog.varbit((x)::pg_catalog.varbit, 5, false)");
        assert_eq!(t("bit varying").assigned("x").render(), "(x)::bit varying");
        assert_eq!(t("interval day to second(3)").assigned("x").render(), "(x)::interval day to second(3)");
        assert_eq!(t("timestamp(3) without time zone[]").assigned("x").render(), "(x)::timestamp(3) without time zone[]");
        assert_eq!(
            t("s.dom").assigned("x").render(),
            "(SELECT CASE WHEN false THEN s.v::s.dom ELSE r.v END FROM (VALUES (x)) AS s(v), LATERAL \
             pg_catalog.jsonb_to_record(pg_catalog.jsonb_build_object('v', esclusa.pinned_text(s.v))) AS r(v s.dom))"
        );
        let widths = ["s.dom", "bit(5)", "bit varying(5)", "character(3)[]", "date"]
            .map(|name| [false, true].map(|p| t(name).without_length(p)));
        assert_eq!(widths[0], ["pg_catalog.text", "s.dom"]);
        assert_eq!(widths[1], ["pg_catalog.\"bit\"", "pg_catalog.\"bit\""]);
        assert_eq!(widths[2], ["pg_catalog.varbit", "pg_catalog.varbit"]);
        assert_eq!(widths[3], ["character[]", "character[]"]);
        assert_eq!(widths[4], ["pg_catalog.date", "pg_catalog.date"]);
        assert_eq!(t("dom").assigned_parameter("$1").render(), "($1)::dom");
        assert_eq!(t("dom[]").assigned_parameter("$1").render(), "($1)::dom[]");
        assert_eq!(t("bigint").assigned_parameter("$1").render(), "($1)::bigint");
        let array = t("character varying(3)[]").assigned_parameter("$1").render();
        assert!(
            array.contains("VALUES (($1)::character varying[])") && array.ends_with("r(v character varying(3)[]))"),
            "{array}"
        );
        assert_eq!(t("bpchar").assigned("x").render(), "(x)::pg_catalog.bpchar");
        let marked = t("numeric(5,0)").assigned_by_type("a + 1", "c@7").render();
        assert_eq!(marked, "(esclusa.assign_numeric/*c@7*/(a + 1))::numeric(5,0)");
        assert_eq!(t("character(4)").assigned_by_type("a", "c@7"), t("character(4)").assigned("a"));
        assert_eq!(t("timestamp(0) without time zone").bare_name(), "timestamp without time zone");
        assert_eq!(t("numeric(5,0)").key_text(&x).render(), "pg_catalog.trim_scale((x)::numeric)::pg_catalog.text");
        assert_eq!(t("text").from_image("i", "c"), "(i OPERATOR(pg_catalog.->>) 'c')");
        assert_eq!(t("name").from_text("x"), "pg_catalog.namein(pg_catalog.textout(x))");
        assert_eq!(t("name[]").from_text("x"), "(x::pg_catalog.name[] COLLATE pg_catalog.\"C\")");
        assert!(t("numeric(5,0)").is_whole_number() && !t("numeric(6,2)").is_whole_number() && !t("numeric").is_whole_number());
        assert!(t("timestamp without time zone").is_stamp() && t("date").is_stamp() && !t("time without time zone").is_stamp());
        for by_text in ["timestamp without time zone[]", "timestamp with time zone", "timestamp(0) with time zone", "json"] {
            assert_eq!(t(by_text).image(&x).render(), "pg_catalog.to_jsonb(esclusa.pinned_text(x))");
        }
        assert_eq!(t("time with time zone").image(&x).render(), "pg_catalog.to_jsonb(x)");
    }

    #[test]
    fn composite_keys_are_json_arrays() {
        assert_eq!(composite(&["a".into()]).render(), r"coalesce(a, E'\u2205')");
        let two = composite(&["a".into(), "b".into()]).render();
        assert_eq!(two, r"pg_catalog.jsonb_build_array(coalesce(a, E'\u2205'), coalesce(b, E'\u2205'))::pg_catalog.text");
    }
}
