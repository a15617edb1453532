"""Commands in processes of their own: new ones, and ones forked off a server that has imported everything.

A new process takes seconds to import what a forked one has. Both are killed, stopped and waited for alike.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver, get_context
from pathlib import Path

import pytest
from lightning_utilities.core.rank_zero import rank_zero_only

CLI = Path(__file__).parents[1] / "cli.py"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PYTHONWARNINGS": ""}
WORDS = ("main", "study", "fit", "test", "predict", "importance", "tune", "audit", "baselines", "report")
PRELOADED = [
    *(f"greenlight_films.commands.{word}" for word in WORDS),
    *("tensorboard.compat.proto.event_pb2", "torch.utils.tensorboard", "hypothesis", "tests.processes"),
]


def start(*words: object, cwd: Path) -> subprocess.Popen[str]:
    """Start a command in a new process and session."""
    line = [sys.executable, str(CLI), *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(line, cwd=cwd, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def in_a_process(
    *words: object, cwd: Path, options: tuple[str, ...] = (), within: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command in a new process.

    Args:
        options: of Python.
        within: a command that runs it.
    """
    line = [*within, sys.executable, *options, str(CLI), *map(str, words)]
    return subprocess.run(line, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)


@cache
def start_fork_server() -> None:
    """Start the server that forked processes come from; it ends with the tests."""
    forkserver.set_forkserver_preload(PRELOADED)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "PYTHONPATH": str(CLI.parent)}.items():
            patch.setenv(name, value)
        forkserver.ensure_running()


class Forked:
    """What `subprocess.Popen` is, as far as tests need it, for a command in a forked process and session.

    Args:
        before: is called in the process before the command, as `preexec_fn` is.
    """

    count = 0

    def __init__(self, *words: object, cwd: Path, before: Callable[[], object] | None = None) -> None:
        start_fork_server()
        Forked.count += 1
        # Beside the folder, so that tests can look at all that is in it.
        self.streams = [cwd.with_name(f"{cwd.name}-{Forked.count}.{stream}") for stream in ("out", "err")]
        arguments = (list(map(str, words)), str(cwd), *map(str, self.streams), before)
        self.process = get_context("forkserver").Process(target=_run, args=arguments)
        self.process.start()
        assert self.process.pid is not None
        self.pid = self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self.process.join(timeout)
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        if self.wait(timeout) is None:
            raise subprocess.TimeoutExpired("cli.py", timeout or 0)
        out, err = (path.read_text(encoding="utf-8") if path.exists() else "" for path in self.streams)
        for path in self.streams:
            path.unlink(missing_ok=True)
        return out, err


Started = subprocess.Popen[str] | Forked


def _run(words: list[str], cwd: str, out: str, err: str, before: Callable[[], object] | None) -> None:
    """Be `python cli.py words`, in a process that was forked."""
    os.setsid()
    for path, descriptor in ((out, 1), (err, 2)):
        stream = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(stream, descriptor)
        os.close(stream)
    os.chdir(cwd)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    assert handlers == {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}, handlers
    if before:
        before()
    from greenlight_films.commands.main import main

    sys.exit(main(words))


def as_of_torchrun(rank: int, size: int, port: int) -> None:
    """Make this process one of several that torchrun has started."""
    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "GROUP_RANK": 0}
    names |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "none"}
    os.environ.update({name: str(value) for name, value in names.items()})
    rank_zero_only.rank = rank  # which is read when Lightning is imported


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def finish(process: Started) -> tuple[int, str, str]:
    """Wait for a command; return its exit code and what it printed."""
    out, err = process.communicate(timeout=240)
    assert process.returncode is not None
    return process.returncode, out, err


def wait_for(process: Started, sign: Callable[[], object], pause: float = 0.005) -> None:
    """Wait until there is a sign, or the process has ended."""
    while not sign() and process.poll() is None:
        time.sleep(pause)


@contextmanager
def ending() -> Iterator[list[Started]]:
    """Give a list of processes that are killed, with their children, if they are left."""
    processes: list[Started] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run_forked(*words: object, cwd: Path, before: Callable[[], object] | None = None) -> tuple[int, str, str]:
    """Run a command in a forked process; return its exit code and what it printed."""
    with ending() as processes:
        processes.append(Forked(*words, cwd=cwd, before=before))
        return finish(processes[0])
