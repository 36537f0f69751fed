"""The queue as Celery has it: tasks called `kouji.job` with the id of a job, in a list called `kouji`."""

from __future__ import annotations

import logging
import threading
from typing import Any

from .queue import Handle, Missed, handled

NAME = "kouji"
TASK = "kouji.job"
_log = logging.getLogger(__name__)


class CeleryQueue:
    """See `kouji.store.queue.Queue`."""

    def __init__(self, url: str, poll: float) -> None:
        """Nothing is connected yet."""
        from celery import Celery

        self._poll = poll
        self._is_amqp = url.startswith("amqp")
        self._app: Any = Celery(NAME, broker=url, set_as_current=False)
        self._app.conf.update(
            task_default_queue=NAME,
            task_ignore_result=True,
            task_acks_late=True,  # who is killed has acknowledged nothing
            worker_prefetch_multiplier=1,  # what one worker has not begun, another can
            worker_hijack_root_logger=False,
            broker_connection_retry_on_startup=True,
            broker_connection_max_retries=None,
            broker_transport_options={"socket_connect_timeout": 5, "socket_timeout": 10},
            worker_cancel_long_running_tasks_on_connection_loss=False,
        )

    def put(self, job: str, n_workers: int = 1) -> None:
        """See `Queue`."""
        try:
            for _ in range(n_workers):
                self._app.send_task(TASK, args=[job], queue=NAME, retry=False)
        except Exception as error:  # of many kinds, by broker
            _log.warning("The queue does not answer, workers will find the job by looking: %s", error)

    def work(self, handle: Handle, missed: Missed, over: threading.Event) -> None:
        """See `Queue`. Once in a process: Celery keeps some of a worker for as long as the process lives."""
        from celery.worker import WorkController
        @self._app.task(name=TASK)  # type: ignore[untyped-decorator]
        def job(name: str) -> None:
            if not over.is_set():
                handled(handle, name)

        worker = WorkController(
            app=self._app, pool="solo", concurrency=1, queues=[NAME], without_heartbeat=True, without_mingle=True,
            without_gossip=True, loglevel="WARNING", optimization="fair",
            # Over AMQP its loop of events sleeps until a message comes, also when it is told to end; the plain one
            # looks up every two seconds.
            use_eventloop=False if self._is_amqp else None,
        )  # fmt: skip
        threads = [
            threading.Thread(target=self._look, args=(missed, over), daemon=True),
            threading.Thread(target=_end, args=(worker, over), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            worker.start()
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _look(self, missed: Missed, over: threading.Event) -> None:
        """Tell again what the queue has lost."""
        while not over.wait(self._poll):
            try:
                if not self._length():
                    for job in missed():
                        self.put(job)
            except Exception as error:  # queue or records may answer again later
                _log.warning("%s", error)

    def _length(self) -> int:
        """How many ids wait."""
        from kombu.exceptions import ChannelError

        with self._app.connection_for_read() as connection:
            try:
                found = connection.default_channel.queue_declare(NAME, passive=True)
            except ChannelError:  # an empty list in Redis is none
                return 0
        return int(found.message_count)


def _end(worker: Any, over: threading.Event) -> None:
    from celery.worker import state

    over.wait()
    state.should_stop = 0  # the loop of a worker looks at it; an exit code
    worker.stop()
