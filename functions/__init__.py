"""The four functions, one folder each."""
