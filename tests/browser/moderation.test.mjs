// Somebody asks to join an organization, and a moderator decides while they wait: in the console, and by the link of a mail.

import assert from "node:assert/strict";

import { setUpApplication } from "./application.mjs";
import { arrive } from "./newcomer.mjs";
import { journey, TWO } from "./visit.mjs";

const DINUM = "130 025 265 00013";
const ADMINISTRATOR = "administration@yopmail.com";
const MODERATOR = "user19@yopmail.com";

/** Somebody who comes from a service asks to join, and waits. */
async function ask(person, email, name) {
  await arrive(person, email, name);
  await person.answer("siret", DINUM);
  await person.arriveAt("/users/unable-to-auto-join-organization");
}

/** An administrator enters the console, and sets a second factor up on the way. */
async function enter(person) {
  await person.goTo("/users/start-sign-in");
  await person.signIn(ADMINISTRATOR, "password123");
  await person.goTo("/admin/sign-in");
  await person.page.locator('a[href^="/users/totp-configuration"]').click();
  await setUpApplication(person);
  await person.page.locator("main a.primary").click();
  await person.arriveAt("/admin/sign-in");
  await person.page.locator('form[action="/admin/sign-in"] button').click();
  await person.arriveAt("/admin");
}

journey("a moderator accepts while the person waits", async (person) => {
  const applicant = await person.elsewhere();
  await ask(applicant, "elodie@beta-gouv.fr", "Martin");
  await applicant.see("unable-to-auto-join-organization");
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
  await applicant.page.reload();
  await applicant.arriveAt("/users/welcome");
  await applicant.send("/users/welcome");
  await applicant.arriveAt("/_dev/client");
  assert.match(await applicant.text(), /DINUM|numérique/i);
});

journey("a moderator refuses by the link of a mail, which decides once", async (person) => {
  // Administrators decide in the console only: somebody else is to be a moderator.
  await enter(person);
  await person.goTo("/admin/team");
  await person.page.locator('[name="role"]').selectOption("moderator");
  await person.answer("email", MODERATOR);
  const applicant = await person.elsewhere();
  await ask(applicant, "elodie@inconnu.example", "Petit");
  const [mail] = await person.mails(MODERATOR);
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
  await applicant.page.reload();
  await applicant.arriveAt("/users/moderation-rejected");
  await applicant.see("moderation-rejected");
  assert.match(await applicant.text(), /ne vous connaît pas/);
});

journey(
  "a request that was refused is corrected by its person, and waits again",
  async (person) => {
    const applicant = await person.elsewhere();
    await ask(applicant, "elodie@inconnu.example", "Petit");
    await enter(person);
    await person.goTo("/admin/moderations");
    await person.page.locator("[data-moderation] a").first().click();
    await person.page.locator('a[href*="reason=incomplete_name"]').click();
    await person.page.locator('form[action$="/reject"] input[name="correctable"][value="yes"]').check();
    await person.page.locator('form[action$="/reject"] button').click();
    await person.see("moderation-rejected-to-be-corrected");

    await applicant.page.reload();
    await applicant.arriveAt("/users/moderation-rejected");
    await applicant.see("moderation-rejected-may-be-corrected");
    await applicant.send("/users/reopen-moderation/");
    await applicant.arriveAt("/users/personal-information");
    await applicant.see("personal-information-of-a-request");
    await applicant.answer("family_name", "Petit-Durand");
    await applicant.arriveAt("/users/unable-to-auto-join-organization");
    await applicant.see("under-review-again");
    assert.match(await applicant.text(), /Petit-Durand/);
  },
  undefined,
  TWO,
);

journey("an acceptance is taken back, and a person who has another address since then is looked at anew", async (person) => {
  const applicant = await person.elsewhere();
  await ask(applicant, "elodie@inconnu.example", "Petit");
  await enter(person);
  await person.goTo("/admin/moderations");
  await person.page.locator("[data-moderation] a").first().click();
  await person.page.locator('form[action$="/accept"] input[name="domain"][value="verified"]').check();
  await person.page.locator('form[action$="/accept"] button').click();
  await person.see("moderation-that-can-be-taken-back");
  await applicant.page.reload();
  await applicant.arriveAt("/users/welcome");
  await person.page.locator('form[action$="/reopen"] button').click();
  await person.see("moderation-taken-back");
  const [told] = await applicant.mails("elodie@inconnu.example");
  assert.match(told.text, /plus rattaché|not linked/);

  // She takes another address while the page of the moderator shows the one before.
  await applicant.goTo("/connection-and-account/email?another=1");
  await applicant.answer("email", "elodie@ailleurs.example");
  const [mail] = await applicant.mails("elodie@ailleurs.example");
  await applicant.answer("verify_email_token", mail.code);
  await applicant.arriveAt("/connection-and-account");
  await person.page.locator('form[action$="/accept"] button').click();
  await person.see("moderation-of-somebody-who-moved");
  assert.match(await person.text(), /elodie@ailleurs\.example/);
  await person.page.locator('form[action$="/accept"] button').click();
  await applicant.goTo("/manage-organizations");
  assert.match(await applicant.text(), /130\s025\s265\s00013/);
});
