"""The template functions of inline queries, as Go's text/template reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import query
from shared.domain.errors import Refused

VALUES = {name: name.upper() for name in query.FUNCTIONS}


@pytest.mark.parametrize("name", sorted(query.FUNCTIONS))
def test_every_function_of_flagger_is_filled_in(name):
    text = f'up{{job="{{{{ {name} }}}}"}}'

    assert query.check(text) is None
    assert query.render(text, VALUES) == f'up{{job="{name.upper()}"}}'


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        pytest.param("up", "up", id="no-template"),
        pytest.param("", "", id="nothing"),
        pytest.param("{{target}}", "TARGET", id="no-space"),
        pytest.param("{{\n\ttarget\r\n}}", "TARGET", id="any-space"),
        pytest.param("a {{ target }} b", "a TARGET b", id="no-trim"),
        pytest.param("a \n{{- target }} b", "aTARGET b", id="trim-before"),
        pytest.param("a {{ target -}}\t b", "a TARGETb", id="trim-after"),
        pytest.param("a {{- target -}} b", "aTARGETb", id="trim-both"),
        pytest.param("{{ name -}} \n {{- target }}", "NAMETARGET", id="trim-to-the-next"),
        pytest.param("{{ name -}} {{ target }} b", "NAMETARGET b", id="trim-once"),
        pytest.param('{a="b"}} }', '{a="b"}} }', id="braces-of-promql"),
    ],
)
def test_a_query_is_rendered_as_go_does(text, rendered):
    assert query.check(text) is None
    assert query.render(text, VALUES) == rendered


def test_a_value_is_never_rendered_again():
    assert query.render("{{ name }}", {"name": "{{ target }}"}) == "{{ target }}"


def test_trimming_leaves_the_values_alone():
    assert query.render("{{ name }}{{- name }}", {"name": " x "}) == " x  x "


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("{{ variables.x }}", id="variables"),
        pytest.param("{{ .Name }}", id="field"),
        pytest.param("{{ target | printf }}", id="pipeline"),
        pytest.param("{{ if target }}", id="control"),
        pytest.param("{{/* target */}}", id="comment"),
        pytest.param('{{ "target" }}', id="constant"),
        pytest.param("{{ Target }}", id="other-case"),
        pytest.param("{{ unknown }}", id="unknown"),
        pytest.param("{{-target}}", id="trim-mark-without-space-before"),
        pytest.param("{{ target-}}", id="trim-mark-without-space-after"),
        pytest.param("{{ target\u00a0}}", id="a-space-that-go-does-not-know"),
        pytest.param("{{}}", id="empty"),
        pytest.param("{{- -}}", id="only-trim-marks"),
        pytest.param("{{ target }", id="never-closed"),
        pytest.param("{{", id="only-opened"),
    ],
)
def test_anything_else_in_braces_is_named(action):
    text = f"up {{{{ name }}}} {action}"

    assert query.check(text) == action
    with pytest.raises(Refused, match="is none of"):
        query.render(text, VALUES)


def test_the_first_of_several_is_named():
    assert query.check("{{ target }} {{ one }} {{ two }}") == "{{ one }}"


def test_a_long_foreign_action_is_not_quoted_whole():
    with pytest.raises(Refused) as refusal:
        query.render("{{" + "x" * 5000 + "}}", VALUES)

    assert len(str(refusal.value)) < 400


@given(st.text(alphabet="{}- \ntargen"))
def test_what_passes_the_check_renders_without_templates_left(text):
    accepted = query.check(text) is None

    assert not accepted or "{{" not in query.render(text, dict.fromkeys(query.FUNCTIONS, ""))


@pytest.mark.timeout(2)
def test_a_hostile_query_is_read_in_linear_time():
    assert query.check("{{" * 500_000) is not None
    assert query.check("{{name}}" * 100_000) is None
    assert query.check("{" * 500_000 + "}" * 500_000) is not None
