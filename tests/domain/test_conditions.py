"""The conditions: Flagger's words, one of each type, and a time that moves with the status only."""

from datetime import timedelta

import pytest

from shared.domain.conditions import accepted, in_phase, refused
from shared.domain.machine import Phase
from shared.domain.status import Condition, Status
from tests.domain.situations import NOW

LATER = NOW + timedelta(minutes=1)
OURS = Condition("Accepted", "True", "Supported", "Every field is supported.", NOW, NOW)


@pytest.mark.parametrize(
    ("phase", "truth", "message"),
    [
        (Phase.INITIALIZING, "Unknown", "New Deployment detected, starting initialization."),
        (Phase.INITIALIZED, "True", "Deployment initialization completed."),
        (Phase.PROGRESSING, "Unknown", "New revision detected, progressing canary analysis."),
        (Phase.PROMOTING, "Unknown", "Canary analysis completed, starting primary rolling update."),
        (
            Phase.FINALISING,
            "Unknown",
            "Canary analysis completed, routing all traffic to primary.",
        ),
        (Phase.SUCCEEDED, "True", "Canary analysis completed successfully, promotion finished."),
        (Phase.FAILED, "False", "Canary analysis failed, Deployment scaled to zero."),
    ],
)
def test_a_phase_has_flaggers_condition(phase, truth, message):
    status = in_phase(Status(), phase, "Deployment", NOW)

    assert (status.phase, status.since) == (phase, NOW)
    assert status.conditions == (Condition("Promoted", truth, phase, message, NOW, NOW),)


def test_a_phase_that_stays_changes_nothing():
    status = in_phase(Status(), Phase.PROGRESSING, "Deployment", NOW)

    assert in_phase(status, Phase.PROGRESSING, "Deployment", LATER) is status


def test_a_condition_changes_when_its_status_does_and_is_updated_when_its_words_do():
    began = in_phase(Status(), Phase.PROGRESSING, "Deployment", NOW)

    promoting = in_phase(began, Phase.PROMOTING, "Deployment", LATER)
    failed = in_phase(began, Phase.FAILED, "Deployment", LATER)

    assert (promoting.conditions[0].since, promoting.conditions[0].updated) == (NOW, LATER)
    assert (failed.conditions[0].since, failed.conditions[0].updated) == (LATER, LATER)


def test_a_refusal_stands_beside_what_flagger_says():
    began = in_phase(Status(), Phase.SUCCEEDED, "Deployment", NOW)

    status = refused(began, "spec.analysis.webhooks: not supported", LATER)

    assert status.conditions == (
        *began.conditions,
        Condition(
            "Accepted",
            "False",
            "UnsupportedField",
            "spec.analysis.webhooks: not supported",
            LATER,
            LATER,
        ),
    )


def test_a_canary_that_is_run_again_says_so():
    assert accepted(refused(Status(), "spec.x: no", NOW), NOW).conditions == (OURS,)
