"""Parts of docs/performance.md that programs write, between <!-- NAME:begin --> and <!-- NAME:end -->."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"


def replace_between(name, text, page=PAGE):
    """Replaces what is between the two marks, each on a line of its own; ends the program when they are not there."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    content = page.read_text(encoding="utf-8")
    if content.count(begin) != 1 or content.count(end) != 1 or content.index(begin) > content.index(end):
        sys.exit(f"{page}: needed one {begin} and, after it, one {end}")
    head, rest = content.split(begin)
    tail = rest.split(end)[1]
    page.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}", encoding="utf-8")
