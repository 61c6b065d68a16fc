// An authenticator inside the browser: what keeps passkeys, and says that its person is there.

/** `keys` are those that it holds, `verified` says whether it recognizes who is in front of it, `forget` sets the counts back. */
export async function authenticator(person) {
  const session = await person.page.context().newCDPSession(person.page);
  await session.send("WebAuthn.enable", { enableUI: false });
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  const keys = async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  const verified = (isUserVerified) => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  /** As a copy would, which was made before everything that was signed since. */
  const forget = async () => {
    for (const credential of await keys()) {
      await session.send("WebAuthn.removeCredential", { authenticatorId, credentialId: credential.credentialId });
      await session.send("WebAuthn.addCredential", { authenticatorId, credential: { ...credential, signCount: 0 } });
    }
  };
  return { keys, verified, forget };
}
