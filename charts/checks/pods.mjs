// Manifests on this machine: their containers as processes on 127.0.0.1, their EndpointSlices, and the proxy that serves them.
import { spawn } from "node:child_process";
import dns from "node:dns";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { stringify } from "yaml";
import { binary, charts, ofKind, parseAll, root, temporary } from "./tools.mjs";

// Names of the examples are served here.
const lookup = dns.lookup;
dns.lookup = (name, options, done) => {
  if (!name.endsWith(".example.com")) {
    return lookup(name, options, done);
  }
  const callback = done ?? options;
  return process.nextTick(() => (options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4)));
};

// Lets a script that listens on a fixed port listen on a free one and say which.
const anyPort = `import net from "node:net";
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function () {
  this.once("listening", () => console.log(JSON.stringify({ event: "ready", port: this.address().port })));
  return listen.call(this, 0, "127.0.0.1");
};`;

/** Starts a program and waits for its ready line; it dies with `signal`. */
function start(program, args, env, signal) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  signal.addEventListener("abort", () => child.kill("SIGKILL"));
  let errors = "";
  child.stderr.on("data", data => (errors += data));
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`${program} ${args.join(" ")} is not ready after 60 s\n${errors}`)), 60_000);
    child.on("exit", code => failed(new Error(`${program} ${args.join(" ")} ended with ${code}\n${errors}`)));
    createInterface({ input: child.stdout }).on("line", line => {
      const found = line.startsWith("{") ? JSON.parse(line) : {};
      if (found.event === "ready") {
        clearTimeout(timer);
        done(found);
      }
    });
  });
}

async function startPod(objects, deployment, name, signal) {
  const { containers: [container], volumes = [] } = deployment.spec.template.spec;
  if (container.args?.[0] === "echo") {
    const { addresses } = await start(binary, [...container.args.filter(a => !a.startsWith("--listen")), "--listen=127.0.0.1:0", `--name=${name}`, "-o", "json"], {}, signal);
    return Number(new URL(addresses[0]).port);
  }

  // Beside node_modules, so that the script finds its packages.
  const folder = join(charts, "node_modules/.cache/wsingress/pods", name);
  mkdirSync(folder, { recursive: true });
  for (const volume of volumes) {
    const data = volume.configMap ? ofKind(objects, "ConfigMap").find(o => o.metadata.name === volume.configMap.name).data
      : volume.secret ? ofKind(objects, "Secret").find(o => o.metadata.name === volume.secret.secretName).stringData : {};
    Object.entries(data).forEach(([file, text]) => writeFileSync(join(folder, file), text));
  }
  const preload = `data:text/javascript,${encodeURIComponent(anyPort)}`;
  const { port } = await start(process.execPath, ["--import", preload, join(folder, "server.mjs")], { HOSTNAME: name, TLS_FOLDER: folder }, signal);
  return port;
}

/** The EndpointSlices that a cluster would write, for [{service, port, name}]. */
function slices(objects, pods) {
  return pods.map(({ service, port, name }) => {
    const { metadata: { namespace }, spec } = ofKind(objects, "Service").find(o => o.metadata.name === service);
    return {
      apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4",
      metadata: { name, namespace, labels: { "kubernetes.io/service-name": service } },
      ports: [{ name: spec.ports[0].name, port, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true }, targetRef: { kind: "Pod", name, uid: name } }],
    };
  });
}

export const exampleText = name => readFileSync(join(root, "deploy/examples", `${name}.yaml`), "utf8");

/** A folder with the manifests and slices for `pods`. */
function folderOf(text, objects, pods) {
  const folder = temporary();
  writeFileSync(join(folder, "example.yaml"), text);
  writeFileSync(join(folder, "slices.yaml"), slices(objects, pods).map(o => `---\n${stringify(o)}`).join(""));
  return folder;
}

/** A folder with the example as a cluster would have it, with two pods for each Deployment, none of which runs. */
export function withSlices(name) {
  const objects = parseAll(exampleText(name));
  return folderOf(exampleText(name), objects, ofKind(objects, "Deployment").flatMap(d => [0, 1].map(i => ({ service: d.metadata.name, port: 3000, name: `${d.metadata.name}-${i}` }))));
}

export const serve = (name, signal, change = text => text) => serveText(change(exampleText(name)), signal);

/** Two pods for each Deployment of the manifests and the proxy; they run until `signal`. Gives the ports of proxy and pods. */
export async function serveText(text, signal, flags = []) {
  const objects = parseAll(text);
  const pods = await Promise.all(ofKind(objects, "Deployment").flatMap(deployment => [0, 1].map(async i => {
    const pod = `${deployment.metadata.name}-${i}`;
    return { service: deployment.metadata.name, name: pod, port: await startPod(objects, deployment, pod, signal) };
  })));
  const ready = await start(binary, ["run", "--manifests", folderOf(text, objects, pods), "--http=127.0.0.1:0", "--https=127.0.0.1:0", "--metrics=off", "--admin=off", "--access-log=off", "--output=json", ...flags], {}, signal);
  return { http: Number(ready.http.split(":").at(-1)), https: Number(ready.https.split(":").at(-1)), pods: pods.map(p => p.port) };
}

/** A test with a signal that ends what it started. */
export const live = (name, body) => test(name, { timeout: 120_000 }, async () => {
  const end = new AbortController();
  try {
    await body(end.signal);
  } finally {
    end.abort();
  }
});
