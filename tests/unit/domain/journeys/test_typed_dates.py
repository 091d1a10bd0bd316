"""Dates as people type them: each form of a day is read as that day or as unsure, never as another day."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.journeys.typed_dates import read_date
from wejourney.people.profile_dates import is_date

DAY = timedelta(days=1)
ZONES = ("Asia/Shanghai", "Europe/Paris", "America/Los_Angeles", "Pacific/Auckland")
NOWS = (
    datetime(2026, 11, 23, 2, tzinfo=UTC),
    datetime(2026, 12, 31, 15, 59, tzinfo=UTC),
    datetime(2028, 2, 27, 22, 30, tzinfo=UTC),
)
_NUMERALS = "零一二三四五六七八九"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def chinese(number: int) -> str:
    """`二十五`."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _NUMERALS[ones]
    return f"{'' if tens == 1 else _NUMERALS[tens]}十{_NUMERALS[ones] if ones else ''}"


def nth(day: int) -> str:
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


type Form = Callable[[date], str]

WITH_YEAR: Mapping[str, Form] = {
    "iso": lambda on: on.isoformat(),
    "slashes": lambda on: f"{on.year}/{on.month}/{on.day}",
    "dots": lambda on: f"{on.year}.{on.month:02}.{on.day:02}",
    "eight digits": lambda on: f"{on:%Y%m%d}",
    "chinese": lambda on: f"{on.year}年{on.month}月{on.day}日",
    "chinese with blanks": lambda on: f" {on.year} 年 {on.month} 月 {on.day} 日 ",
    "chinese numerals": lambda on: (
        "".join(_NUMERALS[int(digit)] for digit in str(on.year))
        + f"年{chinese(on.month)}月{chinese(on.day)}日"
    ),
    "full width": lambda on: f"{on.year}-{on.month}-{on.day}".translate(
        {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
    ),
    "english": lambda on: f"{on.day} {_MONTHS[on.month - 1]} {on.year}",
    "american": lambda on: f"{_MONTHS[on.month - 1]} {nth(on.day)}, {on.year}",
    "short": lambda on: f"{_MONTHS[on.month - 1][:3]} {on.day}, {on.year}",
    "weekday first": lambda on: f"{_WEEKDAYS[on.weekday()]}, {on.day} {_MONTHS[on.month - 1]} {on.year}",
    "weekday behind": lambda on: f"{on.year}年{on.month}月{on.day}日（星期{'一二三四五六日'[on.weekday()]}）",
    "in a sentence": lambda on: f"好的，我们{on.year}年{on.month}月{on.day}号过来，谢谢！",
    "in an english sentence": lambda on: f"Hi, come on {_MONTHS[on.month - 1]} {on.day}, {on.year}. OK?",
}
WITHOUT_YEAR: Mapping[str, Form] = {
    "chinese day": lambda on: f"{on.month}月{on.day}号",
    "bare chinese": lambda on: f"{on.month}月{on.day}",
    "chinese numerals": lambda on: f"{chinese(on.month)}月{chinese(on.day)}号",
    "traditional": lambda on: f"{on.month}月{on.day}號",
    "day month": lambda on: f"{on.day} {_MONTHS[on.month - 1]}",
    "short month": lambda on: f"{on.day} {_MONTHS[on.month - 1][:3]}.",
    "month day": lambda on: f"{_MONTHS[on.month - 1]} {on.day}",
    "small letters": lambda on: f"{_MONTHS[on.month - 1][:3].lower()} {nth(on.day)}",
    "of": lambda on: f"the {nth(on.day)} of {_MONTHS[on.month - 1]}",
    "weekday": lambda on: f"{_WEEKDAYS[on.weekday()][:3]} {on.day} {_MONTHS[on.month - 1][:3]}",
    "chinese weekday": lambda on: f"周{'一二三四五六日'[on.weekday()]}{on.month}月{on.day}日",
}
TIMES: Mapping[str, str | None] = {
    "": "",
    " 15:30": "T15:30",
    " 下午3点": "T15:00",
    "下午三点半": "T15:30",
    " 晚上八点一刻": "T20:15",
    " 上午10点": "T10:00",
    " 中午12点": "T12:00",
    "15点": "T15:00",
    "下午3点15分": "T15:15",
    "下午3:15": "T15:15",
    " 3pm": "T15:00",
    " at 3:15 pm": "T15:15",
    " at 10 in the morning": "T10:00",
    ", 8 p.m.": "T20:00",
    " noon": "T12:00",
    " at 09:05": "T09:05",
    " at 3": None,
    "3点": None,
    " 下午": "",
    " in the evening": "",
    " 3pm-5pm": None,
    "下午3点到5点": None,
    " 25:00": None,
    " 12am": None,
    " 晚上12点": None,
}


def local(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", WITH_YEAR.values(), ids=WITH_YEAR.keys())
def test_a_date_with_its_year_is_that_date_wherever_it_is_typed(form: Form, zone: str) -> None:
    for now, ahead in product(NOWS, (*range(64), 180, 366, 800)):
        on = local(now, zone).date() + DAY * ahead
        assert read_date(form(on), now, ZoneInfo(zone)) == on.isoformat(), form(on)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", WITHOUT_YEAR.values(), ids=WITHOUT_YEAR.keys())
def test_a_date_without_a_year_lies_ahead(form: Form, zone: str) -> None:
    for now, ahead in product(NOWS, (*range(64), 180, 300)):
        on = local(now, zone).date() + DAY * ahead
        assert read_date(form(on), now, ZoneInfo(zone)) == on.isoformat(), form(on)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("written", TIMES)
def test_a_time_is_taken_if_it_is_clear_and_nothing_is_if_not(written: str, zone: str) -> None:
    now = NOWS[0]
    for form, ahead in product((*WITH_YEAR.values(), *WITHOUT_YEAR.values()), (1, 2, 30)):
        on = local(now, zone).date() + DAY * ahead
        text = form(on)
        if (text[-1].isdigit() or text[-1].isascii()) and written[:1].isdigit():
            continue
        text += written
        time = TIMES[written]
        assert read_date(text, now, ZoneInfo(zone)) == (None if time is None else on.isoformat() + time), text


@pytest.mark.parametrize("between", ["到", "或", " or ", " and ", "、", " - ", "–", " ", "至", ", "])
def test_two_days_are_not_one(between: str) -> None:
    zone, now = ZoneInfo("Asia/Shanghai"), NOWS[0]
    for first, second in product((*WITH_YEAR.values(), *WITHOUT_YEAR.values()), repeat=2):
        on = now.date() + DAY * 5
        text = first(on) + between + second(on + DAY)
        assert read_date(text, now, zone) is None, text


@pytest.mark.parametrize("separator", ["/", "-", "."])
@pytest.mark.parametrize("year", ["", "2027"])
def test_the_order_of_day_and_month_is_not_guessed(separator: str, year: str) -> None:
    zone, now = ZoneInfo("Asia/Shanghai"), NOWS[0]
    for month, day in product(range(1, 13), range(1, 32)):
        try:
            on = date(2027 if year or (month, day) < (11, 23) else 2026, month, day)
        except ValueError:
            continue
        clear = month == day or day > 12
        for numbers in ((month, day), (day, month)):
            text = separator.join([*map(str, numbers), *([year] if year else [])])
            if separator == "." and not year and numbers[1] in (15, 30):
                assert read_date(text, now, zone) is None, "it may be a time"
            else:
                assert read_date(text, now, zone) == (on.isoformat() if clear else None), text


RELATIVE: Mapping[str, int] = {
    "今天": 0, "今日": 0, "明天": 1, "明日": 1, "明儿": 1, "后天": 2, "後天": 2, "大后天": 3, "三天后": 3,
    "3天后": 3,
    "两周后": 14, "一个星期后": 7, "十天之后": 10, "today": 0, "Tomorrow!": 1, "tmr": 1, "in 3 days": 3,
    "the day after tomorrow": 2, "in a week": 7, "in two weeks": 14, "10 days from now": 10, "我明天来": 1,
    "See you tomorrow": 1, "明天可以吗？": 1, "\u202d明天\u202c": 1,
}  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", RELATIVE)
def test_a_relative_day_counts_from_where_it_is_typed(text: str, zone: str) -> None:
    for now in NOWS:
        on = local(now, zone).date() + DAY * RELATIVE[text]
        assert read_date(text, now, ZoneInfo(zone)) == on.isoformat()


@pytest.mark.parametrize("begins", range(7))
def test_a_weekday_is_the_next_one_and_of_next_week_the_one_after_monday(begins: int) -> None:
    zone, now = ZoneInfo("Asia/Shanghai"), NOWS[0] + DAY * begins
    today = local(now, "Asia/Shanghai").date()
    monday = today - DAY * today.weekday()
    for weekday, (sign, name) in enumerate(zip("一二三四五六日", _WEEKDAYS, strict=True)):
        this, following = monday + DAY * weekday, monday + DAY * (weekday + 7)
        coming = None if this == today else this if this > today else following
        expected: dict[str, date | None] = {
            **dict.fromkeys(
                (f"周{sign}", f"星期{sign}", f"禮拜{sign}", name, f"on {name[:3].lower()}"), coming
            ),
            **dict.fromkeys((f"本周{sign}", f"这周{sign}", f"this {name}"), this if this >= today else None),
            **dict.fromkeys((f"下周{sign}", f"下个星期{sign}", f"下週{sign}", f"next {name}"), following),
            f"下下周{sign}": following + 7 * DAY,
            f"上周{sign}": None,
            f"last {name}": None,
        }
        for text, on in expected.items():
            assert read_date(text, now, zone) == (on and on.isoformat()), text


UNSURE = (
    "2026-W49", "W49", "第49周", "week 49", "下周", "next week", "next month", "下个月", "周末", "weekend",
    "12月", "December", "in December", "明年", "next year", "月底", "2月30日", "31 November", "2026-02-30",
    "2027-02-29", "2026-13-01", "99/99", "0/0", "13:00", "3pm", "晚上7点", "noon", "五一", "圣诞节",
    "christmas", "农历八月十五", "正月初五", "not tomorrow", "明天不行", "before friday", "by friday",
    "周五之前",
    "after 12/25", "maybe friday", "可能周五", "周五还是周六", "every friday", "每周五",
    "half past three tomorrow", "12/25 or so, 2 people", "call 13800000000", "yesterday", "昨天",
    "前天", "2020-01-01", "25 Dec 2020", "25/12/20", "1 Dec 26", "90年5月12日", "1225", "25122026",
    "12月1日到3日", "Dec 1-3", "1-3 Dec", "12月1-3日", "yes", "好的", "?", "", "　", "1",
    "Friday 25 November 2026", "2月29日", "next", "may", "I may come", "march", "the sun",
    "2 weeks ago", "3 days", "三天", "in 3 hours", "半个月后", "2026-12-01 2026-12-02", "周四11月27日",
    "12月25日周一", "明天" * 200, "1号" * 300, "9" * 1001,
)  # fmt: skip


@pytest.mark.parametrize("text", UNSURE, ids=lambda text: text[:30])
@pytest.mark.parametrize("zone", ZONES)
def test_what_is_no_single_day_that_lies_ahead_is_asked_again(text: str, zone: str) -> None:
    assert read_date(text, NOWS[0], ZoneInfo(zone)) is None


# --- words that change a day -----------------------------------------------------------------------

THURSDAY = datetime(2026, 11, 26, 6, tzinfo=UTC)
"""14:00 in Shanghai."""

CHINESE_DAYS = (
    "明天", "后天", "周六", "下周三", "三天后", "12月3号", "12月3日", "十二月三号", "下个月5号",
    "2026年12月3日", "明天下午3点", "下周三晚上8点",
)  # fmt: skip
ENGLISH_DAYS = (
    "tomorrow", "Saturday", "next Friday", "Dec 3", "3rd of December", "the 3rd", "13/12", "25.12.2026",
    "tomorrow 3pm", "Dec 3 at 19:30",
)  # fmt: skip
CHINESE_CHANGES = (
    "最晚{}", "最早{}", "最迟{}", "从{}", "从{}起", "{}起", "{}开始", "{}之前", "{}以后", "{}前", "{}后",
    "截止{}", "截至{}", "直到{}", "大概{}", "大约{}", "估计{}", "应该是{}", "好像{}", "也许{}", "{}左右",
    "{}前后", "差不多{}", "暂定{}", "希望{}", "不是{}", "{}不行", "{}没空", "除了{}", "{}有事", "{}出差",
    "{}以外", "{}取消", "非{}", "{}都可以", "{}或者再说", "如果{}", "要是{}可以", "{}万一", "每{}", "隔{}",
    "第一个{}", "第二个{}", "另外某个{}", "过了{}", "过去的{}", "刚过去的{}", "看{}", "{}再说", "{}两点多",
    "{}三四个人", "{}五六点", "{}几点", "{}北京时间", "{}巴黎时间", "{}半夜", "{}午夜", "{}那周",
    "{}前一天", "{}第二天", "{}的第二天", "{}之后三天", "{}到五号", "{}、六号", "{}或五号", "{}~", "{}通常",
    "一般{}", "推迟到{}", "{}提前", "农历{}", "{}2s", "{}⑤", "{}٣",
)  # fmt: skip
ENGLISH_CHANGES = (
    "by {}", "before {}", "after {}", "until {}", "since {}", "from {}", "from {} on", "{} onwards",
    "starting {}", "{} at the latest", "no later than {}", "not {}", "{} doesn't work", "never {}",
    "except {}", "anytime but {}", "any {}", "every {}", "each {}", "around {}", "about {}", "roughly {}",
    "{} or so", "maybe {}", "I think {}", "probably {}", "hopefully {}", "{} if possible", "unless {}",
    "{} or later", "the day before {}", "a week after {}", "the week of {}", "w/c {}", "two days from {}",
    "three days after {}", "{} three people", "{} at three", "{} at 3", "{} GMT", "{} Paris time",
    "{} midnight", "{} evenings", "early {}", "late {}", "{} fortnight", "{} week", "the other {}",
    "first {}", "second {}", "the following {}", "{} and the day after", "half past {}", "{} to 31",
    "busy {}", "usually {}", "between {}", "{} quarter to nine", "{} 5ish", "{} in the year 1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "days"), [(CHINESE_CHANGES, CHINESE_DAYS), (ENGLISH_CHANGES, ENGLISH_DAYS)]
)
def test_a_word_that_changes_a_day_is_never_passed_over(
    changes: tuple[str, ...], days: tuple[str, ...]
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for day in days:
        assert read_date(day, THURSDAY, zone), day
        for change in changes:
            text = change.format(day)
            assert read_date(text, THURSDAY, zone) is None, text


PARTS_OF_OTHER_WORDS = (
    "明后天", "今明两天", "周六日", "周三四", "下周三、四", "明天的明天", "后天的后天", "下一个周五",
    "隔周五", "1月后", "3日后", "收货三天后", "圣诞节三天后", "圣诞节周五", "春节后周五", "戒指12号",
    "3号店", "5号桌", "12月25个人", "12月25桌", "订单20261201", "order 20261201", "20261201a", "l2月25日",
    "12月2S日", "12月2o日", "1O月1日", "2O26-12-01", "2026-12-1l", "明天 ٣pm", "١٢/٢٥", "2569-12-01",
    "0026-12-01", "3026-12-01", "We sat down", "enjoy the sun", "we wed in Rome", "may 5 people come",
    "march 7 miles", "Good Friday", "Black Friday", "Easter Monday", "Christmas Friday",
    "three days later than that", "2026-12-01T18:00Z", "明天下午三点五", "明天下午5:5", "明天差五分九点",
    "明天九点差一刻", "明天8点", "明天七点", "tomorrow 8:00", "tomorrow 7:30", "明天半夜", "五、六号",
    "五六号", "十几号", "几号",
)  # fmt: skip


@pytest.mark.parametrize("text", PARTS_OF_OTHER_WORDS)
def test_a_part_of_another_word_or_number_is_no_day(text: str) -> None:
    assert read_date(text, THURSDAY, ZoneInfo("Asia/Shanghai")) is None


CLEAR: Mapping[str, str] = {
    "大大后天": "2026-11-30", "下下个月1号": "2027-01-01", "下下周一": "2026-12-07",
    "明天正午": "2026-11-27T12:00", "3-Dec-2026": "2026-12-03", "3-Dec": "2026-12-03",
    "03Dec2026": "2026-12-03", "25.Dec.2026": "2026-12-25", "20261203": "2026-12-03",
    "20261203 晚上7点半": "2026-12-03T19:30", "2026-12-03T18:00:00": "2026-12-03T18:00",
    "明早9点": "2026-11-27T09:00", "明晚7点半": "2026-11-27T19:30", "明天9点": "2026-11-27T09:00",
    "tomorrow 08:00": "2026-11-27T08:00", "Friday night": "2026-11-27", "Friday is good": "2026-11-27",
    "sat": "2026-11-28", "Sat 3pm": "2026-11-28T15:00", "Sat please": "2026-11-28", "May 5": "2027-05-05",
    "Wed 2 Dec": "2026-12-02", "Christmas Dec 25": "2026-12-25", "中秋9月25日": "2027-09-25",
    "生日12月1日": "2026-12-01", "我三天后来": "2026-11-29", "三天后下午3点": "2026-11-29T15:00",
    "我要12号": "2026-12-12", "12月25来": "2026-12-25", "12月25日来三位": "",
    "您好，我想约12月3号下午两点": "2026-12-03T14:00", "My wedding is next Friday": "2026-12-04",
    "12月5号没问题": "2026-12-05", "不好意思，改到周六下午3点": "2026-11-28T15:00",
    "12月24号平安夜": "2026-12-24", "How about Saturday 2pm?": "2026-11-28T14:00",
    "I am free on Dec 5": "2026-12-05", "I am not free on Dec 5": "",
    "Could we do next Tuesday at 4:30pm": "2026-12-01T16:30", "Friday, no problem": "2026-11-27",
    "周五平安夜": "", "明天一起来": "2026-11-27", "那就周五下午3点吧": "2026-11-27T15:00",
    "下週五晚上7點半見": "2026-12-04T19:30", "１２月２５日　１９：３０": "2026-12-25T19:30",
    "🙂明天下午3点🙂": "2026-11-27T15:00", "Fri, 25 Dec 2026 19:30": "2026-12-25T19:30",
    "12月3号（周四）下午2:00": "2026-12-03T14:00", "明天下午三点五十": "2026-11-27T15:50",
    "明天凌晨0:30": "2026-11-27T00:30", "日期2026年12月25日，时间19:30": "2026-12-25T19:30",
    "on the 25th of Dec at 7:30 pm": "2026-12-25T19:30",
}  # fmt: skip
"""Nothing where there is a number that is no part of the date."""


@pytest.mark.parametrize("text", CLEAR)
def test_what_is_clear_is_read(text: str) -> None:
    assert (read_date(text, THURSDAY, ZoneInfo("Asia/Shanghai")) or "") == CLEAR[text]


def test_a_moment_of_today_that_is_over_is_not_meant() -> None:
    zone = ZoneInfo("Asia/Shanghai")  # There it is 10:00.

    assert read_date("今天 09:59", NOWS[0], zone) is None
    assert read_date("今天 10:00", NOWS[0], zone) is None
    assert read_date("今天 10:01", NOWS[0], zone) == "2026-11-23T10:01"
    assert read_date("今天", NOWS[0], zone) == "2026-11-23"
    assert read_date("tonight at 8", NOWS[0], zone) == "2026-11-23T20:00"


@pytest.mark.parametrize("form", WITH_YEAR.values(), ids=WITH_YEAR.keys())
def test_a_birthday_may_lie_behind_where_the_question_says_so(form: Form) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for on in (date(1990, 5, 12), date(1992, 2, 29), date(2026, 11, 22)):
        assert read_date(form(on), NOWS[0], zone, past=True) == on.isoformat()
        assert read_date(form(on), NOWS[0], zone) is None


_PIECES = st.sampled_from(
    [
        *"一二三十月日号年周天下午点半:/-. 0123456789",
        "明天",
        "next",
        "friday",
        " dec ",
        "3pm",
        " at ",
        "到",
        "星期",
        "后",
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join) | st.text(max_size=30), st.sampled_from(ZONES))
def test_what_is_read_from_any_text_is_a_date_that_lies_ahead(text: str, zone: str) -> None:
    now = NOWS[0]
    found = read_date(text, now, ZoneInfo(zone))

    assert found is None or (is_date(found) and found[:10] >= local(now, zone).date().isoformat())
