"""What went wrong, in words, until the reader does something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from widgets.html import html, prose

if TYPE_CHECKING:
    from widgets.session import Notice


class Noticing(Protocol):
    """The state of a page, as far as something may have gone wrong in it."""

    notice: Notice | None


class NoticePanel:
    """An alert that screen readers announce when it appears."""

    def __init__(self, session: Noticing) -> None:
        self._session = session
        self.view = html()

    def refresh(self) -> None:
        """Show the notice of the session, or nothing."""
        notice = self._session.notice
        if notice is None:
            self.view.value = ""
            return
        message, hint = notice.message, notice.hint
        below = f"<span>{prose(hint)}</span>" if hint else ""
        self.view.value = (
            f'<div class="ape-notice" role="alert"><div><b>{prose(message)}</b>{below}</div></div>'
        )
