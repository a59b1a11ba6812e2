"""The address of a picture of the network.  See IRCv3 network-icon."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.config import Config, ConfigError, load
from chatd.testing import Stage


def test_network_icon() -> None:
    """"If a server publishes a `draft/ICON` ISUPPORT token, the value MUST be a URL to an image"."""
    config = Config()
    assert "draft/ICON" not in " ".join(Stage().server.isupport())
    stage = Stage(replace(config, server=replace(config.server, icon="https://example.org/icon.svg?a=b")))
    assert r"draft/ICON=https://example.org/icon.svg?a\x3Db" in " ".join(stage.server.isupport()).split(" ")


def test_before_registration(stage: Stage) -> None:
    """"Servers MAY implement extended-isupport to allow clients to fetch the network icon before connection
    registration."
    """
    config = stage.server.config
    stage = Stage(replace(config, server=replace(config.server, icon="https://example.org/icon.svg")))
    client = stage.open().sends("CAP REQ draft/extended-isupport", "ISUPPORT")
    assert sum(" draft/ICON=https://example.org/icon.svg " in line for line in client.take()) == 1


@pytest.mark.parametrize("icon", ["icon.svg", "ftp://example.org/icon.svg", "https://example.org/an icon.svg"])
def test_nothing_but_an_address(icon: str, tmp_path: Path) -> None:
    """"the value MUST be a URL to an image. The URL SHOULD use the "https" scheme": what is no address cannot be
    configured, and https is what is asked for.
    """
    path = tmp_path / "chatd.toml"
    path.write_text(f'[server]\nicon = "{icon}"\n')
    with pytest.raises(ConfigError, match=r"server\.icon: must be an address that begins with https://"):
        load(path)
    path.write_text('[server]\nicon = "https://example.org/icon.svg"\n')
    assert load(path).server.icon == "https://example.org/icon.svg"
