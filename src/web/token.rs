//! Proof that a form was sent from our own page: a secret per user that only our page shows and another site can neither read nor guess. It lives
//! as long as the process; a form from before a restart has to be loaded again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// The secrets of users who may change something; as many as `console.admins` has names.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<String, String>>);

impl Tokens {
    /// The secret of a user.
    pub(super) fn of(&self, user: &str) -> String {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(user.to_owned()).or_insert_with(random).clone()
    }

    /// Whether it is the user's secret, compared in constant time.
    pub(super) fn proves(&self, user: &str, token: &str) -> bool {
        let own = self.of(user);
        let differ = own.bytes().zip(token.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
        own.len() == token.len() && differ == 0
    }
}

fn random() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_users_alone() {
        let tokens = Tokens::default();
        let ana = tokens.of("ana");
        assert!(ana.len() == 64 && tokens.proves("ana", &ana) && tokens.of("ana") == ana);
        assert!(!tokens.proves("bea", &ana) && !tokens.proves("ana", "") && !tokens.proves("ana", &ana[1..]));
        assert!(!tokens.proves("ana", &format!("{ana}0")) && !tokens.proves("ana", &ana.replace(&ana[..1], "x")));
        assert!(!Tokens::default().proves("ana", &ana), "another process has another");
    }
}
