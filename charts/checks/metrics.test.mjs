// Metrics that alerts, dashboard and autoscalers name exist; queries of the dashboard parse.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { chart, ofKind, render, root, run, temporary, valuesFiles } from "./tools.mjs";

const documented = new Set(readFileSync(join(root, "docs/metrics.md"), "utf8").match(/wsingress_[a-z_]+/g));

// Of cluster mode; counts only until docs/metrics.md has the first of them.
const clusterMode = [
  "wsingress_config_snapshot_age_seconds", "wsingress_source_events_total", "wsingress_source_failures_total", "wsingress_source_objects", "wsingress_source_relists_total",
  "wsingress_endpoint_propagation_seconds", "wsingress_kubernetes_events_total", "wsingress_leader", "wsingress_open_files", "wsingress_open_files_limit", "wsingress_status_updates_total",
];
const awaited = clusterMode.some(name => documented.has(name)) ? [] : clusterMode;
const foreign = /^container_(cpu_usage_seconds_total|memory_working_set_bytes)$/;

function check(text) {
  for (const name of text.match(/\b(?:wsingress|container|process)_[a-z_]+\b/g)) {
    const base = name.replace(/_(bucket|sum|count)$/, "");
    assert.ok(documented.has(name) || documented.has(base) || awaited.includes(base) || foreign.test(name), `${name} is no metric of docs/metrics.md`);
  }
}

describe("metrics", () => {
  const dashboard = JSON.parse(readFileSync(join(chart, "dashboards/wsingress.json"), "utf8"));
  const panels = dashboard.panels.filter(p => p.type !== "row");

  test("metrics of the alerts", () => check(JSON.stringify(ofKind(render(valuesFiles.monitoring), "PrometheusRule"))));
  test("metrics of the autoscaler", () => check(JSON.stringify(ofKind(render(valuesFiles.autoscaling), "HorizontalPodAutoscaler"))));
  test("metrics of the dashboard", () => check(JSON.stringify(dashboard)));

  test("monitors leave namespace and service to the Ingress", () => {
    for (const [file, kind, endpoints] of [["monitoring", "ServiceMonitor", "endpoints"], ["podmonitor", "PodMonitor", "podMetricsEndpoints"]]) {
      assert.deepEqual(ofKind(render(valuesFiles[file]), kind)[0].spec[endpoints].map(e => [e.honorLabels, e.path, e.port, ...e.relabelings.slice(0, 2).map(r => r.targetLabel)]),
        [[true, "/metrics", "metrics", "controller_namespace", "controller_pod"]]);
    }
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
