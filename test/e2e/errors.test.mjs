// Errors that one request of a client causes, each with the code that docs/ERRORS.md promises for it.
// Those that take thousands of requests, or a disk, have tests beside their sources.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchange } from "./raw.mjs";
import { startServer, stopServer } from "./server.mjs";

let server;
before(async () => (server = await startServer("--max-body", "1KiB")));
after(() => stopServer(server));

const TEXT = { "content-type": "text/plain" };
const JSON_TYPE = { "content-type": "application/json" };
const stamp = (epoch, seq) => ({
  ...TEXT,
  "producer-id": "p",
  "producer-epoch": String(epoch),
  "producer-seq": String(seq),
});

const send = (method, path, headers = {}, body = undefined) =>
  fetch(`${server.url}/v1/stream/${path}`, { method, headers, body });

// What a stream was told before; "bytes" is open and has "abc", "closed" is closed, "json" empty.
async function prepare() {
  const made = [
    await send("PUT", "bytes", TEXT, "abc"),
    await send("PUT", "closed", { ...TEXT, "stream-closed": "true" }),
    await send("PUT", "json", JSON_TYPE),
    await send("PUT", "produced", TEXT),
    await send("POST", "produced", stamp(1, 0), "a"),
    await send("PUT", "ordered", TEXT),
    await send("POST", "ordered", { ...TEXT, "stream-seq": "b" }, "a"),
    await send("PUT", "held", TEXT, "abc"),
    await send("PUT", "fork", { "stream-forked-from": "/v1/stream/held" }),
    await send("DELETE", "held"),
  ];
  for (const answer of made) assert.ok(answer.ok, await answer.text());
}

const fork = (more, from = "bytes") => ({ "stream-forked-from": `/v1/stream/${from}`, ...more });
const at = (bytes) => `0000000000000000_${String(bytes).padStart(16, "0")}`;

const CASES = [
  [400, "bad-path", "GET", "a%zz"],
  [400, "bad-query", "GET", "bytes?offset=-1&offset=-1"],
  [404, "subscriptions-not-available", "GET", "__ds/subscriptions/a"],
  [405, "method-not-allowed", "PATCH", "bytes"],
  [414, "path-too-long", "GET", "x".repeat(1025)],
  [400, "bad-offset", "GET", "bytes?offset=1"],
  [400, "offset-not-a-boundary", "GET", `bytes?offset=${at(1)}`],
  [400, "offset-beyond-tail", "GET", `bytes?offset=${at(9)}`],
  [400, "bad-live-mode", "GET", "bytes?offset=-1&live=yes"],
  [400, "offset-missing", "GET", "bytes?live=sse"],
  [400, "field-too-long", "POST", "bytes", { ...TEXT, "stream-seq": "x".repeat(5000) }, "a"],
  [415, "content-encoding", "POST", "bytes", { ...TEXT, "content-encoding": "gzip" }, "a"],
  [400, "if-match", "POST", "bytes", { ...TEXT, "if-match": '"a"' }, "a"],
  [400, "bad-expiry", "PUT", "new", { ...TEXT, "stream-ttl": "1.5" }],
  [400, "bad-fork", "PUT", "new", { ...TEXT, "stream-fork-offset": at(1) }],
  [400, "bad-producer", "POST", "bytes", { ...TEXT, "producer-id": "p" }, "a"],
  [400, "content-type-missing", "POST", "bytes", {}, new Uint8Array([1])],
  [400, "empty-body", "POST", "bytes", TEXT],
  [400, "bad-json", "POST", "json", JSON_TYPE, "{"],
  [400, "empty-array", "POST", "json", JSON_TYPE, "[]"],
  [404, "stream-not-found", "GET", "none"],
  [410, "stream-deleted", "GET", "held"],
  [409, "stream-closed", "POST", "closed", TEXT, "a"],
  [409, "content-type-mismatch", "POST", "bytes", JSON_TYPE, "1"],
  [412, "precondition-failed", "PUT", "bytes", { ...TEXT, "if-none-match": "*" }],
  [409, "stream-exists", "PUT", "bytes", JSON_TYPE],
  [409, "closure-mismatch", "PUT", "bytes", { ...TEXT, "stream-closed": "true" }],
  [409, "path-held", "PUT", "held", TEXT],
  [404, "fork-source-not-found", "PUT", "new", fork({}, "none")],
  [409, "fork-source-deleted", "PUT", "new", fork({}, "held")],
  [400, "fork-beyond-tail", "PUT", "new", fork({ "stream-fork-offset": at(9) })],
  [400, "fork-not-a-boundary", "PUT", "new", fork({ "stream-fork-offset": at(1) })],
  [400, "fork-sub-offset-too-large", "PUT", "new", fork({ "stream-fork-sub-offset": "9" })],
  [403, "stale-epoch", "POST", "produced", stamp(0, 1), "a"],
  [400, "bad-epoch-start", "POST", "produced", stamp(2, 1), "a"],
  [409, "producer-gap", "POST", "produced", stamp(1, 5), "a"],
  [409, "stream-seq-regressed", "POST", "ordered", { ...TEXT, "stream-seq": "a" }, "a"],
  [413, "content-too-large", "POST", "bytes", TEXT, "x".repeat(2000)],
];

test("what a client does wrong is answered with the code of it", async () => {
  await prepare();
  for (const [status, code, method, path, headers, body] of CASES) {
    const answer = await send(method, path, headers, body);
    const text = await answer.text();
    assert.equal(answer.status, status, `${code}: ${text}`);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", code);
    assert.equal(JSON.parse(text).code, code);
  }
});

const GET = "GET /v1/stream/bytes HTTP/1.1\r\nHost: a\r\n";
const RAW = [
  [404, "not-found", "GET /elsewhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
  [400, "repeated-header", `${GET.replace("GET", "PUT")}Stream-TTL: 1\r\nStream-TTL: 1\r\nConnection: close\r\n\r\n`],
  [400, "bad-request", "GET /v1/stream/bytes HTTP/1.1\r\n\r\n"],
  [414, "uri-too-long", `GET /v1/stream/${"x".repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  [417, "expectation-failed", `${GET}Expect: wonders\r\n\r\n`],
  [431, "headers-too-large", `${GET}X: ${"x".repeat(40_000)}\r\n\r\n`],
  [501, "not-implemented", "BREW /v1/stream/bytes HTTP/1.1\r\nHost: a\r\n\r\n"],
  [505, "http-version-not-supported", "GET /v1/stream/bytes HTTP/2.0\r\nHost: a\r\n\r\n"],
];

test("so is what is wrong with its HTTP", async () => {
  for (const [status, code, bytes] of RAW) {
    judge(await exchange(server.url, [bytes]), status, code);
  }
});

test("so is a head that never ends", async () => {
  const impatient = await startServer("--header-timeout", "200ms");
  try {
    judge(await exchange(impatient.url, [GET]), 408, "request-timeout");
  } finally {
    await stopServer(impatient);
  }
});

function judge(said, status, code) {
  assert.match(said, new RegExp(`^HTTP/1.1 ${status} `), code);
  assert.ok(said.includes(`"code":"${code}"`), `${code}: ${said}`);
}
