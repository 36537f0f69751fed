"""Jobs of this server, whichever door they came by: how far they are, their sound, their end, their callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.errors import UnknownName

from . import html, job_html
from .clip import WAVES
from .work import folder_of, is_elsewhere

if TYPE_CHECKING:
    from kouji.jobs import Item, Job

    from .desk import Desk
    from .words import Words

LISTED = 50  # jobs
_LINES = 200  # of a job that are shown, and offered for listening
_LONG = 1000  # lines; of longer jobs those in trouble are told of at the end
LOOK = 1.0  # seconds between two looks while the tab is open
ALL, MINE = "all", "mine"
# The browser's own download of what was just packed; the link stays for who wants it again.
_FETCH = "() => setTimeout(() => document.querySelector('#zip a[download]')?.click(), 300)"

Memory = Mapping[str, Any]  # {"mine": [ids], "job": id}, kept by the browser


@dataclass(frozen=True)
class View:
    """The components that show jobs."""

    whose: Any
    picker: Any
    picked: Any  # the same in a field that takes any text: gradio refuses a choice that has just left the list
    shown: Any
    about: Any  # all that there is besides, where there is a job
    told: Any
    cancel: Any
    resume: Any
    download: Any
    zip: Any
    line: Any
    sound: Any
    lines: Any
    deliveries: Any
    seen: Any  # what is shown now, so that nothing is sent where nothing has changed

    @property
    def outputs(self) -> list[Any]:
        """What a look changes."""
        return [
            self.picker, self.picked, self.shown, self.about, self.cancel, self.resume, self.download, self.line,
            self.lines, self.deliveries, self.seen,
        ]  # fmt: skip


def build(desk: Desk, words: Words, memory: Any) -> tuple[View, Callable[..., Any], list[Any]]:
    """The tab, within open Blocks.

    Returns:
        The view; the look at the jobs, which takes (whose, picked, seen, memory); and those inputs.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=300):
            whose = gr.Radio(
                [(words["all_jobs"], ALL), (words["my_jobs"], MINE)], value=ALL, label=words["whose"], elem_id="whose"
            )
            picker = gr.Radio([], label=words["jobs_newest"], elem_id="jobs", elem_classes="list", visible=False)
        with gr.Column(scale=3, min_width=320):
            view = _detail(words, whose, picker)
    look = _look(desk, words)
    inputs = [whose, view.picked, view.seen, memory]
    _wire(desk, words, view, look, inputs)
    return view, look, inputs


def _detail(words: Words, whose: Any, picker: Any) -> View:
    shown = gr.HTML(html.quiet(words["no_jobs"]), elem_id="job", padding=False)
    with gr.Column(visible=False) as about:
        with gr.Row():
            cancel = gr.Button(words["cancel"], elem_id="cancel", min_width=100, interactive=False)
            resume = gr.Button(words["resume"], elem_id="resume", min_width=100, interactive=False)
            download = gr.Button(words["download"], elem_id="download", min_width=100, interactive=False)
        told = gr.HTML("", elem_id="job_result", padding=False)
        zip = gr.File(label=words["zip"], interactive=False, elem_id="zip", visible=False)
        with gr.Accordion(words["listen"], open=False):
            line = gr.Dropdown([], label=words["line"], elem_id="line")
            sound = gr.Audio(
                label=words["result"], interactive=False, type="filepath", elem_id="line_sound", visible=False,
                buttons=["download"], waveform_options=WAVES,
            )  # fmt: skip
        with gr.Accordion(words["lines_of_job"], open=False):
            lines = gr.HTML("", elem_id="lines", padding=False)
        with gr.Accordion(words["deliveries"], open=False):
            deliveries = gr.HTML("", elem_id="deliveries", padding=False)
    picked = gr.Textbox("", visible=False)
    return View(
        whose, picker, picked, shown, about, told, cancel, resume, download, zip, line, sound, lines, deliveries,
        gr.State(None),
    )  # fmt: skip


def _look(desk: Desk, words: Words) -> Callable[..., Any]:
    def look(whose: str, picked: str | None, seen: Any, memory: Memory | None, visit: gr.Request) -> list[Any]:
        try:
            return found(whose, picked, seen, memory, desk.owner(visit))
        except Exception as error:  # such as records that do not answer; the next look may be luckier
            return [gr.skip(), gr.skip(), html.problem(error, words), *[gr.skip()] * 7, None]

    def found(whose: str, picked: str | None, seen: Any, memory: Memory | None, owner: str | None) -> list[Any]:
        kept = memory or {}
        jobs = desk.work.newest(LISTED, owner)
        if whose == MINE:
            mine = set(kept.get("mine", []))
            jobs = [job for job in jobs if job.id in mine]
        ids = [job.id for job in jobs]
        chosen = next((each for each in (picked, kept.get("job")) if each in ids), next(iter(ids), None))
        job = next((job for job in jobs if job.id == chosen), None)
        tries = desk.work.deliveries(job.id) if job and job.callback else []
        now = [(each.id, each.state, each.last_seq) for each in jobs], chosen, len(tries), whose
        if now == seen:
            return [gr.skip()] * 11
        items = desk.work.items(job.id, _few(job)) if job else []
        can = job_html.able_to(job)
        return [
            gr.update(
                choices=[(job_html.label(each, words), each.id) for each in jobs], visible=bool(jobs),
                **({} if picked == chosen else {"value": chosen}),  # else a click of this instant would be undone
            ),
            gr.skip() if picked == chosen else chosen or "",
            job_html.facts(job, words) if job else html.quiet(words["no_jobs" if whose == ALL else "none_of_mine"]),
            gr.update(visible=job is not None),
            *(gr.update(interactive=each in can) for each in ("cancel", "resume", "download")),
            gr.update(choices=_done(job, items)),
            job_html.lines(items, job.n_items, _LINES, words) if job else html.quiet(words["no_lines"]),
            job_html.deliveries(tries, words) if tries else html.quiet(words["no_deliveries"]),
            now,
        ]

    return look


def _few(job: Job) -> int | None:
    """How many lines are read: all, but of a long job that is at work, which is looked at every second."""
    return None if job.is_over or job.n_items <= _LONG else _LINES


def _done(job: Job | None, items: list[Item]) -> list[tuple[str, int]]:
    if job is None or is_elsewhere(job):
        return []
    done = [item for item in items if item.state == "done"][:_LINES]
    return [(f"{item.name} · {item.request.text[:40]}", item.position) for item in done]


def _wire(desk: Desk, words: Words, view: View, look: Callable[..., Any], inputs: list[Any]) -> None:
    def again(happened: Any) -> None:
        happened.then(
            look, inputs, view.outputs, api_visibility="private", concurrency_limit=None, show_progress="hidden"
        )

    def act(what: Callable[[str, str | None], Job], told: str) -> Any:
        async def done(id: str | None, visit: gr.Request) -> str:
            try:
                desk.enter(visit)
                job = await asyncio.to_thread(what, id or "", desk.owner(visit))
            except Exception as error:
                return html.problem(error, words)
            return html.done(f"{words[told]}{words['colon']}{job.id}")

        return done

    async def zipped(id: str | None, visit: gr.Request) -> tuple[str, Any]:
        try:
            desk.enter(visit)
            job = await asyncio.to_thread(desk.work.get, id or "", desk.owner(visit))
            if is_elsewhere(job):
                raise UnknownName("download", job.id, [f"its files in {folder_of(job)}"])
            out = desk.file(f"kouji-{job.id}", "zip")
            n_files = await asyncio.to_thread(desk.work.zipped, job, out)
        except Exception as error:
            return html.problem(error, words), gr.update(visible=False)
        return html.done(f"{words['packed']}{words['colon']}{n_files}"), gr.update(value=str(out), visible=True)

    async def heard(id: str | None, position: int | None, visit: gr.Request) -> tuple[str, Any]:
        try:
            desk.enter(visit)
            name, data = await asyncio.to_thread(desk.work.sound, id or "", int(position or 0), desk.owner(visit))
            stem, _, ending = name.rpartition(".")
            path = desk.file(stem, ending)
            await asyncio.to_thread(path.write_bytes, data)
        except Exception as error:
            return html.problem(error, words), gr.update(value=None, visible=False)
        return "", gr.update(value=str(path), visible=True)

    def emptied() -> tuple[Any, ...]:
        return "", gr.update(visible=False), gr.update(value=None), gr.update(value=None, visible=False)

    empty: Any = emptied, None, [view.told, view.zip, view.line, view.sound]
    quiet: dict[str, Any] = {"api_visibility": "private", "queue": False}
    copied = view.picker.input(None, view.picker, view.picked, js="id => id", api_visibility="private")
    again(copied.then(*empty, **quiet))
    again(view.whose.input(*empty, **quiet))
    again(view.cancel.click(act(desk.work.cancel, "did_cancel"), view.picked, view.told, api_visibility="private"))
    again(view.resume.click(act(desk.work.resume, "did_resume"), view.picked, view.told, api_visibility="private"))
    view.download.click(
        zipped, view.picked, [view.told, view.zip], api_visibility="private", concurrency_limit=None
    ).then(None, None, None, js=_FETCH)
    view.line.input(
        heard, [view.picked, view.line], [view.told, view.sound], api_visibility="private", concurrency_limit=None
    )
