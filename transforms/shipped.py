"""The YAML files that ship with the reader.

Promise: the same values as `yaml.safe_load`. Every process that reads a document loads a dozen of them, and libyaml's parser,
where PyYAML has it, takes a ninth of the time.
"""

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_shipped(text: str) -> Any:
    """The contents of a YAML file, safe tags only. Raises yaml.YAMLError where it is none."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - both loaders know safe tags only
