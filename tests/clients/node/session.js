'use strict';
// What a program does by node-postgres; prints everything that it is told. The first argument says whether on tables that are gone.

const { Client, Pool, Query } = require('pg');
const Cursor = require('pg-cursor');
const QueryStream = require('pg-query-stream');

const legacy = process.argv[2] === 'legacy';
const say = (...parts) => console.log(...parts.map((p) => (typeof p === 'string' ? p : JSON.stringify(p))));

function error(e) {
  const fields = ['severity', 'code', 'message', 'detail', 'hint', 'position', 'where', 'schema', 'table', 'column', 'dataType', 'constraint'];
  if (!legacy) fields.push('file', 'line', 'routine');
  say('!', fields.map((f) => e[f] ?? null));
}

async function step(name, action) {
  say('##', name);
  try {
    await action();
  } catch (e) {
    error(e);
  }
}

function result(results) {
  for (const r of [results].flat()) {
    say('=', r.command, r.rowCount, r.fields.map((f) => [f.name, f.dataTypeID < 16384 ? f.dataTypeID : 'its own', f.dataTypeSize, f.dataTypeModifier, f.format]));
    for (const row of r.rows) say('|', row);
  }
}

async function run(client, text, values, more) {
  result(await client.query({ text, values, ...more }));
}

async function connect(more) {
  const client = new Client({ options: process.env.PGOPTIONS, ...more });
  client.on('notice', (n) => say('~', n.severity, n.message, n.detail ?? null));
  client.on('error', (e) => say('error event', e.code ?? null));
  await client.connect();
  return client;
}

async function asleep(pid) {
  const watcher = await connect();
  for (;;) {
    const r = await watcher.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", [pid]);
    if (r.rows[0].n === 1) break;
  }
  await watcher.end();
}

async function plain() {
  const c = await connect();
  await run(c, 'SET client_min_messages = warning; DROP SCHEMA IF EXISTS client_node CASCADE; CREATE SCHEMA client_node; SET search_path = client_node');
  await run(c, 'CREATE TABLE t (a int PRIMARY KEY, b text, c numeric, d timestamptz, e bytea, f jsonb, g int[])');
  const values = [1, 'año ñ', '12.50', new Date(0), Buffer.from([0, 255]), { a: [1, null] }, [1, null, 3]];
  await run(c, 'INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *', values);
  await run(c, "SELECT 1 AS one; SELECT 'two' AS b; UPDATE t SET b = b; SELECT 4 WHERE false");
  await run(c, '');
  await run(c, ';');
  for (let n = 0; n < 4; n++) {
    await run(c, 'SELECT a, b, c FROM t WHERE a > $1', [n % 2]);
    await run(c, 'SELECT a, b, c FROM t WHERE a > $1', [n % 2], { name: 'named' });
    await run(c, 'SELECT * FROM t', [], { rowMode: 'array' });
  }
  await step('another text by the same name', () => run(c, 'SELECT 2', [], { name: 'named' }));
  for (const text of ['SELECT nosuch FROM t', "SELECT 'ñ', nosuch FROM t", 'SELEC 1', 'SELECT 1/0', 'INSERT INTO t (a) VALUES (1)']) {
    await step(text, () => run(c, text));
    await step(text + ', extended', () => run(c, text, [], { queryMode: 'extended', name: 'e' + text.length }));
  }
  await step('a value of another type', () => run(c, 'SELECT * FROM t WHERE a = $1', ['no number']));
  await step('too few values', () => run(c, 'SELECT $1::int, $2::int', [1]));
  await run(c, "DO $$ BEGIN RAISE WARNING 'a warning' USING DETAIL = 'its detail'; END $$");

  // Sent without waiting, as the client queues them.
  const many = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => c.query('SELECT 12 / $1::int AS q', [n % 5])));
  say(many.map((m) => m.value?.rows[0].q ?? m.reason.code).slice(0, 20), many.length);
  await c.query('INSERT INTO t (a, b) SELECT i, repeat(md5(i::text), 3) FROM generate_series(2, 1000) i');

  await c.query('BEGIN');
  const cursor = c.query(new Cursor('SELECT a, b FROM t WHERE a > $1 ORDER BY a', [10]));
  for (let rows = await cursor.read(100), n = 0; rows.length && n < 3; rows = await cursor.read(100), n++) say(rows.length, rows[0].a);
  await cursor.close();
  await step('a cursor that fails', async () => {
    const failing = c.query(new Cursor('SELECT 10 / (9 - i) AS q FROM generate_series(1, 20) i'));
    say(await failing.read(5));
    say(await failing.read(50));
  });
  await step('aborted', () => run(c, 'SELECT 1'));
  await run(c, 'ROLLBACK');
  let sum = 0;
  for await (const row of c.query(new QueryStream('SELECT a FROM t ORDER BY a', [], { batchSize: 33 }))) sum += row.a;
  say(sum);
  await run(c, 'SELECT length($1), md5($2)', ['w'.repeat(2_000_000), 'v'.repeat(2_000_000)]);
  const large = await c.query("SELECT i, repeat('z', 500) FROM generate_series(1, 20000) i");
  say(large.rowCount);

  // Told at any moment.
  await run(c, 'LISTEN heard');
  const heard = [];
  let wake = () => {};
  c.on('notification', (n) => {
    heard.push([n.channel, n.payload]);
    wake();
  });
  const until = async (count) => {
    while (heard.length < count) await new Promise((resolve) => (wake = resolve));
  };
  const other = await connect();
  await other.query("NOTIFY heard, 'while idle'");
  await until(1);
  await other.query("SELECT pg_notify('heard', i::text) FROM generate_series(1, 3) i");
  await until(4);
  say(heard);

  await step('cancelled', async () => {
    const sleeping = c.query('SELECT pg_sleep(600)');
    const cancelling = (async () => {
      await asleep(c.processID);
      await other.query('SELECT pg_cancel_backend($1)', [c.processID]);
    })();
    await Promise.all([sleeping, cancelling]);
  });
  // The client's own cancel request, on a connection of its own.
  await step('cancelled by the client', async () => {
    const query = new Query('SELECT pg_sleep(600)');
    const ended = new Promise((resolve, reject) => {
      query.on('end', resolve);
      query.on('error', reject);
    });
    c.query(query);
    await asleep(c.processID);
    new Client({ host: process.env.PGHOST, port: process.env.PGPORT }).cancel(c, query);
    await ended;
  });
  await run(c, "SELECT 'alive' AS x");

  const pool = new Pool({ max: 4 });
  const pooled = await Promise.all(Array.from({ length: 40 }, (_, n) => pool.query({ text: 'SELECT $1::int * 2 AS n', values: [n], name: 'pooled' })));
  say(pooled.map((r) => r.rows[0].n));
  await pool.end();
  for (const more of [{ database: 'nosuch' }, { user: 'nosuch' }, { ssl: true }, { options: '-c nosuch=1' }]) {
    await step(JSON.stringify(more), () => connect(more));
  }
  await run(c, 'SET client_min_messages = warning; DROP SCHEMA client_node CASCADE');
  await step('terminated', async () => {
    await Promise.all([new Promise((resolve) => c.once('end', resolve)), other.query('SELECT pg_terminate_backend($1)', [c.processID])]);
  });
  await other.end();
}

async function gone() {
  const c = await connect();
  await run(c, 'SELECT * FROM tipooficina ORDER BY tofid');
  await run(c, 'SELECT count(*) FROM hisbarrio; SELECT count(*) FROM tipvalvula; SELECT 1');
  for (let n = 0; n < 6; n++) {
    await run(c, 'SELECT tofid, tofsnpresen, tofhsthora FROM cf_quere_pro.tipooficina WHERE tofid = $1', [n]);
    await run(c, 'SELECT count(*), max(htofhsthora) FROM histipooficina WHERE htofid < $1', [n], { name: 'named' });
    await run(c, 'SELECT length(tvalcod) AS l, tvalindblk::int4 FROM tipvalvula ORDER BY tvalcod', [], { rowMode: 'array' });
  }
  await run(c, 'INSERT INTO tipositver VALUES ($1, $2) RETURNING *', [870, 1]);
  await step('a code that is there', () => run(c, 'INSERT INTO tipositver VALUES ($1, $2)', [870, 2]));
  await run(c, 'UPDATE tipositver SET tsvtxtid = tsvtxtid + $1 WHERE tsvid = 870 RETURNING tsvtxtid', [4]);
  const many = await Promise.all(Array.from({ length: 200 }, (_, n) => c.query('SELECT count(*) AS n FROM histipooficina WHERE htofid = $1', [n % 12])));
  say(many.map((r) => r.rows[0].n));
  await c.query('BEGIN');
  const cursor = c.query(new Cursor('SELECT * FROM hisbarrio WHERE hbarrid >= $1 ORDER BY hisbarrio::text', [0]));
  for (let rows = await cursor.read(30); rows.length; rows = await cursor.read(30)) for (const row of rows) say('|', row);
  await cursor.close();
  await run(c, 'DELETE FROM tipositver WHERE tsvid = $1', [870]);
  await run(c, 'COMMIT');
  for (const text of ['SELECT nosuch FROM tipooficina', "SELECT 'ñ', nosuch FROM tipooficina WHERE tofid = 1", 'INSERT INTO tipositver VALUES (1, 2, 3)']) {
    await step(text, () => run(c, text));
    await step(text + ', extended', () => run(c, text, [], { queryMode: 'extended', name: 'e' + text.length }));
  }
  await run(c, 'SET search_path = public', [], { name: 'path' });
  await step('not on the path', () => run(c, 'SELECT count(*) FROM tipvalvula'));
  await run(c, 'SET search_path = cf_quere_pro, public');
  await run(c, 'SELECT count(*) FROM tipvalvula');
  await c.end();
}

(legacy ? gone() : plain()).catch((e) => {
  console.error(e);
  process.exitCode = 1;
});
