// SEC-154: whoever asks for a second handshake within a connection of TLS 1.2 gets none, by a library that is not ours.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { connect } from "node:tls";

import { startProduction } from "../production.mjs";

let instance;
let ca;
before(async () => {
  instance = await startProduction();
  ca = await readFile(instance.certificate);
});
after(() => instance.stop());

async function connected() {
  const port = Number(new URL(instance.issuer).port);
  const options = { host: "localhost", port, ca, servername: "localhost", ALPNProtocols: ["http/1.1"] };
  const socket = connect({ ...options, maxVersion: "TLSv1.2" });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  assert.equal(socket.getProtocol(), "TLSv1.2");
  return socket;
}

async function answerOn(socket) {
  const { host } = new URL(instance.issuer);
  let text = "";
  socket.setEncoding("utf8").on("data", (part) => (text += part));
  const ended = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await ended;
  return text;
}

test("a connection of TLS 1.2 is not negotiated a second time, and others go on", async () => {
  const other = await connected();
  const socket = await connected();
  const errors = [];
  socket.on("error", (error) => errors.push(error));
  const closed = new Promise((resolve) => socket.once("close", () => resolve("closed")));
  const told = new Promise((resolve) => socket.renegotiate({}, (error) => resolve(error ? "refused" : "done")));
  assert.notEqual(await Promise.race([closed, told]), "done");
  socket.destroy();
  assert.match(await answerOn(other), /^HTTP\/1\.1 200 /);
  assert.match(await answerOn(await connected()), /^HTTP\/1\.1 200 /);
});
