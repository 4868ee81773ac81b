//! Sequences of messages by chance: mostly what drivers send, in any order; beside it what none would.
//!
//! Every read has an order, every write meets one row or none in a way that depends on no plan, and no value fails at Bind on one side
//! and at Execute on the other: what may differ (docs/differences.md) is not said, so that whatever differs is a fault.

use std::collections::HashMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::said::Said;

/// A text, and how many parameters it has.
type Text = (&'static str, usize);

const READS: &[Text] = &[
    ("select * from tipocorreo order by 1", 0),
    ("select tipctipo, tipcdesctxtid from cf_quere_pro.tipocorreo where tipctipo < 6 order by tipctipo", 0),
    ("select count(*), sum(htofid) from histipooficina", 0),
    ("select htofid, htofdescri, htofhsthora from histipooficina where htofid between 3 and 9 order by 1", 0),
    ("select p.a, t.tipcdesctxtid from plain p left join tipocorreo t on t.tipctipo = p.a where p.a < 8 order by 1", 0),
    ("with x as (select * from tipocorreo) select max(tipctipo) from x /* tipocorreo */", 0),
    ("select count(1 / (tipctipo - 3)) from tipocorreo", 0),
    ("select a, b from plain where a < 12 order by a", 0),
    ("select generate_series(1, 7)", 0),
    ("select failing(n) from generate_series(2, 5) n", 0),
    ("select noisy(2)", 0),
    ("select 1", 0),
    ("values (1, 'x'), (2, null)", 0),
    ("select from plain where a = 2", 0),
    ("show search_path", 0),
    ("show transaction_isolation", 0),
    ("select name from pg_prepared_statements order by 1", 0),
    ("select name from pg_cursors order by 1", 0),
    ("select tipcdesctxtid from tipocorreo where tipctipo = $1", 1),
    ("select htofdescri from histipooficina where htofid >= $1 and htofid < $2 order by htofid", 2),
    ("select a, b from plain where a >= $1 order by a", 1),
    ("select $1::int + 1", 1),
    ("select $1, $2::text", 2),
    ("select t.tipctipo + $1 from tipocorreo t where t.tipctipo = 3", 1),
];

const WRITES: &[Text] = &[
    ("insert into tipocorreo values (31, 3100)", 0),
    ("insert into tipocorreo (tipcdesctxtid, tipctipo) values (5, 2) returning *", 0),
    ("insert into tipocorreo values ($1, $2) returning tipctipo", 2),
    (
        "insert into tipocorreo values (4, 1) on conflict (tipctipo) do update set tipcdesctxtid = excluded.tipcdesctxtid returning *",
        0,
    ),
    ("insert into tipocorreo select a + 40, a from plain where a = 1", 0),
    ("insert into tipocorreo values (null, 1)", 0),
    ("update tipocorreo set tipcdesctxtid = tipcdesctxtid + 1 where tipctipo = 4 returning *", 0),
    ("update tipocorreo set tipcdesctxtid = $2 where tipctipo = $1", 2),
    ("update tipocorreo set tipctipo = 6 where tipctipo = 7", 0),
    ("delete from tipocorreo where tipctipo = 5", 0),
    ("delete from tipocorreo where tipctipo > $1", 1),
    ("delete from tipocorreo", 0),
    ("truncate tipocorreo", 0),
    ("insert into histipooficina values (40, 'cuarenta', 'USR', '2026-03-05 10:00')", 0),
    ("insert into histipooficina values ($1, $2, 'USR', '2026-04-05 10:00') returning htofid, htofdescri", 2),
    ("update histipooficina set htofdescri = 'otra' where htofid = 3", 0),
    ("update histipooficina set htofdescri = 'una que es muy larga de verdad' where htofid = 3", 0),
    ("delete from histipooficina where htofid = $1 returning *", 1),
    ("insert into plain values (30, 'x', 1)", 0),
    ("insert into plain values ($1, $2)", 2),
    ("update plain set b = 'y' where a = $1 returning a, b", 1),
    ("delete from plain where a = 2", 0),
];

const TRANSACTIONS: &[Text] = &[
    ("begin", 0),
    ("begin", 0),
    ("begin isolation level repeatable read", 0),
    ("start transaction read only", 0),
    ("commit", 0),
    ("end", 0),
    ("rollback", 0),
    ("rollback", 0),
    ("abort", 0),
    ("commit and chain", 0),
    ("rollback and chain", 0),
    ("savepoint a", 0),
    ("savepoint a", 0),
    ("savepoint b", 0),
    ("rollback to a", 0),
    ("rollback to savepoint b", 0),
    ("release a", 0),
    ("set transaction isolation level serializable", 0),
];

const SESSIONS: &[Text] = &[
    ("set search_path = public", 0),
    ("set search_path = cf_quere_pro, public", 0),
    ("set search_path = cf_quere_pro, public", 0),
    ("set local search_path = public", 0),
    ("set local search_path = cf_quere_pro", 0),
    ("reset search_path", 0),
    ("select set_config('search_path', $1, true)", 1),
    ("set timezone = 'UTC'", 0),
    ("set local datestyle = 'German'", 0),
    ("reset all", 0),
    ("discard all", 0),
    ("deallocate all", 0),
    ("deallocate s", 0),
    ("deallocate t", 0),
    ("prepare s as select * from tipocorreo where tipctipo < 4 order by 1", 0),
    ("prepare t (numeric) as select htofdescri from histipooficina where htofid = $1", 0),
    ("prepare s as update tipocorreo set tipcdesctxtid = 7 where tipctipo = 8", 0),
    ("execute s", 0),
    ("execute t (3)", 0),
    ("declare k cursor for select tipctipo from tipocorreo order by 1", 0),
    ("declare p cursor with hold for select tipctipo, tipcdesctxtid from tipocorreo order by 1", 0),
    ("declare q scroll cursor for select a from plain order by a", 0),
    ("fetch 2 from k", 0),
    ("fetch backward 1 from q", 0),
    ("move 3 in p", 0),
    ("close k", 0),
    ("close all", 0),
    ("set role postgres", 0),
    ("reset role", 0),
    ("set client_min_messages = warning", 0),
    ("do $$ begin perform 1; end $$", 0),
    ("call call_me(1)", 0),
    ("create temp table c (a int, b text)", 0),
    ("create temp table c (a int, b text)", 0),
    ("drop table c", 0),
    ("listen x", 0),
    ("notify x, 'y'", 0),
];

const NOTHINGS: &[&str] = &["", " ", ";", ";;", "-- isValid", "/* tipocorreo */", "\n--tipocorreo\n", "/* a /* b */ */ ; "];

const FAULTS: &[Text] = &[
    ("selec 1", 0),
    ("select * from tipocorreo where", 0),
    ("select nada from tipocorreo", 0),
    ("select * from nada", 0),
    ("select t.nada from histipooficina t", 0),
    ("select 1/0", 0),
    ("select 'tipocorreo", 0),
    ("insert into tipocorreo values (1, 2, 3)", 0),
    ("update tipocorreo set nada = 1", 0),
    ("select 1; select 2", 0),
    ("execute nada", 0),
    ("select $2 from tipocorreo where tipctipo = $1", 2),
    ("select $0", 0),
    ("copy nada from stdin", 0),
    ("fetch 1 from nada", 0),
];

const COPIES: &[&str] = &[
    "copy tipocorreo from stdin",
    "copy tipocorreo (tipcdesctxtid, tipctipo) from stdin",
    "copy histipooficina from stdin with (format csv)",
    "copy plain (a, b) from stdin",
    "copy c from stdin",
];

const OUTS: &[&str] = &[
    "copy (select * from tipocorreo order by 1) to stdout",
    "copy (select a, b from plain where a < 5 order by a) to stdout with csv header",
];

/// Data of COPY; `#` is a key that no other row has, because a repeated one is told at another moment, and in other words.
const DATA: &[&str] =
    &["#\t6100\n", "#\t6200\n#\t", "6300\n", "x\ty\n", "#\n", "", "\\.\n", "#,ab,cd,2026-01-01 00:00\n", "#,x,y,z\n"];

const STATEMENTS: &[&str] = &["", "", "", "s", "s", "t", "nada"];
const PORTALS: &[&str] = &["", "", "", "p", "p", "q", "k", "nada"];
const VALUES: &[Option<&str>] =
    &[Some("3"), Some("3"), Some("7"), Some("12"), Some("45"), None, Some("x"), Some("public"), Some("")];
const TYPES: &[u32] = &[0, 23, 1700, 1043, 25, 20];

const MALFORMED: &[(u8, &[u8])] = &[
    (b'B', b"no end"),
    (b'P', b"no end"),
    (b'E', b"no end"),
    (b'D', b""),
    (b'C', b"S"),
    (b'Q', b"select 1"),
    (b'Q', b"select 1\0select 2\0"),
    (b'S', b"more"),
    (b'E', b"\0\0\0\0\0more"),
    (b'P', b"\0select 1\0\0\0more"),
    (b'B', b"\0\0\0\0\x7f\xff"),
    (b'F', b"\0"),
];

/// The chance that sequences come from.
pub(super) struct Dice {
    random: ChaCha8Rng,
    /// Parameters of what was parsed last under a name.
    parameters: HashMap<&'static str, usize>,
    said: Vec<Said>,
    /// The unnamed portal is that of a Bind.
    portal_is_bound: bool,
    /// The last key that a row of COPY got.
    key: u32,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice {
            random: ChaCha8Rng::seed_from_u64(seed),
            parameters: HashMap::new(),
            said: Vec::new(),
            portal_is_bound: false,
            key: 60,
        }
    }

    /// A sequence of about so many messages.
    pub(super) fn sequence(mut self) -> Vec<Said> {
        let length = self.random.random_range(4..90);
        while self.said.len() < length {
            self.piece();
            if self.once_in(3) {
                self.said.push(Said::Wait);
            }
        }
        self.said
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())]
    }

    fn once_in(&mut self, n: u32) -> bool {
        self.random.random_ratio(1, n)
    }

    /// The unnamed portal of a Query is not executed: where that has failed, the server breaks down.
    fn say(&mut self, said: Said) {
        let said = match said {
            Said::Query(_) => {
                self.portal_is_bound = false;
                said
            }
            Said::Bind { portal: "", .. } => {
                self.portal_is_bound = true;
                said
            }
            Said::Execute("", rows) if !self.portal_is_bound => Said::Execute("p", rows),
            Said::Describe(b'P', "") if !self.portal_is_bound => Said::Describe(b'P', "p"),
            said => said,
        };
        self.said.push(said);
    }

    /// Messages that belong together, or one out of place.
    fn piece(&mut self) {
        match self.random.random_range(0..100) {
            0..22 => {
                let text = self.query();
                self.say(Said::Query(text));
            }
            22..44 => self.statement(),
            44..52 => self.used_again(),
            52..60 => self.pipeline(),
            60..66 => self.portal_by_rows(),
            66..72 => self.copy(),
            72..78 => {
                let text = self.one_of(TRANSACTIONS).0;
                self.say(Said::Query(text.into()));
            }
            78..82 => self.say(Said::Sync),
            _ => self.anything(),
        }
    }

    /// Any one text that is one statement.
    fn text(&mut self) -> (String, usize) {
        let (text, parameters) = match self.random.random_range(0..100) {
            0..34 => self.one_of(READS),
            34..56 => self.one_of(WRITES),
            56..68 => self.one_of(TRANSACTIONS),
            68..86 => self.one_of(SESSIONS),
            86..92 => (self.one_of(NOTHINGS), 0),
            92..94 => (self.one_of(OUTS), 0),
            _ => self.one_of(FAULTS),
        };
        (text.to_owned(), parameters)
    }

    /// A text for Query: one statement, or several.
    fn query(&mut self) -> String {
        if !self.once_in(4) {
            return self.text().0;
        }
        let mut texts = Vec::new();
        for _ in 0..self.random.random_range(2..5) {
            texts.push(match self.random.random_range(0..10) {
                0..4 => self.one_of(READS).0,
                4..7 => self.one_of(WRITES).0,
                7 => self.one_of(NOTHINGS),
                8 => self.one_of(&["begin", "savepoint a", "release a", "start transaction read only"]),
                _ => self.one_of(FAULTS).0,
            });
        }
        // What stands behind the end of a transaction in one text may be refused, because the meaning of its names cannot be asked.
        if self.once_in(4) {
            texts.push(self.one_of(TRANSACTIONS).0);
        }
        // A comment to the end of the line would take the rest with it.
        texts.join("\n;")
    }

    /// What may change the encoding is left to Query: a Parse behind it in the same pipeline passes unread (docs/differences.md).
    fn parse(&mut self, name: &'static str) {
        let (text, parameters) = match self.text() {
            (text, _) if ["reset all", "discard all"].contains(&text.as_str()) => ("reset role".to_owned(), 0),
            text => text,
        };
        let mut types = Vec::new();
        if parameters > 0 && self.once_in(4) {
            for _ in 0..self.random.random_range(1..=parameters) {
                types.push(self.one_of(TYPES));
            }
        }
        self.parameters.insert(name, parameters);
        self.say(Said::Parse { name, text, types });
    }

    fn bind(&mut self, portal: &'static str, statement: &'static str) {
        let right = self.parameters.get(statement).copied().unwrap_or(0);
        let count = if self.once_in(20) { self.random.random_range(0..4) } else { right };
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.one_of(VALUES));
        }
        let formats = if self.once_in(20) { self.one_of(&[&[0_u16][..], &[1], &[0, 1], &[2]]).to_vec() } else { Vec::new() };
        let results = if self.once_in(8) { self.one_of(&[&[1_u16][..], &[1], &[0], &[0, 1], &[3]]).to_vec() } else { Vec::new() };
        self.say(Said::Bind { portal, statement, formats, values, results });
    }

    fn rows(&mut self) -> u32 {
        self.one_of(&[0, 0, 0, 1, 2, 3, 20])
    }

    /// Parse, Bind, Describe, Execute, as drivers send them, and its end or none.
    fn statement(&mut self) {
        let (statement, portal) = (self.one_of(STATEMENTS), self.one_of(PORTALS));
        if !statement.is_empty() && self.once_in(2) {
            self.say(Said::Close(b'S', statement));
        }
        self.parse(statement);
        if self.once_in(3) {
            self.say(Said::Describe(b'S', statement));
        }
        if self.once_in(6) {
            self.say(Said::Sync);
        }
        if self.once_in(12) {
            return;
        }
        self.bind(portal, statement);
        if self.once_in(2) {
            self.say(Said::Describe(b'P', portal));
        }
        let rows = self.rows();
        self.say(Said::Execute(portal, rows));
        match self.random.random_range(0..8) {
            0..5 => self.say(Said::Sync),
            5 => self.say(Said::Flush),
            _ => {}
        }
    }

    /// Binds again a statement that may exist.
    fn used_again(&mut self) {
        let (statement, portal) = (self.one_of(STATEMENTS), self.one_of(PORTALS));
        self.bind(portal, statement);
        let rows = self.rows();
        self.say(Said::Execute(portal, rows));
        if !self.once_in(3) {
            self.say(Said::Sync);
        }
    }

    /// Statements before one Sync.
    fn pipeline(&mut self) {
        for _ in 0..self.random.random_range(2..6) {
            let (statement, portal) = (self.one_of(STATEMENTS), self.one_of(PORTALS));
            if self.once_in(3) {
                self.say(Said::Close(b'S', statement));
            }
            self.parse(statement);
            self.bind(portal, statement);
            let rows = self.rows();
            self.say(Said::Execute(portal, rows));
        }
        self.say(Said::Sync);
    }

    /// Some rows of a portal at a time.
    fn portal_by_rows(&mut self) {
        let portal = self.one_of(PORTALS);
        if self.once_in(2) {
            self.say(Said::Query("begin".into()));
        }
        let text = self.one_of(READS);
        self.parameters.insert("", text.1);
        self.say(Said::Parse { name: "", text: text.0.into(), types: Vec::new() });
        self.bind(portal, "");
        for _ in 0..self.random.random_range(1..5) {
            let rows = self.rows();
            self.say(Said::Execute(portal, rows));
            match self.random.random_range(0..6) {
                0..2 => self.say(Said::Sync),
                2 => self.say(Said::Flush),
                3 => self.statement(),
                _ => {}
            }
        }
        self.say(Said::Sync);
    }

    /// COPY FROM STDIN with all messages that are allowed in it, and mostly its end: any other message would end the connection.
    fn copy(&mut self) {
        let text = self.one_of(COPIES);
        let extended = self.once_in(2);
        if extended {
            self.parameters.insert("", 0);
            self.say(Said::Parse { name: "", text: text.into(), types: Vec::new() });
            self.bind("", "");
            self.say(Said::Execute("", 0));
        } else {
            self.say(Said::Query(text.into()));
        }
        // Whether a Sync behind bad data is answered depends on what of the data the server has read by then (docs/differences.md).
        let mut has_data = false;
        for _ in 0..self.random.random_range(0..5) {
            let said = match self.random.random_range(0..8) {
                0..5 => {
                    has_data = true;
                    self.copy_data()
                }
                5 if !has_data => Said::Sync,
                5 | 6 => Said::Flush,
                _ => Said::Wait,
            };
            self.say(said);
        }
        if !self.once_in(30) {
            let end = if self.once_in(4) { Said::CopyFail } else { Said::CopyDone };
            self.say(end);
        }
        if extended && !self.once_in(4) {
            self.say(Said::Sync);
        }
    }

    fn copy_data(&mut self) -> Said {
        let mut data = self.one_of(DATA).to_owned();
        while let Some(at) = data.find('#') {
            self.key += 1;
            data.replace_range(at..=at, &self.key.to_string());
        }
        Said::CopyData(data)
    }

    /// One message out of place.
    fn anything(&mut self) {
        let (statement, portal) = (self.one_of(STATEMENTS), self.one_of(PORTALS));
        let said = match self.random.random_range(0..14) {
            0 => return self.parse(statement),
            1 => return self.bind(portal, statement),
            2 => Said::Describe(b'S', statement),
            3 => Said::Describe(b'P', portal),
            4 => Said::Execute(portal, self.rows()),
            5 => Said::Close(b'S', statement),
            6 => Said::Close(b'P', portal),
            7 => Said::Flush,
            8 => self.copy_data(),
            9 if self.once_in(2) => Said::CopyDone,
            9 => Said::CopyFail,
            10 => Said::Call(1610, Vec::new()),
            11 => {
                let (oid, values) = self.one_of(&[(177, &["3", "4"][..]), (177, &["x", "4"]), (177, &["3"]), (9, &[])]);
                Said::Call(oid, values.to_vec())
            }
            12 => Said::Describe(b'X', portal),
            _ => {
                let (tag, body) = self.one_of(MALFORMED);
                Said::Malformed(tag, body)
            }
        };
        self.say(said);
    }
}
