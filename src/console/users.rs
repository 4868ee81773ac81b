//! The users file of the console: lines `user SCRAM-SHA-256$iterations:salt$stored:server`, as in `pg_authid.rolpassword` and
//! PgBouncer's userlist. No password is stored, and none can be computed from the file.
//!
//! Rights are not written here but in `console.admins` and `console.readers`.

use std::collections::HashMap;
use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Fault, Faults};

/// What a password is checked against (RFC 5803); the password cannot be computed from it.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    /// The iterations of PBKDF2.
    pub iterations: usize,
    /// The salt of PBKDF2.
    pub salt: Vec<u8>,
    /// The hash of the client key.
    pub stored_key: Vec<u8>,
    /// The key by which the server proves that it knows the verifier.
    pub server_key: Vec<u8>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever has the server key can pretend to be this console.
        f.debug_struct("Verifier").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// Users with their verifiers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users(HashMap<String, Verifier>);

/// With more iterations one log-in would take the client minutes.
const MOST_ITERATIONS: usize = 10_000_000;

/// How a line is written, and where to get one, for errors.
const LINE: &str = "a line is `user SCRAM-SHA-256$iterations:salt$stored:server`; \
                    SELECT rolname, rolpassword FROM pg_authid shows such verifiers";

/// File permissions that are refused: whoever can read verifiers can try passwords offline, and whoever can write them is an admin.
/// The group may read, so that the file can belong to root.
const OTHERS: u32 = 0o027;

/// The length of a SHA-256 hash in bytes.
const KEY_BYTES: usize = 32;

impl Users {
    /// Reads a file. Every bad line is a fault; a file with a fault is not used at all.
    pub fn load(file: &Path) -> Result<Users, Faults> {
        let failed = |e: std::io::Error| Faults(vec![Fault::at(file, 0, format!("cannot be read: {e}"))]);
        // Opened once, so that the file whose permissions are checked is the one that is read.
        let mut open = std::fs::File::open(file).map_err(failed)?;
        let mode = open.metadata().map_err(failed)?.permissions().mode();
        if mode & OTHERS != 0 {
            let fault = Fault::at(file, 0, format!("other users may read or change it (mode {:03o})", mode & 0o777));
            return Err(Faults(vec![fault.hint("chmod 600; its group may read it, and nobody else")]));
        }
        let mut text = String::new();
        open.read_to_string(&mut text).map_err(failed)?;
        Users::parse(file, &text)
    }

    /// Reads a text as if it stood in `file`.
    pub fn parse(file: &Path, text: &str) -> Result<Users, Faults> {
        let mut users = HashMap::new();
        let mut faults = Faults::default();
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match entry(line) {
                Ok((user, verifier)) => {
                    if users.insert(user.to_owned(), verifier).is_some() {
                        faults.push(Fault::at(file, i + 1, format!("user {user} is listed twice")));
                    }
                }
                Err(message) => faults.push(Fault::at(file, i + 1, message).hint(LINE)),
            }
        }
        faults.or(Users(users))
    }

    /// A user's verifier.
    pub fn get(&self, user: &str) -> Option<&Verifier> {
        self.0.get(user)
    }
}

/// No error repeats the line: in the place of a verifier there may be a password.
fn entry(line: &str) -> Result<(&str, Verifier), String> {
    let mut words = line.split_whitespace();
    let (Some(user), Some(verifier)) = (words.next(), words.next()) else { return Err("a verifier is missing".into()) };
    if words.next().is_some_and(|word| !word.starts_with('#')) {
        return Err("there is more than a user and a verifier".into());
    }
    let rest = verifier.strip_prefix("SCRAM-SHA-256$").ok_or("this is no SCRAM-SHA-256 verifier")?;
    let parts = rest.split_once('$').and_then(|(head, keys)| Some((head.split_once(':')?, keys.split_once(':')?)));
    let ((iterations, salt), (stored, server)) = parts.ok_or("the verifier is incomplete")?;
    let iterations = iterations.parse().ok().filter(|n| (1..=MOST_ITERATIONS).contains(n));
    let decode = |text: &str, what: &str| STANDARD.decode(text).map_err(|_| format!("the verifier's {what} is no base64"));
    let verifier = Verifier {
        iterations: iterations.ok_or_else(|| format!("the verifier's iterations are no number from 1 to {MOST_ITERATIONS}"))?,
        salt: decode(salt, "salt")?,
        stored_key: decode(stored, "stored key")?,
        server_key: decode(server, "server key")?,
    };
    if verifier.salt.is_empty() {
        return Err("the verifier's salt is empty".into());
    }
    if verifier.stored_key.len() != KEY_BYTES || verifier.server_key.len() != KEY_BYTES {
        return Err(format!("the verifier's keys are not {KEY_BYTES} bytes long"));
    }
    Ok((user, verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn parse(text: &str) -> Result<Users, String> {
        Users::parse("U".as_ref(), text).map_err(|f| f.to_string())
    }

    #[test]
    fn lines_are_users_with_verifiers() {
        let text = format!(
            "# comment\n\n ana\tSCRAM-SHA-256$4096:c2FsdA==${KEY}:{KEY}  # DBA\nñu SCRAM-SHA-256$1:c2FsdA==${KEY}:{KEY}\n"
        );
        let users = parse(&text).unwrap();
        let ana = users.get("ana").unwrap();
        assert_eq!((ana.iterations, ana.salt.as_slice(), ana.stored_key[31]), (4096, &b"salt"[..], 31));
        assert!(users.get("ñu").is_some() && users.get("Ana").is_none());
        assert!(!format!("{users:?}").contains("salt"));
    }

    #[test]
    fn every_bad_line_is_a_fault_that_tells_no_secret() {
        let good = format!("SCRAM-SHA-256$4096:c2FsdA==${KEY}:{KEY}");
        let lines = [
            "ana".to_owned(),
            "ana geheim".to_owned(),
            format!("ana {good}"),
            format!("ana {good}"),
            format!("bea {good} geheim"),
            good.replace("4096", "0").replacen("SCRAM", "cid SCRAM", 1),
            format!("dia SCRAM-SHA-256$4096:c2FsdA==${KEY}"),
            format!("eva SCRAM-SHA-256$4096:*${KEY}:{KEY}"),
            "fay SCRAM-SHA-256$4096:c2FsdA==$AAEC:AAEC".to_owned(),
            "gil md5d2ce1ee0e5b1dd05a1e4f5e0d7d09d8c".to_owned(),
            format!("hal SCRAM-SHA-256$4096:${KEY}:{KEY}"),
        ];
        let faults = parse(&lines.join("\n")).unwrap_err();
        let short: Vec<&str> = faults.lines().filter(|l| !l.starts_with("    hint")).collect();
        assert_eq!(
            short,
            [
                "U:1: a verifier is missing",
                "U:2: this is no SCRAM-SHA-256 verifier",
                "U:4: user ana is listed twice",
                "U:5: there is more than a user and a verifier",
                "U:6: the verifier's iterations are no number from 1 to 10000000",
                "U:7: the verifier is incomplete",
                "U:8: the verifier's salt is no base64",
                "U:9: the verifier's keys are not 32 bytes long",
                "U:10: this is no SCRAM-SHA-256 verifier",
                "U:11: the verifier's salt is empty",
            ]
        );
        assert!(!faults.contains("geheim"));
    }

    #[test]
    fn a_file_that_others_can_read_or_change_is_a_fault() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, is_good) in
            [(0o600, true), (0o400, true), (0o640, true), (0o660, false), (0o644, false), (0o602, false), (0o601, false)]
        {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let loaded = Users::load(file.path()).map_err(|f| f.to_string());
            assert_eq!(loaded.is_ok(), is_good, "{mode:o}: {loaded:?}");
            assert!(is_good || loaded.unwrap_err().contains(&format!("other users may read or change it (mode {mode:o})")));
        }
    }

    #[test]
    fn a_missing_file_is_a_fault() {
        let faults = Users::load("no/such/file".as_ref()).unwrap_err();
        assert!(faults.to_string().starts_with("no/such/file: cannot be read: "));
    }
}
