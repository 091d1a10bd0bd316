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
    def unbound_apps(self) -> tuple[Binding, ...]:
        """Those that tell no union ids."""
        return tuple(binding for binding in self.apps if binding.is_bound is False)

    @property
    def unbound_merchants(self) -> tuple[Binding, ...]:
        """Merchants by the apps in which they are paid and which tell no union ids, or none yet."""
        bound = {binding.app_id for binding in self.apps if binding.is_bound}
        return tuple(binding for binding in self.merchants if binding.app_id not in bound)

    @property
    def open_platforms(self) -> tuple[str, ...]:
        return tuple(sorted({binding.open_platform for binding in self.apps}))

    @property
    def warnings(self) -> tuple[Phrase, ...]:
        found = [phrase("app is not bound", app_id=binding.app_id) for binding in self.unbound_apps]
        found += [
            phrase("paying app is not bound", app_id=binding.app_id, merchant=binding.merchant)
            for binding in self.unbound_merchants
        ]
        if len(self.open_platforms) > 1:
            found.append(phrase("several open platforms", names=self.open_platforms))
        return tuple(found)


def report_of(bindings: Iterable[Binding]) -> Report:
    found = tuple(bindings)
    return Report(
        tuple(one for one in found if not one.merchant), tuple(one for one in found if one.merchant)
    )
