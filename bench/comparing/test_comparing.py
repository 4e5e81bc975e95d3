"""Laws of bench/compare that need no library: `python3 -m unittest discover -s bench/comparing -t bench`."""

import tempfile
import unittest
from array import array
from pathlib import Path

from comparing import measuring, peers, tables, works

XOR = works.WORKS[0]


def entry(name, rates, verdict="same", losses=(1.0, 0.5), differences=""):
    found = measuring.Entry(next(peer for peer in peers.PEERS if peer.name == name))
    found.rates, found.verdict, found.losses, found.differences = rates, verdict, losses, differences
    return found


def results():
    return [(XOR, {"peak": entry("peak", [1000.0, 2000.0], ""), "deltarule": entry("deltarule", [8e6, 1e7, 9e6]),
                   "fann": entry("fann", [4e6, 1e6, 3e6]), "jax": entry("jax", [5e7, 5e7, 5e7], "unlike"),
                   "blis": entry("blis", [4.5e6] * 3, "alike", differences="something else")})]


class Verdicts(unittest.TestCase):
    def test_equal_outputs_are_the_same_and_a_small_difference_is_measured_against_the_way_they_went(self):
        before, after = [0.0, 0.0], [1.0, 0.0]
        fell = (1.0, 0.5)
        for y, expected in (([1.0, 0.0], "same"), ([1.0, 0.019], "same"), ([1.0, 0.021], "alike")):
            self.assertEqual(measuring.verdict(True, before, y, before, after, fell, fell), expected)

    def test_a_loss_that_rises_or_hardly_falls_is_unlike(self):
        for theirs, expected in (((2.0, 1.0), "alike"), ((1.0, 0.01), "alike"), ((1.0, 0.79), "alike"),
                                 ((1.0, 0.8), "unlike"), ((2.0, 1.9), "unlike"), ((1.0, 1.1), "unlike")):
            found = measuring.verdict(True, [0.0], [5.0], [0.0], [1.0], theirs, (1.0, 0.5))
            self.assertEqual(found, expected, theirs)

    def test_an_output_that_is_not_finite_or_missing_is_unlike(self):
        for y in ([float("nan")], []):
            self.assertEqual(measuring.verdict(True, [0.0], y, [0.0], [1.0], (1.0, 0.5), (1.0, 0.5)), "unlike")


class Tables(unittest.TestCase):
    def test_numbers_have_three_digits(self):
        for value, text in ((859.0, "859"), (999.6, "1.00k"), (9.274e3, "9.27k"), (12.64e6, "12.6M"), (0.5, "0.5"),
                            (999.4e3, "999k"), (1.0, "1.00")):
            self.assertEqual(tables.short(value), text)

    def test_the_ratio_is_the_median_of_neighbouring_windows(self):
        entries = results()[0][1]
        self.assertEqual(entries["fann"].ratio_of(entries["deltarule"]), 3.0)  # of 2, 10 and 3

    def test_the_share_of_the_peak_takes_the_best_window_of_both(self):
        work, entries = results()[0]
        self.assertEqual(work.flops, 4 * 4 + 6 * 2)
        self.assertAlmostEqual(tables.share_of_peak(work, entries), 1e7 * 28 / 2000e6)

    def test_the_best_library_is_never_one_whose_loss_does_not_fall_alike(self):
        self.assertEqual(tables.best_of(results()[0][1], "library").peer.name, "fann")

    def test_marks_and_differences_are_told(self):
        text = tables.section(results(), 3, 0.1)
        for part in ("| on BLIS | 4.50M (2.00×) ~ |", "| JAX jit | 50.0M (0.18×) ! |", "on BLIS (online): something else.",
                     "Losses that do not fall alike: JAX jit on online 2-2-1"):
            self.assertIn(part, text)

    def test_every_row_has_as_many_cells_as_its_header(self):
        lines = [line for line in tables.section(results(), 3, 0.1).splitlines() if line.startswith("|")]
        self.assertGreater(len(lines), 6)
        widths = [line.count("|") for line in lines]
        starts = [i for i, line in enumerate(lines) if line.startswith("| :--")]
        for start, end in zip(starts, [*(i - 1 for i in starts[1:]), len(lines)]):
            self.assertEqual(len(set(widths[start - 1:end])), 1)

    def test_writing_twice_replaces_and_keeps_the_rest(self):
        first = tables.into("# Title\n\nText.\n", "one")
        second = tables.into(first + "\nAfter.\n", "two")
        self.assertIn("one", first)
        self.assertNotIn("one", second)
        for part in ("# Title", "Text.", "two", "After."):
            self.assertIn(part, second)
        self.assertEqual(tables.into(second, "two"), second)


class Works(unittest.TestCase):
    def test_names_are_unique(self):
        self.assertEqual(len({work.name for work in works.WORKS}), len(works.WORKS))

    def test_a_file_holds_what_its_first_line_says_and_is_the_same_each_time(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "work.bin"
            targets = works.write(XOR, path)
            first = path.read_bytes()
            works.write(XOR, path)
        self.assertEqual(path.exists(), False)
        self.assertEqual(len(targets), XOR.count)
        numbers = array("f", first[first.index(b"\n") + 1:])
        self.assertEqual(len(numbers), XOR.count * 3 + 9)
        self.assertIn(b"sizes=2-2-1 ", first)

    def test_batches_divide_the_patterns(self):
        for work in works.WORKS:
            self.assertEqual(work.count % work.batch, 0, work.name)


if __name__ == "__main__":
    unittest.main()
