//! Pseudonyms replace values that must not be recorded. Under one key a value always has the same pseudonym, so that joins still match; different
//! values of one shape have different pseudonyms, so that keys stay unique; and a pseudonym has the shape of its value: letters for letters, digits
//! for digits, a date for a date, all other characters unchanged.
//!
//! A value is read as a number whose places have radices of their own, and is encrypted in place by a Feistel network whose rounds add a keyed
//! hash (HMAC-SHA-256) to one half, place by place: a permutation of all values of that shape. The shape itself (length, punctuation,
//! case, the year of a date) is not hidden, and a value with few others of its shape, such as one digit, is hardly hidden.

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
    /// Two digits that count from something, such as a month.
    Two(u32, Field),
}

#[derive(Clone, Copy)]
struct Alphabet(u32, fn(u32) -> char);

#[derive(Clone, Copy)]
struct Field {
    first: u32,
    count: u32,
}

impl Fragment {
    fn place(&self) -> Option<(u32, u32)> {
        match self {
            Fragment::Fixed(_) => None,
            Fragment::One(value, Alphabet(radix, _)) => Some((*value, *radix)),
            Fragment::Two(value, field) => Some((*value, field.count)),
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
                Fragment::Two(value, field) => out.push_str(&format!("{:02}", value + field.first)),
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
            if let Fragment::One(value, _) | Fragment::Two(value, _) = piece {
                *value = values.next().unwrap_or(*value);
            }
        }
    }
}

/// A value in pieces; `None` where a letter is in no alphabet here.
fn pieces_of(value: &str) -> Option<Vec<Fragment>> {
    let mut pieces = Vec::with_capacity(value.len());
    let mut rest = value;
    if let Some(behind) = date(value, &mut pieces) {
        rest = behind;
    }
    let mut before = pieces.last().map_or(' ', |_| '0');
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

/// The pieces of a date, and of a time after it, at the start of a value; and the rest of the value.
fn date<'v>(value: &'v str, pieces: &mut Vec<Fragment>) -> Option<&'v str> {
    const MONTH: Field = Field { first: 1, count: 12 };
    /// Days after the 28th are not in every month, so they stay.
    const DAY: Field = Field { first: 1, count: 28 };
    const HOUR: Field = Field { first: 0, count: 24 };
    const SIXTY: Field = Field { first: 0, count: 60 };
    let bytes = value.as_bytes();
    let number = |at: usize| {
        let two = bytes.get(at..at + 2).filter(|two| two.iter().all(u8::is_ascii_digit))?;
        Some(u32::from(two[0] - b'0') * 10 + u32::from(two[1] - b'0'))
    };
    let is = |at: usize, c: u8| bytes.get(at) == Some(&c);
    let in_field = |at: usize, field: Field| number(at).filter(|n| (field.first..field.first + field.count).contains(n));
    let ends = |at: usize| bytes.get(at).is_none_or(|c| !c.is_ascii_digit());
    number(0).and(number(2)).filter(|_| is(4, b'-') && is(7, b'-') && ends(10))?;
    let (month, day) = (in_field(5, MONTH)?, number(8).filter(|day| (1..=31).contains(day))?);
    let fixed = |pieces: &mut Vec<Fragment>, from: usize, to: usize| {
        pieces.extend(value[from..to].chars().map(Fragment::Fixed));
    };
    fixed(pieces, 0, 5);
    if day > DAY.count {
        fixed(pieces, 5, 10);
    } else {
        pieces.push(Fragment::Two(month - 1, MONTH));
        fixed(pieces, 7, 8);
        pieces.push(Fragment::Two(day - 1, DAY));
    }
    let separated = is(10, b' ') || is(10, b'T');
    let clock = in_field(11, HOUR).zip(in_field(14, SIXTY)).zip(in_field(17, SIXTY));
    let Some(((hour, minute), second)) = clock.filter(|_| separated && is(13, b':') && is(16, b':') && ends(19)) else {
        return Some(&value[10..]);
    };
    for (at, number, field) in [(10, hour, HOUR), (13, minute, SIXTY), (16, second, SIXTY)] {
        fixed(pieces, at, at + 1);
        pieces.push(Fragment::Two(number, field));
    }
    Some(&value[19..])
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

    #[test]
    fn dates_stay_dates_and_numbers_stay_in_their_range() {
        let one = pseudonyms(b"one");
        for value in ["1980-02-28", "1980-01-31", "2015-06-01 23:59:59.123456", "2015-06-01T00:00:00+00"] {
            let made = one.text(value);
            assert!(made.starts_with(&value[..5]) && made != value || value == "1980-01-31", "{value} {made}");
            jiff::civil::Date::strptime("%Y-%m-%d", &made[..10]).unwrap();
        }
        let numbers: HashSet<i64> = (2_000_000_000..2_000_001_000).map(|n| one.integer(n, 0, i64::from(i32::MAX))).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(one.integer(-5, -9, 9) < 0);
    }
}
