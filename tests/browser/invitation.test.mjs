// In production, a person chooses a password by the link that an administrator gave, and signs in with it.

import assert from "node:assert/strict";

import { startProduction } from "../production.mjs";
import { journey } from "./visit.mjs";

const PASSWORD = "une phrase de passe longue et neuve";

journey(
  "a person chooses a password and signs in, over TLS",
  async (person, { email, link }) => {
    await person.goTo(link);
    await person.see("change-password");
    await person.choose(PASSWORD, "autre chose de tout aussi long");
    await person.see("change-password-mismatch");
    await person.choose(PASSWORD);
    await person.see("password-changed");

    await person.goTo(link);
    await person.see("change-password-void");
    await person.goTo("/users/start-sign-in");
    await person.see("production-start-sign-in");
    assert.equal(await person.page.locator('[name="user_id"]').count(), 0, "nobody is picked in production");
    await person.signIn(email, PASSWORD);
    await person.see("production-home");
    assert.ok((await person.text()).includes(email));

    const cookies = await person.page.context().cookies();
    assert.ok(cookies.length > 0);
    for (const { name, secure, httpOnly, sameSite, path } of cookies) {
      assert.ok(name.startsWith("__Host-"), name);
      assert.deepEqual({ secure, httpOnly, sameSite, path }, { secure: true, httpOnly: true, sameSite: "Lax", path: "/" }, name);
    }
    for (const path of ["/_dev/", "/_dev/client", "/_dev/mailbox", "/_dev/api/people"]) {
      assert.equal((await person.page.goto(new URL(path, person.issuer).href)).status(), 404, path);
    }
  },
  startProduction,
);
