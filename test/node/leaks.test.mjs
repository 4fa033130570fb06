// Requests, readers that go and servers that stop leave nothing behind.
//
// LEAK_SCALE multiplies the counts: 1 is what CI runs in about a minute.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { test } from "node:test";

const scale = Number(process.env.LEAK_SCALE ?? 1);
const ROUNDS = 5; // the first one or two fill caches and pools; growth is judged over the others
const HELD_BYTES_MAX = 3 << 20; // growth of JavaScript's heap: it is exact after a collection
const RSS_BYTES_MAX = 12 << 20; // of the whole process: malloc keeps pages as it likes

const NAMES = [..."abcdefghijklmnopqrst"]; // a stream and a connection for each

// What a leak of one byte too many per thing would have to exceed is RSS_BYTES_MAX / things.
async function host(t, store) {
  const child = fork(join(import.meta.dirname, "leak_host.mjs"), [store], {
    // A small young generation: it would grow while requests come, and be taken for a leak.
    execArgv: ["--expose-gc", "--max-semi-space-size=2"],
    env: { ...process.env, MALLOC_ARENA_MAX: "2" },
  });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  return {
    async ask(message) {
      const answer = once(child, "message");
      child.send(message);
      const [value] = await Promise.race([
        answer,
        exited.then(([code, signal]) => assert.fail(`the host ended: ${code ?? signal}`)),
      ]);
      return value;
    },
    // It ends by itself: nothing keeps its loop going.
    async end() {
      child.send("end");
      assert.deepEqual(await exited, [0, null]);
    },
  };
}

// Runs `round()` ROUNDS times; what is held after the second and after the last must be the same.
async function staysFlat(t, server, round) {
  const held = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    await round();
    held.push(await server.ask("measure"));
  }
  const [from, to] = [held[1], held.at(-1)];
  t.diagnostic(held.map(({ rss }) => `${(rss / (1 << 20)).toFixed(1)} MiB`).join(", "));
  assert.deepEqual(to.handles, from.handles);
  assert.equal(to.descriptors, from.descriptors);
  assert.equal(to.threads, from.threads);
  const grown = (what) => to[what] - from[what];
  assert.ok(grown("heapUsed") < HELD_BYTES_MAX, `heap: ${grown("heapUsed")} bytes more`);
  assert.ok(grown("external") < HELD_BYTES_MAX, `external: ${grown("external")} bytes more`);
  assert.ok(grown("rss") < RSS_BYTES_MAX, `rss: ${grown("rss")} bytes more`);
}

const request = (method, target, body = "") =>
  `${method} ${target} HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\n` +
  `content-length: ${body.length}\r\n\r\n${body}`;

// Sends `count` requests over one connection, one after the other: a stream comes, is written,
// read and removed, again and again.
async function sendRequests(url, name, count) {
  const path = `/${name}`;
  const life = [
    request("PUT", path),
    request("POST", path, "x".repeat(256)),
    request("GET", `${path}?offset=-1`),
    request("DELETE", path),
  ];
  const socket = net.connect(Number(new URL(url).port), "127.0.0.1").setNoDelay();
  let heard;
  socket.on("data", (bytes) => heard(bytes.latin1Slice(0, 12)));
  for (let sent = 0; sent < count; sent += 1) {
    socket.write(life[sent % life.length]);
    const answer = await new Promise((resolve) => (heard = resolve));
    assert.match(answer, /^HTTP\/1\.1 20[014]/);
  }
  socket.destroy();
}

// Opens an SSE response, waits for its first bytes and lets the connection go.
function abortReader(url) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(url).port), "127.0.0.1");
    socket.write("GET /a?offset=-1&live=sse HTTP/1.1\r\nhost: a\r\n\r\n");
    socket.once("data", () => socket.destroy());
    socket.on("error", reject).on("close", resolve);
  });
}

async function abortReaders(url, count, atOnce) {
  for (let i = 0; i < count; i += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, () => abortReader(url)));
  }
}

for (const [store, counts] of [
  ["memory", { requests: 100_000, readers: 10_000, cycles: 1_000 }],
  ["file", { requests: 20_000, readers: 2_000, cycles: 50 }],
]) {
  const perRound = (what) => Math.ceil((counts[what] * scale) / ROUNDS / 100) * 100;

  test(`${counts.requests} requests leave nothing, ${store}`, async (t) => {
    const server = await host(t, store);
    const { url } = await server.ask("serve");
    await staysFlat(t, server, () =>
      Promise.all(NAMES.map((name) => sendRequests(url, name, perRound("requests") / NAMES.length))),
    );
    await server.end();
  });

  test(`${counts.readers} readers that go leave nothing, ${store}`, async (t) => {
    const server = await host(t, store);
    const { url } = await server.ask("serve");
    await fetch(`${url}/a`, { method: "PUT", body: "x", headers: { connection: "close" } });
    await staysFlat(t, server, () => abortReaders(url, perRound("readers"), 50));
    await server.end();
  });

  test(`${counts.cycles} servers started and stopped leave nothing, ${store}`, async (t) => {
    const server = await host(t, store);
    const cycles = Math.ceil((counts.cycles * scale) / ROUNDS);
    await staysFlat(t, server, () => server.ask({ cycles }));
    await server.end();
  });
}
