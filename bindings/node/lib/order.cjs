'use strict'
// What one connection of HTTP/1 asks of routers over a directory, in its order: a read waits until
// the writes before it are answered, and what stands behind it waits, too. So a client reads its
// own writes, also where it does not wait for their answers.

const { AsyncResource } = require('node:async_hooks')

const { METHODS, TLS } = require('./exchange.cjs')

const ORDER = Symbol('thalweg.order') // on a socket

class Order {
  #unanswered = 0 // writes
  #held = []

  // Calls `go`, now or once it may.
  take(method, go) {
    const isWrite = [METHODS.PUT, METHODS.POST, METHODS.DELETE].includes(method)
    const isRead = method === METHODS.GET || method === METHODS.HEAD
    this.#held.push({ isWrite, isRead, go })
    this.#letGo()
  }

  // A write has its answer, or its client has gone.
  answered() {
    this.#unanswered -= 1
    this.#letGo()
  }

  #letGo() {
    while (this.#held.length > 0 && !(this.#held[0].isRead && this.#unanswered > 0)) {
      const { isWrite, go } = this.#held.shift()
      if (isWrite) this.#unanswered += 1
      go(isWrite ? this : undefined)
    }
  }
}

// Calls `go(order)` in the order of the request's connection; where there is an `order`, its
// `answered()` is to be called once the request is done.
function inOrder(req, kind, go) {
  const { socket } = req
  if (req.httpVersionMajor !== 1 || !socket) return go(undefined)
  socket[ORDER] ??= new Order()
  socket[ORDER].take(kind % TLS, AsyncResource.bind(go))
}

module.exports = { inOrder }
