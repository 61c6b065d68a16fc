// Says while a password is typed what it still lacks, as far as the page can know. The form judges it all the same.
(() => {
  const [field, again, advice] = ["password", "password_confirmation", "password-advice"].map((id) => document.getElementById(id));
  if (!field || !advice) return;
  const { minimum, length, repeated, personal, mismatch, good } = advice.dataset;
  const address = document.getElementById("username")?.value.toLowerCase() ?? "";
  // What is too short says nothing about anybody.
  const words = address.split(/[@.+_-]/).filter((word) => word.length >= 5);

  const judgement = () => {
    const typed = [...field.value];
    if (!typed.length) return "";
    if (typed.length < Number(minimum)) return length.replace("#", typed.length);
    if (new Set(typed).size < 6) return repeated;
    const text = field.value.toLowerCase();
    const rest = words.reduce((left, word) => left.replaceAll(word, ""), text);
    if ([...rest].length < Number(minimum)) return personal;
    if (again?.value && again.value !== field.value) return mismatch;
    return good;
  };

  let waiting;
  const tell = () => {
    clearTimeout(waiting);
    // Not at every key: somebody may be listening to it.
    waiting = setTimeout(() => {
      advice.textContent = judgement();
      advice.hidden = !advice.textContent;
    }, 300);
  };
  for (const input of [field, again]) input?.addEventListener("input", tell);
})();
