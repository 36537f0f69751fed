"""`GET /docs`: every route with its fields, as a page of its own that loads nothing from anywhere.

It is made of the OpenAPI document, which programs read at `/openapi.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

router = APIRouter()

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
code, pre { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid #8884; border-radius: 6px; white-space: pre-wrap; }
details { border: 1px solid #8884; border-radius: 6px; margin: .4rem 0; padding: .3rem .7rem; }
summary { cursor: pointer; overflow-wrap: anywhere; } summary b { display: inline-block; min-width: 4.5em; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
td:first-child { width: 30%; overflow-wrap: anywhere; }
th, td { text-align: start; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #8884; }
"""
_PLACES = {"path": "in the address", "query": "in the query", "header": "in the head"}
Schema = Mapping[str, Any]


@router.get("/docs", include_in_schema=False, response_class=HTMLResponse)
def docs(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(_page(request.app))


def _page(app: FastAPI) -> str:
    document = app.openapi()
    parts = [f"<h1>{escape(document['info']['title'])}</h1>"]
    parts.append('<p>Every route with its fields. For programs: <a href="openapi.json">openapi.json</a>.</p>')
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            by_tag.setdefault((about.get("tags") or ["others"])[0], []).append(_route(document, method, path, about))
    for tag, routes in by_tag.items():
        parts += [f"<h2>{escape(tag)}</h2>", *routes]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    title = escape(document["info"]["title"])
    return f'<!doctype html><html lang="en"><head>{head}<title>{title}</title><style>{_STYLE}</style></head>' + (
        f"<body>{''.join(parts)}</body></html>"
    )


def _route(document: Schema, method: str, path: str, about: Schema) -> str:
    """One route, folded: what it does, its fields, an example and what it answers."""
    fields: dict[str, list[list[str]]] = {}  # where they stand -> rows
    for each in about.get("parameters", ()):
        rows = fields.setdefault(_PLACES.get(each["in"], each["in"]), [])
        rows.append(_field(document, each["name"], {**each["schema"], **each}, each.get("required", False)))
    examples = []
    for kind, body in about.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(document, body["schema"])
        needed = schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            fields.setdefault(kind, []).append(_field(document, name, field, name in needed))
        examples += [json.dumps(each, ensure_ascii=False, indent=2) for each in schema.get("examples", ())]
    answers = [[status, each.get("description", "")] for status, each in about.get("responses", {}).items()]
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary>"
        f"<p>{escape(about.get('description', ''))}</p>"
        + "".join(_table((where, ""), rows) for where, rows in fields.items())
        + "".join(f"<pre>{escape(example)}</pre>" for example in examples)
        + f"{_table(('answer', ''), answers)}</details>"
    )


def _field(document: Schema, name: str, schema: Schema, is_needed: bool) -> list[str]:
    kind = f"{_kind(document, schema)}{'; must be given' if is_needed else ''}."
    return [name, f"{kind} {schema.get('description') or _resolved(document, schema).get('description', '')}"]


def _kind(document: Schema, schema: Schema) -> str:
    """What a field takes: its type, its words, its range."""
    schema = _resolved(document, schema)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        kinds = (_kind(document, each) for each in options if each.get("type") != "null")
        return " or ".join(dict.fromkeys(kinds))
    if words := schema.get("enum"):
        return ", ".join(map(str, words))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    if names := schema.get("properties"):
        return f"{{{', '.join(names)}}}"
    low = schema.get("minimum", schema.get("exclusiveMinimum", schema.get("minLength")))
    high = schema.get("maximum", schema.get("exclusiveMaximum", schema.get("maxLength")))
    unit = " characters" if schema.get("type") == "string" else ""
    if low is not None and high is not None:
        return f"{schema.get('type', 'any')}, {low:g} to {high:g}{unit}"
    if low is not None or high is not None:
        return f"{schema.get('type', 'any')}, {f'at least {low:g}' if high is None else f'at most {high:g}'}{unit}"
    return str(schema.get("type", "any"))


def _resolved(document: Schema, schema: Schema) -> Schema:
    """What a reference within the document stands for."""
    while reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    return schema


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{top}</tr>{body}</table></div>'
