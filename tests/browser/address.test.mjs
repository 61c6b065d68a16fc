// A person is helped with their address, gives the account another one, and takes it back.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const NEW = "jean.user@commune.example";

journey("a person gives their account another address, and the one before takes it back", async (person) => {
  await person.goTo("/users/start-sign-in");
  await person.answer("login", "jean@gmial.com");
  await person.see("address-doubted");
  await person.page.locator('form:has(input[name="login"][value="jean@gmail.com"]) button').first().click();
  await person.page.waitForURL("**/users/sign-up**");
  await person.see("sign-up-with-notices");
  for (const notice of ["/personal-data-notice", "/terms", "/accessibility"]) {
    await person.page.locator(`footer a[href="${notice}"]`).click();
    await person.see(`notice${notice.replaceAll("/", "-")}`);
  }

  await person.goTo("/users/start-sign-in");
  await person.signIn(ADDRESS);
  await person.goTo("/connection-and-account");
  await person.page.locator('a[href$="/connection-and-account/email"]').click();
  await person.answer("email", "pas une adresse");
  await person.see("own-email-refused");
  await person.answer("email", NEW);
  await person.see("own-email-code");
  await person.answer("verify_email_token", "0000000000");
  await person.see("own-email-code-refused");
  await person.answer("verify_email_token", (await person.mails(NEW))[0].code);
  await person.page.waitForURL("**/connection-and-account?*");
  await person.see("connection-and-account-with-another-address");
  assert.ok((await person.text()).includes(NEW));

  const [{ link }] = await person.mails(ADDRESS);
  await person.page.goto(link);
  await person.see("restore-address");
  await person.page.locator('form[action="/users/restore-address"] button').click();
  await person.see("address-restored");

  await person.page.goto(link);
  await person.see("restore-address-void");
});
