"""What a server documents of itself is what the typed models were made from."""

from __future__ import annotations

import subprocess

import pytest

from tests.behaviour.pbx import prepared
from tools.asterisk import location
from tools.models.documentation import read_documentation
from tools.models.extracts import dumped, load

_XML = "usr/share/asterisk/documentation/core-en_US.xml"


@pytest.mark.parametrize("name", ["asterisk-22", "asterisk-16"])
def test_the_extract_is_what_the_server_documents(name: str, pytestconfig: pytest.Config) -> None:
    release = prepared(name, pytestconfig)
    tree = location(release)
    told = subprocess.run(
        ["/usr/sbin/chroot", str(tree), "/usr/sbin/asterisk", "-V"],
        capture_output=True,
        text=True,
        check=True,
    )
    extracted = load("versions")["documented"][release]
    if extracted not in told.stdout:
        pytest.skip(f"the extract is of {extracted}, and this is {told.stdout.strip()}")
    assert dumped(read_documentation(tree / _XML)) == dumped(load(f"documented-{release}"))
