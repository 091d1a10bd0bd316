"""Every kind of mistake, with what would be right; `‸` marks the place that must be told."""

# ruff: noqa: E501 - a case is a line

from pathlib import Path

import pytest

from workbench.language.mistakes import Mistake
from workbench.language.reading import read_file, read_text

HEAD = "title: T\ntrigger: {event: follow}\nsteps:\n"
ASK = "  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}\n"


def mistakes_in(text: str, name: str = "file") -> tuple[Mistake, ...]:
    return read_text(text, name, f"{name}.yaml").mistakes


CASES = {
    # --- YAML itself
    "empty file": ("‸", "the file is empty", ""),
    "an open bracket": ("title: ‸[1\n", "`[` is not closed", "write `]` where it ends"),
    "a tab": ("title: T\n‸\ttrigger: x\n", "a tab stands where only spaces can", "use spaces"),
    "a control character": ("‸title: \x01\n", "not YAML", ""),
    "two documents": (HEAD + "  - tag: a\n‸---\na: 1\n", "`---` begins a second document", "a second file"),
    "an alias": ("title: &t T\nother: ‸*t\n", "aliases (`*name`) are not part of the language", ""),
    "a list as file": ("‸- a\n", "write a journey as fields", "its fields are: title, trigger"),
    "an open brace": (HEAD + "  - send: ‸{text: a\n  - tag: b\n", "`{` is not closed", "write `}` where it ends"),
    "a bracket in a brace": (HEAD + "  - branch: ‸[{when: {tag: a}}\n", "`[` is not closed", ""),
    "another bracket": (HEAD + "  - send: {text: {any: ‸[a}}\n", "`[` is not closed", ""),
    "a comment without its sign": ("‸A text for people.\n\ntitle: T\n", "this line has no colon", ""),
    "an open quote": (HEAD + '  - send: {text: ‸"a}\n', "this quote is not closed", ""),
    "a quote in a quoted text": (HEAD + "  - send: {text: 'it'‸s me'}\n", "ends at its quote", '"it\'s you"'),
    "a merge field without quotes": (HEAD + "  - send: {text: {‸tier|guest}}\n", "`tier|guest` has no text", '"{tier|guest}"'),
    "a text behind a merge field": (HEAD + "  - send:\n      text: {tier|guest}‸, hello\n", "nothing can stand behind this `}`", "needs quotes"),
    "a text behind a list": (HEAD + "  - tag: [a] ‸b\n", "nothing can stand behind this `]`", ""),
    "a sign at the beginning": (HEAD + "  - tag: ‸@a\n", "a text that begins with `@` needs quotes", '"@…"'),
    "anything in a trigger": ("title: T\ntrigger: {event: scan, scene: ‸*}\n", "begins with `*` needs quotes", '"*…"'),
    "a colon in a text": (HEAD + "  - stop: ‸Note: enough\n", "a colon and a space in it needs quotes", '"Note: bring it"'),
    "a colon in a text in braces": (HEAD + "  - send: {text: ‸Hello: you}\n", "a colon and a space in it needs quotes", ""),
    "no space after a colon": ("‸title:T\ntrigger: {event: follow}\n", "no colon with a space after it", "`name: value`"),
    "no space after the colon of a step": (HEAD + "  - ‸tag:a\n", "a colon needs a space after it", "`tag: a`"),
    "no space after a dash": (HEAD + "  ‸-tag: a\n", "`steps` is a list", "a space after the dash"),
    "something else in YAML's way": ("‸%YAML 3.0\n---\ntitle: T\n", "not YAML: found incompatible", ""),
    # --- indentation
    "too deep": ("title: T\n  ‸trigger: {event: follow}\n", "indented by 2 spaces, which does not fit", "at the left edge, like the `title` of line 1"),
    "too deep by one": (HEAD + "  - send:\n      text: a\n       ‸not_sent: [{tag: a}]\n", "indented by 7 spaces", "by 6 spaces, like the `text` of line 5"),
    "too shallow by one": (HEAD + "  - send:\n      text: a\n     ‸not_sent: [{tag: a}]\n", "indented by 5 spaces", "by 6 spaces, like the `text` of line 5"),
    "a step too shallow": (HEAD + "  - tag: a\n ‸- tag: b\n", "indented by 1 space,", "by 2 spaces, like the `-` of line 4"),
    "a step too deep": (HEAD + "  - send: {text: a}\n\n  # then\n    ‸- tag: b\n", "indented by 4 spaces", "by 2 spaces, like the `-` of line 4"),
    "a step without a dash": (HEAD + "  - tag: a\n  ‸tag: b\n", "does not begin with `- `", "line 4 above it does"),
    "a dash among fields": ("title: T\n‸- tag: b\n", "this line begins with `- `", "line 1 above it does not"),
    "a list behind a name": ("title: T\nsteps: ‸- tag: b\n", "a list cannot begin behind a name", "on the next line"),
    "the first line too deep": ("‸ title: T\ntrigger: {event: follow}\n", "the first line is indented", "left edge"),
    "fields not below their step": (HEAD + "  - ‸ask:\n", "`ask` has no fields", "indented deeper: name, text"),
    # --- full-width signs
    "a wide colon": ("title‸： T\ntrigger: {event: follow}\n", "`：` is a full-width sign", "`: `"),
    "a wide colon above": (HEAD + "  - send‸：\n      text: a\n", "`：` is a full-width sign", "`: `"),
    "a wide colon in a step": (HEAD + "  - send:\n      ‸text： 你好\n", "`：` is a full-width sign", "`: `"),
    "a wide colon in braces": ("title: T\ntrigger: {event: follow, ‸scene：a}\nsteps:\n  - tag: a\n", "`：` is a full-width sign", "`: `"),
    "a wide comma": (HEAD + "  - send: {text: {zh: 你好‸，en: Hi}}\n", "`，` is a full-width sign", "or put quotes around"),
    "a wide comma in a list": ("title: T\ntrigger: {event: text, keywords: [‸你好，您好]}\nsteps:\n  - tag: a\n", "`，` does not part the entries", "write `, `"),
    "a wide brace": (HEAD + "  - send: ‸｛text: a｝\n", "`｛` is a full-width sign", "`{`"),
    "a wide bracket": (HEAD + "  - branch: ‸［when: a］\n", "`［` is a full-width sign", "`[`"),
    "a curly quote": (HEAD + "  - send: {text: ‸“你好: 欢迎”}\n", "`“` is a full-width sign", '`"`'),
    "a wide dash": (HEAD + "  ‸－ tag: a\n", "`steps` is a list", "write `- `"),
    "a wide space": (HEAD + "  - tag: a\n‸　　- tag: b\n", "is a full-width sign", "plain spaces"),
    # --- fields
    "unknown field": (HEAD + "  - tag: a\n‸prioriti: 1\n", "a journey has no field `prioriti`", "`priority`"),
    "field twice": (HEAD + "  - tag: a\n‸title: U\n", "`title` is written twice", ""),
    "list as name": (HEAD + "  - tag: a\n? ‸[a]\n: b\n", "a field of a journey has a plain name", ""),
    "missing field": ("‸title: T\ntrigger: {event: follow}\n", "`steps` is missing", ""),
    "missing inner field": (HEAD + "  - award: ‸{points: 1}\n", "`reason` is missing", ""),
    "no value": ("‸title:\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "a text is missing", ""),
    "unknown step": (HEAD + "  - ‸sned: {text: a}\n", "a step has no field `sned`", "`send`"),
    "a list as text": (HEAD + "  - send: {text: ‸[a, b]}\n", "a text is one value", ""),
    "two steps in one": (HEAD + "  - tag: a\n    wait: ‸1h\n", "one step at a time: `wait`", "`- `"),
    "steps not a list": ("title: T\ntrigger: {event: follow}\nsteps: ‸{tag: a}\n", "`steps` is a list, each entry after `- `", ""),
    "empty steps": ("title: T\ntrigger: {event: follow}\nsteps: ‸[]\n", "`steps` is empty", ""),
    "empty path": (HEAD + "  - send: {text: a, not_sent: ‸[]}\n", "`not_sent` is empty", ""),
    "not a bool": ("title: T\ntrigger: {event: follow, when: {member: ‸1}}\nsteps:\n  - tag: a\n", "`member` is true or", ""),
    "not a number": (HEAD + "  - award: {points: ‸ten, reason: r}\n", "`points` is a whole number", ""),
    "half a point": (HEAD + "  - award: {points: ‸1.5, reason: r}\n", "`points` is a whole number", ""),
    "no points": (HEAD + "  - award: {points: ‸0, reason: r}\n", "at least one point", ""),
    "unknown event": ("title: T\ntrigger: {event: ‸folow}\nsteps:\n  - tag: a\n", "`folow` cannot be `event`", "`follow`"),
    "unknown policy": (HEAD + "  - send: {text: a, if_unsure: ‸drpo}\n", "`drpo` cannot be", "`drop`"),
    # --- durations
    "not a duration": (HEAD + "  - wait: ‸soon\n  - tag: a\n", "`soon` is not a duration", ""),
    "too long": (HEAD + "  - wait: ‸91d\n  - tag: a\n", "`91d` is too long", "at most 90d"),
    "longer than a year": (HEAD + "  ‸- wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - tag: a\n", "a run may take 450d", "at most 360d"),
    # --- the trigger and the opening
    "a field of another event": ("title: T\ntrigger: {event: text, keywords: hi, key: ‸K}\nsteps:\n  - tag: a\n", "`key` belongs to the event click", ""),
    "two events": ("title: T\ntrigger: {event: ‸[follow, scan]}\nsteps:\n  - tag: a\n", "begins with one event", "`start` a further file"),
    "no keyword": ("title: T\ntrigger: ‸{event: text}\nsteps:\n  - tag: a\n", "`keywords` is missing", ""),
    "answer before anything": ("title: T\ntrigger: {event: follow, when: {answer: ‸{a: b}}}\nsteps:\n  - tag: a\n", "nothing is answered before", ""),
    "scene of the profile": ("title: T\ntrigger: {event: follow, when: {scene: ‸s}}\nsteps:\n  - tag: a\n", "a field of the trigger", "`scene`"),
    "source with an opening": ("title: T\ntrigger: {event: follow, when: {source: ‸qr}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "only after the opening has left", "branch on `source`"),
    "source with an opening, negated": ("title: T\ntrigger: {event: follow, when: {not: {source: ‸article}}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "only after the opening has left", "branch on `source`"),
    "source with an opening, in a way": ("title: T\ntrigger: {event: follow, when: {any: [{source: ‸qr}, {member: true}]}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "the source of a follow only after", ""),
    "language with an opening": ("title: T\ntrigger: {event: follow, when: {not: {any: [{language: ‸zh}]}}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "the language of a follower only after the opening has left", "branch on `language`"),
    "scene of the profile in a way": ("title: T\ntrigger: {event: scan, when: {any: [{scene: ‸s}, {member: true}]}}\nsteps:\n  - tag: a\n", "a field of the trigger", "`scene`"),
    "opening of a kind": (HEAD + "  - tag: a\nopening: {menu: ‸{head: h, items: {a: b}}}\n", "cannot carry `menu`", "image, news, text"),
    "empty opening": (HEAD + "  - tag: a\nopening: ‸{}\n", "an opening says nothing", ""),
    # --- what is said
    "nothing said": (HEAD + "  - send: ‸{not_sent: [{tag: a}]}\n", "`send` says nothing", "text, image"),
    "two things said": (HEAD + "  - send: {text: a, image: ‸M}\n", "`text` is there already", "step of its own"),
    "two news": (HEAD + "  - send: {news: ‸[{title: a}, {title: b}]}\n", "WeChat takes one `news`", ""),
    "unknown language": (HEAD + "  - send: {text: {any: a, ‸xx: b}}\n", "`xx` is no language of WeChat", "zh"),
    "comma in braces": (HEAD + "  - send: {text: {en: Yes, ‸please}}\n", "`please` has no text", "needs quotes"),
    "half translated": ("title: {zh: 一, en: T}\ntrigger: {event: follow}\nsteps:\n  - send: {text: ‸{zh: 二}}\n", "this text has no `en`; others in this journey have", "`any`"),
    "too long a text": (HEAD + f"  - send: {{text: ‸{'长' * 683}}}\n", "2049 bytes where WeChat takes 2048", ""),
    "too long a title": (HEAD + f"  - send: {{mini_program: {{title: ‸{'长' * 22}, app_id: a, page: p, picture: i}}}}\n", "66 bytes where WeChat takes 64", ""),
    "empty text": (HEAD + "  - send: {text: ‸' '}\n", "a text is empty", ""),
    "JSONata in a text": (HEAD + "  - send: {text: ‸'{% $now() %}'}\n", "JSONata would read it", ""),
    "substitution in a text": (HEAD + "  - send: {text: ‸'${Partition}'}\n", "CloudFormation would read it", ""),
    "no address": (HEAD + "  - send: {news: {title: t, description: d, url: ‸www.x, picture: https://x.example/p}}\n", "begins with https://", ""),
    # --- names
    "unknown source": (HEAD + "  - branch: [{when: {source: ‸artcle}, steps: [{tag: a}]}]\n", "`artcle` is no source", "`article`"),
    "WeChat's own name": (HEAD + "  - branch: [{when: {source: ‸ADD_SCENE_QR_CODE}, steps: [{tag: a}]}]\n", "is no source", "write `qr`"),
    "condition language": (HEAD + "  - branch: [{when: {language: ‸english}, steps: [{tag: a}]}]\n", "is no language", "en"),
    "unknown condition": (HEAD + "  - branch: [{when: {‸tagg: a}, steps: [{tag: a}]}]\n", "no field `tagg`", "`tag`"),
    "empty condition": (HEAD + "  - branch: [{when: ‸{}, steps: [{tag: a}]}]\n", "always holds", "`otherwise`"),
    "tag shape": (HEAD + "  - tag: [ok, ‸not ok]\n", "`not ok` cannot be a tag", "30 letters"),
    "question shape": (HEAD + "  - ask: {name: ‸The Style, within: 1h}\n", "cannot be the name of a question", ""),
    "choice shape": (HEAD + "  - ask: {name: a, choices: {‸A B: 1}, within: 1h}\n", "cannot be the name of a choice", ""),
    "choice `other`": (HEAD + "  - ask: {name: a, choices: {‸other: 1}, within: 1h}\n", "none of the choices", ""),
    "one word for two": (HEAD + "  - ask: {name: a, choices: {x: 1, ‸y: '１'}, within: 1h}\n", "`1` means both `x` and `y`", ""),
    "label of another choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: X, y: ＸＬ}}, choices: {x: xl, ‸y: s}, within: 1h}\n", "`xl` means both `x` and `y`", ""),
    "one numeral for two": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: 1. Rose, y: （１）Gold}}, choices: {x: a, ‸y: b}, within: 1h}\n", "`1` means both `x` and `y`", ""),
    "a numeral of another choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: 1. Rose, y: 2. Gold}}, choices: {x: '2', ‸y: b}, within: 1h}\n", "`2` means both `x` and `y`", ""),
    "a numeral for one of two": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: 2. Rose, y: Gold}}, choices: {x: a, ‸y: b}, within: 1h}\n", "`y` has no number, but other choices have", ""),
    "one label for two": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: Yes, y: 'yes '}}, choices: {x: a, ‸y: b}, within: 1h}\n", "`yes` means both `x` and `y`", ""),
    "menu without choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {rng: ‸R}}, choices: {ring: 1}, within: 1h}\n", "`rng` is none of the choices of `a`", "`ring`"),
    # --- the flow
    "not asked": (HEAD + ASK + "  - branch: [{when: {answer: {‸styl: ring}}, steps: [{tag: a}]}]\n", "`styl` has not been asked", "`style`"),
    "asked later": (HEAD + "  - branch: [{when: {answer: {‸style: ring}}, steps: [{tag: a}]}]\n  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}\n", "has not been asked", ""),
    "asked on another path": (HEAD + "  - branch:\n      - {when: {tag: a}, steps: [ask: {name: x, within: 1h}]}\n      - otherwise: [branch: [{when: {answer: {‸x: y}}, steps: [{tag: a}]}]]\n", "has not been asked", ""),
    "no such choice": (HEAD + ASK + "  - branch: [{when: {answer: {style: ‸rng}}, steps: [{tag: a}]}]\n", "`rng` is no answer to `style`", "`ring`"),
    "answer of the silent": (HEAD + "  - ask: {name: a, within: 1h, unanswered: [{branch: [{when: {answer: {‸a: b}}, steps: [{tag: x}]}]}]}\n", "`a` has not been asked", ""),
    "asked twice": (HEAD + ASK + "  - ask: {name: ‸style, choices: {ring: 1, gift: 2}, within: 1h}\n", "`style` was asked before", "a name of its own"),
    "after a stop": (HEAD + "  - stop: enough\n  - ‸tag: a\n", "never reached", ""),
    "after stops on all paths": (HEAD + "  - branch: [{when: {tag: a}, steps: [{stop: x}]}, {otherwise: [{stop: y}]}]\n  - ‸tag: a\n", "never reached", ""),
    "otherwise first": (HEAD + "  - branch: [{otherwise: ‸[{tag: a}]}, {when: {tag: b}, steps: [{tag: c}]}]\n", "`otherwise` is the last case", ""),
    "only otherwise": (HEAD + "  - branch: ‸[{otherwise: [{tag: a}]}]\n", "a branch needs a case", ""),
    # --- triggers and patterns
    "field of another pattern": (HEAD + "  - wait: {event: payment, keywords: ‸a, within: 1h}\n  - tag: a\n", "`keywords` belongs to the event text", ""),
    "no tag": ("title: T\ntrigger: ‸{event: tag}\nsteps:\n  - tag: a\n", "`tag` is missing", ""),
    "no balance": (HEAD + "  - wait: ‸{event: points, within: 1h}\n  - tag: a\n", "`points` is missing", ""),
    "no time": ("title: T\ntrigger: ‸{event: schedule, every: monday}\nsteps:\n  - tag: a\n", "`at` is missing", ""),
    "before and after": ("title: T\ntrigger: {event: date, date: d, before: 1d, after: ‸1d}\nsteps:\n  - tag: a\n", "exclude each other", ""),
    "no time of day": ("title: T\ntrigger: {event: schedule, at: ‸10am}\nsteps:\n  - tag: a\n", "`10am` is no time of day", '"09:00"'),
    "no weekday": ("title: T\ntrigger: {event: schedule, at: '10:00', every: ‸mondy}\nsteps:\n  - tag: a\n", "`mondy` is no weekday", "`monday`"),
    "small total": ("title: T\ntrigger: {event: payment, total: ‸0}\nsteps:\n  - tag: a\n", "`total` is at least 1", "leave it out"),
    "small points": ("title: T\ntrigger: {event: points, points: ‸0}\nsteps:\n  - tag: a\n", "`points` is at least 1", "`points: 1`"),
    "waiting for a schedule": (HEAD + "  - wait: {event: ‸schedule, within: 1h}\n  - tag: a\n", "nothing is heard of a `schedule`", "`until`"),
    "counting dates": (HEAD + "  - branch: [{when: {event: {event: ‸date}}, steps: [{tag: a}]}]\n", "nothing is heard of a `date`", "start a journey"),
    "answered in the opening": ("title: T\ntrigger: {event: follow}\nopening: {text: ‸'{answer.a|b}'}\nsteps:\n  - tag: a\n", "nothing is answered before the opening", ""),
    "opening to a payment": ("title: T\ntrigger: {event: payment}\nopening: {text: ‸a}\nsteps:\n  - tag: a\n", "`payment` is not that", "first step"),
    "events before it began": ("title: T\ntrigger: {event: follow, when: {event: ‸{event: view, scope: ever}}}\nsteps:\n  - tag: a\n", "the condition of a trigger is on the profile", "first step, `branch`"),
    "no event before it began": ("title: T\ntrigger: {event: follow, when: {any: [{not: {event: ‸{event: view}}}]}}\nsteps:\n  - tag: a\n", "on the profile", ""),
    # --- the course
    "unknown again": ("title: T\nagain: ‸nevr\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`nevr` cannot be `again`", "`never`"),
    "again both ways": ("title: T\nagain: ‸{after: 1d, per: order}\ntrigger: {event: payment}\nsteps:\n  - tag: a\n", "`again` has one field", ""),
    "per unknown": ("title: T\nagain: {per: ‸ordre}\ntrigger: {event: payment}\nsteps:\n  - tag: a\n", "`ordre` cannot be `per`", "`order`"),
    "per of another event": ("title: T\nagain: {per: ‸order}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "the event follow carries no order", "payment"),
    "no hours": ("title: T\nquiet: ‸nights\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`nights` are no hours", '"22:00-08:00"'),
    "quiet for ever": ("title: T\nquiet: ‸08:00-08:00\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "never end", ""),
    "most held out": ("title: T\nholdout: ‸60%\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "from 0 to 50 percent", ""),
    "no percent": ("title: T\nholdout: ‸half\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "whole number of percent", "30%"),
    "goal on an answer": ("title: T\ngoal: {answer: ‸{a: b}}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "not at answers", "steps"),
    "goal on a count": ("title: T\ngoal: {event: {event: view, times: ‸2}}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`times` has no meaning", ""),
    "goal on two events": ("title: T\ngoal: {event: [{event: view}, ‸{event: refund}]}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "one event happens at a time", "`any`"),
    "exit on what is not": ("title: T\nexits: [{when: {not: ‸{event: {event: view}}}, reason: r}]\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "every other event", ""),
    "empty goal": ("title: T\ngoal: ‸{}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "an empty condition always holds", ""),
    # --- merge fields and channels
    "unknown merge field": (HEAD + "  - send: {text: ‸'Hi {name|you}'}\n", "`{name}` is no merge field", "attribute.<name>"),
    "misspelt merge field": (HEAD + "  - ask: {name: tea, within: 1h}\n  - send: {text: ‸'{anwser.tea|tea}'}\n", "`{anwser.tea}` is no merge field", "did you mean `answer.tea`?"),
    "no fallback": (HEAD + "  - send: {text: ‸'Hi {tier}'}\n", "`{tier}` has no fallback", "{tier|…}"),
    "empty fallback": (HEAD + "  - send: {text: ‸'Hi {tier|}'}\n", "`{tier}` has no fallback", ""),
    "raw brace": (HEAD + "  - send: {text: ‸'Hi {you'}\n", "belongs to no merge field", "{answer.size|your size}"),
    "brace in an address": (HEAD + "  - send: {news: {title: t, description: d, url: ‸'https://x.example/{tier|a}', picture: https://x.example/p}}\n", "`url` takes no merge fields", ""),
    "merged too long": (HEAD + f"  - send: {{text: ‸'{'a' * 1900}{{tier|b}}'}}\n", "2140 bytes where WeChat takes 2048", "60"),
    "answer not asked": (HEAD + "  - send: {text: ‸'{answer.size|yours}'}\n", "`size` has not been asked on this path", ""),
    "answer of the silent in a text": (HEAD + "  - ask: {name: a, within: 1h, unanswered: [{send: {text: ‸'{answer.a|b}'}}]}\n", "`a` has not been asked", ""),
    "set without its question": (HEAD + "  - set: {size: ‸'{answer.size|}'}\n", "has not been asked", ""),
    "marketing by template": (HEAD + "  - send: {template: ‸{id: a, data: {thing1: b}}}\n", "no marketing as `template`", "`purpose: service`"),
    "marketing by notice instead": (HEAD + "  - send: {text: a, instead: [{notice: ‸{id: a, data: {thing1: b}}}]}\n", "no marketing as `notice`", "another channel"),
    "asking by template": (HEAD + "  - ask: {name: a, template: ‸{id: a, data: {thing1: b}}, within: 1h}\n", "`template` cannot ask", "send it first"),
    "the same instead": (HEAD + "  - send: {mass: {text: a}, instead: [{mass: ‸{text: a}}]}\n", "was tried before", ""),
    "the same channel instead": (HEAD + "  - send: {text: a, instead: [{text: ‸b}]}\n", "`instead` is another channel", "template, notice or mass"),
    "a picture in the same channel": (HEAD + "  - send: {mass: {text: a}, instead: [{text: b}, {image: ‸ID}]}\n", "`instead` is another channel", ""),
    "nothing instead": (HEAD + "  - send: {text: a, instead: ‸[]}\n", "`instead` is empty", ""),
    "template field name": (HEAD + "  - send: {purpose: service, template: {id: a, data: {‸thng1: b}}}\n", "`thng1` cannot be a field of a template", "`thing`"),
    "template field too long": (HEAD + f"  - send: {{purpose: service, template: {{id: a, data: {{thing1: ‸{'长' * 21}}}}}}}\n", "21 characters where WeChat takes 20", ""),
    "template field may be too long": (HEAD + "  - send: {purpose: service, template: {id: a, data: {thing1: ‸'{attribute.city|Paris}'}}}\n", "60 characters where WeChat takes 20", "merge field"),
    "template number": (HEAD + "  - send: {purpose: service, notice: {id: a, data: {number1: ‸ten}}}\n", "`ten` cannot be `number1`", "digits"),
    "template phrase": (HEAD + "  - send: {purpose: service, notice: {id: a, data: {phrase1: ‸ok}}}\n", "`ok` cannot be `phrase1`", "Chinese characters"),
    "template date": (HEAD + "  - send: {purpose: service, notice: {id: a, data: {date1: ‸tomorrow}}}\n", "`tomorrow` cannot be `date1`", "2019年10月1日"),
    "Chinese name": (HEAD + f"  - send: {{purpose: service, notice: {{id: a, data: {{name1: ‸{'长' * 11}}}}}}}\n", "11 characters where WeChat takes 10", ""),
    "no data": (HEAD + "  - send: {purpose: service, notice: {id: a, data: ‸{}}}\n", "`data` is empty", ""),
    "no content of that name": (HEAD + "  - send: {content: ‸teaser}\n", "there is no content `teaser`", "infra/contents"),
    # --- steps
    "parsed and chosen": (HEAD + "  - ask: {name: a, choices: {x: 1}, parse: ‸number, within: 1h}\n", "`choices` say what the answers are", "`parse`"),
    "minimum of a text": (HEAD + "  - ask: {name: a, minimum: ‸1, within: 1h}\n", "`minimum` bounds a number", "`parse: number`"),
    "no number": (HEAD + "  - ask: {name: a, parse: number, minimum: 2, maximum: ‸1, within: 1h}\n", "at least 2 and at most 1", "`minimum: 1, maximum: 2`"),
    "some digits": (HEAD + "  - ask: {name: a, choices: {x: [1, ring], ‸y: gift}, within: 1h}\n", "`y` has no number, but other choices have", "2"),
    "digit of another": (HEAD + "  - ask: {name: a, choices: {x: 2, ‸y: gift}, within: 1h}\n", "`y` has no number", "one that is free"),
    "scope as name": (HEAD + "  - send: {text: a, name: ‸ever}\n", "cannot be a name", ""),
    "shares too small": (HEAD + "  - split: {name: a, shares: ‸[{percent: 30}, {percent: 60}]}\n", "90 percent together", "could be 70"),
    "no share": (HEAD + "  - split: {name: a, shares: [{percent: ‸0}, {percent: 100}]}\n", "some of the people", ""),
    "other shares of a name": (HEAD + "  - split: {name: a, shares: [{percent: 30}, {percent: 70}]}\n  - split: {name: ‸a, shares: [{percent: 50}, {percent: 50}]}\n", "with other shares", ""),
    "time zone": (HEAD + "  - set: {time_zone: ‸Paris}\n", "`Paris` cannot be `time_zone`", "Europe/Paris"),
    "language to set": (HEAD + "  - set: {language: ‸english}\n", "`english` is no language", "en"),
    "name to set": (HEAD + "  - set: {date.my day: ‸2026-11-25}\n", "cannot be something to note", ""),
    "no date to set": (HEAD + "  - set: {date.booking: ‸next week}\n", "`next week` cannot be `date.booking`", "2026-12-01"),
    "no date for a fallback": (HEAD + "  - ask: {name: day, within: 1h}\n  - set: {date.booking: ‸'{answer.day|soon}'}\n", "`soon` cannot be `date.booking`", "{answer.day|}"),
    "nothing to set": (HEAD + "  - set: ‸{}\n", "`set` is empty", ""),
    "nothing to wait for": (HEAD + "  - wait: ‸{within: 1h}\n  - tag: a\n", "does not say what for", "until, date, event"),
    "unbounded wait": (HEAD + "  - wait: ‸{event: payment}\n  - tag: a\n", "`within` is missing", "such as `within: 1d`"),
    "unbounded date": (HEAD + "  - wait: ‸{date: booking}\n  - tag: a\n", "`within` is missing", ""),
    "a field of a date": (HEAD + "  - wait: {date: a, within: 1d, ‸keywords: b}\n  - tag: a\n", "no field `keywords`", ""),
    "no journey": (HEAD + "  - start: ‸The other\n", "cannot be a journey", "without .yaml"),
    "days": (HEAD + "  - branch: [{when: {event: {event: view, days: ‸8}}, steps: [{tag: a}]}]\n", "not counted over 8 days", "7, 30 or 365"),
    "times": (HEAD + "  - branch: [{when: {event: {event: view, times: ‸0}}, steps: [{tag: a}]}]\n", "`times` is at least 1", "`not`"),
    "unknown scope": (HEAD + "  - send: {text: a, name: teaser}\n  - branch: [{when: {event: {event: view, scope: ‸teasr}}, steps: [{tag: a}]}]\n", "no step `teasr` comes before", "`teaser`"),
    "scope of a later step": (HEAD + "  - branch: [{when: {event: {event: view, scope: ‸teaser}}, steps: [{tag: a}]}]\n  - send: {text: a, name: teaser}\n", "no step `teaser`", ""),
    "balance": (HEAD + "  - branch: [{when: {points: {from: 5, to: ‸1}}, steps: [{tag: a}]}]\n", "at least 5 and at most 1", ""),
    "no bounds": (HEAD + "  - branch: [{when: {points: ‸{}}, steps: [{tag: a}]}]\n", "`points` bounds nothing", ""),
    "tag and no tag": (HEAD + "  - branch: [{when: {tag: a, without_tag: ‸a}, steps: [{tag: a}]}]\n", "nobody has `a`", ""),
    "segment shape": (HEAD + "  - branch: [{when: {segment: ‸my gold}, steps: [{tag: a}]}]\n", "cannot be a segment", ""),
    "empty attribute": (HEAD + "  - branch: [{when: {attribute: ‸{}}, steps: [{tag: a}]}]\n", "`attribute` is empty", ""),
    "no answer that a number can be": (HEAD + "  - ask: {name: q, parse: number, maximum: 9, within: 1h}\n  - branch: [{when: {answer: {q: ‸12}}, steps: [{tag: a}]}]\n", "`12` is no answer to `q`", "a number as it is read"),
    "a phone number that is not written as it is read": (HEAD + "  - ask: {name: q, parse: phone, within: 1h}\n  - branch: [{when: {answer: {q: ‸'138 0000 0000'}}, steps: [{tag: a}]}]\n", "is no answer to `q`", "+8613912345678"),
    "a question that is not asked": (HEAD + "  - branch: [{when: {answer: {‸size: s}}, steps: [{tag: a}]}]\n", "`size` has not been asked on this path", "ask it before"),
    "a follow in the middle": (HEAD + "  - wait: {event: ‸follow, within: 1h}\n  - tag: a\n", "nobody follows in the middle of it", "begin a journey"),
    "points that are not given": (HEAD + "  - set: {points: ‸7}\n", "`points` is not noted by `set`", "`award` gives points"),
    "an invisible text": (HEAD + '  - send: {text: ‸"\\u200b"}\n', "a text is empty", "write it"),
    "an invisible fallback": (HEAD + '  - send: {text: ‸"{tier|\\u200b}"}\n', "`{tier}` has no fallback", ""),
    "too many points": (HEAD + "  - award: {points: ‸99999999999999999999, reason: r}\n", "out of bounds", "at most 1,000,000,000"),
    "a condition among the fields of a trigger": ("title: T\ntrigger: {event: follow, ‸source: article}\nsteps:\n  - tag: b\n", "a trigger has no field `source`", "`when: {source: …}`"),
    "a menu without choices": (HEAD + "  - ask: {name: q, menu: {head: Which?, items: ‸{a: A, b: B}}, within: 1h}\n", "`q` has no `choices`", "`choices: {a: a, b: b}`"),
    "no truth to set": (HEAD + "  - set: {member: ‸perhaps}\n", "`perhaps` cannot be `member`", "true or false"),
    "no language for a fallback": (HEAD + "  - ask: {name: l, within: 1h}\n  - set: {language: ‸'{answer.l|english}'}\n", "`english` is no language", "en"),
    "the same case": (HEAD + "  - branch: [{when: {tag: a}, steps: [{tag: b}]}, {when: ‸{tag: a}, steps: [{tag: c}]}]\n", "the cases before it take everybody whom it means", "put it before them"),
    "all answers are taken": (HEAD + ASK + "  - branch: [{when: {answer: {style: ring}}, steps: [{stop: a}]}, {when: {not: {answer: {style: ring}}}, steps: [{stop: b}]}, {when: ‸{answer: {style: gift}}, steps: [{stop: c}]}]\n", "the cases before it take everybody", ""),
    "no answer is left for otherwise": (HEAD + "  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h, unanswered: [{stop: x}]}\n  - branch: [{when: {answer: {style: ring}}, steps: [{tag: a}]}, {when: {answer: {style: gift}}, steps: [{tag: b}]}, {when: {answer: {style: other}}, steps: [{tag: c}]}, {otherwise: ‸[{tag: d}]}]\n", "`otherwise` is never reached", "leave it out"),
    "fewer points come first": (HEAD + "  - branch: [{when: {points: {from: 10}}, steps: [{tag: a}]}, {when: ‸{points: {from: 20}}, steps: [{tag: b}]}]\n", "the cases before it take everybody", "put it before them"),
    "one of two tags comes first": (HEAD + "  - branch: [{when: {tag: a}, steps: [{tag: x}]}, {when: ‸{tag: [a, b]}, steps: [{tag: y}]}]\n", "the cases before it take everybody", ""),
    "fewer times come first": (HEAD + "  - branch: [{when: {event: {event: view, scope: ever}}, steps: [{tag: a}]}, {when: ‸{event: {event: view, scope: ever, times: 2}}, steps: [{tag: b}]}]\n", "the cases before it take everybody", ""),
    "a wider scene comes first": (HEAD + "  - branch: [{when: {scene: 'store-*'}, steps: [{tag: a}]}, {when: ‸{scene: store-12}, steps: [{tag: b}]}]\n", "the cases before it take everybody", ""),
    "a number without end": (HEAD + f"  - award: {{points: ‸{'9' * 5_000}, reason: r}}\n", "out of bounds", ""),
    "half a face": (HEAD + '  - send: {text: ‸"\\ud800"}\n', "has a sign that is none", "write the sign itself"),
    "a control character in a text": (HEAD + '  - send: {text: ‸"a\\u0001"}\n', "has a sign that is none", ""),
    "an exit that is known only later": ("title: T\ntrigger: {event: follow}\nopening: {text: hi}\nexits: [{when: {source: ‸article}, reason: r}]\nsteps:\n  - tag: b\n", "tells the source of a follow only after the opening has left", "leave the opening out"),
    "a goal of all who enter": ("title: T\ntrigger: {event: text, keywords: hi, when: {tag: a}}\ngoal: ‸{tag: a}\nsteps:\n  - tag: b\n", "whoever may enter fits this already", ""),
    "an exit of all who enter": ("title: T\ntrigger: {event: text, keywords: hi, when: {member: true}}\nexits: [{when: ‸{member: true}, reason: r}]\nsteps:\n  - tag: b\n", "whoever may enter fits this already", ""),
    "the opposite of what is known": (HEAD + "  - branch: [{when: {customer: true}, steps: [{branch: [{when: ‸{customer: false}, steps: [{tag: a}]}]}]}]\n", "nobody who comes here can be like that", "leave it out"),
    "the opposite of the trigger": ("title: T\ntrigger: {event: follow, when: {source: search}}\nsteps:\n  - branch: [{when: ‸{source: article}, steps: [{tag: a}]}]\n", "nobody who comes here can be like that", ""),
    "otherwise of what was just done": (HEAD + "  - tag: a\n  - branch: [{when: {tag: a}, steps: [{tag: b}]}, {otherwise: ‸[{tag: c}]}]\n", "`otherwise` is never reached", ""),
    "after a branch that stops all": (HEAD + "  - tag: a\n  - branch: [{when: {tag: a}, steps: [{stop: x}]}]\n  - ‸tag: b\n", "never reached: nobody goes on after the one before it", "leave it out"),
    "a lot drawn before": (HEAD + "  - split: {name: s, shares: [{percent: 50, steps: [{split: {name: s, shares: [{percent: 50, steps: [{tag: a}]}, ‸{percent: 50, steps: [{tag: b}]}]}}]}, {percent: 50, steps: [{tag: c}]}]}\n", "nobody comes here who drew this share of `s`", "a name of its own"),
    "a trigger for nobody": ("title: T\ntrigger: {event: text, keywords: hi, when: ‸{tag: a, not: {tag: a}}}\nsteps:\n  - tag: b\n", "nobody can be like that", ""),
    "a goal of nobody": ("title: T\ntrigger: {event: text, keywords: hi}\ngoal: ‸{customer: true, not: {customer: true}}\nsteps:\n  - tag: b\n", "nobody can be like that", ""),
    "two of a name": (HEAD + "  - send: {text: a, name: teaser}\n  - send: {text: b, name: ‸teaser}\n", "there is a `teaser` before", ""),
    "nothing after a wait": (HEAD + "  - send: {text: a}\n  - ‸wait: 2h\n", "nothing follows this wait", "`stop`"),
    "nothing after an event": (HEAD + "  - wait: ‸{event: payment, within: 1h}\n", "nothing follows this wait", ""),
    "nothing after a wait on a path": (HEAD + "  - branch: [{when: {tag: a}, steps: [‸wait: 1h]}]\n", "nothing follows", ""),
    "after stops of all shares": (HEAD + "  - split: {name: a, shares: [{percent: 50, steps: [{stop: x}]}, {percent: 50, steps: [{goal: y}]}]}\n  - ‸tag: a\n", "never reached", ""),
    "stopped in otherwise": (HEAD + "  - wait: {event: payment, within: 1h, otherwise: [{stop: x}, ‸{tag: a}]}\n  - tag: b\n", "never reached", ""),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "message", "hint"), CASES.values(), ids=CASES.keys())
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(
    marked: str, message: str, hint: str
) -> None:
    before, _, after = marked.partition("‸")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")

    found = mistakes_in(before + after)

    assert [(one.line, one.column) for one in found] == [(line, column)], [str(one) for one in found]
    assert found[0].hint
    assert message in found[0].message
    assert hint in found[0].hint


@pytest.mark.parametrize("name", ["Welcome", "wel come", "1st", "a--b", "-a", "a-", "a" * 41, "欢迎"])
def test_the_name_of_the_file_is_the_name_of_the_journey_and_fits_a_state_machine(name: str) -> None:
    found = mistakes_in(HEAD + "  - tag: a\n", name)

    assert [one.message for one in found] == [
        f"`{name}` cannot be a journey's name, which is the file's name"
    ]


def test_all_mistakes_of_a_file_are_told_in_order() -> None:
    text = HEAD + "  - wait: soon\n  - tag: no good\n  - branch: [{when: {source: qrr}, steps: [{tag: a}]}]\n"

    assert [(one.line, one.column) for one in mistakes_in(text)] == [(4, 11), (5, 10), (6, 30)]


def test_a_question_may_be_put_again_when_it_was_not_answered() -> None:
    again = "[{ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}}]"

    assert (
        mistakes_in(
            HEAD + f"  - ask: {{name: style, choices: {{ring: 1}}, within: 1h, unanswered: {again}}}\n"
        )
        == ()
    )


ACCEPTED = {
    "a wait that leads to a stop": "  - wait: 2h\n  - stop: that was it\n",
    "a wait for an event with a way out": "  - wait: {event: payment, within: 1h, otherwise: [{tag: a}]}\n",
    "a wait on a path that goes on": "  - branch: [{when: {tag: a}, steps: [wait: 1h]}]\n  - tag: b\n",
    "a split that draws the same lot": "  - split: {name: a, shares: [{percent: 30}, {percent: 70}]}\n" * 2,
    "one name on two paths": "  - branch:\n      - {when: {tag: a}, steps: [send: {text: x, name: n}]}\n"
    "      - otherwise: [send: {text: y, name: n}]\n",
    "choices without numbers": "  - ask: {name: a, choices: {x: ring, y: gift}, within: 1h}\n",
    "more than nine choices": "  - ask:\n      name: a\n      within: 1h\n      choices: {"
    + ", ".join(f"c{letter}: word{letter}" for letter in "abcdefghijkl")
    + "}\n",
    "a service notice": "  - send: {purpose: service, template: {id: T, data: {amount1: ¥99.50, time2: '15:01'}}}\n",
    "a merge field where it fits": "  - send: {purpose: service, template: {id: T, data: {thing1: '积分 {points|0}'}}}\n",
    "a step to count from": "  - send: {text: a, name: teaser}\n"
    "  - branch: [{when: {event: {event: view, scope: teaser}}, steps: [{tag: a}]}]\n",
    "a day to set": "  - set: {date.booking: 2026-11-25}\n",
    "a moment to set": "  - set: {date.booking: '2026-11-25T18:30'}\n",
    "a day where the answer is none": "  - ask: {name: day, within: 1h}\n"
    "  - set: {date.booking: '{answer.day|2026-11-25}'}\n",
    "wide signs in texts": "  - send: {text: 你好，欢迎：请看}\n"
    "  - ask: {name: a, choices: {x: ['一，二', 三]}, within: 1h}\n  - stop: 好，a：b\n",
    "an empty value to set": "  - ask: {name: day, within: 1h}\n  - set: {date.booking: '{answer.day|}'}\n",
}


@pytest.mark.parametrize("steps", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_right_is_accepted(steps: str) -> None:
    assert mistakes_in(HEAD + steps) == ()


def test_the_scene_of_a_profile_can_be_asked_for_when_the_event_has_none() -> None:
    text = "title: T\ntrigger: {event: payment, when: {scene: store-*, source: qr}}\nsteps:\n  - tag: a\n"

    assert mistakes_in(text) == ()


@pytest.mark.parametrize("word", ["source: qr", "language: zh"])
@pytest.mark.parametrize(
    "begins",
    [
        "trigger: {{event: follow, when: {{{}}}}}",
        "trigger: {{event: scan, when: {{{}}}}}\nopening: {{text: a}}",
    ],
)
def test_what_is_known_when_the_opening_leaves_can_be_asked_for(begins: str, word: str) -> None:
    assert mistakes_in(f"title: T\n{begins.format(word)}\nsteps:\n  - tag: a\n") == ()


def test_a_message_in_the_chat_can_stand_in_for_one_of_another_channel() -> None:
    assert mistakes_in(HEAD + "  - send: {mass: {text: a}, instead: [{text: a}]}\n") == ()


def test_a_source_that_wechat_may_add_later_is_accepted() -> None:
    assert mistakes_in(HEAD + "  - branch: [{when: {source: ADD_SCENE_NEW}, steps: [{tag: a}]}]\n") == ()


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"title: \xe9\n")

    assert [one.message for one in read_file(path).mistakes] == [
        "not UTF-8: invalid continuation byte at byte 7"
    ]


def test_a_mistake_prints_as_editors_link_it() -> None:
    assert str(Mistake("a.yaml", 3, 7, "what", "hint")) == "a.yaml:3:7: what (hint)"
