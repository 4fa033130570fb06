// The seed's code blocks, from seed_blocks.md, and how each is made into a module that runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { packageName } from "./package.mjs";

const text = readFileSync(join(import.meta.dirname, "seed_blocks.md"), "utf8");

// Title → code.
export const blocks = new Map(
  [...text.matchAll(/^## (.*)\n\n```\w+\n([^]*?)^```$/gm)].map(([, title, code]) => [title, code]),
);

// What a block uses and leaves to the block before it to import.
const imports = {
  "Registry hooks": `import { DurableStreamTestServer } from "thalweg"\n`,
};

// The block as TypeScript that stands alone.
export function sourceOf(title) {
  return (imports[title] ?? "") + blocks.get(title);
}

// Blocks that are no program: a command, declarations, a list of exports. Other tests check them.
export const declarations = new Set([
  "Installation",
  "DurableStreamRouter",
  "DurableStreamTestServer",
  "FaultInjectionMiddleware",
  "StreamStore",
  "FileBackedStreamStore",
  "Exports",
]);
export const programs = [...blocks.keys()].filter((title) => !declarations.has(title));

// The blocks' fixed ports; a run takes free ones in their place.
export const SERVER_PORT = "4437";
export const ROUTER_PORT = "3000";

// The block `title` as JavaScript: types stripped, ports replaced, and what an observer needs:
// its variables exported, `test` where it stands, a pause before the server stops.
export function moduleOf(title, ports) {
  const { outputText } = ts.transpileModule(sourceOf(title), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const variables = [...outputText.matchAll(/^const (\w+) =/gm)].map(([, name]) => name);
  return outputText
    .replaceAll(SERVER_PORT, ports.server)
    .replaceAll(ROUTER_PORT, ports.router)
    .replaceAll(`"thalweg"`, `"${packageName}"`)
    .replace(/^test\(/m, "await test(")
    .replace(/^(?=await server\.stop\(\))/m, "await beforeStop(server);\n")
    .concat(`export { ${variables.join(", ")} };\n`);
}
