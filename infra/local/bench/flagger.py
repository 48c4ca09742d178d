"""What Flagger 1.44 asks for the same work: figures to read ours beside.

Where no other origin is named, they were measured by the audit log of a kube-apiserver 1.37, with
Istio, two builtin metrics, steps of 10 up to 50, and nothing tracked. The bench measures none.
"""

ORIGIN = "Flagger 1.44, measured on a kube-apiserver"

IDLE_CALLS = {1: 12, 100: 1202, 1000: 8870}
"""Of all canaries in one interval. At 1,000 its own client limits had stretched the intervals."""

STEP_CALLS = 21
"""For one canary: 16 GETs, 3 writes, 2 queries. Counted in its source."""

GOOD_CALLS, BAD_CALLS = 172, 150
"""Of the API server, for one canary's whole release: 9 passes, and 8."""

GOOD_WRITES = 28
"""Of them: 9 of the status, 10 of Events, 6 of the VirtualService, 3 of Deployments."""

GOOD_QUERIES, BAD_QUERIES = 10, 5

BEGUN_SECONDS = 9.7
"""From a changed image to Progressing, with an interval of 10 s: it looks once in an interval."""
