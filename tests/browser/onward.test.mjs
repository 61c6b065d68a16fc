// A service that sends people on to a third site: browsers hold the forms of a sign-in to its policy along every
// redirect, so that the last step out of this site is a page of its own.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import { journey, startDevelopment } from "./visit.mjs";

const ADDRESS = "user@red-needles-sarl.com";

/** Listens on a free port of this machine; the answers are those of `respond`. */
async function listen(respond) {
  const requests = [];
  const server = createServer((request, response) => {
    if (request.url === "/favicon.ico") return response.writeHead(404).end();
    const { referer: referrer, origin } = request.headers;
    requests.push({ url: request.url, referrer, origin });
    respond(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  return { port: server.address().port, requests, stop };
}

/** A provider, a service at one origin, and the application at another to which the service sends everybody on. */
async function startWithService() {
  const provider = await startDevelopment();
  const application = await listen((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<title>there</title><h1>There</h1>");
  });
  // To answer 204 is to leave the browser where it is.
  let isWaiting = false;
  const service = await listen((request, response) => {
    if (request.method === "POST") return response.writeHead(200, { "content-type": "text/html" }).end("<h1>Thanks</h1>");
    if (isWaiting) return response.writeHead(204).end();
    response.writeHead(302, { location: `http://application.localhost:${application.port}/` }).end();
  });
  const wait = (should) => (isWaiting = should);
  const origin = `http://localhost:${service.port}`;
  const prepare = async () => {
    await provider.prepare();
    service.requests.length = 0;
    return { origin, application: `http://application.localhost:${application.port}/`, requests: service.requests, wait };
  };
  const stop = async () => {
    await service.stop();
    await application.stop();
    await provider.stop();
  };
  return { ...provider, prepare, stop };
}

function ask(service, parameters) {
  const query = new URLSearchParams({
    client_id: "onward",
    response_type: "code",
    redirect_uri: `${service.origin}/callback`,
    state: "a&b=\"'<c>",
    scope: "openid email",
    ...parameters,
  });
  return `/oauth/authorize?${query}`;
}

/** The service got its answer, by whatever way the browser came, and no address of ours with it. */
function answered(service, name) {
  const { url, referrer } = service.requests.pop();
  const query = new URL(url, service.origin).searchParams;
  assert.ok(query.get(name), url);
  assert.equal(query.get("state"), "a&b=\"'<c>");
  assert.equal(referrer, undefined);
}

journey(
  "a service that sends people on is reached after every form",
  async (person, service) => {
    service.wait(true);
    await person.goTo(ask(service, {}));
    await person.signIn(ADDRESS);
    await person.page.locator("main a").waitFor();
    answered(service, "code");
    await person.see("onward");
    service.wait(false);
    await person.page.locator("main a").click();
    await person.page.waitForURL(service.application);
    answered(service, "code");

    // Known by now: no page comes between.
    await person.goTo(ask(service, {}));
    assert.equal(person.page.url(), service.application);
    answered(service, "code");

    await person.goTo(ask(service, { prompt: "consent" }));
    await person.press("decision", "deny");
    await person.page.waitForURL(service.application);
    answered(service, "error");
    await person.goTo(ask(service, { prompt: "consent", scope: "openid organization" }));
    await person.press("organization_id", "17");
    await person.press("decision", "allow");
    await person.page.waitForURL(service.application);
    answered(service, "code");

    await person.goTo(ask(service, { prompt: "login" }));
    await person.page.locator("form.cancel button").click();
    await person.page.waitForURL(service.application);
    answered(service, "error");
    await person.goTo(ask(service, { prompt: "login" }));
    await person.press("user_id", "1");
    await person.page.waitForURL(service.application);
    answered(service, "code");
    assert.deepEqual(person.complaints, []);
  },
  startWithService,
);

journey(
  "a service that has its answer posted gets it from this site",
  async (person, service) => {
    await person.goTo(ask(service, { response_mode: "form_post" }));
    await person.signIn(ADDRESS);
    if (!person.setting.scripts) {
      await person.see("form-post");
      await person.page.locator("main form button").click();
    }
    await person.page.waitForURL(`${service.origin}/callback`);
    const { url, origin, referrer } = service.requests.pop();
    assert.deepEqual([url, origin, referrer], ["/callback", person.issuer, `${person.issuer}/`]);
    assert.deepEqual(person.complaints, []);
  },
  startWithService,
);
