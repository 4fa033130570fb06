// The package for `import`: the same objects as require('thalweg') gives.
import thalweg from './index.cjs'

export const {
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
} = thalweg
