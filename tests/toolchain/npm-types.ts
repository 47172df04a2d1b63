/**
 * Reads what a provider's npm package promises to programs, from its declaration files, in a form that can be compared
 * with the schema of the provider.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import ts from "typescript";

/** Type by property name; an optional one ends in "?", e.g. `string?`, `string[]`, `{string}`, `remote.Connection`. */
export type Shape = Readonly<Record<string, string>>;

export interface Declared {
  /** Inputs and outputs by `<module>.<class>`. */
  readonly resources: Readonly<Record<string, { readonly inputs: Shape; readonly outputs: Shape }>>;
  /** Arguments and results by `<module>.<function>`. */
  readonly functions: Readonly<Record<string, { readonly inputs: Shape; readonly outputs: Shape }>>;
  /** Nested types by `<module>.<type>`, as inputs and as outputs. */
  readonly inputTypes: Readonly<Record<string, Shape>>;
  readonly outputTypes: Readonly<Record<string, Shape>>;
  /** Allowed values by `<module>.<type>`. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

const require = createRequire(import.meta.url);

export function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

export function declaredBy(name: string, modules: readonly string[]): Declared {
  const folder = packageFolder(name);
  const perModule = modules.flatMap((module) => filesOf(join(folder, module)).map((file) => ({ module, source: parse(file) })));
  return {
    resources: Object.fromEntries(perModule.flatMap(({ module, source }) => resourcesIn(module, source))),
    functions: Object.fromEntries(perModule.flatMap(({ module, source }) => functionsIn(module, source))),
    inputTypes: namespacedShapes(parse(join(folder, "types/input.d.ts"))),
    outputTypes: namespacedShapes(parse(join(folder, "types/output.d.ts"))),
    enums: Object.fromEntries(modules.flatMap((module) => enumsIn(module, parse(join(folder, "types/enums", module, "index.d.ts"))))),
  };
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".d.ts") && file !== "index.d.ts")
    .map((file) => join(folder, file));
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
}

type Entry<T> = [name: string, value: T];

function resourcesIn(module: string, source: ts.SourceFile): Entry<{ inputs: Shape; outputs: Shape }>[] {
  return source.statements.filter(ts.isClassDeclaration).map((declaration) => {
    const name = declaration.name?.text ?? "";
    const outputs = shapeOf(declaration.members.filter(ts.isPropertyDeclaration));
    return [`${module}.${name}`, { inputs: interfaceShape(source, `${name}Args`), outputs }];
  });
}

/** `run` has its shapes in `RunArgs` and `RunResult`; `runOutput` is the same function with inputs that are awaited. */
function functionsIn(module: string, source: ts.SourceFile): Entry<{ inputs: Shape; outputs: Shape }>[] {
  const names = source.statements.filter(ts.isFunctionDeclaration).map((declaration) => declaration.name?.text ?? "");
  return names
    .filter((name) => !name.endsWith("Output"))
    .map((name) => {
      const stem = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      const shapes = { inputs: interfaceShape(source, `${stem}Args`), outputs: interfaceShape(source, `${stem}Result`) };
      return [`${module}.${name}`, shapes];
    });
}

function namespacedShapes(source: ts.SourceFile): Record<string, Shape> {
  const entries = source.statements.filter(ts.isModuleDeclaration).flatMap((declaration) => {
    const body = declaration.body;
    if (body === undefined || !ts.isModuleBlock(body)) return [];
    return body.statements
      .filter(ts.isInterfaceDeclaration)
      .map(
        (type): Entry<Shape> => [
          `${declaration.name.text}.${withoutArgs(type.name.text)}`,
          shapeOf(type.members.filter(ts.isPropertySignature)),
        ],
      );
  });
  return Object.fromEntries(entries);
}

function enumsIn(module: string, source: ts.SourceFile): Entry<string[]>[] {
  return source.statements.filter(ts.isVariableStatement).flatMap((statement) =>
    statement.declarationList.declarations.map((declaration): Entry<string[]> => {
      const type = declaration.type;
      const members = type !== undefined && ts.isTypeLiteralNode(type) ? type.members.filter(ts.isPropertySignature) : [];
      const values = members.map((member) => member.type?.getText() ?? "").map((text) => text.replaceAll('"', ""));
      return [`${module}.${declaration.name.getText()}`, values.sort()];
    }),
  );
}

function interfaceShape(source: ts.SourceFile, name: string): Shape {
  const found = source.statements.filter(ts.isInterfaceDeclaration).find((type) => type.name.text === name);
  if (found === undefined) throw new Error(`${source.fileName} has no interface ${name}`);
  return shapeOf(found.members.filter(ts.isPropertySignature));
}

function shapeOf(members: readonly (ts.PropertyDeclaration | ts.PropertySignature)[]): Shape {
  const properties = members.filter((member) => !member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword));
  return Object.fromEntries(properties.map((member) => [member.name.getText(), memberType(member)]));
}

function memberType(member: ts.PropertyDeclaration | ts.PropertySignature): string {
  const type = typeName(member.type);
  return member.questionToken !== undefined && !type.endsWith("?") ? `${type}?` : type;
}

function typeName(node: ts.TypeNode | undefined): string {
  if (node === undefined) throw new Error("a property without a type");
  if (ts.isTypeReferenceNode(node)) return referenceName(node);
  if (ts.isArrayTypeNode(node)) return `${typeName(node.elementType)}[]`;
  if (ts.isTypeLiteralNode(node)) return `{${typeName(node.members.find(ts.isIndexSignatureDeclaration)?.type)}}`;
  if (ts.isUnionTypeNode(node)) return unionName(node);
  return node.getText();
}

function unionName(node: ts.UnionTypeNode): string {
  const optional = node.types.some(({ kind }) => kind === ts.SyntaxKind.UndefinedKeyword);
  const names = node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword).map(typeName);
  return `${names.sort().join("|")}${optional ? "?" : ""}`;
}

/** Inputs and outputs are named by what they hold; the package's own types by module and name. */
function referenceName(node: ts.TypeReferenceNode): string {
  const name = node.typeName.getText();
  if (name === "pulumi.Input" || name === "pulumi.Output") return typeName(node.typeArguments?.[0]);
  return withoutArgs(name.replace(/^(inputs|outputs|enums)\./, "").replace(/^pulumi\.asset\./, ""));
}

const withoutArgs = (name: string): string => name.replace(/Args$/, "");
