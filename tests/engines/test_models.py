"""Weights are fetched whole or not at all, and looked at before they are used."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kouji.cli.main import main
from kouji.engines import folders, hubs
from kouji.engines.contract import Card, Licence, WeightFile
from kouji.errors import BadCheckpoint, DownloadFailed, InvalidInput, MissingWeights, UnknownName

FILES = {"llm.pt": bytes(range(256)) * 5000, "sub/voices.pt": b"voices", "README.md": b"not needed"}
CARD = Card(
    "demo", "", "a:B", 22050, ("zh",), (Licence("code", "MIT"),), (),
    files=(WeightFile("llm.pt"), WeightFile("sub/voices.pt"), WeightFile("extra.pt", optional=True)),
    hubs={"huggingface": "Lab/Demo", "modelscope": "lab/Demo"},
)  # fmt: skip


class Hub(BaseHTTPRequestHandler):
    """Both hubs' way of speaking, on this machine."""

    served: dict[str, bytes]
    requests: list[tuple[str, str]]
    cut_after: int | None
    ranges: bool

    def do_GET(self) -> None:
        self.requests.append((self.path, self.headers.get("Range", "")))
        url = urlsplit(self.path)
        if url.path == "/api/models/Lab/Demo/tree/main":
            self._json([{"type": "directory", "path": "sub"}, *map(self._row, FILES)])
        elif url.path == "/api/v1/models/lab/Demo/repo/files":
            rows = [
                {"Type": "blob", "Path": name, "Size": len(data), "Sha256": hashlib.sha256(data).hexdigest()}
                for name, data in FILES.items()
            ]
            self._json({"Data": {"Files": rows}})
        elif url.path.startswith("/Lab/Demo/resolve/main/"):
            self._file(self.served[url.path.removeprefix("/Lab/Demo/resolve/main/")])
        elif url.path == "/api/v1/models/lab/Demo/repo":
            self._file(self.served[parse_qs(url.query)["FilePath"][0]])
        else:
            self.send_error(404)

    def _row(self, name: str) -> dict[str, object]:
        lfs = {"lfs": {"oid": hashlib.sha256(FILES[name]).hexdigest()}} if name.endswith(".pt") else {}
        return {"type": "file", "path": name, "size": len(FILES[name]), **lfs}

    def _json(self, what: object) -> None:
        self._send(200, json.dumps(what).encode())

    def _file(self, data: bytes) -> None:
        start = int(self.headers.get("Range", "bytes=0-")[6:-1]) if self.ranges else 0
        self._send(206 if start else 200, data[start:])

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: self.cut_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[type[Hub]]:
    handler = type("Fresh", (Hub,), {"served": dict(FILES), "requests": [], "cut_after": None, "ranges": True})
    server = HTTPServer(("127.0.0.1", 0), handler)
    handler.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["huggingface", "modelscope"])
def test_what_is_needed_is_fetched_and_nothing_else(hub: type[Hub], tmp_path: Path, name: str) -> None:
    folder = hubs.pull(CARD, tmp_path, name, hub.endpoint)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == ["llm.pt", "sub/voices.pt"]
    assert (folder / "llm.pt").read_bytes() == FILES["llm.pt"]
    assert folders.checked(CARD, tmp_path) == folder


def test_a_file_of_another_repository_comes_to_its_place(hub: type[Hub], tmp_path: Path) -> None:
    card = replace(CARD, files=(*CARD.files, WeightFile("others/voices.pt", origin="Lab/Demo:sub/voices.pt")))
    folder = hubs.pull(card, tmp_path, "huggingface", hub.endpoint)
    assert (folder / "others" / "voices.pt").read_bytes() == FILES["sub/voices.pt"]


def test_what_is_here_is_not_fetched_again(hub: type[Hub], tmp_path: Path) -> None:
    hubs.pull(CARD, tmp_path, "huggingface", hub.endpoint)
    hub.requests.clear()
    hubs.pull(CARD, tmp_path, "huggingface", hub.endpoint)
    assert len(hub.requests) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(hub: type[Hub], tmp_path: Path, ranges: bool) -> None:
    draft = tmp_path / "demo" / "llm.pt.part"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(FILES["llm.pt"][:1000])
    hub.ranges = ranges
    folder = hubs.pull(CARD, tmp_path, "huggingface", hub.endpoint)
    assert ("/Lab/Demo/resolve/main/llm.pt", "bytes=1000-") in hub.requests
    assert (folder / "llm.pt").read_bytes() == FILES["llm.pt"]
    assert not draft.exists()


def test_a_download_that_stops_leaves_no_file_under_its_name(hub: type[Hub], tmp_path: Path) -> None:
    hub.cut_after = 600
    with pytest.raises(DownloadFailed, match=r"llm\.pt"):
        hubs.pull(CARD, tmp_path, "huggingface", hub.endpoint)
    assert not (tmp_path / "demo" / "llm.pt").exists()


def test_another_file_than_was_promised_is_thrown_away(hub: type[Hub], tmp_path: Path) -> None:
    hub.served["llm.pt"] = FILES["llm.pt"][::-1]
    with pytest.raises(DownloadFailed, match="SHA-256"):
        hubs.pull(CARD, tmp_path, "huggingface", hub.endpoint)
    assert not list((tmp_path / "demo").glob("llm.pt*"))


def test_no_network_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="cannot be reached"):
        hubs.pull(CARD, tmp_path, "huggingface", "http://127.0.0.1:9")


def test_a_hub_that_does_not_have_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="huggingface"):
        hubs.pull(CARD, tmp_path, "hugingface")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder that somebody downloaded by other means."""
    for name, data in FILES.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_bytes(data)
    return tmp_path / "own"


def test_an_own_folder_is_used_where_it_lies(own: Path, tmp_path: Path) -> None:
    folder = folders.adopt(CARD, tmp_path / "models", own)
    assert folder.samefile(own)
    assert folders.checked(CARD, tmp_path / "models") == folder
    assert [state for _, state in folders.installed(iter([CARD]), tmp_path / "models")] == ["ready"]


def test_an_incomplete_folder_is_not_adopted(own: Path, tmp_path: Path) -> None:
    (own / "llm.pt").unlink()
    with pytest.raises(MissingWeights, match=r"lacks llm\.pt"):
        folders.adopt(CARD, tmp_path / "models", own)


def test_another_folder_is_not_replaced(own: Path, tmp_path: Path) -> None:
    (tmp_path / "models" / "demo").mkdir(parents=True)
    with pytest.raises(InvalidInput, match="exists already"):
        folders.adopt(CARD, tmp_path / "models", own)


def test_a_file_that_changed_after_it_was_adopted_is_told(own: Path, tmp_path: Path) -> None:
    folders.adopt(CARD, tmp_path / "models", own)
    (own / "llm.pt").write_bytes(FILES["llm.pt"][:-1] + b"x")
    with pytest.raises(BadCheckpoint, match="SHA-256"):
        folders.checked(CARD, tmp_path / "models")
    (own / "llm.pt").write_bytes(FILES["llm.pt"][:100])
    with pytest.raises(BadCheckpoint, match="100 bytes instead of 1280000"):
        folders.checked(CARD, tmp_path / "models")


def test_the_card_decides_which_file_is_the_published_one(own: Path, tmp_path: Path) -> None:
    card = replace(CARD, files=(WeightFile("llm.pt", sha256="0" * 64),))
    with pytest.raises(BadCheckpoint, match="not the published file"):
        folders.adopt(card, tmp_path / "models", own)


def test_what_is_missing_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="kouji models pull demo"):
        folders.checked(CARD, tmp_path)


def test_the_command_lists_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--models", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split()[:3] == ["engine", "state", "folder"]
    assert main(["models", "pull", "native"]) == 0
    assert main(["models", "convert", "native"]) == 2
    assert main(["models", "pull", "cosyvois"]) == 2
