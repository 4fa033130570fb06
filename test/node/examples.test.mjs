// examples/node: each serves, stops in good order, and has its streams when it starts again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const here = import.meta.dirname;
const examples = join(here, "..", "..", "examples", "node");
const CREDENTIALS = { authorization: "Bearer secret" };
const TEXT = { ...CREDENTIALS, "content-type": "text/plain" };

// Runs a copy of the example, for the packages are here, until `use(url)` is done.
async function run(folder, name, use) {
  const argv = [join(folder, name), join(folder, "data")];
  const env = { ...process.env, PORT: "0", TOKEN: "secret" };
  const child = spawn(process.execPath, argv, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  try {
    const [said] = await once(child.stdout.setEncoding("utf8"), "data");
    await use(said.trim());
  } finally {
    child.kill("SIGTERM");
  }
  assert.deepEqual(await ended, [0, null]);
}

for (const name of readdirSync(examples)) {
  test(`${name} serves, stops, and goes on`, { timeout: 60_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "thalweg-example-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(examples, name), join(folder, name));
    symlinkSync(join(here, "node_modules"), join(folder, "node_modules"));
    let live;
    await run(folder, name, async (url) => {
      assert.equal((await fetch(new URL("/health", url))).status, 200);
      assert.equal((await fetch(new URL("/other", url))).status, 404);
      const created = await fetch(`${url}/a`, { method: "PUT", headers: TEXT });
      assert.equal(created.headers.get("location"), `${url}/a`);
      await fetch(`${url}/a`, { method: "POST", headers: TEXT, body: "kept" });
      live = await fetch(`${url}/a?offset=now&live=sse`, { headers: CREDENTIALS });
    });
    assert.match(await live.text(), /upToDate/); // ended, not cut off
    await run(folder, name, async (url) => {
      const read = await fetch(`${url}/a`, { headers: CREDENTIALS });
      assert.equal(await read.text(), "kept");
      if (name === "express.mjs") assert.equal((await fetch(`${url}/a`)).status, 401);
    });
  });
}

test("express.mjs lets nobody in where TOKEN is not set", async () => {
  const folder = mkdtempSync(join(tmpdir(), "thalweg-example-"));
  try {
    cpSync(join(examples, "express.mjs"), join(folder, "express.mjs"));
    symlinkSync(join(here, "node_modules"), join(folder, "node_modules"));
    const env = { ...process.env, PORT: "0", TOKEN: "" };
    const argv = [join(folder, "express.mjs"), join(folder, "data")];
    const child = spawn(process.execPath, argv, { env, stdio: "ignore", timeout: 10_000 });
    assert.deepEqual(await once(child, "exit"), [1, null]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
