"""Small pieces of HTML that several tabs show. All that comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from kouji.errors import SpeechError

from ..errors import problem_of

if TYPE_CHECKING:
    from kouji.voices.doctor import Report

    from .words import Words


def problem(error: Exception, words: Words) -> str:
    """What went wrong, and what to do."""
    return _problem(*_told(error, words))


def sentence(error: Exception, words: Words) -> str:
    """The same as one plain line."""
    return " ".join(filter(None, _told(error, words)))


def _told(error: Exception, words: Words) -> tuple[str, str]:
    if isinstance(error, SpeechError):
        return words.told(error.message), words.told(error.hint)
    return words.told(problem_of(error).message), ""


def quiet(message: str) -> str:
    """Where there is nothing yet: what will be there."""
    return f'<div class="quiet">{escape(message)}</div>'


def _problem(message: str, hint: str) -> str:
    more = f'<div class="hint">{escape(hint)}</div>' if hint else ""
    return f'<div class="problem" role="alert"><b>{escape(message)}</b>{more}</div>'


def done(message: str, notes: Sequence[str] = ()) -> str:
    """What was done, and what should be known of it."""
    rows = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="done" role="status">{escape(message)}{f"<ul>{rows}</ul>" if rows else ""}</div>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """A table of plain texts; those of the kind "short" stand on one line each."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    inner = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="plain {kind}">{inner}</table></div>'


def barred(reason: str, hint: str) -> str:
    """Why something may not be used here, and what to do."""
    return _problem(reason, hint)


def badge(state: str, text: str) -> str:
    """A state at a glance; `state` is of a job, or ""."""
    return f'<b class="state is-{state}">{escape(text)}</b>'


def terms(pairs: Sequence[tuple[str, str]]) -> str:
    """Names, and what stands behind them."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<dl class="terms">{rows}</dl>'


def fold(title: str, inner: str) -> str:
    """What is only read by who wants to; `inner` is HTML."""
    return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def verdict(report: Report, words: Words) -> str:
    """What the doctor found in a clip: the verdict, then all that is not simply good."""
    found = [each for each in report.findings if each.verdict != "ok"]
    rows = "".join(
        f"<li><b>{escape(words.of(each.item))}</b> · {escape(words.of(each.verdict))}{words['colon']}"
        f"{escape(words.told(each.message))} {escape(words.told(each.advice))}</li>"
        for each in found
    )
    head = f"{words['verdict']}{words['colon']}<b>{escape(words[report.verdict])}</b>"
    return f'<div class="verdict {report.verdict}" role="status">{head}{f"<ul>{rows}</ul>" if rows else ""}</div>'


def bar(n_done: int, n_all: int, text: str) -> str:
    """How far something is."""
    return (
        f'<div class="progress" role="status"><progress value="{n_done}" max="{max(n_all, 1)}"></progress>'
        f"<span>{escape(text)}</span></div>"
    )


def readings(lines: Sequence[Mapping[str, Any]]) -> str:
    """Each unit of a text with what is said above it."""
    units = [
        "".join(f"<ruby>{escape(unit['text'])}<rt>{escape(unit['said'])}</rt></ruby> " for unit in line["units"])
        for line in lines
    ]
    return f'<div class="readings" role="status">{"<br>".join(units)}</div>'
