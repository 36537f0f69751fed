"""The page put together, once in each language, and hung into the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ..service import MB, Service
from . import batch_tab, engines_tab, jobs_tab, speak_tab, voices_tab
from .desk import Desk
from .opening import Opening
from .words import LANGUAGES, Words
from .work import Work

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..gate import Gate

CSS = Path(__file__).with_name("page.css")
_OLD = 86_400  # seconds after which uploads and sounds of visitors are deleted
# The machine's own fonts: nothing is fetched from elsewhere.
_FONT = ("system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")


def mount(app: FastAPI) -> None:
    """Hang the page in: /page/zh and /page/en."""
    # Where no event loop runs, gradio opens some of its own and never closes them.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _hung(app)).result()


async def _hung(app: FastAPI) -> None:
    service: Service = app.state.service
    gate: Gate = app.state.gate
    desk = Desk(service, gate, Work(service, app.state.desk))

    for language in LANGUAGES:
        words = Words(language)
        page = blocks(desk, words)
        page.has_launched = True  # gradio checks paths that a browser sends only of pages that it launched itself
        gr.mount_gradio_app(
            app, page, path=f"/page/{language}", footer_links=[], run_history=False, ssr_mode=False,
            pwa=False, mcp_server=False, enable_monitoring=False, show_error=False, css_paths=CSS, theme=_theme(),
            max_file_size=service.settings.max_body_mb * MB, auth=desk.knows if gate.needs_keys else None,
            auth_message=words["key_needed"],
        )  # fmt: skip
        gradio = app.router.routes[-1].app  # type: ignore[attr-defined]
        gradio.add_middleware(Opening, language=language)
        # An open page keeps a connection; without a word the server would wait for it to end.
        app.state.farewells.append(gradio.stop_event.set)


def blocks(desk: Desk, words: Words) -> gr.Blocks:
    """The page in one language."""
    with gr.Blocks(analytics_enabled=False, title=words["title"], delete_cache=(3600, _OLD)) as page:
        gr.HTML(_head(words), padding=False)
        # Ids of jobs and nothing else: the key need not be a secret, but must be the same after a restart.
        memory = gr.BrowserState({}, storage_key="kouji", secret="kouji")
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab(words["speak"], id="speak") as first:
                engine, voice = speak_tab.build(desk, words)
            with gr.Tab(words["voices"], id="voices") as second:
                current, given, lists = voices_tab.build(desk, words, engine, voice)
            with gr.Tab(words["batch"], id="batch") as third:
                handed_in = batch_tab.build(desk, words, memory, tabs)
            with gr.Tab(words["jobs"], id="jobs") as work:
                view, look, inputs = jobs_tab.build(desk, words, memory)
            with gr.Tab(words["engines"], id="engines") as last:
                engines_tab.build(desk, words)
        page.load(current, given, lists, api_visibility="private", queue=False)
        _watch(view, look, inputs, work, [first, second, third, last])
        handed_in.change(  # the look then chooses the one that the browser remembers
            lambda: ("", None), None, [view.picked, view.seen], api_visibility="private", queue=False
        ).then(look, inputs, view.outputs, api_visibility="private", queue=False, show_progress="hidden")
    return page


def _watch(view: jobs_tab.View, look: Callable[..., Any], inputs: list[Any], tab: Any, others: list[Any]) -> None:
    """While the tab of jobs is open, look at them again and again."""
    timer = gr.Timer(jobs_tab.LOOK, active=False)
    quiet: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    timer.tick(look, inputs, view.outputs, **quiet)
    tab.select(lambda: gr.Timer(active=True), None, timer, **quiet).then(look, inputs, view.outputs, **quiet)
    for other in others:
        other.select(lambda: gr.Timer(active=False), None, timer, **quiet)


def _head(words: Words) -> str:
    links = " · ".join(
        f'<a href="/page/{code}/" lang="{code}"{" aria-current=page" if code == words.language else ""}>{name}</a>'
        for code, name in (("zh", "中文"), ("en", "English"))
    )
    return (
        f'<header class="head" lang="{words.language}"><h1>{words["title"]}</h1>'
        f'<p>{words["tagline"]}</p><nav>{links} · <a href="/docs">API</a></nav></header>'
    )


def _theme() -> Any:
    theme = gr.themes.Default(font=_FONT, font_mono=_MONO, primary_hue="teal", radius_size="sm")
    return theme.set(
        body_text_color_subdued="*neutral_500", body_text_color_subdued_dark="*neutral_400",
        button_primary_background_fill="*primary_700", button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700", button_primary_background_fill_hover_dark="*primary_800",
    )  # fmt: skip  # gradio's own is too light below white letters: 2.5 to 1, where WCAG asks for 4.5
