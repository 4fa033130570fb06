'use strict'
// Lifecycle hooks: calls the user's functions, and never lets them hurt a request.

const { inspect } = require('node:util')

const native = require('./native.cjs')
const { pathOf } = require('./store-results.cjs')
const timers = require('./timers.cjs')
const { warn } = require('./warn.cjs')

const HOOK_MS_MAX = 10_000 // a request waits no longer for the promise of a hook

// On events, not enumerable: the store that the stream is in, for createRegistryHooks.
const STORE = Symbol('thalweg.store')

// What native/hook_calls.h calls: true where the request may be answered at once.
function hookCaller({ store, onStreamCreated, onStreamDeleted }) {
  if (!onStreamCreated && !onStreamDeleted) return undefined
  return (created, key, contentType, timestamp, ticket) => {
    const hook = created ? onStreamCreated : onStreamDeleted
    if (!hook) return true
    const event = created
      ? { type: 'created', path: pathOf(key), contentType, timestamp }
      : { type: 'deleted', path: pathOf(key), timestamp }
    Object.defineProperty(event, STORE, { value: store })
    return call(hook, event, ticket)
  }
}

function call(hook, event, ticket) {
  const name = event.type === 'created' ? 'onStreamCreated' : 'onStreamDeleted'
  let result
  try {
    result = hook(event)
    if (typeof result?.then !== 'function') return true
  } catch (error) {
    report(name, event, error)
    return true
  }
  const timer = timers.setTimeout(() => {
    report(name, event, new Error(`took more than ${HOOK_MS_MAX} ms; the request was answered`))
    native.releaseHook(ticket)
  }, HOOK_MS_MAX)
  Promise.resolve(result)
    .catch((error) => report(name, event, error))
    .then(() => {
      timers.clearTimeout(timer)
      native.releaseHook(ticket)
    })
  return false
}

function report(name, event, error) {
  let why = 'it threw what cannot be shown'
  try {
    why = inspect(error)
  } catch {
    // such as an error whose stack throws
  }
  warn('THALWEG_HOOK', `${name} for ${event.path} failed: ${why}`)
}

module.exports = { STORE, hookCaller }
