// The official suite against the package, in each framework and over each store.
//
//   conformance.mjs [KIND/STORE ...]    default: all of MODES
//
// SEED_MODE runs the suite as the seed's own code block starts it. Two modes run at a time: a run
// mostly waits. Prints `N passed, N failed` in the end.
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverFrom } from "../conformance/server.mjs";
import { judge, runSuite } from "../conformance/suite.mjs";
import { SERVER_PORT, sourceOf } from "./seed_blocks.mjs";

const MODES = [
  "http/memory",
  "http/file",
  "express/memory",
  "express-parsers/file",
  "fastify/file",
  "fastify-parsers/memory",
  "server/memory",
  "server/file",
];
const SEED_MODE = "server/memory";
const AT_ONCE = 2;
const here = import.meta.dirname;
const suite = join(here, "..", "conformance");
const total = { passed: 0, failed: 0 };

// A folder like that of the suite, where the test is the seed's block.
function seedFolder(folder, url) {
  const made = join(folder, "seed");
  mkdirSync(made);
  symlinkSync(join(suite, "node_modules"), join(made, "node_modules"));
  cpSync(join(suite, "vitest.config.mjs"), join(made, "vitest.config.mjs"));
  const block = sourceOf("Conformance suite").replace(SERVER_PORT, new URL(url).port);
  writeFileSync(join(made, "conformance.test.mjs"), block);
  return made;
}

async function runMode(mode, folder) {
  const host = await serverFrom(process.execPath, [join(here, "host.mjs"), ...mode.split("/")]);
  const log = join(folder, `${mode.replace("/", "-")}.log`);
  const out = openSync(log, "w");
  const report = await runSuite(host.url, `${log}.json`, {
    stdio: ["ignore", out, out],
    folder: mode === SEED_MODE ? seedFolder(folder, host.url) : suite,
  }).finally(() => host.stop());
  closeSync(out);
  const complaints = [...judge(report), ...host.complaints()];
  console.log(`conformance: ${report.passed} of ${report.passed + report.failed} passed, ${mode}`);
  if (complaints.length > 0) console.log(`${readFileSync(log, "utf8")}\n${complaints.join("\n")}`);
  total.passed += report.passed;
  total.failed += complaints.length > 0 ? Math.max(report.failed, 1) : 0;
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...MODES];
const folder = mkdtempSync(join(tmpdir(), "thalweg-node-conformance-"));
try {
  const worker = async () => {
    for (let mode; (mode = wanted.shift()) !== undefined; ) await runMode(mode, folder);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
