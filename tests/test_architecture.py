"""The layout: imports run one way, files and functions are short, modules have tests, nothing private is used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "greenlight_films"
BELOW_REPORTS = {"studies", "lightning_modules", "baselines", "importance", "datamodules"}
MAY_IMPORT = {
    "cli": {"commands"},
    "greenlight_films": {"serving", "reports", *BELOW_REPORTS},
    "commands": {"serving", "reports", "sources", *BELOW_REPORTS},
    "serving": {"studies", "lightning_modules", "importance", "datamodules"},
    "reports": BELOW_REPORTS,
    "studies": {"lightning_modules", "baselines", "importance", "sources", "datamodules"},
    "lightning_modules": {"importance", "datamodules"},
    "baselines": {"importance", "datamodules"},
    "sources": {"datamodules"},
    "datamodules": set(),
    "importance": set(),
}
"""For each folder the others that it may import; what stands above imports what stands below."""

OWN = {path.stem for path in (ROOT / PACKAGE).glob("[a-z]*.py")}
"""Modules of `greenlight_films` itself; the version is for all folders, the others for this one."""

FOLDERS = [name for name in MAY_IMPORT if name not in ("cli", PACKAGE)]
MODULES = sorted(
    path.relative_to(ROOT)
    for path in [ROOT / "cli.py", *(path for name in (*FOLDERS, PACKAGE) for path in (ROOT / name).rglob("*.py"))]
)
LONGEST_FILE, LONGEST_FUNCTION = 300, 60

VAGUE = {"one", "found", "place", "told", "said", "behind", "asked", "wish"}
"""Names that say nothing of a variable, an argument, an attribute or a function."""

PRIVATE = re.compile(r"\._(get|parse_ckpt_path|checkpoint_connector|subcommand_parsers|prepare_subcommand_kwargs)\b")
"""Attributes of Lightning and jsonargparse that break with their next release."""


def test_all_folders_are_looked_at():
    assert len(MODULES) > 120
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"benchmarks", "configs"} == {*FOLDERS, PACKAGE}


def tree_of(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imports_of(module: Path) -> Iterator[str]:
    """Yield the names of modules that a module imports, also within functions."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} has a relative import"
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_run_one_way_and_by_the_name_of_the_package(module):
    folder = "cli" if module == Path("cli.py") else module.parts[0]
    allowed = MAY_IMPORT[folder] | {folder} | (OWN if folder == PACKAGE else {"version", "lazy_names"})
    if module == Path(PACKAGE, "__main__.py"):
        allowed = {"commands"}
    for name in imports_of(module):
        first, _, rest = name.partition(".")
        assert first not in FOLDERS, f"{module} imports {name} by a folder's short name"
        if first == PACKAGE and rest:
            assert rest.split(".")[0] in allowed, f"{module} may not import {name}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_files_and_functions_are_short_and_nothing_private_of_others_is_used(module):
    lines = (ROOT / module).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_FILE
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
    assert [line for line in lines if PRIVATE.search(line)] == []


def names_given_in(module: Path) -> Iterator[str]:
    """Yield the names of variables, arguments, attributes and functions that a module gives."""
    for node in ast.walk(tree_of(module)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name


def test_names_say_what_they_are_of():
    vague = {str(module): VAGUE.intersection(names_given_in(module)) for module in MODULES}
    assert {module: names for module, names in vague.items() if names} == {}


def has_tests(module: Path) -> bool:
    """Tell whether a module has a file of tests; small modules of a kind have one together."""
    tests = ROOT / "tests" / module.parent
    together = f"test_{module.parent.name}.py" if module.parent.name in ("features", "figures") else ""
    names = (tests / f"test_{module.name}", tests / together, tests.parent / together)
    return any(path.is_file() for path in names)


def test_every_module_has_a_file_of_tests():
    modules = [module for module in MODULES if not module.name.startswith("__") and module != Path("cli.py")]
    assert [str(module) for module in modules if not has_tests(module)] == []
