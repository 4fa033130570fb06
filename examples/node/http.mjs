// Streams below /streams of a server of node:http, kept in a directory.
//
//   PORT=3000 node http.mjs DATA_DIR
import { createServer } from 'node:http'
import { DurableStreamRouter, FileBackedStreamStore } from 'thalweg'

const store = new FileBackedStreamStore({ dataDir: process.argv[2], onFailure })
const router = new DurableStreamRouter({ store, baseUrl: '/streams' })

const server = createServer((req, res) => {
  if (req.url === '/health') return res.end('ok')
  return router.handleRequest(req, res) // 404 outside of /streams
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/streams`)
})

// What was acknowledged is recovered at the next start.
function onFailure(error) {
  console.error(error.message)
  process.kill(process.pid, 'SIGKILL')
}

process.on('SIGTERM', async () => {
  server.close()
  await router.shutdown() // ends long-polls and SSE responses
  server.closeAllConnections()
  await store.close() // makes everything durable
})
