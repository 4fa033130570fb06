// Starts the server under test, runs the official suite against it under vitest, counts.
//
//   THALWEG_BIN   the program (required)
//   THALWEG_MODE  memory (default); durable; tiny: durable, and what is new moves to segments
//                 at once; restart: durable, and killed halfway and started again
//   THALWEG_ARGS  more arguments for the program
//
// Fails if a test fails, if fewer tests ran than the suite has, or if the server died or printed
// an assertion's or a sanitizer's report.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serverFrom } from "./server.mjs";

const CORE_TESTS = 332;
const COMMON_ARGS = ["serve", "--long-poll-timeout", "500ms"];
const MODES = ["memory", "durable", "tiny", "restart"];
const TINY_ARGS = ["--checkpoint-log", "1", "--checkpoint-age", "1ms", "--log-file", "64KiB"];
const here = dirname(fileURLToPath(import.meta.url));

async function main() {
  const bin = process.env.THALWEG_BIN;
  const mode = process.env.THALWEG_MODE ?? "memory";
  if (!bin || !MODES.includes(mode)) {
    console.error("conformance: set THALWEG_BIN to the program, e.g. build/release/thalweg;");
    console.error(`conformance: THALWEG_MODE is one of ${MODES.join(", ")}`);
    return 2;
  }
  const dir = mkdtempSync(join(tmpdir(), "thalweg-conformance-"));
  try {
    return await run(bin, mode, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function run(bin, mode, dir) {
  const storage = mode === "memory" ? ["--memory"] : ["--data-dir", join(dir, "data")];
  const more = (process.env.THALWEG_ARGS ?? "").split(" ").filter(Boolean);
  const args = [...COMMON_ARGS, ...storage, ...(mode === "tiny" ? TINY_ARGS : []), ...more];
  let server = await serverFrom(bin, [...args, "--port", "0"]);
  const port = new URL(server.url).port;
  let restarts = 0;
  const restart = async () => {
    await server.stop("SIGKILL");
    server = await serverFrom(bin, [...args, "--port", port]);
    restarts += 1;
  };
  const door = mode === "restart" ? await restartDoor(restart) : undefined;
  const report = await runSuite(server.url, door?.url, join(dir, "report.json")).finally(
    async () => {
      door?.close();
      await server.stop();
    },
  );
  const complaints = [...judge(report), ...server.complaints()];
  if (door && restarts !== 1) complaints.push(`the server was restarted ${restarts} times, not 1`);
  const all = report.passed + report.failed;
  console.log(`conformance: ${report.passed} of ${all} passed, mode ${mode}, against ${bin}`);
  for (const complaint of complaints) console.error(`conformance: ${complaint}`);
  return complaints.length === 0 ? 0 : 1;
}

// Where the suite's process asks for a restart; answers once the server is back.
async function restartDoor(restart) {
  const door = createServer((_, response) => {
    restart().then(
      () => response.end(),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise((resolve) => door.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${door.address().port}`,
    close: () => door.close().closeAllConnections(),
  };
}

// Runs vitest in its own process and reads what it counted.
async function runSuite(url, restartUrl, file) {
  const vitest = join(here, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile=${file}`];
  const env = { ...process.env, THALWEG_URL: url };
  if (restartUrl) Object.assign(env, { RESTART_URL: restartUrl, RESTART_AT: `${CORE_TESTS / 2}` });
  const child = spawn(process.execPath, args, { cwd: here, env, stdio: "inherit" });
  await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  const report = JSON.parse(readFileSync(file, "utf8"));
  return { passed: report.numPassedTests, failed: report.numFailedTests };
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
