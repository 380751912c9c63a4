// Every values file in ci/refused/ ends the rendering, with the sentence in its first line.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { chart, template } from "./tools.mjs";

describe("refused values", () => {
  const folder = join(chart, "ci/refused");
  for (const file of readdirSync(folder).sort()) {
    test(file.replace(/\.yaml$/, ""), () => {
      const expected = /^# expect: (.+)$/m.exec(readFileSync(join(folder, file), "utf8"))?.[1];
      assert.ok(expected, "the first line is '# expect: MESSAGE'");
      const { code, stderr } = template(join(folder, file));
      assert.notEqual(code, 0, "the values were taken");
      assert.ok(stderr.includes(expected), stderr);
    });
  }
});

test("every object of the schema that is ours is closed", () => {
  const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8"));
  const open = [];
  const walk = (node, path) => {
    if (node.properties && node.additionalProperties !== false) {
      open.push(path);
    }
    for (const [key, child] of Object.entries({ ...node.definitions, ...node.properties, ...(node.items && { items: node.items }) })) {
      walk(child, path ? `${path}.${key}` : key);
    }
  };
  walk(schema, "");
  assert.ok(JSON.stringify(schema).match(/"additionalProperties":false/g).length > 40);
  assert.deepEqual(open, ["global", "global.image", "controller.admissionWebhooks", "controller.opentelemetry", "defaultBackend"],
    "open on purpose: a parent chart's keys, and parts of ingress-nginx that only may be off");
});
