// What an operator does beside serving: verify, dump, backup and restore.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { serverFrom } from "../conformance/server.mjs";
import { withFolder } from "./folder.mjs";
import { binary } from "./server.mjs";

const TEXT = { "content-type": "text/plain" };
const CANNOT = 1;
const FOREIGN = 3;
const DAMAGED = 4;
const CUT = "thalweg: cannot write all of the output: No space left on device\n";

const serve = (data, ...more) =>
  serverFrom(binary(), [
    ...["serve", "--data-dir", data, "--port", "0", "--log-file", "64KiB"],
    ...more,
  ]);

// So that next to nothing stays in the log alone.
const BUSY = ["--checkpoint-log", "1KiB", "--checkpoint-age", "5ms"];

function damage(file, at) {
  const opened = openSync(file, "r+");
  writeSync(opened, "damage", at);
  closeSync(opened);
}

const send = (server, method, path, body, headers = TEXT) =>
  fetch(`${server.url}/v1/stream/${path}`, { method, body, headers });

const read = async (server, path) => (await fetch(`${server.url}/v1/stream/${path}`)).text();

const run = (...args) => runProgram(binary(), args);

async function runProgram(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (bytes) => (said.out += bytes));
  child.stderr.on("data", (bytes) => (said.err += bytes));
  const [code] = await once(child, "close");
  return { code, ...said };
}

test("a backup of a running server is renewed, verified, restored and served", () =>
  withFolder(async (folder) => {
    const [data, target, restored] = ["data", "target", "restored"].map((n) => join(folder, n));
    const server = await serve(data);
    await send(server, "PUT", "a", "one");
    const first = await run("backup", data, target);
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /up to record 1;/);

    let writing = true;
    let answered = 0;
    const body = "x".repeat(5000);
    const writer = (async () => {
      for (; writing; ++answered) assert.equal((await send(server, "POST", "a", body)).status, 204);
    })();
    while (answered < 30) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = answered;
    const second = await run("backup", data, target);
    writing = false;
    await writer;
    assert.equal(second.code, 0, second.err);

    cpSync(target, restored, { recursive: true });
    const verified = await run("verify", restored);
    assert.equal(verified.code, 0, verified.out + verified.err);
    const again = await serve(restored);
    const got = await read(again, "a");
    assert.ok(got.length >= 3 + before * body.length, "what was answered before is not there");
    assert.ok((await read(server, "a")).startsWith(got));
    assert.equal((await send(again, "POST", "a", "more")).status, 204);
    await again.stop();
    const apart = await run("backup", data, restored);
    assert.equal(apart.code, FOREIGN, "it has gone its own way");
    await server.stop();
  }));

test("a backup keeps up with a server that checkpoints and merges all the time", () =>
  withFolder(async (folder) => {
    const [data, target, restored] = ["data", "target", "restored"].map((n) => join(folder, n));
    const server = await serve(data, ...BUSY);
    const answered = new Map();
    let writing = true;
    const writer = async (name) => {
      await send(server, "PUT", name);
      for (let n = 0; writing; ++n) {
        assert.equal((await send(server, "POST", name, `${n},`)).status, 204);
        answered.set(name, n);
      }
    };
    const writers = ["a", "b", "c"].map(writer);
    for (let round = 0; round < 4; ++round) {
      const lap = 100 * (round + 1);
      while (answered.size < 3 || Math.min(...answered.values()) < lap) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const before = new Map(answered);
      const backup = await run("backup", data, target);
      assert.equal(backup.code, 0, backup.err);
      const verified = await run("verify", target);
      assert.equal(verified.code, 0, verified.out + verified.err);
      cpSync(target, restored, { recursive: true });
      const again = await serve(restored);
      for (const [name, last] of before) {
        const numbers = (await read(again, name)).split(",").slice(0, -1).map(Number);
        assert.ok(numbers.length > last, `${name} has ${numbers.length} of ${last + 1}`);
        assert.deepEqual(numbers, [...numbers.keys()], "each once, in order");
      }
      await again.stop();
      rmSync(restored, { recursive: true });
    }
    writing = false;
    await Promise.all(writers);
    await server.stop();
    assert.match((await run("verify", data)).out, /checkpoint is at record/);
  }));

test("a damaged segment fails the reads of its streams with a 500, and nothing else", () =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    const first = await serve(data);
    await send(first, "PUT", "a", "x".repeat(100_000));
    await send(first, "PUT", "b", "y".repeat(100_000));
    await first.stop();
    const name = readdirSync(join(data, "segments"))[0];
    damage(join(data, "segments", name), 50_000);
    const server = await serve(data);
    const refused = await send(server, "GET", "a");
    assert.equal(refused.status, 500);
    assert.match((await refused.json()).code, /stream-unreadable/);
    assert.equal(await read(server, "b"), "y".repeat(100_000));
    assert.equal((await send(server, "POST", "b", "more")).status, 204);
    assert.equal((await send(server, "POST", "a", "more")).status, 204, "its tail is readable");
    await server.stop();
    const damaged = await run("verify", data);
    assert.equal(damaged.code, DAMAGED);
    assert.match(damaged.out, new RegExp(`^damage: segments/${name} `, "m"));
    assert.equal((await run("backup", data, join(folder, "target"))).code, DAMAGED);
    truncateSync(join(data, "segments", name), 60_000);
    const cut = await run("backup", data, join(folder, "other"));
    assert.equal(cut.code, DAMAGED);
    assert.match(cut.err, new RegExp(`segments/${name} at byte 60000: it ends here`));
  }));

test("a start that one damaged stream stops goes on without it once it is removed", () =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    const first = await serve(data);
    await send(first, "PUT", "a", "x".repeat(100_000));
    await send(first, "PUT", "b", "y".repeat(100_000));
    await first.stop();
    const killed = await serve(data);
    for (const name of ["a", "b"]) assert.equal((await send(killed, "POST", name, "!")).status, 204);
    await killed.stop("SIGKILL");
    const segment = join(data, "segments", readdirSync(join(data, "segments"))[0]);
    damage(segment, 64 + 100_000); // the tables behind the bytes of the first stream
    const refused = await run("serve", "--data-dir", data, "--port", "0");
    assert.equal(refused.code, DAMAGED);
    assert.match(refused.err, /its stream at \S*a cannot be read: .* thalweg repair can remove/);
    const before = readFileSync(segment);
    const listed = await run("repair", data);
    assert.equal(listed.code, DAMAGED);
    assert.match(listed.out, /^unreadable: stream 1 at \S*a: segments\/\S+ fails its checksum at byte 100064\n/);
    assert.match(listed.out, /1 to be removed by `thalweg repair \S+ --remove`/);
    assert.deepEqual(readFileSync(segment), before, "it only lists");
    const hindered = await runProgram("prlimit", ["--fsize=4096", "--", binary(), "repair", data, "--remove"]);
    assert.equal(hindered.code, DAMAGED, "nothing can be written");
    assert.match(hindered.err, /File too large[^]*they are all there still/);
    const repaired = await run("repair", data, "--remove");
    assert.equal(repaired.code, 0, repaired.err);
    assert.match(repaired.out, /^removed: stream 1 at \S*a: .*\n.*: removed 1; a server starts/);
    const again = await run("repair", data);
    assert.equal(again.code, 0);
    assert.match(again.out, /no stream is unreadable/);
    const server = await serve(data);
    assert.equal((await send(server, "GET", "a")).status, 404);
    assert.equal(await read(server, "b"), "y".repeat(100_000) + "!");
    assert.equal((await send(server, "PUT", "a", "anew")).status, 201);
    assert.equal((await run("repair", data)).code, FOREIGN, "somebody serves from it");
    await server.stop();
  }));

test("a lost catalog is told, not made anew", () =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    const first = await serve(data);
    await send(first, "PUT", "a", "text");
    await first.stop();
    const target = join(folder, "target");
    assert.equal((await run("backup", data, target)).code, 0);
    rmSync(join(data, "catalog", "data.mdb"));
    const refused = await run("serve", "--data-dir", data, "--port", "0");
    assert.equal(refused.code, DAMAGED);
    assert.match(refused.err, /catalog\/data\.mdb is missing, yet segments\/ holds/);
    assert.equal((await run("verify", data)).code, DAMAGED);
    const renew = async (want) => {
      const renewal = await run("backup", data, target);
      assert.equal(renewal.code, DAMAGED, renewal.out);
      assert.match(renewal.err, want);
      assert.equal((await run("verify", target)).code, 0, "the backup is as good as it was");
    };
    await renew(/catalog\/data\.mdb is missing, yet segments\/ holds/);
    for (const name of readdirSync(join(data, "segments"))) rmSync(join(data, "segments", name));
    await renew(/catalog\/data\.mdb is missing, yet the target has one/);
  }));

test("where the catalog's head is damaged, verify looks at all else and says nothing false of it", () =>
  withFolder(async (folder) => {
    const [data, target] = ["data", "target"].map((n) => join(folder, n));
    const server = await serve(data, ...BUSY);
    for (const body of ["x", "y", "z"]) await send(server, "PUT", body, body.repeat(100_000));
    await server.stop();
    assert.equal((await run("backup", data, target)).code, 0);
    const file = join(target, "catalog", "data.mdb");
    const pages = readFileSync(file); // compact: the row stands there once
    pages[pages.lastIndexOf("head") + 14] ^= 1;
    writeFileSync(file, pages);
    const damages = async () => (await run("verify", target)).out.match(/^damage: .*$/gm);
    const [head, ...more] = await damages();
    assert.match(head, /damage in the table meta at /);
    assert.deepEqual(more, []);
    assert.doesNotMatch((await run("verify", target)).out, /left over/);
    const segments = readdirSync(join(target, "segments"));
    truncateSync(join(target, "segments", segments[0]), 50_000);
    const [, segment] = await damages();
    assert.match(segment, new RegExp(`segments/${segments[0]} `));
  }));

// LMDB follows what a page says to where the file has ended.
test("what LMDB cannot walk is told as damage", () =>
  withFolder(async (folder) => {
    const [data, target] = ["data", "target"].map((n) => join(folder, n));
    const server = await serve(data);
    await send(server, "PUT", "a", "text");
    await server.stop();
    assert.equal((await run("backup", data, target)).code, 0);
    const PAGE = 4096;
    const LEAF = 2;
    const file = join(target, "catalog", "data.mdb"); // compact: nothing stands behind its pages
    const pages = readFileSync(file);
    const opened = openSync(file, "r+");
    for (let page = 2 * PAGE; page < pages.length; page += PAGE) {
      const rowAt = page + 16;
      if (pages.readUInt16LE(page + 10) === LEAF) writeSync(opened, "\xfe\xff", rowAt, "latin1");
    }
    closeSync(opened);
    for (const command of ["verify", "dump"]) {
      const told = await run(command, target);
      assert.equal(told.code, DAMAGED);
      assert.match(told.err, /data\.mdb is damaged, or .* Restore the directory from a backup\n$/);
    }
    const copied = await run("backup", target, join(folder, "other"));
    assert.equal(copied.code, DAMAGED);
    assert.match(copied.err, /is damaged/);
  }));

test("a server that a memory fault ends says what to do", () =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    const server = await serve(data);
    const end = await server.stop("SIGSEGV");
    assert.equal(end.signal, "SIGSEGV");
    assert.match(server.said.err, /start it again\. .* `thalweg verify .*data` says whether/);
    assert.equal((await run("verify", data)).code, 0);
  }));

test("a backup goes to no directory that holds something else", () =>
  withFolder(async (folder) => {
    const [data, other] = ["data", "other"].map((name) => join(folder, name));
    for (const path of [data, other]) await (await serve(path)).stop();
    const refused = await run("backup", data, other);
    assert.equal(refused.code, FOREIGN);
    assert.match(refused.err, /holds another data directory/);
    assert.equal((await run("backup", join(folder, "none"), other)).code, CANNOT);
    const [empty, target] = ["empty", "target"].map((name) => join(folder, name));
    mkdirSync(empty);
    assert.equal((await run("backup", empty, target)).code, FOREIGN);
    assert.equal(existsSync(target), false);
  }));

test("a backup by somebody who may only read names the file that has to be written", (t) =>
  withFolder(async (folder) => {
    if (process.getuid() !== 0) return t.skip("no right to run as somebody else");
    const data = join(folder, "data");
    const server = await serve(data);
    chmodSync(folder, 0o777);
    for (const path of [data, join(data, "catalog")]) chmodSync(path, 0o755);
    for (const name of readdirSync(join(data, "catalog"))) {
      chmodSync(join(data, "catalog", name), 0o644);
    }
    const target = join(folder, "target");
    const program = join(folder, "thalweg"); // where it is built, not everybody may look
    copyFileSync(binary(), program);
    const nobody = ["--reuid=65534", "--clear-groups", program];
    const refused = await runProgram("setpriv", [...nobody, "backup", data, target]);
    assert.equal(refused.code, CANNOT);
    assert.match(refused.err, /catalog\/lock\.mdb: write, as .*: Permission denied\n$/);
    assert.equal((await server.stop()).code, 0);
  }));

test("a start that fails for rights or damage says what to do", (t) =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    await (await serve(data)).stop();
    const argv = ["serve", "--port", "0", "--data-dir", data];
    if (process.getuid() === 0) {
      chmodSync(folder, 0o755);
      const program = join(folder, "thalweg"); // where it is built, not everybody may look
      copyFileSync(binary(), program);
      const nobodys = ["--reuid=65534", "--clear-groups", program, "serve", "--data-dir"];
      const empty = join(folder, "empty");
      mkdirSync(empty);
      const denied = await runProgram("setpriv", [...nobodys, empty]);
      assert.equal(denied.code, CANNOT);
      assert.ok(denied.err.endsWith(`this is user 65534: let all of ${empty} be that one's\n`));
      for (const mode of [0o700, 0o755]) {
        chmodSync(data, mode); // at first even whose `identity` is cannot be seen
        const nobody = ["--reuid=65534", "--clear-groups", program, ...argv];
        const refused = await runProgram("setpriv", nobody);
        assert.equal(refused.code, CANNOT);
        assert.match(refused.err, /Permission denied; this is user 65534: serve as user 0, and/);
        assert.ok(refused.err.endsWith(`(chown -R 0 ${data})\n`), refused.err);
      }
    } else {
      t.diagnostic("no right to run as somebody else");
    }
    truncateSync(join(data, "catalog", "data.mdb"));
    const damaged = await runProgram(binary(), argv);
    assert.equal(damaged.code, DAMAGED);
    assert.match(damaged.err, /empty; `thalweg verify .*` says what is damaged; restore a backup\n$/);
  }));

test("a backup through a read-only mount reads the catalog only where nobody writes it", (t) =>
  withFolder(async (folder) => {
    const [data, mount] = [join(folder, "data"), join(folder, "mount")];
    const server = await serve(data);
    await send(server, "PUT", "a", "one");
    mkdirSync(mount);
    const script = 'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && shift 2 && exec "$@"';
    const backup = (target) =>
      runProgram("unshare", [
        ...["--mount", "sh", "-c", script, "sh", data, mount],
        ...[binary(), "backup", mount, join(folder, target)],
      ]);
    const beside = await backup("beside");
    if (/unshare|mount:/.test(beside.err)) return t.skip("no right to mount");
    assert.equal(beside.code, FOREIGN, beside.err);
    assert.match(beside.err, /in use by another process; beside a server .*lock\.mdb\n$/);
    await server.stop();
    const alone = await backup("alone");
    assert.equal(alone.code, 0, alone.err);
    assert.equal((await run("verify", join(folder, "alone"))).code, 0);
  }));

test("verify and dump look at a directory at rest, and say what is damaged", () =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    const server = await serve(data);
    await send(server, "PUT", "a", "one");
    await send(server, "POST", "a", "two");
    await send(server, "PUT", "b/c", "three");
    await send(server, "PUT", "/a", "four"); // its URL has "//"
    for (const command of ["verify", "dump"]) {
      const busy = await run(command, data);
      assert.equal(busy.code, FOREIGN);
      assert.match(busy.err, /in use by another process/);
    }
    await server.stop();
    const file = join(data, "log", "0000000000000001.log");
    const bytes = readFileSync(file);
    const whole = await run("verify", data);
    assert.equal(whole.code, 0, whole.out);
    assert.match(whole.out, /^streams: 3$/m);
    const all = await run("dump", data);
    assert.equal(all.code, 0);
    assert.deepEqual(all.out.match(/^"[^"]*"/gm), ['"//a"', '"a"', '"b/c"']);
    const listed = await run("dump", data, "--stream", "//a");
    assert.match(listed.out, /^stored of stream 3 .* "four"\n/);
    const one = await run("dump", data, "--stream", "a");
    assert.match(one.out, /^stored of stream 1 .* "one"\nstored of stream 1 .* "two"\n/);
    const none = await run("dump", data, "--stream", "/v1/stream/a");
    assert.deepEqual([none.code, none.out], [CANNOT, ""]);
    assert.match(none.err, /^thalweg: .*: no stream is at "v1\/stream\/a", .* the base path/);
    assert.ok(bytes.equals(readFileSync(file)), "something was written");
    const full = openSync("/dev/full", "w");
    for (const words of [["verify", data], ["dump", data], ["--version"]]) {
      const cut = spawnSync(binary(), words, { stdio: ["ignore", full, "pipe"], encoding: "utf8" });
      assert.deepEqual([cut.status, cut.stderr], [CANNOT, CUT], words[0]);
    }
    closeSync(full);

    const opened = openSync(file, "r+");
    writeSync(opened, "damage", 4096 + 60);
    closeSync(opened);
    const damaged = await run("verify", data);
    assert.equal(damaged.code, DAMAGED);
    assert.match(damaged.out, /^damage: log\/0000000000000001\.log at byte 4096: /m);
    assert.equal((await run("dump", data)).code, DAMAGED);
  }));

// What was written once is read, shown and served for ever after.
async function golden(name, reads) {
  await withFolder(async (folder) => {
    const golden = new URL("../golden/", import.meta.url).pathname;
    const data = join(folder, "data");
    cpSync(join(golden, name), data, { recursive: true });
    // Empty directories are not kept with the sources.
    for (const part of ["segments", "catalog", "quarantine"]) {
      mkdirSync(join(data, part), { recursive: true });
    }
    const verified = await run("verify", data);
    assert.equal(verified.code, 0, verified.out + verified.err);
    const dumped = await run("dump", data);
    assert.equal(dumped.out, readFileSync(join(golden, `${name}.dump`), "utf8"));
    const server = await serve(data);
    for (const [path, text] of Object.entries(reads)) {
      assert.equal(await read(server, path), text, path);
    }
    assert.equal((await send(server, "GET", "gone")).status, 404);
    assert.equal((await send(server, "POST", "a", "more")).status, 204);
    assert.equal(await read(server, "a"), `${reads.a}more`);
    await server.stop();
    assert.equal((await run("verify", data)).code, 0);
  });
}

test("a directory of format 1 without a checkpoint", () =>
  golden("directory-v1", { a: "onetwo", fork: "onetwoend", json: '[1,{"b":2}]' }));

test("a directory of format 1 with a catalog, segments of several levels, and a log", () =>
  golden("checkpointed-v1", {
    a: "onetwo-0-1-2-3-4-5-6-7",
    fork: "onetwoend",
    json: '[1,{"b":2}]',
    late: "in the log",
    [`long/${"x".repeat(600)}`]: "a long path",
  }));

test("a server that may not open enough files or start threads says so and ends with 1", () =>
  withFolder(async (folder) => {
    const flags = ["serve", "--data-dir", folder, "--port", "0", "--threads", "8"];
    // A thread's stack is as long as the limit of stacks: here longer than all memory together.
    for (const limit of ["--nofile=10", "--nofile=24", "--stack=2000000000 --as=1000000000"]) {
      const ended = await runProgram("prlimit", [...limit.split(" "), "--", binary(), ...flags]);
      assert.equal(ended.code, CANNOT, limit + ended.err);
      assert.match(ended.err, /^thalweg: .*(Too many open files|cannot start a thread)/m);
    }
  }));

test("a limit of open files that leaves the store short is told at the start, with one that does not", () =>
  withFolder(async (folder) => {
    const flags = ["serve", "--port", "0", "--threads", "2"];
    // What it says of open files with this limit, by level.
    const saidWith = async (limit, ...where) => {
      const program = ["--", binary(), ...flags, ...where];
      const server = await serverFrom("prlimit", [`--nofile=${limit}:${limit}`, ...program]);
      assert.equal((await send(server, "PUT", `at-${limit}`)).status, 201);
      assert.equal((await server.stop()).code, 0);
      return server.said.err.match(/^.*limit of open files.*$/gm) ?? [];
    };
    const onDisk = ["--data-dir", join(folder, "data")];
    const short = await saidWith(300, ...onDisk);
    assert.equal(short.length, 1, `${short}`);
    const told = /warning the limit .* is low: 150 connections .* raise it to (\d+) or more/.exec(short[0]);
    assert.ok(told, short[0]);
    const enough = Number(told[1]);
    assert.match((await saidWith(enough - 1, ...onDisk)).join(), /warning .*is low/);
    for (const said of [await saidWith(enough, ...onDisk), await saidWith(300, "--memory")]) {
      assert.equal(said.length, 1, `${said}`);
      assert.match(said[0], /info takes \d+ connections at most and not 100000/);
    }
  }));

test("clients cannot take the descriptors that the store needs", () =>
  withFolder(async (folder) => {
    const flags = ["serve", "--data-dir", folder, "--port", "0", "--threads", "3", ...BUSY];
    const server = await serverFrom("prlimit", ["--nofile=2048:2048", "--", binary(), ...flags]);
    const taken = 2048 - 512 - 3 * 5 - 256; // without the store's, the loops', and the refused's
    assert.match(server.said.err, new RegExp(`takes ${taken} connections at most and not 100000`));
    const { hostname, port } = new URL(server.url);
    const sockets = [];
    for (let i = 0; i < 1700; ++i) {
      const socket = connect(port, hostname);
      socket.on("error", () => {});
      sockets.push(socket);
    }
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    // A request on each: those that were taken are answered, whatever the rest is told.
    const answered = await Promise.all(
      sockets.map((socket, i) => {
        const path = `/v1/stream/s${i}`;
        socket.write(
          `PUT ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n`,
        );
        return Promise.race([
          once(socket, "data").then(([data]) => data.toString().slice(9, 12)),
          once(socket, "close").then(() => "closed"),
        ]);
      }),
    );
    assert.equal(answered.filter((status) => status === "201").length, taken, `${answered}`);
    assert.ok(answered.includes("503"), `${answered}`);
    for (const socket of sockets) socket.destroy();
    await send(server, "PUT", "after", "all is well");
    assert.equal(await read(server, "after"), "all is well");
    const ended = await server.stop();
    assert.equal(ended.code, 0, server.said.err);
    assert.doesNotMatch(server.said.err, /Too many open files/);
  }));
