// Requests cut and joined at every place mean the same; requests with two meanings mean nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchange, inParallel } from "./raw.mjs";
import { startServer, stopServer } from "./server.mjs";

let server;
before(async () => (server = await startServer("--max-connections", "1000")));
after(() => stopServer(server));

let streams = 0;
const freshPath = () => `/v1/stream/s${String(streams++).padStart(6, "0")}`;

// `head` without its end; `{path}` is a stream that exists unless `fresh`.
const REQUESTS = [
  {
    name: "PUT",
    fresh: true,
    head: "PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3",
    body: "abc",
  },
  {
    name: "PUT chunked",
    fresh: true,
    head: "PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked",
    body: "3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n",
  },
  {
    name: "POST",
    head: "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2",
    body: "de",
  },
  { name: "GET", head: "GET {path}?offset=-1 HTTP/1.1\r\nHost: a" },
  { name: "GET absolute", head: "GET http://b:1{path} HTTP/1.1\r\nHost: a" },
  { name: "HEAD", head: "HEAD {path} HTTP/1.1\r\nHost: a" },
  { name: "OPTIONS", head: "OPTIONS {path} HTTP/1.1\r\nHost: a\r\nOrigin: http://c" },
  { name: "DELETE", head: "DELETE {path} HTTP/1.1\r\nHost: a" },
  { name: "missing", fresh: true, head: "GET {path} HTTP/1.1\r\nHost: a" },
];

const bytesOf = ({ head, body = "" }, path, last) =>
  `${head.replace("{path}", path)}${last ? "\r\nConnection: close" : ""}\r\n\r\n${body}`;

// What may differ between two streams or two moments.
const plain = (answer, path) =>
  answer
    .replaceAll(path, "PATH")
    .replace(/^(Date|ETag|Connection):.*\r\n/gim, "")
    .replace(/localhost|127\.0\.0\.1:\d+/g, "HOST");

async function prepared(request) {
  const path = freshPath();
  if (!request.fresh) await create(path);
  return path;
}

async function create(path) {
  const init = { method: "PUT", headers: { "content-type": "text/plain" }, body: "xyz" };
  assert.equal((await fetch(server.url + path, init)).status, 201);
}

for (const request of REQUESTS) {
  test(`${request.name} split at every byte is answered as when sent whole`, async () => {
    const path = await prepared(request);
    const whole = plain(await exchange(server.url, [bytesOf(request, path, true)]), path);
    assert.match(whole, /^HTTP\/1\.1 (2\d\d|404) /);
    const length = bytesOf(request, path, true).length;
    const splits = Array.from({ length: length - 1 }, (_, i) => i + 1);
    await inParallel(splits, 8, async (at) => {
      const again = await prepared(request);
      const bytes = bytesOf(request, again, true);
      const answer = await exchange(server.url, [bytes.slice(0, at), bytes.slice(at)]);
      assert.equal(plain(answer, again), whole, `split at ${at}`);
    });
    const single = await prepared(request);
    const answer = await exchange(server.url, [...bytesOf(request, single, true)]);
    assert.equal(plain(answer, single), whole, "byte by byte");
  });
}

test("every pair of requests pipelined is answered as one after the other", async () => {
  const pairs = REQUESTS.flatMap((a) => REQUESTS.map((b) => [a, b]));
  await inParallel(pairs, 8, async ([a, b]) => {
    const apart = await prepared(a);
    let wanted = plain(await exchange(server.url, [bytesOf(a, apart, true)]), apart);
    wanted += plain(await exchange(server.url, [bytesOf(b, apart, true)]), apart);
    const joined = await prepared(a);
    const both = bytesOf(a, joined, false) + bytesOf(b, joined, true);
    const answer = await exchange(server.url, [both]);
    assert.equal(plain(answer, joined), wanted, `${a.name}, then ${b.name}`);
  });
});

const P = "/v1/stream/refused";
const put = (fields, body = "") => `PUT ${P} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const chunked = (body) => put("Transfer-Encoding: chunked", body);
const SHAPES = {
  "Content-Length with Transfer-Encoding": put(
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "0\r\n\r\n",
  ),
  "Transfer-Encoding with Content-Length": put(
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "0\r\n\r\n",
  ),
  "two equal lengths": put("Content-Length: 0\r\nContent-Length: 0"),
  "two unlike lengths": put("Content-Length: 0\r\nContent-Length: 5"),
  "a list of lengths": put("Content-Length: 0, 0"),
  "a signed length": put("Content-Length: +0"),
  "a negative length": put("Content-Length: -1"),
  "a hexadecimal length": put("Content-Length: 0x0"),
  "an empty length": put("Content-Length: "),
  "a length beyond 64 bits": put("Content-Length: 99999999999999999999"),
  "a coding before chunked": put("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
  "chunked twice": put("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
  "chunked not last": put("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
  "an unknown coding": put("Transfer-Encoding: xchunked", "0\r\n\r\n"),
  "a chunk size that is no number": chunked("g\r\nabc\r\n0\r\n\r\n"),
  "a signed chunk size": chunked("+3\r\nabc\r\n0\r\n\r\n"),
  "a chunk size with 0x": chunked("0x3\r\nabc\r\n0\r\n\r\n"),
  "a chunk longer than its size": chunked("2\r\nabc\r\n0\r\n\r\n"),
  "a chunk size ended by a bare LF": chunked("3\nabc\r\n0\r\n\r\n"),
  "chunk data ended by a bare LF": chunked("3\r\nabc\n0\r\n\r\n"),
  "a bare LF after the request line": `PUT ${P} HTTP/1.1\nHost: a\r\n\r\n`,
  "a bare LF after a field": `PUT ${P} HTTP/1.1\r\nHost: a\nX: y\r\n\r\n`,
  "a bare CR in a field": put("X: a\rb"),
  "a NUL in a field": put("X: a\0b"),
  "obsolete folding": put("X: a\r\n b"),
  "white space before the colon": put("Content-Length : 0"),
  "a field without a colon": put("nonsense"),
  "an empty field name": put(": x"),
  "no Host": `PUT ${P} HTTP/1.1\r\nX: y\r\n\r\n`,
  "two Hosts": put("Host: b"),
  "an invalid Host": `PUT ${P} HTTP/1.1\r\nHost: a b\r\n\r\n`,
  "a Host with a path": `PUT ${P} HTTP/1.1\r\nHost: a/b\r\n\r\n`,
  "an authority target": `PUT example.com:80 HTTP/1.1\r\nHost: a\r\n\r\n`,
  "white space in the target": `PUT ${P} x HTTP/1.1\r\nHost: a\r\n\r\n`,
};
const BEHIND = "PUT /v1/stream/smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

for (const [name, bytes] of Object.entries(SHAPES)) {
  test(`${name}: one 400, a closed connection, nothing behind it is read`, async () => {
    for (const pieces of [[bytes + BEHIND], [...bytes, BEHIND]]) {
      const answer = await exchange(server.url, pieces);
      const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => match[1]);
      assert.deepEqual(statuses, ["400"], answer);
    }
    assert.equal((await fetch(`${server.url}/v1/stream/smuggled`)).status, 404);
    assert.equal((await fetch(server.url + P)).status, 404);
  });
}

test("a chunk size beyond 64 bits is a body too large, and nothing behind it is read", async () => {
  const answer = await exchange(server.url, [
    chunked("fffffffffffffffff\r\nabc\r\n0\r\n\r\n") + BEHIND,
  ]);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.equal([...answer.matchAll(/^HTTP\/1\.1 /gm)].length, 1);
});

test("CONNECT is refused and the connection closed", async () => {
  const answer = await exchange(server.url, [
    `CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n${BEHIND}`,
  ]);
  assert.match(answer, /^HTTP\/1\.1 (400|405|501) /);
  assert.equal([...answer.matchAll(/^HTTP\/1\.1 /gm)].length, 1);
});
