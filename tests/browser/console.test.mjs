// What a person sees and does about their own account, to its end.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

const ADDRESS = "user@red-needles-sarl.com";
const PASSWORD = "une phrase de passe longue et neuve";

journey("a person looks after their account, proves who they are anew, and leaves", async (person) => {
  await person.goTo("/_dev/client");
  await person.press("intent", "sign-in");
  await person.signIn(ADDRESS);
  await person.press("organization_id", "17");
  await person.page.waitForURL("**/_dev/client");
  await person.goTo("/");
  await person.see("home-with-a-service-used");

  await person.page.locator('nav a[href="/personal-information"]').click();
  await person.page.locator('input[name="phone_number"]').fill("123");
  await person.answer("given_name", "R2D2");
  await person.see("own-personal-information-refused");
  await person.page.locator('input[name="phone_number"]').fill("01 23 45 67 89");
  await person.answer("given_name", "Josiane");
  await person.see("own-personal-information");

  const other = await person.elsewhere();
  await other.goTo("/users/start-sign-in");
  await other.signIn(ADDRESS);
  await other.arriveAt("/");
  await person.page.locator('nav a[href="/connection-and-account"]').click();
  await person.see("connection-and-account");
  await person.press("session", "others");
  await person.see("connection-and-account-alone");
  await other.goTo("/");
  await other.arriveAt("/users/start-sign-in");

  await person.page.locator('a[href$="/password"]').click();
  await person.page.locator('input[name="password"]').fill(ADDRESS);
  await person.answer("password_confirmation", ADDRESS);
  await person.see("password-refused");
  await person.page.locator('input[name="password"]').fill(PASSWORD);
  await person.answer("password_confirmation", PASSWORD);
  await person.see("connection-and-account-with-another-password");

  await person.now(16 * 60);
  await person.page.locator('a[href$="/sign-in-history"]').click();
  await person.see("sign-in-to-confirm");
  await person.answer("password", ADDRESS);
  await person.see("sign-in-to-confirm-refused");
  await person.answer("password", PASSWORD);
  await person.page.waitForURL("**/sign-in-history");
  await person.see("sign-in-history");

  await person.goTo("/connection-and-account");
  await person.page.locator('button[name="client_id"]').first().click();
  await person.see("connection-and-account-without-services");
  await person.page.locator('a[href$="/my-data"]').click();
  await person.see("my-data");
  await person.page.locator("main form button").click();
  await person.page.locator("main [role=status]").waitFor();
  await person.see("my-data-with-a-link-mailed");
  const link = await person.mailedLink(ADDRESS, "my_data_token=");
  await person.goTo(link);
  await person.see("my-data-file");
  const downloading = person.page.waitForEvent("download");
  await person.page.locator("main form button").click();
  assert.equal((await downloading).suggestedFilename(), "moncomptepro.json");
  await person.goTo(link);
  await person.see("my-data-file-by-a-link-that-was-used");

  await person.goTo("/connection-and-account");
  await person.page.locator('a[href="/users/delete"]').click();
  await person.see("delete");
  await person.page.locator("main form button").click();
  await person.see("delete-unconfirmed");
  await person.page.locator('input[name="confirmed"]').check();
  await person.page.locator("main form button").click();
  await person.page.waitForURL("**/users/start-sign-in*");
  await person.see("start-sign-in-after-deletion");
});
