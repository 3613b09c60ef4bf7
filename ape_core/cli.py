"""The `ape` command: reads what was asked, calls one command, prints its answer.

Exit status: 0 done, 2 what was asked for cannot be, 3 a run failed, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from ape_core import __version__
from ape_core.commands.answer import Answer, problem
from ape_core.commands.engine_options import add_engine, add_parts
from ape_core.errors import ApeError, InvalidInputError
from ape_core.spec.counts import count_meant
from ape_core.terms import END_REASONS, STOPPED_AS_STABLE

_SQL = 'as "SELECT phase, avg(letters) FROM visits GROUP BY phase"'
_RUN = "id of the run or the first characters of it, or: latest"
_PROTOCOL = "name of a protocol (see: ape protocols) or a YAML file"


class _Parser(argparse.ArgumentParser):
    """Parser whose complaints are answered like any other bad input."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to ask."""
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        raise InvalidInputError(sentence, f"See: {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Parameters
    ----------
    arguments
        Words after `ape`; those of the command line unless given.

    Returns
    -------
    int
        Exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        answer = _carry_out(_parser().parse_args(words))
    except ApeError as error:
        answer = problem(error.message, error.hint, error.exit_status)
    except KeyboardInterrupt as stop:
        answer = problem(str(stop) or "Stopped.", "", 130)
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:  # noqa: BLE001  a person gets a sentence; the log gets the rest
        answer = _unexpected(error, words)
    return _print(answer, as_json="--json" in words)


def _carry_out(asked: argparse.Namespace) -> Answer:
    """Import the module of the command and call it."""
    if asked.store is not None:
        os.environ["APE_STORE"] = asked.store
    # Imported here, where a bad setting of the environment is answered in words.
    import_module("ape_core.runs.threads").be_thrifty()
    module, function = asked.command
    command: Callable[[argparse.Namespace], Answer] = getattr(
        import_module(f"ape_core.commands.{module}"), function
    )
    return command(asked)


def _print(answer: Answer, *, as_json: bool) -> int:
    """Print an answer; return its exit status."""
    stream = sys.stderr if answer.refused and not as_json else sys.stdout
    try:
        if answer.text or as_json:
            print(answer.show(as_json=as_json), file=stream)
        stream.flush()
    except BrokenPipeError:
        _nobody_reads()
    return answer.status


def _nobody_reads() -> int:
    """End quietly when the reader of a pipe has gone, as `ape list | head -1` does."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    return 0


def _unexpected(error: Exception, words: list[str]) -> Answer:
    """Answer for a defect: a sentence, and where the details are."""
    log = import_module("ape_core.commands.log")
    where = log.write_details(words)
    message = f"Something went wrong that should not have: {type(error).__name__}: {error}"
    return problem(message, f"The details are in {where}; please report them.", 3)


def whole_number(text: str) -> int:
    """Read a whole number as the fields of a page do; what is below 0 is refused by the spec."""
    sign = -1 if text.startswith("-") else 1
    number = count_meant(text.removeprefix("-"))
    if number is None:
        allowed = "a whole number, such as 20000, 20,000, 20k, 2e4 or 1.5M"
        raise argparse.ArgumentTypeError(f"{text!r} is not {allowed}")
    return sign * number


def _parser() -> _Parser:
    """Everything that can be asked."""
    parser = _Parser(prog="ape", description="AMD Protocol Explorer.", epilog=_EPILOG)
    _add_common(parser, None)
    parser.add_argument("--version", action="version", version=f"ape {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        _add_run,
        _add_estimate,
        _add_about_runs,
        _add_patients,
        _add_query,
        _add_slipping,
        _add_packages,
        _add_protocols,
        _add_economics,
        _add_score,
        _add_compare,
        _add_sweep,
        _add_system,
    ):
        add(commands)
    return parser


_EPILOG = "Every command takes --json and --store. `ape COMMAND --help` says more."


def _add_common(parser: argparse.ArgumentParser, default: Any) -> None:
    """Add the options of every command, which may stand before or after its name."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=default or False,
        help="print one JSON object",
    )
    parser.add_argument(
        "--store",
        metavar="FOLDER",
        default=default,
        help="folder of the runs; else APE_STORE, else the user's data directory",
    )


def _add(commands: Any, name: str, command: tuple[str, str], text: str) -> argparse.ArgumentParser:
    """Add a command that the function of a module of ape_core.commands carries out."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command)
    _add_common(parser, argparse.SUPPRESS)
    return parser


def _add_question(parser: argparse.ArgumentParser) -> None:
    """Add what makes a run: protocol, patients, years, seed and cohort."""
    parser.add_argument("protocol", metavar="PROTOCOL", help=_PROTOCOL)
    add = parser.add_argument
    add("--patients", type=whole_number, metavar="N", help="number of patients (default 2,000)")
    add("--years", type=whole_number, default=5, metavar="Y", help="length in years (default 5)")
    add("--seed", type=whole_number, default=1, metavar="S", help="random seed (default 1)")
    add("--cohort", metavar="NAME", help="population (default uk-routine-care) or a YAML file")
    add("--workers", type=whole_number, metavar="K", help="threads (default: one per core)")
    add("--chunk-size", type=whole_number, metavar="C", help="patients per part (default 5,000)")
    add("--slots-per-day", type=whole_number, metavar="N", help="visits that a clinic can take")
    add("--patients-per-clinic", type=whole_number, metavar="M", help="of whom it takes care")
    text = "first days of a week on which clinics with slots are open (default 7)"
    add("--open-days", type=whole_number, metavar="D", help=text)


def _add_run(commands: Any) -> None:
    """Add `run`."""
    run = _add(commands, "run", ("run", "run"), "simulate a protocol, or open the run if it exists")
    _add_question(run)
    run.add_argument("--detach", action="store_true", help="start in the background and return")
    run.add_argument("--quiet", action="store_true", help="show no progress")
    add_engine(run)
    add_parts(run)


def _add_estimate(commands: Any) -> None:
    """Add `estimate`."""
    _add_question(_add(commands, "estimate", ("run", "estimate"), "what a run would need"))


def _add_about_runs(commands: Any) -> None:
    """Add the commands about runs that exist."""
    listed = _add(commands, "list", ("runs", "list_runs"), "the runs in the store")
    listed.add_argument("--search", metavar="WORDS", default="", help="only runs with these words")
    listed.add_argument("--all", action="store_true", help="also runs of studies, as with --json")
    for name, command, text in (
        ("show", ("runs", "show"), "one run: its question, state and results in short"),
        ("progress", ("runs", "progress"), "how far a run is"),
        ("resume", ("run", "resume"), "go on with a run that was interrupted or failed"),
        ("cancel", ("runs", "cancel"), "stop a run; what is done is kept"),
        ("verify", ("verify", "verify"), "check every file of a run against its checksum"),
        ("digest", ("verify", "digest"), "one SHA-256 over all rows of a run"),
        ("delete", ("runs", "delete"), "remove a run and its files"),
        ("archive", ("tiers", "archive"), "keep a run at maximum compression, readable as before"),
        ("restore", ("tiers", "restore"), "write an archived run as it was"),
        ("rename", ("tiers", "rename"), "give a run a name"),
        ("note", ("tiers", "note"), "note something about a run, or show what is noted"),
    ):
        parser = _add(commands, name, command, text)
        parser.add_argument("run", metavar="RUN", help=_RUN)
        _add_options(name, parser)


def _add_options(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the options of one command about a run."""
    if name == "resume":
        parser.add_argument("--workers", type=whole_number, metavar="K", help="threads")
        parser.add_argument("--detach", action="store_true", help="in the background")
        parser.add_argument("--quiet", action="store_true", help="show no progress")
        add_engine(parser)
    if name == "rename":
        parser.add_argument("name", metavar="NAME", help='the name; "" takes it away')
    if name == "note":
        text = 'the note; "" takes it away, without it the note is shown'
        parser.add_argument("text", metavar="TEXT", nargs="?", help=text)
    if name == "delete":
        text = "also when the run has a name or a note"
        parser.add_argument("--yes", action="store_true", help=text)
    if name == "verify":
        text = "compute again what is damaged or missing"
        parser.add_argument("--repair", action="store_true", help=text)


def _add_patients(commands: Any) -> None:
    """Add the commands about single patients of a run."""
    one = _add(commands, "patient", ("patients", "patient"), "one patient of a run, every visit")
    one.add_argument("run", metavar="RUN", help=_RUN)
    one.add_argument("patient", type=whole_number, metavar="NUMBER", help="from 0")
    find = _add(commands, "find", ("patients", "find"), "patients of a run who are like that")
    add = find.add_argument
    add("run", metavar="RUN", help=_RUN)
    for name, text in (
        ("age", "age in years at the first visit, such as 70:80, 70: or :80"),
        ("baseline", "letters at the first visit"),
        ("last", "letters at the last visit"),
        ("gained", "letters gained since the first visit; a loss as --gained=:-15"),
        ("injections", "injections in the whole run"),
        ("visits", "visits in the whole run"),
    ):
        add(f"--{name}", metavar="LOW:HIGH", help=text)
    add("--by-year", type=whole_number, metavar="Y", help="letters gained by the end of year Y")
    add("--sex", metavar="SEX", help="female or male")
    text = f"why follow-up ended: {', '.join(END_REASONS.values())}"
    add("--ended", metavar="REASON", action="append", help=text)
    add("--second-eye", action="store_true", default=None, help="treated in both eyes")
    text = "number (default), best, worst, typical or random"
    add("--order", metavar="ORDER", default="number", help=text)
    add("--limit", type=whole_number, default=20, metavar="N", help="how many (default 20)")
    add("--seed", type=whole_number, default=1, metavar="S", help="of a random order (default 1)")


def _add_query(commands: Any) -> None:
    """Add `query`."""
    text = "answer a question in SQL about the tables visits and patients of a run"
    add = _add(commands, "query", ("query", "query"), text).add_argument
    add("run", metavar="RUN", help=_RUN)
    add("sql", metavar="SQL", help=f"{_SQL}. {STOPPED_AS_STABLE}")
    add("--rows", type=whole_number, default=1_000, metavar="N", help="1,000, at most 10,000")
    add("--csv", action="store_true", help="print CSV")
    add("--memory-mb", type=float, metavar="MB", help="memory (default: half of what is left)")
    add("--seconds", type=float, metavar="S", help="time that it may take (default 120)")


def _add_slipping(commands: Any) -> None:
    """Add `slipping`."""
    text = "what waiting for a slot did to acuity: a run with limited slots, and without the limit"
    add = _add(commands, "slipping", ("slipping", "slipping"), text).add_argument
    add("run", metavar="RUN", help=_RUN)


def _add_packages(commands: Any) -> None:
    """Add the commands that carry a run from one store to another, or to a reader."""
    text = "a run, or two to six of the same patients, as one HTML file to pass on"
    report = _add(commands, "report", ("report", "report"), text)
    report.add_argument("run", metavar="RUN", nargs="+", help=_RUN)
    text = "run that the others are compared with (default: the first)"
    report.add_argument("--reference", metavar="RUN", help=text)
    text = "with costs and QALYs: a shipped or own set of prices, or a YAML file"
    report.add_argument("--set", metavar="NAME", help=text)
    text = "file to write (default: named after the protocol and the run)"
    report.add_argument("--out", metavar="FILE", help=text)
    report.add_argument("--utility", metavar="NAME", help="mapping from acuity to utility")
    text = "as of `ape economics`, which simulates them (default: none)"
    report.add_argument("--draws", type=whole_number, metavar="N", default=0, help=text)
    report.add_argument("--draw-patients", type=whole_number, metavar="N", default=0, help=text)
    text = "write a run into one file that `ape import` takes in"
    export = _add(commands, "export", ("packages", "export"), text)
    export.add_argument("run", metavar="RUN", help=_RUN)
    export.add_argument("file", metavar="FILE", help="file to write, as my-run.ape.zip")
    text = "put in the rows; without them they are simulated again"
    export.add_argument("--with-data", action="store_true", help=text)
    text = "take in a run that `ape export` wrote, after checking all of it"
    take_in = _add(commands, "import", ("packages", "import_"), text)
    take_in.add_argument("file", metavar="FILE", help="file that was exported")


def _add_protocols(commands: Any) -> None:
    """Add the commands about protocols."""
    _add(commands, "protocols", ("protocols", "list_all"), "the protocols: shipped, and your own")
    check = _add(commands, "check", ("protocols", "check"), "check a protocol and explain it")
    check.add_argument("protocol", metavar="FILE", help=_PROTOCOL)


def _add_economics(commands: Any) -> None:
    """Add `economics`."""
    text = "what runs cost and gain in QALYs; two to six of the same patients are compared"
    economics = _add(commands, "economics", ("economics", "economics"), text)
    economics.add_argument("run", metavar="RUN", nargs="+", help=_RUN)
    add = economics.add_argument
    add("--set", metavar="NAME", help="prices: a shipped or own set, or a YAML file")
    add("--utility", metavar="NAME", help="mapping from acuity to utility (default: the first)")
    add("--worth", type=float, metavar="POUNDS", help="worth of a QALY (default: of the prices)")
    add("--draws", type=whole_number, metavar="N",
        help="simulate them again under N models drawn from what is known")  # fmt: skip
    add("--draw-patients", type=whole_number, metavar="N", help="of each of these (default 2,000)")
    add("--quiet", action="store_true", help="show no progress")


def _add_score(commands: Any) -> None:
    """Add `score`."""
    text = "simulate arms and compare them with observed outcomes"
    add = _add(commands, "score", ("score", "score"), text).add_argument
    add("--arms", metavar="FILE", help="arms in YAML (default: those of the calibration)")
    add("--targets", metavar="FILE", help="observed outcomes in CSV (default: likewise)")
    add("--patients", type=whole_number, metavar="N", help="patients of each arm")
    add("--seed", type=whole_number, default=1, metavar="S", help="random seed (default 1)")
    add("--workers", type=whole_number, metavar="K", help="threads (default: one per core)")


def _add_compare(commands: Any) -> None:
    """Add `compare`."""
    text = "compare protocols on the same patients, with paired intervals"
    add = _add(commands, "compare", ("compare", "compare"), text).add_argument
    add("what", metavar="RUN|PROTOCOL", nargs="+", help="two to six runs of the store or protocols")
    add("--reference", metavar="NAME", help="the one that others are compared with (the first)")
    add("--year", type=whole_number, metavar="Y", help="at whose end (default: the last)")
    add("--patients", type=whole_number, metavar="N", help="number of patients (default 2,000)")
    add("--years", type=whole_number, metavar="Y", help="length in years (default 5)")
    add("--seed", type=whole_number, metavar="S", help="random seed (default 1)")
    add("--cohort", metavar="NAME", help="population (default uk-routine-care) or a YAML file")
    add("--workers", type=whole_number, metavar="K", help="threads (default: one per core)")
    add("--quiet", action="store_true", help="show no progress")


def _add_sweep(commands: Any) -> None:
    """Add `sweep`."""
    text = "vary what goes into a question and see what it does, on the same patients"
    parser = _add(commands, "sweep", ("sweep", "sweep"), text)
    add = parser.add_argument
    add("protocol", metavar="PROTOCOL", help=_PROTOCOL)
    add("--vary", metavar="PATH=V1,V2", action="append", default=[],
        help="values of a field or number, one at a time; may be given several times")  # fmt: skip
    add("--tornado", action="store_true", help="every uncertain number at its low and its high")
    add("--draws", type=whole_number, metavar="N", help="draw all uncertain numbers N times")
    add("--outcome", metavar="NAME", default="letters_change", help="what is looked at")
    add("--year", type=whole_number, metavar="Y", help="at whose end (default: the last)")
    add("--patients", type=whole_number, metavar="N", help="of each run (default 2,000)")
    add("--years", type=whole_number, metavar="Y", default=5, help="length in years (default 5)")
    add("--seed", type=whole_number, metavar="S", default=1, help="random seed (default 1)")
    add("--cohort", metavar="NAME", help="population (default uk-routine-care) or a YAML file")
    add("--quiet", action="store_true", help="show no progress")


def _add_system(commands: Any) -> None:
    """Add the commands about this machine."""
    dashboard = _add(commands, "dashboard", ("dashboard", "dashboard"), "open the dashboard")
    dashboard.add_argument("--port", type=whole_number, metavar="P", help="port (default 8866)")
    dashboard.add_argument("--no-browser", action="store_true", help="do not open a browser")
    text = "archive what nobody uses, and what exceeds the quota of the store"
    tidy = _add(commands, "tidy", ("tiers", "tidy"), text)
    tidy.add_argument("--dry-run", action="store_true", help="change nothing, say what would be")
    tidy.add_argument("--delete", action="store_true", help="delete, too, what the quota demands")
    text = "what this machine allows, and what is wrong with the store"
    doctor = _add(commands, "doctor", ("doctor", "doctor"), text)
    doctor.add_argument("--clean", action="store_true", help="remove what killed processes left")
    text = "check every file of every run that nobody uses, and make good what is damaged"
    doctor.add_argument("--repair", action="store_true", help=text)


if __name__ == "__main__":
    sys.exit(main())
