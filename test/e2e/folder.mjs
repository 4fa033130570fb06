// A folder of a test, removed with all that is in it when the test is over.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "thalweg-e2e-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
