from wejourney.domain.journeys import (
    Ask,
    Award,
    Branch,
    Case,
    Condition,
    Journey,
    Send,
    Stop,
    Tag,
    Trigger,
    Untag,
    Wait,
)
from wejourney.domain.messages import Image, Menu, MenuItem, MiniProgramCard, News, Text
from wejourney.language.reading import read_text

EVERYTHING = """\
title: {en: All there is, zh: 全部}
priority: 3
trigger:
  event: scan
  scene: store-*
  when: {without_tag: [vip, staff], not: {any: [{customer: true}, {source: qr}]}}
opening: {text: {en: Hello, zh: 你好}}
steps:
  - ask:
      name: size
      menu:
        head: {any: "?"}
        items: {s: {any: S}, l: {any: L}}
        tail: {any: "!"}
      choices: {s: 1, l: [2, large]}
      within: 1d 12h
      unanswered:
        - stop: nothing said
      not_sent:
        - tag: unreached
  - branch:
      - when: {tag: vip, language: en, scene: a*b, answer: {size: s}, member: false}
        steps:
          - send: {image: MEDIA, if_unsure: resend}
      - otherwise:
          - untag: [a, b]
  - wait: 30m
  - send:
      news: {title: {any: T}, description: {any: D}, url: https://x.example/u, picture: https://x.example/p}
      not_sent:
        - award: {points: 5, reason: patience}
  - send:
      mini_program: {title: {any: M}, app_id: wx1, page: p, picture: ID}
"""


def test_every_word_of_the_language_is_read_as_what_it_means() -> None:
    reading = read_text(EVERYTHING, "all-there-is", "all-there-is.yaml")

    assert reading.mistakes == ()
    assert reading.journey == Journey(
        name="all-there-is",
        title={"en": "All there is", "zh": "全部"},
        priority=3,
        trigger=Trigger(
            "scan",
            scene="store-*",
            when=Condition(
                without_tags=("vip", "staff"),
                none=Condition(any=(Condition(customer=True), Condition(source="qr"))),
            ),
        ),
        opening=Text({"en": "Hello", "zh": "你好"}),
        steps=(
            Ask(
                name="size",
                within=129_600,
                content=Menu(
                    head={"any": "?"},
                    items=(MenuItem("s", {"any": "S"}), MenuItem("l", {"any": "L"})),
                    tail={"any": "!"},
                ),
                choices={"s": ("1",), "l": ("2", "large")},
                unanswered=(Stop("nothing said"),),
                not_sent=(Tag(("unreached",)),),
            ),
            Branch(
                cases=(
                    Case(
                        Condition(
                            tags=("vip",), language="en", scene="a*b", answers={"size": "s"}, member=False
                        ),
                        (Send(Image("MEDIA"), if_unsure="resend"),),
                    ),
                ),
                otherwise=(Untag(("a", "b")),),
            ),
            Wait(1800),
            Send(
                News({"any": "T"}, {"any": "D"}, "https://x.example/u", "https://x.example/p"),
                not_sent=(Award(5, "patience"),),
            ),
            Send(MiniProgramCard({"any": "M"}, "wx1", "p", "ID")),
        ),
    )


def test_a_plain_text_serves_every_language() -> None:
    text = "title: Plain\ntrigger: {event: follow}\nsteps:\n  - send: {text: 007}\n"

    journey = read_text(text, "plain", "plain.yaml").journey

    assert journey is not None
    assert journey.title == {"any": "Plain"}
    assert journey.steps == (Send(Text({"any": "007"})),)
