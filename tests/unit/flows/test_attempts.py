from flows.attempts import Attempt, load_attempts, record_attempts

OLD = Attempt("a" * 16, "1", "r1", "scanned")
NEW = Attempt("a" * 16, "2", "r2", "no-tables")
OTHER = Attempt("b" * 16, "1", "r1", "expectation-failed-critical")


def test_no_file_means_no_attempts(tmp_path):
    assert load_attempts(tmp_path) == {}


def test_newest_attempt_of_a_document_counts(tmp_path):
    record_attempts(tmp_path, [OLD, OTHER])
    record_attempts(tmp_path, [NEW])
    assert load_attempts(tmp_path) == {"a" * 16: NEW, "b" * 16: OTHER}


def test_torn_line_is_left_out_and_does_not_spoil_the_next(tmp_path):
    record_attempts(tmp_path, [OLD])
    path = tmp_path / "attempts.jsonl"
    path.write_bytes(path.read_bytes() + b'{"document_id": "bbbb')
    record_attempts(tmp_path, [OTHER])
    assert load_attempts(tmp_path) == {"a" * 16: OLD, "b" * 16: OTHER}
