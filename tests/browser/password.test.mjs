// E-mail address, password, organization, and out again.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

const ADDRESS = "user@red-needles-sarl.com";

journey("a person signs in with a password, chooses an organization, changes it, and signs out", async (person) => {
  await person.goTo("/_dev/client");
  await person.press("intent", "sign-in");
  await person.answer("login", ADDRESS);
  await person.see("sign-in");
  await person.answer("password", "not the password");
  await person.see("sign-in-refused");
  await person.answer("password", ADDRESS);

  await person.see("select-organization");
  await person.press("organization_id", "17");
  await person.page.waitForURL("**/_dev/client");
  assert.match(await person.text(), /83951732300011/);

  await person.press("intent", "select-organization");
  await person.see("select-organization-again");
  await person.press("organization_id", "16");
  await person.page.waitForURL("**/_dev/client");
  assert.match(await person.text(), /21630215800011/);

  assert.doesNotMatch(await person.text(), /Jeanne/);
  await person.press("intent", "update-userinfo");
  await person.see("personal-information");
  await person.answer("given_name", "Jeanne");
  await person.page.waitForURL("**/_dev/client");
  assert.match(await person.text(), /Jeanne/);

  await person.goTo("/");
  await person.see("home");
  await person.goTo("/_dev/client");
  await person.press("intent", "sign-out");
  await person.page.waitForURL("**/_dev/client*");
  await person.see("client-signed-out");
  await person.goTo("/");
  await person.see("start-sign-in-after-sign-out");
});
