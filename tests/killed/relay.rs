//! A relay between esclusa and PostgreSQL that lets one fault happen exactly where a step of the machine is about to be committed: it recognises the
//! step by the statement that writes the ledger, and the commit by the frame that follows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use esclusa::migrate::machine::Step;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens at the commit of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The command is killed with -9, and its COMMIT never leaves.
    KilledBefore,
    /// It is killed when its COMMIT is done, before it has the answer.
    KilledBehind,
    /// The connection ends when the COMMIT is done, before the answer; the command lives.
    AnswerLost,
    /// The server crashes before the COMMIT arrives.
    ServerBefore,
    /// The server crashes behind the COMMIT, before the answer.
    ServerBehind,
    /// Ctrl-C, and the COMMIT never leaves.
    Interrupted,
    /// One of two proxies is killed with -9.
    Proxy,
}

impl Fault {
    pub(crate) const ALL: [Fault; 7] = [
        Fault::KilledBefore,
        Fault::KilledBehind,
        Fault::AnswerLost,
        Fault::ServerBefore,
        Fault::ServerBehind,
        Fault::Interrupted,
        Fault::Proxy,
    ];

    fn is_behind(self) -> bool {
        matches!(self, Fault::KilledBehind | Fault::AnswerLost | Fault::ServerBehind)
    }
}

/// The step that the relay waits for, and the process to kill.
#[derive(Debug)]
struct Plan {
    table: String,
    step: Step,
    fault: Fault,
    command: Option<u32>,
    proxy: Option<u32>,
}

/// The relay.
#[derive(Debug, Clone)]
pub(crate) struct Relay {
    pub(crate) port: u16,
    plan: Arc<Mutex<Option<Plan>>>,
    /// How long every answer takes.
    delay: Duration,
}

impl Relay {
    pub(crate) async fn start(server: u16) -> Relay {
        Relay::start_slow(server, Duration::ZERO).await
    }

    /// A line on which every answer takes a while.
    pub(crate) async fn start_slow(server: u16, delay: Duration) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Relay { port, plan: Arc::default(), delay };
        let serving = relay.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let relay = serving.clone();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await {
                        // Written frame by frame, the network stack would add a delay of 40 ms.
                        client.set_nodelay(true).unwrap();
                        server.set_nodelay(true).unwrap();
                        let _ = Conversation { relay, client, server, buffers: Default::default(), status: b'I', backend: 0 }
                            .run()
                            .await;
                    }
                });
            }
        });
        relay
    }

    /// The next commit of this step of this table meets the fault.
    pub(crate) fn plan(&self, table: &str, step: Step, fault: Fault, proxy: Option<u32>) {
        *self.plan.lock().unwrap() = Some(Plan { table: table.to_owned(), step, fault, command: None, proxy });
    }

    /// Sets the process of the command, for faults that kill it.
    pub(crate) fn hits(&self, command: u32) {
        if let Some(plan) = &mut *self.plan.lock().unwrap() {
            plan.command = Some(command);
        }
    }

    /// Whether the fault has happened; none is left behind.
    pub(crate) fn has_happened(&self) -> bool {
        self.plan.lock().unwrap().take().is_none()
    }

    fn is_ledger(&self, bind: &[u8]) -> bool {
        let plan = self.plan.lock().unwrap();
        let value = |text: &str| [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
        plan.as_ref().is_some_and(|p| {
            let wanted = [value(&p.table), value(p.step.name())].concat();
            bind.windows(wanted.len()).any(|w| w == wanted)
        })
    }

    /// Takes the plan: it happens once.
    fn take(&self) -> Option<Plan> {
        self.plan.lock().unwrap().take()
    }
}

/// One connection.
struct Conversation {
    relay: Relay,
    client: TcpStream,
    server: TcpStream,
    /// What has come from the client and from the server, and is not a whole frame yet.
    buffers: [Vec<u8>; 2],
    /// Of the last ReadyForQuery: in a transaction or not.
    status: u8,
    /// The process that serves it, by BackendKeyData.
    backend: i32,
}

/// The next frame of a buffer.
fn frame(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = buffer.get(1..5)?;
    let length = 1 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    (buffer.len() >= length).then(|| buffer.drain(..length).collect())
}

impl Conversation {
    async fn run(mut self) -> std::io::Result<()> {
        self.log_in().await?;
        let mut armed = false;
        let (mut from_client, mut from_server) = (vec![0; 65536], vec![0; 65536]);
        loop {
            tokio::select! {
                read = self.client.read(&mut from_client) => {
                    let read = read?;
                    if read == 0 { return Ok(()); }
                    self.buffers[0].extend_from_slice(&from_client[..read]);
                    while let Some(frame) = frame(&mut self.buffers[0]) {
                        armed |= frame[0] == b'B' && self.relay.is_ledger(&frame);
                        // Outside a transaction a step is committed by the Sync behind it.
                        let is_commit = if self.status == b'I' { frame[0] == b'S' } else { frame.starts_with(b"Q") && frame[5..].starts_with(b"COMMIT") };
                        if armed && is_commit {
                            armed = false;
                            if let Some(plan) = self.relay.take() {
                                if self.happen(plan, &frame).await? { return Ok(()); }
                                continue;
                            }
                        }
                        self.server.write_all(&frame).await?;
                    }
                }
                read = self.server.read(&mut from_server) => {
                    let read = read?;
                    if read == 0 { return Ok(()); }
                    self.buffers[1].extend_from_slice(&from_server[..read]);
                    tokio::time::sleep(self.relay.delay).await;
                    self.pass_on().await?;
                }
            }
        }
    }

    /// The packets before the first frame, of which only the last is the server's.
    async fn log_in(&mut self) -> std::io::Result<()> {
        loop {
            let length = self.client.read_u32().await? as usize;
            let mut rest = vec![0; length - 4];
            self.client.read_exact(&mut rest).await?;
            if length == 8 {
                // No TLS here.
                self.client.write_all(b"N").await?;
                continue;
            }
            self.server.write_u32(u32::try_from(length).unwrap()).await?;
            return self.server.write_all(&rest).await;
        }
    }

    /// Passes on what the server has said.
    async fn pass_on(&mut self) -> std::io::Result<()> {
        while let Some(frame) = frame(&mut self.buffers[1]) {
            match frame[0] {
                b'Z' => self.status = frame[5],
                b'K' => self.backend = i32::from_be_bytes(frame[5..9].try_into().unwrap()),
                _ => {}
            }
            self.client.write_all(&frame).await?;
        }
        Ok(())
    }

    /// Whether the connection ends by it.
    async fn happen(&mut self, plan: Plan, commit: &[u8]) -> std::io::Result<bool> {
        let kill = |pid: i32| kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        if plan.fault == Fault::Proxy {
            kill(i32::try_from(plan.proxy.unwrap()).unwrap());
            self.server.write_all(commit).await?;
            return Ok(false);
        }
        if plan.fault.is_behind() {
            self.server.write_all(commit).await?;
            self.is_done().await?;
        }
        match plan.fault {
            Fault::KilledBefore | Fault::KilledBehind => kill(i32::try_from(plan.command.unwrap()).unwrap()),
            // A process of the server that is killed takes all connections along, and the server recovers from its log.
            Fault::ServerBefore | Fault::ServerBehind => kill(self.backend),
            Fault::Interrupted => {
                let command = Pid::from_raw(i32::try_from(plan.command.unwrap()).unwrap()).unwrap();
                kill_process(command, Signal::INT).unwrap();
                // Until it has heard: the end of the connection would be another fault.
                let _ = self.client.read(&mut [0; 64]).await;
            }
            Fault::AnswerLost | Fault::Proxy => {}
        }
        Ok(true)
    }

    /// Waits until the server has answered what it was sent last.
    async fn is_done(&mut self) -> std::io::Result<()> {
        let mut bytes = vec![0; 65536];
        loop {
            while let Some(frame) = frame(&mut self.buffers[1]) {
                if frame[0] == b'Z' {
                    return Ok(());
                }
            }
            let read = self.server.read(&mut bytes).await?;
            assert!(read > 0, "the server ended by itself");
            self.buffers[1].extend_from_slice(&bytes[..read]);
        }
    }
}
