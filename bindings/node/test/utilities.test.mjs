// Options, the registry, cursors and path names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DEFAULT_CURSOR_EPOCH,
  DEFAULT_CURSOR_INTERVAL_SECONDS,
  DurableStreamRouter,
  StreamStore,
  calculateCursor,
  createRegistryHooks,
  decodeStreamPath,
  encodeStreamPath,
  generateResponseCursor,
  handleCursorCollision,
} from 'thalweg'
import { TEXT, put, serveRouter } from './served.mjs'

test('a wrong option is named, with what it should be', () => {
  const store = new StreamStore()
  const cases = {
    longPollTimeout: -1,
    compression: 'yes',
    cachePolicy: 'never',
    cors: 1,
    baseUrl: '/a?b',
    cursorIntervalSeconds: 0,
    cursorEpoch: new Date('never'),
    onStreamCreated: 'log',
  }
  for (const [name, value] of Object.entries(cases)) {
    assert.throws(() => new DurableStreamRouter({ store, [name]: value }), (error) => {
      assert.ok(error.message.includes(name), error.message)
      assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
      return true
    })
  }
  assert.throws(() => new DurableStreamRouter({ store: {} }), /store/)
})

const recordsOf = (store, path) =>
  JSON.parse(Buffer.from(store.formatResponse(path, store.read(path).messages)))

test('the registry tells of creates and deletes, by its name in the first form', async (t) => {
  const store = new StreamStore()
  const { url } = await serveRouter(t, { store, ...createRegistryHooks({ registryPath: 'audit' }) })
  await put(`${url}/v1/stream/a`)
  await fetch(`${url}/v1/stream/a`, { method: 'DELETE' })
  await put(`${url}/rooms/1`)
  const records = recordsOf(store, '/audit')
  const [{ createdAt }, last] = [records[0].value, records[2].value]
  assert.deepEqual(records, [
    {
      type: 'stream',
      key: 'a',
      value: { path: 'a', contentType: 'text/plain', createdAt },
      headers: { operation: 'insert' },
    },
    { type: 'stream', key: 'a', headers: { operation: 'delete' } },
    {
      type: 'stream',
      key: '/rooms/1',
      value: { path: '/rooms/1', contentType: 'text/plain', createdAt: last.createdAt },
      headers: { operation: 'insert' },
    },
  ])
})

test('the registry is where npm 0.3.7 has it in the second form, and does not list itself', async (t) => {
  const store = new StreamStore()
  const hooks = createRegistryHooks(store, 'http://nobody.example')
  const { url } = await serveRouter(t, { store, ...hooks })
  await put(`${url}/v1/stream/__registry__`, { 'content-type': 'application/json' })
  await put(`${url}/v1/stream/b`)
  assert.deepEqual(
    recordsOf(store, '/v1/stream/__registry__').map(({ key }) => key),
    ['b']
  )
})

test('an event that comes late and is not true any more is not in the registry', async (t) => {
  const store = new StreamStore()
  const registry = createRegistryHooks()
  const late = []
  const { url } = await serveRouter(t, {
    store,
    onStreamCreated: (event) => void late.push(event),
    onStreamDeleted: registry.onStreamDeleted,
  })
  await put(`${url}/v1/stream/a`)
  await fetch(`${url}/v1/stream/a`, { method: 'DELETE' })
  await put(`${url}/v1/stream/b`)
  for (const event of late) await registry.onStreamCreated(event)
  assert.deepEqual(
    recordsOf(store, '/__registry__').map(({ key, headers }) => [key, headers.operation]),
    [
      ['a', 'delete'],
      ['b', 'insert'],
    ]
  )
})

test('a creation that comes behind one of another type is not in the registry', async (t) => {
  const store = new StreamStore()
  const registry = createRegistryHooks()
  const events = []
  const { url } = await serveRouter(t, { store, onStreamCreated: (event) => void events.push(event) })
  await put(`${url}/v1/stream/a`, { 'content-type': 'text/plain' })
  await fetch(`${url}/v1/stream/a`, { method: 'DELETE' })
  await put(`${url}/v1/stream/a`, { 'content-type': 'application/json' })
  for (const event of events.reverse()) await registry.onStreamCreated(event)
  assert.deepEqual(
    recordsOf(store, '/__registry__').map(({ value }) => value.contentType),
    ['application/json']
  )
})

test('the registry knows itself under a name that URLs encode', async (t) => {
  const store = new StreamStore()
  const hooks = createRegistryHooks({ registryPath: 'my registry/ü%7b' })
  const { url } = await serveRouter(t, { store, ...hooks })
  const own = `${url}/my%20registry/%C3%BC%7B`
  await put(own, { 'content-type': 'application/json' })
  await put(`${url}/v1/stream/a`)
  const read = async () => (await fetch(own)).json()
  assert.deepEqual((await read()).map(({ key }) => key), ['a'])
  await fetch(own, { method: 'DELETE' })
  assert.equal((await fetch(own)).status, 404)
})

test('registry hooks that are called by hand need a store', async () => {
  const event = { type: 'created', path: '/a', contentType: 'text/plain', timestamp: 1 }
  await assert.rejects(createRegistryHooks().onStreamCreated(event), /store/)
  const store = new StreamStore()
  await createRegistryHooks({ store }).onStreamCreated(event)
  assert.equal(recordsOf(store, '/__registry__')[0].key, '/a')
})

test('cursors: whole intervals since the epoch, and never back', () => {
  assert.equal(DEFAULT_CURSOR_EPOCH.toISOString(), '2024-10-09T00:00:00.000Z')
  assert.equal(DEFAULT_CURSOR_INTERVAL_SECONDS, 20)
  const epoch = new Date(Date.now() - 100_500)
  assert.equal(calculateCursor({ epoch, intervalSeconds: 10 }), '10')
  assert.equal(generateResponseCursor(undefined, { epoch, intervalSeconds: 10 }), '10')
  assert.equal(generateResponseCursor('3', { epoch, intervalSeconds: 10 }), '10')
  const next = Number(generateResponseCursor('10', { epoch, intervalSeconds: 10 }))
  assert.ok(next > 10 && next <= 10 + 360, String(next))
  assert.ok(Number(handleCursorCollision('10', '50', { epoch, intervalSeconds: 10 })) > 50)
  assert.throws(() => calculateCursor({ intervalSeconds: 0 }), /intervalSeconds/)
  assert.throws(() => generateResponseCursor('1', { epoch: new Date('x') }), /epoch/)
})

test('stream paths as names of files, and back', () => {
  assert.equal(encodeStreamPath('/stream/users:created'), 'L3N0cmVhbS91c2VyczpjcmVhdGVk')
  assert.equal(decodeStreamPath('L3N0cmVhbS91c2VyczpjcmVhdGVk'), '/stream/users:created')
  assert.equal(decodeStreamPath(encodeStreamPath('/räume/☃')), '/räume/☃')
  assert.match(encodeStreamPath('/x'.repeat(500)), /^[\w-]{180}~[0-9a-f]{16}$/)
})
