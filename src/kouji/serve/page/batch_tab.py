"""Many lines at once: a CSV or JSONL file in, a zip of sounds out, with the progress in between."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.errors import InvalidInput

from ..errors import problem_of
from . import html, script
from .desk import uploaded
from .speak_tab import FORMATS, engine_choices, voice_choices

if TYPE_CHECKING:
    from ..auth import Client
    from .desk import Desk
    from .words import Words

AT_ONCE = 4  # lines of one batch in the queue: others have their turn between


@dataclass(frozen=True)
class _Line:
    """One row of results.csv."""

    id: str
    file: str = ""
    duration: str = ""
    problem: str = ""
    notes: str = ""


def build(desk: Desk, words: Words) -> None:
    """The tab, within open Blocks."""
    engines = engine_choices(desk)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            gr.Markdown(words["script_help"])
            file = gr.File(
                label=words["script"], file_types=[".csv", ".jsonl"], type="filepath", elem_id="script", height=140
            )
        with gr.Column(scale=2, min_width=300):
            with gr.Row():
                voice = gr.Dropdown(
                    voice_choices(desk, engines[0], words) if engines else [], value="", label=words["voice"],
                    min_width=160,
                )  # fmt: skip
                format = gr.Dropdown(list(FORMATS), value="wav", label=words["format"], min_width=100)
            with gr.Row():
                run = gr.Button(words["run"], variant="primary", elem_id="run", min_width=100)
                stop = gr.Button(words["stop"], elem_id="stop", min_width=100)
            shown = gr.HTML("", elem_id="batch_result", padding=False)
            result = gr.File(label=words["zip"], interactive=False, elem_id="zip", visible=False)

    async def batch(path: str | None, voice: str, format: str, visit: gr.Request) -> AsyncIterator[Any]:
        try:
            client = desk.enter(visit)
            if path is None:
                raise InvalidInput(words["no_file"], words["script"])
            lines = script.rows(await asyncio.to_thread(uploaded, path))
        except Exception as error:
            yield html.problem(error), gr.update(visible=False)
            return
        out = desk.file("kouji-batch", "zip")
        work = _work(desk, client, lines, {"voice": voice, "response_format": format}, out)
        async for n_done, n_failed in work:
            about = f"{n_done}{words['of']}{len(lines)} {words['lines_done']}"
            about += f" · {n_failed} {words['lines_failed']}" if n_failed else ""
            yield html.bar(n_done, len(lines), about), gr.update(visible=False)
        yield html.bar(len(lines), len(lines), about), gr.update(value=str(out), visible=True)

    going = run.click(
        batch, [file, voice, format], [shown, result], api_visibility="private", concurrency_limit=None,
        show_progress="hidden",
    )  # fmt: skip
    stop.click(lambda: "", None, shown, cancels=[going], api_visibility="private", queue=False)


async def _work(
    desk: Desk, client: Client, lines: list[dict[str, Any]], shared: dict[str, Any], out: Path
) -> AsyncIterator[tuple[int, int]]:
    """Say the lines into a zip; yields (lines done, lines failed) as they come. Each succeeds or fails for itself."""
    rows: dict[int, _Line] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def one(index: int, line: dict[str, Any]) -> None:
        async with places:
            rows[index] = await _said(desk, client, index, {**shared, **line}, sounds)

    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as sounds:
        tasks = [asyncio.create_task(one(index, line)) for index, line in enumerate(lines)]
        try:
            for task in asyncio.as_completed(tasks):
                await task
                yield len(rows), sum(bool(row.problem) for row in rows.values())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        sounds.writestr("results.csv", _table([rows[index] for index in sorted(rows)]))


async def _said(
    desk: Desk, client: Client, index: int, line: dict[str, Any], sounds: zipfile.ZipFile
) -> _Line:
    id = str(line.pop("id", index + 1))
    text = line.pop("input", None)
    try:
        take = await desk.say(client, {"text": text or "", **line})
    except Exception as error:
        return _Line(id, problem=problem_of(error).message)
    path = Path(take.path)
    name = f"{index + 1:04d}{path.suffix}"  # of ours: an id from a file is no name for one
    sounds.write(path, name)
    path.unlink(missing_ok=True)
    return _Line(id, name, f"{take.duration:.3f}", notes=" ".join(take.notes))


def _table(rows: list[_Line]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([field.name for field in fields(_Line)])
    writer.writerows(astuple(row) for row in rows)
    return out.getvalue()
