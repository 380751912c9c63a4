// Flags that the chart passes exist in the program.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { binary, chart, flags, ofKind, render, run, temporary, valuesFiles } from "./tools.mjs";

const names = text => [...text.matchAll(/^\s+(?:-\S, )?--([a-z0-9-]+)/gm)].map(m => m[1]);
function help(command) {
  const { code, stdout, stderr } = run(binary, [command, "--help"]);
  assert.equal(code, 0, stderr);
  return names(stdout);
}
const commandLine = ["help", "output", "version"];

/** The list in templates/_settings.tpl. */
const known = /define "wsingress.settings.known"[\s\S]*?end -/.exec(readFileSync(join(chart, "templates/_settings.tpl"), "utf8"))[0].match(/"[a-z0-9-]+"/g).slice(1).map(t => t.slice(1, -1)).filter(n => n !== "list");

test("the program is built", () => assert.equal(run(binary, ["--version"]).code, 0, "dotnet build src/WsIngress -c Release"));

test("the chart's list of settings is the program's", () =>
  assert.deepEqual([...known, "config"].sort(), help("controller").filter(n => !commandLine.includes(n)).sort()));

describe("flags that are passed", () => {
  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`${name}: known to the chart's own list`, () => assert.deepEqual(Object.keys(flags(render(file))).filter(f => f !== "config" && !known.includes(f)), []));
  }

  // A kubeconfig that does not exist ends the program after its options were read and before anything is opened.
  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`${name}: taken by the program`, () => {
      const objects = render(file);
      const settings = join(temporary(), "appsettings.json");
      writeFileSync(settings, ofKind(objects, "ConfigMap").find(m => m.data["appsettings.json"])?.data["appsettings.json"] ?? "{}");
      const args = Object.entries(flags(objects)).map(([flag, value]) => `--${flag}=${flag === "config" ? settings : value}`);
      const { stderr } = run(binary, ["controller", ...args, "--kubeconfig=/does/not/exist"], { env: { POD_NAMESPACE: "ns", POD_NAME: "pod" } });
      assert.deepEqual(stderr.trim().split("\n"), ["wsingress: --kubeconfig: '/does/not/exist' cannot be used; allowed: a file that exists", "Try 'wsingress controller --help'."]);
    });
  }
});

test("the shortest electionTTL is taken by the program", () => {
  const args = Object.entries(flags(render({ controller: { electionTTL: "5s" } }))).map(([flag, value]) => `--${flag}=${value}`);
  assert.doesNotMatch(run(binary, ["controller", ...args, "--kubeconfig=/does/not/exist"]).stderr, /lease/);
});

describe("helm test", () => {
  for (const o of render({}).filter(o => o.metadata.annotations?.["helm.sh/hook"])) {
    for (const { args } of (o.spec?.template?.spec ?? o.spec)?.containers ?? []) {
      test(`wsingress ${args[0]}`, () => {
        const flagsOf = help(args[0]);
        for (const arg of args.filter(a => a.startsWith("--"))) {
          assert.ok(flagsOf.includes(arg.slice(2).split("=")[0]), arg);
        }
      });
    }
  }
});
