//! Whether a copy under load may continue: what its clients feel, standbys, WAL and checkpoints take precedence. Pure: signals
//! (`throttle/signals.rs`) and limits in; continue, wait or stop out, with the reason in words.
//!
//! A signal that could be read when the copying began, and no longer can, counts as bad news: the copy waits, and stops when that lasts. A signal
//! that could not be read from the start is reported, and ignored.

pub mod signals;

use std::fmt;
use std::time::Duration;

use crate::config::Settings;

/// Checkpoints are counted over this time.
pub const CHECKPOINTS_WITHIN: Duration = Duration::from_secs(300);

/// When a copy waits: `migrate.*`. A limit that is unset, or 0, is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The clients' p99, in percent of its baseline.
    pub p99_percent: u32,
    /// With fewer waits than these, there is no p99.
    pub p99_statements: u64,
    /// When nothing has been copied for so long, the baseline is measured again; 0 is never.
    pub p99_again: Duration,
    /// How far behind the slowest standby may be.
    pub lag: Duration,
    /// WAL that all writers together may produce, in bytes per second.
    pub wal_per_second: u64,
    /// Checkpoints that WAL has requested within [`CHECKPOINTS_WITHIN`].
    pub checkpoints: u64,
    /// A signal that cannot be read for so long stops the copy.
    pub silence: Duration,
}

impl Limits {
    /// From the settings.
    pub fn new(settings: &Settings) -> Self {
        let Settings { migrate, .. } = settings;
        Limits {
            p99_percent: u32::try_from(migrate.p99_percent).unwrap_or(u32::MAX),
            p99_statements: migrate.p99_statements as u64,
            p99_again: migrate.p99_again,
            lag: migrate.lag,
            wal_per_second: migrate.wal_per_second.0 as u64,
            checkpoints: migrate.checkpoints as u64,
            silence: migrate.silence,
        }
    }

    /// Whether a copy that has rested for so long no longer affects what clients feel: what they feel is then a baseline.
    pub fn is_rested(&self, rest: Duration) -> bool {
        !self.p99_again.is_zero() && rest >= self.p99_again
    }
}

/// The reading of one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signal<T> {
    /// It is ignored: a setting says so, or it could not be read when the copying began.
    #[default]
    Unwatched,
    /// Its value.
    Is(T),
    /// It could be read before, and has not been for so long.
    Lost(Duration),
}

/// The clients' p99, before the copying began and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Felt {
    /// Before.
    pub baseline: Duration,
    /// Of the last seconds; `None` where there were too few statements.
    pub now: Option<Duration>,
}

/// Everything that a copy depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals {
    /// What clients feel.
    pub felt: Signal<Felt>,
    /// For how long nothing has been copied.
    pub rest: Duration,
    /// A proxy that no longer reports what its clients feel.
    pub silent_proxy: Option<(String, Duration)>,
    /// How far behind the slowest standby is.
    pub lag: Signal<Duration>,
    /// A standby that was connected, and is not any more.
    pub gone_standby: Option<(String, Duration)>,
    /// Bytes of WAL a second.
    pub wal_per_second: Signal<u64>,
    /// Checkpoints that were requested.
    pub checkpoints: Signal<u64>,
}

/// Whether the next chunk may be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// It may.
    Go,
    /// Not yet.
    Wait(Reason),
    /// Not yet; but clients wait as long without the copy, so the baseline is to be measured again.
    Measure(Reason),
    /// Not before a person has looked: a signal is lost.
    Stop(Reason),
}

/// Why a copy does not continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Clients wait longer than they did.
    Felt(Felt, u32),
    /// A standby is behind.
    Lag(Duration, Duration),
    /// Too much WAL.
    Wal(u64, u64),
    /// Too many checkpoints.
    Checkpoints(u64, u64),
    /// A signal cannot be read.
    Lost(String, Duration),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |d: &Duration| d.as_secs_f64() * 1000.0;
        match self {
            Reason::Felt(Felt { baseline, now }, percent) => write!(
                f,
                "the clients' p99 is {:.1} ms, over {percent} % of the {:.1} ms before the copying",
                ms(&now.unwrap_or_default()),
                ms(baseline)
            ),
            Reason::Lag(lag, limit) => {
                write!(f, "a standby is {:.1} s behind, over {} s (migrate.lag)", lag.as_secs_f64(), limit.as_secs())
            }
            Reason::Wal(bytes, limit) => {
                let (shift, unit) = if *limit < 1 << 20 { (10, "KiB") } else { (20, "MiB") };
                write!(f, "{} {unit} of WAL are written in a second, over {} {unit}", bytes >> shift, limit >> shift)
            }
            Reason::Checkpoints(count, limit) => {
                let minutes = CHECKPOINTS_WITHIN.as_secs() / 60;
                write!(f, "WAL has asked for {count} checkpoints in {minutes} minutes, over {limit}")
            }
            Reason::Lost(what, silence) => write!(f, "{what} cannot be read for {} s", silence.as_secs()),
        }
    }
}

/// Decides. Lost signals come before exceeded limits: a copy whose effect is unknown must not continue because the other signals look well.
pub fn decide(signals: &Signals, limits: &Limits) -> Permit {
    let mut lost: Vec<(String, Duration)> = Vec::new();
    fn note<T>(lost: &mut Vec<(String, Duration)>, what: &str, signal: &Signal<T>) {
        if let Signal::Lost(silence) = signal {
            lost.push((what.to_owned(), *silence));
        }
    }
    note(&mut lost, "what the clients feel", &signals.felt);
    note(&mut lost, "the standbys' lag", &signals.lag);
    note(&mut lost, "the position in WAL", &signals.wal_per_second);
    note(&mut lost, "the number of checkpoints", &signals.checkpoints);
    lost.extend(signals.silent_proxy.iter().map(|(name, silence)| (format!("what the clients of proxy {name} feel"), *silence)));
    lost.extend(signals.gone_standby.iter().map(|(name, silence)| (format!("the lag of standby {name}"), *silence)));
    if let Some((what, silence)) = lost.into_iter().max_by_key(|(_, silence)| *silence) {
        let reason = Reason::Lost(what, silence);
        return if silence >= limits.silence { Permit::Stop(reason) } else { Permit::Wait(reason) };
    }
    match too_much(signals, limits) {
        None => Permit::Go,
        Some(reason @ Reason::Felt(..)) if limits.is_rested(signals.rest) => Permit::Measure(reason),
        Some(reason) => Permit::Wait(reason),
    }
}

fn too_much(signals: &Signals, limits: &Limits) -> Option<Reason> {
    if let Signal::Is(felt) = signals.felt
        && limits.p99_percent > 0
        && felt.now.is_some_and(|now| now > felt.baseline * limits.p99_percent / 100)
    {
        return Some(Reason::Felt(felt, limits.p99_percent));
    }
    match (signals.lag, signals.wal_per_second, signals.checkpoints) {
        (Signal::Is(lag), _, _) if !limits.lag.is_zero() && lag > limits.lag => Some(Reason::Lag(lag, limits.lag)),
        (_, Signal::Is(bytes), _) if limits.wal_per_second > 0 && bytes > limits.wal_per_second => {
            Some(Reason::Wal(bytes, limits.wal_per_second))
        }
        (_, _, Signal::Is(count)) if limits.checkpoints > 0 && count > limits.checkpoints => {
            Some(Reason::Checkpoints(count, limits.checkpoints))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        p99_percent: 110,
        p99_statements: 500,
        p99_again: Duration::from_secs(90),
        lag: Duration::from_secs(5),
        wal_per_second: 64 << 20,
        checkpoints: 12,
        silence: Duration::from_secs(15),
    };

    fn felt(now_ms: u64) -> Signal<Felt> {
        Signal::Is(Felt { baseline: Duration::from_millis(100), now: Some(Duration::from_millis(now_ms)) })
    }

    fn quiet() -> Signals {
        Signals {
            felt: felt(100),
            lag: Signal::Is(Duration::ZERO),
            wal_per_second: Signal::Is(1 << 20),
            checkpoints: Signal::Is(0),
            ..Signals::default()
        }
    }

    type Change = fn(&mut Signals);
    type Loss = fn(&mut Signals, Duration);

    #[test]
    fn each_signal_holds_a_copy_by_itself_from_its_limit_on() {
        assert_eq!(decide(&quiet(), &LIMITS), Permit::Go);
        assert_eq!(decide(&Signals::default(), &LIMITS), Permit::Go, "nothing is watched");
        let at_the_limit: [Change; 5] = [
            |s| s.felt = felt(110),
            |s| s.lag = Signal::Is(Duration::from_secs(5)),
            |s| s.wal_per_second = Signal::Is(64 << 20),
            |s| s.checkpoints = Signal::Is(12),
            |s| s.felt = Signal::Is(Felt { baseline: Duration::from_millis(1), now: None }),
        ];
        for change in at_the_limit {
            let mut signals = quiet();
            change(&mut signals);
            assert_eq!(decide(&signals, &LIMITS), Permit::Go, "{signals:?}");
        }
        let over: [(Change, &str); 4] = [
            (|s| s.felt = felt(111), "the clients' p99 is 111.0 ms, over 110 % of the 100.0 ms before the copying"),
            (|s| s.lag = Signal::Is(Duration::from_millis(5100)), "a standby is 5.1 s behind, over 5 s (migrate.lag)"),
            (|s| s.wal_per_second = Signal::Is(70 << 20), "70 MiB of WAL are written in a second, over 64 MiB"),
            (|s| s.checkpoints = Signal::Is(13), "WAL has asked for 13 checkpoints in 5 minutes, over 12"),
        ];
        for (change, words) in over {
            let mut signals = quiet();
            change(&mut signals);
            let Permit::Wait(reason) = decide(&signals, &LIMITS) else { panic!("{signals:?} goes on") };
            assert_eq!(reason.to_string(), words);
        }
    }

    #[test]
    fn who_waits_as_long_without_the_copy_gives_a_new_baseline() {
        let after = |rest: u64| Signals { felt: felt(300), rest: Duration::from_secs(rest), ..quiet() };
        assert!(matches!(decide(&after(89), &LIMITS), Permit::Wait(Reason::Felt(..))));
        assert!(matches!(decide(&after(90), &LIMITS), Permit::Measure(Reason::Felt(..))));
        let never = Limits { p99_again: Duration::ZERO, ..LIMITS };
        assert!(matches!(decide(&after(9_000), &never), Permit::Wait(Reason::Felt(..))));
        assert_eq!(decide(&Signals { felt: felt(100), ..after(90) }, &LIMITS), Permit::Go);
        // Other limits are absolute: a rest changes nothing about them.
        let behind = Signals { felt: felt(100), lag: Signal::Is(Duration::from_secs(99)), ..after(90) };
        assert!(matches!(decide(&behind, &LIMITS), Permit::Wait(Reason::Lag(..))));
        let blind = Signals { felt: Signal::Lost(Duration::from_secs(1)), ..after(90) };
        assert!(matches!(decide(&blind, &LIMITS), Permit::Wait(Reason::Lost(..))));
    }

    #[test]
    fn what_a_setting_switches_off_holds_nothing() {
        let limits = Limits { p99_percent: 0, lag: Duration::ZERO, wal_per_second: 0, checkpoints: 0, ..LIMITS };
        let signals = Signals {
            felt: felt(9_000),
            lag: Signal::Is(Duration::from_secs(900)),
            wal_per_second: Signal::Is(u64::MAX),
            checkpoints: Signal::Is(u64::MAX),
            ..Signals::default()
        };
        assert_eq!(decide(&signals, &limits), Permit::Go);
    }

    #[test]
    fn what_is_lost_waits_at_first_and_stops_in_the_end() {
        let lost: [(Loss, &str); 6] = [
            (|s, d| s.felt = Signal::Lost(d), "what the clients feel"),
            (|s, d| s.lag = Signal::Lost(d), "the standbys' lag"),
            (|s, d| s.wal_per_second = Signal::Lost(d), "the position in WAL"),
            (|s, d| s.checkpoints = Signal::Lost(d), "the number of checkpoints"),
            (|s, d| s.silent_proxy = Some(("a:7".into(), d)), "what the clients of proxy a:7 feel"),
            (|s, d| s.gone_standby = Some(("b".into(), d)), "the lag of standby b"),
        ];
        for (lose, what) in lost {
            // A lost signal counts even when another limit is exceeded: when that has passed, the copy still must not continue.
            let mut signals = Signals { lag: Signal::Is(Duration::from_secs(99)), ..quiet() };
            lose(&mut signals, Duration::from_secs(14));
            assert_eq!(decide(&signals, &LIMITS), Permit::Wait(Reason::Lost(what.into(), Duration::from_secs(14))));
            lose(&mut signals, Duration::from_secs(15));
            assert_eq!(decide(&signals, &LIMITS), Permit::Stop(Reason::Lost(what.into(), Duration::from_secs(15))));
        }
    }
}
