/**
 * Kinds of operations are entries of one table: other code asks the entry and never compares a kind with a name. What is
 * compared is found by its type, so a comparison under another name is found too.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { operationKinds } from "#app/domain/operation/kinds.ts";

const root = new URL("../..", import.meta.url).pathname;
const table = "app/domain/operation/kinds.ts";
const files = globSync(["app/**/*.{ts,tsx}", "pulumi/*/*.ts", "programs/**/*.ts"], {
  cwd: root,
  exclude: (name) => name.includes("sdks"),
}).filter((file) => !/\.test\.tsx?$/.test(file) && file !== table);

const names: ReadonlySet<string> = new Set(operationKinds);
const isName = (node: ts.Node): boolean => ts.isStringLiteralLike(node) && names.has(node.text);

const membersOf = (type: ts.Type): readonly ts.Type[] =>
  (type.isUnion() ? type.types : [type]).filter((t) => (t.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) === 0);

/** Whether values of this type are kinds of operations or of plans, and nothing else. */
function isKind(type: ts.Type): boolean {
  const members = membersOf(type);
  return members.length > 0 && members.every((t) => t.isStringLiteral() && names.has(t.value));
}

const equals: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

/** What is compared with the name of a kind here: in an equality, a case, a list that is searched, or a question to the database. */
function compared(node: ts.Node): readonly ts.Node[] {
  if (ts.isBinaryExpression(node) && equals.has(node.operatorToken.kind))
    return isName(node.right) ? [node.left] : isName(node.left) ? [node.right] : [];
  if (ts.isSwitchStatement(node))
    return node.caseBlock.clauses.some((c) => ts.isCaseClause(c) && isName(c.expression)) ? [node.expression] : [];
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  const [first, , last] = node.arguments;
  if (name.text === "includes" && first && namesIn(expression)) return [first];
  return name.text === "where" && last && namesIn(last) ? [first ?? last] : [];
}

const namesIn = (node: ts.Node): boolean => isName(node) || (ts.isArrayLiteralExpression(node) && node.elements.some(isName));

/** A column, an address or a form says a kind as plain text: its name tells. */
const isCalledKind = (node: ts.Node): boolean => /kind\W*$/i.test(node.getText());

function comparisons(source: ts.SourceFile, checker: ts.TypeChecker): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    for (const value of compared(node)) {
      const type = checker.getTypeAtLocation(value);
      const isText =
        membersOf(type).some((t) => (t.flags & (ts.TypeFlags.String | ts.TypeFlags.StringLiteral)) !== 0) && isCalledKind(value);
      if (isKind(type) || isText)
        found.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText().split("\n")[0] ?? ""}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function programOf(more: Readonly<Record<string, string>> = {}): ts.Program {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  const textOf = (file: string) => more[file];
  host.fileExists = (file) => textOf(file) !== undefined || fileExists(file);
  host.readFile = (file) => textOf(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = textOf(file);
    return text === undefined ? getSourceFile.call(host, file, version, ...rest) : ts.createSourceFile(file, text, version, true);
  };
  return ts.createProgram({
    rootNames: [...Object.keys(more), ...mentioning.map((file) => join(root, file))],
    options: { ...options, noEmit: true },
    host,
  });
}

/** Only files with the name of a kind in them can compare one. */
const mentioning = files.filter((file) => [...names].some((name) => ts.sys.readFile(join(root, file))?.includes(`"${name}"`) === true));

const sample = join(root, "app/domain/operation/sample-of-comparisons.ts");
const sampleText = `
import { kindsThat, type PlanKind } from "./kinds.ts";
import type { Operation } from "./operation.ts";
export const one = (o: Operation): boolean => o.kind === "preview";
export const two = ({ kind: purpose }: Operation): boolean => "destroy" !== purpose;
export const three = (wanted: PlanKind | null): boolean => wanted === "update";
export const four = (o: Operation): boolean => ["update", "destroy"].includes(o.kind);
export const five = (o: Operation): number => { switch (o.kind) { case "preview": return 1; default: return 2; } };
export const six = (query: { where(column: string, operator: string, value: unknown): void }): void => query.where("kind", "=", "preview");
export const seven = (form: Map<string, string>): boolean => form.get("planKind") === "destroy";
export const fine = (change: "create" | "update", o: Operation, p: Operation): boolean => change === "update" || o.kind === p.kind || kindsThat((k) => k.needsPlan).includes(o.kind);
`;

let program: ts.Program;
beforeAll(() => {
  program = programOf({ [sample]: sampleText });
}, 120_000);

test("nothing outside the table compares kinds of operations", () => {
  const checker = program.getTypeChecker();
  const found = mentioning.flatMap((file) => {
    const source = program.getSourceFile(join(root, file));
    return source ? comparisons(source, checker).map((line) => `${file}:${line}`) : [`${file}: was not read`];
  });
  expect(found).toEqual([]);
});

test("each way to compare them is noticed, and what is no comparison of kinds is not", () => {
  const source = program.getSourceFile(sample);
  if (!source) throw new Error("the sample was not read");
  const lines = comparisons(source, program.getTypeChecker()).map((found) => Number.parseInt(found, 10));
  expect([...new Set(lines)]).toEqual([4, 5, 6, 7, 8, 9, 10]);
});
