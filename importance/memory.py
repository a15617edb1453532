"""How the C library treats memory that was freed."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""glibc's names for what can be set, from malloc.h."""


def keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next block, in the whole process; elsewhere do nothing.

    It hands blocks of more than 32 MB back to the system as they are freed, and smaller ones before long. Getting them
    again page by page then costs as much as the work on them: a large gradient is made anew at every step.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    if not mallopt(_MMAP_THRESHOLD, 2**30):
        mallopt(_MMAP_THRESHOLD, 2**25)  # the most that an older one takes
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)
