"""The parts of bench/compare: works.py (what is done), peers.py (who does it), measuring.py (rounds and checks),
tables.py (what is written)."""
