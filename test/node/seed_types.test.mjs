// The seed's blocks compile, and its declarations are the package's.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { subject } from "./package.mjs";
import { blocks } from "./seed_blocks.mjs";
import { SeedTypes, exportsOf } from "./seed_types.mjs";

const types = new SeedTypes();
after(() => types.close());

// Where the package departs from the seed's declarations; docs/SEED.md gives the reasons.
const DIFFERENT = [
  "FileBackedStreamStore.create", // a promise: durable when it resolves
  "StreamStore.append", // an AppendResult where a producer or `close` is part of it
  "StreamStore.getCurrentOffset", // undefined where there is no stream
];

test("every block compiles against the package's types", () => {
  assert.deepEqual(types.problems(), []);
});

test("every export of the seed is exported", () => {
  const exported = types.packageExports();
  for (const { name, isType } of exportsOf(blocks.get("Exports"))) {
    assert.ok(exported.has(name), name);
    assert.equal(name in subject, !isType, name);
  }
});

test("every member of the seed's declarations is the package's, but for the listed ones", () => {
  const different = [];
  const members = types.seedMembers();
  assert.ok(members.length > 50);
  for (const member of members) {
    const name = `${member.owner}.${member.name}`;
    const ours = types.packageMember(member.owner, member.name);
    if (ours === undefined) assert.fail(`${name} is missing`);
    if (!types.fits(member, ours)) different.push(name);
  }
  assert.deepEqual(different.sort(), DIFFERENT);
});
