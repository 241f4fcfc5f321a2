"""Notices: one sentence in Chinese and English by web hook, when a night fails or a source is silent in its season.

Promise: a notice never holds a secret of the settings, the address that it goes to is itself one and is neither logged nor
told, and a notice that cannot be sent never fails the night: that is said where the night says everything else.
"""

import html
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import httpx
import yaml

from flows.secrets import hide_secrets
from flows.settings import NoticeFormat, Settings
from transforms.plain_text import drop_steering

NoticeKind = Literal["night-failed", "promise-broken", "source-silent", "night-died", "night-missing", "message"]

_ATTEMPTS = 3
_PAUSE_SECONDS = 2.0
_SECONDS = 10.0
# These write the address of a request, and its path is the key of a web hook.
_TALKATIVE = ("httpx", "httpcore", "hpack")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told. `facts` go along for programs."""

    kind: NoticeKind
    zh: str
    en: str
    facts: Mapping[str, str]

    @property
    def text(self) -> str:
        """Both languages, for a chat."""
        return f"Yusuan 预算\n{self.zh}\n{self.en}" if self.zh != self.en else f"Yusuan 预算\n{self.en}"


@cache
def _load_texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = yaml.safe_load(files("flows").joinpath("notices.yml").read_text(encoding="utf-8"))
    return texts


def make_notice(kind: NoticeKind, settings: Settings, **facts: str) -> Notice:
    """A notice of its facts, without the settings' secrets and without what would steer a terminal."""
    clean = {name: drop_steering(hide_secrets(value, settings)) for name, value in facts.items()}
    zh, en = (_fill(_load_texts()[kind][language], clean) for language in ("zh", "en"))
    return Notice(kind, zh, en, clean)


def _fill(text: str, facts: Mapping[str, str]) -> str:
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def make_payload(notice: Notice, form: NoticeFormat) -> dict[str, Any]:
    """The body that the receiver understands."""
    if form in {"wecom", "dingtalk"}:
        return {"msgtype": "text", "text": {"content": notice.text}}
    if form == "feishu":
        return {"msg_type": "text", "content": {"text": notice.text}}
    if form == "slack":
        # Its own three marks: <!channel> in a title would call everyone.
        return {"text": html.escape(notice.text, quote=False)}
    return {"kind": notice.kind, "zh": notice.zh, "en": notice.en, **notice.facts}


def send_notice(notice: Notice, settings: Settings) -> str | None:
    """Send it where the settings say, or nowhere; None, or why it could not be sent, without the address."""
    address = settings.notify_url.get_secret_value()
    if not address:
        return None
    body = json.dumps(make_payload(notice, settings.notify_format), ensure_ascii=False).encode()
    reason = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_SECONDS * attempt)
        try:
            with _keep_quiet():
                answer = httpx.post(address, content=body, headers={"Content-Type": "application/json"}, timeout=_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = type(error).__name__
            continue
        if answer.is_success:
            return None
        reason = f"it answered {answer.status_code}"
        if answer.is_client_error:
            break
    return f"the notice could not be sent: {reason}"


@contextmanager
def _keep_quiet() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
