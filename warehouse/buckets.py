"""Tables that are too large to be held, split by a number that each row has, so that one part after the other can be.

Promise: rows of one number stand in one bucket, in the order in which they came; a bucket is in memory only while it is looked
at, and what is split lies in a folder of its own below `scratch` until the end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

MAX_BUCKETS = 200  # as many files are open while a table is split
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Read = Callable[[int], pa.Table]


@contextmanager
def split_rows(
    chunks: Iterable[pa.Table], schema: pa.Schema, count: int, number: Callable[[pa.Table], Numbers], scratch: Path | None = None
) -> Iterator[Read]:
    """Buckets 0 to `count` - 1 of the rows by what `number` gives for them; what is yielded reads one."""
    if count == 1:
        whole = pa.concat_tables([schema.empty_table(), *chunks])
        yield lambda _: whole
        return
    with TemporaryDirectory(dir=scratch, prefix=".split.") as folder:
        paths = [Path(folder, f"{bucket}.arrow") for bucket in range(count)]
        _write(chunks, schema, number, paths)
        yield lambda bucket: _read(paths[bucket])


def _write(chunks: Iterable[pa.Table], schema: pa.Schema, number: Callable[[pa.Table], Numbers], paths: Sequence[Path]) -> None:
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with ExitStack() as opened:
        writers = [opened.enter_context(pa.ipc.new_stream(path, schema, options=options)) for path in paths]
        for chunk in chunks:
            buckets = number(chunk)
            for bucket in np.unique(buckets):
                writers[bucket].write_table(chunk.filter(pa.array(buckets == bucket)))


def _read(path: Path) -> pa.Table:
    with pa.ipc.open_stream(path) as reader:
        return reader.read_all()
