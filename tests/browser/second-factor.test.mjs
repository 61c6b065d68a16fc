// An authenticator application beside the password: set up, asked for, lost.

import assert from "node:assert/strict";

import { Secret, TOTP } from "otpauth";

import { journey } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";

/** The clock of the instance; an advance moves it first. */
async function now(person, seconds = 0) {
  const headers = { "content-type": "application/json", origin: person.issuer };
  const body = JSON.stringify({ advance: seconds });
  const answer = await fetch(`${person.issuer}/_dev/api/clock`, { method: "POST", headers, body });
  assert.equal(answer.status, 200);
  return (await answer.json()).now;
}

/** What an application shows for the key on the page. */
function application(key) {
  const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(/\s/g, "").toUpperCase()) });
  return async (person, seconds) => totp.generate({ timestamp: (await now(person, seconds)) * 1000 });
}

async function signIn(person) {
  await person.goTo("/users/start-sign-in");
  await person.answer("login", ADDRESS);
  await person.answer("password", ADDRESS);
}

const arriveAt = (person, path) => person.page.waitForURL((url) => url.pathname === path);

async function signOut(person) {
  await person.page.locator('form[action="/users/sign-out"] button').click();
  await arriveAt(person, "/users/start-sign-in");
}

journey("a person sets up an application, signs in with it, and with a recovery code when it is lost", async (person) => {
  await signIn(person);
  await person.goTo("/double-authentication");
  await person.page.locator('a[href="/totp-configuration"]').click();
  await person.see("totp-configuration");
  await person.answer("totpToken", "12");
  await person.see("totp-configuration-refused");
  const codeOf = application(await person.page.locator(".key").innerText());
  await person.answer("totpToken", await codeOf(person));
  await person.see("recovery-codes");
  const [recovery] = await person.page.locator(".codes code").allInnerTexts();
  await person.page.locator("main a.primary").click();
  await person.press("force2fa", "enable");
  await person.see("double-authentication-always");
  await signOut(person);

  await signIn(person);
  await arriveAt(person, "/users/2fa-sign-in");
  await person.see("second-factor");
  await person.answer("totpToken", "000000");
  await person.see("second-factor-refused");
  await person.answer("totpToken", await codeOf(person, 60));
  await arriveAt(person, "/");
  await signOut(person);

  await signIn(person);
  await person.answer("recovery_code", "abcd-efgh-ijkl-mnop");
  await person.see("second-factor-recovery-refused");
  await person.answer("recovery_code", recovery);
  await person.see("recovery-code-used");
  assert.match(await person.text(), /9 codes/);
  await person.page.locator("main a.primary").click();
  await arriveAt(person, "/double-authentication");
  await person.page.locator('form[action="/delete-totp-configuration"] button').click();
  await person.see("double-authentication-without-the-application");
});

journey("a person who does not know what they own is led to a second factor", async (person) => {
  await signIn(person);
  await person.goTo("/double-authentication");
  await person.page.locator('a[href="/mfa-decision-helper"]').click();
  await person.see("mfa-decision-helper");
  await person.page.locator('a[href$="/passkey"]').first().click();
  await person.see("mfa-decision-helper-passkey");
  await person.page.locator('main a[href="/mfa-decision-helper"]').click();
  await person.page.locator('a[href$="/can-install-software"]').click();
  await person.see("mfa-decision-helper-can-install-software");
  await person.page.locator('a[href$="/smartphone"]').click();
  await person.see("mfa-decision-helper-smartphone");
  await person.page.locator('a[href$="/external-help-needed"]').click();
  await person.see("mfa-decision-helper-external-help-needed");
  await person.page.goBack();
  await person.page.locator('a[href$="/app"]').click();
  await person.see("mfa-decision-helper-app");
  await person.page.locator("main a.primary").click();
  await arriveAt(person, "/totp-configuration");
});
