// What survives a kill, and what the program says when its disk or its directory is in a bad way.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { serverFrom } from "../conformance/server.mjs";
import { withFolder } from "./folder.mjs";
import { binary } from "./server.mjs";

const TEXT = { "content-type": "text/plain" };
const CLOSE = { "stream-closed": "true" };
const EXIT_CANNOT = 1;
const EXIT_FOREIGN = 3;
const EXIT_DAMAGED = 4;
const EXIT_DISK_FAILED = 74;

const serve = (data, ...flags) =>
  serverFrom(binary(), ["serve", "--data-dir", data, "--port", "0", ...flags]);

const send = (server, method, path, body, headers = TEXT) =>
  fetch(`${server.url}/v1/stream/${path}`, { method, body, headers });

const read = async (server, path) => (await fetch(`${server.url}/v1/stream/${path}`)).text();

// Runs the program until it ends by itself.
async function end(...args) {
  const child = spawn(binary(), args, { stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (bytes) => (err += bytes));
  const [code] = await once(child, "close");
  return { code, err };
}

test("what was answered is there after a kill, with its producers, closures and forks", () =>
  withFolder(async (folder) => {
    const stamp = { ...TEXT, "producer-id": "p", "producer-epoch": "0", "producer-seq": "0" };
    let server = await serve(folder);
    await send(server, "PUT", "a", "one");
    assert.equal((await send(server, "POST", "a", "two", stamp)).status, 200);
    await send(server, "POST", "a", undefined, CLOSE);
    await send(server, "PUT", "open", undefined, TEXT);
    assert.equal((await send(server, "POST", "open", "one", stamp)).status, 200);
    await send(server, "PUT", "f", undefined, { "stream-forked-from": "/v1/stream/a" });
    await send(server, "PUT", "gone", "x");
    await send(server, "DELETE", "gone");
    await server.stop("SIGKILL");
    server = await serve(folder);
    assert.equal(await read(server, "a"), "onetwo");
    assert.equal(await read(server, "f"), "onetwo");
    assert.equal((await send(server, "POST", "a", "two", stamp)).status, 409, "closed");
    const appendNext = (epoch, seq) =>
      send(server, "POST", "open", ",two", { ...stamp, "producer-epoch": epoch, "producer-seq": seq });
    assert.equal((await send(server, "POST", "open", "one", stamp)).status, 204, "a repetition");
    assert.equal((await appendNext("0", "2")).status, 409, "a gap");
    assert.equal((await appendNext("0", "1")).status, 200);
    assert.equal((await appendNext("1", "0")).status, 200);
    assert.equal((await appendNext("0", "2")).status, 403, "fenced");
    assert.equal(await read(server, "open"), "one,two,two");
    assert.equal((await send(server, "HEAD", "a")).headers.get("stream-closed"), "true");
    assert.equal((await send(server, "GET", "gone", undefined)).status, 404);
    assert.deepEqual((await server.stop()).code, 0);
  }));

// A stream of each kind whose one append is megabytes long.
const LONG = {
  text: { type: "text/plain", body: " line\r\n\nx\n".repeat(300_000) },
  json: { type: "application/json", body: JSON.stringify(Array(100_000).fill({ some: "value" })) },
  bytes: { type: "application/octet-stream", body: randomBytes(3_000_000) },
};

// What an SSE response holds from the start of a closed stream, which is one event of data.
async function follow(server, path) {
  const response = await fetch(`${server.url}/v1/stream/${path}?offset=-1&live=sse`);
  const [data, control, rest] = (await response.text()).split("\n\n");
  assert.match(control, /^event: control\ndata:.*"streamClosed":true/);
  assert.equal(rest, "");
  const [name, ...lines] = data.split("\n");
  assert.equal(name, "event: data");
  return lines.map((line) => line.replace(/^data: ?/, "")).join("\n");
}

async function followLong(server) {
  assert.ok((await follow(server, "text")) === LONG.text.body.replaceAll("\r\n", "\n"));
  assert.ok((await follow(server, "json")) === LONG.json.body);
  assert.ok((await follow(server, "bytes")) === LONG.bytes.body.toString("base64"));
}

test("an append of megabytes comes by SSE as it was, from memory and from the disk", () =>
  withFolder(async (folder) => {
    let server = await serve(folder);
    for (const [path, { type, body }] of Object.entries(LONG)) {
      const headers = { "content-type": type };
      await send(server, "PUT", path, undefined, headers);
      const closing = { ...headers, "stream-closed": "true" };
      assert.equal((await send(server, "POST", path, body, closing)).status, 204);
    }
    await followLong(server);
    await server.stop();
    server = await serve(folder);
    await followLong(server);
    assert.deepEqual((await server.stop()).code, 0);
  }));

test("a signal ends a start that takes long, and the next start finds all", (t) =>
  withFolder(async (folder) => {
    let server = await serve(folder);
    await send(server, "PUT", "a", "one");
    await server.stop("SIGKILL");
    const stuck = join(folder, "log", "00000000000000ff.log");
    execFileSync("mkfifo", [stuck]); // the recovery waits for somebody to write
    for (const signal of ["SIGTERM", "SIGINT"]) {
      const child = spawn(binary(), ["serve", "--data-dir", folder, "--port", "0"]);
      t.after(() => child.kill("SIGKILL"));
      let err = "";
      child.stderr.on("data", (bytes) => (err += bytes));
      while (!takesSignals(child)) await new Promise((resolve) => setImmediate(resolve));
      child.kill(signal);
      const soon = { signal: AbortSignal.timeout(20_000) };
      assert.deepEqual(await once(child, "close", soon), [0, null]);
      assert.match(err, /stopped on .* before the start was over/);
    }
    rmSync(stuck);
    server = await serve(folder);
    assert.equal(await read(server, "a"), "one");
    assert.equal((await server.stop()).code, 0);
  }));

// Whether `child` has begun to take signals by itself; they end it as they usually do before.
// Whoever makes a thread blocks all signals for a moment.
function takesSignals(child) {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const blocked = BigInt(`0x${status.match(/^SigBlk:\s*(\w+)$/m)[1]}`);
  const blocks = (number) => ((blocked >> BigInt(number - 1)) & 1n) === 1n;
  return blocks(constants.signals.SIGTERM) && !blocks(constants.signals.SIGUSR1);
}

test("a directory serves one process", () =>
  withFolder(async (folder) => {
    const server = await serve(folder);
    const second = await end("serve", "--data-dir", folder, "--port", "0");
    assert.equal(second.code, EXIT_FOREIGN);
    assert.match(second.err, /^thalweg: data directory .*: is in use by another process, or .*\n$/);
    await server.stop();
  }));

test("damage before what was answered later is refused and names the place", () =>
  withFolder(async (folder) => {
    const server = await serve(folder);
    await send(server, "PUT", "a", "one");
    for (let i = 0; i < 5; ++i) await send(server, "POST", "a", "two");
    await server.stop("SIGKILL");
    const file = join(folder, "log", readdirSync(join(folder, "log")).sort()[0]);
    const size = statSync(file).size;
    const opened = openSync(file, "r+");
    writeSync(opened, "damage", 2 * 4096 + 60); // inside the second block
    closeSync(opened);
    const refused = await end("serve", "--data-dir", folder, "--port", "0");
    assert.equal(refused.code, EXIT_DAMAGED, refused.err);
    assert.match(refused.err, /log\/0000000000000001\.log at byte 8192/);
    assert.equal(statSync(file).size, size, "nothing was cut");
  }));

test("a disk that fails ends the program with 74 and acknowledges nothing", () =>
  withFolder(async (folder) => {
    const server = await serve(folder, "--log-file", "1MiB");
    await send(server, "PUT", "a", "one");
    execFileSync("prlimit", ["--pid", `${server.pid}`, "--fsize=65536"]);
    const answers = [];
    const body = "x".repeat(40_000);
    for (let i = 0; i < 40; ++i) {
      const answer = await send(server, "POST", "a", body).catch(() => undefined);
      if (!answer) break;
      answers.push(answer.status);
    }
    assert.ok(answers.length < 40, "the server went on");
    assert.ok(answers.every((status) => status === 204));
    const ended = await server.stop();
    assert.equal(ended.code, EXIT_DISK_FAILED);
    assert.match(server.said.err, /the disk failed: .*File too large/);
    const again = await serve(folder);
    assert.equal(await read(again, "a"), "one" + body.repeat(answers.length));
    await again.stop();
  }));

// A file system of its own, where the machine lets us have one.
function mount(folder, type, ...options) {
  try {
    execFileSync("mount", ["-t", type, ...options, type, folder]);
    return true;
  } catch {
    return false;
  }
}

const mountSmall = (folder) => mount(folder, "tmpfs", "-o", `size=${64 << 20}`);

const fullDisk = (t, ...flags) =>
  withFolder(async (folder) => {
    if (!mountSmall(folder)) return t.skip("no right to mount a tmpfs");
    const server = await serve(join(folder, "data"), "--log-file", "256KiB", ...flags);
    let ended;
    try {
      await fillAndFree(server, join(folder, "ballast"));
    } finally {
      ended = await server.stop();
      execFileSync("umount", [folder]);
    }
    assert.equal(ended.code, 0);
    assert.match(server.said.err, /the log has no room for more: .*No space left on device/);
    assert.match(server.said.err, /the log has room again/);
  });

test("a full disk refuses appends with 507 and heals by itself, 20 times", (t) => fullDisk(t));

test("a full disk that checkpoints meet first heals by itself, too", (t) =>
  fullDisk(t, "--checkpoint-log", "64KiB", "--checkpoint-age", "20ms"));

// Deletes one stream after the other until one is refused; the statuses, of which those of deletes
// that the server lets wait are still to come.
async function deleteUntilRefused(server, ballast, names) {
  const answers = [];
  for (const name of names) {
    fill(ballast); // again, for what checkpoints gave back meanwhile
    const answer = send(server, "DELETE", name).then(({ status }) => status);
    answers.push(answer);
    const status = await Promise.race([answer, delay(1000)]); // one that waits is left waiting
    if (status === 507) return answers;
    assert.ok(status === 204 || status === undefined, `${name}: ${status}`);
  }
  assert.fail("there was room for all of them");
}

const FOR_LONG_BODIES = ["--max-body", "64MiB", "--max-bodies", "256MiB", "--tail-memory", "256MiB"];

test("long appends that have no space are refused and not waited for, nor is anybody else", (t) =>
  withFolder(async (folder) => {
    if (!mountSmall(folder)) return t.skip("no right to mount a tmpfs");
    let server;
    try {
      server = await serve(join(folder, "data"), "--log-file", "1MiB", ...FOR_LONG_BODIES);
      const body = "x".repeat(14 << 20);
      for (const name of ["a", "closing", "going"]) await send(server, "PUT", name);
      const append = () => send(server, "POST", "a", body).then(({ status }) => status);
      const answers = Promise.all([
        ...Array.from({ length: 8 }, append),
        send(server, "POST", "closing", undefined, CLOSE).then(({ status }) => status),
        send(server, "DELETE", "going").then(({ status }) => status),
      ]);
      const statuses = await Promise.race([answers, delay(30_000, [], { ref: false })]);
      assert.equal(statuses.length, 10, "some were not answered");
      assert.deepEqual(statuses.splice(-2), [204, 204], "to close and to delete takes no space");
      assert.deepEqual(new Set(statuses), new Set([204, 507]));
      const taken = statuses.filter((status) => status === 204).length;
      assert.equal(await tailOf(server, "a"), taken * body.length);
      assert.equal((await server.stop()).code, 0);
    } finally {
      await server?.stop("SIGKILL"); // else it would keep the mount
      execFileSync("umount", [folder]);
    }
  }));

test("where not even a delete has room, what needs none is answered, and so are later deletes", (t) =>
  withFolder(async (folder) => {
    if (!mountSmall(folder)) return t.skip("no right to mount a tmpfs");
    const ballast = join(folder, "ballast");
    const server = await serve(join(folder, "data"), "--log-file", "64KiB", "--threads", "1");
    try {
      const names = Array.from({ length: 400 }, (_, i) => `s${i}`);
      await send(server, "PUT", "a", "one");
      await Promise.all(names.map((name) => send(server, "PUT", name)));
      const answers = await deleteUntilRefused(server, ballast, names);
      assert.equal((await send(server, "HEAD", "a")).status, 200);
      assert.equal(await read(server, "a"), "one");
      assert.equal((await send(server, "POST", "a", "two")).status, 507);
      assert.equal((await send(server, "POST", "a", undefined, CLOSE)).status, 507);
      rmSync(ballast);
      const statuses = await Promise.all(answers);
      assert.equal(statuses.pop(), 507);
      assert.deepEqual(new Set(statuses), new Set([204]), "those that waited, too");
      const refused = names[statuses.length];
      while ((await send(server, "DELETE", refused)).status === 507) await delay(10);
      assert.equal((await send(server, "HEAD", refused)).status, 404);
    } finally {
      await server.stop();
      execFileSync("umount", [folder]);
    }
  }));

test("a restored directory that has no space for the catalog's lock says so", (t) =>
  withFolder(async (folder) => {
    if (!mountSmall(folder)) return t.skip("no right to mount a tmpfs");
    try {
      const data = join(folder, "data");
      const ballast = join(folder, "ballast");
      let server = await serve(data, "--log-file", "256KiB");
      await send(server, "PUT", "a", "one");
      assert.equal((await server.stop()).code, 0);
      rmSync(join(data, "catalog", "lock.mdb")); // a backup has none
      fill(ballast);
      const full = await end("serve", "--data-dir", data, "--port", "0");
      assert.equal(full.code, EXIT_CANNOT, full.err);
      assert.match(full.err, /catalog: allocate 65536 bytes for lock\.mdb: No space left on device/);
      rmSync(ballast);
      server = await serve(data);
      assert.equal(await read(server, "a"), "one");
      assert.equal((await server.stop()).code, 0);
    } finally {
      execFileSync("umount", [folder]);
    }
  }));

// ramfs has neither.
test("a file system without direct writes and without allocation keeps what was answered", (t) =>
  withFolder(async (folder) => {
    if (!mount(folder, "ramfs")) return t.skip("no right to mount a ramfs");
    try {
      const data = join(folder, "data");
      const flags = ["--log-file", "256KiB", "--checkpoint-log", "256KiB"];
      let server = await serve(data, ...flags);
      await send(server, "PUT", "a");
      let answered = "";
      for (let i = 0; i < 200; ++i) {
        const body = `${i};`.padEnd(5000, "x");
        assert.equal((await send(server, "POST", "a", body)).status, 204);
        answered += body;
      }
      await server.stop("SIGKILL");
      server = await serve(data, ...flags);
      assert.equal(await read(server, "a"), answered);
      assert.equal((await server.stop()).code, 0);
    } finally {
      execFileSync("umount", [folder]);
    }
  }));

async function fillAndFree(server, ballast) {
  await send(server, "PUT", "a");
  await send(server, "PUT", "closing");
  const body = "x".repeat(10_000);
  let taken = 0;
  for (let cycle = 0; cycle < 20; ++cycle) {
    let status = 204;
    let began = 0;
    let delayed = 0;
    for (let i = 0; i < 200 && status === 204; ++i) {
      fill(ballast); // again, for what checkpoints and merges gave back meanwhile
      delayed = delayedMs(server);
      began = performance.now();
      status = (await send(server, "POST", "a", body)).status;
      if (status === 204) taken += 1;
    }
    assert.equal(status, 507);
    const took = performance.now() - began;
    assert.ok(took - (delayedMs(server) - delayed) < 100, `the refusal took ${took} ms`);
    assert.equal((await send(server, "GET", "a")).status, 200);
    assert.equal(await tailOf(server, "a"), taken * body.length);
    rmSync(ballast);
    const freed = performance.now();
    while (performance.now() - freed < 1000 && status !== 204) {
      status = (await send(server, "POST", "a", body)).status;
    }
    assert.equal(status, 204, "appends did not come back within a second");
    taken += 1;
  }
  assert.equal(
    (await send(server, "POST", "closing", undefined, { "stream-closed": "true" })).status,
    204,
  );
}

// How long threads of the server and of this process could run, yet others had the processors.
function delayedMs(server) {
  let ms = 0;
  for (const pid of [server.pid, process.pid]) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        const [, waitedNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
        ms += Number(waitedNs) / 1e6;
      } catch {
        // It has ended, or the system does not count: then the machine has delayed nothing.
      }
    }
  }
  return ms;
}

async function tailOf(server, path) {
  const offset = (await send(server, "HEAD", path)).headers.get("stream-next-offset");
  return Number(offset.split("_")[1]);
}

// Takes all the space there is, beside what it took before.
function fill(path) {
  const file = openSync(path, "a");
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    assert.equal(error.code, "ENOSPC");
  } finally {
    closeSync(file);
  }
}
