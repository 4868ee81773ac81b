//! Commands by the simple and by the extended protocol. Both read with [`command::parse`] and run with [`Statement::run`]; they
//! differ in when a command is read and in how its answer is framed.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{Sink, SinkExt as _};
use pgwire::api::portal::{Format, Portal};
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use pgwire::api::results::{FieldInfo, Response, Tag};
use pgwire::api::stmt::QueryParser;
use pgwire::api::store::PortalStore;
use pgwire::api::{ClientInfo, ClientPortalStore, METADATA_USER, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::Execute;
use pgwire::messages::response::TransactionStatus;

use super::access::Access;
use super::conversation::Conversation;
use super::failure::Failure;
use super::service::Console;
use super::statement::{Answer, Caller, Statement};
use super::{command, encode, login};
use crate::error::sqlstate;

/// Commands in one text: their answers are kept in memory until the last has run.
const COMMANDS_PER_TEXT: usize = 100;

/// pgwire reserves memory for as many rows as an Execute asks for before it has any. No answer of the console has more.
const ROWS_PER_EXECUTE: i32 = 100_000;

impl Console {
    async fn answer<C>(&self, client: &mut C, statement: &Statement, format: &Format) -> PgWireResult<Response>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let user = client.metadata().get(METADATA_USER).cloned().unwrap_or_default();
        let database = login::database(client);
        let (process, secret) = client.pid_and_secret_key();
        let interrupt = client.session_extensions().get::<Conversation>().map(|c| c.interrupt.clone()).unwrap_or_default();
        let _listed = self.waiting.list(process, secret, interrupt.clone());
        // The format is checked first: a command whose answer could not be sent must change nothing.
        let fields = encode::fields(&statement.columns, format).map_err(encode::error)?;
        let caller = Caller { console: self, user: &user, database: &database, process, interrupt: &interrupt };
        let answer = statement.run(&caller).await.map_err(encode::error)?;
        if statement.access == Access::Admin && matches!(client.transaction_status(), TransactionStatus::Transaction) {
            let warning = Failure::new("01000", format!("{} has taken effect: the console has no transactions", statement.name));
            client.feed(PgWireBackendMessage::NoticeResponse(encode::warning(&warning).into())).await?;
        }
        let tag = Tag::new(statement.tag);
        Ok(match answer {
            Answer::Rows(table) => Response::Query(encode::rows(statement.tag, fields, &table)?),
            Answer::Done => Response::Execution(tag),
            Answer::DoneBut(warning) => {
                client.feed(PgWireBackendMessage::NoticeResponse(encode::warning(&warning).into())).await?;
                Response::Execution(tag)
            }
            Answer::Begin => Response::TransactionStart(tag),
            Answer::End => Response::TransactionEnd(tag),
            Answer::Shutdown => {
                if let Some(conversation) = client.session_extensions().get::<Conversation>() {
                    conversation.ask_for_shutdown();
                }
                Response::Execution(tag)
            }
        })
    }
}

#[async_trait]
impl SimpleQueryHandler for Console {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statements = command::parse(query).map_err(encode::error)?;
        if statements.is_empty() {
            return Ok(vec![Response::EmptyQuery]);
        }
        if statements.len() > COMMANDS_PER_TEXT {
            let message = format!("there are {} commands in one text; at most {COMMANDS_PER_TEXT} can be", statements.len());
            return Err(encode::error(Failure::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, message)));
        }
        let mut responses = Vec::with_capacity(statements.len());
        for statement in statements {
            match self.answer(client, &statement, &Format::UnifiedText).await {
                Ok(response) => responses.push(response),
                // The commands before the one that failed have run, and are answered.
                Err(error) => {
                    responses.push(Response::Error(Box::new(encode::reworded(error).into())));
                    break;
                }
            }
        }
        Ok(responses)
    }
}

/// Reads the text of a Parse.
pub(super) struct Grammar;

#[async_trait]
impl QueryParser for Grammar {
    type Statement = Arc<Statement>;

    async fn parse_sql<C>(&self, _: &C, sql: &str, _: &[Option<Type>]) -> PgWireResult<Option<Arc<Statement>>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let mut statements = command::parse(sql).map_err(encode::error)?;
        if statements.len() > 1 {
            let message = "cannot insert multiple commands into a prepared statement";
            return Err(encode::error(Failure::new(sqlstate::SYNTAX_ERROR, message)));
        }
        Ok(statements.pop())
    }

    fn get_parameter_types(&self, _: &Arc<Statement>) -> PgWireResult<Vec<Type>> {
        Ok(Vec::new())
    }

    fn get_result_schema(&self, statement: &Arc<Statement>, format: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        encode::fields(&statement.columns, format.unwrap_or(&Format::UnifiedText)).map_err(encode::error)
    }
}

#[async_trait]
impl ExtendedQueryHandler for Console {
    type Statement = Arc<Statement>;
    type QueryParser = Grammar;

    fn query_parser(&self) -> Arc<Grammar> {
        Arc::new(Grammar)
    }

    async fn on_execute<C>(&self, client: &mut C, mut message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Statement>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if !(0..=ROWS_PER_EXECUTE).contains(&message.max_rows) {
            // Zero asks for all rows.
            message.max_rows = 0;
        }
        self._on_execute(client, message).await
    }

    async fn do_query<C>(&self, client: &mut C, portal: &Portal<Arc<Statement>>, _: usize) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Statement>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        self.answer(client, &portal.statement.statement, &portal.result_column_format).await
    }
}
