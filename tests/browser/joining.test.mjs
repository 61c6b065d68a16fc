// Somebody joins an organization that no domain proves: by the code of a town hall, after a confirmation, not at all.

import assert from "node:assert/strict";

import { startProduction } from "../production.mjs";
import { setUpApplication } from "./application.mjs";
import * as newcomer from "./newcomer.mjs";
import { journey, TWO } from "./visit.mjs";

const PETIT_LIEU = "219 999 935 00014";
const DINUM = "130 025 265 00013";
const LA_HAGUE = "200 065 415 00016";
const TOTAL = "542 051 180 00066";
const EMMAUS = "317 236 248 00017";
const CHORUS = "110 002 011 00044";
let number = 0;

const arriveAt = (page, path) => page.waitForURL((url) => url.pathname.startsWith(path));

/** Somebody with this address comes from a service, to the page on which one joins. */
async function arrive(person, email, more = "") {
  await newcomer.arrive(person, email);
  if (more) await person.goTo(`${person.page.url()}${person.page.url().includes("?") ? "&" : "?"}${more}`);
}

journey("a free mailbox joins a town hall by the code that the town hall is sent", async (person) => {
  await arrive(person, "elodie@gmail.com");
  await person.answer("siret", PETIT_LIEU);
  await arriveAt(person.page, "/users/official-contact-email-verification/");
  await person.see("official-contact");
  await person.answer("official_contact_email_verification_token", "ni-ceci");
  await person.see("official-contact-refused");
  const [mail] = await person.mails("mairie.petit-lieu@yopmail.com");
  const words = mail.text.split("\n").find((line) => /^[a-z]+-[a-z]+$/.test(line.trim())).trim();
  await person.answer("official_contact_email_verification_token", ` ${words.toUpperCase().replace("-", " ")} `);
  await arriveAt(person.page, "/users/welcome");
  await person.see("welcome-by-contact");
  await person.page.locator('form[action*="/users/welcome"] button').click();
  await arriveAt(person.page, "/_dev/client");
});

journey("a free mailbox says that a big organization is the right one, and waits", async (person) => {
  await arrive(person, "elodie@gmail.com", `siret_hint=${TOTAL.replaceAll(" ", "")}`);
  await person.see("join-organization-hinted");
  await person.answer("siret", TOTAL);
  await arriveAt(person.page, "/users/join-organization-confirm");
  await person.see("join-organization-confirm");
  await person.press("confirmed", "true");
  await arriveAt(person.page, "/users/unable-to-auto-join-organization");
  await person.see("under-review");
  await person.page.locator('form[action*="/users/cancel-moderation/"] button').click();
  await arriveAt(person.page, "/users/join-organization");
});

journey("a free mailbox joins no service of the State, and is told why", async (person) => {
  await arrive(person, "elodie@gmail.com");
  await person.answer("siret", DINUM);
  await arriveAt(person.page, "/users/access-restricted-to-public-sector-email");
  await person.see("restricted-to-the-public-sector");
});

journey("somebody leaves the only organization, and the list says so", async (person) => {
  await arrive(person, "agent@lamalou.example");
  await person.answer("siret", "213 401 268 00130");
  await arriveAt(person.page, "/users/welcome");
  await person.page.locator('form[action*="/users/welcome"] button').click();
  await arriveAt(person.page, "/_dev/client");
  await person.goTo("/manage-organizations");
  await person.see("manage-organizations");
  await person.page.locator('form[action*="/users/quit-organization/"] button').click();
  await person.page.waitForLoadState();
  assert.equal(await person.page.locator('form[action*="/users/quit-organization/"]').count(), 0);
  await person.see("manage-organizations-none");
});

journey(
  "of the addresses of a town hall one is chosen, and the code goes there",
  async (person) => {
    await arrive(person, "jean@gmail.com");
    await person.answer("siret", LA_HAGUE);
    await person.page.waitForLoadState();
    if (person.page.url().includes("join-organization-confirm")) await person.press("confirmed", "true");
    await arriveAt(person.page, "/users/official-contact-email-verification/");
    await person.see("official-contact-choice");
    const [one, other] = await person.page.locator("#contact label").allInnerTexts();
    assert.notEqual(one, other);
    await person.page.locator("#send").click();
    await person.see("official-contact-choice-refused");
    await person.page.locator("#contact-2").check();
    await person.page.locator("#send").click();
    await person.page.locator("#official_contact_email_verification_token").waitFor();
    await person.see("official-contact-chosen");
    const [mail] = await person.mails("mairie-annexe@lahague.example");
    const words = mail.text.split("\n").find((line) => /^[a-z]+-[a-z]+$/.test(line.trim())).trim();
    await person.answer("official_contact_email_verification_token", words);
    await arriveAt(person.page, "/users/welcome");
  },
  undefined,
  TWO,
);

journey(
  "an address of the State joins no association and no service with domains of its own, and is told why",
  async (person) => {
    await arrive(person, "elodie@beta.gouv.fr");
    for (const [siret, page] of [
      [EMMAUS, "access-restricted-to-private-sector-email"],
      [CHORUS, "domain-not-allowed-for-organization"],
    ]) {
      await person.answer("siret", siret);
      await person.arriveAt(`/users/${page}`);
      await person.see(page);
      await person.page.locator('main a[href^="/users/join-organization"]').click();
      await person.arriveAt("/users/join-organization");
    }
    await person.answer("siret", "123 456 789 00000");
    await person.page.locator("#siret-problem").waitFor();
    await person.see("join-organization-malformed");
  },
  undefined,
  TWO,
);

journey(
  "while the register does not answer a request is kept, and nobody accepts it unread",
  async (person) => {
    const applicant = `claire${(number += 1)}@mairie.exemple.fr`;
    const officer = `nadia${number}@identite.exemple.fr`;
    await newcomer.open(person, applicant);
    await person.goTo("/users/join-organization");
    await person.answer("siret", DINUM);
    await person.arriveAt("/users/unable-to-auto-join-organization");
    await person.see("under-review-in-an-outage");
    assert.equal((await person.text()).replaceAll("\u00a0", " ").split(DINUM).length, 2, "its number alone is known, and told once");

    const moderator = await person.elsewhere();
    await newcomer.open(moderator, officer);
    await person.provider.command("admin", "grant", officer, "--role", "moderator");
    await moderator.goTo("/admin/sign-in");
    await moderator.page.locator('a[href^="/users/totp-configuration"]').click();
    await setUpApplication(moderator);
    await moderator.page.locator("main a.primary").click();
    await moderator.arriveAt("/admin/sign-in");
    await moderator.page.locator('form[action="/admin/sign-in"] button').click();
    await moderator.arriveAt("/admin");
    await moderator.goTo(`/admin/moderations?q=${encodeURIComponent(`email:${applicant}`)}`);
    await moderator.page.locator("[data-moderation] a").first().click();
    await moderator.see("moderation-in-an-outage");
    await moderator.page.locator('form[action$="/accept"] button').click();
    await moderator.page.locator("main [role=alert]").waitFor();
    await moderator.see("moderation-in-an-outage-not-accepted");
    await person.page.reload();
    await person.arriveAt("/users/unable-to-auto-join-organization");
  },
  async () => {
    const lines = ['instance.kind = "sandbox"', "keys.rsa_bits = 2048", "accounts.check_deliverability = false"];
    return { ...(await startProduction(0, lines)), mailbox: "/api/mailbox" };
  },
  TWO,
);
