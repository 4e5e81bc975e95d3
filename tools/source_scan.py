"""Reading C++ sources for the scans: which files there are, and their text without comments and literals.
Not a parser: good enough for #include lines, single tokens and braces."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".hpp", ".cpp", ".h", ".cc", ".inl"}

_PIECES = re.compile(
    r'//[^\n]*|/\*.*?\*/'  # comments
    r'|R"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)"'  # raw strings
    r'|"(?:\\.|[^"\\\n])*"'  # strings
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",  # characters, but not the ' of 1'000
    re.DOTALL,
)


def sources(root, *folders):
    """C++ files below the folders of root, sorted, as paths relative to root."""
    found = []
    for folder in folders:
        for path in (root / folder).rglob("*"):
            if path.suffix in SUFFIXES and path.is_file():
                found.append(path.relative_to(root))
    return sorted(found)


def without_comments(text):
    """Comments blanked, line numbers kept; literals stay."""
    return _PIECES.sub(lambda m: _blank(m.group()) if m.group().startswith("/") else m.group(), text)


def code_only(text):
    """Comments and literals blanked, line numbers kept."""
    return _PIECES.sub(lambda m: _blank(m.group()), text)


def _blank(piece):
    return "".join("\n" if c == "\n" else " " for c in piece)


def includes(text):
    """(line number, name, is_quoted) of every #include."""
    pattern = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)
    text = without_comments(text)
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) or match.group(2), match.group(1) is not None


def finish(name, faults, summary):
    """Prints faults and the verdict; returns the exit code."""
    for fault in faults:
        print(fault)
    print(f"{name}: {summary}, {len(faults)} fault{'' if len(faults) == 1 else 's'}")
    return 1 if faults else 0


def self_test_failed(name, missed):
    for line in missed:
        print(f"{name}: self-test: {line}", file=sys.stderr)
    return bool(missed)
