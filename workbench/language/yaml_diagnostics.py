"""What an author probably meant by something that is not YAML.

The parser says what it expected next, often far behind the typing mistake: here that is looked for.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError

from workbench.language.full_width import Slip, full_width
from workbench.language.yaml_nodes import Node, UnsupportedYamlError, root_of


def compose(text: str) -> Node | None:
    """The root of a YAML 1.2 document; None if it is empty. Raises UnsupportedYamlError."""
    try:
        return root_of(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as exc:
        raise UnsupportedYamlError(*slip_of(text, exc)) from exc
    except YAMLError as exc:
        message = f"not YAML: {str(exc).partition('\n')[0]}"
        raise UnsupportedYamlError(1, 1, message, "use only names, colons and indentation") from exc


def slip_of(text: str, error: MarkedYAMLError) -> Slip:
    """What was probably meant where the parser gave up; without an idea, what the parser says."""
    broken = _Broken(_LINE_BREAK.split(text), error)
    slips = (look(broken) for look in _LOOKS)
    what = f"not YAML: {broken.problem or broken.context}"
    unknown = Slip(broken.line + 1, broken.column + 1, what, "check this line and the one above it")
    return next((slip for slip in slips if slip is not None), unknown)


class _Broken:
    """The lines, and where the parser gave up: `line` and `column` count from 0, as its own do."""

    def __init__(self, lines: list[str], error: MarkedYAMLError) -> None:
        self.lines = lines
        self.problem = error.problem or ""
        self.context = error.context or ""
        self.start: StringMark | None = error.context_mark
        mark: StringMark | None = error.problem_mark or error.context_mark
        self.line: int = mark.line if mark else 0
        self.column: int = mark.column if mark else 0

    @property
    def here(self) -> str:
        """The line where the parser gave up, without what stands in quotes."""
        return self.bare(self.line)

    def bare(self, number: int) -> str:
        """A line in which quoted texts and comments cannot be taken for anything else."""
        return _QUOTED.sub(lambda found: "_" * len(found[0]), self.lines[number])

    def above(self, number: int) -> Iterator[int]:
        """The lines with something on them, from this one upwards."""
        yield from (line for line in range(number - 1, -1, -1) if self.bare(line).strip("_ \t"))


_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""As the parser counts lines."""

_QUOTED = re.compile(r"""(?<![^\s\[{,:])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\#.*$)""")
_COLON = re.compile(r":\s+")
_FIELD = re.compile(r"\s*(?:- |[\w.]+:(?:\s|$))")

# --- signs ---------------------------------------------------------------------------------------

_BY_PROBLEM = {
    r"'\t'": ("tabs cannot be used for indentation", "use spaces"),
    "sequence entries": (
        "a list cannot start on the line of its name",
        "start it on the next line, or write [a, b]",
    ),
}
"""What the parser's own words say already."""


def _named_problem(broken: _Broken) -> Slip | None:
    for problem, told in _BY_PROBLEM.items():
        if problem in broken.problem:
            return Slip(broken.line + 1, broken.column + 1, *told)
    return None


def _unquoted_sign(broken: _Broken) -> Slip | None:
    """A text that begins with a sign of YAML."""
    in_name = re.match(r"while scanning an? (?:alias|anchor|tag)", broken.context)
    found = re.search(r"found character '(\S)' that cannot start", broken.problem)
    line, column = broken.line, broken.column
    if in_name and broken.start is not None:
        line, column = broken.start.line, broken.start.column
    elif found is None:
        return None
    sign = broken.lines[line][column : column + 1]
    return Slip(line + 1, column + 1, f"a text that begins with `{sign}` needs quotes", f'"{sign}…"')


def _full_width(broken: _Broken) -> Slip | None:
    for number in (broken.line, *list(broken.above(broken.line))[:1]):
        slip = full_width(broken.bare(number))
        if slip is not None:
            return Slip(number + 1, slip.column, slip.message, slip.hint)
    return None


# --- what is not closed, and texts that need quotes ------------------------------------------------


def _not_closed(broken: _Broken) -> Slip | None:
    start = broken.start
    if start is None:
        return None
    if broken.context.startswith("while scanning a quoted"):
        message = "this quote is not closed"
        return Slip(start.line + 1, start.column + 1, message, "write the same quote at the end of the text")
    if broken.context not in ("while parsing a flow mapping", "while parsing a flow sequence"):
        return None
    goes_on = start.line != broken.line and _FIELD.match(broken.here)
    if not goes_on and not re.search(r"got ('<stream end>'|'[]}]')", broken.problem):
        return None
    sign = broken.lines[start.line][start.column]
    hint = f"write the closing `{'}' if sign == '{' else ']'}`"
    return Slip(start.line + 1, start.column + 1, f"`{sign}` is not closed", hint)


def _after_the_end(broken: _Broken) -> Slip | None:
    """Something behind a text in quotes, or behind braces that may have been meant as a merge field."""
    before = broken.lines[broken.line][: broken.column].rstrip()
    if not re.search(r"expected <block end>|got '<scalar>'", broken.problem):
        return None
    if before.endswith(('"', "'")):
        message = "the text ends at the quote before this"
        hint = """write it like "it's you" or 'so "you"'; or a quote above is not closed"""
    elif before.endswith(("}", "]")):
        message = f"nothing may follow this `{before[-1]}`"
        hint = 'a text that begins with `{` or `[` needs quotes: "{tier|guest}, hello"'
    else:
        return None
    return Slip(broken.line + 1, broken.column + 1, message, hint)


def _colon_in_a_text(broken: _Broken) -> Slip | None:
    head = broken.here[: broken.column]
    if "but got ':'" in broken.problem:
        begin = max(head.rfind(sign) for sign in "{[,") + 1
    elif "mapping values" in broken.problem:
        begin = 0
    else:
        return None
    found = _COLON.search(head, begin)
    if found is None:
        return None
    message = "a text with a colon and a space in it needs quotes"
    return Slip(broken.line + 1, found.end() + 1, message, 'write it like "Note: bring it"')


# --- indentation ---------------------------------------------------------------------------------


class _Level(NamedTuple):
    """A column in which something begins in a line: a dash or a name."""

    column: int
    line: int
    sign: str


def _levels(broken: _Broken) -> Iterator[_Level]:
    """Where a line could go on with what began above it, the innermost first."""
    inner = len(max(broken.lines, key=len))
    for number in broken.above(broken.line):
        line = broken.lines[number]
        begin = _indent(line)
        if begin >= inner:
            continue
        dashes = [found.start() for found in re.finditer(r"-(?= )", line[: _begin(line)])]
        if _begin(line) < inner:
            yield _Level(_begin(line), number, line[_begin(line) :].partition(":")[0])
        yield from (_Level(column, number, "-") for column in reversed(dashes) if column < inner)
        inner = begin


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _begin(line: str) -> int:
    return len(line) - len(re.sub(r"^ *(?:- +)*", "", line))


def _misplaced(broken: _Broken) -> Slip | None:
    """A line whose indent does not fit, or that lacks what the one above in its column has."""
    if not re.search(r"mapping values|expected <block end>", broken.problem):
        return None
    line = broken.lines[broken.line]
    begin, is_entry = _indent(line), line.lstrip().startswith("- ")
    if "<block end>" in broken.problem and broken.column != begin:
        return None
    levels = list(_levels(broken))
    beside = next((level for level in levels if level.column == begin), None)
    if beside is not None and "mapping values" in broken.problem:
        return _no_colon(broken, beside.line)
    fitting = [level for level in levels if (level.sign == "-") == is_entry]
    if beside is not None and (beside.sign == "-" or not fitting):
        message = "this line starts with `- `" if is_entry else "this line does not start with `- `"
        hint = f"line {beside.line + 1} above it {'does not' if is_entry else 'does'}"
        return Slip(broken.line + 1, begin + 1, message, hint)
    if not fitting:
        return None
    nearest = min(fitting, key=lambda level: abs(level.column - begin))
    message = f"this line is indented by {_spaces(begin)}, which matches no line above"
    right = f"indent it by {_spaces(nearest.column)}" if nearest.column else "start it at the left edge"
    hint = f"{right}, like the `{nearest.sign}` of line {nearest.line + 1}"
    return Slip(broken.line + 1, begin + 1, message, hint)


def _spaces(count: int) -> str:
    return "1 space" if count == 1 else f"{count} spaces"


def _wrong_from_the_start(broken: _Broken) -> Slip | None:
    if "<document start>" not in broken.problem:
        return None
    first = min(broken.above(broken.line), default=None)
    if first is None:
        return None
    if not _indent(broken.lines[first]):
        return _no_colon(broken, first)
    return Slip(first + 1, 1, "the first line is indented", "start it at the left edge, like the other lines")


def _no_colon(broken: _Broken, number: int) -> Slip:
    line = broken.lines[number]
    hint = "`name: value`; a longer text with `: ` in it needs quotes"
    return Slip(number + 1, _begin(line) + 1, "this line has no colon with a space after it", hint)


def _without_colon(broken: _Broken) -> Slip | None:
    if "could not find expected ':'" not in broken.problem or broken.start is None:
        return None
    return _no_colon(broken, broken.start.line)


_LOOKS = (
    _full_width,
    _named_problem,
    _unquoted_sign,
    _not_closed,
    _after_the_end,
    _colon_in_a_text,
    _misplaced,
    _wrong_from_the_start,
    _without_colon,
)
"""The likeliest first."""
