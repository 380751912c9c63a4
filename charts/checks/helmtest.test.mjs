// What `helm test` runs in a cluster, run here: the rendered echo pods, the rendered Ingress and Service served, the rendered client.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { stringify } from "yaml";
import { live, serveText } from "./pods.mjs";
import { binary, flags, ofKind, render, run, valuesFiles } from "./tools.mjs";

/** Serves what the hooks create, as the controller with these values would, and runs the client against it. */
async function helmTest(values, signal, ingressClass = objects => flags(objects)["ingress-class"]) {
  const objects = render(values);
  const hooks = objects.filter(o => o.metadata.annotations?.["helm.sh/hook"] === "test");
  const text = hooks.filter(o => o.kind !== "Pod").map(o => `---\n${stringify(o)}`).join("");
  const { http, pods } = await serveText(text, signal, [`--ingress-class=${ingressClass(objects)}`]);
  const { args } = ofKind(hooks, "Pod")[0].spec.containers[0];
  // Only the address of the controller's Service is another here.
  const service = new URL(args.find(a => a.startsWith("ws://")));
  const client = run(binary, [...args, `--resolve=${service.hostname}:${service.port || 80}:127.0.0.1:${http}`], { timeout: 60_000 });
  return { hooks, pods, client };
}

describe("helm test", () => {
  for (const name of ["default", "names", "ingress-nginx", "namespaced", "internal-only"]) {
    live(`${name}: the client gets its echo from the echo pod`, async signal => {
      const { hooks, pods, client } = await helmTest(valuesFiles[name], signal);
      assert.equal(client.code, 0, client.stderr);
      assert.equal(client.stdout, "hello\n");
      const deployment = ofKind(hooks, "Deployment")[0];
      assert.match(client.stderr, new RegExp(`^answered by: ${deployment.metadata.name}-[01]$`, "m"));

      const probe = deployment.spec.template.spec.containers[0].readinessProbe.httpGet;
      assert.equal((await fetch(`http://127.0.0.1:${pods[0]}${probe.path}`)).status, 200);
    });
  }

  live("the client fails where the controller does not serve the Ingress", async signal => {
    const { client } = await helmTest(valuesFiles.default, signal, () => "another");
    assert.equal(client.code, 1);
    assert.match(client.stderr, /404/);
  });
});
