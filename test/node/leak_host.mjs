// A process whose memory, handles and descriptors are watched: leaks.test.mjs speaks to it over IPC.
//
//   node --expose-gc leak_host.mjs memory|file
//
// Messages: "serve" → { url }, "measure" → what is held now, { cycles } → starts and stops so many
// servers, "end".
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subject } from "./package.mjs";

const { DurableStreamRouter, DurableStreamTestServer } = subject;
const { FileBackedStreamStore, StreamStore } = subject;
const isFile = process.argv[2] === "file";
const folder = mkdtempSync(join(tmpdir(), "thalweg-leaks-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const CONNECTIONS_MS = 5_000;
let served;

async function serve() {
  const store = isFile ? new FileBackedStreamStore({ dataDir: folder }) : new StreamStore();
  const router = new DurableStreamRouter({ store, onStreamCreated: async () => {} });
  const server = http.createServer((req, res) => router.handleRequest(req, res));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  served = { store, router, server };
  return { url: `http://127.0.0.1:${server.address().port}` };
}

// A request that keeps nothing: fetch would remember every server it ever spoke to.
function ask(method, url) {
  return new Promise((resolve, reject) => {
    http.request(url, { method, agent: false }, resolve).on("error", reject).end();
  });
}

// One server's life: started, a stream created, a reader waiting when it stops.
async function cycle() {
  const server = new DurableStreamTestServer({ port: 0, dataDir: isFile ? folder : undefined });
  const url = await server.start();
  const created = await ask("PUT", `${url}/a`);
  if (created.statusCode >= 300) throw new Error(`the PUT was answered ${created.statusCode}`);
  const waiting = await ask("GET", `${url}/a?offset=now&live=sse`);
  const ended = once(waiting.resume(), "end");
  created.resume();
  await server.stop();
  await ended;
}

async function cycles(count) {
  for (let i = 0; i < count; i += 1) await cycle();
  return {};
}

// Until the clients that have gone are noticed, for as long as that may take.
async function connectionsGone() {
  const count = () => new Promise((done) => served.server.getConnections((_, n) => done(n)));
  const deadline = Date.now() + CONNECTIONS_MS;
  while ((await count()) > 0 && Date.now() < deadline) await new Promise(setImmediate);
}

// Finalizers of native objects run between two collections.
async function measure() {
  if (served) await connectionsGone();
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    rss,
    heapUsed,
    external,
    descriptors: readdirSync("/proc/self/fd").length,
    threads: readdirSync("/proc/self/task").length,
    handles: process.getActiveResourcesInfo().sort(),
  };
}

async function end() {
  if (served) {
    await served.router.shutdown();
    await served.store.close?.();
    served.server.close().closeAllConnections();
  }
  process.disconnect();
}

process.on("message", async (message) => {
  if (message === "end") return end();
  const work = message === "serve" ? serve : message === "measure" ? measure : cycles;
  process.send(await work(message.cycles));
});
