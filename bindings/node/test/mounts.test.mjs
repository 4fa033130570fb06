// Where a router's streams are: baseUrl, what frameworks cut off, targets in other forms.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { DurableStreamTestServer } from 'thalweg'
import { newRouter, put, serve, serveRouter } from './served.mjs'

test('baseUrl is cut off where a segment ends, and stays in Location', async (t) => {
  const { url, router } = await serveRouter(t, { baseUrl: '/api/streams/' })
  const made = await put(`${url}/api/streams/a`)
  assert.equal(made.headers.get('location'), `${url}/api/streams/a`)
  for (const outside of ['/api/streamsX/y', '/other', '/api', '/', '/API/streams/y']) {
    const refused = await put(`${url}${outside}`)
    assert.equal(refused.status, 404, outside)
    assert.equal((await refused.json()).code, 'not-found')
    assert.equal(refused.headers.get('access-control-allow-origin'), '*')
  }
  assert.deepEqual(router.store.list(), ['/a'])
  const fork = await put(`${url}/api/streams/f`, { 'stream-forked-from': '/api/streams/a' })
  assert.equal(fork.status, 201)
  assert.equal(router.store.get('/f').forkedFrom, '/a')
})

test('a baseUrl that no request can have is refused', () => {
  for (const baseUrl of ['/räume', '/a"b', '/a/../b', '/./a', '/a//b', '/a b', '/a?b']) {
    const refused = { code: 'ERR_INVALID_ARG_VALUE', message: /baseUrl/ }
    assert.throws(() => newRouter({ baseUrl }), refused, baseUrl)
  }
  for (const baseUrl of ['', '/', '/a%20b/', 'a/b.c', '/...']) newRouter({ baseUrl })
})

test('publicUrl stands in Location in the place of what the request says', async (t) => {
  const options = { publicUrl: 'https://streams.example.com/' }
  const { url } = await serveRouter(t, { ...options, baseUrl: '/streams' })
  const made = await put(`${url}/streams/a`)
  assert.equal(made.headers.get('location'), 'https://streams.example.com/streams/a')
  const server = new DurableStreamTestServer({ port: 0, threads: 1, ...options })
  t.after(() => server.stop())
  const other = await put(`${await server.start()}/b`)
  assert.equal(other.headers.get('location'), 'https://streams.example.com/b')
  const refused = { code: 'ERR_INVALID_ARG_VALUE', message: /publicUrl/ }
  for (const publicUrl of ['example.com', 'ftp://a', 'https://', 'https://a/b', 7, 'http://a\nb']) {
    assert.throws(() => newRouter({ publicUrl }), refused)
  }
})

test('a target in absolute form names the same stream', async (t) => {
  const { url, router } = await serveRouter(t, { baseUrl: '/streams' })
  const { port } = new URL(url)
  for (const path of ['/streams/a', '/streams/a?x=/y']) {
    const request = http.request({ port, method: 'PUT', path: `http://h${path}`, agent: false })
    const [response] = await once(request.end(), 'response')
    response.resume()
  }
  assert.deepEqual(router.store.list(), ['/a'])
})

test('what a framework cuts off stays in Location', async (t) => {
  const router = newRouter()
  const url = await serve(t, (req, res) => {
    req.originalUrl = req.url
    req.url = req.url.slice('/mounted'.length)
    return router.handleRequest(req, res)
  })
  const made = await put(`${url}/mounted/a`)
  assert.equal(made.headers.get('location'), `${url}/mounted/a`)
  assert.deepEqual(router.store.list(), ['/a'])
})

test('a framework may have cut baseUrl off before, alone or with more, or a part of it', async (t) => {
  const router = newRouter({ baseUrl: '/v1/streams' })
  let mount
  let isTold
  const url = await serve(t, (req, res) => {
    if (isTold) req.baseUrl = mount
    else req.originalUrl = req.url
    req.url = req.url.slice(mount.length)
    return router.handleRequest(req, res)
  })
  for (const [to, status] of [
    ['/v1/streams', 201],
    ['/api/v1/streams', 201],
    ['/V1/Streams', 201],
    ['/v1', 201],
    ['/streams', 404],
    ['/v1/streamsX', 404],
  ]) {
    mount = to
    isTold = false
    const path = to === '/v1' ? '/streams/a' : '/a'
    const made = await put(`${url}${to}${path}`)
    assert.equal(made.status, status, to)
    if (status === 201) assert.equal(made.headers.get('location'), `${url}${to}${path}`)
    assert.deepEqual(router.store.list(), status === 201 ? ['/a'] : [], to)
    router.clear()
  }
  mount = '/v1/streams'
  isTold = false
  await put(`${url}${mount}/v1/streams/x`)
  assert.deepEqual(router.store.list(), ['/v1/streams/x'], 'what is cut off is cut off once')
  router.clear()
  mount = '/api/v1/streams'
  isTold = true
  assert.equal((await put(`${url}${mount}/a`)).status, 201)
})
