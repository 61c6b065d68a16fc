// A provider of its own for each test file: `moncomptepro dev` on a free port, in memory.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve as absolute } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const START_LIMIT_MS = 20_000;
// A report of a hundred thousand rows names each of them.
const MOST_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * Starts the executable of PROVIDER_BIN in a folder of its own; returns its issuer, folder and process, and what stops it. With
 * the options `--data-dir data`, `command` types an administration command.
 */
export async function startProvider(...options) {
  if (!process.env.PROVIDER_BIN) throw new Error("PROVIDER_BIN names no executable");
  const executable = absolute(process.env.PROVIDER_BIN);
  const folder = await mkdtemp(join(tmpdir(), "moncomptepro-"));
  const portFile = join(folder, "port");
  const child = spawn(executable, ["dev", "--listen", "127.0.0.1:0", "--port-file", portFile, ...options], {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
  });
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  /** Ends it; that it had ended by itself is a failure of its own. */
  const stop = async () => {
    const tooEarly = hasEnded();
    child.kill("SIGTERM");
    const { code, signal } = await ended;
    await rm(folder, { recursive: true, force: true });
    if (tooEarly) throw new Error(`the provider ended by itself, code ${code}, signal ${signal}: ${errors}`);
  };
  const command = async (...typed) => {
    const { stdout } = await run(executable, [...typed, "--data-dir", "data", "--output", "json"], {
      cwd: folder,
      maxBuffer: MOST_ANSWER_BYTES,
    });
    return JSON.parse(stdout);
  };
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const port = await readFile(portFile, "utf8").catch(() => "");
    if (port) return { issuer: `http://localhost:${port.trim()}`, folder, pid: child.pid, command, stop };
    if (hasEnded() || Date.now() > deadline) {
      await stop();
      throw new Error(`the provider did not start: ${errors}`);
    }
    await wait(20);
  }
}
