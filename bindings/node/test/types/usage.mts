// Compiled, not run: every name with its types, as users write them.
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import {
  DEFAULT_CURSOR_EPOCH,
  DEFAULT_CURSOR_INTERVAL_SECONDS,
  DurableStreamRouter,
  DurableStreamTestServer,
  FaultInjectionMiddleware,
  FileBackedStreamStore,
  StreamStore,
  calculateCursor,
  createRegistryHooks,
  decodeStreamPath,
  encodeStreamPath,
  generateResponseCursor,
  handleCursorCollision,
  type AppendResult,
  type CursorOptions,
  type FaultInjectionOptions,
  type InjectedError,
  type PendingLongPoll,
  type RouterOptions,
  type Stream,
  type StreamLifecycleEvent,
  type StreamLifecycleHook,
  type StreamMessage,
  type TestServerOptions,
} from 'thalweg'
// @ts-expect-error: the module has names only
import none from 'thalweg'

const store = new StreamStore()
const stream: Stream = store.create('/a', { contentType: 'text/plain' })
const appended: StreamMessage | AppendResult = store.append('/a', new Uint8Array([1]))
const message: StreamMessage | null = 'message' in appended ? appended.message : appended
const found: Stream | undefined = store.get('/a')
const offset: string | undefined = store.getCurrentOffset('/a')
const body: Uint8Array = store.formatResponse('/a', store.read('/a', '-1').messages)

const hook: StreamLifecycleHook = async (event: StreamLifecycleEvent) => {
  console.log(event.type, event.path, event.contentType, event.timestamp)
}
const options: RouterOptions = { store, baseUrl: '/api', cors: false, onStreamCreated: hook }
options.maxBodiesBytes = 1 << 30
options.publicUrl = 'https://streams.example.com'
const router = new DurableStreamRouter(options)
const faults = new FaultInjectionMiddleware({ enableTestEndpoint: true } satisfies FaultInjectionOptions)
const error: InjectedError = { status: 503, count: 1 }
faults.injectError('/a', error.status, error.count, error.retryAfter)
faults.injectFault('/a', { delayMs: 5, jitterMs: 5 })
createHttp2Server((req, res) => void router.handleRequest(req, res))
createHttp2Server((req, res) => {
  void faults.handleRequest(req, res, () => router.handleRequest(req, res))
})
createServer((req, res) => {
  void faults.handleRequest(req, res, () => router.handleRequest(req, res))
})

const file = new FileBackedStreamStore({ dataDir: './data' })
new FileBackedStreamStore({
  dataDir: './more',
  logFileBytes: 1 << 20,
  tailBytesMax: 1 << 28,
  onFailure: ({ code, message }) => console.log(code satisfies 'THALWEG_STORE_FAILED', message),
})
const made: Stream = await file.create('/a')
const durable: StreamMessage | AppendResult = await file.append('/a', new Uint8Array())
await file.close()

const serverOptions: TestServerOptions = { port: 0, ...createRegistryHooks({ registryPath: 'r' }) }
const server = new DurableStreamTestServer(serverOptions)
const url: string = await server.start()
createRegistryHooks(server.store, url)
await server.store.append('/a', new Uint8Array())
await server.stop()

const cursor: CursorOptions = { intervalSeconds: DEFAULT_CURSOR_INTERVAL_SECONDS, epoch: DEFAULT_CURSOR_EPOCH }
const texts: string[] = [
  calculateCursor(cursor),
  generateResponseCursor(undefined),
  handleCursorCollision('1', '2'),
  encodeStreamPath('/a'),
  decodeStreamPath('L2E'),
]
declare const pending: PendingLongPoll
console.log(stream, message, found, offset, body, made, durable, texts, pending.path)

// @ts-expect-error: the stream may be closed
const open: StreamMessage = store.append('/a', new Uint8Array([1]))
// @ts-expect-error: the stream may be closed
const opened: StreamMessage = await file.append('/a', new Uint8Array([1]))
console.log(open, opened)
// @ts-expect-error: a store is required
new DurableStreamRouter({})
// @ts-expect-error: a port is a number
new DurableStreamTestServer({ port: '80' })
