// What touches the second factor is confirmed by it, after a while even by whoever is signed in.

import assert from "node:assert/strict";

import { askForApplication } from "./application.mjs";
import { journey, TWO } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";

journey(
  "the application is asked for before it is taken away, and the page that was wanted follows",
  async (person) => {
    const french = person.setting.language === "fr";
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    const code = await askForApplication(person);
    await person.press("force2fa", "disable");
    await person.see("double-authentication-on-demand");
    assert.match((await person.mails(ADDRESS))[0].subject, french ? /plus demandé à chaque connexion/ : /not asked at every sign-in/);

    await person.now(16 * 60);
    await person.page.locator('form[action="/delete-totp-configuration"] button').click();
    await person.arriveAt("/users/sign-in");
    await person.see("sign-in-to-take-the-application-away");
    await person.answer("password", ADDRESS);
    await person.arriveAt("/users/2fa-sign-in");
    await person.see("second-factor-to-confirm");
    await person.answer("totpToken", await code(person, 60));
    await person.arriveAt("/double-authentication");
    const remove = person.page.locator('form[action="/delete-totp-configuration"] button');
    assert.equal(await remove.count(), 1, "the form of before was not sent by itself");
    await remove.click();
    await person.page.locator("[role=status]").waitFor();
    await person.see("double-authentication-without-the-application-any-more");
    assert.match((await person.mails(ADDRESS))[0].subject, french ? /retiré|supprim/i : /removed/i);
    await person.signOut();
    await person.signIn(ADDRESS);
    await person.arriveAt("/");
  },
  undefined,
  TWO,
);
