// A chat over durable streams: the application of this folder, which knows only HTTP.
const RETRIES = 5;

export class Rooms {
  #base;
  #wait;

  // `wait(seconds)` passes the time that a server asks for.
  constructor(url, wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000))) {
    this.#base = `${url}/v1/stream/rooms`;
    this.#wait = wait;
  }

  async open(room) {
    await this.#send(room, { method: "PUT", headers: { "content-type": "application/json" } });
  }

  async say(room, from, text) {
    await this.#post(room, JSON.stringify({ from, text }));
  }

  async close(room) {
    await this.#post(room, "", { "stream-closed": "true" });
  }

  async remove(room) {
    await this.#send(room, { method: "DELETE" });
  }

  // Everything that was said, and whether that is all there will be.
  async history(room) {
    const answer = await this.#send(room, {}, "?offset=-1");
    const said = await answer.json();
    return { said, ended: answer.headers.get("stream-closed") === "true" };
  }

  // What is said from now on, as it comes, until the room is closed.
  async *follow(room, offset = "now") {
    for (let ended = false; !ended; ) {
      const answer = await this.#send(room, {}, `?offset=${offset}&live=long-poll`);
      offset = answer.headers.get("stream-next-offset");
      ended = answer.headers.get("stream-closed") === "true";
      if (answer.status === 200) yield* await answer.json();
    }
  }

  #post(room, body, headers = {}) {
    const type = { "content-type": "application/json" };
    return this.#send(room, { method: "POST", headers: { ...type, ...headers }, body });
  }

  // Tries again where the server is busy or the connection breaks.
  async #send(room, options, query = "") {
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(`${this.#base}/${room}${query}`, options).catch((error) => error);
      if (answer.ok) return answer;
      if (answer.status < 500 && answer.status !== 429) throw new Error(`HTTP ${answer.status}`);
      if (tries === RETRIES) throw answer instanceof Error ? answer : new Error("busy");
      await this.#wait(Number(answer.headers?.get("retry-after") ?? 0));
    }
  }
}
