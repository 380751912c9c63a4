// The alerts, run by Prometheus' own promtool: each fires on what it is for, and is silent on what looks alike.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { ofKind, render, run, temporary, valuesFiles } from "./tools.mjs";
import { refusals, strangers } from "./words.mjs";

const rules = values => ofKind(render(values), "PrometheusRule")[0].spec;
const defaults = rules({ controller: { metrics: { enabled: true, prometheusRule: { enabled: true } } } });
const names = defaults.groups[0].rules.map(r => r.alert);
const folder = temporary();

function promtool(args, files) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), stringify(content));
  }
  const result = run("promtool", args, { cwd: folder });
  return { ...result, text: result.stdout + result.stderr };
}

const pod = (name = "a") => `job="j",instance="${name}",pod="${name}"`;
const chat = 'namespace="chat",ingress="web",service="web"';
const up = (name = "a", values = "1x200") => ({ series: `wsingress_build_info{${pod(name)},version="1"}`, values });
const open = (values, name = "a") => ({ series: `wsingress_websocket_connections{${pod(name)},${chat}}`, values });
const started = (values, name = "a") => ({ series: `wsingress_start_timestamp_seconds{${pod(name)}}`, values });
const draining = (values, name = "a") => ({ series: `wsingress_drain_remaining_connections{${pod(name)}}`, values });
const closed = (outcome, values, name = "a") => ({ series: `wsingress_websocket_closed_total{${pod(name)},${chat},outcome="${outcome}",initiator="backend",code="1011"}`, values });
const opened = values => ({ series: `wsingress_websocket_opened_total{${pod()},${chat}}`, values });
const failed = (reason, values) => ({ series: `wsingress_websocket_handshake_failures_total{${pod()},${chat},reason="${reason}"}`, values });
const one = (name, values, labels = "") => ({ series: `${name}{${pod()}${labels ? `,${labels}` : ""}}`, values });
const problems = (reason, errors, warnings) => [["error", errors], ["warning", warnings]].map(([severity, values]) => one("wsingress_ingress_problems", values, `reason="${reason}",severity="${severity}"`));
const web = { namespace: "chat", ingress: "web", service: "web" };
const a = { job: "j", instance: "a", pod: "a" };
const day = 86400;

// Whose doing a refused handshake is. Together they are all reasons: a new one has to be put on one side.
const oursOrThePods = ["no-endpoint", "connect-failed", "timeout", "pod-protocol-error", "closed", "no-room", "namespace-full", "ingress-full", "pods-full", "handshake-rate", "internal-error"];
const ofTheClients = ["bad-request", "no-route", "address-denied", "web-socket-off", "redirected-to-tls", "pod-refused", "draining", "client-full", "key-full", "client-gone"];

// Samples come every 30 s. `fires` is the labels of the alert besides its own, or false.
const cases = [
  { alert: "WsIngressMassClose", what: "a third of the sockets lost", series: [up(), open("900x20 600x180"), closed("backend-lost", "10x20 310x180")], at: "12m", fires: web },
  { alert: "WsIngressMassClose", what: "the first loss ever, whose counter is born with it", series: [up(), open("900x20 600x180"), closed("backend-lost", "_x20 300x180")], at: "12m", fires: web },
  { alert: "WsIngressMassClose", what: "losses of several kinds add up", series: [up(), open("900x20 600x180"), closed("backend-lost", "0x20 100x180"), closed("client-lost", "0x20 100x180")], at: "12m", fires: web },
  { alert: "WsIngressMassClose", what: "the counters of a new pod are no loss", series: [up("a", "_x20 1x180"), open("900x200"), closed("backend-lost", "_x20 300x180")], at: "12m", fires: false },
  { alert: "WsIngressMassClose", what: "sockets that a side or a policy ended", series: [up(), open("900x20 100x180"), ...["client-closed", "backend-closed", "max-age", "proxy-shutdown"].map(o => closed(o, "0x20 500x180"))], at: "12m", fires: false },
  { alert: "WsIngressMassClose", what: "few of many", series: [up(), open("9000x200"), closed("client-lost", "0x20 100x180")], at: "12m", fires: false },
  { alert: "WsIngressMassClose", what: "most of very few", series: [up(), open("20x20 0x180"), closed("client-lost", "0x20 20x180")], at: "12m", fires: false },
  { alert: "WsIngressMassClose", what: "over by then", series: [up(), open("900x20 600x180"), closed("backend-lost", "10x20 310x180")], at: "40m", fires: false },
  { alert: "WsIngressHandshakeFailures", what: "one in three", series: [opened("0+20x200"), failed("connect-failed", "0+10x200")], at: "15m", fires: web },
  { alert: "WsIngressPodLost", what: "a pod is gone, and its clients are at the other at once", series: [started("7x20 stale"), open("900x20 stale"), draining("0x20 stale"), started("8x200", "b"), open("900x20 1800x180", "b")], at: "13m", fires: web },
  { alert: "WsIngressPodLost", what: "a container was started again under its name, and its clients came back", series: [started("7x20 1600x180"), open("900x20 _ 450 900x180"), draining("0x200")], at: "13m", fires: web },
  { alert: "WsIngressPodLost", what: "a container that starts slowly", series: [started("7x20 stale _x4 1600x180"), open("900x20 stale _x5 900x180"), draining("0x20 stale _x4 0x180")], at: "13m", fires: web },
  { alert: "WsIngressPodLost", what: "a pod that drained, seen last with a third of its sockets", series: [started("7x20 stale"), open("900x10 900-60x10 stale"), draining("0x10 900-60x10 stale")], at: "13m", fires: false },
  { alert: "WsIngressPodLost", what: "a pod whose clients had left", series: [started("7x20 stale"), open("900x17 0x2 stale"), draining("0x20 stale")], at: "13m", fires: false },
  { alert: "WsIngressPodLost", what: "scrapes that fail for a minute", series: [started("7x20 stale _ 7x180"), open("900x20 stale _ 900x180"), draining("0x20 stale _ 0x180")], at: "11m", fires: false },
  { alert: "WsIngressPodLost", what: "scrapes that failed for a minute", series: [started("7x20 stale _ 7x180"), open("900x20 stale _ 900x180"), draining("0x20 stale _ 0x180")], at: "13m30s", fires: false },
  { alert: "WsIngressPodLost", what: "a container started again before any socket", series: [started("7x20 1600x180"), open("_x22 900x180"), draining("0x200")], at: "13m", fires: false },
  { alert: "WsIngressPodLost", what: "few of many", series: [started("7x20 stale"), open("100x20 stale"), started("8x200", "b"), open("900x200", "b")], at: "13m", fires: false },
  { alert: "WsIngressPodLost", what: "most of very few", series: [started("7x20 stale"), open("40x20 stale")], at: "13m", fires: false },
  { alert: "WsIngressPodLost", what: "over by then", series: [started("7x20 stale"), open("900x20 stale")], at: "20m", fires: false },
  ...oursOrThePods.map(r => ({ alert: "WsIngressHandshakeFailures", what: `all of them by ${r}, none was ever opened`, series: [failed(r, "0+10x200")], at: "15m", fires: web })),
  { alert: "WsIngressHandshakeFailures", what: "faults of clients", series: [opened("0+20x200"), ...ofTheClients.map(r => failed(r, "0+10x200"))], at: "15m", fires: false },
  { alert: "WsIngressHandshakeFailures", what: "one in fifty", series: [opened("0+500x200"), failed("timeout", "0+10x200")], at: "15m", fires: false },
  { alert: "WsIngressHandshakeFailures", what: "two a minute", series: [failed("timeout", "0+1x200")], at: "15m", fires: false },
  { alert: "WsIngressHandshakeFailures", what: "for two minutes only", series: [opened("0x200"), failed("connect-failed", "0x20 10+10x3 50x180")], at: "12m", fires: false },
  { alert: "WsIngressNearOpenFilesLimit", what: "nine tenths", series: [one("wsingress_open_files", "900x200"), one("wsingress_open_files_limit", "1000x200")], at: "10m", fires: a },
  { alert: "WsIngressNearOpenFilesLimit", what: "seven tenths", series: [one("wsingress_open_files", "700x200"), one("wsingress_open_files_limit", "1000x200")], at: "10m", fires: false },
  { alert: "WsIngressNearMemoryLimit", what: "soon new sockets are refused", series: [one("wsingress_memory_bytes", "880x200"), one("wsingress_memory_limit_bytes", "1000x200")], at: "10m", fires: a },
  { alert: "WsIngressNearMemoryLimit", what: "eight tenths", series: [one("wsingress_memory_bytes", "800x200"), one("wsingress_memory_limit_bytes", "1000x200")], at: "10m", fires: false },
  { alert: "WsIngressNearMemoryLimit", what: "no limit", series: [one("wsingress_memory_bytes", "800x200")], at: "10m", fires: false },
  { alert: "WsIngressSourcePortsLow", what: "nine tenths at one of two pods of the controller", series: [["a", "0.2x200"], ["b", "0.9x200"]].map(([name, values]) => ({ series: `wsingress_source_ports_used_ratio{${pod(name)},namespace="chat",service="web"}`, values })), at: "10m", fires: { namespace: "chat", service: "web" } },
  { alert: "WsIngressSourcePortsLow", what: "seven tenths", series: [one("wsingress_source_ports_used_ratio", "0.7x200", 'namespace="chat",service="web"')], at: "10m", fires: false },
  { alert: "WsIngressSnapshotStale", what: "nothing heard for five minutes", series: [one("wsingress_config_snapshot_age_seconds", "0x10 0+30x100")], at: "11m", fires: a },
  { alert: "WsIngressSnapshotStale", what: "a minute", series: [one("wsingress_config_snapshot_age_seconds", "0x10 0 30 60 0x100")], at: "7m", fires: false },
  { alert: "WsIngressTranslationFailed", what: "once", series: [one("wsingress_config_failures_total", "0x10 1x100")], at: "10m", fires: a },
  { alert: "WsIngressTranslationFailed", what: "long ago", series: [one("wsingress_config_failures_total", "0x10 1x100")], at: "30m", fires: false },
  { alert: "WsIngressCertificateExpiry", what: "in ten days", series: [one("wsingress_certificate_expiry_timestamp_seconds", `${10 * day}x100`, 'host="h",secret="chat/tls"')], at: "15m", fires: { host: "h", secret: "chat/tls" } },
  { alert: "WsIngressCertificateExpiry", what: "in twenty days", series: [one("wsingress_certificate_expiry_timestamp_seconds", `${20 * day}x100`, 'host="h",secret="chat/tls"')], at: "15m", fires: false },
  { alert: "WsIngressCertificateExpiry", what: "ended already, which is the other alert's", series: [one("wsingress_certificate_expiry_timestamp_seconds", "60x100", 'host="h",secret="chat/tls"')], at: "15m", fires: false },
  { alert: "WsIngressCertificateExpired", what: "ended", series: [one("wsingress_certificate_expiry_timestamp_seconds", "60x100", 'host="h",secret="chat/tls"')], at: "15m", fires: { host: "h", secret: "chat/tls" } },
  { alert: "WsIngressCertificateExpired", what: "ends in a day", series: [one("wsingress_certificate_expiry_timestamp_seconds", `${day}x100`, 'host="h",secret="chat/tls"')], at: "15m", fires: false },
  { alert: "WsIngressProblems", what: "for twenty minutes", series: problems("service-not-found", "2x100", "0x100"), at: "20m", fires: { reason: "service-not-found" } },
  { alert: "WsIngressProblems", what: "no pod is ready, which is a warning", series: problems("no-ready-endpoints", "0x100", "2x100"), at: "20m", fires: { reason: "no-ready-endpoints" } },
  { alert: "WsIngressProblems", what: "our own IngressClass is gone", series: problems("class-not-found", "2x100", "3x100"), at: "20m", fires: { reason: "class-not-found" } },
  { alert: "WsIngressProblems", what: "for five minutes", series: problems("service-not-found", "2x10 0x90", "0x100"), at: "20m", fires: false },
  { alert: "WsIngressProblems", what: "warnings, which cost nothing", series: ["foreign-annotation", "unknown-annotation", "class-not-found"].flatMap(r => problems(r, "0x100", "2x100")), at: "20m", fires: false },
  // The window ends at 400 s, the process half a minute or two after it, and its series with it.
  { alert: "WsIngressDrainStuck", what: "still open when all were told", series: [one("wsingress_drain_remaining_connections", "0x10 500 400 300 200 100 stale"), one("wsingress_drain_window_end_timestamp_seconds", "0x10 400x4 stale")], at: "7m", fires: a },
  { alert: "WsIngressDrainStuck", what: "a drain under way", series: [one("wsingress_drain_remaining_connections", "0x10 500 400 300 200 100 stale"), one("wsingress_drain_window_end_timestamp_seconds", "0x10 460x4 stale")], at: "7m30s", fires: false },
  { alert: "WsIngressDrainStuck", what: "not ready, and the drain not begun", series: [one("wsingress_drain_remaining_connections", "0x10 500x5"), one("wsingress_drain_window_end_timestamp_seconds", "0x20")], at: "7m", fires: false },
  { alert: "WsIngressDrainStuck", what: "seen last before the window's end", series: [one("wsingress_drain_remaining_connections", "0x10 500 250 20 _ _ _"), one("wsingress_drain_window_end_timestamp_seconds", "0x10 400x2 _ _ _")], at: "7m", fires: false },
  { alert: "WsIngressDrainStuck", what: "all closed in time", series: [one("wsingress_drain_remaining_connections", "0x10 500 250 0x5"), one("wsingress_drain_window_end_timestamp_seconds", "0x10 400x7")], at: "7m", fires: false },
  { alert: "WsIngressNoLeader", what: "nobody leads", series: [one("wsingress_leader", "0x100"), { series: `wsingress_leader{${pod("b")}}`, values: "0x100" }], at: "10m", fires: {} },
  { alert: "WsIngressNoLeader", what: "one of two leads", series: [one("wsingress_leader", "0x100"), { series: `wsingress_leader{${pod("b")}}`, values: "1x100" }], at: "10m", fires: false },
  { alert: "WsIngressDown", what: "no series", series: [one("up", "1x100")], at: "10m", fires: {} },
  { alert: "WsIngressDown", what: "one pod of two is there", series: [up("b", "1x100")], at: "10m", fires: false },
];

describe("alerts", () => {
  test("all are tested in both directions", () => {
    for (const [kind, found] of [["fires", cases.filter(c => c.fires)], ["silent", cases.filter(c => !c.fires)]]) {
      assert.deepEqual([...new Set(found.map(c => c.alert))].sort(), [...names].sort(), kind);
    }
  });

  test("every reason of a refused handshake is tested", () => assert.deepEqual([...oursOrThePods, ...ofTheClients].sort(), [...refusals].sort()));

  test("are tested with words that the process exports", () => assert.deepEqual(cases.flatMap(c => c.series).flatMap(s => strangers(s.series)), []));

  for (const [name, values] of [["the defaults", undefined], ["monitoring", valuesFiles.monitoring], ["podmonitor", valuesFiles.podmonitor], ["ingress-nginx", valuesFiles["ingress-nginx"]]]) {
    test(`promtool takes the rules of ${name}`, () => {
      const { code, text } = promtool(["check", "rules", "rules.yaml"], { "rules.yaml": values ? rules(values) : defaults });
      assert.equal(code, 0, text);
      assert.match(text, /SUCCESS: [1-9]/);
    });
  }

  const severity = new Map(defaults.groups[0].rules.map(r => [r.alert, r.labels.severity]));
  const bare = structuredClone(defaults);
  bare.groups[0].rules.forEach(r => delete r.annotations); // promtool would compare their text too
  for (const { alert, what, series, at, fires } of cases) {
    test(`${alert}: ${fires ? "fires" : "silent"}: ${what}`, () => {
      const suite = {
        rule_files: ["bare.yaml"],
        evaluation_interval: "30s",
        tests: [{
          interval: "30s",
          input_series: series,
          alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: fires ? [{ exp_labels: { severity: severity.get(alert), ...fires } }] : [] }],
        }],
      };
      const { code, text } = promtool(["test", "rules", "suite.yaml"], { "bare.yaml": bare, "suite.yaml": suite });
      assert.equal(code, 0, text);
    });
  }

  test("texts name the Ingress and the number", () => {
    const suite = {
      rule_files: ["rules.yaml"],
      evaluation_interval: "30s",
      tests: [{
        interval: "30s",
        input_series: problems("service-not-found", "2x100", "0x100"),
        alert_rule_test: [{
          eval_time: "20m", alertname: "WsIngressProblems",
          exp_alerts: [{ exp_labels: { severity: "warning", reason: "service-not-found" }, exp_annotations: {
            summary: "Something that Ingresses ask for is not served: service-not-found",
            description: "2 problems with the reason service-not-found. Events on the Ingresses and the controller's log name objects and fields.",
          } }],
        }],
      }],
    };
    const { code, text } = promtool(["test", "rules", "suite.yaml"], { "rules.yaml": defaults, "suite.yaml": suite });
    assert.equal(code, 0, text);
  });

  test("thresholds, labels, selectors and switched-off alerts of the values are in the rules", () => {
    const found = rules({ controller: { metrics: { enabled: true, prometheusRule: { enabled: true, selector: 'job="edge"', alertLabels: { team: "edge" }, disabledAlerts: ["WsIngressDown"], thresholds: { snapshotAgeSeconds: 77 } } } } }).groups[0].rules;
    assert.ok(!found.some(r => r.alert === "WsIngressDown"));
    assert.match(found.find(r => r.alert === "WsIngressSnapshotStale").expr, /\{job="edge",\} > 77/);
    for (const rule of found) {
      assert.equal(rule.labels.team, "edge");
      assert.deepEqual(rule.expr.match(/wsingress_\w+(?!\{job="edge",)\b(?!\{)/g), null, rule.expr);
    }
  });

  test("without an election nobody has to lead", () => {
    for (const [election, expected] of [[{ disableLeaderElection: true }, false], [{ updateStatus: false, events: false }, false], [{ updateStatus: false }, true]]) {
      const found = rules({ controller: { ...election, metrics: { enabled: true, prometheusRule: { enabled: true } } } }).groups[0].rules;
      assert.equal(found.some(r => r.alert === "WsIngressNoLeader"), expected, JSON.stringify(election));
    }
  });
});
