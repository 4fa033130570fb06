// The seed's names and types are the package's, and docs/SEED.md tells of each.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { subject } from "./package.mjs";
import { blocks } from "./seed_blocks.mjs";
import { SeedTypes, exportsOf } from "./seed_types.mjs";

const root = join(import.meta.dirname, "..", "..");
const read = (...path) => readFileSync(join(root, ...path), "utf8");
const page = read("docs", "SEED.md");
const types = new SeedTypes();
after(() => types.close());

// Where the package departs from the seed's declarations; docs/SEED.md gives the reasons.
const DIFFERENT = [
  "FileBackedStreamStore.create", // a promise: durable when it resolves
  "StreamStore.append", // an AppendResult where the stream is closed
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
  assert.equal(members.length, 47);
  for (const member of members) {
    const name = `${member.owner}.${member.name}`;
    const ours = types.packageMember(member.owner, member.name);
    if (ours === undefined) assert.fail(`${name} is missing`);
    if (!types.fits(member, ours)) different.push(name);
  }
  assert.deepEqual(different.sort(), DIFFERENT);
});

// The rows of the page's tables.
const rows = [...page.matchAll(/^\| (.*) \| (.*) \| (.*) \| (.*) \|$/gm)]
  .map(([, seed, cpp, node, shown]) => ({ seed, cpp, node, shown }))
  .filter(({ seed }) => seed !== "Seed");
const codeIn = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);

test("every class, member, option and export of the seed has a row", () => {
  const named = new Set(rows.flatMap(({ seed }) => codeIn(seed)));
  const members = types.seedMembers().map(({ owner, name }) => `${owner}.${name}`);
  const exported = exportsOf(blocks.get("Exports")).map(({ name }) => name);
  assert.deepEqual(
    [...members, ...exported].filter((name) => !named.has(name)),
    [],
  );
});

test("what the table names in Node.js is exported", () => {
  const exported = types.packageExports();
  for (const name of rows.flatMap(({ node }) => codeIn(node))) {
    const [owner, member] = name.split(".");
    if (name.startsWith("test/")) read(name);
    else if (member === undefined) assert.ok(exported.has(owner), name);
    else assert.ok(types.packageMember(owner, member), name);
  }
});

test("what the table names in C++ is in a public header", () => {
  const headers = readdirSync(join(root, "include", "thalweg"));
  const texts = headers.map((name) => read("include", "thalweg", name));
  const defines = (text, owner) =>
    new RegExp(`\\b(class|struct|using|constexpr \\w+) ${owner}\\b[^;]|\\b${owner}\\(`).test(text);
  for (const name of rows.flatMap(({ cpp }) => codeIn(cpp))) {
    if (!name.startsWith("thalweg::")) continue;
    const [, owner, member = ""] = name.split("::");
    const found = texts.some((text) => defines(text, owner) && text.includes(member));
    assert.ok(found, name);
  }
});

test("every test that the table names is there", () => {
  for (const { seed, shown } of rows) {
    const [, file, title] = /^`([\w/.]+)`: "(.*)"$/.exec(shown) ?? assert.fail(`${seed}: ${shown}`);
    const isBlock = file === "seed.test.mjs";
    assert.ok(isBlock ? blocks.has(title) : read("test", "node", file).includes(title), shown);
  }
});
