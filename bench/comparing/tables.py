"""What bench/compare writes: one summary and one table per kind of work, in Markdown, between two marks of
docs/performance.md. Measures nothing."""

import os
import platform
import statistics
import subprocess
from pathlib import Path

BEGIN, END = "<!-- compare:begin -->", "<!-- compare:end -->"
TITLES = {
    "online": "Online: one pattern, one weight change. Sigmoid, half squared error, plain delta rule",
    "sgd": "Mini-batches, plain delta rule. relu and softmax with cross entropy; 30-100-100-1: tanh, half squared error",
    "adam": "Mini-batches, Adam. The same networks",
    "predict": "Prediction: one pattern, or 1000, per call. Sigmoid; 30-100-100-1: tanh and identity",
}
MARKS = {"same": "", "alike": " ~", "unlike": " !", "": ""}


def short(value):
    """Three digits and a unit: 12.6M, 9.27k, 859."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")):
        if value >= 0.9995 * size:
            scaled = value / size
            return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"
    return f"{value:.3g}"


def times(ratio):
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.0f}×"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(header, rows):
    return [row(header), row([":--"] + ["--:"] * (len(header) - 1)), *map(row, rows)]


def share_of_peak(work, entries):
    """Share of the FMA peak of the same rounds; both sides by their best windows. None without a peak."""
    peak, ours = entries.get("peak"), entries.get("deltarule")
    if not peak or not peak.rates or not ours or not ours.rates:
        return None
    return max(ours.rates) * work.flops / (max(peak.rates) * 1e6)


def best_of(entries, kind):
    return max((e for e in entries.values() if e.peer.kind == kind and e.rates and e.verdict != "unlike"),
               key=lambda e: e.rate, default=None)


def summary(results):
    """One line per work: ours, and the best of the libraries and of the yardsticks."""
    rows = []
    for work, entries in results:
        ours = entries["deltarule"]
        share = share_of_peak(work, entries)
        cells = [f"{work.table} {work.label}", short(ours.rate) if ours.rates else "failed",
                 f"{100 * share:.0f} %" if share else "–"]
        for kind in ("library", "yardstick"):
            best = best_of(entries, kind)
            if best and ours.rates:
                cells += [f"{best.peer.title}{MARKS[best.verdict]}", short(best.rate), times(best.ratio_of(ours))]
            else:
                cells += ["–", "–", "–"]
        rows.append(cells)
    return table(["work", "deltarule", "of FMA peak", "best library", "its rate", "ours is",
                  "best yardstick", "its rate", "ours is"], rows)


def cell(entry, ours):
    if not entry or not entry.rates:
        return "–"
    ratio = entry.ratio_of(ours) if entry is not ours else None
    return short(entry.rate) + (f" ({times(ratio)})" if ratio else "") + MARKS[entry.verdict]


def details(results, kind):
    """One line per peer, one column per work."""
    chosen = [(work, entries) for work, entries in results if work.table == kind]
    names = list(dict.fromkeys(name for _, entries in chosen for name in entries))
    rows = []
    for name in names:
        found = [(entries.get(name), entries["deltarule"]) for _, entries in chosen]
        titles = [entry.peer.title for entry, _ in found if entry and entry.peer.kind != "limit"]
        if titles and any(entry and entry.rates for entry, _ in found):
            rows.append([titles[0]] + [cell(entry, ours) for entry, ours in found])
    return ["", f"**{TITLES[kind]}**", ""] + table(["peer"] + [work.label for work, _ in chosen], rows)


def differences(results):
    """What a peer computes otherwise, and which losses did not fall alike."""
    lines, unlike = {}, []
    for work, entries in results:
        for entry in entries.values():
            if entry.differences and entry.rates:
                lines.setdefault((entry.peer.title, entry.differences), []).append(work.table)
            if entry.verdict == "unlike" and entry.losses:
                unlike.append(f"{entry.peer.title} on {work.table} {work.label} ({entry.losses[0]:.3g} → "
                              f"{entry.losses[1]:.3g}; ours {entries['deltarule'].losses[0]:.3g} → "
                              f"{entries['deltarule'].losses[1]:.3g})")
    found = [f"- {title} ({', '.join(dict.fromkeys(tables))}): {text}." for (title, text), tables in lines.items()]
    if unlike:
        found.append("- Losses that do not fall alike: " + "; ".join(unlike) + ".")
    return found


def checks(results):
    """How many comparisons of outputs and losses were made, by their result."""
    entries = [e for _, all_of in results for e in all_of.values() if e.peer.kind not in ("limit", "ours")]
    counts = {v: sum(e.verdict == v for e in entries) for v in ("same", "alike", "unlike")}
    return (f"{counts['same']} peers' outputs are ours (no mark), {counts['alike']} compute something else whose "
            f"loss falls too (~), {counts['unlike']} have a loss that does not fall like ours (!).")


def noise(results):
    """Fastest over slowest window of a peer on a work: median and 90th percentile."""
    spreads = sorted(max(e.rates) / min(e.rates) for _, entries in results for e in entries.values() if len(e.rates) > 1)
    if not spreads:
        return "Noise was not measured."
    return (f"Fastest over slowest window of the same work and peer: {statistics.median(spreads):.2f} in the median, "
            f"{spreads[int(0.9 * (len(spreads) - 1))]:.2f} at the 90th percentile, {spreads[-1]:.2f} at worst "
            f"({len(spreads)} cases). Differences below that mean nothing.")


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def machine():
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    fields = dict(line.split("\t", 1) for line in text.split("\n\n")[0].splitlines() if "\t" in line)
    wanted = [name for name in ("avx2", "fma", "avx512f") if f" {name} " in text.replace("\n", " ")]
    family = "/".join(fields.get(key, "").strip("\t: ") for key in ("cpu family", "model"))
    return f"{models[0] if models else platform.machine()} (family/model {family}), {os.cpu_count()} cores, " \
           f"{', '.join(wanted) or 'no vector extension named'}; {platform.system()} {platform.release()}"


def setting(results, rounds, seconds):
    """Machine, versions, flags, method."""
    versions = {}
    core_types = set()
    for _, entries in results:
        for entry in entries.values():
            if entry.version and entry.peer.kind != "limit":
                versions.setdefault(entry.version, None)
            if entry.core_type and entry.rates:
                core_types.add(entry.core_type)
    peaks = [max(e["peak"].rates) / 1e3 for _, e in results if "peak" in e and e["peak"].rates]
    return [
        f"Machine: {machine()}." + (f" FMA peak of one core: {max(peaks):.0f} GFLOP/s (float32)." if peaks else ""),
        "",
        f"Built with {first_line(['c++', '--version'])}; deltarule as released (-O3 -DNDEBUG), adapters with -O3 "
        "-march=native, yardsticks also -ffast-math. Libraries as their packages have them: "
        + ", ".join(version for version in versions if version != "this tree") + ".",
        "",
        f"One core, one thread, float32 unless said. {rounds} rounds of {seconds} s windows; in each round every peer has "
        "its window next to the others', each window starting from the same initial weights. Rates are medians in "
        "patterns per second; “ours is” is the median over the rounds of our rate divided by the rate of the window "
        "beside it. The system's OpenBLAS runs the kernels that were quickest for the work, for all peers that use it"
        + (f" ({', '.join(sorted(core_types))})" if core_types else "") + ". FMA peak: 4 flops per pattern and weight "
        "of the first layer, 6 of the others (prediction: 2) against a loop of multiply-adds in the same rounds. A "
        "yardstick is no library: a plain trainer of our own over a library's matrix product.",
    ]


def section(results, rounds, seconds):
    lines = [*setting(results, rounds, seconds), "", *summary(results)]
    for kind in TITLES:
        if any(work.table == kind for work, _ in results):
            lines += details(results, kind)
    lines += ["", "In brackets: how many times as quick ours is. Same data, initial weights and order of patterns. "
              "Checks: " + checks(results), *differences(results), "", noise(results)]
    return "\n".join(lines)


def into(text, part):
    """`text` with what is between the marks replaced; at its end if the marks are not there."""
    if BEGIN in text and END in text:
        head, tail = text.split(BEGIN, 1)[0], text.split(END, 1)[1]
        return f"{head}{BEGIN}\n{part}\n{END}{tail}"
    return f"{text.rstrip()}\n\n## Beside other libraries\n\n{BEGIN}\n{part}\n{END}\n".lstrip("\n")
