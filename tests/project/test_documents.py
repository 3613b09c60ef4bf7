"""What the documents promise exists, and what exists is documented."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import yaml

import ape_core as ape


@pytest.fixture(scope="session")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def texts(root, tracked):
    """Every document in Markdown."""
    names = [str(path) for path in tracked if path.suffix == ".md"]
    return {name: (root / name).read_text(encoding="utf-8") for name in names}


@pytest.fixture(scope="session")
def cli_commands():
    """Commands that `ape --help` lists."""
    done = subprocess.run(
        [sys.executable, "-m", "ape_core.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    listed = re.findall(r"^    ([a-z]+)  +\S", done.stdout, re.MULTILINE)
    assert listed, done.stdout
    return set(listed)


def code_in(text):
    """Fenced blocks and inline code, each as one string."""
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE) + re.findall(
        r"(?<!`)`([^`\n]+)`(?!`)", text
    )


def commands_named(text, program):
    """What is said after the name of a program, at the start of a line of code."""
    pattern = re.compile(rf"^\s*(?:\.venv/bin/)?{program} ([a-z][a-z-]*)", re.MULTILINE)
    return {word for code in code_in(text) for word in pattern.findall(code)}


def test_readme_begins_with_the_two_commands(readme):
    first_block = code_in(readme)[0]
    assert [line.split("#")[0].strip() for line in first_block.splitlines()] == [
        "make run",
        "make test",
    ]


def test_every_make_command_in_the_documents_exists(root, texts):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for name, text in texts.items():
        assert commands_named(text, "make") <= targets, name


def test_every_ape_command_in_the_documents_exists(texts, cli_commands):
    for name, text in texts.items():
        assert commands_named(text, "ape") <= cli_commands, name


def test_every_ape_command_is_in_the_readme(readme, cli_commands):
    assert cli_commands - commands_named(readme, "ape") == set()


def test_every_protocol_in_the_readme_ships(readme):
    named = set(re.findall(r"\b(?:aflibercept|ranibizumab|faricimab)-[\w.-]*[a-z]\b", readme))
    assert named
    assert named <= {protocol.name for protocol in ape.list_protocols()}


def test_readme_parameters_are_those_of_the_report(root, readme):
    used = set(re.findall(r"-p (\w+) ", readme))
    notebook = (root / "notebooks" / "run.ipynb").read_text(encoding="utf-8")
    assert used == {"protocol", "n_patients", "years", "seed"}
    assert all(re.search(rf"\b{name}\b", notebook) for name in used)


def test_the_first_result_of_the_readme_works(readme):
    block = re.search(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert block is not None
    lines = [line for line in block[1].splitlines() if line]
    assert len(lines) == 4
    names: dict = {}
    exec("\n".join(lines[:-1]), names)
    statistics = eval(lines[-1], names)
    assert statistics["n_patients"] == 500


def test_links_in_the_documents_lead_somewhere(root, texts):
    for name, text in texts.items():
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert ((root / name).parent / target).exists(), f"{name} links to {target}"


def test_one_version_everywhere(root, pyproject, texts):
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## (\d+\.\d+\.\d+)", texts["CHANGELOG.md"], re.MULTILINE)
    assert newest is not None
    versions = {ape.__version__, pyproject["project"]["version"], citation["version"], newest[1]}
    assert len(versions) == 1, versions


def test_contributing_fits_on_a_page(texts):
    assert texts["CONTRIBUTING.md"].count("\n") <= 70
