//! The use of a legacy name by days as an inline SVG: one bar per day, with a part for each outcome. A sentence beside it says the same.

use askama::Template;

use super::frame::Frame;
use crate::report::trend::Day;

/// The width of all bars, and the height of the highest, in the picture's units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 128.0;
/// With fewer days, bars are no wider than with this many.
const FEWEST: usize = 14;
/// The base line of the bars.
const BASE: f64 = 160.0;

#[derive(Template)]
#[template(path = "chart.html")]
struct Chart<'d> {
    title: String,
    text: String,
    first: &'d str,
    last: &'d str,
    most: i64,
    bars: Vec<Bar>,
    keys: [Key<'d>; 3],
}

struct Bar {
    class: &'static str,
    x: String,
    y: String,
    width: String,
    height: String,
}

struct Key<'d> {
    class: &'static str,
    name: &'d str,
    sum: i64,
}

/// The picture; `None` where there was no use.
pub(super) fn chart(frame: &Frame, table: &str, days: &[Day]) -> Option<String> {
    let (first, last) = (days.first()?, days.last()?);
    let whole = |day: &Day| day.forwarded + day.rewritten + day.attention;
    let most = days.iter().map(whole).max().filter(|most| *most > 0)?;
    let step = WIDTH / days.len().max(FEWEST) as f64;
    let mut bars = Vec::new();
    for (at, day) in days.iter().enumerate() {
        let mut y = BASE;
        for (class, count) in [("forwarded", day.forwarded), ("rewritten", day.rewritten), ("attention", day.attention)] {
            if count > 0 {
                let height = HEIGHT * count as f64 / most as f64;
                y -= height;
                let [x, y, width, height] = [step * at as f64, y, step * 0.85, height].map(|length| format!("{length:.2}"));
                bars.push(Bar { class, x, y, width, height });
            }
        }
    }
    let sum = |of: fn(&Day) -> i64| days.iter().map(of).sum();
    let keys = [
        Key { class: "forwarded", name: frame.of("on the legacy table", "en la tabla heredada"), sum: sum(|d| d.forwarded) },
        Key { class: "rewritten", name: frame.of("rewritten", "reescritos"), sum: sum(|d| d.rewritten) },
        Key {
            class: "attention",
            name: frame.of("not understood or refused", "no comprendidos o rechazados"),
            sum: sum(|d| d.attention),
        },
    ];
    let title = format!("{} {table}", frame.of("Uses by day of", "Usos por día de"));
    let told = keys.iter().map(|key| format!("{}: {}", key.name, key.sum)).collect::<Vec<_>>().join(", ");
    let highest = frame.of("at most {n} on a day", "a lo más {n} en un día").replace("{n}", &most.to_string());
    let text = format!("{} – {}: {told}; {highest}.", first.date, last.date);
    Some(frame.part(&Chart { title, text, first: &first.date, last: &last.date, most, bars, keys }))
}
