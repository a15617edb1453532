"""Encoded films as files of arrays, which are mapped into memory: nothing is read until it is used."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import torch
from scipy.sparse import csr_array

from greenlight_films.datamodules.crossed.input_scales import InputScales
from greenlight_films.datamodules.crossed.label_inputs import Crossed, LabelInputs
from greenlight_films.datamodules.crossed.near_films import NearFilms
from greenlight_films.datamodules.encoder import EncodedFilms
from greenlight_films.datamodules.films import Films
from greenlight_films.datamodules.splits import Rows
from greenlight_films.datamodules.whole_files import put_on_disk

FILMS, IDS = "films.json", "ids.arrow"
OF_PLAN = ("dense", "inputs", "labels", "films")
OF_STATE = ("coordinates", "pull", "kernel", "scale")


def can_be_written(films: Films) -> bool:
    """Return whether films have a side each, and ids and titles that a file gives back as they are."""
    kinds = films.ids.dtypes
    are_plain = all(isinstance(kind, pd.StringDtype) or getattr(kind, "kind", "O") in "biufM" for kind in kinds)
    return are_plain and films.rows is not None and (films.crossed is None or films.crossed.by_label is None)


def write_films(folder: Path, films: Films) -> None:
    """Write films into an empty folder, an array a file; those that `can_be_written`."""
    for name, array in _arrays(films).items():
        with (folder / f"{name}.npy").open("wb") as stream:
            np.save(stream, array, allow_pickle=False)
            put_on_disk(stream)
    with (folder / IDS).open("wb") as stream:
        pyarrow.feather.write_feather(pa.Table.from_pandas(films.ids), stream, compression="uncompressed")
        put_on_disk(stream)
    plain = {
        **{"left_out": films.left_out, "notices": list(films.notices), "refitted": films.refitted},
        **{"n_labels": films.encoded.labels.shape[1], "unseen": list(films.encoded.unseen)},
        "crossed": None if films.crossed is None else _plain(films.crossed),
    }
    write_json(folder / FILMS, plain)


def write_json(path: Path, content: Any) -> None:
    """Write a new file of JSON, for good."""
    with path.open("wb") as stream:
        stream.write(json.dumps(content, ensure_ascii=False).encode())
        put_on_disk(stream)


def read_films(folder: Path) -> Films:
    """Return the films that `write_films` wrote, bit for bit; arrays are mapped, and what changes them stays in memory.

    Raises:
        OSError, ValueError, KeyError, TypeError: a file is missing or not as it was written.
    """
    plain = json.loads((folder / FILMS).read_text(encoding="utf-8"))
    arrays = {path.stem: _mapped(path) for path in folder.glob("*.npy")}
    labels = csr_array(
        (arrays["weights"], arrays["indices"], arrays["indptr"]),
        shape=(len(arrays["dense"]), plain["n_labels"]),
        copy=False,
    )
    unseen = {column: arrays[f"unseen_{index}"] for index, column in enumerate(plain["unseen"])}
    encoded = EncodedFilms(arrays["dense"], arrays["unscaled"], labels, unseen, inputs=arrays.get("inputs"))
    return Films(
        encoded=encoded,
        rows=Rows.from_sides(arrays["sides"]),
        number=arrays["number"],
        ids=pyarrow.feather.read_table(str(folder / IDS), memory_map=True).to_pandas(),
        actual=arrays["actual"],
        left_out=plain["left_out"],
        weights=arrays.get("row_weights"),
        notices=tuple(plain["notices"]),
        years=arrays.get("years"),
        crossed=None if plain["crossed"] is None else _crossed(plain["crossed"], arrays),
        refitted=plain["refitted"],
    )


def _mapped(path: Path) -> np.ndarray:
    # Not read-only, which torch warns of: a page that is written to is copied, the file stays.
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def _arrays(films: Films) -> dict[str, np.ndarray]:
    encoded, crossed, labels = films.encoded, films.crossed, films.encoded.labels
    assert films.rows is not None
    arrays: dict[str, np.ndarray | None] = {
        **{"dense": encoded.dense, "unscaled": encoded.unscaled, "inputs": encoded.inputs},
        **{"indptr": labels.indptr, "indices": labels.indices, "weights": labels.data},
        **{f"unseen_{index}": counts for index, counts in enumerate(encoded.unseen.values())},
        **{"actual": films.actual, "number": films.number, "sides": films.rows.sides()},
        **{"row_weights": films.weights, "years": films.years},
    }
    if crossed is not None:
        arrays |= {"drawn": crossed.drawn, "train": crossed.train}
        arrays |= {"values": crossed.labels.values, "centre": crossed.labels.centre}
        for index, near in enumerate(crossed.labels.near):
            arrays |= {_near(index, name): np.array(near.plan[name], np.int64) for name in OF_PLAN}
            arrays |= {_near(index, name): near.state_dict()[name].numpy() for name in OF_STATE}
    return {name: array for name, array in arrays.items() if array is not None}


def _near(index: int, name: str) -> str:
    return f"near_{index}_{name}"


def _plain(crossed: Crossed) -> dict[str, Any]:
    return {
        **{"columns": crossed.labels.columns, "names": crossed.labels.names, "near": len(crossed.labels.near)},
        **{"penalty": crossed.penalty, "scales": crossed.scales.to_state(), "kernels": crossed.kernels},
        "n_limited": crossed.n_limited,
    }


def _crossed(plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> Crossed:
    near = tuple(_near_films(arrays, index) for index in range(plain["near"]))
    labels = LabelInputs(arrays["values"], arrays["centre"], plain["columns"], plain["names"], near)
    scales = InputScales.from_state(plain["scales"])
    n_limited = plain.get("n_limited", 0)  # folders of before have none
    fields = (arrays["drawn"], arrays["train"], plain["penalty"], scales, plain["kernels"])
    return Crossed(labels, *fields, n_limited=n_limited)


def _near_films(arrays: dict[str, np.ndarray], index: int) -> NearFilms:
    near = NearFilms(*(arrays[_near(index, name)].tolist() for name in OF_PLAN))
    near.load_state_dict({name: torch.from_numpy(arrays[_near(index, name)]) for name in OF_STATE})
    return near
