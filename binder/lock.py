"""Write the exact versions that the running environment has of everything APE needs.

`binder/requirements.txt` gets what the product runs on, `requirements-dev.txt` what its checks
need besides. Run by `make lock` after a change of dependencies in pyproject.toml.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "binder" / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
HEADER = """\
# {what}
# Written by `make lock` from an environment in which all tests pass; edit pyproject.toml instead.
"""


def closure(requirements: list[str]) -> dict[str, str]:
    """Name and installed version of these requirements and of all that they need in turn."""
    seen: set[tuple[str, str]] = set()
    pending = [Requirement(text) for text in requirements]
    while pending:
        requirement = pending.pop()
        for extra in ("", *requirement.extras):
            key = (canonicalize_name(requirement.name), extra)
            if key not in seen:
                seen.add(key)
                pending += _needed(requirement.name, extra)
    return {name: distribution(name).version for name in sorted({name for name, _ in seen})}


def _needed(name: str, extra: str) -> list[Requirement]:
    """Direct requirements of an installed distribution on this platform, with one extra."""
    stated = [Requirement(text) for text in distribution(name).requires or []]
    return [r for r in stated if r.marker is None or r.marker.evaluate({"extra": extra})]


def pins() -> tuple[dict[str, str], dict[str, str]]:
    """Pins of the product, and those that its checks need besides."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = closure(project["dependencies"])
    development = closure(project["optional-dependencies"]["dev"])
    return runtime, {name: v for name, v in development.items() if name not in runtime}


def text_of(pinned: dict[str, str], what: str) -> str:
    """Content of a list of pins."""
    lines = [f"{name}=={version}\n" for name, version in pinned.items()]
    return HEADER.format(what=what) + "".join(lines)


def main() -> None:
    """Write both lists."""
    runtime, development = pins()
    RUNTIME.write_text(text_of(runtime, "Everything that APE runs on."), encoding="utf-8")
    DEVELOPMENT.write_text(
        text_of(development, "What the checks of APE need besides."), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
