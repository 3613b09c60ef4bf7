"""Only bounded, plain YAML comes in, and every refusal says why."""

from __future__ import annotations

import contextlib
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.yaml_door import MAX_DEPTH, parse_yaml, parse_yaml_list, read_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = {
    "an alias": ("a: &x 1\nb: *x", r"The alias \*x is not allowed"),
    "a bomb of aliases": (BOMB, r"The alias \*a is not allowed"),
    "an alias of itself": ("a: &a [*a]", r"The alias \*a is not allowed"),
    "a key given twice": ("drug: none\ndrug: none", "The field 'drug' is given twice, line 2"),
    "a key given twice, deep": ("a: [{b: 1, b: 2}]", "The field 'b' is given twice, line 1"),
    "deep nesting": ("[" * 1_000 + "]" * 1_000, f"nested more than {MAX_DEPTH} levels"),
    "very deep nesting": ("[" * 200_000, f"nested more than {MAX_DEPTH} levels"),
    "an unclosed list": (
        "a: [1, 2",
        "is not YAML that can be read: while parsing a flow sequence, .* line 2",
    ),
    "a tab": ("a:\n\t- 1", "is not YAML that can be read: .* line 2"),
    "a Python object": ("a: !!python/object/apply:os.system [ls]", "could not determine a constr"),
    "two documents": ("a: 1\n---\nb: 2", "expected a single document"),
    "a list": ("- a\n- b", r"case.yaml is \['a', 'b'\], but must be a mapping"),
    "text": ("just words", "case.yaml is 'just words', but must be a mapping"),
    "nothing": ("", "case.yaml: It is empty"),
    "a comment alone": ("# to be written\n", "case.yaml: It is empty"),
    "a null": ("null", "case.yaml is None, but must be a mapping"),
    "a key that is a number": ("8: a", "has the field 8, but fields must be text"),
    "a key that is a list": (
        "? [a]\n: 1",
        "is not YAML that can be read: while constructing a mapping, found unhashable",
    ),
    "a date that is none": ("a: 2021-99-99", "has a value that cannot be read: month must be"),
    "a number too long": (
        "a: " + "9" * 5_000,
        "has a value that cannot be read: Exceeds the limit",
    ),
    "a control character": ("a: \x00", "is not YAML that can be read"),
    "too much": ("a: " + "x" * MAX_YAML_BYTES, "larger than the allowed 256,000 bytes"),
    "other bytes": (b"a: \xff\xfe", "case.yaml is not text in UTF-8"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refuses(what):
    content, message = REFUSED[what]
    started = time.monotonic()
    with pytest.raises(InvalidSpecError, match=message):
        parse_yaml(content, "case.yaml")
    assert time.monotonic() - started < 2, "a refusal is quick"


@pytest.mark.parametrize("what", REFUSED)
def test_every_refusal_names_the_file(what):
    with pytest.raises(InvalidSpecError, match=r"^case\.yaml"):
        parse_yaml(REFUSED[what][0], "case.yaml")


def test_reads_plain_data_with_and_without_a_byte_order_mark():
    assert parse_yaml("a: {b: [1, 2.5, true, null, text]}", "x") == {
        "a": {"b": [1, 2.5, True, None, "text"]}
    }
    assert parse_yaml(b"\xef\xbb\xbfa: 1", "x") == {"a": 1}


def test_a_list_comes_in_by_its_own_door():
    assert parse_yaml_list("- a: 1", "arms.yaml") == [{"a": 1}]
    with pytest.raises(InvalidSpecError, match=r"arms.yaml is \{'a': 1\}, but must be a list"):
        parse_yaml_list("a: 1", "arms.yaml")


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InvalidSpecError, match=r"There is no file .*missing.yaml.*Check its path"):
        read_yaml(tmp_path / "missing.yaml")
    with pytest.raises(InvalidSpecError, match="is a folder, not a file"):
        read_yaml(tmp_path)
    with pytest.raises(InvalidSpecError, match="cannot be read: File name too long"):
        read_yaml(tmp_path / ("x" * 5_000))


def test_a_file_is_read_no_further_than_the_limit(tmp_path):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(10**10)  # sparse: reading all of it would not fit in memory
    with pytest.raises(InvalidSpecError, match="larger than the allowed 256,000 bytes"):
        read_yaml(path)


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_content_is_read_or_refused_in_words(content):
    with contextlib.suppress(InvalidSpecError):
        assert all(isinstance(key, str) for key in parse_yaml(content, "any.yaml"))


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), plain, max_size=5))
def test_reads_what_was_written(data):
    class NoAliases(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    assert parse_yaml(yaml.dump(data, Dumper=NoAliases), "x") == data
