"""What an author probably meant by something that is not YAML.

The parser says what it expected next, often far behind the typing mistake: here that is looked for.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError

from workbench.language.full_width import Slip, full_width
from workbench.language.mistakes import Phrase, phrase, verbatim
from workbench.language.yaml_nodes import Node, UnsupportedYamlError, root_of


def compose(text: str) -> Node | None:
    """The root of a YAML 1.2 document; None if it is empty. Raises UnsupportedYamlError."""
    try:
        return root_of(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as exc:
        raise UnsupportedYamlError(*slip_of(text, exc)) from exc
    except YAMLError as exc:
        message = phrase("not YAML", problem=str(exc).partition("\n")[0])
        raise UnsupportedYamlError(1, 1, message, phrase("plain YAML")) from exc


def slip_of(text: str, error: MarkedYAMLError) -> Slip:
    """What was probably meant where the parser gave up; without an idea, what the parser says."""
    broken = _Broken(_LINE_BREAK.split(text), error)
    slips = (look(broken) for look in _LOOKS)
    what = phrase("not YAML", problem=broken.problem or broken.context)
    unknown = Slip(broken.line + 1, broken.column + 1, what, phrase("check two lines"))
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
    r"'\t'": (phrase("tabs"), phrase("use spaces")),
    "sequence entries": (
        phrase("list on the line of its name"),
        phrase("start list below"),
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
    return Slip(line + 1, column + 1, phrase("sign needs quotes", sign=sign), verbatim(f'"{sign}…"'))


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
        message = phrase("quote not closed")
        return Slip(start.line + 1, start.column + 1, message, phrase("close the quote"))
    if broken.context not in ("while parsing a flow mapping", "while parsing a flow sequence"):
        return None
    goes_on = start.line != broken.line and _FIELD.match(broken.here)
    if not goes_on and not re.search(r"got ('<stream end>'|'[]}]')", broken.problem):
        return None
    sign = broken.lines[start.line][start.column]
    hint = phrase("write the closing sign", sign="}" if sign == "{" else "]")
    return Slip(start.line + 1, start.column + 1, phrase("bracket not closed", sign=sign), hint)


def _after_the_end(broken: _Broken) -> Slip | None:
    """Something behind a text in quotes, or behind braces that may have been meant as a merge field."""
    before = broken.lines[broken.line][: broken.column].rstrip()
    if not re.search(r"expected <block end>|got '<scalar>'", broken.problem):
        return None
    if before.endswith(('"', "'")):
        message = phrase("text after quote")
        hint = phrase("quotes in quotes")
    elif before.endswith(("}", "]")):
        message = phrase("nothing may follow", sign=before[-1])
        hint = phrase("brace needs quotes")
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
    message = phrase("colon needs quotes")
    return Slip(broken.line + 1, found.end() + 1, message, phrase("colon example"))


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
        message = phrase("line has dash") if is_entry else phrase("line lacks dash")
        hint = phrase("line above does not" if is_entry else "line above does", line=beside.line + 1)
        return Slip(broken.line + 1, begin + 1, message, hint)
    if not fitting:
        return None
    nearest = min(fitting, key=lambda level: abs(level.column - begin))
    message = phrase("indent matches nothing", spaces=_spaces(begin))
    right = phrase("indent by", spaces=_spaces(nearest.column)) if nearest.column else phrase("left edge")
    hint = phrase("indent like", right=right, sign=nearest.sign, line=nearest.line + 1)
    return Slip(broken.line + 1, begin + 1, message, hint)


def _spaces(count: int) -> Phrase:
    return phrase("one space") if count == 1 else phrase("spaces", n=count)


def _wrong_from_the_start(broken: _Broken) -> Slip | None:
    if "<document start>" not in broken.problem:
        return None
    first = min(broken.above(broken.line), default=None)
    if first is None:
        return None
    if not _indent(broken.lines[first]):
        return _no_colon(broken, first)
    return Slip(first + 1, 1, phrase("first line indented"), phrase("start at the left"))


def _no_colon(broken: _Broken, number: int) -> Slip:
    line = broken.lines[number]
    hint = phrase("name and value or quotes")
    return Slip(number + 1, _begin(line) + 1, phrase("no colon"), hint)


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
