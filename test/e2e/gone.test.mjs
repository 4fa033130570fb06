// What the program says, and how it ends, when its data directory goes away under it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { serverFrom } from "../conformance/server.mjs";
import { withFolder } from "./folder.mjs";
import { binary } from "./server.mjs";

const TEXT = { "content-type": "text/plain" };
const EXIT_DAMAGED = 4;
const ENDS_WITHIN_MS = 5_000;
const IN_TIME = { timeout: 60_000 };

const serve = (data, ...flags) =>
  serverFrom(binary(), ["serve", "--data-dir", data, "--port", "0", ...flags]);

const send = (server, method, path, body) =>
  fetch(`${server.url}/v1/stream/${path}`, { method, body, headers: TEXT });

const read = async (server, path) => (await fetch(`${server.url}/v1/stream/${path}`)).text();

// The server may make files meanwhile, which rmSync would not list anew.
function remove(path) {
  for (let again = 100; ; --again) {
    try {
      return rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== "ENOTEMPTY" || again === 0) throw error;
    }
  }
}

// Writers that append numbers until the server refuses or is gone; how many of each it answered.
// `each` waits until all of them have so many answers, and fails where one ends before.
function writeOn(server, names) {
  const answered = new Map();
  const write = async (name) => {
    assert.equal((await send(server, "PUT", name)).status, 201);
    for (let n = 0; ; ++n) {
      const answer = await send(server, "POST", name, `${n},`).catch(() => undefined);
      if (!answer?.ok) return;
      answered.set(name, n + 1);
    }
  };
  const writers = names.map(write);
  const all = Promise.all(writers);
  const early = Promise.race(writers).then(() => assert.fail("a writer ended early"));
  early.catch(() => {}); // that of the end is not waited for
  const each = async (count) => {
    while (answered.size < names.length || Math.min(...answered.values()) < count)
      await Promise.race([early, new Promise((resolve) => setTimeout(resolve, 5))]);
  };
  return { answered, all, each };
}

async function endsInTime(server) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ENDS_WITHIN_MS, "late")));
  const end = await Promise.race([server.ended, late]);
  clearTimeout(timer);
  assert.notEqual(end, "late", `it goes on: ${server.said.err}`);
  return end;
}

async function endsWithTheTruth(server, data, found) {
  assert.equal((await endsInTime(server)).code, EXIT_DAMAGED, server.said.err);
  const told = /the data directory (.*); nothing is acknowledged any more\./.exec(server.said.err);
  assert.ok(told, server.said.err);
  assert.match(told[1].replaceAll(data, "DATA"), new RegExp(`^DATA is gone, or a part of it: (${found})$`));
  assert.match(server.said.err, /moved within its file system, or unmounted, has everything/);
  assert.doesNotMatch(server.said.err, /the disk failed/);
}

const NONE = "open directory DATA: No such file or directory";
const PART = "[a-z0-9/.]+ is missing"; // whatever goes first
const LOSSES = [
  ["removed", (data) => remove(data), `${NONE}|${PART}`],
  ["emptied", (data) => readdirSync(data).forEach((name) => remove(join(data, name))), PART],
  ["moved", (data) => renameSync(data, `${data}-2`), NONE],
];

for (const [how, lose, found] of LOSSES) {
  // With small files the log misses its next one before anybody looks.
  for (const logFile of ["64KiB", "64MiB"]) {
    test(`a directory that is ${how} under writers, log files of ${logFile}, ends the server`, IN_TIME, () =>
      withFolder(async (folder) => {
        const data = join(folder, "data");
        const server = await serve(data, "--log-file", logFile);
        const writers = writeOn(server, ["a", "b", "c", "d"]);
        await writers.each(50);
        lose(data);
        await endsWithTheTruth(server, data, found);
        await writers.all;
        if (how !== "moved") return;
        renameSync(`${data}-2`, data);
        const again = await serve(data);
        for (const [name, count] of writers.answered) {
          const numbers = (await read(again, name)).split(",").slice(0, -1).map(Number);
          assert.deepEqual(numbers, [...numbers.keys()], "each once, in order");
          assert.ok(numbers.length >= count, `${name} has ${numbers.length} of ${count}`);
        }
        assert.equal((await again.stop()).code, 0);
      }));
  }

  test(`a directory that is ${how} under an idle server ends it, with a word in any case`, IN_TIME, () =>
    withFolder(async (folder) => {
      const data = join(folder, "data");
      const server = await serve(data, "--log-level", "off");
      lose(data);
      await endsWithTheTruth(server, data, found);
      assert.match(server.said.err, /^thalweg: the data directory/);
    }));

  test(`a server that is stopped just after its directory is ${how} does not end as if all were well`, IN_TIME, () =>
    withFolder(async (folder) => {
      const data = join(folder, "data");
      const server = await serve(data);
      await send(server, "PUT", "a", "text");
      lose(data);
      await server.stop();
      await endsWithTheTruth(server, data, found);
    }));
}

// Until then a segment is only on its way.
async function aCheckpointOf(server) {
  for (let i = 0; i < 500; ++i) {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    if (/^thalweg_checkpoints_total [1-9]/m.test(metrics)) return;
    await delay(10);
  }
  assert.fail("no checkpoint is made");
}

for (const [folderName, file, flags] of [
  ["log", /^[0-9]+\.log$/, []],
  ["segments", /\.seg$/, ["--checkpoint-age", "100ms", "--metrics"]],
  ["catalog", /^data\.mdb$/, []],
]) {
  test(`a file that is missing in ${folderName}/ ends the server`, IN_TIME, () =>
    withFolder(async (folder) => {
      const data = join(folder, "data");
      const server = await serve(data, ...flags);
      await send(server, "PUT", "a", "text");
      if (folderName === "segments") await aCheckpointOf(server);
      const names = readdirSync(join(data, folderName)).filter((name) => file.test(name));
      assert.notEqual(names.length, 0);
      for (const name of names) rmSync(join(data, folderName, name));
      await endsWithTheTruth(server, data, `${folderName}/[0-9a-z.]+ is missing`);
    }));
}

test("another directory in its place is not taken for it, nor is a backup for one that was removed", IN_TIME, () =>
  withFolder(async (folder) => {
    const [data, other, target, link] = ["data", "other", "target", "link"].map((n) =>
      join(folder, n),
    );
    await (await serve(other)).stop();
    symlinkSync(data, link);
    mkdirSync(data);
    const server = await serve(link);
    rmSync(link);
    renameSync(data, `${data}-2`);
    renameSync(other, data);
    assert.equal((await endsInTime(server)).code, EXIT_DAMAGED);
    assert.match(server.said.err, /: this is data directory [0-9a-f]{32}, and [0-9a-f]{32} /);
    const again = await serve(data);
    execFileSync(binary(), ["backup", data, target]);
    remove(data);
    renameSync(target, data);
    assert.equal((await endsInTime(again)).code, EXIT_DAMAGED);
    assert.match(again.said.err, /, or a part of it: ([a-z0-9/.]+ is missing|open directory)/);
  }));

test("a mount that goes away is told like any other end of the directory", IN_TIME, (t) =>
  withFolder(async (folder) => {
    const mounted = join(folder, "disk");
    mkdirSync(mounted);
    try {
      execFileSync("mount", ["-t", "tmpfs", "tmpfs", mounted], { stdio: "ignore" });
    } catch {
      return t.skip("no right to mount a tmpfs");
    }
    const data = join(mounted, "data");
    const server = await serve(data, "--log-file", "1MiB").finally(() =>
      execFileSync("umount", ["-l", mounted]),
    );
    await endsWithTheTruth(server, data, NONE);
  }));
