// FileBackedStreamStore and its disk: one that fails, what it may take, threads that are refused.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { DurableStreamTestServer, FileBackedStreamStore } from 'thalweg'
import { folder } from './folder.mjs'
import { post, put } from './served.mjs'

const dataFolder = (t) => join(folder(t), 'data')

// Its log goes on to the next file after some hundred bytes.
const SMALL_LOG = { logFileBytes: 1 }

// The warnings of this process with one of these codes, from now on.
function warningsOf(t, ...codes) {
  const told = []
  const onWarning = (warning) => codes.includes(warning.code) && told.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  return told
}

// Appends until that fails; with what.
async function appendOn(store, path) {
  for (;;) {
    try {
      await store.append(path, 'x'.repeat(4096))
    } catch (error) {
      return error
    }
  }
}

test('a removed directory is told once, with a code of its own', { timeout: 20_000 }, async (t) => {
  const dataDir = dataFolder(t)
  const told = warningsOf(t, 'THALWEG_STORE', 'THALWEG_STORE_FAILED')
  const failures = []
  const onFailure = (error) => failures.push(error)
  const store = new FileBackedStreamStore({ dataDir, onFailure, ...SMALL_LOG })
  await store.create('/a', { contentType: 'text/plain' })
  rmSync(dataDir, { recursive: true })
  assert.equal((await appendOn(store, '/a')).code, 'store-failed')
  assert.equal((await appendOn(store, '/a')).code, 'store-failed')
  await store.close()
  assert.deepEqual([...told, ...failures].map(({ code }) => code), [
    'THALWEG_STORE_FAILED',
    'THALWEG_STORE_FAILED',
  ])
  assert.equal(told.length, 1)
  const { message, reason } = failures[0]
  assert.equal(reason, 'directory-gone')
  assert.equal(told[0].message, message)
  assert.ok(message.startsWith(`the data directory ${dataDir} is gone, or a part of it: `), message)
  assert.doesNotMatch(message, /is recovered/)
})

// Both stores fail while a turn of JavaScript goes on, which then asks them for changes; so does what
// hears of a failure.
const FAIL_WITHIN_A_TURN = `
  const { renameSync } = require('node:fs')
  const { FileBackedStreamStore } = require('thalweg')
  const [, folder] = process.argv
  const stores = {}
  const ask = (name) => {
    try {
      for (;;) stores[name].closeStream('/a')
    } catch (error) {
      console.log(name, error.code)
    }
  }
  const open = (name, other) => {
    const onFailure = ({ reason }) => {
      console.log(name, reason)
      ask(other)
    }
    stores[name] = new FileBackedStreamStore({ dataDir: folder + '/' + name, onFailure })
    return stores[name].create('/a', { contentType: 'text/plain' })
  }
  Promise.all([open('one', 'two'), open('two', 'one')]).then(() => {
    renameSync(folder, folder + '-elsewhere')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000) // a long turn
    ask('one')
    process.exit()
  })
`

test('who asks a store that has just failed hears of that first', { timeout: 30_000 }, (t) => {
  const said = execFileSync(process.execPath, ['-e', FAIL_WITHIN_A_TURN, dataFolder(t)], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 25_000,
    killSignal: 'SIGKILL',
  })
  const lines = said.trim().split('\n')
  for (const name of ['one', 'two']) {
    const [first, ...more] = lines.filter((line) => line.startsWith(name))
    assert.equal(first, `${name} directory-gone`, said)
    assert.ok(more.length > 0, said)
    for (const line of more) assert.equal(line, `${name} store-failed`, said)
  }
})

// A process whose files may become no longer than its log already is in part.
const WITH_A_DISK_THAT_FAILS = `
  const { execFileSync } = require('node:child_process')
  const { FileBackedStreamStore } = require('thalweg')
  const told = ({ code, reason, message }) => console.log([code, reason, message].join(' '))
  const [, dataDir] = process.argv
  const store = new FileBackedStreamStore({ dataDir, logFileBytes: 1 << 20, onFailure: told })
  store.create('/a', { contentType: 'text/plain' }).then(async () => {
    execFileSync('prlimit', ['--fsize=65536', '--pid', String(process.pid)])
    for (;;) await store.append('/a', 'x'.repeat(40_000))
  }).catch((error) => error.code === 'store-failed' || console.log(error))
`

test('a disk that fails is told with its directory', { timeout: 20_000 }, (t) => {
  const dataDir = dataFolder(t)
  const said = execFileSync(process.execPath, ['-e', WITH_A_DISK_THAT_FAILS, dataDir], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 15_000,
    killSignal: 'SIGKILL',
  })
  const [failure] = said.split('\n')
  const start = `THALWEG_STORE_FAILED disk data directory ${dataDir}: the disk failed: `
  assert.ok(failure.startsWith(start), said)
})

test('a test server tells of its disk, too', { timeout: 20_000 }, async (t) => {
  const dataDir = dataFolder(t)
  const failed = new Promise((resolve) => {
    const server = new DurableStreamTestServer({ port: 0, threads: 1, dataDir, onFailure: resolve })
    t.after(() => server.stop())
    server.start().then(async (url) => {
      await put(`${url}/a`)
      rmSync(dataDir, { recursive: true })
      server.stop() // which takes a checkpoint
    })
  })
  assert.equal((await failed).code, 'THALWEG_STORE_FAILED')
  for (const Server of [FileBackedStreamStore, DurableStreamTestServer]) {
    const code = 'ERR_INVALID_ARG_VALUE'
    assert.throws(() => new Server({ dataDir, onFailure: 'x' }), { code, message: /onFailure/ })
  }
})

test("the log's files and the memory for what is new have the sizes that are given", async (t) => {
  const dataDir = dataFolder(t)
  const store = new FileBackedStreamStore({ dataDir, logFileBytes: 1 << 20, tailBytesMax: 1 })
  const log = join(dataDir, 'log')
  const sizes = readdirSync(log).map((name) => statSync(join(log, name)).size)
  assert.equal(Math.max(...sizes), 1 << 20)
  await store.create('/a', { contentType: 'text/plain' })
  const appends = Array.from({ length: 100 }, () => store.append('/a', 'x'.repeat(4096)))
  const refused = (await Promise.allSettled(appends)).filter(({ status }) => status === 'rejected')
  assert.ok(refused.length > 0)
  for (const { reason } of refused) assert.equal(reason.code, 'memory-full')
  await store.close()

  for (const name of ['logFileBytes', 'tailBytesMax']) {
    for (const value of [0, -1, 1.5, '1', NaN, 2 ** 53]) {
      assert.throws(() => new FileBackedStreamStore({ dataDir: dataFolder(t), [name]: value }), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: new RegExp(name),
      })
    }
  }
})

test("the store of a test server that runs is closed by the server's stop alone", async (t) => {
  const server = new DurableStreamTestServer({ port: 0, threads: 1, dataDir: dataFolder(t) })
  t.after(() => server.stop())
  const starting = server.start()
  await assert.rejects(server.store.close(), { code: 'store-is-served', message: /stop\(\)/ })
  const url = await starting
  await assert.rejects(server.store.close(), { code: 'store-is-served' })
  assert.equal((await put(`${url}/a`)).status, 201)
  assert.equal((await post(`${url}/a`, 'x')).status, 204)
  await server.stop()
  await server.store.close()
  await server.start()
  await server.stop()
})

// A process that gives up root, who has no limit of threads, before there are none left.
const WITHOUT_THREADS = `
  const { execFileSync } = require('node:child_process')
  const { chmodSync, mkdirSync } = require('node:fs')
  const { createServer, get } = require('node:http')
  const thalweg = require('thalweg')
  const { DurableStreamRouter, DurableStreamTestServer, FileBackedStreamStore } = thalweg
  const dataDir = process.argv[1]
  const store = new thalweg.StreamStore()
  store.create('/long', { contentType: 'text/plain' })
  store.append('/long', 'x'.repeat(200_000))
  const router = new DurableStreamRouter({ store })
  const host = createServer((req, res) => router.handleRequest(req, res)).listen(0, '127.0.0.1')
  mkdirSync(dataDir)
  chmodSync(dataDir, 0o777)
  const server = new DurableStreamTestServer({ port: 0, threads: 1 })
  require('node:fs/promises').stat('/').then(async () => {
    if (process.getuid() === 0) process.setuid(65534)
    execFileSync('prlimit', ['--nproc=1', '--pid', String(process.pid)])
    try {
      new FileBackedStreamStore({ dataDir })
    } catch (error) {
      console.log(error.code, error.message)
    }
    await server.start().catch((error) => console.log(error.code, error.message))
    const headers = { 'accept-encoding': 'gzip' }
    get({ host: '127.0.0.1', port: host.address().port, path: '/long', headers }, (res) => {
      console.log(res.statusCode, res.headers['content-encoding'])
      process.exit()
    })
  })
`

test('threads that the system refuses are an error, not the end of the process', (t) => {
  const path = dataFolder(t)
  execFileSync('chmod', ['755', join(path, '..')])
  const said = execFileSync(process.execPath, ['-e', WITHOUT_THREADS, path], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.match(said, /^ERR_THALWEG_DISK data directory .*: cannot start a thread: .*ulimit -u/m)
  assert.match(said, /^ERR_THALWEG_LISTEN cannot start a thread: /m)
  assert.match(said, /^200 gzip$/m)
})

// Where the system says that there can be no folder, recursive mkdir of Node 20 does not return.
test('a directory that cannot be made is named in an error', (t) => {
  const refused = join(dataFolder(t), '..', 'file')
  writeFileSync(refused, '')
  const script = `
    const { FileBackedStreamStore } = require('thalweg')
    try {
      new FileBackedStreamStore({ dataDir: process.argv[1] })
    } catch (error) {
      console.log(error.message)
    }`
  for (const [dataDir, named] of [
    ['/proc/thalweg-no/bar', /ENOENT.*\/proc\/thalweg-no'/],
    ['/proc/thalweg-no/bar/far', /ENOENT.*\/proc\/thalweg-no'/],
    [join(refused, 'a'), /data directory .*\/file\/a: /],
    [join(refused, 'a', 'b'), /ENOTDIR.*\/file\/a'/],
  ]) {
    const said = execFileSync(process.execPath, ['-e', script, dataDir], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      timeout: 10_000,
      killSignal: 'SIGKILL',
    })
    assert.match(said, named)
  }
})

test('folders above the directory that had to be made are told, as a mount may be missing', async (t) => {
  const told = warningsOf(t, 'THALWEG_STORE')
  const parent = join(dataFolder(t), '..')
  const openAndClose = (...names) => openAndCloseAt(join(parent, ...names))
  const openAndCloseAt = async (dataDir) => {
    await new FileBackedStreamStore({ dataDir }).close()
    await new Promise(setImmediate) // warnings are told
    return told.splice(0).map(({ message }) => message)
  }
  assert.deepEqual(await openAndClose('first'), [])
  const [message, ...more] = await openAndClose('disk', 'thalweg', 'streams')
  const dataDir = join(parent, 'disk', 'thalweg', 'streams')
  assert.ok(message.startsWith(`data directory ${dataDir}: `), message)
  assert.ok(message.includes(`from ${join(parent, 'disk')} on`), message)
  assert.match(message, /mount/)
  assert.deepEqual(more, [])
  assert.deepEqual(await openAndClose('disk', 'thalweg', 'streams'), [])
  assert.deepEqual(await openAndClose('disk', 'thalweg', 'more'), [])
  const below = join(parent, 'data', 'streams')
  assert.deepEqual(await openAndCloseAt(relative(process.cwd(), below)), [])
  assert.ok(existsSync(below))
})
