// DurableStreamRouter in node:http: requests in every form, answers of every kind.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { createRequire } from 'node:module'
import net from 'node:net'
import { test } from 'node:test'
import {
  DurableStreamRouter,
  FaultInjectionMiddleware,
  FileBackedStreamStore,
  StreamStore,
} from 'thalweg'
import { folder } from './folder.mjs'
import { STORES, TEXT, newRouter, post, put, serve, serveRouter } from './served.mjs'

const timers = createRequire(import.meta.url)('../lib/timers.cjs')

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind}: create, append, read, metadata, delete`, async (t) => {
    const store = open(t)
    const { url, router } = await serveRouter(t, { store })
    assert.equal(router.store, store)
    const made = await put(`${url}/v1/stream/a`)
    assert.equal(made.status, 201)
    assert.equal(made.headers.get('location'), `${url}/v1/stream/a`)
    const added = await post(`${url}/v1/stream/a`, 'hello')
    assert.equal(added.status, 204)
    const next = added.headers.get('stream-next-offset')
    assert.equal(store.getCurrentOffset('/v1/stream/a'), next)
    const read = await fetch(`${url}/v1/stream/a`)
    assert.equal(await read.text(), 'hello')
    assert.equal(read.headers.get('stream-next-offset'), next)
    assert.equal(read.headers.get('content-type'), 'text/plain')
    const unchanged = await fetch(`${url}/v1/stream/a`, {
      headers: { 'if-none-match': read.headers.get('etag') },
    })
    assert.equal(unchanged.status, 304)
    const head = await fetch(`${url}/v1/stream/a`, { method: 'HEAD' })
    assert.equal(head.headers.get('stream-next-offset'), next)
    assert.deepEqual(store.list(), ['/v1/stream/a'])
    assert.equal((await fetch(`${url}/v1/stream/a`, { method: 'DELETE' })).status, 204)
    assert.equal((await fetch(`${url}/v1/stream/a`)).status, 404)
  })

  test(`${kind}: large bodies come and go whole`, async (t) => {
    const { url } = await serveRouter(t, { store: open(t), compression: false })
    await put(`${url}/big`, { 'content-type': 'application/octet-stream' })
    const body = Buffer.alloc(3_000_000, 'abcdefg')
    const type = { 'content-type': 'application/octet-stream' }
    assert.equal((await post(`${url}/big`, body, type)).status, 204)
    assert.ok(body.equals(Buffer.from(await (await fetch(`${url}/big`)).arrayBuffer())))
  })

  test(`${kind}: large answers are compressed where the client can`, async (t) => {
    const { url } = await serveRouter(t, { store: open(t) })
    await put(`${url}/big`, TEXT, 'abc '.repeat(100_000))
    const packed = await fetch(`${url}/big`, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(packed.headers.get('content-encoding'), 'gzip')
    assert.equal((await packed.text()).length, 400_000)
  })

  test(`${kind}: a long-poll is answered by time`, async (t) => {
    const { url } = await serveRouter(t, { store: open(t), longPollTimeout: 100 })
    await put(`${url}/a`)
    assert.equal((await fetch(`${url}/a?offset=now&live=long-poll`)).status, 204)
  })

  test(`${kind}: a long-poll is answered by an append`, async (t) => {
    const { router, url } = await serveRouter(t, { store: open(t) })
    await put(`${url}/a`)
    const woken = fetch(`${url}/a?offset=-1&live=long-poll`)
    await until(() => router.waiting === 1)
    await post(`${url}/a`, 'x')
    assert.equal(await (await woken).text(), 'x')
  })

  test(`${kind}: an SSE response streams, and ends with the stream`, async (t) => {
    const store = open(t)
    const { url } = await serveRouter(t, { store })
    await put(`${url}/a`)
    const events = await fetch(`${url}/a?offset=-1&live=sse`)
    assert.match(events.headers.get('content-type'), /^text\/event-stream/)
    await post(`${url}/a`, 'one')
    await store.append('/a', Buffer.from('two'))
    store.closeStream('/a')
    const text = await events.text()
    assert.match(text, /data:\s?one/)
    assert.match(text, /data:\s?two/)
  })

  test(`${kind}: shutdown ends a thousand waiters within a second`, async (t) => {
    const { router, url } = await serveRouter(t, { store: open(t) })
    await put(`${url}/a`, TEXT, 'x')
    const port = Number(new URL(url).port)
    const readers = []
    for (let i = 0; i < 1000; i += 1) {
      readers.push(rawGet(port, `/a?offset=now&live=${i % 2 ? 'sse' : 'long-poll'}`))
    }
    await Promise.all(readers.map(({ connected }) => connected))
    await until(() => router.waiting === 1000)
    const began = performance.now()
    await router.shutdown()
    assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`)
    const answers = await Promise.all(readers.map(({ answer }) => answer))
    for (const answer of answers) assert.match(answer, /^HTTP\/1.1 20[04] /)
  })
}

// Resolves when `holds()`; the test's own time limit is the only one.
async function until(holds) {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

// A GET on a connection of its own, and its whole answer as text.
function rawGet(port, target) {
  const socket = net.connect(port, '127.0.0.1')
  const connected = new Promise((resolve) => {
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, resolve)
  })
  const answer = new Promise((resolve, reject) => {
    const parts = []
    socket.on('data', (part) => parts.push(part))
    socket.on('end', () => resolve(Buffer.concat(parts).toString('latin1')))
    socket.on('error', reject)
  })
  return { connected, answer }
}

test('caches are told what cachePolicy says, and to keep no answer to credentials for others', async (t) => {
  for (const [cachePolicy, wanted, withCredentials] of [
    [undefined, 'public', 'private'],
    ['private', 'private', 'private'],
    ['no-store', 'no-store', 'no-store'],
  ]) {
    const { url } = await serveRouter(t, { cachePolicy })
    await put(`${url}/a`)
    const toldTo = async (headers) =>
      (await fetch(`${url}/a?offset=-1`, { headers })).headers.get('cache-control').split(',')[0]
    assert.equal(await toldTo({}), wanted)
    assert.equal(await toldTo({ authorization: 'Bearer x' }), withCredentials)
  }
})

test('a body that a parser has read is taken from req.body', async (t) => {
  const asText = (text) => text
  const cases = [
    ['{"a":1}', Buffer.from, { a: 1 }],
    ['{"a":1}', asText, { a: 1 }],
    ['{"a":1}', JSON.parse, { a: 1 }],
    ['[{"a":1}]', JSON.parse, { a: 1 }],
    ['42', asText, 42],
    ['"42"', asText, '42'],
    ['"42"', JSON.parse, '42'],
    [' "true"', JSON.parse, 'true'],
    ['"{\\"a\\":1}"', JSON.parse, '{"a":1}'],
    ['"\\u00e9"', JSON.parse, 'é'],
    ['null', JSON.parse, null],
    ['"null"', JSON.parse, 'null'],
  ]
  const { url, json } = await serveParsed(t, (text, index) => cases[index][1](text))
  for (const [index, [sent, , stored]] of cases.entries()) {
    assert.equal((await post(`${url}/${index}`, sent, json)).status, 204, sent)
    assert.deepEqual(await (await fetch(`${url}/${index}`)).json(), [stored], sent)
  }
})

test('that a parsed body is written anew is told once, where it is', async (t) => {
  const told = []
  const onWarning = ({ code }) => code === 'THALWEG_JSON_PARSED' && told.push(code)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const modules = createRequire(import.meta.url)
  delete modules.cache[modules.resolve('../lib/body.cjs')] // of which nothing was told yet
  const { BodyRoom, readBody } = modules('../lib/body.cjs')
  const headers = { 'content-type': 'application/json', 'content-length': '9' }
  const taken = []
  for (const body of [Buffer.from('[1]'), { a: 1 }, { a: 2 }]) {
    const req = { readableEnded: true, httpVersionMajor: 1, headers, body }
    readBody(req, new BodyRoom(100), (bytes) => taken.push(String(bytes)), assert.fail)
    await new Promise(setImmediate)
    assert.equal(told.length, taken.length === 1 ? 0 : 1)
  }
  assert.deepEqual(taken, ['[1]', '{"a":1}', '{"a":2}'])
})

test('a body of which a parser may have left something else is refused, and nothing is kept', async (t) => {
  const cases = [
    ['{}', () => undefined],
    ['{"a":1}', () => '{"a":', TEXT], // cut
    ['é', (text) => Buffer.from(text).toString('latin1'), TEXT], // read as another encoding
    [chunked('"42"'), JSON.parse], // the text 42, or the value "42"?
    [chunked('"null"'), JSON.parse],
  ]
  const { url, json } = await serveParsed(t, (text, index) => cases[index][1](text))
  for (const [index, [sent, , type]] of cases.entries()) {
    if (type) await put(`${url}/text/${index}`, type)
    const path = type ? `${url}/text/${index}` : `${url}/${index}`
    const refused = await post(path, sent, type ?? json)
    assert.equal(refused.status, 500, String(index))
    assert.equal((await refused.json()).code, 'body-was-consumed')
    assert.equal(await (await fetch(path)).text(), type ? '' : '[]')
  }
})

// Without a Content-Length.
function chunked(text) {
  return new Blob([text]).stream()
}

// A router behind something that reads a body as text and leaves `parse(text, N)` of it, where N
// ends the path. JSON streams 0 to 19 are there.
async function serveParsed(t, parse) {
  const router = newRouter()
  const url = await serve(t, async (req, res) => {
    if (req.method === 'POST') {
      const text = Buffer.concat(await req.toArray()).toString()
      req.body = parse(text, Number(req.url.split('/').pop()))
    }
    await router.handleRequest(req, res)
  })
  const json = { 'content-type': 'application/json' }
  for (let i = 0; i < 20; i += 1) await put(`${url}/${i}`, json)
  return { url, json }
}

test('a body whose beginning somebody has read is refused, and nothing is kept', { timeout: 20_000 }, async (t) => {
  const router = newRouter()
  let sendRest
  const url = await serve(t, async (req, res) => {
    if (req.method === 'POST') {
      const [first] = await once(req, 'data')
      req.pause()
      sendRest()
      if (req.url === '/put-back') req.unshift(first)
    }
    await router.handleRequest(req, res)
  })
  const parts = (path, head) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url)
      const socket = net.connect(port, hostname)
      let answer = ''
      socket.on('data', (part) => (answer += part))
      socket.on('end', () => resolve(answer)).on('error', reject)
      const common = `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\n`
      socket.write(`${common}${head[0]}`)
      sendRest = () => socket.write(head[1])
    })
  const sized = ['Content-Length: 6\r\n\r\nAAA', 'BBB']
  const inChunks = ['Transfer-Encoding: chunked\r\n\r\n3\r\nAAA\r\n', '3\r\nBBB\r\n0\r\n\r\n']
  for (const head of [sized, inChunks]) {
    await put(`${url}/a`)
    assert.match(await parts('/a', head), /^HTTP\/1.1 500 [^]*body-was-consumed/)
    assert.equal(await (await fetch(`${url}/a`)).text(), '')
  }
  await put(`${url}/put-back`)
  assert.match(await parts('/put-back', sized), /^HTTP\/1.1 204 /)
  assert.equal(await (await fetch(`${url}/put-back`)).text(), 'AAABBB')
})

test('a body beyond the limit is refused, and the connection goes on', async (t) => {
  const { url } = await serveRouter(t)
  await put(`${url}/a`)
  const refused = await post(`${url}/a`, Buffer.alloc((64 << 20) + 1))
  assert.equal(refused.status, 413)
  assert.equal((await refused.json()).code, 'content-too-large')
  assert.equal((await post(`${url}/a`, 'x')).status, 204)
  assert.equal(await (await fetch(`${url}/a`)).text(), 'x')
})

// A POST whose body comes as it is told: `send(bytes)`, and what is answered to all of it.
function slowPost(url, length) {
  const { hostname, port, pathname } = new URL(url)
  const socket = net.connect(port, hostname)
  const answer = new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (part) => (text += part.toString('latin1')))
    socket.on('end', () => resolve(text)).on('error', reject)
  })
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${length}\r\n\r\n`
  )
  return { send: (bytes) => socket.write(bytes), answer }
}

// A router over a directory that has half of a body, and `end()` that shuts both down.
async function serveHalf(t) {
  const store = STORES.file(t)
  const router = new DurableStreamRouter({ store })
  let arrived = false
  const url = await serve(t, (req, res) => {
    arrived = req.method === 'POST'
    return router.handleRequest(req, res)
  })
  await put(`${url}/a`)
  const half = slowPost(`${url}/a`, 8)
  half.send('half')
  await until(() => arrived)
  const end = async () => {
    await router.shutdown()
    await store.close()
  }
  return { ...half, router, end }
}

const someTurns = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
}

test('shutdown waits for a body that has begun to arrive', { timeout: 20_000 }, async (t) => {
  const { send, answer, end } = await serveHalf(t)
  const ended = end()
  await someTurns()
  send('half')
  assert.match(await answer, /^HTTP\/1\.1 204 /)
  await ended
})

test('shutdown and close wait five seconds for it, once', { timeout: 20_000 }, async (t) => {
  const { send, answer, router, end } = await serveHalf(t)
  const waits = []
  t.mock.method(timers, 'setTimeout', (tell, ms) => {
    if (ms === 5000) waits.push(tell)
    return { unref: () => {} }
  })
  const shut = router.shutdown()
  await someTurns()
  const ended = end() // begun before the first wait is over
  await someTurns()
  waits[0]()
  await Promise.all([shut, ended])
  send('half')
  assert.match(await answer, /^HTTP\/1\.1 503 [^]*store-closed/)
})

test('fake timers in the place of the globals stop no request', { timeout: 20_000 }, async (t) => {
  const faults = new FaultInjectionMiddleware({ enableTestEndpoint: true })
  const router = newRouter({ longPollTimeout: 20 })
  const url = new URL(
    await serve(t, (req, res) =>
      faults.handleRequest(req, res, () => router.handleRequest(req, res))
    )
  )
  for (const name of ['setImmediate', 'setTimeout']) t.mock.method(globalThis, name, () => {})
  const answer = new Promise((resolve, reject) => {
    const socket = net.connect(url.port, url.hostname).setEncoding('latin1')
    let said = ''
    socket.on('data', (part) => (said += part)).on('error', reject)
    socket.on('end', () => resolve(said))
    socket.write(
      'PUT /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx' +
        'DELETE /_test/inject-error HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}' +
        'GET /a?offset=now&live=long-poll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    )
  })
  const statuses = (await answer).match(/HTTP\/1\.1 \d+/g).map((line) => Number(line.slice(-3)))
  assert.deepEqual(statuses, [201, 200, 204])
})

test('bodies under way have a bound together', { timeout: 20_000 }, async (t) => {
  const router = newRouter({ maxBodiesBytes: 100_000 })
  let came = 0
  const url = await serve(t, (req, res) => {
    req.on('data', (part) => (came += part.length))
    return router.handleRequest(req, res)
  })
  await put(`${url}/a`)
  const { send, answer } = slowPost(`${url}/a`, 120_000)
  send(Buffer.alloc(90_000))
  await until(() => came === 90_000)

  const refused = await post(`${url}/a`, Buffer.alloc(20_000))
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal((await refused.json()).code, 'too-many-bodies')
  assert.equal((await post(`${url}/a`, Buffer.alloc(16_000))).status, 204) // small ones go through
  send(Buffer.alloc(30_000)) // beyond the bound by itself, and alone
  assert.match(await answer, /^HTTP\/1\.1 204 /)
  assert.equal((await post(`${url}/a`, Buffer.alloc(90_000))).status, 204)
  assert.throws(() => newRouter({ maxBodiesBytes: -1 }), /maxBodiesBytes/)
})

test('errors of the router itself carry the fields of all answers', async (t) => {
  const fieldsOf = ({ headers }) =>
    ['access-control-allow-origin', 'access-control-expose-headers', 'x-content-type-options'].map(
      (name) => headers.get(name)
    )
  for (const cors of [true, false]) {
    const { url } = await serveRouter(t, { cors })
    const type = { ...TEXT, origin: 'http://b' }
    await put(`${url}/a`)
    const refused = await post(`${url}/a`, Buffer.alloc((64 << 20) + 1), type)
    assert.equal(refused.status, 413)
    const usual = fieldsOf(await post(`${url}/a`, 'x', type))
    assert.deepEqual(fieldsOf(refused), usual)
    assert.deepEqual([usual[0], usual[2]], [cors ? '*' : null, 'nosniff'])
  }
})

test('an answer of many parts listens for room once', async (t) => {
  const warnings = []
  const onWarning = (warning) => warnings.push(warning.name)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const store = STORES.file(t)
  const { url } = await serveRouter(t, { store, compression: false })
  await store.create('/a', { contentType: 'application/octet-stream' })
  const block = Buffer.alloc(1024)
  await Promise.all(Array.from({ length: 4096 }, () => store.append('/a', block)))
  const [answer] = await once(http.get(`${url}/a?offset=-1`), 'response')
  let bytes = 0
  for await (const part of answer) bytes += part.length
  assert.equal(bytes, 4 << 20)
  assert.deepEqual(warnings, [])
})

test('headers that a framework has set survive, and ours come on top', async (t) => {
  const router = newRouter()
  const url = await serve(t, (req, res) => {
    res.setHeader('x-powered-by', 'Frame')
    res.setHeader('content-type', 'image/png')
    return router.handleRequest(req, res)
  })
  const made = await put(`${url}/a`, TEXT, 'x')
  assert.equal(made.headers.get('x-powered-by'), 'Frame')
  const read = await fetch(`${url}/a`)
  assert.equal(read.headers.get('content-type'), 'text/plain')
  assert.equal(await read.text(), 'x')
})

test('heads that change from answer to answer are told right', async (t) => {
  const { url, router } = await serveRouter(t)
  for (let i = 0; i < 100; i += 1) {
    await put(`${url}/s${i}`, { 'content-type': `text/x-${i}`, 'stream-ttl': String(100 + i) }, `${i}`)
    const [added, read, none] = await Promise.all([
      post(`${url}/s${i}`, 'abc'.repeat(i), { 'content-type': `text/x-${i}` }),
      fetch(`${url}/s${i}`, { method: 'HEAD' }),
      fetch(`${url}/none${i}`),
    ])
    assert.equal(added.status, i === 0 ? 400 : 204)
    assert.equal(none.status, 404)
    assert.equal(read.headers.get('content-type'), `text/x-${i}`)
    const whole = await fetch(`${url}/s${i}`)
    assert.equal(await whole.text(), i + 'abc'.repeat(i))
    const offset = whole.headers.get('stream-next-offset')
    assert.equal(offset, router.store.getCurrentOffset(`/s${i}`))
  }
})

test('the promise of a request resolves when its answer has ended or its client has gone', async (t) => {
  const router = newRouter()
  const promises = []
  const url = await serve(t, (req, res) => {
    promises.push(router.handleRequest(req, res))
  })
  await put(`${url}/a`)
  await post(`${url}/none`, 'x')
  await fetch(url, { method: 'PATCH' })
  await Promise.all(promises)
  const controller = new AbortController()
  await fetch(`${url}/a?offset=-1&live=sse`, { signal: controller.signal })
  assert.equal(router.waiting, 1)
  controller.abort()
  await Promise.all(promises)
  assert.equal(router.waiting, 0)
})

test('readers that stand behind another on their connection go with it', async (t) => {
  const { router, url } = await serveRouter(t)
  await put(`${url}/a`)
  const { port, hostname } = new URL(url)
  const socket = net.connect(port, hostname)
  const get = 'GET /a?offset=-1&live=sse HTTP/1.1\r\nHost: x\r\n\r\n'
  socket.write(get.repeat(20))
  await until(() => router.waiting === 20)
  socket.destroy()
  await until(() => router.waiting === 0)
})

test('a client that goes while it sends its body is let go', async (t) => {
  const router = newRouter()
  let handled
  const url = await serve(t, (req, res) => {
    handled = router.handleRequest(req, res)
  })
  await put(`${url}/a`)
  const before = handled
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nabc')
  await until(() => handled !== before)
  socket.destroy()
  await handled
  assert.equal(await (await fetch(`${url}/a`)).text(), '')
})

test('a client that goes on beyond all limits is let go', { timeout: 30_000 }, async (t) => {
  const router = newRouter()
  let handled
  const url = await serve(t, (req, res) => {
    handled = router.handleRequest(req, res)
  })
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
  const closed = new Promise((resolve) => socket.on('error', resolve).on('close', resolve))
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 999999999\r\n\r\n')
  const block = Buffer.alloc(1 << 20)
  const send = () => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', send)
  send()
  await closed
  await handled
})

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind}: what a slow reader has not read does not pile up`, async (t) => {
    const store = open(t)
    const router = new DurableStreamRouter({ store })
    let live // the answer to the reader
    const url = await serve(t, (req, res) => {
      if (req.method === 'GET') live = res
      return router.handleRequest(req, res)
    })
    await put(`${url}/a`, { 'content-type': 'application/octet-stream' })
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
    socket.pause()
    socket.write('GET /a?offset=-1&live=sse HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => router.waiting === 1)
    const block = Buffer.alloc(1 << 20, 1)
    for (let i = 0; i < 50; i += 1) await store.append('/a', block)
    await until(() => live.writableNeedDrain)
    for (let i = 0; i < 20; i += 1) {
      await post(`${url}/a`, 'more', { 'content-type': 'application/octet-stream' })
      assert.ok(live.writableLength < 16 << 20, `${live.writableLength} bytes`)
    }
    let read = 0
    socket.on('data', (part) => {
      read += part.length
    })
    socket.resume()
    await until(() => read > 50 << 20)
    socket.destroy()
    await until(() => router.waiting === 0)
  })
}

test('ten thousand SSE readers that leave do no harm', { timeout: 120_000 }, async (t) => {
  const { url, router } = await serveRouter(t)
  await put(`${url}/a`)
  const port = Number(new URL(url).port)
  for (let round = 0; round < 20; round += 1) {
    const sockets = []
    for (let i = 0; i < 500; i += 1) {
      const socket = net.connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET /a?offset=-1&live=sse HTTP/1.1\r\nHost: a\r\n\r\n')
      sockets.push(socket)
    }
    await until(() => router.waiting >= 400)
    router.store.append('/a', Buffer.from('x'))
    for (const socket of sockets) socket.destroy()
  }
  await until(() => router.waiting === 0)
  assert.equal((await fetch(`${url}/a`)).status, 200)
})

test('two routers over one store see the same streams', async (t) => {
  const store = new StreamStore()
  const one = await serveRouter(t, { store })
  const two = await serveRouter(t, { store, baseUrl: '/two', cors: false })
  await put(`${one.url}/a`)
  const waiting = fetch(`${two.url}/two/a?offset=-1&live=long-poll`)
  await until(() => two.router.waiting === 1)
  await post(`${one.url}/a`, 'x')
  const answer = await waiting
  assert.equal(await answer.text(), 'x')
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
  assert.equal((await fetch(`${one.url}/a`)).headers.get('access-control-allow-origin'), '*')
  one.router.clear()
  assert.equal((await fetch(`${two.url}/two/a`)).status, 404)
})

test('a router whose store was closed answers 503', async (t) => {
  const store = new FileBackedStreamStore({ dataDir: folder(t) })
  const { router, url } = await serveRouter(t, { store })
  await put(`${url}/a`)
  const reader = await fetch(`${url}/a?offset=-1&live=sse`)
  assert.equal(reader.status, 200)
  await until(() => router.waiting === 1)
  await store.close()
  await reader.text() // ends
  assert.equal((await fetch(`${url}/a`)).status, 503)
  assert.throws(() => new DurableStreamRouter({ store }), { code: 'store-closed' })
})
