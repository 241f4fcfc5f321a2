"""The demonstration portal as the command line starts it."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flows.errors import YusuanError

SOURCE_ID = "demo"
QUESTION = "What did 江汉区大数据中心 plan to spend in 2020, by function? (yuan)"
QUERY = """
SELECT function_code, function_name, amount_cny
FROM out_spending_by_function
WHERE department_name LIKE '%江汉区大数据中心%' AND fiscal_year = 2020
ORDER BY function_code
""".strip()


class PortTakenError(YusuanError):
    """The port of the demonstration portal is in use."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demonstration portal: its address, and how many disclosures it publishes."""

    url: str
    documents: int


@contextlib.contextmanager
def open_demo(port: int) -> Iterator[Demo]:
    """Serve the sample disclosures on loopback; where the port is taken, on any free one."""
    from samples.library import sample_disclosures  # noqa: PLC0415  # brings reportlab and the fonts along
    from samples.portal import serve_portal  # noqa: PLC0415  # brings starlette and uvicorn along

    samples = sample_disclosures()
    with contextlib.ExitStack() as stack:
        try:
            portal = stack.enter_context(serve_portal(port, documents=samples))
        except OSError:
            # The documents are known by their bytes, so another port costs only that nothing can be asked for conditionally.
            portal = stack.enter_context(serve_portal(0, documents=samples))
        yield Demo(portal.url, len(samples))


def serve_until_stopped(port: int, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. Raises PortTakenError: whoever names a port wants that one."""
    from samples.portal import serve_portal  # noqa: PLC0415  # brings starlette and uvicorn along

    with contextlib.ExitStack() as stack:
        try:
            portal = stack.enter_context(serve_portal(port))
        except OSError as error:
            raise PortTakenError(f"port {port} cannot be used ({error.strerror}); name another with --port, or 0") from error
        say(f"The demonstration portal is at {portal.url} (Ctrl-C ends it)")
        threading.Event().wait()
