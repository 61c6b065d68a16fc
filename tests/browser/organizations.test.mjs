// The console with more organizations behind it than a page shows.

import assert from "node:assert/strict";

import { ask, enter, everyPage, startFilled } from "./organizations.mjs";
import { journey, TWO } from "./visit.mjs";

const COUNT = 400;

journey(
  "every page of the console shows a part of many organizations, and finds each of them",
  async (person, address) => {
    await ask(await person.elsewhere(), `elodie.${person.setting.width}@beta-gouv.fr`);
    await enter(person, address);
    await everyPage(person, COUNT, (name) => person.see(name));
    await person.goTo("/admin/organizations");
    const seen = new Set();
    for (;;) {
      for (const tile of await person.page.locator("a[data-siret]").all()) seen.add(await tile.getAttribute("data-siret"));
      const next = person.page.locator('a[rel="next"]');
      if ((await next.count()) === 0) break;
      await next.click();
    }
    assert.ok(seen.size >= COUNT, `${seen.size} organizations are listed, page after page`);
  },
  () => startFilled(COUNT),
  TWO,
);
