// The packed package: packs it, installs the tarball in an empty folder, which builds it, and
// serves a request with both ways to load it. Prints "N passed, N failed".
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'thalweg-packed-'))

// So that ccache, where there is one, knows the sources again in the next folder.
const CCACHE = { CCACHE_BASEDIR: folder }

function run(command, args, cwd) {
  const env = { ...process.env, ...CCACHE }
  delete env.THALWEG_NODE_ADDON
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

const USE = `
const server = new DurableStreamTestServer({ port: 0 })
server.start().then(async (url) => {
  await fetch(url + '/a', { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'works' })
  process.stdout.write(await (await fetch(url + '/a')).text())
  await server.stop()
})`

function check() {
  const tarball = run('npm', ['pack', '--silent', '--pack-destination', folder], PACKAGE).trim()
  writeFileSync(join(folder, 'package.json'), '{"private": true}')
  run('npm', ['install', '--no-audit', '--no-fund', '--foreground-scripts', tarball], folder)
  writeFileSync(join(folder, 'a.mjs'), `import { DurableStreamTestServer } from 'thalweg'${USE}`)
  writeFileSync(join(folder, 'b.cjs'), `const { DurableStreamTestServer } = require('thalweg')${USE}`)
  for (const file of ['a.mjs', 'b.cjs']) {
    const said = run(process.execPath, [file], folder)
    if (said !== 'works') throw new Error(`${file} said ${JSON.stringify(said)}`)
  }
}

try {
  check()
  console.log('1 passed, 0 failed')
} catch (error) {
  console.error(error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
