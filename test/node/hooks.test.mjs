// Lifecycle hooks in JavaScript: what they are told, and that they cannot hurt a request.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { subject } from "./package.mjs";
import { TEXT, newRouter, put, serve, serveStandalone } from "./served.mjs";

const { FileBackedStreamStore } = subject;

// Each door takes the hooks as options and gives the URL that streams are under.
const DOORS = {
  "router, memory": (t, hooks) => serveRouter(t, hooks),
  "router, file": (t, hooks) => {
    const dataDir = mkdtempSync(join(tmpdir(), "thalweg-hooks-"));
    const store = new FileBackedStreamStore({ dataDir });
    t.after(async () => {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    });
    return serveRouter(t, { ...hooks, store });
  },
  "test server": async (t, hooks) => (await serveStandalone(t, hooks)).url,
};

function serveRouter(t, options) {
  const router = newRouter(options);
  return serve(t, (req, res) => router.handleRequest(req, res));
}

const remove = (url) => fetch(url, { method: "DELETE" });

// The warnings of this process that carry `code`, from now on.
function warnings(t, code) {
  const seen = [];
  const listen = (warning) => {
    if (warning.code === code) seen.push(warning.message);
  };
  process.on("warning", listen);
  t.after(() => process.off("warning", listen));
  return seen;
}

for (const [name, open] of Object.entries(DOORS)) {
  test(`${name}: hooks hear of what was created and deleted, and of nothing else`, async (t) => {
    const events = [];
    const hook = (event) => void events.push(event);
    const url = await open(t, { onStreamCreated: hook, onStreamDeleted: hook });
    const before = Date.now();
    await put(`${url}/a`, { "content-type": "Text/Plain; charset=utf-8" });
    await put(`${url}/a`, { "content-type": "Text/Plain; charset=utf-8" }); // a repeat
    await put(`${url}/a`, { "content-type": "image/png" }); // refused
    await remove(`${url}/a`);
    await remove(`${url}/a`); // there is none
    assert.deepEqual(
      events.map(({ timestamp, ...event }) => event),
      [
        { type: "created", path: "/a", contentType: "Text/Plain; charset=utf-8" },
        { type: "deleted", path: "/a" },
      ],
    );
    for (const { timestamp } of events) {
      assert.ok(timestamp >= before && timestamp <= Date.now(), String(timestamp));
    }
  });

  test(`${name}: a request is answered when the hook's promise has settled`, async (t) => {
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    let called;
    const calling = new Promise((resolve) => (called = resolve));
    const url = await open(t, { onStreamCreated: () => (called(), finished) });
    let answered = false;
    const answer = put(`${url}/a`).then((response) => ((answered = true), response));
    await calling;
    assert.equal((await fetch(`${url}/a`)).status, 200); // it is there already; others go on
    assert.equal(answered, false);
    finish();
    assert.equal((await answer).status, 201);
  });

  test(`${name}: a hook that throws or rejects is reported and breaks nothing`, async (t) => {
    const reports = warnings(t, "THALWEG_HOOK");
    const url = await open(t, {
      onStreamCreated: () => {
        throw new Error("not found: thrown by a hook");
      },
      onStreamDeleted: async () => {
        throw new Error("rejected by a hook");
      },
    });
    assert.equal((await put(`${url}/a`)).status, 201);
    assert.equal((await remove(`${url}/a`)).status, 204);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reports.length, 2);
    assert.match(reports[0], /onStreamCreated for \/a .*thrown by a hook/);
    assert.match(reports[1], /onStreamDeleted for \/a .*rejected by a hook/);
  });

  test(`${name}: a hook may use the server it is called from`, async (t) => {
    let url;
    const found = [];
    const onStreamCreated = async ({ path }) => {
      if (path !== "/a") return;
      assert.equal((await put(`${url}/log`)).status, 201);
      const body = { method: "POST", headers: TEXT, body: path };
      assert.equal((await fetch(`${url}/log`, body)).status, 204);
      found.push(path);
    };
    url = await open(t, { onStreamCreated });
    assert.equal((await put(`${url}/a`)).status, 201);
    assert.deepEqual(found, ["/a"]);
    assert.equal(await (await fetch(`${url}/log`)).text(), "/a");
  });
}
