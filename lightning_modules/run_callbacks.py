"""Lightning's checkpoints and early stopping, for a run that may be resumed, and moved before."""

from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint


class RunCheckpoint(ModelCheckpoint):
    """Checkpoints of a run whose folder may be moved: a resumed run knows its best epoch by the file's name."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state with the paths where the files are now; nothing, if the best one isn't here."""

        def here(path: str) -> str:
            return str(Path(str(self.dirpath)) / Path(path).name) if path else path

        if not state_dict["best_model_path"] or not Path(here(state_dict["best_model_path"])).is_file():
            return
        moved = {name: here(state_dict[name]) for name in ("best_model_path", "kth_best_model_path", "last_model_path")}
        best = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved, "best_k_models": best, "dirpath": self.dirpath})


class Patience(EarlyStopping):
    """Early stopping whose patience is the one given, also in a resumed run."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over all but the patience."""
        super().load_state_dict({**state_dict, "patience": self.patience})
