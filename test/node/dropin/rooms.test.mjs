// The application's own tests, written for npm's @durable-streams/server 0.3.7.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  DEFAULT_CURSOR_EPOCH,
  DEFAULT_CURSOR_INTERVAL_SECONDS,
  DurableStreamTestServer,
  FileBackedStreamStore,
  StreamStore,
  calculateCursor,
  createRegistryHooks,
  decodeStreamPath,
  encodeStreamPath,
  generateResponseCursor,
} from "@durable-streams/server";
import { Rooms } from "./rooms.mjs";

const LOBBY = "/v1/stream/rooms/lobby";
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

// Runs `body` against a server over each kind of store.
function onBothStores(name, body, more = () => ({})) {
  for (const kind of ["memory", "file"]) {
    test(`${name}, ${kind}`, async () => {
      const dataDir = kind === "file" ? mkdtempSync(join(tmpdir(), "rooms-")) : undefined;
      const seen = { events: [], waited: [] };
      const server = new DurableStreamTestServer({
        port: 0,
        longPollTimeout: 300,
        dataDir,
        onStreamCreated: (event) => seen.events.push(event),
        onStreamDeleted: async (event) => seen.events.push(event),
        ...more(seen),
      });
      const url = await server.start();
      const wait = async (seconds) => seen.waited.push(seconds);
      try {
        await body({ server, url, rooms: new Rooms(url, wait), ...seen });
      } finally {
        await server.stop();
        if (dataDir) rmSync(dataDir, { recursive: true, force: true });
      }
    });
  }
}

onBothStores("what was said is there", async ({ rooms, server, url }) => {
  assert.equal(server.url, url);
  await rooms.open("lobby");
  await rooms.say("lobby", "ann", "hello");
  await rooms.say("lobby", "bob", "hi");
  const { said, ended } = await rooms.history("lobby");
  assert.deepEqual(said, [
    { from: "ann", text: "hello" },
    { from: "bob", text: "hi" },
  ]);
  assert.equal(ended, false);
});

onBothStores("a follower hears everything until the end", async ({ rooms }) => {
  await rooms.open("lobby");
  const heard = [];
  const following = (async () => {
    for await (const { text } of rooms.follow("lobby", "-1")) heard.push(text);
  })();
  for (const text of ["one", "two", "three"]) await rooms.say("lobby", "ann", text);
  await rooms.close("lobby");
  await following;
  assert.deepEqual(heard, ["one", "two", "three"]);
  assert.equal((await rooms.history("lobby")).ended, true);
  await assert.rejects(rooms.say("lobby", "ann", "late"), /409/);
});

onBothStores("hooks hear of rooms", async ({ rooms, events }) => {
  const before = Date.now();
  await rooms.open("lobby");
  await rooms.open("lobby");
  await rooms.remove("lobby");
  assert.deepEqual(
    events.map(({ type, path, contentType }) => [type, path, contentType]),
    [
      ["created", LOBBY, "application/json"],
      ["deleted", LOBBY, undefined],
    ],
  );
  for (const { timestamp } of events) {
    assert.ok(timestamp >= before && timestamp <= Date.now());
  }
});

onBothStores("a busy server is asked again after the time it gives", async (context) => {
  const { rooms, server, waited } = context;
  await rooms.open("lobby");
  server.injectError(LOBBY, 503, 2, 7);
  await rooms.say("lobby", "ann", "hello");
  assert.deepEqual(waited, [7, 7]);
  server.injectError(LOBBY, 500, 5);
  await assert.rejects(rooms.say("lobby", "ann", "lost"), /busy/);
  server.injectError(LOBBY, 500);
  server.clearInjectedFaults();
  assert.equal((await rooms.history("lobby")).said.length, 1);
});

onBothStores("faults of every kind", async ({ rooms, server, url, waited }) => {
  await rooms.open("lobby");
  await rooms.say("lobby", "ann", "hello");
  const whole = await (await fetch(url + LOBBY)).text();

  server.injectFault(LOBBY, { dropConnection: true });
  assert.equal((await rooms.history("lobby")).said.length, 1);
  assert.equal(waited.length, 1);

  server.injectFault(LOBBY, { truncateBodyBytes: 5 });
  assert.equal(await (await fetch(url + LOBBY)).text(), whole.slice(0, 5));

  server.injectFault(LOBBY, { corruptBody: true });
  const corrupt = await (await fetch(url + LOBBY)).text();
  assert.notEqual(corrupt, whole);
  assert.equal(corrupt.length, whole.length);

  server.injectFault(LOBBY, { delayMs: 120 });
  const began = performance.now();
  await rooms.history("lobby");
  assert.ok(performance.now() - began >= 115);

  server.injectFault(LOBBY, { status: 418, method: "POST" });
  assert.equal((await fetch(url + LOBBY)).status, 200);
  await assert.rejects(rooms.say("lobby", "ann", "tea?"), /418/);

  server.injectFault(LOBBY, { status: 418, probability: 0 });
  assert.equal((await fetch(url + LOBBY)).status, 200);
  server.clearInjectedFaults();

  server.injectFault(LOBBY, { injectSseEvent: { eventType: "odd", data: "?!" } });
  const stream = await fetch(`${url}${LOBBY}?offset=-1&live=sse`);
  const first = await stream.body.getReader().read();
  assert.match(decode(first.value), /^event: odd\ndata: \?!\n\n/);
});

onBothStores("faults over HTTP", async ({ rooms, url }) => {
  const inject = (method, fault) =>
    fetch(`${url}/_test/inject-error`, { method, body: fault && JSON.stringify(fault) });
  await rooms.open("lobby");
  const set = await inject("POST", { path: LOBBY, status: 429, count: 2, retryAfter: 3 });
  assert.deepEqual(await set.json(), { ok: true });
  assert.equal((await fetch(url + LOBBY)).headers.get("retry-after"), "3");
  assert.equal((await inject("DELETE")).status, 200);
  assert.equal((await fetch(url + LOBBY)).status, 200);
  assert.equal((await inject("POST", { path: LOBBY })).status, 400);
});

onBothStores("the store is there to look into", async ({ rooms, server }) => {
  const { store } = server;
  await rooms.open("lobby");
  await rooms.say("lobby", "ann", "hello");
  assert.equal(store.has(LOBBY), true);
  assert.equal(store.has("/v1/stream/rooms/other"), false);
  assert.deepEqual(store.list(), [LOBBY]);
  const stream = store.get(LOBBY);
  assert.equal(stream.path, LOBBY);
  assert.equal(stream.contentType, "application/json");
  assert.equal(stream.closed ?? false, false);
  assert.equal(stream.currentOffset, store.getCurrentOffset(LOBBY));
  assert.ok(Date.now() - stream.createdAt < 60_000);
  const { messages, upToDate } = store.read(LOBBY);
  assert.equal(upToDate, true);
  assert.equal(messages.length, 1);
  assert.equal(messages[0].offset, stream.currentOffset);
  const body = decode(store.formatResponse(LOBBY, messages));
  assert.deepEqual(JSON.parse(body), [{ from: "ann", text: "hello" }]);
  assert.deepEqual(store.read(LOBBY, stream.currentOffset).messages, []);
  assert.equal(store.get("/nowhere"), undefined);
  assert.equal(store.getCurrentOffset("/nowhere"), undefined);
  assert.throws(() => store.read("/nowhere"), /not found/i);
});

onBothStores("a script writes into the store and readers hear of it", async ({ rooms, server }) => {
  const { store } = server;
  await store.create(LOBBY, { contentType: "application/json" });
  const heard = [];
  const following = (async () => {
    for await (const { text } of rooms.follow("lobby", "-1")) heard.push(text);
  })();
  const message = await store.append(LOBBY, encode(`{"from":"script","text":"one"}`));
  assert.equal(message.offset, store.getCurrentOffset(LOBBY));
  const waited = await store.waitForMessages(LOBBY, message.offset, 20);
  assert.deepEqual([waited.messages, waited.timedOut], [[], true]);
  const producer = { producerId: "p", producerEpoch: 0, producerSeq: 0 };
  const two = encode(`{"from":"script","text":"two"}`);
  const accepted = await store.appendWithProducer(LOBBY, two, producer);
  assert.equal(accepted.producerResult.status, "accepted");
  const again = await store.appendWithProducer(LOBBY, two, producer);
  assert.equal(again.producerResult.status, "duplicate");
  assert.equal(store.getProducerEpoch(LOBBY, "p"), 0);
  const closed = await store.closeStream(LOBBY);
  assert.equal(closed.alreadyClosed, false);
  assert.equal(closed.finalOffset, store.getCurrentOffset(LOBBY));
  await following;
  assert.deepEqual(heard, ["one", "two"]);
  assert.equal(store.delete(LOBBY), true);
  assert.equal(store.delete(LOBBY), false);
  assert.deepEqual(store.list(), []);
});

onBothStores("clear removes every room", async ({ rooms, server }) => {
  await rooms.open("lobby");
  await rooms.open("attic");
  server.clear();
  assert.deepEqual(server.store.list(), []);
  await assert.rejects(rooms.history("lobby"), /404/);
});

test("a data directory outlives its server", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "rooms-"));
  for (const said of [1, 2]) {
    const server = new DurableStreamTestServer({ port: 0, dataDir });
    const rooms = new Rooms(await server.start());
    assert.ok(server.store instanceof FileBackedStreamStore);
    await rooms.open("lobby");
    await rooms.say("lobby", "ann", "hello");
    assert.equal((await rooms.history("lobby")).said.length, said);
    await server.stop();
  }
  rmSync(dataDir, { recursive: true, force: true });
});

test("the registry lists rooms", async () => {
  let registry;
  const server = new DurableStreamTestServer({
    port: 0,
    onStreamCreated: (event) => registry.onStreamCreated(event),
    onStreamDeleted: (event) => registry.onStreamDeleted(event),
  });
  const url = await server.start();
  registry = createRegistryHooks(server.store, url);
  const rooms = new Rooms(url);
  await rooms.open("lobby");
  await rooms.remove("lobby");
  const events = await (await fetch(`${url}/v1/stream/__registry__`)).json();
  const about = events.filter(({ key }) => key === "rooms/lobby");
  assert.deepEqual(
    about.map(({ type, headers }) => [type, headers.operation]),
    [
      ["stream", "insert"],
      ["stream", "delete"],
    ],
  );
  assert.equal(about[0].value.path, "rooms/lobby");
  assert.equal(about[0].value.contentType, "application/json");
  await server.stop();
});

test("a server's life", async () => {
  const server = new DurableStreamTestServer({ port: 0 });
  assert.throws(() => server.url);
  await server.stop();
  await server.start();
  await assert.rejects(server.start(), /already started/i);
  const other = new DurableStreamTestServer({ port: Number(new URL(server.url).port) });
  await assert.rejects(other.start(), (error) => error.code === "EADDRINUSE");
  await new Rooms(server.url).open("lobby");
  await server.stop();
  const rooms = new Rooms(await server.start()); // what is in memory survives
  assert.deepEqual((await rooms.history("lobby")).said, []);
  await server.stop();
});

test("the store without a server", () => {
  const store = new StreamStore();
  store.create("/a", { contentType: "text/plain", initialData: encode("x") });
  assert.throws(() => store.create("/a", { contentType: "image/png" }), /already exists/);
  store.create("/b", { contentType: "text/plain", forkedFrom: "/a" });
  store.append("/b", encode("y"));
  assert.equal(decode(store.formatResponse("/b", store.read("/b").messages)), "xy");
  assert.throws(() => store.append("/a", encode("z"), { contentType: "image/png" }), /mismatch/);
  store.append("/a", encode("1"), { seq: "1" });
  assert.throws(() => store.append("/a", encode("0"), { seq: "0" }), /sequence/i);
  const last = store.append("/a", encode("."), { close: true });
  assert.equal(last.streamClosed, true);
  assert.equal(store.append("/a", encode("late")).streamClosed, true);
  assert.equal(store.closeStream("/nowhere"), null);
});

test("cursors and names of paths", () => {
  const at = Math.floor((Date.now() - DEFAULT_CURSOR_EPOCH) / DEFAULT_CURSOR_INTERVAL_SECONDS / 1e3);
  assert.ok(Number(calculateCursor()) - at <= 1);
  assert.equal(calculateCursor({ epoch: new Date(), intervalSeconds: 60 }), "0");
  const next = generateResponseCursor(String(at + 100));
  assert.ok(Number(next) > at + 100);
  assert.equal(decodeStreamPath(encodeStreamPath(LOBBY)), LOBBY);
  assert.equal(encodeStreamPath("/stream/users:created"), "L3N0cmVhbS91c2VyczpjcmVhdGVk");
});
