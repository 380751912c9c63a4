// How the rendered objects hang together.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { container, flags, namespace, ofKind, readYaml, render, valuesFiles, workload } from "./tools.mjs";

const covers = (labels, selector) => Object.entries(selector).every(([key, value]) => labels[key] === value);
const main = objects => workload(objects);
const isTest = o => o.metadata.annotations?.["helm.sh/hook"] === "test";

describe("every values file", () => {
  for (const [name, file] of Object.entries(valuesFiles)) {
    test(`${name}: selectors meet the labels of the controller's pods, and only theirs`, () => {
      const objects = render(file);
      const pod = main(objects).spec.template;
      const selector = main(objects).spec.selector.matchLabels;
      assert.ok(covers(pod.metadata.labels, selector));
      const selectors = [
        ...ofKind(objects, "Service").filter(o => !isTest(o)).map(o => o.spec.selector),
        ...ofKind(objects, "PodDisruptionBudget").map(o => o.spec.selector.matchLabels),
        ...ofKind(objects, "NetworkPolicy").map(o => o.spec.podSelector.matchLabels),
        ...ofKind(objects, "PodMonitor").map(o => o.spec.selector.matchLabels),
      ];
      for (const found of selectors) {
        assert.deepEqual(found, selector);
      }
      for (const monitor of ofKind(objects, "ServiceMonitor")) {
        const met = ofKind(objects, "Service").filter(o => covers(o.metadata.labels, monitor.spec.selector.matchLabels));
        assert.equal(met.length, 1, "one Service has the labels");
        assert.deepEqual(met[0].spec.ports.map(p => p.name), monitor.spec.endpoints.map(e => e.port));
      }
      for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
        assert.ok(covers(pod.metadata.labels, constraint.labelSelector.matchLabels));
      }
      for (const o of objects.filter(o => isTest(o) && o.spec.template)) {
        assert.ok(!covers(o.spec.template.metadata.labels, selector), "the echo pod is no controller");
      }
    });

    test(`${name}: ports named in Services, probes and policies exist in the container`, () => {
      const objects = render(file);
      const ports = new Map(container(objects).ports.map(p => [p.name, p.containerPort]));
      assert.equal(ports.size, 3);
      for (const service of ofKind(objects, "Service").filter(o => !isTest(o))) {
        assert.ok(service.spec.ports.length > 0);
        for (const { targetPort } of service.spec.ports) {
          assert.ok(ports.has(targetPort), targetPort);
        }
      }
      for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
        const found = container(objects)[probe];
        if (found) {
          assert.ok(ports.has((found.httpGet ?? found.tcpSocket).port), probe);
        }
      }
      const found = flags(objects);
      assert.deepEqual([found.http, found.https, found.metrics].map(Number), [...ports.values()]);
    });

    test(`${name}: names are unique, everything has the labels of the release and the pods no version`, () => {
      const objects = render(file).filter(o => !(o.kind === "ConfigMap" && /-(more|text)$/.test(o.metadata.name)));
      const names = objects.map(o => `${o.kind} ${o.metadata.namespace} ${o.metadata.name}`);
      assert.deepEqual([...new Set(names)], names);
      for (const o of objects) {
        assert.equal(o.metadata.labels["app.kubernetes.io/instance"], "rel", o.kind);
        assert.equal(o.metadata.labels["app.kubernetes.io/managed-by"], "Helm", o.kind);
        assert.ok(o.metadata.name.length <= 63, o.metadata.name);
      }
      assert.ok(!("helm.sh/chart" in main(objects).spec.template.metadata.labels), "a new chart alone must not replace pods");
      assert.ok(!("app.kubernetes.io/version" in main(objects).spec.template.metadata.labels));
    });

    test(`${name}: the process has no rights on its node`, () => {
      const objects = render(file);
      const containers = [container(objects), ...objects.filter(isTest).flatMap(o => (o.spec.template?.spec ?? o.spec).containers ?? [])];
      for (const { securityContext } of containers) {
        assert.equal(securityContext.runAsNonRoot, true);
        assert.ok(securityContext.runAsUser > 0);
        assert.equal(securityContext.readOnlyRootFilesystem, true);
        assert.equal(securityContext.allowPrivilegeEscalation, false);
        assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
        assert.equal(securityContext.seccompProfile.type, "RuntimeDefault");
      }
    });

    test(`${name}: helm test uses a class and a namespace that are served`, () => {
      const objects = render(file);
      const tests = objects.filter(isTest);
      const asked = readYaml(file)?.test?.enabled !== false && ofKind(objects, "Service").some(o => !isTest(o) && !/-metrics$/.test(o.metadata.name));
      assert.deepEqual(tests.map(o => o.kind).sort(), asked ? ["Deployment", "Ingress", "Pod", "Service"] : []);
      if (asked) {
        const found = flags(objects);
        const ingress = ofKind(tests, "Ingress")[0];
        assert.equal(ingress.spec.ingressClassName, found["ingress-class"]);
        assert.ok(!found["watch-namespace"] || found["watch-namespace"].split(",").includes(ingress.metadata.namespace));
        const [, service, ns, port] = /^ws:\/\/([^.]+)\.([^.:]+):(\d+)\/$/.exec(ofKind(tests, "Pod")[0].spec.containers[0].args[1]);
        assert.ok(ofKind(objects, "Service").some(o => o.metadata.name === service && o.metadata.namespace === ns && o.spec.ports.some(p => p.port === Number(port) && p.targetPort === "http")));
        assert.ok(ofKind(tests, "Pod")[0].spec.containers[0].args.includes(`--header=Host: ${ingress.spec.rules[0].host}`));
      }
    });
  }
});

describe("objects", () => {
  test("two pods, none less during an update", () => {
    const { spec } = workload(render({}));
    assert.equal(spec.replicas, 2);
    assert.deepEqual(spec.strategy, { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  test("pods with host ports are replaced one by one", () => {
    assert.deepEqual(workload(render(valuesFiles["daemonset-hostport"])).spec.updateStrategy.rollingUpdate, { maxSurge: 0, maxUnavailable: 1 });
    assert.deepEqual(workload(render(valuesFiles.hostnetwork)).spec.strategy.rollingUpdate, { maxSurge: 0, maxUnavailable: 1 });
  });

  test("an autoscaler owns the replicas", () => {
    for (const file of ["autoscaling", "keda"]) {
      assert.ok(!("replicas" in workload(render(valuesFiles[file])).spec), file);
    }
    const [scaler] = ofKind(render(valuesFiles.autoscaling), "HorizontalPodAutoscaler");
    assert.deepEqual(scaler.spec.metrics.map(m => m.pods?.metric.name ?? m.resource?.name ?? m.external.metric.name), ["wsingress_websocket_connections", "cpu", "memory", "connections_in_front"]);
    assert.equal(scaler.spec.behavior.scaleDown.stabilizationWindowSeconds, 1800);
    const [scaled] = ofKind(render(valuesFiles.keda), "ScaledObject");
    assert.equal(scaled.spec.scaleTargetRef.name, workload(render(valuesFiles.keda)).metadata.name);
    assert.equal(scaled.spec.triggers[0].metadata.query, 'sum(wsingress_websocket_connections{job="rel-wsingress-controller-metrics"})');
    assert.equal(scaled.spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds, 1800);
  });

  test("a budget only where a pod can be spared", () => {
    assert.equal(ofKind(render({}), "PodDisruptionBudget")[0].spec.minAvailable, 1);
    assert.equal(ofKind(render(valuesFiles.quiet), "PodDisruptionBudget").length, 0);
    assert.deepEqual(ofKind(render(valuesFiles.autoscaling), "PodDisruptionBudget")[0].spec.maxUnavailable, 1);
    assert.ok(!("minAvailable" in ofKind(render(valuesFiles.autoscaling), "PodDisruptionBudget")[0].spec));
  });

  test("one address goes into the status, the strongest", () => {
    const published = values => Object.fromEntries(Object.entries(flags(render(values))).filter(([flag]) => flag.startsWith("publish-")));
    assert.deepEqual(published({}), { "publish-service": `${namespace}/rel-wsingress-controller` });
    assert.deepEqual(published(valuesFiles["internal-only"]), { "publish-service": `${namespace}/rel-wsingress-controller-internal` });
    assert.deepEqual(published(valuesFiles.scoped), { "publish-service": "edge/front" });
    assert.deepEqual(published(valuesFiles.hostnetwork), { "publish-status-address": "203.0.113.7,2001:db8::7,edge.example.com" });
    assert.deepEqual(published(valuesFiles["daemonset-hostport"]),
      { "publish-pod-selector": "app.kubernetes.io/component=controller,app.kubernetes.io/instance=rel,app.kubernetes.io/name=wsingress" });
    assert.deepEqual(published(valuesFiles.quiet), {});
  });

  test("classes: the main one and its aliases share the controller; one is the default", () => {
    const classes = ofKind(render(valuesFiles.classes), "IngressClass");
    assert.deepEqual(classes.map(c => c.metadata.name), ["wsingress", "websockets", "chat.example.com"]);
    assert.deepEqual([...new Set(classes.map(c => c.spec.controller))], ["example.com/edge"]);
    assert.deepEqual(classes.map(c => c.metadata.annotations["ingressclass.kubernetes.io/is-default-class"]), ["true", undefined, undefined]);
    assert.equal(flags(render(valuesFiles.classes))["controller-name"], "example.com/edge");
  });

  test("a takeover of ingress-nginx keeps its class, port and Lease", () => {
    const objects = render(valuesFiles["ingress-nginx"]);
    const found = flags(objects);
    assert.equal(found["ingress-class"], "nginx");
    assert.equal(found["controller-name"], "k8s.io/ingress-nginx");
    assert.equal(found["election-id"], "ingress-controller-leader");
    assert.equal(found["lease-duration"], "30s");
    assert.equal(found["lease-renew-deadline"], "20s");
    assert.equal(found["watch-ingress-without-class"], "on");
    assert.equal(found["default-ssl-certificate"], "edge/wildcard");
    assert.equal(found.metrics, "10254");
    assert.equal(workload(objects).spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector.matchLabels["app.kubernetes.io/instance"], "rel");
  });

  test("the settings file has the settings, and a change of it replaces the pods", () => {
    const objects = render(valuesFiles.config);
    const map = ofKind(objects, "ConfigMap")[0];
    assert.deepEqual(JSON.parse(map.data["appsettings.json"]).WsIngress.TrustedProxies, ["10.0.0.0/8", "fd00::/8"]);
    assert.equal(flags(objects).config, `${container(objects).volumeMounts[0].mountPath}/appsettings.json`);
    assert.equal(workload(objects).spec.template.spec.volumes[0].configMap.name, map.metadata.name);
    const sum = values => workload(render(values)).spec.template.metadata.annotations?.["checksum/config"];
    assert.notEqual(sum({ controller: { config: { LogLevel: "debug" } } }), sum({ controller: { config: { LogLevel: "info" } } }));
    assert.equal(sum({}), undefined);
  });

  test("images: registry, tag, digest", () => {
    const image = values => container(render(values)).image;
    assert.equal(image({}), "ghcr.io/wsingress/wsingress:0.1.0");
    assert.equal(image({ controller: { image: { tag: "1.2.3" } } }), "ghcr.io/wsingress/wsingress:1.2.3");
    assert.equal(image({ controller: { image: { repository: "example.com/a/b" } } }), "example.com/a/b:0.1.0");
    assert.equal(image({ controller: { image: { registry: "" } } }), "wsingress/wsingress:0.1.0");
    assert.equal(image(valuesFiles.names), "registry.example.com/mirror/wsingress@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
  });

  test("all objects go where namespaceOverride says", () => {
    for (const o of render(valuesFiles.names)) {
      assert.ok(["ClusterRole", "ClusterRoleBinding", "IngressClass"].includes(o.kind) ? !o.metadata.namespace : o.metadata.namespace === "edge", o.kind);
    }
  });
});
