// Types of the package. Shapes are those of @durable-streams/server 0.3.7 where it has the name.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

// --- streams -------------------------------------------------------------------------------------

export interface StreamMessage {
  /**
   * The bytes as they stand in the stream: of a JSON stream its values, each with a comma. What
   * `append` gives back of another stream is the array that it was given, and not a copy.
   */
  data: Uint8Array
  /** Behind this message. Opaque: compare offsets of one stream as strings, no more. */
  offset: string
  /** Milliseconds since 1970 when it was appended; 0 in what was read, where it is not stored. */
  timestamp: number
}

export interface ProducerState {
  epoch: number
  lastSeq: number
  /** The stream's last use: when each of its producers came last is not kept. */
  lastUpdated: number
}

export interface Stream {
  /** The stream's key, with a slash before it. */
  path: string
  contentType?: string
  /** Everything in the stream, read when it is looked at; that is no use of it. */
  readonly messages: Array<StreamMessage>
  currentOffset: string
  lastSeq?: string
  ttlSeconds?: number
  /** As it was given. */
  expiresAt?: string
  createdAt: number
  lastAccessedAt: number
  producers?: Map<string, ProducerState>
  closed?: boolean
  closedBy?: { producerId: string; epoch: number; seq: number }
  forkedFrom?: string
  forkOffset?: string
  forkSubOffset?: number
  /** How many forks read from it. */
  refCount: number
  /** Deleted, and kept for its forks. */
  softDeleted?: boolean
}

export interface CreateOptions {
  /** Default: application/octet-stream, or the source's of a fork. */
  contentType?: string
  /** At most one of these two. */
  ttlSeconds?: number
  /** RFC 3339. */
  expiresAt?: string
  /** At most 64 MiB. */
  initialData?: Uint8Array | string
  closed?: boolean
  forkedFrom?: string
  /** Default: the source's tail. */
  forkOffset?: string
  /** Messages (JSON) or bytes past forkOffset. */
  forkSubOffset?: number
}

export interface AppendOptions {
  /** Must be the stream's own where it is given. */
  contentType?: string
  /** Must be greater, as a string, than that of the append before. */
  seq?: string
  /** With its two numbers, or not at all. */
  producerId?: string
  producerEpoch?: number
  producerSeq?: number
  /** Closes the stream with this append. */
  close?: boolean
}

export type ProducerValidationResult =
  | {
      status: 'accepted'
      isNew: boolean
      producerId: string
      proposedState: ProducerState
    }
  | { status: 'duplicate'; lastSeq: number }
  | { status: 'stale_epoch'; currentEpoch: number }
  | { status: 'invalid_epoch_seq' }
  | { status: 'sequence_gap'; expectedSeq: number; receivedSeq: number }
  | { status: 'stream_closed' }

export interface AppendResult {
  /** Null: nothing was appended, `producerResult` or `streamClosed` says why. */
  message: StreamMessage | null
  producerResult?: ProducerValidationResult
  streamClosed?: boolean
}

export interface ReadResult {
  messages: Array<StreamMessage>
  upToDate: boolean
}

export interface WaitResult {
  messages: Array<StreamMessage>
  timedOut: boolean
  streamClosed?: boolean
}

export interface CloseResult {
  finalOffset: string
  alreadyClosed: boolean
  producerResult?: ProducerValidationResult
}

export interface ProducerOptions {
  producerId: string
  producerEpoch: number
  producerSeq: number
}

/** What methods of stores throw. `code` is stable: see docs/ERRORS.md in the repository. */
export interface StoreError extends Error {
  code: string
}

// What both stores have. Paths are keys: "/rooms/1" is the stream that a router without baseUrl
// serves at that URL.
interface BaseStore {
  /** Undefined: there is no such stream. Soft-deleted ones are given. */
  get(path: string): Stream | undefined
  /** False also where it cannot be told, as of a stream that is damaged: `get` throws there. */
  has(path: string): boolean
  /** Everything behind `offset`; a use of the stream. Throws where there is no such stream. */
  read(path: string, offset?: string): ReadResult
  /**
   * Resolves once something stands behind `offset`, the stream is closed, or time (or Infinity) is
   * up; without messages and not timed out where the stream is deleted or cleared meanwhile.
   * Rejects where there is no such stream when it begins.
   */
  waitForMessages(path: string, offset: string, timeoutMs: number): Promise<WaitResult>
  /** The body of a response: the bytes in a row, for JSON as one array. */
  formatResponse(path: string, messages: Array<StreamMessage>): Uint8Array
  getCurrentOffset(path: string): string | undefined
  getProducerEpoch(path: string, producerId: string): number | undefined
  /** Counts as a use, for the TTL. */
  touchAccess(path: string): void
  /** Ends every wait, as if its time were up. */
  cancelAllWaits(): void
  list(): Array<string>
}

/** Streams in memory. */
export class StreamStore implements BaseStore {
  constructor()
  /** The stream that was there, where its configuration is the same; throws where it differs. */
  create(path: string, options?: CreateOptions): Stream
  get(path: string): Stream | undefined
  has(path: string): boolean
  /** True: it was there. */
  delete(path: string): boolean
  /**
   * At most 64 MiB. An AppendResult where a producer, `close` or a closed stream is part of it: it
   * has `message`, a StreamMessage has not.
   */
  append(path: string, data: Uint8Array | string, options?: AppendOptions): StreamMessage | AppendResult
  appendWithProducer(path: string, data: Uint8Array | string, options: AppendOptions): Promise<AppendResult>
  /** Null: there is no such stream. */
  closeStream(path: string): CloseResult | null
  closeStreamWithProducer(path: string, options: ProducerOptions): Promise<CloseResult | null>
  read(path: string, offset?: string): ReadResult
  waitForMessages(path: string, offset: string, timeoutMs: number): Promise<WaitResult>
  formatResponse(path: string, messages: Array<StreamMessage>): Uint8Array
  getCurrentOffset(path: string): string | undefined
  getProducerEpoch(path: string, producerId: string): number | undefined
  touchAccess(path: string): void
  clear(): void
  cancelAllWaits(): void
  list(): Array<string>
}

export interface FileBackedStreamStoreOptions {
  /**
   * Made where it is missing, with the folders above; one store of one process at a time. Where
   * folders above it had to be made and the path is absolute, a process warning THALWEG_STORE says
   * so: the mount that they should be on may be missing.
   */
  dataDir: string
  /** Taken for the sake of others; has no effect. */
  maxFileHandles?: number
  /** Bytes of each file of the log, which is allocated ahead. Default: 64 MiB. */
  logFileBytes?: number
  /**
   * Bytes of memory for what no checkpoint has written yet; appends beyond are refused with
   * `memory-full`. Default: 256 MiB.
   */
  tailBytesMax?: number
  /**
   * Called once when the disk has failed, or the directory is gone, with what the process warning
   * THALWEG_STORE_FAILED says, before a promise rejects or a call throws for it: from then on every
   * change is refused with `store-failed`, and the process should end and start again, where the
   * directory is gone once that is back. What this throws is an uncaught exception.
   */
  onFailure?: (error: StoreFailure) => void
}

/** The disk under a store has failed, or its directory is gone; the message says what to do. */
export interface StoreFailure extends Error {
  code: 'THALWEG_STORE_FAILED'
  /**
   * `disk`: a write or a sync failed, or does not end; look at the disk, then start again.
   * `directory-gone`: the data directory, or a part of it, was moved, unmounted or removed; bring it
   * back before the next start.
   */
  reason: 'disk' | 'directory-gone'
}

/**
 * Streams in a directory. Promises resolve when a change is durable. Every method but readAsync
 * looks for its stream within the call, and reads the disk there where the stream is not in memory.
 * What tells of a stream, as get and has, waits for the disk where it is just being created or
 * deleted.
 */
export class FileBackedStreamStore implements BaseStore {
  /** Opens the directory and recovers what is in it; throws where that cannot be. */
  constructor(options: FileBackedStreamStoreOptions)
  create(path: string, options?: CreateOptions): Promise<Stream>
  get(path: string): Stream | undefined
  has(path: string): boolean
  /** Decided when it returns, durable soon after. Looks first whether it is there, as get does. */
  delete(path: string): boolean
  /** Resolves when it is durable. */
  deleteAsync(path: string): Promise<boolean>
  /** As that of StreamStore. */
  append(
    path: string,
    data: Uint8Array | string,
    options?: AppendOptions
  ): Promise<StreamMessage | AppendResult>
  appendWithProducer(path: string, data: Uint8Array | string, options: AppendOptions): Promise<AppendResult>
  /**
   * Durable when it returns, behind every append that was begun before: the event loop waits for the
   * disk. Null: there is no such stream.
   */
  closeStream(path: string): CloseResult | null
  /** The same without holding up the event loop: resolves when it is durable. */
  closeStreamAsync(path: string): Promise<CloseResult | null>
  closeStreamWithProducer(path: string, options: ProducerOptions): Promise<CloseResult | null>
  /** May read from the disk within the call. */
  read(path: string, offset?: string): ReadResult
  /** Reads on another thread. */
  readAsync(path: string, offset?: string): Promise<ReadResult>
  waitForMessages(path: string, offset: string, timeoutMs: number): Promise<WaitResult>
  formatResponse(path: string, messages: Array<StreamMessage>): Uint8Array
  getCurrentOffset(path: string): string | undefined
  getProducerEpoch(path: string, producerId: string): number | undefined
  touchAccess(path: string): void
  /** Decided when it returns, durable soon after: looks for every stream there is. */
  clear(): void
  /** Resolves when it is durable. */
  clearAsync(): Promise<void>
  cancelAllWaits(): void
  list(): Array<string>
  /**
   * Ends the routers over it, and every wait as if its time had passed; afterwards the directory
   * can be opened again. Rejects with
   * `store-is-served` where it is the store of a DurableStreamTestServer that runs: its stop()
   * closes it.
   */
  close(): Promise<void>
}

// --- hooks ---------------------------------------------------------------------------------------

export interface StreamLifecycleEvent {
  type: 'created' | 'deleted'
  /**
   * The stream's key, with a slash before it, as the store takes it: of a DurableStreamTestServer,
   * and of a router without `baseUrl`, the path of the whole URL.
   */
  path: string
  /** Of created streams. */
  contentType?: string
  /** Milliseconds since 1970. */
  timestamp: number
}

/**
 * The request waits for the promise, at most 10 s, and one that came before shutdown() or stop() no
 * longer than that. A hook that takes longer, or throws, is reported with process.emitWarning
 * (THALWEG_HOOK); that does not change the answer.
 */
export type StreamLifecycleHook = (event: StreamLifecycleEvent) => void | Promise<void>

export interface RegistryHooks {
  onStreamCreated: StreamLifecycleHook
  onStreamDeleted: StreamLifecycleHook
}

export interface RegistryHookOptions {
  /** Default: "__registry__". */
  registryPath?: string
  /** Default: that of the router or server that calls the hooks. */
  store?: StreamStore | FileBackedStreamStore
}

export function createRegistryHooks(options?: RegistryHookOptions): RegistryHooks
/** As in npm 0.3.7: the registry is at /v1/stream/__registry__; the URL is not needed. */
export function createRegistryHooks(
  store: StreamStore | FileBackedStreamStore,
  serverUrl?: string
): RegistryHooks

// --- servers -------------------------------------------------------------------------------------

interface SharedOptions {
  /** Milliseconds. Default: 30000. */
  longPollTimeout?: number
  /** gzip, deflate and zstd of answers. Default: true. */
  compression?: boolean
  /**
   * Of reads, for caches. What is answered to a request with Authorization is private at most; where
   * access is told by anything else, such as a cookie, ask for that. Default: 'public'.
   */
  cachePolicy?: 'public' | 'private' | 'no-store'
  /** Default: 20. */
  cursorIntervalSeconds?: number
  /** Default: 2024-10-09T00:00:00Z. */
  cursorEpoch?: Date
  /**
   * scheme://host[:port] for Location, where clients reach this through a proxy that changes Host.
   * Default: what the request says.
   */
  publicUrl?: string
  onStreamCreated?: StreamLifecycleHook
  onStreamDeleted?: StreamLifecycleHook
}

export interface RouterOptions extends SharedOptions {
  store: StreamStore | FileBackedStreamStore
  /** CORS headers. Default: true. */
  cors?: boolean
  /**
   * Where streams are: a path that is cut off the front of requests' paths, where a segment ends.
   * What is outside is answered 404, but where a framework has cut it off before and left
   * `originalUrl` or `baseUrl` on the request, as Express does with that of `app.use(path, …)`: of
   * others, leave it out. Encoded as in a URL. Default: every path is a stream's.
   */
  baseUrl?: string
  /**
   * Bytes for the bodies of all requests that are under way. Who sends more than 16 KiB of one
   * beyond that gets 503 with Retry-After; a body that is alone has always room. A body is at most
   * 64 MiB, else 413. Default: an eighth of the memory, from 64 MiB to 1 GiB.
   */
  maxBodiesBytes?: number
}

export class DurableStreamRouter {
  constructor(options: RouterOptions)
  /**
   * Resolves when the answer has ended or its client has gone; bad requests do not reject it. What
   * a parser in front, such as express.json(), has made of a body of type application/json is
   * written as JSON anew: numbers beyond 2^53 lose digits, and of equal names the last is left. A process
   * warning (THALWEG_JSON_PARSED) says so once.
   */
  handleRequest(
    req: IncomingMessage | Http2ServerRequest,
    res: ServerResponse | Http2ServerResponse,
  ): Promise<void>
  /**
   * Ends long-polls and SSE responses, for good, and waits for what is in flight, also for bodies
   * that have begun to arrive, but at most five seconds. Not to be awaited in a hook.
   */
  shutdown(): Promise<void>
  clear(): void
  readonly store: StreamStore | FileBackedStreamStore
  /** How many answers are under way: most of them live readers. */
  readonly waiting: number
}

export interface TestServerOptions extends SharedOptions {
  /** 0: any free one. Default: 4437. */
  port?: number
  /** An IPv4 or IPv6 address, or "localhost"; no other name. Default: "127.0.0.1". */
  host?: string
  /**
   * Keeps streams in this directory, as FileBackedStreamStore does. Default: in memory; an empty text
   * throws.
   */
  dataDir?: string
  /** With `dataDir`: as of FileBackedStreamStore. */
  onFailure?: (error: StoreFailure) => void
  /** Native threads that serve. Default: one for each core that the process may use. */
  threads?: number
  /** Subscriptions are not there yet: true throws. */
  webhooks?: boolean
}

/**
 * A whole server, for tests. POST and DELETE of /_test/inject-error are always answered, and no option
 * turns that off: whoever reaches the server can set faults, and remove them.
 */
export class DurableStreamTestServer {
  constructor(options?: TestServerOptions)
  readonly store: StreamStore | FileBackedStreamStore
  /** Resolves with the URL. The server goes on until stop(), and may be started again after it. */
  start(): Promise<string>
  /**
   * Wakes whoever waits, finishes what is in flight, closes the data directory. Waits for start().
   * Not to be awaited in a hook: what is in flight waits for the hook.
   */
  stop(): Promise<void>
  /** Throws where the server is not started. */
  get url(): string
  get port(): number
  clear(): void
  injectError(path: string, status: number, count?: number, retryAfter?: number): void
  injectFault(path: string, fault: FaultSpec): void
  clearInjectedErrors(): void
  clearInjectedFaults(): void
}

// --- faults --------------------------------------------------------------------------------------

/** What goes wrong: at least one of the kinds. */
export interface InjectedFault {
  /** Answered instead. */
  status?: number
  /** So many requests meet it. */
  count: number
  /** Seconds; with `status`. */
  retryAfter?: number
  delayMs?: number
  /** With `delayMs`: up to so much more. */
  jitterMs?: number
  dropConnection?: boolean
  /** Of a GET's 200 that is not SSE. */
  truncateBodyBytes?: number
  corruptBody?: boolean
  /** Sent first in an SSE response, as it stands. */
  injectSseEvent?: { eventType: string; data: string }
  /** 0 to 1. Default: 1. */
  probability?: number
  /** Default: any. */
  method?: string
}

export type InjectedError = Pick<InjectedFault, 'count' | 'retryAfter'> & { status: number }
export type FaultSpec = Omit<InjectedFault, 'count'> & { count?: number }

export interface FaultInjectionOptions {
  /** POST and DELETE of /_test/inject-error. Default: false. */
  enableTestEndpoint?: boolean
}

/** Not for production. */
export class FaultInjectionMiddleware {
  constructor(options?: FaultInjectionOptions)
  handleRequest(
    req: IncomingMessage | Http2ServerRequest,
    res: ServerResponse | Http2ServerResponse,
    next: () => void | Promise<void>
  ): Promise<void>
  injectError(path: string, status: number, count?: number, retryAfter?: number): void
  injectFault(path: string, fault: FaultSpec): void
  clearInjectedErrors(): void
  clearInjectedFaults(): void
}

// --- utilities -----------------------------------------------------------------------------------

/** base64url; of long paths the front and a hash. */
export function encodeStreamPath(path: string): string
export function decodeStreamPath(encoded: string): string

export interface CursorOptions {
  /** Default: 20. */
  intervalSeconds?: number
  /** Default: 2024-10-09T00:00:00Z. */
  epoch?: Date
}

export const DEFAULT_CURSOR_EPOCH: Date
export const DEFAULT_CURSOR_INTERVAL_SECONDS: 20
export function calculateCursor(options?: CursorOptions): string
export function generateResponseCursor(clientCursor: string | undefined, options?: CursorOptions): string
/** @deprecated generateResponseCursor does the same and does not need the current cursor. */
export function handleCursorCollision(
  currentCursor: string,
  previousCursor: string | undefined,
  options?: CursorOptions
): string

/** How npm 0.3.7 keeps a waiting request; here only for code that names the type. */
export interface PendingLongPoll {
  path: string
  offset: string
  resolve: (messages: Array<StreamMessage>) => void
  timeoutId: ReturnType<typeof setTimeout>
}
