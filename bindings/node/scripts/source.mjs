// The C++ sources that the packed package builds from: copied in before `npm pack`, gone after it.
//
//   node scripts/source.mjs copy | remove
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(dirname(fileURLToPath(import.meta.url)))
const TREE = join(HERE, '..', '..')
const COPY = join(HERE, 'source')
const PARTS = ['CMakeLists.txt', 'LICENSE', 'cmake', 'include', 'src', 'tools/debian-packages.txt']
const LEFT_OUT = /_test(_support)?\.(cc|h)$|[/]src[/](server|testing)([/]|$)/

function copy() {
  if (!existsSync(join(TREE, 'include', 'thalweg'))) {
    throw new Error(`no source tree around ${HERE}: the package is packed from the repository`)
  }
  remove()
  for (const part of PARTS) {
    mkdirSync(dirname(join(COPY, part)), { recursive: true })
    cpSync(join(TREE, part), join(COPY, part), {
      recursive: true,
      filter: (source) => !LEFT_OUT.test(source),
    })
  }
}

function remove() {
  rmSync(COPY, { recursive: true, force: true })
}

const action = { copy, remove }[process.argv[2]]
if (action === undefined) throw new Error('usage: source.mjs copy | remove')
action()
