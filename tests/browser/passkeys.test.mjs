// Passkeys, which an authenticator of the browser itself keeps: added, used in every way, refused, taken away.

import assert from "node:assert/strict";

import { authenticator } from "./authenticator.mjs";
import { journey } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";

async function signIn(person) {
  await person.goTo("/users/start-sign-in");
  await person.signIn(ADDRESS);
}

const pressPasskey = (person) => person.page.locator("[data-passkey-button]").first().click();

/** Opens the form of the first passkey, where it is not open already, and gives it another name. */
async function rename(person, name) {
  const details = person.page.locator("details:has(form[action^='/rename-passkeys/'])").first();
  if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
  await details.locator('input[name="name"]').fill(name);
  await details.locator("button").click();
  await person.page.waitForLoadState();
}

/** Without scripts nothing is offered that cannot be used, and a sentence says why. */
async function withoutScripts(person) {
  await person.goTo("/users/start-sign-in");
  const form = person.page.locator("form[data-passkey]");
  assert.ok(await form.locator("[data-without]").isVisible());
  assert.ok(await form.locator("[data-passkey-button]").isHidden());
  await person.see("start-sign-in-with-passkeys");
  await signIn(person);
  await person.goTo("/double-authentication");
  assert.ok(await form.locator("[data-without]").isVisible());
  await person.see("double-authentication");
}

journey("a person adds a passkey, and signs in with it in every way", async (person) => {
  if (!person.setting.scripts) return withoutScripts(person);
  // The list that the browser offers in the field answers by itself here: it is looked at last.
  await person.page.addInitScript(() => {
    if (!globalThis.localStorage.autofill) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  const device = await authenticator(person);
  await signIn(person);
  await person.goTo("/double-authentication");
  await person.see("double-authentication");
  await person.page.locator('input[name="name"]').fill("Téléphone du service");
  await pressPasskey(person);
  await person.arriveAt("/passkeys/verify-registration");
  await person.see("recovery-codes-of-a-passkey");
  assert.equal(await person.page.locator(".codes li").count(), 10);
  assert.equal((await device.keys()).length, 1);
  await person.page.locator("main a.primary").click();
  assert.match(await person.text(), /Téléphone du service/);
  await person.see("double-authentication-with-a-passkey");
  await pressPasskey(person);
  await person.page.locator('[data-failure="InvalidStateError"]').waitFor();
  await person.see("double-authentication-passkey-known");
  await rename(person, " ");
  await person.see("double-authentication-passkey-not-renamed");
  assert.match(await person.text(), /Téléphone du service/);
  await rename(person, "Téléphone de Marie");
  await person.see("double-authentication-passkey-renamed");
  assert.match(await person.text(), /Téléphone de Marie/);
  await person.press("force2fa", "enable");
  await person.signOut();

  await signIn(person);
  await person.arriveAt("/users/2fa-sign-in");
  await person.see("second-factor-by-passkey");
  await pressPasskey(person);
  await person.arriveAt("/");
  await person.signOut();

  await person.see("start-sign-in-with-passkeys");
  await device.verified(false);
  await pressPasskey(person);
  await person.page.locator("[data-failure=any]").waitFor();
  await person.see("start-sign-in-passkey-not-given");
  await device.verified(true);
  await pressPasskey(person);
  await person.arriveAt("/");
  await person.signOut();

  await person.page.evaluate(() => (globalThis.localStorage.autofill = "yes"));
  await person.goTo("/users/start-sign-in");
  await person.arriveAt("/");
  await person.page.evaluate(() => globalThis.localStorage.removeItem("autofill"));

  await person.goTo("/double-authentication");
  await person.page.locator('form[action^="/delete-passkeys/"] button').click();
  await person.see("double-authentication-without-the-passkey");
  await person.signOut();
  await pressPasskey(person);
  await person.arriveAt("/users/sign-in-with-passkey");
  await person.see("start-sign-in-passkey-refused");
});

journey("a service that demands two factors has a passkey added on the way", async (person) => {
  await person.goTo("/_dev/client");
  const claims = { id_token: { acr: { essential: true, value: "https://refeds.org/profile/mfa" } } };
  await person.page.locator("textarea").fill(`scope=openid\nclaims=${JSON.stringify(claims)}`);
  await person.press("intent", "own");
  await person.signIn(ADDRESS);
  await person.arriveAt("/users/double-authentication-choice");
  await person.see("double-authentication-choice");
  if (!person.setting.scripts) return;
  await authenticator(person);
  await pressPasskey(person);
  await person.arriveAt("/users/passkeys/verify-registration");
  await person.page.locator("main a.primary").click();
  await person.page.waitForURL("**/_dev/client*");
  assert.match(await person.text(), /pop/);
});
