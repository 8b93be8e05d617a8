"""Short stories of pods, each of which is told again with a fault at every single call."""

from collections.abc import Callable
from dataclasses import dataclass

from eip import names
from sandbox.ec2.messages import Settings
from tests.faults.installation import Installation

Act = Callable[[Installation], None]
FOREIGN = {names.CLUSTER_UID_TAG: "uid-of-another-kube-system"}
"""The tag of another cluster that has this one's name."""

WEB, DB = "web-0", "db-0"
MAIL = "mail.example.com"
SLOW_DNS = Settings(ptr_seconds=5.0, ptr_release_seconds=20.0)


@dataclass(frozen=True)
class Scenario:
    """`prepare` runs without faults; whatever `act` and the recovery after it call may go wrong.

    Where Redis `forgets` what was intended, an address too many may come of it, and goes with a sweep. With
    `nodes` the operator serves nodes too.
    """

    name: str
    prepare: Act
    act: Act
    forgets: bool = False
    nodes: bool = False


def nothing(installation: Installation) -> None:
    """An installation that has just started."""


def served(installation: Installation) -> None:
    """Two pods that have their addresses."""
    installation.run_for(3)
    installation.cluster.serve(WEB, installation.node)
    installation.cluster.serve(DB, installation.node)
    installation.run_for(3)


def served_alone(installation: Installation) -> None:
    """One pod that has its address."""
    installation.run_for(3)
    installation.cluster.serve(WEB, installation.node)
    installation.run_for(3)


def up(installation: Installation) -> None:
    """A pod is made, and gets its IP a moment later."""
    installation.cluster.add(WEB, installation.node)
    installation.run_for(0.5)
    installation.cluster.start(WEB)


def down(installation: Installation) -> None:
    """A pod ends, and is gone."""
    installation.cluster.terminate(WEB)
    installation.run_for(2)
    installation.cluster.remove(WEB)


def gone_while_allocating(installation: Installation) -> None:
    """A pod is gone before it got what it asked for."""
    installation.cluster.serve(WEB, installation.node)
    installation.run_for(0.1)
    installation.cluster.remove(WEB)


def gone_while_associating(installation: Installation) -> None:
    """A pod is gone when its address is about to be associated."""
    installation.cluster.serve(WEB, installation.node)
    installation.run_for(0.2)
    installation.cluster.remove(WEB)


def label_removed(installation: Installation) -> None:
    """A pod wants no address any more, and lives on."""
    installation.cluster.label(WEB, labelled=False)


def label_flaps(installation: Installation) -> None:
    """The label goes, and comes back while the address is given back."""
    installation.cluster.label(WEB, labelled=False)
    installation.run_for(0.1)
    installation.cluster.label(WEB, labelled=True)


def network_lost_and_back(installation: Installation) -> None:
    """A node reboots: the pod loses its sandbox, and gets another one with another IP."""
    installation.cluster.lose_network(WEB)
    installation.run_for(5)
    installation.cluster.start(WEB)


def ip_changed(installation: Installation) -> None:
    """From one status to the next the pod has another IP."""
    installation.cluster.start(WEB)


def finished(installation: Installation) -> None:
    """A job's pod has ended, and stays as an object."""
    installation.cluster.finish(WEB)


def made_again(installation: Installation) -> None:
    """A StatefulSet's pod is gone and comes again under the same name, in the same moment."""
    installation.cluster.remove(WEB)
    installation.cluster.add(WEB, installation.node)
    installation.run_for(0.5)
    installation.cluster.start(WEB)


def ip_passed_on(installation: Installation) -> None:
    """Another pod gets the IP of one that is gone, as soon as it may."""
    installation.cluster.remove(WEB)
    installation.cluster.add("a", installation.node)
    installation.cluster.start("a")
    installation.run_for(30)
    installation.cluster.serve("b", installation.node)


def orphan_and_double(installation: Installation) -> None:
    """An address of nobody, one too many of a living pod's, and a foreign one with our name."""
    uid = installation.cluster.pods[WEB].uid
    ec2 = installation.ec2
    ec2.give("00000000-0000-4000-8000-00000000dead", "gone")
    ec2.give(uid, WEB)
    ec2.give("00000000-0000-4000-8000-00000000beef", "theirs", "10.0.1.1", **FOREIGN)


def moved_by_hand(installation: Installation) -> None:
    """Somebody takes a pod's address off its IP."""
    [address, *_] = installation.checks.ours
    installation.by_hand("disassociated", lambda: installation.ec2.take(address.allocation_id))


def flushed(installation: Installation) -> None:
    """Redis loses everything, and a pod is gone in the same moment."""
    installation.flush()
    installation.cluster.remove(DB)


def flushed_while_allocating(installation: Installation) -> None:
    """Redis loses everything while an address is allocated."""
    installation.cluster.serve("new", installation.node)
    installation.run_for(0.1)
    installation.flush()


def quota_reached(installation: Installation) -> None:
    """There is one address for two pods, until the first of them is gone."""
    installation.ec2.quota = 1
    installation.cluster.serve(DB, installation.node)
    installation.run_for(2)
    installation.cluster.remove(WEB)


def kept(installation: Installation) -> None:
    """One pod that has an address which stays for its name."""
    installation.run_for(3)
    installation.cluster.serve(WEB, installation.node, keep="forever")
    installation.run_for(3)


def kept_and_made_again(installation: Installation) -> None:
    """The pod is gone, and comes again under its name a moment later."""
    installation.cluster.remove(WEB)
    installation.run_for(1)
    installation.cluster.serve(WEB, installation.node, keep="forever")


def kept_for_nobody(installation: Installation) -> None:
    """The pod is gone for good; what is kept for a time only is given back after it."""
    installation.cluster.remove(WEB)
    installation.run_for(5)


def keep_comes(installation: Installation) -> None:
    """The author of a pod that is served asks for the address to stay; the pod is gone before it is said."""
    installation.cluster.ask(WEB, keep="forever")
    installation.run_for(0.1)
    installation.cluster.remove(WEB)
    installation.cluster.serve(WEB, installation.node, keep="forever")


def kept_and_forgotten(installation: Installation) -> None:
    """Redis loses everything while the pod is made again."""
    installation.cluster.remove(WEB)
    installation.run_for(0.3)
    installation.flush()
    installation.cluster.serve(WEB, installation.node, keep="forever")


def named(installation: Installation) -> None:
    """One pod whose address resolves to the name that it asks for."""
    installation.run_for(3)
    installation.ec2.settings = SLOW_DNS
    installation.cluster.serve(WEB, installation.node, reverse_dns=MAIL)
    installation.run_for(60)


def named_and_forgotten(installation: Installation) -> None:
    """The pod is gone, and Redis loses everything in the same moment: nobody knows of the record."""
    installation.flush()
    installation.cluster.remove(WEB)


def named_and_called_otherwise(installation: Installation) -> None:
    """The pod's author asks for another name, and then for none."""
    [address] = installation.checks.ours
    installation.ec2.dns.point("mx.example.com", address.public_ip)
    installation.cluster.ask(WEB, reverse_dns="mx.example.com")
    installation.run_for(1)
    installation.cluster.ask(WEB, reverse_dns="")


def named_kept_and_made_again(installation: Installation) -> None:
    """The pod's author asks for the address to stay; the next pod of its name wants it without the name."""
    installation.cluster.ask(WEB, keep="forever")
    installation.run_for(3)
    installation.cluster.remove(WEB)
    installation.run_for(1)
    installation.cluster.serve(WEB, installation.node, keep="forever")


def lent(*addresses: str) -> Act:
    """Two pods' worth of lent addresses, as many as are named, and nobody who has one."""

    def prepare(installation: Installation) -> None:
        for to in addresses:
            installation.ec2.lend(to, pool="mail")
        installation.run_for(3)

    return prepare


def one_for_two(installation: Installation) -> None:
    """Two pods ask for the one address of a pool; who has it goes, and the other gets it."""
    installation.cluster.serve(WEB, installation.node, pool="mail")
    installation.run_for(1)
    installation.cluster.serve(DB, installation.node, pool="mail")
    installation.run_for(1)
    installation.cluster.remove(WEB)


def named_and_passed_on(installation: Installation) -> None:
    """A pod asks for an address by its name, loses its network, and is gone; another asks for it, too."""
    [address, *_] = installation.ec2.addresses
    installation.cluster.serve(WEB, installation.node, request_address=address.public_ip)
    installation.run_for(1)
    installation.cluster.serve(DB, installation.node, request_address=address.allocation_id)
    installation.cluster.lose_network(WEB)
    installation.run_for(1)
    installation.cluster.remove(WEB)


def lent_and_forgotten(installation: Installation) -> None:
    """Redis loses everything in the moment in which one of two pods with a lent address is gone."""
    installation.cluster.serve(WEB, installation.node, pool="mail")
    installation.cluster.serve(DB, installation.node, pool="mail")
    installation.run_for(2)
    installation.flush()
    installation.cluster.remove(WEB)


def lent_up(installation: Installation) -> None:
    """A pod asks for the address of a pool, which is about to be associated."""
    installation.cluster.serve(WEB, installation.node, pool="mail")
    installation.run_for(0.35)


def lent_and_gone_at_once(installation: Installation) -> None:
    """A pod is gone when the address that is lent to it is about to be associated."""
    lent_up(installation)
    installation.cluster.remove(WEB)


def lent_and_network_lost(installation: Installation) -> None:
    """A pod loses its network when the lent address is about to be associated, and gets another IP later."""
    lent_up(installation)
    installation.cluster.lose_network(WEB)
    installation.run_for(40)
    installation.cluster.start(WEB)


def lent_and_ip_changed(installation: Installation) -> None:
    """A pod has another IP when the lent address is about to be associated."""
    lent_up(installation)
    installation.cluster.start(WEB)


def node_served(installation: Installation) -> None:
    """A node that has its address, and a pod on it that has one of its own."""
    installation.run_for(3)
    installation.cluster.nodes.label(installation.node, labelled=True)
    installation.cluster.serve(WEB, installation.node)
    installation.run_for(3)


def node_labelled(installation: Installation) -> None:
    """A node gets the label."""
    installation.cluster.nodes.label(installation.node, labelled=True)


def node_unlabelled(installation: Installation) -> None:
    """A node loses the label, and lives on, as does the pod on it."""
    installation.cluster.nodes.label(installation.node, labelled=False)


def node_deleted(installation: Installation) -> None:
    """A Node object is deleted; its instance, and the pod on it, are still there."""
    installation.cluster.nodes.delete(installation.node)


def node_terminated(installation: Installation) -> None:
    """The instance of a node is terminated: EC2 takes the addresses off, and the objects go."""
    installation.cluster.remove_node(installation.node)


def node_registered_again(installation: Installation) -> None:
    """A Node object is deleted, and there again in the same moment, with the label: it is another node."""
    installation.cluster.nodes.delete(installation.node)
    installation.cluster.nodes.register(installation.node)
    installation.cluster.nodes.label(installation.node, labelled=True)


def node_deleted_and_forgotten(installation: Installation) -> None:
    """A Node object is deleted, and Redis loses everything in the same moment."""
    installation.flush()
    installation.cluster.nodes.delete(installation.node)


def egress_asked_by_two(installation: Installation) -> None:
    """A node has the one address of a pool, and another node asks for it."""
    installation.cluster.nodes.label(installation.node, labelled=True, pool="mail")
    installation.run_for(1)
    another = installation.cluster.add_node()
    installation.cluster.nodes.label(another, labelled=True, pool="mail")
    installation.run_for(1)


def egress_moves(installation: Installation) -> None:
    """The node that has the address loses the label; the next node gets it."""
    egress_asked_by_two(installation)
    installation.cluster.nodes.label(installation.node, labelled=False)


def egress_node_deleted(installation: Installation) -> None:
    """The Node object goes while its instance lives on: no node says any more whose instance that is."""
    egress_asked_by_two(installation)
    installation.cluster.nodes.delete(installation.node)


SCENARIOS = (
    Scenario("start", nothing, lambda i: i.run_for(3)),
    Scenario("up", lambda i: i.run_for(3), up),
    Scenario("up as the first thing", nothing, up),
    Scenario("down", served_alone, down),
    Scenario("gone while allocating", lambda i: i.run_for(3), gone_while_allocating),
    Scenario("gone while associating", lambda i: i.run_for(3), gone_while_associating),
    Scenario("label removed", served_alone, label_removed),
    Scenario("label flaps", served_alone, label_flaps),
    Scenario("network lost and back", served_alone, network_lost_and_back),
    Scenario("IP changed", served_alone, ip_changed),
    Scenario("finished", served_alone, finished),
    Scenario("made again under its name", served_alone, made_again),
    Scenario("IP passed on", served_alone, ip_passed_on),
    Scenario("orphan and double", served_alone, orphan_and_double),
    Scenario("moved by hand", served_alone, moved_by_hand),
    Scenario("Redis flushed", served, flushed, forgets=True),
    Scenario("Redis flushed while allocating", served_alone, flushed_while_allocating, forgets=True),
    Scenario("quota reached", served_alone, quota_reached),
    Scenario("kept and made again", kept, kept_and_made_again),
    Scenario("kept for nobody", kept, kept_for_nobody),
    Scenario("keep comes late", served_alone, keep_comes),
    Scenario("kept and forgotten", kept, kept_and_forgotten, forgets=True),
    Scenario("named and forgotten", named, named_and_forgotten, forgets=True),
    Scenario("named, and called otherwise", named, named_and_called_otherwise),
    Scenario("named, kept, and made again without", named, named_kept_and_made_again),
    Scenario("one address for two", lent("prod"), one_for_two),
    Scenario("lent by name", lent("prod"), named_and_passed_on),
    Scenario("lent and forgotten", lent("prod", "prod shop/*"), lent_and_forgotten, forgets=True),
    Scenario("lent and gone at once", lent("prod", "shop/web-0"), lent_and_gone_at_once),
    Scenario("lent, and the network is lost", lent("prod"), lent_and_network_lost),
    Scenario("lent, and the IP changed", lent("prod"), lent_and_ip_changed),
    Scenario("node labelled", lambda i: i.run_for(3), node_labelled, nodes=True),
    Scenario("node unlabelled", node_served, node_unlabelled, nodes=True),
    Scenario("node deleted", node_served, node_deleted, nodes=True),
    Scenario("node terminated", node_served, node_terminated, nodes=True),
    Scenario("node registered again", node_served, node_registered_again, nodes=True),
    Scenario("node deleted and forgotten", node_served, node_deleted_and_forgotten, forgets=True, nodes=True),
    Scenario("egress moves to another node", lent("prod Node/*"), egress_moves, nodes=True),
    Scenario("egress node deleted", lent("prod Node/*"), egress_node_deleted, nodes=True),
)
