'use strict'
// createRegistryHooks: hooks that keep a stream of every stream's creation and deletion, in State
// Protocol form.

const { STORE } = require('./hooks.cjs')
const { object, text } = require('./options.cjs')
const { BaseStore, storeOf, toldPathOf } = require('./store.cjs')

const DEFAULT_NAME = '__registry__'
const PREFIX = '/v1/stream/' // of npm 0.3.7, whose servers have their streams there

// ({ registryPath?, store? }), or (store, serverUrl) as npm 0.3.7 has it: then the registry is at
// /v1/stream/__registry__, and the URL is not needed.
function createRegistryHooks(first = {}) {
  const given = first instanceof BaseStore
  const options = given ? { store: first, registryPath: PREFIX + DEFAULT_NAME } : object(first, 'options')
  const fixedStore = options.store == null ? undefined : storeOf(options.store)
  const name = text(options, 'registryPath', DEFAULT_NAME)
  const path = `/${name.replace(/^\/+/, '')}`
  const ownPath = toldPathOf(path)

  const record = async (event, change) => {
    if (event.path === ownPath) return // it does not list itself
    const store = fixedStore ?? event[STORE]
    if (store === undefined) {
      throw new Error(
        'thalweg: registry hooks know their store from the router or server that calls them; ' +
          'to call them yourself, give createRegistryHooks a `store`'
      )
    }
    if (!store.has(path)) await store.create(path, { contentType: 'application/json' })
    // Who has changed the path since, on another connection, is told of after it and finds that so:
    // the last event says what stands there.
    const streams = event[STORE]
    if (streams !== undefined && !isStillSo(event, streams)) return
    await store.append(path, JSON.stringify(change))
  }
  return {
    onStreamCreated: (event) => record(event, insertOf(event)),
    onStreamDeleted: (event) => record(event, deleteOf(event)),
  }
}

function isStillSo({ type, path, contentType }, streams) {
  if (type === 'deleted') return !streams.has(path)
  const stream = streams.get(path) // one look: native threads may delete it between two
  return stream !== undefined && !stream.softDeleted && stream.contentType === contentType
}

// A stream's name is what follows that prefix; where it is not there, the whole path.
function keyOf({ path }) {
  return path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path
}

function insertOf(event) {
  const key = keyOf(event)
  const contentType = event.contentType || 'application/octet-stream'
  return {
    type: 'stream',
    key,
    value: { path: key, contentType, createdAt: event.timestamp },
    headers: { operation: 'insert' },
  }
}

function deleteOf(event) {
  return { type: 'stream', key: keyOf(event), headers: { operation: 'delete' } }
}

module.exports = { createRegistryHooks }
