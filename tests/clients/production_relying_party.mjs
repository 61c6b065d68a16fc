// One relying party from start to end, in a process of its own that believes the provider's certificate: signs a person
// in, asks who it is, signs them out. Says so, or ends with an error.

import assert from "node:assert/strict";

import * as oidc from "openid-client";

import { Visitor } from "./visitor.mjs";

const { issuer, siret, email, redirectUri, link, userId, clientId, secret } = JSON.parse(process.env.SERVICE);
const password = "une phrase de passe longue et neuve";

const visitor = new Visitor();
const chosen = await visitor.open(link, { password, password_confirmation: password });
assert.equal(chosen.status, 200, chosen.html);

const config = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(secret));
assert.equal(config.serverMetadata().issuer, issuer);
const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
const [expectedNonce, expectedState] = [oidc.randomNonce(), oidc.randomState()];
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: "openid email profile organization",
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
});
const end = await visitor.open(url.href, { login: email, password });
assert.equal(end.url.origin + end.url.pathname, redirectUri, end.html);
const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(config, end.url, checks);
assert.equal(tokens.claims().sub, userId);
assert.equal(tokens.claims().mock, undefined, "production carries no mark");

const person = await oidc.fetchUserInfo(config, tokens.access_token, userId);
assert.equal(person.email, email);
assert.equal(person.email_verified, true);
assert.equal(person.given_name, "Claire");
assert.equal(person.siret, siret);
assert.equal(person.is_public_service, true);

const signOut = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token });
assert.equal((await visitor.open(signOut.href)).status, 200);
await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, userId), { status: 401 });
console.log("signed in, known, signed out");
