// Builds the addon with CMake: from the sources in the package, or from the tree around it.
//
// Needs no header of Node.js from the network; what it needs of Debian it names.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(dirname(fileURLToPath(import.meta.url)))
const PACKED = join(HERE, 'source')
const TREE = existsSync(PACKED) ? PACKED : join(HERE, '..', '..')
const BUILD = join(HERE, 'build')

// Lines of tools/debian-packages.txt, up to the first that building does not need.
const BUILD_PACKAGES_END = 'libspdlog-dev'
const OF_THE_PROGRAM = ['ccache', 'libjemalloc-dev'] // the addon is built without

function debianPackages() {
  const names = readFileSync(join(TREE, 'tools', 'debian-packages.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('|')[0].trim())
  return names.slice(0, names.indexOf(BUILD_PACKAGES_END)).filter((name) => !OF_THE_PROGRAM.includes(name))
}

function stop(why) {
  console.error(
    `\nthalweg: ${why}\n` +
      `The addon is built from source. On Debian 12 it needs:\n` +
      `  apt-get install ${debianPackages().join(' ')}\n` +
      `and then: npm rebuild thalweg --foreground-scripts\n`
  )
  process.exit(1)
}

function run(command, args) {
  const done = spawnSync(command, args, { stdio: 'inherit' })
  if (done.error?.code === 'ENOENT') stop(`${command} is not installed.`)
  if (done.status !== 0) stop(`"${command} ${args.join(' ')}" failed; the reason is above.`)
}

// Where npm has put a package of headers: beside us or further up.
function headersOf(name) {
  const require = createRequire(join(HERE, 'index.cjs'))
  return dirname(require.resolve(`${name}/package.json`))
}

run('cmake', [
  '-S', TREE,
  '-B', BUILD,
  '-G', 'Ninja',
  '-DCMAKE_BUILD_TYPE=Release',
  '-DTHALWEG_NODE=ON',
  '-DTHALWEG_PROGRAM=OFF',
  '-DTHALWEG_TESTS=OFF',
  '-DTHALWEG_EXAMPLES=OFF',
  '-DTHALWEG_BENCH=OFF',
  '-DTHALWEG_INSTALL=OFF',
  `-DTHALWEG_NODE_DIR=${HERE}`,
  `-DNODE_API_INCLUDE_DIR=${join(headersOf('node-api-headers'), 'include')}`,
  `-DNODE_ADDON_API_INCLUDE_DIR=${headersOf('node-addon-api')}`,
]) // prettier-ignore
run('cmake', ['--build', BUILD, '--target', 'thalweg_node', '-j', String(availableParallelism())])
mkdirSync(BUILD, { recursive: true })
copyFileSync(join(BUILD, 'bindings', 'node', 'thalweg.node'), join(BUILD, 'thalweg.node'))
