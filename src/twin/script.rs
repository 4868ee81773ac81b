//! Scripts of statements that a DBA can read and extend: one statement a paragraph; lines `-- twin: ...` before it say how it is run.
//!
//! - `-- twin: values 7, ana, NULL` gives the values of its parameters; without it values are chosen by type.
//! - `-- twin: again 8, eva` prepares it once, and executes it with the values and then with these; may stand several times.
//! - `-- twin: apart` sends several statements one by one as well, by the extended protocol.
//! - `-- twin: refused 0A000` expects the proxy to refuse it, with this SQLSTATE, whatever the direct answer is.
//! - `-- twin: rows any` takes errors of data and constraints for equal: several rows may fail, and which does first is open.
//! - `-- twin: rows counted` compares only the number of rows (LIMIT without ORDER BY).
//! - `-- twin: described` compares parameter types and columns, and does not run it (a product of large tables).
//! - `-- twin: copy a|b` sends a line of COPY data; may stand several times.
//! - `-- twin: differs <why>` runs it and does not compare: the reason stands in ARCHITECTURE.md's list.

use super::compare::Rows;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    /// The line of its first word, from 1.
    pub line: usize,
    /// As it is sent.
    pub text: String,
    /// Values of its parameters.
    pub values: Option<Vec<Option<String>>>,
    /// Values of further executions: the statement is prepared once, under a name.
    pub again: Vec<Vec<Option<String>>>,
    /// Several statements, which are sent one by one as well.
    pub apart: bool,
    /// Several rows may fail, and which does first is open: errors of data and constraints are not told apart.
    pub any_row: bool,
    /// The SQLSTATE of a refusal that is expected.
    pub refused: Option<String>,
    /// How rows are compared, where the text does not tell.
    pub rows: Option<Rows>,
    /// Only parameter types and columns are compared.
    pub described: bool,
    /// Data for COPY FROM STDIN.
    pub copy: String,
    /// Why a difference is allowed.
    pub differs: Option<String>,
}

/// Reads a script.
pub fn parse(script: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = Case::default();
    for (n, line) in script.lines().enumerate() {
        if line.trim().is_empty() {
            finish(&mut case, &mut cases);
        } else if let Some(directive) = line.strip_prefix("-- twin: ") {
            direct(&mut case, directive);
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
    finish(&mut case, &mut cases);
    cases
}

fn finish(case: &mut Case, cases: &mut Vec<Case>) {
    let mut done = std::mem::take(case);
    let text = done.text.trim_end();
    done.text = text.strip_suffix(';').unwrap_or(text).to_owned();
    if !done.text.is_empty() {
        cases.push(done);
    }
}

fn direct(case: &mut Case, directive: &str) {
    let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
    match word {
        "values" => case.values = Some(values(rest)),
        "again" => case.again.push(values(rest)),
        "apart" => case.apart = true,
        "rows" if rest.trim() == "any" => case.any_row = true,
        "refused" => case.refused = Some(rest.trim().to_owned()),
        "rows" => case.rows = Some(if rest.trim() == "counted" { Rows::Counted } else { Rows::Ordered }),
        "described" => case.described = true,
        "copy" => {
            case.copy.push_str(rest);
            case.copy.push('\n');
        }
        "differs" => case.differs = Some(rest.to_owned()),
        _ => {}
    }
}

fn values(list: &str) -> Vec<Option<String>> {
    list.split(',').map(|v| (v.trim() != "NULL").then(|| v.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_directives() {
        let cases = parse(
            "-- A remark.\n\n-- twin: values 1, NULL\n-- twin: again 2, x\nselect $1,\n  $2;\n\n-- twin: refused 0A000\nmerge into x;\n",
        );
        assert_eq!(cases.len(), 2);
        assert_eq!((cases[0].line, cases[0].text.as_str()), (5, "select $1,\n  $2"));
        assert_eq!(cases[0].again, [[Some("2".to_owned()), Some("x".to_owned())]]);
        assert_eq!(cases[0].values, Some(vec![Some("1".into()), None]));
        assert_eq!(cases[1].refused.as_deref(), Some("0A000"));
    }
}
