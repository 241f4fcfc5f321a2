import pyarrow as pa
import s3fs
from deltalake import DeltaTable, write_deltalake
from s3_server import run_s3_server


def test_both_libraries_reach_the_same_server():
    with run_s3_server() as place:
        write_deltalake(f"{place.url}/table", pa.table({"n": [1, 2]}), storage_options=place.storage.for_delta())
        files = s3fs.S3FileSystem(**place.storage.for_fsspec())
        assert files.ls(f"{place.path}/table/_delta_log") == [f"{place.path}/table/_delta_log/00000000000000000000.json"]
        assert DeltaTable(f"{place.url}/table", storage_options=place.storage.for_delta()).version() == 0
