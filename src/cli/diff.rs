//! What differs between two texts, line by line, in the form that `diff -u` prints.

use std::fmt::Write as _;
use std::ops::Range;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;
/// Where more lines than this differ on one side, common lines among them are not searched for.
const MOST_LINES: usize = 2_000;

/// One line: whether it is in the old text and in the new one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Both(&'t str),
    Old(&'t str),
    New(&'t str),
}

/// The difference, empty where there is none.
pub(super) fn unified(old_name: &str, new_name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let lines = lines(&old.split_inclusive('\n').collect::<Vec<_>>(), &new.split_inclusive('\n').collect::<Vec<_>>());
    let mut out = format!("--- {old_name}\n+++ {new_name}\n");
    for hunk in hunks(&lines) {
        let before = |is: fn(&Line<'_>) -> bool, end: usize| lines[..end].iter().filter(|l| is(l)).count();
        let span = |is: fn(&Line<'_>) -> bool| {
            let (start, count) = (before(is, hunk.start), before(is, hunk.end) - before(is, hunk.start));
            format!("{},{count}", start + usize::from(count > 0))
        };
        let (old, new) = (span(|l| !matches!(l, Line::New(_))), span(|l| !matches!(l, Line::Old(_))));
        let _ = writeln!(out, "@@ -{old} +{new} @@");
        for line in &lines[hunk] {
            let (mark, text) = match line {
                Line::Both(text) => (' ', text),
                Line::Old(text) => ('-', text),
                Line::New(text) => ('+', text),
            };
            let _ = write!(out, "{mark}{text}");
            if !text.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// Both texts as one sequence, by their longest common subsequence.
fn lines<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut out: Vec<Line<'t>> = old[..head].iter().map(|l| Line::Both(l)).collect();
    if a.len().max(b.len()) > MOST_LINES {
        out.extend(a.iter().map(|l| Line::Old(l)).chain(b.iter().map(|l| Line::New(l))));
    } else {
        middle(a, b, &mut out);
    }
    out.extend(old[old.len() - tail..].iter().map(|l| Line::Both(l)));
    out
}

fn middle<'t>(a: &[&'t str], b: &[&'t str], out: &mut Vec<Line<'t>>) {
    // common[i][j]: lines that a[i..] and b[j..] have in common.
    let mut common = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push(Line::Both(a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && common[i + 1][j] >= common[i][j + 1] {
            out.push(Line::Old(a[i]));
            i += 1;
        } else {
            out.push(Line::New(b[j]));
            j += 1;
        }
    }
}

/// Changes with the lines around them; adjacent ones are joined.
fn hunks(lines: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for at in (0..lines.len()).filter(|&i| !matches!(lines[i], Line::Both(_))) {
        let (start, end) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(lines.len()));
        match hunks.last_mut().filter(|last| start <= last.end) {
            Some(last) => last.end = end,
            None => hunks.push(start..end),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_like_diff_u() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
        let new = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm";
        assert_eq!(
            unified("x", "y", old, new),
            "--- x\n+++ y\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -10,3 +10,4 @@\n j\n k\n l\n+m\n\\ No newline at end of file\n"
        );
        assert_eq!(unified("x", "y", old, old), "");
        assert_eq!(unified("x", "y", "", "a\n"), "--- x\n+++ y\n@@ -0,0 +1,1 @@\n+a\n");
    }

    #[test]
    fn very_long_texts_are_told_whole() {
        let old: String = (0..3_000).map(|i| format!("{i}\n")).collect();
        let new: String = (0..3_000).map(|i| format!("{}\n", i + 1)).collect();
        assert_eq!(unified("x", "y", &old, &new).lines().filter(|l| l.starts_with('+')).count(), 3_001);
    }
}
