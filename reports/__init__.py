"""What a run leaves behind: its folder, its files, its tables.

The names are in `__init__.pyi`; each is imported when it is first used, so that `--help` does not wait for torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
