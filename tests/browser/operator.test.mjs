// What an operator decides: commands about one person, and choices in the configuration that everybody meets.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";

import { startProduction } from "../production.mjs";
import { setUpApplication } from "./application.mjs";
import { PASSWORD, open } from "./newcomer.mjs";
import { journey, startDevelopment, TWO } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const TOWN_HALL = "mairie@ville.exemple.fr";
const YEAR = 365 * 24 * 3600;
let number = 0;

/** Development mode with a directory, where commands reach it. */
const startOperated = () => startDevelopment("--data-dir", "data");

/** An instance of an operator who chose; `prepare` gives an address and the link by which its person chooses a password. */
const startChosen = (...chosen) => (people) =>
  startProduction(people, ["keys.rsa_bits = 2048", "accounts.trusted_browsers = false", ...chosen]);

/** A name server that knows no domain. */
async function startNameServer() {
  const server = createSocket("udp4");
  server.on("message", (query, { port, address }) => {
    const answer = Buffer.from(query);
    answer[2] |= 0x80;
    answer[3] = 0x83;
    server.send(answer, port, address);
  });
  await new Promise((resolve) => server.bind(0, "127.0.0.1", resolve));
  return { place: `127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

journey(
  "whoever comes back to the account of a function after a year is let in by an administrator",
  async (person) => {
    await open(person, TOWN_HALL);
    await person.signOut();

    await person.now(YEAR);
    await person.goTo("/_dev/client");
    await person.press("intent", "sign-in");
    await person.signIn(TOWN_HALL, PASSWORD);
    await person.answer("verify_email_token", (await person.mails(TOWN_HALL))[0].code);
    await person.arriveAt("/users/dormant-account");
    await person.see("dormant-account");
    await person.page.locator('main form[action="/users/sign-out"] button').click();
    await person.arriveAt("/users/start-sign-in");

    const { password_link: link } = await person.provider.command("user", "reset-password", TOWN_HALL);
    await person.goTo(link);
    await person.choose(`${PASSWORD} encore`);
    await person.goTo("/users/start-sign-in");
    await person.signIn(TOWN_HALL, `${PASSWORD} encore`);
    await person.arriveAt("/");
  },
  startOperated,
  TWO,
);

journey(
  "a person keeps the second factor that an operator was asked to take away",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    await person.arriveAt("/");
    await person.goTo("/totp-configuration");
    await setUpApplication(person);
    await person.provider.command("user", "factor", "remove", ADDRESS, "--reason", "téléphone perdu, ticket 12");
    await person.goTo("/double-authentication");
    await person.see("double-authentication-removal-asked");
    const [{ link }] = await person.mails(ADDRESS);
    const other = await person.elsewhere();
    await other.goTo(link);
    await other.see("keep-second-factor");
    await other.send("/users/keep-second-factor");
    await other.see("second-factor-kept");
    await other.goTo(link);
    await other.see("keep-second-factor-void");
    await person.goTo("/double-authentication");
    assert.equal(await person.page.locator('form[action="/delete-totp-configuration"]').count(), 1);
    await person.see("double-authentication-kept");
  },
  startOperated,
  TWO,
);

journey("a person accepts an invitation, once, and belongs to the organization", async (person) => {
  const address = `marie${(number += 1)}@mairie.example`;
  const { language } = person.setting;
  await person.provider.command("user", "invite", address, "--organization", "21340172201787", "--language", language);
  const [{ link }] = await person.mails(address);
  await person.goTo(link);
  await person.see("accept-invitation");
  await person.choose("court");
  await person.see("accept-invitation-refused");
  await person.choose(PASSWORD);
  await person.arriveAt("/users/personal-information");
  await person.page.locator('input[name="given_name"]').fill("Marie");
  await person.answer("family_name", "Curie");
  await person.arriveAt("/");
  await person.goTo("/manage-organizations");
  await person.see("manage-organizations-after-an-invitation");
  assert.match(await person.text(), /montpellier/i);
  const other = await person.elsewhere();
  await other.goTo(link);
  await other.see("accept-invitation-void");
}, startOperated);

journey(
  "an operator demands two factors, and whoever has one sets another up on the way",
  async (person, { email, link }) => {
    await person.goTo(link);
    await person.choose(PASSWORD);
    await person.goTo("/users/start-sign-in");
    await person.signIn(email, PASSWORD);
    await person.arriveAt("/users/double-authentication-choice");
    await person.see("double-authentication-choice-of-the-operator");
    await person.page.locator('a[href^="/users/totp-configuration"]').click();
    await person.see("totp-configuration-of-the-operator");
    await setUpApplication(person);
    await person.page.locator("main a.primary").click();
    await person.arriveAt("/");
    await person.goTo("/double-authentication");
    await person.see("double-authentication-required");
    assert.equal(await person.page.locator('form[action="/set-force-2fa"]').count(), 0);
  },
  startChosen("accounts.require_second_factor = true", "accounts.check_deliverability = false"),
  TWO,
);

journey(
  "where only the operator opens accounts, an unknown address is told so",
  async (person, { email, link }) => {
    await person.goTo("/users/start-sign-in");
    await person.answer("login", "personne@exemple.fr");
    await person.see("start-sign-in-closed");
    await person.goTo(link);
    await person.choose(PASSWORD);
    await person.goTo("/users/start-sign-in");
    await person.signIn(email, PASSWORD);
    await person.arriveAt("/");
  },
  startChosen("accounts.sign_up = false", "accounts.check_deliverability = false"),
  TWO,
);

journey(
  "where accounts are hidden, known and unknown addresses meet the same page, and the mailbox lets both in",
  async (person, { email, link }) => {
    await person.goTo(link);
    await person.choose(PASSWORD);
    const texts = [];
    const newcomer = `personne${(number += 1)}@exemple.fr`;
    for (const login of [email, newcomer]) {
      await person.goTo("/users/start-sign-in");
      await person.answer("login", login);
      texts.push((await person.text()).replaceAll(login, "…"));
      await person.see("sign-in-where-accounts-are-hidden");
      await person.answer("password", "pas le bon mot de passe");
      texts.push((await person.text()).replaceAll(login, "…"));
      await person.see("sign-in-where-accounts-are-hidden-refused");
    }
    assert.deepEqual(texts.slice(0, 2), texts.slice(2));
    for (const [login, page] of [[email, "/"], [newcomer, "/users/personal-information"]]) {
      const other = await person.elsewhere();
      await other.goTo("/users/start-sign-in");
      await other.answer("login", login);
      await other.send("/users/send-email-verification");
      await other.arriveAt("/users/verify-email");
      await other.see("verify-email-where-accounts-are-hidden");
      await other.answer("verify_email_token", (await other.mails(login))[0].code);
      await other.arriveAt(page);
    }
  },
  async (people) => {
    const chosen = ['instance.kind = "sandbox"', "accounts.hide_existence = true", "accounts.check_deliverability = false"];
    return { ...(await startChosen(...chosen)(people)), mailbox: "/api/mailbox" };
  },
  TWO,
);

journey(
  "an address that takes no mail is refused beside its field",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.answer("login", "jean@nulle-part.exemple.fr");
    await person.see("start-sign-in-undeliverable");
    assert.equal(await person.page.locator("#login").inputValue(), "jean@nulle-part.exemple.fr");
    assert.ok(await person.page.locator("#login-problem").isVisible());
  },
  async () => {
    const names = await startNameServer();
    const provider = await startChosen(`accounts.name_server = "${names.place}"`)(0);
    const stop = async () => {
      await provider.stop();
      names.stop();
    };
    return { ...provider, stop };
  },
  TWO,
);
