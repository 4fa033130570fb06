// The official suite, its core part: run.mjs has started the server and says where it is.
import { runConformanceTests } from "@durable-streams/server-conformance-tests";

const baseUrl = process.env.THALWEG_URL;
if (!baseUrl) throw new Error("THALWEG_URL is not set: run `npm test`, which starts the server");

runConformanceTests({ baseUrl, longPollTimeoutMs: 500, subscriptions: false });
