"""Names are imported when they are first used, and are those of the stub."""

import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest

import greenlight_films as gl
from greenlight_films.lazy_names import lazy_names

PACKAGE = Path(gl.__file__).parent


def test_every_name_is_there_and_listed():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    listed = next(ast.literal_eval(line.value) for line in stub.body if isinstance(line, ast.Assign))
    assert gl.__all__ == sorted(listed)
    assert all(getattr(gl, name).__name__ == name for name in gl.__all__)


def test_importing_the_package_draws_in_neither_torch_nor_pandas():
    line = "import greenlight_films, sys; print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", line], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


def test_a_first_use_leaves_the_random_state(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "drawing").mkdir()
    (tmp_path / "drawing" / "__init__.py").touch()
    (tmp_path / "drawing" / "__init__.pyi").write_text("from .module import drawn\n")
    (tmp_path / "drawing" / "module.py").write_text("import random\n\ndrawn = random.random()\n")  # as Lightning does
    before = random.getstate()
    attribute, _ = lazy_names("drawing", str(tmp_path / "drawing" / "__init__.py"))
    expected = random.Random()
    expected.setstate(before)
    assert attribute("drawn") == expected.random()
    assert random.getstate() == before


def test_names_are_those_of_the_stub_beside_the_module(tmp_path):
    (tmp_path / "__init__.pyi").write_text("from .errors import InputError\n", encoding="utf-8")
    attribute, names = lazy_names("greenlight_films.datamodules", str(tmp_path / "__init__.py"))
    assert names == ["InputError"]
    assert attribute("InputError") is gl.InputError
    with pytest.raises(AttributeError, match=r"module 'greenlight_films\.datamodules' has no attribute 'Nothing'"):
        attribute("Nothing")
