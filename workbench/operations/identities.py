"""Which apps, merchants and accounts know people by one union id."""

from collections.abc import Iterable
from dataclasses import dataclass

from wejourney.people.bindings import Binding
from workbench.wording.phrases import Phrase, phrase


@dataclass(frozen=True)
class Report:
    """The apps that have told of people, and those in which merchants were paid."""

    apps: tuple[Binding, ...]
    merchants: tuple[Binding, ...]

    @property
    def warnings(self) -> tuple[Phrase, ...]:
        known = {binding.app_id: binding for binding in self.apps}
        found = [
            phrase("app is not bound", app_id=app) for app, one in known.items() if one.is_bound is False
        ]
        for binding in self.merchants:
            app = known.get(binding.app_id)
            if app is None or app.is_bound is not True:
                found.append(
                    phrase("paying app is not bound", app_id=binding.app_id, merchant=binding.merchant)
                )
        platforms = sorted({one.open_platform for one in self.apps})
        if len(platforms) > 1:
            found.append(phrase("several open platforms", names=tuple(platforms)))
        return tuple(found)


def report_of(bindings: Iterable[Binding]) -> Report:
    found = tuple(bindings)
    return Report(
        tuple(one for one in found if not one.merchant), tuple(one for one in found if one.merchant)
    )
