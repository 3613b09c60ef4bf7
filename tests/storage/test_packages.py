"""Packages: what is exported, what is imported, and everything that is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from types import SimpleNamespace

import pytest

from ape_core.errors import CorruptRunError, InvalidInputError, StoreError
from ape_core.runs import checking, importing
from ape_core.runs.exporting import export
from ape_core.runs.handle import Run
from ape_core.runs.importing import import_package, import_run
from ape_core.storage import arrays
from ape_core.storage.digest import digest
from ape_core.storage.packages import layout
from ape_core.storage.packages.layout import Entry
from ape_core.storage.packages.manifest import Manifest
from ape_core.storage.packages.writing import write_package
from ape_core.storage.parts import part_path
from ape_core.storage.store import Store
from ape_core.storage.verify import verify
from support.packages import CHUNK_SIZE, N_PATIENTS, closed, made_run, opened
from support.patience import PATIENCE


@pytest.fixture
def elsewhere(tmp_path):
    return Store(tmp_path / "elsewhere")


@pytest.fixture
def package(store, tmp_path):
    """A package of a complete run, with its rows."""
    path = tmp_path / "run.ape.zip"
    export(made_run(store), path, with_data=True)
    return path


@pytest.fixture
def small_package(store, tmp_path):
    """A package of the same run without its rows."""
    path = tmp_path / "small.ape.zip"
    export(made_run(store), path)
    return path


def names_in(store):
    """Everything in the folder of the runs, also what is hidden."""
    return sorted(os.listdir(store.runs_path)) if store.runs_path.exists() else []


def test_the_same_run_gives_the_same_bytes(store, tmp_path):
    run = made_run(store)
    paths = [tmp_path / name for name in ("one.zip", "two.zip")]
    first, second = (write_package(run, path, with_data=True) for path in paths)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert first.sha256 == second.sha256
    assert first.n_bytes == paths[0].stat().st_size
    assert (first.n_patients, first.with_data) == (N_PATIENTS, True)


def test_any_tool_opens_a_package(package):
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        question = json.loads(archive.read("spec.json"))["question"]
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    assert names[:4] == ["manifest.json", "spec.json", "provenance.json", "summary.npz"]
    assert names[4:6] == ["visits/part-000000.parquet", "patients/part-000000.parquet"]
    assert len(names) == 10
    assert {"protocol", "cohort", "model", "years", "seed", "model_version"} == set(question)
    assert len(question["model"]["parameters"]) > 10, "the model is written out in full"


def test_long_archives_are_described_as_zip_wants_it(tmp_path):
    """More files than 16 bits count, and a list of files beyond 4 GiB, which is not written out."""
    many = [Entry(f"f{number}", 0, 0) for number in range(70_000)]
    path = tmp_path / "many.zip"
    path.write_bytes(b"".join(map(layout.local_header, many)) + layout.directory(many))
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 70_000
    large = [Entry("a", 3_000_000_000, 1), Entry("b", 3_000_000_000, 2), Entry("c", 5, 3)]
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.seek(sum(layout.header_size(entry.name) + entry.n_bytes for entry in large))
        file.write(layout.directory(large))
    assert path.stat().st_size == layout.total_size(large)
    with zipfile.ZipFile(path) as archive:
        assert [member.header_offset for member in archive.infolist()][2] > 1 << 32


def test_a_damaged_run_is_not_exported_and_the_file_of_before_stays(store, tmp_path):
    run, path = made_run(store), tmp_path / "run.zip"
    path.write_bytes(b"before")
    part = part_path(run.path, "visits", 1)
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptRunError, match="part-000001.*checksum"):
        export(run, path, with_data=True)
    assert path.read_bytes() == b"before"
    assert [name for name in os.listdir(tmp_path) if name.endswith(".tmp")] == []
    assert export(run, path).n_patients == N_PATIENTS, "without the rows there is nothing wrong"


def test_a_package_is_written_where_it_can_be(store, tmp_path):
    run = made_run(store)
    for path, why in (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "run.zip", "There is no folder"),
        (run.path / "spec.json", "among the runs of the store"),
    ):
        with pytest.raises(InvalidInputError, match=why):
            export(run, path)
    assert run.spec()


def test_a_package_with_data_gives_a_complete_run_of_the_same_rows(package, store, elsewhere):
    imported = import_package(package, elsewhere)
    (original,) = store.list()
    assert imported.is_new
    assert imported.n_added == N_PATIENTS
    assert imported.run.status == "complete"
    assert imported.run.digest() == digest(original)
    assert verify(imported.run.folder) == []
    assert imported.run.summary() == Run(original).summary()
    provenance = imported.run.folder.read_provenance()
    assert provenance["imported"]["exporter"]["seconds"] == 1.5
    assert "attempts" not in provenance, "how fast another machine was says nothing of this one"
    assert names_in(elsewhere) == [original.run_id]


def test_a_package_without_data_has_the_question_and_the_figures(small_package, store, elsewhere):
    run = import_run(small_package, elsewhere)
    (original,) = store.list()
    assert run.status == "interrupted"
    assert run.progress().patients_done == 0
    assert run.summary() == Run(original).summary()
    assert run.folder.missing_ranges()[0] == (0, CHUNK_SIZE)
    assert verify(run.folder) == []
    assert small_package.stat().st_size < 200_000


def test_importing_decodes_nothing_in_the_process_that_asks(package, elsewhere):
    code = (
        "import sys\nfrom ape_core.runs.importing import import_run\n"
        "print(import_run(sys.argv[1], sys.argv[2]).status)\n"
        "print({'pyarrow', 'numba', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(package), str(elsewhere.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["complete", "set()"]


def test_what_ends_the_decoding_process_ends_nothing_else(package, elsewhere, monkeypatch):
    crash = [sys.executable, "-c", "import os, sys; sys.stdin.readline(); os.abort()"]
    monkeypatch.setattr(checking, "_command", lambda *_: crash)
    with pytest.raises(InvalidInputError, match="part 0 cannot be decoded.*ended the process"):
        import_run(package, elsewhere)
    assert names_in(elsewhere) == []


def test_what_takes_too_long_is_given_up(package, elsewhere, monkeypatch):
    hang = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(checking, "_command", lambda *_: hang)
    monkeypatch.setattr(checking, "ANSWER_SECONDS", 0.3)
    with pytest.raises(InvalidInputError, match="it took too long, or too much memory"):
        import_run(package, elsewhere)
    assert names_in(elsewhere) == []


def test_what_takes_too_much_memory_is_refused(package, elsewhere, monkeypatch):
    monkeypatch.setattr(checking, "SPARE_MB", -130)
    with pytest.raises(InvalidInputError, match="part 0 (is refused|cannot be decoded)"):
        import_run(package, elsewhere)
    assert names_in(elsewhere) == []


def test_a_package_that_cannot_be_checked_for_want_of_memory_is_refused(
    package, elsewhere, monkeypatch
):
    free = SimpleNamespace(free_mb=100.0)
    monkeypatch.setattr(checking, "check_memory", lambda: free)
    with pytest.raises(InvalidInputError, match="takes 150 MB of memory, and 100 MB are free"):
        import_run(package, elsewhere)
    assert names_in(elsewhere) == []


def test_what_a_killed_export_left_goes_with_the_next(store, tmp_path):
    run, path = made_run(store), tmp_path / "run.zip"
    left = tmp_path / f".run.zip.{'0' * 16}.tmp"
    others = [tmp_path / f".other.zip.{'0' * 16}.tmp", tmp_path / ".run.zip.tmp"]
    for each in (left, *others):
        each.write_bytes(b"PK")
    export(run, path)
    assert not left.exists()
    assert all(other.exists() for other in others)


def test_a_package_larger_than_allowed_is_refused(package, elsewhere, monkeypatch):
    monkeypatch.setattr("ape_core.limits.MAX_PACKAGE_BYTES", 10_000)
    with pytest.raises(InvalidInputError, match="bytes, and at most 10,000 are allowed"):
        import_run(package, elsewhere)
    with pytest.raises(InvalidInputError, match="Export the run without its data"):
        export(Store(package.parent / "store").list()[0], package, with_data=True)


def test_a_package_for_which_there_is_no_room_is_refused(package, elsewhere, monkeypatch):
    monkeypatch.setattr(importing, "disk_free_mb", lambda _: 100.0)
    with pytest.raises(
        StoreError, match="The package needs 0 MB.*0 MB: 100 MB are free, and 100 MB are kept"
    ):
        import_run(package, elsewhere)
    assert names_in(elsewhere) == []


@pytest.mark.parametrize("whose", ["its own", "the decoder's"])
def test_a_disk_that_takes_no_more_ends_an_import(package, elsewhere, monkeypatch, whose):
    """The system refuses to write more than a few bytes into a file, to one process or another."""
    if whose == "its own":
        code = "import sys\nfrom ape_core.cli import main\nsys.exit(main(sys.argv[1:]))"
        asked = ["import", str(package), "--store", str(elsewhere.path), "--json"]
        command = ["prlimit", "--fsize=9000", sys.executable, "-c", code, *asked]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "larger than files may be here" in json.loads(done.stdout)["error"]
    else:
        command = checking._command
        confined = lambda *about: ["prlimit", "--fsize=2000", *command(*about)]  # noqa: E731
        monkeypatch.setattr(checking, "_command", confined)
        with pytest.raises(StoreError, match="larger than files may be here"):
            import_run(package, elsewhere)
    assert names_in(elsewhere) == []


def test_a_run_that_is_complete_is_left_as_it_is(package, store):
    (run,) = store.list()
    before = run.committed.path.read_bytes()
    imported = import_package(package, store)
    assert (imported.is_new, imported.n_added) == (False, 0)
    assert "is complete here and was left as it is" in imported.note
    assert run.committed.path.read_bytes() == before


def test_a_damaged_package_is_refused_also_where_it_adds_nothing(package, store):
    content = bytearray(package.read_bytes())
    content[len(content) // 2] ^= 1
    package.write_bytes(content)
    with pytest.raises(InvalidInputError, match="checksum of .* is wrong"):
        import_run(package, store)


@pytest.mark.parametrize("here", [(), (1,), (0, 2), (0, 1)])
def test_what_is_missing_is_added_and_what_is_there_is_kept(package, elsewhere, store, here):
    run = made_run(elsewhere, here)
    kept = {index: part_path(run.path, "visits", index).stat().st_ino for index in here}
    imported = import_package(package, elsewhere)
    assert imported.n_added == N_PATIENTS - run.checkpoint().patients_done + imported.n_added
    assert imported.run.status == "complete"
    assert imported.run.digest() == digest(store.list()[0])
    assert imported.run.summary() == Run(store.list()[0]).summary()
    assert verify(run) == []
    assert all(part_path(run.path, "visits", i).stat().st_ino == ino for i, ino in kept.items())
    assert f"{imported.n_added:,} patients were added" in imported.note


@pytest.mark.parametrize(("here", "counted"), [((2,), N_PATIENTS), ((1, 2), 0)])
def test_parts_of_two_unfinished_runs_are_joined(store, elsewhere, tmp_path, here, counted):
    """Where neither has all that the other has, the figures have to be counted again."""
    export(made_run(store, (0, 1)), tmp_path / "part.zip", with_data=True)
    run = made_run(elsewhere, here)
    imported = import_package(tmp_path / "part.zip", elsewhere)
    assert run.checkpoint().patients_done == N_PATIENTS
    summary = imported.run.summary()
    assert (summary.n_patients if summary else 0) == counted
    assert imported.run.status == ("complete" if counted else "interrupted")


def test_parts_of_other_sizes_are_not_mixed(package, elsewhere):
    run = made_run(elsewhere, (0,), chunk_size=10)
    imported = import_package(package, elsewhere)
    assert imported.n_added == 0
    assert "parts have 10 patients and those of the package 25" in imported.note
    assert run.checkpoint().patients_done == 10


def test_a_run_that_is_being_simulated_is_left_alone(package, elsewhere):
    run = made_run(elsewhere, (0,))
    before = run.committed.path.read_bytes()
    with run.acquire(), pytest.raises(InvalidInputError, match="is being simulated.*ape cancel"):
        import_run(package, elsewhere)
    assert run.committed.path.read_bytes() == before
    assert names_in(elsewhere) == [run.run_id]


def test_a_run_that_appears_meanwhile_is_kept(package, elsewhere, monkeypatch):
    place = Store.place

    def somebody_was_faster(self, staged, run_id):
        monkeypatch.setattr(Store, "place", place)
        made_run(elsewhere, (2,))
        return place(self, staged, run_id)

    monkeypatch.setattr(Store, "place", somebody_was_faster)
    imported = import_package(package, elsewhere)
    assert imported.n_added == 2 * CHUNK_SIZE
    assert imported.run.status == "complete"


KILLED = """
import sys, time
from ape_core.runs import importing
from ape_core.storage.packages.reading import PackageReader

def hang(package):
    print("everything is written", flush=True)
    time.sleep(600)

PackageReader.finish = hang
importing.import_run(sys.argv[1], sys.argv[2])
"""


def test_a_killed_import_leaves_nothing_that_counts(package, elsewhere):
    command = [sys.executable, "-c", KILLED, str(package), str(elsewhere.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"everything is written\n"
        assert elsewhere.list() == []
        assert elsewhere.clean_temporary() == [], "somebody is at work there"
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while not any(name.startswith("runs/.new-") for name in elsewhere.clean_temporary()):
        assert time.monotonic() < deadline, "it could not be removed"
    assert names_in(elsewhere) == []
    assert import_run(package, elsewhere).status == "complete"


def test_a_package_of_another_model_version_is_read_only(package, elsewhere, monkeypatch):
    monkeypatch.setattr("ape_core.spec.run_spec.MODEL_VERSION", "another")
    imported = import_package(package, elsewhere)
    assert not imported.run.spec.is_current
    assert imported.run.status == "complete"
    assert imported.run.digest() == digest(Store(package.parent / "store").list()[0])


def with_summary_of_another_version(package):
    """The same package with a summary that another version of APE counted."""
    content, files = opened(package)
    named = arrays.from_bytes(dict(files)["summary.npz"])
    named["about"][0] += 1
    new = [(n, arrays.to_bytes(named) if n == "summary.npz" else data) for n, data in files]
    package.write_bytes(closed(content, new))


def test_figures_of_another_version_are_dropped_where_they_can_be_counted_again(package, elsewhere):
    with_summary_of_another_version(package)
    imported = import_package(package, elsewhere)
    assert not imported.has_figures
    assert imported.n_added == N_PATIENTS
    progress = imported.run.progress()
    assert progress.status == "interrupted"
    assert "imported without its figures; they are counted" in progress.story


def test_figures_of_another_version_stay_with_a_run_of_another_model(
    package, elsewhere, monkeypatch
):
    with_summary_of_another_version(package)
    monkeypatch.setattr("ape_core.spec.run_spec.MODEL_VERSION", "another")
    run = import_run(package, elsewhere)
    assert run.status == "complete"
    with pytest.raises(CorruptRunError, match="not of format"):
        run.summary()


@pytest.mark.parametrize(("parts", "said"), [((), "without its rows"), ((0,), "rows of 25 of 60")])
def test_a_run_says_that_it_was_imported_unfinished(store, elsewhere, tmp_path, parts, said):
    export(made_run(store, parts), tmp_path / "part.zip", with_data=True)
    progress = import_run(tmp_path / "part.zip", elsewhere).progress()
    assert progress.status == "interrupted"
    assert progress.story.startswith("This run was imported")
    assert said in progress.story


def test_a_manifest_says_what_it_was_made_of(package):
    with zipfile.ZipFile(package) as archive:
        content = archive.read("manifest.json")
    manifest = Manifest.from_bytes(content)
    assert manifest.to_bytes() == content
    assert manifest.n_bytes == package.stat().st_size
    assert [part.index for part in manifest.parts] == [0, 1, 2]
