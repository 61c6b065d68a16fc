// Organizations that an address proves: proposed, chosen, left; and those that prove nothing.

import assert from "node:assert/strict";

import { arrive } from "./newcomer.mjs";
import { journey, startDevelopment, TWO } from "./visit.mjs";

const BNP = ["66204244905476", "66204244914742", "66204244933106"];

/** What is proposed, in its order. */
const proposed = (person) =>
  person.page.locator("section[aria-labelledby=suggestions-title] button[data-siret]").evaluateAll((all) => all.map((one) => one.dataset.siret));

/** The service hears of this organization, and that the membership is proven. */
async function hears(person, siret, isProven = true) {
  await person.arriveAt("/users/welcome");
  await person.send("/users/welcome");
  await person.arriveAt("/_dev/client");
  const told = JSON.parse(await person.page.locator("#userinfo").textContent());
  assert.deepEqual([told.siret, told.organization_verified], [siret, isProven]);
}

journey(
  "of the organizations that share a domain each is proposed, one is joined at once, and is left again",
  async (person) => {
    for (const siret of BNP) {
      await person.provider.command("org", "add", siret);
      await person.provider.command("org", "domain", siret, "bnp.example", "verified");
    }
    for (const siret of BNP) await person.provider.command("org", "link", siret, "user10@yopmail.com");
    await arrive(person, "jean@bnp.example");
    await person.see("join-organization-of-three");
    assert.deepEqual((await proposed(person)).sort(), BNP);
    await person.press("siret", BNP[1]);
    await hears(person, BNP[1]);
    await person.goTo("/users/join-organization");
    await person.press("siret", BNP[0]);
    await person.arriveAt("/users/welcome");
    await person.goTo("/manage-organizations");
    await person.see("manage-organizations-of-two");
    const leave = person.page.locator('form[action*="/users/quit-organization/"] button');
    assert.equal(await leave.count(), 2);
    await leave.first().click();
    await person.page.locator("[role=status]").waitFor();
    await person.see("manage-organizations-after-leaving-one");
    assert.equal(await leave.count(), 1);
  },
  () => startDevelopment("--data-dir", "data"),
  TWO,
);

journey(
  "whoever has the domain of a town hall joins it at once, and a sole trader from any mailbox, unproven",
  async (person) => {
    await arrive(person, "agent@lamalou.example");
    await person.answer("siret", "213 401 268 00130");
    await hears(person, "21340126800130");
    const other = await person.elsewhere();
    await arrive(other, "jeanne.exemple@gmail.com");
    await other.answer("siret", "828 696 252 00018");
    await other.arriveAt("/users/welcome");
    await other.see("welcome-unproven");
    const { language } = other.setting;
    assert.match(await other.page.locator("h1").innerText(), language === "fr" ? /enregistré/ : /joined/, "and not confirmed");
    await hears(other, "82869625200018", false);
    const third = await person.elsewhere();
    await arrive(third, "jean@ac-paris.fr");
    await third.answer("siret", "197 506 637 00010");
    await third.page.waitForURL("**/users/official-contact-email-verification/**");
    await third.see("official-contact-of-a-school");
    const [mail] = await third.mails("ce.0750663z@education.example");
    const words = mail.text.split("\n").find((line) => /^[a-z]+-[a-z]+$/.test(line.trim())).trim();
    await third.answer("official_contact_email_verification_token", words);
    await hears(third, "19750663700010");
  },
  undefined,
  TWO,
);
