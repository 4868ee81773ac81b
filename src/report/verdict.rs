//! What may become of each legacy name, judged by its recorded uses and by the days on which no use can have been missed. Pure: facts in, verdicts
//! with their reasons out.
//!
//! Silence is judged by the kinds of days covered, not by its length: a name that is used at the end of each month is silent for 29 days.

use std::collections::{BTreeMap, BTreeSet};

use crate::mode::Mode;

/// The language of sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl std::str::FromStr for Language {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" => Ok(Language::English),
            "es" => Ok(Language::Spanish),
            other => Err(format!("unknown language `{other}`; it is en or es")),
        }
    }
}

impl Language {
    /// Its language tag in HTML and HTTP.
    pub fn tag(self) -> &'static str {
        self.of("en", "es")
    }

    /// The text in this language.
    pub fn of<'t>(self, english: &'t str, spanish: &'t str) -> &'t str {
        if self == Language::English { english } else { spanish }
    }

    /// A text with sentences in both languages, as `«english|spanish»`, reduced to this language.
    pub(super) fn choose(self, text: &str) -> String {
        let mut parts = text.split('«');
        let mut chosen = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (told, behind) = part.split_once('»').unwrap_or((part, ""));
            let (english, spanish) = told.split_once('|').unwrap_or((told, told));
            chosen.push_str(self.of(english, spanish));
            chosen.push_str(behind);
        }
        chosen
    }
}

/// A kind of day, or of a run of days, with its own kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Monday to Friday.
    WorkingDay,
    /// Saturday or Sunday.
    Weekend,
    /// The last day of a month and the first of the next.
    MonthEnd,
    /// As many days in a row as a billing cycle has.
    BillingCycle,
    /// The end of March, June, September or December.
    QuarterEnd,
    /// The end of December.
    YearEnd,
    /// All dates of the settings.
    OwnDates,
}

impl Class {
    /// Its name in sentences.
    pub fn name(self, language: Language) -> &'static str {
        let (english, spanish) = match self {
            Class::WorkingDay => ("a working day", "un día hábil"),
            Class::Weekend => ("a weekend", "un fin de semana"),
            Class::MonthEnd => ("a month end", "un fin de mes"),
            Class::BillingCycle => ("a billing cycle", "un ciclo de facturación"),
            Class::QuarterEnd => ("a quarter end", "un fin de trimestre"),
            Class::YearEnd => ("a year end", "un fin de año"),
            Class::OwnDates => ("the dates of the settings", "las fechas configuradas"),
        };
        language.of(english, spanish)
    }
}

/// A day that was recorded as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970.
    pub number: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// The calendar of this organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Days of a billing cycle.
    pub billing_days: i64,
    /// Other dates that must have been recorded: month and day.
    pub dates: Vec<(u32, u32)>,
    /// Tables whose name stays until a year end has been recorded.
    pub regulatory: BTreeSet<String>,
}

/// The recorded uses of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often.
    pub hits: u64,
    /// Those forwarded untouched to the legacy table, since its mode was last set to rewrite.
    pub forwarded: u64,
    /// What was not understood.
    pub opaque: u64,
    /// What was refused.
    pub refused: u64,
    /// Comparisons of mode shadow that differed.
    pub different: u64,
    /// The day of the last, in days since 1970.
    pub last_day: Option<i64>,
    /// When that was, as text.
    pub last: String,
    /// The application with most of them.
    pub by: String,
    /// The last uses that a person has to look at: not understood, refused, different.
    pub trouble: Option<Trouble>,
    /// Uses around the proxies.
    pub around: Option<Around>,
}

/// Uses that a person has to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// The day of the last, in days since 1970.
    pub last_day: i64,
    /// When that was, as text.
    pub last: String,
    /// The application with most of them.
    pub by: String,
}

/// Uses around the proxies, without dumps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// At least this many.
    pub uses: u64,
    /// The user of the last one.
    pub user: String,
    /// Its address.
    pub address: String,
    /// Its application.
    pub application: String,
    /// The day of the last, in days since 1970.
    pub last_day: i64,
    /// When that was, as text.
    pub last: String,
}

/// One legacy name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The table.
    pub table: String,
    /// Its mode.
    pub mode: Mode,
    /// Whether its rows are in the new tables.
    pub is_moved: bool,
    /// Whether it is a tombstone.
    pub is_retired: bool,
    /// Its recorded uses.
    pub seen: Seen,
    /// Ranges of days on which its mode was off for some time, so that uses were not counted.
    pub off: Vec<(i64, i64)>,
}

/// What may become of it, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A person has to look.
    NeedsYou,
    /// Somebody uses the legacy table.
    Needed,
    /// It is used, and answered by the new tables.
    Rewritten,
    /// Nobody uses it, but too few days have been recorded to say more.
    SilentSoFar,
    /// Nobody uses it, through a month end and a billing cycle.
    MayMove,
    /// Nobody uses it, through a quarter end too.
    MayBeRetired,
}

impl Verdict {
    /// As reports say it.
    pub fn name(self, language: Language) -> &'static str {
        let (english, spanish) = match self {
            Verdict::NeedsYou => ("needs you", "requiere atención"),
            Verdict::Needed => ("needed", "en uso"),
            Verdict::Rewritten => ("rewritten", "reescrita"),
            Verdict::SilentSoFar => ("silent so far", "sin uso hasta ahora"),
            Verdict::MayMove => ("may move", "puede moverse"),
            Verdict::MayBeRetired => ("may be retired", "el nombre puede retirarse"),
        };
        language.of(english, spanish)
    }
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The table.
    pub name: Name,
    /// The verdict.
    pub verdict: Verdict,
    /// Days since the last use that were recorded as a whole.
    pub covered_days: usize,
    /// The reason as a sentence.
    pub reason: String,
    /// What to run next; empty where there is nothing to do.
    pub next: String,
}

/// Judges every name.
pub fn judge(names: Vec<Name>, days: &[Day], calendar: &Calendar, language: Language) -> Vec<Judged> {
    let mut judged: Vec<Judged> = names.into_iter().map(|name| judge_one(name, days, calendar, language)).collect();
    judged.sort_by(|a, b| (a.verdict, &a.name.table).cmp(&(b.verdict, &b.name.table)));
    judged
}

fn judge_one(name: Name, days: &[Day], calendar: &Calendar, language: Language) -> Judged {
    // The day of the last use does not count: only a part of it was silent.
    let is_counted = |day: &Day| !name.off.iter().any(|(from, to)| (*from..=*to).contains(&day.number));
    let since = |last: Option<i64>| -> Vec<&Day> {
        days.iter().filter(|day| is_counted(day) && last.is_none_or(|last| day.number > last)).collect()
    };
    let seen = &name.seen;
    let silent = since(seen.last_day.max(seen.around.as_ref().map(|around| around.last_day)));
    let covered_since = covered(&silent, calendar);
    let to_move = wanted(calendar);
    let missing_of = |covered: &BTreeSet<Class>| to_move.iter().copied().filter(|c| !covered.contains(c)).collect::<Vec<Class>>();
    let missing = missing_of(&covered_since);
    let to_retire = if calendar.regulatory.contains(&name.table) { Class::YearEnd } else { Class::QuarterEnd };
    // A trouble that has not come again through all kinds of days no longer counts.
    let is_in_the_way = |trouble: &Trouble| !missing_of(&covered(&since(Some(trouble.last_day)), calendar)).is_empty();
    let verdict = if seen.trouble.as_ref().is_some_and(is_in_the_way) {
        Verdict::NeedsYou
    } else if !missing.is_empty() && (seen.hits > 0 || seen.around.is_some()) {
        // A table that was brought back answers itself, even if its earlier hits were rewritten.
        let is_back = !name.is_moved && name.mode != Mode::Rewrite;
        if seen.forwarded > 0 || seen.around.is_some() || is_back { Verdict::Needed } else { Verdict::Rewritten }
    } else if !missing.is_empty() || name.mode == Mode::Off {
        Verdict::SilentSoFar
    } else if covered_since.contains(&to_retire) {
        Verdict::MayBeRetired
    } else {
        Verdict::MayMove
    };
    let covered = covered_since;
    let reason = match verdict {
        Verdict::NeedsYou => needs_you(seen, language),
        Verdict::Needed | Verdict::Rewritten => used(seen, language),
        Verdict::SilentSoFar if name.mode == Mode::Off => language
            .of("its mode is off, so its uses are not recorded", "su modo es off, así que sus usos no se registran")
            .to_owned(),
        Verdict::SilentSoFar => not_yet(&silent, &missing, language),
        Verdict::MayMove | Verdict::MayBeRetired => silence(&silent, &covered, language),
    };
    let next = next(&name, verdict);
    Judged { covered_days: silent.len(), verdict, reason, next, name }
}

/// The classes that must be covered before silence counts.
pub(super) fn wanted(calendar: &Calendar) -> Vec<Class> {
    let mut wanted = vec![Class::WorkingDay, Class::Weekend, Class::MonthEnd, Class::BillingCycle];
    if !calendar.dates.is_empty() {
        wanted.push(Class::OwnDates);
    }
    wanted
}

/// The classes that days cover.
pub(super) fn covered(days: &[&Day], calendar: &Calendar) -> BTreeSet<Class> {
    let mut classes = BTreeSet::new();
    let dates: BTreeSet<(u32, u32)> = days.iter().map(|day| (day.month, day.day)).collect();
    let by_number: BTreeMap<i64, &Day> = days.iter().map(|day| (day.number, *day)).collect();
    let mut run = 0;
    for (number, day) in &by_number {
        // 1 January 1970 was a Thursday.
        classes.insert(if (number + 3).rem_euclid(7) < 5 { Class::WorkingDay } else { Class::Weekend });
        let before = by_number.get(&(number - 1));
        run = if before.is_some() { run + 1 } else { 1 };
        if run >= calendar.billing_days {
            classes.insert(Class::BillingCycle);
        }
        if day.day == 1 && before.is_some() {
            classes.insert(Class::MonthEnd);
            if day.month % 3 == 1 {
                classes.insert(Class::QuarterEnd);
            }
            if day.month == 1 {
                classes.insert(Class::YearEnd);
            }
        }
    }
    if !calendar.dates.is_empty() && calendar.dates.iter().all(|date| dates.contains(date)) {
        classes.insert(Class::OwnDates);
    }
    classes
}

/// Who uses it: uses around the proxies come first, because nothing is rewritten for them.
fn used(seen: &Seen, language: Language) -> String {
    let around = seen.around.as_ref().map(|around| {
        let named =
            |text: &str| if text.is_empty() { language.of("(unnamed)", "(sin nombre)").to_owned() } else { text.to_owned() };
        language
            .of(
                "{n} uses around the proxy, by {user} from {address} with {application}, last {last}",
                "{n} usos sin pasar por el proxy, de {user} desde {address} con {application}, el último {last}",
            )
            .replace("{n}", &around.uses.to_string())
            .replace("{last}", &around.last)
            .replace("{address}", &named(&around.address))
            .replace("{user}", &named(&around.user))
            .replace("{application}", &named(&around.application))
    });
    let through = (seen.hits > 0).then(|| {
        language
            .of("{n} uses, most by {who}, last {last}", "{n} usos, la mayoría de {who}, el último {last}")
            .replace("{n}", &seen.hits.to_string())
            .replace("{last}", &seen.last)
            .replace("{who}", &seen.by)
    });
    around.into_iter().chain(through).collect::<Vec<_>>().join("; ")
}

fn needs_you(seen: &Seen, language: Language) -> String {
    let counts = [
        (seen.opaque, language.of("not understood", "no comprendidos")),
        (seen.refused, language.of("refused", "rechazados")),
        (seen.different, language.of("different when rewritten", "distintos al reescribirse")),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let told = told.collect::<Vec<_>>().join(", ");
    match &seen.trouble {
        None => told,
        Some(Trouble { by, last, .. }) => format!(
            "{told}; {} {by}, {}",
            language.of("most by", "la mayoría de"),
            language.of("last {t}", "lo último {t}").replace("{t}", last)
        ),
    }
}

fn not_yet(silent: &[&Day], missing: &[Class], language: Language) -> String {
    let classes = missing.iter().map(|class| class.name(language)).collect::<Vec<_>>().join(", ");
    format!("{}; {} {classes}", bound(silent.len(), language), language.of("not yet seen:", "aún no se ha observado:"))
}

fn silence(silent: &[&Day], covered: &BTreeSet<Class>, language: Language) -> String {
    let classes = covered.iter().map(|class| class.name(language)).collect::<Vec<_>>().join(", ");
    format!("{}; {} {classes}", bound(silent.len(), language), language.of("seen:", "se ha observado:"))
}

/// With no use in n days there are at most 3/n a day, with a confidence of 95 % (the rule of three: 0.95 = 1 - exp(-3)).
fn bound(days: usize, language: Language) -> String {
    let counted = language.of("0 uses in {n} whole days", "0 usos en {n} días completos").replace("{n}", &days.to_string());
    match days {
        0 => counted,
        n => {
            let most = format!("{:.3}", 3.0 / n as f64);
            format!("{counted} ({})", language.of("at most {m} a day, 95 %", "a lo más {m} por día, 95 %").replace("{m}", &most))
        }
    }
}

fn next(name: &Name, verdict: Verdict) -> String {
    let table = &name.table;
    match (verdict, name.is_moved, name.mode) {
        (Verdict::NeedsYou, ..) if name.seen.opaque > 0 => format!("esclusa report opaque --table {table}"),
        (Verdict::NeedsYou, ..) if name.seen.refused > 0 => format!("esclusa report failures --table {table}"),
        (Verdict::NeedsYou, ..) => format!("esclusa report comparisons --table {table}"),
        (Verdict::Needed, ..) if name.seen.around.is_some() => format!("esclusa report around --table {table}"),
        (Verdict::SilentSoFar, _, Mode::Off) => format!("SET MODE observe FOR {table} BECAUSE '...'"),
        (Verdict::SilentSoFar, ..) => "esclusa report coverage".to_owned(),
        _ if name.is_retired => String::new(),
        (Verdict::Needed, true, Mode::Rewrite | Mode::Refuse) => format!("esclusa report statements --table {table}"),
        (_, false, _) => format!("esclusa migrate {table}"),
        (Verdict::MayBeRetired, true, Mode::Refuse) | (Verdict::Rewritten | Verdict::MayMove, true, _) => String::new(),
        (Verdict::MayBeRetired, true, _) => format!("esclusa retire {table} --reason TEXT"),
        (_, true, Mode::Shadow) => format!("SET MODE rewrite FOR {table} BECAUSE '...'"),
        (_, true, _) => format!("SET MODE shadow FOR {table} BECAUSE '...'"),
    }
}

/// The headline above all tables: what can move, what is done, what needs a person and why.
pub fn headline(judged: &[Judged], language: Language) -> Vec<String> {
    let of = |verdict: Verdict| judged.iter().filter(move |j| j.verdict == verdict);
    let fill = |english: &str, spanish: &str, n: usize| language.of(english, spanish).replace("{n}", &n.to_string());
    let mut said = Vec::new();
    let silent = of(Verdict::MayMove).chain(of(Verdict::MayBeRetired));
    let movable = silent.filter(|j| !j.name.is_moved).map(|j| j.covered_days).collect::<Vec<_>>();
    if let Some(days) = movable.iter().min() {
        let told = fill(
            "{n} names silent for {d} days, a month end and a billing cycle: these can move.",
            "{n} nombres sin uso en {d} días, un fin de mes y un ciclo de facturación: pueden moverse.",
            movable.len(),
        );
        said.push(told.replace("{d}", &days.to_string()));
    }
    let retired = of(Verdict::MayBeRetired).filter(|j| j.name.is_moved).count();
    if retired > 0 {
        said.push(fill(
            "{n} have moved, and their names may be retired.",
            "{n} ya se movieron, y sus nombres pueden retirarse.",
            retired,
        ));
    }
    let silent = of(Verdict::SilentSoFar).count();
    if silent > 0 {
        said.push(fill(
            "{n} silent so far: too few days have been recorded.",
            "{n} sin uso hasta ahora: faltan días por registrar.",
            silent,
        ));
    }
    let (rewritten, needed) = (of(Verdict::Rewritten).count(), of(Verdict::Needed).count());
    said.push(fill("{n} rewritten.", "{n} reescritas.", rewritten));
    if needed > 0 {
        said.push(fill("{n} still used on the legacy tables.", "{n} aún se usan en las tablas heredadas.", needed));
    }
    let yours: Vec<&Judged> = of(Verdict::NeedsYou).collect();
    if let Some(first) = yours.first() {
        let told = fill("{n} need you, because {why}", "{n} requieren atención, porque {why}", yours.len());
        let sum = |count: fn(&Seen) -> u64| yours.iter().map(|j| count(&j.name.seen)).sum::<u64>();
        let all =
            Seen { opaque: sum(|s| s.opaque), refused: sum(|s| s.refused), different: sum(|s| s.different), ..Seen::default() };
        let example = format!("{} {} ({})", language.of("first", "primero"), first.name.table, first.reason);
        said.push(format!("{}: {example}.", told.replace("{why}", &needs_you(&all, language))));
    } else {
        said.push(language.of("None needs you.", "Ninguna requiere atención.").to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days from `first` on, a day's number and date each: 2026-01-01 is day 20,454.
    fn days(from: i64, count: i64) -> Vec<Day> {
        let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let date = |number: i64| {
            let mut rest = (number - 20_454).rem_euclid(365);
            let mut month = 0;
            while rest >= months[month] {
                rest -= months[month];
                month += 1;
            }
            Day { number, month: u32::try_from(month + 1).unwrap(), day: u32::try_from(rest + 1).unwrap() }
        };
        (from..from + count).map(date).collect()
    }

    fn name(seen: Seen) -> Name {
        Name { table: "tipocorreo".into(), mode: Mode::Observe, is_moved: false, is_retired: false, seen, off: Vec::new() }
    }

    fn calendar() -> Calendar {
        Calendar { billing_days: 62, dates: Vec::new(), regulatory: BTreeSet::new() }
    }

    fn verdict(seen: Seen, days: &[Day], calendar: &Calendar) -> (Verdict, String) {
        let judged = judge(vec![name(seen)], days, calendar, Language::English);
        (judged[0].verdict, judged[0].reason.clone())
    }

    #[test]
    fn silence_counts_by_calendar() {
        let silent = Seen::default;
        // 2026-01-05 is a Monday, day 20,458.
        for (from, count, expected, reason) in [
            (20_458, 0, Verdict::SilentSoFar, "not yet seen: a working day, a weekend, a month end, a billing cycle"),
            (
                20_458,
                5,
                Verdict::SilentSoFar,
                "0 uses in 5 whole days (at most 0.600 a day, 95 %); not yet seen: a weekend, a month end, a billing cycle",
            ),
            (20_458, 40, Verdict::SilentSoFar, "not yet seen: a billing cycle"),
            (20_458, 62, Verdict::MayMove, "seen: a working day, a weekend, a month end, a billing cycle"),
            (20_458, 90, Verdict::MayBeRetired, "a billing cycle, a quarter end"),
        ] {
            let (found, why) = verdict(silent(), &days(from, count), &calendar());
            assert!(found == expected && why.contains(reason), "{count} days: {found:?}, {why}");
        }
    }

    #[test]
    fn a_gap_is_no_cycle_and_no_month_end() {
        let mut seen: Vec<Day> = days(20_458, 200);
        seen.retain(|day| day.day != 1 && day.number % 40 != 0);
        let (found, why) = verdict(Seen::default(), &seen, &calendar());
        assert!(found == Verdict::SilentSoFar && why.ends_with("not yet seen: a month end, a billing cycle"), "{why}");
    }

    #[test]
    fn what_was_used_counts_from_then_on() {
        let used = |last_day| Seen {
            hits: 7,
            forwarded: 7,
            last_day: Some(last_day),
            last: "2026-03-01".into(),
            by: "AQUASIS".into(),
            ..Seen::default()
        };
        let all = days(20_458, 200);
        assert_eq!(
            verdict(used(20_657), &all, &calendar()),
            (Verdict::Needed, "7 uses, most by AQUASIS, last 2026-03-01".into())
        );
        assert_eq!(verdict(used(20_458), &all, &calendar()).0, Verdict::MayBeRetired);
        let rewritten = || Seen { forwarded: 0, ..used(20_657) };
        let of = |name: Name| judge(vec![name], &all, &calendar(), Language::English)[0].verdict;
        for (is_moved, mode, expected) in [
            (true, Mode::Observe, Verdict::Rewritten),
            (true, Mode::Rewrite, Verdict::Rewritten),
            // A retained table is rewritten without being moved; one that was brought back is not rewritten any more.
            (false, Mode::Rewrite, Verdict::Rewritten),
            (false, Mode::Observe, Verdict::Needed),
        ] {
            assert_eq!(of(Name { is_moved, mode, ..name(rewritten()) }), expected, "{is_moved} {mode}");
        }
    }

    #[test]
    fn who_comes_around_the_proxy_needs_the_name() {
        let around = Around {
            uses: 3,
            user: "report".into(),
            address: "10.0.0.7".into(),
            application: "psql".into(),
            last_day: 20_657,
            last: "2026-03-01".into(),
        };
        let all = days(20_458, 200);
        let silent = Seen { around: Some(around.clone()), ..Seen::default() };
        let why = "3 uses around the proxy, by report from 10.0.0.7 with psql, last 2026-03-01";
        assert_eq!(verdict(silent.clone(), &all, &calendar()), (Verdict::Needed, why.into()));
        let judged = judge(vec![name(silent)], &all, &calendar(), Language::English);
        assert_eq!(judged[0].next, "esclusa report around --table tipocorreo");
        // Uses that the new tables answer count as well.
        let rewritten = Seen { hits: 9, last_day: Some(20_657), last: "x".into(), by: "y".into(), ..Seen::default() };
        let both = Seen { around: Some(around), ..rewritten };
        assert_eq!(verdict(both, &all, &calendar()), (Verdict::Needed, format!("{why}; 9 uses, most by y, last x")));
    }

    #[test]
    fn regulatory_names_stay_for_a_year_and_own_dates_are_seen() {
        let mut house = calendar();
        house.regulatory.insert("tipocorreo".into());
        assert_eq!(verdict(Seen::default(), &days(20_458, 200), &house).0, Verdict::MayMove);
        assert_eq!(verdict(Seen::default(), &days(20_458, 365), &house).0, Verdict::MayBeRetired);
        house.dates = vec![(12, 12)];
        assert_eq!(verdict(Seen::default(), &days(20_458, 200), &house).0, Verdict::SilentSoFar);
        assert_eq!(verdict(Seen::default(), &days(20_458, 365), &house).0, Verdict::MayBeRetired);
    }

    #[test]
    fn what_needed_somebody_once_does_not_for_ever() {
        let trouble = Some(Trouble { last_day: 20_460, last: "then".into(), by: "x".into() });
        let once = Seen { hits: 3, opaque: 3, last_day: Some(20_460), trouble, ..Seen::default() };
        assert_eq!(verdict(once.clone(), &days(20_458, 60), &calendar()).0, Verdict::NeedsYou);
        assert_eq!(verdict(once.clone(), &days(20_458, 70), &calendar()).0, Verdict::MayMove);
        // It has been used since, and was understood.
        let used = Seen { forwarded: 1, last_day: Some(20_520), ..once };
        assert_eq!(verdict(used, &days(20_458, 70), &calendar()).0, Verdict::Needed);
    }

    #[test]
    fn while_its_mode_is_off_nobody_sees_a_name() {
        let all = days(20_458, 200);
        let of = |name: Name| judge(vec![name], &all, &calendar(), Language::English).remove(0);
        let off = of(Name { mode: Mode::Off, ..name(Seen::default()) });
        assert_eq!((off.verdict, off.next.as_str()), (Verdict::SilentSoFar, "SET MODE observe FOR tipocorreo BECAUSE '...'"));
        let once = of(Name { off: vec![(20_458, 20_600)], ..name(Seen::default()) });
        assert_eq!((once.verdict, once.covered_days), (Verdict::SilentSoFar, 57));
        // A table that has moved does not count among those that can move.
        let moved = of(Name { is_moved: true, mode: Mode::Rewrite, ..name(Seen::default()) });
        assert_eq!(
            headline(&[moved], Language::English),
            ["1 have moved, and their names may be retired.", "0 rewritten.", "None needs you."]
        );
    }

    #[test]
    fn the_headline_answers_first() {
        let trouble = Some(Trouble { last_day: 20_500, last: "then".into(), by: "x".into() });
        let opaque =
            Seen { hits: 9, opaque: 3, by: "y".into(), last: "today".into(), last_day: Some(20_501), trouble, ..Seen::default() };
        let names = vec![name(Seen::default()), Name { table: "tipotalla".into(), ..name(opaque) }];
        let judged = judge(names, &days(20_458, 70), &calendar(), Language::English);
        assert_eq!(
            headline(&judged, Language::English).join(" "),
            "1 names silent for 70 days, a month end and a billing cycle: these can move. 0 rewritten. \
             1 need you, because 3 not understood: first tipotalla (3 not understood; most by x, last then)."
        );
        assert_eq!(judged[0].next, "esclusa report opaque --table tipotalla");
        assert!(headline(&judged, Language::Spanish)[0].starts_with("1 nombres sin uso en 70 días"));
    }
}
