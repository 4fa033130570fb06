// FaultInjectionMiddleware in front of answers of every kind, its own router's and others'.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { FaultInjectionMiddleware } from 'thalweg'
import { TEXT, newRouter, put, serve } from './served.mjs'

const { state } = createRequire(import.meta.url)('../lib/heads.cjs') // [0]: the slot of an answer

// Whoever answers, behind the middleware.
async function faulty(t, answer) {
  const faults = new FaultInjectionMiddleware()
  const url = await serve(t, (req, res) => faults.handleRequest(req, res, () => answer(req, res)))
  return { faults, url }
}

const ANSWERS = {
  'head and end': (req, res) => {
    res.writeHead(200, { 'content-type': 'text/plain', 'content-length': 10 })
    res.end('0123456789')
  },
  'implicit head': (req, res) => {
    res.setHeader('content-type', 'text/plain')
    res.end('0123456789')
  },
  'in parts': async (req, res) => {
    res.setHeader('content-type', 'text/plain')
    res.write('01234')
    await new Promise(setImmediate)
    res.write(Buffer.from('56'))
    res.end('789')
  },
  'flat head': (req, res) => {
    res.writeHead(200, ['Content-Type', 'text/plain'])
    res.end(Buffer.from('0123456789'))
  },
}

for (const [name, answer] of Object.entries(ANSWERS)) {
  test(`an answer of somebody else is spoiled: ${name}`, async (t) => {
    const { faults, url } = await faulty(t, answer)
    assert.equal(await (await fetch(`${url}/a`)).text(), '0123456789')
    faults.injectFault('/a', { truncateBodyBytes: 7 })
    const cut = await fetch(`${url}/a`)
    assert.equal(await cut.text(), '0123456')
    assert.equal(cut.headers.get('content-type'), 'text/plain')
    faults.injectFault('/a', { corruptBody: true })
    const corrupt = await (await fetch(`${url}/a`)).text()
    assert.equal(corrupt.length, 10)
    assert.notEqual(corrupt, '0123456789')
    faults.injectFault('/a', { delayMs: 30 })
    const began = performance.now()
    assert.equal(await (await fetch(`${url}/a`)).text(), '0123456789')
    assert.ok(performance.now() - began >= 25)
    faults.injectFault('/a', { dropConnection: true })
    await assert.rejects(fetch(`${url}/a`))
    faults.injectFault('/a', { status: 429, retryAfter: 3, method: 'POST' })
    assert.equal((await fetch(`${url}/a`)).status, 200)
    const refused = await fetch(`${url}/a`, { method: 'POST', body: 'x' })
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '3')
    assert.equal(await (await fetch(`${url}/a`)).text(), '0123456789')
  })
}

test('next is not called where the fault answers, and what it rejects with is passed on', async (t) => {
  let calls = 0
  const faults = new FaultInjectionMiddleware()
  let failure
  const url = await serve(t, (req, res) =>
    faults
      .handleRequest(req, res, async () => {
        calls += 1
        throw new Error('from next')
      })
      .catch((error) => {
        failure = error
        res.writeHead(500).end()
      })
  )
  faults.injectError('/a', 503)
  assert.equal((await fetch(`${url}/a`)).status, 503)
  assert.equal(calls, 0)
  assert.equal((await fetch(`${url}/a`)).status, 500)
  assert.equal(failure.message, 'from next')
})

test('an event in front of a live answer of the router, whose reader then leaves', async (t) => {
  const router = newRouter()
  const faults = new FaultInjectionMiddleware()
  let newest // the last answer
  let listeners // to its end, before anybody took it up
  const url = await serve(t, (req, res) => {
    newest = res
    listeners = res.listenerCount('close')
    return faults.handleRequest(req, res, () => router.handleRequest(req, res))
  })
  await put(`${url}/a`, TEXT, 'x')
  for (let i = 0; i < 3; i += 1) {
    faults.injectFault('/a', { injectSseEvent: { eventType: 'odd', data: 'i' } })
    const controller = new AbortController()
    const events = await fetch(`${url}/a?offset=-1&live=sse`, { signal: controller.signal })
    const { value } = await events.body.getReader().read()
    assert.match(Buffer.from(value).toString(), /^event: odd\ndata: i\n\n/)
    controller.abort()
    while (router.waiting > 0) await new Promise(setImmediate)
    assert.equal(newest.listenerCount('close'), listeners, 'middleware and router let go of it')
  }
  assert.equal(await (await fetch(`${url}/a`)).text(), 'x')
})

test('a client that leaves during the delay is forgotten', async (t) => {
  const { faults, url } = await faulty(t, ANSWERS['head and end'])
  faults.injectFault('/a', { delayMs: 60 })
  await assert.rejects(fetch(`${url}/a`, { signal: AbortSignal.timeout(10) }))
  faults.injectFault('/a', { delayMs: 60 }) // ends after the first
  assert.equal((await fetch(`${url}/a`)).status, 200)
})

// The second request is held until the first one's slot is free, and takes it before what was posted
// for the first one runs.
test('a client that leaves at once harms nobody who comes after it', { timeout: 30_000 }, async (t) => {
  const faults = new FaultInjectionMiddleware()
  const answered = []
  const handle = (req, res) =>
    faults.handleRequest(req, res, () => {
      answered.push(req.url)
      res.end(`for ${req.url}`)
    })
  const held = []
  const url = await serve(t, (req, res) => {
    if (req.url === '/second') return held.push(req, res)
    handle(req, res)
    res.once('close', () => handle(...held))
    res.destroy()
  })
  faults.injectFault('/first', { truncateBodyBytes: 3 })
  faults.injectFault('/second', { truncateBodyBytes: 7 })
  const answer = fetch(`${url}/second`)
  while (held.length === 0) await new Promise(setImmediate)
  await assert.rejects(fetch(`${url}/first`))
  assert.equal(await (await answer).text(), 'for /se')
  assert.deepEqual(answered, ['/second'])
})

test('an answer that is cut off after its client has left keeps no slot', async (t) => {
  const faults = new FaultInjectionMiddleware()
  const slots = []
  const url = await serve(t, async (req, res) => {
    res.destroy()
    await faults.handleRequest(req, res, () => assert.fail('was not to be answered'))
    slots.push(state[0])
  })
  faults.injectFault('/a', { dropConnection: true, count: 3 })
  for (let i = 0; i < 3; i += 1) await assert.rejects(fetch(`${url}/a`))
  assert.deepEqual(slots, Array(3).fill(slots[0]))
})

test('faults that cannot be are refused with the reason', () => {
  const faults = new FaultInjectionMiddleware()
  assert.throws(() => faults.injectFault('/a', {}), TypeError)
  assert.throws(() => faults.injectFault(7, { status: 500 }), /path/)
  assert.throws(() => faults.injectError('/a', 9), TypeError)
})
