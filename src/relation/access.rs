//! Ways to the indexes of the new tables: which of their columns follow from which legacy columns, so that a condition on these
//! implies one on those. An implied condition only narrows: the client's own decides.

use super::value::SqlType;
use crate::config::Month;
use crate::sql::quote::literal;

/// An indexed column with the key text of legacy columns.
#[derive(Debug, Clone)]
pub struct Access {
    /// The new table's column.
    pub column: &'static str,
    /// The legacy columns, in the order of the text.
    pub legacy: Vec<usize>,
    /// Key text of one value.
    pub text: fn(&SqlType, &str) -> String,
}

/// The indexed column that follows from a legacy stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeAccess {
    /// The new table's column.
    pub column: &'static str,
    /// The legacy stamp.
    pub legacy: usize,
    /// The zone in which it was read.
    pub time_zone: String,
    /// No row is indexed at or behind this month.
    pub horizon: Month,
}

/// A row that was written through the proxy is indexed within a day of its stamp, and the hour of a DST change comes on top. The
/// third hour is for a session in another zone than the rule's, whose comparison with a `timestamptz` may change on another day.
const SLACK: &str = "interval '27 hours'";

/// Key text of all columns: the text itself, or a JSON array of texts. As [`super::value::composite`] without its mark for NULL,
/// which no comparison finds.
pub fn whole(texts: &[String]) -> String {
    match texts {
        [single] => single.clone(),
        several => format!("jsonb_build_array({})::text", several.join(", ")),
    }
}

/// Key text that begins with these columns: from the first expression up to, not including, the second. The next text in the array
/// begins with a quotation mark, and `#` is the character behind it.
pub fn leading(texts: &[String]) -> (String, String) {
    let array = format!("left(jsonb_build_array({})::text, -1)", texts.join(", "));
    (format!("({array} || ', \"')"), format!("({array} || ', #')"))
}

impl TimeAccess {
    /// The column's least value for stamps that are not before `stamp`, an expression of the legacy type. Every step is immutable,
    /// so that partitions are pruned when the statement is planned. Stamps behind the horizon are indexed just before it.
    pub fn least(&self, stamp: &str, sql_type: &SqlType) -> String {
        let stamp = self.stamp(stamp, sql_type);
        self.instant(&format!(
            "CASE WHEN {stamp} > '0002-01-01' THEN least({stamp}, {}) - {SLACK} ELSE '-infinity' END",
            self.last()
        ))
    }

    /// The column's greatest value for stamps that are not after `stamp`.
    pub fn greatest(&self, stamp: &str, sql_type: &SqlType) -> String {
        let stamp = self.stamp(stamp, sql_type);
        self.instant(&format!("CASE WHEN {stamp} < {} THEN {stamp} + {SLACK} ELSE 'infinity' END", self.last()))
    }

    fn stamp(&self, stamp: &str, sql_type: &SqlType) -> String {
        match sql_type.name.as_str() {
            // Dates reach further than stamps.
            "date" => format!("least({stamp}, '{}-01')::timestamp", self.horizon),
            _ if sql_type.has_zone() => format!("(({stamp}) AT TIME ZONE {})", literal(&self.time_zone)),
            _ => format!("({stamp})::timestamp"),
        }
    }

    fn last(&self) -> String {
        format!("timestamp '{}-01'", self.horizon)
    }

    fn instant(&self, stamp: &str) -> String {
        format!("(({stamp}) AT TIME ZONE {})", literal(&self.time_zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_what_they_begin_with() {
        assert_eq!(whole(&["a".into()]), "a");
        assert_eq!(whole(&["a".into(), "b".into()]), "jsonb_build_array(a, b)::text");
        let (from, to) = leading(&["a".into()]);
        assert_eq!(from, "(left(jsonb_build_array(a)::text, -1) || ', \"')");
        assert_eq!(to, "(left(jsonb_build_array(a)::text, -1) || ', #')");
    }
}
