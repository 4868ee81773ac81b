//! A command's output, on standard output and standard error.

use std::io::{ErrorKind, Write as _};

use crate::error::{Error, Result};

/// Writes to standard output.
pub(super) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a line to standard error. An error of that is ignored: there is nowhere left to report it.
pub(super) fn remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A closed pipe, as by `head`, does not stop the work; a full disk is an error.
pub(super) fn written(result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("writing to standard output", error)),
        _ => Ok(()),
    }
}

/// The width of the terminal that standard output is on; `None` where it is no terminal, so that lines must not be broken.
pub(super) fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}
