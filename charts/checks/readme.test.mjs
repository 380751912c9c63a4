// The README's table is that of values.yaml, and its prose names keys and alerts that exist.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { chart, charts, ofKind, readYaml, render, run, temporary } from "./tools.mjs";

const path = join(chart, "README.md");
const readme = readFileSync(path, "utf8");
const prose = readme.split("## Parameters")[0];

test("the table of parameters is current, and every key has a comment", () => {
  const copy = join(temporary(), "README.md");
  copyFileSync(path, copy);
  const { code, stdout, stderr } = run(join(charts, "readme"), [copy]);
  assert.equal(code, 0, stdout + stderr);
  assert.equal(readFileSync(copy, "utf8"), readme, "run charts/readme");
});

test("keys in the prose are keys of the schema", () => {
  const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8"));
  const names = [...prose.matchAll(/`((?:controller|rbac|test|serviceAccount|global)\.[A-Za-z.]+)/g)].map(m => m[1].replace(/\.$/, ""));
  assert.ok(names.length > 20);
  for (const name of names) {
    let node = schema;
    for (const part of name.split(".")) {
      node = node?.properties?.[part] ?? node?.additionalProperties;
    }
    assert.ok(node, `${name} is no key`);
  }
});

test("every alert is explained", () => {
  const rules = ofKind(render({ controller: { metrics: { enabled: true, prometheusRule: { enabled: true } } } }), "PrometheusRule")[0].spec.groups[0].rules;
  const explained = new Set(prose.match(/WsIngress[A-Z][A-Za-z]+/g));
  assert.deepEqual([...explained].sort(), rules.map(r => r.alert).sort());
});

test("the time line is that of the defaults", () => {
  const { timeout, preStopSleep, lbDeregistrationDelay } = readYaml(join(chart, "values.yaml")).controller.drain;
  const told = preStopSleep + lbDeregistrationDelay;
  const window = Math.floor(((timeout - told - 2) * 9) / 10);
  const seconds = [...prose.matchAll(/^\| (\d+) \|/gm)].map(m => Number(m[1]));
  assert.deepEqual(seconds, [0, preStopSleep, told, told + window, timeout - 2, timeout]);
});

test("links lead somewhere", () => {
  for (const [, link] of prose.matchAll(/\]\((?!http|#)([^)#]+)/g)) {
    assert.ok(existsSync(join(dirname(path), link)), link);
  }
});

test("chart and program have one version", () => {
  const { version, appVersion } = readYaml(join(chart, "Chart.yaml"));
  const program = /<Version>([^<]+)</.exec(readFileSync(join(charts, "../Directory.Build.props"), "utf8"))[1];
  assert.deepEqual([version, appVersion], [program, program]);
});
