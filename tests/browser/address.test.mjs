// A person is helped with their address, gives the account another one, and takes it back.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const NEW = "jean.user@commune.example";

/** The newest mail to an address. */
async function mailTo(person, address) {
  const answer = await fetch(`${person.issuer}/_dev/api/mailbox?to=${encodeURIComponent(address)}`);
  assert.equal(answer.status, 200);
  const mails = await answer.json();
  return mails.items?.[0] ?? mails[0];
}

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
  await person.answer("login", ADDRESS);
  await person.answer("password", ADDRESS);
  await person.goTo("/connection-and-account");
  await person.page.locator('a[href$="/connection-and-account/email"]').click();
  await person.answer("email", "pas une adresse");
  await person.see("own-email-refused");
  await person.answer("email", NEW);
  await person.see("own-email-code");
  await person.answer("verify_email_token", "0000000000");
  await person.see("own-email-code-refused");
  await person.answer("verify_email_token", (await mailTo(person, NEW)).code);
  await person.page.waitForURL("**/connection-and-account?*");
  await person.see("connection-and-account-with-another-address");
  assert.ok((await person.text()).includes(NEW));

  const { link } = await mailTo(person, ADDRESS);
  await person.page.goto(link);
  await person.see("restore-address");
  await person.page.locator('form[action="/users/restore-address"] button').click();
  await person.see("address-restored");
});
