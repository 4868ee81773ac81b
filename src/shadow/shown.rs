//! Values in PostgreSQL's binary formats as people read them (PostgreSQL source, the `*_send` functions of `utils/adt`): a DBA has
//! to recognise the row that differs. Values of unknown types, and bytes that are no value of their type, are shown as bytes.

use jiff::civil::{DateTime, Time, date};
use jiff::{SignedDuration, Span};
use postgres_protocol::types;

use crate::sql::quote::literal;

/// A value of the type with this OID, as it is written in a statement: numbers as they are, all others in quotes.
pub fn value(oid: u32, bytes: &[u8]) -> String {
    if let Some(number) = number(oid, bytes) {
        return number;
    }
    match text(oid, bytes) {
        Some(text) => literal(&text),
        None => self::bytes(bytes),
    }
}

/// Bytes of an unknown type, written like a bytea.
pub fn bytes(bytes: &[u8]) -> String {
    bytes.iter().fold("'\\x".to_owned(), |text, b| text + &format!("{b:02x}")) + "'"
}

fn number(oid: u32, bytes: &[u8]) -> Option<String> {
    Some(match oid {
        16 => types::bool_from_sql(bytes).ok()?.to_string(),
        20 => types::int8_from_sql(bytes).ok()?.to_string(),
        21 => types::int2_from_sql(bytes).ok()?.to_string(),
        23 => types::int4_from_sql(bytes).ok()?.to_string(),
        26 => types::oid_from_sql(bytes).ok()?.to_string(),
        700 => types::float4_from_sql(bytes).ok()?.to_string(),
        701 => types::float8_from_sql(bytes).ok()?.to_string(),
        1700 => numeric(bytes)?,
        _ => return None,
    })
}

fn text(oid: u32, bytes: &[u8]) -> Option<String> {
    Some(match oid {
        17 => return None,
        1082 => day(types::date_from_sql(bytes).ok()?)?,
        1083 => time(types::time_from_sql(bytes).ok()?)?,
        1114 => moment(types::timestamp_from_sql(bytes).ok()?, "")?,
        1184 => moment(types::timestamp_from_sql(bytes).ok()?, "+00")?,
        2950 => uuid(&types::uuid_from_sql(bytes).ok()?),
        // jsonb is a version byte, 1, and its text.
        3802 => readable(bytes.strip_prefix(&[1])?)?,
        // Texts, and user-defined types: the value of an enum is its label.
        _ => readable(bytes)?,
    })
}

fn readable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains(char::is_control)).then(|| text.to_owned())
}

/// The beginning of PostgreSQL's own calendar.
fn epoch() -> DateTime {
    date(2000, 1, 1).into()
}

fn day(days: i32) -> Option<String> {
    match days {
        i32::MAX => Some("infinity".to_owned()),
        i32::MIN => Some("-infinity".to_owned()),
        // jiff's calendar ends with the year 9999, PostgreSQL's does not.
        _ => epoch().date().checked_add(Span::new().try_days(days).ok()?).ok().map(|day| day.to_string()),
    }
}

fn time(micros: i64) -> Option<String> {
    const DAY: i64 = 86_400_000_000;
    match micros {
        DAY => Some("24:00:00".to_owned()),
        0..DAY => Some(Time::midnight().checked_add(SignedDuration::from_micros(micros)).ok()?.to_string()),
        _ => None,
    }
}

fn moment(micros: i64, zone: &str) -> Option<String> {
    match micros {
        i64::MAX => Some("infinity".to_owned()),
        i64::MIN => Some("-infinity".to_owned()),
        _ => {
            let at = epoch().checked_add(SignedDuration::from_micros(micros)).ok()?;
            Some(format!("{} {}{zone}", at.date(), at.time()))
        }
    }
}

fn uuid(bytes: &[u8; 16]) -> String {
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A numeric, which postgres-protocol does not read: digits to the base 10,000, the weight of the first digit, the sign, the number of decimal places.
fn numeric(bytes: &[u8]) -> Option<String> {
    let (words, rest) = bytes.as_chunks::<2>();
    let words: Vec<u16> = words.iter().map(|word| u16::from_be_bytes(*word)).collect();
    let [count, weight, sign, scale, digits @ ..] = words.as_slice() else { return None };
    let is_whole = rest.is_empty() && digits.len() == usize::from(*count) && digits.iter().all(|digit| *digit < 10_000);
    let sign = match sign {
        0x0000 => "",
        0x4000 => "-",
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("Infinity".to_owned()),
        0xF000 => return Some("-Infinity".to_owned()),
        _ => return None,
    };
    if !is_whole || *scale > 0x3FFF {
        return None;
    }
    let weight = i32::from(weight.cast_signed());
    // The digit that stands for 10,000 to the power of `at`.
    let digit = |at: i32| usize::try_from(weight - at).ok().and_then(|i| digits.get(i)).copied().unwrap_or(0);
    let whole: String = (0..=weight.max(0)).rev().map(|at| format!("{:04}", digit(at))).collect();
    let whole = whole.trim_start_matches('0');
    let places = usize::from(*scale);
    let groups = i32::try_from(places.div_ceil(4)).ok()?;
    let mut fraction: String = (1..=groups).map(|at| format!("{:04}", digit(-at))).collect();
    fraction.truncate(places);
    let point = if places > 0 { "." } else { "" };
    Some(format!("{sign}{}{point}{fraction}", if whole.is_empty() { "0" } else { whole }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(oid: u32, hex: &str) -> String {
        let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
        value(oid, &(0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>())
    }

    #[test]
    fn values_are_shown_as_the_server_prints_them() {
        // SELECT encode(numeric_send(12345.60), 'hex'), and so on.
        for (oid, hex, expected) in [
            (1700, "0003000100000002000109291770", "12345.60"),
            (1700, "0002ffff40000005000107d0", "-0.00012"),
            (1700, "0000000000000001", "0.0"),
            (1700, "00010001000000000001", "10000"),
            (1700, "0001000000000000 0001".replace(' ', "").as_str(), "1"),
            (1700, "0001fffe00000008000c", "0.00000012"),
            (1700, "00000000c0000000", "NaN"),
            (1700, "00000000d0000020", "Infinity"),
            (1082, "00000000", "'2000-01-01'"),
            (1082, "ffffffff", "'1999-12-31'"),
            (1082, "7fffffff", "'infinity'"),
            (1083, "000000000016e360", "'00:00:01.5'"),
            (1114, "000000000016e360", "'2000-01-01 00:00:01.5'"),
            (1184, "ffffffebe228a000", "'1999-12-31 00:00:00+00'"),
            (1114, "7fffffffffffffff", "'infinity'"),
            (16, "01", "true"),
            (21, "fffe", "-2"),
            (23, "41424344", "1094861636"),
            (20, "fffffffffffffffe", "-2"),
            (700, "3fc00000", "1.5"),
            (701, "7ff8000000000000", "NaN"),
            (25, "4f27426ff1", "'\\x4f27426ff1'"),
            (25, "4f27426f", "'O''Bo'"),
            (1042, "2020", "'  '"),
            (17, "4142", "'\\x4142'"),
            (2950, "a0eebc999c0b4ef8bb6d6bb9bd380a11", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
            (3802, "017b7d", "'{}'"),
            (99_999, "726f6a6f", "'rojo'"),
        ] {
            assert_eq!(shown(oid, hex), expected, "{oid} {hex}");
        }
    }

    #[test]
    fn bytes_that_are_no_value_of_their_type_stay_bytes() {
        for oid in [16, 20, 21, 23, 26, 700, 701, 1082, 1083, 1114, 1184, 1700, 2950, 3802, 17, 25] {
            for length in 0..24 {
                assert!(!value(oid, &vec![0xff; length]).is_empty());
                assert!(!value(oid, &vec![0x7f; length]).is_empty());
            }
        }
        assert_eq!(shown(1700, "0001"), "'\\x0001'");
        assert_eq!(shown(1700, "00010000000000002711"), "'\\x00010000000000002711'");
        assert_eq!(shown(23, "00"), "'\\x00'");
        assert_eq!(shown(1082, "7ffffffe"), "'\\x7ffffffe'");
    }
}
