'use strict'
// FaultInjectionMiddleware: faults on purpose, in front of whoever answers a request.
//
// Native code decides and spoils. Where somebody else's answer is to be spoiled, the methods of its
// ServerResponse are replaced, so that what they are given takes the way through native code.

const native = require('./native.cjs')
const { BodyRoom, readBody } = require('./body.cjs')
const { exchangeOf, headOf, kindOf, mountOf, originForm, settle } = require('./exchange.cjs')
const { count, flag, invalid, object, text, wrong } = require('./options.cjs')
const { commonFields, problem } = require('./problem.cjs')
const timers = require('./timers.cjs')

const FAULTS = Symbol.for('thalweg.faults')
const TEST_PATH = '/_test/inject-error'

class FaultInjectionMiddleware {
  #native
  #testEndpoint

  constructor(options) {
    this.#testEndpoint = flag(object(options, 'options'), 'enableTestEndpoint', false)
    this.#native = new native.Faults({ enableTestEndpoint: this.#testEndpoint })
  }

  get [FAULTS]() {
    return this.#native
  }

  handleRequest(req, res, next) {
    return new Promise((resolve, reject) => {
      const goOn = () => Promise.resolve().then(next).then(resolve, reject)
      const submit = (body) => this.#submit(req, res, body, goOn, resolve)
      const mine = this.#testEndpoint && req.url.split('?', 1)[0] === TEST_PATH
      if (!mine) return submit(undefined)
      const take = (body) => timers.setImmediate(() => (req.aborted ? resolve() : submit(body)))
      readBody(req, new BodyRoom(Infinity), take, (refusal) => {
        if (refusal !== undefined) problem(res, refusal, commonFields(true))
        resolve()
      })
    })
  }

  injectError(path, status, count = 1, retryAfter) {
    this.injectFault(path, { status, count, retryAfter })
  }

  injectFault(path, fault) {
    if (typeof path !== 'string') throw wrong('path', path, 'a path such as "/v1/stream/a"')
    const mistake = this.#native.inject(path, faultOf(fault))
    if (mistake === undefined) return
    throw invalid(`this fault is not possible: ${mistake}`)
  }

  clearInjectedErrors() {
    this.#native.clear()
  }

  clearInjectedFaults() {
    this.#native.clear()
  }

  #submit(req, res, body, goOn, resolve) {
    let passed // the ticket of the one who answers after all
    let ended = false // the client has gone, or has its answer
    const onPass = (slot, ticket) => {
      if (ended) return this.#native.forget(ticket) // the slot may be somebody else's by now
      passed = ticket
      if (ticket === 0) exchangeOf(slot).end()
      else spoil(res, exchangeOf(slot), ticket, this.#native)
      goOn()
    }
    const answer = this.#native.handle(kindOf(req), headOf(originForm(req.url), mountOf(req), req), body, onPass)
    if (answer === null) return goOn()
    settle(answer, res, () => {
      ended = true
      if (passed === undefined) resolve()
      else this.#native.forget(passed)
    })
  }
}

// As native code takes it: it converts nothing, and judges the numbers.
function faultOf(given) {
  const fault = object(given, 'fault')
  const { injectSseEvent } = fault
  const probability = fault.probability ?? undefined
  if (!['number', 'undefined'].includes(typeof probability)) {
    throw wrong('probability', probability, 'a number from 0 to 1')
  }
  const checked = { probability, method: text(fault, 'method') }
  for (const name of ['corruptBody', 'dropConnection']) checked[name] = flag(fault, name, false)
  for (const name of ['status', 'count', 'retryAfter', 'delayMs', 'jitterMs', 'truncateBodyBytes']) {
    checked[name] = count(fault, name)
  }
  if (injectSseEvent !== undefined && injectSseEvent !== null) {
    const event = object(injectSseEvent, 'injectSseEvent')
    checked.injectSseEvent = { eventType: text(event, 'eventType'), data: text(event, 'data') }
  }
  return checked
}

// From here on what is written to `res` goes through native code, and from there to what its
// methods were before.
function spoil(res, exchange, ticket, faults) {
  const real = realMethods(res)
  exchange.redirect(real)
  let explicit = []
  let started = false
  let ended = false

  const send = (chunk, ending) => {
    if (ended) return true
    const first = !started
    started = true
    ended = ending
    if (first) {
      const { status, headers, length } = stripHead(res, explicit, ending ? (chunk?.length ?? 0) : -1)
      return faults.answer(ticket, status, headers, chunk, ending, length)
    }
    return faults.answer(ticket, 0, '', chunk, ending, -1)
  }
  res.writeHead = (status, ...more) => {
    res.statusCode = status
    explicit = flatHeaders(more.find((given) => typeof given === 'object') ?? [])
    return res
  }
  res.flushHeaders = () => {
    if (!started) send(undefined, false)
  }
  res.write = (chunk, encoding, done) => {
    const room = send(toBytes(chunk, encoding), false)
    later(typeof encoding === 'function' ? encoding : done)
    return room
  }
  res.end = (chunk, encoding, done) => {
    const given = typeof chunk === 'function' ? undefined : chunk
    send(given === undefined || given === null ? undefined : toBytes(given, encoding), true)
    later([chunk, encoding, done].find((one) => typeof one === 'function'))
    return res
  }
}

function later(callback) {
  if (typeof callback === 'function') timers.nextTick(callback)
}

function toBytes(chunk, encoding) {
  if (chunk instanceof Uint8Array) return chunk
  return Buffer.from(String(chunk), typeof encoding === 'string' ? encoding : 'utf8')
}

function flatHeaders(headers) {
  return Array.isArray(headers) ? headers.flat() : Object.entries(headers).flat()
}

// Takes the whole head off `res`. `length` is -1 where it is not known.
function stripHead(res, explicit, length) {
  const all = [...res.getHeaderNames().flatMap((name) => [name, res.getHeader(name)]), ...explicit]
  for (const name of res.getHeaderNames()) res.removeHeader(name)
  const lines = []
  for (let i = 0; i < all.length; i += 2) {
    const name = String(all[i]).toLowerCase()
    if (name === 'content-length') length = Number(all[i + 1])
    else for (const value of [all[i + 1]].flat()) lines.push(name, String(value))
  }
  return { status: res.statusCode, headers: lines.join('\n'), length }
}

// The methods that `deliver` needs, as they are now.
function realMethods(res) {
  const methods = { get destroyed() { return res.destroyed } } // prettier-ignore
  for (const name of ['writeHead', 'write', 'end', 'flushHeaders', 'destroy', 'on', 'off']) {
    methods[name] = res[name].bind(res)
  }
  return methods
}

module.exports = { FAULTS, FaultInjectionMiddleware }
