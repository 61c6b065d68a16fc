// From the first e-mail address to an account, and back into it when the password is forgotten.

import assert from "node:assert/strict";

import { TWO, journey } from "./visit.mjs";

const PASSWORD = "une phrase de passe longue et neuve";
let number = 0;

const sendTo = (person, path) => person.page.locator(`form[action*="${path}"] button`).click();

journey("a person opens an account with a password and a code, joins an organization, and comes back to the service", async (person) => {
  const address = `nouvelle${(number += 1)}@mairie.exemple.fr`;
  await person.goTo("/_dev/client");
  await person.press("intent", "sign-in");
  await person.answer("login", "pas une adresse");
  await person.see("start-sign-in-refused");
  await person.answer("login", address);
  await person.see("sign-up");
  await person.choose("court");
  await person.see("sign-up-refused");
  if (person.setting.scripts) {
    // What a password still lacks is said while it is typed.
    const advice = person.page.locator("#password-advice");
    await person.page.locator("#password").fill("court");
    await advice.filter({ hasText: /5 (caractères|characters)/ }).waitFor();
    await person.see("sign-up-advice");
    await person.page.locator("#password").fill("a".repeat(20));
    await advice.filter({ hasText: /mêmes|same/ }).waitFor();
    await person.page.locator("#password").fill(PASSWORD);
    await advice.filter({ hasText: /suffit|Long enough/ }).waitFor();
  }
  await person.choose(PASSWORD);
  await person.see("verify-email");
  await person.answer("verify_email_token", "0000000000");
  await person.see("verify-email-refused");
  const [{ code }] = await person.mails(address);
  await person.answer("verify_email_token", `${code.slice(0, 5)} ${code.slice(5)}`);
  await person.see("personal-information-of-a-new-account");
  await person.page.locator('input[name="given_name"]').fill("Élodie");
  await person.answer("family_name", "Ben Saïd");
  await person.page.waitForURL("**/users/join-organization*");
  await person.see("join-organization");
  await person.answer("siret", "123");
  await person.see("join-organization-refused");
  if (person.setting.scripts) {
    // What the register says is read before anything is sent, as soon as the last digit is there.
    const [field, preview] = [person.page.locator("#siret"), person.page.locator("#siret-preview")];
    await field.fill("494 308 703 0005");
    assert.ok(await preview.isHidden());
    await field.pressSequentially("2");
    await preview.waitFor();
    assert.match(await preview.textContent(), /Camille Exemple/);
    assert.match(await preview.textContent(), /Siège|Head office/);
    await person.see("join-organization-preview");
    await field.fill("494 308 703 00053");
    await person.page.waitForFunction(() => document.querySelector("#siret-preview").textContent.includes("14"));
    // What stands in for a register that is silent is shown with its age.
    const question = "**/api/sirene/organization-info/*";
    await person.page.route(question, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), age: String(40 * 24 * 3600) } });
    });
    await field.fill("494 308 703 00052");
    const language = await person.page.locator("html").getAttribute("lang");
    const day = new Date(Date.now() - 40 * 24 * 3600 * 1000).toLocaleDateString(language, { dateStyle: "long" });
    await preview.filter({ hasText: day }).waitFor();
    assert.match(await preview.locator(".facts").last().textContent(), /répertoire|register/);
    await person.see("join-organization-preview-of-an-older-answer");
    await person.page.unroute(question);
  }
  await person.answer("siret", "494 308 703 00052");
  await person.page.waitForURL("**/users/welcome*");
  await person.see("welcome");
  await person.page.locator('form[action*="/users/welcome"] button').click();
  await person.page.waitForURL("**/_dev/client*");
});

journey("a person signs in by a link, which opens nothing in another browser", async (person) => {
  const address = `lien${(number += 1)}@mairie.exemple.fr`;
  await person.goTo("/users/start-sign-in");
  await person.answer("login", address);
  await sendTo(person, "send-magic-link");
  await person.see("magic-link-sent");
  const [{ link }] = await person.mails(address);
  const other = await person.elsewhere();
  await other.goTo(link);
  assert.equal(await other.page.locator('form[action*="sign-in-with-magic-link"]').count(), 0);
  await other.goTo("/");
  await other.arriveAt("/users/start-sign-in");
  await person.goTo(link);
  await person.see("magic-link");
  await sendTo(person, "sign-in-with-magic-link");
  await person.see("personal-information-after-magic-link");
  await person.goTo(link);
  await person.see("magic-link-void");
});

journey("a person who asked for a link elsewhere is told so, and gives it up", async (person) => {
  const address = "user@yopmail.com";
  const other = await person.elsewhere();
  await other.goTo("/users/start-sign-in");
  await other.answer("login", address);
  await sendTo(other, "send-magic-link");
  await other.arriveAt("/users/magic-link-sent");
  const [{ link }] = await person.mails(address);
  await person.goTo(link);
  await person.see("magic-link-elsewhere");
  await sendTo(person, "disown-magic-link");
  await person.see("magic-link-disowned");
});

journey("a person who forgot the password chooses another one by mail", async (person) => {
  const address = "user@yopmail.com";
  await person.goTo("/users/start-sign-in");
  await person.answer("login", address);
  await person.see("sign-in-with-ways-out");
  await person.page.locator('a[href*="reset-password"]').click();
  await person.see("reset-password");
  await person.answer("login", address);
  await person.see("reset-password-sent");
  const [{ link }] = await person.mails(address);
  await person.goTo(link);
  await person.choose(PASSWORD);
  await person.page.locator("main a.primary").click();
  await person.signIn(address, PASSWORD);
  await person.see("home-after-reset");
});

const DAY = 24 * 3600;
const KEPT = "user@yopmail.com";
const GONE = "user@red-needles-sarl.com";

/** Days go by one after the other, each with what it brings. */
async function live(person, days) {
  for (let day = 0; day < days; day += 1) await person.now(DAY);
}

/** Address, password, and the code of a mailbox that was not proven for long. */
async function comeBack(person, address) {
  await person.signIn(address);
  await person.arriveAt("/users/verify-email");
  let mail;
  do {
    [mail] = await person.mails(address);
  } while (!mail.code);
  await person.answer("verify_email_token", mail.code);
  await person.arriveAt("/");
}

journey(
  "an account that nobody uses is announced by mail, kept by a sign-in, and erased where nobody comes",
  async (person) => {
    await person.now(1065 * DAY);
    for (const address of [KEPT, GONE]) {
      const [{ subject, text }] = await person.mails(address);
      assert.match(subject, /sera supprimé|will be erased|will be deleted/);
      assert.match(text, /connectez-vous|sign in/);
    }
    await live(person, 28);
    await person.goTo(await person.mailedLink(KEPT, "/users/start-sign-in"));
    await person.see("start-sign-in-of-an-unused-account");
    await comeBack(person, KEPT);
    await person.see("home-of-an-account-that-was-unused");
    await person.signOut();
    await live(person, 6);
    await person.goTo("/users/start-sign-in");
    await person.answer("login", GONE);
    await person.arriveAt("/users/sign-up");
    await person.goTo("/users/start-sign-in");
    await person.answer("login", KEPT);
    await person.arriveAt("/users/sign-in");
    await person.answer("password", KEPT);
    await person.arriveAt("/");
  },
  undefined,
  TWO,
);
