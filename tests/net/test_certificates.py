"""Reading certificates, and making one on first start."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from makers import make
from twisted.logger import LogEvent, globalLogPublisher

from chatd.config import Certificate, Tls
from chatd.net.certificates import CertificateError, Certificates, Loaded
from chatd.net.selfsigned import write_new


def refused(directory: Path, settings: Tls) -> str:
    with pytest.raises(CertificateError) as raised:
        Certificates(settings, "irc.example.org", directory)
    return str(raised.value)


def tls(made, **more) -> Tls:
    return Tls(certificate=made.certificate, key=made.key, **more)


def test_own_certificate(tmp_path):
    """On first start: ECDSA P-256, for the server's name and this machine, for ten years."""
    Certificates(Tls(), "irc.example.org", tmp_path)
    certificate = x509.load_pem_x509_certificate((tmp_path / "certificate.pem").read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["irc.example.org", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]
    assert certificate.not_valid_after_utc - datetime.now(UTC) > timedelta(days=3649)


def test_own_key_is_private(tmp_path):
    """The private key has mode 0600, and nothing else is left in the directory."""
    Certificates(Tls(), "irc.example.org", tmp_path)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["certificate.pem", "key.pem"]


def test_own_certificate_is_kept(tmp_path):
    """The certificate made on first start is used from then on."""
    first = Certificates(Tls(), "irc.example.org", tmp_path)
    assert Certificates(Tls(), "irc.example.org", tmp_path).fingerprint == first.fingerprint


def test_a_start_that_was_cut_short_is_made_good(tmp_path):
    """A key without a certificate, and the remains of a file half written, do not keep the server from starting."""
    (tmp_path / "key.pem").write_text("half a k")
    (tmp_path / "key.pem.new").write_text("hal")
    Certificates(Tls(), "irc.example.org", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["certificate.pem", "key.pem"]


def test_private_from_the_first_moment(tmp_path):
    """A file is never there with another mode than it ends with, nor half written."""
    write_new(tmp_path / "key.pem", b"secret", 0o600)
    assert ((tmp_path / "key.pem").read_bytes(), (tmp_path / "key.pem").stat().st_mode & 0o777) == (b"secret", 0o600)


def test_directory_that_cannot_be_written(tmp_path):
    """Where no certificate can be made, the message names the file and the problem."""
    message = refused(tmp_path / "none", Tls())
    assert message == f"{tmp_path}/none/key.pem.new: cannot be written (No such file or directory)"


def test_missing_certificate(tmp_path):
    """A certificate that is not there."""
    made = make(tmp_path, "a.example")
    message = refused(tmp_path, Tls(certificate=f"{tmp_path}/none.crt", key=made.key))
    assert message == f"{tmp_path}/none.crt: cannot be read (No such file or directory)"


def test_missing_key(tmp_path):
    """A key that is not there."""
    made = make(tmp_path, "a.example")
    message = refused(tmp_path, Tls(certificate=made.certificate, key=f"{tmp_path}/none.key"))
    assert message == f"{tmp_path}/none.key: cannot be read (No such file or directory)"


def test_unreadable_certificate(tmp_path):
    """A path that is a directory cannot be read."""
    made = make(tmp_path, "a.example")
    message = refused(tmp_path, Tls(certificate=str(tmp_path), key=made.key))
    assert message == f"{tmp_path}: cannot be read (Is a directory)"


@pytest.mark.parametrize("content", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_certificate_that_is_none(tmp_path, content):
    """A file without a certificate in it."""
    made = make(tmp_path, "a.example")
    Path(made.certificate).write_text(content)
    assert refused(tmp_path, tls(made)) == f"{made.certificate}: holds no certificate in PEM form"


@pytest.mark.parametrize("content", ["", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_key_that_is_none(tmp_path, content):
    """A file without a private key in it."""
    made = make(tmp_path, "a.example")
    Path(made.key).write_text(content)
    assert refused(tmp_path, tls(made)) == f"{made.key}: holds no private key in PEM form"


def test_key_with_password(tmp_path):
    """A key that needs a password is refused; the server does not ask for one."""
    made = make(tmp_path, "a.example", password=b"secret")
    assert refused(tmp_path, tls(made)) == f"{made.key}: this key needs a password, which a server cannot type"


def test_key_of_another_certificate(tmp_path):
    """The key must belong to the certificate."""
    made, other = make(tmp_path, "a.example"), make(tmp_path, "b.example")
    message = refused(tmp_path, Tls(certificate=made.certificate, key=other.key))
    assert message == f"{other.key}: this key does not belong to {made.certificate}"


def test_missing_chain(tmp_path):
    """A chain file that is not there."""
    made = make(tmp_path, "a.example")
    message = refused(tmp_path, tls(made, chain=f"{tmp_path}/none.pem"))
    assert message == f"{tmp_path}/none.pem: cannot be read (No such file or directory)"


def test_fault_in_one_of_several(tmp_path):
    """The certificates of SNI are checked like the first."""
    made, other = make(tmp_path, "a.example"), make(tmp_path, "b.example")
    os.remove(other.key)
    message = refused(tmp_path, tls(made, sni=(Certificate(certificate=other.certificate, key=other.key),)))
    assert message == f"{other.key}: cannot be read (No such file or directory)"


def test_unusable_ciphers(tmp_path):
    """A cipher list of which OpenSSL knows nothing."""
    assert refused(tmp_path, Tls(ciphers="NOTHING")).startswith("tls.ciphers: ")


@pytest.mark.parametrize(
    ("days", "doubt"),
    [
        ((-30, -1), "this certificate expired on"),
        ((1, 30), "this certificate is not valid before"),
    ],
)
def test_doubtful_dates_are_only_warned_of(tmp_path, days, doubt):
    """An expired certificate is used, with a warning that names it."""
    made = make(tmp_path, "a.example", days=days)
    events: list[LogEvent] = []
    globalLogPublisher.addObserver(events.append)
    try:
        certificates = Certificates(tls(made), "irc.example.org", tmp_path)
    finally:
        globalLogPublisher.removeObserver(events.append)
    assert certificates.fingerprint == made.fingerprint
    date = datetime.now(UTC) + timedelta(days=days[1] if days[1] < 0 else days[0])
    assert [event["doubt"] for event in events] == [f"{made.certificate}: {doubt} {date:%Y-%m-%d}"]


@pytest.mark.parametrize(
    ("names", "asked", "fits"),
    [
        (("a.example",), "a.example", True),
        (("a.example",), "A.EXAMPLE", True),
        (("a.example",), "b.example", False),
        (("a.example",), "x.a.example", False),
        (("b.example", "a.example"), "a.example", True),
        (("*.a.example",), "x.a.example", True),
        (("*.a.example",), "a.example", False),
        (("*.a.example",), "x.y.a.example", False),
        (("a.example",), "common.example", False),
        ((), "common.example", True),
        ((), "Common.Example", True),
        ((), "a.example", False),
        (("a.example",), "", False),
        (("a.example",), "\ufffd\ufffd", False),
        (("a.example",), "a" * 300, False),
    ],
)
def test_names(tmp_path, names, asked, fits):
    """A certificate is for its alternative names, a star standing for one label; without any for its common name."""
    made = make(tmp_path, "common.example", *names)
    assert Loaded(Path(made.certificate), Path(made.key), None, Tls()).is_for(asked) is fits


def test_failing_reload_keeps_what_was_there(tmp_path):
    """A reload that fails says why, and the old certificates stay in use."""
    made = make(tmp_path, "a.example")
    certificates = Certificates(tls(made), "irc.example.org", tmp_path)
    Path(made.key).write_text("broken")
    with pytest.raises(CertificateError) as raised:
        certificates.reload(tls(made))
    assert str(raised.value) == f"{made.key}: holds no private key in PEM form"
    assert certificates.fingerprint == made.fingerprint
