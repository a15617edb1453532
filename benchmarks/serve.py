"""How `serve` holds up: 100 clients that each ask once in two seconds, and one client that asks for contributions.

    python -m greenlight_films.benchmarks.serve --run runs/ratings/version_0 [--clients 100] [--seconds 30]

Each question is of one of 100 films of the run, with a name added and a number set that are drawn anew. Prints one line
of JSON: questions, errors, and median, 95th and 99th percentile in milliseconds of `what_if` (paced clients),
`explained` (one client, contributions wanted) and `closed_loop` (the clients ask again at once), and the server's
memory in MB before and after.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np

PACE = 2.0
"""Seconds between the questions of a client."""

KINDS = ("number", "labels")
"""Of columns: the first of each is changed."""


def get(port: int, path: str) -> Any:
    """Return what the server answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


@dataclass(frozen=True)
class Questions:
    """Films of a run, and what is changed in them: a name is added, and a number set, another each time."""

    films: list[dict[str, Any]]
    labels: str
    names: list[str]
    number: str
    explain: bool

    @classmethod
    def of(cls, port: int, explain: bool) -> "Questions":
        """Ask the server for its films and names."""
        columns = get(port, "/run")["columns"]
        number, labels = (next(each["column"] for each in columns if each["kind"] == kind) for kind in KINDS)
        names = [match["label"] for match in get(port, f"/labels?role={labels}&n=100")["labels"]]
        films = [get(port, f"/films/{film['row']}")["cells"] for film in get(port, "/films?n=100")["films"]]
        return cls(films, labels, names, number, explain)

    def draw(self, random: Random) -> bytes:
        """Return a question."""
        edits = [
            {"do": "add", "column": self.labels, "label": random.choice(self.names)},
            {"do": "set", "column": self.number, "value": random.randint(1930, 2030)},
        ]
        return json.dumps({"film": random.choice(self.films), "edits": edits, "explain": self.explain}).encode()


async def ask(port: int, body: bytes) -> tuple[float, bool]:
    """Return how many seconds a what-if took, and whether it was answered."""
    start = perf_counter()
    lines = ("POST /what-if HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json", "Connection: close")
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
    except OSError:
        return perf_counter() - start, False
    return perf_counter() - start, answer.startswith(b"HTTP/1.1 200")


async def client(port: int, random: Random, questions: Questions, until: float, pace: float) -> list[Any]:
    """Ask again and again until a time; return what `ask` returned."""
    answers = []
    await asyncio.sleep(random.random() * pace)
    while (began := perf_counter()) < until:
        answers.append(await ask(port, questions.draw(random)))
        await asyncio.sleep(max(0.0, pace - (perf_counter() - began)))
    return answers


async def clients(port: int, questions: Questions, n: int, seconds: float, pace: float) -> dict[str, Any]:
    """Return how n clients fared."""
    until = perf_counter() + seconds
    answers = await asyncio.gather(*(client(port, Random(seed), questions, until, pace) for seed in range(n)))
    every = [answer for own in answers for answer in own]
    times = np.array([taken for taken, _ in every]) * 1e3
    percentiles = {f"p{level}_ms": round(float(np.percentile(times, level)), 1) for level in (50, 95, 99)}
    return {"questions": len(every), "errors": sum(not is_well for _, is_well in every), **percentiles}


def memory(process: subprocess.Popen[str]) -> int:
    """Return the resident memory of a process in MB."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096 // 1_000_000


def main() -> None:
    """Start a server, ask it, and print how it fared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    line = [sys.executable, "-m", "greenlight_films", "serve", "--run", given.run]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            link = next(text.split()[1] for text in process.stdout if text.startswith("Open"))
            port = int(link.rstrip("/").rsplit(":", 1)[1])
            plain, explained = (Questions.of(port, explain) for explain in (False, True))
            asyncio.run(clients(port, plain, 1, 2, 0))  # the first answers take longer
            asyncio.run(clients(port, explained, 1, 2, 0))
            before = memory(process)
            result = {
                "run": given.run,
                "clients": given.clients,
                "what_if": asyncio.run(clients(port, plain, given.clients, given.seconds, PACE)),
                "explained": asyncio.run(clients(port, explained, 1, given.seconds / 3, PACE / 4)),
                "closed_loop": asyncio.run(clients(port, plain, given.clients, given.seconds / 3, 0)),
            }
            print(json.dumps({**result, "memory_before_mb": before, "memory_after_mb": memory(process)}), flush=True)
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
