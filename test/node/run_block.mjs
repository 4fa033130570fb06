// Runs one block of the seed in this process and observes it: run_block.mjs FILE TITLE PORTS
//
// FILE is the block as a module. Exits 0 once the block did what its observer expects, and after
// that only when nothing keeps the process: a handle that leaks makes the parent's time run out.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { beforeStop, observers } from "./seed_observers.mjs";

const [file, title, ports] = process.argv.slice(2);
const run = { ports: JSON.parse(ports), said: [], tested: [], before: [] };
const print = console.log;
console.log = (line) => run.said.push(line);

// What the blocks take for granted around them.
globalThis.isValidToken = (token) => token === "valid";
globalThis.test = async (name, body) => {
  globalThis.client = retryingClient();
  await body();
  run.tested.push(name);
};
globalThis.beforeStop = async (server) => {
  if (title === "Test server") run.before = await beforeStop(server);
};

// A client that tries again on 503. It looks at Retry-After and does not wait that long.
function retryingClient() {
  const send = async (url, options) => {
    for (let refused = 0; ; refused += 1) {
      const answer = await fetch(url, options);
      if (answer.status !== 503) {
        assert.equal(answer.ok, true);
        return refused;
      }
      assert.equal(answer.headers.get("retry-after"), "5");
    }
  };
  return {
    stream: (path) => ({
      append: async (body) => {
        const url = /http:\S+/.exec(run.said[0])[0] + path;
        const headers = { "content-type": "text/plain" };
        const refused = await send(url, { method: "PUT", headers });
        assert.equal(refused + (await send(url, { method: "POST", headers, body })), 2);
      },
    }),
  };
}

run.block = await import(pathToFileURL(file));
const verdict = await observers[title](run);
print("observed");
if (verdict === "runs on") process.exit(0); // the block keeps its server to itself
