"""Reports by command, as Markdown or JSON."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from coordinator.actions.knowledge import decisions_in_force
from coordinator.actions.reports import collecting, report_text
from coordinator.kernel.errors import UsageProblem
from coordinator.results.reports import DailyText, DecisionsText, FinalText
from coordinator.workspace.registry import (
    Arguments,
    Deferred,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call

_LONGEST = timedelta(days=36_500)
_SPAN = re.compile(r"(\d{1,6})\s*([mhdw])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class ReportArguments(Arguments):
    """In which form, and where to."""

    format: Literal["md", "json"] = Field("md", description="Markdown or JSON")
    output: str = Field("", description="write it to this file instead")


class FinalArguments(ReportArguments):
    """Whose report, about what."""

    agent: Annotated[str, Positional()] = Field(..., description="the agent")
    feature: Annotated[str, Positional()] = Field(
        "", description="the feature; none: the newest report"
    )


class DailyArguments(ReportArguments):
    """Since when."""

    since: str = Field("24h", description="how far back: 90m, 24h, 7d, 2w")


@action(
    "report final",
    who=Who.ANYONE,
    example="coordinator report final backend",
    refresh=Refresh.WITH_GIT,
)
def final(call: Call, arguments: FinalArguments) -> Deferred[FinalText]:
    """Write the final status report of an agent's feature."""
    found = collecting.final(call.workspace, arguments.agent, arguments.feature)
    return Deferred(found.read, lambda x: {"report": x, "text": report_text.final(x)})


@action(
    "report daily",
    who=Who.ANYONE,
    example="coordinator report daily --since 24h",
    refresh=Refresh.QUICK,
)
def daily(call: Call, arguments: DailyArguments) -> DailyText:
    """Write who did what, what waits for whom, what is stale and what is wrong."""
    found = collecting.daily(call.workspace, span(arguments.since))
    return {"report": found, "text": report_text.daily(found)}


@action(
    "report decisions",
    who=Who.ANYONE,
    example="coordinator report decisions --output decisions.md",
    refresh=Refresh.QUICK,
)
def decisions(call: Call, arguments: ReportArguments) -> DecisionsText:
    """Write the decision log."""
    del arguments
    found = decisions_in_force(call.workspace)
    return {"report": found, "text": report_text.decisions(found)}


def span(text: str) -> timedelta:
    """Read `90m`, `24h`, `7d` or `2w`.

    Raises:
        UsageProblem: It is none of these.
    """
    match = _SPAN.match(text.strip())
    if not match:
        raise UsageProblem(
            f"{text!r} is no time span.", hint="Write 90m, 24h, 7d or 2w."
        )
    return min(timedelta(**{_UNITS[match[2]]: int(match[1])}), _LONGEST)
