// The mailbox beside the password: in a browser that nobody knows, and again when it was proven long ago.

import assert from "node:assert/strict";

import { startProduction } from "../production.mjs";
import { PASSWORD, open } from "./newcomer.mjs";
import { journey, TWO } from "./visit.mjs";

const DAY = 24 * 3600;
let number = 0;

/** A shared instance whose mails are read by anybody, and which asks what an instance of production asks. */
async function startSandbox() {
  const lines = ['instance.kind = "sandbox"', "keys.rsa_bits = 2048", "accounts.check_deliverability = false"];
  const sandbox = await startProduction(0, lines);
  return { ...sandbox, mailbox: "/api/mailbox", prepare: async () => `claire${(number += 1)}@mairie.exemple.fr` };
}

async function giveCode(person, address) {
  const [{ code }] = await person.mails(address);
  await person.answer("verify_email_token", code);
}

journey(
  "a password is not enough in a new browser, which is trusted from then on, until its person says otherwise",
  async (person, address) => {
    await open(person, address);
    await person.see("sandbox-home");

    const other = await person.elsewhere();
    await other.goTo("/users/start-sign-in");
    await other.signIn(address, PASSWORD);
    await other.arriveAt("/users/verify-email");
    await other.see("verify-email-in-a-new-browser");
    await other.answer("verify_email_token", "0000000000");
    await other.see("verify-email-in-a-new-browser-refused");
    await giveCode(other, address);
    await other.arriveAt("/");
    await other.signOut();
    await other.signIn(address, PASSWORD);
    await other.arriveAt("/");

    await other.goTo("/connection-and-account");
    await other.see("trusted-browsers");
    const cards = other.page.locator('form[action="/connection-and-account/browsers"] .card');
    assert.equal(await cards.count(), 2);
    await other.press("browser", "all");
    await other.page.waitForURL("**/connection-and-account?*");
    await other.see("trusted-browsers-none");
    assert.equal(await cards.count(), 0);
    await person.goTo("/");
    await person.signOut();
    await person.signIn(address, PASSWORD);
    await person.arriveAt("/users/verify-email");
  },
  startSandbox,
  TWO,
);

journey(
  "where no mail leaves, whoever is asked for a mailed code is told so",
  async (person, { email, link }) => {
    await person.goTo(link);
    await person.choose(PASSWORD);
    await person.goTo("/users/start-sign-in");
    await person.signIn(email, PASSWORD);
    await person.arriveAt("/users/verify-email");
    assert.match(await person.text(), person.setting.language === "fr" ? /n’envoie pas encore de courriel/ : /sends no mail yet/);
    await person.see("verify-email-where-no-mail-leaves");
  },
  (people) => startProduction(people, ["keys.rsa_bits = 2048", "accounts.check_deliverability = false"]),
  TWO,
);

journey(
  "a mailbox that was proven ninety days ago is proven again on the way to a service",
  async (person) => {
    const address = "user@yopmail.com";
    await person.goTo("/users/start-sign-in");
    await person.signIn(address);
    await person.arriveAt("/");
    await person.signOut();
    await person.now(91 * DAY);
    await person.goTo("/_dev/client");
    await person.press("intent", "sign-in");
    await person.signIn(address);
    await person.arriveAt("/users/verify-email");
    await person.see("verify-email-again");
    await giveCode(person, address);
    await person.arriveAt("/_dev/client");
    assert.match(await person.text(), /user@yopmail\.com/);
  },
  undefined,
  TWO,
);

journey(
  "a link in the frame of a mail opens a window, in which one goes on as from one's own mailbox",
  async (person) => {
    const address = "user@yopmail.com";
    await person.goTo("/users/reset-password");
    await person.answer("login", address);
    await person.arriveAt("/users/start-sign-in");
    await person.mails(address);
    await person.goTo(`/_dev/mailbox?to=${encodeURIComponent(address)}`);
    await person.page.locator("article details summary").first().click();
    const opening = person.page.waitForEvent("popup");
    await person.page.frameLocator("article iframe").first().locator('a[href*="reset_password_token"]').click();
    const window = await opening;
    await window.waitForURL("**/users/change-password?*");
    await window.locator('input[name="password"]').fill(PASSWORD);
    await window.locator('input[name="password_confirmation"]').fill(PASSWORD);
    await window.locator("main form button.primary").click();
    await window.locator("main a.primary").waitFor();
    assert.equal(new URL(person.page.url()).pathname, "/_dev/mailbox", "the mailbox stays where it is");
    await window.close();
    await person.goTo("/users/start-sign-in");
    await person.signIn(address, PASSWORD);
    await person.arriveAt("/");
  },
  undefined,
  TWO,
);
