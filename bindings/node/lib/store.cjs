'use strict'
// StreamStore and FileBackedStreamStore.
//
// One engine, two ways to change it: in memory a change is done when the call returns, on disk its
// promise resolves when it is durable. What only looks is the same for both.

const { isAbsolute } = require('node:path')

const { unwatch, watch } = require('./failures.cjs')
const { makeFoldersAbove } = require('./folders.cjs')
const native = require('./native.cjs')
const { checkDirectoryOptions, checkUnicode, count, flag, object, text, wrong } =
  require('./options.cjs')
const results = require('./store-results.cjs')
const { warn } = require('./warn.cjs')

const { appended, closed, errorOf, goneStreamOf, messagesOf, pathOf, streamOf, unwrap } =
  results

const NATIVE = Symbol.for('thalweg.native')
const REGISTER = Symbol.for('thalweg.register') // a router tells its store of itself
const END = Symbol.for('thalweg.end') // of a router, with its store
const REOPEN = Symbol.for('thalweg.reopen')
const SERVED = Symbol.for('thalweg.served') // a test server tells its store whether it runs

const READ_BYTES_MAX = 64 * 1024 * 1024 // of one native read; `read` goes on until the tail

// A path as a key: what cannot stand in a URL is percent-encoded.
function keyOf(path, name = 'path') {
  if (typeof path !== 'string' || path === '') throw wrong(name, path, 'a path such as "/rooms/1"')
  checkUnicode(name, path)
  return path.replace(/[^\x21-\x7e]+|[?#]/gu, encodeURIComponent)
}

// As hooks tell of the stream there, however `path` writes it.
function toldPathOf(path) {
  return pathOf(native.toldKeyOf(keyOf(path)))
}

function bytesOf(data, name = 'data') {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string') return Buffer.from(data)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  throw wrong(name, data, 'a Uint8Array or a string')
}

// Options as native code takes them: it converts nothing.
function createOptions(given) {
  const options = object(given, 'options')
  const { initialData, forkedFrom } = options
  const isGiven = (value) => value !== undefined && value !== null
  return {
    contentType: text(options, 'contentType'),
    ttlSeconds: count(options, 'ttlSeconds'),
    expiresAt: text(options, 'expiresAt'),
    initialData: isGiven(initialData) ? bytesOf(initialData, 'initialData') : undefined,
    closed: flag(options, 'closed', false),
    forkedFrom: isGiven(forkedFrom) ? keyOf(forkedFrom, 'forkedFrom') : undefined,
    forkOffset: text(options, 'forkOffset'),
    forkSubOffset: count(options, 'forkSubOffset'),
  }
}

function appendOptions(given, needsProducer) {
  const options = object(given, 'options')
  return {
    ...producerOptions(options, needsProducer),
    contentType: text(options, 'contentType'),
    seq: text(options, 'seq'),
    close: flag(options, 'close', false),
  }
}

// All three or none: numbers that were left out would make the second append a repetition, and
// without the id no repetition would be known as one.
function producerOptions(given, isNeeded = false) {
  const options = object(given, 'options')
  const producerId = text(options, 'producerId')
  if (producerId === undefined) {
    const names = ['producerEpoch', 'producerSeq']
    const alone = names.find((name) => count(options, name) !== undefined)
    if (alone === undefined && !isNeeded) return {}
    const wanted = alone === undefined ? "a producer's id" : `given with ${alone}`
    throw wrong('producerId', options.producerId, wanted)
  }
  const numberOf = (name) => {
    const value = count(options, name)
    if (value === undefined) throw wrong(name, value, 'given with producerId')
    return value
  }
  return {
    producerId,
    producerEpoch: numberOf('producerEpoch'),
    producerSeq: numberOf('producerSeq'),
  }
}

function offsetOf(offset) {
  if (typeof offset === 'string') return offset
  throw wrong('offset', offset, 'a string, as the store has given it')
}

function closedError() {
  const error = new Error('The store is closed; make a new one to open its directory again')
  error.code = 'store-closed'
  return error
}

function servedError() {
  const error = new Error("The store's test server runs; call the server's stop(), which closes it")
  error.code = 'store-is-served'
  return error
}

// Infinity waits for as long as it takes.
function timeoutOf(timeoutMs) {
  if (typeof timeoutMs === 'number' && !Number.isNaN(timeoutMs)) {
    return Math.min(timeoutMs, Number.MAX_SAFE_INTEGER)
  }
  throw wrong('timeoutMs', timeoutMs, 'a number of milliseconds')
}

// What both kinds of store have in common: everything that changes nothing.
class BaseStore {
  #native
  #routers = new Set() // of WeakRef
  #reads = new Set() // promises of what worker threads read
  #ending // the promise of the end, from its beginning until the store is opened again

  // As native/node_store.h takes it.
  constructor(settings) {
    this.#native = new native.Store(settings)
  }

  get [NATIVE]() {
    if (this.#native !== undefined) return this.#native
    throw closedError()
  }

  get(path) {
    const found = this[NATIVE].get(keyOf(path))
    if (found?.failed === 'stream-not-found') return undefined
    return streamOf(unwrap(found, path), () => this.#messages(path, '-1', false))
  }

  has(path) {
    return this[NATIVE].has(keyOf(path))
  }

  getCurrentOffset(path) {
    return this.get(path)?.currentOffset
  }

  getProducerEpoch(path, producerId) {
    return this.get(path)?.producers?.get(producerId)?.epoch
  }

  touchAccess(path) {
    const touched = this[NATIVE].touch(keyOf(path))
    if (touched?.failed !== 'stream-not-found') unwrap(touched, path)
  }

  list() {
    return unwrap(this[NATIVE].list(), '/').map(pathOf)
  }

  read(path, offset = '-1') {
    return { messages: this.#messages(path, offset, true), upToDate: true }
  }

  #messages(path, offset, isUse) {
    const key = keyOf(path)
    const messages = []
    let part = { nextOffset: offsetOf(offset), upToDate: false }
    while (!part.upToDate) {
      part = unwrap(this[NATIVE].read(key, part.nextOffset, READ_BYTES_MAX, isUse), path)
      for (const message of messagesOf(part)) messages.push(message) // too many for arguments
    }
    return messages
  }

  async waitForMessages(path, offset, timeoutMs) {
    const key = keyOf(path)
    const from = offsetOf(offset)
    const ms = timeoutOf(timeoutMs)
    const result = await new Promise((done) => this[NATIVE].wait(key, from, ms, done))
    if (result.wasThere) return { messages: [], timedOut: false } // deleted or cleared meanwhile
    const { timedOut, closed: ended } = unwrap(result, path)
    const messages = messagesOf(result)
    const streamClosed = ended && messages.length === 0
    return streamClosed ? { messages, timedOut, streamClosed } : { messages, timedOut }
  }

  cancelAllWaits() {
    this[NATIVE].cancelAllWaits()
  }

  formatResponse(path, messages) {
    if (!Array.isArray(messages)) throw wrong('messages', messages, 'an array of messages')
    const stream = this.get(path)
    if (stream === undefined) {
      throw errorOf({ failed: 'stream-not-found', message: 'nothing to format' }, path)
    }
    return this[NATIVE].formatResponse(
      stream.contentType,
      messages.map((message) => bytesOf(message?.data))
    )
  }

  // A router that came after the store has begun to end would keep it.
  [REGISTER](router) {
    if (this.#ending !== undefined) throw closedError()
    for (const known of this.#routers) if (known.deref() === undefined) this.#routers.delete(known)
    this.#routers.add(new WeakRef(router))
  }

  _created(path, result, options) {
    const made = unwrap(result, path, options.forkedFrom)
    const found = this.#native === undefined ? undefined : this.get(path) // may be closed by now
    return found ?? goneStreamOf(path, made, options)
  }

  async _readInBackground(key, offset) {
    const reading = this[NATIVE].readInBackground(key, offset, READ_BYTES_MAX)
    this.#reads.add(reading)
    try {
      return await reading
    } finally {
      this.#reads.delete(reading)
    }
  }

  // Ends the routers and lets go of the engine, once: whoever asks waits for the same end.
  _end() {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end() {
    const ending = this.#native
    ending.cancelAllWaits()
    const routers = [...this.#routers].map((known) => known.deref()).filter(Boolean)
    this.#routers.clear()
    await Promise.all(routers.map((router) => router[END]()))
    this.#native = undefined
    ending.cancelAllWaits() // those that have begun since, and no more can
    await Promise.allSettled(this.#reads) // they keep the engine
    await ending.close()
  }

  get _isOpen() {
    return this.#native !== undefined
  }

  _reopen(settings) {
    this.#native = new native.Store(settings)
    this.#ending = undefined
  }
}

class StreamStore extends BaseStore {
  constructor() {
    super({})
  }

  create(path, options) {
    const made = createOptions(options)
    const result = now((done) => this[NATIVE].create(keyOf(path), made, done))
    return this._created(path, result, made)
  }

  delete(path) {
    const result = now((done) => this[NATIVE].remove(keyOf(path), done))
    return result?.failed === 'stream-deleted' || unwrap(result, path)
  }

  append(path, data, options) {
    return this.#append(path, data, appendOptions(options))
  }

  #append(path, data, checked) {
    const bytes = bytesOf(data)
    const result = now((done) => this[NATIVE].append(keyOf(path), bytes, checked, done))
    return appended(result, path, bytes, checked)
  }

  async appendWithProducer(path, data, options) {
    return asAppendResult(this.#append(path, data, appendOptions(options, true)))
  }

  closeStream(path) {
    return closed(now((done) => this[NATIVE].closeStream(keyOf(path), {}, done)), path, {})
  }

  async closeStreamWithProducer(path, options) {
    const checked = producerOptions(options, true)
    return closed(now((done) => this[NATIVE].closeStream(keyOf(path), checked, done)), path, checked)
  }

  clear() {
    unwrap(now((done) => this[NATIVE].clear(done)), '/')
  }
}

// The result of a change that has nothing to wait for.
function now(change) {
  let result
  change((given) => {
    result = given ?? true
  })
  if (result === undefined) throw new Error('thalweg: a change in memory did not end at once')
  return result
}

function asAppendResult(result) {
  return 'message' in result ? result : { message: result }
}

// Opens with a number in `settings` that failures of the disk are told by.
function whileWatched(settings, onFailure, open) {
  settings.failureNumber = watch(settings.dataDir, onFailure, settings)
  try {
    open()
  } catch (error) {
    unwatch(settings.failureNumber)
    throw error
  }
}

// A new directory in a folder that is there, or at a relative path, is a usual first start; at an
// absolute path without that folder, something may not be mounted.
function newFoldersWarning(dataDir, topmost) {
  return (
    `data directory ${dataDir}: neither it nor the folders above it, from ${topmost} on, were there, ` +
    'and all of them are made: it begins without streams. If it should be on a mount, that is missing'
  )
}

class FileBackedStreamStore extends BaseStore {
  #settings
  #onFailure // kept here: failures.cjs does not
  #isServed = false

  constructor(options) {
    const settings = checkDirectoryOptions(object(options, 'options'))
    const made = makeFoldersAbove(settings.dataDir)
    const { onFailure } = options
    whileWatched(settings, onFailure, () => super(settings))
    if (made !== undefined && isAbsolute(options.dataDir)) {
      warn('THALWEG_STORE', newFoldersWarning(settings.dataDir, made))
    }
    this.#settings = settings
    this.#onFailure = onFailure
  }

  async create(path, options) {
    const made = createOptions(options)
    const result = await this.#change((store, done) => store.create(keyOf(path), made, done))
    return this._created(path, result, made)
  }

  async append(path, data, options) {
    return this.#append(path, data, appendOptions(options))
  }

  async #append(path, data, checked) {
    const bytes = bytesOf(data)
    const result = await this.#change((store, done) =>
      store.append(keyOf(path), bytes, checked, done)
    )
    return appended(result, path, bytes, checked)
  }

  async appendWithProducer(path, data, options) {
    return asAppendResult(await this.#append(path, data, appendOptions(options, true)))
  }

  async closeStreamWithProducer(path, options) {
    const checked = producerOptions(options, true)
    const change = (store, done) => store.closeStream(keyOf(path), checked, done)
    return closed(await this.#change(change), path, checked)
  }

  // True: it was there. Resolves when its end is durable.
  async deleteAsync(path) {
    const result = await this.#change((store, done) => store.remove(keyOf(path), done))
    return result?.failed === 'stream-deleted' || unwrap(result, path)
  }

  // As closeStream, without holding up the event loop; resolves when the close is durable.
  async closeStreamAsync(path) {
    return closed(await this.#change((store, done) => store.closeStream(keyOf(path), {}, done)), path, {})
  }

  // Resolves when the end of every stream is durable.
  async clearAsync() {
    unwrap(await this.#change((store, done) => store.clear(done)), '/')
  }

  // Decided when the call returns, durable soon after.
  delete(path) {
    const there = this.get(path) !== undefined
    if (there) later(this.deleteAsync(path), `delete of ${path}`)
    return there
  }

  // Waits for the disk: the stream ends behind the appends that are under way, and what it tells of
  // them must be durable.
  closeStream(path) {
    return closed(this[NATIVE].closeStreamAndWait(keyOf(path)), path, {})
  }

  clear() {
    const store = this[NATIVE] // throws where it is closed
    const cleared = new Promise((done) => store.clear(done))
    later(cleared.then((result) => unwrap(result, '/')), 'clear')
  }

  // As read, without holding up the event loop where the disk is slow.
  async readAsync(path, offset = '-1') {
    const key = keyOf(path)
    const messages = []
    let part = { nextOffset: offsetOf(offset), upToDate: false }
    while (!part.upToDate) {
      part = unwrap(await this._readInBackground(key, part.nextOffset), path)
      for (const message of messagesOf(part)) messages.push(message) // too many for arguments
    }
    return { messages, upToDate: true }
  }

  // Ends the routers over the store, makes everything durable and lets the directory go. A test
  // server's is closed by its stop().
  async close() {
    if (this.#isServed) throw servedError()
    const { failureNumber } = this.#settings
    await this._end()
    unwatch(failureNumber)
  }

  [REOPEN]() {
    if (this._isOpen) return
    whileWatched(this.#settings, this.#onFailure, () => this._reopen(this.#settings))
  }

  [SERVED](isServed) {
    this.#isServed = isServed
  }

  #change(change) {
    return new Promise((done) => change(this[NATIVE], done))
  }
}

function later(promise, what) {
  promise.catch((error) => warn('THALWEG_STORE', `the ${what} failed: ${error.message}`))
}

// The option `store` of whoever has one.
function storeOf(value) {
  if (value instanceof BaseStore) return value
  throw wrong('store', value, 'a StreamStore or a FileBackedStreamStore of this package')
}

module.exports = {
  BaseStore,
  END,
  FileBackedStreamStore,
  NATIVE,
  REGISTER,
  REOPEN,
  SERVED,
  StreamStore,
  storeOf,
  toldPathOf,
}
