'use strict'
// DurableStreamRouter: the protocol for any server of node:http, Express or Fastify.

const native = require('./native.cjs')
const { BodyRoom, afterBodies, letGo, readBody } = require('./body.cjs')
const { HAS_BODY, TLS, cutOff, headOf, kindOf, mountOf, originForm, settle } = require('./exchange.cjs')
const { HookCaller } = require('./hooks.cjs')
const { checkRouterOptions } = require('./options.cjs')
const { inOrder } = require('./order.cjs')
const { watchFastify } = require('./parsed-body.cjs')
const { commonFields, problem } = require('./problem.cjs')
const { END, FileBackedStreamStore, NATIVE, REGISTER, storeOf } = require('./store.cjs')
const timers = require('./timers.cjs')

const SHUTDOWN_MS_MAX = 5000 // longer than any answer that does not wait for its client

const STORE_CLOSED = {
  status: 503,
  code: 'store-closed',
  title: 'The store is closed.',
  detail: 'the store of this router was closed',
}

const OUTSIDE = {
  status: 404,
  code: 'not-found',
  title: 'Nothing is served at this path.',
  detail: 'the path is outside of the baseUrl of this router',
}

class DurableStreamRouter {
  #native
  #store
  #base // without a slash at its end
  #commonFields
  #bodies
  #hooks // kept here: native code does not, for they may hold this router
  #requests = new Set() // from handleRequest until its promise resolves, or shutdown gives up
  #responses = new Set() // those that native code still answers
  #idle = [] // who waits for #requests to be empty

  constructor(options) {
    this.#store = storeOf(options?.store)
    const checked = checkRouterOptions(options)
    this.#base = checked.baseUrl
    this.#commonFields = commonFields(checked.cors)
    this.#bodies = new BodyRoom(checked.maxBodiesBytes)
    this.#hooks = new HookCaller(options)
    options.store[REGISTER](this)
    this.#native = new native.Router(options.store[NATIVE], checked, this.#hooks.onEvent)
    watchFastify()
  }

  get store() {
    return this.#store
  }

  // How many answers are under way: most of them live readers.
  get waiting() {
    return this.#responses.size
  }

  // Requests are judged once all that came in with this turn of the event loop has been read, so
  // that their answers leave one right behind the other: to wake a client that sleeps costs more
  // than an append, and each answer on its own would. 0.89 of a bare handler's rate instead of 0.70
  // beside other work, no difference where the client's core never sleeps (docs/BENCHMARKS.md). One
  // immediate for each, which keeps its caller's async context.
  handleRequest(req, res) {
    const kind = kindOf(req)
    const head = this.#headOf(req)
    if (head === undefined) {
      problem(res, OUTSIDE, this.#commonFields)
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const done = () => {
        this.#leave(req)
        resolve()
      }
      // Over HTTP/2 a request that is cut off has been read to its end like a whole one.
      const submit = (body) =>
        req.aborted ? done() : this.#submitInOrder(req, { kind, head, body, res, done })
      this.#requests.add(req)
      if (!HAS_BODY[kind % TLS]) return afterBodies(req, res, () => timers.setImmediate(submit))
      const take = (body) => timers.setImmediate(submit, body)
      readBody(req, this.#bodies, take, (refusal) => {
        if (refusal !== undefined) problem(res, refusal, this.#commonFields)
        done()
      })
    })
  }

  // Ends every long-poll and SSE response, and lets what is under way finish, also what has not
  // arrived as a whole.
  async shutdown() {
    this.#native.shutdown()
    if (this.#requests.size > 0) await this.#untilIdle()
    this.#hooks.end()
  }

  clear() {
    this.#store.clear()
  }

  // For the store, which is about to close: nothing is answered any more.
  async [END]() {
    await this.shutdown()
    cutOff(this.#responses)
    this.#native.end()
  }

  // In memory a write is done before its answer is there.
  #submitInOrder(req, request) {
    if (!(this.#store instanceof FileBackedStreamStore)) return this.#submit(request)
    inOrder(req, request.kind, (order) => {
      const done = () => {
        request.done()
        order?.answered()
      }
      this.#submit({ ...request, done })
    })
  }

  #submit({ kind, head, body, res, done }) {
    const answer = this.#native.handle(kind, head, body)
    if (typeof answer === 'string') return settle(answer, res, done)
    if (answer === null) {
      problem(res, STORE_CLOSED, this.#commonFields)
      return done()
    }
    this.#responses.add(res)
    settle(answer, res, () => {
      this.#responses.delete(res)
      done()
    })
  }

  async #untilIdle() {
    await new Promise((resolve) => {
      const timer = timers.setTimeout(() => this.#goIdle(), SHUTDOWN_MS_MAX)
      this.#idle.push(() => {
        timers.clearTimeout(timer)
        resolve()
      })
    })
  }

  #leave(req) {
    letGo(req)
    this.#requests.delete(req)
    if (this.#requests.size === 0) this.#goIdle()
  }

  // What has not ended by now is not waited for again, as by the store's close.
  #goIdle() {
    this.#requests.clear()
    for (const tell of this.#idle.splice(0)) tell()
  }

  // What a framework or `baseUrl` cuts off the path is the mount: Location needs it. undefined: the
  // path is outside of `baseUrl`.
  #headOf(req) {
    const url = originForm(req.url)
    const mount = mountOf(req)
    const base = this.#base
    if (base === '' || hasCut(req, mount, base)) return headOf(url, mount, req)
    const left = isWithin(base, mount) ? base.slice(mount.length) : base
    if (!isWithin(url, left)) return undefined
    const rest = url.slice(left.length)
    return headOf(rest.startsWith('/') ? rest : `/${rest}`, mount + left, req)
  }
}

// Whether `base` stands before the path of `url`, and ends where a segment does.
function isWithin(url, base) {
  return url.startsWith(base) && [undefined, '/', '?'].includes(url[base.length])
}

// Whether a framework has cut `base` off before, as Express does at a mount. It takes mounts in
// capitals and small letters alike.
function hasCut({ baseUrl }, mount, base) {
  const wanted = base.toLowerCase()
  const endsSo = (path) => typeof path === 'string' && path.toLowerCase().endsWith(wanted)
  return endsSo(mount) || endsSo(baseUrl)
}

module.exports = { DurableStreamRouter }
