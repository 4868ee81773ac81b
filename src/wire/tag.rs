//! Message types: the first byte of a frame (manual, section 55.7). The same byte means different things from a client and from a
//! server, so each side has its own names.

/// What a client sends.
pub mod client {
    /// Bind.
    pub const BIND: u8 = b'B';
    /// Close of a statement or a portal.
    pub const CLOSE: u8 = b'C';
    /// CopyData.
    pub const COPY_DATA: u8 = b'd';
    /// CopyDone.
    pub const COPY_DONE: u8 = b'c';
    /// CopyFail.
    pub const COPY_FAIL: u8 = b'f';
    /// Describe of a statement or a portal.
    pub const DESCRIBE: u8 = b'D';
    /// Execute.
    pub const EXECUTE: u8 = b'E';
    /// Flush.
    pub const FLUSH: u8 = b'H';
    /// FunctionCall.
    pub const FUNCTION_CALL: u8 = b'F';
    /// Parse.
    pub const PARSE: u8 = b'P';
    /// A password, or another answer during authentication.
    pub const PASSWORD: u8 = b'p';
    /// Query: the simple protocol.
    pub const QUERY: u8 = b'Q';
    /// Sync.
    pub const SYNC: u8 = b'S';
    /// Terminate.
    pub const TERMINATE: u8 = b'X';
}

/// What a server sends, as far as a relay reads it.
pub mod server {
    /// A request of an authentication, or its end.
    pub const AUTHENTICATION: u8 = b'R';
    /// BackendKeyData: what a cancel request has to repeat.
    pub const BACKEND_KEY_DATA: u8 = b'K';
    /// BindComplete.
    pub const BIND_COMPLETE: u8 = b'2';
    /// CloseComplete.
    pub const CLOSE_COMPLETE: u8 = b'3';
    /// CommandComplete.
    pub const COMMAND_COMPLETE: u8 = b'C';
    /// CopyInResponse.
    pub const COPY_IN: u8 = b'G';
    /// DataRow.
    pub const DATA_ROW: u8 = b'D';
    /// EmptyQueryResponse.
    pub const EMPTY_QUERY: u8 = b'I';
    /// ErrorResponse.
    pub const ERROR: u8 = b'E';
    /// NoData: the answer to Describe for a statement without rows.
    pub const NO_DATA: u8 = b'n';
    /// NoticeResponse.
    pub const NOTICE: u8 = b'N';
    /// NotificationResponse.
    pub const NOTIFICATION: u8 = b'A';
    /// ParameterDescription.
    pub const PARAMETER_DESCRIPTION: u8 = b't';
    /// ParameterStatus.
    pub const PARAMETER_STATUS: u8 = b'S';
    /// ParseComplete.
    pub const PARSE_COMPLETE: u8 = b'1';
    /// PortalSuspended: an Execute with a limit has reached it.
    pub const PORTAL_SUSPENDED: u8 = b's';
    /// ReadyForQuery.
    pub const READY_FOR_QUERY: u8 = b'Z';
    /// RowDescription.
    pub const ROW_DESCRIPTION: u8 = b'T';
}

/// What a Describe or a Close is about: the first byte of its body.
pub mod about {
    /// A portal.
    pub const PORTAL: u8 = b'P';
    /// A prepared statement.
    pub const STATEMENT: u8 = b'S';
}

/// The body of a ReadyForQuery.
pub mod status {
    /// No transaction is open.
    pub const IDLE: u8 = b'I';
    /// One is open, and has failed.
    pub const FAILED: u8 = b'E';
}
