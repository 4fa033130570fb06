// Starts the server under test, runs the official suite against it under vitest, counts.
//
//   THALWEG_BIN   the program (required)
//   THALWEG_PROGRAM  whose flags it takes: thalweg (default), or beast, the example
//   THALWEG_MODE  memory (default); durable; tiny: durable, and what is new moves to segments
//                 at once; restart: durable, and killed halfway and started again
//   THALWEG_ARGS  more arguments for the program
//
// Fails if a test fails, if fewer tests ran than the suite has, or if the server died or printed
// an assertion's or a sanitizer's report.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverFrom } from "./server.mjs";
import { CORE_TESTS, judge, runSuite } from "./suite.mjs";

const PROGRAMS = {
  thalweg: { args: ["serve", "--long-poll-timeout", "500ms"], memory: ["--memory"] },
  beast: { args: ["--mount", "/v1/stream", "--long-poll-timeout", "500"], memory: [] },
};
const MODES = ["memory", "durable", "tiny", "restart"];
const TINY_ARGS = ["--checkpoint-log", "1", "--checkpoint-age", "1ms", "--log-file", "64KiB"];

async function main() {
  const bin = process.env.THALWEG_BIN;
  const mode = process.env.THALWEG_MODE ?? "memory";
  const program = PROGRAMS[process.env.THALWEG_PROGRAM ?? "thalweg"];
  if (!bin || !program || !MODES.includes(mode)) {
    console.error("conformance: set THALWEG_BIN to the program, e.g. $PWD/build/release/thalweg;");
    console.error(`conformance: THALWEG_PROGRAM is one of ${Object.keys(PROGRAMS).join(", ")};`);
    console.error(`conformance: THALWEG_MODE is one of ${MODES.join(", ")}`);
    return 2;
  }
  const dir = mkdtempSync(join(tmpdir(), "thalweg-conformance-"));
  try {
    return await run(bin, program, mode, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function run(bin, program, mode, dir) {
  const storage = mode === "memory" ? program.memory : ["--data-dir", join(dir, "data")];
  const more = (process.env.THALWEG_ARGS ?? "").split(" ").filter(Boolean);
  const args = [...program.args, ...storage, ...(mode === "tiny" ? TINY_ARGS : []), ...more];
  let server = await serverFrom(bin, [...args, "--port", "0"]);
  const port = new URL(server.url).port;
  let restarts = 0;
  const restart = async () => {
    await server.stop("SIGKILL");
    server = await serverFrom(bin, [...args, "--port", port]);
    restarts += 1;
  };
  const door = mode === "restart" ? await restartDoor(restart) : undefined;
  const report = await runSuite(server.url, join(dir, "report.json"), {
    env: door ? { RESTART_URL: door.url, RESTART_AT: `${CORE_TESTS / 2}` } : {},
  }).finally(async () => {
    door?.close();
    await server.stop();
  });
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

process.exitCode = await main();
