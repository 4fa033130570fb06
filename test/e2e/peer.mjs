// One of the two servers being compared: sends an operation in its own spelling of offsets and
// ETags, and tells its answer in a spelling that both share.

const OFFSET = /^\d{16}_\d{16}$/;

// Fields of a transport or a moment, and CORS and security lists, which their own tests compare.
const IGNORED =
  /^(date|connection|keep-alive|transfer-encoding|content-length|access-control-.*|stream-cursor)$/;

export class Peer {
  constructor(url) {
    this.url = url;
    this.offsets = new Map(); // stream's incarnation → offsets in order of appearance
    this.etags = new Map(); // stream → the newest ETag
    this.bodies = new Map(); // ETag → the body it came with
  }

  // `paths` is where each stream stands now.
  async send(operation, paths) {
    const path = `/v1/stream/${paths[operation.name]}`;
    const url = new URL(this.url + path);
    for (const [key, value] of Object.entries(operation.query ?? {})) {
      const spelled = this.#spell(value, paths);
      if (spelled !== undefined) url.searchParams.set(key, spelled);
    }
    const headers = {};
    for (const [key, value] of Object.entries(operation.headers)) {
      const spelled = this.#spell(value, paths);
      if (spelled !== undefined) headers[key] = spelled;
    }
    const body = operation.body === undefined ? undefined : Buffer.from(operation.body);
    const answer = await fetch(url, { method: operation.method, headers, body });
    const text = await answer.text();
    return this.#told(operation, answer, text, paths);
  }

  #spell(value, paths) {
    if (value === undefined) return undefined;
    if (typeof value === "string") return value.replace(/\{(\w)\}/g, (_, name) => paths[name]);
    if (value.etagOf) return this.etags.get(value.etagOf);
    const seen = this.offsets.get(paths[value.of]) ?? ["0000000000000000_0000000000000000"];
    return seen[Math.floor(value.pick * seen.length)];
  }

  #told(operation, answer, text, paths) {
    const headers = {};
    if (answer.status === 201) this.offsets.delete(paths[operation.name]); // a new incarnation
    for (const [key, value] of answer.headers) {
      if (!IGNORED.test(key)) headers[key] = this.#plain(key, value, paths[operation.name]);
    }
    const told = { status: answer.status, headers, body: bodyOf(answer, text) };
    if (answer.status === 304) told.validated = this.bodies.get(answer.headers.get("etag"));
    if (answer.status === 200 && operation.method === "GET")
      this.#remember(operation.name, answer, told.body);
    return told;
  }

  #remember(name, answer, body) {
    const etag = answer.headers.get("etag");
    if (etag === null) return;
    this.etags.set(name, etag);
    this.bodies.set(etag, body);
  }

  #plain(key, value, path) {
    if (key === "etag") return "ETAG";
    if (key === "location") return value.replace(/^http:\/\/[^/]+/, "");
    if (!OFFSET.test(value)) return value;
    const seen = this.offsets.get(path) ?? ["0000000000000000_0000000000000000"];
    if (!seen.includes(value)) seen.push(value);
    this.offsets.set(path, seen);
    return `OFFSET ${seen.indexOf(value)}`;
  }
}

// Errors compare by their status: their texts are each server's own. JSON compares by value.
function bodyOf(answer, text) {
  if (answer.status >= 400) return "";
  if (!/^application\/json/i.test(answer.headers.get("content-type") ?? "") || text === "")
    return text;
  return JSON.stringify(JSON.parse(text));
}
