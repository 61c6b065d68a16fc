// Many organizations, made by the product's own import, and every page of the console that shows them.

import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { join } from "node:path";

import { setUpApplication } from "./application.mjs";
import { arrive } from "./newcomer.mjs";
import { startDevelopment } from "./visit.mjs";

const DINUM = "130 025 265 00013";
/** Who becomes an administrator, one for each setting: a second factor is set up once. */
const ADMINISTRATORS = ["user@yopmail.com", "datapass@yopmail.com"];
const KINDS = ["Commune de", "Communauté de communes de", "Centre communal d'action sociale de", "Syndicat mixte de", "École primaire de"];
const TOWNS = ["Saint-Jean-de-la-Forêt", "Villefranche-sur-Saône", "L'Haÿ-les-Roses", "Aix", "Châteauneuf-du-Faou", "Y"];
/** So many people belong to the first organization: more than a page of them. */
const MEMBERS = 120;

/** The digits with one more behind them that makes the sum of the register's formula right. */
function checked(digits) {
  const sum = [...`${digits}0`].reverse().reduce((total, digit, index) => {
    const weighed = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** The SIRET of the organization of this number. */
export const siretOf = (number) => checked(`${checked(String(70_000_000 + number))}0001`);
const nameOf = (number) => `${KINDS[number % KINDS.length]} ${TOWNS[Math.trunc(number / 7) % TOWNS.length]} ${number}`;

/** Writes a file line by line, and gives its name. */
async function written(folder, name, lines) {
  const path = join(folder, name);
  const file = await open(path, "w");
  let text = "";
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length > 1_000_000) {
      await file.write(text);
      text = "";
    }
  }
  await file.write(text);
  await file.close();
  return path;
}

function* organizations(count) {
  yield "siret,label,legal_category,address";
  for (let number = 0; number < count; number += 1) {
    yield `${siretOf(number)},"${nameOf(number)}",7210,"${10_000 + (number % 80_000)} ${TOWNS[number % TOWNS.length]}"`;
  }
}

function* people() {
  yield "email,given_name,family_name";
  for (let number = 0; number < MEMBERS; number += 1) {
    const letter = String.fromCharCode(65 + (number % 26));
    yield `agent${number}@ville.exemple.fr,Camille,Dupont-Lefèvre de ${letter}`;
  }
}

function* domains() {
  yield "siret,domain,verification_type";
  for (const [name, status] of [["ville", "verified"], ["prestataire", "external"], ["ancien", "refused"], ["neuf", "not_verified_yet"]]) {
    yield `${siretOf(0)},${name}.exemple.fr,${status}`;
  }
}

function* links() {
  yield "siret,email,is_external,verification_type";
  for (let number = 0; number < MEMBERS; number += 1) yield `${siretOf(0)},agent${number}@ville.exemple.fr,${number % 9 === 0},domain`;
}

/** Development mode with so many organizations; `prepare` gives the address and the password of an administrator. */
export async function startFilled(count) {
  const provider = await startDevelopment("--data-dir", "data");
  try {
    const enter = async (noun, name, lines, expected) => {
      const { counts } = await provider.command(noun, "import", await written(provider.folder, name, lines));
      assert.equal(counts.imported, expected, `${name}: ${JSON.stringify(counts)}`);
    };
    await enter("org", "organizations.csv", organizations(count), count);
    await enter("user", "people.csv", people(), MEMBERS);
    await enter("org", "domains.csv", domains(), 4);
    await enter("org", "links.csv", links(), MEMBERS);
  } catch (error) {
    await provider.stop();
    throw error;
  }
  const waiting = [...ADMINISTRATORS];
  const prepare = async () => {
    const address = waiting.shift();
    await provider.command("admin", "grant", address, "--role", "administrator");
    return address;
  };
  return { ...provider, prepare };
}

/** Somebody asks to join an organization, and waits. */
export async function ask(person, email) {
  await arrive(person, email);
  await person.answer("siret", DINUM);
  await person.arriveAt("/users/unable-to-auto-join-organization");
}

/** An administrator enters the console, and sets a second factor up on the way. */
export async function enter(person, address) {
  await person.goTo("/users/start-sign-in");
  await person.signIn(address);
  await person.arriveAt("/");
  await person.goTo("/admin/sign-in");
  await person.page.locator('a[href^="/users/totp-configuration"]').click();
  await setUpApplication(person);
  await person.page.locator("main a.primary").click();
  await person.arriveAt("/admin/sign-in");
}

/**
 * Goes to every page of the console, one after the other: `see(name)` is told when one is there. `count` organizations are
 * behind it.
 */
export async function everyPage(person, count, see) {
  const show = async (name) => {
    await person.page.waitForLoadState();
    assert.doesNotMatch(await person.text(), /\p{Ll}\.\p{Lu}/u, `${name}: between two sentences there is a space`);
    await see(name);
  };
  const follow = async (selector, name) => {
    await person.page.locator(selector).first().click();
    await show(name);
  };
  const find = async (text, name, expected) => {
    await person.goTo(`/admin/organizations?q=${encodeURIComponent(text)}`);
    assert.match(await person.text(), expected, text);
    await show(name);
  };
  await show("console-sign-in");
  await follow('form[action="/admin/sign-in"] button', "console-home");
  await follow('nav a[href="/admin/moderations"]', "console-moderations");
  await follow("[data-moderation] a", "console-moderation");
  await person.goTo("/admin/moderations?q=is:any");
  await show("console-moderations-all");
  await follow('nav a[href="/admin/organizations"]', "console-organizations");
  await follow('a[rel="next"]', "console-organizations-next");
  await find("commune saint jean", "console-organizations-by-name", /Saint-Jean/);
  await find("forêt syndicat", "console-organizations-by-words", /Syndicat/);
  await find("introuvable", "console-organizations-nothing", /introuvable|Aucun|No |nothing/i);
  await find(siretOf(count - 1), "console-organizations-by-siret", new RegExp(String(count - 1)));
  await find(siretOf(0), "console-organizations-found", /Commune de/);
  await follow(`a[data-siret="${siretOf(0)}"]`, "console-organization");
  await follow('#members ~ p a[rel="next"], a[href*="members_after"]', "console-organization-next-members");
  await follow('a[href$="/history"]', "console-organization-history");
  await follow('nav a[href="/admin/team"]', "console-team");
}
