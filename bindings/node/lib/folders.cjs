'use strict'
// The folders above a data directory.

const { existsSync, mkdirSync } = require('node:fs')
const { dirname } = require('node:path')

// Makes what is missing above `path`, which is absolute, and gives the topmost folder that it made.
// Each is made once: `recursive` of Node 20 never returns where the system says that there can be
// none, as in /proc.
function makeFoldersAbove(path) {
  const missing = []
  for (let at = dirname(path); !existsSync(at); at = dirname(at)) missing.unshift(at)
  return missing.filter(makeFolder)[0]
}

// Whether this made it, and not somebody else meanwhile.
function makeFolder(path) {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

module.exports = { makeFoldersAbove }
