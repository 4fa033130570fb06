'use strict'
// The other half of native/head_cache.h: heads as flat arrays [name, value, …], which native code
// changes by telling what differs from the last head with the same fields.

// What native code leaves beside a return value. [0] status or slot, [1] whether there is more,
// [2] the head's place, [3] how many of its fields differ (-1: it is told whole), [4…] their places.
const state = new Int32Array(8)
const heads = []

// The head that `state` and `text` tell. To be used at once: it changes with the next.
function takeHead(text) {
  const place = state[2]
  const count = state[3]
  if (count < 0) {
    const whole = text === '' ? [] : text.split('\n')
    if (place >= 0) heads[place] = whole
    return whole
  }
  const head = heads[place]
  if (count === 1) head[2 * state[4] + 1] = text
  else if (count > 1) {
    const values = text.split('\n')
    for (let i = 0; i < count; i += 1) head[2 * state[4 + i] + 1] = values[i]
  }
  return head
}

module.exports = { state, takeHead }
