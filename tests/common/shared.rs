//! Names that the target of a writing statement shares, or may share, with another item: every kind of item in FROM, USING and the source of
//! MERGE, in every place where a bare name is possible. An ambiguous name is reported as such, and any other refers to the same column as before.

/// A table, its key and another column that takes a number.
const TABLES: [(&str, &str, &str); 3] =
    [("tipositver", "tsvid", "tsvtxtid"), ("histipooficina", "htofid", "htofdescri"), ("tipobonifdoc", "tbdtbid", "tbddconid")];

/// Items beside the target; `c` is a CTE with the key's name.
const ITEMS: [&str; 57] = [
    "#t s",
    "#t",
    "only cf_quere_pro.#t as s",
    "#t s(a)",
    "#t s(a, b)",
    "#t as s(#c)",
    "#t s tablesample system (100)",
    "tipooficina s",
    "tipooficina s(#k)",
    "pg_catalog.pg_am s",
    "pg_catalog.pg_am s(#k)",
    "c",
    "c s",
    "c s(x)",
    "(select 3 as #k) s",
    "(select 3 as nosuch) s",
    "(select 3 as dv_code, 4 as al_id, 5 as ctid) s",
    "(select * from #t) s",
    "(table #t) s",
    "(select * from pg_catalog.pg_am) s",
    "(select z.*, 3 as #k from pg_catalog.pg_am z) s",
    "(select 3 union select 3) s(#k)",
    "(values (3)) s(#k)",
    "(values (3)) s",
    "generate_series(3, 3) #k",
    "generate_series(3, 3) s(#k)",
    "generate_series(3, 3) s",
    "generate_series(3, 3) with ordinality s(x, #k)",
    "generate_series(3, 3) with ordinality #k",
    "json_to_record('{\"x\": 3}') as s(#k numeric)",
    "unnest(array[3], array[4]) s(x, #k)",
    "rows from (generate_series(3, 3), generate_series(4, 4)) s(x, #k)",
    "xmltable('/r' passing xml '<r/>' columns #k integer path 'x') s",
    "(tipooficina a join #t b on a.tofid = b.#k) s",
    "tipooficina a join #t b on a.tofid = b.#k",
    "tipooficina a left join pg_catalog.pg_am b on a.tofid = 3",
    "(select 3 as #k) a join (select 3 as #k) b using (#k)",
    "(select 3 as #k) a natural join (select 3 as #k) b",
    "((select 3 as #k) a join (select 3 as #k) b using (#k)) s",
    "(select 3 as #k) a join (select 3 as #k) b using (#k) as s",
    "(select 3 as x) a cross join lateral (select a.x as #k) s",
    "(select 3 as x) a cross join lateral generate_series(a.x, a.x) s",
    "c a join #t b on a.#k = b.#k",
    "c a join #t b using (#k)",
    "tipooficina a join tipooficina b using (tofid)",
    "#t a join #t b using (#k)",
    "#t a join #t b using (#k, #c)",
    "#t a left join #t b using (#k)",
    "#t a right join #t b using (#k)",
    "#t a natural join #t b",
    "#t a join #t b using (#k) as s",
    "(#t a join #t b using (#k)) s",
    "(#t a join #t b using (#k)) join #t d using (#k)",
    "#t a join (tipooficina b join #t d on d.#k = b.tofid) on a.#k = d.#k",
    "oficina a join oficina b using (ofiid)",
    "tipooficina a, oficina b join oficina d using (ofiid)",
    "oficina a natural join (select 3 as ofiid, 4 as #k) b",
];

/// Statements on the table `#t` with an item `#i`: the bare names of the key `#k` and of another column `#c` in every clause.
const PLACES: [&str; 49] = [
    "update #t t set #c = 1 from #i where #k = 3",
    "update #t set #c = 1 from #i where #t.#k = 3 and #c > 0",
    "update #t t set #c = #k from #i where t.#k = 3",
    "update #t t set #c = default, #k = #k + 1 from #i where t.#k = 3",
    "update #t t set (#c, #k) = (#k, 1) from #i where t.#k = 3",
    "update #t t set (#c, #k) = row(1, #c) from #i where t.#k = 3",
    "update #t t set (#c, #k) = (select #k, 1) from #i where t.#k = 3",
    "update #t t set (#c, #k) = (select #k, g from generate_series(1, 1) g) from #i where t.#k = 3",
    "update #t t set #c = $1 from #i where #k = $2",
    "update #t t set #c = 1 from #i where t.#k = 3 returning #k",
    "update #t t set #c = 1 from #i where t.#k = 3 returning t.#k, 1 + #k, length(#c::text) as x, #k::text",
    "update #t t set #c = 1 from #i where t.#k = 3 returning t.*",
    "update #t t set #c = 1 from #i where t.#k = 3 returning (select #k)",
    "update #t t set #c = 1 from #i where t.#k = 3 returning (select g from generate_series(1, 1) g where #k = 3)",
    "update #t t set #c = 1 from #i where t.#k = 3 returning (t).#k, (select min(z.#k) from #t z where z.#k = #k)",
    "update #t t set #c = 1 from #i where t.#k = 3 and exists (select from tipooficina where tofid = #k)",
    "update #t t set #c = 1 from #i where t.#k = 3 and exists (select from generate_series(1, 3) g where g = #k)",
    "update #t t set #c = 1 from #i where t.#k = 3 and exists (select from pg_catalog.pg_am g where #k = 3)",
    "update #t t set #c = (select max(#k) from tipooficina) from #i where t.#k = 3",
    "update #t t set #c = (with c(#k) as (select 1) select #k from c) from #i where t.#k = 3",
    "update #t t set #c = 1 from #i where t.#k = 3 returning *",
    "update #t set #c = 1 from #i where #t.#k = 3 returning #t.#k, *, 1",
    "with x as (update #t t set #c = 1 from #i where t.#k = 3 returning *) select count(*) from x",
    "with x(a, b) as (update #t t set #c = 1 from #i where t.#k = 3 returning t.#k, t.#c) select * from x",
    "with x(a) as (update #t set #c = 1 from #i where #t.#k = 3 returning #t.#k, #t.#c + 1) select * from x",
    "update #t t set #c = 1 from #i where t.#k = 3 and exists (select from tipooficina t where tofid = #k)",
    "update #t t set #c = 1 from #i where t.#k = 3 and exists (select from tipooficina t where tofid = #c)",
    "update #t t set #c = (select max(tofid) from tipooficina t where tofid = #k) from #i where t.#k = 3",
    "update #t t set #c = 1 from #i where t.#k = 3 returning (select max(tofid) from tipooficina t where tofid = #k)",
    "delete from #t using #i where #k = 3",
    "delete from #t t using #i where t.#k = 3 returning *",
    "delete from #t t using #i where t.#k = 3 returning t.*, *",
    "with x(a, b) as (delete from #t t using #i where t.#k = 3 returning t.#k, t.#c) select * from x",
    "delete from #t t using #i where t.#k = 3 and exists (select from tipooficina t where tofid = #k)",
    "delete from #t t using #i where t.#k = 3 and #c is not null",
    "delete from #t t using #i where t.#k = 3 returning #k",
    "delete from #t t using #i where t.#k = 3 and #k in (select tofid from tipooficina)",
    "delete from #t t using #i where t.#k = 3 and ctid is not null",
    "delete from #t t using #i where t.#k = 3 and dv_code = 3",
    "delete from #t t using #i where t.#k = 3 returning dv_code",
    "delete from #t t using #i where t.#k = 3 returning al_id",
    "delete from #t t using #i where t.#k = 3 and exists (select from tipooficina where ctid is null and al_id = 4)",
    "merge into #t t using #i on t.#k = 3 and exists (select from tipooficina t where tofid = #k) when matched then do nothing",
    "merge into #t t using #i on #k = 3 when matched then do nothing",
    "merge into #t t using #i on t.#k = 3 when matched and #k = 3 then delete",
    "merge into #t t using #i on t.#k = 3 when matched then update set #c = #k",
    "merge into #t t using #i on t.#k = 3 and dv_code = 3 when matched then update set #c = 1 when not matched and al_id = 3 then do nothing",
    "merge into #t t using #i on false when not matched and #k = 3 then do nothing",
    "merge into #t using #i on #t.#k = 3 when matched and exists (select from generate_series(1, 3) g where g = #k) then do nothing",
];

/// Where the target is out of sight, a hint says that it has the column. Of an item whose columns only the server knows, it says so alone.
fn is_told_more(place: &str, item: &str) -> bool {
    let is_unknown = ["pg_am", "generate_series"].iter().any(|i| item.contains(i)) && !item.contains("#k");
    place.contains("when not matched and #k") && is_unknown
}

/// Of several rows that a row of the target meets, which one RETURNING shows is not said; with one key for each row it is the first on both sides.
fn shows_any_row(table: &str, place: &str, item: &str) -> bool {
    let shows_all = place.contains("returning") && (place.contains(" *") || place.contains(", *"));
    shows_all && table != "tipositver" && (item.contains("#t a") || item.contains("#t d"))
}

/// The statements, or every other one of them, the even ones or the odd.
pub(crate) fn statements(odd: bool) -> Vec<String> {
    let mut all = Vec::new();
    for (table, key, column) in TABLES {
        for place in PLACES {
            for item in ITEMS.iter().filter(|item| !is_told_more(place, item) && !shows_any_row(table, place, item)) {
                let with = if item.starts_with('c') { "with c as (select 3 as #k)" } else { "" };
                let text = match (place.strip_prefix("with "), with) {
                    (_, "") => place.replace("#i", item),
                    (Some(more), with) => format!("{with}, {}", more.replace("#i", item)),
                    (None, with) => format!("{with} {}", place.replace("#i", item)),
                };
                all.push(text.replace("#t", table).replace("#k", key).replace("#c", column));
            }
        }
    }
    all.into_iter().skip(usize::from(odd)).step_by(2).collect()
}
