// openid-client (npm) against the provider: it checks issuer, signature, nonce, state, PKCE and at_hash itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as oidc from "openid-client";

import { startProvider } from "../provider.mjs";
import { Visitor } from "./visitor.mjs";

const REDIRECT_URI = "http://localhost:4000/login-callback";
const HOME_URI = "http://localhost:4000/";
const RED_NEEDLES = { login: "user@red-needles-sarl.com", password: "user@red-needles-sarl.com" };

let provider;
before(async () => (provider = await startProvider()));
after(() => provider.stop());

const discover = (id, secret, authentication) =>
  oidc.discovery(new URL(provider.issuer), id, secret, authentication, { execute: [oidc.allowInsecureRequests] });

/** Signs somebody in through the pages; returns the tokens that the library accepted. */
async function signIn(config, visitor, answers, parameters) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedNonce = oidc.randomNonce();
  const expectedState = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid email",
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...parameters,
  });
  const end = await visitor.open(url.href, answers);
  assert.equal(end.url.origin + end.url.pathname, parameters?.redirect_uri ?? REDIRECT_URI, end.html);
  const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true };
  return oidc.authorizationCodeGrant(config, end.url, checks);
}

test("a person signs in, chooses an organization, and signs out", async () => {
  const config = await discover("standard_client_id", "standard_client_secret");
  assert.equal(config.serverMetadata().issuer, provider.issuer);
  const visitor = new Visitor();
  const tokens = await signIn(config, visitor, { ...RED_NEEDLES, organization_id: "17" }, {
    scope: "openid email profile phone organization",
  });
  assert.equal(tokens.claims().sub, "154");
  assert.equal(tokens.claims().aud, "standard_client_id");

  const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(person.email, "user@red-needles-sarl.com");
  assert.equal(person.email_verified, true);
  assert.equal(person.given_name, "Jean");
  assert.equal(person.family_name, "Martin");
  assert.equal(person.siret, "83951732300011");
  assert.equal(person.label, "Red needles SARL");
  assert.equal(person.is_external, false);

  const signOut = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: HOME_URI,
    state: "goodbye",
  });
  assert.equal((await visitor.open(signOut.href)).url.href, `${HOME_URI}?state=goodbye`);
  await assert.rejects(signIn(config, visitor, {}, { prompt: "none" }), { error: "login_required" });
});

test("a person who is signed in reaches a second client without a page", async () => {
  const visitor = new Visitor();
  const first = await discover("standard_client_id", "standard_client_secret");
  await signIn(first, visitor, { login: "user@yopmail.com", password: "user@yopmail.com" });
  const second = await discover("test-id", "test-secret");
  const redirect_uri = "http://localhost:9009/auth/callback";
  const tokens = await signIn(second, visitor, {}, { redirect_uri, prompt: "none" });
  assert.equal(tokens.claims().sub, "1");
});

for (const [name, authentication] of [
  ["client_secret_basic", oidc.ClientSecretBasic("standard_client_secret")],
  ["client_secret_post", oidc.ClientSecretPost("standard_client_secret")],
]) {
  test(`the library authenticates the client with ${name}`, async () => {
    const config = await discover("standard_client_id", undefined, authentication);
    const tokens = await signIn(config, new Visitor(), { login: "user10@yopmail.com", password: "password123" });
    assert.equal(tokens.claims().sub, "10");
  });
}

test("a public client that nobody declared signs in with PKCE", async () => {
  const config = await discover("single-page-application", undefined, oidc.None());
  const redirect_uri = "http://localhost:5173/callback";
  const answers = { login: "user11@yopmail.com", password: "password123" };
  const tokens = await signIn(config, new Visitor(), answers, { redirect_uri });
  assert.equal(tokens.claims().sub, "11");
});

test("a code is redeemed once, and its tokens die at the second attempt", async () => {
  const config = await discover("standard_client_id", "standard_client_secret");
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid email",
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const end = await new Visitor().open(url.href, { login: "user12@yopmail.com", password: "password123" });
  const tokens = await oidc.authorizationCodeGrant(config, end.url, { pkceCodeVerifier });
  await oidc.fetchUserInfo(config, tokens.access_token, "12");
  await assert.rejects(oidc.authorizationCodeGrant(config, end.url, { pkceCodeVerifier }), { error: "invalid_grant" });
  await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, "12"), { status: 401 });
});

test("the legacy client receives the document of December 2022 to the letter", async () => {
  const config = await discover("legacy_client_id", "legacy_client_secret");
  const tokens = await signIn(config, new Visitor(), RED_NEEDLES, { scope: "openid email organizations" });
  assert.equal(tokens.claims().sub, "154");
  const endpoint = new URL(config.serverMetadata().userinfo_endpoint);
  const answer = await oidc.fetchProtectedResource(config, tokens.access_token, endpoint, "GET");
  assert.deepEqual(await answer.json(), {
    email: "user@red-needles-sarl.com",
    email_verified: true,
    organizations: [
      { id: 16, siret: "21630215800011", label: "Commune de les martres sur morge - Mairie", is_external: "true" },
      { id: 17, siret: "83951732300011", label: "Red needles SARL", is_external: "false" },
    ],
    sub: 154,
  });
});
