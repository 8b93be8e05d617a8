"""One class a remedy: what a caller can do about a failure decides which it is."""


class EipError(Exception):
    """The root of all errors of this project."""


class SettingsError(EipError):
    """The environment holds values that cannot be used; the message lists them all."""


class RedisUnfit(EipError):
    """This Redis would lose or refuse what is kept in it; the message says which setting to change."""


class RedisAway(EipError):
    """Redis did not answer, or said that it cannot serve now; try the same again later."""

    @classmethod
    def because(cls, error: Exception) -> "RedisAway":
        """The same in our words; redis-py names hosts but never passwords in its errors."""
        return cls(f"Redis did not serve the call: {type(error).__name__}: {str(error)[:256]}")


class EpochChanged(EipError):
    """Redis lost data or was restarted; read the epoch again before the next call."""


class StaleLeader(EipError):
    """Another producer has led since this one's Lease was read; stop writing."""


class NamespaceFull(EipError):
    """The pod's namespace has as many addresses as it may have; try again when one was released."""

    @classmethod
    def of(cls, namespace: str, limit: int) -> "NamespaceFull":
        """The error of one namespace."""
        return cls(f"namespace {namespace} has {limit} addresses, as many as it may have")


class LeaseLost(EipError):
    """The claim is no longer held by this caller; give it up without a further call."""


class KubernetesError(EipError):
    """The API server said no, or nothing at all.

    `code` is the HTTP status, or 0 when no answer came; `reason` is metav1.Status.reason;
    `retry_after` is in seconds when the server named one.
    """

    def __init__(self, code: int, reason: str, message: str, retry_after: float | None = None) -> None:
        """Keep what the server said."""
        super().__init__(f"{code} {reason}: {message[:256]}" if code else message[:256])
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


class Ec2Error(EipError):
    """EC2 said no, or nothing at all; `code` is EC2's error code, or `NoReply`."""

    def __init__(self, code: str, message: str) -> None:
        """Keep what EC2 said."""
        super().__init__(f"{code}: {message[:256]}")
        self.code = code
