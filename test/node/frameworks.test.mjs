// The router inside servers that others write: mounts, body parsers, authentication, CORS.
import assert from "node:assert/strict";
import { test } from "node:test";
import express from "express";
import fastify from "fastify";
import { JSON_TYPE, MOUNTED, TEXT, newRouter, post, put, serve, serveFastify } from "./served.mjs";

const BASE = "/api/v1/streams";
const BYTES = { "content-type": "application/octet-stream" };

for (const [name, serveMounted] of Object.entries(MOUNTED)) {
  test(`${name}: mounted at a sub-route beside others`, async (t) => {
    const router = newRouter({ baseUrl: BASE });
    const host = await serveMounted(t, BASE, router);
    const url = `${host}${BASE}/rooms/one`;
    const created = await put(url);
    assert.equal(created.status, 201);
    assert.equal(created.headers.get("location"), url);
    assert.equal((await post(url, "hello")).status, 204);
    assert.equal(await (await fetch(url)).text(), "hello");
    assert.deepEqual(router.store.list(), ["/rooms/one"]);
    assert.equal(await (await fetch(`${host}/other`)).text(), "other");
    assert.equal((await fetch(`${host}${BASE}X/rooms/one`)).status, 404);
    assert.equal((await fetch(url, { method: "DELETE" })).status, 204);
    assert.equal((await fetch(url, { method: "HEAD" })).status, 404);
  });

  test(`${name}: a fork names its source with the mount or without`, async (t) => {
    const router = newRouter({ baseUrl: BASE });
    const host = (await serveMounted(t, BASE, router)) + BASE;
    await put(`${host}/source`);
    await post(`${host}/source`, "x");
    for (const [i, source] of [`${BASE}/source`, "/source"].entries()) {
      const forked = await put(`${host}/fork${i}`, { "stream-forked-from": source });
      assert.equal(forked.status, 201, source);
      assert.equal(await (await fetch(`${host}/fork${i}`)).text(), "x");
    }
  });

  test(`${name}: a live reader hears what is appended, and its end`, async (t) => {
    const router = newRouter({ baseUrl: BASE });
    const url = `${await serveMounted(t, BASE, router)}${BASE}/a`;
    await put(url);
    const events = await fetch(`${url}?offset=-1&live=sse`);
    assert.equal(events.headers.get("content-type"), "text/event-stream");
    await post(url, "one");
    await post(url, "two", { ...TEXT, "stream-closed": "true" });
    const said = await events.text(); // ends with the stream
    assert.deepEqual(
      [...said.matchAll(/^data:(\w+)$/gm)].map(([, word]) => word),
      ["one", "two"],
    );
    assert.match(said, /"streamClosed":true/);
  });
}

test("Express without a mount: the whole path is the stream's", async (t) => {
  const router = newRouter();
  const app = express();
  app.use((req, res) => router.handleRequest(req, res));
  const host = await serve(t, app);
  assert.equal((await put(`${host}/v1/stream/a`)).status, 201);
  assert.deepEqual(router.store.list(), ["/v1/stream/a"]);
});

test("Express: what json, text and raw parsers read is appended all the same", async (t) => {
  const router = newRouter({ baseUrl: BASE });
  const app = express();
  app.use(express.json({ strict: false }), express.text(), express.raw());
  app.use(BASE, (req, res) => router.handleRequest(req, res));
  const host = (await serve(t, app)) + BASE;
  const cases = [
    ["json", JSON_TYPE, `{"a":[1,{"b":null}],"ü":"€"}`, `[{"a":[1,{"b":null}],"ü":"€"}]`],
    ["string", JSON_TYPE, `"42"`, `["42"]`],
    ["null", JSON_TYPE, "null", "[null]"],
    ["text", TEXT, "grüße\n", "grüße\n"],
    ["bytes", BYTES, Buffer.from([0, 255, 254, 10, 13]), Buffer.from([0, 255, 254, 10, 13])],
  ];
  for (const [name, headers, sent, expected] of cases) {
    assert.equal((await put(`${host}/${name}`, headers)).status, 201, name);
    assert.equal((await post(`${host}/${name}`, sent, headers)).status, 204, name);
    const got = Buffer.from(await (await fetch(`${host}/${name}`)).arrayBuffer());
    assert.deepEqual(got, Buffer.from(expected), name);
  }
});

test("Fastify: what its own parsers read is appended all the same", async (t) => {
  const router = newRouter({ baseUrl: BASE });
  const host = (await MOUNTED["Fastify 5"](t, BASE, router)) + BASE;
  await put(`${host}/text`);
  assert.equal((await post(`${host}/text`, "grüße\n")).status, 204);
  assert.equal(await (await fetch(`${host}/text`)).text(), "grüße\n");
  // Fastify refuses an empty body of type JSON by itself: the stream is created with a value.
  assert.equal((await put(`${host}/json`, JSON_TYPE, `{"a":1}`)).status, 201);
  assert.equal((await post(`${host}/json`, `[{"b":2},3]`, JSON_TYPE)).status, 204);
  for (const value of [`"true"`, `"{}"`, "null", `"x"`]) {
    assert.equal((await post(`${host}/json`, value, JSON_TYPE)).status, 204, value);
  }
  const values = [{ a: 1 }, { b: 2 }, 3, "true", "{}", null, "x"];
  assert.deepEqual(await (await fetch(`${host}/json`)).json(), values);
});

test("Fastify: bodies that no parser touches arrive as they are", async (t) => {
  const router = newRouter({ baseUrl: BASE });
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, payload, done) => done(null));
  app.all(`${BASE}/*`, async (request, reply) => {
    await router.handleRequest(request.raw, reply.raw);
  });
  const url = `${await serveFastify(t, app)}${BASE}/a`;
  const body = Buffer.from([0, 255, 10]);
  assert.equal((await put(url, BYTES)).status, 201);
  assert.equal((await post(url, body, BYTES)).status, 204);
  assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), body);
});

test("a body that somebody read and threw away is an error that says so", async (t) => {
  const router = newRouter();
  const url = `${await serve(t, (req, res) => {
    req.resume().on("end", () => router.handleRequest(req, res));
  })}/a`;
  await put(url);
  const answer = await post(url, "lost");
  assert.equal(answer.status, 500);
  assert.match(await answer.text(), /body/);
  assert.equal(await (await fetch(url)).text(), "");
});

test("authentication in front: who is refused changes nothing", async (t) => {
  const router = newRouter();
  const host = await serve(t, async (req, res) => {
    await new Promise((resolve) => setImmediate(resolve)); // as a look-up would
    if (req.headers.authorization !== "Bearer valid") return void res.writeHead(401).end();
    await router.handleRequest(req, res);
  });
  const valid = { ...TEXT, authorization: "Bearer valid" };
  assert.equal((await put(`${host}/a`)).status, 401);
  assert.deepEqual(router.store.list(), []);
  assert.equal((await put(`${host}/a`, valid)).status, 201);
  assert.equal((await post(`${host}/a`, "x")).status, 401);
  assert.equal((await post(`${host}/a`, "y".repeat(100_000), valid)).status, 204);
  assert.equal((await (await fetch(`${host}/a`, { headers: valid })).text()).length, 100_000);
});

test("cors: false leaves CORS to others, on every kind of answer", async (t) => {
  for (const cors of [true, false]) {
    const router = newRouter({ cors });
    const url = `${await serve(t, (req, res) => router.handleRequest(req, res))}/a`;
    const answers = [await put(url), await fetch(url), await fetch(`${url}b`)];
    answers.push(await post(url, "x", { ...TEXT, origin: "https://app.test" }));
    answers.push(await fetch(url, { method: "OPTIONS" }));
    assert.equal(answers.at(-1).status, 204);
    const controller = new AbortController();
    answers.push(await fetch(`${url}?offset=-1&live=sse`, { signal: controller.signal }));
    for (const { headers } of answers) {
      assert.equal(headers.get("access-control-allow-origin"), cors ? "*" : null);
      const names = [...headers.keys()].filter((name) => name.startsWith("access-control-"));
      assert.equal(names.length > 0, cors);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
    }
    controller.abort();
  }
});

test("compression is on, and can be turned off", async (t) => {
  for (const compression of [undefined, true, false]) {
    const router = newRouter({ compression });
    const url = `${await serve(t, (req, res) => router.handleRequest(req, res))}/a`;
    await put(url, TEXT, "x".repeat(10_000));
    const answer = await fetch(url, { headers: { "accept-encoding": "gzip" } });
    assert.equal(answer.headers.get("content-encoding"), compression === false ? null : "gzip");
    assert.equal((await answer.text()).length, 10_000);
  }
});

test("two routers in one process: stores of their own, or one that they share", async (t) => {
  const one = newRouter();
  const two = newRouter();
  const shared = newRouter({ store: one.store, baseUrl: "/shared" });
  const hosts = [];
  for (const router of [one, two, shared]) {
    hosts.push(await serve(t, (req, res) => router.handleRequest(req, res)));
  }
  await put(`${hosts[0]}/a`, TEXT, "x");
  assert.equal((await fetch(`${hosts[1]}/a`)).status, 404);
  assert.equal(await (await fetch(`${hosts[2]}/shared/a`)).text(), "x");
  await one.shutdown();
  assert.equal((await fetch(`${hosts[2]}/shared/a`)).status, 200);
  shared.clear();
  assert.deepEqual(one.store.list(), []);
});
