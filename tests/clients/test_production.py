"""Authlib (PyPI) against `serve` over TLS, with a person, an organization and a client made by command."""

import json
import os
import socket
import ssl
import subprocess
import tempfile
import unittest
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from test_authlib import Forms

SIRET = "21920023500014"
EMAIL = "paul.durand@exemple.fr"
PASSWORD = "une phrase de passe longue et neuve"
REDIRECT_URI = "https://service.exemple.fr/callback"


class Stay(HTTPRedirectHandler):
    """Follows redirects up to the one that leaves the provider, which is the end of the way."""

    def redirect_request(self, request, fp, code, msg, headers, newurl):
        if urlsplit(newurl).netloc != urlsplit(request.full_url).netloc:
            return None
        return super().redirect_request(request, fp, code, msg, headers, newurl)


class Visitor:
    """Somebody who believes one certificate, keeps cookies and fills in forms."""

    def __init__(self, certificate):
        context = ssl.create_default_context(cafile=certificate)
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), HTTPSHandler(context=context), Stay())

    def open(self, url, answers):
        """Goes on until nothing is asked that is known; returns the last address and its text."""
        answers, body = dict(answers), None
        for _ in range(10):
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            request = Request(url, data=body, headers={"Origin": origin} if body else {})
            try:
                with self.opener.open(request) as response:
                    url, text = response.url, response.read().decode()
            except HTTPError as leaving:
                with leaving:
                    if "Location" not in leaving.headers:
                        raise
                    return leaving.headers["Location"], ""
            found = [form for form in Forms(text).forms if any(name in form[1] for name in answers)]
            if not found:
                return url, text
            action, fields = found[0]
            given = {name: answers.pop(name) for name in list(answers) if name in fields}
            body = urlencode({**fields, **given}).encode()
            url = urljoin(url, action or url)
        raise AssertionError(f"too many forms, the last at {url}")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class ProductionTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.config, data = Path(folder.name) / "config.toml", Path(folder.name) / "data"
        port = free_port()
        self.issuer = f"https://localhost:{port}"
        self.config.write_text(
            f'public_url = "{self.issuer}"\ndata_dir = "{data}"\nlisten = ["127.0.0.1:{port}", "[::1]:{port}"]\n'
            # There is no mailbox here: a password is enough in a new browser.
            "accounts.trusted_browsers = false\naccounts.check_deliverability = false\n"
        )
        self.executable = os.environ["PROVIDER_BIN"]
        # Before the first start: the commands work on the data itself.
        self.command("org", "add", SIRET, "--label", "Commune de Clamart - Mairie", "--legal-category", "7210")
        self.person = self.command("user", "create", EMAIL, "--given-name", "Paul", "--family-name", "Durand")
        self.command("org", "link", SIRET, EMAIL, "--external")
        self.client = self.command("client", "create", "--name", "Service", "--redirect-uri", REDIRECT_URI)
        arguments = [self.executable, "serve", "--config", str(self.config)]
        environment = {**os.environ, "RUST_LOG": "warn"}
        self.provider = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)
        self.addCleanup(self.provider.stdout.close)
        self.addCleanup(self.provider.wait)
        self.addCleanup(self.provider.terminate)
        for line in self.provider.stdout:
            if self.issuer in line:
                break
        self.certificate = str(data / "self-signed-certificate.pem")

    def command(self, *typed):
        arguments = [self.executable, *typed, "--config", str(self.config), "--output", "json"]
        ended = subprocess.run(arguments, capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return json.loads(ended.stdout)

    def test_a_person_of_an_organization_signs_in(self):
        visitor = Visitor(self.certificate)
        visitor.open(self.person["password_link"], {"password": PASSWORD, "password_confirmation": PASSWORD})
        metadata = requests.get(
            f"{self.issuer}/.well-known/openid-configuration", timeout=5, verify=self.certificate
        ).json()
        session = OAuth2Session(
            self.client["client_id"],
            self.client["client_secret"],
            scope="openid email profile organization",
            redirect_uri=REDIRECT_URI,
            code_challenge_method="S256",
        )
        verifier, nonce = "v" * 64, "n-0S6_WzA2Mj"
        url, state = session.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        arrival, _ = visitor.open(url, {"login": EMAIL, "password": PASSWORD})
        self.assertTrue(arrival.startswith(REDIRECT_URI + "?"), arrival)
        token = session.fetch_token(
            metadata["token_endpoint"],
            authorization_response=arrival,
            state=state,
            code_verifier=verifier,
            verify=self.certificate,
        )
        keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=5, verify=self.certificate).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"value": self.issuer}, "aud": {"value": self.client["client_id"]}},
            {"nonce": nonce, "client_id": self.client["client_id"], "access_token": token["access_token"]},
        )
        claims.validate()
        person = session.get(metadata["userinfo_endpoint"], verify=self.certificate).json()
        self.assertEqual(person["sub"], claims["sub"])
        self.assertEqual((person["email"], person["siret"], person["is_external"]), (EMAIL, SIRET, True))
        self.command("user", "disable", EMAIL)
        answer = session.get(metadata["userinfo_endpoint"], verify=self.certificate)
        self.assertEqual(answer.status_code, 401, "a disabled account is honoured for nothing")


if __name__ == "__main__":
    unittest.main()
