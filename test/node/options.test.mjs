// Options and their defaults, the registry, faults through the middleware, cursors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { subject } from "./package.mjs";
import { JSON_TYPE, TEXT, newRouter, post, put, serve, serveStandalone } from "./served.mjs";

const { DurableStreamRouter, DurableStreamTestServer, FaultInjectionMiddleware } = subject;
const { StreamStore, calculateCursor, createRegistryHooks, generateResponseCursor } = subject;
const { DEFAULT_CURSOR_EPOCH, DEFAULT_CURSOR_INTERVAL_SECONDS, handleCursorCollision } = subject;

const serveRouter = (t, options) => {
  const router = newRouter(options);
  return serve(t, (req, res) => router.handleRequest(req, res));
};

test("the default port is 4437 and the default host 127.0.0.1", async (t) => {
  const server = new DurableStreamTestServer();
  t.after(() => server.stop());
  const started = await server.start().catch((error) => error);
  if (typeof started === "string") {
    assert.equal(started, "http://127.0.0.1:4437");
  } else {
    // Somebody else may have the port: then the error must name it.
    assert.match(started.message, /127\.0\.0\.1.*4437|4437.*127\.0\.0\.1/);
  }
});

test("a store is required, and every wrong option is named", () => {
  const store = new StreamStore();
  assert.throws(() => new DurableStreamRouter(), /store/);
  assert.throws(() => new DurableStreamRouter({}), /store/);
  assert.throws(() => new DurableStreamRouter({ store: {} }), /store/);
  for (const [name, value] of [
    ["longPollTimeout", -1],
    ["compression", "yes"],
    ["cors", 1],
    ["baseUrl", 7],
    ["cursorIntervalSeconds", 0],
    ["cursorEpoch", "yesterday"],
    ["onStreamCreated", "log"],
    ["onStreamDeleted", {}],
  ]) {
    assert.throws(() => new DurableStreamRouter({ store, [name]: value }), new RegExp(name));
  }
  assert.throws(() => new DurableStreamTestServer({ port: 65_536 }), /port/);
  assert.throws(() => new DurableStreamTestServer({ webhooks: true }), /webhooks/);
});

test("a long-poll waits 30 seconds where nothing else is said", { timeout: 40_000 }, async (t) => {
  const server = await serveStandalone(t);
  const waits = [await serveRouter(t), server.url].map(async (url) => {
    await put(`${url}/a`);
    const began = performance.now();
    assert.equal((await fetch(`${url}/a?offset=now&live=long-poll`)).status, 204);
    return performance.now() - began;
  });
  for (const took of await Promise.all(waits)) {
    assert.ok(took > 29_000 && took < 33_000, `${took} ms`);
  }
});

test("longPollTimeout is in milliseconds", async (t) => {
  const server = await serveStandalone(t, { longPollTimeout: 150 });
  for (const url of [await serveRouter(t, { longPollTimeout: 150 }), server.url]) {
    await put(`${url}/a`);
    const began = performance.now();
    assert.equal((await fetch(`${url}/a?offset=now&live=long-poll`)).status, 204);
    const took = performance.now() - began;
    assert.ok(took >= 145 && took < 5_000, `${took} ms`);
  }
});

test("the cursor's interval and epoch are those of the options, else the defaults", async (t) => {
  const options = { cursorIntervalSeconds: 7, cursorEpoch: new Date("2020-01-01T00:00:00Z") };
  const own = { intervalSeconds: 7, epoch: options.cursorEpoch };
  const doors = [
    [await serveRouter(t, options), own],
    [(await serveStandalone(t, options)).url, own],
    [await serveRouter(t), {}],
    [(await serveStandalone(t)).url, {}],
  ];
  for (const [url, expected] of doors) {
    await put(`${url}/a`, TEXT, "x");
    const low = Number(calculateCursor(expected));
    const answer = await fetch(`${url}/a?offset=-1&live=long-poll`);
    const cursor = Number(answer.headers.get("stream-cursor"));
    assert.ok(cursor >= low && cursor <= low + 1, `${cursor}, not ${low}`);
  }
});

test("cursor functions: whole intervals since the epoch, never back", () => {
  assert.equal(DEFAULT_CURSOR_EPOCH.toISOString(), "2024-10-09T00:00:00.000Z");
  assert.equal(DEFAULT_CURSOR_INTERVAL_SECONDS, 20);
  const now = Math.floor((Date.now() - DEFAULT_CURSOR_EPOCH) / 20_000);
  assert.ok(Math.abs(Number(calculateCursor()) - now) <= 1);
  assert.ok(Math.abs(Number(generateResponseCursor(undefined)) - now) <= 1);
  assert.ok(Math.abs(Number(generateResponseCursor(String(now - 9))) - now) <= 1);
  const ahead = String(now + 1000);
  assert.ok(Number(generateResponseCursor(ahead)) > now + 1000);
  assert.ok(Number(generateResponseCursor(ahead)) <= now + 1000 + 180);
  assert.ok(Number(handleCursorCollision(calculateCursor(), ahead)) > now + 1000);
  assert.equal(calculateCursor({ intervalSeconds: 3600, epoch: new Date() }), "0");
});

test("the registry: its path, its events, and it does not list itself", async (t) => {
  for (const [options, path] of [
    [undefined, "__registry__"],
    [{ registryPath: "__registry__" }, "__registry__"],
    [{ registryPath: "/v1/stream/audit" }, "audit"],
  ]) {
    const hooks = createRegistryHooks(options);
    const server = await serveStandalone(t, hooks);
    await put(`${server.url}/v1/stream/a`);
    await fetch(`${server.url}/v1/stream/a`, { method: "DELETE" });
    const at = server.store.list().filter((name) => name.endsWith(`/${path}`));
    assert.equal(at.length, 1, path);
    const events = await (await fetch(server.url + at[0])).json();
    const createdAt = events[0].value.createdAt;
    assert.ok(Math.abs(Date.now() - createdAt) < 60_000);
    assert.deepEqual(events, [
      {
        type: "stream",
        key: "a",
        value: { path: "a", contentType: "text/plain", createdAt },
        headers: { operation: "insert" },
      },
      { type: "stream", key: "a", headers: { operation: "delete" } },
    ]);
    await server.stop();
  }
});

test("the registry writes again where somebody removed or closed its stream", async (t) => {
  const server = await serveStandalone(t, createRegistryHooks({ registryPath: "__registry__" }));
  await put(`${server.url}/a`);
  const path = server.store.list().find((name) => name.endsWith("__registry__"));
  assert.equal(server.store.delete(path), true);
  assert.equal((await put(`${server.url}/b`)).status, 201);
  assert.equal(JSON.parse(await (await fetch(server.url + path)).text()).at(-1).key, "/b");
  server.store.closeStream(path);
  assert.equal((await put(`${server.url}/c`)).status, 201); // and the request is none the worse
});

// A router behind the middleware.
async function serveFaulty(t, options) {
  const faults = new FaultInjectionMiddleware(options);
  const router = newRouter();
  const url = await serve(t, (req, res) => {
    return faults.handleRequest(req, res, () => router.handleRequest(req, res));
  });
  return { faults, url };
}

test("middleware: an error for so many requests of one path, then as before", async (t) => {
  const { faults, url } = await serveFaulty(t);
  await put(`${url}/a`);
  await put(`${url}/b`);
  faults.injectError("/a", 503, 2, 7);
  for (const expected of [503, 503, 200]) {
    const answer = await fetch(`${url}/a`);
    assert.equal(answer.status, expected);
    assert.equal(answer.headers.get("retry-after"), expected === 503 ? "7" : null);
    assert.equal((await fetch(`${url}/b`)).status, 200);
  }
  faults.injectError("/a", 500); // once
  assert.equal((await fetch(`${url}/a`)).status, 500);
  assert.equal((await fetch(`${url}/a`)).status, 200);
  faults.injectError("/a", 500);
  faults.clearInjectedErrors();
  assert.equal((await fetch(`${url}/a`)).status, 200);
});

test("middleware: the test endpoint is there only where it was asked for", async (t) => {
  const fault = JSON.stringify({ path: "/a", status: 503, count: 2, retryAfter: 5 });
  const inject = (url) => post(`${url}/_test/inject-error`, fault, JSON_TYPE);
  const closed = await serveFaulty(t);
  await put(`${closed.url}/a`);
  assert.notEqual((await inject(closed.url)).status, 200);
  assert.equal((await fetch(`${closed.url}/a`)).status, 200);
  const open = await serveFaulty(t, { enableTestEndpoint: true });
  await put(`${open.url}/a`);
  assert.equal((await inject(open.url)).status, 200);
  assert.equal((await fetch(`${open.url}/a`)).status, 503);
  await fetch(`${open.url}/_test/inject-error`, { method: "DELETE" });
  assert.equal((await fetch(`${open.url}/a`)).status, 200);
});

test("middleware: faults that spoil an answer of the router", async (t) => {
  const { faults, url } = await serveFaulty(t);
  await put(`${url}/a`, TEXT, "0123456789".repeat(20));
  faults.injectFault("/a", { truncateBodyBytes: 5 });
  assert.equal(await (await fetch(`${url}/a`)).text(), "01234");
  faults.injectFault("/a", { corruptBody: true });
  assert.notEqual(await (await fetch(`${url}/a`)).text(), "0123456789".repeat(20));
  faults.injectFault("/a", { dropConnection: true });
  await assert.rejects(fetch(`${url}/a`));
  faults.injectFault("/a", { delayMs: 100, status: 418 });
  const began = performance.now();
  assert.equal((await fetch(`${url}/a`)).status, 418);
  assert.ok(performance.now() - began >= 95);
  faults.injectFault("/a", { injectSseEvent: { eventType: "odd", data: "?!" } });
  const controller = new AbortController();
  const events = await fetch(`${url}/a?offset=-1&live=sse`, { signal: controller.signal });
  const { value } = await events.body.getReader().read();
  assert.match(Buffer.from(value).toString(), /^event: odd\ndata: \?!\n\n/);
  controller.abort();
  assert.equal(await (await fetch(`${url}/a`)).text(), "0123456789".repeat(20));
});
