"""Mails as a real server (aiosmtpd, PyPI) receives them and Python's own `email` reads them."""

import base64
import hmac
import re
import struct
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request

from smtp_server import PASSWORD, USER, Authority, Instance, MailServer, authenticator, relay, until
from test_production import Forms, Visitor

EMAIL = "elodie.ben-said@mairie.example"
PHRASE = "une phrase de passe longue et neuve"

# What ends a line, a mail or a conversation for one of the programs that a mail goes through.
THIEF = "voleur@evil.example"
HOSTILE = [
    f"Maire\r\nBcc: {THIEF}",
    f"Maire\nBcc: {THIEF}",
    f"Maire\rBcc: {THIEF}",
    f"Maire\r\n\r\nBcc: {THIEF}",
    f"Maire\n.\nMAIL FROM:<{THIEF}>\nRCPT TO:<{THIEF}>\nDATA\n",
    f"Maire\r\n.\r\nMAIL FROM:<{THIEF}>\r\nRCPT TO:<{THIEF}>\r\nDATA\r\n",
    f"Maire\r.\rMAIL FROM:<{THIEF}>\r",
    f"Maire\n.\r\nMAIL FROM:<{THIEF}>",
    "Maire\0",
    "Maire\x1b[2J",
    f"Maire\u2028Bcc: {THIEF}",
    f"Maire\x85.\x85MAIL FROM:<{THIEF}>",
    ".",
    "..",
    f"=?utf-8?q?Maire=0D=0ABcc:_{THIEF}?=",
    f"Maire=0D=0ABcc: {THIEF}",
    f"Maire <{THIEF}>, autre",
    f"Maire\r\n\tBcc: {THIEF}",
    f"Maire\n Bcc: {THIEF}",
    f"Maire\x0b\x0cBcc: {THIEF}",
    f"Maire\u2029Bcc: {THIEF}",
    f"Maire%0d%0aBcc: {THIEF}",
    f"Maire\\r\\nBcc: {THIEF}",
    "Maire\r\nContent-Type: text/html\r\n\r\n<h1>Payez</h1>",
    f"Maire\r\n--part-{'0' * 32}--\r\nBcc: {THIEF}",
    f"--part-{'0' * 32}--",
    "=?utf-8?b?DQpCY2M6IHZvbGV1ckBldmlsLmV4YW1wbGU=?=",
    f"From {THIEF} Mon Jan  1 00:00:00 2029",
    "\ufeff\u202eMaire\u2066",
    "QUIT",
    "é" * 10_000,
    "x" * 10_000,
    "m" * 998,
    "Élue " * 51,
]


class Words(HTMLParser):
    """The words of a document's body, and the addresses that it leads to."""

    def __init__(self, text):
        super().__init__()
        self.words, self.links, self.is_body = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.is_body = self.is_body or tag == "body"
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        if self.is_body:
            self.words += data.split()


def siret_of(number):
    """A number of the register's form, by its check digit."""
    start = f"9{number:012}"
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(start + "0"))]
    return start + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def code_of(mail):
    return next(line.replace(" ", "") for line in mail.text.splitlines() if re.fullmatch(r"[\d ]{6,}", line.strip()))


class MailTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.authority = Authority(folder.name)

    def server(self, **options):
        server = MailServer(**options)
        server.start()
        self.addCleanup(server.stop)
        return server

    def instance(self, lines):
        return Instance(self, lines).start()

    def open_account(self, instance, server, language):
        """A person opens an account with the code that came by mail."""
        visitor, coded = self.open_account_of(instance, server, language)
        return f"{language}.{EMAIL}", coded

    def open_account_of(self, instance, server, language):
        """The same: their browser, and the mail."""
        visitor = Visitor(instance.certificate)
        visitor.opener.addheaders = [("Accept-Language", language)]
        email = f"{language}.{EMAIL}"
        answers = {"login": email, "password": PHRASE, "password_confirmation": PHRASE}
        url, page = visitor.open(f"{instance.issuer}/users/start-sign-in", answers)
        self.assertIn("verify_email_token", page, url)
        to_this = lambda mails: [mail for mail in mails if mail.recipients == [email]]
        coded = to_this(server.wait(to_this))[0]
        names = {"given_name": "Élodie", "family_name": "Ben Saïd"}
        url, page = visitor.open(url, {"verify_email_token": code_of(coded), **names})
        self.assertNotIn("verify_email_token", page, url)
        return visitor, coded

    def check(self, mail, instance, language, encodings=("quoted-printable", "7bit")):
        message = mail.message
        self.assertEqual(mail.sender, USER)
        self.assertEqual(mail.helo, "localhost")
        self.assertEqual(message.defects, [])
        self.assertEqual(str(message["From"]), f"Mairie de Saint-Étienne <{USER}>")
        self.assertEqual([message["To"].addresses[0].addr_spec], mail.recipients)
        self.assertEqual(message["Reply-To"].addresses[0].addr_spec, "assistance@mairie.example")
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(message["Content-Language"], language)
        self.assertEqual(message["MIME-Version"], "1.0")
        self.assertRegex(mail.id, r"\A<[0-9a-f]{32}@localhost>\Z")
        written = message["Date"].datetime
        self.assertLess(abs(datetime.now(timezone.utc) - written), timedelta(minutes=2))
        for name in ("From", "To", "Subject", "Date", "Message-ID"):
            self.assertEqual(len(message.get_all(name)), 1, name)
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        parts = list(message.iter_parts())
        self.assertEqual([part.get_content_type() for part in parts], ["text/plain", "text/html"])
        for part in parts:
            self.assertEqual(part.defects, [])
            self.assertEqual(part.get_content_charset(), "utf-8")
            self.assertIn(part["Content-Transfer-Encoding"], encodings)
        html = Words(message.get_body(("html",)).get_content())
        self.assertEqual(html.words, message["Subject"].split() + mail.text.split())
        for link in html.links:
            self.assertTrue(link.startswith(instance.issuer + "/"), link)
        # RFC 5321: no bare CR or LF, short lines, nothing but ASCII.
        self.assertEqual(re.findall(rb"(?<!\r)\n|\r(?!\n)", mail.raw), [])
        self.assertLessEqual(max(map(len, mail.raw.split(b"\r\n"))), 78)
        self.assertTrue(mail.raw.isascii())

    def check_both_languages(self, instance, server):
        seen = []
        for language, words in (("fr", "Bonjour,"), ("en", "Hello,")):
            email, coded = self.open_account(instance, server, language)
            self.assertTrue(coded.text.startswith(words), coded.text)
            self.assertNotIn(code_of(coded), coded.message["Subject"])
            seen.append(coded)
        instance.command("admin", "grant", email, "--role", "administrator")
        seen += server.wait(lambda mails: len(mails) >= 3)[2:]
        for mail in seen:
            self.check(mail, instance, mail.message["Content-Language"])
        self.assertEqual(len({mail.id for mail in server.mails}), len(server.mails))
        # SEC-162: neither codes nor addresses nor the password of the relay are logged.
        log = instance.logged()
        for secret in [EMAIL, PASSWORD, USER, *(code_of(mail) for mail in seen[:2])]:
            self.assertNotIn(secret, log)
        self.assertIn("taken by the server of mails", log)

    def test_sec_146_over_starttls_with_a_password(self):
        server = self.server(
            tls_context=self.authority.context(),
            require_starttls=True,
            authenticator=authenticator,
            auth_required=True,
        )
        instance = self.instance(relay(server, "starttls", self.authority.root, credentials=True))
        self.check_both_languages(instance, server)
        self.assertTrue(all(mail.is_encrypted and mail.login == USER for mail in server.mails))
        self.assertTrue(all(is_encrypted for is_encrypted, _ in server.attempts))

    def test_sec_146_over_implicit_tls_with_auth_login_alone(self):
        server = self.server(
            ssl_context=self.authority.context(),
            authenticator=authenticator,
            auth_required=True,
            auth_require_tls=False,
            auth_exclude_mechanism=["PLAIN"],
        )
        instance = self.instance(relay(server, "implicit", self.authority.root, credentials=True))
        self.check_both_languages(instance, server)
        self.assertEqual({mail.login for mail in server.mails}, {USER})
        self.assertEqual({argument for _, argument in server.attempts}, {"LOGIN"})

    def test_without_encryption_to_this_machine(self):
        server = self.server()
        instance = self.instance(relay(server, "off"))
        self.check_both_languages(instance, server)
        self.assertEqual({mail.is_encrypted for mail in server.mails}, {False})

    def opened(self, visitor, url, answers):
        """Whether a form was taken with these answers."""
        try:
            visitor.open(url, answers)
            return True
        except HTTPError as refused:
            self.assertEqual(refused.code, 400, answers)
            return False

    def test_sec_145_nothing_that_is_typed_adds_a_head_a_recipient_or_a_mail(self):
        server = self.server()
        instance = self.instance(relay(server, "off"))
        expected = [f"fr.{EMAIL}"]
        visitor, _ = self.open_account_of(instance, server, "fr")
        for typed in HOSTILE:
            if self.opened(visitor, f"{instance.issuer}/personal-information", {"job": typed}):
                expected.append(f"fr.{EMAIL}")
        for number, typed in enumerate(HOSTILE):
            # No program can be given a name with the end of all names in it.
            if "\0" in typed:
                continue
            named = ["client", "create", "--name", typed, "--redirect-uri", f"{instance.issuer}/there"]
            client = instance.tries(*named)
            if client is None:
                continue
            query = {"client_id": client["client_id"], "redirect_uri": f"{instance.issuer}/there"}
            query |= {"response_type": "code", "scope": "openid", "state": "s" * 32, "nonce": "n" * 32}
            newcomer = f"personne{number}@mairie.example"
            answers = {"login": newcomer, "password": PHRASE, "password_confirmation": PHRASE}
            Visitor(instance.certificate).open(f"{instance.issuer}/oauth/authorize?{urlencode(query)}", answers)
            expected.append(newcomer)
        at = "@mairie.example"
        for typed in [f"a\r\nBcc: {THIEF}", f"a{at}\r\nBcc: {THIEF}", f'"a\n.\n"{at}', f"a{at},{THIEF}", f"a{at}>\r\nDATA"]:
            self.assertIsNone(instance.tries("user", "invite", typed), typed)
        mails = server.wait(lambda mails: len(mails) >= len(expected))
        self.assertGreaterEqual(len(expected), 12, "some of them stand in a mail")
        self.assertEqual(sorted(sum((mail.recipients for mail in mails), [])), sorted(expected))
        for mail in mails:
            # Where nearly every letter has an accent, base64 is shorter.
            self.check(mail, instance, "fr", ("quoted-printable", "7bit", "base64"))
            self.assertNotIn(b"\r\n.\r\n", mail.raw)
            for name, value in mail.message.items():
                self.assertNotIn(THIEF, value, name)

    def set_up_totp(self, visitor, instance):
        """An application of the person who is signed in there, made of the key that the page shows."""
        page = visitor.open(f"{instance.issuer}/totp-configuration", {})[1]
        shown = re.search(r'class="key">(.+?)</code>', page)[1]
        key = "".join(re.sub("<[^>]+>", "", shown).split()).upper()
        secret = base64.b32decode(key + "=" * (-len(key) % 8))
        digest = hmac.digest(secret, struct.pack(">Q", int(time.time()) // 30), "sha1")
        at = digest[-1] & 15
        code = (struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000
        # The same page's form: another look would offer another key.
        fields = next(fields for _, fields in Forms(page).forms if "totpToken" in fields)
        body = urlencode({**fields, "totpToken": f"{code:06}"}).encode()
        sent = Request(f"{instance.issuer}/totp-configuration", data=body, headers={"Origin": instance.issuer})
        with visitor.opener.open(sent) as answer:
            self.assertNotIn("totpToken", answer.read().decode())

    def test_sec_145_nothing_that_an_operator_types_adds_one_either(self):
        server = self.server()
        instance = self.instance(relay(server, "off"))
        visitor, coded = self.open_account_of(instance, server, "fr")
        owner = coded.recipients[0]
        self.set_up_totp(visitor, instance)
        expected = [owner, owner]
        for number, typed in enumerate(typed for typed in HOSTILE if "\0" not in typed):
            siret = siret_of(number)
            if instance.tries("org", "add", siret, "--label", typed) is not None:
                expected.append(f"invitee{number}@mairie.example")
                instance.command("user", "invite", expected[-1], "--organization", siret)
            if instance.tries("user", "factor", "remove", owner, "--reason", typed) is not None:
                # It is asked, and given up again.
                expected += [owner, owner]
                instance.command("user", "factor", "cancel", owner)
        mails = server.wait(lambda mails: len(mails) >= len(expected))
        self.assertGreaterEqual(len(expected), 40, "some of them stand in a mail")
        self.assertEqual(sorted(sum((mail.recipients for mail in mails), [])), sorted(expected))
        for mail in mails:
            self.check(mail, instance, "fr", ("quoted-printable", "7bit", "base64"))
            self.assertNotIn(b"\r\n.\r\n", mail.raw)
            for name, value in mail.message.items():
                self.assertNotIn(THIEF, value, name)

    def test_several_mails_share_one_conversation(self):
        server = MailServer()
        instance = self.instance(relay(server, "off"))
        for number in range(6):
            person = f"personne{number}@mairie.example"
            instance.command("user", "create", person, "--given-name", "P", "--family-name", "N")
            instance.command("admin", "grant", person, "--role", "administrator")
        server.start()
        self.addCleanup(server.stop)
        mails = server.wait(lambda mails: len(mails) == 21)
        self.assertEqual(len({id(mail.session) for mail in mails}), 1)
        self.assertEqual(len({mail.id for mail in mails}), 21)

    def refuses_to_talk(self, server, lines, words):
        """Nothing leaves, nothing is said that matters, the mail is kept, and the log says why."""
        instance = self.instance(lines)
        instance.command("user", "create", EMAIL, "--given-name", "É", "--family-name", "B")
        instance.command("admin", "grant", EMAIL, "--role", "administrator")
        until(lambda: words in instance.logged())
        self.assertEqual((server.mails, server.attempts), ([], []))
        problem = instance.command("doctor", "mail", code=1)
        self.assertFalse(problem["ok"])
        return instance, problem

    def test_sec_146_a_server_without_starttls_gets_nothing(self):
        server = self.server(authenticator=authenticator, auth_require_tls=False)
        lines = relay(server, "starttls", self.authority.root, credentials=True)
        instance, problem = self.refuses_to_talk(server, lines, "STARTTLS is not offered")
        self.assertEqual(problem["steps"][-1], {"step": "starttls", "ok": False})
        # The mail was kept: with a server that is as it should be, it leaves; the configuration is read again.
        good = self.server(tls_context=self.authority.context(), authenticator=authenticator)
        instance.configure(relay(good, "starttls", self.authority.root, credentials=True))
        instance.reload()
        mails = good.wait(lambda mails: mails)
        self.assertEqual(mails[0].recipients, [EMAIL])

    def test_sec_146_certificates_that_are_not_good_get_nothing(self):
        other = Authority(tempfile.mkdtemp(dir=self.authority.folder))
        cases = [
            (self.authority.context("smtp.autre.example"), "that of another name", "not for the name localhost"),
            (self.authority.context(days=(-9, -2)), "the certificate is over", "has expired"),
            (self.authority.context(days=(2, 9)), "not good yet", "not good yet"),
            (other.context(), "signed by nobody known", "no known authority"),
        ]
        for tls, option in (("starttls", "tls_context"), ("implicit", "ssl_context")):
            for context, words, explained in cases:
                with self.subTest(tls=tls, words=words):
                    options = {"auth_require_tls": False} if option == "ssl_context" else {}
                    server = self.server(authenticator=authenticator, **{option: context}, **options)
                    lines = relay(server, tls, self.authority.root, credentials=True)
                    instance, problem = self.refuses_to_talk(server, lines, words)
                    instance.stop()
                    self.assertEqual((server.mails, server.attempts), ([], []))
                    self.assertIn(explained, problem["problem"])
                    self.assertEqual(problem["steps"][-1], {"step": "handshake", "ok": False})


if __name__ == "__main__":
    unittest.main()
