"""What ships is read as the slow parser reads it."""

from importlib.resources import files

import pytest
import yaml

from transforms.shipped import load_shipped

FILES = sorted(path.name for path in files("transforms").joinpath("layouts").iterdir() if path.name.endswith(".yml"))


@pytest.mark.parametrize("name", [*(f"layouts/{name}" for name in FILES), "identities_text.yml", "narrative/lexicon.yml"])
def test_a_shipped_file_has_the_values_of_the_safe_parser(name):
    text = files("transforms").joinpath(name).read_text(encoding="utf-8")
    assert load_shipped(text) == yaml.safe_load(text)


def test_a_tag_that_is_not_safe_is_refused():
    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        load_shipped("!!python/object/apply:os.getcwd []")
