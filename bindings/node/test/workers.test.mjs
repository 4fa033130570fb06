// Worker threads that are ended in the midst of a call.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { FileBackedStreamStore } from 'thalweg'
import { folder } from './folder.mjs'

// Ends one worker after the other, each within a row of the same call, at another moment.
const ENDS_WORKERS = `
  const { Worker } = require('node:worker_threads')
  const [, call] = process.argv
  const script = \`
    const { parentPort } = require('node:worker_threads')
    const { DurableStreamRouter, FaultInjectionMiddleware, StreamStore } = require('thalweg')
    const store = new StreamStore()
    store.create('/a', { contentType: 'text/plain' })
    parentPort.postMessage('ready')
    for (let n = 0; ; n++) {
      \${call}
    }
  \`
  const end = async (round) => {
    const worker = new Worker(script, { eval: true })
    await new Promise((resolve) => worker.once('message', resolve))
    await new Promise((resolve) => setTimeout(resolve, round % 8))
    await worker.terminate()
  }
  const endAll = async () => {
    for (let round = 0; round < 24; round++) await end(round)
    console.log('all ended')
  }
  endAll()
`

for (const call of [
  "store.append('/a', 'x', { seq: String(n).padStart(9, '0') })",
  "store.get('/a')",
  "store.has('/a')",
  "store.create('/' + (n % 9), { contentType: 'text/plain', ttlSeconds: 60 })",
  'new DurableStreamRouter({ store })',
  "new FaultInjectionMiddleware().injectError('/a', 500)",
]) {
  test(`a worker that is ended within ${call.split('(')[0]} takes nobody with it`, () => {
    const said = execFileSync(process.execPath, ['-e', ENDS_WORKERS, call], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    })
    assert.equal(said, 'all ended\n')
  })
}

// Its appends are one and the same; without their producer each would be another.
const APPENDS_AGAIN = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { FileBackedStreamStore } = require('thalweg')
  const store = new FileBackedStreamStore({ dataDir: workerData, logFileBytes: 1 << 20 })
  const again = () => {
    return store.append('/a', 'x', { producerId: 'p', producerEpoch: 0, producerSeq: 0 })
  }
  const repeat = async () => {
    await store.create('/a', { contentType: 'text/plain' })
    await again()
    parentPort.postMessage('ready')
    for (;;) await Promise.all([again(), again(), again(), again()])
  }
  repeat()
`

test('an append of a worker that is ended is whole or is not', async (t) => {
  for (let round = 0; round < 12; round++) {
    const dataDir = folder(t)
    const worker = new Worker(APPENDS_AGAIN, { eval: true, workerData: dataDir })
    await new Promise((resolve) => worker.once('message', resolve))
    await new Promise((resolve) => setTimeout(resolve, round % 6))
    await worker.terminate()
    const store = new FileBackedStreamStore({ dataDir })
    assert.equal(store.read('/a').messages.length, 1)
    await store.close()
  }
})
