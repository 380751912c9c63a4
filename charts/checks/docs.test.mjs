// What the pages say about the chart: commands of Helm give what they promise, numbers are the chart's.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { chart, container, flags, helm, helm3, ofKind, parseAll, readYaml, render, root, run, taken, workload } from "./tools.mjs";

const pages = ["README.md", "charts/wsingress/README.md", ...readdirSync(join(root, "docs")).filter(f => f.endsWith(".md")).map(f => `docs/${f}`)]
  .map(path => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** Commands in code blocks that begin with `helm`, as words; a line that ends with a backslash goes on. */
const commands = pages.flatMap(({ path, text }) => [...text.matchAll(/^```.*\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
  block.replaceAll(/\\\n\s*/g, "").split("\n").map(l => l.replace(/^\$ /, "").trim()).filter(l => l.startsWith("helm ")).map(line => ({ path, line, words: line.split(/\s+/).slice(1) }))));

const help = new Map();
function flagsOf(program, command) {
  const key = `${program} ${command}`;
  if (!help.has(key)) {
    help.set(key, [...run(program, [command, "--help"]).stdout.matchAll(/^\s+(?:-\S, )?(--[a-z-]+)/gm)].map(m => m[1]));
  }
  return help.get(key);
}

/** The objects that `helm install` of these words would create. */
const installed = words => parseAll(run(helm, ["template", ...words.slice(1).filter(w => w !== "--create-namespace")], { cwd: root }).stdout);

describe("commands of Helm", () => {
  test("are found", () => assert.ok(["install", "test", "upgrade"].every(c => commands.some(({ words }) => words[0] === c))));

  for (const { path, line, words } of commands) {
    test(`${path}: ${line}: both versions of Helm have the flags`, () => {
      for (const flag of words.filter(w => w.startsWith("--")).map(w => w.split("=")[0])) {
        for (const program of [helm, helm3]) {
          assert.ok(flagsOf(program, words[0]).includes(flag), flag);
        }
      }
    });

    if (words[0] === "install") {
      test(`${path}: ${line}: renders`, () => assert.equal(installed(words).filter(o => ["Deployment", "DaemonSet"].includes(o.kind)).length, 2, "the controller and the echo pod"));
    }

    // --reuse-values takes no default of the new chart.
    if (words[0] === "upgrade") {
      test(`${path}: ${line}: takes new defaults`, () => assert.ok(words.includes("--reset-then-reuse-values")));
    }
  }

  test("without any cluster-wide right nothing is of the cluster", () => {
    const found = commands.filter(({ path, words }) => path === "docs/kubernetes.md" && words.includes("rbac.scope=true"));
    assert.equal(found.length, 1);
    const objects = installed(found[0].words);
    assert.ok(objects.some(o => o.kind === "Role"));
    assert.deepEqual(objects.filter(o => !o.metadata.namespace).map(o => o.kind), []);
  });
});

/** Code blocks that are values of the chart. */
const values = pages.flatMap(({ path, text }) => [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
  .map(([, block]) => ({ path, block, head: block.split("\n")[0] })).filter(({ head }) => Object.keys(readYaml(join(chart, "values.yaml"))).includes(head.replace(/:$/, ""))));

describe("values", () => {
  for (const { path, block } of values) {
    test(`${path}: ${block.trim().split(/\s+/).slice(0, 4).join(" ")}: render, and the program takes them`, () => taken(render(parseAll(block)[0])));
  }

  test("docs/inventory.md: its token is where it is looked for, on the pod's network and the node's", () => {
    const found = values.filter(({ path }) => path === "docs/inventory.md");
    assert.equal(found.length, 1);
    const [given] = parseAll(found[0].block);
    for (const hostNetwork of [false, true]) {
      const objects = render({ controller: { ...given.controller, hostNetwork } });
      const settings = JSON.parse(ofKind(objects, "ConfigMap").find(m => m.data["appsettings.json"]).data["appsettings.json"]);
      const token = container(objects).env.find(e => e.name === "WSINGRESS_ADMIN_TOKEN_FILE").value;
      const mount = container(objects).volumeMounts.find(m => token.startsWith(`${m.mountPath}/`));
      assert.deepEqual([settings.WsIngress.Admin, flags(objects).admin], ["*:9901", undefined]);
      assert.ok(workload(objects).spec.template.spec.volumes.find(v => v.name === mount.name).secret);
      taken(objects);
    }
  });
});

test("the diagram of a pod's end has the numbers of the defaults", () => {
  const seconds = text => Number(/^(\d+)s$/.exec(text)[1]);
  const objects = render({});
  const grace = workload(objects).spec.template.spec.terminationGracePeriodSeconds;
  const told = container(objects).lifecycle.preStop.sleep.seconds;
  const leaves = told + seconds(flags(objects)["lb-deregistration-delay"]);
  const all = leaves + seconds(flags(objects)["drain-window"]);
  const end = told + seconds(flags(objects)["termination-grace-period"]) - 2;

  const page = pages.find(p => p.path === "docs/high-availability.md").text;
  const bars = [.../^```mermaid\n([\s\S]*?)^```/m.exec(page)[1].matchAll(/^\s+(.+?)\s+:(?:milestone, )?(\d+), (\d+)$/gm)].map(m => [m[1], Number(m[2]), Number(m[3])]);
  assert.deepEqual(bars, [
    ["preStop sleep, endpoints spread", 0, told], ["SIGTERM", told, told], ["SIGKILL", grace, grace],
    ["ready", 0, told], ["not ready, takes new connections", told, leaves], ["Close 1001 spread over the window", leaves, all],
    ["answers are awaited", all, end], ["what is left is cut, exit", end, end],
  ]);
  assert.ok(page.includes(`\`controller.drain.timeout\` (${grace} s)`));
});
