"""Whether a sound gets its watermark: by default every one does."""

from __future__ import annotations

from kouji.errors import NotPermitted


def is_wanted(rule: str, asked: bool | None) -> bool:
    """Whether a sound is marked.

    Args:
        rule: of the house, one of kouji.config.RULES.
        asked: by the request; None: nothing.

    Raises:
        NotPermitted: none is asked for, and nobody may.
    """
    if asked is False and rule == "always":
        hint = "The setting `watermark = request` would allow it."
        raise NotPermitted("The watermark cannot be left out here.", hint, param="watermark")
    return rule != "off" if asked is None else asked
