"""What docs/cluster says works as far as one machine can tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ape_core.cli import main
from ape_core.runs.starting import open_run, run
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec

PROTOCOL = "aflibercept-2mg-treat-and-extend"
SRUN = """#!/bin/sh
"$@" & first=$!
"$@" & second=$!
trap 'kill $first $second; wait' TERM
wait
"""
"""What starts two tasks on this machine, as SLURM would on its nodes."""


@pytest.fixture(scope="module")
def recipes(root):
    return root / "docs" / "cluster"


@pytest.fixture(scope="module")
def manifests(recipes):
    """The objects for Kubernetes, by kind."""
    return {
        found["kind"]: found
        for found in yaml.safe_load_all((recipes / "kubernetes.yaml").read_text())
    }


def container(pod):
    """The one container of a pod."""
    (only,) = pod["spec"]["containers"]
    return only


def options(*command):
    """What a command of Dask says of itself."""
    return subprocess.run(
        [Path(sys.executable).with_name("dask"), *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_coordinator_finds_the_scheduler_and_asks_what_ape_knows(manifests, capsys):
    cluster = manifests["DaskCluster"]
    service = cluster["spec"]["scheduler"]["service"]
    port = next(port["port"] for port in service["ports"] if port["name"] == "comm")
    command = container(manifests["Job"]["spec"]["template"])["args"]
    # The operator calls the service by the name of the cluster.
    assert f"--scheduler=tcp://{cluster['metadata']['name']}-scheduler:{port}" in command
    assert service["selector"]["dask.org/cluster-name"] == cluster["metadata"]["name"]
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    known = capsys.readouterr().out
    assert command[:3] == ["ape", "run", PROTOCOL]
    assert all(word.partition("=")[0] in known for word in command[3:])


def test_workers_have_keys_one_thread_and_one_image(manifests):
    cluster, job = manifests["DaskCluster"]["spec"], manifests["Job"]["spec"]["template"]
    worker = container(cluster["worker"])
    known = options("worker")
    assert all(word in known for word in worker["args"] if word.startswith("--"))
    assert worker["args"][worker["args"].index("--nthreads") + 1] == "1"
    assert worker["envFrom"] == container(job)["envFrom"]
    images = {container(pod)["image"] for pod in (cluster["worker"], cluster["scheduler"], job)}
    assert images == {"REGISTRY/ape"}


def test_the_store_of_the_coordinator_outlives_it(manifests):
    pod = manifests["Job"]["spec"]["template"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(pod)["volumeMounts"]}
    (volume,) = pod["spec"]["volumes"]
    (store,) = container(pod)["env"]
    assert (store["name"], store["value"]) == ("APE_STORE", mounts[volume["name"]])
    claim = volume["persistentVolumeClaim"]["claimName"]
    assert claim == manifests["PersistentVolumeClaim"]["metadata"]["name"]


def test_the_image_is_built_from_files_that_are_there(root, recipes):
    text = (recipes / "Dockerfile").read_text()
    assert "docker build -f docs/cluster/Dockerfile" in text
    assert "--requirement binder/requirements.txt" in text
    assert (root / "binder" / "requirements.txt").is_file()


def test_the_job_for_slurm_gives_the_rows_of_a_run_here(recipes, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "srun").write_text(SRUN)
    (tools / "srun").chmod(0o755)
    paths = [tools, Path(sys.executable).parent, os.environ["PATH"]]
    store = tmp_path / "shared"
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(map(str, paths)),
        "APE_STORE": str(store),
        "TMPDIR": str(tmp_path),
    }
    asked = [PROTOCOL, "--patients", "3000", "--years", "1", "--chunk-size", "1000"]
    subprocess.run(
        [recipes / "slurm.sh", *asked],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert list(store.glob("scheduler-*")) == []
    spec = RunSpec(load_protocol(PROTOCOL), Cohort(3_000), 1, 1)
    run(spec, store=tmp_path / "here")
    there, here = open_run("latest", store), open_run("latest", tmp_path / "here")
    assert there.digest() == here.digest()
