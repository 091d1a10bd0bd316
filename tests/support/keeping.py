"""Whom the books' keeper tells what it does."""

from wejourney.services.loyalty.ports import Entry


class Silent:
    """Nothing may fail."""

    def posted(self, entry: Entry) -> None: ...

    def failed(self, person_id: str, error: Exception) -> None:
        raise error
