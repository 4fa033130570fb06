'use strict'
// Cursors and path names, for those who write their own handlers.

const native = require('./native.cjs')
const { checkCursor, object, wrong } = require('./options.cjs')

function checked(options) {
  return checkCursor(object(options, 'options'), 'intervalSeconds', 'epoch')
}

function calculateCursor(options) {
  return native.calculateCursor(Date.now(), checked(options))
}

function generateResponseCursor(clientCursor, options) {
  return native.generateResponseCursor(clientCursor, Date.now(), checked(options))
}

// `currentCursor` is not needed: it is calculated.
function handleCursorCollision(currentCursor, previousCursor, options) {
  return generateResponseCursor(previousCursor, options)
}

function encodeStreamPath(path) {
  if (typeof path !== 'string') throw wrong('path', path, 'a path such as "/rooms/1"')
  return native.encodeStreamPath(path)
}

function decodeStreamPath(encoded) {
  if (typeof encoded !== 'string') throw wrong('encoded', encoded, 'what encodeStreamPath gave')
  return native.decodeStreamPath(encoded)
}

module.exports = {
  calculateCursor,
  decodeStreamPath,
  encodeStreamPath,
  generateResponseCursor,
  handleCursorCollision,
}
