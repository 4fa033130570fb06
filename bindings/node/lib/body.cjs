'use strict'
// The whole body of a request, from its stream or from what a body parser has made of it.

const { AsyncResource } = require('node:async_hooks')
const { NGHTTP2_CANCEL } = require('node:http2').constants

const { parsedBodyOf } = require('./parsed-body.cjs')
const { warn } = require('./warn.cjs')

const BODY_BYTES_MAX = 64 * 1024 * 1024 // as the standalone server's default
const PASSED_OVER_BYTES_MAX = 4 * BODY_BYTES_MAX
const SMALL_BODY_BYTES = 16 * 1024 // so much of a body has always room
const SMALL_PIECE_BYTES = 4 * 1024 // costs more beside its bytes than to be copied
const GATHERED_BYTES_MAX = 64 * 1024
const SILENCE_MS_MAX = 30_000 // as the standalone server's; node:http has a requestTimeout

// What has come of a body: on its request, and on a connection of HTTP/1 while it arrives.
const READING = Symbol('thalweg.reading')

const TOO_LARGE = {
  status: 413,
  code: 'content-too-large',
  title: 'The body is too large.',
  detail: `a body may have ${BODY_BYTES_MAX} bytes`,
}
const TOO_MANY = {
  status: 503,
  code: 'too-many-bodies',
  title: 'The bodies of other requests take all memory for them.',
  detail: 'come back after Retry-After seconds',
  retryAfter: 1,
}
const CONSUMED = {
  status: 500,
  code: 'body-was-consumed',
  title: 'The request cannot be served as it arrives.',
  detail:
    'what stands in front of the router has read the request and left no body, a part of it, or ' +
    'a text that may not be what was sent; mount the router before it, or let it pass bodies on ' +
    'as they are',
}

const ANEW =
  'a parser in front of the router, such as express.json(), has parsed a JSON body: it is ' +
  'written anew, and numbers beyond 2^53 are not what was sent; mount the router before the parser'

// The memory for the bodies of all requests together.
class BodyRoom {
  constructor(bytesMax) {
    this.bytesMax = bytesMax
    this.bytes = 0
  }
}

// Calls `take(body)` with a Uint8Array, or undefined where there is none. Where there can be no
// body, it calls `fail(refusal)` (see problem.cjs), or `fail()` where the client has gone, perhaps
// more than once. Over HTTP/2 a body that is cut off may be given like a whole one: whoever takes it
// looks at req.aborted, in another turn of the event loop. What is read takes of `room` until
// letGo(req).
function readBody(req, room, take, fail) {
  if (req.aborted) return fail()
  if (req.readableEnded) return takeParsed(req, take, fail)
  if (req.destroyed) return fail() // it tells of nothing any more
  const reading = {
    room,
    take,
    fail,
    chunks: undefined,
    gathered: 0, // bytes in the last of them, where small pieces are copied to it; it may have room
    size: 0,
    held: 0, // of `room`
    refusal: undefined,
    wasRead: req.readableDidRead,
    behind: [], // what came after it on its connection
  }
  req[READING] = reading
  if (hasOrder(req)) req.socket[READING] = reading
  else if (req.stream && !(req.stream.timeout > 0)) req.stream.setTimeout(SILENCE_MS_MAX, onSilence)
  req.on('data', onData)
  req.on('end', onEnd)
  req.on('close', onClose)
  if (req.isPaused()) req.resume() // by whoever had it before
}

// Calls `go` once all bodies have been taken that came before this request, which has none: those
// that routers read of one connection are judged in their order, pipelined or not.
function afterBodies(req, res, go) {
  const before = hasOrder(req) ? req.socket[READING] : undefined
  const isNext = res.socket !== null // what came before it has been answered, by whomever
  if (before === undefined || isNext) go()
  else before.behind.push(AsyncResource.bind(go))
}

// Those of one HTTP/2 connection have none.
function hasOrder(req) {
  return req.httpVersionMajor === 1 && Boolean(req.socket)
}

// The request has ended; a second call does nothing.
function letGo(req) {
  if (req[READING] !== undefined) drop(req[READING])
}

function drop(reading) {
  reading.room.bytes -= reading.held
  reading.held = 0
  reading.chunks = undefined
  reading.gathered = 0
}

// `this` is the request; one set of functions for all of them. A client reads its answer once it
// has sent everything: what is refused is passed over, for a while.
function onData(part) {
  if (part.length === 0) return
  const reading = this[READING]
  const chunk = typeof part === 'string' ? Buffer.from(part, this.readableEncoding) : part
  reading.size += chunk.length
  if (reading.refusal === undefined) keep(reading, chunk)
  else if (reading.size > PASSED_OVER_BYTES_MAX) this.destroy()
}

function keep(reading, chunk) {
  reading.held += chunk.length
  reading.room.bytes += chunk.length
  reading.refusal = refusalOf(reading)
  if (reading.refusal !== undefined) drop(reading)
  else if (reading.chunks === undefined) reading.chunks = chunk
  else gather(reading, chunk)
}

// Small pieces are copied together: each alone takes hundreds of bytes, however few it has.
function gather(reading, chunk) {
  if (!Array.isArray(reading.chunks)) reading.chunks = [reading.chunks]
  const { chunks, gathered } = reading
  const last = chunks.at(-1)
  if (gathered !== 0 && gathered + chunk.length <= last.length) {
    reading.gathered += chunk.copy(last, gathered)
    return
  }
  if (gathered !== 0) chunks[chunks.length - 1] = last.subarray(0, gathered)
  const isSmall = chunk.length < SMALL_PIECE_BYTES
  const next = isSmall ? Buffer.allocUnsafeSlow(roomBehind(reading.size)) : chunk
  reading.gathered = isSmall ? chunk.copy(next) : 0
  chunks.push(next)
}

// As much again as there is, within limits.
function roomBehind(size) {
  return Math.min(Math.max(size, SMALL_PIECE_BYTES), GATHERED_BYTES_MAX)
}

// A body that is alone has always room.
function refusalOf({ room, held }) {
  if (held > BODY_BYTES_MAX) return TOO_LARGE
  const isFull = room.bytes > room.bytesMax
  return isFull && held > SMALL_BODY_BYTES && held < room.bytes ? TOO_MANY : undefined
}

function onEnd() {
  give(this, this[READING])
  letNextGo(this)
}

function give(req, { take, fail, chunks, size, refusal, wasRead }) {
  if (refusal !== undefined) return fail(refusal)
  const sent = bytesSent(req)
  if (sent === undefined ? wasRead : sent !== size) return fail(CONSUMED)
  take(Array.isArray(chunks) ? Buffer.concat(chunks, size) : chunks)
}

// Without its end: the client has gone, or was let go.
function onClose() {
  if (!this.readableEnded) this[READING].fail()
  letNextGo(this)
}

function letNextGo(req) {
  const reading = req[READING]
  if (!hasOrder(req)) endSilence(req.stream)
  else if (req.socket[READING] === reading) req.socket[READING] = undefined
  for (const go of reading.behind.splice(0)) go()
}

function endSilence(stream) {
  if (stream?.listeners('timeout').includes(onSilence)) stream.setTimeout(0, onSilence)
}

// `this` is a stream of HTTP/2.
function onSilence() {
  this.close(NGHTTP2_CANCEL)
}

// The stream has been read by somebody before us.
function takeParsed(req, take, fail) {
  const body = bytesOfParsed(req, parsedBodyOf(req))
  if (body === null) fail(CONSUMED)
  else take(body)
}

// null: what was sent is lost, or cannot be told.
function bytesOfParsed(req, body) {
  if (body instanceof Uint8Array) return body
  if (isEmpty(req)) return undefined
  if (body === undefined) return null
  const isJson = /^application\/json\b/i.test(req.headers['content-type'] ?? '')
  if (typeof body === 'string') return bytesOfString(body, isJson, bytesSent(req))
  return isJson ? writtenAnew(body) : null
}

let hasToldOfAnew = false

function writtenAnew(value) {
  if (!hasToldOfAnew) warn('THALWEG_JSON_PARSED', ANEW)
  hasToldOfAnew = true
  return Buffer.from(JSON.stringify(value))
}

// Of a JSON body a parser of text leaves the text, and a parser of JSON may leave a string, too. A
// string as JSON is always longer than itself.
function bytesOfString(body, isJson, sent) {
  const bytes = Buffer.from(body)
  if (sent === bytes.length) return bytes
  if (isJson && (sent !== undefined || !isJsonText(body))) return Buffer.from(JSON.stringify(body))
  return isJson || sent !== undefined ? null : bytes
}

function isJsonText(text) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

// HTTP/2 knows no Transfer-Encoding, and need not say how long a body is.
function isEmpty(req) {
  if (req.httpVersionMajor >= 2 && req.headers['content-length'] === undefined) {
    return req.stream?.endAfterHeaders === true
  }
  return req.headers['transfer-encoding'] === undefined && !(Number(req.headers['content-length']) > 0)
}

// As Content-Length has it; undefined where the request does not say, or said it of an encoding.
function bytesSent(req) {
  const length = req.headers['content-length']
  return length === undefined || req.headers['content-encoding'] ? undefined : Number(length)
}

module.exports = { BodyRoom, afterBodies, letGo, readBody }
