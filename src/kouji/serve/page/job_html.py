"""A job in words: its line in the list, its facts, its lines, the tries to tell others of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from kouji.jobs.job import OPEN

from . import html
from .work import folder_of, is_elsewhere

if TYPE_CHECKING:
    from kouji.jobs import Item, Job
    from kouji.jobs.callbacks import Delivery

    from .words import Words

_TROUBLE = ("failed", "dead")


def able_to(job: Job | None) -> set[str]:
    """What can be done with it: some of "cancel", "resume" and "download"."""
    if job is None:
        return set()
    can = {"cancel"} if job.state in OPEN else {"resume"} if job.state != "done" else set()
    return can | ({"download"} if job.n_done and not is_elsewhere(job) else set())


def label(job: Job, words: Words) -> str:
    """Its line in the list."""
    return f"{_when(job.created_at)} · {words[job.kind]} · {words[job.state]} · {_count(job, words)} · {job.id[:6]}"


def facts(job: Job, words: Words) -> str:
    """How far it is, and what it is."""
    troubles = [f"{n} {words[key]}" for n, key in ((job.n_failed, "n_failed"), (job.n_dead, "n_dead")) if n]
    about = " · ".join([_count(job, words), *troubles])
    loudness = words["as_made"] if job.output.loudness is None else f"{job.output.loudness:g} LUFS"
    rows = [
        (words["job"], job.id), (words["kind"], words[job.kind]), (words["created"], _when(job.created_at)),
        (words["finished"], _when(job.finished_at) if job.finished_at else "–"),
        (words["engine"], " · ".join(filter(None, (job.settings["engine"], job.settings.get("preset"))))),
        (words["format"], f"{job.output.format} · {loudness}"),
    ]  # fmt: skip
    if job.callback:
        events = ", ".join(words.of(each) for each in job.callback.events)
        rows.append((words["callback_to"], f"{job.callback.url} ({events})"))
    if is_elsewhere(job):
        rows.append((words["folder"], folder_of(job)))
    bar = html.bar(job.n_done + job.n_failed + job.n_dead, job.n_items, about)
    return f'<div class="job">{html.badge(job.state, words[job.state])}{bar}{html.terms(rows)}</div>'


def lines(items: Sequence[Item], n_all: int, most: int, words: Words) -> str:
    """Its lines, or so many of them; those in trouble first."""
    found = sorted(items, key=lambda item: (item.state not in _TROUBLE, item.position))[:most]
    head = [words[key] for key in ("line", "text", "state", "length_s", "remark")]
    rows = [[item.name, item.request.text[:120], words[item.state], *_outcome(item, words)] for item in found]
    more = f"<p>{n_all - len(found)} {escape(words['more_lines'])}</p>" if n_all > len(found) else ""
    return html.table(head, rows) + more


def deliveries(tries: Sequence[tuple[str, Delivery]], words: Words) -> str:
    """Every try to tell somebody, the newest first."""
    head = [words[key] for key in ("event", "time", "answer", "remark")]
    rows = [
        [words.of(kind), _when(each.at), str(each.status or "–"), each.error or words["taken"]] for kind, each in tries
    ]
    return html.table(head, rows)


def _outcome(item: Item, words: Words) -> tuple[str, str]:
    """(its length, what there is to say of it)."""
    remarks = [*item.error.values(), *(notice["message"] for notice in item.notices)]
    return f"{item.duration:.2f}" if item.state == "done" else "", " ".join(map(words.told, remarks))


def _count(job: Job, words: Words) -> str:
    return f"{job.n_done}{words['of']}{job.n_items}"


def _when(at: datetime) -> str:
    """In the time of this machine."""
    return f"{at.astimezone():%m-%d %H:%M:%S}"
