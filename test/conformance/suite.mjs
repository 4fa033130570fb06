// The official suite under vitest, in a process of its own, and what it counted.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const CORE_TESTS = 332;
const SUITE_MS = 300_000; // a server that stops answering is a failure, not a wait
const here = dirname(fileURLToPath(import.meta.url));

// Runs the suite against the server at `url`; `file` takes vitest's report. `folder` has the test
// file, vitest's configuration and node_modules.
export async function runSuite(url, file, { env = {}, stdio = "inherit", folder = here } = {}) {
  const vitest = join(here, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile=${file}`];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, THALWEG_URL: url, ...env },
    stdio,
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), SUITE_MS);
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  clearTimeout(timer);
  if (code === null) return { passed: 0, failed: CORE_TESTS };
  const report = JSON.parse(readFileSync(file, "utf8"));
  return { passed: report.numPassedTests, failed: report.numFailedTests };
}

// What is wrong with a run.
export function judge({ passed, failed }) {
  const complaints = [];
  if (failed > 0) complaints.push(`${failed} tests failed`);
  if (passed < CORE_TESTS && failed === 0) {
    complaints.push(`only ${passed} of ${CORE_TESTS} tests ran`);
  }
  return complaints;
}
