"""Who asks: bearer tokens, and the tokens that ServiceAccounts are given."""

import secrets
import time
from dataclasses import dataclass

from sandbox.kubernetes.resources import SERVICE_ACCOUNTS
from sandbox.kubernetes.status import unauthorized
from sandbox.kubernetes.store import Store


@dataclass(frozen=True)
class User:
    """A name and its groups."""

    name: str
    groups: tuple[str, ...]


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
ADMIN = User("admin", ("system:masters", "system:authenticated"))


@dataclass(frozen=True)
class _Issued:
    namespace: str
    name: str
    uid: str
    expires: float


class Tokens:
    """The tokens that are good. Only in memory; a new process knows no old token."""

    def __init__(self, store: Store) -> None:
        """Make the admin's token."""
        self.admin = secrets.token_urlsafe(24)
        self._store = store
        self._issued: dict[str, _Issued] = {}

    def issue(self, namespace: str, name: str, uid: str, seconds: int) -> str:
        """A token of a ServiceAccount for `seconds`."""
        token = secrets.token_urlsafe(32)
        self._issued[token] = _Issued(namespace, name, uid, time.time() + seconds)
        return token

    def user(self, token: str | None) -> User:
        """Who holds `token`; nobody's absent token is anonymous. Raises ApiError 401 for a bad one."""
        if token is None:
            return ANONYMOUS
        if secrets.compare_digest(token.encode(), self.admin.encode()):
            return ADMIN
        issued = self._issued.get(token)
        if issued is None or issued.expires < time.time() or not self._is_there(issued):
            raise unauthorized()
        return service_account(issued.namespace, issued.name)

    def _is_there(self, issued: _Issued) -> bool:
        account = self._store.get(SERVICE_ACCOUNTS, issued.namespace, issued.name)
        return account is not None and account["metadata"]["uid"] == issued.uid


def service_account(namespace: str, name: str) -> User:
    """A ServiceAccount as a user."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return User(f"system:serviceaccount:{namespace}:{name}", groups)
