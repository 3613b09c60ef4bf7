"""An instant in a page, which its script shows in the zone and language of the viewer."""

from __future__ import annotations

from datetime import UTC, datetime

from ape_core.clocks import utc_text
from widgets.html import text


def moment(then: datetime) -> str:
    """Markup of an instant: in UTC, and says so, until the page's script turns it into local time.

    The kernel's own zone is that of the server, which says nothing of where the viewer is.
    """
    shown = then.astimezone(UTC).strftime("%-d %b %Y, %H:%M UTC")
    return f'<time class="ape-moment" datetime="{text(utc_text(then))}">{text(shown)}</time>'
