// Servers of the frameworks with a router in them, for tests: started on a free port, ended after
// the test.
import { createServer } from "node:http";
import express from "express";
import fastify from "fastify";
import { subject } from "./package.mjs";

const { DurableStreamRouter, DurableStreamTestServer, StreamStore } = subject;

export const TEXT = { "content-type": "text/plain" };
export const JSON_TYPE = { "content-type": "application/json" };

export function newRouter(options) {
  return new DurableStreamRouter({ store: new StreamStore(), ...options });
}

// Serves `handler` (a function of req and res, or an Express application). Its URL.
export async function serve(t, handler) {
  const server = createServer(handler);
  t.after(() => server.close().closeAllConnections());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

export async function serveFastify(t, app) {
  t.after(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return `http://127.0.0.1:${app.server.address().port}`;
}

export async function serveStandalone(t, options) {
  const server = new DurableStreamTestServer({ port: 0, ...options });
  t.after(() => server.stop());
  await server.start();
  return server;
}

// A router mounted at `base` beside the route GET /other, in each framework: name → URL.
export const MOUNTED = {
  "node:http": (t, base, router) =>
    serve(t, (req, res) => {
      if (req.url.startsWith(`${base}/`)) return router.handleRequest(req, res);
      res.writeHead(req.url === "/other" ? 200 : 404).end("other");
    }),

  "Express 5": (t, base, router) => {
    const app = express();
    app.get("/other", (req, res) => void res.send("other"));
    app.use(base, (req, res) => router.handleRequest(req, res));
    return serve(t, app);
  },

  "Fastify 5": (t, base, router) => {
    const app = fastify();
    app.get("/other", () => "other");
    app.all(`${base}/*`, async (request, reply) => {
      await router.handleRequest(request.raw, reply.raw);
    });
    return serveFastify(t, app);
  },
};

export const put = (url, headers = TEXT, body) => fetch(url, { method: "PUT", headers, body });
export const post = (url, body, headers = TEXT) => fetch(url, { method: "POST", headers, body });

// Resolves when `holds()` is true; the test's own time limit is the only one.
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
