// The rights of the controller: the smallest set for each way to run it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ofKind, render, valuesFiles, flags } from "./tools.mjs";

/** Rights as sorted lines 'SCOPE GROUP/RESOURCE[NAME]: verbs'; scope is a namespace or '*'. */
function rights(objects) {
  return objects.filter(o => ["Role", "ClusterRole"].includes(o.kind)).flatMap(role => role.rules.flatMap(rule => rule.apiGroups.flatMap(group =>
    rule.resources.map(resource => `${role.kind === "Role" ? role.metadata.namespace : "*"} ${group}/${resource}${rule.resourceNames ? `[${rule.resourceNames}]` : ""}: ${[...rule.verbs].sort().join(" ")}`)))).sort();
}

const objectsIn = scope => [
  `${scope} /pods: get`,
  `${scope} /secrets: list watch`,
  `${scope} /services: list watch`,
  `${scope} discovery.k8s.io/endpointslices: list watch`,
  `${scope} events.k8s.io/events: create patch`,
  `${scope} networking.k8s.io/ingresses/status: patch`,
  `${scope} networking.k8s.io/ingresses: list watch`,
];
const lease = (name = "rel-wsingress-leader") => [`ns coordination.k8s.io/leases: create`, `ns coordination.k8s.io/leases[${name}]: get update`];
const expect = (file, lines) => assert.deepEqual(rights(render(valuesFiles[file])), lines.flat().sort());

describe("rights", () => {
  test("in the whole cluster", () => expect("default", [objectsIn("*"), "* networking.k8s.io/ingressclasses: list watch", lease()]));

  test("in namespaces only", () => expect("namespaced", [objectsIn("chat"), objectsIn("games"), lease(), "ns /services[rel-wsingress-controller]: get"]));

  test("in the own namespace only", () => expect("own-namespace", [objectsIn("ns"), lease()]));

  test("in a namespace, with IngressClasses of the cluster, and two objects elsewhere", () =>
    expect("scoped", [objectsIn("chat"), "* networking.k8s.io/ingressclasses: list watch", "edge /services[front]: get", "edge /secrets[wildcard]: list watch", lease()]));

  test("in namespaces with labels", () =>
    expect("selector", [objectsIn("*"), "* /namespaces: list watch", "* networking.k8s.io/ingressclasses: list watch", lease()]));

  test("to read pods for the addresses of their nodes", () =>
    expect("daemonset-hostport", [objectsIn("*"), "* networking.k8s.io/ingressclasses: list watch", lease(), "ns /pods: list"]));

  test("without any write", () => {
    const lines = rights(render(valuesFiles.readonly));
    assert.ok(lines.length > 0);
    assert.deepEqual(lines.filter(l => !/: (list watch|get)$/.test(l)), []);
  });

  test("a Lease as long as the leader writes anything", () => {
    for (const [updateStatus, events] of [[true, true], [true, false], [false, true], [false, false]]) {
      const objects = render({ controller: { updateStatus, events } });
      const leads = updateStatus || events;
      assert.deepEqual(rights(objects).filter(l => l.includes("leases")), leads ? lease() : [], `${updateStatus} ${events}`);
      assert.deepEqual([flags(objects)["leader-election"], flags(objects)["election-id"]], leads ? [undefined, "rel-wsingress-leader"] : ["off", undefined], `${updateStatus} ${events}`);
    }
  });

  test("with a Lease of another name", () => expect("ingress-nginx", [objectsIn("*"), "* networking.k8s.io/ingressclasses: list watch", lease("ingress-controller-leader")]));

  test("none when somebody else gives them", () => expect("quiet", []));

  for (const file of ["namespaced", "own-namespace"]) {
    test(`${file}: nothing of the cluster, in objects or flags`, () => {
      const objects = render(valuesFiles[file]);
      assert.deepEqual(objects.filter(o => ["ClusterRole", "ClusterRoleBinding"].includes(o.kind)), []);
      assert.ok(!JSON.stringify(ofKind(objects, "RoleBinding")).includes("ClusterRole"));
      assert.equal(flags(objects)["disable-ingress-class-lookup"], "on");
      assert.equal(flags(objects)["watch-namespace"], file === "namespaced" ? "chat,games" : "ns");
    });
  }

  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`${name}: no wildcard, no nodes, no write on Secrets; each binding fits its role and account`, () => {
      const objects = render(file);
      for (const line of rights(objects)) {
        assert.doesNotMatch(line, /\/\*|: .*\*|nodes/);
        assert.doesNotMatch(line, /secrets.*(create|update|patch|delete|get)/);
      }
      for (const binding of objects.filter(o => ["RoleBinding", "ClusterRoleBinding"].includes(o.kind))) {
        const kind = binding.kind.replace("Binding", "");
        assert.equal(binding.roleRef.kind, kind);
        assert.ok(objects.some(o => o.kind === kind && o.metadata.name === binding.roleRef.name && o.metadata.namespace === binding.metadata.namespace), binding.metadata.name);
        const pod = objects.find(o => ["Deployment", "DaemonSet"].includes(o.kind) && o.metadata.labels["app.kubernetes.io/component"] !== "test-echo");
        assert.deepEqual(binding.subjects, [{ kind: "ServiceAccount", name: pod.spec.template.spec.serviceAccountName, namespace: pod.metadata.namespace }]);
      }
    });
  }
});
