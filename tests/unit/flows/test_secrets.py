"""Secrets in no text: those of the settings, and those that people write into addresses."""

import pytest
from pydantic import SecretStr

from flows.doctor import list_settings
from flows.secrets import hide_secrets
from flows.settings import Settings
from transforms.plain_text import hide_in_addresses


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:word@host:4200/api does not answer", "http://…@host:4200/api does not answer"),
        ("http://word@host/", "http://…@host/"),
        ("https://hook.example/send?key=word&x=1", "https://hook.example/send?key=…&x=1"),
        ("ckan+https://p.example?organisation=a&api_key=word", "ckan+https://p.example?organisation=a&api_key=…"),
        ("https://b.example/a?X-Amz-Signature=word&X-Amz-Security-Token=word", "https://b.example/a?X-Amz-Signature=…&X-Amz-Security-Token=…"),
        ("mail a@b.example about monkey=1", "mail a@b.example about monkey=1"),
        ("https://b.example/list?page=2", "https://b.example/list?page=2"),
    ],
)  # fmt: skip
def test_hidden_in_addresses(text, shown):
    assert hide_in_addresses(text) == shown


def test_what_the_settings_keep_as_a_secret_is_blotted_out_wherever_it_stands():
    settings = Settings(
        ckan_token=SecretStr("planted"), s3_access_key_id=SecretStr("id"), s3_secret_access_key=SecretStr("id-longer")
    )
    assert hide_secrets("planted, id-longer", settings) == "…, …"


def test_no_setting_is_shown_with_its_password():
    addresses = dict.fromkeys(("s3_endpoint", "prefect_api_url", "cluster_address", "publish_to"), "http://user:planted@host")
    settings = Settings(**addresses, notify_url=SecretStr("http://planted"))
    assert not [check.what for check in list_settings(settings) if "planted" in check.seen]
