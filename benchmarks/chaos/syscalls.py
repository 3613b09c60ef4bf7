"""System calls that fail when somebody else decides so: seccomp with a supervisor.

A filter of the kernel hands chosen calls of a process to a supervisor, which lets each go on or
answers it with an error. It can count and can see which file is meant, needs no compiler, no
privilege and no change of the program; the program cannot tell it from a disk that fails.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import re
import select
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

# Numbers of the calls on x86-64 and on 64-bit ARM, where the older ones do not exist.
_NUMBERS: Final = {
    "x86_64": {
        "write": 1, "rename": 82, "mkdir": 83, "unlink": 87, "fsync": 74, "openat": 257,
        "renameat2": 316, "unlinkat": 263, "mkdirat": 258, "fcntl": 72, "ftruncate": 77,
        "seccomp": 317,
    },
    "aarch64": {
        "write": 64, "renameat": 38, "renameat2": 276, "unlinkat": 35, "mkdirat": 34,
        "fsync": 82, "openat": 56, "fcntl": 25, "ftruncate": 46, "seccomp": 277,
    },
}  # fmt: skip
_ARCHITECTURE: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SAME: Final = {
    "rename": ("rename", "renameat", "renameat2"),
    "unlink": ("unlink", "unlinkat"),
    "mkdir": ("mkdir", "mkdirat"),
}
_PATH_ARGUMENT: Final = {
    "rename": 1, "renameat": 3, "renameat2": 3, "openat": 1, "mkdir": 0, "mkdirat": 1,
    "unlink": 0, "unlinkat": 1,
}  # fmt: skip
"""Which argument is the name of the file; the others begin with an open file."""

_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_GO_ON = 1


@dataclass
class Fault:
    """An error that a call is answered with.

    Attributes
    ----------
    call
        Its name: write, fsync, rename, openat, unlink or mkdir.
    error
        Number of the error.
    path
        Expression that is found in the path of the file that is meant.
    after
        Calls that go well first.
    times
        Calls that fail then; 0 for all that follow.
    """

    call: str
    error: int
    path: str
    after: int = 0
    times: int = 0
    seen: int = 0
    hits: int = 0

    def strikes(self, call: str, path: str) -> bool:
        """Whether a call fails; counts it."""
        if call not in _SAME.get(self.call, (self.call,)) or not re.search(self.path, path):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times and self.hits >= self.times):
            return False
        self.hits += 1
        return True


def why_not() -> str:
    """Why calls cannot be made to fail here; empty when they can."""
    if platform.machine() not in _NUMBERS:
        return f"no numbers of system calls for {platform.machine()}"
    pid = os.fork()
    if pid == 0:
        try:
            supervised(["mkdir"])
        except OSError as error:
            os._exit(error.errno or 255)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return f"seccomp with a supervisor is refused: {os.strerror(status)}" if status else ""


def supervised(calls: Sequence[str]) -> int:
    """Put calls of this process under supervision for ever; return the supervisor's open file."""
    machine = platform.machine()
    numbers = _NUMBERS[machine]
    asked = sorted(
        {numbers[name] for call in calls for name in _SAME.get(call, (call,)) if name in numbers}
    )
    program = _program(_ARCHITECTURE[machine], asked)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_filter, new_listener = 38, 1, 1 << 3
    if libc.prctl(no_new_privileges, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    descriptor: int = libc.syscall(numbers["seccomp"], set_filter, new_listener, header)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return descriptor


def _program(architecture: int, numbers: Sequence[int]) -> bytes:
    """Filter that asks the supervisor about some calls and lets all others go on."""
    load, equal, answer = 0x20, 0x15, 0x06
    n = len(numbers)
    steps = [(load, 0, 0, 4), (equal, 0, n + 1, architecture), (load, 0, 0, 0)]
    steps += [(equal, n - i, 0, number) for i, number in enumerate(numbers)]
    steps += [(answer, 0, 0, _ALLOW), (answer, 0, 0, _ASK)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class Supervisor:
    """Answers the calls of one process with the faults that it was given."""

    def __init__(self, folder: Path, faults: Sequence[Fault]) -> None:
        self.path = folder / f"supervisor-{os.urandom(4).hex()}"
        self.calls = ",".join(sorted({fault.call for fault in faults}))
        self.faults = list(faults)
        self._names = {number: name for name, number in _NUMBERS[platform.machine()].items()}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until the process has ended."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        """Answer until nobody is left to ask."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection:
            _, (descriptor,), _, _ = socket.recv_fds(connection, 1, 1)
            connection.send(b"x")
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not any(event & select.POLLHUP for _, event in poll.poll()):
            with suppress(OSError):  # whoever asked was killed meanwhile
                self._answer_one(descriptor)
        os.close(descriptor)

    def _answer_one(self, descriptor: int) -> None:
        """Let one call go on, or fail."""
        asked = bytearray(80)
        fcntl.ioctl(descriptor, _RECEIVE, asked, True)
        identity, pid, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", asked)
        call = self._names.get(number, "")
        path = _path_meant(pid, call, arguments)
        error = next((fault.error for fault in self.faults if fault.strikes(call, path)), 0)
        flags = 0 if error else _GO_ON
        answer = bytearray(struct.pack("QqiI", identity, 0, -error, flags))
        fcntl.ioctl(descriptor, _SEND, answer, True)


def _path_meant(pid: int, call: str, arguments: Sequence[int]) -> str:
    """Path of the file that a call is about; of an open file when it names none."""
    position = _PATH_ARGUMENT.get(call)
    if position is None:
        return str(Path(f"/proc/{pid}/fd/{arguments[0]}").readlink())
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        memory.seek(arguments[position])
        return memory.read(4096).partition(b"\0")[0].decode(errors="replace")
