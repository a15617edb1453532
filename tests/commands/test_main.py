"""The command line as a whole: words, exit codes, and how soon it answers."""

import errno
import io
import os
import signal
import sys

import pytest

from greenlight_films.commands import main as module
from greenlight_films.commands.main import main
from greenlight_films.lightning_modules.callbacks.tensorboard import TensorBoard
from greenlight_films.version import version
from tests.conftest import refused
from tests.messy import messy_films, write
from tests.processes import in_a_process, start
from tests.runs import versions_in


def test_words_that_cannot_be_are_refused(command):
    names = "study, fit, encode, tune, validate, test, predict, refresh, importance, baselines"
    refused(command("stduy", "--config", "x.yaml"), "no command 'stduy', did you mean 'study'?", names)
    refused(command("study", "--name", "a\udcff"), r"a word must be UTF-8 text, got 'a\udcff'; rename what it stands")
    answer = command("a" * 5_000)
    refused(answer, "a" * 100)
    assert len(answer.err) < 1_000


def test_the_version_is_that_of_the_package(command):
    assert command("--version")[:2] == (0, f"greenlight {version()}\n")


def test_what_the_user_can_mend_is_one_message_and_code_2_and_a_fault_of_ours_a_traceback(command, monkeypatch):
    problems = [RuntimeError("index out of bounds"), OSError(errno.ENOSPC, "No space left on device", "runs/x")]

    def fail(words, console):
        raise problems.pop()

    monkeypatch.setattr(module, "_run", fail)
    refused(command("fit"), "runs/x")
    with pytest.raises(RuntimeError, match="index out of bounds"):
        main(["fit"])


def unread(*words, cwd):
    """Run a command whose output nobody reads; return its exit code and what it says of that."""
    with start(*words, cwd=cwd) as process:
        process.stdout.close()
        said = process.stderr.read()
    return process.returncode, said


def test_output_that_is_read_no_further_ends_a_command_as_it_does_others(tmp_path):
    write(messy_films(), tmp_path / "films.csv")
    assert unread("--help", cwd=tmp_path) == (141, "")
    assert unread("look", "films.csv", "--target", "rating", cwd=tmp_path) == (141, "")
    assert "column: rating" in (tmp_path / "films.yaml").read_text()


@pytest.mark.parametrize(
    ("problem", "code"),
    [(BrokenPipeError(errno.EPIPE, "Broken pipe"), 141), (SystemExit(1), 141), (SystemExit(3), 3)],
)
def test_a_closed_pipe_is_told_from_other_ends(monkeypatch, problem, code):
    def fail(words, console):
        if problem.args == (1,):  # as a console does
            try:
                raise BrokenPipeError
            except BrokenPipeError:
                raise problem  # noqa: B904
        raise problem

    monkeypatch.setattr(module, "_run", fail)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    if code == 3:
        with pytest.raises(SystemExit):
            main(["fit"])
    else:
        assert main(["fit"]) == code


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
def test_output_without_room_is_named(tmp_path):
    end = in_a_process("--help", cwd=tmp_path, within=("sh", "-c", '"$@" > /dev/full', "sh"))
    assert end.returncode == 2
    assert end.stderr == "error: No space left on device: the output; make room there\n"


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize(("epoch", "kept"), [(0, []), (2, ["small/version_0"])])
def test_a_stopped_run_stays_if_it_has_an_epoch(
    command, study_config, tmp_path, monkeypatch, number, code, epoch, kept
):
    begin = TensorBoard.on_train_epoch_start

    def stop(self, trainer, model):
        begin(self, trainer, model)
        if trainer.current_epoch == epoch:
            os.kill(os.getpid(), number)
            if epoch == 0:
                raise KeyboardInterrupt  # before the first step

    monkeypatch.setattr(TensorBoard, "on_train_epoch_start", stop)
    answer = command("study", "--config", study_config, "--runs", tmp_path / "runs")
    assert answer.code == code
    assert answer.err.startswith("stopped")
    assert "Traceback" not in answer.err
    assert versions_in(tmp_path / "runs") == kept
    assert (f"study --resume {tmp_path / 'runs/small/version_0'}" in answer.err) == bool(kept)


HEAVY = {"torch", "lightning", "pandas", "numpy", "pyarrow", "sklearn", "jsonargparse", "optuna"}


@pytest.mark.parametrize(
    ("words", "code"), [(["--help"], 0), (["tune", "--help"], 0), (["predict", "--run", "r", "-h"], 0), (["x"], 2)]
)
def test_help_and_misspelt_commands_do_not_wait_for_torch(tmp_path, words, code):
    done = in_a_process(*words, cwd=tmp_path, options=("-X", "importtime"))
    imported = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert done.returncode == code
    assert {"rich.console", "greenlight_films.commands.parser.help"} <= imported
    assert not {name.split(".")[0] for name in imported} & HEAVY


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
    ids=["neither", "count", "policy"],
)
def test_waiting_threads_give_up_the_core_soon_unless_the_environment_says_otherwise(monkeypatch, given, expected):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, given.get(name, ""))  # which is put back, unset as it was
        if name not in given:
            monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "greenlight_films.commands.report", raising=False)
    assert main(["report", "--run", "none"]) == 2
    assert os.environ.get("GOMP_SPINCOUNT") == expected
