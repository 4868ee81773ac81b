//! `esclusa.toml` and the environment -> [`Settings`], parsed once and checked whole: every fault comes back at once, with its
//! file and line.
//!
//! The settings are data: one line below gives a key its type, its default, its help, and whether a running process can take another value.
//! The struct, the reader, the file `config/esclusa.toml`, `SHOW CONFIG` and what a reload refuses all come from that line. A variable of the
//! environment (`ESCLUSA_LISTEN_ADDRESS`) overrides the file, and the file the default.

pub mod document;
pub mod network;
pub mod value;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Fault, Faults};
use crate::mode::Mode;
use document::Document;
pub use network::Network;
pub use value::{Address, Bytes, LogFormat, Month, OfferTls, Partman, Setting, Url, UseTls};

/// One setting, as reports and the reference show it.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its table in `esclusa.toml`.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// Its default, as TOML.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub help: &'static str,
    /// A running process keeps the value that it began with.
    pub restart: bool,
}

macro_rules! settings {
    ($( #[doc = $section_help:literal] $section:ident: $Section:ident {
        $( #[doc = $help:literal] $key:ident: $type:ty = $default:literal $(, $restart:ident)?; )*
    } )*) => {
        $( #[doc = $section_help] #[derive(Debug, Clone)] pub struct $Section { $( #[doc = $help] pub $key: $type, )* } )*

        /// All settings.
        #[derive(Debug, Clone)]
        pub struct Settings { $( #[doc = $section_help] pub $section: $Section, )* }

        /// Every key, in the order of the file.
        pub const KEYS: &[Key] = &[ $( $( Key {
            section: stringify!($section), name: stringify!($key), default: $default, help: $help,
            restart: !concat!("" $(, stringify!($restart))?).is_empty(),
        }, )* )* ];

        /// Every section with its help.
        pub const SECTIONS: &[(&str, &str)] = &[ $( (stringify!($section), $section_help), )* ];

        impl Settings {
            fn read(source: &mut Source<'_>) -> Self {
                Settings { $( $section: $Section { $( $key: source.take(stringify!($section), stringify!($key), $default), )* }, )* }
            }

            /// What is in force, key by key, with secrets hidden.
            pub fn shown(&self) -> Vec<(Key, String)> {
                let values = [ $( $( self.$section.$key.show(), )* )* ];
                KEYS.iter().copied().zip(values).collect()
            }

            /// The keys whose values differ.
            pub fn differing(&self, other: &Settings) -> Vec<Key> {
                let differ = [ $( $( self.$section.$key != other.$section.$key, )* )* ];
                KEYS.iter().copied().zip(differ).filter_map(|(key, differs)| differs.then_some(key)).collect()
            }
        }
    };
}

settings! {
    /// Where clients connect.
    listen: Listen {
        /// Host and port, or the path of a Unix socket (`/run/esclusa/.s.PGSQL.6432`).
        address: Address = "\"127.0.0.1:6432\"", restart;
        /// More clients than this are answered 53300 (too_many_connections).
        max_clients: usize = "1000";
        /// A client that has not finished its start-up by then is closed.
        startup_timeout: Duration = "\"30s\"";
        /// Networks of load balancers, such as "10.0.0.0/8", which must say who the client is by the PROXY protocol (HAProxy's send-proxy-v2); empty is none.
        proxy_protocol_from: Vec<Network> = "[]";
        /// TLS for clients: off, optional or required.
        tls: OfferTls = "\"off\"";
        /// PEM file with the certificate that clients are shown, and its chain. With the PostgreSQL server's own certificate, SCRAM channel binding keeps working.
        tls_certificate: PathBuf = "\"\"";
        /// PEM file with its private key.
        tls_key: PathBuf = "\"\"";
        /// PEM file with authorities: clients must present a certificate that one of them has signed.
        tls_client_ca: PathBuf = "\"\"";
        /// How long transactions may still go on when the proxy shuts down.
        drain_timeout: Duration = "\"30s\"";
        /// A Unix socket on which a new process takes over the listening sockets of this one, without a refused connection.
        handover_socket: PathBuf = "\"\"", restart;
        /// Threads that relay, each with its own event loop; 0 is one per core.
        workers: usize = "0", restart;
    }
    /// The PostgreSQL server behind the proxy.
    upstream: Upstream {
        /// Host and port, or the path of a Unix socket.
        address: Address = "\"127.0.0.1:5432\"";
        /// If the server has not accepted a connection by then, the client gets the error 08006.
        connect_timeout: Duration = "\"5s\"";
        /// How long connecting to a server that does not answer is tried again for a client.
        connect_retry: Duration = "\"0s\"";
        /// Serve although the server lets the control role in from this host without a password: then every client may log in as any user.
        accept_trust: bool = "false";
        /// TLS towards the server: disable, prefer, require, verify-ca or verify-full.
        tls: UseTls = "\"prefer\"";
        /// PEM file with the authorities of the server's certificate.
        tls_ca: PathBuf = "\"\"";
        /// PEM file with a certificate that the server is shown.
        tls_certificate: PathBuf = "\"\"";
        /// PEM file with its private key.
        tls_key: PathBuf = "\"\"";
    }
    /// What became of each legacy table.
    rules: Rules {
        /// The directory of rule files, one per legacy table.
        directory: PathBuf = "\"rules\"";
        /// The schema of the legacy tables and of the tables that replace them.
        schema: String = "\"cf_quere_pro\"";
        /// The time zone of the legacy timestamps, which are stored without one; the index on time needs it.
        time_zone: String = "\"America/Mexico_City\"";
        /// The mode of a table for which none is stored: off, observe, shadow, rewrite or refuse. The last three take effect once the table has been moved, which is known only with control.url.
        default_mode: Mode = "\"observe\"";
    }
    /// The unified audit table.
    audit: Audit {
        /// The first month with a partition of its own; all older rows share one.
        first_month: Month = "\"2026-03\"";
        /// For how many months partitions are made in advance.
        months: usize = "24";
        /// Who makes later partitions: auto is pg_partman, where the control role may use it; never is `esclusa schema apply`.
        partman: Partman = "\"auto\"";
    }
    /// The database that holds modes and hits: schema `esclusa` in the target database.
    control: Control {
        /// Connection string or URL of the target database; a password belongs in `password_file` or ESCLUSA_CONTROL_PASSWORD.
        url: Url = "\"\"", restart;
        /// A file that holds the password and nothing else.
        password_file: PathBuf = "\"\"";
        /// How often counted hits are written to the database.
        flush_interval: Duration = "\"5s\"";
        /// A directory where hits are kept until the database has them; empty keeps them in memory, and a process that is killed loses them.
        spool: PathBuf = "\"\"", restart;
        /// How often hits are written there: what a process that is killed loses at most.
        spool_interval: Duration = "\"1s\"";
        /// When the database is unreachable for so long that more would be kept, the oldest hits are reduced to counts by table, operation, outcome and application.
        spool_bytes: Bytes = "\"64MiB\"";
        /// Hits by hour that are older are added up to days.
        hours_kept: Duration = "\"35d\"";
        /// Hits by statement and client that are older are deleted.
        detail_kept: Duration = "\"400d\"";
        /// Hits by table, operation, outcome and application that are older are deleted.
        totals_kept: Duration = "\"1200d\"";
        /// How long a statement that names a retired table is held until the name is back; after that PostgreSQL answers that there is no such table.
        raise_timeout: Duration = "\"5s\"";
        /// How often one of the proxies looks for sessions that use legacy tables around the proxies; 0s is never. Set it to the same value on all proxies.
        around_interval: Duration = "\"2s\"";
    }
    /// Which kinds of days must have been recorded before an unused name may go.
    calendar: Calendar {
        /// A billing cycle: how many days must have been recorded without a gap. The utility bills monthly and bimonthly.
        billing_cycle: Duration = "\"62d\"";
        /// Other dates that must have been recorded, as month and day: "12-12".
        dates: Vec<String> = "[]";
        /// Tables whose names stay until a year end has been recorded, because a regulator may ask for them.
        regulatory: Vec<String> = "[]";
    }
    /// The migration of tables that are in use.
    migrate: Migrate {
        /// How long to wait for a lock at first; later attempts wait at most five times as long. Short, because other sessions queue behind a waiting lock.
        lock_timeout: Duration = "\"50ms\"";
        /// How long other sessions may wait while a table moves, after its locks are held: a move that takes longer is rolled back. A history is then copied while it is written; a look-up may take up to eight times as long.
        hold: Duration = "\"250ms\"";
        /// A table that does not become quiet within this time is left as it was.
        patience: Duration = "\"5min\"";
        /// About how long one transaction of copying takes.
        chunk: Duration = "\"1s\"";
        /// A copy waits while the clients' p99 latency, as the proxies measure it, is above this percentage of what it was before the copying; 0 is never.
        p99_percent: usize = "110";
        /// With fewer statements than this (in the minute before the copying, or in the last ten seconds), the p99 is not judged.
        p99_statements: usize = "500";
        /// While nothing has been copied for this long, what clients wait has another cause: their p99 is measured again, and copies are compared with it from then on; 0s is never.
        p99_again: Duration = "\"90s\"";
        /// A copy waits while a standby lags by more than this; 0s is never.
        lag: Duration = "\"5s\"";
        /// A copy waits while the server writes more WAL per second than this, by whichever session; 0 is never.
        wal_per_second: Bytes = "\"128MiB\"";
        /// A copy waits while more checkpoints than this were requested within five minutes because WAL had filled max_wal_size; 0 is never.
        checkpoints: usize = "12";
        /// A copy stops when one of the signals above could not be read for this long; what was copied is kept.
        silence: Duration = "\"15s\"";
        /// A history larger than this is copied while it is written; a smaller one moves in one short transaction.
        online_above: Bytes = "\"64KiB\"";
        /// How long a moved table is watched before its archived rows may be dropped.
        observation: Duration = "\"7d\"";
        /// A scratch database, on any server, into which dumps are restored to be compared; if empty, a database is created for this, where the role may.
        restore_url: Url = "\"\"";
        /// The plan's maintenance window: `esclusa order` puts no more into one wave than fits.
        window: Duration = "\"2h\"";
        /// The largest number of tables that `esclusa order` puts into one wave.
        wave_tables: usize = "25";
        /// Rows moved per second, assumed as long as no move has been measured.
        rows_per_second: usize = "20000";
        /// Applications that read every table, such as backups: what they use together need not move together, and their reads do not count as somebody needing a table.
        reads_all: Vec<String> = "[\"pg_dump\", \"pg_dumpall\"]";
    }
    /// Mode shadow: a sample of reads is run a second time, rewritten, without the client.
    shadow: Shadow {
        /// The role that runs the comparisons, in the database of control.url: it may only read; `esclusa roles` makes it.
        user: String = "\"esclusa_shadow\"";
        /// A file that holds its password and nothing else; ESCLUSA_SHADOW_PASSWORD overrides it.
        password_file: PathBuf = "\"\"";
        /// One in so many reads of a table in mode shadow is compared; 0 is none.
        every: usize = "10";
        /// A read whose second run takes longer is not compared.
        timeout: Duration = "\"2s\"";
        /// A read with more rows is not compared.
        rows: usize = "10000";
    }
    /// Recordings of real conversations, to be sent again to a staging server: `esclusa record`, `esclusa replay`.
    record: Record {
        /// The directory of recordings; `esclusa record` also leaves its orders for the proxies of this machine there. Empty: nothing can be recorded.
        directory: PathBuf = "\"\"", restart;
        /// File with the key that recordings are encrypted with; only its owner may have the right to read it. `esclusa record key FILE` makes one.
        key_file: PathBuf = "\"\"";
        /// The recording of one process ends at this size.
        max_bytes: Bytes = "\"1GiB\"";
        /// Which values are replaced by pseudonyms: those of a `table` (all in a statement that names that table, view or function), `table.column`, `*.column`, or those that match a pattern such as `/[0-9]{16}/`.
        redact: Vec<String> = "[]";
    }
    /// The admin console: `psql -h 127.0.0.1 -p 6433 esclusa`.
    console: Console {
        /// Host and port.
        address: Address = "\"127.0.0.1:6433\"", restart;
        /// Users who may change modes and run every command.
        admins: Vec<String> = "[\"esclusa\"]";
        /// Users who may only look.
        readers: Vec<String> = "[\"metrics\"]";
        /// A file with lines `user SCRAM-SHA-256$...`; without it only root and the user that esclusa runs as are served, on loopback, without a password.
        users_file: PathBuf = "\"\"";
    }
    /// The port for browsers and machines: the page, /api/reports, /metrics, /healthz and /readyz.
    web: Web {
        /// Host and port, such as "127.0.0.1:6434"; empty for none. Its users and their rights are those of the console.
        address: Option<Address> = "\"\"", restart;
    }
    /// Limits. When one is reached, that is counted and shown.
    limits: Limits {
        /// A longer statement passes without being parsed.
        statement_bytes: Bytes = "\"2MiB\"";
        /// Number of rewritten statements in the cache.
        cache_entries: usize = "10000", restart;
        /// Total size of the texts in the cache.
        cache_bytes: Bytes = "\"64MiB\"", restart;
        /// Memory for hits by statement and client; when it is full, the rarest are counted by table, operation, outcome and application only.
        traffic_bytes: Bytes = "\"32MiB\"", restart;
    }
    /// What esclusa writes to standard error.
    log: Log {
        /// error, warn, info, debug or trace; or a filter as tracing-subscriber's EnvFilter reads it.
        level: String = "\"info\"", restart;
        /// text or json.
        format: LogFormat = "\"text\"", restart;
    }
}

/// Where a setting is looked up.
struct Source<'s> {
    document: Option<&'s Document>,
    environment: &'s dyn Fn(&str) -> Option<String>,
    faults: Faults,
}

impl Source<'_> {
    fn take<T: Setting>(&mut self, section: &str, key: &str, default: &str) -> T {
        let variable = format!("ESCLUSA_{}_{}", section.to_uppercase(), key.to_uppercase());
        let taken = if let Some(text) = (self.environment)(&variable) {
            T::from_text(&text).map_err(|e| Fault::general(format!("{variable}: {e}")))
        } else if let Some((document, entry)) = self.document.and_then(|d| Some((d, d.entry(section, key)?))) {
            T::from_toml(&entry.value).map_err(|e| document.fault(entry.line, format!("{section}.{key}: {e}")))
        } else {
            value::from_default(default).map_err(|e| Fault::general(format!("default of {section}.{key}: {e}")))
        };
        taken.unwrap_or_else(|fault| {
            self.faults.push(fault);
            // The value is never used: the faults end the reading.
            value::from_default(default).unwrap_or_else(|_| T::nothing())
        })
    }
}

impl Settings {
    /// Reads a file and an environment. Every fault comes back at once.
    pub fn load(file: Option<&Path>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Faults> {
        let mut faults = Faults::default();
        let document = match file {
            Some(file) => match Document::read(file) {
                Ok(document) => Some(document),
                Err(found) => {
                    faults.extend(found);
                    None
                }
            },
            None => None,
        };
        faults.extend(document.as_ref().map(unknown_keys).unwrap_or_default());
        let mut source = Source { document: document.as_ref(), environment, faults };
        let settings = Settings::read(&mut source);
        settings.check(&mut source.faults);
        source.faults.or(settings)
    }

    /// The defaults, for commands that need no file.
    pub fn defaults() -> Result<Settings, Faults> {
        Settings::load(None, &|_| None)
    }

    fn check_web(&self, faults: &mut Faults) {
        let Some(address) = &self.web.address else { return };
        if self.console.users_file.as_os_str().is_empty() && !address.is_local() {
            let hint = "name a users_file, or listen on 127.0.0.1";
            faults.push(Fault::general("web.address is reachable from outside, and console.users_file is empty").hint(hint));
        }
        if !matches!(address, Address::Tcp(..)) {
            faults.push(Fault::general("web.address must be a host and a port"));
        }
        // With port 0 each gets a free port of its own.
        let chosen = !matches!(address, Address::Tcp(_, 0));
        for (name, other) in [("listen", &self.listen.address), ("console", &self.console.address)] {
            if chosen && address == other {
                faults.push(Fault::general(format!("web.address and {name}.address are the same")));
            }
        }
    }

    /// Checks that involve more than one value, or that the value's type cannot make.
    fn check(&self, faults: &mut Faults) {
        if self.console.users_file.as_os_str().is_empty() && !self.console.address.is_local() {
            let hint = "name a users_file, or listen on 127.0.0.1";
            faults.push(Fault::general("console.address is reachable from outside, and console.users_file is empty").hint(hint));
        }
        self.check_web(faults);
        if !self.record.directory.as_os_str().is_empty() && self.record.key_file.as_os_str().is_empty() {
            let hint = "`esclusa record key FILE` makes a key";
            faults.push(Fault::general("record.directory is set, and record.key_file is not").hint(hint));
        }
        if self.audit.months == 0 {
            faults.push(Fault::general("audit.months must be at least 1"));
        }
        if self.migrate.wave_tables == 0 || self.migrate.rows_per_second == 0 || self.migrate.window.as_secs() == 0 {
            faults.push(Fault::general(
                "migrate.window, migrate.wave_tables and migrate.rows_per_second must be greater than zero",
            ));
        }
        let spans = [
            ("lock_timeout", self.migrate.lock_timeout),
            ("hold", self.migrate.hold),
            ("patience", self.migrate.patience),
            ("chunk", self.migrate.chunk),
        ];
        // To the server, a lock_timeout of 0 means no timeout.
        for (key, _) in spans.iter().filter(|(_, span)| span.is_zero()) {
            faults.push(Fault::general(format!("migrate.{key} must be greater than zero")));
        }
        if !self.listen.proxy_protocol_from.is_empty() && matches!(self.listen.address, Address::Unix(_)) {
            faults.push(Fault::general("listen.proxy_protocol_from lists networks, but listen.address is a Unix socket"));
        }
        let named = |file: &PathBuf| !file.as_os_str().is_empty();
        if self.listen.tls != OfferTls::Off && !(named(&self.listen.tls_certificate) && named(&self.listen.tls_key)) {
            faults.push(Fault::general("listen.tls needs listen.tls_certificate and listen.tls_key"));
        }
        if named(&self.upstream.tls_certificate) != named(&self.upstream.tls_key) {
            faults.push(Fault::general("upstream.tls_certificate and upstream.tls_key belong together"));
        }
        for date in &self.calendar.dates {
            let parts = date.split_once('-').and_then(|(m, d)| Some((m.parse::<usize>().ok()?, d.parse::<u32>().ok()?)));
            let length = |month: usize| DAYS_OF_MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or(0);
            if parts.is_none_or(|(month, day)| day == 0 || day > length(month)) {
                faults.push(Fault::general(format!("calendar.dates: `{date}` is not a month and day such as \"12-12\"")));
            }
        }
        // With port 0 each gets a free port of its own.
        let chosen = !matches!(self.listen.address, Address::Tcp(_, 0));
        if chosen && self.listen.address == self.console.address {
            faults.push(Fault::general("listen.address and console.address are the same"));
        }
    }
}

/// Of a leap year, because 29 February is a valid date.
const DAYS_OF_MONTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Variables of the environment that are not settings: secrets, and where PostgreSQL's programs are.
const VARIABLES: [&str; 3] = ["ESCLUSA_CONTROL_PASSWORD", "ESCLUSA_SHADOW_PASSWORD", "ESCLUSA_PG_BIN"];

/// Variables that are named like a setting but match none: a misspelt one must not silently leave its setting at the default.
pub fn unknown_variables(names: impl Iterator<Item = String>) -> Faults {
    let variable = |key: &Key| format!("ESCLUSA_{}_{}", key.section, key.name).to_uppercase();
    let known: Vec<String> = KEYS.iter().map(variable).chain(VARIABLES.map(str::to_owned)).collect();
    let mut unknown: Vec<String> = names.filter(|n| n.starts_with("ESCLUSA_") && !known.contains(n)).collect();
    unknown.sort_unstable();
    let fault = |name: String| {
        let section = SECTIONS.iter().map(|(s, _)| format!("ESCLUSA_{}_", s.to_uppercase())).find(|s| name.starts_with(s));
        let of_section = |prefix: String| known.iter().filter(|k| k.starts_with(&prefix)).cloned().collect::<Vec<_>>().join(", ");
        let hint = section.map_or_else(|| "a setting is ESCLUSA_SECTION_KEY".to_owned(), |s| format!("known: {}", of_section(s)));
        Fault::general(format!("unknown environment variable {name}")).hint(hint)
    };
    Faults(unknown.into_iter().map(fault).collect())
}

/// Sections and keys that do not exist.
fn unknown_keys(document: &Document) -> Faults {
    let mut faults = Faults::default();
    let sections: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    for section in &document.root.entries {
        let known: Vec<&str> = KEYS.iter().filter(|k| k.section == section.key).map(|k| k.name).collect();
        match &section.value {
            _ if known.is_empty() => {
                let fault = document.fault(section.line, format!("unknown section [{}]", section.key));
                faults.push(fault.hint(format!("known sections: {}", sections.join(", "))));
            }
            document::Value::Table(table) => {
                for entry in table.entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
                    let fault = document.fault(entry.line, format!("unknown key `{}` in [{}]", entry.key, section.key));
                    faults.push(fault.hint(format!("known keys: {}", known.join(", "))));
                }
            }
            other => faults.push(document.fault(section.line, format!("[{}] is {}, not a table", section.key, other.kind()))),
        }
    }
    faults
}

/// The reference: `config/esclusa.toml` with every key, its default and what it does. A test compares the file with it.
pub fn reference() -> String {
    let mut out = String::from(
        "# esclusa.toml: every key, its default, what it does. Generated from src/config.rs; a test holds it up to date.\n\
         # Uncomment what you change. ESCLUSA_SECTION_KEY in the environment goes before this file.\n\
         # Durations: 100ms, 5s, 10min, 1h. Sizes: 256KiB, 64MiB.\n",
    );
    for (section, help) in SECTIONS {
        out.push_str(&format!("\n# {}\n[{section}]\n", help.trim()));
        for key in KEYS.iter().filter(|k| k.section == *section) {
            let restart = if key.restart { " Needs a restart." } else { "" };
            out.push_str(&format!("# {}{restart}\n# {} = {}\n", key.help.trim(), key.name, key.default));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let name = file.path().to_owned();
        Settings::load(Some(&name), environment).map_err(|f| f.to_string().replace(&*name.to_string_lossy(), "F"))
    }

    #[test]
    fn defaults_hold() {
        let settings = Settings::defaults().unwrap();
        assert_eq!(settings.listen.address.to_string(), "127.0.0.1:6432");
        assert_eq!(settings.limits.statement_bytes.0, 2 * 1024 * 1024);
        assert_eq!(settings.shown().len(), KEYS.len());
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let environment = |k: &str| (k == "ESCLUSA_LISTEN_MAX_CLIENTS").then(|| "7".to_owned());
        let settings = load("[listen]\nmax_clients = 5\nstartup_timeout = \"2s\"\n", &environment).unwrap();
        assert_eq!((settings.listen.max_clients, settings.listen.startup_timeout), (7, Duration::from_secs(2)));
    }

    #[test]
    fn a_variable_that_is_no_setting_is_a_fault() {
        let given = [
            "PATH",
            "ESCLUSA_PG_BIN",
            "ESCLUSA_CONTROL_PASSWORD",
            "ESCLUSA_LOG_LEVEL",
            "ESCLUSA_LOG_LEVLE",
            "ESCLUSA_NOWHERE",
            "esclusa_x",
        ];
        let faults = unknown_variables(given.into_iter().map(str::to_owned));
        assert_eq!(
            faults.to_string(),
            "unknown environment variable ESCLUSA_LOG_LEVLE\n    hint: known: ESCLUSA_LOG_LEVEL, ESCLUSA_LOG_FORMAT\n\
             unknown environment variable ESCLUSA_NOWHERE\n    hint: a setting is ESCLUSA_SECTION_KEY"
        );
    }

    #[test]
    fn every_fault_is_reported_at_once_with_its_line() {
        let text = "[listen]\naddress = 7\nnonsense = 1\n\n[upstream]\nconnect_timeout = \"soon\"\n[nowhere]\nx = 1\n";
        let faults = load(text, &|_| None).unwrap_err();
        assert_eq!(
            faults,
            "F:2: listen.address: expected a string such as \"127.0.0.1:6432\", found an integer\n\
             F:3: unknown key `nonsense` in [listen]\n    hint: known keys: address, max_clients, startup_timeout, proxy_protocol_from, tls, \
             tls_certificate, tls_key, tls_client_ca, drain_timeout, handover_socket, workers\n\
             F:6: upstream.connect_timeout: `soon` is not a duration such as \"5s\", \"100ms\", \"10min\"\n\
             F:7: unknown section [nowhere]\n    hint: known sections: listen, upstream, rules, audit, control, calendar, migrate, shadow, record, console, web, limits, log"
        );
    }

    #[test]
    fn the_port_for_machines_is_off_or_a_place_of_its_own() {
        assert_eq!(load("[web]\naddress = \"\"\n", &|_| None).unwrap().web.address, None);
        for (address, fault) in [
            ("0.0.0.0:6434", "web.address is reachable from outside, and console.users_file is empty"),
            ("/run/esclusa/web", "web.address must be a host and a port"),
            ("127.0.0.1:6433", "web.address and console.address are the same"),
            ("127.0.0.1:6432", "web.address and listen.address are the same"),
            ("6434", "is not an address such as"),
        ] {
            let told = load(&format!("[web]\naddress = \"{address}\"\n"), &|_| None).unwrap_err();
            assert!(told.contains(fault), "{told}");
        }
    }

    #[test]
    fn broken_toml_is_reported_with_its_line() {
        assert!(load("[listen]\naddress = \n", &|_| None).unwrap_err().starts_with("F:2: "));
    }

    /// A changed setting that needs a restart is named, for every type of value.
    #[test]
    fn what_differs_is_told_key_by_key() {
        let defaults = Settings::defaults().unwrap();
        assert_eq!(defaults.differing(&defaults).len(), 0);
        let text = "[listen]\nworkers = 3\nmax_clients = 7\n[log]\nlevel = \"debug\"\n[limits]\ncache_bytes = \"1MiB\"\n";
        let differing = defaults.differing(&load(text, &|_| None).unwrap());
        let told: Vec<String> = differing.iter().map(|k| format!("{}.{} {}", k.section, k.name, k.restart)).collect();
        assert_eq!(told, ["listen.max_clients false", "listen.workers true", "limits.cache_bytes true", "log.level true"]);
    }

    #[test]
    fn spans_of_nothing_and_days_that_no_year_has_are_faults() {
        for text in [
            "[migrate]\nhold = \"0s\"\n",
            "[migrate]\nlock_timeout = \"0s\"\n",
            "[calendar]\ndates = [\"02-30\"]\n",
            "[calendar]\ndates = [\"11-31\"]\n",
        ] {
            assert_eq!(load(text, &|_| None).unwrap_err().lines().count(), 1, "{text}");
        }
        load("[calendar]\ndates = [\"02-29\", \"12-31\"]\n", &|_| None).unwrap();
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = load("[control]\nurl = \"postgres://u:geheim@h:5/db\"\n", &|_| None).unwrap();
        assert!(!format!("{:?} {:?}", settings, settings.shown()).contains("geheim"));
    }
}
