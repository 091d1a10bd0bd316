"""`wejourney profile` and `wejourney funnel`: one follower's records, and the counts of a journey's runs."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from wejourney.events.positions import Position
from wejourney.journeys.runs import OpenWait
from wejourney.people.counters import LONGEST_PERIOD, day_of
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import reached
from wejourney.people.profile_model import ProfileModel
from wejourney.people.rfm import rfm_of
from wejourney.plain_data import to_plain
from wejourney.reasons import Fact, Part
from workbench.checks.people_files import read_people_files
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import DAYS, AsJson, Root
from workbench.cli.person_options import ByMember, ByPhone, ByUnionId, person_or_fail
from workbench.cli.spoken import language
from workbench.cli.terminal import print_json
from workbench.language.journey import Journey
from workbench.language.reading import read_file
from workbench.operations.private_values import PrivateValues
from workbench.operations.records import newest_trace
from workbench.operations.summary import Statement, Topic, summary_of
from workbench.operations.target import Target
from workbench.project import JOURNEYS
from workbench.trace.funnel import count_tables, counted_funnel, counted_funnel_table
from workbench.trace.trace_events import trace_to_dict
from workbench.trace.transcript import transcript
from workbench.wording.phrases import phrase
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import PROFILE_WORDS

"""The format of a day."""


def profile(  # noqa: PLR0913 - each is an option
    openid: Annotated[str | None, typer.Argument(), phrase("openid")] = None,
    person: Annotated[str | None, typer.Option("--person"), phrase("person id")] = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    root: Root = Path(),
    *,
    last: Annotated[int, typer.Option(min=1), phrase("profile --last")] = 50,
    before: Annotated[datetime | None, typer.Option(), phrase("profile --before")] = None,
    summary: Annotated[bool, typer.Option("--summary"), phrase("profile --summary")] = False,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    found = person_or_fail(
        target, person=person, openid=openid, member=member, phone=phone, union_id=union_id, app_id=app_id
    )
    state = target.followers.read_again(found)
    follower = PrivateValues(target.personal_data, state.follower or found).shown()
    points = target.ledger.books(follower.person_id).available
    end = before.replace(tzinfo=UTC) if before else None
    trace, earlier = newest_trace(target, state, follower, _journeys(root), last, end)
    zone, now = ZoneInfo(follower.time_zone or "UTC"), target.clock.now()
    model = read_people_files(root).rules.profile
    said = _summary(target, follower, model, now, zone) if summary else ()
    if as_json:
        data = {
            "profile": follower.to_snapshot()
            | {name: to_plain(getattr(follower, name)) for name in ("identities", "bookings", "consents")},
            "points": points,
            "stage": follower.stage,
            "stage_signs": to_plain(follower.stage_signs),
            "counts": {
                name: {str(days): amounts.within(days, day_of(target.clock.now())) for days in SHOWN_PERIODS}
                for name, amounts in follower.counts.items()
            },
            "live_runs": [to_plain(run) for run in state.live_runs if not run.ended],
            "waits": list(map(_without_token, state.waits)),
            "timeline": [trace_to_dict(event) for event in trace],
            "earlier": earlier,
            **({"summary": list(map(to_plain, said))} if summary else {}),
        }
        print_json(data)
        return
    words = ReasonWords(language(), zone)
    output().print(_profile_table(follower, points, now, words, model))
    if summary:
        output().print(_summary_table(said, words))
    title = PROFILE_WORDS[language()]["timeline"].format(zone=zone.key)
    output().print(transcript(trace, zone, language(), title))
    if earlier is not None:
        output().print(PROFILE_WORDS[language()]["earlier"].format(before=f"{earlier:%Y-%m-%dT%H:%M:%S}"))


def funnel(
    journeys: Annotated[list[str], typer.Argument(), phrase("funnel journeys")],
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=DAYS),
        phrase("funnel --from"),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=DAYS),
        phrase("funnel --to"),
    ] = None,
    stack: Stack = None,
    root: Root = Path(),
    *,
    as_json: AsJson = False,
) -> None:
    counters = open_target(stack).counters
    begin, end = (day.date() if day else None for day in (since, until))
    funnels = {name: counted_funnel(counters.of_group(name, begin, end)) for name in journeys}
    if as_json:
        print_json({name: counts.to_dict() for name, counts in funnels.items()})
        return
    for name, counts in funnels.items():
        file = root / JOURNEYS / f"{name}.yaml"
        definition = read_file(file).journey if file.is_file() else None
        output().print(counted_funnel_table(counts, name, definition, language()))
        for table in count_tables(counts, language()):
            output().print(table)


def _journeys(root: Path) -> Iterator[Journey]:
    """The journeys of the repository: records do not say what a run waited for in vain."""
    readings = (read_file(file) for file in sorted((root / JOURNEYS).glob("*.yaml")))
    return (reading.journey for reading in readings if reading.journey is not None)


def _without_token(wait: OpenWait) -> dict[str, Any]:
    """An open wait without its token, which is a credential, and without the run's data."""
    return {name: value for name, value in to_plain(wait).items() if name not in ("token", "run")}


def _profile_table(
    follower: Follower, points: int, now: datetime, words: ReasonWords, model: ProfileModel
) -> Table:
    labels = PROFILE_WORDS[words.language]
    error = follower.unreachable
    facts = {fact: words.value(getattr(follower, fact), fact) for fact in (Fact.CUSTOMER, Fact.MEMBER)}
    facts[Fact.TIER] = follower.tier or ""
    facts[Fact.SOURCE] = f"{words.value(follower.source, Fact.SOURCE)} {follower.scene or ''}"
    facts[Fact.LANGUAGE] = follower.language or labels["of account"]
    facts[Fact.POINTS_FROM] = str(points)
    bookings = {name: told.starts_at or labels["cancelled"] for name, told in follower.bookings.items()}
    rows = {
        labels["person"]: follower.person_id,
        labels["following"]: words.value(follower.following),
        **{words.fact(Part(fact, None, None)): value for fact, value in facts.items()},
        labels["time zone"]: follower.time_zone or labels["of store"],
        labels["tags"]: words.join(sorted(follower.tags)),
        labels["segments"]: words.join(sorted(follower.segments)),
        labels["consents"]: words.join(sorted(filter(follower.has_agreed_to, follower.consents))),
        **_facts(follower, now, words, model),
        labels["attributes"]: _pairs(follower.attributes, words),
        labels["dates"]: _pairs(follower.dates, words),
        labels["bookings"]: _pairs(bookings, words),
        labels["allowances"]: words.allowances(follower.windows, now),
        labels["unreachable"]: words.value(value=False)
        if error is None
        else labels["error"].format(code=error),
    }
    table = Table(show_header=False, title=follower.openid, title_justify="left")
    for name, value in rows.items():
        table.add_row(name, value or labels["none"])
    return table


SHOWN_PERIODS = (7, 30, 365)
"""The days over which counters are shown."""


def _facts(follower: Follower, now: datetime, words: ReasonWords, model: ProfileModel) -> dict[str, str]:
    """What was found out of events: the stage and what moved the person there, counters, scores."""
    labels, today = PROFILE_WORDS[words.language], day_of(now)
    stage = words.value(follower.stage, Fact.STAGE)
    cause = dict(reached(follower.stage_signs, model.stages)).get(follower.stage)
    if cause is not None:
        stage = labels["since"].format(what=stage, at=f"{cause.at:%Y-%m-%d %H:%M}", event=cause.event_id)
    facts = {labels["stage"]: stage}
    for name, amounts in sorted(follower.counts.items()):
        facts[name] = labels["periods"].format(*(amounts.within(days, today) for days in SHOWN_PERIODS))
    found = rfm_of(follower.counts, model.rfm, today) if model.rfm is not None else None
    if found is not None:
        facts["RFM"] = labels["rfm"].format(
            *found.scores, days=found.recency, orders=found.frequency, yuan=found.monetary / 100
        )
    return facts


def _summary(
    target: Target, follower: Follower, model: ProfileModel, now: datetime, zone: ZoneInfo
) -> tuple[Statement, ...]:
    since = Position.at(now - timedelta(days=LONGEST_PERIOD))
    return summary_of(target.followers.newest_events(follower, since), model, now, zone)


def _summary_table(said: Iterable[Statement], words: ReasonWords) -> Table:
    """The statements, each with the newest of its events and how many there are."""
    labels = PROFILE_WORDS[words.language]
    table = Table(show_header=False, title=labels["summary"], title_justify="left")
    for one in said:
        what = words.value(one.what, Fact.STAGE) if one.topic is Topic.STAGE else one.what
        table.add_row(
            labels[f"said {one.topic}"].format(what=what, value=one.value),
            labels["said by"].format(n=len(one.events), event=one.events[-1]),
        )
    return table


def _pairs(values: Mapping[str, Any], words: ReasonWords) -> str:
    return words.join([f"{name}={value}" for name, value in sorted(values.items())])
