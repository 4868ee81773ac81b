//! Statements with conditions on key and stamp, in forms that an index can serve and in others.

use esclusa::relation::Relation;

/// Statements for any legacy table, whatever its columns are.
pub(crate) fn narrowed(relation: &Relation) -> Vec<String> {
    let t = &relation.table;
    let keys: Vec<&str> = relation.key.iter().map(|&i| relation.columns[i].name.as_str()).collect();
    let Some(first) = keys.first() else { return Vec::new() };
    let number = relation.columns[relation.key[0]].sql_type.name.starts_with("numeric");
    let (one, list, array) = match number {
        true => ("7.00", "1, 2, '3', 4.0, -5, 6::bigint, null", "{1,2,30,null}"),
        false => ("'S'", "'S', 'N', 'a ', '1'::text, '2'::varchar, null", "{S,N,1,2,null}"),
    };
    let equal = |a: &str, b: &str| keys.iter().map(|k| format!("{a}.{k} = {b}.{k}")).collect::<Vec<_>>().join(" and ");
    let (row, values) = (keys.join(", "), vec!["'1'"; keys.len()].join(", "));
    let mut out = vec![
        format!("select * from {t} where {first} = {one}"),
        format!("select * from {t} where {first} in ({list}) and {first} is not null"),
        format!("select * from {t} where {first} = any('{array}') or {first} = {one}"),
        format!("select * from {t} where {first} = any($1)"),
        format!("select * from {t} x where ({row}) = ({values}) or ({row}) in (({values}), ({values}))"),
        format!("select * from {t} where {}", keys.iter().map(|k| format!("{k} = '2'")).collect::<Vec<_>>().join(" and ")),
        format!("select a.*, b from {t} a, {t} b where {}", equal("a", "b")),
        format!("select a.*, b.{first} from {t} a left join {t} b on {} and b.{first} = {one}", equal("b", "a")),
        format!("select a.{first}, b.* from {t} a right join {t} b using ({row}) where a.{first} in ({list})"),
        format!("select a.{first}, (select count(*) from {t} b where {}) from {t} a", equal("a", "b")),
        format!("select * from {t} a where not exists (select from {t} b where {} and b.{first} = {one})", equal("a", "b")),
        format!("delete from {t} a using {t} b where {} and b.{first} in ({list})", equal("a", "b")),
        format!("update {t} set {first} = {first} where {first} = {one}"),
    ];
    let stamps = relation.columns.iter().filter(|c| c.sql_type.is_stamp()).map(|c| &c.name);
    out.extend(stamps.take(2).flat_map(|stamp| {
        [
            format!("select * from {t} where {stamp} between '2015-03-08 02:30:00' and date '2020-01-01'"),
            format!("select * from {t} where {stamp} > now() - interval '4000 days' and {stamp} < $1"),
            format!("select * from {t} where {stamp} = (select max({stamp}) from {t}) or {stamp} <= '-infinity'"),
            format!("update {t} set {stamp} = date_trunc('day', localtimestamp) where {stamp} >= '2024-01-01'"),
            format!(
                "update {t} set {stamp} = '2019-04-07 02:30' where '2016-01-01' <= {stamp} and {stamp} <= timestamp 'infinity'"
            ),
            format!("delete from {t} where {stamp} < '0001-06-01 BC' or {stamp} > '9999-01-01'"),
        ]
    }));
    out
}
