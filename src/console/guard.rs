//! A reader between the socket and pgwire that yields one frame at a time and refuses long ones.
//!
//! pgwire 0.42.1 accepts messages of 1 GiB, also before log-in, and a decoder that reaches the end of its frame reads on in the
//! next one. This reader prevents both: lengths are checked before a body is read, and no read yields bytes of two frames.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::startup;

/// The longest frame. No console command is longer.
pub(super) const FRAME_BYTES: usize = 1 << 20;

/// SSLRequest and GSSENCRequest (manual, section 55.7): the next packet has no tag either.
const ENCRYPTION_REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// A socket whose frames are measured while they are read.
#[derive(Debug)]
pub(super) struct Guard<S> {
    inner: S,
    /// The head of the current frame: tag and length; before the start-up packet has come, length and code.
    head: [u8; 8],
    filled: usize,
    /// Bytes of its body that are still to be read.
    body: usize,
    /// Whether the start-up packet has been read: frames then begin with a tag.
    tagged: bool,
}

impl<S> Guard<S> {
    pub(super) fn new(inner: S) -> Self {
        Guard { inner, head: [0; 8], filled: 0, body: 0, tagged: false }
    }

    /// The socket itself, to be drained before it is closed.
    pub(super) fn inner(&mut self) -> &mut S {
        &mut self.inner
    }

    fn head_length(&self) -> usize {
        if self.tagged { 5 } else { 8 }
    }

    /// Reads from a complete head how long the body is, and refuses one that is too long.
    fn measure(&mut self) -> io::Result<()> {
        let number = |at: usize| u32::from_be_bytes([self.head[at], self.head[at + 1], self.head[at + 2], self.head[at + 3]]);
        let (length, shortest, longest) = match self.tagged {
            true => (number(1) as usize, 4, FRAME_BYTES),
            false => (number(0) as usize, 8, startup::LONGEST_BYTES),
        };
        if !(shortest..=longest).contains(&length) {
            let text = format!("invalid message length {length}: it must be between {shortest} and {longest} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        if !self.tagged {
            self.tagged = !ENCRYPTION_REQUESTS.contains(&number(4));
        }
        self.body = length - shortest;
        self.filled = 0;
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let wanted = if this.body > 0 { this.body } else { this.head_length() - this.filled };
        let wanted = wanted.min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(wanted));
        ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        if this.body > 0 {
            this.body -= read;
        } else {
            this.head[this.filled..this.filled + read].copy_from_slice(part.filled());
            this.filled += read;
            if this.filled == this.head_length() {
                this.measure()?;
            }
        }
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    /// What each read yields, until the end or an error.
    async fn reads(bytes: &[u8]) -> (Vec<Vec<u8>>, Option<String>) {
        let mut guard = Guard::new(bytes);
        let mut out = Vec::new();
        loop {
            let mut buffer = vec![0; 64];
            match guard.read(&mut buffer).await {
                Ok(0) => return (out, None),
                Ok(read) => out.push(buffer[..read].to_vec()),
                Err(error) => return (out, Some(error.to_string())),
            }
        }
    }

    #[tokio::test]
    async fn no_read_crosses_a_frame() {
        let tls = [&8u32.to_be_bytes()[..], &80_877_103u32.to_be_bytes()].concat();
        let startup = [&11u32.to_be_bytes()[..], &196_608u32.to_be_bytes(), b"a\0\0"].concat();
        let bytes = [&tls[..], &startup, b"Q\0\0\0\x06x\0", b"S\0\0\0\x04", b"X\0\0\0\x04"].concat();
        let (parts, error) = reads(&bytes).await;
        let expected: [&[u8]; 7] = [&tls, &startup[..8], b"a\0\0", b"Q\0\0\0\x06", b"x\0", b"S\0\0\0\x04", b"X\0\0\0\x04"];
        assert_eq!((parts.iter().map(Vec::as_slice).collect::<Vec<_>>(), error), (expected.to_vec(), None));
    }

    #[tokio::test]
    async fn impossible_lengths_are_refused_before_the_body() {
        let startup = [&8u32.to_be_bytes()[..], &196_608u32.to_be_bytes()].concat();
        for length in [0u32, 3, FRAME_BYTES as u32 + 1, u32::MAX] {
            let bytes = [&startup[..], b"Q", &length.to_be_bytes(), b"body"].concat();
            assert!(reads(&bytes).await.1.unwrap().contains("between 4 and 1048576 bytes"), "{length}");
        }
        for length in [0u32, 7, 10_005, u32::MAX] {
            let bytes = [&length.to_be_bytes()[..], &[0; 4]].concat();
            assert!(reads(&bytes).await.1.unwrap().contains("between 8 and 10004 bytes"), "{length}");
        }
    }
}
