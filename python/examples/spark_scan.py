"""Scans a folder of artifacts by PySpark into Parquet: `python spark_scan.py FOLDER OUT [PARTS]`.

Without a cluster it runs on this machine, and tries a task up to four times, as a cluster does.
"""

import os
import sys

import artifacts
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema


def scan_part(batches):
    for batch in batches:
        for paths in batch.column("paths").to_pylist():
            yield from artifacts.table(paths).to_batches()


def main(folder: str, out: str, count: int = 8) -> None:
    master = os.environ.get("MASTER", "local[*,4]")
    spark = SparkSession.builder.appName("gospect").master(master).getOrCreate()
    # Executors need the packages gospect and pyarrow.
    spark.sparkContext.addPyFile(artifacts.__file__)
    parts = artifacts.parts(artifacts.artifacts(os.path.abspath(folder)), count)
    # One part is one partition, and a task. Of a task that was run again, the committer keeps the files of one run.
    items = spark.sparkContext.parallelize([(part,) for part in parts], len(parts)).toDF("paths array<string>")
    rows = items.mapInArrow(scan_part, from_arrow_schema(artifacts.SCHEMA))
    rows.write.mode("overwrite").parquet("file://" + os.path.abspath(out), compression="zstd")
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
