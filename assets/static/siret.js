// Shows what the register says of a SIRET as soon as it is typed. The form does its work without it.
(() => {
  const field = document.getElementById("siret");
  const preview = document.getElementById("siret-preview");
  if (!field || !preview) return;
  const { href, malformed, unknown, closed, headOffice, asOf } = preview.dataset;
  let asked = "";

  const tell = (...lines) => {
    preview.replaceChildren(
      ...lines.filter(Boolean).map((line, index) => {
        const text = document.createElement("span");
        text.className = index ? "facts" : "label";
        text.textContent = line;
        return text;
      }),
    );
    preview.hidden = !lines.length;
  };

  /** As of when an answer is that stands in for a register that is silent: its age comes in seconds. */
  const aged = (seconds) => {
    if (!seconds) return "";
    const date = new Date(Date.now() - seconds * 1000);
    return asOf.replace("@", date.toLocaleDateString(document.documentElement.lang, { dateStyle: "long" }));
  };

  /** The answer of a question that was not overtaken by another one. */
  const look = async (siret) => {
    const answer = await fetch(href + siret);
    if (siret !== asked) return;
    if (answer.status === 400) return tell(malformed);
    if (answer.status === 404) return tell(unknown);
    // The register does not answer: joining says so, if it is still so then.
    if (!answer.ok) return tell();
    const { organizationInfo: found } = await answer.json();
    if (siret !== asked) return;
    tell(
      found.libelle,
      found.adresse,
      found.libelleActivitePrincipale,
      found.siegeSocial ? headOffice : "",
      found.estActive ? "" : closed,
      aged(answer.headers.get("age")),
    );
  };

  let waiting;
  const changed = () => {
    clearTimeout(waiting);
    const siret = field.value.replace(/[\s.\-\u2010-\u2015]/g, "");
    if (siret === asked) return;
    asked = siret;
    if (siret.length < 14) return tell();
    waiting = setTimeout(() => look(siret).catch(() => tell()), 250);
  };
  field.addEventListener("input", changed);
  changed();
})();
