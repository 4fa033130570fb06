'use strict'
// The whole body of a request, from its stream or from what a body parser has made of it.

const { parsedBodyOf } = require('./parsed-body.cjs')
const { problem } = require('./problem.cjs')

const BODY_BYTES_MAX = 64 * 1024 * 1024 // as the standalone server's default
const PASSED_OVER_BYTES_MAX = 4 * BODY_BYTES_MAX

const READING = Symbol('thalweg.reading') // on a request: what has come of its body

// Calls `take(body)` with a Uint8Array, or undefined where there is none. Where there can be no
// body, it answers or lets go of the client, and calls `fail()`.
function readBody(req, res, take, fail) {
  if (req.readableEnded) return takeParsed(req, res, take, fail)
  if (req.destroyed) return fail() // it tells of nothing any more
  req[READING] = { res, take, fail, chunks: undefined, size: 0, wasRead: req.readableDidRead }
  req.on('data', onData)
  req.on('end', onEnd)
  req.on('close', onClose)
  if (req.isPaused()) req.resume() // by whoever had it before
}

// `this` is the request; one set of functions for all of them.
function onData(part) {
  const reading = this[READING]
  const chunk = typeof part === 'string' ? Buffer.from(part, this.readableEncoding) : part
  const first = reading.size === 0
  reading.size += chunk.length
  if (reading.size > BODY_BYTES_MAX) onTooMuch(this, reading)
  else if (first) reading.chunks = chunk
  else if (Array.isArray(reading.chunks)) reading.chunks.push(chunk)
  else reading.chunks = [reading.chunks, chunk]
}

// A client reads its answer once it has sent everything: what it sends is passed over, for a while.
function onTooMuch(req, reading) {
  reading.chunks = undefined
  if (reading.size > PASSED_OVER_BYTES_MAX) req.destroy()
}

function onEnd() {
  const { res, take, fail, chunks, size, wasRead } = this[READING]
  const sent = bytesSent(this)
  if (sent === undefined ? wasRead : sent !== size) return failConsumed(res, fail)
  if (size <= BODY_BYTES_MAX) return take(Array.isArray(chunks) ? Buffer.concat(chunks, size) : chunks)
  problem(res, 413, 'content-too-large', `a body may have ${BODY_BYTES_MAX} bytes`)
  fail()
}

// Without its end: the client has gone, or was let go.
function onClose() {
  if (!this.readableEnded) this[READING].fail()
}

// The stream has been read by somebody before us.
function takeParsed(req, res, take, fail) {
  const body = bytesOfParsed(req, parsedBodyOf(req))
  if (body !== null) return take(body)
  failConsumed(res, fail)
}

function failConsumed(res, fail) {
  problem(
    res,
    500,
    'body-was-consumed',
    'what stands in front of the router has read the request and left no body, a part of it, or ' +
      'a text that may not be what was sent; mount the router before it, or let it pass bodies on ' +
      'as they are'
  )
  fail()
}

// null: what was sent is lost, or cannot be told.
function bytesOfParsed(req, body) {
  if (body instanceof Uint8Array) return body
  if (isEmpty(req)) return undefined
  if (body === undefined) return null
  const isJson = /^application\/json\b/i.test(req.headers['content-type'] ?? '')
  if (typeof body === 'string') return bytesOfString(body, isJson, bytesSent(req))
  return isJson ? Buffer.from(JSON.stringify(body)) : null
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

function isEmpty(req) {
  return req.headers['transfer-encoding'] === undefined && !(Number(req.headers['content-length']) > 0)
}

// As Content-Length has it; undefined where the request does not say, or said it of an encoding.
function bytesSent(req) {
  const length = req.headers['content-length']
  return length === undefined || req.headers['content-encoding'] ? undefined : Number(length)
}

module.exports = { readBody }
