"""Scans a folder of artifacts by Ray Data into Parquet: `python ray_scan.py FOLDER OUT [PARTS]`."""

import os
import sys

import artifacts
import pyarrow as pa
import ray
from ray.data import SaveMode


def scan_part(batch: pa.Table) -> pa.Table:
    return artifacts.table(path for paths in batch.column("paths").to_pylist() for path in paths)


def main(folder: str, out: str, count: int = 8) -> None:
    parts = artifacts.parts(artifacts.artifacts(os.path.abspath(folder)), count)
    # Workers get artifacts.py from here; they need the packages gospect and pyarrow.
    ray.init(runtime_env={"working_dir": os.path.dirname(os.path.abspath(__file__))})
    # A block is one part, and a task. Ray runs the task of a worker that died again, and it writes the same file again.
    items = ray.data.from_arrow([pa.table({"paths": pa.array([part], pa.list_(pa.string()))}) for part in parts])
    rows = items.map_batches(scan_part, batch_size=None, batch_format="pyarrow")
    rows.write_parquet(os.path.abspath(out), mode=SaveMode.OVERWRITE)
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
