'use strict'
// Node's timers as they were when this was loaded: a test that puts fake ones in the place of the
// globals later stops no request.

const { clearTimeout, setImmediate, setTimeout } = require('node:timers')

const { nextTick } = process

module.exports = { clearTimeout, nextTick, setImmediate, setTimeout }
