"""EC2's refusals, with the codes that clients act on."""


class Ec2Error(Exception):
    """An error answer: its code, its text, and the HTTP status it travels with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def not_found(kind: str, what: str, value: str) -> Ec2Error:
    """`KIND.NotFound`, with EC2's wording."""
    return Ec2Error(f"{kind}.NotFound", f"The {what} '{value}' does not exist")


def unknown_allocation(allocation_id: str) -> Ec2Error:
    """The address was never allocated, is released, or is too young to be known everywhere."""
    return not_found("InvalidAllocationID", "allocation ID", allocation_id)


def unknown_association(association_id: str) -> Ec2Error:
    """The association never was, or is gone."""
    return not_found("InvalidAssociationID", "association ID", association_id)


def unknown_interface(interface_id: str) -> Ec2Error:
    """The interface never was, or is deleted."""
    return not_found("InvalidNetworkInterfaceID", "networkInterface ID", interface_id)


def missing_parameter(name: str) -> Ec2Error:
    """A required parameter was left out."""
    return Ec2Error("MissingParameter", f"The request must contain the parameter {name}")


def invalid_value(name: str, value: str, why: str) -> Ec2Error:
    """A parameter's value is not possible."""
    return Ec2Error("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid. {why}")


def request_limit_exceeded() -> Ec2Error:
    """The action's token bucket is empty."""
    return Ec2Error("RequestLimitExceeded", "Request limit exceeded.", status=503)
