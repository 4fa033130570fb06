'use strict'
// Cursors and path names, for those who write their own handlers.

const native = require('./native.cjs')
const { checkCursor } = require('./options.cjs')

function calculateCursor(options = {}) {
  return native.calculateCursor(Date.now(), checkCursor(options, 'intervalSeconds', 'epoch'))
}

function generateResponseCursor(clientCursor, options = {}) {
  const checked = checkCursor(options, 'intervalSeconds', 'epoch')
  return native.generateResponseCursor(clientCursor, Date.now(), checked)
}

// `currentCursor` is not needed: it is calculated.
function handleCursorCollision(currentCursor, previousCursor, options = {}) {
  return generateResponseCursor(previousCursor, options)
}

module.exports = { calculateCursor, generateResponseCursor, handleCursorCollision }
