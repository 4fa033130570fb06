'use strict'
// Loads the addon: the one that `npm install` built here, else the one of the source tree around.

const fs = require('node:fs')
const path = require('node:path')

const HERE = path.dirname(__dirname)
const PLACES = [
  path.join(HERE, 'build', 'thalweg.node'),
  path.join(HERE, '..', '..', 'build', 'release', 'bindings', 'node', 'thalweg.node'),
]

function addonPath() {
  const given = process.env.THALWEG_NODE_ADDON
  if (given) return path.resolve(given)
  const found = PLACES.find((place) => fs.existsSync(place))
  if (found) return found
  throw new Error(
    `thalweg: the native addon is not built (looked for ${PLACES.join(' and ')}); ` +
      `run "npm rebuild thalweg --foreground-scripts" to build it and see what is missing`
  )
}

// Anew for each copy of these modules, where `require` gives the addon once for all: it keeps what
// it has told to the copy that is connected. A test runner makes a copy for each file.
const loaded = { exports: {} }
process.dlopen(loaded, addonPath())

module.exports = loaded.exports
