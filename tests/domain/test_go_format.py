"""Numbers and durations beside what Go 1.26 printed for them."""

import math

import pytest

from shared.domain import go_format


@pytest.mark.parametrize(
    ("value", "printed", "rounded"),
    [
        (0.0, "0", "0.00"),
        (-0.0, "-0", "-0.00"),
        (1.0, "1", "1.00"),
        (99.0, "99", "99.00"),
        (99.5, "99.5", "99.50"),
        (0.1, "0.1", "0.10"),
        (-3.0, "-3", "-3.00"),
        (123456.0, "123456", "123456.00"),
        (999999.0, "999999", "999999.00"),
        (1000000.0, "1e+06", "1000000.00"),
        (1234567.0, "1.234567e+06", "1234567.00"),
        (123456789.0, "1.23456789e+08", "123456789.00"),
        (1.5e21, "1.5e+21", "1500000000000000000000.00"),
        (0.0001, "0.0001", "0.00"),
        (0.00001, "1e-05", "0.00"),
        (0.000012345, "1.2345e-05", "0.00"),
        (-0.00001, "-1e-05", "-0.00"),
        (1 / 3, "0.3333333333333333", "0.33"),
        (66.66666666666667, "66.66666666666667", "66.67"),
        (5e-324, "5e-324", "0.00"),
        (math.inf, "+Inf", "+Inf"),
        (-math.inf, "-Inf", "-Inf"),
        (math.nan, "NaN", "NaN"),
    ],
)
def test_a_number_is_printed_as_go_prints_it(value, printed, rounded):
    assert go_format.number(value) == printed
    assert go_format.hundredths(value) == rounded


@pytest.mark.parametrize(
    ("milliseconds", "printed"),
    [
        (0, "0s"),
        (0.000001, "1ns"),
        (0.000999, "999ns"),
        (0.001, "1µs"),
        (0.0015, "1.5µs"),
        (0.999999, "999.999µs"),
        (1, "1ms"),
        (1.5, "1.5ms"),
        (37.7, "37.7ms"),
        (500, "500ms"),
        (999.999999, "999.999999ms"),
        (1000, "1s"),
        (1200, "1.2s"),
        (59999, "59.999s"),
        (60000, "1m0s"),
        (90000, "1m30s"),
        (3600000, "1h0m0s"),
        (3661001, "1h1m1.001s"),
        (360000000, "100h0m0s"),
        (-1.5, "-1.5ms"),
        (-1200, "-1.2s"),
        (math.inf, "+Inf"),
    ],
)
def test_a_duration_is_printed_as_go_prints_it(milliseconds, printed):
    assert go_format.duration(milliseconds) == printed
