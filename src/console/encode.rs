//! Answers and errors as pgwire's types: only this file knows how a [`Table`] is sent.
//!
//! Int cells are bigint, Float double precision, Bool boolean, all others text, so that JDBC sees numbers; NULL stays NULL. Text or
//! binary format, as the client asks.

use std::sync::Arc;

use futures_util::stream;
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::{DataRowEncoder, FieldFormat, FieldInfo, QueryResponse};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::data::DataRow;

use super::failure::Failure;
use crate::error::sqlstate;
use crate::table::{Cell, Column, ColumnType, Table};

/// Described columns, each in the format that the client asked for.
pub(super) fn fields(columns: &[Column], format: &Format) -> Result<Vec<FieldInfo>, Failure> {
    // pgwire indexes the client's formats by column without checking how many there are.
    if let Format::Individual(formats) = format
        && formats.len() != columns.len()
    {
        let message = format!("bind message has {} result formats but query has {} columns", formats.len(), columns.len());
        return Err(Failure::new(sqlstate::PROTOCOL_VIOLATION, message));
    }
    let field = |(i, Column { name, column_type }): (usize, &Column)| {
        // The sizes of pg_type.typlen.
        let (wire_type, size) = match column_type {
            ColumnType::Int => (Type::INT8, 8),
            ColumnType::Float => (Type::FLOAT8, 8),
            ColumnType::Bool => (Type::BOOL, 1),
            ColumnType::Text => (Type::TEXT, -1),
        };
        FieldInfo::new(name.clone(), None, None, wire_type, format.format_for(i)).with_type_size(size)
    };
    Ok(columns.iter().enumerate().map(field).collect())
}

/// Rows under described columns.
pub(super) fn rows(tag: &str, fields: Vec<FieldInfo>, table: &Table) -> PgWireResult<QueryResponse> {
    let fields = Arc::new(fields);
    let mut encoder = DataRowEncoder::new(fields.clone());
    let mut encoded: Vec<PgWireResult<DataRow>> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        for (cell, field) in row.iter().zip(fields.iter()) {
            encode(&mut encoder, cell, field)?;
        }
        encoded.push(Ok(encoder.take_row()));
    }
    let mut response = QueryResponse::new(fields, stream::iter(encoded));
    response.set_command_tag(tag);
    Ok(response)
}

/// A cell in the type that its column was described with. A cell that does not fit the type is sent as NULL, not as bytes of
/// another type.
fn encode(encoder: &mut DataRowEncoder, cell: &Cell, field: &FieldInfo) -> PgWireResult<()> {
    let number = match cell {
        Cell::Int(i) => Some(*i as f64),
        Cell::Float(x) => Some(*x),
        _ => None,
    };
    match *field.datatype() {
        Type::INT8 => encoder.encode_field(&if let Cell::Int(i) = cell { Some(*i) } else { None }),
        Type::FLOAT8 if field.format() == FieldFormat::Text => encoder.encode_field(&number.map(shortest)),
        Type::FLOAT8 => encoder.encode_field(&number),
        Type::BOOL => encoder.encode_field(&if let Cell::Bool(b) = cell { Some(*b) } else { None }),
        _ => encoder.encode_field(&(*cell != Cell::Null).then(|| cell.text())),
    }
}

/// A float as PostgreSQL prints it: pgwire writes `1.0` where PostgreSQL writes `1`.
fn shortest(x: f64) -> String {
    match x {
        _ if x.is_infinite() => (if x > 0.0 { "Infinity" } else { "-Infinity" }).to_owned(),
        _ if x == 0.0 || (1e-4..1e15).contains(&x.abs()) => x.to_string(),
        _ => format!("{x:e}"),
    }
}

/// An error that the session survives.
pub(super) fn error(failure: Failure) -> PgWireError {
    user_error("ERROR", &failure)
}

/// An error that ends the session.
pub(super) fn fatal(failure: Failure) -> PgWireError {
    user_error("FATAL", &failure)
}

/// Whether an error has this SQLSTATE.
pub(super) fn is_of(error: &PgWireError, sqlstate: &str) -> bool {
    matches!(error, PgWireError::UserError(info) if info.code == sqlstate)
}

/// A warning, to be sent beside an answer.
pub(super) fn warning(failure: &Failure) -> ErrorInfo {
    info("WARNING", failure)
}

fn user_error(severity: &str, failure: &Failure) -> PgWireError {
    PgWireError::UserError(Box::new(info(severity, failure)))
}

fn info(severity: &str, failure: &Failure) -> ErrorInfo {
    let error = failure.error.clone();
    let mut info = ErrorInfo::new(severity.to_owned(), error.sqlstate.to_owned(), error.message);
    info.severity_nonlocalized = Some(severity.to_owned());
    info.detail = error.detail;
    info.hint = error.hint;
    info.position = failure.at().map(|at| at.to_string());
    info
}

/// pgwire's own errors, worded as PostgreSQL's and with all fields.
pub(super) fn reworded(error: PgWireError) -> PgWireError {
    let unnamed = |name: String| if name == pgwire::api::DEFAULT_NAME { String::new() } else { name };
    match error {
        PgWireError::UserError(_) => error,
        PgWireError::PortalNotFound(name) => {
            self::error(Failure::new("34000", format!("portal \"{}\" does not exist", unnamed(name))))
        }
        PgWireError::StatementNotFound(name) => {
            self::error(Failure::new("26000", format!("prepared statement \"{}\" does not exist", unnamed(name))))
        }
        other => {
            let severity = other.severity().to_owned();
            let mut info = ErrorInfo::from(other);
            info.severity_nonlocalized = Some(severity);
            PgWireError::UserError(Box::new(info))
        }
    }
}

/// The error that is sent before a connection is closed.
pub(super) fn farewell(error: PgWireError) -> ErrorInfo {
    let mut info = ErrorInfo::from(reworded(error));
    info.severity = "FATAL".to_owned();
    info.severity_nonlocalized = Some("FATAL".to_owned());
    info
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    fn columns() -> Vec<Column> {
        use ColumnType::{Bool, Float, Int, Text};
        Column::all(&[("i", Int), ("f", Float), ("b", Bool), ("t", Text)])
    }

    #[tokio::test]
    async fn cells_keep_their_types_and_nulls() {
        // Rows that `Table::push` would refuse: a cell that does not fit must not be sent as bytes of another type.
        let of = [
            [Cell::Int(7), Cell::Int(1), Cell::Bool(true), Cell::Int(3)],
            [Cell::Null, Cell::Null, Cell::Null, Cell::Null],
            [Cell::Float(1.5), Cell::Bool(true), Cell::Int(1), Cell::Text("ñ".into())],
        ];
        let table = Table { columns: columns(), rows: of.map(Vec::from).into() };
        let mut response = rows("SHOW", fields(&columns(), &Format::UnifiedText).unwrap(), &table).unwrap();
        let mut bytes = Vec::new();
        while let Some(row) = response.data_rows().next().await {
            bytes.push(row.unwrap().data.to_vec());
        }
        assert_eq!(bytes[0], b"\0\0\0\x017\0\0\0\x011\0\0\0\x01t\0\0\0\x013");
        assert_eq!(bytes[1], [0xff; 16]);
        assert_eq!(bytes[2], [&[0xff; 12][..], b"\0\0\0\x02", "ñ".as_bytes()].concat());
    }

    #[test]
    fn floats_are_printed_as_postgresql_does() {
        let shown = [0.0, 12.0, -0.25, 1e15, 1e-5, f64::NAN, f64::NEG_INFINITY].map(shortest);
        assert_eq!(shown, ["0", "12", "-0.25", "1e15", "1e-5", "NaN", "-Infinity"]);
    }

    #[test]
    fn formats_must_be_as_many_as_columns() {
        assert!(fields(&columns(), &Format::Individual(vec![1, 0])).is_err());
        let mixed = fields(&columns(), &Format::Individual(vec![1, 0, 1, 0])).unwrap();
        assert_eq!((mixed[0].format(), mixed[1].format()), (FieldFormat::Binary, FieldFormat::Text));
    }

    #[test]
    fn the_last_words_are_fatal() {
        let info = farewell(error(Failure::new("42601", "x").with_hint("h")));
        assert_eq!((info.severity.as_str(), info.code.as_str(), info.hint.as_deref()), ("FATAL", "42601", Some("h")));
    }
}
