//! The order of moves, over thousands of generated inputs; it is a pure function.

use std::collections::BTreeMap;

use esclusa::migrate::dependents::Dependent;
use esclusa::mode::Mode;
use esclusa::report::order::{Class, Facts, Legacy, Limits, Order, Pair, Place, basis, next, plan, waves};
use esclusa::report::verdict::{Judged, Language, Name, Seen, Verdict};

/// An unused table.
fn legacy(table: &str) -> Legacy {
    let name = Name {
        table: table.into(),
        mode: Mode::Observe,
        is_moved: false,
        is_retired: false,
        seen: Seen::default(),
        off: Vec::new(),
    };
    Legacy {
        judged: Judged { name, verdict: Verdict::SilentSoFar, covered_days: 0, reason: String::new(), next: String::new() },
        planned: "W1".into(),
        stays: false,
        base: None,
        captured: false,
        is_there: true,
        fault: None,
        rows: 0,
        uses: 0,
        writes: 0,
        hanging: Vec::new(),
    }
}

/// Tables by name: `a` is silent, `a?` is read, `a!` is written; `a@b` records b.
fn facts(tables: &str, pairs: &str) -> Facts {
    let table = |word: &str| {
        let (name, base) = word.split_once('@').map_or((word, None), |(name, base)| (name, Some(base.to_owned())));
        let mut legacy = Legacy { base, ..legacy(name.trim_end_matches(['?', '!'])) };
        legacy.uses = if name.ends_with(['?', '!']) { 7 } else { 0 };
        legacy.writes = if name.ends_with('!') { 3 } else { 0 };
        legacy
    };
    let pair = |word: &str| {
        let (tables, times) = word.split_once(':').unwrap_or((word, "1"));
        let (first, second) = tables.split_once('-').unwrap();
        Pair { first: first.into(), second: second.into(), times: times.parse().unwrap() }
    };
    Facts {
        tables: tables.split_whitespace().map(table).collect(),
        pairs: pairs.split_whitespace().map(pair).collect(),
        ..Facts::default()
    }
}

fn of<'f>(facts: &'f mut Facts, table: &str) -> &'f mut Legacy {
    facts.tables.iter_mut().find(|t| t.judged.name.table == table).unwrap()
}

fn planned(facts: &Facts) -> Order {
    plan(facts, Language::English)
}

/// The waves: their tables, and how they are used.
fn told(order: &Order) -> String {
    let wave =
        |wave: &esclusa::report::order::Wave| format!("{} ({})", wave.tables.join(" "), wave.class.name(Language::English));
    order.waves.iter().map(wave).collect::<Vec<_>>().join(", ")
}

fn why(order: &Order, table: &str) -> String {
    order.tables[table].held.iter().map(|h| h.why.as_str()).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_is_used_together_moves_together_and_silent_tables_move_first() {
    let mut all = facts("a b? c! d e? f? g", "a-c b-e b-zz");
    all.keys.push(("g".into(), "d".into()));
    let order = planned(&all);
    assert_eq!(told(&order), "d g (silent), b e f (only read), a c (written)");
    let cluster = |table: &str| order.tables[table].cluster.clone();
    assert_eq!((cluster("g"), cluster("e"), cluster("f")), (Some("d".into()), Some("b".into()), None));
    assert_eq!(order.waves.iter().map(|w| w.clusters).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(why(&order, "c").starts_with("3 writes were seen"));
    // A moved table connects nothing.
    all.pairs.push(Pair { first: "b".into(), second: "c".into(), times: 9 });
    of(&mut all, "c").judged.name.is_moved = true;
    let order = planned(&all);
    assert_eq!(told(&order), "a d g (silent), b e f (only read)");
    assert_eq!(order.tables["c"].place, Place::Moved);
}

#[test]
fn what_holds_one_table_back_holds_back_its_company_and_the_histories_of_its_base() {
    let mut all = facts("a b c d@b e@d f@g g", "a-b c-f");
    let blocking = Dependent {
        kind: "trigger",
        name: "t".into(),
        fate: "it reads a row".into(),
        blocks: true,
        has_row_type: false,
        script: None,
    };
    let carried = Dependent {
        kind: "view",
        name: "v".into(),
        fate: "is made anew".into(),
        blocks: false,
        has_row_type: false,
        script: None,
    };
    of(&mut all, "a").hanging.extend([blocking, carried]);
    let order = planned(&all);
    assert_eq!(told(&order), "c f g (silent)");
    assert_eq!(why(&order, "a"), "trigger t: it reads a row; view v: is made anew");
    assert_eq!(
        [why(&order, "b"), why(&order, "d"), why(&order, "e")],
        ["moves with a, which is held back", "records b, which is held back", "records d, which is held back"]
    );
    assert_eq!(why(&order, "f"), "records g, which moves in wave 1: not before it");
    let needs_you = |t: &mut Legacy| t.judged.verdict = Verdict::NeedsYou;
    for (change, reason) in [
        ((|t: &mut Legacy| t.judged.name.seen.opaque = 2) as fn(&mut Legacy), "2 statements were not understood"),
        (|t| t.judged.name.seen.refused = 1, "1 statements were refused"),
        (|t| t.judged.name.seen.different = 4, "4 reads differ when they are rewritten"),
        (|t| t.fault = Some("r.toml:3: no".into()), "its rule has faults: r.toml:3: no"),
        (|t| t.is_there = false, "there is no such table"),
    ] {
        let mut all = facts("a b", "");
        change(of(&mut all, "a"));
        needs_you(of(&mut all, "a"));
        let order = planned(&all);
        assert_eq!(
            (why(&order, "a").as_str(), order.tables["a"].place, told(&order).as_str()),
            (reason, Place::Held, "b (silent)")
        );
    }
}

#[test]
fn a_history_moves_with_its_base_or_behind_it() {
    let mut all = facts("his@tipo tipo? other@none x! y@x", "");
    all.limits.wave_tables = 1;
    assert_eq!(told(&planned(&all)), "other (silent), tipo (only read), his (only read), x (written), y (written)");
    // Bases that wait for each other do not block each other for ever.
    let circle = planned(&facts("a@b b@a", ""));
    assert_eq!(told(&circle), "a b (silent)");
}

#[test]
fn a_cluster_that_is_too_large_is_parted_at_its_weakest_pair_and_says_so() {
    let mut all = facts("a b c d e", "a-b:500 b-c:3 c-d:90 d-e:7");
    all.limits.wave_tables = 3;
    let order = planned(&all);
    assert_eq!(told(&order), "a b (silent), c d e (silent)");
    assert_eq!(order.cuts.len(), 1);
    assert!(why(&order, "b").contains("used together with c (3 times), but separated from it"), "{}", why(&order, "b"));
    assert!(why(&order, "c").contains("used together with b (3 times)") && why(&order, "a").is_empty());
    assert!(basis(&all, &order, Language::English).rows.iter().any(|row| row[1].text() == "b+c (3 x)"));
    // By time: c and d together are too long, and a key is stronger than traffic.
    let mut all = facts("a b c d", "a-b:900 b-c:900 c-d:1");
    all.keys.push(("c".into(), "d".into()));
    for table in ["c", "b"] {
        of(&mut all, table).rows = 100_000_000;
    }
    let order = planned(&all);
    assert_eq!((told(&order).as_str(), order.cuts[0].first.as_str()), ("a b (silent), c d (silent)", "b"));
    // A single table may be longer than a window: that is reported.
    of(&mut all, "b").rows = 1_000_000_000;
    let order = planned(&all);
    let long = waves(&all, &order, Language::English);
    let long: Vec<String> = long.rows.iter().filter(|row| row[5].text() == "no").map(|row| row[8].text()).collect();
    assert_eq!(long.first().map(String::as_str), Some("one table alone takes longer than a window"));
}

#[test]
fn the_waves_of_the_plan_hear_what_the_traffic_says() {
    let mut all = facts("a b! c d", "a-c:12");
    of(&mut all, "c").planned = "W2".into();
    of(&mut all, "d").is_there = false;
    let rows = waves(&all, &planned(&all), Language::English).rows;
    let of_plan: Vec<String> =
        rows.iter().filter(|row| row[0].text() == "plan").map(|row| format!("{}: {}", row[1].text(), row[8].text())).collect();
    assert_eq!(
        of_plan,
        [
            "W1: 1 are held back: d; it separates tables that are used together: a+c (12 x, W2); 2 are silent and could go first, 1 are written",
            "W2: it separates tables that are used together: a+c (12 x, W1)"
        ]
    );
}

#[test]
fn the_next_wave_has_its_gates_and_its_commands() {
    let mut all = facts("tipo his@tipo b kept", "tipo-his");
    of(&mut all, "kept").stays = true;
    all.basis.proxies = vec!["p1: silent".into()];
    let rows = next(&all, &planned(&all), Language::English).rows;
    let part = |part: &str| {
        let of_part = rows.iter().filter(|row| row[0].text() == part);
        of_part.map(|row| row[2..].iter().map(esclusa::table::Cell::text).collect::<Vec<_>>().join(" | ")).collect::<Vec<_>>()
    };
    assert_eq!(part("table").len(), 4);
    assert_eq!(
        part("command").iter().map(|c| c.split(" | ").next().unwrap()).collect::<Vec<_>>(),
        [
            "esclusa schema check",
            "SET MODE rewrite FOR kept BECAUSE '...'",
            "esclusa retain kept",
            "esclusa migrate b tipo his",
            "esclusa verify b tipo his",
            "SET MODE shadow FOR b, tipo, his BECAUSE '...'",
            "esclusa report comparisons",
            "SET MODE rewrite FOR b, tipo, his BECAUSE '...'",
            "esclusa status b tipo his",
            "esclusa rollback b tipo his",
        ]
    );
    let open = part("gate").into_iter().filter(|gate| gate.contains("| no |")).collect::<Vec<_>>();
    assert_eq!(
        open,
        [
            "every proxy is up to date, with the same rules | no | p1: silent",
            "retained histories are in mode rewrite | no | kept"
        ]
    );
    let none = next(&facts("", ""), &Order::default(), Language::Spanish).rows;
    assert_eq!(none[0][4].text(), "todas las tablas se han movido");
}

/// Numbers that follow from a seed (SplitMix64: Steele, Lea, Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(below).unwrap()).unwrap()
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        (1..list.len()).rev().for_each(|at| list.swap(at, self.next(at + 1)));
    }
}

/// An input of some sixty tables.
fn house(random: &mut Random) -> Facts {
    let (count, has_histories) = (20 + random.next(60), random.next(2) == 0);
    let name = |n: usize| format!("t{n:02}");
    let mut all = Facts { limits: Limits { wave_tables: 3 + random.next(20), ..Limits::default() }, ..Facts::default() };
    for n in 0..count {
        let mut table = legacy(&name(n));
        table.uses = [0, 0, 50, 5000][random.next(4)];
        table.writes = if random.next(3) == 0 { table.uses / 2 } else { 0 };
        if random.next(15) == 0 {
            (table.judged.name.seen.opaque, table.judged.verdict) = (1, Verdict::NeedsYou);
        }
        table.judged.name.is_moved = random.next(10) == 0;
        // In the middle of a step.
        table.rows = [1_500_000, 9_000_000, 22_500_000, 70_000_000][random.next(4)];
        table.base = (has_histories && random.next(4) == 0).then(|| name(random.next(count)));
        all.tables.push(table);
    }
    for _ in 0..random.next(count / 2) {
        let (one, other) = (random.next(count), random.next(count));
        let (first, second) = (name(one.min(other)), name(one.max(other)));
        if first != second {
            all.pairs.push(Pair { first, second, times: [1, 12, 400, 70_000][random.next(4)] });
        }
    }
    all.keys = (0..random.next(5)).map(|_| (name(random.next(count)), name(random.next(count)))).collect();
    all
}

#[test]
fn whatever_the_house_waves_are_lawful_and_stable() {
    let mut compared = 0;
    for seed in 0..400 {
        let mut random = Random(seed);
        let all = house(&mut random);
        let order = planned(&all);
        lawful(&all, &order);
        // The same facts in another sequence.
        let mut shuffled = all.clone();
        random.shuffle(&mut shuffled.tables);
        random.shuffle(&mut shuffled.pairs);
        random.shuffle(&mut shuffled.keys);
        assert_eq!(planned(&shuffled), order, "seed {seed}");
        // A little more traffic, and a little more data.
        let mut grown = all.clone();
        grown.tables.iter_mut().for_each(|t| t.uses += t.uses / 20);
        grown.tables.iter_mut().for_each(|t| t.rows += t.rows / 50);
        grown.pairs.iter_mut().for_each(|pair| pair.times += pair.times / 50);
        assert_eq!(planned(&grown).waves, order.waves, "seed {seed}");
        // The first wave has moved: the others come in the announced order.
        let mut moved = all.clone();
        let Some(first) = order.waves.first() else { continue };
        first.tables.iter().for_each(|table| of(&mut moved, table).judged.name.is_moved = true);
        let waits = |t: &Legacy| {
            t.base.as_ref().is_some_and(|base| first.tables.contains(base)) && !first.tables.contains(&t.judged.name.table)
        };
        if order.cuts.is_empty() && !all.tables.iter().any(waits) {
            compared += 1;
            assert_eq!(planned(&moved).waves, order.waves[1..], "seed {seed}");
        }
    }
    assert!(compared > 60, "{compared}");
}

fn lawful(all: &Facts, order: &Order) {
    let wave: BTreeMap<&str, usize> =
        order.waves.iter().enumerate().flat_map(|(at, wave)| wave.tables.iter().map(move |t| (t.as_str(), at))).collect();
    assert_eq!(wave.len(), order.waves.iter().map(|w| w.tables.len()).sum::<usize>(), "each table once");
    for (at, one) in order.waves.iter().enumerate() {
        assert!(one.seconds <= all.limits.window || one.tables.len() == 1, "{one:?}");
        assert!(one.tables.len() <= all.limits.wave_tables);
        assert!(order.waves[..at].iter().all(|before| before.class <= one.class), "silent, read, written");
    }
    for table in &all.tables {
        let name = &table.judged.name;
        let placed = &order.tables[&name.table];
        let expected = wave.get(name.table.as_str()).map(|at| Place::Wave(at + 1));
        let is_held = placed.held.iter().any(|h| h.holds);
        assert_eq!(placed.place, if name.is_moved { Place::Moved } else { expected.unwrap_or(Place::Held) });
        assert_eq!(is_held && !name.is_moved, placed.place == Place::Held, "{placed:?}");
        let class = expected.and_then(|_| order.waves.get(wave[name.table.as_str()]).map(|w| w.class));
        assert!(class.is_none_or(|class| class >= if table.writes > 0 { Class::Written } else { Class::Silent }));
    }
    for pair in &all.pairs {
        let (first, second) = (order.tables.get(&pair.first).unwrap(), order.tables.get(&pair.second).unwrap());
        let moves = first.place != Place::Moved && second.place != Place::Moved;
        if moves && order.cuts.is_empty() {
            assert_eq!((first.place, &first.cluster), (second.place, &second.cluster), "{pair:?}");
        }
    }
}
