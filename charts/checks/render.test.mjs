// Every values file in ci/ lints and renders to objects that the API takes, on the oldest and the newest Kubernetes.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { problemsOf } from "./schemas.mjs";
import { chart, helm, helm3, render, run, template, temporary, valuesFiles } from "./tools.mjs";

describe("values files", () => {
  const versions = ["1.25.0", "1.29.9", "1.36.0"];
  const problems = new Map();

  before(() => {
    const entries = [];
    for (const [name, file] of Object.entries(valuesFiles)) {
      problems.set(name, []);
      for (const kubeVersion of versions) {
        for (const object of render(file, { kubeVersion })) {
          entries.push({ where: `${name} on ${kubeVersion}`, object });
        }
      }
    }
    assert.ok(entries.length > 500, `${entries.length} objects`);
    for (const problem of problemsOf(entries)) {
      const name = problem.split(" on ")[0];
      assert.ok(problems.has(name), problem);
      problems.get(name).push(problem);
    }
  });

  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`${name} lints`, () => {
      const result = run(helm, ["lint", "--strict", "--quiet", chart, "--values", file]);
      assert.equal(result.code, 0, result.stdout + result.stderr);
    });
    test(`${name} renders what the API takes`, () => assert.deepEqual(problems.get(name), []));
  }
});

describe("Helm 3", () => {
  const sorted = (file, program) => render(file, { kubeVersion: "1.33.0", program }).map(o => JSON.stringify([o.kind, o.metadata.name, o.metadata.namespace, o])).sort().map(text => JSON.parse(text));
  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`renders ${name} as Helm 4 does`, () => assert.deepEqual(sorted(file, helm3), sorted(file, helm)));
  }

  test("refuses what Helm 4 refuses, the schema's in other words", () => {
    const folder = join(chart, "ci/refused");
    for (const file of readdirSync(folder)) {
      assert.notEqual(template(join(folder, file), { program: helm3 }).code, 0, file);
    }
  });
});

test("an unknown field, a wrong type and a missing field of an object are seen", () => {
  const object = spec => ({ apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec });
  const found = problemsOf([
    { where: "unknown", object: object({ selektor: {} }) },
    { where: "type", object: object({ ports: [{ port: "80" }] }) },
    { where: "missing", object: object({ ports: [{ name: "http" }] }) },
    { where: "right", object: object({ ports: [{ port: 80 }] }) },
    { where: "kind", object: { apiVersion: "v1", kind: "Sevice" } },
    { where: "pattern", object: { apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", metadata: { name: "a" }, spec: { selector: {}, endpoints: [{ interval: "30" }] } } },
  ]);
  for (const where of ["unknown", "type", "missing", "kind", "pattern"]) {
    assert.ok(found.some(p => p.startsWith(`${where}: `)), `${where} among\n${found.join("\n")}`);
  }
  assert.ok(!found.some(p => p.startsWith("right: ")), found.join("\n"));
});

test("the package holds templates, dashboard, schema and notes, and none of the tests' values", () => {
  const folder = temporary();
  assert.equal(run(helm, ["package", chart, "--destination", folder]).code, 0);
  const files = run("tar", ["-tzf", join(folder, readdirSync(folder)[0])]).stdout.split("\n");
  for (const file of ["templates/NOTES.txt", "templates/tests/connect.yaml", "dashboards/wsingress.json", "values.schema.json", "README.md"]) {
    assert.ok(files.includes(`wsingress/${file}`), file);
  }
  assert.deepEqual(files.filter(f => f.startsWith("wsingress/ci/")), []);
});
