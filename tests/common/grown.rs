//! Statements of growing size: each form can be nested in itself or repeated, over a legacy table.

/// One way to grow.
pub(crate) struct Form {
    /// What it is.
    pub(crate) name: &'static str,
    /// The text at the beginning.
    pub(crate) before: &'static str,
    /// Opens, again and again; `#` is replaced by the number of the repetition.
    pub(crate) open: &'static str,
    /// The innermost.
    pub(crate) middle: &'static str,
    /// Closes as often.
    pub(crate) close: &'static str,
    /// The text at the end.
    pub(crate) after: &'static str,
}

impl Form {
    /// A text of nearly this many bytes, not more.
    pub(crate) fn grown(&self, bytes: usize) -> String {
        let mut rest = bytes.saturating_sub(self.before.len() + self.middle.len() + self.after.len());
        let (mut open, mut n) = (String::new(), 0);
        loop {
            let next = self.open.replace('#', &n.to_string());
            let cost = next.len() + self.close.len();
            if cost > rest {
                break;
            }
            rest -= cost;
            open.push_str(&next);
            n += 1;
        }
        format!("{}{open}{}{}{}", self.before, self.middle, self.close.repeat(n), self.after)
    }
}

const fn form(
    name: &'static str,
    before: &'static str,
    open: &'static str,
    middle: &'static str,
    close: &'static str,
    after: &'static str,
) -> Form {
    Form { name, before, open, middle, close, after }
}

const READ: &str = "SELECT count(*) FROM tipositver WHERE ";

/// All forms.
pub(crate) const FORMS: &[Form] = &[
    form("sum", "SELECT count(*) FROM tipositver WHERE tsvid < 1", "+1", "", "", ""),
    form("sum in select list", "SELECT 1", "+1", "", "", " FROM tipositver"),
    form("concatenation", "SELECT ''", "||'x'", "", "", " FROM tipositver"),
    form("minus", READ, "- ", "1 = 1", "", ""),
    form("or", READ, "tsvid = # OR ", "true", "", ""),
    form("and", READ, "tsvid <> # AND ", "true", "", ""),
    form("or, left-nested", READ, "(", "tsvid = 1", " OR tsvid = 2)", ""),
    form("and of ors", READ, "(tsvid = # or tsvtxtid = #) AND ", "true", "", ""),
    form("not", READ, "NOT ", "true", "", ""),
    form("is null", READ, "", "tsvid IS NULL", " IS NULL", ""),
    form("is true", READ, "", "true", " IS NOT TRUE", ""),
    form("between", READ, "tsvid BETWEEN # AND # AND ", "true", "", ""),
    form("like", READ, "tsvid::text NOT LIKE 'x' AND ", "true", "", ""),
    form("comparison", READ, "true = ", "true", "", ""),
    form("in list", "SELECT count(*) FROM tipositver WHERE tsvid IN (0", ",#", "", "", ")"),
    form("in list of rows", "SELECT count(*) FROM tipositver WHERE (tsvid, tsvtxtid) IN ((0, 0)", ",(#,1)", "", "", ")"),
    form("parentheses", READ, "(", "true", ")", ""),
    form("parentheses in select list", "SELECT ", "(", "1", ")", " FROM tipositver"),
    form("coalesce", READ, "coalesce(", "true", ")", ""),
    form("function", "SELECT ", "abs(", "1", ")", " FROM tipositver"),
    form("case", READ, "CASE WHEN true THEN ", "true", " END", ""),
    form("case in when", READ, "CASE WHEN ", "true", " THEN true END", ""),
    form("case with many arms", "SELECT CASE tsvid ", "WHEN # THEN # ", "END", "", " FROM tipositver"),
    form("cast", "SELECT 1", "::int", "", "", " FROM tipositver"),
    form("cast in words", "SELECT ", "cast(", "1", " as int)", " FROM tipositver"),
    form("collate", "SELECT 'x'", " COLLATE \"C\"", "", "", " FROM tipositver"),
    form("time zone", "SELECT now()", " AT TIME ZONE 'UTC'", "", "", " FROM tipositver"),
    form("array", "SELECT ", "ARRAY[", "1", "]", " FROM tipositver"),
    form("array elements", "SELECT ARRAY[0", ",#", "", "", "] FROM tipositver"),
    form("subscript", "SELECT ('{}'::int[])", "[1]", "", "", " FROM tipositver"),
    form("nested subscript", "SELECT ", "('{1}'::int[])[", "1", "]", " FROM tipositver"),
    form("field", "SELECT (t)", ".tsvid", "", "", " FROM tipositver t"),
    form("row", READ, "ROW(", "1", ")", " IS NOT NULL"),
    form("json arrow", "SELECT '{}'::jsonb", "->'a'", "", "", " FROM tipositver"),
    form("union", "SELECT tsvid FROM tipositver", " UNION SELECT #", "", "", ""),
    form("union all of tables", "SELECT 1", " UNION ALL SELECT tsvid FROM tipositver", "", "", ""),
    form("except in parentheses", "", "(SELECT 1 EXCEPT ", "SELECT tsvid FROM tipositver", ")", ""),
    form("query in parentheses", "", "(", "SELECT tsvid FROM tipositver", ")", ""),
    form("join", "SELECT 1 FROM tipositver t", " JOIN tipositver t# ON true", "", "", ""),
    form("cross join", "SELECT 1 FROM tipositver t", " CROSS JOIN tipositver", "", "", ""),
    form("natural join", "SELECT 1 FROM tipositver t", " NATURAL JOIN tipositver t#", "", "", ""),
    form("join in parentheses", "SELECT 1 FROM ", "(", "tipositver t", " CROSS JOIN tipositver)", ""),
    form("join with late on", "SELECT 1 FROM tipositver t", " JOIN tipositver t#", "", " ON true", ""),
    form("items", "SELECT 1 FROM tipositver t", ", tipositver t#", "", "", ""),
    form("qualified names", "SELECT 1", ", tipositver.tsvid", "", "", " FROM tipositver"),
    form("names", "SELECT 1", ", tsvid", "", "", " FROM tipositver"),
    form("labels", "SELECT 1", ", tsvid AS a#", "", "", " FROM tipositver"),
    form("system columns", "SELECT 1", ", ctid", "", "", " FROM tipositver"),
    form("group by", "SELECT 1 FROM tipositver GROUP BY tsvid", ", tsvtxtid", "", "", ""),
    form("order by", "SELECT 1 FROM tipositver ORDER BY tsvid", ", tsvtxtid", "", "", ""),
    form("derived table", "SELECT 1 FROM ", "(SELECT * FROM ", "tipositver", ") x", ""),
    form("sub-select", "SELECT ", "(SELECT ", "tsvid FROM tipositver LIMIT 1", ")", ""),
    form("sub-selects", "SELECT 1", ", (SELECT tsvid FROM tipositver LIMIT 1)", "", "", ""),
    form("in sub-select", READ, "tsvid IN (SELECT tsvid FROM tipositver WHERE ", "true", ")", ""),
    form("exists", READ, "EXISTS (SELECT 1 FROM tipositver WHERE ", "true", ")", ""),
    form("cte", "WITH c AS (SELECT 1)", ", c# AS (SELECT tsvid FROM tipositver)", " SELECT 1", "", ""),
    form("nested cte", "", "WITH c AS (", "SELECT tsvid FROM tipositver", ") SELECT * FROM c", ""),
    form("lateral", "SELECT 1 FROM tipositver t", ", LATERAL (SELECT t.tsvid) x#", "", "", ""),
    form("values", "INSERT INTO tipositver VALUES (0, 0)", ",(#,1)", "", "", ""),
    form("values with parameters", "INSERT INTO tipositver VALUES ($1, $2)", ",($1,$2)", "", "", ""),
    form("value", "INSERT INTO tipositver VALUES (0", "+1", "", "", ", 0)"),
    form("value in parentheses", "INSERT INTO tipositver VALUES (", "(", "0", ")", ", 0)"),
    form("insert from union", "INSERT INTO tipositver SELECT 1, 2", " UNION SELECT #, 2", "", "", ""),
    form("insert from parentheses", "INSERT INTO tipositver ", "(", "SELECT 1, 2", ")", ""),
    form("set", "UPDATE tipositver SET tsvtxtid = 1", "+1", "", "", ""),
    form("set of the column", "UPDATE tipositver SET tsvtxtid = tsvtxtid", "+tsvtxtid", "", "", " WHERE tsvid = 1"),
    form("set in parentheses", "UPDATE tipositver SET tsvtxtid = ", "(", "1", ")", ""),
    form("set from case", "UPDATE tipositver SET tsvtxtid = CASE tsvid ", "WHEN # THEN # ", "ELSE 0 END", "", ""),
    form("update or", "UPDATE tipositver SET tsvtxtid = 1 WHERE ", "tsvid = # OR ", "false", "", ""),
    form("update in", "UPDATE tipositver SET tsvtxtid = 1 WHERE tsvid IN (0", ",#", "", "", ")"),
    form("delete or", "DELETE FROM tipositver WHERE ", "tsvid = # OR ", "false", "", ""),
    form("delete exists", "DELETE FROM tipositver WHERE ", "EXISTS (SELECT 1 FROM tipositver WHERE ", "true", ")", ""),
    form("returning", "DELETE FROM tipositver RETURNING tsvid", ", tsvid + 1", "", "", ""),
    form("on conflict", "INSERT INTO tipositver VALUES (1, 1) ON CONFLICT (tsvid) DO UPDATE SET tsvtxtid = 1", "+1", "", "", ""),
    form(
        "merge",
        "MERGE INTO tipositver t USING (SELECT 1 AS k) s ON t.tsvid = s.k AND ",
        "true AND ",
        "true",
        "",
        " WHEN MATCHED THEN DELETE",
    ),
    form(
        "merge arms",
        "MERGE INTO tipositver t USING (SELECT 1 AS k) s ON t.tsvid = s.k",
        " WHEN MATCHED AND t.tsvid = # THEN DELETE",
        "",
        "",
        "",
    ),
    form("comments", "SELECT 1 FROM tipositver ", "/*", "", "*/", ""),
    form("comments in a row", "SELECT 1 FROM tipositver ", "/**/ ", "", "", ""),
    form("empty statements", "SELECT 1 FROM tipositver", ";", "", "", ""),
    form("statements", "SELECT 1 FROM tipositver", "; SELECT 1 FROM tipositver", "", "", ""),
    form("commas", "SELECT 1", ",", "", "", " FROM tipositver"),
    form("open parentheses", "SELECT 1 FROM tipositver WHERE ", "(", "", "", ""),
    form("closing parentheses", "SELECT 1 FROM tipositver WHERE ", ")", "", "", ""),
    form("brackets", "SELECT 1 FROM tipositver WHERE ", "[", "", "", ""),
    form("only", "SELECT 1 FROM tipositver t", ", ONLY (tipositver) t#", "", "", ""),
    form("stars", "SELECT 1 FROM tipositver t", " JOIN tipositver * ON true", "", "", ""),
    form("table commands", "TABLE tipositver", " UNION TABLE tipositver", "", "", ""),
    form("any of arrays", READ, "tsvid @@ ANY ('{1}') AND ", "true", "", ""),
    form("shimmed or", "SELECT count(*) FROM tipositver WHERE tsvid ISNULL", " OR tsvid = #", "", "", ""),
    form("shimmed not", "SELECT count(*) FROM tipositver WHERE tsvid ISNULL OR ", "NOT ", "true", "", ""),
    form("shimmed parentheses", "SELECT count(*) FROM tipositver WHERE tsvid ISNULL OR ", "(", "true", ")", ""),
    form("shimmed in", "SELECT count(*) FROM tipositver WHERE tsvid ISNULL OR tsvid IN (0", ",#", "", "", ")"),
    form("variadic", "SELECT 1", ", concat(VARIADIC '{}')", "", "", " FROM tipositver"),
    form(
        "windows",
        "SELECT 1",
        ", sum(tsvid) OVER (ORDER BY tsvid ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES)",
        "",
        "",
        " FROM tipositver",
    ),
    form("grouping sets", "SELECT 1 FROM tipositver GROUP BY ", "GROUPING SETS (", "tsvid", ")", ""),
    form("xml", "SELECT ", "xmlforest(", "tsvid", " AS a)", " FROM tipositver"),
    form("interval", "SELECT now()", " + interval '1 day'", "", "", " FROM tipositver"),
    form("extract", READ, "extract(year FROM now()) > 0 AND ", "true", "", ""),
    form("quoted", "SELECT 1 AS \"", "x", "", "", "\" FROM tipositver"),
    form("string", "SELECT '", "tipositver ", "", "", "' FROM tipositver"),
    form("explain", "", "EXPLAIN ", "SELECT 1 FROM tipositver", "", ""),
    form("prepare", "PREPARE p AS SELECT 1", "+1", "", "", " FROM tipositver"),
    form("types", "SELECT 1", ", NULL::tipositver", "", "", " FROM tipositver"),
    form("lock", "LOCK tipositver", ", tipositver", "", "", ""),
    form("truncate", "TRUNCATE tipositver", ", tipositver", "", "", ""),
];
