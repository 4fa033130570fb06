'use strict'
// Answers of this layer itself, in the form of the native ones: application/problem+json with a
// stable code, and the fields that every answer carries.

const { giveUp } = require('./exchange.cjs')
const native = require('./native.cjs')

// The fields of every answer of one who has this option `cors`.
function commonFields(cors) {
  const texts = native.commonFields(cors).split('\n')
  const fields = {}
  for (let i = 0; i < texts.length; i += 2) fields[texts[i]] = texts[i + 1]
  return fields
}

// `refusal` is { status, code, title, detail }, and `retryAfter` in seconds where that helps. Does
// nothing where an answer is under way already.
function problem(res, refusal, common) {
  if (res.headersSent || res.destroyed) return
  const { status, code, title, detail, retryAfter } = refusal
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail })
  const head = {
    ...common,
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  }
  try {
    res.writeHead(status, head)
    res.end(body)
  } catch (error) {
    giveUp(res, error)
  }
}

module.exports = { commonFields, problem }
