//! What the web port serves: the state of a running proxy.

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

/// How long an answer about readiness is reused: anybody may ask, and each check needs a connection to the server.
const HOLDS: Duration = Duration::from_secs(1);

/// The most concurrent queries to the target database.
const QUESTIONS: usize = 4;

/// The state of a running proxy.
pub struct Site {
    pub(super) shared: Arc<Shared>,
    pub(super) admin: Arc<dyn Admin>,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) tokens: Tokens,
    /// Each permit is a connection to the target database.
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

    /// Reports over recorded data; waits while too many are being read.
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
        // Held during a check, so that concurrent requests share its answer.
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
