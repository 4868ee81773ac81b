//! The server's answers to requests of our own. They are kept from the client, except an error, which the client gets as the error
//! of its own request that ours were sent before.

use super::from_server::sqlstate_of;
use super::{Conversation, Run, ToClient};
use crate::session::house::House;
use crate::session::own_requests::OwnRequest;
use crate::session::pipeline::{Request, Transaction};
use crate::session::readiness::Turn;
use crate::session::statement::How;
use crate::wire::error_response::{ErrorFields, field};
use crate::wire::tag::server;

impl<H: House> Conversation<H> {
    /// Handles a reply to a request of our own; `None` when the reply is for the client.
    pub(super) fn own_reply(&mut self, tag: u8, body: &[u8]) -> Option<ToClient> {
        let Some(Request::Own(own)) = self.pipeline.front() else { return None };
        match (tag, &*own) {
            // These come at any time and are for the client, except one that reports our own statements.
            (server::PARAMETER_STATUS | server::NOTIFICATION, _) => return None,
            (server::NOTICE, _) => {
                let notice = ErrorFields::parse(body);
                let of_ours = matches!(notice.get(field::SEVERITY_UNTRANSLATED), Some(b"DEBUG" | b"LOG" | b"INFO"));
                return Some(if of_ours { ToClient::Swallow } else { ToClient::Pass });
            }
            (server::ERROR, _) => return Some(self.own_failure(ErrorFields::parse(body))),
            (server::DATA_ROW, OwnRequest::Ask(question)) => {
                self.names.answer(*question, body);
                return Some(ToClient::Swallow);
            }
            (server::COMMAND_COMPLETE, OwnRequest::Ask(_)) | (server::READY_FOR_QUERY, OwnRequest::Sync) => {}
            (server::CLOSE_COMPLETE, OwnRequest::Asked | OwnRequest::Forget(_) | OwnRequest::PreparedAgain) => {}
            (_, OwnRequest::Silent(by) | OwnRequest::Guard(by, _) | OwnRequest::Again(by, ..)) if tag == *by => {}
            _ => return None,
        }
        let Some(Request::Own(own)) = self.pipeline.pop_if(|_| true) else { return None };
        match own {
            OwnRequest::Asked => self.names.answered(&self.house.policy(), self.house.now()),
            OwnRequest::Forget(name) => self.prepared.forget(name),
            OwnRequest::Again(_, name, held) => self.confirm(name, Some(held)),
            OwnRequest::Sync => self.in_transaction(Transaction::of(body)),
            OwnRequest::PreparedAgain | OwnRequest::Silent(_) | OwnRequest::Ask(_) | OwnRequest::Guard(..) => {}
        }
        self.turn.own_answered(&self.pipeline);
        // The ReadyForQuery after a failure is for the client, as the failure was.
        Some(if self.turn == Turn::Answered { ToClient::Pass } else { ToClient::Swallow })
    }

    /// A request of our own has failed: the client is told that the request behind it failed.
    fn own_failure(&mut self, mut error: ErrorFields) -> ToClient {
        let held = match self.pipeline.front() {
            Some(Request::Own(OwnRequest::Guard(_, held) | OwnRequest::Again(_, _, held))) => Some(held.clone()),
            _ => None,
        };
        self.names.unanswered();
        self.pipeline.skip_to_sync();
        let synced = matches!(self.pipeline.front(), Some(Request::Own(OwnRequest::Sync)));
        self.turn.own_failed(synced);
        let Some(held) = held else { return ToClient::Pass };
        self.ran(&held.statement, Run::failed(None, sqlstate_of(&error)));
        let by_sql = matches!(held.how, How::Sql(_));
        if by_sql {
            // It counts characters in the text of PREPARE, and the client sent EXECUTE.
            error.remove(field::POSITION);
        }
        match self.led_back(&held.statement, &error) {
            Some(told) => ToClient::Replace(told.frame(server::ERROR)),
            None if by_sql => ToClient::Replace(error.frame(server::ERROR)),
            None => ToClient::Pass,
        }
    }

    /// A request of the client's has failed: the server skips what was sent behind it, also requests of our own.
    pub(super) fn own_skipped(&mut self) {
        self.names.unanswered();
        self.turn.own_skipped();
    }
}
