"""Run the double: `python -m sandbox.ec2` prints its address as a line of JSON, and ends on SIGTERM."""

import argparse
import signal
import threading

import msgspec

from sandbox.ec2.server import Ec2Double


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.ec2", description="A strict double of the EC2 API."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Ec2Double(port=arguments.port, stop_poll=0.5) as double:
        print(msgspec.json.encode({"url": double.url}).decode(), flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
