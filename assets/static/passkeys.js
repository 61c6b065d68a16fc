// Asks this site what to ask the authenticator, the authenticator for its answer, and sends that with the form.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const decode = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const encode = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  /** What the authenticator is asked: binary members arrive as text. */
  const readable = (options) => {
    const listed = (list) => list?.map((known) => ({ ...known, id: decode(known.id) }));
    return {
      ...options,
      challenge: decode(options.challenge),
      ...(options.user && { user: { ...options.user, id: decode(options.user.id) } }),
      ...(options.excludeCredentials && { excludeCredentials: listed(options.excludeCredentials) }),
      ...(options.allowCredentials && { allowCredentials: listed(options.allowCredentials) }),
    };
  };

  /** The answer as text. */
  const written = (credential) => {
    const response = {};
    for (const member of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[member]) response[member] = encode(credential.response[member]);
    }
    return JSON.stringify({ id: credential.id, rawId: encode(credential.rawId), type: credential.type, response });
  };

  /** A new question; where the site leads elsewhere, the page is looked at again. */
  const question = async (form) => {
    const { _csrf, purpose } = form.elements;
    const body = new URLSearchParams({ _csrf: _csrf.value, purpose: purpose.value });
    const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect") location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  };

  const send = (form, ceremony, credential) => {
    form.elements.ceremony.value = ceremony;
    form.querySelector("input[name^=webauthn]").value = written(credential);
    form.submit();
  };

  const complain = (form, name) => {
    const found = form.querySelector(`[data-failure="${name}"]`) ?? form.querySelector("[data-failure=any]");
    found.hidden = false;
  };

  // Only one question can be with the authenticators at a time: the button takes the place of the autofill.
  let autofill = new AbortController();

  const ask = async (form) => {
    autofill.abort();
    form.querySelectorAll("[data-failure]").forEach((text) => (text.hidden = true));
    try {
      const { ceremony, options } = await question(form);
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: readable(options) });
      send(form, ceremony, credential);
    } catch (error) {
      complain(form, error.name);
    }
  };

  // A question is open for five minutes; a page may lie open for longer.
  const offer = async (form, times) => {
    if (times === 0 || autofill.signal.aborted) return;
    const round = new AbortController();
    autofill.signal.addEventListener("abort", () => round.abort());
    const renewal = setTimeout(() => {
      round.abort();
      offer(form, times - 1);
    }, 240_000);
    try {
      const { ceremony, options } = await question(form);
      const { signal } = round;
      const credential = await navigator.credentials.get({
        publicKey: readable(options),
        mediation: "conditional",
        signal,
      });
      send(form, ceremony, credential);
    } catch {
      // Nobody asked for it: the button says what fails.
      if (!round.signal.aborted) clearTimeout(renewal);
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.querySelector("[data-without]").hidden = true;
    form.querySelector("[data-with]").hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
    if ("autofill" in form.dataset) {
      PublicKeyCredential.isConditionalMediationAvailable?.().then((is) => is && offer(form, 12));
    }
  }
})();
