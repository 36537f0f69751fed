"""The files in deploy/ name what is there: images, settings, extras, sources, ports, routes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kouji import config

yaml = pytest.importorskip("yaml", reason="pip install 'kouji[torch]'")

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
SETTINGS = {f"KOUJI_{name.upper()}" for name in config.SETTINGS} | {"KOUJI_CONFIG"}
# What others read: uvicorn, boto3, OpenMP, Python, and the images of the stores.
OTHERS = {
    "FORWARDED_ALLOW_IPS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "OMP_NUM_THREADS",
    "PYTHONUNBUFFERED", "PATH",
}  # fmt: skip


def test_every_setting_that_is_named_exists() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file()]
    named = {
        (path.name, name) for path in files for name in re.findall(r"\bKOUJI_[A-Z_]+[A-Z]\b", path.read_text("utf-8"))
    }
    assert len(named) > 10
    assert {(file, name) for file, name in named if name not in SETTINGS} == set()


def instructions() -> list[tuple[str, str]]:
    """(KEYWORD, rest) of each instruction of the Dockerfile."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def test_the_image_is_built_from_what_is_there() -> None:
    known = "FROM ARG LABEL WORKDIR COPY RUN ENV USER VOLUME EXPOSE HEALTHCHECK STOPSIGNAL CMD".split()
    found = instructions()
    assert {word for word, _ in found} <= set(known)
    stages = [re.search(r" AS (\w+)$", rest) for word, rest in found if word == "FROM"]
    names = {match[1] for match in stages if match}
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    for word, rest in found:
        if word != "COPY":
            continue
        flags = [part for part in rest.split() if part.startswith("--")]
        sources = [part for part in rest.split() if not part.startswith("--")][:-1]
        if flags:
            assert flags[0].removeprefix("--from=") in names
            continue
        assert [source for source in sources if not (ROOT / source).exists() or source in ignored] == []


def test_the_image_asks_for_extras_that_exist() -> None:
    arguments = dict(rest.split("=", 1) for word, rest in instructions() if word == "ARG")
    asked = set(arguments["EXTRAS"].split(","))
    assert asked <= set(EXTRAS)
    assert {"serve", "ui", "postgres", "s3", "queue"} <= asked  # what compose.yaml and the cluster need
    [install] = [rest for word, rest in instructions() if word == "RUN" and "pip" in rest]
    assert '".[${EXTRAS}]"' in install
    assert "--no-cache-dir" in install
    heavy = {"torch", "numba"} & {re.split(r"[<>=\[]", each)[0] for name in asked for each in EXTRAS[name]}
    assert heavy == set()


def test_the_image_runs_as_nobody_and_says_how_it_is() -> None:
    found = instructions()
    last = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    final = dict(found[last:])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"])
    order = [word for word, _ in found[last:]]
    assert order.index("COPY") < order.index("USER") < order.index("CMD")
    assert json.loads(final["CMD"]) == ["kouji", "serve"]
    check = json.loads(final["HEALTHCHECK"].partition(" CMD ")[2])
    compile(check[2], "the check of the image", "exec")
    assert f":{final['EXPOSE']}/ready" in check[2]
    assert final["EXPOSE"] == str(config.Config().port)
    base = [rest for word, rest in found if word == "ARG" and rest.startswith("PYTHON=")]
    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim-\w+", base[0])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def test_the_services_are_pinned_and_wait_for_one_another(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"server", "worker", "nginx", "postgres", "redis", "minio", "bucket"}
    for name, service in services.items():
        assert re.search(r":[\w.-]*\d[\w.-]*$", service["image"]), name  # a tag with a version
        for other, wait in service.get("depends_on", {}).items():
            wanted = wait["condition"]
            assert wanted in ("service_healthy", "service_completed_successfully")
            if wanted == "service_healthy":
                assert other == "server" or "test" in services[other]["healthcheck"]  # the server's is the image's
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or source.startswith("./")
            assert source in compose["volumes"] or "tls" in source or (DEPLOY / source).is_file()


def test_the_services_of_ours_have_settings_that_work_together(compose: dict[str, Any]) -> None:
    for name in ("server", "worker"):
        service = compose["services"][name]
        ours = {key: value for key, value in service["environment"].items() if key.startswith("KOUJI_")}
        assert set(service["environment"]) - set(ours) <= OTHERS
        settings = config.load({key: value.replace("${POSTGRES_PASSWORD:?choose a password}", "x") for key, value in
                                ours.items()})  # fmt: skip
        hosts = {url.partition("@")[2].partition("/")[0] for url in [settings.database]}
        hosts |= set(re.findall(r"//([a-z]+):", f"{settings.queue} {settings.results}"))
        assert hosts == {"postgres", "redis", "minio"}
        assert hosts <= set(compose["services"])
        assert "kouji:/data" in service["volumes"]  # recordings of voices: both speak with them
        assert service["read_only"] is True
    bucket = re.search(r"s3://(\w+)/", compose["services"]["server"]["environment"]["KOUJI_RESULTS"])
    assert bucket is not None
    assert compose["services"]["bucket"]["command"][-1] == f"store/{bucket[1]}"
    assert compose["services"]["worker"]["healthcheck"] == {"disable": True}


def test_every_variable_of_compose_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    given = set(re.findall(r"^(\w+)=", (DEPLOY / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert asked == given


def test_nginx_in_compose_reaches_the_server(compose: dict[str, Any]) -> None:
    found = re.search(r"sed '(.*?)'", compose["services"]["nginx"]["command"][-1])
    assert found is not None
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    ran = subprocess.run(["sed", found[1]], input=text, capture_output=True, text=True, check=True)
    assert "server server:7860;" in ran.stdout
    assert "127.0.0.1" not in ran.stdout


def kubernetes() -> Iterator[dict[str, Any]]:
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    yield listed
    for name in listed["resources"]:
        yield from yaml.safe_load_all((folder / name).read_text("utf-8"))


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [each for each in kubernetes() if each["kind"] in kinds]


def test_all_files_for_a_cluster_are_listed() -> None:
    listed = next(kubernetes())
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert there == set(listed["resources"])
    assert (DEPLOY / "kubernetes" / f"{listed['secretGenerator'][0]['envs'][0]}.example").is_file()


def test_selectors_find_their_pods_and_services_their_ports() -> None:
    pods = {}
    for each in of_kind("Deployment", "StatefulSet"):
        template = each["spec"]["template"]
        assert each["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
        pods[each["metadata"]["name"]] = template
    assert len({json.dumps(pod["metadata"]["labels"], sort_keys=True) for pod in pods.values()}) == len(pods)
    services = {each["metadata"]["name"]: each["spec"] for each in of_kind("Service")}
    for spec in services.values():
        [pod] = [pod for pod in pods.values() if spec["selector"] == pod["metadata"]["labels"]]
        ports = {port["name"] for one in pod["spec"]["containers"] for port in one["ports"]}
        assert {port["targetPort"] for port in spec["ports"]} <= ports
    [ingress] = of_kind("Ingress")
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend["port"]["name"] in {port["name"] for port in services[backend["name"]]["ports"]}
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    for each in of_kind("StatefulSet"):
        assert each["spec"]["serviceName"] in services


def test_pods_are_probed_bounded_and_run_as_nobody() -> None:
    from kouji.serve.about import router

    routes = {route.path for route in router.routes}  # type: ignore[attr-defined]
    for each in of_kind("Deployment", "StatefulSet"):
        [pod] = each["spec"]["template"]["spec"]["containers"]
        name = each["metadata"]["name"]
        assert set(pod["resources"]) == {"requests", "limits"}, name
        assert {mount["name"] for mount in pod.get("volumeMounts", [])} <= {
            volume["name"]
            for volume in each["spec"]["template"]["spec"].get("volumes", [])
            + [claim["metadata"] for claim in each["spec"].get("volumeClaimTemplates", [])]
        }
        if pod["image"] != "kouji":
            assert re.search(r":[\w.-]*\d[\w.-]*$", pod["image"]), name
            continue
        spec = each["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["readOnlyRootFilesystem"] is True
        if name == "server":
            probes = {kind: pod[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")}
            assert probes == {"startup": "/ready", "readiness": "/ready", "liveness": "/health"}
            assert set(probes.values()) <= routes
            assert pod["ports"][0]["containerPort"] == config.Config().port


def test_the_settings_of_the_cluster_work_together() -> None:
    listed = next(kubernetes())
    given = dict(line.split("=", 1) for line in listed["configMapGenerator"][0]["literals"])
    secrets = (DEPLOY / "kubernetes" / "secrets.env.example").read_text("utf-8").split()
    given |= dict(line.split("=", 1) for line in secrets)
    settings = config.load({key: value for key, value in given.items() if key.startswith("KOUJI_")})
    services = {each["metadata"]["name"] for each in of_kind("Service")}
    assert settings.database.partition("@")[2].partition("/")[0] in services
    assert set(re.findall(r"//([a-z]+):", f"{settings.queue} {settings.results}")) <= services
    assert given["POSTGRES_PASSWORD"] in settings.database
    assert set(given) - OTHERS - SETTINGS == {"POSTGRES_PASSWORD"}


@pytest.mark.parametrize("unit", ["kouji.service", "kouji-worker.service"])
def test_systemd_takes_the_unit(unit: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    text = (DEPLOY / unit).read_text("utf-8")
    command = tmp_path / "kouji"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    path = tmp_path / unit
    path.write_text(text.replace("/opt/kouji/bin/kouji", str(command)))
    ran = subprocess.run([program, "verify", "--man=no", str(path)], capture_output=True, text=True)
    told = [line for line in (ran.stdout + ran.stderr).splitlines() if unit in line or "Unknown" in line]
    assert told == []
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("unit", ["kouji.service", "kouji-worker.service"])
def test_the_unit_gives_a_command_that_exists(unit: str) -> None:
    import typer

    from kouji.cli.main import app

    text = (DEPLOY / unit).read_text("utf-8")
    found = re.search(r"^ExecStart=/opt/kouji/bin/kouji (\w+)((?: --?[\w-]+(?: \d+)?)*)$", text, re.MULTILINE)
    assert found is not None
    command = typer.main.get_command(app()).commands[found[1]]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"--[\w-]+", found[2])) <= options
    assert re.search(r"^User=kouji$", text, re.MULTILINE)
