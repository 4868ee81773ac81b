//! Expressions that PostgreSQL allows in one place and not in another (aggregates, window functions, functions that return sets), and whole rows,
//! in every place of a writing statement where an expression is possible, over a table of each kind. What PostgreSQL refuses is refused with its message.

/// A table, its key and another column that takes a number.
const TABLES: [(&str, &str, &str); 4] = [
    ("tipositver", "tsvid", "tsvtxtid"),
    ("histipooficina", "htofid", "htofdescri"),
    ("tipobonifdoc", "tbdtbid", "tbddconid"),
    ("hiscliente", "hcliid", "hclihstusu"),
];

/// Expressions over the row `t`, its key `#k` and another column `#c`.
const EXPRESSIONS: [&str; 46] = [
    "count(*)",
    "count(t)",
    "count(t.*)",
    "count(t.#k)",
    "1 + max(#k)",
    "max(length(t::text))",
    "count(*) filter (where t is not null)",
    "string_agg(t::text, ',' order by t)",
    "percentile_disc(0.5) within group (order by t.#k)",
    "grouping(t.#k)",
    "sum(1) over ()",
    "rank() over (order by t.#k)",
    "count(t) over (partition by t)",
    "generate_series(1, 2)",
    "1 + generate_series(1, 2)",
    "unnest(array[t.#k])",
    "unnest(array[t])",
    "coalesce(count(t), 0)",
    "case when count(t) > 0 then 1 end",
    "(t).#k",
    "(t).#k + 1",
    "((t)).#c",
    "(t).nosuch",
    "(t).*",
    "((t).*)",
    "t",
    "t.*",
    "t::text",
    "length(t::text)",
    "(coalesce(t, t)).#k",
    "row_to_json(t)",
    "row_to_json(t.*)",
    "t is null",
    "t.* is not null",
    "(t.*) is null",
    "row(t.*)",
    "row(t.*, 1)",
    "row((t).*)",
    "t = t",
    "(select count(t))",
    "(select count(t) from tipooficina)",
    "(select count(*) from tipooficina where t is not null)",
    "(select (t).#k)",
    "(select max(x) from (select t.#k) q(x))",
    "exists (select t.*)",
    "(select generate_series(1, 1))",
];

/// Statements on the table `#t` with an expression in the place of `#`.
const PLACES: [&str; 26] = [
    "update #t t set #c = # where #k = 3",
    "update #t t set (#k, #c) = (#, 1) where #k = 3",
    "update #t t set (#k, #c) = (select #, 1) where #k = 3",
    "update #t t set #c = 1 where (#) is not null and #k = 3",
    "update #t t set #c = 1 where # = 3 and #k = 3",
    "update #t t set #c = 1 where #k = 3 returning #",
    "update #t t set #c = 1 from tipooficina o where o.tofid = #k and #k = 3 returning #, o.tofid",
    "update #t t set #c = # from pg_catalog.pg_am s where t.#k = 3 and s.amname = 'heap'",
    "update #t t set #c = 1 from pg_catalog.pg_am s where (#) is not null and t.#k = 3 and s.amname = 'heap'",
    "update #t t set #c = 1 from pg_catalog.pg_am s where t.#k = 3 and s.amname = 'heap' returning #",
    "delete from #t t using pg_catalog.pg_am s where (#) is not null and t.#k = 3 and s.amname = 'heap'",
    "delete from #t t using pg_catalog.pg_am s where t.#k = 3 and s.amname = 'heap' returning 1, # as x",
    "merge into #t t using pg_catalog.pg_am s on t.#k = 3 and s.amname = 'heap' and (#) is not null when matched then do nothing",
    "merge into #t t using pg_catalog.pg_am s on t.#k = 3 and s.amname = 'heap' when matched and (#) is not null then delete",
    "merge into #t t using pg_catalog.pg_am s on t.#k = 3 and s.amname = 'heap' when matched then update set #c = #",
    "update #t t set #c = (select max(#c) + 1 from pg_catalog.pg_am) from pg_catalog.pg_am s where t.#k = 3 and (#) is not null",
    "delete from #t t where (#) is not null and #k = 3",
    "delete from #t t where #k = 3 returning #",
    "delete from #t t where #k = 3 returning 1, # as x",
    "insert into #t as t select * from #t where #k = 3 and false returning #",
    "with x as (delete from #t t where #k = 3 returning #) select * from x",
    "insert into #t as t select * from #t where #k = 3 on conflict (#k) do update set #c = #",
    "insert into #t as t select * from #t where #k = 3 on conflict (#k) do update set #c = t.#c where (#) is not null",
    "insert into #t as t select * from #t where #k = 3 on conflict (#k) where (#) is not null do nothing",
    "merge into #t t using (select 3 as n) s on t.#k = s.n and (#) is not null when matched then do nothing",
    "merge into #t t using (select 3 as n) s on t.#k = s.n when matched then update set #c = #",
];

/// Statements over arbiters of ON CONFLICT: their elements and their predicates.
const ARBITERS: [&str; 20] = [
    "(tsvid) where true",
    "(tsvid) where tsvid > 0",
    "(tsvid) where tsvid + tsvtxtid > 0 and tsvtxtid is not null",
    "(tsvid) where tsvid",
    "(tsvid) where 1",
    "(tsvid) where null",
    "(tsvid) where nosuch > 0",
    "(tsvid) where dv_id > 0",
    "(tsvid) where tipositver.tsvid > 0",
    "(tsvid) where excluded.tsvid > 0",
    "(tsvid) where exists (select 1)",
    "(tsvid) where count(*) > 0",
    "(tsvid) where sum(1) over () > 0",
    "(tsvid) where generate_series(1, 2) > 0",
    "(tsvtxtid) where tsvid > 0",
    "(((tsvid)))",
    "(abs(tsvid))",
    "((tsvid))",
    "((tsvid + 1)) where tsvid > 0",
    "(dv_code)",
];

/// A row that is named as a whole in a statement that writes a retained table is a `record`: what errors call its type, and where in its
/// parentheses they point, differs.
fn is_told_otherwise(table: &str, place: &str, expression: &str) -> bool {
    let shows_type =
        place.contains("set #c = #") || place.contains("(#, 1)") || place.contains("select #, 1") || place.contains("# = 3");
    let is_record =
        table == "hiscliente" && shows_type && ["t", "t.*", "(t.*) is null", "unnest(array[t])"].contains(&expression);
    // Beside an item whose columns only the server knows, `t` may be one of its columns (docs/differences.md).
    let beside_unknown = place.contains("pg_am s")
        && (["t", "(t).*", "((t).*)", "(coalesce(t, t)).#k"].contains(&expression)
            || table == "hiscliente" && (place.contains("returning") || expression == "length(t::text)"));
    is_record || beside_unknown
}

/// The statements, or every other one of them, the even ones or the odd.
pub(crate) fn statements(odd: bool) -> Vec<String> {
    let tables = TABLES.iter().flat_map(|table| PLACES.iter().map(move |place| (table, place)));
    let filled = tables.flat_map(|((table, key, column), place)| {
        let fill = move |text: &str| text.replace("#t", table).replace("#k", key).replace("#c", column);
        let told = move |expression: &&&str| !is_told_otherwise(table, place, expression);
        EXPRESSIONS.iter().filter(told).map(move |expression| fill(place).replace('#', &fill(expression)))
    });
    let arbiters = ARBITERS.iter().flat_map(|arbiter| {
        ["do nothing", "do update set tsvtxtid = excluded.tsvtxtid + 1 returning *"]
            .map(|action| format!("insert into tipositver values (3, 900) on conflict {arbiter} {action}"))
    });
    filled.chain(arbiters).skip(usize::from(odd)).step_by(2).collect()
}
