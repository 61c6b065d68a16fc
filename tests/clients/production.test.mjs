// openid-client (npm) against `serve` over TLS, with a person, an organization and a client made by command.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

import { startProduction } from "../production.mjs";

const SIRET = "21920023500014";

test("a person of an organization signs in over TLS to a client, all three made by command", async () => {
  const provider = await startProduction();
  try {
    const { command, issuer, certificate } = provider;
    await command("org", "add", SIRET, "--label", "Commune de Clamart - Mairie", "--legal-category", "7210");
    const email = "claire.petit@exemple.fr";
    const person = await command("user", "create", email, "--given-name", "Claire", "--family-name", "Petit");
    await command("org", "link", SIRET, email, "--verified", "proof");
    const redirectUri = "https://service.exemple.fr/callback";
    const client = await command("client", "create", "--name", "Service", "--redirect-uri", redirectUri);
    const told = { issuer, siret: SIRET, email, redirectUri, link: person.password_link, userId: String(person.user_id) };
    const service = JSON.stringify({ ...told, clientId: client.client_id, secret: client.client_secret });
    // Which certificates are believed is decided once, when Node starts.
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, SERVICE: service };
    const relyingParty = new URL("production_relying_party.mjs", import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [relyingParty], { env });
    assert.match(stdout, /^signed in, known, signed out$/m);
    const listed = await command("session", "list", "--user", email);
    assert.deepEqual(listed.items, [], "nobody is signed in any more");
  } finally {
    await provider.stop();
  }
});
