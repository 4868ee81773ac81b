//! A new process takes over the listening sockets of a running one, without a single refused connection.
//!
//! The running process offers them on a Unix socket (`listen.handover_socket`). The new one connects there, gets the same sockets
//! (unix(7), SCM_RIGHTS), starts to accept on them and reports it; only then the old one stops accepting and drains. At every
//! moment one of them accepts; if the new one fails to start, the old one has never stopped. Sockets that systemd has opened are
//! taken in the same way.

use std::io::{IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

use super::listen::{Listener, remove_if_dead};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::web::Phase;

/// Sent with the sockets: a later version that sends others changes this word.
const GREETING: &[u8] = b"esclusa 2\n";
/// What the new process sends when it serves.
const READY: u8 = b'!';
/// The most sockets that are given: for clients, the console, and the web port.
const SOCKETS: usize = 3;
/// A process that sends nothing for this long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(60);

/// The process that served before, and still waits for our word.
#[derive(Debug)]
pub struct PreviousProcess {
    stream: UnixStream,
}

impl PreviousProcess {
    /// Tells it to stop accepting.
    pub(super) fn we_serve(mut self) -> Result<()> {
        self.stream.write_all(&[READY]).map_err(|e| Error::io("telling the process before that we serve", e))
    }
}

/// Sockets that were open before this process began.
#[derive(Debug, Default)]
pub struct Inherited {
    /// For clients.
    pub clients: Option<OwnedFd>,
    /// For the console.
    pub console: Option<OwnedFd>,
    /// For browsers and machines.
    pub web: Option<OwnedFd>,
    /// The process that still serves, and is to be told when this one does.
    pub predecessor: Option<PreviousProcess>,
}

impl Inherited {
    /// From systemd's socket activation (sd_listen_fds(3)): the first socket is for clients, the second for the console, the third,
    /// if there is one, for the web port.
    pub fn from_systemd() -> Result<Inherited> {
        let mut fds = listenfd::ListenFd::from_env();
        let mut take = |i| -> Result<Option<OwnedFd>> {
            let io = |e| Error::io("taking a socket from systemd", e);
            if let Ok(Some(listener)) = fds.take_tcp_listener(i) {
                return Ok(Some(listener.into()));
            }
            Ok(fds.take_unix_listener(i).map_err(io)?.map(Into::into))
        };
        Ok(Inherited { clients: take(0)?, console: take(1)?, web: take(2)?, predecessor: None })
    }
}

/// Asks the process at a handover socket for its listening sockets; without such a process there are none.
pub fn take(path: &Path) -> Result<Inherited> {
    if path.as_os_str().is_empty() {
        return Ok(Inherited::default());
    }
    let Ok(stream) = UnixStream::connect(path) else { return Ok(Inherited::default()) };
    let io = |e| Error::io(format!("taking sockets over {}", path.display()), e);
    stream.set_read_timeout(Some(PATIENCE)).map_err(io)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 64];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let got = recvmsg(&stream, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags).map_err(|e| io(e.into()))?;
    if &bytes[..got.bytes] != GREETING {
        return Err(Error::usage(format!("{} belongs to no esclusa that can hand over to this version", path.display())));
    }
    let mut fds =
        control.drain().filter_map(|m| if let RecvAncillaryMessage::ScmRights(fds) = m { Some(fds) } else { None }).flatten();
    Ok(Inherited { clients: fds.next(), console: fds.next(), web: fds.next(), predecessor: Some(PreviousProcess { stream }) })
}

/// The sockets of this process, offered to a successor.
#[derive(Debug)]
pub(super) struct Offer {
    path: PathBuf,
    sockets: Arc<Vec<OwnedFd>>,
}

impl Offer {
    /// `None` when no handover socket is configured.
    pub(super) fn new(settings: &Settings, clients: &Listener, others: [Option<&TcpListener>; 2]) -> Result<Option<Offer>> {
        let path = settings.listen.handover_socket.clone();
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        let io = |e| Error::io("duplicating a listening socket", e);
        let others = others.into_iter().flatten().map(|listener| listener.as_fd().try_clone_to_owned());
        let sockets = std::iter::once(clients.duplicate()).chain(others).collect::<std::io::Result<_>>().map_err(io)?;
        Ok(Some(Offer { path, sockets: Arc::new(sockets) }))
    }

    /// Offers them until a successor has taken over, or this process ends. `web` is set before `stop`, so that the web port knows
    /// whether a successor has it.
    pub(super) async fn serve(self, stop: watch::Sender<bool>, web: watch::Sender<Phase>) {
        let mut stopped = stop.subscribe();
        loop {
            // The predecessor still has the path while it waits for our word; it frees the path when it stops.
            let Some(listener) = self.bind() else {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(50)) => continue,
                    _ = stopped.wait_for(|s| *s) => return,
                }
            };
            loop {
                let asked = tokio::select! {
                    asked = listener.accept() => asked,
                    _ = stopped.wait_for(|s| *s) => {
                        let _ = std::fs::remove_file(&self.path);
                        return;
                    }
                };
                let Ok(stream) = asked.and_then(|(stream, _)| stream.into_std()) else { continue };
                let sockets = self.sockets.clone();
                let given = tokio::task::spawn_blocking(move || give(stream, &sockets)).await;
                match given {
                    Ok(Ok(())) => {
                        tracing::info!("a new process has taken over; this one drains");
                        let _ = std::fs::remove_file(&self.path);
                        let _ = web.send(Phase::Taken);
                        let _ = stop.send(true);
                        return;
                    }
                    Ok(Err(error)) => tracing::warn!(%error, "a new process asked for the sockets and did not take over"),
                    Err(error) => tracing::warn!(%error, "a handover failed"),
                }
            }
        }
    }

    fn bind(&self) -> Option<UnixListener> {
        remove_if_dead(&self.path);
        let listener = UnixListener::bind(&self.path).ok()?;
        // Whoever can connect here gets our sockets.
        std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(0o600)).ok()?;
        Some(listener)
    }
}

/// Sends the sockets and waits for the successor's word.
fn give(mut stream: UnixStream, sockets: &[OwnedFd]) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let borrowed: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&borrowed));
    sendmsg(&stream, &[IoSlice::new(GREETING)], &mut control, SendFlags::empty())?;
    let mut word = [0];
    stream.read_exact(&mut word)?;
    if word[0] == READY { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) }
}
