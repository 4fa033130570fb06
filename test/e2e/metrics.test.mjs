// /metrics of the program: that its text is what Prometheus reads, and its numbers are right.
import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serverFrom } from "../conformance/server.mjs";
import { withFolder } from "./folder.mjs";
import { converse, exchange } from "./raw.mjs";
import { binary, startServer, stopServer } from "./server.mjs";

const LIMIT = { timeout: 60_000 };
const TEXT = { "content-type": "text/plain" };
const TYPES = ["counter", "gauge", "histogram"];
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const VALUE = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

// Version 0.0.4 of the exposition format, and less than it allows: one HELP and one TYPE before the
// samples of a metric, which stand together. Sample by sample, its value.
function parse(text) {
  assert.ok(text.endsWith("\n"), "the last line has an end");
  const samples = new Map();
  const families = new Map();
  let help, family;
  for (const line of text.slice(0, -1).split("\n")) {
    if (line.startsWith("# HELP ")) {
      const [, , name, ...words] = line.split(" ");
      assert.match(name, NAME);
      assert.ok(words.join(" ").length > 0, line);
      assert.ok(!families.has(name), `${name} comes twice`);
      [help, family] = [name, undefined];
    } else if (line.startsWith("# TYPE ")) {
      const [, , name, type, ...more] = line.split(" ");
      assert.equal(name, help, "HELP comes first");
      assert.ok(TYPES.includes(type) && more.length === 0, line);
      family = { name, type };
      families.set(name, type);
    } else {
      const [, name, labels, value] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
      assert.ok(family, `nothing says what ${name} is`);
      const endings = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      assert.ok(endings.some((ending) => name === family.name + ending), line);
      for (let rest = labels ?? ""; rest !== ""; ) {
        const [label] = LABEL.exec(rest) ?? assert.fail(`no label: ${rest} in ${line}`);
        rest = rest.slice(label.length);
      }
      assert.match(value, VALUE);
      if (family.type === "counter") assert.match(name, /_total$/);
      const key = labels === undefined ? name : `${name}{${labels}}`;
      assert.ok(!samples.has(key), `${key} comes twice`);
      samples.set(key, Number(value.replace("Inf", "Infinity")));
    }
  }
  for (const [name, type] of families) if (type === "histogram") checkHistogram(name, samples);
  return samples;
}

function checkHistogram(name, samples) {
  const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket{`));
  const bounds = buckets.map(([key]) => Number(/le="(.*)"/.exec(key)[1].replace("Inf", "Infinity")));
  const counts = buckets.map(([, count]) => count);
  const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
  assert.deepEqual(bounds, sorted(bounds));
  assert.deepEqual(counts, sorted(counts));
  assert.equal(bounds.at(-1), Infinity);
  assert.equal(counts.at(-1), samples.get(`${name}_count`));
  assert.ok(samples.has(`${name}_sum`));
}

let scrapes = 0; // answered

async function scrape(server) {
  ++scrapes;
  const response = await fetch(`${server.url}/metrics`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return parse(await response.text());
}

async function until(server, sample, wanted) {
  for (let tries = 0; tries < 500; ++tries) {
    if ((await scrape(server)).get(sample) === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal((await scrape(server)).get(sample), wanted, sample);
}

// The samples of `wanted` are there, with these values.
function assertSamples(samples, wanted) {
  const found = Object.keys(wanted).map((key) => [key, samples.get(key)]);
  assert.deepEqual(Object.fromEntries(found), wanted);
}

const answers = (method, code) => `thalweg_http_responses_total{method="${method}",code="${code}"}`;

test("the parser of this test refuses what is no exposition", LIMIT, () => {
  const good = '# HELP a_total A.\n# TYPE a_total counter\na_total{k="v\\"",l="w"} 1\n';
  assert.deepEqual([...parse(good)], [['a_total{k="v\\"",l="w"}', 1]]);
  const head = "# HELP h H.\n# TYPE h histogram\n";
  const bad = [
    good.slice(0, -1),
    "a_total 1\n",
    good + good,
    good + 'a_total{k="v\\"",l="w"} 2\n',
    good.replace("a_total{", "b_total{"),
    good.replace("l=", "-l="),
    good.replace("} 1", "} one"),
    good.replace("counter", "meter"),
    good.replaceAll("a_total", "a"),
    "# TYPE a_total counter\na_total 1\n",
    good + "\n",
    `${head}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 0\nh_count 1\n`,
    `${head}h_bucket{le="1"} 2\nh_sum 0\nh_count 2\n`,
    `${head}h_bucket{le="+Inf"} 2\nh_sum 0\nh_count 1\n`,
  ];
  for (const text of bad) assert.throws(() => parse(text), text);
});

test("without --metrics the path is nobody's", LIMIT, async () => {
  const server = await startServer();
  const response = await fetch(`${server.url}/metrics`);
  assert.equal(response.status, 404);
  assert.equal((await response.json()).status, 404);
  await stopServer(server);
});

test("metrics of a server in memory count what clients did, no more and no less", LIMIT, async () => {
  const flags = ["--metrics", "--threads", "2", "--max-body", "1KiB", "--max-connections", "50"];
  const before = scrapes;
  const server = await startServer(...flags);
  const began = await scrape(server);
  for (const sample of began.keys()) {
    assert.doesNotMatch(sample, /thalweg_(disk|log|segment|checkpoint|tail|merge)/, "nothing on disk");
  }
  assertSamples(began, {
    thalweg_streams: 0,
    thalweg_loops: 2,
    thalweg_store_failed: 0,
    thalweg_http_connections_max: 50,
    thalweg_http_connections_refused_total: 0,
    [answers("POST", 507)]: 0,
    'thalweg_live_readers{kind="sse"}': 0,
  });
  const send = (method, path, body, headers = TEXT) =>
    fetch(`${server.url}/v1/stream/${path}`, { method, body, headers });
  const expect = async (status, ...request) => assert.equal((await send(...request)).status, status);
  await expect(201, "PUT", "a", "12345");
  await expect(201, "PUT", "b");
  await expect(200, "PUT", "b");
  for (let n = 0; n < 7; ++n) await expect(204, "POST", "a", "xyz");
  const producer = { ...TEXT, "producer-id": "p", "producer-epoch": "0", "producer-seq": "0" };
  await expect(200, "POST", "a", "once", producer);
  await expect(204, "POST", "a", "once", producer);
  await expect(404, "POST", "none", "x");
  await expect(409, "POST", "a", "{}", { "content-type": "application/json" });
  await expect(413, "POST", "a", "x".repeat(1025));
  await expect(204, "POST", "b", undefined, { "stream-closed": "true" });
  for (let n = 0; n < 3; ++n) assert.equal((await (await send("GET", "a")).text()).length, 30);
  const etag = (await send("GET", "a")).headers.get("etag");
  await expect(304, "GET", "a", undefined, { "if-none-match": etag });
  await expect(405, "PATCH", "a", "x");
  await expect(200, "HEAD", "a");
  await expect(204, "DELETE", "b");
  assert.match(await exchange(server.url, ["nonsense\r\n\r\n"]), /^HTTP\/1.1 400 /);

  const ask = (live) => `GET /v1/stream/a?offset=now&live=${live} HTTP/1.1\r\nHost: h\r\n\r\n`;
  const [sse, poll] = [converse(server.url, ask("sse")), converse(server.url, ask("long-poll"))];
  await sse.until(/upToDate/);
  await until(server, 'thalweg_live_readers{kind="long_poll"}', 1);
  assertSamples(await scrape(server), { 'thalweg_live_readers{kind="sse"}': 1 });
  await expect(204, "POST", "a", "!");
  await poll.until(/\r\n\r\n!$/);
  sse.end();
  await until(server, 'thalweg_live_readers{kind="sse"}', 0);

  const samples = await scrape(server);
  assertSamples(samples, {
    thalweg_streams: 1,
    thalweg_streams_in_memory: 1,
    thalweg_stream_creates_total: 2,
    thalweg_stream_closes_total: 1,
    thalweg_stream_deletes_total: 1,
    thalweg_stream_expiries_total: 0,
    thalweg_appends_total: 9,
    thalweg_appended_bytes_total: 5 + 7 * 3 + 4 + 1,
    thalweg_duplicate_appends_total: 1,
    thalweg_unreadable_total: 0,
    thalweg_http_request_memory_bytes: 0,
    'thalweg_live_readers{kind="long_poll"}': 0,
    [answers("PUT", 201)]: 2,
    [answers("PUT", 200)]: 1,
    [answers("POST", 204)]: 7 + 1 + 1 + 1,
    [answers("POST", 200)]: 1,
    [answers("POST", 404)]: 1,
    [answers("POST", 409)]: 1,
    [answers("none", 413)]: 1,
    [answers("none", 400)]: 1,
    [answers("GET", 200)]: 3 + 1 + 2 + (scrapes - before - 1), // that scrape itself is in the next
    [answers("GET", 304)]: 1,
    [answers("HEAD", 200)]: 1,
    [answers("DELETE", 204)]: 1,
    [answers("other", 405)]: 1,
    thalweg_http_write_seconds_count: 2 + 1 + 10 + 1 + 1, // those PUTs, POSTs and DELETEs of 2xx
    thalweg_http_responses_aborted_total: 0,
  });
  poll.end();
  await stopServer(server);
});

test("metrics tell what the process is and who was turned away", LIMIT, async () => {
  const server = await startServer("--metrics", "--max-connections", "2", "--threads", "1");
  const one = await scrape(server);
  const info = [...one.keys()].filter((sample) => sample.startsWith("thalweg_build_info"));
  assert.match(info.join(), /^thalweg_build_info\{version="\d+\.\d+\.\d+"\}$/);
  const age = Date.now() / 1000 - one.get("process_start_time_seconds");
  assert.ok(age > -1 && age < 60, `${age} s old`);
  assert.ok(one.get("process_resident_memory_bytes") > 1e6);
  assert.ok(one.get("process_cpu_seconds_total") > 0);
  assert.ok(one.get("process_open_fds") > 3);
  assert.ok(one.get("process_max_fds") >= one.get("process_open_fds"));
  const held = [];
  for (let n = 0; n < 2; ++n) {
    held.push(converse(server.url, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"));
    await held[n].until(/\r\n\r\n(ok|\{)/);
  }
  assert.match(await exchange(server.url, ["GET / HTTP/1.1\r\nHost: h\r\n\r\n"]), / 503 /);
  for (const connection of held) connection.end();
  let samples;
  for (let tries = 0; samples === undefined && tries < 200; ++tries) {
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    if (response.status === 200) samples = parse(text);
    else await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const refused = samples.get("thalweg_http_connections_refused_total");
  assert.ok(refused >= 1);
  assert.equal(samples.get(answers("none", 503)), refused);
  assert.ok(samples.get("thalweg_http_connections") <= 2);
  const head = await fetch(`${server.url}/metrics`, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.equal((await fetch(`${server.url}/metrics`, { method: "POST" })).status, 405);
  await stopServer(server);
});

test("metrics of a data directory tell of its log, its checkpoints and its segments", LIMIT, () =>
  withFolder(async (folder) => {
    const serve = (...flags) =>
      serverFrom(binary(), ["serve", "--data-dir", folder, "--port", "0", "--metrics", ...flags]);
    const first = await serve();
    assertSamples(await scrape(first), {
      thalweg_streams: 0,
      thalweg_log_appended_bytes_total: 0,
      thalweg_log_commit_seconds_count: 0,
      thalweg_log_has_room: 1,
      thalweg_checkpoints_total: 0,
      thalweg_segments: 0,
    });
    const space = statfsSync(folder);
    const size = (await scrape(first)).get("thalweg_disk_size_bytes");
    assert.equal(size, space.blocks * space.bsize);
    const send = (server, method, path, body) =>
      fetch(`${server.url}/v1/stream/${path}`, { method, body, headers: TEXT });
    for (const path of ["a", "b", "c"]) assert.equal((await send(first, "PUT", path, "x")).status, 201);
    assert.equal((await send(first, "DELETE", "c")).status, 204);
    const samples = await scrape(first);
    assertSamples(samples, {
      thalweg_streams: 2,
      thalweg_log_waiting_records: 0,
      thalweg_log_commit_seconds_count: 4,
      thalweg_log_shortages_total: 0,
      thalweg_appended_bytes_total: 3,
    });
    assert.ok(samples.get("thalweg_log_commit_seconds_sum") > 0);
    assert.ok(samples.get("thalweg_log_appended_bytes_total") >= 4 * 4096);
    assert.ok(samples.get("thalweg_tail_memory_bytes") > 0);
    await stopServer(first);

    const second = await serve("--checkpoint-age", "50ms");
    assertSamples(await scrape(second), {
      thalweg_streams: 2,
      thalweg_streams_in_memory: 0,
      thalweg_stream_creates_total: 0,
      thalweg_segments: 1,
    });
    assert.equal((await send(second, "POST", "a", "more")).status, 204);
    await until(second, "thalweg_checkpoints_total", 1);
    const after = await scrape(second);
    assertSamples(after, {
      thalweg_segments: 2,
      thalweg_tail_memory_bytes: 0,
      thalweg_checkpoint_failures_total: 0,
    });
    const at = after.get("thalweg_checkpoint_last_timestamp_seconds");
    assert.ok(Math.abs(Date.now() / 1000 - at) < 60, `a checkpoint at ${at}`);
    await stopServer(second);
  }));
