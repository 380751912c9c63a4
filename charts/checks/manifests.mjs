// Plain manifests of the chart, for `kubectl apply`. deploy/render writes them; with --check it says which are not current.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, template } from "./tools.mjs";

const oldest = "1.30"; // the preStop hook sleeps, which no older version knows

const files = {
  "deploy/wsingress.yaml": {
    head: ["WsIngress for the whole cluster, in the namespace wsingress.", "", "  kubectl apply -f deploy/wsingress.yaml"],
    values: {},
  },
  "deploy/wsingress-namespaced.yaml": {
    head: ["WsIngress for the namespace wsingress alone: Roles only, nothing of the cluster.", "It takes Ingresses with the class name wsingress, without an IngressClass object.",
      "For another namespace replace 'namespace: wsingress' and --watch-namespace.", "", "  kubectl create namespace wsingress", "  kubectl apply -f deploy/wsingress-namespaced.yaml"],
    values: { rbac: { scope: true }, controller: { scope: { enabled: true }, ingressClassResource: { enabled: false } } },
    namespaced: true,
  },
};

/** The text of every file, by path. */
export function manifests() {
  return Object.fromEntries(Object.entries(files).map(([path, { head, values, namespaced }]) => {
    const { code, stdout, stderr } = template(values, { name: "wsingress", ns: "wsingress", kubeVersion: `${oldest}.0`, args: ["--no-hooks"] });
    if (code !== 0) {
      throw new Error(stderr);
    }
    const objects = stdout.replace(/^# Source: .*\n/gm, "").replace(/^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm, "");
    const comment = [...head, "", `Kubernetes ${oldest} or later; the chart in charts/wsingress does without the preStop hook on older ones.`, "Written by deploy/render: change the chart, not this file."]
      .map(line => `# ${line}`.trimEnd()).join("\n");
    const own = namespaced ? "" : "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: wsingress\n";
    return [path, `${comment}\n${own}${objects}`];
  }));
}

/** Paths of files that are not what the chart gives now. */
export const stale = () => Object.entries(manifests())
  .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text).map(([path]) => path);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === "--check") {
    const found = stale();
    found.forEach(path => console.error(`${path} is not current: run deploy/render`));
    process.exitCode = found.length > 0 ? 1 : 0;
  } else {
    Object.entries(manifests()).forEach(([path, text]) => writeFileSync(join(root, path), text));
  }
}
