"""For whom the rights are asked: the accounts that were named, ourselves, or those of the installation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cli.doctor.objects import Workload
from cli.reach.installation import Component
from eip.errors import SettingsError
from eip.kubernetes.review import ServiceAccount

_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Asked:
    """An account that is to have a component's rights; `itself` when it is we who ask."""

    component: Component
    account: ServiceAccount
    itself: bool = False


def parsed(text: str) -> ServiceAccount:
    """NAMESPACE/NAME.

    Raises:
        SettingsError: it is of another form.

    """
    namespace, slash, name = text.partition("/")
    if not namespace or not slash or not name or "/" in name:
        raise SettingsError(f"--service-account {text!r} is not of the form NAMESPACE/NAME")
    return ServiceAccount(namespace, name)


def to_ask(named: Sequence[ServiceAccount], user: str, workloads: Iterable[Workload]) -> list[Asked]:
    """Who is asked about: whom the command line names, else a pod itself, else the installation's accounts.

    A pod's account has no right to ask about others.
    """
    if named:
        return [Asked(_component(account.name), account) for account in named]
    if ours := own_account(user):
        return [Asked(_component(ours.name), ours, itself=True)]
    return [asked for workload in workloads if (asked := _of(workload))]


def own_account(user: str) -> ServiceAccount | None:
    """The ServiceAccount that we are, or None when we are somebody else."""
    namespace, colon, name = user.removeprefix(_PREFIX).partition(":")
    return ServiceAccount(namespace, name) if user.startswith(_PREFIX) and colon else None


def _of(workload: Workload) -> Asked | None:
    if workload.component not in set(Component):
        return None
    name = workload.spec.template.spec.service_account_name or "default"
    return Asked(Component(workload.component), ServiceAccount(workload.metadata.namespace, name))


def _component(name: str) -> Component:
    return Component.PRODUCER if name.endswith(Component.PRODUCER) else Component.WORKER
