"""Write the column "may import" of docs/architecture.md from the table that tests/architecture checks the source by.

Usage: python -m tools.write_import_table   (in the repository's folder)
"""

from __future__ import annotations

from tests.architecture.rooms import PAGE, with_imports

if __name__ == "__main__":
    PAGE.write_text(with_imports(PAGE.read_text()))
