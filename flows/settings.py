"""Settings: everything that a person may turn, read from the environment (`YUSUAN_…`) in this one place.

Promise: no other module reads the environment, and every value is checked before work starts. Relative paths are relative
to the current folder. The folders of a run stand inside the warehouse's folder: `--warehouse DIR` moves everything but what
`YUSUAN_ARCHIVE` and `YUSUAN_TABLES` put elsewhere. Keys are kept as secrets: no text that is made of the settings shows them.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.errors import UsageError
from transforms.plain_text import hide_in_addresses
from warehouse.catalogue.publisher import Publisher, check_address
from warehouse.object_storage import Addressing, ObjectPlace, ObjectStorage, is_object_url

DEFAULT_WAREHOUSE = Path("data/warehouse")
DEFAULT_SOURCES = Path("data/sources")

NoticeFormat = Literal["json", "wecom", "dingtalk", "feishu", "slack"]


class SettingsError(UsageError):
    """A `YUSUAN_…` variable holds a value that cannot be used; the message names the variable and what was expected."""


class Settings(BaseSettings):
    """All settings; each field's description is shown by `yusuan doctor`."""

    model_config = SettingsConfigDict(env_prefix="YUSUAN_", frozen=True, extra="ignore", populate_by_name=True)

    warehouse: Path = Field(DEFAULT_WAREHOUSE, description="folder of the warehouse")
    sources: Path = Field(DEFAULT_SOURCES, description="folder of your own sources' YAML files")
    archive: str | None = Field(
        None, description="the archive of published bytes, a folder or s3://bucket/prefix; without: WAREHOUSE/archive"
    )
    tables: str | None = Field(
        None,
        description="the Delta tables, a folder or s3://bucket/prefix that several machines may write into; without: WAREHOUSE",
    )
    # What every S3 program reads is read here too; ours comes first.
    s3_endpoint: str = Field(
        "",
        validation_alias=AliasChoices("YUSUAN_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "s3_endpoint"),
        description="address of the S3-compatible server; without: Amazon's",
    )
    s3_region: str = Field(
        "",
        validation_alias=AliasChoices("YUSUAN_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION", "s3_region"),
        description="its region",
    )
    s3_addressing: Addressing = Field(
        "path", description="where the bucket stands in an address: path, or virtual (host name; Alibaba Cloud)"
    )
    s3_access_key_id: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("AWS_ACCESS_KEY_ID", "s3_access_key_id"),
        description="key of the S3 server; without: what the machine's role or profile gives",
    )
    s3_secret_access_key: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("AWS_SECRET_ACCESS_KEY", "s3_secret_access_key"), description="its secret"
    )
    s3_session_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("AWS_SESSION_TOKEN", "s3_session_token"),
        description="token of a key that expires",
    )
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="reading processes at a time")
    task_runner: Literal["threads", "dask", "ray"] = Field(
        "threads", description="where a night's documents are read: processes of this machine, or a Dask or Ray cluster"
    )
    cluster_address: str | None = Field(
        None, description="address of that cluster; without: one on this machine, of as many workers as reading processes"
    )
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
    portal_url: Annotated[str, AfterValidator(check_address)] | None = Field(
        None, description="web address of the portal, for its sitemap and its feed"
    )
    notify_url: SecretStr = Field(
        SecretStr(""), description="web hook that is told when a night fails or a source is silent; a secret"
    )
    notify_format: NoticeFormat = Field("json", description="what the web hook understands")
    silent_days: int = Field(21, ge=1, description="days in season without a new document after which a source is called silent")
    publish_to: str | None = Field(None, description="where every night publishes a good release: targets, blanks between them")
    ckan_token: SecretStr | None = Field(None, description="token of a CKAN portal's user")
    demo_port: int = Field(18650, ge=0, le=65535, description="port of the demonstration portal, 0: any free one")
    server_start_seconds: float = Field(180.0, gt=0, description="longest wait for an own Prefect server")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="level of Prefect's own log lines")
    # Prefect's own variable: where it is set, that server is used and none is started.
    prefect_api_url: str | None = Field(
        None, validation_alias=AliasChoices("PREFECT_API_URL", "prefect_api_url"), description="Prefect server to use"
    )

    @field_validator("archive", "tables")
    @classmethod
    def _check_place(cls, place: str | None) -> str | None:
        if place and "://" in place:
            ObjectPlace.parse(place, ObjectStorage())
        return place or None

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if bool(self.s3_access_key_id.get_secret_value()) != bool(self.s3_secret_access_key.get_secret_value()):
            raise ValueError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: one of them is not set")
        return self

    @property
    def object_storage(self) -> ObjectStorage:
        """How S3-compatible storage is reached: the one place that hands out its keys."""
        return ObjectStorage(
            endpoint=self.s3_endpoint,
            region=self.s3_region,
            access_key_id=self.s3_access_key_id.get_secret_value(),
            secret_access_key=self.s3_secret_access_key.get_secret_value(),
            session_token=self.s3_session_token.get_secret_value(),
            addressing=self.s3_addressing,
        )

    @property
    def archive_place(self) -> Path | ObjectPlace:
        """Bytes as published: a folder, or a prefix on object storage."""
        return self._find_place(self.archive, self.warehouse / "archive")

    @property
    def tables_place(self) -> Path | ObjectPlace:
        """The Delta tables: a folder, or a prefix on object storage."""
        return self._find_place(self.tables, self.warehouse)

    def _find_place(self, named: str | None, default: Path) -> Path | ObjectPlace:
        if named is None:
            return default
        return ObjectPlace.parse(named, self.object_storage) if is_object_url(named) else Path(named)

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
        told = "; ".join(_name_setting(entry["loc"], entry["msg"]) for entry in error.errors())
        # Without its cause, which quotes the values: one of them may be a secret.
        raise SettingsError(hide_in_addresses(told)) from None


def name_variable(name: str) -> str:
    """The environment variable of a setting; of several the first."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"YUSUAN_{name.upper()}"


def _name_setting(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0])
    variable = name_variable(name) if name in Settings.model_fields else name
    return f"{variable}: {text[0].lower()}{text[1:]}"
