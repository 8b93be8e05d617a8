"""The settings are usable, as the command would have ended otherwise; is one misspelt?"""

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, passes, warns

CHECK = "settings"


def settings(facts: Facts) -> list[Finding]:
    """EIP_ variables that mean nothing are as good as settings that were left out."""
    if facts.strange_variables:
        return [warns(CHECK, "; ".join(facts.strange_variables), "correct the name, or remove the variable")]
    return [passes(CHECK, f"usable; the cluster is called {facts.settings.cluster_name}")]
