// The program under test, for every file here. THALWEG_BIN says where it is.
import { serverFrom } from "../conformance/server.mjs";

export function binary() {
  const bin = process.env.THALWEG_BIN;
  if (!bin) throw new Error("set THALWEG_BIN to the program, e.g. build/release/thalweg");
  return bin;
}

export function startServer(...flags) {
  return serverFrom(binary(), [
    "serve",
    "--memory",
    "--port",
    "0",
    "--log-level",
    "warn",
    ...flags,
  ]);
}

// Ends `server` and fails where it died, ended badly or reported a bug.
export async function stopServer(server) {
  await server.stop();
  const complaints = server.complaints();
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
}
