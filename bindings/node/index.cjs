'use strict'
// The package: require('thalweg'). index.mjs gives the same objects to `import`.

const native = require('./lib/native.cjs')
const { deliver } = require('./lib/exchange.cjs')
const { fail } = require('./lib/failures.cjs')
const { state } = require('./lib/heads.cjs')
const timers = require('./lib/timers.cjs')
const { warn } = require('./lib/warn.cjs')

const TIMER_MS_MAX = 2 ** 31 - 1 // setTimeout takes more for 1 ms

// A wait that is longer is called early and sets a timer for the rest; nothing else is so long, a
// fault's delay and jitter are at most a day each.
const setTimer = (ms, key) =>
  timers.setTimeout(native.fireTimer, Math.min(ms, TIMER_MS_MAX), key).unref()

native.connect({
  deliver,
  state,
  setTimer,
  warn: (message) => warn('THALWEG_STORE', message),
  fail,
})

const {
  calculateCursor,
  decodeStreamPath,
  encodeStreamPath,
  generateResponseCursor,
  handleCursorCollision,
} = require('./lib/cursor.cjs')
const { FaultInjectionMiddleware } = require('./lib/faults.cjs')
const { DEFAULT_CURSOR_EPOCH, DEFAULT_CURSOR_INTERVAL_SECONDS } = require('./lib/options.cjs')
const { createRegistryHooks } = require('./lib/registry.cjs')
const { DurableStreamRouter } = require('./lib/router.cjs')
const { DurableStreamTestServer } = require('./lib/server.cjs')
const { FileBackedStreamStore, StreamStore } = require('./lib/store.cjs')

module.exports = {
  DEFAULT_CURSOR_EPOCH,
  DEFAULT_CURSOR_INTERVAL_SECONDS,
  DurableStreamRouter,
  DurableStreamTestServer,
  FaultInjectionMiddleware,
  FileBackedStreamStore,
  StreamStore,
  calculateCursor,
  createRegistryHooks,
  decodeStreamPath,
  encodeStreamPath,
  generateResponseCursor,
  handleCursorCollision,
}
