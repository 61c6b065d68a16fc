"""A server of mails that we did not write (aiosmtpd, PyPI) on loopback, which can be told to misbehave once at any step;
certificates for it; and an instance of production that hands its mails to it."""

import asyncio
import json
import logging
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import SMTP as POLICY
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from test_production import free_port

# What goes wrong here is meant to.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", category=UserWarning, module="aiosmtpd")

USER, PASSWORD = "ne-pas-repondre@mairie.example", "le mot de passe du relais"


class Authority:
    """Signs certificates for servers; `root` is the file of its own."""

    def __init__(self, folder):
        self.folder, self.key = Path(folder), ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité d'essai")])
        self.root = self.folder / "authority.pem"
        own = self._build(self.name, self.key, x509.BasicConstraints(ca=True, path_length=0), days=(-1, 30), names=[])
        self.root.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def _build(self, subject, key, constraints, days, names):
        now = datetime.now(timezone.utc)
        building = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(constraints, critical=True)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            building = building.add_extension(alternatives, critical=False)
        return building.sign(self.key, hashes.SHA256())

    def context(self, name="localhost", days=(-1, 30)):
        """What a server shows that calls itself so."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=False, path_length=None)
        certificate = self._build(subject, key, constraints, days, [name])
        pem = self.folder / f"{x509.random_serial_number()}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


class Playing(SMTP):
    """Does at each step what `server.faults` says, once; else what it should."""

    def __init__(self, *arguments, server, **options):
        super().__init__(*arguments, **options)
        self.server = server

    async def plays(self, step):
        action = self.server.next_fault(step)
        if action is None:
            return False
        if action == "hang":
            await asyncio.sleep(3600)
        elif action == "vanish":
            self.transport.abort()
        elif action == "drip":
            # A step that takes its time, and is then taken as it should be.
            await asyncio.sleep(0.6)
            return False
        else:
            await self.push(action)
        return True

    async def _handle_client(self):
        self.server.greeted()
        if await self.plays("greeting"):
            return
        await super()._handle_client()

    async def smtp_EHLO(self, hostname):
        if not await self.plays("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg):
        if not await self.plays("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        self.server.attempts.append((self.transport.get_extra_info("ssl_object") is not None, arg))
        if not await self.plays("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg):
        if not await self.plays("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        if not await self.plays("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        if await self.plays("data"):
            return
        action = self.server.next_fault("content")
        if action == "vanish":
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Received:
    """A mail as it came."""

    def __init__(self, session, envelope):
        self.session = session
        self.sender, self.recipients = envelope.mail_from, envelope.rcpt_tos
        self.raw = envelope.content
        self.message = message_from_bytes(self.raw, policy=POLICY)
        self.is_encrypted = session.ssl is not None
        self.login = session.auth_data
        self.helo = session.host_name

    @property
    def id(self):
        return self.message["Message-ID"]

    @property
    def text(self):
        return self.message.get_body(("plain",)).get_content()


class MailServer(Controller):
    """Listens on 127.0.0.1 from its start until it is stopped."""

    def __init__(self, port=None, **options):
        self.faults, self.mails, self.attempts, self.greetings = [], [], [], 0
        self.changed = threading.Condition()
        super().__init__(self, hostname="127.0.0.1", port=port or free_port(), **options)

    def _trigger_server(self):
        """Makes the server show that it listens; whoever asks here believes any certificate."""
        with socket.create_connection((self.hostname, self.port), timeout=5) as plain:
            if self.ssl_context is None:
                plain.recv(1)
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as encrypted:
                encrypted.recv(1)

    def factory(self):
        return Playing(self.handler, server=self, **self.SMTP_kwargs)

    def greeted(self):
        with self.changed:
            self.greetings += 1
            self.changed.notify_all()

    def next_fault(self, step):
        for fault in self.faults:
            if fault[0] == step:
                self.faults.remove(fault)
                return fault[1]
        return None

    async def handle_DATA(self, server, session, envelope):
        action = self.next_fault("dot")
        if action is None or action == "vanish after":
            with self.changed:
                self.mails.append(Received(session, envelope))
                self.changed.notify_all()
        if action == "vanish after":
            server.transport.abort()
        elif action == "vanish":
            server.transport.abort()
        elif action == "hang":
            await asyncio.sleep(3600)
        elif action is not None:
            return action
        return "250 2.0.0 Ok: queued as 4F2A"

    def wait(self, found, within=30):
        """Waits until `found` of the mails is true, and gives them."""
        with self.changed:
            if not self.changed.wait_for(lambda: found(self.mails), within):
                raise AssertionError(f"{len(self.mails)} mails came; faults left: {self.faults}")
            return list(self.mails)

    def wait_greeting(self, count, within=30):
        with self.changed:
            if not self.changed.wait_for(lambda: self.greetings >= count, within):
                raise AssertionError("nobody came")


def authenticator(server, session, envelope, mechanism, data):
    is_known = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=is_known, auth_data=data.login.decode() if is_known else None, handled=False)


class Instance:
    """`moncomptepro serve` with these lines about mail."""

    def __init__(self, test, lines):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.config, self.data = self.folder / "config.toml", self.folder / "data"
        self.port, self.metrics = free_port(), free_port()
        self.issuer = f"https://localhost:{self.port}"
        self.head = (
            f'public_url = "{self.issuer}"\ndata_dir = "{self.data}"\nlisten = "127.0.0.1:{self.port}"\n'
            f'keys.rsa_bits = 2048\naccounts.check_deliverability = false\ninstance.name = "Identité de la mairie"\nmetrics.listen = "127.0.0.1:{self.metrics}"\n'
        )
        self.configure(lines)
        self.log = open(self.folder / "log", "wb")
        test.addCleanup(self.log.close)
        self.process = None
        test.addCleanup(self.stop)

    def configure(self, lines):
        self.config.write_text(self.head + "\n".join(lines) + "\n")

    def start(self):
        arguments = [os.environ["PROVIDER_BIN"], "serve", "--config", str(self.config)]
        environment = {**os.environ, "RUST_LOG": "debug"}
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment
        )
        for line in self.process.stdout:
            if self.issuer in line:
                return self
        raise AssertionError("it does not start")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def run(self, typed):
        arguments = [os.environ["PROVIDER_BIN"], *typed, "--config", str(self.config), "--output", "json"]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    def tries(self, *typed):
        """What a command answers; None where it is refused."""
        ended = self.run(typed)
        return json.loads(ended.stdout) if ended.returncode == 0 else None

    def command(self, *typed, code=0):
        ended = self.run(typed)
        if ended.returncode != code:
            raise AssertionError(f"{typed}: {ended.returncode} {ended.stdout} {ended.stderr}")
        return json.loads(ended.stdout) if ended.stdout else ended.stderr

    def audit(self):
        """The trail, the oldest record first."""
        arguments = [os.environ["PROVIDER_BIN"], "audit", "export", "--config", str(self.config)]
        ended = subprocess.run(arguments, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in ended.stdout.splitlines()]

    @property
    def certificate(self):
        return str(self.data / "self-signed-certificate.pem")

    def logged(self):
        return (self.folder / "log").read_text()


def relay(server, tls, ca_file=None, credentials=False, **more):
    """The lines of a configuration that hands mails to this server."""
    lines = [
        f'mail.from = "{USER}"',
        'mail.from_name = "Mairie de Saint-Étienne"',
        'mail.reply_to = "assistance@mairie.example"',
        "mail.retry_seconds = 1",
        'smtp.host = "localhost"',
        f"smtp.port = {server.port}",
        f'smtp.tls = "{tls}"',
    ]
    if ca_file:
        lines.append(f'smtp.ca_file = "{ca_file}"')
    if credentials:
        lines += [f'smtp.username = "{USER}"', f'smtp.password = "{PASSWORD}"']
    return lines + [f"{key} = {value}" for key, value in more.items()]


def until(holds, within=30):
    """Waits until something holds that nobody tells of."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it does not come to hold")
        time.sleep(0.05)
