// What a person may be asked on the way: which account, whether the service may know, whether to sign out.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

/** Sends the trial service's request with these parameters. */
async function ask(person, parameters) {
  await person.goTo("/_dev/client");
  await person.page.locator('textarea[name="parameters"]').fill(parameters);
  await person.press("intent", "own");
}

journey("a person chooses, agrees, refuses and signs out", async (person) => {
  await person.goTo("/_dev/");
  await person.see("development-home");
  await ask(person, "scope=openid email");
  await person.press("user_id", "2");
  await person.page.waitForURL("**/_dev/client");

  await ask(person, "prompt=consent");
  await person.see("consent");
  await person.press("decision", "deny");
  await person.page.waitForURL("**/_dev/client");
  assert.match(await person.text(), /access_denied/);
  await person.see("client-refused");
  await ask(person, "prompt=consent");
  await person.press("decision", "allow");
  await person.page.waitForURL("**/_dev/client");
  assert.match(await person.text(), /api-particulier@yopmail\.com/);

  await ask(person, "prompt=select_account");
  await person.see("select-account");
  await person.press("choice", "another");
  await person.press("user_id", "3");
  await person.page.waitForURL("**/_dev/client");
  assert.match(await person.text(), /franceconnect@yopmail\.com/);

  await person.goTo("/oauth/logout");
  await person.see("logout-confirmation");
  await person.page.locator("main form button").click();
  await person.see("logged-out");
});

journey("another person is made up", async (person) => {
  await ask(person, "scope=openid email profile organization");
  await person.page.locator('a[href*="another-person"]').click();
  await person.see("another-person");
  await person.answer("email", "not an address");
  await person.see("another-person-malformed");
  for (const [name, value] of [["given_name", "Claire"], ["family_name", "Durand"], ["siret", "21350238800019"]]) {
    await person.page.locator(`input[name="${name}"]`).fill(value);
  }
  await person.answer("email", "claire.durand@exemple.fr");
  await person.page.waitForURL("**/_dev/client");
  const text = await person.text();
  for (const value of ["claire.durand@exemple.fr", "Durand", "21350238800019"]) assert.ok(text.includes(value), value);
});
