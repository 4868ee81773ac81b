//! The recording of a process, and the taps of the sessions that it records.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;

use super::event::{Cut, Event, Record};
use super::order::Order;
use super::progress::{Head, Message, Progress, Shown};
use super::seal::Key;
use super::writer::Writer;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::telemetry;
use crate::wire::error_response::{ErrorFields, field};
use crate::wire::startup::Startup;
use crate::wire::tag::{client, server};

/// Bytes that may wait for the disk, incomplete frames included.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// The recording of this process, if there is one.
#[derive(Debug, Default)]
pub struct Recorder {
    active: ArcSwapOption<Active>,
    /// The writing thread.
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    /// The state of the current or last recording.
    progress: Mutex<Option<Arc<Progress>>>,
}

/// A running recording, as its sessions see it.
#[derive(Debug)]
struct Active {
    order: Order,
    began: Instant,
    turn: AtomicU64,
    sender: mpsc::Sender<Message>,
    /// Bytes on their way to the disk.
    queued: Arc<AtomicUsize>,
    progress: Arc<Progress>,
    over: AtomicBool,
}

impl Active {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Sends a message to the writing thread; false if the recording is over.
    fn send(&self, session: u64, event: Event) -> bool {
        let record = Record { session, at: self.now(), event };
        !self.over.load(Ordering::Relaxed) && self.sender.send(Message::Record(record)).is_ok()
    }

    /// Whether the next session of this user and application is recorded.
    fn chooses(&self, user: &str, application: &str) -> bool {
        if !self.order.names(user, application) {
            return false;
        }
        // Evenly spread: with a share of 0.3 about every third session.
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) as f64;
        ((turn + 1.0) * self.order.share).floor() > (turn * self.order.share).floor()
    }
}

impl Recorder {
    /// Begins a recording; an error if one is running.
    pub fn start(&self, settings: &Settings, order: Order, process: &str) -> Result<()> {
        let addresses = vec![settings.listen.address.to_string(), settings.upstream.address.to_string()];
        let settings = &settings.record;
        let mut thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if self.active.load().is_some() {
            return Err(Error::refused("a recording is already running"));
        }
        let key = Key::read(&settings.key_file)?;
        let (began, began_us) = both_clocks();
        let head = Head { began_us, order: order.clone(), redact: settings.redact.clone(), addresses };
        let file = settings.directory.join(format!("{}-{process}.rec", order.number));
        let progress = Arc::new(Progress::new(file, order.clone()));
        let (sender, receiver) = mpsc::channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let writer = Writer::begin(settings, &key, &head, queued.clone(), progress.clone())?;
        let started = std::thread::Builder::new().name("record".into()).spawn(move || writer.run(&receiver));
        *thread = Some(started.map_err(|e| Error::io("starting the thread that records", e))?);
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress.clone());
        let (turn, over) = (AtomicU64::new(0), AtomicBool::new(false));
        self.active.store(Some(Arc::new(Active { order, began, turn, sender, queued, progress, over })));
        telemetry::set("esclusa_recording", 1.0);
        Ok(())
    }

    /// Ends the running recording, if any; everything sent before is in the file when this returns. It waits for the disk.
    pub fn stop(&self, why: &str) {
        if let Some(active) = self.active.swap(None) {
            active.over.store(true, Ordering::Relaxed);
            active.progress.ends(why);
            let _ = active.sender.send(Message::Stop);
        }
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// The state of the current or last recording.
    pub fn shown(&self) -> Option<Shown> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|progress| progress.shown())
    }

    /// The order that is followed, and whether its recording has ended by itself.
    pub fn following(&self) -> Option<(Order, bool)> {
        let active = self.active.load();
        active.as_ref().map(|active| (active.order.clone(), active.progress.shown().ended.is_some()))
    }

    /// The tap of a session, if it is recorded.
    pub fn tap(&self, session: u64, startup: &Startup) -> Option<Tap> {
        let active = self.active.load();
        let active = active.as_ref()?;
        let application = startup.get("application_name").unwrap_or_default();
        if startup.is_replication() || !active.chooses(&startup.user(), &application) {
            return None;
        }
        if !active.send(session, Event::Begins(startup.parameters.clone())) {
            return None;
        }
        active.progress.sessions.fetch_add(1, Ordering::Relaxed);
        telemetry::count("esclusa_record_sessions_total");
        Some(Tap { session, active: active.clone(), pending: Vec::new(), is_secret: false, sqlstate: None, is_cut: false })
    }

    /// Whether sessions are recorded at this moment.
    pub fn is_on(&self) -> bool {
        self.active.load().is_some()
    }

    /// Notes a cancel request for a session.
    pub fn cancelled(&self, session: u64) {
        if let Some(active) = self.active.load().as_ref() {
            active.send(session, Event::Cancelled);
        }
    }
}

/// What a recorded session shows its frames to.
#[derive(Debug)]
pub struct Tap {
    session: u64,
    active: Arc<Active>,
    /// Bytes that were not yet given to the writing thread.
    pending: Vec<u8>,
    /// The client's frames are answers to an authentication now.
    is_secret: bool,
    sqlstate: Option<[u8; 5]>,
    is_cut: bool,
}

impl Tap {
    /// A frame of the client is forwarded; `bytes` is as much of it as has arrived.
    pub fn frame(&mut self, tag: u8, bytes: &[u8]) {
        self.is_secret = tag == client::PASSWORD;
        self.more(bytes);
    }

    /// More bytes of that frame are forwarded.
    pub fn more(&mut self, bytes: &[u8]) {
        if self.is_secret || self.is_cut {
            return;
        }
        if self.active.queued.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len() > QUEUE_BYTES {
            self.active.queued.fetch_sub(bytes.len(), Ordering::Relaxed);
            self.pass();
            self.is_cut = true;
            self.active.progress.cut();
            self.active.send(self.session, Event::Cut(Cut::Queue));
            return;
        }
        self.pending.extend_from_slice(bytes);
    }

    /// Gives the forwarded bytes to the writing thread.
    pub fn pass(&mut self) {
        if !self.pending.is_empty() {
            let bytes = std::mem::take(&mut self.pending);
            self.is_cut |= !self.active.send(self.session, Event::Sent(bytes));
        }
    }

    /// A frame of the server is forwarded.
    pub fn answered(&mut self, tag: u8, body: &[u8]) {
        if self.is_cut {
            return;
        }
        let event = match tag {
            server::ERROR => {
                let fields = ErrorFields::parse(body);
                let code = fields.get(field::SQLSTATE).and_then(|code| code.try_into().ok());
                self.sqlstate = self.sqlstate.or(code);
                return;
            }
            server::READY_FOR_QUERY => Event::Answered(body.first().copied().unwrap_or(b'?'), self.sqlstate.take()),
            server::COPY_IN => Event::CopyIn,
            _ => return,
        };
        self.active.send(self.session, event);
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if !self.is_cut {
            self.pass();
            self.active.send(self.session, Event::Ends);
        }
    }
}

/// One moment by both clocks: by the steady one that stamps events, and in microseconds since 1970, by which files of several processes are
/// aligned. Of a few pairs of readings the one with the least time between them.
fn both_clocks() -> (Instant, u64) {
    let reading = || {
        let (before, wall, after) = (Instant::now(), SystemTime::now(), Instant::now());
        (after - before, before + (after - before) / 2, wall)
    };
    let best = (0..9).map(|_| reading()).min_by_key(|(passed, ..)| *passed);
    let (_, began, wall) = best.unwrap_or_else(reading);
    (began, wall.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder(order: Order) -> (Recorder, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel();
        let progress = Arc::new(Progress::new("a.rec".into(), order.clone()));
        let (began, turn, over) = (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
        let recorder = Recorder::default();
        let active = Active { order, began, turn, sender, queued: Arc::default(), progress: progress.clone(), over };
        recorder.active.store(Some(Arc::new(active)));
        *recorder.progress.lock().unwrap() = Some(progress);
        (recorder, receiver)
    }

    fn order(share: f64) -> Order {
        Order { number: 1, by: "test".into(), until_ms: None, share, users: vec!["ana".into()], applications: Vec::new() }
    }

    fn startup(user: &str) -> Startup {
        Startup { parameters: vec![(b"user".to_vec(), user.as_bytes().to_vec())] }
    }

    fn events(receiver: &mpsc::Receiver<Message>) -> Vec<Event> {
        let event = |message| if let Message::Record(record) = message { Some(record.event) } else { None };
        receiver.try_iter().filter_map(event).collect()
    }

    #[test]
    fn a_share_of_those_who_are_named_is_kept_evenly() {
        let (recorder, _receiver) = recorder(order(0.3));
        let kept: Vec<bool> = (0..20).map(|n| recorder.tap(n, &startup("ana")).is_some()).collect();
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 6);
        assert!(kept[..10].iter().any(|kept| *kept) && kept[10..].iter().any(|kept| *kept));
        assert!((0..20).all(|n| recorder.tap(n, &startup("eva")).is_none()));
        let replicates =
            Startup { parameters: [startup("ana").parameters, vec![(b"replication".to_vec(), b"on".to_vec())]].concat() };
        assert!((0..20).all(|n| recorder.tap(n, &replicates).is_none()));
        assert!(Recorder::default().tap(1, &startup("ana")).is_none());
    }

    #[test]
    fn who_says_more_than_the_disk_takes_is_cut_and_waits_for_nobody() {
        let (recorder, receiver) = recorder(order(1.0));
        let mut tap = recorder.tap(1, &startup("ana")).unwrap();
        let frame = vec![b'd'; QUEUE_BYTES / 4];
        for _ in 0..6 {
            tap.frame(b'd', &frame);
            tap.pass();
        }
        tap.answered(server::READY_FOR_QUERY, b"I");
        drop(tap);
        let events = events(&receiver);
        let sent = events.iter().filter(|event| matches!(event, Event::Sent(_))).count();
        assert_eq!((sent, events.len(), events.last()), (4, 6, Some(&Event::Cut(Cut::Queue))), "nothing follows a cut");
        assert_eq!(recorder.shown().unwrap().cut, 1);
    }

    #[test]
    fn nothing_of_an_authentication_is_shown() {
        let (recorder, receiver) = recorder(order(1.0));
        let mut tap = recorder.tap(1, &startup("ana")).unwrap();
        tap.frame(client::PASSWORD, b"p\0\0\0\x0chun");
        tap.pass();
        tap.more(b"ter2\0");
        tap.frame(client::QUERY, b"Q\0\0\0\x05\0");
        tap.pass();
        tap.answered(server::ERROR, b"SERROR\0C42P01\0\0");
        tap.answered(server::ERROR, b"SERROR\0C25P02\0\0");
        tap.answered(server::READY_FOR_QUERY, b"I");
        drop(tap);
        let expected = [Event::Sent(b"Q\0\0\0\x05\0".to_vec()), Event::Answered(b'I', Some(*b"42P01")), Event::Ends];
        assert_eq!(events(&receiver)[1..], expected);
    }
}
