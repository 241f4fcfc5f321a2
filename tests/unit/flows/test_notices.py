"""Notices reach a real web hook, in both languages, and no secret with them."""

import logging

import pytest
from hook_server import run_hook
from typer.testing import CliRunner

from flows import notices
from flows.alarms import tell_failure, tell_night
from flows.cli import app
from flows.lock import WarehouseBusyError
from flows.notices import make_notice, send_notice
from flows.runs import Promised, RunSummary
from flows.settings import load_settings

SECRET = "planted-secret"  # noqa: S105  # planted to be looked for


@pytest.fixture
def hook(monkeypatch):
    monkeypatch.setattr(notices, "_PAUSE_SECONDS", 0.01)
    with run_hook(f"/robot/send?key={SECRET}") as made:
        monkeypatch.setenv("YUSUAN_NOTIFY_URL", made.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "planted-id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-s3-key")
        yield made


def make_summary(**values):
    now = "2026-03-20T02:30:00+00:00"
    return RunSummary(run_id="r1", command="run", started_at=now, finished_at=now, engine_version="1", **values)


def test_a_failed_night_is_told_in_both_languages_without_secrets(hook, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(OSError, match="planted-s3-key"), tell_failure(load_settings()):
        raise OSError(f"refused planted-s3-key for {hook.url}\nsecond line")
    (body,) = hook.bodies
    assert (body["kind"], body["zh"]) == ("night-failed", "夜间运行失败：OSError: refused … for …")
    assert body["en"] == "The night failed: OSError: refused … for …"
    assert SECRET not in caplog.text


def test_a_warehouse_that_another_night_holds_is_no_failure(hook):
    with pytest.raises(WarehouseBusyError), tell_failure(load_settings()):
        raise WarehouseBusyError("another run is writing")
    assert hook.bodies == []


def test_a_broken_promise_is_told(hook):
    tell_night(make_summary(promised=(Promised(what="release", kept=False, detail="none was built"),)), {}, load_settings())
    assert hook.bodies[0]["en"] == "Night r1 did not leave all that it promises: release (none was built)"


def test_a_good_night_is_silent(hook):
    tell_night(make_summary(promised=(Promised(what="release", kept=True),)), {}, load_settings())
    assert hook.bodies == []


def test_a_silence_is_told_once(hook):
    finding = {
        "finding_kind": "source-silent",
        "severity": "warning",
        "message": "in season",
        "source_id": "yantai",
    }
    summary = make_summary(run_findings=(finding,))
    tell_night(summary, {"yantai": {"findings": {"nothing-found": 1}}}, load_settings())
    tell_night(summary, {"yantai": {"findings": {"source-silent": 1}}}, load_settings())
    (body,) = hook.bodies
    assert (body["source"], body["zh"]) == ("yantai", "来源 yantai 处于公开季节却没有动静：in season")


@pytest.mark.parametrize(
    ("form", "path"),
    [("wecom", ("text", "content")), ("dingtalk", ("text", "content")), ("feishu", ("content", "text")), ("slack", ("text",))],
)
def test_the_body_has_the_shape_of_the_receiver(hook, monkeypatch, form, path):
    monkeypatch.setenv("YUSUAN_NOTIFY_FORMAT", form)
    assert CliRunner().invoke(app, ["notify", "试一试"], catch_exceptions=False).exit_code == 0
    (value,) = hook.bodies
    for name in path:
        value = value[name]
    assert value == "Yusuan 预算\n试一试"


def test_a_server_that_fails_for_a_moment_is_asked_again(hook):
    hook.statuses[:] = [503, 500]
    assert send_notice(make_notice("message", load_settings(), reason="x"), load_settings()) is None
    assert len(hook.bodies) == 3


def test_a_refusal_is_said_without_the_address(hook):
    hook.statuses[:] = [403]
    result = CliRunner().invoke(app, ["notify", "x"])
    assert (result.exit_code, "it answered 403" in result.output, SECRET in result.output) == (1, True, False)
    assert len(hook.bodies) == 1


def test_nobody_listening_fails_no_night(monkeypatch):
    monkeypatch.setattr(notices, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("YUSUAN_NOTIFY_URL", f"http://127.0.0.1:9/{SECRET}")
    settings = load_settings()
    told = send_notice(make_notice("message", settings, reason="x"), settings)
    assert told == "the notice could not be sent: ConnectError"


def test_without_an_address_nothing_is_sent(monkeypatch):
    monkeypatch.delenv("YUSUAN_NOTIFY_URL", raising=False)
    assert send_notice(make_notice("message", load_settings(), reason="x"), load_settings()) is None
    assert CliRunner().invoke(app, ["notify", "x"]).exit_code == 2
