//! What a command says, on standard output and standard error.

use std::io::{ErrorKind, Write as _};

use crate::error::{Error, Result};

/// Writes to standard output.
pub(super) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a line to standard error. Where that fails, there is nobody left to tell.
pub(super) fn remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A reader that has seen enough, such as `head`, does not stop the work; a full disk is a failure.
pub(super) fn written(result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("writing to standard output", error)),
        _ => Ok(()),
    }
}

/// The width of the terminal that standard output is on; `None` where it goes elsewhere, and nothing may be broken.
pub(super) fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}
