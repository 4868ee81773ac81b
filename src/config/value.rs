//! What a setting can be: each type is read from TOML and from text of the environment, and shown without secrets.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::document::{Document, Value};
use crate::mode::Mode;

/// A type that a setting can have.
pub trait Setting: Sized {
    /// From a value of the file. The error completes "section.key: ...".
    fn from_toml(value: &Value) -> Result<Self, String>;
    /// From the environment.
    fn from_text(text: &str) -> Result<Self, String>;
    /// As `SHOW CONFIG` prints it.
    fn show(&self) -> String;
    /// A placeholder after a fault; it is never used, because reading fails as a whole.
    fn nothing() -> Self;
}

/// Reads a default, which is TOML text.
pub(super) fn from_default<T: Setting>(default: &str) -> Result<T, String> {
    let document = Document::parse("default".as_ref(), &format!("v = {default}")).map_err(|f| f.to_string())?;
    document.root.get("v").map_or_else(|| Err("empty".into()), |entry| T::from_toml(&entry.value))
}

/// For types that are written as one string.
macro_rules! string_setting {
    ($type:ty, $like:literal, $nothing:expr, |$text:ident| $parse:expr, |$value:ident| $show:expr) => {
        impl Setting for $type {
            fn from_toml(value: &Value) -> Result<Self, String> {
                match value {
                    Value::Text(text) => Self::from_text(text),
                    other => Err(format!("expected a string such as {:?}, found {}", $like, other.kind())),
                }
            }
            fn from_text($text: &str) -> Result<Self, String> {
                $parse
            }
            fn show(&self) -> String {
                let $value = self;
                $show
            }
            fn nothing() -> Self {
                $nothing
            }
        }
    };
}

string_setting!(String, "text", String::new(), |text| Ok(text.to_owned()), |value| value.clone());
string_setting!(PathBuf, "path/to/file", PathBuf::new(), |text| Ok(PathBuf::from(text)), |value| value.display().to_string());
string_setting!(Mode, "observe", Mode::Observe, |text| text.parse(), |value| value.to_string());

impl Setting for usize {
    fn from_toml(value: &Value) -> Result<Self, String> {
        match value {
            Value::Integer(i) => usize::try_from(*i).map_err(|_| format!("{i} is negative")),
            other => Err(format!("expected an integer, found {}", other.kind())),
        }
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is not a whole number"))
    }
    fn show(&self) -> String {
        self.to_string()
    }
    fn nothing() -> Self {
        0
    }
}

impl Setting for bool {
    fn from_toml(value: &Value) -> Result<Self, String> {
        match value {
            Value::Bool(b) => Ok(*b),
            other => Err(format!("expected true or false, found {}", other.kind())),
        }
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is neither true nor false"))
    }
    fn show(&self) -> String {
        self.to_string()
    }
    fn nothing() -> Self {
        false
    }
}

impl Setting for Vec<String> {
    fn from_toml(value: &Value) -> Result<Self, String> {
        let Value::List(items) = value else { return Err(format!("expected an array of strings, found {}", value.kind())) };
        items.iter().map(|(_, v)| String::from_toml(v)).collect()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect())
    }
    fn show(&self) -> String {
        self.join(", ")
    }
    fn nothing() -> Self {
        Vec::new()
    }
}

/// Whether pg_partman may make later partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partman {
    /// Where it is installed, or can be, and the control role may use it.
    Auto,
    /// `esclusa schema apply` makes them.
    Never,
}

string_setting!(
    Partman,
    "auto",
    Partman::Auto,
    |text| match text {
        "auto" => Ok(Partman::Auto),
        "never" => Ok(Partman::Never),
        other => Err(format!("expected auto or never, found `{other}`")),
    },
    |value| match value {
        Partman::Auto => "auto".to_owned(),
        Partman::Never => "never".to_owned(),
    }
);

string_setting!(
    Duration,
    "5s",
    Duration::ZERO,
    |text| {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let milliseconds = match text[digits..].trim() {
            "ms" => Some(1),
            "s" => Some(1000),
            "min" | "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let number = text[..digits].parse::<u64>().ok();
        let total = number.zip(milliseconds).and_then(|(n, unit)| n.checked_mul(unit));
        total.map(Duration::from_millis).ok_or_else(|| format!("`{text}` is not a duration such as \"5s\", \"100ms\", \"10min\""))
    },
    |value| {
        let ms = value.as_millis();
        match ms {
            0 => "0s".to_owned(),
            _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
            _ if ms.is_multiple_of(60_000) => format!("{}min", ms / 60_000),
            _ if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
            _ => format!("{ms}ms"),
        }
    }
);

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub usize);

string_setting!(
    Bytes,
    "64MiB",
    Bytes(0),
    |text| {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let unit = match text[digits..].trim() {
            "" | "B" => Some(1_usize),
            "KiB" => Some(1 << 10),
            "MiB" => Some(1 << 20),
            "GiB" => Some(1 << 30),
            _ => None,
        };
        let total = text[..digits].parse::<usize>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
        total.map(Bytes).ok_or_else(|| format!("`{text}` is not a size such as \"256KiB\", \"64MiB\""))
    },
    |value| match value.0 {
        n if n > 0 && n % (1 << 20) == 0 => format!("{}MiB", n >> 20),
        n if n > 0 && n % (1 << 10) == 0 => format!("{}KiB", n >> 10),
        n => format!("{n}B"),
    }
);

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// So many months later.
    #[must_use]
    pub fn plus(self, months: usize) -> Month {
        let count = self.year * 12 + self.month as i32 - 1 + i32::try_from(months).unwrap_or(i32::MAX / 2);
        Month { year: count.div_euclid(12), month: count.rem_euclid(12) as u32 + 1 }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

string_setting!(
    Month,
    "2026-03",
    Month { year: 1, month: 1 },
    |text| {
        let parts = text.split_once('-').and_then(|(y, m)| Some((y.parse().ok()?, m.parse().ok()?)));
        let month = parts.filter(|(y, m)| (1..=9999).contains(y) && (1..=12).contains(m));
        month.map(|(year, month)| Month { year, month }).ok_or_else(|| format!("`{text}` is not a month such as \"2026-03\""))
    },
    |value| value.to_string()
);

/// Where to listen, or where to connect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// Host name or IP address, and port. An IPv6 address stands in brackets.
    Tcp(String, u16),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Unix(_) => true,
            Address::Tcp(host, _) => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp(host, port) => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

string_setting!(
    Option<Address>,
    "127.0.0.1:6434",
    None,
    |text| if text.is_empty() { Ok(None) } else { Address::from_text(text).map(Some) },
    |value| value.as_ref().map(Address::to_string).unwrap_or_default()
);
string_setting!(
    Address,
    "127.0.0.1:6432",
    Address::Unix(PathBuf::new()),
    |text| {
        if text.starts_with('/') {
            return Ok(Address::Unix(text.into()));
        }
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let inner = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let bare_v6 = |host: &str| host.contains(':') && !host.starts_with('[');
        match parts {
            Some((host, port)) if !host.is_empty() && !bare_v6(host) => Ok(Address::Tcp(inner(host), port)),
            _ => Err(format!(
                "`{text}` is not an address such as \"127.0.0.1:6432\", \"[::1]:6432\" or \"/run/esclusa/.s.PGSQL.6432\""
            )),
        }
    },
    |value| value.to_string()
);

/// A connection string or URL. Its password is never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Url(String);

impl Url {
    /// With its password: for connecting only.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes one from a text.
    pub fn new(text: impl Into<String>) -> Self {
        Url(text.into())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

string_setting!(Url, "postgres://esclusa@127.0.0.1/aqua", Url::default(), |text| Ok(Url(text.to_owned())), |value| {
    let text = value.secret();
    if let Some((scheme, rest)) = text.split_once("://") {
        let (user, tail) = rest.split_once('@').map_or(("", rest), |(user, tail)| (user, tail));
        let user = user.split(':').next().unwrap_or_default();
        let tail = tail.split('?').next().unwrap_or_default();
        return if user.is_empty() { format!("{scheme}://{tail}") } else { format!("{scheme}://{user}@{tail}") };
    }
    // key=value form: show the keys that cannot hold a secret, quoted values included only up to a blank.
    let shown = text.split_whitespace().filter(|p| ["host=", "port=", "user=", "dbname="].iter().any(|k| p.starts_with(k)));
    shown.collect::<Vec<_>>().join(" ")
});

/// Whether TLS is offered to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferTls {
    /// Not offered.
    Off,
    /// Offered; plain connections are served too.
    Optional,
    /// Connections over TCP without TLS are refused.
    Required,
}

string_setting!(
    OfferTls,
    "optional",
    OfferTls::Off,
    |text| match text {
        "off" => Ok(OfferTls::Off),
        "optional" => Ok(OfferTls::Optional),
        "required" => Ok(OfferTls::Required),
        other => Err(format!("`{other}` is not one of off, optional, required")),
    },
    |value| format!("{value:?}").to_lowercase()
);

/// Whether TLS is used towards the server, and what is verified: libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseTls {
    /// Never.
    Disable,
    /// If the server offers it.
    Prefer,
    /// Always; nothing is verified, unless `tls_ca` is set.
    Require,
    /// Always; the server's certificate must come from `tls_ca`.
    VerifyCa,
    /// Always; and it must name the host that was connected to.
    VerifyFull,
}

impl UseTls {
    /// As libpq writes it.
    pub fn name(self) -> &'static str {
        match self {
            UseTls::Disable => "disable",
            UseTls::Prefer => "prefer",
            UseTls::Require => "require",
            UseTls::VerifyCa => "verify-ca",
            UseTls::VerifyFull => "verify-full",
        }
    }
}

string_setting!(
    UseTls,
    "verify-full",
    UseTls::Disable,
    |text| {
        let all = [UseTls::Disable, UseTls::Prefer, UseTls::Require, UseTls::VerifyCa, UseTls::VerifyFull];
        let found = all.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("`{text}` is not one of disable, prefer, require, verify-ca, verify-full"))
    },
    |value| value.name().to_owned()
);

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person.
    Text,
    /// One JSON object per line.
    Json,
}

string_setting!(
    LogFormat,
    "text",
    LogFormat::Text,
    |text| match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("`{other}` is neither text nor json")),
    },
    |value| format!("{value:?}").to_lowercase()
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let show = |t: &str| Address::from_text(t).map(|a| a.to_string());
        assert_eq!(show("localhost:5432").unwrap(), "localhost:5432");
        assert_eq!(show("[::1]:5432").unwrap(), "[::1]:5432");
        assert_eq!(show("/tmp/.s.PGSQL.5432").unwrap(), "/tmp/.s.PGSQL.5432");
        assert!(show("::1:5432").is_err() && show("5432").is_err() && show(":1").is_err());
        assert!(Address::from_text("[::1]:1").unwrap().is_local() && !Address::from_text("0.0.0.0:1").unwrap().is_local());
    }

    #[test]
    fn durations_sizes_and_months_come_back_as_written() {
        for text in ["100ms", "5s", "10min", "1h"] {
            assert_eq!(Duration::from_text(text).unwrap().show(), text);
        }
        assert_eq!(Bytes::from_text("64MiB").unwrap().show(), "64MiB");
        assert_eq!(Month::from_text("2026-03").unwrap().plus(24).to_string(), "2028-03");
        assert!(Month::from_text("2026-13").is_err() && Duration::from_text("").is_err());
    }

    #[test]
    fn urls_hide_their_password() {
        assert_eq!(Url::new("postgres://u:p@h:5/db?password=q").show(), "postgres://u@h:5/db");
        assert_eq!(Url::new("host=h user=u password='a b' dbname=d").show(), "host=h user=u dbname=d");
    }
}
