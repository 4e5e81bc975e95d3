#!/usr/bin/env python3
"""Executes what README.md shows: ```sh blocks in a fresh copy of the examples with the built programs on the path,
```cpp blocks compiled and linked against the library. `tools/run_readme.py [BUILD]`, BUILD being a finished build
(default build/release). A comment in front of a block says otherwise:

    <!-- readme: not run, REASON -->   for commands that CI runs elsewhere or must not run
    <!-- readme: compile -->           for C++ without a main program

A block is skipped only by such a comment, and too few blocks are a fault."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from source_scan import ROOT

BLOCK = re.compile(r"(?:<!-- readme: (?P<mark>[^>]*?) -->\s*\n)?^```(?P<language>sh|cpp)\n(?P<body>.*?)^```$",
                   re.DOTALL | re.MULTILINE)
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def blocks(text):
    """(line, language, mark, body) of every sh and cpp block."""
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("body")) + 1
        yield line, match["language"], match["mark"] or "", match["body"]


def fresh_copy(folder):
    """What a reader has beside the README: the examples."""
    shutil.copytree(ROOT / "examples", folder / "examples")


def run(command, folder, environment):
    return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=600)


def run_shell(body, folder, build):
    environment = dict(os.environ, PATH=f"{build / 'bin'}:{os.environ['PATH']}", NO_COLOR="1")
    return run(["bash", "-euo", "pipefail", "-c", body], folder, environment)


def run_cpp(body, mark, folder, build):
    source, program = folder / "snippet.cpp", folder / "snippet"
    source.write_text(body, encoding="utf-8")
    compile_only = mark == "compile"
    libraries = [str(build / "src/app" / f"lib{name}.a") for name in ("deltarule", "deltarule_engine")]
    output = ["-c", "-o", str(folder / "snippet.o")] if compile_only else ["-o", str(program)]
    command = [os.environ.get("CXX", "g++"), "-std=c++20", "-O1", *WARNINGS, f"-I{ROOT / 'include'}", str(source),
               *output, *([] if compile_only else [*libraries, "-pthread"])]
    compiled = run(command, folder, dict(os.environ))
    return compiled if compiled.returncode or compile_only else run([str(program)], folder, dict(os.environ))


def main():
    build = (Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "release").resolve()
    done, skipped, faults = {"sh": 0, "cpp": 0}, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh_copy(folder)
        for line, language, mark, body in blocks((ROOT / "README.md").read_text(encoding="utf-8")):
            if mark.startswith("not run, "):
                skipped += 1
                continue
            result = run_shell(body, folder, build) if language == "sh" else run_cpp(body, mark, folder, build)
            done[language] += 1
            if result.returncode:
                faults += 1
                print(f"README.md:{line}: exit code {result.returncode}\n{body.rstrip()}\n--\n{result.stdout.rstrip()}")
    print(f"run_readme: {done['sh']} shell and {done['cpp']} C++ blocks run, {skipped} marked as not run, {faults} faults")
    return 1 if faults or done["sh"] < 2 or done["cpp"] < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
