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

// The hooks of a router or server, and those of its requests that wait for one.
class HookCaller {
  #waiting = new Map() // by ticket: a function that lets the request go, and reports why if given
  #hasEnded = false

  // What native/hook_calls.h calls: gives true where the request may be answered at once. Native
  // code does not keep it. undefined: there are no hooks.
  onEvent

  constructor({ store, onStreamCreated, onStreamDeleted }) {
    if (!onStreamCreated && !onStreamDeleted) return
    this.onEvent = (created, key, contentType, timestamp, ticket) => {
      const hook = created ? onStreamCreated : onStreamDeleted
      if (!hook) return true
      const event = created
        ? { type: 'created', path: pathOf(key), contentType, timestamp }
        : { type: 'deleted', path: pathOf(key), timestamp }
      Object.defineProperty(event, STORE, { value: store })
      return this.#call(hook, event, ticket)
    }
  }

  // For the router or server, which has ended: what still waits for a hook does so no longer, and
  // what comes yet does not hold the process.
  end() {
    this.#hasEnded = true
    const why = 'had not ended when its router or server did'
    for (const letGo of [...this.#waiting.values()]) letGo(why)
  }

  #call(hook, event, ticket) {
    const { type, path } = event // the hook may change it
    const name = type === 'created' ? 'onStreamCreated' : 'onStreamDeleted'
    let result
    try {
      result = hook(event)
      if (typeof result?.then !== 'function') return true
    } catch (error) {
      report(name, path, error)
      return true
    }
    const letGo = (why) => {
      if (!this.#waiting.delete(ticket)) return
      timers.clearTimeout(timer)
      native.releaseHook(ticket)
      if (why !== undefined) report(name, path, new Error(`${why}; its request waits no longer`))
    }
    const timer = timers.setTimeout(letGo, HOOK_MS_MAX, `took more than ${HOOK_MS_MAX} ms`)
    if (this.#hasEnded) timer.unref?.() // those of test runners may be numbers
    this.#waiting.set(ticket, letGo)
    Promise.resolve(result)
      .catch((error) => report(name, path, error))
      .then(() => letGo())
    return false
  }
}

function report(name, path, error) {
  let why = 'it threw what cannot be shown'
  try {
    why = inspect(error)
  } catch {
    // such as an error whose stack throws
  }
  warn('THALWEG_HOOK', `${name} for ${path} failed: ${why}`)
}

module.exports = { HookCaller, STORE }
