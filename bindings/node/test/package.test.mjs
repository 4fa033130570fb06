// The package as a whole: its names, both ways to load it, its types.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as imported from 'thalweg'
import { TEXT, put, serve } from './served.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

const NAMES = [
  'DEFAULT_CURSOR_EPOCH',
  'DEFAULT_CURSOR_INTERVAL_SECONDS',
  'DurableStreamRouter',
  'DurableStreamTestServer',
  'FaultInjectionMiddleware',
  'FileBackedStreamStore',
  'StreamStore',
  'calculateCursor',
  'createRegistryHooks',
  'decodeStreamPath',
  'encodeStreamPath',
  'generateResponseCursor',
  'handleCursorCollision',
]

test('import and require give the same objects, under every name', () => {
  const required = require('thalweg')
  assert.deepEqual(Object.keys(required).sort(), NAMES)
  assert.deepEqual(Object.keys(imported).sort(), NAMES)
  for (const name of NAMES) assert.equal(imported[name], required[name])
})

test('a process that has stores and routers ends by itself', () => {
  const script = `
    const { DurableStreamRouter, StreamStore } = require('thalweg')
    const store = new StreamStore()
    new DurableStreamRouter({ store })
    store.create('/a')
    console.log(store.list().join())`
  const output = execFileSync(process.execPath, ['-e', script], { cwd: HERE, timeout: 20_000 })
  assert.equal(output.toString(), '/a\n')
})

test('a process that ends in the middle of everything ends cleanly', () => {
  const script = `
    const { DurableStreamTestServer, StreamStore } = require('thalweg')
    const store = new StreamStore()
    store.create('/a')
    store.waitForMessages('/a', store.getCurrentOffset('/a'), 60000)
    const server = new DurableStreamTestServer({ port: 0 })
    server.start().then((url) => {
      fetch(url + '/x', { method: 'PUT' }).then(() => {
        fetch(url + '/x?offset=-1&live=sse').then(() => process.exit(0))
      })
    })`
  execFileSync(process.execPath, ['-e', script], { cwd: HERE, timeout: 20_000 })
})

// A test runner loads the package anew for each file, in one process.
test('copies of the package in one process know nothing of each other', async (t) => {
  const copies = [0, 1].map(() => {
    for (const path of Object.keys(require.cache)) {
      if (path.startsWith(dirname(HERE)) && !path.endsWith('.node')) delete require.cache[path]
    }
    return require('thalweg')
  })
  assert.notEqual(copies[0].StreamStore, copies[1].StreamStore)
  const urls = []
  for (const { DurableStreamRouter, StreamStore } of copies) {
    const router = new DurableStreamRouter({ store: new StreamStore() })
    urls.push(await serve(t, (req, res) => router.handleRequest(req, res)))
  }
  for (let i = 0; i < 3; i += 1) {
    for (const url of urls) {
      const made = await put(`${url}/${i}`, TEXT, url)
      assert.equal(made.status, 201)
      assert.equal(made.headers.get('location'), `${url}/${i}`)
      assert.equal(await (await fetch(`${url}/${i}`)).text(), url)
    }
  }
})

test('worker threads have engines of their own', async () => {
  const { Worker } = await import('node:worker_threads')
  const script = `
    const { StreamStore } = require('thalweg')
    const store = new StreamStore()
    store.create('/a')
    require('node:worker_threads').parentPort.postMessage(store.list())`
  const lists = await Promise.all(
    [1, 2].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(script, { eval: true })
          worker.once('error', reject)
          worker.once('message', resolve)
        })
    )
  )
  assert.deepEqual(lists, [['/a'], ['/a']])
})

test('the declarations agree with how the API is used', () => {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', join(HERE, 'types')], { encoding: 'utf8' })
  } catch (error) {
    assert.fail(error.stdout)
  }
})
