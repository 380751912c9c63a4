// Whether objects are what the Kubernetes API takes: types, required and unknown fields by the TypeScript declarations of the API,
// patterns and enumerations by the validators generated from its schemas.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { charts } from "./tools.mjs";

const require = createRequire(import.meta.url);

/** Package and folder of an API group. */
function modelOf({ apiVersion, kind }) {
  const folder = {
    "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
    "keda.sh/v1alpha1": "@kubernetes-models/keda/keda.sh/v1alpha1",
  }[apiVersion] ?? `kubernetes-models/${apiVersion}`;
  let models;
  try {
    models = require(folder);
  } catch {
    models = {};
  }
  return { folder, model: models[kind] };
}

/** Every reason why one of the objects, [{where, object}], is not valid; empty when all are. */
export function problemsOf(entries) {
  const problems = [];
  const source = [];
  const lines = [];
  const imports = new Map();
  for (const { where, object } of entries) {
    const name = `${where}: ${object.kind} ${object.metadata?.name}`;
    const { folder, model } = modelOf(object);
    if (!model) {
      problems.push(`${name}: no schema for ${object.apiVersion} ${object.kind}`);
      continue;
    }
    try {
      new model(object).validate();
    } catch (e) {
      problems.push(`${name}: ${e.message}`);
    }
    const alias = imports.get(`${folder} ${object.kind}`) ?? `T${imports.size}`;
    imports.set(`${folder} ${object.kind}`, alias);
    source.push(`const o${source.length}: ${alias} =\n${JSON.stringify(object, null, 1)};`);
    lines.push(name);
  }
  return [...problems, ...typeProblems(imports, source, lines)];
}

function typeProblems(imports, source, names) {
  const folder = join(charts, "node_modules/.cache/wsingress/types");
  const file = join(folder, `objects-${process.pid}.ts`);
  const head = [...imports].map(([key, alias]) => {
    const [from, kind] = key.split(" ");
    return `import type { I${kind} as ${alias} } from ${JSON.stringify(`${from}/${kind}`)};`;
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, [...head, ...source].join("\n"));
  try {
    const program = ts.createProgram([file], {
      noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10, target: ts.ScriptTarget.ES2022,
    });
    return ts.getPreEmitDiagnostics(program).map(d => {
      const text = ts.flattenDiagnosticMessageText(d.messageText, "\n");
      if (!d.file) {
        return text;
      }
      const before = d.file.text.slice(0, d.start);
      const index = [...before.matchAll(/^const o(\d+):/gm)].at(-1)?.[1];
      const field = d.file.text.split("\n")[d.file.getLineAndCharacterOfPosition(d.start).line].trim();
      return `${names[index] ?? file}: ${field} ${text}`;
    });
  } finally {
    rmSync(file);
  }
}
