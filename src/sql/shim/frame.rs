//! Window frames: EXCLUDE, and bounds that the parser misreads.

use sqlparser::tokenizer::Token;

use super::Shims;

impl Shims<'_> {
    /// `EXCLUDE CURRENT ROW` and similar, at the end of a window's frame.
    pub(super) fn frame_exclusion(&mut self) -> bool {
        let forms: [&[&str]; 4] =
            [&["EXCLUDE", "CURRENT", "ROW"], &["EXCLUDE", "GROUP"], &["EXCLUDE", "TIES"], &["EXCLUDE", "NO", "OTHERS"]];
        let end = forms.iter().find(|f| self.are(self.at, f)).map(|f| self.at + f.len());
        match end {
            Some(end) if self.is_token(end, &Token::RParen) => self.drop(end),
            _ => false,
        }
    }

    /// `RANGE BETWEEN '1 year'::interval PRECEDING AND ...`: a bound cannot name a column; it becomes a number.
    pub(super) fn frame_bound(&mut self) -> bool {
        let starts = self.at > 0
            && (self.is_any(self.at - 1, &["ROWS", "RANGE", "GROUPS"])
                || self.is_any(self.at - 1, &["BETWEEN", "AND"]) && self.in_frame());
        if !starts || self.is_any(self.at, &["BETWEEN", "UNBOUNDED", "CURRENT"]) {
            return false;
        }
        match self.find(self.at, |i| self.is_any(i, &["PRECEDING", "FOLLOWING"])) {
            Some(end) => {
                self.put(Token::Number("1".into(), false));
                self.drop(end)
            }
            None => false,
        }
    }

    /// Whether ROWS, RANGE or GROUPS occurs in the parenthesis that is open here.
    fn in_frame(&self) -> bool {
        self.open.last().is_some_and(|open| open.frame)
    }
}
