// Starts the server under test, runs the official suite against it under vitest, counts.
//
//   THALWEG_BIN   the program (required)
//   THALWEG_ARGS  its arguments; default below
//
// Fails if a test fails, if fewer tests ran than the suite has, or if the server died or printed
// an assertion's or a sanitizer's report.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serverFrom } from "./server.mjs";

const CORE_TESTS = 332;
const DEFAULT_ARGS = "serve --memory --port 0 --long-poll-timeout 500ms";
const here = dirname(fileURLToPath(import.meta.url));

async function main() {
  const bin = process.env.THALWEG_BIN;
  if (!bin) {
    console.error("conformance: set THALWEG_BIN to the program, e.g. build/release/thalweg");
    return 2;
  }
  const args = (process.env.THALWEG_ARGS ?? DEFAULT_ARGS).split(" ").filter(Boolean);
  const server = await serverFrom(bin, args);
  const report = await runSuite(server.url).finally(() => server.stop());
  const complaints = [...judge(report), ...server.complaints()];
  console.log(
    `conformance: ${report.passed} of ${report.passed + report.failed} passed, ` +
      `against ${bin} ${args.join(" ")}`,
  );
  for (const complaint of complaints) console.error(`conformance: ${complaint}`);
  return complaints.length === 0 ? 0 : 1;
}

// Runs vitest in its own process and reads what it counted.
async function runSuite(url) {
  const dir = mkdtempSync(join(tmpdir(), "thalweg-conformance-"));
  const file = join(dir, "report.json");
  try {
    await runVitest(url, file);
    const report = JSON.parse(readFileSync(file, "utf8"));
    return { passed: report.numPassedTests, failed: report.numFailedTests };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function runVitest(url, file) {
  const vitest = join(here, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile=${file}`];
  const env = { ...process.env, THALWEG_URL: url };
  const child = spawn(process.execPath, args, { cwd: here, env, stdio: "inherit" });
  return new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
}

function judge({ passed, failed }) {
  const complaints = [];
  if (failed > 0) complaints.push(`${failed} tests failed`);
  if (passed < CORE_TESTS && failed === 0) {
    complaints.push(`only ${passed} of ${CORE_TESTS} tests ran`);
  }
  return complaints;
}

process.exitCode = await main();
