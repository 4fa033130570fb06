// Starts the reference server, @durable-streams/server, for a bench.
//
//   node node_server.mjs MODULE_FOLDER PORT [DATA_DIR]
//
// MODULE_FOLDER holds the node_modules it was installed into. Without DATA_DIR it keeps streams in
// memory.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, port, dataDir] = process.argv.slice(2);
const entry = createRequire(`${folder}/`).resolve("@durable-streams/server");
const { DurableStreamTestServer } = await import(pathToFileURL(entry));
const server = new DurableStreamTestServer({ port: Number(port), host: "127.0.0.1", dataDir });
await server.start();
process.on("SIGTERM", () => process.exit(0));
