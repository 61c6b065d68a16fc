// A real browser, in every way in which a page must hold: with and without scripts, in both languages, on a screen and
// on a phone.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
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
const SCREENSHOTS = fileURLToPath(new URL("screenshots/", import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const settings = [true, false].flatMap((scripts) =>
  ["fr", "en"].flatMap((language) => [1280, 390].map((width) => ({ scripts, language, width }))),
);

/** Somebody in front of a browser; `see` judges the page that is open. */
class Person {
  constructor(page, issuer, setting) {
    this.page = page;
    this.issuer = issuer;
    this.setting = setting;
    this.complaints = [];
    // The browser itself reports every answer that is not a success; pages about an error are such answers.
    const isOurs = (text) => !text.startsWith("Failed to load resource");
    page.on("console", (message) => message.type() === "error" && isOurs(message.text()) && this.complaints.push(message.text()));
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  async goTo(path) {
    await this.page.goto(new URL(path, this.issuer).href);
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

  async text() {
    return this.page.locator("main").innerText();
  }

  /** The page speaks the person's language, fits the window, passes every rule of axe, and raised no complaint. */
  async see(name) {
    const { scripts, language, width } = this.setting;
    await this.page.waitForLoadState();
    assert.equal(await this.page.locator("html").getAttribute("lang"), language, name);
    assert.equal(await this.page.locator("h1").count(), 1, `${name}: one main heading`);
    const file = `${name}-${language}-${width}${scripts ? "" : "-without-scripts"}.png`;
    await this.page.screenshot({ path: SCREENSHOTS + file, fullPage: true });
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${name}: ${overflow} pixels too wide`);
    const { violations } = await this.#judge();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(found, [], name);
    assert.deepEqual(this.complaints, [], name);
  }

  /** axe needs scripts. Where there are none, it judges the same document in a second browser that has them. */
  async #judge() {
    if (this.setting.scripts) return run(this.page);
    const context = await this.page.context().browser().newContext({ viewport: this.page.viewportSize(), ignoreHTTPSErrors: true });
    try {
      const page = await context.newPage();
      const body = (await this.page.content()).replaceAll(/<script\b[\s\S]*?<\/script>/g, "");
      const url = this.page.url();
      await page.route(url, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
      await page.goto(url);
      return await run(page);
    } finally {
      await context.close();
    }
  }
}

async function run(page) {
  await page.evaluate(axe);
  return page.evaluate(() => globalThis.axe.run());
}

/** Development mode, back at its beginning before each setting. */
export async function startDevelopment() {
  const provider = await startProvider();
  const prepare = async () => {
    const headers = { "content-type": "application/json", origin: provider.issuer };
    const reset = await fetch(`${provider.issuer}/_dev/api/reset`, { method: "POST", headers, body: "{}" });
    assert.equal(reset.status, 200);
  };
  return { ...provider, prepare };
}

/** Tells the same story in every setting, each time with a fresh browser and what `prepare` of the provider returns. */
export function journey(title, tell, start = startDevelopment) {
  describe(title, () => {
    let provider;
    let browser;
    before(async () => {
      provider = await start(settings.length);
      browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
    });
    after(async () => {
      await browser?.close();
      await provider?.stop();
    });
    for (const setting of settings) {
      const { scripts, language, width } = setting;
      test(`${language}, ${width} pixels, ${scripts ? "with" : "without"} scripts`, async () => {
        const prepared = await provider.prepare();
        const context = await browser.newContext({
          javaScriptEnabled: scripts,
          locale: language === "fr" ? "fr-FR" : "en-GB",
          viewport: { width, height: 800 },
          ignoreHTTPSErrors: true,
        });
        try {
          const page = await context.newPage();
          page.setDefaultTimeout(10_000);
          await tell(new Person(page, provider.issuer, setting), prepared);
        } finally {
          await context.close();
        }
      });
    }
  });
}
