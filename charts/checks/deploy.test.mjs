// Plain manifests and examples: current, valid, and the examples do what they say.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as signalr from "@microsoft/signalr";
import { io } from "socket.io-client";
import WebSocket from "ws";
import { stale } from "./manifests.mjs";
import { exampleText, live, serve, withSlices } from "./pods.mjs";
import { problemsOf } from "./schemas.mjs";
import { binary, container, ofKind, parseAll, render, root, run } from "./tools.mjs";

const examples = readdirSync(join(root, "deploy/examples")).filter(f => f.endsWith(".yaml")).map(f => f.slice(0, -".yaml".length));
const plain = ["deploy/wsingress.yaml", "deploy/wsingress-namespaced.yaml"];
const read = path => parseAll(readFileSync(join(root, path), "utf8"));

describe("plain manifests", () => {
  test("are what the chart gives", () => assert.deepEqual(stale(), [], "run deploy/render"));
  for (const path of plain) {
    test(`${path} is valid`, () => assert.deepEqual(problemsOf(read(path).map(object => ({ where: path, object }))), []));
    test(`${path}: every object but those of the cluster is in the namespace wsingress`, () => {
      for (const o of read(path)) {
        assert.equal(o.metadata.namespace, ["Namespace", "ClusterRole", "ClusterRoleBinding", "IngressClass"].includes(o.kind) ? undefined : "wsingress", o.kind);
        assert.ok(!("app.kubernetes.io/managed-by" in (o.metadata.labels ?? {})), o.kind);
      }
    });
  }
  test("the namespaced one has nothing of the cluster", () =>
    assert.deepEqual(read(plain[1]).map(o => o.kind).filter(k => ["Namespace", "ClusterRole", "ClusterRoleBinding", "IngressClass"].includes(k)), []));
});

describe("examples", () => {
  for (const name of examples) {
    test(`${name} is valid`, () => assert.deepEqual(problemsOf(parseAll(exampleText(name)).map(object => ({ where: name, object }))), []));

    test(`${name} has no problem in a cluster that runs its pods`, () => {
      const { code, stdout } = run(binary, ["validate", withSlices(name)]);
      assert.equal(code, 0, stdout);
    });

    test(`${name} uses the chart's image or Node's, and no right that it does not need`, () => {
      for (const { spec } of ofKind(parseAll(exampleText(name)), "Deployment")) {
        const pod = spec.template.spec;
        assert.equal(pod.automountServiceAccountToken, false);
        for (const { image, securityContext } of [...pod.containers, ...(pod.initContainers ?? [])]) {
          assert.ok(image === container(render({})).image || /^node:\d+-alpine$/.test(image), image);
          assert.deepEqual([securityContext.runAsNonRoot, securityContext.readOnlyRootFilesystem, securityContext.capabilities.drop], [true, true, ["ALL"]]);
        }
      }
    });

    test(`${name}: certificates last`, () => {
      for (const { stringData } of ofKind(parseAll(exampleText(name)), "Secret")) {
        for (const file of ["tls.crt", "ca.crt"].filter(f => f in stringData)) {
          assert.ok(new Date(new X509Certificate(stringData[file]).validTo) > new Date("2100-01-01"));
        }
      }
    });
  }
});

const get = (port, host, path) => new Promise((done, failed) => http.get({ port, host, path, headers: { Host: host } }, response => {
  let body = "";
  response.on("data", data => (body += data)).on("end", () => done({ status: response.statusCode, pod: response.headers["x-pod-name"], location: response.headers.location, body }));
}).on("error", failed));

/** Opens a WebSocket, sends a text and gives what came back with the pod. */
async function echo(url, options = {}) {
  const socket = new WebSocket(url, options);
  let pod;
  socket.on("upgrade", response => (pod = response.headers["x-pod-name"]));
  await once(socket, "open");
  socket.send("hello");
  const [data] = await once(socket, "message");
  socket.close(1000);
  await once(socket, "close");
  return { text: data.toString(), pod };
}

describe("examples do what they say", () => {
  live("echo", async signal => {
    const { http: port } = await serve("echo", signal);
    const found = await echo(`ws://echo.example.com:${port}/`);
    assert.equal(found.text, "hello");
    assert.match(found.pod, /^echo-[01]$/);
  });

  live("paths", async signal => {
    const { http: port } = await serve("paths", signal);
    const table = [
      ["shop.example.com", "/", "shop"], ["shop.example.com", "/live", "chat"], ["shop.example.com", "/live/2", "shop"], ["shop.example.com", "/support/7", "chat"],
      ["shop.example.com", "/supporters", "shop"], ["berlin.shop.example.com", "/x", "shop"], ["else.example.com", "/", "shop"], ["api.example.com", "/chat/room", "chat"],
    ];
    for (const [host, path, service] of table) {
      const { status, pod } = await get(port, host, path);
      assert.equal(status, 200, `${host}${path}`);
      assert.match(pod, new RegExp(`^${service}-[01]$`), `${host}${path}`);
    }
    assert.match((await get(port, "api.example.com", "/chat/room")).body, /\/room/);
    assert.doesNotMatch((await get(port, "api.example.com", "/chat/room")).body, /\/chat\/room/);
  });

  live("tls", async signal => {
    const { http: port, https } = await serve("tls", signal);
    const { status, location } = await get(port, "chat.example.com", "/a");
    assert.equal(status, 308);
    assert.match(location, /^https:\/\/chat\.example\.com/);
    const ca = ofKind(parseAll(exampleText("tls")), "Secret")[0].stringData["tls.crt"];
    assert.equal((await echo(`wss://chat.example.com:${https}/`, { ca })).text, "hello");
  });

  live("timeouts", async signal => {
    const { http: port } = await serve("timeouts", signal);
    assert.equal((await echo(`ws://chat.example.com:${port}/`)).text, "hello");
  });

  live("socketio: clients that begin with polling stay with their pod", async signal => {
    const { http: port } = await serve("socketio", signal);
    const pods = await Promise.all(Array.from({ length: 8 }, async () => {
      const client = io(`http://io.example.com:${port}`, { transports: ["polling", "websocket"], withCredentials: true, reconnection: false, forceNew: true });
      client.on("connect_error", e => client.emitReserved("failure", e));
      const welcome = await new Promise((done, failed) => client.once("welcome", done).once("connect_error", failed).once("disconnect", failed));
      if (client.io.engine.transport.name !== "websocket") {
        await new Promise((done, failed) => client.io.engine.once("upgrade", done).once("close", failed));
      }
      const said = new Promise(done => client.once("said", done));
      client.emit("say", "hello");
      assert.equal((await said).pod, welcome.pod);
      client.removeAllListeners("disconnect").close();
      return welcome.pod;
    }));
    assert.equal(pods.length, 8);
  });

  live("signalr: the WebSocket meets the pod that gave the token", async signal => {
    const { http: port } = await serve("signalr", signal);
    for (let i = 0; i < 8; i++) {
      const connection = new signalr.HubConnectionBuilder().withUrl(`http://signalr.example.com:${port}/chat`).configureLogging(signalr.LogLevel.None).build();
      const received = new Promise(done => connection.on("received", (pod, text) => done({ pod, text })));
      await connection.start();
      const pod = await connection.invoke("send", "hello");
      assert.deepEqual(await received, { pod, text: "hello" });
      await connection.stop();
    }
  });

  live("wss-backend: the pods' certificate is verified", async signal => {
    const { http: port } = await serve("wss-backend", signal);
    assert.equal((await echo(`ws://secure.example.com:${port}/`)).text, "hello");
  });

  live("wss-backend: another authority is refused", async signal => {
    const other = ofKind(parseAll(exampleText("tls")), "Secret")[0].stringData["tls.crt"].trim().split("\n").map(l => `    ${l}`).join("\n");
    const { http: port } = await serve("wss-backend", signal, text => text.replace(/(ca\.crt: \|\n)[\s\S]*?(?=\n---\n)/, `$1${other}`));
    await assert.rejects(echo(`ws://secure.example.com:${port}/`), /502/);
  });
});
