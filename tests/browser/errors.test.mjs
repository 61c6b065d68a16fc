// What goes wrong is a page too, and says what to do next.

import assert from "node:assert/strict";

import { startProduction } from "../production.mjs";
import { journey, TWO } from "./visit.mjs";

const REQUEST = "/oauth/authorize?client_id=standard_client_id&response_type=code&scope=openid&redirect_uri=";

journey("a person meets an error", async (person) => {
  for (const [name, path] of [
    ["no-such-page", "/no-such-page"],
    ["wrong-redirect-uri", `${REQUEST}${encodeURIComponent("http://localhost:4000/elsewhere")}`],
    ["no-such-interaction", "/interaction/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ["restore-address-of-nothing", "/users/restore-address?restore_address_token=AAAA"],
    ["void-link", "/users/change-password?password_link=AAAA"],
  ]) {
    await person.goTo(path);
    await person.see(name);
    assert.ok((await person.page.locator("main a[href], main form").count()) > 0, `${name}: a way on`);
  }
  await person.goTo("/users/start-sign-in");
  await person.answer("login", "not an address");
  await person.see("start-sign-in-malformed");
});

journey("a form whose cookie is gone changes nothing and says so", async (person) => {
  await person.goTo("/users/start-sign-in");
  await person.page.context().clearCookies();
  await person.answer("login", "user@yopmail.com");
  await person.see("stale-form");
});

journey(
  "a person who gets no further finds help in the foot of every page",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.page.locator('footer a[href="/help"]').click();
    await person.arriveAt("/help");
    await person.see("help");
  },
  undefined,
  TWO,
);

journey(
  "whoever guesses passwords waits, and is told how long and what to do",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.answer("login", "user@yopmail.com");
    for (let guess = 0; guess < 10; guess += 1) {
      await person.answer("password", "pas le bon mot de passe");
      await person.page.waitForLoadState();
    }
    await person.answer("password", "user@yopmail.com");
    await person.page.locator("main[data-error]").waitFor();
    await person.see("password-waits");
    await person.now(3600);
    await person.goTo("/users/start-sign-in");
    await person.signIn("user@yopmail.com");
    await person.arriveAt("/");
  },
  undefined,
  TWO,
);

journey(
  "whoever sends too many forms waits, and is told how long",
  async (person) => {
    // Each setting comes from a place of its own.
    await person.page.context().setExtraHTTPHeaders({ "x-forwarded-for": `192.0.2.${person.setting.width % 251}` });
    await person.goTo("/users/start-sign-in");
    const token = await person.page.locator('input[name="_csrf"]').first().inputValue();
    const form = { _csrf: token, login: "personne@exemple.fr" };
    for (let sent = 0; sent < 60; sent += 1) {
      const options = { form, headers: { origin: person.issuer }, maxRedirects: 0 };
      assert.equal((await person.page.context().request.post(person.page.url(), options)).status(), 303);
    }
    await person.answer("login", "personne@exemple.fr");
    await person.page.locator("main[data-error]").waitFor();
    await person.see("too-many-forms");
  },
  () => startProduction(0, ["accounts.check_deliverability = false", 'proxies.trusted = ["127.0.0.1", "::1"]']),
  TWO,
);

journey(
  "a session that is over leads to the page that was wanted, once signed in anew",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.signIn("user@yopmail.com");
    await person.goTo("/manage-organizations");
    await person.now(90 * 24 * 3600);
    await person.send("/users/quit-organization/");
    await person.page.locator("main[data-error]").waitFor();
    await person.see("session-over");
    await person.page.locator("main a.primary").click();
    await person.arriveAt("/users/start-sign-in");
    await person.see("start-sign-in-after-a-session");
    await person.signIn("user@yopmail.com");
    await person.answer("verify_email_token", (await person.mails("user@yopmail.com"))[0].code);
    await person.arriveAt("/manage-organizations");
    assert.ok((await person.page.locator('form[action^="/users/quit-organization/"]').count()) > 0, "nothing was left");
  },
  undefined,
  TWO,
);
