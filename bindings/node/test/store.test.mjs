// StreamStore and FileBackedStreamStore, method by method. What both can do is one suite.
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { DurableStreamRouter, FileBackedStreamStore, StreamStore } from 'thalweg'
import { folder } from './folder.mjs'
import { STORES, serve } from './served.mjs'

const bytes = (text) => new TextEncoder().encode(text)
const textOf = (messages) => messages.map(({ data }) => Buffer.from(data).toString())

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind}: create gives the stream, again where the configuration is the same`, async (t) => {
    const store = open(t)
    const made = await store.create('/a', { contentType: 'text/plain', ttlSeconds: 60 })
    assert.equal(made.path, '/a')
    assert.equal(made.contentType, 'text/plain')
    assert.equal(made.ttlSeconds, 60)
    assert.equal(made.closed, false)
    assert.equal(made.refCount, 0)
    assert.ok(Math.abs(Date.now() - made.createdAt) < 60_000)
    const again = await store.create('/a', { contentType: 'text/plain', ttlSeconds: 60 })
    assert.equal(again.currentOffset, made.currentOffset)
    await rejects(() => store.create('/a', { contentType: 'image/png' }), /already exists/, 'stream-exists')
  })

  test(`${kind}: to look at all messages of a stream is no use of it`, async (t) => {
    const store = open(t)
    await store.create('/a', { contentType: 'text/plain', initialData: 'x', ttlSeconds: 3600 })
    const used = () => store.get('/a').lastAccessedAt
    const before = used()
    assert.ok(before >= store.get('/a').createdAt)
    while (Date.now() < before + 200) assert.equal(store.get('/a').messages.length, 1)
    assert.ok(Math.abs(used() - before) <= 100, 'looked at')
    store.read('/a')
    assert.ok(used() >= before + 150, 'read')
  })

  test(`${kind}: what is appended is read back, in messages`, async (t) => {
    const store = open(t)
    await store.create('/a', { contentType: 'text/plain', initialData: bytes('one') })
    const message = await store.append('/a', bytes('two'))
    assert.deepEqual(Buffer.from(message.data).toString(), 'two')
    assert.ok(Math.abs(Date.now() - message.timestamp) < 60_000)
    assert.equal(store.getCurrentOffset('/a'), message.offset)
    const all = store.read('/a')
    assert.deepEqual(textOf(all.messages), ['one', 'two'])
    assert.equal(all.upToDate, true)
    assert.deepEqual(textOf(store.read('/a', all.messages[0].offset).messages), ['two'])
    assert.deepEqual(store.read('/a', message.offset).messages, [])
    assert.deepEqual(textOf(store.get('/a').messages), ['one', 'two'])
    assert.equal(Buffer.from(store.formatResponse('/a', all.messages)).toString(), 'onetwo')
  })

  test(`${kind}: JSON streams hold values and are formatted as an array`, async (t) => {
    const store = open(t)
    await store.create('/j', { contentType: 'application/json' })
    const appended = [
      await store.append('/j', bytes('[1, {"ä€": "😀\ufeff\\u0000"}]')),
      await store.append('/j', bytes('3')),
      await store.append('/j', bytes(JSON.stringify('é'.repeat(5000)))),
    ]
    const { messages } = store.read('/j')
    assert.deepEqual(
      appended.map(({ data }) => Buffer.from(data).toString()),
      messages.map(({ data }) => Buffer.from(data).toString())
    )
    assert.deepEqual(JSON.parse(Buffer.from(store.formatResponse('/j', messages))), [
      1,
      { 'ä€': '😀\ufeff\u0000' },
      3,
      'é'.repeat(5000),
    ])
    assert.equal(Buffer.from(store.formatResponse('/j', [])).toString(), '[]')
    await rejects(() => store.append('/j', bytes('{')), /JSON/, 'bad-json')
  })

  test(`${kind}: more messages than a call has arguments are read at once`, async (t) => {
    const store = open(t)
    await store.create('/a', { contentType: 'text/plain' })
    const one = bytes('1')
    await Promise.all(Array.from({ length: 150_000 }, () => store.append('/a', one)))
    assert.equal(store.read('/a').messages.length, 150_000)
    if (kind === 'file') assert.equal((await store.readAsync('/a')).messages.length, 150_000)
  })

  test(`${kind}: what is not there is undefined, false, null, or thrown as "not found"`, async (t) => {
    const store = open(t)
    assert.equal(store.get('/none'), undefined)
    assert.equal(store.has('/none'), false)
    assert.equal(store.delete('/none'), false)
    assert.equal(store.getCurrentOffset('/none'), undefined)
    assert.equal(store.getProducerEpoch('/none', 'p'), undefined)
    assert.equal(store.closeStream('/none'), null)
    store.touchAccess('/none')
    await rejects(() => store.append('/none', bytes('x')), /not found/, 'stream-not-found')
    await rejects(() => store.read('/none'), /not found/, 'stream-not-found')
    await rejects(() => store.waitForMessages('/none', '-1', 5), /not found/, 'stream-not-found')
    await rejects(() => store.formatResponse('/none', []), /not found/, 'stream-not-found')
  })

  test(`${kind}: list, has, delete, clear`, async (t) => {
    const store = open(t)
    for (const path of ['/b', '/a/deep', '/c']) await store.create(path)
    assert.deepEqual(store.list().sort(), ['/a/deep', '/b', '/c'])
    assert.equal(store.delete('/b'), true)
    assert.equal(store.has('/b'), false)
    assert.equal(store.has('/c'), true)
    store.clear()
    assert.deepEqual(store.list(), [])
  })

  test(`${kind}: a path whose first segment is empty is told as it is taken`, async (t) => {
    const store = open(t)
    await store.create('//z', { contentType: 'text/plain' })
    await store.create('/z')
    await store.create('/fork', { forkedFrom: '//z' })
    assert.deepEqual(store.list().sort(), ['//z', '/fork', '/z'])
    assert.equal(store.get('/fork').forkedFrom, '//z')
    assert.equal(store.delete('/fork'), true)
    assert.equal(store.delete('//z'), true)
    assert.deepEqual(store.list(), ['/z'])
  })

  test(`${kind}: a producer's appends are told apart`, async (t) => {
    const store = open(t)
    await store.create('/p', { contentType: 'text/plain' })
    const append = (text, producerEpoch, producerSeq) =>
      store.appendWithProducer('/p', bytes(text), { producerId: 'p', producerEpoch, producerSeq })
    const first = await append('a', 1, 0)
    assert.equal(first.producerResult.status, 'accepted')
    assert.equal(Buffer.from(first.message.data).toString(), 'a')
    assert.deepEqual((await append('a', 1, 0)).producerResult, { status: 'duplicate', lastSeq: 0 })
    assert.deepEqual((await append('c', 1, 5)).producerResult, {
      status: 'sequence_gap',
      expectedSeq: 1,
      receivedSeq: 5,
    })
    assert.deepEqual((await append('d', 0, 1)).producerResult, {
      status: 'stale_epoch',
      currentEpoch: 1,
    })
    assert.deepEqual((await append('e', 2, 1)).producerResult, { status: 'invalid_epoch_seq' })
    assert.equal(store.getProducerEpoch('/p', 'p'), 1)
    assert.equal(store.get('/p').producers.get('p').lastSeq, 0)
    assert.deepEqual(textOf(store.read('/p').messages), ['a'])
  })

  test(`${kind}: a closed stream takes no more, and says where it ends`, async (t) => {
    const store = open(t)
    await store.create('/c', { contentType: 'text/plain', initialData: bytes('x') })
    const end = store.getCurrentOffset('/c')
    assert.deepEqual(store.closeStream('/c'), { finalOffset: end, alreadyClosed: false })
    assert.deepEqual(store.closeStream('/c'), { finalOffset: end, alreadyClosed: true })
    assert.equal(store.get('/c').closed, true)
    const refused = await store.append('/c', bytes('y'))
    assert.equal(refused.message, null)
    assert.equal(refused.streamClosed, true)

    await store.create('/d', { contentType: 'text/plain' })
    const last = await store.append('/d', bytes('z'), { close: true })
    assert.equal(last.streamClosed, true)
    assert.equal(Buffer.from(last.message.data).toString(), 'z')
  })

  test(`${kind}: a close says where the stream ends behind what is under way`, async (t) => {
    const store = open(t)
    const creating = store.create('/a', { contentType: 'text/plain' })
    const appending = store.append('/a', 'hello')
    const result = store.closeStream('/a')
    assert.equal(store.getCurrentOffset('/a'), result.finalOffset)
    assert.equal(store.get('/a').closed, true)
    await creating
    assert.deepEqual(result, { finalOffset: (await appending).offset, alreadyClosed: false })

    await store.create('/b', { contentType: 'text/plain' })
    const ending = store.append('/b', 'bye', { close: true })
    const again = store.closeStream('/b')
    assert.equal(store.getCurrentOffset('/b'), again.finalOffset)
    const { offset } = (await ending).message
    assert.deepEqual(again, { finalOffset: offset, alreadyClosed: true })
    assert.equal(store.getCurrentOffset('/b'), offset)
  })

  test(`${kind}: closing with a producer can be repeated by it alone`, async (t) => {
    const store = open(t)
    await store.create('/c', { contentType: 'text/plain' })
    const mine = { producerId: 'p', producerEpoch: 0, producerSeq: 0 }
    const closing = await store.closeStreamWithProducer('/c', mine)
    assert.equal(closing.alreadyClosed, false)
    assert.equal(closing.producerResult.status, 'accepted')
    const again = await store.closeStreamWithProducer('/c', mine)
    assert.equal(again.alreadyClosed, true)
    assert.equal(again.producerResult.status, 'duplicate')
    assert.equal(again.finalOffset, closing.finalOffset)
    const other = await store.closeStreamWithProducer('/c', { ...mine, producerId: 'q' })
    assert.equal(other.alreadyClosed, true)
    assert.equal(other.producerResult.status, 'stream_closed')
    assert.equal(await store.closeStreamWithProducer('/none', mine), null)
  })

  test(`${kind}: numbers that a producer cannot close with leave the stream open, and are told`, async (t) => {
    const store = open(t)
    await store.create('/c', { contentType: 'text/plain' })
    const mine = { producerId: 'p', producerEpoch: 1, producerSeq: 0 }
    await store.appendWithProducer('/c', bytes('x'), mine)
    const finalOffset = store.getCurrentOffset('/c')
    const cases = [
      [mine, { status: 'duplicate', lastSeq: 0 }],
      [{ ...mine, producerSeq: 2 }, { status: 'sequence_gap', expectedSeq: 1, receivedSeq: 2 }],
      [{ ...mine, producerEpoch: 0 }, { status: 'stale_epoch', currentEpoch: 1 }],
      [{ ...mine, producerEpoch: 2, producerSeq: 1 }, { status: 'invalid_epoch_seq' }],
    ]
    for (const [numbers, producerResult] of cases) {
      assert.deepEqual(await store.closeStreamWithProducer('/c', numbers), {
        finalOffset,
        alreadyClosed: false,
        producerResult,
      })
    }
    assert.equal(store.get('/c').closed, false)
    const closing = await store.closeStreamWithProducer('/c', { ...mine, producerSeq: 1 })
    assert.equal(closing.producerResult.status, 'accepted')
  })

  test(`${kind}: Stream-Seq must grow`, async (t) => {
    const store = open(t)
    await store.create('/s', { contentType: 'text/plain' })
    await store.append('/s', bytes('a'), { seq: 'b' })
    await rejects(() => store.append('/s', bytes('b'), { seq: 'a' }), /[Ss]equence/, 'stream-seq-regressed')
    assert.equal(store.get('/s').lastSeq, 'b')
    await rejects(
      () => store.append('/s', bytes('b'), { contentType: 'image/png' }),
      /Content-type mismatch/,
      'content-type-mismatch'
    )
  })

  test(`${kind}: waits end with messages, with the close, with time, and all at once`, async (t) => {
    const store = open(t)
    await store.create('/w', { contentType: 'text/plain' })
    const from = store.getCurrentOffset('/w')
    const waiting = store.waitForMessages('/w', from, 60_000)
    await store.append('/w', bytes('hello'))
    const woken = await waiting
    assert.deepEqual(textOf(woken.messages), ['hello'])
    assert.equal(woken.timedOut, false)
    assert.deepEqual(textOf((await store.waitForMessages('/w', from, 0)).messages), ['hello'])

    const tail = store.getCurrentOffset('/w')
    assert.deepEqual(await store.waitForMessages('/w', tail, 20), { messages: [], timedOut: true })

    const many = Array.from({ length: 100 }, () => store.waitForMessages('/w', tail, 60_000))
    store.cancelAllWaits()
    for (const { messages } of await Promise.all(many)) assert.deepEqual(messages, [])

    const closing = store.waitForMessages('/w', tail, 60_000)
    store.closeStream('/w')
    const ended = await closing
    assert.deepEqual(ended.messages, [])
    assert.equal(ended.streamClosed, true)
  })

  test(`${kind}: a wait whose stream is deleted or cleared ends without messages`, async (t) => {
    const store = open(t)
    const options = { contentType: 'text/plain' }
    for (const path of ['/a', '/b', '/source']) await store.create(path, options)
    await store.create('/fork', { forkedFrom: '/source' })
    const waitOf = (path) => store.waitForMessages(path, store.getCurrentOffset(path), 60_000)
    const deleted = ['/a', '/source'].map(waitOf)
    const cleared = waitOf('/b')
    store.delete('/a')
    store.delete('/source') // kept for its fork
    for (const waiting of deleted) {
      assert.deepEqual(await waiting, { messages: [], timedOut: false })
    }
    await rejects(() => store.waitForMessages('/source', '-1', 5), /soft-deleted/, 'stream-deleted')
    store.clear()
    assert.deepEqual(await cleared, { messages: [], timedOut: false })
    await rejects(() => store.waitForMessages('/b', '-1', 5), /not found/, 'stream-not-found')
  })

  test(`${kind}: forks read what they were forked from`, async (t) => {
    const store = open(t)
    await store.create('/src', { contentType: 'text/plain', initialData: bytes('ab') })
    const fork = await store.create('/fork', { forkedFrom: '/src' })
    assert.equal(fork.forkedFrom, '/src')
    assert.equal(fork.contentType, 'text/plain')
    assert.equal(store.get('/src').refCount, 1)
    await store.append('/fork', bytes('c'))
    assert.equal(textOf(store.read('/fork').messages).join(''), 'abc')
    assert.equal(store.delete('/src'), true)
    assert.equal(store.get('/src').softDeleted, true)
    assert.equal(store.has('/src'), false)
    await rejects(() => store.append('/src', bytes('x')), /soft-deleted/, 'stream-deleted')
    await rejects(() => store.closeStream('/src'), /soft-deleted/, 'stream-deleted')
    await rejects(() => store.create('/f2', { forkedFrom: '/none' }), /not found/, 'fork-source-not-found')
  })

  test(`${kind}: an empty array and a sub-offset are told in words of their own`, async (t) => {
    const store = open(t)
    await store.create('/j', { contentType: 'application/json', initialData: '[1]' })
    await rejects(() => store.append('/j', '[]'), /^Empty arrays are not allowed: /, 'empty-body')
    await rejects(() => store.append('/j', ''), /^Nothing to append: /, 'empty-body')
    const fork = (options) => () => store.create('/f', { forkedFrom: '/j', ...options })
    const [{ offset }] = store.read('/j').messages
    const forkOffset = '0000000000000000_0000000000000000'
    const beyond = offset.replace(/.$/, '9')
    await rejects(fork({ forkOffset, forkSubOffset: 2 }), /^Invalid fork sub-offset: /, 'bad-fork')
    await rejects(fork({ forkOffset: beyond }), /^Invalid fork offset: /, 'bad-fork')
  })

  test(`${kind}: a fork whose source is not there is told which one is missing`, async (t) => {
    const store = open(t)
    const fork = () => store.create('/fork', { forkedFrom: '/none' })
    await rejects(fork, /^Source stream not found: \/none/, 'fork-source-not-found')
  })

  test(`${kind}: a stream whose time is up as it begins is given, and is not there`, async (t) => {
    const store = open(t)
    const options = { contentType: 'text/plain', initialData: 'x', ttlSeconds: 0 }
    const made = await store.create('/a', options)
    assert.equal(made.path, '/a')
    assert.equal(made.contentType, 'text/plain')
    assert.equal(made.ttlSeconds, 0)
    assert.deepEqual(made.messages, [])
    assert.equal(store.get('/a'), undefined)
  })

  test(`${kind}: paths with spaces and letters beyond ASCII are streams, too`, async (t) => {
    const store = open(t)
    await store.create('/räume/ä b?c', { contentType: 'text/plain' })
    assert.equal(store.has('/räume/ä b?c'), true)
    assert.equal(store.has(encodeURI('/räume/ä b') + '%3Fc'), true)
    assert.deepEqual(store.list(), [store.get('räume/ä b?c').path], 'one spelling everywhere')
  })

  test(`${kind}: wrong arguments are named`, async (t) => {
    const store = open(t)
    await rejects(() => store.create(7), /path/, 'ERR_INVALID_ARG_VALUE')
    await store.create('/a')
    await rejects(() => store.append('/a', 7), /data/, 'ERR_INVALID_ARG_VALUE')
    await rejects(() => store.create('/b', { ttlSeconds: 5, expiresAt: '2030-01-01T00:00:00Z' }), /./, 'bad-argument')
  })
}

// `call` throws or rejects with words and a code.
async function rejects(call, words, code) {
  await assert.rejects(async () => call(), (error) => {
    assert.match(error.message, words)
    assert.equal(error.code, code)
    return true
  })
}

test('file: waits end with the store as if their time had passed', async (t) => {
  for (let round = 0; round < 20; round++) {
    const store = new FileBackedStreamStore({ dataDir: folder(t) })
    await store.create('/a')
    const follow = async () => {
      const at = store.getCurrentOffset('/a')
      for (;;) {
        const told = await store.waitForMessages('/a', at, 60_000)
        assert.deepEqual(told, { messages: [], timedOut: true })
      }
    }
    const followers = [follow(), follow(), follow()]
    for (let turn = 0; turn < round % 5; turn++) await new Promise(setImmediate)
    const closing = store.close()
    for (const follower of followers) await rejects(() => follower, /closed/, 'store-closed')
    await closing
  }
})

test('file: a wait that begins while close() waits for a request ends like those before', async (t) => {
  const store = new FileBackedStreamStore({ dataDir: folder(t) })
  await store.create('/a')
  const at = store.getCurrentOffset('/a')
  const router = new DurableStreamRouter({ store })
  let came
  const isUnderWay = new Promise((resolve) => (came = resolve))
  const url = await serve(t, (req, res) => {
    router.handleRequest(req, res)
    came()
  })
  const request = http.request(`${url}/b`, { method: 'PUT', headers: { 'content-length': 2 } })
  request.write('x')
  await isUnderWay
  const first = store.waitForMessages('/a', at, 60_000)
  const closing = store.close()
  assert.equal((await first).timedOut, true)
  const second = store.waitForMessages('/a', at, 60_000)
  request.end('y')
  assert.deepEqual(await second, { messages: [], timedOut: true })
  await closing
})

test('file: what was durable is there after close and open', async (t) => {
  const dataDir = join(folder(t), 'data')
  const first = new FileBackedStreamStore({ dataDir })
  await first.create('/a', { contentType: 'text/plain' })
  const { offset } = await first.append('/a', bytes('kept'))
  await first.create('/b', { contentType: 'text/plain' })
  assert.equal(await first.deleteAsync('/b'), true)
  await first.closeStreamAsync('/a')
  assert.throws(() => new FileBackedStreamStore({ dataDir }), { code: 'ERR_THALWEG_FOREIGN' })
  await first.close()
  assert.throws(() => first.get('/a'), { code: 'store-closed' })
  await first.close()

  const second = new FileBackedStreamStore({ dataDir })
  assert.deepEqual(second.list(), ['/a'])
  assert.deepEqual(textOf((await second.readAsync('/a')).messages), ['kept'])
  assert.equal(second.getCurrentOffset('/a'), offset)
  assert.equal(second.get('/a').closed, true)
  await second.clearAsync()
  assert.deepEqual(second.list(), [])
  await second.close()
})

test('file: close resolves once the directory is let go, for everybody who asked', async (t) => {
  const dataDir = join(folder(t), 'data')
  const data = Buffer.alloc(1 << 20, 'x')
  let store = new FileBackedStreamStore({ dataDir })
  await store.create('/a', { contentType: 'text/plain' })
  for (let i = 0; i < 32; i += 1) await store.append('/a', data)
  for (let round = 0; round < 5; round += 1) {
    const reading = store.readAsync('/a')
    store.close()
    await store.close()
    store = new FileBackedStreamStore({ dataDir }) // would be refused
    assert.equal((await reading).messages.length, 32)
  }
  await store.close()
})

test('file: a creation that is under way as the store closes gives its stream', async (t) => {
  const dataDir = join(folder(t), 'data')
  const store = new FileBackedStreamStore({ dataDir })
  const creating = store.create('/a', { contentType: 'text/plain' })
  await store.close()
  assert.equal((await creating).path, '/a')
  const again = new FileBackedStreamStore({ dataDir })
  assert.equal(again.has('/a'), true)
  await again.close()
})

test("a producer's id is asked for where its numbers are given, and where it is one's append", async (t) => {
  const noId = { code: 'ERR_INVALID_ARG_VALUE', message: /producerId/ }
  const numbers = { producerEpoch: 0, producerSeq: 0 }
  for (const store of [new StreamStore(), new FileBackedStreamStore({ dataDir: folder(t) })]) {
    await store.create('/a')
    for (const options of [numbers, { producerId: null, producerSeq: 0 }]) {
      await assert.rejects(async () => store.append('/a', 'x', options), noId)
    }
    for (const options of [numbers, {}]) {
      await assert.rejects(store.appendWithProducer('/a', 'x', options), noId)
      await assert.rejects(store.closeStreamWithProducer('/a', options), noId)
    }
    await store.close?.()
  }
})

// The loop stands still until the store has ended, so that what is told is told by another thread.
test('file: waits that the end of the store finds are told on the event loop', async (t) => {
  const dataDir = join(folder(t), 'data')
  const store = new FileBackedStreamStore({ dataDir })
  await store.create('/w', { contentType: 'text/plain' })
  const from = store.getCurrentOffset('/w')
  let told = 0
  const native = store[Symbol.for('thalweg.native')]
  const waits = Array.from(
    { length: 1000 },
    () => new Promise((done) => native.wait('/w', from, 60_000, (result) => done((told += 1, result))))
  )
  const closing = native.close()
  const reopened = openWithoutTurning(dataDir)
  assert.equal(told, 0)
  await closing
  assert.equal(told, waits.length) // before the end is
  for (const { failed } of await Promise.all(waits)) assert.equal(failed, 'store-failed')
  await reopened.close()
})

// Opens `dataDir` once who holds it lets it go; the event loop does not turn meanwhile.
function openWithoutTurning(dataDir) {
  for (;;) {
    try {
      return new FileBackedStreamStore({ dataDir })
    } catch (error) {
      if (error.code !== 'ERR_THALWEG_FOREIGN') throw error
    }
  }
}

test('file: a directory that cannot be one is refused with a reason', (t) => {
  const path = join(folder(t), 'file')
  writeFileSync(path, 'x')
  assert.throws(() => new FileBackedStreamStore({ dataDir: path }), (error) => {
    assert.match(error.code, /^ERR_THALWEG_/)
    assert.ok(error.message.includes(path), error.message)
    return true
  })
  assert.throws(() => new FileBackedStreamStore({}), /dataDir/)
})

test('memory: stores take no threads, and go when nobody holds them', async () => {
  const threads = () => readdirSync('/proc/self/task').length
  let collected = 0
  const registry = new FinalizationRegistry(() => (collected += 1))
  const before = threads()
  for (let i = 0; i < 2000 && collected === 0; i += 1) {
    const store = new StreamStore()
    store.create('/a')
    registry.register(store)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(collected > 0)
  assert.ok(threads() <= before + 8, `${before} threads before, ${threads()} now`) // V8 may add some
})
