// A server process of ours: started, its ready line read, stopped, and what it said kept.
import { spawn } from "node:child_process";

const READY_MS = 15_000;
const STOP_MS = 10_000;
const REPORT = /Sanitizer|runtime error:|[Aa]ssertion/;

// Those that a test which failed has left: with it they end, and nobody waits for them.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

function start(bin, args) {
  const child = spawn(bin, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.on("exit", () => running.delete(child));
  for (const handle of [child, child.stdout, child.stderr]) handle.unref();
  return child;
}

// Starts `bin` and waits for its ready line. `url` is where it listens.
export async function serverFrom(bin, args) {
  const child = start(bin, args);
  const said = { out: "", err: "" };
  child.stdout.on("data", (bytes) => (said.out += bytes));
  child.stderr.on("data", (bytes) => (said.err += bytes));
  let stopping = false;
  let early;
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.on("exit", (code, signal) => {
      if (!stopping) early = `the server ended by itself: code ${code}, signal ${signal}`;
    });
    child.on("close", (code, signal) => resolve({ code, signal })); // it has said all
  });
  const url = await readyUrl(child, said, ended);
  let end;
  return {
    url,
    said,
    pid: child.pid,
    ended, // with code and signal, by itself too, once all that it said is there
    // Sends one signal and waits for the end.
    async stop(signal = "SIGTERM") {
      stopping = true;
      child.ref(); // somebody waits for it
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      end = await ended;
      clearTimeout(timer);
      return end;
    },
    // What makes a run fail whatever the tests say.
    complaints() {
      const found = [];
      if (early) found.push(`${early}; it said last:\n${said.err.slice(-4000)}`);
      else if (end && end.code !== 0)
        found.push(`the server ended with code ${end.code}, signal ${end.signal}`);
      if (REPORT.test(said.err))
        found.push(`the server reported a bug:\n${said.err.slice(0, 8000)}`);
      return found;
    },
  };
}

function readyUrl(child, said, ended) {
  return new Promise((resolve, reject) => {
    const fail = (why) => {
      child.kill("SIGKILL");
      reject(new Error(`${why}; it said: ${said.out}${said.err}`));
    };
    const timer = setTimeout(() => fail(`no ready line within ${READY_MS} ms`), READY_MS);
    child.stdout.on("data", () => {
      const line = /^listening on (http:\/\/\S+)\n/m.exec(said.out);
      if (!line) return;
      clearTimeout(timer);
      resolve(line[1]);
    });
    ended.then((end) => {
      clearTimeout(timer);
      fail(`the server did not start (${end.error ?? `code ${end.code}`})`);
    });
  });
}
