'use strict'
// One request of node:http to the native code, and its answer back.
//
// Most answers are the return value of the call that brings the request. The others come through
// `deliver`, part by part, and are known by a slot number until they end.

const { ServerResponse } = require('node:http')

const { state, takeHead } = require('./heads.cjs')
const native = require('./native.cjs')
const { warn } = require('./warn.cjs')

// The order is that of native/request_reader.cc. Without a prototype: over HTTP/2 a method may be any
// word, also "constructor".
const METHODS = { __proto__: null, GET: 0, HEAD: 1, PUT: 2, POST: 3, DELETE: 4, OPTIONS: 5 }
const OTHER = 6
const TLS = 8
const HAS_BODY = [false, false, true, true, false, false, false]

const ABORTED = 2 // the ending of an answer that is cut off; 1: finished, 0: more follows

const exchanges = [] // by slot

const EXCHANGE = Symbol('thalweg.exchange') // on a ServerResponse: its newest Exchange
const BEHIND = Symbol('thalweg.behind') // on a socket: the exchanges that stood behind others there

class Exchange {
  constructor(res, slot, done) {
    this.res = res // whose methods are called; see redirect
    this.emitter = res
    this.slot = slot
    this.done = done
    this.socket = undefined // where Node does not tell `res` of the connection's end
    this.hearsOfRoom = false
    this.outer = res[EXCHANGE] // whose answer comes through this one, as a middleware's does
    exchanges[slot] = this
    res[EXCHANGE] = this
    res.on('close', onClose)
    if (res.socket === null) this.#hearOfSocket(res.req?.socket)
  }

  // Node tells an answer nothing of the end of its connection while it stands behind another there.
  #hearOfSocket(socket) {
    if (!socket) return
    this.socket = socket
    if (socket[BEHIND] === undefined) {
      socket[BEHIND] = new Set()
      socket.on('close', onSocketClose)
    }
    socket[BEHIND].add(this)
  }

  // From here on the answer goes to `res`, which has the methods of a ServerResponse.
  redirect(res) {
    this.res = res
  }

  // Tells native code of room from now on. One listener for all times that it is full: a middleware
  // that compresses never lets go of those of `once`.
  hearOfRoom() {
    if (this.hearsOfRoom) return
    this.hearsOfRoom = true
    this.emitter.on('drain', () => {
      if (exchanges[this.slot] === this) native.drained(this.slot)
    })
  }

  // The client has gone.
  leave() {
    this.end()
    native.closed(this.slot)
  }

  end() {
    exchanges[this.slot] = undefined
    this.#unlink()
    this.emitter.off('close', onClose)
    this.socket?.[BEHIND].delete(this)
    this.done()
  }

  #unlink() {
    let newer = this.emitter[EXCHANGE]
    if (newer === this) this.emitter[EXCHANGE] = this.outer
    while (newer !== undefined && newer.outer !== this) newer = newer.outer
    if (newer !== undefined) newer.outer = this.outer
  }
}

// `this` is the ServerResponse; one function for all of them.
function onClose() {
  while (this[EXCHANGE] !== undefined) this[EXCHANGE].leave()
}

function onSocketClose() {
  for (const exchange of this[BEHIND]) exchange.leave()
}

function exchangeOf(slot) {
  return exchanges[slot]
}

// False: the socket is full. Called by native code, so it does not throw.
function deliver(slot, status, text, body, ending) {
  const head = status === 0 ? undefined : takeHead(text)
  const exchange = exchanges[slot]
  if (exchange === undefined) return true
  const res = exchange.res
  try {
    if (status !== 0) writeHead(res, status, head)
    if (ending === ABORTED) res.destroy()
    else if (ending !== 0) res.end(body)
    else return writePart(exchange, body)
  } catch (error) {
    giveUp(res, error)
    if (ending === 0) return true // native code hears of it by the close
  }
  exchange.end()
  return true
}

function writePart(exchange, body) {
  const { res, emitter } = exchange
  if (body === undefined) {
    res.flushHeaders()
    return true
  }
  const room = Boolean(res.write(body)) // of whoever stands in for a ServerResponse
  if (!room) exchange.hearOfRoom()
  if (typeof emitter.flush === 'function') emitter.flush() // of a compressing middleware
  return room
}

// Gives a whole answer to `res`, where none is under way. `head`: [name, value, …].
function respond(res, status, head, body) {
  if (res.headersSent || res.destroyed) return
  try {
    writeHead(res, status, head)
    res.end(body)
  } catch (error) {
    giveUp(res, error)
  }
}

// Flat arrays are the fastest for node:http, but what middlewares put in the place of its writeHead
// takes them for arrays of pairs (on-headers before 1.1, so compression and others).
function writeHead(res, status, head) {
  res.writeHead(status, res.writeHead === ServerResponse.prototype.writeHead ? head : objectOf(head))
}

function objectOf(head) {
  const object = {}
  for (let i = 0; i < head.length; i += 2) {
    const before = object[head[i]]
    object[head[i]] = before === undefined ? head[i + 1] : [before, head[i + 1]].flat()
  }
  return object
}

// Such as a response that somebody else has ended, or whose methods somebody has replaced.
function giveUp(res, error) {
  warn('THALWEG_RESPONSE', `an answer could not be written: ${error?.message}`)
  res.destroy()
}

// What a framework cut off the front of the path: Express and Connect keep the whole URL in
// originalUrl.
function mountOf({ originalUrl, url }) {
  if (typeof originalUrl !== 'string' || originalUrl.length <= url.length) return ''
  return originalUrl.endsWith(url) ? originalUrl.slice(0, originalUrl.length - url.length) : ''
}

// The request's head as native/request_reader.h takes it.
function headOf(target, mount, req) {
  return `${target}\n${mount}\n${req.rawHeaders.join('\n')}`
}

// RFC 9112 3.2.2: a server takes the absolute form, too.
function originForm(url) {
  if (url.startsWith('/')) return url
  const rest = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*(.*)$/i.exec(url)?.[1]
  if (rest === undefined) return url
  return rest.startsWith('/') ? rest : `/${rest}`
}

function kindOf(req) {
  const method = METHODS[req.method] ?? OTHER
  return req.socket?.encrypted ? method + TLS : method
}

// Takes what a native `handle` gave: a whole answer, or the promise of one. `done` is called when
// the answer has ended. REQUIRES: called at once, before any other native call.
function settle(answer, res, done) {
  const number = state[0]
  const more = state[1] !== 0
  if (typeof answer === 'string') {
    respond(res, number, takeHead(answer), more ? native.takeBody() : undefined)
    return done()
  }
  const exchange = new Exchange(res, number, done)
  if (res.destroyed || exchange.socket?.destroyed) exchange.leave()
  if (more) native.flush(number) // also where nobody gets it: the slot is let go
}

// Ends what is still going on for these ServerResponses.
function cutOff(responses) {
  for (const exchange of exchanges) {
    if (exchange === undefined || !responses.has(exchange.emitter)) continue
    exchange.emitter.destroy()
    exchange.leave()
  }
}

module.exports = {
  HAS_BODY,
  METHODS,
  TLS,
  cutOff,
  deliver,
  exchangeOf,
  headOf,
  kindOf,
  mountOf,
  originForm,
  respond,
  settle,
}
