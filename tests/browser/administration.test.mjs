// The console of administration: entered with a second factor, organizations looked for and kept, roles given.

import assert from "node:assert/strict";

import { setUpApplication } from "./application.mjs";
import { journey } from "./visit.mjs";

const ADDRESS = "administration@yopmail.com";

journey("an administrator enters the console, keeps an organization, and gives a role", async (person) => {
  await person.goTo("/users/start-sign-in");
  await person.signIn(ADDRESS, "password123");
  await person.arriveAt("/");
  await person.see("home-of-an-administrator");
  await person.page.locator('nav a[href="/admin"]').click();
  await person.arriveAt("/users/double-authentication-choice");
  await person.page.locator('a[href^="/users/totp-configuration"]').click();
  await setUpApplication(person);
  await person.page.locator("main a.primary").click();
  await person.arriveAt("/admin/sign-in");
  await person.see("admin-sign-in");
  await person.page.locator('form[action="/admin/sign-in"] button').click();
  await person.arriveAt("/admin");
  await person.see("admin-home");

  await person.page.locator('nav a[href="/admin/organizations"]').click();
  await person.see("admin-organizations");
  for (const standing of ["closed", "unknown"]) {
    await person.page.locator(`nav a[href$="?standing=${standing}"]`).click();
    assert.equal(await person.page.locator(`nav a[href$="?standing=${standing}"]`).getAttribute("aria-current"), "page");
    await person.see(`admin-organizations-${standing}`);
  }
  await person.goTo("/admin/organizations");
  await person.answer("q", "mairie de Clamart");
  await person.see("admin-organizations-found");
  await person.answer("q", "a");
  await person.see("admin-organizations-refused");
  await person.answer("q", "13003013300016");
  await person.see("admin-organizations-in-the-register");
  await person.page.locator('button[name="siret"]').first().click();
  await person.see("admin-organization-entered");

  await person.goTo("/admin/organizations/1");
  await person.see("admin-organization");
  await person.answer("domain", "gmail.com");
  await person.see("admin-organization-domain-refused");
  await person.answer("domain", "clamart.example");
  await person.see("admin-organization-domain-added");
  await person.answer("email", "user19@yopmail.com");
  await person.see("admin-organization-member-added");
  const card = person.page.locator('[data-user="19"]');
  await card.locator("summary").click();
  await person.see("admin-organization-member-open");
  await card.locator('form[action$="/remove"] button').click();
  await person.page.waitForURL("**/admin/organizations/1?notification=member_removed");
  assert.equal(await person.page.locator('[data-user="19"]').count(), 0);
  await person.page.locator('a[href$="/history"]').click();
  await person.see("admin-organization-history");

  await person.page.locator('nav a[href="/admin/team"]').click();
  await person.see("admin-team");
  await person.page.locator("#organizations").fill("123");
  await person.answer("email", "user19@yopmail.com");
  await person.see("admin-team-refused");
  await person.page.locator("#organizations").fill("219 200 235 00014");
  await person.answer("email", "user19@yopmail.com");
  await person.see("admin-team-granted");
  await person.page.locator('form[action="/admin/sign-out"] button').click();
  await person.arriveAt("/");
  await person.goTo("/admin");
  await person.arriveAt("/admin/sign-in");
});
