// The seed's blocks seen by the TypeScript compiler, against the package's own declarations.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { blocks, programs, sourceOf } from "./seed_blocks.mjs";

const here = import.meta.dirname;

const GLOBALS = `
declare function isValidToken(token: string): boolean;
declare function test(name: string, body: () => Promise<void>): void;
declare const client: { stream(path: string): { append(data: string): Promise<void> } };
`;

// What the declarations speak of and leave to the reader.
const PRELUDE = `
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Stream, StreamMessage, StreamLifecycleHook } from "thalweg";
import type * as thalweg from "thalweg";
type CreateOptions = NonNullable<Parameters<thalweg.StreamStore["create"]>[1]>;
type AppendOptions = NonNullable<Parameters<thalweg.StreamStore["append"]>[2]>;
type ReadResult = ReturnType<thalweg.StreamStore["read"]>;
type WaitResult = Awaited<ReturnType<thalweg.StreamStore["waitForMessages"]>>;
`;

const DECLARED = [
  "DurableStreamRouter",
  "DurableStreamTestServer",
  "FaultInjectionMiddleware",
  "StreamStore",
  "FileBackedStreamStore",
];

// "export { a, type B } from './x'" → [{ name, isType }]
export function exportsOf(code) {
  return [...code.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, allTypes, list]) =>
    list
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean)
      .map((item) => ({
        name: item.replace(/^type /, ""),
        isType: allTypes !== undefined || item.startsWith("type "),
      })),
  );
}

// Writes every block and what checks it as a file of its own, and compiles them together.
export class SeedTypes {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "thalweg-types-"));
    symlinkSync(join(here, "node_modules"), join(this.folder, "node_modules"));
    const files = [this.#write("globals.d.ts", GLOBALS)];
    for (const title of programs) {
      if (title !== "Conformance suite") files.push(this.#write(`${title}.mts`, sourceOf(title)));
    }
    this.declared = this.#write("declared.d.mts", PRELUDE + DECLARED.map(declaration).join(""));
    this.exports = this.#write("exports.mts", importsOf(blocks.get("Exports")));
    this.program = ts.createProgram([...files, this.declared, this.exports], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      noEmit: true,
      skipLibCheck: true, // of frameworks; the package's own declarations are checked by itself
      types: ["node"],
      typeRoots: [join(this.folder, "node_modules", "@types")],
    });
    this.checker = this.program.getTypeChecker();
  }

  #write(name, text) {
    const file = join(this.folder, name.replaceAll(" ", "_"));
    writeFileSync(file, text);
    return file;
  }

  // What the compiler has to say about all of it.
  problems() {
    return ts.getPreEmitDiagnostics(this.program).map((found) => {
      const text = ts.flattenDiagnosticMessageText(found.messageText, "\n");
      return `${found.file?.fileName.slice(this.folder.length + 1)}: ${text}`;
    });
  }

  // Everything the package exports: name → symbol.
  packageExports() {
    const file = this.program.getSourceFile(this.exports);
    const from = file.statements.find(ts.isImportDeclaration).moduleSpecifier;
    const module = this.checker.getSymbolAtLocation(from);
    return new Map(this.checker.getExportsOfModule(module).map((found) => [found.name, found]));
  }

  // The members of each declared class and interface: [{ owner, name, type, isOptions }].
  seedMembers() {
    const isOwner = (node) => ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node);
    const { statements } = this.program.getSourceFile(this.declared);
    const owners = statements
      .filter(ts.isModuleDeclaration)
      .flatMap(({ body }) => body.statements.filter(isOwner));
    return owners.flatMap((owner) =>
      this.#membersOf(this.checker.getSymbolAtLocation(owner.name)).map((member) => ({
        ...member,
        isOptions: ts.isInterfaceDeclaration(owner),
      })),
    );
  }

  #membersOf(symbol) {
    const owner = symbol.name;
    const type = this.checker.getDeclaredTypeOfSymbol(symbol);
    return this.checker.getPropertiesOfType(type).map((member) => ({
      owner,
      name: member.name,
      type: this.checker.getTypeOfSymbol(member),
    }));
  }

  // The package's type of `owner`.`name`, or undefined.
  packageMember(owner, name) {
    let symbol = this.packageExports().get(owner);
    if (symbol === undefined) return undefined;
    if (symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol);
    const type = this.checker.getDeclaredTypeOfSymbol(symbol);
    const member = this.checker.getPropertyOfType(type, name);
    return member && this.checker.getTypeOfSymbol(member);
  }

  // Whether who writes for the seed's member can use ours: what we give fits, what they give us
  // fits for options.
  fits({ type, isOptions }, ours) {
    return isOptions
      ? this.checker.isTypeAssignableTo(type, ours)
      : this.checker.isTypeAssignableTo(ours, type);
  }

  close() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// A block's classes and interfaces in a namespace, where other names are the package's.
function declaration(title) {
  const own = [...blocks.get(title).matchAll(/^(?:interface|class) (\w+)/gm)].map(([, name]) => name);
  const others = ["StreamStore", "FileBackedStreamStore"].filter((name) => !own.includes(name));
  const aliases = others.map((name) => `type ${name} = thalweg.${name};\n`).join("");
  return `export namespace Of${title} {\n${aliases}${blocks.get(title)}}\n`;
}

function importsOf(code) {
  const names = exportsOf(code).map(({ name, isType }) => (isType ? `type ${name}` : name));
  return `import { ${names.join(", ")} } from "thalweg";\n`;
}
