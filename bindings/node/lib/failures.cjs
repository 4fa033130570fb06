'use strict'
// Stores that have failed: a process warning with a code of its own, and the `onFailure` of the
// store there. Native code knows a store by a number, and tells once.

const { warn } = require('./warn.cjs')

const stores = new Map() // { dataDir, onFailure } by number, from opening to closing
let lastNumber = 0

// Stores that nobody closed and nobody has any more.
const forgotten = new FinalizationRegistry(unwatch)

// `onFailure` is kept by the store alone, for it may hold that one, until unwatch, or until `holder`
// is gone. Gives the number.
function watch(dataDir, onFailure, holder) {
  lastNumber += 1
  forgotten.register(holder, lastNumber)
  stores.set(lastNumber, { dataDir, onFailure: onFailure && new WeakRef(onFailure) })
  return lastNumber
}

function unwatch(number) {
  stores.delete(number)
}

// What native code calls.
function fail(number, why, reason) {
  const store = stores.get(number)
  if (store === undefined) return // closed meanwhile
  // The store itself names a directory that is gone.
  const names = reason === 'directory-gone'
  const error = new Error(names ? why : `data directory ${store.dataDir}: ${why}`)
  error.code = 'THALWEG_STORE_FAILED'
  error.reason = reason
  warn(error.code, error.message)
  store.onFailure?.deref()?.(error)
}

module.exports = { fail, unwatch, watch }
