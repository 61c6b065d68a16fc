// An application beside the password: what it shows for the key of the page that offers it.

import { Secret, TOTP } from "otpauth";

/** What an application shows for a key, after so many seconds. */
export function applicationOf(key) {
  const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(/\s/g, "").toUpperCase()) });
  return async (person, seconds) => totp.generate({ timestamp: (await person.now(seconds)) * 1000 });
}

/** Sets an application up on the page that offers its key; returns what it shows. */
export async function setUpApplication(person) {
  const code = applicationOf(await person.page.locator(".key").innerText());
  await person.answer("totpToken", await code(person));
  await person.page.locator(".codes").waitFor();
  return code;
}

/** Sets an application up that is asked for at every sign-in; returns what it shows. */
export async function askForApplication(person) {
  await person.goTo("/totp-configuration");
  const code = await setUpApplication(person);
  await person.goTo("/double-authentication");
  await person.press("force2fa", "enable");
  return code;
}
