// Every code block of the seed, run as it stands with the package's name in place of the seed's.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "./ports.mjs";
import { blocks, declarations, moduleOf, programs } from "./seed_blocks.mjs";
import { observers } from "./seed_observers.mjs";

const here = import.meta.dirname;
const BLOCK_MS = 30_000;
const SEED_SHA256 = "e01e946e97cf1ad574eae3de9a42da2296b9d77f6da2977eb6b0e9a306a0867a";

test("the blocks are the seed's, byte for byte but for the package's name", () => {
  const hash = createHash("sha256");
  for (const code of blocks.values()) {
    hash.update(code.replace(/"thalweg"|(?<=npm install )thalweg/g, (name) =>
      name.replace("thalweg", "@durable-streams/server"),
    ));
  }
  assert.equal(hash.digest("hex"), SEED_SHA256);
});

test("every block runs below or is checked as a declaration", () => {
  // conformance.mjs runs the block that starts the suite.
  const covered = [...declarations, ...Object.keys(observers), "Conformance suite"];
  assert.deepEqual(covered.sort(), [...blocks.keys()].sort());
});

for (const title of programs.filter((title) => title in observers)) {
  test(title, { timeout: 2 * BLOCK_MS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "thalweg-seed-"));
    try {
      symlinkSync(join(here, "node_modules"), join(folder, "node_modules"));
      await runBlock(title, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

// In a process and a working directory of its own: blocks have fixed ports and ./data.
async function runBlock(title, folder) {
  const ports = { server: String(await freePort()), router: String(await freePort()) };
  const file = join(folder, "block.mjs");
  writeFileSync(file, moduleOf(title, ports));
  const argv = [join(here, "run_block.mjs"), file, title, JSON.stringify(ports)];
  const child = spawn(process.execPath, argv, { cwd: folder, timeout: BLOCK_MS });
  let said = "";
  child.stdout.on("data", (bytes) => (said += bytes));
  child.stderr.on("data", (bytes) => (said += bytes));
  const [code, signal] = await new Promise((resolve) =>
    child.on("close", (...ended) => resolve(ended)),
  );
  assert.equal(`${said}ended: ${code ?? signal}`, "observed\nended: 0");
}
