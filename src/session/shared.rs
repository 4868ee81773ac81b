//! What all sessions share, and the entry of one session in it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, Guard};
use dashmap::DashMap;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

use super::activity::{Activity, Doing, Waiting};
use super::cut_over::{CutOvers, Uses};
use super::house::{Held, House, Note, Run};
use super::long_text::{LongText, Turns};
use super::pause::Pause;
use super::touch::{AwaitedName, Touches};
use crate::config::Settings;
use crate::migrate::state::TableState;
use crate::mode::Mode;
use crate::record::Recorder;
use crate::rewrite::cache::Cache;
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::shadow::{Sample, Shadow};
use crate::sql::fingerprint::normalise;
use crate::sql::{Limits, Named};
use crate::telemetry;
use crate::traffic::felt::Felt;
use crate::traffic::{Client, Execution, Sqlstate, Traffic};
use crate::wire::tls::Acceptor;

/// A client that connected less than this ago is not ended by a drain: to the client that would look like a refusal.
const FRESH: Duration = Duration::from_secs(1);

/// How long a session that has ended is still known as one of ours: its server process may have been seen shortly before the end.
pub const REMEMBERED: Duration = Duration::from_secs(30);

/// How long it is remembered that statements passed uncounted: those who compare counts may do so later.
const UNCOUNTED: Duration = Duration::from_secs(60);
/// How long it is remembered which users had sessions: a statement of theirs may still be in the server's statistics.
const USERS: Duration = Duration::from_secs(600);
/// Stands for all legacy tables among those that were not counted.
const ALL: &str = "*";
/// The most bytes of a statement that is held back which reports show.
const HELD_BYTES: usize = 2000;

/// What all sessions share.
#[derive(Debug)]
pub struct Shared {
    /// The settings as read at the start or at the last reload.
    pub settings: ArcSwap<Settings>,
    /// Rules, modes and catalog of this moment.
    pub policy: ArcSwap<Policy>,
    /// Where each legacy table stood when the policy was made; empty when no database was asked. For reports only: no decision uses
    /// it.
    pub standing: ArcSwap<HashMap<String, Standing>>,
    /// Rewritten statements.
    pub cache: Cache,
    /// Counted hits.
    pub traffic: Traffic,
    /// Long texts that are rewritten outside the event loops.
    pub turns: Turns,
    /// The durations that clients see.
    pub felt: Felt,
    /// Tombstones that were touched.
    pub touches: Touches,
    /// How often relations with legacy names were made or dropped in other schemas, by sessions of this proxy or as noticed
    /// otherwise.
    pub relations: AtomicU64,
    /// Tables that are being cut over, and the number of sessions that use each.
    pub cut_overs: CutOvers,
    /// Reads that are run a second time.
    pub shadow: Shadow,
    /// Sessions that are recorded.
    pub record: Recorder,
    /// TLS for clients; `None` when it is not offered.
    pub tls: ArcSwap<Option<Acceptor>>,
    /// Whether clients are held between two transactions.
    pub pause: Pause,
    /// Set when the proxy ends: sessions finish their transaction and close.
    pub draining: watch::Sender<bool>,
    /// The clients that are connected.
    pub clients: DashMap<u64, Arc<ClientInfo>, ahash::RandomState>,
    /// Server processes of sessions that ended a short while ago.
    ended: Mutex<VecDeque<(Instant, i32)>>,
    /// Legacy tables whose statements passed uncounted, and when that was last so.
    uncounted: Mutex<HashMap<String, Instant>>,
    /// Users of sessions that have ended, and when the last one did.
    users: Mutex<HashMap<String, Instant>>,
    next_id: AtomicU64,
    /// The number of places taken: by clients that have sent a start-up packet, also while they log in.
    places: AtomicUsize,
}

/// Where a legacy table stands, and which mode is wanted for it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What the migration has recorded of it.
    pub state: TableState,
    /// The stored mode, or the one of the settings; the policy has the one in force.
    pub wanted: Mode,
}

/// A connected client, as `SHOW SESSIONS` lists it.
#[derive(Debug)]
pub struct ClientInfo {
    /// The client; replaced when it reports another application name.
    pub client: ArcSwap<Client>,
    /// Its port at its address; `None` on a Unix socket.
    pub port: Option<u16>,
    /// When it connected.
    pub since: SystemTime,
    /// What it is doing.
    pub activity: Activity,
    /// Wakes the session's task, which then checks whether it is to end, to pause, or to continue.
    pub told: Arc<Notify>,
    killed: AtomicBool,
    /// Statements that may name a legacy table have passed unread: they may be prepared, and run again.
    unread: AtomicBool,
    /// Cancel requests that wait to hear whether they were for a statement that is held back here.
    cancels: Mutex<Vec<oneshot::Sender<bool>>>,
    /// The oldest policy that decided about a statement which is not answered yet; 0 when there is none.
    pub flight: Arc<AtomicU64>,
}

impl ClientInfo {
    /// A client that has just sent its start-up packet.
    pub fn new(client: Client, port: Option<u16>) -> Self {
        let since = SystemTime::now();
        ClientInfo {
            client: ArcSwap::from_pointee(client),
            port,
            since,
            activity: Activity::new(since),
            told: Arc::default(),
            killed: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            cancels: Mutex::default(),
            flight: Arc::default(),
        }
    }

    /// Ends the session: `KILL`.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.told.notify_one();
    }

    /// Cancels the statement that is held back here; false when none is, and the server has to be asked.
    pub async fn cancel_held(&self) -> bool {
        const PATIENCE: Duration = Duration::from_secs(1);
        if matches!(self.activity.doing().0, Doing::LoggingIn | Doing::Active) {
            return false;
        }
        let (told, answer) = oneshot::channel();
        self.cancels.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        self.told.notify_one();
        tokio::time::timeout(PATIENCE, answer).await.is_ok_and(|answer| answer.unwrap_or(false))
    }

    /// Answers the calls of [`ClientInfo::cancel_held`] that wait.
    pub(super) fn answer_cancels(&self, mut cancel: impl FnMut() -> bool) {
        let waiting = std::mem::take(&mut *self.cancels.lock().unwrap_or_else(PoisonError::into_inner));
        for told in waiting {
            // The caller may have given up waiting.
            let _ = told.send(cancel());
        }
    }

    /// Whether the session is to end.
    pub fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Acquire)
    }
}

impl Shared {
    /// The state of a proxy that starts to serve.
    pub fn new(settings: Settings, policy: Policy) -> Self {
        let limits = &settings.limits;
        Shared {
            cache: Cache::new(limits.cache_entries, limits.cache_bytes.0),
            traffic: Traffic::new(limits.traffic_bytes.0),
            turns: Turns::default(),
            felt: Felt::default(),
            touches: Touches::default(),
            relations: AtomicU64::new(1),
            cut_overs: CutOvers::default(),
            shadow: Shadow::default(),
            record: Recorder::default(),
            policy: ArcSwap::from_pointee(policy),
            standing: ArcSwap::default(),
            settings: ArcSwap::from_pointee(settings),
            tls: ArcSwap::from_pointee(None),
            pause: Pause::default(),
            draining: watch::Sender::new(false),
            clients: DashMap::default(),
            ended: Mutex::default(),
            uncounted: Mutex::default(),
            users: Mutex::default(),
            next_id: AtomicU64::new(1),
            places: AtomicUsize::new(0),
        }
    }

    /// Takes a place among `listen.max_clients`; `None` when none is free.
    pub fn admit(self: &Arc<Self>) -> Option<Admission> {
        let limit = self.settings.load().listen.max_clients;
        let take = |taken: usize| (taken < limit).then(|| taken + 1);
        self.places.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        telemetry::add("esclusa_clients", 1.0);
        Some(Admission { shared: self.clone(), id: self.next_id.fetch_add(1, Ordering::Relaxed) })
    }

    /// The client whose server process has this key.
    pub fn with_key(&self, key: &[u8]) -> Option<Arc<ClientInfo>> {
        self.clients.iter().find(|client| client.activity.key() == Some(key)).map(|client| client.clone())
    }

    /// Waits until the drain has begun and a session that is fresh may be ended.
    pub async fn drained(&self) {
        let fresh_until = Instant::now() + FRESH;
        let mut draining = self.draining.subscribe();
        if draining.wait_for(|draining| *draining).await.is_ok() {
            tokio::time::sleep_until(fresh_until).await;
        }
    }

    /// A client has sent a cancel request for a server process.
    pub fn cancels(&self, key: &[u8]) {
        if self.record.is_on()
            && let Some(client) = self.clients.iter().find(|client| client.activity.key() == Some(key))
        {
            self.record.cancelled(*client.key());
        }
    }

    /// The server processes of the present sessions, and those of sessions that ended less than [`REMEMBERED`] ago.
    pub fn processes(&self) -> (Vec<i32>, Vec<i32>) {
        let own = |client: &ClientInfo| client.activity.process().and_then(|process| i32::try_from(process).ok());
        // A session is added to the ended ones before it is removed from the present ones: it is always in one of the two.
        let alive = self.clients.iter().filter_map(|client| own(&client)).collect();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        (alive, ended.iter().map(|(_, process)| *process).collect())
    }

    /// Legacy tables whose statements pass uncounted, or did a short while ago; `*` stands for all.
    pub fn uncounted(&self) -> Vec<String> {
        let is_unread = self.clients.iter().any(|client| client.unread.load(Ordering::Relaxed));
        let mut uncounted = self.pass_uncounted(is_unread.then_some(ALL));
        uncounted.sort_unstable();
        uncounted
    }

    /// Adds those that pass uncounted under the policy in force, and one more.
    fn pass_uncounted(&self, more: Option<&str>) -> Vec<String> {
        let (now, policy) = (Instant::now(), self.policy.load());
        let off = policy.entries().filter(|entry| entry.mode == Mode::Off).map(|entry| entry.relation.table.as_str());
        let mut uncounted = self.uncounted.lock().unwrap_or_else(PoisonError::into_inner);
        for table in off.chain(more) {
            uncounted.insert(table.to_owned(), now);
        }
        uncounted.retain(|_, last| now.duration_since(*last) < UNCOUNTED);
        uncounted.keys().cloned().collect()
    }

    /// Users of present sessions, and of sessions that ended a short while ago.
    pub fn users(&self) -> Vec<String> {
        let now = Instant::now();
        // A session's user is added to the ended ones before the session is removed from the present ones.
        let mut alive: Vec<String> = self.clients.iter().map(|client| client.client.load().user.clone()).collect();
        let mut ended = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, last| now.duration_since(*last) < USERS);
        alive.extend(ended.keys().cloned());
        alive.sort_unstable();
        alive.dedup();
        alive
    }

    fn ends(&self, id: u64) {
        if let Some(user) = self.clients.get(&id).map(|client| client.client.load().user.clone()) {
            self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(user, Instant::now());
        }
        if self.clients.get(&id).is_some_and(|client| client.unread.load(Ordering::Relaxed)) {
            self.pass_uncounted(Some(ALL));
        }
        let process = self.clients.get(&id).and_then(|client| client.activity.process());
        if let Some(process) = process.and_then(|process| i32::try_from(process).ok()) {
            let now = Instant::now();
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            while ended.front().is_some_and(|(at, _)| now.duration_since(*at) > REMEMBERED) {
                ended.pop_front();
            }
            ended.push_back((now, process));
        }
        self.clients.remove(&id);
    }

    /// Begins a pause and returns its number; `None` while there is one.
    pub fn begin_pause(&self) -> Option<u64> {
        let number = self.pause.begin()?;
        telemetry::set("esclusa_paused", 1.0);
        self.wake_all();
        Some(number)
    }

    /// Ends the pause with this number, or any pause if none is given; false when there was none to end.
    pub fn end_pause(&self, number: Option<u64>) -> bool {
        if !self.pause.end(number) {
            return false;
        }
        telemetry::set("esclusa_paused", 0.0);
        self.wake_all();
        true
    }

    /// Clients, by number, that a pause waits for: in a transaction, in a statement, or logging in.
    pub fn unpaused(&self) -> Vec<(u64, Arc<ClientInfo>)> {
        let clients = self.clients.iter().filter(|client| !client.activity.doing().0.is_paused());
        let mut clients: Vec<_> = clients.map(|client| (*client.key(), client.value().clone())).collect();
        clients.sort_unstable_by_key(|(id, _)| *id);
        clients
    }

    /// Holds a table for a cut-over, and wakes the sessions that may keep a snapshot between two requests.
    pub fn hold_table(&self, table: &str) {
        self.cut_overs.begin(table);
        for client in &self.clients {
            if client.activity.doing().0 == Doing::InTransaction {
                client.told.notify_one();
            }
        }
    }

    fn wake_all(&self) {
        self.clients.iter().for_each(|client| client.told.notify_one());
    }

    /// Puts a new policy in force.
    pub fn set_policy(&self, policy: Policy) {
        telemetry::set("esclusa_rule_generation", policy.generation as f64);
        // Up to now the tables that are off passed uncounted, however short that was.
        self.pass_uncounted(None);
        self.policy.store(Arc::new(policy));
        self.pass_uncounted(None);
    }
}

/// A client's place; dropping it frees the place, however the session ends.
#[derive(Debug)]
pub struct Admission {
    shared: Arc<Shared>,
    /// Its number in [`Shared::clients`].
    pub id: u64,
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.shared.ends(self.id);
        self.shared.places.fetch_sub(1, Ordering::Relaxed);
        telemetry::add("esclusa_clients", -1.0);
    }
}

/// The [`House`] of one session's conversation.
#[derive(Debug)]
pub struct Seat {
    shared: Arc<Shared>,
    info: Arc<ClientInfo>,
    hold: AwaitedName,
    uses: Uses,
    long_text: LongText,
}

impl Seat {
    /// The house for a client in [`Shared::clients`].
    pub fn new(shared: Arc<Shared>, info: Arc<ClientInfo>) -> Self {
        Seat { shared, info, hold: AwaitedName::default(), uses: Uses::default(), long_text: LongText::default() }
    }

    fn warn_unread(&self) {
        let client = self.info.client.load();
        let Client { user, application, address, .. } = &**client;
        tracing::warn!(
            user,
            application,
            address,
            "statements of this session pass unread: too long, or in an encoding or syntax that is not read"
        );
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leaves();
    }
}

impl House for Seat {
    fn now(&self) -> std::time::Instant {
        std::time::Instant::now()
    }

    fn policy(&self) -> Guard<Arc<Policy>> {
        self.shared.policy.load()
    }

    fn statement_bytes(&self) -> usize {
        self.shared.settings.load().limits.statement_bytes.0
    }

    fn works_out(&self, policy: &Arc<Policy>, names: &Arc<NameContext>, text: &str) -> Held {
        self.long_text.works_out(&self.shared.turns, policy, names, text, &self.info.told)
    }

    fn cancels_outcome(&self) -> bool {
        self.long_text.cancel()
    }

    fn outcome(&self, policy: &Policy, names: &Arc<NameContext>, text: &str) -> Arc<Outcome> {
        if let Some(outcome) = self.long_text.outcome(policy, names, text) {
            telemetry::count_by("esclusa_statements_total", "path", "parsed");
            return outcome;
        }
        let begun = self.now();
        let (outcome, cached) = self.shared.cache.outcome(policy, names, text);
        telemetry::count_by("esclusa_statements_total", "path", if cached { "cached" } else { "parsed" });
        if !cached {
            telemetry::took("esclusa_rewrite_seconds", begun.elapsed());
        }
        outcome
    }

    fn ran(&self, outcome: &Outcome, client: &Arc<Client>, run: Run<'_>) {
        // A refused statement is replaced by one that fails; its error is not the one that the client is told.
        let refusal = outcome.refusals.first().filter(|_| run.sqlstate != Sqlstate::NONE);
        let sqlstate = refusal.map_or(run.sqlstate, |refusal| Sqlstate::new(refusal.error.sqlstate.as_bytes()));
        let elapsed = run.began.map(|began| began.elapsed());
        let Run { rows, each, is_more, .. } = run;
        let execution = Execution { hits: u64::from(!is_more), rows, each, sqlstate, elapsed, at: SystemTime::now() };
        self.shared.traffic.count(outcome, client, execution);
    }

    fn followed(&self, before: &Outcome, outcome: &Outcome, client: &Arc<Client>) {
        self.shared.traffic.count_followed(before, outcome, client, SystemTime::now());
    }

    fn note(&self, note: Note) {
        match note {
            Note::Unread => telemetry::count_by("esclusa_statements_total", "path", "unread"),
            Note::FirstUnread => {
                self.info.unread.store(true, Ordering::Relaxed);
                self.warn_unread();
            }
            Note::PreparedAgain => telemetry::count("esclusa_prepared_again_total"),
            Note::AnsweredByTable(_) => telemetry::count("esclusa_reads_answered_by_table_total"),
            Note::PreparedOverflow => telemetry::count("esclusa_prepared_overflow_total"),
        }
    }

    fn is_now(&self, client: &Arc<Client>) {
        self.info.client.store(client.clone());
    }

    fn is_doing(&self, doing: Doing) {
        let now = SystemTime::now();
        if let (Doing::Active, since) = self.info.activity.doing() {
            self.shared.felt.waited(now.duration_since(since).unwrap_or_default());
        }
        self.info.activity.changes_to(doing, now);
    }

    fn runs(&self, statement: Option<&Arc<Outcome>>) {
        self.info.activity.runs(statement.cloned());
    }

    fn holds(&self, statement: Option<&str>) {
        let held = statement.map(|text| {
            let limits = Limits { text_bytes: self.statement_bytes(), ..Limits::default() };
            let relations = Named::of(text, &limits).map(|named| named.relations).unwrap_or_default();
            let policy = self.shared.policy.load();
            let tables = relations.into_iter().map(|(.., name)| name).filter(|name| policy.knows(name)).collect();
            Waiting { text: normalise(text, HELD_BYTES), tables }
        });
        self.info.activity.holds(held);
    }

    fn has_key(&self, key: &[u8]) {
        self.info.activity.has_key(key);
    }

    fn touches(&self, outcome: &Outcome) -> Held {
        let statement = outcome.seen.as_ref().map_or("", |seen| &seen.text);
        let client = self.info.client.load();
        self.hold.held(&self.shared.touches, &outcome.tombstones, &client, statement, &self.info.told)
    }

    fn enters(&self, outcome: &Outcome, generation: u64) -> Held {
        self.uses.enters(&self.shared.cut_overs, outcome, &self.info.told, || self.shared.policy.load().generation == generation)
    }

    fn is_moving(&self) -> bool {
        self.shared.cut_overs.is_holding()
    }

    fn relations(&self) -> u64 {
        self.shared.relations.load(Ordering::Acquire)
    }

    fn relations_changed(&self) {
        self.shared.relations.fetch_add(1, Ordering::AcqRel);
    }

    fn leaves(&self) {
        self.uses.leaves(&self.shared.cut_overs);
    }

    fn is_sampled(&self) -> bool {
        self.shared.shadow.is_sampled(self.shared.settings.load().shadow.every)
    }

    fn offer(&self, sample: Sample) {
        self.shared.shadow.offer(sample);
    }
}
