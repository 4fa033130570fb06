'use strict'
// Options, checked once, with errors that name the option, what it is and what it should be.

const { totalmem } = require('node:os')
const { resolve } = require('node:path')
const { inspect } = require('node:util')

const DEFAULT_CURSOR_EPOCH = new Date('2024-10-09T00:00:00.000Z')
const DEFAULT_CURSOR_INTERVAL_SECONDS = 20

const CACHE_POLICIES = ['public', 'private', 'no-store']

const SHARED_NAMES = [
  'longPollTimeout',
  'compression',
  'cachePolicy',
  'cursorIntervalSeconds',
  'cursorEpoch',
  'publicUrl',
  'onStreamCreated',
  'onStreamDeleted',
]
const ROUTER_NAMES = [...SHARED_NAMES, 'store', 'cors', 'baseUrl', 'maxBodiesBytes']
const SERVER_NAMES = [...SHARED_NAMES, 'port', 'host', 'dataDir', 'onFailure', 'threads', 'webhooks']
const DIRECTORY_NAMES = ['dataDir', 'maxFileHandles', 'logFileBytes', 'tailBytesMax', 'onFailure']

const PUBLIC_URL = /^https?:\/\/[\w.~:[\]@!$&'()*+,;=-]+\/?$/

const MIB = 1024 * 1024
const BODIES_BYTES_LEAST = 64 * MIB
const BODIES_BYTES_MOST = 1024 * MIB

function invalid(what) {
  const error = new TypeError(`thalweg: ${what}`)
  error.code = 'ERR_INVALID_ARG_VALUE'
  return error
}

function wrong(name, value, wanted) {
  return invalid(`${name} must be ${wanted}, not ${inspect(value, { depth: 0 })}`)
}

function number(options, name, fallback, min, max) {
  const value = options[name] ?? fallback
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw wrong(name, value, `a whole number from ${min} to ${max}`)
}

function flag(options, name, fallback) {
  const value = options[name] ?? fallback
  if (typeof value === 'boolean') return value
  throw wrong(name, value, 'true or false')
}

// Half of a character has no UTF-8: two texts that differ there would become the same one.
function checkUnicode(name, value) {
  if (/\p{Surrogate}/u.test(value)) throw wrong(name, value, 'a text without half characters')
}

function text(options, name, fallback) {
  const value = options[name] ?? fallback
  if (value === undefined) return value
  if (typeof value !== 'string') throw wrong(name, value, 'a string')
  checkUnicode(name, value)
  return value
}

// May be left out.
function directory(options, name) {
  const value = text(options, name)
  if (value === undefined || (value !== '' && !value.includes('\0'))) return value
  throw wrong(name, value, 'the path of a directory')
}

// A whole number that may be left out.
function count(options, name, min = 0) {
  const value = options[name] ?? undefined
  return value === undefined ? undefined : number(options, name, 0, min, Number.MAX_SAFE_INTEGER)
}

function object(value, name) {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object') return value
  throw wrong(name, value, 'an object')
}

function hook(options, name) {
  const value = options[name]
  if (value === undefined || value === null || typeof value === 'function') return
  throw wrong(name, value, 'a function')
}

// Names that are not known may be another library's, and are left alone. One that differs from a
// known one in capitals or signs alone is a slip: `datadir` would be a server that keeps nothing.
function refuseSlips(options, names) {
  const plain = (name) => name.toLowerCase().replace(/[^a-z\d]/g, '')
  const meant = new Map(names.map((name) => [plain(name), name]))
  for (const name of Object.keys(options)) {
    const right = meant.get(plain(name))
    if (right === undefined || right === name || options[right] !== undefined) continue
    throw invalid(`there is no option ${name}, ${right} is its name`)
  }
}

// As native code takes it. `interval` and `epoch` are the names of the two options.
function checkCursor(options, interval, epoch) {
  const at = options[epoch] ?? DEFAULT_CURSOR_EPOCH
  if (!(at instanceof Date) || Number.isNaN(at.getTime())) throw wrong(epoch, at, 'a valid Date')
  return {
    intervalSeconds: number(options, interval, DEFAULT_CURSOR_INTERVAL_SECONDS, 1, 1e9),
    epochMs: at.getTime(),
  }
}

function checkCachePolicy(options) {
  const policy = text(options, 'cachePolicy', 'public')
  if (CACHE_POLICIES.includes(policy)) return policy
  throw wrong('cachePolicy', policy, 'public, private or no-store')
}

function checkShared(options) {
  hook(options, 'onStreamCreated')
  hook(options, 'onStreamDeleted')
  return {
    longPollTimeout: number(options, 'longPollTimeout', 30_000, 0, 1e9),
    compression: flag(options, 'compression', true),
    cachePolicy: checkCachePolicy(options),
    ...checkCursor(options, 'cursorIntervalSeconds', 'cursorEpoch'),
  }
}

function checkRouterOptions(options) {
  refuseSlips(options, ROUTER_NAMES)
  return {
    ...checkShared(options),
    cors: flag(options, 'cors', true),
    baseUrl: checkBase(options),
    publicUrl: checkPublicUrl(options),
    maxBodiesBytes: count(options, 'maxBodiesBytes') ?? defaultBodiesBytes(),
  }
}

// An eighth of the memory that this process may use, within bounds.
function defaultBodiesBytes() {
  const memory = Math.min(totalmem(), process.constrainedMemory?.() || Infinity)
  return Math.min(Math.max(Math.floor(memory / 8), BODIES_BYTES_LEAST), BODIES_BYTES_MOST)
}

// "" or "/a/b": with a slash before it and none behind.
function checkBase(options) {
  const given = text(options, 'baseUrl', '').replace(/^\/+|\/+$/g, '')
  // With others in it no client would ask for it: they encode those, or resolve them.
  const isPath = /^[\w.~!$&'()*+,;=:@%/-]*$/.test(given) && !/(^|\/)\.{0,2}(\/|$)/.test(given)
  if (given !== '' && !isPath) {
    throw wrong('baseUrl', options.baseUrl, 'a path such as "/api/streams", encoded as in a URL')
  }
  return given === '' ? '' : `/${given}`
}

// As the standalone server's --public-url, with or without a slash behind it.
function checkPublicUrl(options) {
  const given = text(options, 'publicUrl')
  if (given === undefined || PUBLIC_URL.test(given)) return given
  throw wrong('publicUrl', given, 'scheme://host[:port], such as "https://streams.example.com"')
}

function checkServerOptions(options) {
  refuseSlips(options, SERVER_NAMES)
  if (flag(options, 'webhooks', false)) {
    const error = new Error(
      'thalweg: webhooks: true is not possible yet, this version has no subscriptions; ' +
        'leave the option out'
    )
    error.code = 'ERR_THALWEG_NOT_SUPPORTED'
    throw error
  }
  hook(options, 'onFailure')
  return {
    ...checkShared(options),
    cors: true,
    port: number(options, 'port', 4437, 0, 65_535),
    host: text(options, 'host', '127.0.0.1'),
    dataDir: directory(options, 'dataDir'),
    publicUrl: checkPublicUrl(options),
    threads: number(options, 'threads', 0, 0, 1024),
  }
}

// As native code takes them.
function checkDirectoryOptions(options) {
  refuseSlips(options, DIRECTORY_NAMES)
  const dataDir = directory(options, 'dataDir')
  if (dataDir === undefined) throw wrong('dataDir', dataDir, 'the path of a directory')
  hook(options, 'onFailure')
  return {
    dataDir: resolve(dataDir),
    logFileBytes: count(options, 'logFileBytes', 1),
    tailBytesMax: count(options, 'tailBytesMax', 1),
  }
}

module.exports = {
  DEFAULT_CURSOR_EPOCH,
  DEFAULT_CURSOR_INTERVAL_SECONDS,
  checkCursor,
  checkDirectoryOptions,
  checkRouterOptions,
  checkServerOptions,
  checkUnicode,
  count,
  flag,
  invalid,
  object,
  text,
  wrong,
}
