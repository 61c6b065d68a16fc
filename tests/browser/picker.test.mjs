// One click instead of a password: the person picker of development mode.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

journey("a person is picked", async (person) => {
  await person.goTo("/_dev/client");
  await person.see("client");
  await person.press("intent", "sign-in");
  await person.see("start-sign-in");

  await person.press("user_id", "1");
  await person.page.waitForURL("**/_dev/client");
  await person.see("client-signed-in");
  const text = await person.text();
  assert.match(text, /user@yopmail\.com/);
  assert.match(text, /21920023500014/);

  // The provider knows the browser now: the second time, no page comes between.
  await person.press("intent", "own");
  await person.page.waitForURL("**/_dev/client");

  await person.press("intent", "login");
  await person.see("sign-in-again");
  await person.goTo("/_dev/mailbox");
  await person.see("mailbox");
});
