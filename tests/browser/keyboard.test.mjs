// Somebody without a mouse: from the first address to the service with Tab, Enter and what is typed.

import assert from "node:assert/strict";

import { journey } from "./visit.mjs";

const PASSWORD = "une phrase de passe longue et neuve";
const MOST_STOPS = 80;
let number = 0;

/** Where the keyboard is, and whether it can be seen there. */
const focused = (person) =>
  person.page.evaluate(() => {
    const element = document.activeElement;
    const stops = [...document.querySelectorAll("*")];
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      place: element === document.body ? -1 : stops.indexOf(element),
      name: element.getAttribute("name"),
      html: element.outerHTML.slice(0, 200),
      isSeen: element === document.body || (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0),
    };
  });

/** Presses Tab until this is reached; every stop on the way can be seen, and comes after the one before. */
async function tabTo(person, selector) {
  let before = await focused(person);
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    if (await person.page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    await person.page.keyboard.press("Tab");
    const now = await focused(person);
    assert.ok(now.isSeen, `the focus is not seen on ${now.html}`);
    assert.ok(now.place > before.place, `${now.html} comes before ${before.html}`);
    before = now;
  }
  assert.fail(`${selector} is not reached`);
}

async function type(person, name, text) {
  await tabTo(person, `input[name="${name}"]`);
  await person.page.keyboard.press("ControlOrMeta+a");
  await person.page.keyboard.type(text);
}

/** Enter, and the page that follows it. */
async function enter(person, path) {
  await Promise.all([person.page.waitForEvent("load"), person.page.keyboard.press("Enter")]);
  await person.arriveAt(path);
}

/** The page says that something is wrong, and the keyboard is at the field: the browser puts it there with the first picture. */
async function assertAt(person, name) {
  let at = await focused(person);
  for (let look = 0; look < 50 && at.name !== name; look += 1) {
    await person.page.waitForTimeout(50);
    at = await focused(person);
  }
  assert.equal(at.name, name, `the keyboard is at ${at.html}`);
}

journey("sec_126 a person opens an account and comes to the service by keyboard alone", async (person) => {
  const address = `clavier${(number += 1)}@mairie.exemple.fr`;
  await person.goTo("/_dev/client");
  await tabTo(person, 'button[name="intent"][value="sign-in"]');
  await enter(person, "/users/start-sign-in");
  await type(person, "login", "pas une adresse");
  await enter(person, "/users/start-sign-in");
  await assertAt(person, "login");
  await type(person, "login", address);
  await enter(person, "/users/sign-up");
  await type(person, "password", "court");
  await type(person, "password_confirmation", "court");
  await enter(person, "/users/sign-up");
  await assertAt(person, "password");
  await type(person, "password", PASSWORD);
  await type(person, "password_confirmation", PASSWORD);
  await enter(person, "/users/verify-email");
  await type(person, "verify_email_token", "0000000000");
  await enter(person, "/users/verify-email");
  await assertAt(person, "verify_email_token");
  const [{ code }] = await person.mails(address);
  await type(person, "verify_email_token", code);
  await enter(person, "/users/personal-information");
  await type(person, "given_name", "Élodie");
  await type(person, "family_name", "Ben Saïd");
  await enter(person, "/users/join-organization");
  await type(person, "siret", "123");
  await enter(person, "/users/join-organization");
  await assertAt(person, "siret");
  await type(person, "siret", "494 308 703 00052");
  await enter(person, "/users/welcome");
  await tabTo(person, 'form[action*="/users/welcome"] button');
  await enter(person, "/_dev/client");
  await person.see("service-by-keyboard");
});
