#!/usr/bin/env python3
"""Holds the module graph of docs/design.md: every #include goes along an allowed edge. Run without arguments; each run
first proves on planted trees that every kind of bad edge is caught. `#include` is all it looks at."""

import sys
import tempfile
from pathlib import Path

from source_scan import ROOT, finish, includes, self_test_failed, sources

# Which rooms a room may include, besides itself. Strictly downwards; siblings never.
EDGES = {
    "base": set(),
    "derivation": {"base"},
    "kernels": {"base"},
    "io": {"base"},
    "data": {"base", "io"},
    "network": {"base", "derivation", "kernels"},
    "training": {"base", "kernels", "network", "data"},
    "model": {"base", "derivation", "io", "network", "data"},
    "explain": {"base", "derivation", "network", "data", "training"},
}
ENGINE = {"base", "derivation", "kernels", "network", "training"}
EDGES["app/engine"] = set(ENGINE)  # the engine component: nothing that needs files, tables or third-party code
EDGES["app"] = set(EDGES) | {"app/engine"}

# Plain data in the public face: every room may include it. The rest of the public face is for app and above.
VOCABULARY = {f"deltarule/{noun}.hpp" for noun in ("error", "spec", "rules", "schedule", "rows", "activation", "training", "explanation", "marking")}
ENGINE_FACE = VOCABULARY | {
    f"deltarule/{noun}.hpp" for noun in ("engine", "live_network", "machine", "many", "network", "trainer")
}

# Third-party headers by the first part of their name, and who may include them.
THIRD_PARTY = {
    "hwy": {"kernels"},
    "nlohmann": {"io"},
    "xxhash.h": {"io"},
    "CLI": {"cli"},
    "fmt": {"cli"},
}
PUBLIC = "include/deltarule"
OUTSIDE = ("cli", "examples")  # see the public face only


def room_of(path):
    """The room that a file below src belongs to, or None."""
    parts = path.parts
    if parts[0] != "src" or len(parts) < 3:
        return None
    return "app/engine" if parts[1:3] == ("app", "engine") else parts[1]


def is_system(name):
    """A header of the standard library, the C library or the kernel."""
    if name.startswith(("sys/", "linux/", "netinet/", "arpa/", "bits/")):
        return True
    return "/" not in name and not name.endswith(".hpp") and name not in THIRD_PARTY


class Scan:
    def __init__(self, root):
        self.root = root
        self.faults = []
        self.files = 0
        self.edges = 0

    def run(self):
        for path in sources(self.root, "src", PUBLIC, *OUTSIDE):
            self.files += 1
            text = (self.root / path).read_text(encoding="utf-8")
            for line, name, quoted in includes(text):
                self.edges += 1
                reason = self.refusal(path, name, quoted)
                if reason:
                    self.faults.append(f"{path}:{line}: {reason}")
        return self

    def refusal(self, path, name, quoted):
        """Why this include is not allowed, or None."""
        if ".." in Path(name).parts:
            return f'"{name}": a path with ".." hides its edge; name the room'
        if path.is_relative_to(PUBLIC):
            return self.refuse_public(path, name)
        if path.parts[0] in OUTSIDE:
            return self.refuse_outside(path, name, quoted)
        room = room_of(path)
        if room not in EDGES:
            return f"{path} is in no room of the design"
        return self.refuse_room(path, room, name, quoted)

    def refuse_public(self, path, name):
        if name.startswith("deltarule/"):
            own = f"deltarule/{path.name}"
            for closed in (VOCABULARY, ENGINE_FACE):
                if own in closed and name not in closed:
                    return f'"{name}": {path.name} may include only {", ".join(sorted(closed))}'
            return None
        if "/" in name or "." in name:
            return f'"{name}": a public header includes only deltarule/ and the C++ standard library'
        return None

    def refuse_outside(self, path, name, quoted):
        if name.startswith("deltarule/") or is_system(name) and not quoted:
            return None
        if name.split("/")[0] in THIRD_PARTY:
            return self.refuse_third_party(path.parts[0], name)
        near = [self.root / path.parent / name]
        if name.startswith(path.parts[0] + "/"):
            near.append(self.root / name)
        if quoted and any(file.exists() for file in near):
            return None
        return f'"{name}": {path.parts[0]}/ includes only include/deltarule, its own files and third-party headers'

    def refuse_room(self, path, room, name, quoted):
        if name.startswith("deltarule/"):
            return self.refuse_face(room, name)
        target = room_of(Path("src") / name) if len(Path(name).parts) > 1 else None
        if target in EDGES:
            allowed = target == room or target in EDGES[room]
            return None if allowed else f'"{name}": no edge {room} -> {target}'
        if name.split("/")[0] in THIRD_PARTY:
            return self.refuse_third_party(room, name)
        if quoted and (self.root / path.parent / name).exists():
            return None
        return None if is_system(name) and not quoted else f'"{name}": neither a room, nor a known header'

    @staticmethod
    def refuse_face(room, name):
        if room == "app" or name in VOCABULARY or room == "app/engine" and name in ENGINE_FACE:
            return None
        return f'"{name}": below app only the vocabulary headers of the public face may be included'

    @staticmethod
    def refuse_third_party(who, name):
        allowed = THIRD_PARTY[name.split("/")[0]]
        return None if who in allowed else f'"{name}": only {", ".join(sorted(allowed))} may include it, not {who}'


# One planted include each: (file, line, whether it is a fault).
PLANTED = [
    ("src/base/a.cpp", '#include "io/file.hpp"', True),
    ("src/derivation/a.cpp", '#include "kernels/kernels.hpp"', True),  # siblings
    ("src/training/a.cpp", '#include "model/model.hpp"', True),  # siblings
    ("src/network/a.cpp", '#include "data/table.hpp"', True),
    ("src/network/a.cpp", '#  include <training/loop.hpp>', True),  # spacing and brackets hide nothing
    ("src/training/updates/a.cpp", '#include "derivation/registry.hpp"', True),
    ("src/model/a.cpp", '#include "app/fit.hpp"', True),
    ("src/network/a.cpp", '#include "../data/table.hpp"', True),
    ("src/network/a.cpp", '#include "deltarule/trainer.hpp"', True),  # not vocabulary
    ("src/network/a.cpp", "#include <nlohmann/json.hpp>", True),
    ("src/model/a.cpp", "#include <nlohmann/json.hpp>", True),
    ("src/base/a.cpp", "#include <boost/any.hpp>", True),
    ("src/explain/a.cpp", '#include "model/model.hpp"', True),  # it explains networks, whatever file they came from
    ("src/explain/render/a.cpp", '#include "io/json.hpp"', True),
    ("src/explain/a.cpp", '#include "deltarule/explain.hpp"', True),  # not vocabulary
    ("src/model/a.cpp", '#include "explain/trace.hpp"', True),
    ("src/training/a.cpp", '#include "explain/trace.hpp"', True),
    ("src/app/engine/a.cpp", '#include "explain/trace.hpp"', True),
    ("src/app/engine/a.cpp", '#include "data/table.hpp"', True),
    ("src/app/engine/a.cpp", '#include "deltarule/dataset.hpp"', True),
    ("src/shed/a.cpp", "#include <vector>", True),  # not a room
    ("cli/a.cpp", '#include "base/graph.hpp"', True),
    ("examples/a.cpp", '#include "training/loop.hpp"', True),
    ("include/deltarule/spec.hpp", "#include <hwy/highway.h>", True),
    ("include/deltarule/model.hpp", '#include "base/graph.hpp"', True),
    ("include/deltarule/rules.hpp", '#include "deltarule/trainer.hpp"', True),  # vocabulary stays closed
    ("include/deltarule/engine.hpp", '#include "deltarule/dataset.hpp"', True),
    ("include/deltarule/rows.hpp", "#include <sys/mman.h>", True),
    ("src/network/a.cpp", '// #include "data/table.hpp"', False),
    ("src/network/a.cpp", '#include "kernels/kernels.hpp"', False),
    ("src/network/a.cpp", '#include "deltarule/error.hpp"', False),
    ("src/training/updates/a.cpp", '#include "training/loop.hpp"', False),
    ("src/io/a.cpp", "#include <sys/mman.h>", False),
    ("src/io/a.cpp", "#include <xxhash.h>", False),
    ("src/kernels/a.cpp", '#include "hwy/foreach_target.h"', False),
    ("src/explain/render/a.cpp", '#include "explain/subject.hpp"', False),
    ("src/explain/a.cpp", '#include "training/trainer.hpp"', False),
    ("src/explain/a.cpp", '#include "deltarule/explanation.hpp"', False),
    ("src/app/a.cpp", '#include "explain/explain.hpp"', False),
    ("src/app/a.cpp", '#include "model/model.hpp"', False),
    ("src/app/engine/a.cpp", '#include "deltarule/trainer.hpp"', False),
    ("cli/a.cpp", "#include <CLI/CLI.hpp>", False),
    ("include/deltarule/model.hpp", "#include <vector>", False),
]


def self_test():
    missed = []
    for file, line, is_fault in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.parent.mkdir(parents=True)
            path.write_text(line + "\n", encoding="utf-8")
            scan = Scan(Path(folder)).run()
            if bool(scan.faults) != is_fault:
                missed.append(f"{file}: {line}: {'not caught' if is_fault else scan.faults[0]}")
    return missed


def main():
    if self_test_failed("check_edges", self_test()):
        return 1
    scan = Scan(ROOT).run()
    if scan.files < 30 or scan.edges < 100:
        scan.faults.append(f"only {scan.files} files with {scan.edges} includes found: is this the whole tree?")
    return finish("check_edges", scan.faults, f"{scan.edges} includes in {scan.files} files, {len(PLANTED)} planted")


if __name__ == "__main__":
    sys.exit(main())
