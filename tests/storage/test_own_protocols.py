"""Protocols that users keep in a store: found by name, never in the place of a shipped one."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.protocol_yaml import load_protocol as load_shipped
from ape_core.storage.own_protocols import OwnProtocols, list_protocols, load_protocol
from simulation.strategies import protocols

SHIPPED = "aflibercept-2mg-treat-and-extend"


@pytest.fixture
def library(tmp_path):
    return OwnProtocols(tmp_path / "store")


@pytest.fixture
def mine():
    parent = load_shipped(SHIPPED)
    longer = replace(parent.phases[0], max_interval_weeks=20)
    return replace(parent, name="mine", title="Mine", parent=SHIPPED, phases=(longer,))


def test_what_is_saved_is_found_by_name_with_its_parent(library, mine, tmp_path):
    assert library.list() == []
    assert not library.path.exists()
    library.save(mine)
    assert library.load("mine") == mine
    assert load_protocol("mine", tmp_path / "store").parent == SHIPPED
    assert [p.name for p in list_protocols(tmp_path / "store") if p.is_own] == ["mine"]
    assert len(list_protocols(tmp_path / "store")) == len(list_protocols()) + 1
    library.delete("mine")
    assert library.names() == ()


def test_without_a_store_a_name_means_what_ships(library, mine):
    library.save(mine)
    with pytest.raises(InvalidSpecError, match="There is no protocol 'mine'; shipped are"):
        load_protocol("mine")
    with pytest.raises(InvalidSpecError, match="Own protocols are: mine"):
        load_protocol("mina", library.path.parent)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(protocols())
def test_every_protocol_comes_back_as_it_was(library, protocol):
    library.save(protocol, replacing=True)
    assert library.load(protocol.name) == protocol


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "x\0", "", "Ä", ".hidden", "a" * 81])
def test_no_name_leads_out_of_the_folder(library, name):
    for action in (library.load, library.delete, library.file):
        with pytest.raises(InvalidSpecError):
            action(name)


def test_a_shipped_name_cannot_be_taken_nor_a_file_of_that_name_shadow_it(library, mine, tmp_path):
    with pytest.raises(InvalidInputError, match="ships with APE"):
        library.save(replace(mine, name=SHIPPED))
    library.save(mine)
    library.file("mine").rename(library.file(SHIPPED))
    assert load_protocol(SHIPPED, tmp_path / "store") == load_shipped(SHIPPED)


def test_a_name_that_is_taken_is_replaced_only_on_request(library, mine):
    library.save(mine)
    with pytest.raises(InvalidInputError, match="There is an own protocol mine already"):
        library.save(replace(mine, title="Other"))
    library.save(replace(mine, title="Other"), replacing=True)
    assert library.load("mine").title == "Other"


def test_the_number_of_own_protocols_is_bounded(library, mine, monkeypatch):
    monkeypatch.setattr(OwnProtocols, "most", 1)
    library.save(mine)
    with pytest.raises(InvalidInputError, match="holds 1 own protocols, which is the most"):
        library.save(replace(mine, name="another"))
    library.save(mine, replacing=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: mine\ntitle: [", "is not YAML that can be read"),
        (b"name: mine", "The fields title, drug, phases are missing"),
        (b"x" * (MAX_YAML_BYTES + 1), "is larger than the allowed"),
        (b"a: !!python/object/apply:os.system [true]", "is not YAML that can be read"),
        (b"\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_listed_with_its_reason(library, mine, content, said):
    library.save(replace(mine, name="sound"))
    library.file("mine").write_bytes(content)
    (library.path / ".mine.yaml.0123456789abcdef.tmp").write_text("")
    (library.path / "Notes.yaml").write_text("")
    broken, sound = library.list()
    assert (broken.name, broken.protocol) == ("mine", None)
    assert said in broken.problem
    assert sound.protocol is not None
    assert [p.name for p in list_protocols(library.path.parent) if p.is_own] == ["sound"]


def test_a_reader_sees_one_whole_protocol_while_it_is_replaced(library, mine):
    library.save(mine)
    other = replace(mine, title="Other", description="x" * 3_000)
    done = threading.Event()
    seen, broken = set(), []

    def read():
        while not done.is_set():
            try:
                seen.add(library.load("mine").title)
            except InvalidInputError as error:
                broken.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(40):
        library.save((mine, other)[step % 2], replacing=True)
    done.set()
    reader.join()
    assert broken == []
    assert seen <= {"Mine", "Other"}
    assert [path.name for path in library.path.iterdir()] == ["mine.yaml"]
