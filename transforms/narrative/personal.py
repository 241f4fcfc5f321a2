"""Personal details in running text: telephone numbers and the words that go with officers.

Promise: no text that leaves `raw_` has a telephone number that this module knows, nor the name that stands before it. A name
without a mark, a title or a number beside it is not recognised as one.
"""

import re

from transforms.narrative.lexicon import compile_pattern, load_lexicon

# A bare number of seven or eight digits is a local telephone number, unless it is a code (2010301) or a date (20251231).
LOCAL_NUMBER = re.compile(r"(?<![\d.A-Za-z])(?<!\d,)(?!2[0-3]\d{5}(?!\d)|20\d{6})[2-8]\d{6,7}(?!\d|\.\d|,\d{3}(?!\d)|万|亿|元|%)")


def is_personal(text: str) -> bool:
    """Whether a text has a telephone number, a contact, or an officer's name behind the title."""
    return compile_pattern(load_lexicon().personal).search(text) is not None or LOCAL_NUMBER.search(text) is not None


def cut_behind_telephone(text: str) -> str:
    """What stands behind the last telephone number of a text, and behind the bracket that closes around it."""
    found = list(LOCAL_NUMBER.finditer(text))
    return re.sub(r"^[)、,;。:]+", "", text[found[-1].end() :]) if found else text
