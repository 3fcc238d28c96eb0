"""How fast it is, as ratios within one run or CPU seconds; never part of the tests."""
