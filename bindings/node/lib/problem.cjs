'use strict'
// Answers of this layer itself, in the form of the native ones: application/problem+json with a
// stable code, and the fields that every answer carries.

const { respond } = require('./exchange.cjs')
const native = require('./native.cjs')

// The fields of every answer of one who has this option `cors`: [name, value, …].
function commonFields(cors) {
  return native.commonFields(cors).split('\n')
}

// `refusal` is { status, code, title, detail }, and `retryAfter` in seconds where that helps. Does
// nothing where an answer is under way already.
function problem(res, refusal, common) {
  const { status, code, title, detail, retryAfter } = refusal
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail })
  const head = [...common]
  if (retryAfter !== undefined) head.push('retry-after', retryAfter)
  head.push('content-type', 'application/problem+json')
  head.push('content-length', Buffer.byteLength(body), 'cache-control', 'no-store')
  respond(res, status, head, body)
}

module.exports = { commonFields, problem }
