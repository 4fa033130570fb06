// Hooks that take their time, fail, or never end: the request is none the worse.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TEXT, put, serveRouter } from './served.mjs'

function warningsOf(t, code) {
  const seen = []
  const listen = (warning) => {
    if (warning.code === code) seen.push(warning.message)
  }
  process.on('warning', listen)
  t.after(() => process.off('warning', listen))
  return seen
}

test('the answer waits for the promise of the hook', async (t) => {
  let release
  const { url } = await serveRouter(t, {
    onStreamCreated: () => new Promise((resolve) => (release = resolve)),
  })
  let answered = false
  const answer = put(`${url}/a`, TEXT).then((response) => {
    answered = true
    return response
  })
  while (release === undefined) await new Promise(setImmediate)
  assert.equal((await fetch(`${url}/a`)).status, 200)
  assert.equal(answered, false)
  release()
  assert.equal((await answer).status, 201)
})

test('what a hook throws or rejects with is reported with the stream it was for', async (t) => {
  const warnings = warningsOf(t, 'THALWEG_HOOK')
  const { url } = await serveRouter(t, {
    onStreamCreated: () => {
      throw new Error('thrown: not found')
    },
    onStreamDeleted: () => Promise.reject('plain words'),
  })
  assert.equal((await put(`${url}/a`, TEXT)).status, 201)
  assert.equal((await fetch(`${url}/a`, { method: 'DELETE' })).status, 204)
  await new Promise(setImmediate)
  assert.match(warnings[0], /onStreamCreated for \/a .*thrown: not found/)
  assert.match(warnings[1], /onStreamDeleted for \/a .*plain words/)
})

test('a hook that does not end holds its request for ten seconds, no longer', { timeout: 30_000 }, async (t) => {
  const warnings = warningsOf(t, 'THALWEG_HOOK')
  const { url } = await serveRouter(t, { onStreamCreated: () => new Promise(() => {}) })
  const began = performance.now()
  assert.equal((await put(`${url}/a`, TEXT)).status, 201)
  const took = performance.now() - began
  assert.ok(took > 9_900 && took < 15_000, `${took} ms`)
  assert.match(warnings[0], /10000 ms/)
})
