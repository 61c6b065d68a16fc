// Whoever was entered by the operator from another system: with a password of that system, or without any.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { journey, startDevelopment, TWO } from "./visit.mjs";

const PASSWORD = "une phrase de passe longue et neuve";
let number = 0;

/** Development mode, in which somebody is imported from a file: without a password, and their mailbox not proven. */
async function startImported(people) {
  const provider = await startDevelopment("--data-dir", "data");
  const prepare = async () => {
    const email = `marie.curie${(number += 1)}@mairie.exemple.fr`;
    const file = join(provider.folder, `people-${number}.csv`);
    await writeFile(file, `email,given_name,family_name,job\n${email},Marie,Curie,Chimiste\n`);
    const { counts } = await provider.command("user", "import", file);
    assert.equal(counts.imported, 1);
    return email;
  };
  return { ...provider, prepare };
}

journey(
  "somebody who was imported without a password proves the mailbox, finds their names, and chooses a password",
  async (person, email) => {
    await person.goTo("/_dev/client");
    await person.press("intent", "sign-in");
    await person.answer("login", email);
    await person.arriveAt("/users/sign-up");
    await person.see("sign-in-of-somebody-imported");
    await person.send("/users/send-magic-link");
    await person.goTo((await person.mails(email))[0].link);
    await person.send("/users/sign-in-with-magic-link");
    await person.arriveAt("/users/join-organization");
    await person.goTo("/personal-information");
    assert.equal(await person.page.locator('input[name="given_name"]').inputValue(), "Marie");
    assert.equal(await person.page.locator('input[name="job"]').inputValue(), "Chimiste");

    await person.goTo("/connection-and-account/password");
    await person.see("password-of-whoever-has-none");
    await person.choose(PASSWORD);
    await person.page.waitForURL("**/connection-and-account?*");
    await person.goTo("/");
    await person.signOut();
    await person.signIn(email, PASSWORD);
    await person.arriveAt("/");
    await person.signOut();
    await person.answer("login", email);
    await person.send("/users/send-magic-link");
    await person.goTo((await person.mails(email))[0].link);
    await person.send("/users/sign-in-with-magic-link");
    await person.arriveAt("/");
  },
  startImported,
  TWO,
);
