//! Parameter values in PostgreSQL's binary formats, made from their text (PostgreSQL source, the `*_recv` functions of `utils/adt`).
//! What has no plain binary form here is `None`, and is sent as text.

/// The binary image of a value of a type, by the type's OID.
pub fn image(oid: u32, text: &str) -> Option<Vec<u8>> {
    match oid {
        16 => match text {
            "t" | "true" => Some(vec![1]),
            "f" | "false" => Some(vec![0]),
            _ => None,
        },
        20 => text.parse::<i64>().ok().map(|n| n.to_be_bytes().to_vec()),
        21 => text.parse::<i16>().ok().map(|n| n.to_be_bytes().to_vec()),
        23 => text.parse::<i32>().ok().map(|n| n.to_be_bytes().to_vec()),
        700 => text.parse::<f32>().ok().map(|n| n.to_be_bytes().to_vec()),
        701 => text.parse::<f64>().ok().map(|n| n.to_be_bytes().to_vec()),
        25 | 1042 | 1043 => Some(text.as_bytes().to_vec()),
        1082 => date(text).and_then(|days| i32::try_from(days).ok()).map(|days| days.to_be_bytes().to_vec()),
        1114 => timestamp(text).map(|micros| micros.to_be_bytes().to_vec()),
        1700 => numeric(text),
        _ => None,
    }
}

/// Days since 2000-01-01 of a date `YYYY-MM-DD` (Hinnant's algorithm for the proleptic Gregorian calendar).
fn date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(days - 730_425)
}

/// Microseconds since 2000-01-01 00:00.
fn timestamp(text: &str) -> Option<i64> {
    if text == "infinity" {
        return Some(i64::MAX);
    }
    let (day, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.splitn(3, ':').map(|p| p.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if fraction.len() > 6 {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some(((date(day)? * 24 + hours) * 60 + minutes) * 60_000_000 + seconds * 1_000_000 + micros)
}

/// Digits to the base 10,000 with the weight of the first, the sign, and the number of decimal places.
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
        assert_eq!(hex(1114, "2000-01-01 00:00:01.5"), "000000000016e360");
        assert_eq!(hex(23, "-2"), "fffffffe");
        assert_eq!(image(1700, "1e2"), None);
    }
}
