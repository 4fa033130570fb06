// Requests that come on one connection without a wait for answers.
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { STORES, newRouter, serve, serveRouter } from './served.mjs'

test('pipelined requests are judged in their order, with bodies and without', async (t) => {
  const router = newRouter()
  const url = new URL(await serve(t, (req, res) => router.handleRequest(req, res)))
  const socket = net.connect(url.port, url.hostname)
  const put = 'PUT /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello'
  const get = 'GET /a?offset=-1 HTTP/1.1\r\nHost: x\r\n\r\n'
  const remove = 'DELETE /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  socket.write(put + get + put + remove)
  const answers = (await socket.setEncoding('latin1').toArray()).join('')
  assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['201', '200', '200', '204'].map((s) => `HTTP/1.1 ${s}`))
  assert.deepEqual(router.store.list(), [])
})

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind}: a client that does not wait for answers reads its own writes`, async (t) => {
    const { url } = await serveRouter(t, { store: open(t) })
    const { port, hostname } = new URL(url)
    const text = 'Host: x\r\nContent-Type: text/plain\r\nContent-Length'
    const post = (data) => `POST /a HTTP/1.1\r\n${text}: ${data.length}\r\n\r\n${data}`
    const get = 'GET /a?offset=-1 HTTP/1.1\r\nHost: x\r\n\r\n'
    const head = get.replace('GET', 'HEAD')
    const put = `PUT /a HTTP/1.1\r\n${text}: 1\r\n\r\n_`
    const remove = 'DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n'
    const last = get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
    const socket = net.connect(port, hostname).setEncoding('latin1')
    socket.write(put + post('x') + head + get + post('y') + get + post('z') + remove + last)
    const said = (await socket.toArray()).join('')
    const statuses = said.match(/HTTP\/1\.1 \d+/g).map((line) => Number(line.slice(-3)))
    assert.deepEqual(statuses, [201, 204, 200, 200, 204, 200, 204, 204, 404])
    const told = said.match(/stream-next-offset: \S+/gi)
    assert.equal(told[2], told[1]) // of the HEAD and the POST before it
    assert.match(said, /\r\n\r\n_xHTTP[^]*\r\n\r\n_xyHTTP/)
  })
}
