"""The command `quadro`: it parses, calls the library, and says errors in plain words. Nothing heavy is imported before
it is used, so that help is there at once.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from toolkit.contract import LANGUAGES
from toolkit.errors import Faults, ParameterError, ToolkitError, installing

RULES = {
    "province": "province or metropolitan city: plate, code or name",
    "region": "region",
    "system": "local labour system: name, or code of 2021",
}
KINDS = ("municipalities", "areas", "sets", "runs", "policies", "notebooks", "tables", "indicators")
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 all good, 1 some pages failed, 2 bad input."""
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except ToolkitError as error:
        count = len(error.faults) if isinstance(error, Faults) else 1
        if count > 1:
            print(f"{count} things to put right:", file=sys.stderr)
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped. What was promoted stays; the next run makes the rest.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a long list has seen enough
        sys.stderr.close()
        return 0


def parser() -> argparse.ArgumentParser:
    """All commands, each with help and an example."""
    top = argparse.ArgumentParser(
        prog="quadro",
        description="Reproducible policy reports for municipalities, in Italian and English, from open data.",
        epilog="example:\n  quadro run          the reports of the default plan\n"
        "  quadro run --help   about one command",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _list(commands)
    _run(commands)
    _check(commands)
    _data(commands)
    _policy(commands)
    _new(commands)
    _preview(commands)
    _explain(commands)
    return top


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, **_: object) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and leave")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from toolkit import __version__

        print(f"quadro {__version__}")
        parser.exit()


Commands = argparse._SubParsersAction  # what add_subparsers gives; argparse has no public name for it


def _command(commands: Commands, name: str, about: str, example: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}".rstrip(" …") + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return command


def _list(commands: Commands) -> None:
    command = _command(
        commands,
        "list",
        "what there is: municipalities, areas, plans, tables …",
        "quadro list municipalities --search sesto\n  quadro list municipalities --province BS\n"
        "  quadro list   how many of each",
    )
    command.add_argument("kind", nargs="?", choices=KINDS, help="what to list (without it: how many of each)")
    command.add_argument(
        "--search", default="", metavar="TEXT", help="only what has this text; words of names may be cut"
    )
    for kind, about in RULES.items():
        command.add_argument(f"--{kind}", default="", metavar=kind.upper(), help=f"municipalities of a {about}")
    command.set_defaults(command=_do_list)


def _do_list(options: argparse.Namespace) -> int:
    from toolkit.run import listing

    within = {kind: text for kind in RULES if (text := getattr(options, kind))}
    if within and options.kind not in ("municipalities", None):
        raise ParameterError(
            f"--{next(iter(within))} goes with municipalities.", hint="quadro list municipalities --help"
        )
    if within:
        rows = listing.municipalities(_home(), options.search, within)
    elif options.kind:
        rows = listing.KINDS[options.kind](_home(), options.search)
    else:
        rows = [(kind, str(len(found(_home(), options.search)))) for kind, found in listing.KINDS.items()]
    widths = [
        max(len(row[column]) for row in rows if len(row) > column) for column in range(max(map(len, rows), default=0))
    ]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())
    if not rows:
        print(f"Nothing found for {options.search!r}." if options.search else "There is none.", file=sys.stderr)
    elif options.kind == "municipalities" and not options.search and not within:
        print("These have figures in data/; --search finds the others, too.", file=sys.stderr)
    return 0


def _run(commands: Commands) -> None:
    command = _command(
        commands,
        "run",
        "make the reports of a plan, or of any place",
        "quadro run params/runs/nord-milano.yml --only Bresso --jobs 2\n"
        "  quadro run --municipality Brescia --report benchmark --language it\n"
        "  quadro run --province BS --report benchmark --out brescia",
    )
    command.add_argument(
        "plan", nargs="?", default="nord-milano", help="a plan: file, or name in params/runs (nord-milano)"
    )
    command.add_argument(
        "--out", default="reports", metavar="DIR", help="output folder (reports), or an address: s3://BUCKET/PREFIX"
    )
    command.add_argument("--jobs", type=_positive, default=0, metavar="N", help="worker processes (one a processor)")
    command.add_argument("--engine", choices=("warm", "stock"), default="warm", help="stock: an ordinary kernel each")
    command.add_argument(
        "--cluster", default="", metavar="ADDRESS", help="a Dask scheduler, tcp://HOST:PORT, whose workers do the work"
    )
    command.add_argument("--timeout", type=_count, default=0, metavar="S", help="seconds a page may take (of the plan)")
    command.add_argument("--memory", type=_count, default=2048, metavar="MIB", help="MiB a notebook may use; 0: all")
    command.add_argument("--force", action="store_true", help="make also the pages whose inputs did not change")
    _whom(command)
    command.add_argument("--only", nargs="+", default=[], metavar="CODE", help="codes, names or area ids of the plan")
    command.add_argument("--failed", action="store_true", help="only pages whose last attempt failed")
    command.add_argument("--limit", type=_count, default=0, metavar="N", help="make at most N pages")
    command.add_argument("--dry-run", action="store_true", help="say which pages would be made, make none")
    command.add_argument(
        "--explain", action="store_true", help="say of each page why it would be made or not, make none"
    )
    told = command.add_mutually_exclusive_group()
    told.add_argument("--quiet", action="store_true", help="say nothing but what failed")
    told.add_argument("--json", action="store_true", help="a line of JSON a page, then one for the run")
    command.set_defaults(command=_do_run)


def _whom(command: argparse.ArgumentParser) -> None:
    """Options that stand in place of what a plan says: for whom, which reports, which languages."""
    whom = command.add_argument_group("in place of the plan's own")
    whom.add_argument("--municipality", nargs="+", default=[], metavar="CODE", help="codes or names")
    for kind, about in RULES.items():
        whom.add_argument(f"--{kind}", default="", metavar=kind.upper(), help=f"all municipalities of a {about}")
    whom.add_argument("--all", action="store_true", help="all municipalities of Italy")
    whom.add_argument("--area", nargs="+", default=[], metavar="ID", help="areas that get a page of their own")
    whom.add_argument("--report", nargs="+", default=[], metavar="NAME", help="notebooks, without .ipynb")
    whom.add_argument("--language", nargs="+", default=[], choices=LANGUAGES, help="languages of the pages")


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    """Fields of a plan that were typed, and their values."""
    lists = {"municipalities": "municipality", "areas": "area", "notebooks": "report", "languages": "language"}
    given = {field: tuple(dict.fromkeys(getattr(options, name))) for field, name in lists.items()}
    given |= {name: getattr(options, name) for name in (*RULES, "all")}
    return {field: value for field, value in given.items() if value}


def _do_run(options: argparse.Namespace) -> int:
    from toolkit import params
    from toolkit.run import batch, progress
    from toolkit.run import place as places
    from toolkit.run import plan as plans
    from toolkit.run.prepare import Choice, Prepared

    if options.cluster and (options.jobs or options.engine != "warm"):
        what = "--cluster does not go with --jobs and --engine: its workers have threads (--nthreads) and warm parents."
        raise ParameterError(what, hint="leave one out")
    signal.signal(signal.SIGTERM, _stop)
    home = _home()
    path = plans.find(options.plan, home)
    plan, asked = params.load(params.RunPlan, path), _asked(options)
    plan, where = plans.typed(plan, asked), plans.TYPED if asked else str(path)
    choice = Choice(options.only, options.failed, options.limit, options.force)
    if options.dry_run or options.explain:
        place = places.of(options.out)
        place.refresh()
        progress.foretell(Prepared(plan, place, choice, home, where), options.explain, options.json)
        return 0
    with progress.display(quiet=options.quiet, as_json=options.json) as shown:
        result = batch.execute(
            plan,
            options.out,
            jobs=options.jobs,
            engine=options.engine,
            memory=options.memory,
            timeout=options.timeout,
            cluster=options.cluster,
            choice=choice,
            home=home,
            where=where,
            begin=shown.begin,
            watch=shown.watch,
        )
    shown.end(result)
    return result.exit_code


def _check(commands: Commands) -> None:
    command = _command(
        commands,
        "check",
        "check plans, sets, notebooks, the catalogue, or a built site",
        "quadro check\n  quadro check params/runs/nord-milano.yml\n  quadro check --province BS --report benchmark\n"
        "  quadro check --site reports",
    )
    command.add_argument("paths", nargs="*", type=Path, metavar="FILE", help="plans, sets or notebooks (default: all)")
    command.add_argument("--site", type=Path, metavar="DIR", help="a built site: links, anchors, ids")
    _whom(command)
    command.set_defaults(command=_do_check)


def _do_check(options: argparse.Namespace) -> int:
    from toolkit.run import check

    if options.site:
        from toolkit.run import check_site

        print(f"{check_site.check(options.site)} pages of {options.site}: links, anchors and ids are right.")
    if asked := _asked(options):
        print(check.typed(_home(), options.paths, asked))
    elif options.paths or not options.site:
        print(check.everything(_home(), options.paths))
    return 0


def _data(commands: Commands) -> None:
    data = _command(commands, "data", "rebuild the embedded tables, or ask for one", "quadro data build --from FOLDER")
    parts = data.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = _command(
        parts, "build", "rebuild data/ from the publishers' files", "quadro data build --from FOLDER --to data"
    )
    build.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="FOLDER", help="the publishers' files"
    )
    build.add_argument("--to", type=Path, metavar="FOLDER", help="where to write (data of the checkout)")
    build.set_defaults(command=_do_build)
    about = "say which figures of a territory are embedded, and where absent ones are published"
    fetch = _command(parts, "fetch", about, "quadro data fetch 001272")
    fetch.add_argument("what", help="code or name of a municipality, or name of a table")
    fetch.set_defaults(command=_do_fetch)


def _do_build(options: argparse.Namespace) -> int:
    try:
        from toolkit.sources.build import build
    except ImportError as error:
        raise ToolkitError(f"Rebuilding the tables needs the package {error.name}.", hint=installing("data")) from None
    target = options.to or _home() / "data"
    for name in build(options.source, target):
        print(target / name)
    return 0


def _do_fetch(options: argparse.Namespace) -> int:
    from toolkit.run import embedding

    print(embedding.state(options.what))
    return 0


def _policy(commands: Commands) -> None:
    policy = _command(commands, "policy", "evaluate a policy once for all pages", "quadro policy run expo-2015")
    parts = policy.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run = _command(parts, "run", "evaluate policies and keep the results in data/", "quadro policy run expo-2015")
    run.add_argument("names", nargs="*", metavar="NAME", help="files of params/policies, without .yml (default: all)")
    run.add_argument("--force", action="store_true", help="evaluate also where file and tables did not change")
    run.set_defaults(command=_do_policy)


def _do_policy(options: argparse.Namespace) -> int:
    from toolkit import evaluations

    for line in evaluations.run(options.names, _home() / "params" / "policies", force=options.force):
        print(line)
    return 0


def _new(commands: Commands) -> None:
    example = "quadro new housing\n  quadro new mine --from benchmark\n  quadro new policy cycling"
    command = _command(commands, "new", "make a notebook from the template, or from another, or a policy", example)
    command.add_argument("name", help="name of the notebook, which is the name of its report; or: policy")
    command.add_argument("policy", nargs="?", default="", metavar="NAME", help="after policy: the name of its file")
    command.add_argument("--from", dest="source", default="", metavar="NAME", help="a notebook to copy (the template)")
    command.set_defaults(command=_do_new)


def _do_new(options: argparse.Namespace) -> int:
    from toolkit.run import check_notebooks

    home = _home()
    if options.name == "policy" or options.policy:
        return _new_policy(options, home)
    path = check_notebooks.create(options.name, home, options.source)
    print(f"Made {path}.")
    print("Next: open it (make lab), then name it in a plan of params/runs:")
    print(f"  notebooks: [{options.name}]")
    print(f"and check it: quadro check {path}")
    return 0


def _new_policy(options: argparse.Namespace, home: Path) -> int:
    from toolkit.params import policy as policies

    if options.name != "policy" or not options.policy or options.source:
        raise ParameterError("A policy is made with its name.", hint="quadro new policy cycling")
    path = policies.create(options.policy, home / "params" / "policies")
    print(f"Made {path}.")
    print("Next: write it (who, when, what may have changed), until this says that it is right:")
    print(f"  quadro check {path}")
    print("then evaluate it, and make the pages of the places it concerns:")
    print(f"  quadro policy run {options.policy}\n  quadro run")
    return 0


def _preview(commands: Commands) -> None:
    example = "quadro preview notebooks/benchmark.ipynb --municipality 015032 --language en"
    command = _command(commands, "preview", "make the page of a notebook again whenever it is saved", example)
    command.add_argument("notebook", type=Path, metavar="FILE", help="the notebook; Ctrl-C ends watching it")
    place = command.add_mutually_exclusive_group()
    place.add_argument("--municipality", default="", metavar="CODE", help="code or name (the notebook's own)")
    place.add_argument("--area", default="", metavar="ID", help="id of an area, instead")
    command.add_argument("--language", choices=LANGUAGES, default="", help="of the page (the notebook's own)")
    command.add_argument("--out", type=Path, default=Path("preview"), metavar="DIR", help="output folder (preview)")
    command.set_defaults(command=_do_preview)


def _do_preview(options: argparse.Namespace) -> int:
    from toolkit.run import preview

    asked = {name: getattr(options, name) for name in ("municipality", "area", "language")}
    values = {name: value for name, value in asked.items() if value}
    try:
        for said in preview.preview(options.notebook, options.out, values, preview.saves(options.notebook)):
            print(said, flush=True)
    except KeyboardInterrupt:
        print("No longer watched.")
    return 0


def _explain(commands: Commands) -> None:
    command = _command(
        commands,
        "explain",
        "recompute one printed number, with its inputs, formula and sources",
        "quadro explain 015032/benchmark/income_per_taxpayer",
    )
    command.add_argument(
        "figure",
        metavar="FIGURE-ID",
        help="TERRITORY/REPORT/NAME, as in a results file; a code, a name or the id of an area",
    )
    command.add_argument("--site", type=Path, default=Path("reports"), metavar="DIR", help="the built site (reports)")
    command.set_defaults(command=_do_explain)


def _do_explain(options: argparse.Namespace) -> int:
    from toolkit.run import explain

    found = explain.explain(options.figure, options.site)
    print(found.text)
    return 0 if found.agrees else 1


def _home() -> Path:
    from toolkit import params

    return params.home()


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes: 1, 2, …")
    return number


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number: 0, 1, 2, …")
    return number


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
