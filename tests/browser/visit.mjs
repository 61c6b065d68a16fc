// A real browser, in every way in which a page must hold: with and without scripts, in both languages, on a screen and
// on a phone.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { startProvider } from "../provider.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// Where SCREENSHOTS is set, every page that is judged is kept as a picture; those of a failure always are.
const SCREENSHOTS = fileURLToPath(new URL("screenshots/", import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const EVERY = [true, false].flatMap((scripts) =>
  ["fr", "en"].flatMap((language) => [1280, 390].map((width) => ({ scripts, language, width }))),
);

/** For a story whose pages have no script of their own: each language, each width, with and without scripts, once. */
export const TWO = EVERY.filter(({ scripts, language, width }) => scripts === (language === "fr") && scripts === (width === 390));
/** For what only scripts can show. */
export const TWO_WITH_SCRIPTS = EVERY.filter(({ scripts, language, width }) => scripts && (language === "fr") === (width === 390));

/** axe in a browser of its own, for documents that run no script; what was judged before is not judged again. */
class Judge {
  #browser;
  #context;
  #page;
  #judged = new Set();

  constructor(browser) {
    this.#browser = browser;
  }

  /** Where it judges, once it does. */
  get context() {
    return this.#context;
  }

  /** What is wrong with the page. */
  async judge(page, { scripts, width }) {
    const body = (await page.content()).replaceAll(/<script\b[\s\S]*?<\/script>/g, "");
    // Handles differ from one visit to the next, and nobody sees them.
    const document = `${width} ${body.replaceAll(/[\w-]{40,}/g, "")}`;
    if (this.#judged.has(document)) return [];
    const found = scripts ? await run(page) : await this.#judgeElsewhere(page, body);
    this.#judged.add(document);
    return found;
  }

  async #judgeElsewhere(page, body) {
    this.#context ??= await this.#browser.newContext({ ignoreHTTPSErrors: true });
    this.#page ??= await this.#context.newPage();
    await this.#page.setViewportSize(page.viewportSize());
    const answer = (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body });
    // What follows a number sign is not asked for.
    const [url] = page.url().split("#");
    await this.#page.route(url, answer, { times: 1 });
    await this.#page.goto(url);
    return run(this.#page);
  }
}

async function run(page) {
  await page.evaluate(axe);
  // Every rule is tried, that of WCAG 2.2 on the size of what is clicked as well, and described where it is broken.
  const rules = { "target-size": { enabled: true } };
  const { violations } = await page.evaluate((rules) => globalThis.axe.run({ resultTypes: ["violations"], rules }), rules);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

/** Somebody in front of a browser; `see` judges the page that is open. */
class Person {
  #judge;

  constructor(page, provider, setting, judge) {
    this.page = page;
    this.provider = provider;
    this.issuer = provider.issuer;
    this.setting = setting;
    this.complaints = [];
    this.#judge = judge;
    this.#listen(page);
  }

  #listen(page) {
    page.setDefaultTimeout(10_000);
    // The browser itself reports every answer that is not a success; pages about an error are such answers.
    const isOurs = (text) => !text.startsWith("Failed to load resource");
    const isComplaint = (message) => message.type() === "error" && isOurs(message.text());
    page.on("console", (message) => isComplaint(message) && this.complaints.push(message.text()));
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  async goTo(path) {
    await this.page.goto(new URL(path, this.issuer).href);
  }

  /** The browser has come to this path, whatever is asked there. */
  async arriveAt(path) {
    await this.page.waitForURL((url) => url.pathname === path);
  }

  /** Fills in one field and sends its form. */
  async answer(name, value) {
    const form = this.page.locator(`form:has(input[name="${name}"])`).first();
    await form.locator(`input[name="${name}"]`).fill(value);
    await form.locator('button[type="submit"], button:not([type])').first().click();
  }

  /** Presses the button that sends `name` with `value`, itself or in its form. */
  async press(name, value) {
    const pair = `[name="${name}"][value="${value}"]`;
    await this.page.locator(`button${pair}, form:has(input[type="hidden"]${pair}) button`).first().click();
  }

  /** Address, then password. */
  async signIn(address, password = address) {
    await this.answer("login", address);
    await this.answer("password", password);
  }

  /** A new password, twice. */
  async choose(password, confirmation = password) {
    await this.page.locator('input[name="password"]').fill(password);
    await this.answer("password_confirmation", confirmation);
  }

  async signOut() {
    await this.send("/users/sign-out");
    await this.arriveAt("/users/start-sign-in");
  }

  /** The time of the provider in seconds, moved forward first where that can be. */
  async now(seconds = 0) {
    return this.provider.advance ? this.provider.advance(seconds) : Math.floor(Date.now() / 1000);
  }

  /** Presses the button of the form that is sent to a path. */
  async send(path) {
    await this.page.locator(`form[action^="${path}"] button:not([type="button"])`).first().click();
  }

  async text() {
    return this.page.locator("main").innerText();
  }

  /** The mails to an address, the latest first; the first of them is waited for. */
  async mails(address) {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const answer = await this.page.context().request.get(
        new URL(`${this.provider.mailbox}?to=${encodeURIComponent(address)}`, this.issuer).href,
      );
      assert.equal(answer.status(), 200);
      const list = await answer.json();
      if (list.length > 0 || Date.now() > deadline) return list;
      await wait(50);
    }
  }

  /** The link of the latest mail to an address, once it is one that holds this text. */
  async mailedLink(address, text) {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const [latest] = await this.mails(address);
      if (latest?.link?.includes(text)) return latest.link;
      assert.ok(Date.now() < deadline, `no link with ${text} to ${address}`);
      await wait(50);
    }
  }

  /** The same person's other browser, empty, set as this one, for as long as the story lasts. */
  async elsewhere(more = {}) {
    const context = await this.page.context().browser().newContext({ ...contextOf(this.setting), ...more });
    const other = new Person(await context.newPage(), this.provider, this.setting, this.#judge);
    other.complaints = this.complaints;
    return other;
  }

  /** The page speaks the person's language, fits the window, passes every rule of axe, and raised no complaint. */
  async see(name) {
    const { language } = this.setting;
    await this.page.waitForLoadState();
    const seen = await this.page.evaluate(() => ({
      language: document.documentElement.lang,
      headings: document.querySelectorAll("h1").length,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    if (process.env.SCREENSHOTS) await this.picture(name);
    const wanted = { language, headings: 1, overflow: Math.min(seen.overflow, 0) };
    assert.deepEqual(seen, wanted, `${name}: language, main headings, pixels too wide`);
    assert.deepEqual(await this.#judge.judge(this.page, this.setting), [], name);
    assert.deepEqual(this.complaints, [], name);
  }

  async picture(name) {
    const { scripts, language, width } = this.setting;
    const file = `${name}-${language}-${width}${scripts ? "" : "-without-scripts"}.png`;
    await this.page.screenshot({ path: SCREENSHOTS + file, fullPage: true });
  }
}

function contextOf({ scripts, language, width }) {
  return {
    javaScriptEnabled: scripts,
    locale: language === "fr" ? "fr-FR" : "en-GB",
    viewport: { width, height: 800 },
    ignoreHTTPSErrors: true,
  };
}

/** Development mode, back at its beginning before each setting. */
export async function startDevelopment(...options) {
  const provider = await startProvider(...options);
  const control = async (path, body) => {
    const headers = { "content-type": "application/json", origin: provider.issuer };
    const answer = await fetch(`${provider.issuer}/_dev/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const advance = async (seconds) => (await control("clock", { advance: seconds })).now;
  return { ...provider, mailbox: "/_dev/api/mailbox", advance, prepare: () => control("reset", {}) };
}

/** Tells the same story in every setting, each time with a fresh browser and what `prepare` of the provider returns. */
export function journey(title, tell, start = () => startDevelopment(), settings = EVERY) {
  describe(title, () => {
    let provider;
    let browser;
    let judge;
    before(async () => {
      provider = await start(settings.length);
      browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
      judge = new Judge(browser);
    });
    after(async () => {
      await browser?.close();
      await provider?.stop();
    });
    for (const setting of settings) {
      const { scripts, language, width } = setting;
      test(`${language}, ${width} pixels, ${scripts ? "with" : "without"} scripts`, async () => {
        const prepared = await provider.prepare();
        const contexts = browser.contexts();
        const context = await browser.newContext(contextOf(setting));
        const person = new Person(await context.newPage(), provider, setting, judge);
        try {
          await tell(person, prepared);
        } catch (error) {
          await person.picture("failure").catch(() => {});
          throw error;
        } finally {
          const own = browser.contexts().filter((known) => !contexts.includes(known) && known !== judge.context);
          await Promise.all(own.map((known) => known.close()));
        }
      });
    }
  });
}
