// Somebody who was never here before.

export const PASSWORD = "une phrase de passe longue et neuve";

/** Comes from a service, to the page on which one joins an organization. */
export async function arrive(person, email, name = "Martin") {
  await person.goTo("/_dev/client");
  await person.press("intent", "sign-in");
  await person.page.locator('a[href^="/_dev/another-person"]').click();
  await person.page.locator("#given_name").fill("Élodie");
  await person.page.locator("#family_name").fill(name);
  await person.page.locator("#siret").fill("");
  await person.answer("email", email);
  await person.arriveAt("/users/join-organization");
}

/** Opens an account, and is at home. */
export async function open(person, address) {
  await person.goTo("/users/start-sign-in");
  await person.answer("login", address);
  await person.choose(PASSWORD);
  await person.answer("verify_email_token", (await person.mails(address))[0].code);
  await person.page.locator('input[name="given_name"]').fill("Claire");
  await person.answer("family_name", "Petit");
  await person.arriveAt("/");
}
