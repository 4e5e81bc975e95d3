#!/usr/bin/env python3
"""Lists what is over the aims of the style: functions, files, folders. Aims, not limits: it never fails. Functions are
found by their braces, so a length is good to a line or two; lambdas count with the function they are in."""

import re
import sys
from collections import Counter

from source_scan import ROOT, code_only, sources

LINES_OF_FUNCTION, LINES_OF_FILE, FILES_OF_FOLDER = 40, 400, 12

_CONTROL = re.compile(r"^(?:if|for|while|switch|else|do|try|catch|return|case|default)\b")
_SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b[^()=]*$")


def opens_function(head):
    """Whether a brace after this text, outside any function, begins a function body."""
    head = head.strip()
    return ")" in head and not _CONTROL.match(head) and not _SCOPE.search(head) and not head.endswith("=")


def name_of(head):
    """The name in front of the first parameter list."""
    match = re.search(r"(operator\s*\S+|[~\w:<>,]*[\w>])\s*\(", re.sub(r"\[\[.*?\]\]|noexcept\s*\([^)]*\)", "", head))
    return match.group(1) if match else "?"


def functions(text):
    """(name, first line, lines) of every function body in the text."""
    code = re.sub(r"^[ \t]*#.*?(?<!\\)$", "", code_only(text), flags=re.MULTILINE)
    depth, inside, head_start, parens = 0, None, 0, 0
    for at, char in enumerate(code):
        if char == "(":
            parens += 1
        elif char == ")":
            parens -= 1
        elif char == "{":
            head = code[head_start:at]
            if inside is None and parens == 0 and opens_function(head):
                start = head_start + len(head) - len(head.lstrip())
                inside = (depth, name_of(head), code.count("\n", 0, start) + 1)
            depth += 1
            head_start = at + 1 if parens == 0 else head_start
        elif char == "}":
            depth -= 1
            if inside is not None and depth == inside[0]:
                yield inside[1], inside[2], code.count("\n", 0, at) + 2 - inside[2]
                inside = None
            head_start = at + 1 if parens == 0 else head_start
        elif char == ";" and parens == 0:
            head_start = at + 1


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0


def list_over(what, rows, aim):
    over = sorted((row for row in rows if row[0] > aim), reverse=True)
    print(f"{what} over {aim}: {len(over)}")
    for size, name in over:
        print(f"  {size:5d}  {name}")


def main():
    lengths, files, folders = [], [], Counter()
    for path in sources(ROOT, "include", "src", "cli", "tools", "tests"):
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append((text.count("\n"), str(path)))
        folders[path.parent] += 1
        lengths += [(length, f"{path}:{line} {name}") for name, line, length in functions(text)]
    list_over("functions of lines", lengths, LINES_OF_FUNCTION)
    list_over("files of lines", files, LINES_OF_FILE)
    list_over("folders of files", [(count, str(folder)) for folder, count in folders.items()], FILES_OF_FOLDER)
    for what, rows in (("functions", lengths), ("files", files)):
        sizes = [size for size, _ in rows]
        print(f"sizes: {len(rows)} {what}, median {percentile(sizes, 0.5)} lines, p95 {percentile(sizes, 0.95)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
