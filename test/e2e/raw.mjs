// Bytes over a socket, for requests that no HTTP client would send.
import net from "node:net";
import { setImmediate as turn } from "node:timers/promises";

// Sends `pieces` one after the other, each in a packet of its own, and reads to the end of the
// connection. A server that has answered and closed may reset what is still being sent.
export function exchange(url, pieces, timeoutMs = 5000) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
    const finish = () => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString("latin1"));
    };
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`not closed in ${timeoutMs} ms; read so far: ${Buffer.concat(chunks)}`));
    });
    socket.on("data", (bytes) => chunks.push(bytes));
    socket.on("end", finish);
    socket.on("error", finish);
    socket.on("connect", async () => {
      for (const piece of pieces) {
        if (socket.destroyed || !socket.writable) return;
        socket.write(piece, "latin1");
        await turn();
      }
    });
  });
}

// A connection on which `bytes` were sent. `until` waits for what the server says to match.
export function converse(url, bytes) {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
  socket.write(bytes, "latin1");
  let said = "";
  let closed = false;
  let onNews = () => {};
  socket.on("data", (more) => {
    said += more.toString("latin1");
    onNews();
  });
  socket.on("error", () => {}); // "close" follows
  socket.on("close", () => {
    closed = true;
    onNews();
  });
  return {
    async until(pattern) {
      while (!pattern.test(said)) {
        if (closed) throw new Error(`closed before ${pattern}; read so far: ${said}`);
        await new Promise((resolve) => (onNews = resolve));
      }
    },
    end: () => socket.destroy(),
  };
}

// Runs `work` on each of `items`, `width` at a time.
export async function inParallel(items, width, work) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length > 0) await work(queue.shift());
  };
  await Promise.all(Array.from({ length: width }, worker));
}
