// Metrics, and words of labels, that alerts, dashboard and autoscalers name exist; queries of the dashboard parse.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { chart, ofKind, render, root, run, temporary, valuesFiles } from "./tools.mjs";
import { outcomes, problems, refusals, strangers } from "./words.mjs";

const documented = new Set(readFileSync(join(root, "docs/metrics.md"), "utf8").match(/wsingress_[a-z_]+/g));
const foreign = /^container_(cpu_usage_seconds_total|memory_working_set_bytes)$/;

function check(text) {
  for (const name of text.match(/\b(?:wsingress|container|process)_[a-z_]+\b/g)) {
    const base = name.replace(/_(bucket|sum|count)$/, "");
    assert.ok(documented.has(name) || documented.has(base) || foreign.test(name), `${name} is no metric of docs/metrics.md`);
  }
}

describe("metrics", () => {
  const dashboard = JSON.parse(readFileSync(join(chart, "dashboards/wsingress.json"), "utf8"));
  const panels = dashboard.panels.filter(p => p.type !== "row");

  const alerts = ofKind(render({ controller: { metrics: { enabled: true, prometheusRule: { enabled: true } } } }), "PrometheusRule")[0].spec.groups[0].rules;

  test("metrics of the alerts", () => check(JSON.stringify(alerts)));
  test("metrics of the autoscaler", () => check(JSON.stringify(ofKind(render(valuesFiles.autoscaling), "HorizontalPodAutoscaler"))));
  test("metrics of the dashboard", () => check(JSON.stringify(dashboard)));

  test("words of labels are those that the process exports", () => {
    assert.deepEqual([outcomes.length > 15, refusals.length > 10, problems.length > 15], [true, true, true]);
    const queries = [...alerts, ...panels.flatMap(p => p.targets)].map(q => q.expr);
    assert.deepEqual(queries.flatMap(strangers), []);
    assert.ok(queries.some(q => q.includes("no-endpoint")) && queries.some(q => q.includes("proxy-shutdown")));
  });

  test("a word that the process does not export is seen", () =>
    assert.deepEqual(strangers('a{reason="x"} + wsingress_websocket_closed_total{job="j",outcome!~"max-age|bored"} + wsingress_ingress_problems{reason="ServiceNotFound"} + wsingress_leader{reason="x"}'),
      ['wsingress_websocket_closed_total{outcome="bored"}', 'wsingress_ingress_problems{reason="ServiceNotFound"}', 'wsingress_leader{reason="x"}']));

  test("monitors leave namespace and service to the Ingress", () => {
    for (const [file, kind, endpoints] of [["monitoring", "ServiceMonitor", "endpoints"], ["podmonitor", "PodMonitor", "podMetricsEndpoints"]]) {
      assert.deepEqual(ofKind(render(valuesFiles[file]), kind)[0].spec[endpoints].map(e => [e.honorLabels, e.path, e.port, ...e.relabelings.slice(0, 2).map(r => r.targetLabel)]),
        [[true, "/metrics", "metrics", "controller_namespace", "controller_pod"]]);
    }
  });

  // The endpoints of other Services lose a pod with its deletion, and Prometheus would see nothing of its drain.
  test("the Service of the metrics keeps pods that drain, those of the traffic do not", () => {
    const objects = [valuesFiles.monitoring, valuesFiles["two-services"], { controller: { metrics: { enabled: true } } }].flatMap(file => ofKind(render(file), "Service"));
    const kept = s => s.spec.publishNotReadyAddresses;
    const [metrics, others] = [true, false].map(own => objects.filter(s => (s.metadata.labels["wsingress.io/service"] === "metrics") === own));
    assert.ok(metrics.length >= 2 && others.length >= 4);
    assert.deepEqual([metrics.every(s => kept(s) === true), others.some(kept)], [true, false]);
  });

  test("every panel has a title, a data source and queries that Prometheus can read", () => {
    assert.ok(panels.length > 25);
    const rules = panels.flatMap(p => {
      assert.ok(p.title && p.targets.length > 0 && p.datasource.uid === "${datasource}", p.title);
      return p.targets.map(t => ({ record: "a", expr: t.expr.replaceAll("$__rate_interval", "5m") }));
    });
    const file = join(temporary(), "queries.yaml");
    writeFileSync(file, stringify({ groups: rules.map((rule, i) => ({ name: `g${i}`, rules: [rule] })) }));
    const { code, stdout, stderr } = run("promtool", ["check", "rules", "--lint=none", file]);
    assert.equal(code, 0, stdout + stderr);
  });

  test("panels do not overlap and have numbers of their own", () => {
    assert.equal(new Set(dashboard.panels.map(p => p.id)).size, dashboard.panels.length);
    const taken = new Set();
    for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
      assert.ok(x + w <= 24, title);
      for (let i = 0; i < w * h; i++) {
        const cell = `${x + (i % w)} ${y + Math.floor(i / w)}`;
        assert.ok(!taken.has(cell), `${title} at ${cell}`);
        taken.add(cell);
      }
    }
  });

  test("variables of the dashboard are declared", () => {
    const declared = dashboard.templating.list.map(v => v.name);
    for (const [, name] of JSON.stringify(dashboard).matchAll(/\$\{?([a-z_]+)\}?/g)) {
      assert.ok(declared.includes(name) || ["__rate_interval", "__all"].includes(name), name);
    }
  });

  test("the ConfigMap holds the dashboard as it is, with the sidecar's label", () => {
    const map = ofKind(render(valuesFiles.monitoring), "ConfigMap").find(m => m.metadata.name.endsWith("-dashboard"));
    assert.equal(map.metadata.labels.grafana_dashboard, "1");
    assert.deepEqual(JSON.parse(map.data["wsingress.json"]), dashboard);
  });
});
