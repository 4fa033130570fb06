// The types of the ES module: those of index.cjs, whose classes it exports.
export * from "./index.cjs";
