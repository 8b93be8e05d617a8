"""Anything may happen to pods, nodes, processes, Redis, EC2 and the API server, in any order.

While it does, no address stays on a freed IP for longer than is excused, nothing foreign is touched, and no
call is made without its confirming read. No two clocks agree. Once nothing goes wrong any more, all comes
right.
"""

from random import Random

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from eip import names
from eip.names import Action
from sandbox.ec2.messages import Settings
from tests.faults.cluster import asked_by
from tests.faults.installation import Installation
from tests.faults.lent import asks as asks_for_lent
from tests.faults.scenarios import FOREIGN, SLOW_DNS
from tests.faults.stray import StrayLeader

NAMES = ("web-0", "web-1", "db-0", "job")
CODES = ("RequestLimitExceeded", "InternalError", "UnauthorizedOperation")
MUTATING = (Action.ALLOCATE, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE)
DESCRIBING = (Action.DESCRIBE_ADDRESSES, Action.DESCRIBE_INTERFACES)
MOMENTS = (0.0, 0.0, 0.02, 0.1, 0.3, 1.0, 4.0, 12.0, 35.0)
AHEAD = (0.0, 0.0, 1.0, -1.0, -3600.0)
"""Seconds by which a replica's clock may be ahead of the true time; the last was badly set."""

OF_NOBODY = {names.CLUSTER_NAME_TAG: "", names.CLUSTER_UID_TAG: "", names.POD_UID_TAG: ""}
NOBODY = {name: f"00000000-0000-4000-8000-0000dead{number:04}" for number, name in enumerate(NAMES)}

HOSTS = ("mail.example.com", "mx.example.com")

DIGITS = st.integers(0, 99)
"""Of larger numbers Hypothesis prefers those in the modules that are loaded, so that no seed repeats them."""

pods = st.sampled_from(NAMES)
NAMED = {"reverse_dns": HOSTS[0]}
wishes = st.sampled_from(
    [
        {},
        {},
        {},
        NAMED,
        {"keep": "forever"},
        {"keep": "3m", **NAMED},
        {"pool": "mail"},
        {"request_address": "198.18.0.1"},
    ]
)
"""What pods ask for: most for an address and no more."""


class AnyOrder(RuleBasedStateMachine):
    """One installation; `redis_url` is set by the test."""

    redis_url = ""
    runs = 0

    def __init__(self) -> None:
        """Nothing has happened."""
        super().__init__()
        self.stray: StrayLeader | None = None
        self.installation: Installation | None = None

    @initialize(
        seed=st.builds(lambda high, low: 100 * high + low, DIGITS, DIGITS),
        spread=st.sampled_from([0.0, 5.0, 30.0]),
        served=st.lists(st.sampled_from([{}, NAMED]), max_size=2),
        lent=st.sampled_from([(), ("prod",), ("prod", "prod shop/db-0"), ("shop/web-0", "elsewhere")]),
        default_vpc=st.booleans(),
        dns=st.sampled_from([Settings(), SLOW_DNS]),
    )
    def begin(
        self,
        seed: int,
        spread: float,
        served: list[dict[str, str]],
        lent: tuple[str, ...],
        dns: Settings,
        *,
        default_vpc: bool,
    ) -> None:
        """Two nodes, and pods that have their address; calls take more or less time."""
        type(self).runs += 1
        self.installation = Installation(self.redis_url, seed=seed, nodes=True)
        self.installation.__enter__()
        self.chance = Random(seed)  # noqa: S311 - repeats itself
        self.installation.faults.chance = self.chance
        self.installation.faults.spread = spread
        self.installation.ec2.default_vpc = default_vpc
        self.installation.ec2.settings = dns
        self.cluster = self.installation.cluster
        self.ec2 = self.installation.ec2
        self.cluster.add_node()
        for to in lent:
            self.ec2.lend(to, pool="mail")
        self.installation.run_for(3.0)
        for name, node, asks in zip(NAMES, list(self.installation.kubernetes.nodes), served, strict=False):
            self.cluster.serve(name, node, **asks)
        self.installation.run_for(2.0)

    @property
    def all(self) -> Installation:
        """The installation."""
        assert self.installation is not None
        return self.installation

    # Time.

    @rule(seconds=st.sampled_from([1.0, 5.0, 40.0, 130.0]))
    def time_passes(self, seconds: float) -> None:
        self.all.run_for(seconds)

    # Pods and nodes.

    @rule(name=pods, node=st.integers(0, 1), served=st.booleans(), asks=wishes)
    def pod_is_made(self, name: str, node: int, *, served: bool, asks: dict[str, str]) -> None:
        nodes = list(self.all.kubernetes.nodes)
        if name not in self.cluster.pods and nodes:
            self.cluster.add(name, nodes[node % len(nodes)], labelled=True, **asks)
            if served:
                self.cluster.start(name)

    @rule(name=pods)
    def pod_gets_an_ip(self, name: str) -> None:
        pod = self.cluster.pods.get(name)
        if pod and pod.status.phase not in {"Succeeded", "Failed"}:
            self.cluster.start(name)

    @rule(name=pods, keep=st.sampled_from(["false", "true", "forever", "for a while"]))
    def author_asks_for_something_else(self, name: str, keep: str) -> None:
        pod = self.cluster.pods.get(name)
        if pod and not asks_for_lent(pod):
            self.cluster.ask(name, keep=keep)

    @rule(index=st.integers(0, 3), host=st.sampled_from(["", *HOSTS]))
    def author_asks_for_another_name(self, index: int, host: str) -> None:
        own = [name for name, pod in self.cluster.pods.items() if not asks_for_lent(pod)]
        if own:
            self.cluster.ask(own[index % len(own)], reverse_dns=host)

    @rule(name=pods)
    def pod_loses_its_network(self, name: str) -> None:
        if name in self.cluster.pods:
            self.cluster.lose_network(name)

    @rule(name=pods, labelled=st.booleans())
    def label_comes_or_goes(self, name: str, *, labelled: bool) -> None:
        if name in self.cluster.pods:
            self.cluster.label(name, labelled=labelled)

    @rule(name=pods)
    def pod_finishes(self, name: str) -> None:
        if name in self.cluster.pods:
            self.cluster.finish(name)

    @rule(name=pods)
    def pod_is_asked_to_end(self, name: str) -> None:
        if name in self.cluster.pods:
            self.cluster.terminate(name)

    @rule(name=pods, again=st.booleans())
    def pod_is_gone(self, name: str, *, again: bool) -> None:
        pod = self.cluster.pods.get(name)
        if pod:
            self.cluster.remove(name)
            if again and pod.spec.node_name in self.all.kubernetes.nodes:
                self.cluster.serve(name, pod.spec.node_name, **asked_by(pod))

    @rule()
    def node_comes(self) -> None:
        if len(self.all.kubernetes.nodes) < 3:
            self.cluster.add_node()

    @rule()
    def node_vanishes(self) -> None:
        if len(self.all.kubernetes.nodes) > 1:
            self.cluster.remove_node(next(iter(self.all.kubernetes.nodes)))

    @rule(node=st.integers(0, 2), labelled=st.booleans())
    def node_label_comes_or_goes(self, node: int, *, labelled: bool) -> None:
        nodes = list(self.all.kubernetes.nodes)
        self.cluster.nodes.label(nodes[node % len(nodes)], labelled=labelled)

    @rule(node=st.integers(0, 2), labelled=st.booleans(), asks=wishes)
    def node_registers_again(self, node: int, asks: dict[str, str], *, labelled: bool) -> None:
        nodes = list(self.all.kubernetes.nodes)
        name = nodes[node % len(nodes)]
        self.cluster.nodes.delete(name)
        self.cluster.nodes.register(name)
        self.cluster.nodes.label(name, labelled=labelled, **asks)

    # What goes wrong: one rule each for EC2, people, processes and Redis, so that pods have their share.

    @rule(
        what=st.sampled_from(["refuses", "loses replies", "is late", "has a quota"]),
        action=st.sampled_from(MUTATING * 2 + DESCRIBING),
        code=st.sampled_from(CODES),
        much=st.integers(1, 4),
    )
    def ec2_is_in_trouble(self, what: str, action: Action, code: str, much: int) -> None:
        match what:
            case "refuses":
                self.ec2.refuse(action, code, much)
            case "loses replies":
                self.ec2.lose_reply(action)
            case "is late":
                self.ec2.lag, self.ec2.young = 1.5 * (much - 1), 1.0 * (much - 1)
            case _:
                self.ec2.quota = 1000 if much == 4 else much

    @rule(
        what=st.sampled_from(["disassociates", "releases", "moves", "adds", "puts foreign", "has our name"]),
        index=st.integers(0, 5),
        name=pods,
    )
    def somebody_changes_addresses(self, what: str, index: int, name: str) -> None:
        pod = self.cluster.pods.get(name)
        uid = pod.uid if pod else NOBODY[name]
        ours = self.all.checks.ours
        mine = ours[index % len(ours)].allocation_id if ours else ""
        match what:
            case "disassociates" if mine:
                self.all.by_hand(what, lambda: self.ec2.take(mine))
            case "releases" if mine:
                self.all.by_hand(what, lambda: self.ec2.drop(mine))
            case "moves" if mine:
                interface = self.ec2.interfaces[0]
                node_ip = min(interface.private_ips)
                self.all.move_by_hand(ours[index % len(ours)], node_ip, interface.interface_id)
            case "adds" if not (pod and asks_for_lent(pod)):
                self.all.by_hand(what, lambda: self.ec2.give(uid, name))
            case "puts foreign" if pod and self.cluster.holders.get(pod.ipv4) == uid:
                self.all.by_hand(what, lambda: self.ec2.give("", "x", pod.ipv4, **OF_NOBODY))
            case "has our name":
                ip = f"10.9.0.{len(self.ec2.addresses) + 1}" if index % 2 else ""
                self.ec2.give(uid, name, ip, **FOREIGN)

    @rule(probability=st.sampled_from([0.0, 0.01, 0.05, 0.3]))
    def calls_fail_by_chance(self, probability: float) -> None:
        self.all.faults.probability = probability
        (self.all.faults.begin if probability else self.all.faults.end)("chance")

    @rule(
        what=st.sampled_from(
            ["worker-a", "worker-b", "producer", "watch", "leader", "stray", "lost", "doubled"]
        )
    )
    def a_process_is_in_trouble(self, what: str) -> None:
        leader = self.all.leader
        match what:
            case "worker-a" | "worker-b" if self.all.workers[what].process.alive:
                self.all.kill(self.all.workers[what].process)
            case "producer" if leader.process.alive:
                self.all.kill(leader.process)
            case "watch":
                self.all.faults.note("the watch lost its place")
                leader.lose_watch()
            case "leader" if leader.process.alive and self.stray is None:
                self.stray = StrayLeader(self.all)
            case "stray" if self.stray is not None:
                self.stray.wake()
                self.stray = None
            case "lost":
                self.all.lost_messages += 1
            case "doubled":
                self.all.doubled_messages += 1

    @rule(what=st.sampled_from(["away", "back", "back", "flushed", "empty", "older"]))
    def redis_is_in_trouble(self, what: str) -> None:
        match what:
            case "away" | "back":
                self.all.redis_away(away=what == "away")
            case "flushed":
                self.all.flush()
            case "empty":
                self.all.restart_redis()
            case _:
                replica = self.all.redis.dump()
                self.all.run_for(self.chance.choice((0.1, 0.3, 1.0)))
                self.all.fail_over(replica, self.chance.choice(AHEAD))

    @rule(code=st.sampled_from([None, None, None, 0, 401, 403, 429, 500, 503]))
    def api_server_breaks_or_mends(self, code: int | None) -> None:
        self.all.api_broken(code)

    @invariant()
    def time_passes_and_nothing_is_violated(self) -> None:
        if self.installation is not None:
            self.installation.run_for(self.chance.choice(MOMENTS))
            self.installation.raise_violations()

    def teardown(self) -> None:
        """All comes right once nothing goes wrong any more."""
        if self.installation is None:
            return
        try:
            if not (self.installation.checks.violations or self.installation.simulation.errors):
                self.installation.end_faults()
                self.installation.settle()
        finally:
            note("\n".join(self.installation.faults.happened))
            self.installation.__exit__(None, None, None)
