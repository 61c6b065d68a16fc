// What is shut for a while, or until somebody proves who they are: a password, a passkey, an
// address that its owner may still take back.

import assert from "node:assert/strict";

import { authenticator } from "./authenticator.mjs";
import { journey, startDevelopment, TWO, TWO_WITH_SCRIPTS } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const NEW = "jean.user@commune.example";
const WRONG = "pas le bon mot de passe";
const PASSWORD = "une phrase de passe longue et neuve";

/** Guesses ten times at the password that the open page asks for. */
async function guess(person) {
  const field = person.page.locator('input[name="password"]').first();
  await field.waitFor();
  const form = person.page.locator('form:has(input[name="password"])').first();
  const fields = await form.locator("input[name]").evaluateAll((all) => all.map((one) => [one.name, one.value]));
  const url = new URL((await form.getAttribute("action")) ?? "", person.page.url()).href;
  const sent = { form: { ...Object.fromEntries(fields), password: WRONG }, headers: { origin: person.issuer } };
  for (let time = 0; time < 10; time += 1) {
    assert.equal((await person.page.context().request.post(url, sent)).status(), 400);
  }
}

journey(
  "a password that was guessed at for too long is shut, and a link of the operator opens it",
  async (person) => {
    const stranger = await person.elsewhere();
    for (let day = 0; day < 10; day += 1) {
      await person.now(25 * 3600);
      await stranger.goTo("/users/start-sign-in");
      await stranger.answer("login", ADDRESS);
      await guess(stranger);
    }
    await person.now(25 * 3600);
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    await person.page.locator("main[data-error=password_suspended]").waitFor();
    await person.see("password-suspended");
    assert.ok((await person.page.locator("main a[href]").count()) > 0, "a way on");

    const { password_link: link } = await person.provider.command("user", "reset-password", ADDRESS);
    await person.goTo(link);
    await person.choose(PASSWORD);
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS, PASSWORD);
    await person.arriveAt("/");
  },
  () => startDevelopment("--data-dir", "data"),
  TWO,
);

journey(
  "a passkey that answers as a copy would is suspended, and its owner comes in otherwise",
  async (person) => {
    await person.page.addInitScript(() => (PublicKeyCredential.isConditionalMediationAvailable = async () => false));
    const device = await authenticator(person);
    const pressPasskey = () => person.page.locator("[data-passkey-button]").first().click();
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    await person.goTo("/double-authentication");
    await person.page.locator('input[name="name"]').fill("Téléphone");
    await pressPasskey();
    await person.arriveAt("/passkeys/verify-registration");
    const [code] = await person.page.locator(".codes li").allInnerTexts();
    await person.goTo("/");
    await person.signOut();
    for (let time = 0; time < 2; time += 1) {
      await pressPasskey();
      await person.arriveAt("/");
      await person.signOut();
    }
    await device.forget();
    await pressPasskey();
    await person.arriveAt("/users/sign-in-with-passkey");
    await person.see("start-sign-in-passkey-suspended");
    const [{ subject }] = await person.mails(ADDRESS);
    assert.match(subject, person.setting.language === "fr" ? /suspendue/ : /suspended/);

    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    await person.goTo("/double-authentication");
    await person.arriveAt("/users/2fa-sign-in");
    await person.see("second-factor-without-the-suspended-passkey");
    assert.equal(await person.page.locator("form[data-passkey]").count(), 0);
    await person.answer("recovery_code", code);
    await person.goTo("/double-authentication");
    await person.see("double-authentication-with-a-suspended-passkey");
    const card = await person.page.locator(".card").innerText();
    assert.match(card, person.setting.language === "fr" ? /comme si elle avait été copiée/ : /as if it had been copied/);
    await person.page.locator('form[action^="/delete-passkeys/"] button').click();
    await person.arriveAt("/double-authentication");
    assert.equal(await person.page.locator(".card").count(), 0);
  },
  undefined,
  TWO_WITH_SCRIPTS,
);

journey(
  "the address that an account left is nobody else's as long as its owner may take it back",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    await person.goTo("/connection-and-account/email");
    await person.answer("email", NEW);
    await person.answer("verify_email_token", (await person.mails(NEW))[0].code);
    await person.arriveAt("/connection-and-account");

    const other = await person.elsewhere();
    await other.goTo("/users/start-sign-in");
    await other.answer("login", ADDRESS);
    await other.choose(PASSWORD);
    await other.page.waitForLoadState();
    await other.see("sign-up-at-an-address-that-is-kept");
    const [{ link }] = await other.mails(ADDRESS);
    await other.goTo(link);
    await other.see("restore-address-told-anew");
    await other.send("/users/restore-address");
    await other.see("address-restored-by-who-came-later");
    await person.goTo("/connection-and-account");
    await person.arriveAt("/users/start-sign-in");
  },
  undefined,
  TWO,
);
