// What goes wrong is a page too, and says what to do next.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

const REQUEST = "/oauth/authorize?client_id=standard_client_id&response_type=code&scope=openid&redirect_uri=";

journey("a person meets an error", async (person) => {
  for (const [name, path] of [
    ["no-such-page", "/no-such-page"],
    ["wrong-redirect-uri", `${REQUEST}${encodeURIComponent("http://localhost:4000/elsewhere")}`],
    ["no-such-interaction", "/interaction/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
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
