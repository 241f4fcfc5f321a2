"""No test is a race: Hypothesis judges what comes out, never how long it took on a busy machine."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
