// Streams below /streams of an Express application, behind a look at who asks.
//
//   PORT=3000 TOKEN=secret node express.mjs DATA_DIR
import express from 'express'
import { DurableStreamRouter, FileBackedStreamStore } from 'thalweg'

const store = new FileBackedStreamStore({ dataDir: process.argv[2], onFailure })
const router = new DurableStreamRouter({ store }) // Express cuts /streams off
const app = express()
const token = process.env.TOKEN
if (!token) throw new Error('TOKEN is what clients have to send')

function mayUse(req, res, next) {
  if (req.get('authorization') === `Bearer ${token}`) return next()
  res.status(401).end()
}

// Before express.json(): bodies reach the router as they were sent.
app.use('/streams', mayUse, (req, res) => router.handleRequest(req, res))
app.use(express.json())
app.get('/health', (req, res) => res.send('ok'))

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/streams`)
})

// What was acknowledged is recovered at the next start.
function onFailure(error) {
  console.error(error.message)
  process.kill(process.pid, 'SIGKILL')
}

process.on('SIGTERM', async () => {
  server.close()
  await router.shutdown()
  server.closeAllConnections()
  await store.close()
})
