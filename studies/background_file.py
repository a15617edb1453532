"""Encoded films in files beside a network: those that contributions are measured from, and those that are explained."""

import json
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from scipy.sparse import csr_array

from greenlight_films.datamodules import EncodedFilms
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.written_files import unreadable

BACKGROUND = "background.npz"  # training films
EXPLAINED = "explained.npz"  # held-out films with contributions, in the order of their rows


def packed_films(films: EncodedFilms, fingerprint: str = "") -> bytes:
    """Return the content of the file; `fingerprint` is that of the data that the encoder was fitted to."""
    packed, labels = BytesIO(), films.labels
    sparse = {"data": labels.data, "indices": labels.indices, "indptr": labels.indptr, "shape": labels.shape}
    arrays = {
        "dense": films.dense,
        "unscaled": films.unscaled,
        "fingerprint": np.frombuffer(fingerprint.encode(), np.uint8),
        "unseen": np.array(list(films.unseen.values()), np.int32).reshape(len(films.unseen), films.n_rows),
        "unseen_columns": np.frombuffer(json.dumps(list(films.unseen)).encode(), np.uint8),
        **sparse,
        **({} if films.inputs is None else {"inputs": films.inputs}),
    }
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def kept_films(run: RunFolder, name: str, fingerprint: str = "") -> EncodedFilms | None:
    """Return the films of a run's file; None where it isn't there, or they were encoded from other data.

    Raises:
        InputError: the file is not what a command wrote.
    """
    path = run.path / name
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            if "fingerprint" in arrays and arrays["fingerprint"].tobytes() != fingerprint.encode():
                return None
            sparse = (arrays["data"], arrays["indices"], arrays["indptr"])
            labels, inputs = csr_array(sparse, shape=tuple(arrays["shape"])), arrays.get("inputs")
            unseen = {}
            if "unseen" in arrays:  # files of before lack it
                unseen = dict(zip(json.loads(arrays["unseen_columns"].tobytes()), arrays["unseen"], strict=True))
            return EncodedFilms(arrays["dense"], arrays["unscaled"], labels, unseen, inputs=inputs)
    except (ValueError, OSError, LookupError, BadZipFile) as problem:
        raise unreadable(run.path, name, problem) from None
