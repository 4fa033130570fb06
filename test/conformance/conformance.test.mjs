// The official suite, its core part: run.mjs has started the server and says where it is.
import { runConformanceTests } from "@durable-streams/server-conformance-tests";
import { beforeEach } from "vitest";

const baseUrl = process.env.THALWEG_URL;
if (!baseUrl) throw new Error("THALWEG_URL is not set: run `npm test`, which starts the server");

// Halfway, the server is killed and started again: the rest must not notice.
if (process.env.RESTART_URL) {
  let begun = 0;
  beforeEach(async () => {
    if (++begun !== Number(process.env.RESTART_AT)) return;
    const restarted = await fetch(process.env.RESTART_URL, { method: "POST" });
    if (!restarted.ok) throw new Error(await restarted.text());
  });
}

runConformanceTests({ baseUrl, longPollTimeoutMs: 500, subscriptions: false });
