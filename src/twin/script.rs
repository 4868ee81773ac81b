//! Scripts of statements that a DBA can read and extend: one statement a paragraph; lines `-- twin: ...` before it say how it is run.
//!
//! - `-- twin: values 7, ana, NULL` gives the values of its parameters; without it values are chosen by type.
//! - `-- twin: again 8, eva` prepares it once, and executes it with the values and then with these; may stand several times.
//! - `-- twin: apart` sends several statements one by one as well, by the extended protocol.
//! - `-- twin: refused 0A000` expects the proxy to refuse it, with this SQLSTATE, whatever the direct answer is.
//! - `-- twin: rows any` treats errors of data and of constraints as equal: several rows may fail, and which one fails first is open.
//! - `-- twin: rows counted` compares only the number of rows (LIMIT without ORDER BY).
//! - `-- twin: described` compares parameter types and columns, and does not run it (a product of large tables).
//! - `-- twin: copy a|b` sends a line of COPY data; may stand several times.
//! - `-- twin: differs <why>` runs it and does not compare: the reason is in docs/differences.md.

use std::path::Path;

use super::compare::Rows;
use crate::error::{Fault, Faults};

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    /// The line of its first word, from 1.
    pub line: usize,
    /// Its text as sent.
    pub text: String,
    /// Values of its parameters.
    pub values: Option<Vec<Option<String>>>,
    /// Values of further executions: the statement is prepared once, under a name.
    pub again: Vec<Vec<Option<String>>>,
    /// Whether its statements are sent one by one as well.
    pub apart: bool,
    /// Several rows may fail, and which one fails first is open: errors of data and of constraints are treated as equal.
    pub any_row: bool,
    /// The SQLSTATE of a refusal that is expected.
    pub refused: Option<String>,
    /// How rows are compared, if not derived from the text.
    pub rows: Option<Rows>,
    /// Only parameter types and columns are compared.
    pub described: bool,
    /// Data for COPY FROM STDIN.
    pub copy: String,
    /// Why a difference is allowed.
    pub differs: Option<String>,
}

/// Parses a script. A misspelt directive would disable the comparison: it is a fault, and so is a directive without a statement.
pub fn parse(file: &Path, script: &str) -> Result<Vec<Case>, Faults> {
    let mut cases = Vec::new();
    let mut faults = Faults::default();
    let mut case = Case::default();
    for (n, line) in script.lines().chain([""]).enumerate() {
        let mut fault = |message: String| faults.push(Fault::at(file, n + 1, message));
        if line.trim().is_empty() {
            if case.text.is_empty() && case != Case::default() {
                fault("no statement follows the directives above".into());
            }
            finish(&mut case, &mut cases);
        } else if let Some(directive) = line.strip_prefix("-- twin: ") {
            if !case.text.is_empty() {
                fault("a directive must be before its statement".into());
            } else if let Err(message) = direct(&mut case, directive) {
                fault(message);
            }
        } else if is_meant_as_directive(line) {
            fault("a directive begins with `-- twin: `".into());
        } else if line.starts_with("-- ") && case.text.is_empty() {
            // A remark for the reader.
        } else {
            if case.text.is_empty() {
                case.line = n + 1;
            }
            case.text.push_str(line);
            case.text.push('\n');
        }
    }
    faults.or(cases)
}

/// Whether a comment looks like a misspelt directive: `--twin: apart`, `-- Twin apart`.
fn is_meant_as_directive(line: &str) -> bool {
    let comment = line.trim_start().strip_prefix("--").map(|rest| rest.trim_start().to_lowercase());
    comment.is_some_and(|rest| rest.strip_prefix("twin").is_some_and(|behind| !behind.starts_with(char::is_alphanumeric)))
}

fn finish(case: &mut Case, cases: &mut Vec<Case>) {
    let mut done = std::mem::take(case);
    let text = done.text.trim_end();
    done.text = text.strip_suffix(';').unwrap_or(text).to_owned();
    if !done.text.is_empty() {
        cases.push(done);
    }
}

fn direct(case: &mut Case, directive: &str) -> Result<(), String> {
    let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
    match (word, rest.trim()) {
        ("values", list) if !list.is_empty() => case.values = Some(values(list)),
        ("again", list) if !list.is_empty() => case.again.push(values(list)),
        ("apart", "") => case.apart = true,
        ("described", "") => case.described = true,
        ("rows", "any") => case.any_row = true,
        ("rows", "counted") => case.rows = Some(Rows::Counted),
        ("refused", state) if state.len() == 5 && state.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            case.refused = Some(state.to_owned());
        }
        // A blank is part of the data.
        ("copy", _) => {
            case.copy.push_str(rest);
            case.copy.push('\n');
        }
        ("differs", why) if !why.is_empty() => case.differs = Some(why.to_owned()),
        _ => return Err(format!("`{directive}` is not a directive: see the head of src/twin/script.rs")),
    }
    Ok(())
}

fn values(list: &str) -> Vec<Option<String>> {
    list.split(',').map(|v| (v.trim() != "NULL").then(|| v.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_directives() {
        let cases = parse_text(
            "-- A remark.\n\n-- twin: values 1, NULL\n-- twin: again 2, x\nselect $1,\n  $2;\n\n-- twin: refused 0A000\nmerge into x;\n",
        )
        .unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!((cases[0].line, cases[0].text.as_str()), (5, "select $1,\n  $2"));
        assert_eq!(cases[0].again, [[Some("2".to_owned()), Some("x".to_owned())]]);
        assert_eq!(cases[0].values, Some(vec![Some("1".into()), None]));
        assert_eq!(cases[1].refused.as_deref(), Some("0A000"));
    }

    fn parse_text(script: &str) -> Result<Vec<Case>, String> {
        parse("s.sql".as_ref(), script).map_err(|faults| faults.to_string())
    }

    #[test]
    fn what_is_misspelt_is_a_fault() {
        for line in
            ["refsed 0A000", "refused", "refused 0A00", "apart yes", "rows all", "values", "differs", "described x", "again", ""]
        {
            let told = parse_text(&format!("select 1;\n\n-- twin: {line}\nselect 2;\n")).unwrap_err();
            assert!(told.starts_with("s.sql:3: ") && told.contains("is not a directive"), "{line}: {told}");
        }
        for line in ["--twin: apart", "-- Twin: apart", "-- twin apart", "  -- twin: apart", "-- twin:apart"] {
            let told = parse_text(&format!("{line}\nselect 2;\n")).unwrap_err();
            assert_eq!(told, "s.sql:1: a directive begins with `-- twin: `", "{line}");
        }
        assert_eq!(parse_text("-- twin: apart\n\nselect 1").unwrap_err(), "s.sql:2: no statement follows the directives above");
        assert_eq!(parse_text("select 1\n-- twin: apart").unwrap_err(), "s.sql:2: a directive must be before its statement");
        assert_eq!(parse_text("-- twins are compared\nselect 1 -- twin: x").unwrap().len(), 1);
    }
}
