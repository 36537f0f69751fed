"""Several texts in one request: `POST /v1/audio/speech/batch`."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from .auth import Client
from .documented import ERRORS
from .errors import problem_of
from .gate import allowed
from .orders import order_of
from .responses import facts_of, listening
from .schemas import BatchItem, BatchRequest
from .service import Service

AT_ONCE = 8  # items of one batch in the queue: others have their turn between

router = APIRouter(tags=["OpenAI"], responses=ERRORS)


@router.post("/audio/speech/batch")
async def batch(
    body: BatchRequest, request: Request, client: Annotated[Client, Depends(allowed("speech"))]
) -> JSONResponse:
    """Say up to 64 texts. Each succeeds or fails for itself; an item outweighs what the batch says for all."""
    service: Service = request.app.state.service
    places = asyncio.Semaphore(AT_ONCE)

    async def one(index: int, item: BatchItem) -> dict[str, Any]:
        async with places:
            return {"index": index, "id": item.id, **await _said(service, client, body, item)}

    work = asyncio.gather(*(one(index, item) for index, item in enumerate(body.items)))
    return JSONResponse({"object": "list", "data": await listening(request, work)})


async def _said(service: Service, client: Client, body: BatchRequest, item: BatchItem) -> dict[str, Any]:
    """One row of the answer."""
    shared = body.model_dump(exclude={"items"}, exclude_unset=True)
    try:
        merged = BatchItem.model_validate({**shared, **item.model_dump(exclude_unset=True)})
        order = await order_of(service, client, merged, item.input)
        spoken = await service.say(order)
        data = await spoken.whole()
    except Exception as error:
        problem = problem_of(error)
        return {"status": problem.status, **problem.openai}
    return {"status": 200, "audio": base64.b64encode(data).decode(), **facts_of(spoken, order)}
