//! Random values for one column that suit its type and its name.
//!
//! Everything about a single value is here: the terms of the water business, the odd strings, the days
//! on which the clocks of Mexico City changed. It does not know keys, histories or the plan, and it
//! covers only the types that the legacy schema has; a column of any other type gets `0`.

use jiff::Span;
use jiff::civil::{Date, date};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sizes::Sizes;
use crate::catalog::{Column, Table};

/// One field of a row as PostgreSQL would print it; `None` is NULL.
pub(super) type Cell = Option<String>;

/// When the legacy system went live: no stamp is older.
pub(super) const FIRST_STAMP: &str = "2004-01-05 08:00:00";
/// Its day, 2004-01-05, since 1970-01-01.
pub(super) const FIRST_DAY: i64 = 12_422;
pub(super) const FIRST_SECOND: i64 = FIRST_DAY * DAY_SECONDS + 8 * 3_600;
const DAY_SECONDS: i64 = 86_400;
const SPAN_DAYS: i64 = 22 * 365;

const USERS: [&str; 11] =
    ["CONVERSION", "Conversion", "ADMIN", "JMUÑOZ", "MPEÑA", "L.GARCÍA", "RNÚÑEZ", "aqsbatch", "SERVIDOR", "ZOÉ", "O'HARA"];
#[rustfmt::skip]
const PHRASES: [&str; 36] = [
    "Calle Peñuelas", "Corrección de lectura", "Avería en acometida", "Sin medición",
    "Baja por impago", "Año fiscal", "Reducción 50%", "Verificación técnica", "Água tratada",
    "Niño Artillero", "Cañón del Sótano", "Jalpan de Serra", "Querétaro", "Corregidora",
    "El Marqués", "San Juan del Río", "Tequisquiapan", "Colón", "Pedro Escobedo", "Doméstico",
    "Público concertado", "Comercial ñ", "Pagaré", "Depósito en garantía", "Inspección",
    "Reconexión", "Cancelación", "Ampliación de plazo", "¿Pendiente?", "¡Urgente!", "Acción «A»",
    "Señalización", "Ícono", "Órgano", "Último aviso", "Vía pública",
];
#[rustfmt::skip]
const NAMES: [&str; 16] = [
    "José", "María", "Ángel", "Íñigo", "Sofía", "Ramón", "Lucía", "Peña", "Muñoz", "Núñez",
    "García", "Hernández", "Ibáñez", "Güemes", "Ordóñez", "Zúñiga",
];
/// Strings that break code which trims, splits, quotes or escapes carelessly, or takes a word for
/// NULL.
#[rustfmt::skip]
const ODD_TEXTS: [&str; 14] = [
    "", " ", "  ", "fin con blancos   ", "tab\tdentro", "línea 1\nlínea 2", "c:\\ruta\\ñ",
    "comilla ' y \"doble\"", "100%_x", "{\"json\":1}", "€ 1.234,50", "null", "NULL", "\\N",
];
/// The shortest limit of a text column that gets odd strings.
const ODD_TEXT_CHARS: usize = 12;
const LETTERS: [&str; 7] = ["A", "B", "C", "Ñ", "1", "S", "N"];

const FAR_DATES: [&str; 2] = ["2999-12-31", "9999-12-31"];
const EXTREME_DATES: [&str; 5] = ["2999-12-31", "9999-12-31", "infinity", "-infinity", "0044-03-15 BC"];
const FLOATS: [&str; 7] = ["0", "0.1", "12.35", "1234567.891", "-3.3", "1e-07", "0.30000000000000004"];
const EXTREME_FLOATS: [&str; 3] = ["NaN", "Infinity", "-0"];
const EXTREME_NUMERICS: [&str; 4] = ["NaN", "123456789012345678901234567890.1234567890", "-0.000", "1e-20"];

/// The kind of values in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any character type, with its limit in characters.
    Text {
        limit: Option<usize>,
    },
    /// `numeric`, with its digits before and after the point; unlimited without.
    Numeric {
        size: Option<(u32, u32)>,
    },
    Integer,
    Float,
    Date,
    Timestamp,
    Time,
    Bytes,
    Boolean,
    Other,
}

impl Kind {
    /// Reads what PostgreSQL's `format_type` prints.
    fn of(type_name: &str) -> Self {
        let mut parts = type_name.split(['(', ',', ')']);
        let name = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.trim().parse::<u32>().ok());
        match name {
            "character" | "character varying" | "bpchar" | "text" | "name" => {
                Self::Text { limit: number().and_then(|limit| limit.try_into().ok()) }
            }
            "numeric" => Self::Numeric {
                size: number().map(|precision| {
                    let scale = number().unwrap_or(0);
                    (precision.saturating_sub(scale), scale)
                }),
            },
            "smallint" | "integer" | "bigint" | "oid" => Self::Integer,
            "real" | "double precision" => Self::Float,
            "date" => Self::Date,
            "bytea" => Self::Bytes,
            "boolean" => Self::Boolean,
            _ if name.starts_with("timestamp") => Self::Timestamp,
            _ if name.starts_with("time") => Self::Time,
            _ => Self::Other,
        }
    }

    /// Whether every value of `other` can be stored in this kind, if need be cut to its limit.
    pub(super) fn takes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Text { .. }, Self::Text { .. }) => true,
            (Self::Numeric { size: Some(own) }, Self::Numeric { size: Some(from) }) => own.0 >= from.0 && own.1 == from.1,
            _ => self == other,
        }
    }
}

/// A column as the generator sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// A yes/no column: recognised by `sn` in its name or by a default of S or N.
    yes_no: bool,
}

impl<'a> Field<'a> {
    pub(super) fn of(column: &'a Column) -> Self {
        let default = column.default.as_deref().unwrap_or_default();
        let flag = |letter: &str| default.starts_with(letter);
        Self {
            name: &column.name,
            kind: Kind::of(&column.type_name),
            nullable: !column.not_null,
            yes_no: column.name.contains("sn") || flag("'S") || flag("'N"),
        }
    }

    /// The columns of a table, in order.
    pub(super) fn all(table: &'a Table) -> Vec<Self> {
        table.columns.iter().map(Self::of).collect()
    }

    pub(super) fn is_numeric(&self) -> bool {
        matches!(self.kind, Kind::Numeric { .. })
    }

    /// The limit of a text in characters.
    pub(super) fn limit(&self) -> Option<usize> {
        match self.kind {
            Kind::Text { limit } => limit,
            _ => None,
        }
    }
}

/// The random values of one table.
///
/// Each table has its own ChaCha stream, derived from its name, so its rows depend neither on the
/// other generated tables nor on their order.
pub(super) struct Values<'a> {
    random: ChaCha8Rng,
    sizes: &'a Sizes,
}

impl<'a> Values<'a> {
    pub(super) fn new(sizes: &'a Sizes, table: &str) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(sizes.seed);
        random.set_stream(name_hash(table));
        Self { random, sizes }
    }

    /// True in about this many of a hundred draws.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.up_to(99) < percent
    }

    /// One of the items, if there are any.
    pub(super) fn one_of<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        items.choose(&mut self.random)
    }

    /// A value for the column, or now and then NULL where that is allowed.
    pub(super) fn cell(&mut self, field: &Field) -> Cell {
        let null = field.nullable && self.chance(20);
        (!null).then(|| self.value(field))
    }

    /// A value for the column.
    pub(super) fn value(&mut self, field: &Field) -> String {
        match field.kind {
            Kind::Text { limit } => self.text(field, limit),
            Kind::Numeric { size } => self.numeric(field.name, size),
            Kind::Integer => self.row_id(),
            Kind::Float => self.float(),
            Kind::Date => self.date(),
            Kind::Timestamp => self.timestamp(),
            Kind::Time => clock_text(self.span(DAY_SECONDS)),
            Kind::Bytes => self.bytes(),
            Kind::Boolean => self.pick(&["t", "f"]).to_owned(),
            Kind::Other => "0".to_owned(),
        }
    }

    /// The name of a user who changed a row; at most ten characters.
    pub(super) fn user(&mut self) -> &'static str {
        self.pick(&USERS)
    }

    /// Some words in Spanish.
    pub(super) fn phrase(&mut self) -> &'static str {
        self.pick(&PHRASES)
    }

    /// A time since 2004, sometimes one that the clocks of Mexico City skipped or showed twice.
    ///
    /// From 2004 to 2022 they went from 02:00 to 03:00 on the first Sunday of April, and from 02:00
    /// back to 01:00 on the last Sunday of October. A timestamp without time zone must survive
    /// both.
    pub(super) fn timestamp(&mut self) -> String {
        let draw = self.up_to(99);
        let year = 2004 + i16::try_from(self.span(19)).unwrap_or_default();
        match draw {
            0..4 => {
                let (minute, second) = (self.pick(&[0, 15, 30, 59]), self.pick(&[0, 0, 59]));
                format!("{} 02:{minute:02}:{second:02}", sunday_from(date(year, 4, 1)))
            }
            4..7 => {
                let minute = self.pick(&[0, 30, 59]);
                format!("{} 01:{minute:02}:00", sunday_from(date(year, 10, 25)))
            }
            _ => {
                let stamp = stamp_text(FIRST_SECOND + self.span(SPAN_DAYS * DAY_SECONDS));
                if draw >= 50 {
                    return stamp;
                }
                let fraction = format!("{:06}", 1 + self.up_to(999_997));
                format!("{stamp}.{}", fraction.trim_end_matches('0'))
            }
        }
    }

    fn text(&mut self, field: &Field, limit: Option<usize>) -> String {
        if limit == Some(1) {
            let letters: &[&str] = if field.yes_no { &["S", "N"] } else { &LETTERS };
            return self.pick(letters).to_owned();
        }
        let roomy = limit.is_none_or(|limit| limit >= ODD_TEXT_CHARS);
        let text = if roomy && self.chance(4) { self.pick(&ODD_TEXTS).to_owned() } else { self.plain_text(field.name, limit) };
        fit(&text, limit)
    }

    /// A text that suits the column's name.
    fn plain_text(&mut self, name: &str, limit: Option<usize>) -> String {
        let ends = |tails: &[&str]| tails.iter().any(|tail| name.ends_with(tail));
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if ends(&["hstusu", "sthusu", "stusu", "usuid", "usuario", "usucrea"]) {
            return self.user().to_owned();
        }
        if ends(&["idioma", "idicod", "idicodigo"]) {
            let language = if self.chance(90) { "es" } else { "en" };
            return language.to_owned();
        }
        if has(&["mail"]) {
            let mailbox = self.pick(&["jose.munoz", "peña", "info"]);
            return format!("{mailbox}{}@ejemplo.mx", self.up_to(998));
        }
        if has(&["tel", "fax"]) {
            return format!("442{:07}", self.up_to(9_999_999));
        }
        if ends(&["nif"]) || has(&["rfc"]) {
            return format!("XAXX{:06}ÑA{}", self.up_to(999_999), self.up_to(8));
        }
        if let Some(limit @ 1..=20) = limit
            && ends(&["cod", "codigo", "clave", "id"])
        {
            let code = format!("{:03}", self.up_to(999));
            return fit(&code, Some(limit));
        }
        if has(&["nom", "apel"]) {
            return format!("{} {}", self.pick(&NAMES), self.pick(&NAMES));
        }
        let phrase = self.phrase();
        if self.chance(50) {
            return phrase.to_owned();
        }
        format!("{phrase} {}", self.up_to(999))
    }

    fn numeric(&mut self, name: &str, size: Option<(u32, u32)>) -> String {
        match size {
            Some((digits, scale @ 1..)) => return self.decimal(digits, scale),
            None if self.sizes.extreme && self.chance(5) => {
                return self.pick(&EXTREME_NUMERICS).to_owned();
            }
            _ => {}
        }
        let digits = size.map_or(9, |(digits, _)| digits);
        let ends = |tails: &[&str]| tails.iter().any(|tail| name.ends_with(tail));
        let number = if ends(&["anno", "ano"]) {
            2004 + self.up_to(21)
        } else if ends(&["txtid"]) {
            1 + self.up_to(1_998)
        } else if size.is_none() || digits <= 5 || ends(&["id", "cod", "codigo"]) || self.chance(50) {
            self.up_to(self.top_id())
        } else {
            self.up_to(9_999_999)
        };
        number.min(power_of_ten(digits) - 1).to_string()
    }

    fn decimal(&mut self, digits: u32, scale: u32) -> String {
        let whole = self.up_to((power_of_ten(digits) - 1).min(99_999));
        let unit = power_of_ten(scale);
        let any = self.up_to(unit - 1);
        let fraction = self.pick(&[0, unit / 2, any]);
        let sign = if self.chance(5) { "-" } else { "" };
        let places = scale as usize;
        format!("{sign}{whole}.{fraction:0places$}")
    }

    fn float(&mut self) -> String {
        if self.sizes.extreme && self.chance(20) {
            return self.pick(&EXTREME_FLOATS).to_owned();
        }
        if self.chance(12) {
            return format!("{}.{:04}", self.up_to(999), self.up_to(9_999));
        }
        self.pick(&FLOATS).to_owned()
    }

    fn date(&mut self) -> String {
        if !self.chance(4) {
            return date_text(FIRST_DAY + self.span(SPAN_DAYS));
        }
        let far: &[&str] = if self.sizes.extreme { &EXTREME_DATES } else { &FAR_DATES };
        self.pick(far).to_owned()
    }

    fn bytes(&mut self) -> String {
        let count = self.up_to(7);
        (0..count).fold("\\x".to_owned(), |hex, _| format!("{hex}{:02x}", self.up_to(255)))
    }

    /// A number that often is the key of a row of some other table, and sometimes the code 0.
    fn row_id(&mut self) -> String {
        self.up_to(self.top_id()).to_string()
    }

    fn top_id(&self) -> u64 {
        u64::try_from(self.sizes.base).unwrap_or(u64::MAX)
    }

    fn up_to(&mut self, top: u64) -> u64 {
        self.random.random_range(0..=top)
    }

    /// A random number from 0 up to, not including, the length.
    fn span(&mut self, length: i64) -> i64 {
        self.random.random_range(0..length.max(1))
    }

    fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        self.one_of(items).copied().unwrap_or_default()
    }
}

/// The text, cut to this many characters.
pub(super) fn fit(text: &str, limit: Option<usize>) -> String {
    text.chars().take(limit.unwrap_or(usize::MAX)).collect()
}

/// FNV-1a: the standard library's hasher may change from one release to the next, and the rows must
/// not.
pub(super) fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn power_of_ten(exponent: u32) -> u64 {
    10u64.saturating_pow(exponent)
}

/// A second since 1970 as `2004-01-05 08:00:00`.
pub(super) fn stamp_text(second: i64) -> String {
    let (day, clock) = (second.div_euclid(DAY_SECONDS), second.rem_euclid(DAY_SECONDS));
    format!("{} {}", date_text(day), clock_text(clock))
}

/// A second of a day as `08:00:00`.
pub(super) fn clock_text(second: i64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// The first Sunday on or after a day.
fn sunday_from(day: Date) -> Date {
    let days = (7 - i64::from(day.weekday().to_sunday_zero_offset())) % 7;
    day.saturating_add(Span::new().days(days))
}

/// A day since 1970 as `2004-01-05`.
pub(super) fn date_text(day: i64) -> String {
    date(1970, 1, 1).saturating_add(Span::new().days(day)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_through_leap_days() {
        assert_eq!((date_text(0), date_text(12_477)), ("1970-01-01".to_owned(), "2004-02-29".to_owned()));
        assert_eq!(stamp_text(FIRST_SECOND), FIRST_STAMP);
    }

    #[test]
    fn clocks_change_on_the_right_sundays() {
        assert_eq!(sunday_from(date(2004, 4, 1)).to_string(), "2004-04-04");
        assert_eq!(sunday_from(date(2012, 4, 1)).to_string(), "2012-04-01");
        assert_eq!(sunday_from(date(2022, 10, 25)).to_string(), "2022-10-30");
    }

    #[test]
    fn type_names_are_read_as_postgresql_prints_them() {
        assert_eq!(Kind::of("numeric(10,2)"), Kind::Numeric { size: Some((8, 2)) });
        assert_eq!(Kind::of("numeric"), Kind::Numeric { size: None });
        assert_eq!(Kind::of("character varying(10)"), Kind::Text { limit: Some(10) });
        assert_eq!(Kind::of("bpchar"), Kind::Text { limit: None });
        assert_eq!(Kind::of("timestamp(3) without time zone"), Kind::Timestamp);
        assert_eq!(Kind::of("time without time zone"), Kind::Time);
    }
}
