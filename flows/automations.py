"""Automations of a Prefect server: what a night cannot say itself, because it was killed or never began.

Promise: made anew by every `yusuan deploy`, under the same names, and gone where no web hook is set. The address is kept by
the server as the secret of a block, never in the automation. Prefect is imported by the caller, once a server is there.
"""

# ruff: noqa: PLC0415
# Prefect takes its settings from the environment when it is imported: that is set only when a server is there.

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from flows.notices import make_notice, make_payload
from flows.settings import Settings

BLOCK = "yusuan-notices"
DIED, MISSING = "yusuan: a night was cut off", "yusuan: no night has ended"


def make_automations(settings: Settings, deployment_id: str, *, is_weekly: bool) -> tuple[str, ...]:
    """Make the automations of a deployment; their names. `is_weekly`: in some months a night is a week from the next."""
    from prefect.automations import Automation
    from prefect.client.orchestration import get_client
    from prefect.events.actions import CallWebhook

    with get_client(sync_client=True) as client:
        for name in (DIED, MISSING):
            for automation in client.read_automations_by_name(name):
                client.delete_automation(automation.id)
    if not settings.notify_url.get_secret_value():
        return ()
    block_id = _save_block(settings)
    hours = 8 * 24 if is_weekly else 36
    texts = {DIED: make_notice("night-died", settings), MISSING: make_notice("night-missing", settings, hours=str(hours))}
    triggers = {DIED: _watch_for_death(deployment_id), MISSING: _watch_for_absence(deployment_id, hours)}
    for name, notice in texts.items():
        payload = json.dumps(make_payload(notice, settings.notify_format), ensure_ascii=False)
        action = CallWebhook(block_document_id=block_id, payload=payload)
        Automation(name=name, trigger=triggers[name], actions=[action]).create()
    return tuple(texts)


def _save_block(settings: Settings) -> UUID:
    from prefect.blocks.webhook import Webhook
    from prefect.types import SecretDict

    block = Webhook(url=settings.notify_url, headers=SecretDict({"Content-Type": "application/json"}))
    saved = block.save(BLOCK, overwrite=True)
    return UUID(str(saved))


def _watch_for_death(deployment_id: str) -> Any:
    from prefect.events.schemas.automations import EventTrigger, Posture

    # Failed is not among them: such a night has spoken for itself.
    expect = {"prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}
    return EventTrigger(
        expect=expect,
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related=_of_deployment(deployment_id),
        posture=Posture.Reactive,
        threshold=1,
    )


def _watch_for_absence(deployment_id: str, hours: int) -> Any:
    from prefect.events.schemas.automations import EventTrigger, Posture

    return EventTrigger(
        expect={"prefect.flow-run.Completed", "prefect.flow-run.Failed"},
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related=_of_deployment(deployment_id),
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(hours=hours),
    )


def _of_deployment(deployment_id: str) -> dict[str, str]:
    return {"prefect.resource.id": f"prefect.deployment.{deployment_id}", "prefect.resource.role": "deployment"}
