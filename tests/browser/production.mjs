// `moncomptepro serve` as an operator would run it: behind a TLS proxy of the same machine, on a data directory.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Starts an instance with `people` persons who have no password yet; `prepare` gives the link and address of the next. */
export async function startProduction(people) {
  const executable = process.env.MONCOMPTEPRO_BIN;
  const folder = await mkdtemp(join(tmpdir(), "moncomptepro-"));
  const [key, certificate, configuration] = ["key.pem", "certificate.pem", "config.toml"].map((name) => join(folder, name));
  await run("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(" "),
    ...["-keyout", key, "-out", certificate],
  ]);

  let port;
  const proxy = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const passed = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise((resolve) => proxy.listen(0, "localhost", resolve));
  const issuer = `https://localhost:${proxy.address().port}`;
  const lines = [`public_url = "${issuer}"`, `data_dir = "${join(folder, "data")}"`, 'listen = "127.0.0.1:0"', 'tls.mode = "off"'];
  await writeFile(configuration, lines.join("\n"));

  const invitations = [];
  for (let number = 1; number <= people; number += 1) {
    const email = `claire.petit${number}@exemple.fr`;
    const names = ["--given-name", "Claire", "--family-name", "Petit"];
    const { stdout } = await run(executable, ["user", "create", "--config", configuration, "--show-secret", email, ...names]);
    invitations.push({ email, link: /https:\S+/.exec(stdout)[0] });
  }

  const child = spawn(executable, ["serve", "--config", configuration], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  port = await new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
      const found = /port (\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await rm(folder, { recursive: true, force: true });
  };
  return { issuer, stop, prepare: async () => invitations.shift() };
}
