"""A strict double of the EC2 API: moto's networks and instances, with Elastic IPs and throttling as EC2's.

`python -m sandbox.ec2` runs it, `sandbox.ec2.server.Ec2Double` runs it in a thread, and
`sandbox.ec2.control.Control` sets its limits and faults, builds networks, and reads what was called.
"""
