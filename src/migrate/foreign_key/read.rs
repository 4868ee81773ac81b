//! Foreign keys as read from the catalog (manual, pg_constraint).

use crate::catalog::Database;
use crate::error::Result;

use super::super::CONTROL;
use super::{Action, Equal, ForeignKey, Operator, Side, Unique};

/// The constraint rows that belong to a table itself. No index leads to those that refer to it, so all constraints are looked at, and the name is
/// resolved once and not for each of them. Those that partitions inherit, on either side, are created again with the foreign key of the
/// partitioned table.
const OWN: &str = "
    FROM pg_constraint c LEFT JOIN pg_constraint up ON up.oid = c.conparentid
    JOIN pg_class f ON f.oid = c.conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
    JOIN pg_class p ON p.oid = c.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
    JOIN pg_class i ON i.oid = c.conindid
    WHERE c.contype = 'f' AND (SELECT to_regclass($1)::oid) IN (c.conrelid, c.confrelid)
      AND (c.conparentid = 0 OR (c.conrelid = to_regclass($1) AND up.conrelid <> c.conrelid))
    ORDER BY c.conrelid = to_regclass($1), c.oid";

fn columns(relation: &str, numbers: &str) -> String {
    format!(
        "ARRAY(SELECT a.attname::text FROM unnest(c.{numbers}) WITH ORDINALITY AS k (number, place) \
         JOIN pg_attribute a ON a.attrelid = c.{relation} AND a.attnum = k.number ORDER BY k.place)"
    )
}

fn operators(array: &str, what: &str) -> String {
    format!(
        "ARRAY(SELECT {what} FROM unnest(c.{array}) WITH ORDINALITY AS k (operator, place) JOIN pg_operator o ON o.oid = k.operator \
         JOIN pg_namespace n ON n.oid = o.oprnamespace ORDER BY k.place)"
    )
}

fn operand(side: &str) -> String {
    format!("(SELECT CASE WHEN t.typtype = 'p' THEN '' ELSE format_type(t.oid, NULL) END FROM pg_type t WHERE t.oid = o.{side})")
}

fn query() -> String {
    let side = |n: &str, t: &str, relation: &str, numbers: &str| {
        format!(
            "{n}.nspname::text, {t}.relname::text, pg_get_userbyid({t}.relowner)::text, {t}.relkind = 'p', {t}.relpersistence = 'u', {}",
            columns(relation, numbers)
        )
    };
    let operator = |array: &str| {
        ["format('OPERATOR(%I.%s)', n.nspname, o.oprname)", &operand("oprleft"), &operand("oprright")]
            .map(|what| operators(array, what))
            .join(", ")
    };
    format!(
        "SELECT c.conname::text, {}, {}, i.relname::text,
            EXISTS (SELECT FROM pg_constraint u WHERE u.conindid = c.conindid AND u.contype IN ('p', 'u')),
            c.confmatchtype::text, c.confupdtype::text, c.confdeltype::text, {}, c.condeferrable, c.condeferred, c.convalidated,
            NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O'),
            c.conparentid <> 0, obj_description(c.oid, 'pg_constraint'), {}, {},
            (SELECT format('%I.%I', n.nspname, o.proname) FROM pg_trigger t JOIN pg_proc o ON o.oid = t.tgfoid
             JOIN pg_namespace n ON n.oid = o.pronamespace WHERE t.tgrelid = c.conrelid AND n.nspname = $2 AND o.proname LIKE 'hold\\_%'
               AND t.tgargs = convert_to(c.conname, getdatabaseencoding()) || '\\x00'::bytea LIMIT 1)
            {OWN}",
        side("fn", "f", "conrelid", "conkey"),
        side("pn", "p", "confrelid", "confkey"),
        columns("conrelid", "confdelsetcols"),
        operator("conpfeqop"),
        operator("conppeqop"),
    )
}

/// All foreign keys of a table, in either direction; those that refer to it come first. `table` is qualified.
pub async fn foreign_keys(database: &Database, table: &str) -> Result<Vec<ForeignKey>> {
    let rows = database.query("reading foreign keys", &query(), &[&table, &CONTROL]).await?;
    let mut found = Vec::new();
    for row in rows {
        let text = |i: usize| row.get::<_, String>(i);
        let flag = |i: usize| row.get::<_, bool>(i);
        let list = |i: usize| row.get::<_, Vec<String>>(i);
        let side = |i: usize| Side {
            schema: text(i),
            table: text(i + 1),
            owner: text(i + 2),
            partitioned: flag(i + 3),
            unlogged: flag(i + 4),
            columns: list(i + 5),
        };
        let operators = |i: usize| -> Vec<Operator> {
            let typed = |t: &String| (!t.is_empty()).then(|| t.clone());
            let types = list(i + 1).iter().map(typed).zip(list(i + 2).iter().map(typed)).collect::<Vec<_>>();
            list(i).into_iter().zip(types).map(|(sql, (left, right))| Operator { sql, left, right }).collect()
        };
        found.push(ForeignKey {
            name: text(0),
            referencing: side(1),
            referenced: side(7),
            unique: Unique { name: text(13), constraint: flag(14) },
            full: text(15) == "f",
            on_update: Action::parse(&text(16)),
            on_delete: Action::parse(&text(17)),
            delete_columns: list(18),
            deferrable: flag(19),
            deferred: flag(20),
            valid: flag(21),
            enforced: flag(22),
            inherited: flag(23),
            comment: row.get(24),
            equal: operators(25).into_iter().zip(operators(28)).map(|(across, within)| Equal { across, within }).collect(),
            hold: row.get(31),
        });
    }
    Ok(found)
}
