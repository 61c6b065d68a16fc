"""Authlib (PyPI) against the provider, the pages visited with Python's own http.cookiejar, and the answer received by a
listener on the very port that the client registered."""

import os
import subprocess
import tempfile
import threading
import time
import unittest
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

START_LIMIT_SECONDS = 20
CLIENT_ID, CLIENT_SECRET = "test-id", "test-secret"
REDIRECT_URI = "http://localhost:9009/auth/callback"
HOME_URI = "http://localhost:9009/"
SCOPE = "openid email profile phone organization"


class Forms(HTMLParser):
    """The forms of a page: where each goes, and the values of its fields."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append((attributes.get("action", ""), {}))
        elif tag in ("input", "button") and self.forms and attributes.get("name"):
            self.forms[-1][1].setdefault(attributes["name"], attributes.get("value", ""))


class Visitor:
    """Somebody who follows redirects, keeps cookies and fills in forms."""

    def __init__(self):
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def open(self, url, answers=None):
        """Goes on until no form asks for an answer that is known; returns the last address and its text."""
        answers = dict(answers or {})
        body = None
        for _ in range(10):
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            request = Request(url, data=body, headers={"Origin": origin} if body else {})
            with self.opener.open(request) as response:
                url, text = response.url, response.read().decode()
            found = [(name, form) for name in answers for form in Forms(text).forms if name in form[1]]
            if not found:
                return url, text
            name, (action, fields) = found[0]
            body = urlencode({**fields, name: answers.pop(name)}).encode()
            url = urljoin(url, action or url)
        raise AssertionError(f"too many forms, the last at {url}")


class Callback(BaseHTTPRequestHandler):
    """The relying party's own address: shows that somebody arrived."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"arrived")

    def log_message(self, *_):
        pass


class AuthlibTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.listener = HTTPServer(("localhost", urlsplit(REDIRECT_URI).port), Callback)
        threading.Thread(target=cls.listener.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.listener.server_close)
        cls.addClassCleanup(cls.listener.shutdown)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        port_file = Path(folder.name) / "port"
        command = [os.environ["PROVIDER_BIN"], "dev", "--listen", "127.0.0.1:0", "--port-file", str(port_file)]
        cls.provider = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        cls.addClassCleanup(cls.provider.wait)
        cls.addClassCleanup(cls.provider.terminate)
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while not (port_file.exists() and port_file.read_text()):
            if cls.provider.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the provider did not start")
            time.sleep(0.02)
        issuer = f"http://localhost:{port_file.read_text().strip()}"
        cls.metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=5).json()
        assert cls.metadata["issuer"] == issuer

    def sign_in(self, visitor, answers, scope=SCOPE, **parameters):
        """Walks through the pages; returns Authlib's session with its tokens, and the checked claims."""
        session = OAuth2Session(
            CLIENT_ID, CLIENT_SECRET, scope=scope, redirect_uri=REDIRECT_URI, code_challenge_method="S256"
        )
        verifier = "v" * 64
        url, state = session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6_WzA2Mj", **parameters
        )
        arrival, text = visitor.open(url, answers)
        self.assertEqual(text, "arrived", arrival)
        self.assertTrue(arrival.startswith(REDIRECT_URI + "?"), arrival)
        token = session.fetch_token(
            self.metadata["token_endpoint"], authorization_response=arrival, state=state, code_verifier=verifier
        )
        keys = KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=5).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=self.metadata["id_token_signing_alg_values_supported"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"value": self.metadata["issuer"]}, "aud": {"value": CLIENT_ID}},
            {"nonce": "n-0S6_WzA2Mj", "client_id": CLIENT_ID, "access_token": token["access_token"]},
        )
        claims.validate()
        return session, claims

    def test_sign_in_user_info_and_sign_out(self):
        visitor = Visitor()
        address = "user@red-needles-sarl.com"
        answers = {"login": address, "password": address, "organization_id": "16"}
        session, claims = self.sign_in(visitor, answers)
        self.assertEqual(claims["sub"], "154")

        person = session.get(self.metadata["userinfo_endpoint"]).json()
        self.assertEqual(person["sub"], claims["sub"])
        self.assertEqual(person["email"], address)
        self.assertEqual(person["siret"], "21630215800011")
        self.assertIs(person["is_external"], True)

        query = {
            "id_token_hint": session.token["id_token"],
            "post_logout_redirect_uri": HOME_URI,
            "state": "goodbye",
        }
        url, text = visitor.open(f"{self.metadata['end_session_endpoint']}?{urlencode(query)}")
        self.assertEqual((url, text), (f"{HOME_URI}?state=goodbye", "arrived"))

    def test_cookies_of_the_standard_library_keep_the_session(self):
        visitor = Visitor()
        self.sign_in(visitor, {"login": "user13@yopmail.com", "password": "password123"}, scope="openid email")
        self.assertTrue(any("localhost" in cookie.domain for cookie in visitor.cookies))
        _, claims = self.sign_in(visitor, {}, scope="openid email", prompt="none")
        self.assertEqual(claims["sub"], "13")

    def test_a_wrong_password_shows_the_page_again(self):
        query = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "response_type": "code", "scope": "openid"}
        url = f"{self.metadata['authorization_endpoint']}?{urlencode(query)}"
        with self.assertRaises(HTTPError) as refusal:
            Visitor().open(url, {"login": "user14@yopmail.com", "password": "password124"})
        with refusal.exception as answer:
            self.assertEqual(answer.code, 400)
            self.assertEqual(urlsplit(answer.url).path, "/users/sign-in")
            self.assertTrue(any("password" in fields for _, fields in Forms(answer.read().decode()).forms))

    def test_a_redirect_uri_on_another_port_is_no_redirect(self):
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI.replace("9009", "9010"),
            "response_type": "code",
            "scope": "openid",
        }
        with self.assertRaises(HTTPError) as refusal:
            Visitor().open(f"{self.metadata['authorization_endpoint']}?{urlencode(query)}")
        self.assertEqual(refusal.exception.code, 400)
        self.assertTrue(refusal.exception.url.startswith(self.metadata["issuer"]))
        refusal.exception.close()

    def test_the_access_token_of_another_is_refused(self):
        answer = requests.get(
            self.metadata["userinfo_endpoint"], headers={"Authorization": "Bearer " + "A" * 48}, timeout=5
        )
        self.assertEqual(answer.status_code, 401)
        self.assertIn("invalid_token", answer.headers["WWW-Authenticate"])


if __name__ == "__main__":
    unittest.main()
