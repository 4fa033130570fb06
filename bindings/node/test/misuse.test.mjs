// What is given wrong, and what goes wrong in a user's functions: an error that helps, and no harm.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import http2 from 'node:http2'
import { createRequire } from 'node:module'
import net from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  DurableStreamRouter,
  DurableStreamTestServer,
  FaultInjectionMiddleware,
  FileBackedStreamStore,
  StreamStore,
  createRegistryHooks,
  decodeStreamPath,
  encodeStreamPath,
} from 'thalweg'
import { folder } from './folder.mjs'
import { TEXT, newRouter, put, serve } from './served.mjs'

const timers = createRequire(import.meta.url)('../lib/timers.cjs')

// Each would be the end of the process where native code converted it.
const NOT_CONVERTIBLE = [
  Symbol('s'),
  Object.create(null),
  10n,
  { toString: () => assert.fail('of a toString') },
]

const invalid = (name) => ({ code: 'ERR_INVALID_ARG_VALUE', message: new RegExp(name) })

test('what is true or false is neither "false" nor 1', () => {
  const store = new StreamStore()
  store.create('/a', { contentType: 'text/plain', closed: null })
  const faults = new FaultInjectionMiddleware()
  for (const value of ['false', 'no', 0, 1, {}, ...NOT_CONVERTIBLE]) {
    assert.throws(() => store.append('/a', 'x', { close: value }), invalid('close'))
    assert.throws(() => store.create('/b', { closed: value }), invalid('closed'))
    for (const name of ['corruptBody', 'dropConnection']) {
      assert.throws(() => faults.injectFault('/a', { [name]: value }), invalid(name))
    }
    const options = { enableTestEndpoint: value }
    assert.throws(() => new FaultInjectionMiddleware(options), invalid('enableTestEndpoint'))
  }
  assert.equal(store.getCurrentOffset('/a'), '0000000000000000_0000000000000000')
  assert.deepEqual(store.list(), ['/a'])
  store.append('/a', 'x', { close: false })
  store.append('/a', 'y', { close: true })
  assert.equal(store.get('/a').closed, true)
})

test('registry hooks take a store of this package, or none', () => {
  for (const wrong of ['registry', 1, { store: {} }, { store: 'x' }, { registryPath: 5 }]) {
    assert.throws(() => createRegistryHooks(wrong), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  for (const right of [undefined, null, {}, { store: undefined }, { store: new StreamStore() }]) {
    assert.equal(typeof createRegistryHooks(right).onStreamCreated, 'function')
  }
})

test('options of a store are checked, and the wrong one is named', () => {
  const store = new StreamStore()
  store.create('/a', { contentType: 'text/plain' })
  const producer = { producerId: 'p', producerEpoch: 0, producerSeq: 0 }
  for (const value of NOT_CONVERTIBLE) {
    for (const name of ['contentType', 'expiresAt', 'forkOffset', 'forkedFrom', 'initialData']) {
      assert.throws(() => store.create('/b', { [name]: value }), invalid(name))
    }
    for (const name of ['ttlSeconds', 'forkSubOffset']) {
      assert.throws(() => store.create('/b', { [name]: value }), invalid(name))
    }
    for (const name of ['contentType', 'seq', ...Object.keys(producer)]) {
      assert.throws(() => store.append('/a', 'x', { ...producer, [name]: value }), invalid(name))
    }
    assert.throws(() => store.read('/a', value), invalid('offset'))
  }
  for (const value of [-1, 1.5, NaN, '7']) {
    assert.throws(() => store.create('/b', { ttlSeconds: value }), invalid('ttlSeconds'))
    const options = { ...producer, producerSeq: value }
    assert.throws(() => store.append('/a', 'x', options), invalid('producerSeq'))
  }
  assert.throws(() => store.create('/b', 'text/plain'), invalid('options'))
  assert.throws(() => store.append('/a', 'x', 'text/plain'), invalid('options'))
  assert.throws(() => store.formatResponse('/a'), invalid('messages'))
  assert.deepEqual(store.list(), ['/a'])
})

test('half a character in a text is named: another half would be the same text', () => {
  const store = new StreamStore()
  store.create('/a', { contentType: 'text/plain' })
  const producer = { producerId: 'p', producerEpoch: 0, producerSeq: 0 }
  for (const half of ['p\ud800', '\udc00p']) {
    for (const name of ['contentType', 'forkOffset']) {
      assert.throws(() => store.create('/b', { [name]: half }), invalid(name))
    }
    for (const name of ['producerId', 'seq', 'contentType']) {
      assert.throws(() => store.append('/a', 'x', { ...producer, [name]: half }), invalid(name))
    }
  }
  assert.equal(store.append('/a', 'x', { ...producer, producerId: '\u{1f600}' }).producerResult.status, 'accepted')
  assert.equal(store.read('/a').messages.length, 1)
})

test('half a character in a path is named, and a closed store clears nothing', async (t) => {
  const memory = new StreamStore()
  for (const path of ['/a\ud800', '/\udc00b']) {
    assert.throws(() => memory.create(path), invalid('path'))
    assert.throws(() => memory.has(path), invalid('path'))
    assert.throws(() => memory.create('/b', { forkedFrom: path }), invalid('forkedFrom'))
  }
  memory.create('/\ud83d\ude00')
  const store = new FileBackedStreamStore({ dataDir: folder(t) })
  await store.close()
  assert.throws(() => store.clear(), { code: 'store-closed' })
})

test('a directory is not empty, and neither it nor a host is cut off at a NUL', async (t) => {
  const parent = folder(t)
  for (const dataDir of ['', '\0', join(parent, 'one\0two'), join(parent, 'one\0'), ...NOT_CONVERTIBLE]) {
    for (const Opened of [FileBackedStreamStore, DurableStreamTestServer]) {
      assert.throws(() => new Opened({ dataDir }), invalid('dataDir'))
    }
  }
  assert.deepEqual(readdirSync(parent), [])
  for (const missing of [undefined, null]) {
    assert.throws(() => new FileBackedStreamStore({ dataDir: missing }), invalid('dataDir'))
    assert.ok(new DurableStreamTestServer({ dataDir: missing }).store instanceof StreamStore)
  }
  for (const host of ['127.0.0.1\0.evil', '\0']) {
    const starting = new DurableStreamTestServer({ port: 0, host }).start()
    await assert.rejects(starting, { code: 'ERR_THALWEG_LISTEN', message: /not an IPv4/ })
  }
})

test('options that are null are options that are not given', () => {
  const store = new StreamStore()
  store.create('/a', null)
  const faults = new FaultInjectionMiddleware()
  assert.throws(() => faults.injectFault('/a', { injectSseEvent: null, probability: null }), /fault/)
  store.create('/a', { contentType: null, ttlSeconds: null, forkedFrom: null, initialData: null })
  assert.ok(store.append('/a', 'x', null).offset)
  assert.ok(store.append('/a', 'x', { seq: null, producerId: null }).offset)
})

test("a producer's numbers are asked for where its id is given", () => {
  const store = new StreamStore()
  store.create('/a')
  const append = (options) => () => store.append('/a', 'x', { producerId: 'p', ...options })
  assert.throws(append({}), invalid('producerEpoch'))
  assert.throws(append({ producerEpoch: 0 }), invalid('producerSeq'))
})

test('a wait has a time in milliseconds, which may be without end', async () => {
  const store = new StreamStore()
  store.create('/a')
  const tail = store.getCurrentOffset('/a')
  for (const value of [undefined, '5', NaN]) {
    await assert.rejects(store.waitForMessages('/a', tail, value), invalid('timeoutMs'))
  }
  const waits = [Infinity, 2 ** 31, 1e300].map((ms) => store.waitForMessages('/a', tail, ms))
  await new Promise((resolve) => setTimeout(resolve, 20)) // one that is not without end, ends
  store.append('/a', 'x')
  for (const { messages } of await Promise.all(waits)) assert.equal(messages.length, 1)
})

test('a wait that is longer than a timer can be sets one, and nobody is warned', async (t) => {
  const warnings = []
  const onWarning = (warning) => warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const { mock } = t.mock.method(timers, 'setTimeout')
  const dayMs = 86_400_000
  for (const ms of [Infinity, 30 * dayMs]) {
    mock.resetCalls()
    const store = new StreamStore()
    t.after(() => store.cancelAllWaits()) // holds the process where this fails
    store.create('/a')
    const waiting = store.waitForMessages('/a', store.getCurrentOffset('/a'), ms)
    const timers = () => mock.calls.map((call) => call.arguments).filter((one) => one[1] > dayMs)
    for (let turn = 0; turn < 20; turn += 1) await sleep(1)
    assert.equal(timers().length, 1)
    const [[fire, , key]] = timers()
    fire(key) // its time is over, that of the wait is not
    assert.equal(timers().length, 2)
    store.append('/a', 'x')
    assert.equal((await waiting).messages.length, 1)
  }
  assert.deepEqual(warnings, [])
})

test('faults and names of paths are checked', () => {
  const faults = new FaultInjectionMiddleware(null)
  for (const value of NOT_CONVERTIBLE) {
    for (const name of ['status', 'count', 'retryAfter', 'delayMs', 'probability', 'method']) {
      assert.throws(() => faults.injectFault('/a', { delayMs: 1, [name]: value }), invalid(name))
    }
    assert.throws(
      () => faults.injectFault('/a', { injectSseEvent: { eventType: value, data: '' } }),
      invalid('eventType')
    )
    assert.throws(() => encodeStreamPath(value), invalid('path'))
    assert.throws(() => decodeStreamPath(value), invalid('encoded'))
  }
})

test('whatever a hook throws is reported, and the request is answered', async (t) => {
  const warnings = []
  const onWarning = ({ code, message }) => code === 'THALWEG_HOOK' && warnings.push(message)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const nothing = Object.create(null)
  const unshowable = new Error('unshowable')
  Object.defineProperty(unshowable, 'stack', { get: () => assert.fail('of a stack') })
  const misdeeds = [
    () => {
      throw nothing
    },
    () => Promise.reject(nothing),
    () => {
      throw unshowable
    },
    () => ({
      get then() {
        throw nothing
      },
    }),
    () => ({
      then() {
        throw nothing
      },
    }),
  ]
  let misdeed
  const router = newRouter({ onStreamCreated: () => misdeed() })
  const url = await serve(t, (req, res) => router.handleRequest(req, res))
  for (misdeed of misdeeds) {
    assert.equal((await put(`${url}/${misdeeds.indexOf(misdeed)}`)).status, 201)
  }
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(warnings.length, misdeeds.length)
})

test('the promise of a request whose client went before resolves', async (t) => {
  const router = newRouter()
  let tell
  const handled = new Promise((resolve) => (tell = resolve))
  const url = await serve(t, (req, res) => {
    req.on('error', () => {})
    req.on('close', () => setImmediate(() => tell(router.handleRequest(req, res))))
    req.socket.destroy()
  })
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc')
  await handled
})

test('a body that was set to come as text is taken', async (t) => {
  const router = newRouter()
  const url = await serve(t, (req, res) => router.handleRequest(req.setEncoding('utf8'), res))
  await put(`${url}/a`, TEXT, 'räume ☃')
  assert.equal(Buffer.from(router.store.read('/a').messages[0].data).toString(), 'räume ☃')
})

test('an answer that somebody else ends does no harm to the others', async (t) => {
  const router = newRouter()
  const live = []
  const url = await serve(t, (req, res) => {
    if (req.method === 'GET') live.push(res)
    return router.handleRequest(req, res)
  })
  await put(`${url}/a`)
  const [ended, other] = await Promise.all([
    fetch(`${url}/a?offset=-1&live=sse`),
    fetch(`${url}/a?offset=-1&live=sse`),
  ])
  live[0].end()
  router.store.append('/a', 'x', { close: true })
  const texts = await Promise.all([ended.text(), other.text()])
  assert.equal(texts.filter((text) => /data:\s?x/.test(text)).length, 1)
  assert.equal(router.waiting, 0)
})

test('a server that nobody holds goes on', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const start = async () => {
    const server = new DurableStreamTestServer({ port: 0 })
    return [await server.start(), new WeakRef(server)]
  }
  const [url, known] = await start()
  for (let i = 0; i < 5; i += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal((await fetch(`${url}/v1/stream/a`)).status, 404)
  await known.deref().stop()
})

test('a server that is stopped while it starts, stops', async () => {
  const server = new DurableStreamTestServer({ port: 0 })
  const started = server.start()
  await server.stop()
  const url = await started
  await assert.rejects(fetch(`${url}/v1/stream/a`))
  assert.throws(() => server.url, /not started/)

  const { port } = await new Promise((resolve) => {
    const taken = createServer().listen(0, '127.0.0.1', () => resolve(taken.address()))
    taken.unref()
  })
  const refused = new DurableStreamTestServer({ port })
  const failed = assert.rejects(refused.start(), { code: 'EADDRINUSE' })
  await refused.stop()
  await failed
})

// As on-headers 1.0, which compression, morgan and others bring.
function takesPairs(res) {
  const writeHead = res.writeHead
  res.writeHead = function (status, headers = {}) {
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers)
    for (const [name, value] of pairs) this.setHeader(name, value)
    return writeHead.call(this, status)
  }
}

test('a middleware whose write gives no boolean is understood as far as that goes', async (t) => {
  const store = new StreamStore()
  const router = new DurableStreamRouter({ store })
  const url = await serve(t, (req, res) => {
    const write = res.write
    res.write = (chunk) => (write.call(res, chunk) ? 1 : 0)
    return router.handleRequest(req, res)
  })
  store.create('/a', { contentType: 'text/plain' })
  const { body } = await fetch(`${url}/a?offset=-1&live=sse`)
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  await reader.read() // that it is up to date
  for (const event of ['first', 'second']) {
    store.append('/a', event)
    assert.match((await reader.read()).value, new RegExp(event))
  }
  await reader.cancel()
})

test('a middleware that replaces writeHead is given heads that it understands', async (t) => {
  const router = newRouter()
  const url = await serve(t, (req, res) => {
    takesPairs(res)
    return router.handleRequest(req, res)
  })
  assert.equal((await put(`${url}/a`)).headers.get('location'), `${url}/a`)
  const live = await fetch(`${url}/a?offset=-1&live=sse`)
  assert.match(live.headers.get('content-type'), /^text\/event-stream/)
  router.store.append('/a', 'x', { close: true })
  assert.match(await live.text(), /data:\s?x/)
})

test('a response whose methods throw is cut off and reported', async (t) => {
  const router = newRouter()
  const warned = new Promise((resolve) => process.once('warning', resolve))
  let handled
  const url = await serve(t, (req, res) => {
    res.writeHead = () => assert.fail('of a writeHead')
    handled = router.handleRequest(req, res)
  })
  await assert.rejects(put(`${url}/a`))
  await handled
  const { code, message } = await warned
  assert.equal(code, 'THALWEG_RESPONSE')
  assert.match(message, /of a writeHead/)
})

async function serveHttp2(t, handle) {
  const server = http2.createServer(handle)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}`
  const clients = []
  const connect = async () => {
    clients.push(http2.connect(url))
    await once(clients.at(-1), 'connect')
    return clients.at(-1)
  }
  t.after(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  return { client: await connect(), connect, url }
}

test('a server of HTTP/2 serves streams, with whole addresses', async (t) => {
  const router = newRouter()
  const { client, url } = await serveHttp2(t, (req, res) => router.handleRequest(req, res))
  const headers = { ':method': 'PUT', ':path': '/a', 'content-type': 'text/plain' }
  const request = client.request(headers).end('hello')
  const [head] = await once(request, 'response')
  assert.equal(head[':status'], 201)
  assert.equal(head.location, `${url}/a`)
  const live = client.request({ ':path': '/a?offset=-1&live=sse' }).setEncoding('utf8')
  router.store.append('/a', 'x', { close: true })
  assert.match((await live.toArray()).join(''), /hellox/)
})

test('a method of HTTP/2 may be any word, and is refused', async (t) => {
  const router = newRouter()
  const { client } = await serveHttp2(t, (req, res) => router.handleRequest(req, res))
  for (const method of ['constructor', 'toString', '__proto__', 'get']) {
    const [head] = await once(client.request({ ':method': method, ':path': '/a' }), 'response')
    assert.equal(head[':status'], 405, method)
  }
})

test('a body of HTTP/2 that a parser has read is not taken for none', async (t) => {
  const router = newRouter()
  const parsed = { '/a': { x: 1 }, '/b': undefined }
  const { client } = await serveHttp2(t, (req, res) => {
    req.resume().on('end', () => {
      req.body = parsed[req.url]
      router.handleRequest(req, res)
    })
  })
  const json = { ':method': 'PUT', 'content-type': 'application/json' }
  const statuses = []
  for (const path of ['/a', '/b']) {
    const request = client.request({ ...json, ':path': path }).end('{"x":1}')
    statuses.push((await once(request, 'response'))[0][':status'])
  }
  const bare = client.request({ ...json, ':path': '/c' }, { endStream: true })
  statuses.push((await once(bare, 'response'))[0][':status'])
  assert.deepEqual(statuses, [201, 500, 201])
  assert.deepEqual(await client.request({ ':path': '/a' }).setEncoding('utf8').toArray(), ['[{"x":1}]'])
})

// HTTP/2 ends what is read of a request in both ways, amid its body.
test('an HTTP/2 upload that its client gives up is none', async (t) => {
  const router = newRouter()
  router.store.create('/b', { contentType: 'text/plain' })
  let arrived
  const settled = []
  const { connect } = await serveHttp2(t, (req, res) => {
    req.once('data', () => arrived())
    settled.push(router.handleRequest(req, res))
  })
  const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = http2.constants
  const waysOut = [
    (request) => request.close(NGHTTP2_CANCEL),
    (request) => request.close(NGHTTP2_NO_ERROR),
    (request) => request.destroy(),
    (request) => request.session.destroy(),
  ]
  for (const leave of waysOut) {
    let client = await connect()
    for (const head of [
      { ':method': 'PUT', ':path': '/a', 'content-type': 'text/plain' },
      { ':method': 'POST', ':path': '/b', 'content-type': 'text/plain', 'stream-closed': 'true' },
    ]) {
      const hasArrived = new Promise((resolve) => (arrived = resolve))
      const request = client.request(head).on('error', () => {})
      request.write('par')
      await hasArrived
      leave(request)
      await once(request, 'close')
      if (client.destroyed) client = await connect()
    }
  }
  await Promise.all(settled)
  assert.equal(settled.length, 8)
  assert.deepEqual(router.store.list(), ['/b'])
  assert.equal(router.store.get('/b').closed, false)
  assert.deepEqual(router.store.read('/b', '-1').messages, [])
})

test('a body of HTTP/2 that is silent is cut off, and a limit of its owner is kept', { timeout: 10_000 }, async (t) => {
  const router = newRouter()
  const seen = []
  let told
  const handled = new Promise((resolve) => (told = resolve))
  const { client } = await serveHttp2(t, (req, res) => {
    if (req.url === '/owned') req.setTimeout(60_000)
    const answered = router.handleRequest(req, res)
    seen.push(req.stream.timeout)
    if (req.url === '/silent') {
      req.stream.setTimeout(50) // the router hears of it
      told(answered)
    } else answered.then(() => seen.push(req.stream.timeout))
  })
  const put = (path) => client.request({ ':method': 'PUT', ':path': path, 'content-type': 'text/plain' })
  for (const path of ['/whole', '/owned']) await put(path).end('x').resume().toArray()
  put('/silent').on('error', () => {}).write('par')
  await handled
  assert.deepEqual(seen, [30_000, 0, 60_000, 60_000, 30_000])
  assert.deepEqual(router.store.list(), ['/owned', '/whole'])
})

test('a request behind one that somebody else has answered amid its body is not kept', { timeout: 10_000 }, async (t) => {
  const router = newRouter()
  const url = new URL(await serve(t, (req, res) => {
    const handled = router.handleRequest(req, res)
    if (req.method === 'PUT') {
      req.pause()
      res.writeHead(503).end()
    }
    return handled
  }))
  const socket = net.connect(url.port, url.hostname).setEncoding('latin1')
  socket.write('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nab')
  assert.match((await once(socket, 'data'))[0], /^HTTP\/1\.1 503/)
  socket.write('GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  assert.match((await socket.toArray()).join(''), /HTTP\/1\.1 404/)
})

test('a live reader of HTTP/2 that has left is not kept', { timeout: 10_000 }, async (t) => {
  const router = newRouter()
  router.store.create('/a', { contentType: 'text/plain' })
  let told
  const handled = new Promise((resolve) => (told = resolve))
  const { client } = await serveHttp2(t, (req, res) => {
    req.stream.destroy()
    res.once('close', () => told(router.handleRequest(req, res)))
  })
  client.request({ ':path': '/a?offset=-1&live=sse' }).on('error', () => {})
  await handled
  assert.equal(router.waiting, 0)
})

test('a body in very small pieces takes no more memory than its bytes', async (t) => {
  const PIECES = 200_000
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const used = () => {
    gc()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const router = newRouter()
  let arrived = 0
  let all
  const url = new URL(
    await serve(t, (req, res) => {
      router.handleRequest(req, res)
      req.on('data', (chunk) => (arrived += chunk.length) === PIECES + 3 && all())
    }),
  )
  const socket = net.connect(url.port, url.hostname)
  const hasAll = new Promise((resolve) => (all = resolve))
  const before = used()
  socket.write(
    'PUT /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '3\r\nabc\r\n' + '1\r\nd\r\n'.repeat(PIECES),
  )
  await hasAll
  assert.ok(used() - before < 5_000_000, `${used() - before} bytes more`)
  socket.write(`5000\r\n${'e'.repeat(0x5000)}\r\n1\r\nf\r\n0\r\n\r\n`)
  await once(socket, 'data')
  socket.destroy()
  const [message] = router.store.read('/a', '-1').messages
  assert.equal(Buffer.from(message.data).toString(), `abc${'d'.repeat(PIECES)}${'e'.repeat(0x5000)}f`)
})

test('a refusal that a middleware throws at is cut off and reported, too', async (t) => {
  const router = newRouter()
  const warned = new Promise((resolve) => process.once('warning', resolve))
  let handled
  const url = await serve(t, (req, res) => {
    res.writeHead = () => assert.fail('of a refusal')
    req.resume().on('end', () => (handled = router.handleRequest(req, res)))
  })
  await assert.rejects(put(`${url}/a`, TEXT, 'x')) // which somebody has read
  await handled
  assert.match((await warned).message, /of a refusal/)
})

test('a router over a store that is about to close is refused, and does not keep it', async (t) => {
  const dataDir = folder(t)
  const store = new FileBackedStreamStore({ dataDir })
  const closing = store.close()
  assert.throws(() => new DurableStreamRouter({ store }), { code: 'store-closed' })
  await closing
  await new FileBackedStreamStore({ dataDir }).close()
})

test('a server that does not run lets its directory go, too', async (t) => {
  const dataDir = folder(t)
  const server = new DurableStreamTestServer({ port: 0, dataDir })
  await server.stop()
  await new FileBackedStreamStore({ dataDir }).close()
  await server.start()
  await Promise.all([server.stop(), server.stop()])
  await new FileBackedStreamStore({ dataDir }).close()
})
