// Live readers through node:http and on the test server: back-pressure, clients that go, shutdown.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { subject } from "./package.mjs";
import { TEXT, newRouter, put, serve, serveStandalone, until } from "./served.mjs";

const { FileBackedStreamStore } = subject;
const MIB = 1 << 20;

// A GET whose response is the test's to read or not.
function get(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent: false }, resolve).on("error", reject);
  });
}

// Serves a router and keeps count of its requests under way and of what waits for their clients.
async function serveWatched(t, options) {
  const router = newRouter(options);
  const watched = { router, responses: new Set(), ended: 0 };
  watched.url = await serve(t, async (req, res) => {
    watched.responses.add(res);
    await router.handleRequest(req, res);
    watched.responses.delete(res);
    watched.ended += 1;
  });
  watched.queued = () => {
    const sizes = [...watched.responses].map((res) => res.writableLength);
    return Math.max(0, ...sizes);
  };
  return watched;
}

async function newFileStore(t) {
  const dataDir = mkdtempSync(join(tmpdir(), "thalweg-live-"));
  const store = new FileBackedStreamStore({ dataDir });
  t.after(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return store;
}

for (const kind of ["memory", "file"]) {
  const storeOf = async (t) => (kind === "file" ? { store: await newFileStore(t) } : {});

  for (const live of ["", "&live=sse"]) {
    const what = live === "" ? "catch-up" : "SSE";
    test(`${what}, ${kind}: a reader that pauses holds up only itself`, async (t) => {
      const watched = await serveWatched(t, await storeOf(t));
      const { store } = watched.router;
      await store.create("/a", { contentType: "text/plain" });
      const part = Buffer.alloc(MIB, "abcdefg\n");
      for (let i = 0; i < 32; i += 1) await store.append("/a", part);
      const response = await get(`${watched.url}/a?offset=-1${live}`);
      let most = 0;
      for (let turn = 0; turn < 200; turn += 1) {
        most = Math.max(most, watched.queued());
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(most < 8 * MIB, `${most} bytes wait for a reader that does not read`);
      let bytes = 0;
      const ended = new Promise((resolve) => response.on("end", resolve).on("close", resolve));
      response.on("data", (chunk) => (bytes += chunk.length));
      const first = live === "" ? MIB : 32 * MIB;
      await until(() => bytes >= first);
      response.destroy();
      await ended;
      await until(() => watched.ended === 1);
    });
  }

  for (const live of ["sse", "long-poll"]) {
    test(`${live}, ${kind}: the request ends when its client goes`, async (t) => {
      const watched = await serveWatched(t, await storeOf(t));
      await put(`${watched.url}/a`);
      const request = http.get(`${watched.url}/a?offset=now&live=${live}`, { agent: false });
      request.on("error", () => {});
      await until(() => watched.responses.size === 1);
      request.destroy();
      await until(() => watched.ended === 2);
      assert.equal(watched.responses.size, 0);
    });
  }

  test(`shutdown, ${kind}: a thousand waiters are answered within a second`, async (t) => {
    const { router, url, responses } = await serveWatched(t, await storeOf(t));
    await shutdownAnswers(url, () => router.shutdown(), () => responses.size);
    assert.equal(await statusOf(`${url}/a?offset=now&live=long-poll`), 204); // and who comes late
  });

  test(`stop of the test server, ${kind}: as fast, with as many`, async (t) => {
    const dataDir = kind === "file" ? mkdtempSync(join(tmpdir(), "thalweg-live-")) : undefined;
    const server = await serveStandalone(t, { dataDir });
    const { url } = server;
    await shutdownAnswers(url, () => server.stop());
    await assert.rejects(fetch(url));
    if (dataDir) rmSync(dataDir, { recursive: true, force: true });
  });
}

async function statusOf(url) {
  return (await get(url)).resume().statusCode;
}

// Half of a thousand waiters poll, half hold an SSE response; `end()` must answer them all.
async function shutdownAnswers(url, end, waiting = () => 1000) {
  const waiters = 1000;
  await put(`${url}/a`);
  const polls = [];
  const streams = [];
  for (let i = 0; i < waiters; i += 2) {
    polls.push(get(`${url}/a?offset=now&live=long-poll`));
    streams.push(await get(`${url}/a?offset=now&live=sse`)); // its head has come
  }
  await until(() => waiting() === waiters);
  const ended = streams.map(
    (stream) => new Promise((resolve) => stream.resume().on("end", resolve)),
  );
  const began = performance.now();
  await end();
  const took = performance.now() - began;
  await Promise.all(ended); // "end", not "aborted": in good order
  assert.ok(streams.every(({ complete }) => complete));
  for (const poll of polls) assert.equal((await poll).resume().statusCode, 204);
  assert.ok(took < 1000, `shutdown took ${took} ms`);
}

test("appends that are under way when shutdown begins are answered", async (t) => {
  const { router, url } = await serveWatched(t, { store: await newFileStore(t) });
  await put(`${url}/a`);
  const append = { method: "POST", headers: TEXT, body: "x" };
  const answers = Array.from({ length: 50 }, () => fetch(`${url}/a`, append));
  await answers[0];
  await router.shutdown();
  for (const answer of answers) assert.equal((await answer).status, 204);
  assert.equal(Buffer.concat(router.store.read("/a").messages.map(({ data }) => data)).length, 50);
});
