"""Dates as people type them in Chinese and English. What can mean two days, or none, is not guessed.

Libraries guess (docs/decisions/0036): here every number and every word about time has to be understood.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wejourney.events.numbers import chinese_number
from wejourney.events.text_matching import LONGEST_COMPARED, normalise

_DAY = timedelta(days=1)
_NOON, _MONTHS = 12, 12
_EARLIEST = 9
"""An earlier hour without a part of the day may be one of the afternoon or the evening."""

_OLDEST = 1900
_YEARS_AHEAD = 20
"""A year further away is a typing error or of another calendar."""

_MOST_FOUND = 8
"""Days and times in a text; one with more is not looked through."""

_DIGITS = {**{sign: number for number, sign in enumerate("零一二三四五六七八九")}, "〇": 0}
_NEXT = "下"
"""Each one is a week or a month further on: 下下周."""

_WEEKDAYS = {sign: number % 7 for number, sign in enumerate("一二三四五六日1234567")} | {"天": 6}
_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ENGLISH_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBER_WORDS = {"a": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}

_N = r"(?:\d{1,3}|[零〇一二两三四五六七八九十廿]{1,4})"
_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)\b\.?"
)
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_NTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBER_WORDS)})"
_PART = r"(?:凌晨|清早|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜晚|早|晚)"
_AM = r"(?P<am>a\.?m\b\.?|p\.?m\b\.?)"

_BEFORE_A_DAY = r"(?:(?<=[\s,.!?;:。、()|¦我们请就在于是定那要想的])|(?<![^,]))"
_BEHIND_A_DAY = (
    r"(?=$|[\s,.!?;:。、()|¦早晚上中下凌清傍夜周星礼来去过可行吧哦"
    r"啊呢呀见吗的])"
)
"""What may stand beside a number of days or a day without a month: not so in `3号店` and `收货三天后`."""


@dataclass(frozen=True)
class _Day:
    """A day that was named, and the part of it; a weekday without a week only confirms a date beside it.

    Some words mean a day only where they stand alone (`is_bare`): `sat`, `may 5`, `20261201`.
    """

    day: date
    is_weekday: bool = False
    part: str = ""
    has_month: bool = False
    is_bare: bool = False


@dataclass(frozen=True)
class _Time:
    """A time of day as it was written; `is_sure` that it is one of 24 hours."""

    hour: int
    minute: int
    part: str
    is_sure: bool


@dataclass(frozen=True)
class _Part:
    """A part of the day, such as `下午`."""

    part: str


class _UnsureError(ValueError):
    """It can mean two days, or none that lies ahead."""


def read_date(text: str, at: datetime, zone: ZoneInfo, *, past: bool = False) -> str | None:
    """The date (`YYYY-MM-DD`) or the moment (`YYYY-MM-DDTHH:MM`) in a text; None when unsure.

    `at` (UTC) is when it was typed by somebody in this zone, which the result is in. A date without a year
    lies ahead; one that lies behind is only taken with `past`.
    """
    if len(text) > LONGEST_COMPARED:
        return None
    now = at.astimezone(zone).replace(tzinfo=None)
    try:
        return _read(normalise(text), now, past=past)
    except (ValueError, OverflowError):
        return None


def _read(text: str, now: datetime, *, past: bool) -> str:
    found, rest = _scan(text, now)
    days = [item for item in found if isinstance(item, _Day)]
    day = _one_day(days, now.date())
    is_unsure = (
        _UNSURE.search(_HARMLESS.sub(" ", rest))
        or (any(one.is_bare for one in days) and _OTHER_WORDS.search(rest))
        or (not any(one.has_month for one in days) and _NAMED_DAYS.search(rest))
        or not _OLDEST <= day.year <= now.year + _YEARS_AHEAD
    )
    if is_unsure:
        raise _UnsureError
    times = [item for item in found if isinstance(item, _Time)]
    parts = {item.part for item in found} - {""}
    if len(parts) > 1:
        parts -= {"am", "pm"}  # `tomorrow evening at 8pm`; that both fit the hour is looked at below.
    if len(times) > 1 or len(parts) > 1:
        raise _UnsureError
    part = next(iter(parts), "")
    if not times:
        if day < now.date() and not past:
            raise _UnsureError
        return day.isoformat()
    moment = datetime.combine(day, _clock(times[0], part))
    if moment <= now and not past:
        raise _UnsureError
    return f"{moment:%Y-%m-%dT%H:%M}"


def _scan(text: str, now: datetime) -> tuple[list[_Day | _Time | _Part], str]:
    """What the forms find, each in what the ones before it have left, and what is left in the end."""
    found: list[_Day | _Time | _Part] = []
    if any(character.isdecimal() and not character.isascii() for character in text):
        raise _UnsureError
    text = _T.sub(" ", text.translate(_NO_MARKS))
    for pattern, make in _FORMS:
        while match := pattern.search(text):
            if _is_glued(text, match):
                raise _UnsureError
            item = make(match, now)
            found.append(item)
            if len(found) > _MOST_FOUND:
                raise _UnsureError
            # Numbers that stood apart stay apart.
            mark = _DAY_MARK if isinstance(item, _Day) else _TIME_MARK
            text = f"{text[: match.start()]} {mark} {text[match.end() :]}"
    return found, text


_DAY_MARK, _TIME_MARK = "|", "¦"
_NO_MARKS = {ord(_DAY_MARK): ";", ord(_TIME_MARK): ";"}
_T = re.compile(r"(?<=\d)t(?=\d)")
"""That of `2026-12-01T18:00`."""


def _is_glued(text: str, match: re.Match[str]) -> bool:
    """Whether what was found is only a part of a word or a number: `12月2o日`, `l2/25`."""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return (_is_latin(before) and _is_latin(match[0][:1])) or (_is_latin(after) and _is_latin(match[0][-1:]))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _one_day(days: list[_Day], today: date) -> date:
    exact = {one.day for one in days if not one.is_weekday}
    weekdays = {one.day for one in days if one.is_weekday}
    if len(exact) > 1 or len(weekdays) > 1 or not days:
        raise _UnsureError
    if not exact and weekdays == {today}:
        raise _UnsureError  # Today, or in a week.
    if not exact:
        return weekdays.pop()
    day = exact.pop()
    if weekdays and weekdays.pop().weekday() != day.weekday():
        raise _UnsureError
    return day


def _clock(told: _Time, part: str) -> time:
    """The time of day that an hour means in a part of the day; in 24 hours it needs none."""
    if not part:
        if not told.is_sure:
            raise _UnsureError
        return time(told.hour, told.minute)
    hours = _HOURS[part]
    if told.hour not in hours and told.hour not in hours.values():
        raise _UnsureError
    return time(hours.get(told.hour, told.hour), told.minute)


_MORNING = {hour: hour for hour in range(5, 12)}
_AFTERNOON = {12: 12, **{hour: hour + 12 for hour in range(1, 8)}}
_EVENING = {hour: hour + 12 for hour in range(5, 12)}
_HOURS: Mapping[str, Mapping[int, int]] = {
    "凌晨": {hour: hour for hour in range(7)},
    **dict.fromkeys(("清早", "清晨", "早上", "早晨", "上午", "早", "morning"), _MORNING),
    "中午": {11: 11, 12: 12, 1: 13, 2: 14},
    **dict.fromkeys(("下午", "afternoon"), _AFTERNOON),
    **dict.fromkeys(("傍晚", "晚上", "夜里", "夜晚", "晚", "evening", "night", "tonight"), _EVENING),
    "am": {hour: hour for hour in range(1, 12)},
    "pm": {12: 12, **{hour: hour + 12 for hour in range(1, 12)}},
}
"""The hours, as they are said, that each part of the day can go with."""

# --- numbers -------------------------------------------------------------------------------------


def _number(text: str) -> int:
    """`21`, `二十一`, `廿一`, `两`. Raises ValueError."""
    number = int(text) if text.isdecimal() else chinese_number(text)
    if number is None:
        raise _UnsureError
    return number


def _year(text: str) -> int:
    return int("".join(str(_DIGITS.get(character, character)) for character in text))


def _named(text: str, names: tuple[str, ...]) -> int:
    return next(number for number, name in enumerate(names) if name.startswith(text.rstrip(".")[:3]))


# --- days ----------------------------------------------------------------------------------------


def _ahead(month: int, day: int, now: datetime) -> date:
    """The next such day, within a year."""
    this = date(now.year, month, day)
    return this if this >= now.date() else date(now.year + 1, month, day)


def _day_of_month(day: int, now: datetime) -> date:
    """The next such day of a month, in this month or the next one."""
    this = date(now.year, now.month, day)
    return this if this >= now.date() else _in_months(1, now, day)


def _in_months(months: int, now: datetime, day: int) -> date:
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return date(year, month + 1, day)


def _in_week(weekday: int, weeks: int | None, now: datetime) -> _Day:
    """That day of this week (0), the next one (1) and so on; None: the next such day, be it today."""
    today = now.date()
    ahead = weekday - today.weekday()
    if weeks is None:
        return _Day(today + _DAY * (ahead % 7), is_weekday=True)
    return _Day(today + _DAY * (ahead + 7 * weeks))


def _two_numbers(first: int, second: int) -> tuple[int, int]:
    """Month and day, where only one order is possible."""
    if first == second or first <= _MONTHS < second:
        return first, second
    if second <= _MONTHS < first:
        return second, first
    raise _UnsureError


# --- forms ---------------------------------------------------------------------------------------


def _ymd(match: re.Match[str], _now: datetime) -> _Day:
    return _Day(date(int(match[1]), int(match[2]), int(match[3])), has_month=True)


def _eight_digits(match: re.Match[str], _now: datetime) -> _Day:
    return _Day(date(int(match[1]), int(match[2]), int(match[3])), has_month=True, is_bare=True)


def _numbers_and_year(match: re.Match[str], _now: datetime) -> _Day:
    month, day = _two_numbers(int(match[1]), int(match[2]))
    return _Day(date(int(match[3]), month, day), has_month=True)


def _numbers(match: re.Match[str], now: datetime) -> _Day:
    first, second = int(match[1]), int(match[3])
    if match[2] == "." and second in (15, 30):
        raise _UnsureError  # It may be a time.
    return _Day(_ahead(*_two_numbers(first, second), now), has_month=True)


_CHINESE_YEARS = {"今年": 0, "明年": 1, "后年": 2}


def _chinese_date(match: re.Match[str], now: datetime) -> _Day:
    month, day = _number(match["month"]), _number(match["day"])
    if match["named"]:
        return _Day(date(now.year + _CHINESE_YEARS[match["named"]], month, day), has_month=True)
    on = date(_year(match["year"]), month, day) if match["year"] else _ahead(month, day, now)
    return _Day(on, has_month=True)


def _chinese_day(match: re.Match[str], now: datetime) -> _Day:
    day = _number(match["day"])
    if not match["months"]:
        return _Day(_day_of_month(day, now))
    return _Day(_in_months(match["months"].count(_NEXT), now, day))


def _chinese_weekday(match: re.Match[str], now: datetime) -> _Day:
    week = match["week"]
    if "上" in week:
        raise _UnsureError
    return _in_week(_WEEKDAYS[match["day"]], week.count(_NEXT) if week else None, now)


def _later(match: re.Match[str], now: datetime) -> _Day:
    count, unit = match["count"], match["unit"]
    number = _NUMBER_WORDS[count] if count in _NUMBER_WORDS else _number(count)
    if unit.startswith(("天", "day")):
        return _Day(now.date() + _DAY * number)
    if unit.endswith(("周", "星期", "礼拜")) or unit.startswith("week"):
        return _Day(now.date() + _DAY * 7 * number)
    return _Day(_in_months(number, now, now.day))


_RELATIVE: Mapping[str, int] = {
    **dict.fromkeys(("今天", "今日", "今儿", "今", "today", "tonight"), 0),
    **dict.fromkeys(("明天", "明日", "明儿", "明", "tomorrow", "tmrw", "tmr"), 1),
    **dict.fromkeys(("后日", "day after tomorrow"), 2),
    **dict.fromkeys(("昨天", "昨日", "yesterday"), -1),
    "前天": -2,
}


def _days_on(match: re.Match[str], now: datetime) -> _Day:
    """`后天`, `大后天`: each `大` is a day more."""
    return _Day(now.date() + _DAY * (len(match[0])))


def _relative(match: re.Match[str], now: datetime) -> _Day:
    return _Day(now.date() + _DAY * _RELATIVE[match[1]], part="tonight" if match[1] == "tonight" else "")


def _english_date(match: re.Match[str], now: datetime) -> _Day:
    month, day = _named(match["month"], _ENGLISH_MONTHS) + 1, int(match["day"])
    on = date(int(match["year"]), month, day) if match["year"] else _ahead(month, day, now)
    is_bare = not match["year"] and match["month"] in ("may", "march", "mar")
    return _Day(on, has_month=True, is_bare=is_bare)


def _english_weekday(match: re.Match[str], now: datetime) -> _Day:
    weeks = {"next": 1, "this": 0}.get(match["week"] or "")
    day = _in_week(_named(match["weekday"], _ENGLISH_DAYS), weeks, now)
    return replace(day, is_bare=match["weekday"] in ("sat", "sun", "wed", "mon"))


def _english_day(match: re.Match[str], now: datetime) -> _Day:
    return _Day(_day_of_month(int(match["day"]), now))


def _hour(match: re.Match[str], _now: datetime) -> _Time:
    """`15:30`, `3pm`: without `am` or `pm` a 24-hour clock, unless a small hour has no zero before it."""
    groups = match.groupdict()
    hour, minute = int(match["hour"]), int(groups.get("minute") or 0)
    half = (groups.get("am") or "").replace(".", "").strip()
    part = groups.get("part") or half
    if half == "am" and hour == _NOON:
        raise _UnsureError
    is_sure = bool(groups.get("minute")) and (hour >= _EARLIEST or match["hour"].startswith("0"))
    return _Time(hour, minute, part, is_sure)


_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}


def _chinese_hour(match: re.Match[str], _now: datetime) -> _Time:
    hour, told = _number(match["hour"]), match["minute"] or ""
    if len(told) == 1 and told not in _QUARTERS and not match["unit"]:
        raise _UnsureError  # `3点5`
    minute = _QUARTERS.get(told) if told in _QUARTERS else (_number(told) if told else 0)
    return _Time(hour, minute or 0, match["part"] or "", is_sure=hour >= _EARLIEST)


def _noon(_match: re.Match[str], _now: datetime) -> _Time:
    return _Time(12, 0, "", is_sure=True)


def _part(match: re.Match[str], _now: datetime) -> _Part:
    return _Part(match[1])


type _Make = Callable[[re.Match[str], datetime], _Day | _Time | _Part]


def _forms() -> Iterator[tuple[str, _Make]]:
    """The forms, those that hold others first."""
    number = r"(?<![\d/.\-])"
    end = r"(?![\d/\-]|\.\d)"
    yield rf"{number}(\d{{4}})\s?[-/.]\s?(\d{{1,2}})\s?[-/.]\s?(\d{{1,2}})(?:日|号)?{end}", _ymd
    yield rf"{number}(\d{{4}})(\d\d)(\d\d){end}", _eight_digits
    yield rf"{number}(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){end}", _numbers_and_year
    named = r"(?:(?P<named>今年|明年|后年)|(?P<year>\d{4}|[零〇一二三四五六七八九]{4})\s?年)?"
    yield (
        rf"(?P<week>(?:上+|下+|本|这)?)个?{_WEEK}(?P<day>[一二三四五六日天](?!十)|[1-7](?!\d))(?!\s?个?[天周]|月(?!\d))",
        (_chinese_weekday),
    )
    month = r"(?<![零〇一二三四五六七八九十])(?P<month>[一二三四五六七八九十]{1,2}|(?<!\d)\d{1,2})"
    yield rf"{named}\s?{month}\s?月份?\s?(?P<day>{_N})(?:\s?[日号]|{_BEHIND_A_DAY})", _chinese_date
    yield rf"{_BEFORE_A_DAY}(?P<count>{_N})\s?(?P<unit>天|个?周|个?星期|个?礼拜|个月)(?:之|以)?后", _later
    yield rf"(?P<months>本月|这个月|这月|(?:下个?)+月)的?\s?(?P<day>{_N})\s?[日号]?", _chinese_day
    yield (
        rf"(?:\bin\s+)?\b{_COUNT}\s+(?P<unit>days?|weeks?|months?)\s+(?:from\s+(?:now|today)|later)\b",
        _later,
    )
    yield rf"\bin\s+{_COUNT}\s+(?P<unit>days?|weeks?|months?)(?:'s? time)?\b", _later
    yield r"\b(?:the\s+)?(day after tomorrow)\b", _relative
    yield r"\b(today|tonight|tomorrow|tmrw|tmr|yesterday)\b", _relative
    yield r"大*后天", _days_on
    yield r"(今天|今日|今儿|明天|明日|明儿|后日|昨天|昨日|前天)", _relative
    yield r"(今|明)(?=[早晚])", _relative
    year = r"(?:\s*[-/.,]?\s*(?P<year>\d{4})\b)?"
    yield rf"{number}\b{_NTH}\s*(?:of\s+|[-/.]\s*)?{_MONTH}{year}", _english_date
    yield rf"\b{_MONTH}\s*(?:the\s+|[-/]\s*)?{_NTH}\b(?!\s*:\d|\s*[ap]\.?m){year}", _english_date
    yield rf"\b(?<!the )(?:on\s+)?(?:(?P<week>next|this|coming)\s+)?{_WEEKDAY}", _english_weekday
    yield r"\b(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)\s*" + _AM, _hour
    yield r"\b(?P<hour>\d{1,2})\s*" + _AM, _hour
    yield rf"(?P<part>{_PART})?\s?(?<![\d:])(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?::00)?(?![\d:])", _hour
    yield (
        r"\b(?P<hour>\d{1,2})(?:\s*o'?clock)?\s*(?:in the|this)\s*(?P<part>morning|afternoon|evening)\b",
        _hour,
    )
    minute = rf"(?P<minute>半|一刻|三刻|{_N}(?![\d零〇一二两三四五六七八九十]))"
    yield rf"(?P<part>{_PART})?\s?的?(?P<hour>{_N})\s?(?:点钟?|时)\s?{minute}?(?P<unit>分|整)?", _chinese_hour
    yield rf"{number}(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b", _english_day
    yield rf"{_BEFORE_A_DAY}(?P<months>)(?P<day>{_N})[号日]{_BEHIND_A_DAY}", _chinese_day
    yield rf"{number}(\d{{1,2}})([-/.])(\d{{1,2}}){end}\.?", _numbers
    yield r"\b(?:12\s*)?(?:noon|midday)\b|正午", _noon
    yield r"\bat\s+(?P<hour>\d{1,2})(?:\s*o'?clock)?\b", _hour
    yield r"\b(?P<hour>\d{1,2})\s*o'?clock\b", _hour
    yield r"\b(morning|afternoon|evening|night)\b", _part
    yield rf"({_PART})", _part


_FORMS: tuple[tuple[re.Pattern[str], _Make], ...] = tuple(
    (re.compile(form, re.ASCII), make) for form, make in _forms()
)

_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty first second third fourth fifth"
)

_CHANGING = (
    "not no never none cannot cant wont dont doesnt isnt except unless if either neither instead before "
    "after until till since by within during through thru from start starts starting begin begins "
    "beginning onwards between ago past than later earlier latest earliest maybe perhaps probably "
    "possibly might could likely think guess hope hopefully tentative tentatively tbd tba unsure approx "
    "approximately roughly about around circa ish sometime every each any anytime whenever always "
    "usually normally daily weekly monthly or busy cancel cancelled unavailable impossible"
)
"""What makes it another day, several, or none for certain."""


def _words(words: str) -> str:
    return rf"\b(?:{'|'.join(words.split())})\b"


_HARMLESS = re.compile(
    r"没问题|没关系|不好意思|对不起|平安夜"
    r"|\b(?:no (?:problem|worries)|(?:how|what) about|could (?:we|you|i)|i am)\b"
)
"""Phrases that hold a word of those below and leave the day as it is."""

_UNSURE = re.compile(
    # Numbers, and words about time, that are not understood.
    r"[\d零〇二两三四五六七八九十廿卅几]|一(?![起下定样直家同])|周|星期|礼拜|月|年|农历|阴历|初|腊|旬"
    r"|[点号半刻午夜]"
    r"|(?<!生)日(?![子期本])|(?<!聊)天(?!气)"
    rf"|{_words(_NUMBERS)}"
    r"|\b(?:days?|nights|mornings|afternoons|evenings|weeks?|weekends?|weekdays?|fortnights?|months?|years?)\b"
    r"|\b(?:midnight|lunar|half|quarter|next|last|following|eve|a\.?m|p\.?m|early|mid|late|end)\b"
    rf"|\b(?:{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _ENGLISH_MONTHS)})\b"
    # A clock of another place.
    r"|\b(?:utc|gmt|[ecmp][sd]t|bst|cest?t?|jst|hkt|sgt|time|timezone)\b|\bw/?c\b|时区|夏令时|标准时"
    r"|(?:北京|上海|香港|台北|当地|本地|东京|首尔|巴黎|伦敦|纽约|悉尼|[国洲本边们])时间"
    # What makes it another day, several, or none for certain, in Chinese.
    r"|[不别没无勿非除或]|还是|之?前|以前|之?后|以后|[以之]外"
    r"|每|隔|逢|最|至少|从\s*[|¦]|(?<![一不])起|开始"
    r"|截止|截至|过了|(?:过去的?|看)\s*[|¦]|再说|直到|为止"
    r"|可能|也许|或许|大概|大约|大致|差不多|左右|前后|估计"
    r"|应该|希望|好[像象]|似乎|恐怕|看情况|[暂待呆未]定"
    r"|如果|要是|假如|万一|取消|推迟|提前|延|忙|有事|出差|通常|一般|平时|往常|经常|总是|都"
    r"|[今明昨大上下第某各任哪全整]个?\s*[|¦]|¦\s*多|\|\s*的\s*\||[~～]"
    rf"|{_words(_CHANGING)}"
    r"|n't\b|\b(?:but|all|most|some|other|alternate|day)\s*(?:the\s*)?[|¦]",
    re.ASCII,
)

_NAMED_DAYS = re.compile(
    r"节|除夕|圣诞|元旦|新年|清明|端午|中秋|重阳|冬至|夏至|七夕|元宵|立春|国庆|平安夜"
    r"|\b(?:christmas|xmas|easter|thanksgiving|halloween|valentine|boxing|ramadan"
    r"|eid|diwali|hanukkah|passover|carnival|holidays?)\b"
    r"|\b(?:good|black|cyber|palm|ash|holy|maundy|super|whit)\s*\|",
    re.ASCII,
)
"""Days that have a name: with a weekday or a number of days beside them it is not today that counts."""

_OTHER_WORDS = re.compile(
    r"(?!(?:on|at|in|the|of|for|is|it|ok|okay|yes|please|pls|thanks|thank|you|see|hi|hello|works|fine|good|great)\b)"
    r"\b[^\W\d_]+|[\u3400-\u9fff]"
)
"""What may not stand beside a word that means a day only by itself."""
