'use strict'
// Answers of this layer itself, in the form of the native ones: application/problem+json with a
// stable code.

const TITLES = {
  413: 'The body is too large.',
  500: 'The request cannot be served as it arrives.',
  503: 'The store is closed.',
}

// Does nothing where an answer is under way already.
function problem(res, status, code, detail) {
  if (res.headersSent || res.destroyed) return
  const body = JSON.stringify({ type: 'about:blank', title: TITLES[status], status, code, detail })
  res.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  res.end(body)
}

module.exports = { problem }
