// What each program of the seed must have done, seen over HTTP: title → observe(run).
//
// `run` is { block: the block's variables, ports, said: lines of the console }.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { subject } from "./package.mjs";

const { DurableStreamTestServer, FileBackedStreamStore, StreamStore } = subject;
const TEXT = { "content-type": "text/plain" };
const TOKEN = { authorization: "Bearer valid" };

// Creates a stream at `url`, appends, reads. The answer to the PUT.
export async function roundTrip(url, headers = {}) {
  const created = await fetch(url, { method: "PUT", headers: { ...TEXT, ...headers } });
  assert.equal(created.status, 201);
  const put = { method: "POST", headers: { ...TEXT, ...headers }, body: "hello" };
  assert.equal((await fetch(url, put)).status, 204);
  assert.equal(await bodyOf(url, headers), "hello");
  return created;
}

async function bodyOf(url, headers) {
  const answer = await fetch(url, { headers });
  assert.equal(answer.status, 200);
  return answer.text();
}

async function statusOf(url, options) {
  const answer = await fetch(url, options);
  await answer.arrayBuffer();
  return answer.status;
}

async function isReopened(dataDir, path, expected) {
  const server = new DurableStreamTestServer({ port: 0, dataDir });
  assert.equal(await bodyOf((await server.start()) + path), expected);
  await server.stop();
}

// A long-poll that waits is answered, and the process ends by itself: run_block.mjs's parent sees
// its exit code.
async function endsOnSigterm(router, url, headers) {
  const waiting = fetch(`${url}?offset=now&live=long-poll`, { headers });
  while (router.waiting === 0) await new Promise(setImmediate);
  process.kill(process.pid, "SIGTERM");
  assert.equal((await waiting).status < 300, true);
}

export const observers = {
  "Standalone server": async ({ block, ports, said }) => {
    assert.deepEqual(said, [`Server running on http://127.0.0.1:${ports.server}`]);
    await roundTrip(`http://127.0.0.1:${ports.server}/v1/stream/a`);
    await block.server.stop();
  },

  "Embedded router": async ({ block, ports }) => {
    const url = `http://localhost:${ports.router}/api/streams/my-stream`;
    const created = await roundTrip(url);
    assert.equal(created.headers.get("location"), url);
    assert.equal(block.router.store.has("/my-stream"), true);
    return "runs on";
  },

  "In-memory server": async ({ block }) => {
    await roundTrip(`${await block.server.start()}/v1/stream/a`);
    assert.ok(block.server.store instanceof StreamStore);
    assert.equal(existsSync("data"), false);
    await block.server.stop();
  },

  "File-backed server": async ({ block, ports }) => {
    await roundTrip(`${await block.server.start()}/v1/stream/a`);
    assert.equal(block.server.url, `http://127.0.0.1:${ports.server}`);
    assert.ok(block.server.store instanceof FileBackedStreamStore);
    await block.server.stop();
    await isReopened("./data/streams", "/v1/stream/a", "hello");
  },

  "File-backed router": async ({ block, ports }) => {
    const { router } = block;
    const server = createServer((req, res) => router.handleRequest(req, res));
    await new Promise((resolve) => server.listen(ports.router, resolve));
    await roundTrip(`http://127.0.0.1:${ports.router}/a`);
    await router.shutdown();
    await router.store.close();
    server.close().closeAllConnections();
    const store = new FileBackedStreamStore({ dataDir: "./data/streams" });
    assert.deepEqual(store.list(), ["/a"]);
    await store.close();
  },

  "Vanilla Node.js": async ({ block, ports }) => {
    const url = `http://127.0.0.1:${ports.router}/v1/stream/a`;
    await roundTrip(url);
    await endsOnSigterm(block.router, url);
  },

  Express: async ({ block, ports }) => {
    const url = `http://127.0.0.1:${ports.router}/api/streams/a/b`;
    await roundTrip(url);
    assert.deepEqual(block.router.store.list(), ["/a/b"]);
    return "runs on";
  },

  Fastify: async ({ block, ports }) => {
    const created = await roundTrip(`http://127.0.0.1:${ports.router}/streams/a`);
    assert.equal(created.headers.get("access-control-allow-origin"), null);
    assert.deepEqual(block.router.store.list(), ["/streams/a"]);
    await block.app.close();
  },

  "Custom authentication": async ({ block, ports }) => {
    const url = `http://127.0.0.1:${ports.router}/a`;
    assert.equal(await statusOf(url, { method: "PUT" }), 401);
    const headers = { authorization: "Bearer forged" };
    assert.equal(await statusOf(url, { method: "PUT", headers }), 401);
    await roundTrip(url, TOKEN);
    block.server.close().closeAllConnections();
    await block.router.store.close();
  },

  "Sub-route mounting": async ({ block, ports }) => {
    const host = `http://127.0.0.1:${ports.router}`;
    const created = await roundTrip(`${host}/api/v1/streams/a`);
    assert.equal(created.headers.get("location"), `${host}/api/v1/streams/a`);
    assert.deepEqual(block.router.store.list(), ["/a"]);
    assert.equal(await statusOf(`${host}/a`), 404);
    assert.equal(await statusOf(`${host}/api/v1/streamsX/a`), 404);
    block.server.close().closeAllConnections();
  },

  "Test server": async ({ said, before }) => {
    assert.deepEqual(before, ["503", "503", "201"]);
    assert.equal(said[1], "Stream created: /test-stream");
    await isReopened("./data", "/test-stream", "");
  },

  "Fault injection": async ({ block, ports }) => {
    const host = `http://127.0.0.1:${ports.router}`;
    // What was injected over HTTP took the place of what stood at /my-stream.
    for (const expected of [503, 503, 404]) {
      const answer = await fetch(`${host}/my-stream`);
      assert.equal(answer.status, expected);
      assert.equal(answer.headers.get("retry-after"), expected === 503 ? "5" : null);
    }
    const slow = await fetch(`${host}/slow-stream`);
    assert.equal(slow.status, 429);
    assert.equal(slow.headers.get("retry-after"), "10");
    await roundTrip(`${host}/slow-stream`);
    block.faultInjection.injectError("/slow-stream", 500);
    block.faultInjection.clearInjectedErrors();
    assert.equal(await statusOf(`${host}/slow-stream`), 200);
    block.server.close().closeAllConnections();
  },

  "Lifecycle hooks": async ({ block, said }) => {
    const url = `${await block.server.start()}/v1/stream/a`;
    await fetch(url, { method: "PUT", headers: TEXT });
    await fetch(url, { method: "DELETE" });
    assert.deepEqual(said, ["Created: /v1/stream/a (text/plain)", "Deleted: /v1/stream/a"]);
    await block.server.stop();
  },

  "Registry hooks": async ({ block }) => {
    const url = await block.server.start();
    await fetch(`${url}/v1/stream/a`, { method: "PUT", headers: TEXT });
    await fetch(`${url}/v1/stream/a`, { method: "DELETE" });
    const path = block.server.store.list().find((name) => name.endsWith("__registry__"));
    const events = JSON.parse(await bodyOf(url + path));
    const about = events.filter(({ key }) => key === "a");
    assert.deepEqual(
      about.map(({ type, headers }) => [type, headers.operation]),
      [
        ["stream", "insert"],
        ["stream", "delete"],
      ],
    );
    assert.equal(about[0].value.contentType, "text/plain");
    await block.server.stop();
  },

  "Production server": async ({ block, ports, said }) => {
    const host = `http://127.0.0.1:${ports.router}`;
    const url = `${host}/api/v1/streams/a`;
    const refused = await fetch(url, { method: "PUT" });
    assert.equal(refused.status, 401);
    assert.deepEqual(await refused.json(), { error: "Unauthorized" });
    const created = await roundTrip(url, TOKEN);
    assert.equal(created.headers.get("access-control-allow-origin"), null);
    const health = await fetch(`${host}/health`, { headers: TOKEN });
    assert.deepEqual(await health.json(), { status: "ok" });
    assert.equal(await statusOf(`${host}/other`, { headers: TOKEN }), 404);
    const other = `${host}/api/v1/streams/b`;
    await fetch(other, { method: "PUT", headers: { ...TEXT, ...TOKEN } });
    await fetch(other, { method: "DELETE", headers: TOKEN });
    await endsOnSigterm(block.router, url, TOKEN);
    assert.deepEqual(said, [
      `Server listening on port ${ports.router}`,
      "[STREAM] Created: /a",
      "[STREAM] Created: /b",
      "[STREAM] Deleted: /b",
      "Shutting down...",
    ]);
    assert.equal(existsSync("data"), true);
  },

  "Resilience test": async ({ said, tested }) => {
    assert.match(said[0], /^Test server running at http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(tested, ["client handles 503 errors"]);
  },
};

// Where a block stops its server itself: what it had prepared, seen before that.
export async function beforeStop(server) {
  const url = `${server.url}/test-stream`;
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push(await statusOf(url, { method: "PUT" }));
  return statuses.map(String);
}
