// Runs the instructions of a Dockerfile on a machine without an engine: stages become folders, absolute paths stay inside them.
// Only what our Dockerfile uses is known; anything else is an error.
//   node deploy/dockerfile.mjs CONTEXT FOLDER TARGETARCH [ARG=VALUE...]    writes FOLDER/STAGE/... and FOLDER/image.json
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join, posix, relative, resolve } from "node:path";

const [context, folder, arch, ...buildArgs] = process.argv.slice(2);
const fail = message => {
  console.error(`Dockerfile: ${message}`);
  process.exit(1);
};

/** Rules of .dockerignore, last match wins; a pattern is a path, '*' or '**' + '/' + a path. */
const rules = readFileSync(join(context, ".dockerignore"), "utf8").split("\n").map(l => l.trim()).filter(l => l && !l.startsWith("#")).map(line => {
  const pattern = line.replace(/^!/, "").replace(/\/$/, "");
  const escaped = pattern.split("/").map(part => part.replaceAll(/[.+^$()|[\]{}]/g, "\\$&").replaceAll("*", "[^/]*")).join("/").replace(/^\[\^\/\]\*\[\^\/\]\*\//, "(.*/)?");
  return { keep: line.startsWith("!"), pattern: new RegExp(`^${escaped}(/.*)?$`) };
});
const ignored = path => {
  const from = relative(context, path);
  return from !== "" && rules.reduce((out, { keep, pattern }) => (pattern.test(from) ? !keep : out), false);
};

const instructions = readFileSync(join(context, "Dockerfile"), "utf8").replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n/g, " ").split("\n").map(l => l.trim()).filter(Boolean)
  .map(line => [line.split(/\s+/)[0], line.slice(line.split(/\s+/)[0].length).trim()]);

/** What --build-arg would give; each must be an ARG of the Dockerfile. */
const given = Object.fromEntries(buildArgs.map(text => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
for (const name of Object.keys(given).filter(n => !instructions.some(([instruction, text]) => instruction === "ARG" && text.split("=")[0] === n))) {
  fail(`ARG ${name} is not there`);
}

const globals = {};
const stages = [];
let stage;
const words = text => text.match(/"[^"]*"|[^\s"]+(?:"[^"]*")?/g).map(w => w.replaceAll('"', ""));
const expand = text => text.replaceAll(/\$\{?(\w+)\}?/g, (_, name) => stage?.env[name] ?? stage?.args[name] ?? globals[name] ?? fail(`$${name} is not set`));
const inStage = path => join(stage.root, posix.resolve(stage.workdir, path));

function copy(text) {
  const parts = words(text);
  const from = parts[0].startsWith("--from=") ? stages.find(s => s.name === parts.shift().slice("--from=".length)) : undefined;
  const target = parts.pop();
  for (const part of parts) {
    const source = from ? join(from.root, part) : resolve(context, part);
    if (!existsSync(source) || (!from && ignored(source))) {
      fail(`COPY ${part}: not in the context`);
    }
    const to = statSync(source).isDirectory() ? inStage(target) : target.endsWith("/") ? join(inStage(target), basename(source)) : inStage(target);
    cpSync(source, to, { recursive: true, filter: path => from !== undefined || !ignored(path) });
  }
}

function run(text) {
  console.log(`RUN ${text}`);
  // Paths such as /app are the stage's: the only one a command is given is --output.
  const command = text.replaceAll(/(--output )(\/\S+)/g, (_, flag, path) => `${flag}${join(stage.root, path)}`);
  const { status } = spawnSync("/bin/sh", ["-c", command], { cwd: join(stage.root, stage.workdir), env: { ...process.env, ...stage.args, ...stage.env }, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) {
    fail(`RUN ${text}: exit code ${status}`);
  }
}

for (const [instruction, text] of instructions) {
  switch (instruction) {
    case "FROM": {
      const [, image, name = "final"] = /^(?:--platform=\$BUILDPLATFORM )?(\S+)(?: AS (\w+))?$/.exec(text) ?? fail(`FROM ${text}`);
      stage = { name, image: expand(image), root: join(folder, name), workdir: "/", env: {}, args: {}, labels: {} };
      mkdirSync(stage.root, { recursive: true });
      stages.push(stage);
      break;
    }
    case "ARG": {
      const [, name, value] = /^(\w+)(?:=(.*))?$/.exec(text) ?? fail(`ARG ${text}`);
      (stage?.args ?? globals)[name] = given[name] ?? value ?? { TARGETARCH: arch }[name] ?? globals[name] ?? fail(`ARG ${name} has no value`);
      break;
    }
    case "ENV":
    case "LABEL":
      for (const pair of words(expand(text))) {
        (instruction === "ENV" ? stage.env : stage.labels)[pair.slice(0, pair.indexOf("="))] = pair.slice(pair.indexOf("=") + 1);
      }
      break;
    case "WORKDIR":
      stage.workdir = posix.resolve(stage.workdir, text);
      mkdirSync(join(stage.root, stage.workdir), { recursive: true });
      break;
    case "COPY":
      copy(expand(text));
      break;
    case "RUN":
      run(text);
      break;
    case "EXPOSE":
      stage.ports = text.split(" ").map(Number);
      break;
    case "USER":
      stage.user = text;
      break;
    case "ENTRYPOINT":
    case "CMD":
      stage[instruction.toLowerCase()] = JSON.parse(text);
      break;
    default:
      fail(`${instruction} is not known here`);
  }
}
writeFileSync(join(folder, "image.json"), JSON.stringify({ ...stage, files: readdirSync(join(stage.root, "app")).sort() }, null, 2));
