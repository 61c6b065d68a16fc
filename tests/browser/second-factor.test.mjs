// An authenticator application beside the password: set up, asked for, lost.

import assert from "node:assert/strict";

import { applicationOf, setUpApplication } from "./application.mjs";
import { journey, TWO } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";

async function signIn(person) {
  await person.goTo("/users/start-sign-in");
  await person.signIn(ADDRESS);
}

journey("a person sets up an application, signs in with it, and with a recovery code when it is lost", async (person) => {
  await signIn(person);
  await person.goTo("/double-authentication");
  await person.page.locator('a[href="/totp-configuration"]').click();
  await person.see("totp-configuration");
  await person.answer("totpToken", "12");
  await person.see("totp-configuration-refused");
  const codeOf = applicationOf(await person.page.locator(".key").innerText());
  await person.answer("totpToken", await codeOf(person));
  await person.see("recovery-codes");
  const [recovery] = await person.page.locator(".codes code").allInnerTexts();
  await person.page.locator("main a.primary").click();
  await person.press("force2fa", "enable");
  await person.see("double-authentication-always");
  await person.signOut();

  await signIn(person);
  await person.arriveAt("/users/2fa-sign-in");
  await person.see("second-factor");
  await person.answer("totpToken", "000000");
  await person.see("second-factor-refused");
  await person.answer("totpToken", await codeOf(person, 60));
  await person.arriveAt("/");
  await person.signOut();

  await signIn(person);
  await person.answer("recovery_code", "abcd-efgh-ijkl-mnop");
  await person.see("second-factor-recovery-refused");
  await person.answer("recovery_code", recovery);
  await person.see("recovery-code-used");
  assert.match(await person.text(), /9 codes/);
  await person.page.locator("main a.primary").click();
  await person.arriveAt("/double-authentication");
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
  await person.arriveAt("/totp-configuration");
});

journey(
  "a person has another application take the place of the first, and takes new recovery codes",
  async (person) => {
    await signIn(person);
    await person.goTo("/totp-configuration");
    const first = await setUpApplication(person);
    await person.goTo("/double-authentication");
    await person.press("force2fa", "enable");
    await person.page.locator('a[href="/totp-configuration"]').click();
    await person.see("totp-configuration-again");
    const key = await person.page.locator(".key").innerText();
    await person.answer("totpToken", await applicationOf(key)(person, 60));
    await person.see("totp-configuration-replaced");
    await person.goTo("/double-authentication");
    await person.send("/recovery-codes");
    await person.see("recovery-codes-new");
    assert.equal(await person.page.locator(".codes li").count(), 10);
    await person.page.locator("main a.primary").click();
    await person.arriveAt("/double-authentication");
    await person.signOut();

    await signIn(person);
    await person.answer("totpToken", await first(person, 60));
    await person.page.locator("#totpToken-problem").waitFor();
    await person.answer("totpToken", await applicationOf(key)(person, 60));
    await person.arriveAt("/");
  },
  undefined,
  TWO,
);

journey(
  "a service demands two factors of somebody who does not know what they own",
  async (person) => {
    await person.goTo("/_dev/client");
    const claims = { id_token: { acr: { essential: true, value: "https://refeds.org/profile/mfa" } } };
    await person.page.locator("textarea").fill(`scope=openid\nclaims=${JSON.stringify(claims)}`);
    await person.press("intent", "own");
    await person.signIn(ADDRESS);
    await person.arriveAt("/users/double-authentication-choice");
    await person.page.locator('a[href^="/users/mfa-decision-helper"]').click();
    await person.see("mfa-decision-helper-on-the-way");
    await person.page.locator('.tiles a[href*="/can-install-software"]').click();
    await person.page.locator('.tiles a[href*="/software"]').click();
    await person.see("mfa-decision-helper-on-the-way-software");
    await person.page.locator("main a.primary").click();
    await person.arriveAt("/users/totp-configuration");
    await person.see("totp-configuration-on-the-way");
    await setUpApplication(person);
    await person.see("recovery-codes-on-the-way");
    await person.page.locator("main a.primary").click();
    await person.page.waitForURL("**/_dev/client*");
    assert.match(await person.text(), /otp/);
  },
  undefined,
  TWO,
);
