import io

from rich.console import Console

from flows.progress import LineReporter, SilentReporter, get_reporter, report_to


def test_log_gets_plain_numbered_lines():
    output = io.StringIO()
    with report_to(Console(file=output, width=40)) as reporter:
        reporter.begin("read", 2)
        reporter.advance("[a].pdf")
        reporter.advance("b.pdf")
    assert output.getvalue() == "read: 2\n  [1/2] [a].pdf\n  [2/2] b.pdf\n"


def test_terminal_gets_a_bar():
    output = io.StringIO()
    with report_to(Console(file=output, force_terminal=True, width=100)) as reporter:
        reporter.begin("read", 2)
        reporter.advance("a.pdf")
        reporter.advance("b.pdf")
    assert "2/2" in output.getvalue()


def test_reporter_is_gone_after_the_command():
    with report_to(Console(file=io.StringIO())):
        assert isinstance(get_reporter(), LineReporter)
    assert isinstance(get_reporter(), SilentReporter)
