//! The name that PostgreSQL gives a column of a select list (source, parse_target.c, `FigureColnameInternal`).

use sqlparser::ast::{AccessExpr, ArrayElemTypeDef, BinaryOperator, DataType, Expr, ObjectName, Query, SelectItem, SetExpr};
use sqlparser::ast::{TimezoneInfo, TrimWhereField};

use super::name::folded;

/// What a column of a select list or of RETURNING is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputName {
    /// Several columns, with their own names.
    Star,
    /// This name; `?column?` where PostgreSQL finds none.
    Name(String),
    /// How PostgreSQL names an expression of this form is not known here.
    Unknown,
}

/// A name that was found so far, and its strength.
enum Figured {
    Nothing,
    /// A type's name or `case`: used only if nothing stronger is found.
    Weak(String),
    Strong(String),
    Unknown,
}

/// The name of an item's column.
pub(super) fn output_name(item: &SelectItem) -> OutputName {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => OutputName::Name(folded(alias)),
        SelectItem::UnnamedExpr(expr) => match figured(expr) {
            Figured::Strong(name) | Figured::Weak(name) => OutputName::Name(name),
            Figured::Nothing => OutputName::Name("?column?".into()),
            Figured::Unknown => OutputName::Unknown,
        },
        _ => OutputName::Star,
    }
}

fn figured(expr: &Expr) -> Figured {
    let strong = |name: &str| Figured::Strong(name.to_owned());
    match expr {
        Expr::Identifier(ident) => Figured::Strong(folded(ident)),
        Expr::CompoundIdentifier(idents) => idents.last().map_or(Figured::Unknown, |i| Figured::Strong(folded(i))),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field =
                |access: &AccessExpr| if let AccessExpr::Dot(Expr::Identifier(i)) = access { Some(folded(i)) } else { None };
            access_chain.iter().rev().find_map(field).map_or_else(|| figured(root), Figured::Strong)
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figured(inner),
        Expr::Function(function) => last(&function.name).map_or(Figured::Unknown, Figured::Strong),
        Expr::Cast { expr, data_type, .. } => or_type(figured(expr), data_type),
        Expr::TypedString(typed) => or_type(Figured::Nothing, &typed.data_type),
        Expr::Interval(_) => Figured::Weak("interval".into()),
        Expr::Case { else_result, .. } => match else_result.as_deref().map(figured) {
            Some(Figured::Strong(name)) => Figured::Strong(name),
            _ => Figured::Weak("case".into()),
        },
        Expr::Exists { .. } => strong("exists"),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::Subquery(query) => first_target(query),
        Expr::Extract { .. } => strong("extract"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Position { .. } => strong("position"),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::IsNormalized { .. } => strong("is_normalized"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::BinaryOp { op: BinaryOperator::Overlaps, .. } => strong("overlaps"),
        Expr::Value(_)
        | Expr::BinaryOp { .. }
        | Expr::UnaryOp { .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. } => Figured::Nothing,
        _ => Figured::Unknown,
    }
}

fn last(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(|p| p.as_ident()).map(folded)
}

/// A sub-select has the name of its column.
fn first_target(query: &Query) -> Figured {
    match query.body.as_ref() {
        SetExpr::Select(select) => match select.projection.first().map(output_name) {
            Some(OutputName::Name(name)) if name != "?column?" => Figured::Strong(name),
            Some(OutputName::Name(_)) => Figured::Nothing,
            _ => Figured::Unknown,
        },
        SetExpr::Query(query) => first_target(query),
        _ => Figured::Unknown,
    }
}

fn or_type(inner: Figured, data_type: &DataType) -> Figured {
    match inner {
        Figured::Nothing | Figured::Weak(_) => type_name(data_type).map_or(Figured::Unknown, Figured::Weak),
        strong => strong,
    }
}

/// The name of a type as the grammar spells it (source, gram.y).
fn type_name(data_type: &DataType) -> Option<String> {
    let name = match data_type {
        DataType::Custom(name, _) => return last(name),
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => return type_name(inner),
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => "int4",
        DataType::BigInt(_) | DataType::Int8(_) => "int8",
        DataType::SmallInt(_) | DataType::Int2(_) => "int2",
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => "numeric",
        DataType::Text => "text",
        DataType::Varchar(_) | DataType::CharacterVarying(_) | DataType::CharVarying(_) => "varchar",
        DataType::Char(_) | DataType::Character(_) => "bpchar",
        DataType::Boolean | DataType::Bool => "bool",
        DataType::Date => "date",
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => "timestamptz",
        DataType::Timestamp(..) => "timestamp",
        DataType::Time(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => "timetz",
        DataType::Time(..) => "time",
        DataType::DoublePrecision | DataType::Float8 => "float8",
        DataType::Real | DataType::Float4 => "float4",
        DataType::Interval { .. } => "interval",
        DataType::Bytea => "bytea",
        DataType::JSON => "json",
        DataType::JSONB => "jsonb",
        DataType::Uuid => "uuid",
        DataType::Regclass => "regclass",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, script};
    use super::*;

    /// As PostgreSQL 15 answers.
    #[test]
    fn names_as_the_server_figures_them() {
        let text = "select a, t.b, (t.c), d::text, cast(1 as numeric(5)), 1, 'x'::varchar, f(e), s.g(), (h).i, j[1], case when k then 1 end, \
                    case when k then 1 else l end, coalesce(m, 1), array[1], row(1, 2), exists (select 1), (select n from t), \
                    a + 1, date '2020-01-01', count(*), t.*, *, q as \"Q\", u w, '{}'::int[], t.x::date::text, extract(year from v), \
                    now() at time zone 'UTC', trim(y), a is null, not b from t";
        let script = script(text, &Limits::default()).unwrap();
        let shape = script.statements[0].shape.as_ref().unwrap();
        let name = |o: &OutputName| match o {
            OutputName::Name(name) => name.clone(),
            OutputName::Star => "*".into(),
            OutputName::Unknown => "!".into(),
        };
        let names: Vec<String> = shape.scopes[0].outputs.iter().map(name).collect();
        let expected = "a b c d numeric ?column? varchar f g i j case l coalesce array row exists n ?column? date count * * Q w int4 x \
                        extract timezone btrim ?column? ?column?";
        assert_eq!(names.join(" "), expected.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
