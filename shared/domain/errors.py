"""Errors by what to do next: mend the input, deliver again, or come back later."""


class Refused(Exception):  # noqa: N818 - named by what happened, as the replies are
    """The input is wrong for good: no delivery of it will ever succeed (reply 400)."""


class Conflict(Exception):  # noqa: N818 - as above
    """Somebody else wrote first: deliver again, and look afresh (reply 409)."""


class Unavailable(Exception):  # noqa: N818 - as above
    """An outside thing is down or slow: deliver again later (reply 503)."""
