"""What Flagger did on a real cluster, Spillway does too, but for what is listed."""

import re
from pathlib import Path

import pytest

from shared.domain import unsupported
from shared.domain.fields import Object
from tests.flagger.comparison import Field, Lines, Reason, complaints, edited
from tests.flagger.differences import EVENTS, FIELDS, MOMENTS, REASONS, SCENARIOS
from tests.flagger.leaves import leaves_of
from tests.flagger.player import play
from tests.flagger.recording import Recording, of_flagger, steps

_PAGE = Path(__file__).parents[2] / "docs" / "differences-from-flagger.md"
_INTERVAL = 10

_played: dict[str, Recording] = {}  # each scenario is played once, whoever asks first


@pytest.fixture(params=SCENARIOS)
def name(request):
    return request.param


@pytest.fixture
def flaggers(name):
    return of_flagger(name)


@pytest.fixture
def ours(name, request, tmp_path):
    if name not in _played:
        _played[name] = play(name, request.getfixturevalue("apiserver"), tmp_path)
    return _played[name]


@pytest.mark.loopback
def test_phases_weights_and_scale_change_in_flaggers_order(name, flaggers, ours):
    assert list(ours.moments) == edited(flaggers.moments, MOMENTS, name)


@pytest.mark.loopback
def test_people_are_told_what_flagger_tells_them(name, flaggers, ours):
    assert list(ours.events) == edited(flaggers.events, EVENTS, name)


@pytest.mark.loopback
def test_objects_are_what_flagger_makes_of_them(name, flaggers, ours):
    theirs, made = leaves_of(flaggers.objects), leaves_of(ours.objects)

    assert theirs.keys() == made.keys()
    assert [
        complaint
        for after in theirs
        for complaint in complaints(f"{name}/{after}", theirs[after], made[after], FIELDS)
    ] == []


@pytest.mark.loopback
def test_weights_rise_an_interval_apart(name, flaggers, ours):
    taken = steps(ours)

    assert list(taken) == [_INTERVAL] * len(taken)
    assert all(abs(seconds - _INTERVAL) < 1.5 for seconds in steps(flaggers))


def _points(section: str) -> list[str]:
    """The points of a section of the page, each as one line."""
    _, found, rest = _PAGE.read_text().partition(f"## {section}\n")
    assert found
    points = re.split(r"^- ", rest.partition("\n## ")[0], flags=re.MULTILINE)[1:]
    return [" ".join(point.split()) for point in points]


def test_the_page_for_flaggers_users_gives_the_same_reasons():
    told = _points("Seen beside a real Flagger")

    assert told == [f"**{reason.title}.** {reason.text}" for reason in REASONS]


def _missing() -> list[tuple[str, str]]:
    """What the page calls not there yet: where a field is, and its name."""
    points = [re.findall(r"`([^`]+)`", point) for point in _points("Not there yet")]
    return [(where, name) for where, *names in points for name in names]


@pytest.mark.parametrize(("where", "field"), _missing())
def test_what_the_page_calls_not_there_yet_is_refused_by_name(where, field):
    used: Object = {field: {"a": "b"}}
    spec: Object = {
        "spec": used,
        "spec.service": {"service": used},
        "spec.analysis": {"analysis": used},
        "spec.analysis.metrics": {"analysis": {"metrics": [used]}},
    }[where]

    refused = unsupported.refusal(spec, "analysis")

    assert refused is not None
    assert refused.path in (f"{where}.{field}", f"{where}.0.{field}")


_BECAUSE = Reason("it", "is so")


def test_a_line_that_is_not_listed_is_left_over():
    assert edited(("a", "b"), (), "here") == ["a", "b"]


def test_a_listed_line_takes_the_place_of_flaggers():
    edit = Lines(_BECAUSE, ("here",), ("b",), ("c", "d"))

    assert edited(("a", "b"), (edit,), "here") == ["a", "c", "d"]


def test_a_listed_line_that_flagger_never_said_is_an_error():
    edit = Lines(_BECAUSE, ("here",), ("b",), ())

    with pytest.raises(AssertionError, match="here: 0 times"):
        edited(("a",), (edit,), "here")


def test_a_field_that_is_not_listed_is_complained_of():
    assert list(complaints("x/after-0", {"A a": "1"}, {"A a": "2"}, ())) == [
        "x/after-0: A a: Flagger has 1, Spillway 2"
    ]


@pytest.mark.parametrize(
    ("plays", "value"),
    [
        pytest.param(("*",), "1", id="no difference"),
        pytest.param(("x/*",), "3", id="another difference"),
    ],
)
def test_a_listed_field_that_does_not_differ_so_is_complained_of(plays, value):
    field = Field(_BECAUSE, plays, "A a", "1", "2")

    found = list(complaints("x/after-0", {"A a": "1"}, {"A a": value}, (field,)))

    assert found[-1] == "x/after-0: A a does not differ as listed: 1, 2"


def test_a_listed_field_is_not_complained_of_where_it_differs_so():
    field = Field(_BECAUSE, ("x/*",), "A a", "1", "2")

    assert list(complaints("x/after-0", {"A a": "1"}, {"A a": "2"}, (field,))) == []
