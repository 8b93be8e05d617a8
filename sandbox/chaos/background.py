"""What goes on beside the chaos: a thread for as long as its context manager is entered."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Background(ABC):
    """`_run` is to return soon once `_stopping` is set."""

    def __init__(self, name: str) -> None:
        """Nothing runs before it is entered."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and wait for it."""
        self._stopping.set()
        self._thread.join()

    @abstractmethod
    def _run(self) -> None:
        """What the thread does."""
