"""The API server's HTTP statuses, and what each means for a step."""

from http import HTTPStatus

from workers.aws.verdicts import Row, Service, Verdict

_REPORT = "Report it with the worker's log."
_ROLE = "Compare the chart's Role or ClusterRole with the one in the cluster."


def _row(code: int, verdict: Verdict, meaning: str, todo: str = "") -> Row:
    return Row(str(code), Service.KUBERNETES, verdict, meaning, todo)


ROWS: tuple[Row, ...] = (
    _row(
        0,
        Verdict.UNCERTAIN,
        "no answer came; a write may have been performed.",
        "If it goes on, look at the network between the worker and the API server.",
    ),
    _row(400, Verdict.REFUSED, "the request is malformed.", _REPORT),
    _row(
        401,
        Verdict.CREDENTIALS,
        "the service account's token is not accepted.",
        "Look at the worker's service account and its projected token.",
    ),
    _row(403, Verdict.DENIED, "the worker's service account may not do this.", _ROLE),
    _row(404, Verdict.GONE, "the object does not exist."),
    _row(409, Verdict.RETRY, "somebody else wrote the object first."),
    _row(410, Verdict.RETRY, "the list or the watch is too old to go on."),
    _row(
        422,
        Verdict.REFUSED,
        "the object does not accept this write: another uid has the name, or an admission rule says no.",
        "Look for admission webhooks and policies on pods/status.",
    ),
    _row(429, Verdict.THROTTLED, "the API server asks for fewer requests, and did not perform this one."),
    _row(500, Verdict.UNCERTAIN, "the API server failed; a write may have been performed."),
    _row(502, Verdict.UNCERTAIN, "a proxy before the API server had no good answer from it."),
    _row(503, Verdict.UNCERTAIN, "the API server is not ready."),
    _row(504, Verdict.UNCERTAIN, "the API server did not finish in time; a write may have been performed."),
)


def unknown(status: int) -> Row:
    """The default: any other 5xx may have been performed, whatever else is left was refused."""
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    meaning = "an answer that is not in the table."
    return _row(status, Verdict.UNCERTAIN if failed else Verdict.REFUSED, meaning, _REPORT)
