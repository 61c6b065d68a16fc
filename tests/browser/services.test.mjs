// What services ask beside a sign-in: who somebody is, for whom they act, how they proved it. Told by what the service hears.

import assert from "node:assert/strict";

import { askForApplication } from "./application.mjs";
import { journey, TWO } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const OF_TWO_ORGANIZATIONS = "user@red-needles-sarl.com";
const PASSWORD = "une phrase de passe longue et neuve";
let number = 0;

/** Sends the request of the trial service, as the client of this identifier, with these parameters. */
async function ask(person, parameters, client = "dev-client") {
  await person.goTo("/_dev/client");
  await person.page.locator('select[name="client_id"]').selectOption(client);
  await person.page.locator('textarea[name="parameters"]').fill(parameters);
  await person.press("intent", "own");
}

/** What the service was told: the claims of the ID token, and those of userinfo. */
async function told(person) {
  await person.arriveAt("/_dev/client");
  const read = async (id) => JSON.parse(await person.page.locator(id).textContent());
  return { ...(await read("#userinfo")), token: await read("#id-token-claims") };
}

journey(
  "a federation names the person and the service behind it, on every page of the way",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    const code = await askForApplication(person);
    await person.goTo("/");
    await person.signOut();

    await ask(person, `scope=openid email organization\nlogin_hint=${ADDRESS}\nsp_name=Démarches de la ville`);
    assert.equal(await person.page.locator('input[name="login"]').inputValue(), ADDRESS);
    await person.see("start-sign-in-by-a-federation");
    await person.signIn(ADDRESS);
    await person.arriveAt("/users/2fa-sign-in");
    assert.match(await person.page.locator("main .client").innerText(), /Client d’essai \((selon lui, pour|according to it, for) Démarches de la ville\)/);
    await person.see("second-factor-by-a-federation");
    await person.answer("totpToken", await code(person, 60));
    const claims = await told(person);
    assert.equal(claims.siret, "21920023500014");
    assert.ok(["pwd", "otp", "mfa"].every((method) => claims.token.amr.includes(method)), String(claims.token.amr));
  },
  undefined,
  TWO,
);

journey(
  "a service of before hears of every organization and nobody chooses, and one of today has one chosen",
  async (person) => {
    await ask(person, "scope=openid email organizations", "dev-client-2022");
    await person.signIn(OF_TWO_ORGANIZATIONS);
    const { organizations } = await told(person);
    assert.deepEqual(organizations.map(({ siret }) => siret).sort(), ["21630215800011", "83951732300011"]);
    await ask(person, "scope=openid email organization");
    await person.arriveAt("/users/select-organization");
    await person.see("select-organization-after-a-service-of-before");
    await person.press("organization_id", "16");
    assert.equal((await told(person)).siret, "21630215800011");
  },
  undefined,
  TWO,
);

journey(
  "a service learns the level that was reached, and that one that nobody reaches was not",
  async (person) => {
    await ask(person, "scope=openid email\nacr_values=eidas1");
    await person.signIn(ADDRESS);
    assert.equal((await told(person)).token.acr, "eidas1");
    const claims = { id_token: { acr: { essential: true, values: ["eidas2", "eidas3"] } } };
    await ask(person, `scope=openid\nclaims=${JSON.stringify(claims)}`);
    await person.page.locator("main .problems").waitFor();
    assert.match(await person.text(), /unmet_authentication_requirements|access_denied/);
    await person.see("client-of-a-level-out-of-reach");
    await ask(person, "scope=openid\nsiret_hint=jean");
    await person.page.locator("main .problems").waitFor();
    assert.match(await person.text(), /invalid_request/);
  },
  undefined,
  TWO,
);

journey(
  "an officer of the State whom a service sends opens an account, and joins the organization that is proposed",
  async (person) => {
    const address = `nadia.benali${(number += 1)}@beta.gouv.fr`;
    await ask(person, "scope=openid email profile organization");
    await person.answer("login", address);
    await person.choose(PASSWORD);
    await person.answer("verify_email_token", (await person.mails(address))[0].code);
    await person.page.locator('input[name="given_name"]').fill("Nadia");
    await person.answer("family_name", "Ben Ali");
    await person.arriveAt("/users/join-organization");
    await person.see("join-organization-proposed");
    await person.press("siret", "13002526500013");
    await person.arriveAt("/users/welcome");
    await person.see("welcome-to-a-proposed-organization");
    await person.send("/users/welcome");
    const { email, given_name: given, family_name: family, siret, organization_verified: verified } = await told(person);
    assert.deepEqual([email, given, family, siret, verified], [address, "Nadia", "Ben Ali", "13002526500013", true]);
    const [{ subject }] = await person.mails(address);
    assert.match(subject, person.setting.language === "fr" ? /rattaché/ : /joined|linked|belong/);
  },
  undefined,
  TWO,
);

journey(
  "a hint of somebody else asks who it is, and whoever signs in then arrives as they are",
  async (person) => {
    const other = "api-particulier@yopmail.com";
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    await person.arriveAt("/");
    for (const comes of [ADDRESS, other]) {
      await ask(person, `scope=openid email\nlogin_hint=${other}`);
      await person.arriveAt("/users/start-sign-in");
      assert.equal(await person.page.locator('input[name="login"]').inputValue(), other);
      await person.see("start-sign-in-by-a-hint-of-somebody-else");
      await person.signIn(comes);
      assert.equal((await told(person)).email, comes);
    }
    // What was asked for somebody else is theirs from then on, and a hint of theirs asks nothing.
    await ask(person, `scope=openid email\nlogin_hint=${other}`);
    assert.equal((await told(person)).email, other);
  },
  undefined,
  TWO,
);
