// Too much of something, or a disk that takes no more: whoever meets it is told how long it lasts, and goes on afterwards.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { startProduction } from "../production.mjs";
import { askForApplication } from "./application.mjs";
import { journey, startDevelopment, TWO } from "./visit.mjs";

const ADDRESS = "user@yopmail.com";
const run = promisify(execFile);

/** What a form would send, as often as wanted and without a page each time; the statuses of the answers. */
async function repeat(person, field, values) {
  const form = person.page.locator(`form:has(input[name="${field}"])`).first();
  const fields = await form.locator("input[name]").evaluateAll((all) => all.map((one) => [one.name, one.value]));
  const url = new URL((await form.getAttribute("action")) ?? "", person.page.url()).href;
  const statuses = [];
  for (const value of values) {
    const sent = { form: { ...Object.fromEntries(fields), [field]: value }, headers: { origin: person.issuer }, maxRedirects: 0 };
    statuses.push((await person.page.context().request.post(url, sent)).status());
  }
  return statuses;
}

/** The page says how long to wait. */
async function waits(person, name) {
  await person.page.locator("main[data-error=too_many_requests]").waitFor();
  assert.match(await person.text(), /\d+\s(secondes?|minutes?|seconds?)/);
  await person.see(name);
}

journey(
  "the sixth wrong code of an application is not tried, and the right one is after a while",
  async (person) => {
    await person.goTo("/users/start-sign-in");
    await person.signIn(ADDRESS);
    const code = await askForApplication(person);
    await person.signOut();
    await person.signIn(ADDRESS);
    await person.arriveAt("/users/2fa-sign-in");
    assert.deepEqual(await repeat(person, "totpToken", Array(5).fill("000000")), Array(5).fill(400));
    await person.answer("totpToken", await code(person));
    await waits(person, "second-factor-too-many-codes");
    await person.goTo("/users/2fa-sign-in");
    await person.answer("totpToken", await code(person, 3600));
    await person.arriveAt("/");
  },
  undefined,
  TWO,
);

/** A shared instance, whose limits are those of production: for whatever comes from somewhere else in each setting. */
async function startLimited() {
  const lines = ['instance.kind = "sandbox"', "keys.rsa_bits = 2048", "accounts.check_deliverability = false"];
  const provider = await startProduction(0, [...lines, 'proxies.trusted = ["127.0.0.1", "::1"]']);
  const callback = `${provider.issuer}/callback-of-a-service`;
  const client = await provider.command("client", "create", "--name", "Démarches", "--redirect-uri", callback);
  const query = new URLSearchParams({ client_id: client.client_id, response_type: "code", scope: "openid", redirect_uri: callback });
  let number = 0;
  const prepare = async () => ({
    place: { "x-forwarded-for": `198.51.100.${(number += 1)}` },
    address: `nouvelle${number}@mairie.exemple.fr`,
    request: `/oauth/authorize?${query}`,
  });
  return { ...provider, mailbox: "/api/mailbox", prepare };
}

journey(
  "the sixth mail for one address within a quarter of an hour is not sent",
  async (person, { place, address }) => {
    await person.page.context().setExtraHTTPHeaders(place);
    // Each sign-in may ask for its own link.
    for (let number = 0; number < 5; number += 1) {
      await person.goTo("/users/start-sign-in");
      await person.answer("login", address);
      await person.send("/users/send-magic-link");
      await person.arriveAt("/users/magic-link-sent");
    }
    await person.goTo("/users/reset-password");
    await person.answer("login", address);
    await waits(person, "reset-password-too-many-mails");
  },
  startLimited,
  TWO,
);

journey(
  "another link for a forgotten password is waited for, and the page says for how long",
  async (person, { place, address }) => {
    await person.page.context().setExtraHTTPHeaders(place);
    await person.goTo("/users/reset-password");
    await person.answer("login", address);
    await person.arriveAt("/users/start-sign-in");
    await person.goTo("/users/reset-password");
    await person.answer("login", address);
    await person.page.locator("#send-hint").waitFor();
    assert.match(await person.page.locator("#send-hint").innerText(), /1\sminute|\d+\ssecond/);
    assert.equal(await person.page.locator('input[name="login"]').inputValue(), address);
    await person.see("reset-password-too-soon");
  },
  startLimited,
  TWO,
);

journey(
  "after five wrong codes of a mailbox even the right one is refused, and another one is waited for",
  async (person, { place, address }) => {
    await person.page.context().setExtraHTTPHeaders(place);
    await person.goTo("/users/start-sign-in");
    await person.answer("login", address);
    await person.choose("une phrase de passe longue et neuve");
    await person.arriveAt("/users/verify-email");
    const [{ code }] = await person.mails(address);
    assert.deepEqual(await repeat(person, "verify_email_token", Array(5).fill("0000000000")), Array(5).fill(400));
    await person.answer("verify_email_token", code);
    await person.page.waitForLoadState();
    await person.see("verify-email-too-many-codes");
    assert.equal(await person.page.locator('input[name="verify_email_token"]').count(), 0);
    await person.send("/users/send-email-verification");
    await person.page.locator("main [role=alert]").waitFor();
    await person.see("verify-email-too-soon-for-another");
    assert.doesNotMatch(await person.text(), /reste valable|still valid/);
  },
  startLimited,
  TWO,
);

journey(
  "whoever sends too many forms within a sign-in goes back to it from the page of refusal, and may give it up there",
  async (person, { place, request }) => {
    await person.page.context().setExtraHTTPHeaders(place);
    await person.goTo(request);
    await person.arriveAt("/users/start-sign-in");
    assert.deepEqual(await repeat(person, "login", Array(60).fill(ADDRESS)), Array(60).fill(303));
    await person.answer("login", ADDRESS);
    await waits(person, "too-many-forms-within-a-sign-in");
    await person.page.locator("main a.primary").click();
    await person.arriveAt("/users/start-sign-in");
    await person.page.context().setExtraHTTPHeaders({});
    await person.page.locator("form.cancel button").click();
    await person.arriveAt("/callback-of-a-service");
    assert.equal(new URL(person.page.url()).searchParams.get("error"), "access_denied");
  },
  startLimited,
  TWO,
);

journey(
  "SEC-190 while the disk takes nothing a person is told that nothing was kept, and goes on from there once it does",
  async (person) => {
    const room = (bytes) => run("prlimit", ["--pid", String(person.provider.pid), `--fsize=${bytes}:`]);
    await person.goTo("/_dev/client");
    await person.press("intent", "sign-in");
    await person.answer("login", ADDRESS);
    await person.arriveAt("/users/sign-in");
    await room(0);
    try {
      await person.answer("password", ADDRESS);
      await person.page.locator("main[data-error=storage]").waitFor();
      await person.see("storage");
    } finally {
      await room("unlimited");
    }
    const ready = async () => (await person.page.context().request.get(`${person.issuer}/readyz`)).ok();
    while (!(await ready())) await person.page.waitForTimeout(50);
    await person.page.locator("main a.primary").click();
    await person.signIn(ADDRESS);
    await person.arriveAt("/_dev/client");
    assert.match(await person.text(), /user@yopmail\.com/);
  },
  () => startDevelopment("--data-dir", "data"),
  TWO,
);
