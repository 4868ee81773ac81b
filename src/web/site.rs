//! What is served: a running proxy, seen from outside.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::token::Tokens;
use crate::console::{Admin, Authenticator};
use crate::error::Result;
use crate::report::verdict::Judged;
use crate::report::{Question, Report};
use crate::session::Shared;
use crate::table::Table;

/// An answer about readiness holds for so long: anybody may ask, and each question is a connection to the server.
const HOLDS: Duration = Duration::from_secs(1);

/// Questions to the target database at the same time.
const QUESTIONS: usize = 4;

/// A running proxy, seen from outside.
pub struct Site {
    pub(super) shared: Arc<Shared>,
    pub(super) admin: Arc<dyn Admin>,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) tokens: Tokens,
    /// Each is a connection to the target database.
    questions: Semaphore,
    obstacles: Mutex<Option<(Instant, Vec<String>)>>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Site")
    }
}

impl Site {
    /// The site of a proxy.
    pub fn new(shared: Arc<Shared>, admin: Arc<dyn Admin>, authenticator: Arc<Authenticator>) -> Self {
        Site {
            shared,
            admin,
            authenticator,
            tokens: Tokens::default(),
            questions: Semaphore::new(QUESTIONS),
            obstacles: Mutex::default(),
        }
    }

    /// Reports of what was recorded; who asks waits while many do.
    pub(super) async fn told(&self, reports: &[&'static Report], question: &Question) -> Result<Vec<Table>> {
        let _place = self.questions.acquire().await;
        self.admin.told(reports, question).await
    }

    /// Verdicts, in the same way.
    pub(super) async fn judged(&self, question: &Question) -> Result<Vec<Judged>> {
        let _place = self.questions.acquire().await;
        self.admin.judged(question).await
    }

    /// Why clients should not be sent here; as of a second ago at most.
    pub(super) async fn obstacles(&self) -> Vec<String> {
        // Held while one asks: the others get its answer.
        let mut last = self.obstacles.lock().await;
        if let Some((_, obstacles)) = last.as_ref().filter(|(at, _)| at.elapsed() < HOLDS) {
            return obstacles.clone();
        }
        let obstacles = self.admin.obstacles().await;
        *last = Some((Instant::now(), obstacles.clone()));
        obstacles
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// Root's, or our own user's, on this machine.
    pub(super) is_own: bool,
}
