// The program as an operator meets it: flags, exit codes, the ready line, signals.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serverFrom } from "../conformance/server.mjs";
import { withFolder } from "./folder.mjs";
import { converse } from "./raw.mjs";
import { binary, startServer, stopServer } from "./server.mjs";

// Runs the program to its end.
async function run(...args) {
  const child = spawn(binary(), args, { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (bytes) => (said.out += bytes));
  child.stderr.on("data", (bytes) => (said.err += bytes));
  const [code] = await once(child, "close");
  return { code, ...said };
}

test("a mistake is one helpful line on standard error and exit code 2", async () => {
  const mistakes = [
    [["serve", "--memory", "--data-dir", "/x"], /leave out --data-dir/],
    [["serve", "--memory", "--prot", "1"], /unknown flag '--prot'; did you mean --port\?/],
    [["serve", "--memory", "--port", "http"], /--port: 'http' is not a number/],
    [["serve", "--memory", "--max-body", "lots"], /--max-body: 'lots' is not a size/],
    [["serv"], /unknown command 'serv'; did you mean serve\?/],
  ];
  for (const [args, wanted] of mistakes) {
    const { code, out, err } = await run(...args);
    assert.equal(code, 2, args.join(" "));
    assert.equal(out, "", args.join(" "));
    assert.match(err, wanted);
    assert.equal(err.trimEnd().split("\n").length, 1, err);
  }
});

test("without standard streams it opens none of its own files there", { timeout: 60_000 }, async ({ signal }) => {
  const script = 'exec "$0" serve --memory --port 0 <&- >&- 2>&-';
  const child = spawn("sh", ["-c", script, binary()], { stdio: "ignore" });
  const linkOf = (fd) => {
    try {
      return readlinkSync(`/proc/${child.pid}/fd/${fd}`);
    } catch {
      return undefined;
    }
  };
  try {
    const isServing = () => [3, 4, 5, 6].some((fd) => linkOf(fd)?.startsWith("socket:"));
    const isThere = () => child.exitCode === null && child.signalCode === null;
    while (!isServing() && isThere() && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual([0, 1, 2].map(linkOf), ["/dev/null", "/dev/null", "/dev/null"]);
  } finally {
    child.kill();
    await once(child, "exit");
  }
});

test("help fits a screen, version is one line, nothing asked is a mistake", async () => {
  const help = await run("--help");
  assert.equal(help.code, 0);
  assert.ok(help.out.split("\n").length <= 46);
  assert.ok(help.out.split("\n").every((line) => line.length <= 80));
  const version = await run("--version");
  assert.equal(version.code, 0);
  assert.match(version.out, /^thalweg \d+\.\d+\.\d+\n$/);
  const nothing = await run();
  assert.equal(nothing.code, 2);
  assert.equal(nothing.err, help.out);
});

test("a busy port is exit code 5 and says which", async () => {
  const server = await startServer();
  const port = new URL(server.url).port;
  try {
    const { code, out, err } = await run("serve", "--memory", "--port", port);
    assert.equal(code, 5);
    assert.equal(out, "");
    assert.match(err, new RegExp(`127\\.0\\.0\\.1:${port} is in use; .*--port`));
  } finally {
    await stopServer(server);
  }
});

test("an address that is not ours is exit code 1", async () => {
  const { code, err } = await run("serve", "--memory", "--port", "0", "--host", "192.0.2.1");
  assert.equal(code, 1);
  assert.match(err, /192\.0\.2\.1/);
});

test("the ready line names a URL that works, on IPv6 in brackets", async () => {
  const server = await startServer("--host", "::1");
  try {
    assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  } finally {
    await stopServer(server);
  }
});

test("health stands beside the streams, and a base path moves the streams only", async () => {
  const server = await startServer("--base-path", "/s", "--public-url", "https://example.com");
  try {
    for (const path of ["/healthz", "/readyz"]) {
      const answer = await fetch(server.url + path);
      assert.equal(answer.status, 200);
      assert.equal((await answer.text()).trim(), "ok");
    }
    const created = await fetch(`${server.url}/s/x`, { method: "PUT" });
    assert.equal(created.status, 201);
    assert.equal(created.headers.get("location"), "https://example.com/s/x");
    assert.equal((await fetch(`${server.url}/v1/stream/x`)).status, 404);
  } finally {
    await stopServer(server);
  }
});

test("signals that ask a server to open its files anew do nothing", async () => {
  const server = await startServer();
  for (const signal of ["SIGUSR1", "SIGUSR2"]) process.kill(server.pid, signal);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  await stopServer(server);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  test(`${signal} ends a long-poll and an SSE response properly, then exits 0`, async () => {
    const server = await startServer();
    const url = `${server.url}/v1/stream/signal`;
    await fetch(url, { method: "PUT", headers: { "content-type": "text/plain" } });
    const sse = await fetch(`${url}?offset=-1&live=sse`);
    const sseBody = sse.text();
    // Sent in one piece: when the first is answered, the long-poll has arrived.
    const path = "/v1/stream/signal";
    const poll = converse(
      server.url,
      `HEAD ${path} HTTP/1.1\r\nHost: h\r\n\r\n` +
        `GET ${path}?offset=now&live=long-poll HTTP/1.1\r\nHost: h\r\n\r\n`,
    );
    await poll.until(/^HTTP\/1\.1 200 /);
    const begun = Date.now();
    const stopped = server.stop(signal);
    const [, sseText] = await Promise.all([poll.until(/\nHTTP\/1\.1 204 /), sseBody]);
    assert.match(sseText, /event: control\ndata:.*\n\n$/);
    const end = await stopped;
    assert.deepEqual([end.code, end.signal], [0, null]);
    assert.ok(Date.now() - begun < 2000, `took ${Date.now() - begun} ms`);
  });
}

test("a SIGINT that is ignored, as in the background of a script, stays so", async () => {
  const argv = ["serve", "--memory", "--port", "0"];
  const script = 'trap "" INT; exec "$@"';
  const server = await serverFrom("sh", ["-c", script, "sh", binary(), ...argv]);
  process.kill(server.pid, "SIGINT");
  const { code, signal } = await server.stop("SIGTERM");
  assert.deepEqual([code, signal], [0, null]);
  assert.match(server.said.err, /stopping on Terminated/);
});

test("who does not read the log keeps the server neither from serving nor from its end", () =>
  withFolder(async (folder) => {
    const fifo = join(folder, "log");
    assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
    const full = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const until = (bytes) => {
      try {
        for (;;) writeSync(full, bytes);
      } catch (error) {
        assert.equal(error.code, "EAGAIN");
      }
    };
    [Buffer.alloc(4096, "x"), Buffer.from("x")].forEach(until);
    const script = 'exec "$@" 2> "$LOG"';
    const argv = ["-c", `LOG=${fifo}; ${script}`, "sh", binary(), "serve", "--memory", "--port", "0"];
    const server = await serverFrom("sh", argv);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    const { code, signal } = await server.stop("SIGTERM");
    assert.deepEqual([code, signal], [0, null]);
    closeSync(full);
  }));

// Returns once the server takes no connections any more.
async function stoppedListening(url) {
  const headers = { connection: "close" };
  while (
    await fetch(`${url}/healthz`, { headers }).then(
      (answer) => answer.text().then(() => true),
      () => false,
    )
  );
}

test("a second signal ends at once", async () => {
  const server = await startServer();
  // An upload that never ends holds the shutdown up.
  const upload = converse(
    server.url,
    "PUT /v1/stream/held HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" +
      "Expect: 100-continue\r\n\r\n",
  );
  await upload.until(/^HTTP\/1\.1 100 /);
  process.kill(server.pid, "SIGTERM");
  await stoppedListening(server.url);
  const begun = Date.now();
  const end = await server.stop(); // the second SIGTERM
  upload.end();
  assert.equal(end.code, 128 + 15);
  assert.ok(Date.now() - begun < 1000);
});

test("with --drain balancers hear of the end while requests are still answered", async () => {
  const server = await startServer("--drain", "10m");
  const ready = () => fetch(`${server.url}/readyz`);
  process.kill(server.pid, "SIGTERM");
  for (;;) {
    const answer = await ready();
    const text = (await answer.text()).trim();
    if (answer.status === 503) {
      assert.equal(text, "shutting down");
      break;
    }
  }
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.equal((await fetch(`${server.url}/v1/stream/x`, { method: "PUT" })).status, 201);
  const end = await server.stop(); // the second SIGTERM
  assert.equal(end.code, 128 + 15);

  const short = await startServer("--drain", "1ms");
  assert.equal((await short.stop()).code, 0);
});
