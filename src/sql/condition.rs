//! Conditions that narrow rows: what WHERE and ON demand, as far as an index could use it. Everything else is [`Condition::Other`],
//! and nothing is lost by that: a condition is only ever used to add what it implies.

use std::ops::Range;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator, Value,
};

use super::shape::{Name, Part, ScopeId};
use super::token::{Lexed, Span};

/// A condition that every row of some items must meet to be seen.
#[derive(Debug, Clone)]
pub struct Restriction {
    /// The scope of its names.
    pub scope: ScopeId,
    /// The items of the scope that it narrows. An outer join keeps rows of one side whatever ON says.
    pub items: Range<usize>,
    /// What it says.
    pub condition: Condition,
}

/// A condition as a tree of comparisons. All of them are strict: NULL on one side is not true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// AND
    All(Vec<Condition>),
    /// OR, and IN with a list
    Any(Vec<Condition>),
    /// One comparison.
    Compare {
        /// Left of the operator.
        left: Operand,
        /// The operator.
        comparator: Comparator,
        /// Right of it.
        right: Operand,
    },
    /// Anything else.
    Other,
}

/// A comparison that an index on key or time can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `= ANY (array)`
    EqualAny,
    /// `<` and `<=`
    AtMost,
    /// `>` and `>=`
    AtLeast,
}

impl Comparator {
    /// With its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Comparator {
        match self {
            Comparator::AtMost => Comparator::AtLeast,
            Comparator::AtLeast => Comparator::AtMost,
            other => other,
        }
    }
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A column, or what looks like one.
    Name(Name),
    /// The column of `USING (name)` in one of these items.
    Member {
        /// The column's name, folded.
        name: String,
        /// The items of one side of the join.
        items: Range<usize>,
    },
    /// A value that is the same for every row of the statement.
    Scalar(Scalar),
    /// Anything else.
    Other,
}

/// An expression without a column, a sub-select or a function that could fail or change its mind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A literal, where it stands.
    Literal(Span, Literal),
    /// `$1`, where it stands.
    Parameter(Span),
    /// `$1` in a list of several values, which all take one type: the column's own, where nothing else in the list has one.
    Listed(Span),
    /// `value::type`, `type 'value'`, with the type's name in lower case.
    Cast(Box<Scalar>, String),
    /// `-value`
    Negative(Box<Scalar>),
    /// `now() - interval '30 days'`
    Sum(Box<Scalar>, char, Box<Scalar>),
    /// `now()`, `current_date`, `date_trunc('month', now())`
    Clock(String, Vec<Scalar>),
}

/// What a literal is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal {
    /// Digits.
    Number,
    /// Quoted: its type depends on where it stands.
    Text,
    /// The same in a list of several types, or in an array: its type is that of the list, and may not be the column's.
    Listed,
    /// NULL, TRUE, FALSE.
    Word,
}

/// Functions that give one value a statement, whatever their arguments are.
const CLOCKS: [&str; 8] = [
    "now",
    "current_date",
    "current_timestamp",
    "localtimestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "date_trunc",
    "make_interval",
];

/// Reads a condition out of the parser's tree.
pub(super) fn condition(lexed: &Lexed<'_>, expr: &Expr) -> Condition {
    let both = |left: &Expr, comparator, right: &Expr| compare(lexed, left, comparator, right);
    match expr {
        Expr::Nested(inner) => condition(lexed, inner),
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::And => Condition::All(branches(lexed, expr, &BinaryOperator::And)),
            BinaryOperator::Or => Condition::Any(branches(lexed, expr, &BinaryOperator::Or)),
            BinaryOperator::Eq => both(left, Comparator::Equal, right),
            BinaryOperator::Lt | BinaryOperator::LtEq => both(left, Comparator::AtMost, right),
            BinaryOperator::Gt | BinaryOperator::GtEq => both(left, Comparator::AtLeast, right),
            _ => Condition::Other,
        },
        Expr::Between { expr, negated: false, low, high } => {
            Condition::All(vec![both(expr, Comparator::AtLeast, low), both(expr, Comparator::AtMost, high)])
        }
        Expr::InList { expr, list, negated: false } => {
            listed(list.iter().map(|value| both(expr, Comparator::Equal, value)).collect(), true)
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match unnested(right) {
            Expr::Array(array) => listed(array.elem.iter().map(|v| both(left, Comparator::Equal, v)).collect(), false),
            right => both(left, Comparator::EqualAny, right),
        },
        _ => Condition::Other,
    }
}

/// The comparisons of a list. PostgreSQL finds one type for all its values that name no column (source, parse_expr.c,
/// `transformAExprIn`, and `transformArrayExpr` for an array, which does not ask the column); so a parameter is not typed as beside
/// `=`, and where that type cannot be told here nothing is said about it.
fn listed(mut comparisons: Vec<Condition>, with_column: bool) -> Condition {
    let count = comparisons.len();
    let mut scalars: Vec<&mut Scalar> = Vec::new();
    for comparison in &mut comparisons {
        if let Condition::Compare { right: Operand::Scalar(scalar), .. } = comparison {
            scalars.push(scalar);
        }
    }
    let beside_column = |s: &&mut Scalar| matches!(s, Scalar::Literal(_, Literal::Text | Literal::Word));
    if !with_column || scalars.len() < count || !scalars.iter().all(beside_column) {
        for scalar in &mut scalars {
            if let Scalar::Literal(_, literal @ Literal::Text) = scalar {
                *literal = Literal::Listed;
            }
        }
    }
    let parameter = |s: &&mut Scalar| matches!(s, Scalar::Parameter(_));
    let untyped = |s: &&mut Scalar| match s {
        Scalar::Literal(_, Literal::Number) => with_column,
        other => matches!(other, Scalar::Parameter(_) | Scalar::Literal(..)),
    };
    if scalars.iter().any(parameter) && (scalars.len() > 1 || !with_column) {
        if !scalars.iter().all(untyped) {
            return Condition::Other;
        }
        for scalar in scalars.into_iter().filter(|_| with_column) {
            if let Scalar::Parameter(span) = scalar {
                *scalar = Scalar::Listed(*span);
            }
        }
    }
    Condition::Any(comparisons)
}

/// The condition of `USING (name)`.
pub(super) fn using(name: &Ident, left: Range<usize>, right: Range<usize>) -> Condition {
    let member = |items| Operand::Member { name: folded(name), items };
    Condition::Compare { left: member(left), comparator: Comparator::Equal, right: member(right) }
}

/// The members of a chain of ANDs or ORs, which may be thousands long and leans to the left.
fn branches(lexed: &Lexed<'_>, expr: &Expr, operator: &BinaryOperator) -> Vec<Condition> {
    let mut out = Vec::new();
    let mut at = expr;
    while let Expr::BinaryOp { left, op, right } = at
        && op == operator
    {
        out.push(condition(lexed, right));
        at = left;
    }
    out.push(condition(lexed, at));
    out.reverse();
    out
}

/// One comparison; of rows, one for each pair where the operator is `=`.
fn compare(lexed: &Lexed<'_>, left: &Expr, comparator: Comparator, right: &Expr) -> Condition {
    match (unnested(left), unnested(right)) {
        (Expr::Tuple(left), Expr::Tuple(right)) if comparator == Comparator::Equal && left.len() == right.len() => {
            Condition::All(left.iter().zip(right).map(|(l, r)| compare(lexed, l, comparator, r)).collect())
        }
        (left, right) => match (operand(lexed, left), operand(lexed, right)) {
            (Operand::Other, _) | (_, Operand::Other) => Condition::Other,
            (left, right) => Condition::Compare { left, comparator, right },
        },
    }
}

fn unnested(expr: &Expr) -> &Expr {
    if let Expr::Nested(inner) = expr { unnested(inner) } else { expr }
}

fn operand(lexed: &Lexed<'_>, expr: &Expr) -> Operand {
    let name = |idents: &[Ident]| {
        let part = |i: &Ident| Some(Part { text: folded(i), span: lexed.lexemes[lexed.at(i.span.start)?].span });
        idents.iter().map(part).collect::<Option<Vec<Part>>>().map_or(Operand::Other, |parts| Operand::Name(Name(parts)))
    };
    match expr {
        Expr::Identifier(ident) => name(std::slice::from_ref(ident)),
        Expr::CompoundIdentifier(idents) => name(idents),
        _ => scalar(lexed, expr).map_or(Operand::Other, Operand::Scalar),
    }
}

fn scalar(lexed: &Lexed<'_>, expr: &Expr) -> Option<Scalar> {
    let cast = |inner, data_type: &sqlparser::ast::DataType| Scalar::Cast(Box::new(inner), data_type.to_string().to_lowercase());
    Some(match expr {
        Expr::Nested(inner) => scalar(lexed, inner)?,
        Expr::Value(value) => token(lexed, value)?,
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None } => {
            cast(scalar(lexed, expr)?, data_type)
        }
        Expr::TypedString(typed) => cast(token(lexed, &typed.value)?, &typed.data_type),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Scalar::Negative(Box::new(scalar(lexed, expr)?)),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => scalar(lexed, expr)?,
        Expr::BinaryOp { left, op, right } => {
            let sign = match op {
                BinaryOperator::Plus => '+',
                BinaryOperator::Minus => '-',
                _ => return None,
            };
            Scalar::Sum(Box::new(scalar(lexed, left)?), sign, Box::new(scalar(lexed, right)?))
        }
        Expr::Interval(interval) if interval.leading_field.is_none() && interval.fractional_seconds_precision.is_none() => {
            Scalar::Cast(Box::new(scalar(lexed, &interval.value)?), "interval".into())
        }
        Expr::Function(function) => {
            let [part] = function.name.0.as_slice() else { return None };
            let name = folded(part.as_ident()?);
            let arguments = match &function.args {
                FunctionArguments::List(list) if list.clauses.is_empty() && list.duplicate_treatment.is_none() => &list.args,
                FunctionArguments::None => &Vec::new(),
                _ => return None,
            };
            if !CLOCKS.contains(&name.as_str()) || function.over.is_some() || function.filter.is_some() {
                return None;
            }
            let argument = |a: &FunctionArg| match a {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => scalar(lexed, expr),
                _ => None,
            };
            let call = if matches!(function.args, FunctionArguments::None) { name } else { format!("{name}()") };
            Scalar::Clock(call, arguments.iter().map(argument).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn token(lexed: &Lexed<'_>, value: &sqlparser::ast::ValueWithSpan) -> Option<Scalar> {
    let span = lexed.lexemes[lexed.at(value.span.start)?].span;
    Some(match &value.value {
        Value::Placeholder(_) => Scalar::Parameter(span),
        Value::Number(..) => Scalar::Literal(span, Literal::Number),
        Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_) | Value::DollarQuotedString(_) => {
            Scalar::Literal(span, Literal::Text)
        }
        Value::Null | Value::Boolean(_) => Scalar::Literal(span, Literal::Word),
        _ => return None,
    })
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}
