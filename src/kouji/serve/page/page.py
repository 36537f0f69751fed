"""The page put together, once in each language, and hung into the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ..service import MB, Service
from . import batch_tab, engines_tab, speak_tab, voices_tab
from .desk import Desk
from .words import LANGUAGES, Words

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
    service: Service = app.state.service
    gate: Gate = app.state.gate
    desk = Desk(service, gate)

    def knows_key(name: str, key: str) -> bool:
        return gate.opens(key, "speech", "voices")

    for language in LANGUAGES:
        words = Words(language)
        page = blocks(desk, words)
        page.has_launched = True  # gradio checks paths that a browser sends only of pages that it launched itself
        gr.mount_gradio_app(
            app, page, path=f"/page/{language}", footer_links=[], run_history=False, ssr_mode=False,
            pwa=False, mcp_server=False, enable_monitoring=False, show_error=False, css_paths=CSS, theme=_theme(),
            max_file_size=service.settings.max_body_mb * MB, auth=knows_key if gate.needs_keys else None,
            auth_message=words["key_needed"],
        )  # fmt: skip
        # An open page keeps a connection; without a word the server would wait for it to end.
        app.state.farewells.append(app.router.routes[-1].app.stop_event.set)  # type: ignore[attr-defined]


def blocks(desk: Desk, words: Words) -> gr.Blocks:
    """The page in one language."""
    with gr.Blocks(analytics_enabled=False, title=words["title"], delete_cache=(3600, _OLD)) as page:
        gr.HTML(_head(words), padding=False)
        with gr.Tabs():
            with gr.Tab(words["speak"]):
                engine, voice = speak_tab.build(desk, words)
            with gr.Tab(words["voices"]):
                current, given, lists = voices_tab.build(desk, words, engine, voice)
            with gr.Tab(words["batch"]):
                batch_tab.build(desk, words)
            with gr.Tab(words["engines"]):
                engines_tab.build(desk, words)
        page.load(current, given, lists, api_visibility="private", queue=False)
    return page


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
    return theme.set(body_text_color_subdued="*neutral_500", body_text_color_subdued_dark="*neutral_400")
