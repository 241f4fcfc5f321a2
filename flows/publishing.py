"""Publishing a release: which one, where to, the plan before it, and what came of it.

Promise: only a release whose every file is what its sums say is published; a plan is shown before anything is written; tokens
come from the settings, go to the target that they are for, and stand in no text that is made here.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from flows.errors import UsageError, YusuanError
from flows.runs import Publication
from flows.secrets import hide_secrets
from flows.settings import Settings
from transforms.plain_text import hide_in_addresses
from warehouse.object_storage import ObjectPlace, ObjectUrlError, StorageError, is_object_url, open_filesystem

if TYPE_CHECKING:
    from warehouse.catalogue.release import Catalogue
    from warehouse.portals.plan import Plan, Step, Target
    from warehouse.portals.stores import FileStore

_TARGETS = "a folder, s3://bucket/prefix, ckan+https://portal?organisation=NAME, or huggingface:FOLDER"


class PublishingError(YusuanError):
    """The release or the target cannot be used, or the target refused."""


def choose_release(settings: Settings, version: str | None = None) -> "Catalogue":
    """A release that is whole: the newest, or the one named. Raises UsageError, PublishingError."""
    from warehouse.catalogue.release import ReleaseUnreadableError, check_release  # noqa: PLC0415  # only publishing needs it

    folder = settings.releases_dir / (version or "latest")
    if not folder.is_dir():
        # Also those that somebody named otherwise than a night does; what is being built has a dot before its name.
        whole = settings.releases_dir.glob("[!.]*/datapackage.json")
        there = sorted(path.parent.name for path in whole if not path.parent.is_symlink())
        raise UsageError(f"no release {version or 'yet'} in {settings.releases_dir}; there are: {', '.join(there) or 'none'}")
    try:
        return check_release(folder.resolve())
    except ReleaseUnreadableError as error:
        raise PublishingError(f"{error}; nothing was published") from error


@contextlib.contextmanager
def open_target(text: str, settings: Settings) -> "Iterator[Target]":
    """The target that a person names. Raises UsageError for one that is none of ours, PublishingError."""
    from warehouse.portals.plan import PublishError  # noqa: PLC0415  # only publishing needs it

    with contextlib.ExitStack() as stack:
        try:
            yield _make_target(text, settings, stack)
        except PublishError as error:
            raise PublishingError(str(error)) from error


def publish(
    settings: Settings, target: str, version: str | None, show: "Callable[[Plan], None]", say: Callable[[str], None]
) -> int:
    """Plan, show the plan, carry it out. How many steps there were. Raises UsageError, PublishingError."""
    from warehouse.portals.plan import PublishError, apply_plan  # noqa: PLC0415  # only publishing needs it

    catalogue = choose_release(settings, version)
    done: list[Step] = []
    with open_target(target, settings) as opened:
        plan = opened.plan(catalogue)
        show(plan)

        def report(step: "Step") -> None:
            done.append(step)
            say(f"  [{len(done)}/{len(plan.steps)}] {step.verb} {step.subject}")

        try:
            apply_plan(plan, report)
        except PublishError as error:
            raise PublishingError(
                f"{error}; {len(done)} of {len(plan.steps)} steps are done, the same command goes on from there"
            ) from error
    return len(done)


def list_targets(settings: Settings) -> tuple[str, ...]:
    """Where every night publishes."""
    return tuple((settings.publish_to or "").split())


def publish_everywhere(settings: Settings, version: str) -> tuple[Publication, ...]:
    """Publish at every target of the settings. One that fails keeps none of the others from it: the next night goes on."""
    done = []
    for target in list_targets(settings):
        try:
            steps = publish(settings, target, version, lambda _: None, lambda _: None)
            done.append(Publication(target=hide_in_addresses(target), steps=steps))
        except YusuanError as error:
            # The account of a run is read by many.
            done.append(Publication(target=hide_in_addresses(target), problem=hide_secrets(str(error), settings)))
    return tuple(done)


def _make_target(text: str, settings: Settings, stack: contextlib.ExitStack) -> "Target":
    from warehouse.portals.hugging_face import HuggingFaceTarget  # noqa: PLC0415  # only publishing needs them
    from warehouse.portals.releases import ReleaseTarget  # noqa: PLC0415  # only here, and only when it is asked for

    if text.startswith(("ckan+http://", "ckan+https://")):
        return _open_ckan(text.removeprefix("ckan+"), settings, stack)
    if text.startswith("huggingface:"):
        return HuggingFaceTarget(_open_store(text.removeprefix("huggingface:"), settings))
    return ReleaseTarget(_open_store(text, settings))


def _open_store(text: str, settings: Settings) -> "FileStore":
    from warehouse.portals.stores import BucketStore, FolderStore  # noqa: PLC0415  # only publishing needs them

    if not is_object_url(text):
        return FolderStore(_check_folder(text, settings))
    try:
        place = ObjectPlace.parse(text, settings.object_storage)
        return BucketStore(open_filesystem(place.storage), place.path)
    except (ObjectUrlError, StorageError) as error:
        raise UsageError(str(error)) from error


def _open_ckan(url: str, settings: Settings, stack: contextlib.ExitStack) -> "Target":
    from warehouse.portals.ckan import CkanClient, CkanTarget  # noqa: PLC0415  # only this target needs it

    parts = urlsplit(url)
    options = parse_qs(parts.query)
    organisations = options.pop("organisation", [])
    prefix = options.pop("prefix", ["yusuan-"])[0]
    if len(organisations) != 1 or options:
        raise UsageError("a CKAN portal is named ckan+https://portal.example.org?organisation=NAME, and &prefix=… where need be")
    token = settings.ckan_token.get_secret_value() if settings.ckan_token else ""
    if not token:
        raise UsageError("YUSUAN_CKAN_TOKEN is not set: a token of a user who may edit the organisation's data sets")
    client = stack.enter_context(CkanClient(f"{parts.scheme}://{parts.netloc}{parts.path}", token))
    return CkanTarget(client, organisations[0], settings.publisher, prefix)


def _check_folder(text: str, settings: Settings) -> Path:
    if not text or "://" in text:
        raise UsageError(f"{hide_in_addresses(text)!r} is no target: {_TARGETS}")
    folder = Path(text)
    if folder.is_file():
        raise UsageError(f"{folder} is a file; a target is {_TARGETS}")
    if folder.resolve().is_relative_to(settings.releases_dir.resolve()):
        raise UsageError(f"{folder} is where the releases are built; publish to another folder")
    return folder
