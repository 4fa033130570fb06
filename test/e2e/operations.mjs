// Random operations on few streams, made of a seed: the same seed, the same operations.
//
// An operation names offsets by where they were first seen ("the 3rd offset of stream b"), because
// the two servers spell them differently.

// Mulberry32: small, fast, good enough to choose with.
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const STREAMS = ["a", "b", "c", "d", "e", "f"];
const TYPES = [
  "text/plain",
  "application/json",
  "application/octet-stream",
  "TEXT/Plain; charset=utf-8",
];
const BAD_OFFSETS = ["", "x", "1", "-2", "a_b", "0,1", "NOW"];

export function chooserOf(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const chance = (p) => random() < p;
  return { pick, chance, random, earlier: new Map() };
}

// Mostly the stream's usual type, so that most appends fit.
function typeFor({ pick, chance }, name) {
  return chance(0.85) ? TYPES[STREAMS.indexOf(name) % TYPES.length] : pick(TYPES);
}

function jsonBody({ pick, random }) {
  const n = Math.floor(random() * 1000);
  return pick([`{"n":${n}}`, `[${n},${n + 1}]`, `[[${n}]]`, `"text ${n}"`, `[]`, `{"n":`, `null`]);
}

function bodyFor(choose, type) {
  if (type === "application/json") return jsonBody(choose);
  return `<${Math.floor(choose.random() * 1e6)}>`.repeat(1 + Math.floor(choose.random() * 3));
}

function create(choose, name) {
  const type = typeFor(choose, name);
  const headers = {};
  if (choose.chance(0.9)) headers["content-type"] = type;
  if (choose.chance(0.1)) headers["stream-ttl"] = choose.pick(["3600", "01", "-1", "x"]);
  if (choose.chance(0.1)) headers["stream-closed"] = "true";
  if (choose.chance(0.03))
    headers["stream-expires-at"] = choose.pick(["2099-01-01T00:00:00Z", "never"]);
  const body = choose.chance(0.4) ? bodyFor(choose, headers["content-type"]) : undefined;
  return { method: "PUT", name, headers, body };
}

function fork(choose, name) {
  const source = choose.pick(STREAMS);
  const headers = { "stream-forked-from": `/v1/stream/{${source}}` };
  if (choose.chance(0.5)) headers["stream-fork-offset"] = { of: source, pick: choose.random() };
  return { method: "PUT", name, headers };
}

function producerOf({ pick, random }) {
  return {
    "producer-id": pick(["p", "q"]),
    "producer-epoch": pick(["0", "0", "0", "1", "x"]),
    "producer-seq": String(Math.floor(random() * 3)),
  };
}

function append(choose, name) {
  const type = typeFor(choose, name);
  const headers = {};
  if (choose.chance(0.95)) headers["content-type"] = type;
  if (choose.chance(0.25)) Object.assign(headers, producerOf(choose));
  if (choose.chance(0.15)) headers["stream-seq"] = choose.pick(["1", "2", "10", "a", "B"]);
  if (choose.chance(0.06)) headers["stream-closed"] = "true";
  const body = choose.chance(0.92) ? bodyFor(choose, type) : undefined;
  return { method: "POST", name, headers, body };
}

function read(choose, name) {
  const kind = choose.random();
  if (kind < 0.1)
    return { method: "GET", name, headers: {}, query: { offset: choose.pick(BAD_OFFSETS) } };
  if (kind < 0.2) return { method: "GET", name, headers: {}, query: { offset: "now" } };
  const query =
    kind < 0.5
      ? { offset: choose.pick(["-1", undefined]) }
      : { offset: { of: name, pick: choose.random() } };
  if (choose.chance(0.15)) query.live = "long-poll";
  const headers = choose.chance(0.15) ? { "if-none-match": { etagOf: name } } : {};
  return { method: "GET", name, headers, query };
}

// One operation on one of the streams. `{a}` in a value stands for the stream's present path.
export function nextOperation(choose) {
  const name = choose.pick(STREAMS);
  const earlier = choose.earlier.get(name);
  if (earlier && choose.chance(0.08)) return varied(choose, earlier);
  const operation = freshOperation(choose, name);
  if (isWorthRepeating(operation)) choose.earlier.set(name, operation);
  return operation;
}

const isWorthRepeating = ({ headers }) =>
  headers["stream-forked-from"] !== undefined || headers["producer-id"] !== undefined;

// An earlier request again; a fork sometimes with its offset where it had none.
function varied(choose, earlier) {
  const headers = { ...earlier.headers };
  const source = /\{(\w)\}/.exec(headers["stream-forked-from"] ?? "")?.[1];
  if (source && choose.chance(0.3)) headers["stream-fork-offset"] ??= { of: source, pick: 0.999 };
  return { ...earlier, headers };
}

function freshOperation(choose, name) {
  const kind = choose.random();
  if (kind < 0.15) return create(choose, name);
  if (kind < 0.21) return fork(choose, name);
  if (kind < 0.56) return append(choose, name);
  if (kind < 0.88) return read(choose, name);
  if (kind < 0.94) return { method: "HEAD", name, headers: {} };
  if (kind < 0.98) return { method: "DELETE", name, headers: {} };
  return { method: choose.pick(["PATCH", "OPTIONS"]), name, headers: {} };
}
