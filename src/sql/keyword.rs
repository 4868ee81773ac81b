//! PostgreSQL 15's key words, by where they may be used as names (`pg_get_keywords()`; source, kwlist.h). The parser's list
//! differs.

/// Reserved: without quotes never a name.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "ALL", "ANALYSE", "ANALYZE", "AND", "ANY", "ARRAY", "AS", "ASC", "ASYMMETRIC", "BOTH", "CASE", "CAST", "CHECK",
    "COLLATE", "COLUMN", "CONSTRAINT", "CREATE", "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_ROLE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT", "DEFERRABLE", "DESC", "DISTINCT", "DO", "ELSE", "END", "EXCEPT",
    "FALSE", "FETCH", "FOR", "FOREIGN", "FROM", "GRANT", "GROUP", "HAVING", "IN", "INITIALLY", "INTERSECT", "INTO",
    "LATERAL", "LEADING", "LIMIT", "LOCALTIME", "LOCALTIMESTAMP", "NOT", "NULL", "OFFSET", "ON", "ONLY", "OR", "ORDER",
    "PLACING", "PRIMARY", "REFERENCES", "RETURNING", "SELECT", "SESSION_USER", "SOME", "SYMMETRIC", "TABLE", "THEN",
    "TO", "TRAILING", "TRUE", "UNION", "UNIQUE", "USER", "USING", "VARIADIC", "WHEN", "WHERE", "WINDOW", "WITH",
];

/// Names of functions and types only.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "AUTHORIZATION", "BINARY", "COLLATION", "CONCURRENTLY", "CROSS", "CURRENT_SCHEMA", "FREEZE", "FULL", "ILIKE",
    "INNER", "IS", "ISNULL", "JOIN", "LEFT", "LIKE", "NATURAL", "NOTNULL", "OUTER", "OVERLAPS", "RIGHT", "SIMILAR",
    "TABLESAMPLE", "VERBOSE",
];

/// Not a label of a column without AS.
#[rustfmt::skip]
const NO_LABEL: &[&str] = &[
    "ARRAY", "AS", "CHAR", "CHARACTER", "CREATE", "DAY", "EXCEPT", "FETCH", "FILTER", "FOR", "FROM", "GRANT", "GROUP",
    "HAVING", "HOUR", "INTERSECT", "INTO", "ISNULL", "LIMIT", "MINUTE", "MONTH", "NOTNULL", "OFFSET", "ON", "ORDER",
    "OVER", "OVERLAPS", "PRECISION", "RETURNING", "SECOND", "TO", "UNION", "VARYING", "WHERE", "WINDOW", "WITH",
    "WITHIN", "WITHOUT", "YEAR",
];

fn is_in(list: &[&str], word: &str) -> bool {
    list.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// Whether an unquoted word may be the name of a table, a column or an alias (`ColId` of gram.y).
pub fn is_name(word: &str) -> bool {
    !is_in(RESERVED, word) && !is_in(FUNCTIONS, word)
}

/// Whether an unquoted word may be a column's label without AS (`BareColLabel` of gram.y).
pub fn is_bare_label(word: &str) -> bool {
    !is_in(NO_LABEL, word)
}

/// Whether an unquoted word is reserved.
pub fn is_reserved(word: &str) -> bool {
    is_in(RESERVED, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_postgresql_says() {
        assert!(is_name("format") && is_name("TOP") && !is_name("user") && !is_name("left"));
        assert!(is_bare_label("user") && !is_bare_label("year") && is_reserved("select") && !is_reserved("values"));
    }
}
