// Somebody asks to join an organization, and a moderator decides while they wait: in the console, and by the link of a mail.

import assert from "node:assert/strict";

import { Secret, TOTP } from "otpauth";

import { journey } from "./visit.mjs";

const DINUM = "130 025 265 00013";
const ADMINISTRATOR = "administration@yopmail.com";
const MODERATOR = "user19@yopmail.com";

const arriveAt = (page, path) => page.waitForURL((url) => url.pathname === path);

/** Another browser, with everything that is set in this one. */
async function anotherBrowser(person) {
  const { scripts, language, width } = person.setting;
  const context = await person.page.context().browser().newContext({
    javaScriptEnabled: scripts,
    locale: language === "fr" ? "fr-FR" : "en-GB",
    viewport: { width, height: 800 },
    ignoreHTTPSErrors: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

/** The same person of this story, in front of another browser. */
async function inFrontOf(person, page, tell) {
  const before = person.page;
  person.page = page;
  await tell();
  person.page = before;
}

/** Somebody who comes from a service asks to join, and waits. */
async function ask(person, email, name) {
  await person.goTo("/_dev/client");
  await person.press("intent", "sign-in");
  await person.page.locator('a[href^="/_dev/another-person"]').click();
  await person.page.locator("#given_name").fill("Élodie");
  await person.page.locator("#family_name").fill(name);
  await person.page.locator("#siret").fill("");
  await person.answer("email", email);
  await arriveAt(person.page, "/users/join-organization");
  await person.answer("siret", DINUM);
  await arriveAt(person.page, "/users/unable-to-auto-join-organization");
}

/** An administrator enters the console, and sets a second factor up on the way. */
async function enter(person) {
  await person.goTo("/users/start-sign-in");
  await person.answer("login", ADMINISTRATOR);
  await person.answer("password", "password123");
  await person.goTo("/admin/sign-in");
  await person.page.locator('a[href^="/users/totp-configuration"]').click();
  const key = await person.page.locator(".key").innerText();
  const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(/\s/g, "").toUpperCase()) });
  const { now } = await (await fetch(`${person.issuer}/_dev/api/clock`)).json();
  await person.answer("totpToken", totp.generate({ timestamp: now * 1000 }));
  await person.page.locator("main a.primary").click();
  await arriveAt(person.page, "/admin/sign-in");
  await person.page.locator('form[action="/admin/sign-in"] button').click();
  await arriveAt(person.page, "/admin");
}

journey("a moderator accepts while the person waits", async (person) => {
  const waiting = await anotherBrowser(person);
  await inFrontOf(person, waiting, async () => {
    await ask(person, "elodie@beta-gouv.fr", "Martin");
    await person.see("unable-to-auto-join-organization");
  });
  await enter(person);
  await person.goTo("/admin/moderations?q=couleur:bleue");
  await person.see("moderations-refused");
  await person.goTo("/admin/moderations");
  await person.see("moderations");
  await person.page.locator("[data-moderation] a").first().click();
  await person.see("moderation");
  await person.page.locator('form[action$="/reject"] button').click();
  await person.see("moderation-refused");
  await person.page.locator('a[href*="reason=incomplete_name"]').click();
  await person.see("moderation-with-a-reason");
  await person.page.locator("#link-external").check();
  await person.page.locator("#accept-note").fill("Vu avec la direction.");
  await person.page.locator('form[action$="/accept"] button').click();
  await person.see("moderation-accepted");
  assert.match(await person.text(), /Vu avec la direction/);
  await inFrontOf(person, waiting, async () => {
    await person.page.reload();
    await arriveAt(person.page, "/users/welcome");
    await person.page.locator('form[action*="/users/welcome"] button').click();
    await arriveAt(person.page, "/_dev/client");
    assert.match(await person.text(), /DINUM|numérique/i);
  });
  await waiting.context().close();
});

journey("a moderator refuses by the link of a mail, which decides once", async (person) => {
  // Administrators decide in the console only: somebody else is to be a moderator.
  await enter(person);
  await person.goTo("/admin/team");
  await person.page.locator('[name="role"]').selectOption("moderator");
  await person.answer("email", MODERATOR);
  const waiting = await anotherBrowser(person);
  await inFrontOf(person, waiting, () => ask(person, "elodie@inconnu.example", "Petit"));
  const [mail] = await (await fetch(`${person.issuer}/_dev/api/mailbox?to=${encodeURIComponent(MODERATOR)}`)).json();
  const link = mail.text.match(/\S+\/moderation\/\S+/)[0];
  await person.goTo(link);
  await person.see("moderation-link");
  await person.page.locator('form:has(textarea[name="reason"]) button').click();
  await person.see("moderation-link-refused");
  await person.page.locator("#reason").fill("L’organisation ne vous connaît pas.");
  await person.page.locator('form:has(textarea[name="reason"]) button').click();
  await person.see("moderation-link-rejected");
  await person.goTo(link);
  await person.see("moderation-link-decided");
  await inFrontOf(person, waiting, async () => {
    await person.page.reload();
    await arriveAt(person.page, "/users/moderation-rejected");
    await person.see("moderation-rejected");
    assert.match(await person.text(), /ne vous connaît pas/);
  });
  await waiting.context().close();
});
