// What browsers and curl rely on: preflights, exposed headers, codings by q-value.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startServer, stopServer } from "./server.mjs";

const execute = promisify(execFile);
const TEXT = "the deepest line of the river\n".repeat(200);

let server;
let url;
before(async () => {
  server = await startServer();
  url = `${server.url}/v1/stream/browser`;
  await curl("-X", "PUT", "-H", "Content-Type: text/plain", "--data-binary", TEXT, url);
});
after(() => stopServer(server));

// The head and the body of curl's last answer.
async function curl(...args) {
  const { stdout } = await execute("curl", ["-sS", "-i", "--max-time", "10", ...args], {
    encoding: "latin1",
  });
  const end = stdout.indexOf("\r\n\r\n");
  const [line, ...fields] = stdout.slice(0, end).split("\r\n");
  const headers = {};
  for (const field of fields)
    headers[field.slice(0, field.indexOf(":")).toLowerCase()] = field
      .slice(field.indexOf(":") + 1)
      .trim();
  return { status: Number(line.split(" ")[1]), headers, body: stdout.slice(end + 4) };
}

const listOf = (value) => value.toLowerCase().split(/\s*,\s*/);

test("a preflight allows every method and field of the protocol", async () => {
  const { status, headers, body } = await curl(
    "-X",
    "OPTIONS",
    "-H",
    "Origin: https://app.example",
    "-H",
    "Access-Control-Request-Method: PUT",
    "-H",
    "Access-Control-Request-Headers: stream-seq",
    url,
  );
  assert.equal(status, 204);
  assert.equal(body, "");
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.ok(Number(headers["access-control-max-age"]) > 0);
  for (const method of ["get", "head", "put", "post", "delete"]) {
    assert.ok(listOf(headers["access-control-allow-methods"]).includes(method), method);
  }
  for (const name of [
    "content-type",
    "if-none-match",
    "authorization",
    "stream-seq",
    "stream-ttl",
    "stream-expires-at",
    "stream-closed",
    "producer-id",
    "producer-epoch",
    "producer-seq",
    "stream-forked-from",
    "stream-fork-offset",
    "stream-fork-sub-offset",
  ]) {
    assert.ok(listOf(headers["access-control-allow-headers"]).includes(name), name);
  }
});

test("answers, errors too, expose the protocol's fields and carry guards", async () => {
  for (const target of [url, `${url}-missing`]) {
    const { headers } = await curl(target);
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cross-origin-resource-policy"], "cross-origin");
    for (const name of [
      "stream-next-offset",
      "stream-cursor",
      "stream-up-to-date",
      "stream-closed",
      "etag",
      "location",
      "stream-sse-data-encoding",
      "producer-epoch",
      "producer-expected-seq",
      "producer-received-seq",
      "retry-after",
    ]) {
      assert.ok(listOf(headers["access-control-expose-headers"]).includes(name), name);
    }
  }
});

test("--no-cors leaves the lists out and the guards in", async () => {
  const other = await startServer("--no-cors");
  try {
    const { headers } = await curl(`${other.url}/v1/stream/x`);
    assert.equal(headers["access-control-allow-origin"], undefined);
    assert.equal(headers["x-content-type-options"], "nosniff");
  } finally {
    await stopServer(other);
  }
});

const CODINGS = [
  ["gzip", "gzip"],
  ["deflate", "deflate"],
  ["zstd", "zstd"],
  ["gzip;q=0", undefined],
  ["gzip;q=0.1, deflate;q=0.9", "deflate"],
  ["deflate;q=0.1, gzip;q=0.9", "gzip"],
  ["identity", undefined],
  ["br", undefined],
  ["gzip;q=0, *;q=0", undefined],
  ["GZIP", "gzip"],
];
for (const [accepted, coding] of CODINGS) {
  test(`Accept-Encoding: ${accepted} is answered ${coding ?? "as it is"}`, async () => {
    const { status, headers, body } = await curl("-H", `Accept-Encoding: ${accepted}`, url);
    assert.equal(status, 200);
    assert.equal(headers["content-encoding"], coding);
    assert.match(headers.vary, /accept-encoding/i);
    assert.equal(Number(headers["content-length"]), body.length);
    if (coding === undefined) assert.equal(body, TEXT);
    else assert.ok(body.length < TEXT.length / 4);
  });
}

const hasZstd = await execute("zstd", ["--version"]).then(
  () => true,
  () => false,
);

test(
  "what zstd compressed is the text again",
  { skip: !hasZstd && "the program zstd is not installed" },
  async () => {
    const { stdout } = await execute("sh", [
      "-c",
      `curl -sS -H 'Accept-Encoding: zstd' '${url}' | zstd -dc`,
    ]);
    assert.equal(stdout, TEXT);
  },
);

test("what was compressed is the text again, under a tag of its own", async () => {
  const tags = new Set();
  for (const [coding, command] of [
    ["gzip", "gzip -dc"],
    ["identity", "cat"],
  ]) {
    const { stdout } = await execute("sh", [
      "-c",
      `curl -sS -H 'Accept-Encoding: ${coding}' '${url}' | ${command}`,
    ]);
    assert.equal(stdout, TEXT, coding);
    tags.add((await curl("-H", `Accept-Encoding: ${coding}`, url)).headers.etag);
  }
  assert.equal(tags.size, 2);
});

test("a tag validates in any of its codings", async () => {
  for (const coding of ["gzip", "identity"]) {
    const { headers } = await curl("-H", `Accept-Encoding: ${coding}`, url);
    const again = await curl(
      "-H",
      `Accept-Encoding: ${coding}`,
      "-H",
      `If-None-Match: "other", ${headers.etag}`,
      url,
    );
    assert.equal(again.status, 304, coding);
    assert.equal(again.body, "");
  }
});
