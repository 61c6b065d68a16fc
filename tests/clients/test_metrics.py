"""The parser of Prometheus's own client (PyPI) reads the metrics of an instance that was used."""

import os
import ssl
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from test_production import free_port


class MetricsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config, data = Path(folder.name) / "config.toml", Path(folder.name) / "data"
        port, metrics = free_port(), free_port()
        self.issuer, self.metrics = f"https://localhost:{port}", f"http://127.0.0.1:{metrics}/metrics"
        config.write_text(
            f'public_url = "{self.issuer}"\ndata_dir = "{data}"\nlisten = "127.0.0.1:{port}"\n'
            f'metrics.listen = "127.0.0.1:{metrics}"\n'
        )
        arguments = [os.environ["PROVIDER_BIN"], "serve", "--config", str(config)]
        environment = {**os.environ, "RUST_LOG": "warn"}
        self.provider = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)
        self.addCleanup(self.provider.stdout.close)
        self.addCleanup(self.provider.wait)
        self.addCleanup(self.provider.terminate)
        for line in self.provider.stdout:
            if self.issuer in line:
                break
        self.trust = ssl.create_default_context(cafile=str(data / "self-signed-certificate.pem"))

    def status_of(self, path, method_body=None):
        try:
            with urlopen(self.issuer + path, data=method_body, context=self.trust) as response:
                return response.status
        except HTTPError as refusal:
            with refusal:
                return refusal.code

    def test_every_family_is_whole(self):
        self.assertEqual(self.status_of("/livez"), 200)
        self.assertEqual(self.status_of("/.well-known/openid-configuration"), 200)
        self.assertEqual(self.status_of('/"quoted"\\path'.replace('"', "%22").replace("\\", "%5c")), 400)
        self.assertEqual(self.status_of("/oauth/token", b"grant_type=authorization_code&client_id=nobody&code=x"), 401)
        with urlopen(self.metrics) as response:
            self.assertTrue(response.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
            text = response.read().decode()
        families = {family.name: family for family in text_string_to_metric_families(text)}
        self.assertGreater(len(families), 30)
        samples = Counter()
        for family in families.values():
            self.assertNotEqual(family.type, "unknown", family.name)
            self.assertTrue(family.documentation, family.name)
            for sample in family.samples:
                self.assertTrue(sample.name.startswith(family.name), sample)
                samples[(sample.name, tuple(sorted(sample.labels.items())))] += 1
        self.assertEqual([sample for sample, times in samples.items() if times > 1], [])
        for family in families.values():
            if family.type == "histogram":
                self.check_histogram(family)
        asked = {
            (sample.labels["route"], sample.labels["status"]): sample.value
            for sample in families["moncomptepro_requests"].samples
        }
        self.assertEqual(asked[("/livez", "2xx")], 1)
        self.assertEqual(asked[("none", "4xx")], 1)
        self.assertEqual(asked[("/oauth/token", "4xx")], 1)
        refused = {s.labels["outcome"]: s.value for s in families["moncomptepro_client_authentications"].samples}
        self.assertEqual(refused["refused"], 1)
        self.assertGreater(families["process_resident_memory_bytes"].samples[0].value, 1_000_000)
        self.assertGreater(families["moncomptepro_certificate_expiry_timestamp_seconds"].samples[0].value, 1.7e9)

    def check_histogram(self, family):
        series = {}
        for sample in family.samples:
            labels = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
            one = series.setdefault(labels, {"buckets": []})
            if sample.name.endswith("_bucket"):
                one["buckets"].append((float(sample.labels["le"]), sample.value))
            else:
                one[sample.name.rsplit("_", 1)[1]] = sample.value
        for labels, one in series.items():
            ends, counts = zip(*one["buckets"])
            self.assertEqual(list(ends), sorted(ends), (family.name, labels))
            self.assertEqual(list(counts), sorted(counts), (family.name, labels))
            self.assertEqual((ends[-1], counts[-1]), (float("inf"), one["count"]), (family.name, labels))
            self.assertGreaterEqual(one["sum"], 0)


if __name__ == "__main__":
    unittest.main()
