"""A study of generated films from the table's file to the report: seconds, memory, and what it leaves on the disk.

    python -m greenlight_films.benchmarks.large [--films 1000000] [--names 1000000] [--folder FOLDER]
        [--command study] [options of the command]

Films are sorted by year and have 15 names each, whose frequencies follow Zipf's law; the table is written in parts.
Every name is a label with a row of weights, and an epoch has steps of 4,096 films. `--command fit --trainer.max_steps
200 --trainer.val_check_interval 200` trains so many steps from the disk. Prints one line of JSON: seconds of the
command and its CPU time, from start to end; the peaks of its anonymous memory and of the files that it maps, looked up
ten times a second (Linux); and the sizes of table, report and run. Without --folder all of it is removed at the end.
"""

import argparse
import json
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from greenlight_films.benchmarks.generated import stream_films

CONFIG = """\
name: films
preset: seed
data:
  table: films.parquet
  target: {class_path: Target, init_args: {column: rating}}
  features:
    - {class_path: Number, init_args: {column: year}}
    - {class_path: Number, init_args: {column: runtime}}
    - {class_path: Labels, init_args: {column: names, min_films: 1}}
  batch_size: 4096
trainer:
  max_epochs: 1
"""


def peaks(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Wait for the process; return the most memory that it had of its own and mapped from files, in GB."""
    most = {"RssAnon": 0, "RssFile": 0}
    while process.poll() is None:
        with suppress(OSError):  # it has just ended
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in most:
                    most[name] = max(most[name], int(value.split()[0]))
        sleep(0.1)
    return {
        "peak_anonymous_gb": round(most["RssAnon"] / 2**20, 2),
        "peak_mapped_gb": round(most["RssFile"] / 2**20, 2),
    }


def size_of(path: Path) -> float:
    """Return the size of a file, or of all files in a folder, in MB."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


def measure(folder: Path, films: int, names: int, command: str, options: list[str]) -> dict[str, Any]:
    """Write films and a config into the folder, run the command there, and return what it took and left.

    Raises:
        subprocess.CalledProcessError: the command failed; it has said why.
    """
    table, config = folder / "films.parquet", folder / "films.yaml"
    stream_films(table, films, names)
    config.write_text(CONFIG)
    line = [sys.executable, "-m", "greenlight_films", command, "--config", config.name, *options]
    start, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(line, cwd=folder, stdout=subprocess.DEVNULL)
    memory = peaks(process)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, line)
    seconds, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    run = folder / "runs" / "films" / "version_0"
    return {
        "films": films,
        "names": names,
        "command": " ".join([command, *options]),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        **memory,
        "table_mb": size_of(table),
        "report_mb": size_of(run / "report.html") or None,
        "run_mb": size_of(run),
    }


def main() -> None:
    """Measure and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=10**6)
    parser.add_argument("--names", type=int, default=10**6, help="that may occur; rare ones do not")
    parser.add_argument("--command", choices=["study", "fit"], default="study")
    parser.add_argument("--folder", type=Path, help="a new one, which is kept")
    known, options = parser.parse_known_args()
    if known.folder is None:
        with TemporaryDirectory() as folder:
            figures = measure(Path(folder), known.films, known.names, known.command, options)
    else:
        if known.folder.exists():
            parser.error(f"--folder must be a folder that isn't there yet, got {known.folder}")
        known.folder.mkdir(parents=True)
        figures = measure(known.folder, known.films, known.names, known.command, options)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
