"""What runs around the app's views, and which of it a usual call that records gifts need not wait for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Hook = TypeVar("Hook", bound=Callable[..., object])

_MARK = "_passed_by_gifts"


def passed_by_gifts(hook: Hook) -> Hook:
    """Mark a hook that does nothing to a call that records gifts and is right, or that the front does itself.

    The front takes such calls before the app sees them, as long as every hook is marked. Whatever counts, refuses or
    changes a *right* call must not be marked: then all calls go through the app.

    Args:
        hook: Of the app.

    Returns:
        The hook.
    """
    setattr(hook, _MARK, True)
    return hook


def is_passed_by_gifts(hook: Callable[..., object]) -> bool:
    """Tell whether a hook is marked."""
    return getattr(hook, _MARK, False)
