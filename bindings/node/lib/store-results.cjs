'use strict'
// What native stores give, in the shapes that the public API promises.

const native = require('./native.cjs')

// By the code that native/values.cc gives. The words are part of the API: users match on "not
// found", "already exists", "sequence" and the like.
const WORDS = {
  'bad-argument': 'Invalid argument',
  'stream-not-found': 'Stream not found',
  'stream-deleted': 'Stream is soft-deleted',
  'stream-exists': 'Stream already exists with different configuration',
  'path-held': 'Stream was deleted and still has active forks; its path cannot be used again',
  'fork-source-not-found': 'Source stream not found',
  'fork-source-deleted': 'Source stream is soft-deleted',
  'bad-fork': 'Invalid fork offset',
  'fork-too-deep': 'Source stream is the last of too long a chain of forks',
  'content-type-missing': 'Content-type missing',
  'content-type-mismatch': 'Content-type mismatch',
  'stream-closed': 'Stream is closed',
  'stale-epoch': 'Stale producer epoch',
  'bad-epoch-start': 'A new producer epoch must start its sequence at 0',
  'too-many-producers': 'Too many producers',
  'producer-gap': 'Producer sequence gap',
  'stream-seq-regressed': 'Sequence conflict',
  'empty-body': 'Nothing to append',
  'bad-json': 'Invalid JSON',
  'bad-offset': 'Invalid offset',
  'disk-full': 'The disk is full',
  'memory-full': 'The memory for new data is full',
  'stream-unreadable': 'What is stored of the stream cannot be read',
  'store-failed': 'The store has failed or is closing',
}
// The words where one code has several, by what native code says.
const SPECIAL_WORDS = {
  'bad-fork': [/sub-offset/, 'Invalid fork sub-offset'],
  'empty-body': [/array/, 'Empty arrays are not allowed'],
}
const PRODUCER_CODES = new Set(['stale-epoch', 'bad-epoch-start', 'producer-gap'])

// `source` is the one to fork from. Who is refused because the disk has failed has heard of that
// first, from `onFailure`.
function errorOf(result, path, source) {
  const code = result.failed
  if (code === 'store-failed') native.tellFailures()
  const [pattern, specialWords] = SPECIAL_WORDS[code] ?? []
  const words = pattern?.test(result.message) ? specialWords : WORDS[code]
  const about = code.startsWith('fork-source') ? source : path
  const error = new Error(`${words}: ${about} (${result.message})`)
  error.code = code
  return error
}

// `result`, or its error thrown.
function unwrap(result, path, source) {
  if (result?.failed !== undefined) throw errorOf(result, path, source)
  return result
}

function accepted(options, isNew) {
  const { producerId, producerEpoch, producerSeq } = options
  return {
    status: 'accepted',
    isNew,
    producerId,
    proposedState: { epoch: producerEpoch, lastSeq: producerSeq, lastUpdated: Date.now() },
  }
}

// What the producer's numbers came to, or undefined where they played no part.
function producerResultOf(result, options) {
  if (options.producerId === undefined) return undefined
  switch (result.failed) {
    case 'stale-epoch':
      return { status: 'stale_epoch', currentEpoch: result.producerEpoch }
    case 'bad-epoch-start':
      return { status: 'invalid_epoch_seq' }
    case 'producer-gap':
      return {
        status: 'sequence_gap',
        expectedSeq: result.expectedSeq,
        receivedSeq: options.producerSeq,
      }
    case 'stream-closed':
      return { status: 'stream_closed' }
  }
  if (result.kind === 'duplicate') return { status: 'duplicate', lastSeq: result.producerSeq }
  if (result.kind === 'already-closed') return { status: 'duplicate', lastSeq: options.producerSeq }
  return accepted(options, options.producerSeq === 0)
}

// A StreamMessage for a plain append, an AppendResult where a producer, `close` or a closed stream
// is part of it. Throws what is neither.
function appended(result, path, data, options) {
  const code = result.failed
  const producerResult = producerResultOf(result, options)
  if (code === 'stream-closed') return { message: null, producerResult, streamClosed: true }
  if (PRODUCER_CODES.has(code)) return { message: null, producerResult }
  unwrap(result, path)
  const isNew = result.kind === 'appended'
  const { json = data } = result // a text where it is short
  const stored = {
    data: typeof json === 'string' ? Buffer.from(json) : json,
    offset: result.nextOffset,
    timestamp: Date.now(),
  }
  const message = isNew ? stored : null
  if (isNew && producerResult === undefined && !result.closed) return message
  return { message, producerResult, streamClosed: result.closed || undefined }
}

// What closeStream and closeStreamWithProducer give; null: there is no such stream.
function closed(result, path, options) {
  const code = result.failed
  if (code === 'stream-not-found') return null
  const producerResult = producerResultOf(result, options)
  if (code === 'stream-closed') {
    return { finalOffset: result.currentOffset, alreadyClosed: true, producerResult }
  }
  if (PRODUCER_CODES.has(code)) {
    return { finalOffset: result.currentOffset, alreadyClosed: false, producerResult }
  }
  unwrap(result, path)
  // A repeated append's numbers close nothing.
  const alreadyClosed = result.kind !== 'closed' && result.closed
  return producerResult === undefined
    ? { finalOffset: result.nextOffset, alreadyClosed }
    : { finalOffset: result.nextOffset, alreadyClosed, producerResult }
}

function messagesOf(result) {
  for (const message of result.messages) message.timestamp = 0 // is not stored
  return result.messages
}

// Of a key as native code tells it, where one that begins with "/" has another in front.
function pathOf(key) {
  return key.startsWith('/') ? key : `/${key}`
}

// A Stream; `messages` is read when it is looked at.
function streamOf(found, readMessages) {
  const { producers, closedBy, ...fields } = found
  const stream = { ...fields, path: pathOf(fields.path) }
  if (fields.forkedFrom !== undefined) stream.forkedFrom = pathOf(fields.forkedFrom)
  if (!(fields.forkSubOffset > 0)) stream.forkSubOffset = undefined
  if (producers.length > 0) {
    stream.producers = new Map(
      producers.map(({ producerId, epoch, seq }) => [
        producerId,
        { epoch, lastSeq: seq, lastUpdated: fields.lastAccessedAt },
      ])
    )
  }
  if (closedBy !== undefined) stream.closedBy = closedBy
  let messages
  Object.defineProperty(stream, 'messages', {
    enumerable: true,
    get: () => (messages ??= readMessages()),
  })
  return stream
}

// The Stream of a create that is not there any more, such as one whose time was up as it began.
function goneStreamOf(path, { nextOffset }, options) {
  const now = Date.now()
  const { contentType = 'application/octet-stream', ttlSeconds, expiresAt } = options
  const found = { contentType, currentOffset: nextOffset, closed: Boolean(options.closed) }
  const times = { ttlSeconds, expiresAt, createdAt: now, lastAccessedAt: now }
  return streamOf({ path, ...found, ...times, refCount: 0, producers: [] }, () => [])
}

module.exports = {
  appended,
  closed,
  errorOf,
  goneStreamOf,
  messagesOf,
  pathOf,
  streamOf,
  unwrap,
}
