// The end of a pod: all numbers come from one, and they add up.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { container, flags, render, template, valuesFiles, workload } from "./tools.mjs";

const seconds = text => Number(/^(\d+)s$/.exec(text)[1]);

function plan(values, options) {
  const objects = render(values, options);
  const found = flags(objects);
  return {
    grace: workload(objects).spec.template.spec.terminationGracePeriodSeconds,
    preStop: container(objects).lifecycle?.preStop?.sleep?.seconds ?? 0,
    process: seconds(found["termination-grace-period"]),
    delay: seconds(found["lb-deregistration-delay"]),
    window: found["drain-window"] === undefined ? undefined : seconds(found["drain-window"]),
  };
}

describe("drain", () => {
  test("the defaults", () => assert.deepEqual(plan({}), { grace: 300, preStop: 5, process: 295, delay: 15, window: 250 }));

  test("without a sleeping preStop hook the process has all of the time", () =>
    assert.deepEqual(plan({}, { kubeVersion: "1.29.9" }), { grace: 300, preStop: 0, process: 300, delay: 15, window: 254 }));

  test("the grace period said outright wins over drain.timeout", () => {
    assert.deepEqual(plan({ controller: { terminationGracePeriodSeconds: 600 } }), { grace: 600, preStop: 5, process: 595, delay: 15, window: 520 });
    assert.deepEqual(plan(valuesFiles.drain), { grace: 3600, preStop: 30, process: 3570, delay: 120, window: 3103 });
  });

  test("a hook of one's own is taken to last as long as preStopSleep", () => {
    const found = plan({ controller: { lifecycle: { preStop: { exec: { command: ["/wait"] } } }, drain: { preStopSleep: 40 } } });
    assert.equal(found.process, 260);
  });

  test("no sleep when none is wanted", () => assert.equal(container(render({ controller: { drain: { preStopSleep: 0 } } })).lifecycle, undefined));

  test("a drain window of the settings file is not overruled by a flag", () => assert.equal(plan(valuesFiles.config).window, undefined));

  for (let timeout = 10; timeout <= 1000; timeout = Math.ceil(timeout * 2.3)) {
    for (const [preStopSleep, lbDeregistrationDelay] of [[0, 0], [5, 15], [30, 120]]) {
      test(`timeout ${timeout}, sleep ${preStopSleep}, delay ${lbDeregistrationDelay}: fits or is refused`, () => {
        const values = { controller: { drain: { timeout, preStopSleep, lbDeregistrationDelay } } };
        const left = timeout - preStopSleep - lbDeregistrationDelay - 2;
        if (left < 5) {
          const { code, stderr } = template(values);
          assert.notEqual(code, 0);
          assert.match(stderr, /controller\.drain does not fit/);
          return;
        }
        const found = plan(values);
        assert.equal(found.grace, timeout);
        assert.equal(found.preStop + found.process, found.grace);
        assert.equal(found.delay, lbDeregistrationDelay);
        assert.ok(found.window >= 1 && found.preStop + found.delay + found.window + 2 <= found.grace, JSON.stringify(found));
      });
    }
  }
});
