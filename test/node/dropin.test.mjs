// An application written for npm's @durable-streams/server keeps its tests green where only the
// import changes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const here = import.meta.dirname;
const REFERENCE = "@durable-streams/server";
const APP_TESTS = 23;
const APP_MS = 90_000;

for (const name of [REFERENCE, "thalweg"]) {
  test(`the application's tests pass with ${name}`, { timeout: 2 * APP_MS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "thalweg-dropin-"));
    try {
      cpSync(join(here, "dropin"), folder, { recursive: true });
      symlinkSync(join(here, "node_modules"), join(folder, "node_modules"));
      const file = join(folder, "rooms.test.mjs");
      const source = readFileSync(file, "utf8");
      const imported = source.replace(`from "${REFERENCE}"`, `from "${name}"`);
      assert.equal(imported === source, name === REFERENCE);
      writeFileSync(file, imported);
      assert.match(await runTests(file), new RegExp(`# pass ${APP_TESTS}\n# fail 0\n`));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

// What `node --test` says; that it runs within another one is no business of the tests.
async function runTests(file) {
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const argv = ["--test", "--test-reporter=tap", "--test-timeout=20000", file];
  const child = spawn(process.execPath, argv, { env, timeout: APP_MS });
  let said = "";
  child.stdout.on("data", (bytes) => (said += bytes));
  child.stderr.on("data", (bytes) => (said += bytes));
  await new Promise((resolve) => child.on("close", resolve));
  return said;
}
