// Streams below /streams of a Fastify application, which reads no bodies there.
//
//   PORT=3000 node fastify.mjs DATA_DIR
import fastify from 'fastify'
import { DurableStreamRouter, FileBackedStreamStore } from 'thalweg'

const store = new FileBackedStreamStore({ dataDir: process.argv[2], onFailure })
const router = new DurableStreamRouter({ store, baseUrl: '/streams' })
const app = fastify({ forceCloseConnections: true })

app.register(async (streams) => {
  streams.removeAllContentTypeParsers()
  streams.addContentTypeParser('*', (request, payload, done) => done(null))
  streams.all('/streams/*', async (request, reply) => {
    await router.handleRequest(request.raw, reply.raw)
  })
})
app.get('/health', () => 'ok')

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
console.log(`http://127.0.0.1:${app.server.address().port}/streams`)

// What was acknowledged is recovered at the next start.
function onFailure(error) {
  console.error(error.message)
  process.kill(process.pid, 'SIGKILL')
}

process.on('SIGTERM', async () => {
  await router.shutdown()
  await app.close()
  await store.close()
})
