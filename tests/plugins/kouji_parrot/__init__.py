"""A third-party engine for the tests: it beeps each phoneme, so that the whole way can be walked without weights."""
