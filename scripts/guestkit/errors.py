# SPDX-License-Identifier: LGPL-2.1-or-later
"""The one exception that guestkit raises on purpose."""


class GuestError(Exception):
    """Something about a guest did not work.

    The text is one line that a user can act on: what was tried, what came of
    it and, where there is one, the next thing to try.
    """


def last_line(text: str, otherwise: str = "it said nothing") -> str:
    """The last line of TEXT that is not blank, for use inside an error's line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


def first_complaint(text: str) -> str:
    """The first error or warning in what apt wrote, or "". Later ones follow from it."""
    return next((line for line in text.splitlines() if line.startswith(("E:", "W:"))), "")
