import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.server import ServerError, find_free_port, provide_server, set_client_environment, wait_until_it_answers
from flows.settings import load_settings


def test_named_server_that_is_not_there_is_told_before_work(tmp_path):
    settings = load_settings(tmp_path, prefect_api_url=f"http://127.0.0.1:{find_free_port()}/api")
    with pytest.raises(ServerError, match="no server answers there"), provide_server(settings):
        pass


def test_server_that_dies_at_its_start_is_told_with_its_last_words(tmp_path):
    log = tmp_path / "server.log"
    log.write_text("first\n  the database is locked\n")
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(ServerError, match="exit code 3: the database is locked"):
        wait_until_it_answers(process, "http://127.0.0.1:9/api", 30, log)


def test_server_that_is_silent_is_told_with_its_log(tmp_path):
    process = subprocess.Popen(["sleep", "30"])
    try:
        with pytest.raises(ServerError, match=r"did not answer within 0\.3 seconds.*server\.log"):
            wait_until_it_answers(process, f"http://127.0.0.1:{find_free_port()}/api", 0.3, tmp_path / "server.log")
    finally:
        process.kill()
        process.wait()


def test_environment_is_as_before_afterwards(monkeypatch):
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with set_client_environment(load_settings(Path("w")), {"PREFECT_API_URL": "http://x/api"}):
        assert (os.environ["PREFECT_API_URL"], os.environ["DO_NOT_TRACK"]) == ("http://x/api", "1")
    assert "PREFECT_API_URL" not in os.environ
    assert os.environ["DO_NOT_TRACK"] == "0"
