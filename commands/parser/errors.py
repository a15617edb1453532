"""Messages for exceptions that a user can mend."""

import os
import re
import signal
import time

from greenlight_films.commands.parser.help import OWN_OPTIONS
from greenlight_films.datamodules.errors import InputError, in_options, nearest
from greenlight_films.datamodules.whole_files import with_remedy
from greenlight_films.lightning_modules.callbacks.signals import is_first_of_its_node

# What configs put before the settings that these commands take without it.
PREFIXES = {"importance": "permutation_importance.", "baselines": "compare.", "audit": "audit."}

OF_A_RUN = ("predict", "refresh", "test", "validate")
"""Commands that take a run, whose config stays as it is: what to declare beside it is an option."""

PATIENCE = 10  # seconds that a process waits for the first one to report a mistake, before it does


def message_of(problem: Exception, command: str) -> str | None:
    """Return the message about what the user can mend; None for what is a fault of ours."""
    if isinstance(problem, InputError):
        if command == "look":
            return in_options(str(problem))
        if command in OF_A_RUN:
            return in_options(str(problem), "data.")
        return _in_words_of(command, str(problem)) if command in PREFIXES else str(problem)
    if isinstance(problem, OSError):  # a full disk, a folder that may not be written
        # What comes of closing other files after a first problem says less than that.
        return str(problem.__context__) if isinstance(problem.__context__, InputError) else with_remedy(problem)
    # torch has a type of its own for a GPU's memory alone.
    if isinstance(problem, MemoryError) or re.search("allocate memory|out of memory", str(problem)):
        detail = re.sub(r"^\[.*?\] (err == 0\. )?", "", (str(problem).splitlines() or ["no more is left"])[0])
        remedy = "more min_films of a feature, a smaller --data.batch_size and --compare.models '[]' need less"
        return f"out of memory: {detail}; {remedy}"
    return None


def _in_words_of(command: str, message: str) -> str:
    """Name options that a command takes without a prefix as they are typed."""
    own = OWN_OPTIONS[command]
    if (match := re.match(r"no option '(--\w+)'", message)) and (suggestion := nearest(match[1], own)):
        return f"no option '{match[1]}'{suggestion}"
    names = "|".join(name.removeprefix("--") for name in own)
    return re.sub(rf"\b{re.escape(PREFIXES[command])}(?=({names})\b)", "--", message)


def first_process_has_reported() -> bool:
    """Wait until the node's first process has reported what it met too; False where it goes on, for then it hasn't."""
    if is_first_of_its_node():
        return False
    parent, until = os.getppid(), time.monotonic() + PATIENCE
    # torchrun ends the others when one fails: were this one quicker, nothing would be printed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while os.getppid() == parent and time.monotonic() < until:
        time.sleep(0.05)
    return os.getppid() != parent
