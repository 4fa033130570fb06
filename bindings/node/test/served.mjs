// Routers in node:http, for tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DurableStreamRouter, FileBackedStreamStore, StreamStore } from 'thalweg'

export const TEXT = { 'content-type': 'text/plain' }

// Opens a store of each kind, until the test ends.
export const STORES = {
  memory: () => new StreamStore(),
  file: (t) => {
    const path = mkdtempSync(join(tmpdir(), 'thalweg-router-'))
    const store = new FileBackedStreamStore({ dataDir: path })
    t.after(async () => {
      await store.close()
      rmSync(path, { recursive: true, force: true })
    })
    return store
  },
}

// Serves `handler` on a free port until the test ends. Its URL.
export async function serve(t, handler) {
  const server = createServer(handler)
  t.after(() => server.close().closeAllConnections())
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${server.address().port}`
}

export function newRouter(options) {
  return new DurableStreamRouter({ store: new StreamStore(), ...options })
}

export async function serveRouter(t, options) {
  const router = newRouter(options)
  return { router, url: await serve(t, (req, res) => router.handleRequest(req, res)) }
}

export const put = (url, headers = TEXT, body) => fetch(url, { method: 'PUT', headers, body })
export const post = (url, body, headers = TEXT) =>
  fetch(url, { method: 'POST', headers, body, duplex: 'half' })
