"""Settings: everything that a person may turn, read from the environment (`YUSUAN_…`) in this one place.

Promise: no other module reads the environment, and every value is checked before work starts. Relative paths are relative
to the current folder. The folders of a run stand inside the warehouse's folder, so that `--warehouse DIR` moves everything.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.errors import UsageError
from warehouse.catalogue.publisher import Publisher, check_address

DEFAULT_WAREHOUSE = Path("data/warehouse")
DEFAULT_SOURCES = Path("data/sources")


class SettingsError(UsageError):
    """A `YUSUAN_…` variable holds a value that cannot be used; the message names the variable and what was expected."""


class Settings(BaseSettings):
    """All settings; each field's description is shown by `yusuan doctor`."""

    model_config = SettingsConfigDict(env_prefix="YUSUAN_", frozen=True, extra="ignore", populate_by_name=True)

    warehouse: Path = Field(DEFAULT_WAREHOUSE, description="folder of the warehouse")
    sources: Path = Field(DEFAULT_SOURCES, description="folder of your own sources' YAML files")
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="reading processes at a time")
    deadline_base_seconds: float = Field(120.0, gt=0, description="time allowed for any document")
    deadline_seconds_per_page: float = Field(10.0, ge=0, description="time allowed for each page on top")
    worker_memory_mb: int = Field(6144, ge=512, description="address space of one reading process, MiB")
    worker_documents: int = Field(40, ge=1, description="documents after which a reading process is replaced")
    commit_batch: int = Field(100, ge=1, description="documents committed at one stroke")
    max_file_mb: int = Field(200, ge=1, description="largest file that is fetched, MiB")
    fetch_timeout_seconds: float = Field(60.0, gt=0, description="longest silence of a portal")
    fetch_total_seconds: float = Field(300.0, gt=0, description="longest time for one file")
    releases_kept: int = Field(5, ge=1, description="release folders kept")
    publisher_name: str = Field("Yusuan 预算", min_length=1, description="who publishes the releases, for their metadata")
    publisher_email: str | None = Field(None, pattern=r"[^@\s]+@[^@\s]+", description="mail address of who answers for a release")
    public_url: Annotated[str, AfterValidator(check_address)] | None = Field(
        None, description="web address under which release folders are published"
    )
    demo_port: int = Field(18650, ge=0, le=65535, description="port of the demonstration portal, 0: any free one")
    server_start_seconds: float = Field(180.0, gt=0, description="longest wait for an own Prefect server")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="level of Prefect's own log lines")
    # Prefect's own variable: where it is set, that server is used and none is started.
    prefect_api_url: str | None = Field(
        None, validation_alias=AliasChoices("PREFECT_API_URL", "prefect_api_url"), description="Prefect server to use"
    )

    @property
    def archive_dir(self) -> Path:
        """Bytes as published."""
        return self.warehouse / "archive"

    @property
    def runs_dir(self) -> Path:
        """One folder a run: run.json, summary.md, the validation report."""
        return self.warehouse / "runs"

    @property
    def releases_dir(self) -> Path:
        """Release folders, and the pointer to the newest."""
        return self.warehouse / "releases"

    @property
    def publisher(self) -> Publisher:
        """Whom the metadata of a release name."""
        return Publisher(self.publisher_name, self.publisher_email, self.public_url)

    @property
    def prefect_dir(self) -> Path:
        """Home of an own Prefect server: its database and logs."""
        return self.warehouse / "prefect"


def load_settings(warehouse: Path | None = None, **overrides: object) -> Settings:
    """Settings from the environment, with what the command line gave on top.

    Raises SettingsError with the variable's name where a value does not fit.
    """
    given = {name: value for name, value in {"warehouse": warehouse, **overrides}.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by pydantic just here
    except ValidationError as error:
        raise SettingsError("; ".join(_name_setting(entry["loc"], entry["msg"]) for entry in error.errors())) from error


def _name_setting(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]) if location else "setting"
    variable = name if name.isupper() else f"YUSUAN_{name.upper()}"
    return f"{variable}: {message[0].lower()}{message[1:]}"
