"""`wejourney simulate`: run a journey on a virtual clock, for personas or for a population."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from wejourney.messaging.account_settings import zone_of
from wejourney.messaging.merge_fields import OTHER
from workbench.checks.accounts import ACCOUNTS, accounts_for
from workbench.checks.people_files import people_files_for
from workbench.cli.consoles import complaints, output
from workbench.cli.options import AsJson, JourneyFile, RulesName, rule_set
from workbench.cli.spoken import language
from workbench.cli.terminal import busy, fail, print_json, reject, said, value_or_reject
from workbench.cli.verdict import read_or_reject, say_if_rejected
from workbench.estimate.populations import costs
from workbench.language.journey import Journey
from workbench.language.mistakes import Phrase, nearest, phrase
from workbench.language.step_types import Ask
from workbench.language.traversal import steps_of
from workbench.project import PERSONAS, files_in, people_rules_for, personas_folder
from workbench.simulator.assumptions import assumptions
from workbench.simulator.deployment import SimulatedDeployment, simulated_account
from workbench.simulator.expected import Spent, tables
from workbench.simulator.persona import Persona, read_persona
from workbench.simulator.population import MOST_PEOPLE, Population
from workbench.simulator.rates import Rates, read_rates
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import trace_to_dict
from workbench.trace.transcript import not_entered, transcript
from workbench.wording.journey_parts import Wording


def simulate(  # noqa: PLR0913 - the options of a command
    file: JourneyFile,
    *,
    persona: Annotated[list[str] | None, typer.Option(), phrase("simulate --persona")] = None,
    population: Annotated[
        int | None, typer.Option(min=1, max=MOST_PEOPLE), phrase("simulate --population", most=MOST_PEOPLE)
    ] = None,
    rates: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False),
        phrase("simulate --rates"),
    ] = None,
    seed: Annotated[int, typer.Option(), phrase("simulate --seed")] = 1,
    others: Annotated[
        list[Path] | None,
        typer.Option("--with", exists=True, dir_okay=False),
        phrase("simulate --with"),
    ] = None,
    rules: RulesName = "current",
    root: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False),
        phrase("simulate --root"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    own_personas = file.resolve().with_suffix(".personas")
    if population is None and not persona and not own_personas.is_dir():
        fail(phrase("who is simulated", folder=f"{own_personas.name}/"))
    if population is not None and persona:
        fail(phrase("personas or population"))
    if population is None and rates is not None:
        fail(phrase("rates need population"))
    checked, journeys = read_or_reject([file, *(others or ())], as_json=as_json)
    allowed = rule_set(rules)
    say_if_rejected(checked, allowed, as_json=as_json)
    account = simulated_account(allowed)
    files = people_files_for(file)
    if files.mistakes:
        reject(files.mistakes)
    people_rules = people_rules_for(file)
    if population is not None:
        people = Population(
            journeys, _rates(rates, journeys[0]), account, population, seed, rules=people_rules
        )
        _show_funnel(people, as_json=as_json)
        return
    known = personas_folder(file) if root is None else root / PERSONAS
    personas = _personas(persona or [str(own_personas)], known)
    asked = _questions(journeys)
    elsewhere: Collection[str] = ()
    if any(name not in asked for who in personas for name in who.answers):
        # A persona may live through several journeys of a folder, one by one.
        elsewhere = _questions(checked.others)
    for who in personas:
        _warn(who.name, _no_question, (name for name in who.answers if name not in elsewhere), asked)
    accounts = accounts_for(file)
    for who in personas:
        acted_in = (act.account for act in who.acts if act.account)
        _warn(who.name, _no_account, acted_in, accounts.by_name)
    deployment = SimulatedDeployment.of(journeys, account, people_rules)
    _show_transcripts(deployment, personas, as_json=as_json)


def _warn(who: str, unknown: Callable[[str], Phrase], names: Iterable[str], known: Collection[str]) -> None:
    """Warn about names in a persona or rates file that are not known."""
    wording = Wording(language())
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            note = "" if hint is None else wording.say("note", text=hint.in_words(wording.language))
            text = wording.join([who, unknown(name).in_words(wording.language)], "colon")
            complaints().print(f"{text}{note}", style="yellow")


def _no_question(name: str) -> Phrase:
    return phrase("no question", name=name)


def _no_account(name: str) -> Phrase:
    return phrase("undeclared account", name=name, file=ACCOUNTS.as_posix())


def _questions(journeys: Iterable[Journey]) -> list[str]:
    return [step.name for journey in journeys for _, step in steps_of(journey) if isinstance(step, Ask)]


# --- personas ----------------------------------------------------------------------------------------


def _personas(names: Iterable[str], known: Path) -> list[Persona]:
    readings = [read_persona(path) for name in names for path in _paths(name, known)]
    mistakes = [mistake for reading in readings for mistake in reading.mistakes]
    if mistakes:
        reject(mistakes)
    return [reading.value for reading in readings if reading.value is not None]


def _paths(name: str, folder: Path) -> list[Path]:
    """The files of a persona that is named, of this folder or elsewhere; those of a folder by their names."""
    known = folder / f"{name}.yaml"
    if known.is_file():
        return [known]
    path = Path(name)
    if path.is_dir():
        return files_in(path) or fail(phrase("no persona files", folder=str(path)))
    if path.is_file():
        return [path]
    names = tuple(file.stem for file in files_in(folder)) or ("-",)
    return fail(phrase("no such persona", name=name, folder=folder.as_posix(), names=names))


def _show_transcripts(deployment: SimulatedDeployment, personas: Iterable[Persona], *, as_json: bool) -> None:
    account = deployment.account
    with busy(phrase("simulating"), shown=not as_json):
        played = [(persona, Simulator(deployment, persona.person(account)).play()) for persona in personas]
    if as_json:
        print_json({who.name: [trace_to_dict(event) for event in trace] for who, trace in played})
        return
    out = output()
    for persona, trace in played:
        about = persona.about.get(language()) or next(iter(persona.about.values()), "")
        title = Wording(language()).join([persona.name, about], "colon")
        zone = zone_of(persona.person(account).before, account)
        out.print(transcript(trace, zone, language(), title))
        why = not_entered(persona.name, next(iter(deployment.journeys.values())), trace, language())
        if why is not None:
            out.print(why)


# --- a population ------------------------------------------------------------------------------------


def _rates(file: Path | None, journey: Journey) -> Rates:
    if file is None:
        return Rates()
    rates = value_or_reject(read_rates(file))
    _warn(file.name, _no_question, rates.answers, _questions([journey]))
    for question, rate in rates.answers.items():
        asks = [step for _, step in steps_of(journey) if isinstance(step, Ask) and step.name == question]
        choices = [choice for ask in asks for choice in (*ask.choices, OTHER)]

        def no_choice(name: str, question: str = question) -> Phrase:
            return phrase("no choice", name=name, question=question)

        _warn(file.name, no_choice, rate.choices, choices)
    _warn(
        file.name,
        lambda name: phrase("no wait for a date", name=name),
        rates.dates,
        list(rates.days(journey)),
    )
    return rates


def _show_funnel(people: Population, *, as_json: bool) -> None:
    console = complaints()
    with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as progress:
        task = progress.add_task(said(phrase("simulating")), total=people.people)
        funnel = people.funnel(lambda count: progress.advance(task, count))
    spent = costs(people.journeys, people.account, funnel, people.rules)
    if as_json:
        cost = spent.to_dict() if isinstance(spent, Spent) else None
        print_json({**funnel.to_dict(), "seed": people.seed, "cost": cost})
        return
    out = output()
    for line in assumptions(people.journeys[0], people.rates, language()):
        out.print(line)
    for table in tables(people.journeys[0], funnel, spent, language()):
        out.print(table)
