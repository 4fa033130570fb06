// One server under measurement by node_embedding.mjs: node_embedding_host.mjs KIND DATA_DIR
//
// Prints "listening on URL"; ends with SIGTERM. Packages are those of test/node.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(import.meta.dirname, "..", "test", "node", "package.json"));
const [kind, dataDir] = process.argv.slice(2);
const [server, store] = kind.split("/");
const folder = store === "file" ? dataDir : undefined;

// The least that a node:http server can do with an append: read its body, answer.
function bare(req, res) {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    Buffer.concat(chunks);
    res.writeHead(204).end();
  });
}

function router() {
  const { DurableStreamRouter, FileBackedStreamStore, StreamStore } = require("thalweg");
  const made = new DurableStreamRouter({
    store: folder ? new FileBackedStreamStore({ dataDir: folder }) : new StreamStore(),
  });
  return (req, res) => made.handleRequest(req, res);
}

async function listen(handler) {
  const made = createServer(handler);
  await new Promise((resolve) => made.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${made.address().port}`;
}

function standalone(name, options) {
  const { DurableStreamTestServer } = require(name);
  return new DurableStreamTestServer({ port: 0, dataDir: folder, ...options }).start();
}

const SERVERS = {
  bare: () => listen(bare),
  router: () => listen(router()),
  server: () => standalone("thalweg", { threads: 1 }),
  reference: () => standalone("@durable-streams/server"),
};

const url = await SERVERS[server]();
console.log(`listening on ${url}`);
process.on("SIGTERM", () => process.exit(0)); // nothing of what was measured is kept
