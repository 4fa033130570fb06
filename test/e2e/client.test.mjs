// The official client: one writer, three readers that follow live, one of them cut again and again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DurableStream, IdempotentProducer, stream } from "@durable-streams/client";
import { startServer, stopServer } from "./server.mjs";

const MESSAGES = 10_000;
const CUT_EVERY = 10;
const PACE = 100; // after so many, the writer waits for the reader that is cut
const expected = Array.from({ length: MESSAGES }, (_, n) => n);

let server;
before(async () => (server = await startServer("--long-poll-timeout", "2s")));
after(() => stopServer(server));

// Hands every batch of `response`, which begins at `from`, to `take`. The result waits for the end
// of the stream: the client's own `closed` may come while it still holds the last batch.
function subscribe(response, from, take) {
  let taken = from;
  let onBatch = () => {};
  response.subscribeJson((batch) => {
    take(batch);
    taken = batch.offset;
    onBatch();
  });
  return async () => {
    await response.closed;
    while (taken !== response.offset) await new Promise((resolve) => (onBatch = resolve));
  };
}

// Follows to the end of the stream without a break.
async function follow(url, live) {
  const response = await stream({ url, offset: "-1", live });
  const seen = [];
  const end = subscribe(response, "-1", (batch) => {
    for (const item of batch.items) seen.push(item.n);
  });
  await end();
  return seen;
}

// One connection from `offset` until CUT_EVERY more messages have come, then cut; what the batch
// holds beyond them is kept, for a batch has one offset to resume from.
async function followUntilCut(url, live, offset) {
  const cut = new AbortController();
  const response = await stream({ url, offset, live, signal: cut.signal });
  const got = { items: [], offset, ended: false };
  let onEnough;
  const enough = new Promise((resolve) => (onEnough = resolve));
  const end = subscribe(response, offset, (batch) => {
    if (got.items.length >= CUT_EVERY) return;
    got.items.push(...batch.items.map((item) => item.n));
    got.offset = batch.offset;
    if (got.items.length >= CUT_EVERY) onEnough();
  });
  const ended = end().then(() => (got.ended = response.streamClosed));
  await Promise.race([enough, ended]);
  cut.abort();
  ended.catch(() => {}); // a cut is no failure
  return got;
}

// Follows in pieces to the end of the stream. `hasSeen(count)` waits until that many have come.
function followInPieces(url) {
  const seen = [];
  let connections = 0;
  let onPiece = () => {};
  const pieces = async () => {
    for (let offset = "-1", ended = false; !ended; connections++) {
      const got = await followUntilCut(url, connections % 2 ? "sse" : "long-poll", offset);
      seen.push(...got.items);
      offset = got.offset;
      ended = got.ended;
      onPiece();
    }
    return { seen, connections };
  };
  const hasSeen = async (count) => {
    while (seen.length < count) await new Promise((resolve) => (onPiece = resolve));
  };
  return { hasSeen, end: pieces() };
}

// It takes one answer then, whatever that says of more.
test("a read that is not live brings all of a long stream, compressed or not", async () => {
  const url = `${server.url}/v1/stream/client-long`;
  const text = "tausend Äpfel ".repeat(70_000); // 1 MB each
  for (const [name, contentType, bodies] of [
    ["json", "application/json", expected.slice(0, 12).map((n) => JSON.stringify({ n, text }))],
    ["text", "text/plain", expected.slice(0, 12).map((n) => `${n} ${text}`)],
  ]) {
    const handle = await DurableStream.create({ url: `${url}-${name}`, contentType });
    for (const body of bodies) await handle.append(body);
    for (const encoding of ["identity", "gzip"]) {
      const headers = { "accept-encoding": encoding };
      const response = await stream({ url: `${url}-${name}`, live: false, headers });
      assert.equal(response.headers.get("content-encoding"), encoding === "gzip" ? "gzip" : null);
      const got = name === "json" ? await response.json() : await response.text();
      assert.deepEqual(got, name === "json" ? bodies.map((body) => JSON.parse(body)) : bodies.join(""));
      assert.ok(response.upToDate);
    }
  }
});

test("three live readers end with exactly what a producer wrote, in order", async () => {
  const url = `${server.url}/v1/stream/client-e2e`;
  const handle = await DurableStream.create({ url, contentType: "application/json" });
  const pieces = followInPieces(url);
  const readers = [follow(url, "sse"), follow(url, "long-poll"), pieces.end];
  const errors = [];
  const producer = new IdempotentProducer(handle, "writer-1", {
    autoClaim: true,
    lingerMs: 1,
    maxBatchBytes: 200, // about ten messages to a request
    onError: (error) => errors.push(error),
  });
  for (const n of expected) {
    producer.append(JSON.stringify({ n }));
    if (n % PACE === PACE - 1) {
      await producer.flush();
      // One more connection each time, at least; fewer than CUT_EVERY are waiting for company.
      await pieces.hasSeen(n + 2 - CUT_EVERY);
    }
  }
  await producer.flush();
  await producer.detach();
  await handle.close();
  const [bySse, byLongPoll, inPieces] = await Promise.all(readers);
  assert.deepEqual(errors, []);
  assert.deepEqual(bySse, expected, "by SSE");
  assert.deepEqual(byLongPoll, expected, "by long-poll");
  assert.deepEqual(inPieces.seen, expected, "in pieces");
  assert.ok(inPieces.connections >= MESSAGES / PACE, `the cut reader connected ${inPieces.connections} times`);
});
