// The admin API on the node's network: off unless there is a token, by the order in which the program itself reads.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { binary, flags, render, run, temporary } from "./tools.mjs";

const variable = (name, value) => ({ name: `WSINGRESS_${name}`, value });
const admin = controller => flags(render({ controller: { hostNetwork: true, ...controller } })).admin;

describe("the admin API", () => {
  test("is the program's own default on the pod's network", () => assert.equal(admin({ hostNetwork: false }), undefined));
  test("is off on the node's network", () => assert.equal(admin({}), "off"));

  test("is off though another file might have a token", () =>
    assert.equal(admin({ extraEnvs: [variable("CONFIG", "/run/edge/appsettings.json")] }), "off"));

  test("may be off in each place", () => {
    assert.equal(admin({ config: { Admin: false } }), "off");
    assert.equal(admin({ extraEnvs: [variable("ADMIN", "OFF")] }), "off");
    assert.equal(admin({ extraArgs: { admin: "off" }, config: { Admin: "*:9901" } }), "off");
  });

  test("has the address that it is given with a token", () => {
    assert.equal(admin({ config: { Admin: "*:9901", AdminTokenFile: "/run/admin/token" } }), undefined);
    assert.equal(admin({ extraArgs: { admin: "*:9901" }, extraEnvs: [variable("ADMIN_TOKEN_FILE", "/run/admin/token")] }), "*:9901");
  });

  test("without a node's network may take its token file from anywhere", () =>
    assert.equal(admin({ hostNetwork: false, extraEnvs: [{ name: "WSINGRESS_ADMIN_TOKEN_FILE", valueFrom: { configMapKeyRef: { name: "a", key: "b" } } }] }), undefined));

  test("of several variables of one name Kubernetes takes the last", () => {
    const [none, some] = [variable("ADMIN_TOKEN_FILE", ""), variable("ADMIN_TOKEN_FILE", "/run/admin/token")];
    assert.equal(admin({ extraEnvs: [some, none] }), "off");
    assert.equal(admin({ extraEnvs: [none, some] }), undefined);
  });

  // The program takes an address off loopback with a token alone: so it says itself whether it sees one.
  const path = "/run/admin/token";
  for (const flag of [undefined, path]) { // an empty one ends the program
    for (const env of [undefined, "", path]) {
      for (const file of [undefined, "", path]) {
        test(`token file by flag ${JSON.stringify(flag)}, variable ${JSON.stringify(env)}, file ${JSON.stringify(file)}: the chart sees what the program sees`, () => {
          const settings = join(temporary(), "appsettings.json");
          writeFileSync(settings, JSON.stringify({ WsIngress: { AdminTokenFile: file } }));
          const { stderr } = run(binary, ["controller", "--admin=*:9901", `--config=${settings}`, "--kubeconfig=/does/not/exist", ...(flag === undefined ? [] : [`--admin-token-file=${flag}`])],
            { env: { ...(env !== undefined && { WSINGRESS_ADMIN_TOKEN_FILE: env }) } });
          assert.match(stderr, /--kubeconfig: /);
          const seen = !/--admin: /.test(stderr);
          const found = admin({
            ...(flag !== undefined && { extraArgs: { "admin-token-file": flag } }),
            ...(env !== undefined && { extraEnvs: [variable("ADMIN_TOKEN_FILE", env)] }),
            ...(file !== undefined && { config: { AdminTokenFile: file } }),
          });
          assert.equal(found, seen ? undefined : "off");
        });
      }
    }
  }
});
