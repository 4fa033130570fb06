// The same declarations for require.
import thalweg = require('thalweg')
const store: thalweg.StreamStore = new thalweg.StreamStore()
console.log(store.list())
