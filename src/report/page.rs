//! The report as one HTML file: the headline, the verdict on every name, then table after table. It has no script and no outside resource, can be
//! printed, and is light or dark like the reader's screen. Clients' texts may be hostile: everything is escaped.

use std::fmt::Write as _;

use super::verdict::Language;
use crate::table::{Cell, Table, escaped};

/// Rows of one table that are shown; the command line has all of them.
const ROWS: usize = 40;
/// Characters of a cell that are shown.
const CELL: usize = 240;
/// The same for a cell that may be a command with all names of a wave, which would be useless if cut.
const WHOLE_CELL: usize = 4000;

const STYLE: &str = ":root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d5dae0;--soft:#f3f5f7;--quiet:#57606a}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--paper:#14181d;--line:#343b43;--soft:#1e242b;--quiet:#9aa5b1}}
*{box-sizing:border-box}body{margin:0 auto;max-width:78rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .25rem}p{margin:.25rem 0}.q{color:var(--quiet)}
.answers{font-size:1.2rem;padding:0 0 0 1.2rem}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{background:var(--soft);white-space:nowrap}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
@media print{:root{--ink:#000;--paper:#fff;--line:#999;--soft:#eee;--quiet:#333}body{max-width:none;padding:0;font-size:10pt}thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}.wide{overflow:visible}}
";

/// A part of the page.
pub struct Section {
    /// What it is called.
    pub title: String,
    /// What it answers.
    pub question: String,
    /// The answer.
    pub table: Table,
    /// Whether all rows are shown, however many.
    pub whole: bool,
}

/// The page. `at` is the time of its data.
pub fn page(title: &str, headline: &[String], sections: Vec<Section>, at: &str, language: Language) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head><body><main><h1>{}</h1><p class=\"q\">esclusa, {}</p><ul class=\"answers\">",
        language.of("en", "es"),
        escaped(title),
        escaped(title),
        escaped(at),
    );
    for answer in headline {
        let _ = write!(out, "<li>{}</li>", escaped(answer));
    }
    out.push_str("</ul>");
    for section in sections {
        let total = section.table.rows.len();
        let shown = if section.whole { total } else { total.min(ROWS) };
        let _ = write!(out, "<section><h2>{}</h2><p class=\"q\">{}</p>", escaped(&section.title), escaped(&section.question));
        if shown < total {
            let told = language.of("The first {s} of {t} rows.", "Los primeros {s} de {t} renglones.");
            let told = told.replace("{s}", &shown.to_string()).replace("{t}", &total.to_string());
            let _ = write!(out, "<p class=\"q\">{}</p>", escaped(&told));
        }
        let _ = write!(
            out,
            "<div class=\"wide\">{}</div></section>",
            shortened(section.table, shown, if section.whole { WHOLE_CELL } else { CELL }).html()
        );
    }
    out.push_str("</main></body></html>\n");
    out
}

fn shortened(mut table: Table, rows: usize, longest: usize) -> Table {
    table.rows.truncate(rows);
    for cell in table.rows.iter_mut().flatten() {
        if let Cell::Text(text) = cell
            && let Some((end, _)) = text.char_indices().nth(longest)
        {
            text.truncate(end);
            text.push('…');
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ColumnType::{Int, Text};

    fn section(rows: usize, text: &str, whole: bool) -> Section {
        let mut table = Table::new(&[("statement", Text), ("hits", Int)]);
        (0..rows).for_each(|n| table.push(vec![text.into(), n.into()]));
        Section { title: "<b>".into(), question: "who & why?".into(), table, whole }
    }

    #[test]
    fn nothing_of_a_clients_gets_in_unescaped() {
        let hostile = "</td><script>alert('x')</script>\"&<img src=x onerror=alert(1)>";
        let page = page(hostile, &[hostile.to_owned()], vec![section(1, hostile, true)], hostile, Language::Spanish);
        for tag in ["<script", "<img", "<b>", "& why"] {
            assert!(!page.contains(tag), "{tag}");
        }
        assert!(
            page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;&lt;img")
                && page.contains("<html lang=\"es\">")
        );
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("url("), "no outside resource");
    }

    #[test]
    fn a_page_for_all_tables_is_small() {
        let long = "select ñ ".repeat(300);
        let whole =
            section(230, &"0 uses in 41 whole days (at most 0.073 a day, 95 %); not yet seen: a billing cycle ".repeat(2), true);
        let mut sections: Vec<Section> = (0..13).map(|_| section(5000, &long, false)).collect();
        sections.insert(0, whole);
        let page = page("A title", &[], sections, "", Language::English);
        assert!(page.len() < 300_000, "{}", page.len());
        assert_eq!(page.matches("The first 40 of 5000 rows.").count(), 13);
    }
}
