"""`GET /`: on to the page in the visitor's language, or how to install it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

router = APIRouter(include_in_schema=False)

_WITHOUT = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Kouji</title>
<body style="font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>Kouji</h1>
<p>The server runs. Its web page is not installed: <code>pip install 'kouji[ui]'</code>, then start it again.</p>
<p lang="zh">服务器已启动，但没有安装网页：<code>pip install 'kouji[ui]'</code>，然后重新启动。</p>
<p><a href="/docs">API</a></p>
"""


@router.get("/")
async def front(request: Request, lang: Literal["zh", "en"] | None = None) -> Response:
    """The page, where there is one."""
    if not request.app.state.has_page:
        return HTMLResponse(_WITHOUT)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/page/{lang or _language(request)}/")


def _language(request: Request) -> str:
    """The first of ours that the browser asks for; Chinese where it asks for neither."""
    wanted = request.headers.get("accept-language", "").lower().replace(";", ",").split(",")
    return next((each.strip()[:2] for each in wanted if each.strip()[:2] in ("zh", "en")), "zh")
