"""Where a visitor gives a clip of a voice: the doctor looks at it at once, and the owner's consent is ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from . import html

if TYPE_CHECKING:
    from .desk import Desk
    from .words import Words


WAVES = gr.WaveformOptions(waveform_progress_color="#0d9488")  # what was played, in the page's own colour


def clip_input(desk: Desk, words: Words, name: str) -> tuple[Any, Any]:
    """Within open Blocks. Returns the clip (a path, or None) and the tick."""
    clip = gr.Audio(
        label=words["clip"], sources=["upload", "microphone"], type="filepath", elem_id=f"{name}_clip",
        buttons=["download"], waveform_options=WAVES,
    )  # fmt: skip
    verdict = gr.HTML("", elem_id=f"{name}_verdict", padding=False)
    consent = gr.Checkbox(False, label=words["consent"], elem_id=f"{name}_consent")

    async def look(path: str | None, visit: gr.Request) -> str:
        if path is None:
            return ""
        try:
            desk.enter(visit)
            return html.verdict(await desk.examine(path), words)
        except Exception as error:
            return html.problem(error, words)

    clip.change(look, clip, verdict, api_visibility="private", concurrency_limit=None)
    return clip, consent
