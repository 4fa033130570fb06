// The package under test: what `thalweg` resolves to here, or the one that PACKAGE names.
//
// PACKAGE=@durable-streams/server runs what can run against the reference implementation: a test
// that fails there too tells of the test.
export const packageName = process.env.PACKAGE ?? "thalweg";
export const subject = await import(packageName);
export const isReference = packageName === "@durable-streams/server";
