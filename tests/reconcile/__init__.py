"""Tests of the pass: that it survives being stopped at any moment, and raced."""
