"""The SQL of `sql/`, which the peers `tuned` and `limit` share, by the name of its file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "sql"


def statement(name: str) -> str:
    r"""Return a statement; as in psql, a line `\ir other.sql` stands for that file."""
    text = (FOLDER / f"{name}.sql").read_text()
    return re.sub(r"^\\ir (\w+)\.sql$", lambda line: statement(line[1]), text, flags=re.MULTILINE)


SQL: Final = {path.stem: statement(path.stem) for path in sorted(FOLDER.glob("*.sql"))}
