'use strict'
// DurableStreamTestServer: a whole server in this process, on native threads and not through
// node:http.

const native = require('./native.cjs')
const { FAULTS, FaultInjectionMiddleware } = require('./faults.cjs')
const { HookCaller } = require('./hooks.cjs')
const { checkServerOptions, object } = require('./options.cjs')
const { FileBackedStreamStore, NATIVE, REOPEN, SERVED, StreamStore } = require('./store.cjs')

const running = new Set() // so that a server goes on where nobody else holds it

class DurableStreamTestServer {
  #options
  #hooks
  #faults = new FaultInjectionMiddleware({ enableTestEndpoint: true })
  #native // until the data directory is let go
  #url
  #starting // a promise, while it starts
  #stopping // the promise of the last stop

  constructor(given) {
    const options = object(given, 'options')
    this.#options = checkServerOptions(options)
    const { dataDir } = this.#options
    const { onFailure, onStreamCreated, onStreamDeleted } = options
    this.store = dataDir ? new FileBackedStreamStore({ dataDir, onFailure }) : new StreamStore()
    this.#hooks = new HookCaller({ store: this.store, onStreamCreated, onStreamDeleted })
  }

  // Resolves with the URL once clients can connect.
  async start() {
    if (this.#native !== undefined) throw new Error('Server already started')
    if (this.store instanceof FileBackedStreamStore) this.store[REOPEN]()
    const server = new native.Server(
      this.store[NATIVE],
      this.#faults[FAULTS],
      this.#options,
      this.#hooks.onEvent
    )
    this.#native = server
    this.#tellStore(true)
    running.add(this)
    this.#starting = server.start()
    try {
      this.#url = await this.#starting
    } catch (error) {
      this.#native = undefined
      this.#tellStore(false)
      running.delete(this)
      throw error
    } finally {
      this.#starting = undefined
    }
    return this.#url
  }

  // Wakes whoever waits, finishes what is in flight, and closes the data directory, also of a server
  // that does not run. Whoever asks waits for the same stop.
  async stop() {
    if (this.#starting !== undefined) await Promise.allSettled([this.#starting])
    if (this.#url !== undefined) this.#stopping = this.#stop()
    else if (this.#native === undefined) await this.#closeDirectory()
    await this.#stopping
  }

  async #stop() {
    this.#url = undefined
    await this.#native.stop()
    this.#hooks.end()
    this.#tellStore(false)
    await this.#closeDirectory()
    this.#native = undefined
    running.delete(this)
  }

  // Who closes the store below a server that runs is refused.
  #tellStore(isServed) {
    if (this.store instanceof FileBackedStreamStore) this.store[SERVED](isServed)
  }

  async #closeDirectory() {
    if (this.store instanceof FileBackedStreamStore) await this.store.close()
  }

  get url() {
    if (this.#url === undefined) throw new Error('Server not started')
    return this.#url
  }

  get port() {
    return Number(new URL(this.url).port)
  }

  clear() {
    this.store.clear()
  }

  injectError(path, status, count = 1, retryAfter) {
    this.#faults.injectError(path, status, count, retryAfter)
  }

  injectFault(path, fault) {
    this.#faults.injectFault(path, fault)
  }

  clearInjectedErrors() {
    this.#faults.clearInjectedErrors()
  }

  clearInjectedFaults() {
    this.#faults.clearInjectedFaults()
  }
}

module.exports = { DurableStreamTestServer }
