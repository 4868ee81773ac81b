//! Parameter values in PostgreSQL's binary formats, made from their text (PostgreSQL source, the `*_recv` functions of `utils/adt`).
//! A value of a type that is not covered here is `None`, and is sent as text.

use bytes::BytesMut;
use jiff::civil::{Date, DateTime, date};
use postgres_protocol::types;

/// The binary image of a value of a type, by the type's OID.
pub fn image(oid: u32, text: &str) -> Option<Vec<u8>> {
    match oid {
        16 => match text {
            "t" | "true" => Some(written(types::bool_to_sql, true)),
            "f" | "false" => Some(written(types::bool_to_sql, false)),
            _ => None,
        },
        20 => text.parse().ok().map(|n| written(types::int8_to_sql, n)),
        21 => text.parse().ok().map(|n| written(types::int2_to_sql, n)),
        23 => text.parse().ok().map(|n| written(types::int4_to_sql, n)),
        700 => text.parse().ok().map(|n| written(types::float4_to_sql, n)),
        701 => text.parse().ok().map(|n| written(types::float8_to_sql, n)),
        25 | 1042 | 1043 => Some(written(types::text_to_sql, text)),
        1082 => days(text).map(|days| written(types::date_to_sql, days)),
        1114 => micros(text).map(|micros| written(types::timestamp_to_sql, micros)),
        1700 => numeric(text),
        _ => None,
    }
}

fn written<T>(write: fn(T, &mut BytesMut), value: T) -> Vec<u8> {
    let mut out = BytesMut::new();
    write(value, &mut out);
    out.to_vec()
}

/// The epoch of PostgreSQL's dates and times.
const EPOCH: Date = date(2000, 1, 1);

/// Days since 2000-01-01 of a date `YYYY-MM-DD`.
fn days(text: &str) -> Option<i32> {
    let day = Date::strptime("%Y-%m-%d", text).ok()?;
    day.since(EPOCH).ok().map(|span| span.get_days())
}

/// Microseconds since 2000-01-01 00:00 of a day, or of a day and a time to the microsecond.
fn micros(text: &str) -> Option<i64> {
    if text == "infinity" {
        return Some(i64::MAX);
    }
    let is_finer = text.split_once('.').is_some_and(|(_, fraction)| fraction.len() > 6);
    let format = if text.contains(' ') { "%Y-%m-%d %H:%M:%S%.f" } else { "%Y-%m-%d" };
    let at =
        DateTime::strptime(format, text).or_else(|_| Date::strptime(format, text).map(Into::into)).ok().filter(|_| !is_finer)?;
    i64::try_from(at.duration_since(EPOCH.into()).as_micros()).ok()
}

/// A numeric, which postgres-protocol does not write: digits to the base 10,000 with the weight of the first, the sign, and the number of decimal places.
fn numeric(text: &str) -> Option<Vec<u8>> {
    const NEGATIVE: u16 = 0x4000;
    const NAN: u16 = 0xC000;
    let words = |list: &[u16]| list.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    if text == "NaN" {
        return Some(words(&[0, 0, NAN, 0]));
    }
    let (sign, unsigned) = text.strip_prefix('-').map_or((0, text), |rest| (NEGATIVE, rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let groups = whole.len().div_ceil(4);
    let padded = format!("{:0>w$}{:0<f$}", whole, fraction, w = groups * 4, f = fraction.len().div_ceil(4) * 4);
    let mut digits: Vec<u16> = (0..padded.len() / 4).map(|i| padded[i * 4..i * 4 + 4].parse().unwrap_or(0)).collect();
    let mut weight = i16::try_from(groups).ok()? - 1;
    while digits.first() == Some(&0) {
        digits.remove(0);
        weight -= 1;
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.is_empty() {
        weight = 0;
    }
    let scale = u16::try_from(fraction.len()).ok()?;
    let count = u16::try_from(digits.len()).ok()?;
    let sign = if digits.is_empty() { 0 } else { sign };
    Some(words(&[&[count, weight.cast_unsigned(), sign, scale], digits.as_slice()].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_what_the_server_sends() {
        // SELECT encode(numeric_send(12345.60), 'hex'), and so on.
        let hex = |oid, text| image(oid, text).unwrap().iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(1700, "12345.60"), "0003000100000002000109291770");
        assert_eq!(hex(1700, "-0.00012"), "0002ffff40000005000107d0");
        assert_eq!(hex(1700, "0.0"), "0000000000000001");
        assert_eq!(hex(1700, "10000"), "00010001000000000001");
        assert_eq!(hex(1082, "2000-01-01"), "00000000");
        assert_eq!(hex(1082, "1999-12-31"), "ffffffff");
        assert_eq!(hex(1082, "2026-11-28"), "00002664");
        assert_eq!(hex(1114, "2000-01-01 00:00:01.5"), "000000000016e360");
        assert_eq!(hex(1114, "1999-12-31"), "ffffffebe228a000");
        assert_eq!((image(1082, "2026-02-30"), image(1114, "2000-01-01 00:00:00.1234567")), (None, None));
        assert_eq!(hex(23, "-2"), "fffffffe");
        assert_eq!(image(1700, "1e2"), None);
    }
}
