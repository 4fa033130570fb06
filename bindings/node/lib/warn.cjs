'use strict'
// What somebody should know and nobody waits for.

function warn(code, message) {
  process.emitWarning(message, { type: 'ThalwegWarning', code })
}

module.exports = { warn }
