"""The first bytes of the page: its language, also for gradio's own texts, its icon, and a repair.

Gradio writes `lang="en"` and takes its own texts ("Click to upload") in the language of the browser. Somebody who chose
the other one would read both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CODES = {"zh": "zh-CN", "en": "en"}  # as gradio names its texts
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' "
    "rx='3' fill='%230d9488'/%3E%3Cpath d='M3 7v2M6 4v8M9 6v4M12 3v10' stroke='white' stroke-width='1.6' "
    "stroke-linecap='round'/%3E%3C/svg%3E"
)

# Gradio 6 opens a drop-down list again when the Tab key has just left it; it need not hear of that key.
_TAB = (
    'addEventListener("keydown",e=>{if(e.key=="Tab"&&e.target.matches?.("input[role=combobox]"))e.stopPropagation()},true)'
)


class Opening:
    """Around gradio's app: changes the one document that browsers begin with, and nothing else."""

    def __init__(self, app: ASGIApp, language: str) -> None:
        self.app = app
        code = _CODES[language]
        # Before gradio's script, which looks at this once.
        script = f'Object.defineProperty(navigator,"language",{{get:()=>"{code}"}});{_TAB}'
        self._changes = (
            (b'lang="en"', f'lang="{code}"'.encode()),
            (b"<head>", f'<head><script>{script}</script><link rel="icon" href="{_ICON}">'.encode()),
            (b'<link rel="manifest" href="/manifest.json" />', b""),  # of an app to install, which is not served
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        inner = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else "-"
        if inner not in ("", "/"):
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def sent(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            for before, after in self._changes if _is_page(start) else ():
                body = body.replace(before, after, 1)
            others = [each for each in start["headers"] if each[0].lower() != b"content-length"]
            await send({**start, "headers": [*others, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        await self.app({**scope, "headers": plain}, receive, sent)


def _is_page(start: Message) -> bool:
    return bytes(dict(start["headers"]).get(b"content-type", b"")).startswith(b"text/html")
