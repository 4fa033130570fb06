'use strict'
// What a body parser in front of the router has made of a request's body.
//
// Express and Connect leave it in req.body. Fastify leaves it in its own request, and tells of that
// one on a diagnostics channel before each handler.

const { subscribe } = require('node:diagnostics_channel')

const FASTIFY_HANDLER = 'tracing:fastify.request.handler:start'

const fastifyRequests = new WeakMap() // by the request of node:http
let watching = false

// Only processes that have a router pay for the channel.
function watchFastify() {
  if (watching) return
  watching = true
  subscribe(FASTIFY_HANDLER, ({ request }) => fastifyRequests.set(request.raw, request))
}

// undefined: there is nothing. null is a value of JSON.
function parsedBodyOf(req) {
  return req.body === undefined ? fastifyRequests.get(req)?.body : req.body
}

module.exports = { parsedBodyOf, watchFastify }
