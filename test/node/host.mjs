// A process that serves streams through the package, for the official suite and the leak tests.
//
//   host.mjs KIND STORE    KIND: a key of KINDS below; STORE: memory or file
//
// Prints "listening on URL" and ends in good order on SIGTERM.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import fastify from "fastify";
import { subject } from "./package.mjs";

const { DurableStreamRouter, DurableStreamTestServer } = subject;
const { FileBackedStreamStore, StreamStore } = subject;
const LONG_POLL_MS = 500; // what the suite is built for
const KEEP_ALIVE_MS = 60_000; // Node's own 5 s end a connection just as the suite takes it again
const MOUNT = "/api/streams";

// Each starts a server and tells { url, close }.
const KINDS = {
  http: async (store) => {
    const router = routerOver(store, { baseUrl: MOUNT });
    const server = createServer((req, res) => router.handleRequest(req, res));
    return listening(router, server, MOUNT);
  },
  express: async (store) => {
    const router = routerOver(store, { baseUrl: MOUNT });
    const app = express();
    app.use(MOUNT, (req, res) => router.handleRequest(req, res));
    return listening(router, createServer(app), MOUNT);
  },
  "express-parsers": async (store) => {
    const router = routerOver(store);
    const app = express();
    const limit = "16mb"; // the suite appends 10 MiB
    app.use(express.raw({ limit, type: (req) => !/json|text/.test(req.headers["content-type"]) }));
    app.use(express.text({ limit, type: "text/*" }));
    app.use(express.json({ limit, strict: false }));
    app.use((req, res) => router.handleRequest(req, res));
    return listening(router, createServer(app), "");
  },
  fastify: async (store) => {
    const router = routerOver(store, { baseUrl: MOUNT, cors: true });
    const app = fastify();
    // What Fastify does not parse it would refuse with 415: the router reads all bodies itself.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (request, payload, done) => done(null));
    app.all(`${MOUNT}/*`, (request, reply) => {
      reply.hijack();
      return router.handleRequest(request.raw, reply.raw);
    });
    await app.ready();
    return listening(router, app.server, MOUNT, () => app.close());
  },
  "fastify-parsers": async (store) => {
    const router = routerOver(store);
    const app = fastify({ bodyLimit: 16 << 20 });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));
    app.all("/*", (request, reply) => {
      reply.hijack();
      request.raw.body = request.body;
      return router.handleRequest(request.raw, reply.raw);
    });
    await app.ready();
    return listening(router, app.server, "", () => app.close());
  },
  server: async (store, dataDir) => {
    const server = new DurableStreamTestServer({
      port: 0,
      dataDir: store === "file" ? dataDir : undefined,
      longPollTimeout: LONG_POLL_MS,
    });
    return { url: await server.start(), close: () => server.stop() };
  },
};

function routerOver(store, options) {
  return new DurableStreamRouter({
    store: store === "file" ? new FileBackedStreamStore({ dataDir }) : new StreamStore(),
    longPollTimeout: LONG_POLL_MS,
    ...options,
  });
}

async function listening(router, server, mount, close = () => server.close()) {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${mount}`,
    close: async () => {
      await router.shutdown();
      await router.store.close?.();
      await close();
      server.closeAllConnections();
    },
  };
}

const [kind, store] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), "thalweg-host-"));
process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
const host = await KINDS[kind](store, dataDir);
process.once("SIGTERM", () => host.close());
console.log(`listening on ${host.url}`);
