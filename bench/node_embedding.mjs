#!/usr/bin/env node
// What embedding in Node.js costs: 256-byte appends over 64 connections, side by side in one run.
//
//   node bench/node_embedding.mjs [--rounds N] [--seconds S] [KIND ...]
//
// KIND: bare, router/memory, router/file, server/memory, server/file, reference/memory,
// reference/file. Needs wrk and taskset; `npm ci` in test/node, with the package at hand there.
//
// Every kind runs once a round, in turn, each time in a fresh process on the first core; wrk has
// the second. Prints each kind's median, its spread, its ratio to the bare handler and to the
// reference over the same kind of store, and the CPU time that the server took for an append.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const SERVER_CORE = "0";
const CLIENT_CORE = "1";
const CONNECTIONS = "64";
const APPEND_BYTES = 256;
const WARM_SECONDS = 1;
const CLOCK_TICKS_PER_SECOND = 100; // of /proc, on every Linux that Node.js runs on
const KINDS = ["bare", "router/memory", "router/file", "server/memory", "server/file"].concat(
  ["reference/memory", "reference/file"],
);

// Appends; in the end, how many were answered, in how many microseconds, and how many failed.
const WRK_SCRIPT = `
wrk.method = "POST"
wrk.body = string.rep("x", ${APPEND_BYTES})
wrk.headers["Content-Type"] = "application/octet-stream"
done = function(summary)
  local errors = summary.errors
  local bad = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("result %d %d %d\\n", summary.requests, summary.duration, bad))
end
`;

async function wrk(url, script, seconds) {
  const argv = ["-c", CLIENT_CORE, "wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`];
  argv.push("--timeout", "60s"); // a slow disk is not a failure
  const child = spawn("taskset", [...argv, "-s", script, url]);
  let said = "";
  child.stdout.on("data", (bytes) => (said += bytes));
  child.stderr.on("data", (bytes) => (said += bytes));
  await once(child, "close");
  const found = /^result (\d+) (\d+) (\d+)$/m.exec(said);
  if (!found || found[3] !== "0") throw new Error(`not every append was accepted:\n${said}`);
  if (found[1] === "0") throw new Error(`no append was answered: take longer\n${said}`);
  return { appends: Number(found[1]), seconds: Number(found[2]) / 1e6 };
}

// What the process has taken of a core so far, with the system's work for it.
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13);
  return (Number(user) + Number(system)) / CLOCK_TICKS_PER_SECOND;
}

// Appends per second of a server that is new, and its CPU time for each, in microseconds.
async function measure(kind, folder, seconds) {
  const host = join(import.meta.dirname, "node_embedding_host.mjs");
  const dataDir = mkdtempSync(join(folder, "data-"));
  const argv = ["-c", SERVER_CORE, process.execPath, host, kind, dataDir];
  const server = spawn("taskset", argv, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(server, "exit");
  try {
    const url = await Promise.race([
      readyUrl(server),
      exited.then(() => Promise.reject(new Error(`${kind} did not start`))),
    ]);
    const stream = `${url}/v1/stream/bench`;
    const created = await fetch(stream, { method: "PUT", headers: { connection: "close" } });
    if (!created.ok) throw new Error(`${kind} answered ${created.status}`);
    const script = join(folder, "append.lua");
    writeFileSync(script, WRK_SCRIPT);
    await wrk(stream, script, WARM_SECONDS);
    const before = cpuSeconds(server.pid);
    const done = await wrk(stream, script, seconds);
    const cpu = cpuSeconds(server.pid) - before;
    return { rate: done.appends / done.seconds, cpuUs: (cpu / done.appends) * 1e6 };
  } finally {
    server.kill("SIGTERM");
    await exited;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function readyUrl(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /^listening on (\S+)$/.exec(line);
    if (!found) continue;
    server.stdout.resume(); // whatever it says later must not fill the pipe
    return found[1];
  }
  throw new Error("no ready line");
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// "median (lowest to highest)"
function spread(values, digits) {
  const show = (value) => value.toFixed(digits);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

// Of the same round, so that a slow minute of the machine meets both.
function ratios(rates, kind, other) {
  if (!rates[other]?.length || kind === other) return "";
  return spread(
    rates[kind].map((rate, round) => rate / rates[other][round]),
    2,
  );
}

function printTable(rates, cpuUs) {
  const row = (cells) => console.log(`| ${cells.join(" | ")} |`);
  row(["server", "appends/s", "of bare", "of the reference", "CPU µs per append"]);
  row(["---", "---:", "---:", "---:", "---:"]);
  for (const kind of Object.keys(rates)) {
    const reference = `reference/${kind.split("/")[1]}`;
    const compared = [ratios(rates, kind, "bare"), ratios(rates, kind, reference)];
    row([kind, spread(rates[kind], 0), ...compared, spread(cpuUs[kind], 1)]);
  }
}

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "5" } },
  allowPositionals: true,
});
const kinds = positionals.length > 0 ? positionals : KINDS;
const unknown = kinds.find((kind) => !KINDS.includes(kind));
if (unknown) throw new Error(`no kind ${unknown}; there are: ${KINDS.join(", ")}`);
const [rates, cpuUs] = [1, 2].map(() => Object.fromEntries(kinds.map((kind) => [kind, []])));
const folder = mkdtempSync(join(tmpdir(), "thalweg-bench-"));
try {
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const kind of kinds) {
      const measured = await measure(kind, folder, options.seconds);
      rates[kind].push(measured.rate);
      cpuUs[kind].push(measured.cpuUs);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printTable(rates, cpuUs);
