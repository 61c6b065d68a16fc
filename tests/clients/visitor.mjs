// Somebody with cookies and a keyboard, but without a screen: follows redirects and fills in forms.

/** The values of the inputs of a form, and where it goes. */
function parseForm(html, base) {
  const attribute = (tag, name) => {
    const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
    return found?.[1].replaceAll("&#x2f;", "/").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  };
  const fields = {};
  for (const [tag] of html.matchAll(/<(?:input|button)\b[^>]*>/g)) {
    const name = attribute(tag, "name");
    if (name) fields[name] ??= attribute(tag, "value") ?? "";
  }
  return { action: new URL(attribute(html, "action") ?? base.href, base), fields };
}

export class Visitor {
  #cookies = new Map();

  async #request(url, init = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", ...init, headers: { cookie, ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";");
      const [name, value] = pair.split("=", 2);
      const gone = attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0");
      if (gone) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /**
   * Opens a page of the provider and goes on until a redirect leaves it, or a page comes that asks for nothing that
   * `answers` knows. Returns the address and, for a page, its status and text.
   */
  async open(start, answers = {}) {
    const origin = new URL(start).origin;
    let url = new URL(start);
    let init = {};
    for (let step = 0; step < 30; step += 1) {
      const response = await this.#request(url, init);
      const location = response.headers.get("location");
      if (location) {
        url = new URL(location, url);
        init = {};
        if (url.origin !== origin) return { url };
        continue;
      }
      const html = await response.text();
      const forms = html.match(/<form\b[\s\S]*?<\/form>/g) ?? [];
      const known = Object.keys(answers).find((name) => forms.some((form) => form.includes(`name="${name}"`)));
      if (!known) return { url, status: response.status, html };
      const form = parseForm(forms.find((text) => text.includes(`name="${known}"`)), url);
      const given = Object.entries(answers).filter(([name]) => name in form.fields);
      const body = new URLSearchParams({ ...form.fields, ...Object.fromEntries(given) });
      answers = Object.fromEntries(Object.entries(answers).filter(([name]) => !(name in form.fields)));
      url = form.action;
      init = { method: "POST", body, headers: { origin } };
    }
    throw new Error(`too many steps, the last to ${url}`);
  }
}
