"""A server of mails (aiosmtpd, PyPI) that refuses, hangs, drips or vanishes at every step: nothing is lost, nothing is sent
twice that need not be, and nobody who asks the instance for something waits."""

import ssl
import tempfile
import time
import unittest
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from smtp_server import PASSWORD, Authority, Instance, MailServer, authenticator, relay, until
from test_mail import PHRASE, code_of
from test_production import Visitor, free_port

PERSON = "marie@mairie.example"
STEPS = ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"]


class FaultTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.authority = Authority(folder.name)
        self.granted = False

    def server(self, port=None):
        server = MailServer(
            port=port, tls_context=self.authority.context(), authenticator=authenticator, auth_required=True
        )
        server.start()
        self.addCleanup(server.stop)
        return server

    def instance(self, server):
        lines = relay(server, "starttls", self.authority.root, credentials=True)
        instance = Instance(self, [*lines, "smtp.timeout_seconds = 1"]).start()
        instance.command("user", "create", PERSON, "--given-name", "Marie", "--family-name", "Petit")
        instance.command("user", "create", "autre@mairie.example", "--given-name", "A", "--family-name", "B")
        return instance

    def cause(self, instance):
        """Something that one person is told of: the only administrator comes or goes."""
        self.granted = not self.granted
        typed = ["grant", PERSON, "--role", "administrator"] if self.granted else ["revoke", PERSON, "--last-administrator"]
        instance.command("admin", *typed)

    def one_more(self, server, before, within=30):
        """One more mail comes, once."""
        mails = server.wait(lambda mails: len(mails) > before, within)
        self.assertEqual(len(mails), before + 1)
        return mails[before]

    def asks(self, instance):
        """How long an answer of the instance takes."""
        trust = ssl.create_default_context(cafile=instance.certificate)
        began = time.monotonic()
        with urlopen(f"{instance.issuer}/users/start-sign-in", context=trust) as response:
            self.assertEqual(response.status, 200)
        return time.monotonic() - began

    def numbers(self, instance):
        with urlopen(f"http://127.0.0.1:{instance.metrics}/metrics") as response:
            families = text_string_to_metric_families(response.read().decode())
        found = {}
        for family in families:
            for sample in family.samples:
                if family.name.startswith(("moncomptepro_mails", "moncomptepro_smtp", "moncomptepro_outbox")):
                    found[(family.name, sample.labels.get("outcome"))] = sample.value
        return found

    def run_through(self, faults):
        """Each fault once, for one mail each: it comes in the end, and once."""
        server = self.server()
        instance = self.instance(server)
        for step, action in faults:
            with self.subTest(step=step, action=action):
                before = len(server.mails)
                server.faults.append((step, action))
                self.cause(instance)
                self.assertLess(self.asks(instance), 1, "nobody waits for the server of mails")
                self.one_more(server, before)
                self.assertEqual(server.faults, [])
        until(lambda: self.numbers(instance)[("moncomptepro_outbox_mails", None)] == 0)
        ids = [mail.id for mail in server.mails]
        self.assertEqual(len(set(ids)), len(ids), "none was sent twice")
        return server, instance

    def test_sec_198_what_is_refused_for_now_at_any_step_comes_later(self):
        answers = {"greeting": "421 4.3.2 busy", "auth": "454 4.7.0 busy", "data": "451 4.3.0 busy"}
        self.run_through([(step, answers.get(step, "450 4.2.0 busy")) for step in STEPS] + [("rcpt", "421 4.3.2 bye")])

    def test_sec_198_a_server_that_hangs_at_any_step_costs_a_second_and_no_mail(self):
        server, instance = self.run_through([(step, "hang") for step in STEPS if step != "dot"])
        before = len(server.mails)
        server.faults.append(("dot", "hang"))
        self.cause(instance)
        self.one_more(server, before)

    def test_sec_198_a_server_that_vanishes_at_any_step_and_in_the_midst_of_a_mail_loses_none(self):
        self.run_through([(step, "vanish") for step in [*STEPS, "content", "content"]])

    def test_sec_198_a_slow_server_gets_its_time(self):
        server = self.server()
        instance = self.instance(server)
        server.faults += [(step, "drip") for step in ("ehlo", "mail", "rcpt", "data")]
        self.cause(instance)
        self.one_more(server, 0)
        self.assertEqual(server.faults, [])

    def test_sec_198_a_server_that_refuses_us_for_good_keeps_the_mails_waiting(self):
        for step in ("greeting", "ehlo", "auth", "mail"):
            with self.subTest(step=step):
                self.granted = False
                server = self.server()
                instance = self.instance(server)
                server.faults.append((step, "554 5.7.1 not you" if step != "auth" else "535 5.7.8 wrong"))
                self.cause(instance)
                self.one_more(server, 0)
                numbers = self.numbers(instance)
                self.assertEqual(numbers[("moncomptepro_mails", "refused")], 0)
                self.assertGreaterEqual(numbers[("moncomptepro_smtp_connections", "failed")], 1)
                instance.stop()

    def test_sec_198_what_is_refused_for_good_is_given_up_and_holds_up_nobody(self):
        server = self.server()
        instance = self.instance(server)
        for number, step in enumerate(("rcpt", "data", "dot")):
            server.faults.append((step, "550 5.1.1 <marie@mairie.example> is unknown"))
            self.cause(instance)
            until(lambda: self.numbers(instance)[("moncomptepro_mails", "refused")] == number + 1)
            self.cause(instance)
            self.one_more(server, number)
        until(lambda: self.numbers(instance)[("moncomptepro_outbox_mails", None)] == 0)
        self.assertNotIn(PERSON, instance.logged())
        records = [record for record in instance.audit() if record["event"] == "mail_given_up"]
        ends = [(record["end"], record["mail"]) for record in records]
        self.assertEqual(ends, [("refused", "administrators-changed")] * 3)
        self.assertTrue(all(record["user_id"] for record in records))

    def test_sec_198_a_server_that_takes_a_mail_and_vanishes_gets_it_once_more_at_most(self):
        server = self.server()
        instance = self.instance(server)
        server.faults.append(("dot", "vanish after"))
        self.cause(instance)
        mails = server.wait(lambda mails: len(mails) == 2)
        self.assertEqual(mails[0].id, mails[1].id)
        self.assertEqual(mails[0].raw, mails[1].raw)
        server.faults += [("dot", "vanish after")] * 3
        self.cause(instance)
        until(lambda: self.numbers(instance)[("moncomptepro_mails", "unconfirmed")] == 1)
        self.assertEqual(len(server.mails), 4, "one duplicate, then it is given up")
        self.assertEqual(server.mails[2].id, server.mails[3].id)

    def test_sec_198_one_recipient_that_is_put_off_holds_up_no_other(self):
        server = self.server()
        instance = self.instance(server)
        server.faults.append(("rcpt", "450 4.2.0 greylisted"))
        self.cause(instance)
        until(lambda: server.faults == [])
        instance.command("admin", "grant", "autre@mairie.example", "--role", "administrator")
        mails = server.wait(lambda mails: len(mails) == 3)
        self.assertEqual(len({mail.id for mail in mails}), 3)

    def test_sec_147_a_kill_loses_no_code_that_waits_and_the_database_does_not_hold_it(self):
        port = free_port()
        silent = MailServer(port=port)
        instance = Instance(self, relay(silent, "off")).start()
        visitor = Visitor(instance.certificate)
        answers = {"login": PERSON, "password": PHRASE, "password_confirmation": PHRASE}
        url, page = visitor.open(f"{instance.issuer}/users/start-sign-in", answers)
        self.assertIn("verify_email_token", page)
        instance.kill()
        database = (instance.data / "moncomptepro.redb").read_bytes()
        server = MailServer(port=port)
        server.start()
        self.addCleanup(server.stop)
        instance.start()
        code = code_of(self.one_more(server, 0))
        self.assertNotIn(code.encode(), database)
        _, page = visitor.open(url, {"verify_email_token": code, "given_name": "Marie", "family_name": "Petit"})
        self.assertNotIn("verify_email_token", page)

    def test_sec_198_an_orderly_stop_waits_for_no_server_and_the_mail_leaves_at_the_next_start(self):
        server = self.server()
        lines = relay(server, "starttls", self.authority.root, credentials=True)
        instance = Instance(self, [*lines, "smtp.timeout_seconds = 60"]).start()
        instance.command("user", "create", PERSON, "--given-name", "Marie", "--family-name", "Petit")
        server.faults.append(("mail", "hang"))
        self.cause(instance)
        until(lambda: server.faults == [])
        began = time.monotonic()
        instance.stop()
        self.assertLess(time.monotonic() - began, 9)
        instance.start()
        self.one_more(server, 0)

    def test_doctor_explains_each_refusal_and_sends_a_mail(self):
        server = self.server()
        instance = Instance(self, relay(server, "starttls", self.authority.root, credentials=True))
        whole = instance.command("doctor", "mail", "--to", PERSON)
        self.assertTrue(whole["ok"] and whole["answer"].startswith("Ok: queued as"), whole)
        self.assertEqual((server.mails[0].recipients, len(server.mails)), ([PERSON], 1))
        cases = [
            ("mail", "550 5.7.1 no", "sender", "mail.from"),
            ("rcpt", "550 5.1.1 no", "recipient", "Check the address"),
            ("rcpt", "450 4.2.0 later", "recipient", "tries again by itself"),
            ("dot", "554 5.7.1 spam", "acceptance", "a filter"),
            ("auth", "535 5.7.8 no", "authenticate", "smtp.password"),
            ("ehlo", "550 no", "hello", "smtp.helo_name"),
            ("greeting", "554 no", "greeting", "smtp.helo_name"),
        ]
        for step, answer, stage, remedy in cases:
            with self.subTest(step=step, answer=answer):
                server.faults = [(step, answer)]
                found = instance.command("doctor", "mail", "--to", PERSON, code=1)
                self.assertEqual(found["steps"][-1], {"step": stage, "ok": False})
                self.assertIn(answer[:3], found["problem"])
                self.assertIn(remedy, found["remedy"])
        self.assertEqual(len(server.mails), 1)
        server.faults = []
        lines = relay(server, "starttls", self.authority.root, credentials=True)
        for line, other, stage, remedy in [
            (f"smtp.port = {server.port}", f"smtp.port = {free_port()}", "connect", "smtp.port"),
            ('smtp.host = "localhost"', 'smtp.host = "nulle-part.invalid"', "resolve", "DNS"),
            (f'smtp.password = "{PASSWORD}"', 'smtp.password = "autre"', "authenticate", "smtp.password"),
            ('smtp.tls = "starttls"', 'smtp.tls = "implicit"', "handshake", 'smtp.tls = "starttls"'),
        ]:
            with self.subTest(stage=stage):
                instance.configure([other if known == line else known for known in lines])
                found = instance.command("doctor", "mail", code=1)
                self.assertEqual(found["steps"][-1], {"step": stage, "ok": False})
                self.assertIn(remedy, found["remedy"])


if __name__ == "__main__":
    unittest.main()
