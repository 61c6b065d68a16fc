// Every text that anybody wrote, full of markup and scripts, on every page that shows it: a browser reads it and obeys none of
// it (SEC-117), even one without the policy that forbids scripts in pages.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { setUpApplication } from "./application.mjs";
import { journey, startDevelopment, TWO_WITH_SCRIPTS } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const ADMINISTRATOR = "administration@yopmail.com";
const MARK = "globalThis.marker()";
/** Ends every place that a text can stand in, and begins a script, in each of the ways there are. */
const HOSTILE =
  `javascript:${MARK}//'"><svg onload=${MARK}><img src=x onerror=${MARK}></title></textarea></select></style></script>` +
  `<script>${MARK}</script>{{7*7}}`;
/** What is read of it wherever it is shown. */
const SHOWN = `<svg onload=${MARK}>`;
const NAMES = "label|given_name|family_name|job|name|client_description|commune";
const ADDRESSES = "client_uri|policy_uri|tos_uri";

/** Development mode with its own seeds, in which every name and every label is hostile. */
async function startHostile() {
  const read = (name) => readFile(new URL(`../../assets/dev/${name}.toml`, import.meta.url), "utf8");
  const poison = (text) =>
    text
      .replaceAll(new RegExp(`\\b(${NAMES}) = "[^"]*"`, "g"), (_, key) => `${key} = ${JSON.stringify(HOSTILE)}`)
      .replaceAll(new RegExp(`^(${ADDRESSES}) = "[^"]*"`, "gm"), (_, key) => `${key} = ${JSON.stringify(`javascript:${MARK}`)}`);
  const folder = await mkdtemp(join(tmpdir(), "moncomptepro-"));
  const fixtures = join(folder, "fixtures.toml");
  await writeFile(fixtures, `replace = true\n${poison(await read("establishments"))}\n${poison(await read("seeds"))}`);
  const provider = await startDevelopment("--fixtures", fixtures);
  const stop = async () => {
    await provider.stop();
    await rm(folder, { recursive: true });
  };
  return { ...provider, stop };
}

/** Whether the page shows the text; what a page names is loaded or refused by then. */
async function shows(person) {
  await person.page.waitForLoadState("load");
  const found = await person.page.evaluate((shown) => {
    const elements = [...document.querySelectorAll("*")];
    const leads = ["href", "src", "action"].flatMap((name) => elements.map((element) => element.getAttribute(name)));
    const attributes = elements.flatMap((element) => [...element.attributes].map(({ value }) => value));
    return {
      scripts: leads.filter((lead) => lead?.trim().toLowerCase().startsWith("javascript:")),
      isShown: [document.documentElement.textContent, ...attributes].some((text) => text.includes(shown)),
    };
  }, SHOWN);
  assert.deepEqual(found.scripts, [], person.page.url());
  return found.isShown;
}

/** Follows every link of the site from these pages on; how many pages there were, and how many of them show the text. */
async function crawl(person, from) {
  const waiting = [...from];
  const known = new Set(waiting);
  let [pages, showing] = [0, 0];
  for (let path = waiting.shift(); path && pages < 60; path = waiting.shift()) {
    await person.goTo(path);
    pages += 1;
    showing += Number(await shows(person));
    const links = await person.page.locator("a[href]").evaluateAll((all) => all.map(({ href }) => href));
    for (const link of links.map((href) => new URL(href)).filter(({ origin }) => origin === person.issuer)) {
      const next = link.pathname + link.search;
      if (/\/assets\/|\/_dev\/|lang=|\.(csv|json)/.test(next) || known.has(next)) continue;
      known.add(next);
      waiting.push(next);
    }
  }
  return { pages, showing };
}

journey(
  "SEC-117 what anybody wrote is shown on every page and obeyed on none",
  async (person) => {
    const obeyed = [];
    const unguarded = async () => {
      const other = await person.elsewhere({ bypassCSP: true });
      await other.page.exposeFunction("marker", () => obeyed.push(other.page.url()));
      return other;
    };
    // Where it is written as it is, it runs.
    const stranger = await unguarded();
    await stranger.page.setContent(`<p title="${HOSTILE}">`);
    while (obeyed.length === 0) await stranger.page.waitForTimeout(20);
    obeyed.length = 0;

    const query = new URLSearchParams({
      client_id: "standard_client_id",
      response_type: "code",
      redirect_uri: "http://localhost:4000/login-callback",
      scope: "openid profile",
      state: HOSTILE,
      login_hint: HOSTILE,
    });
    await stranger.goTo(`/oauth/authorize?${query}`);
    assert.ok(await shows(stranger), "the service, and what it fills in");
    await stranger.answer("login", HOSTILE);
    assert.ok(await shows(stranger), "what was typed stays");
    await stranger.goTo(`/oauth/authorize?${new URLSearchParams({ client_id: HOSTILE, redirect_uri: HOSTILE })}`);
    await shows(stranger);
    await stranger.goTo("/_dev/");
    await shows(stranger);

    const own = await unguarded();
    await own.goTo("/users/start-sign-in");
    await own.signIn(ADDRESS);
    await own.arriveAt("/");
    const seen = await crawl(own, ["/", "/users/personal-information", "/users/join-organization"]);
    assert.deepEqual(obeyed, []);
    assert.ok(seen.pages > 15 && seen.showing * 2 > seen.pages, JSON.stringify(seen));
    for (const prompt of ["consent", "select_account", "login"]) {
      await own.goTo(`/oauth/authorize?${query}&prompt=${prompt}`);
      assert.ok(await shows(own), prompt);
    }

    const officer = await unguarded();
    await officer.goTo("/users/start-sign-in");
    await officer.signIn(ADMINISTRATOR, "password123");
    await officer.arriveAt("/");
    await officer.goTo("/admin/sign-in");
    await officer.page.locator('a[href^="/users/totp-configuration"]').click();
    await setUpApplication(officer);
    await officer.page.locator("main a.primary").click();
    await officer.arriveAt("/admin/sign-in");
    await officer.send("/admin/sign-in");
    await officer.arriveAt("/admin");
    const search = `/admin/organizations?q=${encodeURIComponent(HOSTILE)}`;
    const console = await crawl(officer, ["/admin", search, "/admin/organizations/1", "/admin/organizations/1/history"]);
    assert.deepEqual(obeyed, []);
    assert.ok(console.pages > 8 && console.showing * 2 > console.pages, JSON.stringify(console));
  },
  startHostile,
  TWO_WITH_SCRIPTS,
);
