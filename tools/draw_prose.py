"""Draw docstrings and sentences of the docs at random, for an editor to read: `tools/draw_prose.py --seed N`.

The draw is a sample of the project's prose: it shows what kinds of sentences are left to improve.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(source: Path) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and its public functions, each with its file and name."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)):
            name = getattr(node, "name", "module")
            if not name.startswith("_"):
                yield f"{source.relative_to(PROJECT)}: {name}: {' '.join(text.split())}"


def sentences(page: Path) -> Iterator[str]:
    """Yield the sentences of a page, each with its file; code blocks, headings, tables and links are left out."""
    text = re.sub(
        r"^```.*?^```|^    .*?$|^#.*?$|^\|.*?$|^!\[.*?$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    for paragraph in re.split(r"\n\s*\n|\n(?=- )", text):
        for sentence in re.split(r"(?<=[.!?:;]) +(?=[A-Z`])", " ".join(paragraph.split())):
            if len(sentence.split()) > 3:
                yield f"{page.relative_to(PROJECT)}: {sentence}"


def draw(seed: int, size: int) -> tuple[list[str], list[str]]:
    """Return `size` docstrings and `size` sentences, the same ones for the same seed and text."""
    choose = random.Random(seed)
    code = [text for source in sorted((PROJECT / "src/viewfinder").rglob("*.py")) for text in docstrings(source)]
    pages = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
    return choose.sample(code, size), choose.sample([text for page in pages for text in sentences(page)], size)


def main() -> None:
    """Print the draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="seed of the draw")
    parser.add_argument("--size", type=int, default=10, help="number of docstrings, and of sentences (default: 10)")
    options = parser.parse_args()
    for kind in draw(options.seed, options.size):
        print("\n".join(kind), end="\n\n")


if __name__ == "__main__":
    main()
