'use strict'
// The package: require('thalweg'). index.mjs gives the same objects to `import`.

const native = require('./lib/native.cjs')
const { deliver } = require('./lib/exchange.cjs')
const { state } = require('./lib/heads.cjs')
const { warn } = require('./lib/warn.cjs')

native.connect({
  deliver,
  state,
  setTimer: (ms, key) => setTimeout(native.fireTimer, ms, key).unref(),
  warn: (message) => warn('THALWEG_STORE', message),
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
