// An instance of production: `moncomptepro serve` over its own TLS on a free port, looked after by command.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Where there is no mailbox, a password is enough in a new browser.
const WITHOUT_MAILS = ["accounts.trusted_browsers = false", "accounts.check_deliverability = false"];

/**
 * Starts an instance with `people` persons who have no password yet; `prepare` gives the link and address of the next,
 * `command` types an administration command while it runs, `certificate` is the file of its certificate. `chosen` are
 * lines of its configuration.
 */
export async function startProduction(people = 0, chosen = WITHOUT_MAILS) {
  const executable = process.env.PROVIDER_BIN;
  if (!executable) throw new Error("PROVIDER_BIN names no executable");
  const folder = await mkdtemp(join(tmpdir(), "moncomptepro-"));
  const [data, configuration] = ["data", "config.toml"].map((name) => join(folder, name));
  const port = await freePort();
  const issuer = `https://localhost:${port}`;
  const places = [`public_url = "${issuer}"`, `data_dir = "${data}"`, `listen = ["127.0.0.1:${port}", "[::1]:${port}"]`];
  await writeFile(configuration, [...places, ...chosen].join("\n"));

  const child = spawn(executable, ["serve", "--config", configuration], {
    env: { ...process.env, RUST_LOG: "warn" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
      if (said.includes(issuer)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });

  const command = async (...typed) => {
    const { stdout } = await run(executable, [...typed, "--config", configuration, "--output", "json"]);
    return JSON.parse(stdout);
  };
  const invitations = [];
  for (let number = 1; number <= people; number += 1) {
    const email = `claire.petit${number}@exemple.fr`;
    const created = await command("user", "create", email, "--given-name", "Claire", "--family-name", "Petit");
    invitations.push({ email, link: created.password_link });
  }
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await ended;
    await rm(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`serve ended with ${code}`);
  };
  const certificate = join(data, "self-signed-certificate.pem");
  return { issuer, stop, command, certificate, prepare: async () => invitations.shift() };
}
