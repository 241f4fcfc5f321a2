"""What a new CKAN needs before it starts: configuration, tables, permissions, an administrator, and tokens good there alone.

Run by CKAN's own Python, in one process: loading CKAN takes ten times as long as what is then done. By .ci/ckan.sh only.
"""

import contextlib
import io
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

from ckan.cli.cli import ckan


def main() -> None:
    """`ckan_setup.py INI URL SETTING…`; the psql that grants comes from the surroundings."""
    ini, url, *settings = sys.argv[1:]
    Path(ini).unlink(missing_ok=True)
    run("generate", "config", ini)
    run("config-tool", ini, f"ckan.site_url={url}", *settings)
    inside = ("-c", ini)
    run(*inside, "db", "init")
    run(*inside, "db", "upgrade", "-p", "activity")
    permissions = run(*inside, "datastore", "set-permissions")
    subprocess.run([*os.environ["CKAN_PSQL"].split(), "-f", "-"], input=permissions, text=True, check=True)  # noqa: S603  # by ckan.sh
    run(*inside, "user", "add", "admin", "email=admin@example.org", f"password={secrets.token_urlsafe(18)}")
    run(*inside, "sysadmin", "add", "admin")
    run("config-tool", ini, f"ckanext.xloader.api_token={make_token(inside, 'xloader')}")
    ready = Path(ini).with_name("ready.json")
    ready.touch(mode=0o600)
    ready.write_text(json.dumps({"url": url, "token": make_token(inside, "tests")}))


def make_token(inside: tuple[str, ...], name: str) -> str:
    """A token of the administrator."""
    return run(*inside, "user", "token", "add", "admin", name).split()[-1]


def run(*words: str) -> str:
    """A command of CKAN; what it printed."""
    # CKAN looks there whether a command does without a configuration.
    sys.argv = ["ckan", *words]
    # With bytes below the text: some commands of CKAN ask for them.
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(said):
        ckan.main([*words], standalone_mode=False)
    return said.buffer.getvalue().decode()  # type: ignore[attr-defined]  # a text stream over bytes, as made above


main()
