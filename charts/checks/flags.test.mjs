// Flags that the chart passes exist in the program.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { binary, chart, flags, ofKind, render, run, taken, template, valuesFiles } from "./tools.mjs";

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

  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`${name}: taken by the program`, () => {
      taken(render(file));
    });
  }
});

describe("every electionTTL that the chart takes is taken by the program, with two thirds of it to renew", () => {
  for (const [ttl, deadline] of [["5s", "3s"], ["8s", "5s"], ["15s", "10s"], ["90s", "60s"], ["9999999s", "6666666s"]]) {
    test(ttl, () => {
      const objects = render({ controller: { electionTTL: ttl } });
      assert.equal(flags(objects)["lease-renew-deadline"], deadline);
      taken(objects);
    });
  }

  for (const ttl of ["15", "1m", "500ms", "1h", "1m30s", "8000ms", "15s15s", "15.5s", "0s", "4s", "08s", "10000000s", " 15s"]) {
    test(`${ttl} is refused`, () => assert.match(template({ controller: { electionTTL: ttl } }).stderr, /controller[./]electionTTL/));
  }

  test("and where nobody asks the schema nothing is taken that gives no deadline", () => {
    for (const ttl of ["1m", "1m30s", "8000ms"]) {
      assert.match(template({ controller: { electionTTL: ttl } }, { args: ["--skip-schema-validation"] }).stderr, /controller\.electionTTL: /, ttl);
    }
  });
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
