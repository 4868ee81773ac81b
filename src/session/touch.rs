//! Statements that name a tombstone: a legacy name that is retired and has no relation behind it. The session holds such a
//! statement and asks for the name to be brought back (`server/raising.rs`); then the statement is decided about by the new policy.
//! However many sessions touch a name, it is asked for once. Every wait ends by this process' own clock. If the name has not come
//! back by then, the statement is sent as it is, and the server answers that there is no such table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::house::Held;
use crate::traffic::Client;

/// The most names that may be on their way back at a time; a statement that names one more is not held.
const MOST: usize = 256;

/// What has become of a name that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Open,
    Back,
    Lost,
}

/// A name on its way back, and the sessions that wait for it.
#[derive(Debug, Default)]
struct Ticket {
    table: String,
    state: Mutex<(Fate, Vec<Arc<Notify>>)>,
}

impl Ticket {
    fn end(&self, fate: Fate) {
        let mut state = lock(&self.state);
        if state.0 == Fate::Open {
            state.0 = fate;
            state.1.drain(..).for_each(|waiting| waiting.notify_one());
        }
    }
}

/// A request to bring a name back, made by the first statement that names it. Dropping it without [`Touch::is_back`] means that it
/// has failed.
#[derive(Debug)]
pub struct Touch {
    /// The legacy table.
    pub table: String,
    /// The client whose statement it was.
    pub client: Arc<Client>,
    /// The statement, without its literals.
    pub statement: String,
    ticket: Arc<Ticket>,
    open: Arc<Mutex<HashMap<String, Arc<Ticket>>>>,
}

impl Touch {
    /// The name is back in the policy in force.
    pub fn is_back(self) {
        self.end(Fate::Back);
    }

    fn end(&self, fate: Fate) {
        let mut open = lock(&self.open);
        // A statement that names it from now on asks anew.
        if open.get(&self.table).is_some_and(|ticket| Arc::ptr_eq(ticket, &self.ticket)) {
            open.remove(&self.table);
        }
        drop(open);
        self.ticket.end(fate);
    }
}

impl Drop for Touch {
    fn drop(&mut self) {
        self.end(Fate::Lost);
    }
}

/// The names of this process that are on their way back.
#[derive(Debug)]
pub struct Touches {
    open: Arc<Mutex<HashMap<String, Arc<Ticket>>>>,
    asked: mpsc::Sender<Touch>,
    /// The receiver, until the task that brings names back takes it.
    answers: Mutex<Option<mpsc::Receiver<Touch>>>,
}

impl Default for Touches {
    fn default() -> Self {
        let (asked, answers) = mpsc::channel(MOST);
        Touches { open: Arc::default(), asked, answers: Mutex::new(Some(answers)) }
    }
}

impl Touches {
    /// Takes the receiver of requests; the second call gets `None`.
    pub fn asked(&self) -> Option<mpsc::Receiver<Touch>> {
        lock(&self.answers).take()
    }

    fn ask(&self, table: &str, client: &Arc<Client>, statement: &str) -> Option<Arc<Ticket>> {
        let mut open = lock(&self.open);
        if let Some(ticket) = open.get(table) {
            return Some(ticket.clone());
        }
        let ticket = Arc::new(Ticket { table: table.to_owned(), ..Ticket::default() });
        let touch = Touch {
            table: table.to_owned(),
            client: client.clone(),
            statement: statement.to_owned(),
            ticket: ticket.clone(),
            open: self.open.clone(),
        };
        open.insert(table.to_owned(), ticket.clone());
        drop(open);
        // If it cannot be sent it is dropped here, which means that it has failed.
        self.asked.try_send(touch).ok().map(|()| ticket)
    }
}

/// The name that one session waits for.
#[derive(Debug, Default)]
pub struct AwaitedName(Mutex<Option<Arc<Ticket>>>);

impl AwaitedName {
    /// Whether a statement that names these tombstones is held. Asked again when the session is woken.
    pub fn held(&self, touches: &Touches, tables: &[String], client: &Arc<Client>, statement: &str, told: &Arc<Notify>) -> Held {
        let mut place = lock(&self.0);
        if tables.is_empty() {
            // The statement has its names, or was cancelled: the next one does not wait for them.
            *place = None;
            return Held::GoesOn;
        }
        let mut back = None;
        if let Some(ticket) = place.take() {
            let fate = lock(&ticket.state).0;
            match fate {
                Fate::Open => {
                    *place = Some(ticket);
                    return Held::Waits;
                }
                Fate::Lost => return Held::GoesOn,
                // Continues with the next of the statement's names. One that is a tombstone again was retired again meanwhile.
                Fate::Back => back = Some(ticket),
            }
        }
        let next = tables.iter().find(|table| back.as_ref().is_none_or(|ticket| ticket.table != **table));
        let Some(ticket) = next.and_then(|table| touches.ask(table, client, statement)) else { return Held::GoesOn };
        let mut state = lock(&ticket.state);
        match state.0 {
            Fate::Open => state.1.push(told.clone()),
            // It is decided already: the session looks again at once.
            Fate::Back | Fate::Lost => told.notify_one(),
        }
        drop(state);
        *place = Some(ticket);
        Held::Waits
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(hold: &AwaitedName, touches: &Touches, tables: &[&str]) -> Held {
        let tables: Vec<String> = tables.iter().map(|t| (*t).to_owned()).collect();
        hold.held(touches, &tables, &Arc::default(), "select", &Arc::default())
    }

    #[test]
    fn a_name_is_asked_for_once_and_everybody_is_told() {
        let touches = Touches::default();
        let mut asked = touches.asked().unwrap();
        let holds: Vec<AwaitedName> = (0..5).map(|_| AwaitedName::default()).collect();
        assert!(holds.iter().all(|hold| held(hold, &touches, &["a"]) == Held::Waits));
        let touch = asked.try_recv().unwrap();
        assert!(asked.try_recv().is_err(), "it is asked for once");
        assert_eq!(held(&holds[0], &touches, &["a"]), Held::Waits);
        touch.is_back();
        // The statement names a second tombstone.
        assert_eq!(held(&holds[0], &touches, &["b"]), Held::Waits);
        assert_eq!(asked.try_recv().unwrap().table, "b");
        assert_eq!(held(&holds[0], &touches, &["b"]), Held::GoesOn, "it was dropped without a word");
        // Retired again in the same moment: nobody waits without end.
        assert_eq!(held(&holds[1], &touches, &["a"]), Held::GoesOn);
        assert_eq!(held(&holds[1], &touches, &["a"]), Held::Waits, "another statement asks anew");
        asked.try_recv().unwrap().is_back();
        assert_eq!(held(&holds[1], &touches, &[]), Held::GoesOn, "the statement finds the name");
        assert_eq!(held(&holds[1], &touches, &["a"]), Held::Waits, "a later one does not, and asks anew");
    }

    #[test]
    fn a_session_is_woken_by_the_end_however_it_comes() {
        let touches = Touches::default();
        let mut asked = touches.asked().unwrap();
        let (hold, told) = (AwaitedName::default(), Arc::new(Notify::new()));
        let tables = ["a".to_owned()];
        assert_eq!(hold.held(&touches, &tables, &Arc::default(), "", &told), Held::Waits);
        drop(asked.try_recv().unwrap());
        let woken = std::pin::pin!(told.notified());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(woken.poll(&mut context).is_ready());
        drop(asked);
        assert_eq!(hold.held(&touches, &tables, &Arc::default(), "", &told), Held::GoesOn);
        assert_eq!(hold.held(&touches, &tables, &Arc::default(), "", &told), Held::GoesOn, "nobody takes what is asked for");
    }
}
