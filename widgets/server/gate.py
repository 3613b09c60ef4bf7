"""What happens before a page gets a kernel: a cookie for leaving, and a look at the memory."""

from __future__ import annotations

from typing import Any, Final

from tornado.web import HTTPError

from ape_core.runs.memory import check_memory

PAGE_MB: Final = 130
"""Memory that the kernel of one page takes, with some to spare."""


def admit(request: Any, **_: Any) -> None:
    """Let a visitor in, or say politely that there is no memory for another page.

    Raises
    ------
    HTTPError
        503, before any kernel is started.
    """
    # Reading the token sets its cookie. Without it the server refuses the message by which a page
    # that closes gives back its kernel, and every reload would leave one behind.
    request.xsrf_token  # noqa: B018
    memory = check_memory()
    if memory.free_mb < PAGE_MB:
        raise HTTPError(
            503,
            f"Another page needs about {PAGE_MB} MB of memory, and {memory.free_mb:,.0f} MB of "
            f"{memory.limit_mb:,.0f} MB are left",
            reason="No memory for another page",
        )
