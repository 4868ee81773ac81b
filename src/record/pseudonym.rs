//! Pseudonyms replace values that must not be recorded. Under one key a value always has the same pseudonym, so that joins still match; different
//! values of one shape have different pseudonyms, so that keys stay unique; and a pseudonym has the shape of its value: letters for letters, digits
//! for digits, all other characters unchanged. That of a date, a time of day, a UUID, an IP or MAC address is one again, so that a type accepts it.
//!
//! A value is read as a number whose places have radices of their own, and is encrypted in place by a Feistel network whose rounds add a keyed
//! hash (HMAC-SHA-256) to one half, place by place: a permutation of all values of that shape. The shape itself (length, punctuation,
//! case, the year of a date, the mask of a network) is not hidden, and a value with few others of its shape, such as one digit, is hardly hidden.

use ring::hmac;

const ROUNDS: u8 = 10;
/// Letters beyond ASCII that are replaced by others of this list: those of Spanish.
const ACCENTED: [&str; 2] = ["áéíóúüñ", "ÁÉÍÓÚÜÑ"];

/// Makes pseudonyms.
#[derive(Debug, Clone)]
pub(super) struct Pseudonyms(hmac::Key);

/// A piece of a value.
enum Fragment {
    /// A character that stays.
    Fixed(char),
    /// One character of an alphabet.
    One(u32, Alphabet),
    /// A number that counts from something, such as a month.
    Number(u32, Field),
    /// One of these texts.
    OneOf(u32, Vec<String>),
}

#[derive(Clone, Copy)]
struct Alphabet(u32, fn(u32) -> char);

#[derive(Clone, Copy)]
struct Field {
    first: u32,
    count: u32,
    /// Digits at least.
    width: usize,
}

impl Field {
    const fn two(first: u32, count: u32) -> Self {
        Field { first, count, width: 2 }
    }

    fn fragment(self, number: u32) -> Option<Fragment> {
        let at = number.checked_sub(self.first).filter(|at| *at < self.count)?;
        Some(Fragment::Number(at, self))
    }
}

impl Fragment {
    fn place(&self) -> Option<(u32, u32)> {
        match self {
            Fragment::Fixed(_) => None,
            Fragment::One(value, Alphabet(radix, _)) => Some((*value, *radix)),
            Fragment::Number(value, field) => Some((*value, field.count)),
            Fragment::OneOf(value, texts) => Some((*value, texts.len() as u32)),
        }
    }
}

impl Pseudonyms {
    pub(super) fn new(key: hmac::Key) -> Self {
        Pseudonyms(key)
    }

    /// The pseudonym of a text.
    pub(super) fn text(&self, value: &str) -> String {
        let Some(mut pieces) = pieces_of(value) else { return self.opaque(value) };
        self.permute(&mut pieces);
        let mut out = String::with_capacity(value.len());
        for piece in &pieces {
            match piece {
                Fragment::Fixed(c) => out.push(*c),
                Fragment::One(value, Alphabet(_, letter)) => out.push(letter(*value)),
                Fragment::Number(value, field) => out.push_str(&format!("{:0width$}", value + field.first, width = field.width)),
                Fragment::OneOf(value, texts) => out.push_str(&texts[*value as usize]),
            }
        }
        out
    }

    /// The pseudonym of a whole number within a range: the permutation is repeated until the result is in the range, which is a permutation again.
    pub(super) fn integer(&self, value: i64, least: i64, most: i64) -> i64 {
        let mut text = value.to_string();
        loop {
            text = self.text(&text);
            match text.parse() {
                Ok(number) if (least..=most).contains(&number) => return number,
                _ => {}
            }
        }
    }

    /// A pseudonym of bytes that hides everything but their number: a hash of the value, extended by a stream derived from it.
    pub(super) fn bytes(&self, value: &[u8], count: usize) -> Vec<u8> {
        let seed = hmac::sign(&self.0, value);
        let block = |number: usize| hmac::sign(&self.0, &[b"stream", &number.to_be_bytes()[..], seed.as_ref()].concat());
        let mut out = Vec::with_capacity(count + 32);
        while out.len() < count {
            out.extend_from_slice(block(out.len()).as_ref());
        }
        out.truncate(count);
        out
    }

    /// As many ASCII letters, for a value with letters that have no alphabet here.
    fn opaque(&self, value: &str) -> String {
        self.bytes(value.as_bytes(), value.chars().count()).iter().map(|b| char::from(b'a' + b % 26)).collect()
    }

    fn permute(&self, pieces: &mut [Fragment]) {
        let (mut values, radices): (Vec<u32>, Vec<u32>) = pieces.iter().filter_map(Fragment::place).unzip();
        let shape: Vec<u8> = radices.iter().map(|radix| *radix as u8).collect();
        let middle = values.len() / 2;
        for round in 0..ROUNDS {
            let (left, right) = values.split_at_mut(middle);
            let (from, to, radices) =
                if round % 2 == 0 { (left, right, &radices[middle..]) } else { (right, left, &radices[..middle]) };
            let known: Vec<u8> = from.iter().map(|v| *v as u8).collect();
            let hash = self.bytes(&[&[round], shape.as_slice(), &known].concat(), to.len() * 2);
            for ((value, radix), hash) in to.iter_mut().zip(radices).zip(hash.chunks_exact(2)) {
                *value = (*value + u32::from(u16::from_be_bytes([hash[0], hash[1]]))) % radix;
            }
        }
        let mut values = values.into_iter();
        for piece in pieces {
            if let Fragment::One(value, _) | Fragment::Number(value, _) | Fragment::OneOf(value, _) = piece {
                *value = values.next().unwrap_or(*value);
            }
        }
    }
}

/// A value in pieces; `None` where a letter is in no alphabet here.
fn pieces_of(value: &str) -> Option<Vec<Fragment>> {
    if let Some(pieces) = identifier(value) {
        return Some(pieces);
    }
    let mut pieces = Vec::with_capacity(value.len());
    let rest = moment(value, &mut pieces);
    let mut before = if pieces.is_empty() { ' ' } else { '0' };
    for c in rest.chars() {
        pieces.push(piece(c, before.is_ascii_digit())?);
        before = c;
    }
    Some(pieces)
}

fn piece(c: char, follows_digit: bool) -> Option<Fragment> {
    let from = |first: char| u32::from(c) - u32::from(first);
    let letter = |first: u8| match first {
        b'a' => Alphabet(26, |v| char::from(b'a' + v as u8)),
        b'A' => Alphabet(26, |v| char::from(b'A' + v as u8)),
        // A number keeps its number of digits.
        b'1' => Alphabet(9, |v| char::from(b'1' + v as u8)),
        _ => Alphabet(10, |v| char::from(b'0' + v as u8)),
    };
    Some(match c {
        'a'..='z' => Fragment::One(from('a'), letter(b'a')),
        'A'..='Z' => Fragment::One(from('A'), letter(b'A')),
        '0'..='9' if follows_digit => Fragment::One(from('0'), letter(b'0')),
        '1'..='9' => Fragment::One(from('1'), letter(b'1')),
        c => {
            let place = |letters: &str| letters.chars().position(|l| l == c).map(|at| at as u32);
            match (place(ACCENTED[0]), place(ACCENTED[1])) {
                (Some(at), _) => Fragment::One(at, Alphabet(7, |v| ACCENTED[0].chars().nth(v as usize).unwrap_or('á'))),
                (_, Some(at)) => Fragment::One(at, Alphabet(7, |v| ACCENTED[1].chars().nth(v as usize).unwrap_or('Á'))),
                (None, None) if c.is_alphanumeric() && c != '0' => return None,
                (None, None) => Fragment::Fixed(c),
            }
        }
    })
}

/// The pieces of a UUID, an IP address with or without a mask, or a MAC address.
fn identifier(value: &str) -> Option<Vec<Fragment>> {
    let (address, mask) = value.split_once('/').map_or((value, ""), |(address, _)| (address, &value[address.len()..]));
    if mask.bytes().skip(1).any(|c| !c.is_ascii_digit()) {
        return None;
    }
    let octet = |text: &str| {
        let plain = text == "0" || !text.starts_with('0') && text.bytes().all(|c| c.is_ascii_digit());
        Field { first: 0, count: 256, width: 1 }.fragment(text.parse().ok().filter(|_| plain)?)
    };
    let octets: Option<Vec<Fragment>> = address.split('.').map(octet).collect();
    let mut pieces = Vec::with_capacity(value.len());
    if let Some(octets) = octets.filter(|octets| octets.len() == 4) {
        for (at, octet) in octets.into_iter().enumerate() {
            pieces.extend((at > 0).then_some(Fragment::Fixed('.')));
            pieces.push(octet);
        }
    } else {
        let groups = |mark: char| address.split(mark).map(str::len).collect::<Vec<usize>>();
        let is_uuid = groups('-') == [8, 4, 4, 4, 12] && mask.is_empty();
        let is_hardware =
            [':', '-'].iter().any(|mark| matches!(groups(*mark).as_slice(), [2, 2, 2, 2, 2, 2] | [2, 2, 2, 2, 2, 2, 2, 2]));
        let is_long =
            groups(':').len() > 2 && groups(':').iter().all(|n| *n <= 4) && (address.contains("::") || groups(':').len() == 8);
        if !is_uuid && !is_hardware && !is_long {
            return None;
        }
        for c in address.chars() {
            pieces.push(hexadecimal(c)?);
        }
    }
    pieces.extend(mask.chars().map(Fragment::Fixed));
    Some(pieces)
}

/// A hexadecimal digit as PostgreSQL prints it, or what stands between the groups.
fn hexadecimal(c: char) -> Option<Fragment> {
    match c {
        ':' | '-' => Some(Fragment::Fixed(c)),
        c => c.to_digit(16).map(|digit| Fragment::One(digit, Alphabet(16, |v| char::from_digit(v, 16).unwrap_or('0')))),
    }
}

/// The number that two digits at a place are.
fn two(value: &str, at: usize) -> Option<u32> {
    let two = value.as_bytes().get(at..at + 2).filter(|two| two.iter().all(u8::is_ascii_digit))?;
    Some(u32::from(two[0] - b'0') * 10 + u32::from(two[1] - b'0'))
}

fn is(value: &str, at: usize, marks: &str) -> bool {
    value.as_bytes().get(at).is_some_and(|c| marks.contains(char::from(*c)))
}

fn ends(value: &str, at: usize) -> bool {
    value.as_bytes().get(at).is_none_or(|c| !c.is_ascii_digit())
}

fn fixed(pieces: &mut Vec<Fragment>, text: &str) {
    pieces.extend(text.chars().map(Fragment::Fixed));
}

/// The pieces of a date, of a time of day, or of both, at the start of a value; returns the rest of the value.
fn moment<'v>(value: &'v str, pieces: &mut Vec<Fragment>) -> &'v str {
    let rest = match year_first(value).or_else(|| year_last(value)) {
        Some(found) => {
            pieces.extend(found);
            &value[10..]
        }
        None if clock(value).is_some() => return clock_after(value, pieces),
        None => return value,
    };
    if is(rest, 0, " T") && clock(&rest[1..]).is_some() {
        fixed(pieces, &rest[..1]);
        return clock_after(&rest[1..], pieces);
    }
    rest
}

/// A month and a day after the 28th, which not every month has: one of all such pairs of the year, written as `text` does.
fn late(year: u32, month: u32, day: u32, text: impl Fn(u32, u32) -> String) -> Option<Fragment> {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = |month: u32| match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let pairs: Vec<(u32, u32)> = (1..=12).flat_map(|month| (29..=days(month)).map(move |day| (month, day))).collect();
    let at = pairs.iter().position(|pair| *pair == (month, day))?;
    Some(Fragment::OneOf(at as u32, pairs.into_iter().map(|(month, day)| text(month, day)).collect()))
}

/// `1980-02-28`, `1980/02/28`.
fn year_first(value: &str) -> Option<Vec<Fragment>> {
    let (century, rest) =
        two(value, 0).zip(two(value, 2)).filter(|_| is(value, 4, "-/") && is(value, 7, "-/") && ends(value, 10))?;
    let (month, day) = (two(value, 5)?, two(value, 8)?);
    let between = &value[7..8];
    let mut pieces = Vec::with_capacity(10);
    fixed(&mut pieces, &value[..5]);
    match Field::two(1, 28).fragment(day) {
        None => pieces.push(late(century * 100 + rest, month, day, |month, day| format!("{month:02}{between}{day:02}"))?),
        Some(day) => {
            pieces.push(Field::two(1, 12).fragment(month)?);
            fixed(&mut pieces, between);
            pieces.push(day);
        }
    }
    Some(pieces)
}

/// `28/02/1980`, `02/28/1980`. Where both numbers may be a month, both stay such, so that the pseudonym is a date in either order.
fn year_last(value: &str) -> Option<Vec<Fragment>> {
    let (century, rest) =
        two(value, 6).zip(two(value, 8)).filter(|_| is(value, 2, "-/.") && is(value, 5, "-/.") && ends(value, 10))?;
    let (year, one, other, between) = (century * 100 + rest, two(value, 0)?, two(value, 3)?, &value[2..3]);
    let (month, day) = (Field::two(1, 12), Field::two(13, 16));
    let mut pieces = Vec::with_capacity(10);
    let mut push = |one: Option<Fragment>, other: Option<Fragment>| {
        pieces.extend(one);
        fixed(&mut pieces, between);
        pieces.extend(other);
    };
    match (one, other) {
        (29..=31, 1..=12) => pieces.push(late(year, other, one, |month, day| format!("{day:02}{between}{month:02}"))?),
        (1..=12, 29..=31) => pieces.push(late(year, one, other, |month, day| format!("{month:02}{between}{day:02}"))?),
        (1..=12, 1..=12) => push(month.fragment(one), month.fragment(other)),
        (13..=28, 1..=12) => push(day.fragment(one), month.fragment(other)),
        (1..=12, 13..=28) => push(month.fragment(one), day.fragment(other)),
        _ => return None,
    }
    fixed(&mut pieces, &value[5..10]);
    Some(pieces)
}

/// The hour, the minute and, if there is one, the second at the start of a value.
fn clock(value: &str) -> Option<(Fragment, Fragment, Option<Fragment>)> {
    let (hour, minute) = (Field::two(0, 24).fragment(two(value, 0)?)?, Field::two(0, 60).fragment(two(value, 3)?)?);
    let second = two(value, 6).filter(|_| is(value, 5, ":") && ends(value, 8)).and_then(|n| Field::two(0, 60).fragment(n));
    let whole = second.is_some() || ends(value, 5) && !is(value, 5, ":");
    (is(value, 2, ":") && whole).then_some((hour, minute, second))
}

fn clock_after<'v>(value: &'v str, pieces: &mut Vec<Fragment>) -> &'v str {
    let Some((hour, minute, second)) = clock(value) else { return value };
    pieces.extend([hour, Fragment::Fixed(':'), minute]);
    match second {
        Some(second) => {
            pieces.extend([Fragment::Fixed(':'), second]);
            offset(&value[8..], pieces)
        }
        None => offset(&value[5..], pieces),
    }
}

/// The fraction of a second is replaced; an offset after it stays, because not every number is one.
fn offset<'v>(rest: &'v str, pieces: &mut Vec<Fragment>) -> &'v str {
    let digits = rest.strip_prefix('.').map_or(0, |rest| 1 + rest.bytes().take_while(u8::is_ascii_digit).count());
    let mut follows = true;
    for c in rest[..digits].chars() {
        pieces.extend(piece(c, follows));
        follows = true;
    }
    let zone = &rest[digits..];
    let signed = zone.trim_start_matches(' ');
    let is_offset = signed.starts_with(['+', '-']) && signed[1..].bytes().all(|c| c.is_ascii_digit() || c == b':');
    if is_offset {
        fixed(pieces, zone);
        return "";
    }
    zone
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn pseudonyms(key: &[u8]) -> Pseudonyms {
        Pseudonyms::new(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    #[test]
    fn a_pseudonym_has_the_shape_of_its_value() {
        let one = pseudonyms(b"one");
        let shape = |text: &str| {
            let class = |c: char| match c {
                '1'..='9' | '0' => '9',
                c if c.is_lowercase() => 'a',
                c if c.is_uppercase() => 'A',
                c => c,
            };
            text.chars().map(class).collect::<String>()
        };
        for value in ["Ana Peña", "ana.lopez@cea.gob.mx", "0012-77", "12345.60", "-71824", "ÑOÑO 3", "PEGA800101HDF"] {
            let made = one.text(value);
            assert_eq!(shape(&made), shape(value), "{value} {made}");
            assert_ne!(made, value);
            assert_eq!(made, one.text(value));
            assert_ne!(made, pseudonyms(b"two").text(value));
        }
        assert_eq!(one.text(" - "), " - ");
        assert!(one.text("привет").chars().all(|c| c.is_ascii_lowercase()), "no letter of it stays");
    }

    #[test]
    fn values_of_one_shape_never_meet() {
        let one = pseudonyms(b"one");
        let all = |values: Vec<String>| (values.len(), values.iter().map(|v| one.text(v)).collect::<HashSet<_>>().len());
        let (count, distinct) = all((1000..10_000).map(|n| n.to_string()).collect());
        assert_eq!(count, distinct);
        let days = (1..13).flat_map(|m| (1..29).map(move |d| format!("1980-{m:02}-{d:02}")));
        let (count, distinct) = all(days.collect());
        assert_eq!(count, distinct);
        let (count, distinct) = all((b'a'..=b'z').map(|c| char::from(c).to_string()).collect());
        assert_eq!(count, distinct);
    }

    /// What each type of PostgreSQL accepts is accepted again, and different values never meet.
    #[test]
    fn times_and_addresses_stay_such() {
        let one = pseudonyms(b"one");
        let number = |text: &str| text.parse::<u32>().unwrap();
        for value in ["23:59", "00:00:00", "10:20:30.123456", "10:20:30+05:30", "10:20-06"] {
            let made = one.text(value);
            assert!(number(&made[..2]) < 24 && number(&made[3..5]) < 60 && made.len() == value.len(), "{value} {made}");
            assert_eq!(made.find(['+', '-']).map(|at| &made[at..]), value.find(['+', '-']).map(|at| &value[at..]));
        }
        for value in ["28/02/1980", "02/28/1980", "05/06/1980", "05-06-1980 10:20:30", "31.12.1999", "13/01/2020"] {
            let made = one.text(value);
            let (a, b) = (number(&made[..2]), number(&made[3..5]));
            assert!((1..13).contains(&a.min(b)) && (1..32).contains(&a.max(b)) && made[5..10] == value[5..10], "{value} {made}");
            assert_eq!((a > 12, b > 12), (number(&value[..2]) > 12, number(&value[3..5]) > 12), "{value} {made}");
        }
        for value in
            ["192.168.0.17", "10.0.0.0/8", "255.255.255.255", "fe80::1", "2001:db8:0:0:8:800:200c:417a", "::1", "fe80::/64"]
        {
            let made = one.text(value);
            let (address, mask) = made.split_once('/').unwrap_or((&made, ""));
            address.parse::<std::net::IpAddr>().unwrap_or_else(|e| panic!("{value} {made} {e}"));
            assert_eq!(mask, value.split_once('/').map_or("", |(_, mask)| mask));
            assert_ne!(made, value);
        }
        for value in ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "08:00:2b:01:02:03"] {
            let made = one.text(value);
            assert!(
                made != value && made.len() == value.len() && made.chars().all(|c| c.is_ascii_hexdigit() || "-:".contains(c))
            );
        }
        let clocks = (0..24).flat_map(|h| (0..60).map(move |m| format!("{h:02}:{m:02}")));
        let octets = (0..=255).map(|n| format!("10.0.0.{n}"));
        let days = (1..13)
            .flat_map(|m| (1..32).map(move |d| format!("{d:02}/{m:02}/1980")))
            .filter(|day| jiff::civil::Date::strptime("%d/%m/%Y", day).is_ok());
        for all in [clocks.collect::<Vec<_>>(), octets.collect(), days.collect()] {
            assert_eq!(all.iter().map(|value| one.text(value)).collect::<HashSet<_>>().len(), all.len());
        }
    }

    #[test]
    fn dates_stay_dates_and_numbers_stay_in_their_range() {
        let one = pseudonyms(b"one");
        for value in
            ["1980-02-28", "1980-01-31", "1979-12-29", "1980/02/29", "2015-06-01 23:59:59.123456", "2015-06-01T00:00:00+00"]
        {
            let made = one.text(value);
            assert!(made.starts_with(&value[..5]) && made != value, "{value} {made}");
            jiff::civil::Date::strptime("%Y-%m-%d", made[..10].replace('/', "-")).unwrap();
        }
        let numbers: HashSet<i64> = (2_000_000_000..2_000_001_000).map(|n| one.integer(n, 0, i64::from(i32::MAX))).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(one.integer(-5, -9, 9) < 0);
    }
}
