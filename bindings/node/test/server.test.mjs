// DurableStreamTestServer: its life, its store, its hooks and its faults.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { DurableStreamTestServer, FileBackedStreamStore, StreamStore } from 'thalweg'
import { folder } from './folder.mjs'
import { TEXT, post, put } from './served.mjs'

const KINDS = {
  memory: () => ({}),
  file: (t) => ({ dataDir: folder(t) }),
}

async function started(t, options) {
  const server = new DurableStreamTestServer({ port: 0, threads: 2, ...options })
  t.after(() => server.stop())
  await server.start()
  return server
}

for (const [kind, options] of Object.entries(KINDS)) {
  test(`${kind}: start, stop, and start again with the same streams`, async (t) => {
    const server = new DurableStreamTestServer({ port: 0, ...options(t) })
    assert.ok(server.store instanceof (kind === 'file' ? FileBackedStreamStore : StreamStore))
    assert.throws(() => server.url, /not started/)
    await server.stop() // nothing to do
    const url = await server.start()
    assert.equal(server.url, url)
    assert.equal(url, `http://127.0.0.1:${server.port}`)
    await assert.rejects(server.start(), /already started/)
    await put(`${url}/v1/stream/a`, TEXT, 'kept')
    const reader = fetch(`${url}/v1/stream/a?offset=now&live=long-poll`)
    const events = await fetch(`${url}/v1/stream/a?offset=-1&live=sse`)
    const began = performance.now()
    await server.stop()
    assert.ok(performance.now() - began < 2000)
    assert.equal((await reader).status, 204, 'nothing was appended')
    assert.match(await events.text(), /kept/)
    assert.throws(() => server.url, /not started/)
    await assert.rejects(fetch(`${url}/v1/stream/a`))
    const again = await server.start()
    assert.equal(await (await fetch(`${again}/v1/stream/a`)).text(), 'kept')
    server.stop()
    await assert.rejects(server.start(), /already started/)
    await server.stop() // the same one
    await server.start()
    await server.stop()
    await server.stop()
  })

  test(`${kind}: the store and the server are over the same streams`, async (t) => {
    const server = await started(t, options(t))
    await server.store.create('/v1/stream/a', { contentType: 'text/plain' })
    await server.store.append('/v1/stream/a', Buffer.from('by hand'))
    assert.equal(await (await fetch(`${server.url}/v1/stream/a`)).text(), 'by hand')
    const waiting = server.store.waitForMessages('/v1/stream/a', server.store.getCurrentOffset('/v1/stream/a'), 60_000)
    await post(`${server.url}/v1/stream/a`, ', by HTTP')
    assert.equal(Buffer.from((await waiting).messages[0].data).toString(), ', by HTTP')
    server.clear()
    assert.deepEqual(server.store.list(), [])
    assert.equal((await fetch(`${server.url}/v1/stream/a`)).status, 404)
  })

  test(`${kind}: hooks are told and waited for`, async (t) => {
    const events = []
    const server = await started(t, {
      ...options(t),
      onStreamCreated: async (event) => {
        await new Promise(setImmediate)
        events.push(event)
      },
      onStreamDeleted: (event) => {
        events.push(event)
      },
    })
    await put(`${server.url}/a`)
    assert.equal(events.length, 1)
    await fetch(`${server.url}/a`, { method: 'DELETE' })
    assert.deepEqual(
      events.map(({ type, path, contentType }) => [type, path, contentType]),
      [
        ['created', '/a', 'text/plain'],
        ['deleted', '/a', undefined],
      ]
    )
  })
}

test('a port that is taken is named in the error', async (t) => {
  const other = createServer()
  t.after(() => other.close())
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address()
  const server = new DurableStreamTestServer({ port })
  await assert.rejects(server.start(), (error) => {
    assert.equal(error.code, 'EADDRINUSE')
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`))
    return true
  })
  await server.stop()
})

test('two servers do not share a data directory', async (t) => {
  const options = KINDS.file(t)
  await started(t, options)
  assert.throws(() => new DurableStreamTestServer({ port: 0, ...options }), {
    code: 'ERR_THALWEG_FOREIGN',
  })
})

test('faults: by method, by name, and over the test endpoint', async (t) => {
  const server = await started(t)
  await put(`${server.url}/a`, TEXT, '0123456789')
  server.injectError('/a', 503, 2, 7)
  for (const expected of [503, 503, 200]) {
    const answer = await fetch(`${server.url}/a`)
    assert.equal(answer.status, expected)
    if (expected === 503) assert.equal(answer.headers.get('retry-after'), '7')
  }
  server.injectFault('/a', { truncateBodyBytes: 4 })
  assert.equal(await (await fetch(`${server.url}/a`)).text(), '0123')
  server.injectFault('/a', { status: 500, count: 9 })
  server.clearInjectedFaults()
  server.injectError('/a', 500)
  server.clearInjectedErrors()
  assert.equal((await fetch(`${server.url}/a`)).status, 200)
  const over = await post(
    `${server.url}/_test/inject-error`,
    JSON.stringify({ path: '/a', status: 502 }),
    { 'content-type': 'application/json' }
  )
  assert.equal(over.status, 200)
  assert.equal((await fetch(`${server.url}/a`)).status, 502)
  assert.throws(() => server.injectFault('/a', {}), /fault/)
  assert.throws(() => server.injectError('/a', 42), /fault/)
})

test('webhooks are refused with the reason', () => {
  assert.throws(() => new DurableStreamTestServer({ webhooks: true }), {
    code: 'ERR_THALWEG_NOT_SUPPORTED',
  })
  new DurableStreamTestServer({ webhooks: false })
})
