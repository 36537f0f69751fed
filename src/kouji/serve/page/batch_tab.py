"""Many lines at once: a script becomes a job, which the next tab shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.audio.writer import FORMATS
from kouji.errors import InvalidInput

from . import able, html
from .desk import checked_upload
from .form import engine_choices, first_engine, voice_choices
from .work import Asked, Check

if TYPE_CHECKING:
    from .desk import Desk
    from .words import Words

_KEPT = 200  # jobs that a browser remembers as its own
_LOOK = 0.3  # seconds between two looks at how far the check is


def build(desk: Desk, words: Words, memory: Any, tabs: Any) -> Any:
    """The tab, within open Blocks; `memory` is where the browser remembers its jobs, `tabs` what it is one of.

    Returns:
        A state that changes with every job that is handed in; `memory` names it then.
    """
    first = first_engine(desk)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            file = gr.File(
                label=words["script"], file_types=[".csv", ".tsv", ".jsonl"], type="filepath", elem_id="script",
                height=140,
            )  # fmt: skip
            with gr.Row():
                engine = gr.Dropdown(engine_choices(desk), value=first, label=words["engine"], min_width=140)
                preset = gr.Dropdown([], label=words["preset"], min_width=140, elem_id="batch_preset")
            with gr.Row():
                voice = gr.Dropdown(
                    voice_choices(desk, first, words), value="", label=words["voice"], min_width=140
                )
                format = gr.Dropdown(list(FORMATS), value="wav", label=words["format"], min_width=140)
            level = gr.Checkbox(True, label=words["levelled"])
            callback = gr.Textbox(
                label=words["callback"], placeholder="https://", max_lines=1, interactive=desk.work.tells,
                info=None if desk.work.tells else words["no_callbacks"], elem_id="callback",
            )  # fmt: skip
            run = gr.Button(words["run"], variant="primary", elem_id="run")
            told = gr.HTML("", elem_id="batch_result", padding=False)
        with gr.Column(scale=2, min_width=300):
            gr.Markdown(words["script_help"], elem_classes="help")

    def other(name: str) -> list[Any]:
        return [able.presets(desk.service.host(name).card, words), gr.update(choices=voice_choices(desk, name, words))]

    for component, change in zip((preset, voice), other(first), strict=True):
        able.apply(component, change)
    engine.change(other, engine, [preset, voice], api_visibility="private", queue=False)
    given = [file, engine, preset, voice, format, level, callback, memory]
    last = gr.State("")
    run.click(
        _hand_in(desk, words), given, [told, memory, last, tabs], api_visibility="private", concurrency_limit=None,
        show_progress="hidden",
    )  # fmt: skip
    return last


def _hand_in(desk: Desk, words: Words) -> Any:
    async def hand_in(
        path: str | None, engine: str, preset: str, voice: str, format: str, level: bool, callback: str,
        memory: dict[str, Any], visit: gr.Request,
    ) -> AsyncIterator[Any]:  # fmt: skip
        check, nothing = Check(), [gr.skip()] * 3
        try:
            client = desk.enter(visit)
            if path is None:
                raise InvalidInput(words["no_file"], words["script"])
            asked = Asked(engine, preset or "", voice or "", format, level, (callback or "").strip(), client.name)
            script: Path = checked_upload(path)
            task = asyncio.create_task(asyncio.to_thread(desk.work.hand_in, script, asked, check))
            while not task.done():
                yield html.bar(check.n_checked, check.n_lines, words["checking"]), *nothing
                await asyncio.wait([task], timeout=_LOOK)
            job = task.result()
        except Exception as error:
            yield html.problem(error, words), *nothing
            return
        about = f"{words['handed_in']}{words['colon']}{job.n_items} {words['lines']} · {job.id}"
        kept = {"mine": [job.id, *(memory or {}).get("mine", [])][:_KEPT], "job": job.id}
        yield html.done(about), kept, job.id, gr.Tabs(selected="jobs")

    return hand_in
