// A folder of a test, removed with all that is in it when the test is over.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'thalweg-node-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
