// The console with a hundred thousand organizations behind it: a picture of each page, and how long its answer takes.
//
// `PROVIDER_BIN=… CHROMIUM=… ORGANIZATIONS=100000 node --test tests/browser/large.mjs` prints a table for each width, and leaves the
// pictures in `tests/browser/screenshots`. No part of the suite: nothing is judged by the clock.

import { ask, enter, everyPage, startFilled } from "./organizations.mjs";
import { journey } from "./visit.mjs";

const COUNT = Number(process.env.ORGANIZATIONS ?? 100_000);
const TURNS = 20;
const SETTINGS = [390, 1280].map((width) => ({ scripts: true, language: "fr", width }));

/** Milliseconds that the answer of a page takes, from the request to its last byte, in order. */
async function timesOf(page) {
  const times = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const time = await page.evaluate(async () => {
      const begun = performance.now();
      await (await fetch(location.href, { cache: "no-store" })).text();
      return performance.now() - begun;
    });
    times.push(time);
  }
  return times.sort((one, other) => one - other);
}

journey(
  `every page of the console with ${COUNT} organizations behind it`,
  async (person, address) => {
    await ask(await person.elsewhere(), `elodie.${person.setting.width}@beta-gouv.fr`);
    await enter(person, address);
    const rows = [];
    await everyPage(person, COUNT, async (name) => {
      const opened = await person.page.evaluate(() => {
        const [navigation] = performance.getEntriesByType("navigation");
        return navigation.responseEnd - navigation.requestStart;
      });
      await person.see(name);
      await person.picture(name);
      const times = await timesOf(person.page);
      rows.push({
        page: name.replace("console-", ""),
        "first, ms": opened.toFixed(1),
        "median, ms": times[TURNS / 2].toFixed(1),
        "slowest, ms": times[TURNS - 1].toFixed(1),
      });
    });
    console.log(`${person.setting.width} pixels, ${COUNT} organizations, ${TURNS} turns each:`);
    console.table(rows);
  },
  () => startFilled(COUNT),
  SETTINGS,
);
