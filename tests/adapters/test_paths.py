"""Where objects are: of a namespace or of all, and nowhere else."""

import pytest

from shared.adapters import paths


@pytest.mark.parametrize(
    ("namespace", "path"),
    [
        pytest.param("", "/apis/flagger.app/v1beta1/canaries", id="all"),
        pytest.param("jx", "/apis/flagger.app/v1beta1/namespaces/jx/canaries", id="one"),
        pytest.param(
            "../secrets?a#",
            "/apis/flagger.app/v1beta1/namespaces/..%2Fsecrets%3Fa%23/canaries",
            id="a-namespace-never-reaches-out-of-its-segment",
        ),
    ],
)
def test_a_path_is_that_of_a_namespace(namespace, path):
    assert paths.canaries(namespace) == path
