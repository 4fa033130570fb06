// Hooks that take their time, fail, or never end: the request is none the worse.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { TEXT, put, serveRouter } from './served.mjs'

function warningsOf(t, code) {
  const seen = []
  const listen = (warning) => {
    if (warning.code === code) seen.push(warning.message)
  }
  process.on('warning', listen)
  t.after(() => process.off('warning', listen))
  return seen
}

test('the answer waits for the promise of the hook', async (t) => {
  let release
  const { url } = await serveRouter(t, {
    onStreamCreated: () => new Promise((resolve) => (release = resolve)),
  })
  let answered = false
  const answer = put(`${url}/a`, TEXT).then((response) => {
    answered = true
    return response
  })
  while (release === undefined) await new Promise(setImmediate)
  assert.equal((await fetch(`${url}/a`)).status, 200)
  assert.equal(answered, false)
  release()
  assert.equal((await answer).status, 201)
})

test('what a hook throws or rejects with is reported with the stream it was for', async (t) => {
  const warnings = warningsOf(t, 'THALWEG_HOOK')
  const { url } = await serveRouter(t, {
    onStreamCreated: () => {
      throw new Error('thrown: not found')
    },
    onStreamDeleted: () => Promise.reject('plain words'),
  })
  assert.equal((await put(`${url}/a`, TEXT)).status, 201)
  assert.equal((await fetch(`${url}/a`, { method: 'DELETE' })).status, 204)
  await new Promise(setImmediate)
  assert.match(warnings[0], /onStreamCreated for \/a .*thrown: not found/)
  assert.match(warnings[1], /onStreamDeleted for \/a .*plain words/)
})

test('a hook may spoil its event: the request is answered, and the report has the path', async (t) => {
  const warnings = warningsOf(t, 'THALWEG_HOOK')
  const { url } = await serveRouter(t, {
    onStreamCreated: async (event) => {
      event.path = Symbol('no path')
      throw new Error('spoiled')
    },
  })
  assert.equal((await put(`${url}/a`, TEXT)).status, 201)
  await new Promise(setImmediate)
  assert.match(warnings[0], /onStreamCreated for \/a .*spoiled/)
})

test('a hook that does not end holds its request for ten seconds, no longer', { timeout: 30_000 }, async (t) => {
  const warnings = warningsOf(t, 'THALWEG_HOOK')
  const { url } = await serveRouter(t, { onStreamCreated: () => new Promise(() => {}) })
  const began = performance.now()
  assert.equal((await put(`${url}/a`, TEXT)).status, 201)
  const took = performance.now() - began
  assert.ok(took > 9_900 && took < 15_000, `${took} ms`)
  assert.match(warnings[0], /10000 ms/)
})

// What `script` prints in a process where `gc()` collects, and `collected()` lets finalizers run.
function printed(script) {
  const collected = `
    const collected = async () => {
      gc()
      await new Promise(setImmediate)
    }`
  const prelude = `const { DurableStreamRouter, StreamStore } = require('thalweg')${collected}`
  const options = { cwd: import.meta.dirname, timeout: 60_000, encoding: 'utf8' }
  return execFileSync(process.execPath, ['--expose-gc', '-e', prelude + script], options)
}

test('a router whose hooks hold it is collected when nobody else does', () => {
  const script = `
    let count = 0
    const registry = new FinalizationRegistry(() => (count += 1))
    const make = () => {
      const store = new StreamStore()
      const router = new DurableStreamRouter({ store, onStreamCreated: () => router.waiting })
      registry.register(router)
    }
    for (let i = 0; i < 200; i += 1) make()
    const wait = async () => {
      for (let round = 0; round < 100 && count < 100; round += 1) await collected()
      console.log(count >= 100)
    }
    wait()`
  assert.equal(printed(script), 'true\n')
})

test('hooks are called while the router is held by its server alone', () => {
  const script = `
    const { createServer } = require('node:http')
    const make = () => {
      const onStreamCreated = ({ path }) => console.log(path)
      const router = new DurableStreamRouter({ store: new StreamStore(), onStreamCreated })
      return createServer((req, res) => router.handleRequest(req, res))
    }
    const server = make().listen(0, '127.0.0.1', async () => {
      for (let round = 0; round < 10; round += 1) await collected()
      await fetch('http://127.0.0.1:' + server.address().port + '/a', { method: 'PUT' })
      server.close().closeAllConnections()
    })`
  assert.equal(printed(script), '/a\n')
})

test('a hook that does not end holds no process whose server or router has, and that is told', () => {
  const script = `
    const { once } = require('node:events')
    const { createServer } = require('node:http')
    const { connect } = require('node:net')
    const { DurableStreamTestServer } = require('thalweg')
    process.on('warning', ({ message }) => console.log(message.split('\\n')[0]))
    const stuck = () => {
      let tell
      const isCalled = new Promise((resolve) => (tell = resolve))
      return { isCalled, onStreamCreated: () => new Promise(() => tell()) }
    }
    const put = (port, path) => {
      const head = 'PUT ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: text/plain\\r\\n'
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write(head + 'Content-Length: 0\\r\\n\\r\\n')
      return socket
    }
    const served = async (hook) => {
      const router = new DurableStreamRouter({ store: new StreamStore(), ...hook })
      const handled = []
      const server = createServer((req, res) => handled.push(router.handleRequest(req, res)))
      await once(server.listen(0, '127.0.0.1'), 'listening')
      return { router, server, handled, port: server.address().port }
    }
    const stopped = async () => {
      const hook = stuck()
      const server = new DurableStreamTestServer({ port: 0, threads: 1, ...hook })
      await server.start()
      put(server.port, '/stopped')
      await hook.isCalled
      await server.stop()
    }
    const shutDown = async () => {
      const hook = stuck()
      const { router, server, port } = await served(hook)
      const socket = put(port, '/shut-down')
      await hook.isCalled
      await router.shutdown()
      console.log(String((await once(socket, 'data'))[0]).split('\\r\\n')[0])
      socket.destroy()
      server.close()
    }
    const left = async () => {
      let { isCalled, onStreamCreated } = stuck()
      const { router, server, handled, port } = await served({ onStreamCreated: () => onStreamCreated() })
      const leave = async (path) => {
        const socket = put(port, path)
        await isCalled
        socket.destroy()
        await Promise.all(handled)
      }
      await leave('/left')
      await router.shutdown()
      ;({ isCalled, onStreamCreated } = stuck())
      await leave('/late')
      server.close()
    }
    Promise.all([stopped(), shutDown(), left()]).then(() => {
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, 'timers')
    })`
  const why = 'failed: Error: had not ended when its router or server did; its request waits no longer'
  assert.deepEqual(printed(script).trim().split('\n').sort(), [
    '0 timers',
    'HTTP/1.1 201 Created',
    `onStreamCreated for /left ${why}`,
    `onStreamCreated for /shut-down ${why}`,
    `onStreamCreated for /stopped ${why}`,
  ])
})
