//! A query as a client sent it: parameters and results stay bytes, in the formats of the protocol.

use bytes::BytesMut;
use futures_util::{StreamExt as _, pin_mut};
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::database::{Database, database_error};
use crate::error::{Error, Result};

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Column names and type OIDs.
    pub columns: Vec<(String, u32)>,
    /// Cells in binary format; NULL is `None`.
    pub rows: Vec<Vec<Option<Vec<u8>>>>,
}

#[derive(Debug)]
struct Parameter<'p> {
    binary: bool,
    value: Option<&'p [u8]>,
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let Some(value) = self.value else { return Ok(IsNull::Yes) };
        out.extend_from_slice(value);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        if self.binary { Format::Binary } else { Format::Text }
    }

    to_sql_checked!();
}

struct Bytes(Vec<u8>);

impl<'b> FromSql<'b> for Bytes {
    fn from_sql(_: &Type, bytes: &'b [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Bytes(bytes.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Database {
    /// Runs a query with parameters as they were sent (whether binary, and the bytes) and these declared types, 0 for one that the server infers.
    /// `None` when there are more than `limit` rows.
    pub async fn raw(
        &self,
        context: &str,
        sql: &str,
        types: &[u32],
        parameters: &[(bool, Option<&[u8]>)],
        limit: usize,
    ) -> Result<Option<Fetched>> {
        let wrong = |e: &tokio_postgres::Error| database_error(context, e);
        let types: Option<Vec<Type>> =
            types.iter().map(|oid| if *oid == 0 { Some(Type::UNKNOWN) } else { Type::from_oid(*oid) }).collect();
        let types = types.ok_or_else(|| Error::refused("a parameter has a type that is not a built-in one"))?;
        let statement = self.client.prepare_typed(sql, &types).await.map_err(|e| wrong(&e))?;
        if statement.params().len() != parameters.len() {
            return Err(Error::refused("the number of parameters does not match"));
        }
        let columns = statement.columns().iter().map(|c| (c.name().to_owned(), c.type_().oid())).collect();
        let parameters = parameters.iter().map(|(binary, value)| Parameter { binary: *binary, value: *value });
        let stream = self.client.query_raw(&statement, parameters).await.map_err(|e| wrong(&e))?;
        pin_mut!(stream);
        let mut rows = Vec::new();
        while let Some(row) = stream.next().await {
            let row = row.map_err(|e| wrong(&e))?;
            if rows.len() == limit {
                return Ok(None);
            }
            let cell = |i: usize| row.try_get::<_, Option<Bytes>>(i).map(|cell| cell.map(|c| c.0));
            rows.push((0..row.len()).map(cell).collect::<std::result::Result<_, _>>().map_err(|e| wrong(&e))?);
        }
        Ok(Some(Fetched { columns, rows }))
    }
}
