"""The shape of the house (docs: README, "How the house is laid out"), read from the source itself."""

import ast
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHAIN = [
    "wecom",
    "staff",
    "content",
    "tags",
    "customers",
    "groups",
    "campaigns",
    "scrm",
]  # each imports those before
SOURCES = sorted(path for app in CHAIN for path in (ROOT / app).rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in SOURCES}
WRITTEN = [path for path in SOURCES if "migrations" not in path.parts]
SANDBOX = ROOT / "wecom/sandbox"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted module) of every import anywhere in the file, those inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            module = node.module or ""
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def wrong_arrows(path: Path, tree: ast.AST) -> Iterator[str]:
    app = path.relative_to(ROOT).parts[0]
    below = CHAIN[: CHAIN.index(app) + 1]
    for line, module in imports(tree):
        target = module.split(".")[0]
        if target in CHAIN and target not in below:
            yield f"{name_of(path)}:{line} imports {module}"
        elif SANDBOX in path.parents and target in CHAIN and not module.startswith("wecom.sandbox"):
            yield f"{name_of(path)}:{line} imports {module}: the sandbox stands alone"
        elif SANDBOX not in path.parents and module.startswith("wecom.sandbox"):
            yield f"{name_of(path)}:{line} imports {module}: the sandbox is spoken to over HTTP"


def test_imports_point_one_way() -> None:
    assert [arrow for path, tree in TREES.items() for arrow in wrong_arrows(path, tree)] == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("wecom/x.py", "from scrm import settings"),
        ("wecom/x.py", "def f():\n    import customers.models"),
        ("staff/x.py", "from campaigns.models import Task"),
        ("wecom/sandbox/x.py", "from wecom.errors import WeComError"),
        ("wecom/client.py", "from wecom.sandbox import store"),
    ],
)
def test_a_wrong_arrow_is_seen(file: str, line: str) -> None:
    assert list(wrong_arrows(ROOT / file, ast.parse(line)))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def commented_lines(path: Path) -> set[int]:
    with path.open("rb") as source:
        return {token.start[0] for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT}


def unexplained_imports(path: Path) -> Iterator[str]:
    comments = commented_lines(path)
    for function in functions(TREES[path]):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and not {node.lineno, node.lineno - 1} & comments:
                yield f"{name_of(path)}:{node.lineno}"


def test_an_import_inside_a_function_names_its_reason() -> None:
    assert [place for path in WRITTEN for place in unexplained_imports(path)] == []


def test_files_keep_their_budget() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in WRITTEN}
    assert {name: lines for name, lines in lengths.items() if lines > 450} == {}, "split by noun"


def test_functions_keep_their_budget() -> None:
    lengths = {
        f"{name_of(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in WRITTEN
        for node in functions(TREES[path])
    }
    assert {name: lines for name, lines in lengths.items() if lines > 60} == {}


def test_names_say_something() -> None:
    empty = {"utils", "helpers", "services", "selectors", "common", "core"}
    parts = {name_of(path): {part.removesuffix(".py") for part in path.relative_to(ROOT).parts} for path in SOURCES}
    assert [name for name, words in parts.items() if words & empty] == []
