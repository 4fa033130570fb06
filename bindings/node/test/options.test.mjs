// Names of options: a slip in one is refused, every documented one is known.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  DurableStreamRouter,
  DurableStreamTestServer,
  FileBackedStreamStore,
  StreamStore,
} from 'thalweg'
import { folder } from './folder.mjs'

const TYPES = readFileSync(new URL('../index.d.cts', import.meta.url), 'utf8')

function namesOf(type) {
  const [, body] = new RegExp(`interface ${type} [^{]*{\\n(.*?)\\n}`, 's').exec(TYPES)
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name)
}

function assertRefused(make, names) {
  assert.ok(names.length > 2)
  for (const name of names) {
    for (const slip of [name.toUpperCase(), `${name}_`]) {
      const message = `thalweg: there is no option ${slip}, ${name} is its name`
      assert.throws(() => make({ [slip]: 'x' }), { code: 'ERR_INVALID_ARG_VALUE', message })
    }
  }
}

test('a documented option with other capitals or signs is refused by its right name', () => {
  const shared = namesOf('SharedOptions')
  const store = new StreamStore()
  const router = namesOf('RouterOptions').filter((name) => name !== 'store')
  const newRouter = (options) => new DurableStreamRouter({ store, ...options })
  assertRefused(newRouter, [...shared, ...router])
  const newServer = (options) => new DurableStreamTestServer(options)
  assertRefused(newServer, [...shared, ...namesOf('TestServerOptions')])
  const newStore = (options) => new FileBackedStreamStore(options)
  assertRefused(newStore, namesOf('FileBackedStreamStoreOptions'))
})

test('names of others, and a slip beside the right name, are left alone', async (t) => {
  const dataDir = folder(t)
  const options = { dataDir, datadir: 5, baseURL: '/x', timeout: 5, 'data-directory': 'y' }
  const store = new FileBackedStreamStore(options)
  await store.close()
})
