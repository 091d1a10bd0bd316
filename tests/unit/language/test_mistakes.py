"""Every kind of mistake, with what would be right; `‸` marks the place that must be told."""

# ruff: noqa: E501 - a case is a line

from pathlib import Path

import pytest

from workbench.language.mistakes import Mistake, verbatim
from workbench.language.reading import read_file, read_text

HEAD = "title: T\ntrigger: {event: follow}\nsteps:\n"
ASK = "  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}\n"


def mistakes_in(text: str, name: str = "file") -> tuple[Mistake, ...]:
    return read_text(text, name, f"{name}.yaml").mistakes


CASES = {
    # --- YAML itself
    "empty file": ("‸", "the file is empty", ""),
    "an open bracket": ("title: ‸[1\n", "`[` is not closed", "write the closing `]`"),
    "a tab": ("title: T\n‸\ttrigger: x\n", "tabs cannot be used for indentation", "use spaces"),
    "a control character": ("‸title: \x01\n", "not YAML", ""),
    "two documents": (HEAD + "  - tag: a\n‸---\na: 1\n", "`---` starts a second document", "a second file"),
    "too many brackets": ("a: " + "[" * 149 + "‸[" + "]" * 150 + "\n", "nested too deeply", "reduce the nesting"),
    "an alias": ("title: &t T\nother: ‸*t\n", "YAML aliases (`*name`) are not supported", ""),
    "a list as file": ("‸- a\n", "write a journey as fields", "its fields are: title, trigger"),
    "an open brace": (HEAD + "  - send: ‸{text: a\n  - tag: b\n", "`{` is not closed", "write the closing `}`"),
    "a bracket in a brace": (HEAD + "  - branch: ‸[{when: {tag: a}}\n", "`[` is not closed", ""),
    "another bracket": (HEAD + "  - send: {text: {any: ‸[a}}\n", "`[` is not closed", ""),
    "a comment without its sign": ("‸A text for people.\n\ntitle: T\n", "this line has no colon", ""),
    "an open quote": (HEAD + '  - send: {text: ‸"a}\n', "this quote is not closed", ""),
    "a quote in a quoted text": (HEAD + "  - send: {text: 'it'‸s me'}\n", "the text ends at the quote before this", '"it\'s you"'),
    "a merge field without quotes": (HEAD + "  - send: {text: {‸tier|guest}}\n", "`tier|guest` has no text", '"{tier|guest}"'),
    "a text behind a merge field": (HEAD + "  - send:\n      text: {tier|guest}‸, hello\n", "nothing may follow this `}`", "needs quotes"),
    "a text behind a list": (HEAD + "  - tag: [a] ‸b\n", "nothing may follow this `]`", ""),
    "a sign at the beginning": (HEAD + "  - tag: ‸@a\n", "a text that begins with `@` needs quotes", '"@…"'),
    "anything in a trigger": ("title: T\ntrigger: {event: scan, scene: ‸*}\n", "begins with `*` needs quotes", '"*…"'),
    "a colon in a text": (HEAD + "  - stop: ‸Note: enough\n", "a colon and a space in it needs quotes", '"Note: bring it"'),
    "a colon in a text in braces": (HEAD + "  - send: {text: ‸Hello: you}\n", "a colon and a space in it needs quotes", ""),
    "no space after a colon": ("‸title:T\ntrigger: {event: follow}\n", "no colon with a space after it", "`name: value`"),
    "no space after the colon of a step": (HEAD + "  - ‸tag:a\n", "a colon needs a space after it", "`tag: a`"),
    "no space after a dash": (HEAD + "  ‸-tag: a\n", "`steps` must be a list, with `- ` before each entry", "a space after the dash"),
    "something else in YAML's way": ("‸%YAML 3.0\n---\ntitle: T\n", "not YAML: found incompatible", ""),
    # --- indentation
    "too deep": ("title: T\n  ‸trigger: {event: follow}\n", "this line is indented by 2 spaces, which matches no line above", "at the left edge, like the `title` of line 1"),
    "too deep by one": (HEAD + "  - send:\n      text: a\n       ‸not_sent: [{tag: a}]\n", "indented by 7 spaces", "by 6 spaces, like the `text` of line 5"),
    "too shallow by one": (HEAD + "  - send:\n      text: a\n     ‸not_sent: [{tag: a}]\n", "indented by 5 spaces", "by 6 spaces, like the `text` of line 5"),
    "a step too shallow": (HEAD + "  - tag: a\n ‸- tag: b\n", "indented by 1 space,", "by 2 spaces, like the `-` of line 4"),
    "a step too deep": (HEAD + "  - send: {text: a}\n\n  # then\n    ‸- tag: b\n", "indented by 4 spaces", "by 2 spaces, like the `-` of line 4"),
    "a step without a dash": (HEAD + "  - tag: a\n  ‸tag: b\n", "this line does not start with `- `", "line 4 above it does"),
    "a dash among fields": ("title: T\n‸- tag: b\n", "this line starts with `- `", "line 1 above it does not"),
    "a list behind a name": ("title: T\nsteps: ‸- tag: b\n", "a list cannot start on the line of its name", "on the next line"),
    "the first line too deep": ("‸ title: T\ntrigger: {event: follow}\n", "the first line is indented", "left edge"),
    "fields not below their step": (HEAD + "  - ‸ask:\n", "`ask` has no fields", "write them below it, indented further: name, text, image, news, mini_program, menu, template, notice, mass, content, choices, parse, minimum, maximum, past, consent, within, retry, unanswered, not_sent"),
    # --- full-width signs
    "a wide colon": ("title‸： T\ntrigger: {event: follow}\n", "`：` is a full-width character, which YAML does not recognise", "`: `"),
    "a wide colon above": (HEAD + "  - send‸：\n      text: a\n", "`：` is a full-width character, which YAML does not recognise", "`: `"),
    "a wide colon in a step": (HEAD + "  - send:\n      ‸text： 你好\n", "`：` is a full-width character, which YAML does not recognise", "`: `"),
    "a wide colon in braces": ("title: T\ntrigger: {event: follow, ‸scene：a}\nsteps:\n  - tag: a\n", "`：` is a full-width character, which YAML does not recognise", "`: `"),
    "a wide comma": (HEAD + "  - send: {text: {zh: 你好‸，en: Hi}}\n", "`，` is a full-width character, which YAML does not recognise", "or put quotes around"),
    "a wide comma in a list": ("title: T\ntrigger: {event: text, keywords: [‸你好，您好]}\nsteps:\n  - tag: a\n", "`，` does not separate the entries of a list", "write `, `"),
    "a wide brace": (HEAD + "  - send: ‸｛text: a｝\n", "`｛` is a full-width character, which YAML does not recognise", "`{`"),
    "a wide bracket": (HEAD + "  - branch: ‸［when: a］\n", "`［` is a full-width character, which YAML does not recognise", "`[`"),
    "a curly quote": (HEAD + "  - send: {text: ‸“你好: 欢迎”}\n", "`“` is a full-width character, which YAML does not recognise", '`"`'),
    "a wide dash": (HEAD + "  ‸－ tag: a\n", "`steps` must be a list, with `- ` before each entry", "write `- `"),
    "a wide space": (HEAD + "  - tag: a\n‸　　- tag: b\n", "`　` is a full-width character, which YAML does not recognise", "plain spaces"),
    # --- fields
    "unknown field": (HEAD + "  - tag: a\n‸prioriti: 1\n", "a journey has no field `prioriti`", "`priority`"),
    "field twice": (HEAD + "  - tag: a\n‸title: U\n", "`title` appears twice", ""),
    "list as name": (HEAD + "  - tag: a\n? ‸[a]\n: b\n", "a field of a journey has an invalid name", ""),
    "missing field": ("‸title: T\ntrigger: {event: follow}\n", "`steps` is missing", ""),
    "missing inner field": (HEAD + "  - award: ‸{points: 1}\n", "`reason` is missing", ""),
    "no value": ("‸title:\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "a text is missing", ""),
    "unknown step": (HEAD + "  - ‸sned: {text: a}\n", "a step has no field `sned`", "`send`"),
    "a list as text": (HEAD + "  - send: {text: ‸[a, b]}\n", "a text must be a single value, not fields or a list", ""),
    "two steps in one": (HEAD + "  - tag: a\n    wait: ‸1h\n", "one entry holds one step: `wait` is a separate step", "`- `"),
    "steps not a list": ("title: T\ntrigger: {event: follow}\nsteps: ‸{tag: a}\n", "`steps` must be a list, with `- ` before each entry", ""),
    "empty steps": ("title: T\ntrigger: {event: follow}\nsteps: ‸[]\n", "`steps` is empty", ""),
    "empty step": (HEAD + "  - ‸{}\n", "a step is empty", "such as `send`"),
    "empty path": (HEAD + "  - send: {text: a, not_sent: ‸[]}\n", "`not_sent` is empty", ""),
    "not a bool": ("title: T\ntrigger: {event: follow, when: {member: ‸1}}\nsteps:\n  - tag: a\n", "`member` is true or", ""),
    "not a number": (HEAD + "  - award: {points: ‸ten, reason: r}\n", "`points` must be a whole number", ""),
    "half a point": (HEAD + "  - award: {points: ‸1.5, reason: r}\n", "`points` must be a whole number", ""),
    "no points": (HEAD + "  - award: {points: ‸0, reason: r}\n", "`points` must be at least 1", "write the points that the follower gets"),
    "unknown event": ("title: T\ntrigger: {event: ‸folow}\nsteps:\n  - tag: a\n", "`folow` is not a valid `event`", "`follow`"),
    "unknown policy": (HEAD + "  - send: {text: a, if_unsure: ‸drpo}\n", "`drpo` is not a valid `if_unsure`", "`drop`"),
    # --- durations
    "not a duration": (HEAD + "  - wait: ‸soon\n  - tag: a\n", "`soon` is not a duration", ""),
    "too long": (HEAD + "  - wait: ‸91d\n  - tag: a\n", "`91d` is too long", "at most 90d"),
    "longer than a year": (HEAD + "  ‸- wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - wait: 90d\n  - tag: a\n", "a run can take 450d", "at most 360d"),
    # --- the trigger and the opening
    "a field of another event": ("title: T\ntrigger: {event: text, keywords: hi, key: ‸K}\nsteps:\n  - tag: a\n", "`key` belongs to the event click", ""),
    "two events": ("title: T\ntrigger: {event: ‸[follow, scan]}\nsteps:\n  - tag: a\n", "a journey has one trigger event", "`start` a further file"),
    "no keyword": ("title: T\ntrigger: ‸{event: text}\nsteps:\n  - tag: a\n", "`keywords` is missing", ""),
    "answer before anything": ("title: T\ntrigger: {event: follow, when: {answer: ‸{a: b}}}\nsteps:\n  - tag: a\n", "no question is answered before the journey starts", ""),
    "scene of the profile": ("title: T\ntrigger: {event: follow, when: {scene: ‸s}}\nsteps:\n  - tag: a\n", "a field of the trigger", "`scene`"),
    "source with an opening": ("title: T\ntrigger: {event: follow, when: {source: ‸qr}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "WeChat reports the source of a follow only after the opening is sent", "use `source` in a `branch`, or remove the opening"),
    "source with an opening, negated": ("title: T\ntrigger: {event: follow, when: {not: {source: ‸article}}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "WeChat reports the source of a follow only after the opening is sent", "use `source` in a `branch`, or remove the opening"),
    "source with an opening, in a way": ("title: T\ntrigger: {event: follow, when: {any: [{source: ‸qr}, {member: true}]}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "the source of a follow only after", ""),
    "code with an opening": ("title: T\ntrigger: {event: scan, when: {attribute: {code_store: ‸SH01}}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "the code is looked up only after the opening is sent", "narrow the trigger by `scene`, or use `code_store` in a `branch`"),
    "code with an opening, in a goal": ("title: T\ntrigger: {event: follow}\nopening: {text: hi}\ngoal: {attribute: {first_code_kol: ‸lin}}\nsteps:\n  - tag: a\n", "the code is looked up only after the opening is sent", ""),
    "language with an opening": ("title: T\ntrigger: {event: follow, when: {not: {any: [{language: ‸zh}]}}}\nopening: {text: hi}\nsteps:\n  - tag: a\n", "WeChat reports the language of a follower only after the opening is sent", "use `language` in a `branch`, or remove the opening"),
    "scene of the profile in a way": ("title: T\ntrigger: {event: scan, when: {any: [{scene: ‸s}, {member: true}]}}\nsteps:\n  - tag: a\n", "a field of the trigger", "`scene`"),
    "opening of a kind": (HEAD + "  - tag: a\nopening: {menu: ‸{head: h, items: {a: b}}}\n", "an opening is a passive reply, which cannot be a `menu`", "image, news, text"),
    "empty opening": (HEAD + "  - tag: a\nopening: ‸{}\n", "an opening has no content", "text, image"),
    # --- what is said
    "nothing said": (HEAD + "  - send: ‸{not_sent: [{tag: a}]}\n", "`send` has no content", "text, image"),
    "two things said": (HEAD + "  - send: {text: a, image: ‸M}\n", "a message has one content, and `text` is one already", "make it a separate step"),
    "two news": (HEAD + "  - send: {news: ‸[{title: a}, {title: b}]}\n", "WeChat accepts one `news` per message", ""),
    "unknown language": (HEAD + "  - send: {text: {any: a, ‸xx: b}}\n", "`xx` is not a language code of WeChat", "zh"),
    "comma in braces": (HEAD + "  - send: {text: {en: Yes, ‸please}}\n", "`please` has no text", 'quote a text with a comma between braces: {en: "Yes, please"}'),
    "half translated": ("title: {zh: 一, en: T}\ntrigger: {event: follow}\nsteps:\n  - send: {text: ‸{zh: 二}}\n", "this text has no `en`, but other texts of this journey do", "`any`"),
    "too long a text": (HEAD + f"  - send: {{text: ‸{'长' * 683}}}\n", "2049 bytes; WeChat accepts at most 2048", ""),
    "too long a title": (HEAD + f"  - send: {{mini_program: {{title: ‸{'长' * 22}, app_id: a, page: p, picture: i}}}}\n", "66 bytes; WeChat accepts at most 64", ""),
    "empty text": (HEAD + "  - send: {text: ‸' '}\n", "a text is empty", ""),
    "JSONata in a text": (HEAD + "  - send: {text: ‸'{% $now() %}'}\n", "`{%` cannot be in a text: JSONata would interpret it", ""),
    "substitution in a text": (HEAD + "  - send: {text: ‸'${Partition}'}\n", "`${` cannot be in a text: CloudFormation would interpret it", ""),
    "no address": (HEAD + "  - send: {news: {title: t, description: d, url: ‸www.x, picture: https://x.example/p}}\n", "`url` must be an address that starts with https://", ""),
    # --- names
    "unknown source": (HEAD + "  - branch: [{when: {source: ‸artcle}, steps: [{tag: a}]}]\n", "`artcle` is not a source of a follow", "`article`"),
    "WeChat's own name": (HEAD + "  - branch: [{when: {source: ‸ADD_SCENE_QR_CODE}, steps: [{tag: a}]}]\n", "`ADD_SCENE_QR_CODE` is not a source of a follow", "write `qr`"),
    "condition language": (HEAD + "  - branch: [{when: {language: ‸english}, steps: [{tag: a}]}]\n", "`english` is not a language code of WeChat", "en"),
    "unknown condition": (HEAD + "  - branch: [{when: {‸tagg: a}, steps: [{tag: a}]}]\n", "no field `tagg`", "`tag`"),
    "empty condition": (HEAD + "  - branch: [{when: ‸{}, steps: [{tag: a}]}]\n", "always holds", "`otherwise`"),
    "tag shape": (HEAD + "  - tag: [ok, ‸not ok]\n", "`not ok` is not a valid tag", "30 letters"),
    "question shape": (HEAD + "  - ask: {name: ‸The Style, within: 1h}\n", "`The Style` is not a valid name of a question", ""),
    "choice shape": (HEAD + "  - ask: {name: a, choices: {‸A B: 1}, within: 1h}\n", "`A B` is not a valid name of a choice", ""),
    "choice `other`": (HEAD + "  - ask: {name: a, choices: {‸other: 1}, within: 1h}\n", "`other` is reserved for an answer that matches no choice", ""),
    "one word for two": (HEAD + "  - ask: {name: a, choices: {x: 1, ‸y: '１'}, within: 1h}\n", "`1` means both `x` and `y`", ""),
    "label of another choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: X, y: ＸＬ}}, choices: {x: xl, ‸y: s}, within: 1h}\n", "`xl` means both `x` and `y`", ""),
    "one numeral for two": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: 1. Rose, y: （１）Gold}}, choices: {x: a, ‸y: b}, within: 1h}\n", "`1` means both `x` and `y`", ""),
    "a numeral of another choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: 1. Rose, y: 2. Gold}}, choices: {x: '2', ‸y: b}, within: 1h}\n", "`2` means both `x` and `y`", ""),
    "a numeral for one of two": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: 2. Rose, y: Gold}}, choices: {x: a, ‸y: b}, within: 1h}\n", "`y` has no number, but other choices do", ""),
    "one label for two": (HEAD + "  - ask: {name: a, menu: {head: h, items: {x: Yes, y: 'yes '}}, choices: {x: a, ‸y: b}, within: 1h}\n", "`yes` means both `x` and `y`", ""),
    "menu without choice": (HEAD + "  - ask: {name: a, menu: {head: h, items: {rng: ‸R}}, choices: {ring: 1}, within: 1h}\n", "`rng` is not a choice of `a`", "`ring`"),
    # --- the flow
    "not asked": (HEAD + ASK + "  - branch: [{when: {answer: {‸styl: ring}}, steps: [{tag: a}]}]\n", "the question `styl` is not asked on this path", "`style`"),
    "asked later": (HEAD + "  - branch: [{when: {answer: {‸style: ring}}, steps: [{tag: a}]}]\n  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}\n", "the question `style` is not asked on this path", ""),
    "asked on another path": (HEAD + "  - branch:\n      - {when: {tag: a}, steps: [ask: {name: x, within: 1h}]}\n      - otherwise: [branch: [{when: {answer: {‸x: y}}, steps: [{tag: a}]}]]\n", "the question `x` is not asked on this path", ""),
    "no such choice": (HEAD + ASK + "  - branch: [{when: {answer: {style: ‸rng}}, steps: [{tag: a}]}]\n", "`rng` is not an answer to `style`", "`ring`"),
    "answer of the silent": (HEAD + "  - ask: {name: a, within: 1h, unanswered: [{branch: [{when: {answer: {‸a: b}}, steps: [{tag: x}]}]}]}\n", "the question `a` is not asked on this path", ""),
    "asked twice": (HEAD + ASK + "  - ask: {name: ‸style, choices: {ring: 1, gift: 2}, within: 1h}\n", "the question `style` is asked twice; the second answer would replace the first", "give this question another name"),
    "after a stop": (HEAD + "  - stop: enough\n  - ‸tag: a\n", "this step is unreachable: the run has ended before it", ""),
    "after stops on all paths": (HEAD + "  - branch: [{when: {tag: a}, steps: [{stop: x}]}, {otherwise: [{stop: y}]}]\n  - ‸tag: a\n", "this step is unreachable: the run has ended before it", ""),
    "otherwise first": (HEAD + "  - branch: [{otherwise: ‸[{tag: a}]}, {when: {tag: b}, steps: [{tag: c}]}]\n", "`otherwise` is the last case", ""),
    "only otherwise": (HEAD + "  - branch: ‸[{otherwise: [{tag: a}]}]\n", "a branch needs a case", ""),
    # --- triggers and patterns
    "field of another pattern": (HEAD + "  - wait: {event: payment, keywords: ‸a, within: 1h}\n  - tag: a\n", "`keywords` belongs to the event text", ""),
    "no tag": ("title: T\ntrigger: ‸{event: tag}\nsteps:\n  - tag: a\n", "`tag` is missing", ""),
    "no balance": (HEAD + "  - wait: ‸{event: points, within: 1h}\n  - tag: a\n", "`points` is missing", ""),
    "no time": ("title: T\ntrigger: ‸{event: schedule, every: monday}\nsteps:\n  - tag: a\n", "`at` is missing", ""),
    "before and after": ("title: T\ntrigger: {event: date, date: d, before: 1d, after: ‸1d}\nsteps:\n  - tag: a\n", "exclude each other", ""),
    "no time of day": ("title: T\ntrigger: {event: schedule, at: ‸10am}\nsteps:\n  - tag: a\n", "`10am` is not a time of day", '"09:00"'),
    "no weekday": ("title: T\ntrigger: {event: schedule, at: '10:00', every: ‸mondy}\nsteps:\n  - tag: a\n", "`mondy` is not a weekday", "`monday`"),
    "small total": ("title: T\ntrigger: {event: payment, total: ‸0}\nsteps:\n  - tag: a\n", "`total` must be at least 1", "remove it"),
    "small points": ("title: T\ntrigger: {event: points, points: ‸0}\nsteps:\n  - tag: a\n", "`points` must be at least 1", "`points: 1`"),
    "waiting for a schedule": (HEAD + "  - wait: {event: ‸schedule, within: 1h}\n  - tag: a\n", "there is no `schedule` to wait for", "`until`"),
    "counting dates": (HEAD + "  - branch: [{when: {event: {event: ‸date}}, steps: [{tag: a}]}]\n", "there is no `date` to wait for", "start a journey"),
    "answered in the opening": ("title: T\ntrigger: {event: follow}\nopening: {text: ‸'{answer.a|b}'}\nsteps:\n  - tag: a\n", "no question is answered before the opening", ""),
    "opening to a payment": ("title: T\ntrigger: {event: payment}\nopening: {text: ‸a}\nsteps:\n  - tag: a\n", "an opening needs a trigger in the chat; `payment` is not one", "first step"),
    "events before it began": ("title: T\ntrigger: {event: follow, when: {event: ‸{event: view, scope: ever}}}\nsteps:\n  - tag: a\n", "a trigger's condition can use the profile, not events", "count events in a `branch`, as the first step"),
    "no event before it began": ("title: T\ntrigger: {event: follow, when: {any: [{not: {event: ‸{event: view}}}]}}\nsteps:\n  - tag: a\n", "a trigger's condition can use the profile, not events", ""),
    # --- the course
    "unknown again": ("title: T\nagain: ‸nevr\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`nevr` is not a valid `again`", "`never`"),
    "again both ways": ("title: T\nagain: ‸{after: 1d, per: order}\ntrigger: {event: payment}\nsteps:\n  - tag: a\n", "`again` takes exactly one field", ""),
    "per unknown": ("title: T\nagain: {per: ‸ordre}\ntrigger: {event: payment}\nsteps:\n  - tag: a\n", "`ordre` is not a valid `per`", "`order`"),
    "per of another event": ("title: T\nagain: {per: ‸order}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "the event follow has no order", "payment"),
    "no hours": ("title: T\nquiet: ‸nights\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`nights` is not a range of hours", '"22:00-08:00"'),
    "quiet for ever": ("title: T\nquiet: ‸08:00-08:00\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "never end", ""),
    "most held out": ("title: T\nholdout: ‸60%\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`holdout` must be between 0% and 50%", ""),
    "no percent": ("title: T\nholdout: ‸half\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`holdout` must be a whole percentage", "30%"),
    "goal_within without a goal": ("title: T\ngoal_within: ‸1d\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`goal_within` has no effect without a `goal`", "add a `goal`"),
    "goal that counts too long": ("title: T\ngoal: {tag: b}\ngoal_within: ‸91d\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`91d` is too long", "at most 90d"),
    "goal that counts for no time": ("title: T\ngoal: {tag: b}\ngoal_within: ‸0d\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`0d` is too short", "at least 1s"),
    "goal on an answer": ("title: T\ngoal: {answer: ‸{a: b}}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "a goal or exit can use the profile and events, not answers", "steps"),
    "goal on a count": ("title: T\ngoal: {event: {event: view, times: ‸2}}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "`times` has no effect here: the current event ends the run", ""),
    "goal on two events": ("title: T\ngoal: {event: [{event: view}, ‸{event: refund}]}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "only one event can happen at a time", "`any`"),
    "exit on what is not": ("title: T\nexits: [{when: {not: ‸{event: {event: view}}}, reason: r}]\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "every other event", ""),
    "empty goal": ("title: T\ngoal: ‸{}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "an empty condition always holds", ""),
    # --- merge fields and channels
    "unknown merge field": (HEAD + "  - send: {text: ‸'Hi {name|you}'}\n", "`{name}` is not a merge field", "attribute.<name>"),
    "misspelt merge field": (HEAD + "  - ask: {name: tea, within: 1h}\n  - send: {text: ‸'{anwser.tea|tea}'}\n", "`{anwser.tea}` is not a merge field", "did you mean `answer.tea`?"),
    "misspelt part of a balance": (HEAD + "  - send: {text: ‸'{points.unclamed|0}'}\n", "`{points.unclamed}` is not a merge field", "did you mean `points.unclaimed`?"),
    "the next tier told to others": (HEAD + "  - notify: {staff: a, text: ‸'{tier.next|b}'}\n", "`{tier.next}` can only be shown in a message", "`send`"),
    "the next tier in a profile": (HEAD + "  - set: {size: ‸'{tier.missing|}'}\n", "`{tier.missing}` can only be shown in a message", "`send`"),
    "offers told to others": (HEAD + "  - notify: {staff: a, text: ‸'{offers|b}'}\n", "`{offers}` can only be shown in a message", "`send`"),
    "offers in the opening": ("title: T\ntrigger: {event: follow}\nopening: {text: ‸'{offers|b}'}\nsteps:\n  - tag: a\n", "`{offers}` is not known in the opening", "`send`"),
    "offers in the title of a card": (HEAD + "  - send: {mini_program: {title: {any: ‸'{offers|b}'}, app_id: wx1, page: p, picture: m}}\n", "804 bytes", "shorten"),
    "an offer in a trigger": ("title: T\ntrigger: {event: follow, when: {offer: ‸tote}}\nsteps:\n  - tag: a\n", "looked up by a `branch` or a `repeat` only", "in a `branch`"),
    "an offer in a goal": ("title: T\ngoal: {any: [{offer: ‸tote}]}\ntrigger: {event: follow}\nsteps:\n  - tag: a\n", "looked up by a `branch` or a `repeat` only", "in a `branch`"),
    "the next tier in the opening": ("title: T\ntrigger: {event: follow}\nopening: {text: ‸'{tier.next|b}'}\nsteps:\n  - tag: a\n", "`{tier.next}` is not known in the opening", "`send`"),
    "no fallback": (HEAD + "  - send: {text: ‸'Hi {tier}'}\n", "`{tier}` has no fallback", "{tier|…}"),
    "empty fallback": (HEAD + "  - send: {text: ‸'Hi {tier|}'}\n", "`{tier}` has no fallback", ""),
    "raw brace": (HEAD + "  - send: {text: ‸'Hi {you'}\n", "belongs to no merge field", "{answer.size|your size}"),
    "brace in an address": (HEAD + "  - send: {news: {title: t, description: d, url: ‸'https://x.example/{tier|a}', picture: https://x.example/p}}\n", "`url` takes no merge fields", ""),
    "merged too long": (HEAD + f"  - send: {{text: ‸'{'a' * 1900}{{tier|b}}'}}\n", "2140 bytes; WeChat accepts at most 2048", "60"),
    "answer not asked": (HEAD + "  - send: {text: ‸'{answer.size|yours}'}\n", "the question `size` is not asked on this path", ""),
    "answer of the silent in a text": (HEAD + "  - ask: {name: a, within: 1h, unanswered: [{send: {text: ‸'{answer.a|b}'}}]}\n", "the question `a` is not asked on this path", ""),
    "set without its question": (HEAD + "  - set: {size: ‸'{answer.size|}'}\n", "the question `size` is not asked on this path", ""),
    "marketing by template": (HEAD + "  - send: {template: ‸{id: a, data: {thing1: b}}}\n", "WeChat does not allow marketing as `template`", "`purpose: service`"),
    "marketing by notice instead": (HEAD + "  - send: {text: a, instead: [{notice: ‸{id: a, data: {thing1: b}}}]}\n", "WeChat does not allow marketing as `notice`", "another channel"),
    "asking by template": (HEAD + "  - ask: {name: a, template: ‸{id: a, data: {thing1: b}}, within: 1h}\n", "`template` cannot carry a question: questions are asked in the chat", "`send` it first, then `ask` without a content"),
    "the same instead": (HEAD + "  - send: {mass: {text: a}, instead: [{mass: ‸{text: a}}]}\n", "this channel is already tried before", ""),
    "the same channel instead": (HEAD + "  - send: {text: a, instead: [{text: ‸b}]}\n", "`instead` needs another channel", "template, notice or mass"),
    "a picture in the same channel": (HEAD + "  - send: {mass: {text: a}, instead: [{text: b}, {image: ‸ID}]}\n", "`instead` needs another channel", ""),
    "nothing instead": (HEAD + "  - send: {text: a, instead: ‸[]}\n", "`instead` is empty", ""),
    "template field name": (HEAD + "  - send: {purpose: service, template: {id: a, data: {‸thng1: b}}}\n", "`thng1` is not a template field", "`thing`"),
    "template field too long": (HEAD + f"  - send: {{purpose: service, template: {{id: a, data: {{thing1: ‸{'长' * 21}}}}}}}\n", "21 characters; WeChat accepts at most 20", ""),
    "template field may be too long": (HEAD + "  - send: {purpose: service, template: {id: a, data: {thing1: ‸'{attribute.city|Paris}'}}}\n", "60 characters; WeChat accepts at most 20", "merge field"),
    "template number": (HEAD + "  - send: {purpose: service, notice: {id: a, data: {number1: ‸ten}}}\n", "`ten` is not a valid `number1`", "digits"),
    "template phrase": (HEAD + "  - send: {purpose: service, notice: {id: a, data: {phrase1: ‸ok}}}\n", "`ok` is not a valid `phrase1`", "Chinese characters"),
    "template date": (HEAD + "  - send: {purpose: service, notice: {id: a, data: {date1: ‸tomorrow}}}\n", "`tomorrow` is not a valid `date1`", "2019年10月1日"),
    "Chinese name": (HEAD + f"  - send: {{purpose: service, notice: {{id: a, data: {{name1: ‸{'长' * 11}}}}}}}\n", "11 characters; WeChat accepts at most 10", ""),
    "no data": (HEAD + "  - send: {purpose: service, notice: {id: a, data: ‸{}}}\n", "`data` is empty", ""),
    "no content of that name": (HEAD + "  - send: {content: ‸teaser}\n", "there is no content `teaser`", "infra/contents"),
    # --- steps
    "parsed and chosen": (HEAD + "  - ask: {name: a, choices: {x: 1}, parse: ‸number, within: 1h}\n", "`choices` already define the answers", "`parse`"),
    "minimum of a text": (HEAD + "  - ask: {name: a, minimum: ‸1, within: 1h}\n", "`minimum` needs a number", "`parse: number`"),
    "no number": (HEAD + "  - ask: {name: a, parse: number, minimum: 2, maximum: ‸1, within: 1h}\n", "no number is between 2 and 1", "`minimum: 1, maximum: 2`"),
    "some digits": (HEAD + "  - ask: {name: a, choices: {x: [1, ring], ‸y: gift}, within: 1h}\n", "`y` has no number, but other choices do", "2"),
    "digit of another": (HEAD + "  - ask: {name: a, choices: {x: 2, ‸y: gift}, within: 1h}\n", "`y` has no number", "a free one"),
    "scope as name": (HEAD + "  - send: {text: a, name: ‸ever}\n", "`ever` is not a valid name: it is a reserved `scope`", ""),
    "shares too small": (HEAD + "  - split: {name: a, shares: ‸[{percent: 30}, {percent: 60}]}\n", "the shares add up to 90%, not 100%", "set the last one to 70"),
    "no share": (HEAD + "  - split: {name: a, shares: [{percent: ‸0}, {percent: 100}]}\n", "a share must be between 1% and 99%", ""),
    "other shares of a name": (HEAD + "  - split: {name: a, shares: [{percent: 30}, {percent: 70}]}\n  - split: {name: ‸a, shares: [{percent: 50}, {percent: 50}]}\n", "an earlier split `a` has other shares", ""),
    "time zone": (HEAD + "  - set: {time_zone: ‸Paris}\n", "`Paris` is not a valid `time_zone`", "Europe/Paris"),
    "language to set": (HEAD + "  - set: {language: ‸english}\n", "`english` is not a language code of WeChat", "en"),
    "name to set": (HEAD + "  - set: {date.my day: ‸2026-11-25}\n", "`my day` is not a valid name for a field", ""),
    "no date to set": (HEAD + "  - set: {date.booking: ‸next week}\n", "`next week` is not a valid `date.booking`", "2026-12-01"),
    "no date for a fallback": (HEAD + "  - ask: {name: day, within: 1h}\n  - set: {date.booking: ‸'{answer.day|soon}'}\n", "`soon` is not a valid `date.booking`", "{answer.day|}"),
    "nothing to set": (HEAD + "  - set: ‸{}\n", "`set` is empty", ""),
    "nothing to wait for": (HEAD + "  - wait: ‸{within: 1h}\n  - tag: a\n", "`wait` names nothing to wait for", "until, date, event"),
    "unbounded wait": (HEAD + "  - wait: ‸{event: payment}\n  - tag: a\n", "`within` is missing", "such as `within: 1d`"),
    "unbounded date": (HEAD + "  - wait: ‸{date: booking}\n  - tag: a\n", "`within` is missing", ""),
    "a field of a date": (HEAD + "  - wait: {date: a, within: 1d, passed: go_on, ‸keywords: b}\n  - tag: a\n", "no field `keywords`", ""),
    # --- the time of a booking
    "a booking's time in a wait of no booking": (HEAD + "  - wait: {date: ‸booking.time, within: 1d, otherwise: [{stop: x}]}\n  - tag: a\n", "`booking.time` is the time of one booking, and nothing here is about one booking", "again: {per: booking}"),
    "a booking's time in a condition of no booking": (HEAD + "  - branch:\n      - {when: {date: {booking.time: ‸{known: false}}}, steps: [{tag: a}]}\n", "nothing here is about one booking", "again: {per: booking}"),
    "a booking's time in a text of no booking": (HEAD + "  - send: {text: ‸'{booking.time|soon}'}\n", "nothing here is about one booking", "again: {per: booking}"),
    "a booking's time in a journey per order": ("title: T\ntrigger: {event: payment}\nagain: {per: order}\nsteps:\n  - wait: {date: ‸booking.time, within: 1d, otherwise: [{stop: x}]}\n  - tag: a\n", "nothing here is about one booking", ""),
    "a booking's time that starts a journey": ("title: T\ntrigger: {event: date, date: ‸booking.time}\nsteps:\n  - tag: a\n", "`booking.time` is not a valid name for a date", ""),
    "nothing said of a booking that is cancelled": ("title: T\ntrigger: {event: booking.made}\nagain: {per: booking}\nsteps:\n  - wait: ‸{date: booking.time, within: 1d, passed: go_on}\n  - tag: a\n", "`otherwise` is missing: what if the booking is cancelled?", "booking.cancelled"),
    "a booking without a fallback": ("title: T\ntrigger: {event: booking.made}\nagain: {per: booking}\nsteps:\n  - send: {text: ‸'At {booking.time}'}\n", "{booking.time}", "{booking.time|"),
    "once per booking by an order": ("title: T\ntrigger: {event: payment}\nagain: {per: ‸booking}\nsteps:\n  - tag: a\n", "booking", "booking.made"),
    "another property of a booking": ("title: T\ntrigger: {event: booking.made, property: {‸nmae: fitting}}\nsteps:\n  - tag: a\n", "a booking.made has no property `nmae`", "name"),
    "nothing said of a date that has passed": (HEAD + "  - wait: ‸{date: a, within: 1d}\n  - tag: a\n", "`passed` is missing: what if `a` has already passed?", "passed: go_on"),
    "a yearly date that has passed": (HEAD + "  - wait: {date: a, within: 1d, yearly: true, passed: ‸go_on}\n  - tag: a\n", "a yearly date never has passed", "remove `passed`"),
    "a date that nothing asks again": (HEAD + "  - ask: ‸{name: a, within: 1h, parse: date}\n", "`a` has no content", "`retry: 0`"),
    "a retry of any text": (HEAD + "  - ask: {name: a, text: b, within: 1h, retry: ‸1}\n", "this question accepts any text", "remove `retry`"),
    "too many retries": (HEAD + "  - ask: {name: a, text: b, within: 1h, parse: date, retry: ‸9}\n", "at most 3 times", "smaller"),
    "a retry in no words": (HEAD + "  - ask: {name: a, text: b, within: 1h, parse: date, retry: ‸[1]}\n", "`retry` is neither", "retry: 0"),
    "past without a date": (HEAD + "  - ask: {name: a, within: 1h, past: ‸true}\n", "`past` needs a date", "parse: date"),
    "passed is no list of steps": (HEAD + "  - wait: {date: a, within: 1d, passed: ‸skip}\n  - tag: a\n", "`passed` is neither a list of steps nor `go_on`", "passed: ["),
    "a purpose that is no name": (HEAD + "  - withdraw: ‸[newsletter]\n", "", ""),
    "an agreement without a purpose": (HEAD + "  - agree: ‸{}\n", "", ""),
    "an agreement by a follow": (HEAD + "  - ‸agree: newsletter\n", "`agree: newsletter` is reached without a yes of the follower", "right after an answer"),
    "no journey": (HEAD + "  - start: ‸The other\n", "`The other` is not a valid journey name", "without .yaml"),
    "days": (HEAD + "  - branch: [{when: {event: {event: view, days: ‸8}}, steps: [{tag: a}]}]\n", "events cannot be counted over 8 days", "7, 30 or 365"),
    "times": (HEAD + "  - branch: [{when: {event: {event: view, times: ‸0}}, steps: [{tag: a}]}]\n", "`times` must be at least 1", "`not`"),
    "unknown scope": (HEAD + "  - send: {text: a, name: teaser}\n  - branch: [{when: {event: {event: view, scope: ‸teasr}}, steps: [{tag: a}]}]\n", "no step named `teasr` comes before this one", "`teaser`"),
    "scope of a later step": (HEAD + "  - branch: [{when: {event: {event: view, scope: ‸teaser}}, steps: [{tag: a}]}]\n  - send: {text: a, name: teaser}\n", "no step named `teaser` comes before this one", ""),
    "balance": (HEAD + "  - branch: [{when: {points: {from: 5, to: ‸1}}, steps: [{tag: a}]}]\n", "at least 5 and at most 1", ""),
    "a list of values": (HEAD + "  - branch: [{when: {attribute: {city: ‸[Paris, Lyon]}}, steps: [{tag: a}]}]\n", "`city` cannot be a list", "`{from: 50, to: 60}` or `{known: true}`; for one of several use `any`"),
    "a value that says nothing": (HEAD + "  - branch: [{when: {attribute: {city: ‸{}}}, steps: [{tag: a}]}]\n", "`city` says nothing of its value", "`{known: true}`"),
    "another test of a value": (HEAD + "  - branch: [{when: {attribute: {city: {‸least: 5}}}, steps: [{tag: a}]}]\n", "", ""),
    "bounds of what is known": (HEAD + "  - branch: [{when: {attribute: {city: {from: 5, known: ‸true}}}, steps: [{tag: a}]}]\n", "`city` takes `known` or bounds, not both", "remove one of them"),
    "a bound that is no number": (HEAD + "  - branch: [{when: {attribute: {visits: {from: ‸many}}}, steps: [{tag: a}]}]\n", "`from` must be a whole number", "such as 10"),
    "half a bound": (HEAD + "  - branch: [{when: {attribute: {visits: {to: ‸1.5}}}, steps: [{tag: a}]}]\n", "`to` must be a whole number", "such as 10"),
    "known or not known": (HEAD + "  - branch: [{when: {attribute: {visits: {known: ‸yes}}}, steps: [{tag: a}]}]\n", "`known` is true or false", ""),
    "a range of nothing": (HEAD + "  - branch: [{when: {attribute: {visits: {from: 9, to: ‸3}}}, steps: [{tag: a}]}]\n", "no number is at least 9 and at most 3", "`from: 3, to: 9`"),
    "a date that says nothing": (HEAD + "  - branch: [{when: {date: {birthday: ‸{}}}, steps: [{tag: a}]}]\n", "`birthday` is empty", "`date: {birthday: {known: false}}`"),
    "a range of dates": (HEAD + "  - branch: [{when: {date: {birthday: {‸from: 5}}}, steps: [{tag: a}]}]\n", "", ""),
    "a range of choices": (HEAD + ASK + "  - branch: [{when: {answer: {style: ‸{from: 1}}}, steps: [{tag: a}]}]\n", "`style` has choices", "one of gift, other, ring"),
    "a range after a smaller one": (HEAD + "  - branch: [{when: {attribute: {visits: {to: 9}}}, steps: [{tag: a}]}, {when: ‸{attribute: {visits: {from: 3, to: 5}}}, steps: [{tag: b}]}]\n", "this case is unreachable", "move it before them, or remove it"),
    "a text that is no number": (HEAD + "  - set: {city: Paris}\n  - branch: [{when: ‸{attribute: {city: {from: 3}}}, steps: [{tag: a}]}]\n", "no follower who gets here can match it", "remove it"),
    "the same text written otherwise": (HEAD + "  - branch: [{when: {attribute: {city: Paris}}, steps: [{tag: a}]}, {when: ‸{attribute: {city: PARIS!}}, steps: [{tag: b}]}]\n", "this case is unreachable", ""),
    "two choices that are one word": (HEAD + "  - ask: {name: q, choices: {a: 退订, ‸b: 【退訂】}, within: 1h}\n", "means both `a` and `b`", "keep it in one of them"),
    "a property of another event": (HEAD + "  - wait: {event: click, key: A, property: ‸{value: 5}, within: 1h}\n  - tag: a\n", "`property` belongs to the event payment or refund or order.paid or order.returned or call.logged or booking.made or booking.changed or booking.cancelled or mini_program", "remove it"),
    "a property that a payment has not": (HEAD + "  - wait: {event: payment, property: {‸delivery: express}, within: 1h}\n  - tag: a\n", "a payment has no property `delivery`", "total"),
    "a pattern of a property": (HEAD + "  - wait: {event: mini_program, name: x, property: {delivery: ‸exp*}, within: 1h}\n  - tag: a\n", "", ""),
    "balance of another asset": (HEAD + "  - branch: [{when: {balance: {stamps: {from: 5, to: ‸1}}}, steps: [{tag: a}]}]\n", "at least 5 and at most 1", ""),
    "no bounds of a balance": (HEAD + "  - branch: [{when: {balance: {stamps: ‸{}}}, steps: [{tag: a}]}]\n", "`stamps` has neither `from` nor `to`", "`points.unclaimed: {from: 1}`"),
    "unknown part of an asset": (HEAD + "  - branch: [{when: {balance: {‸stamps.unclamed: {from: 5}}}, steps: [{tag: a}]}]\n", "`stamps.unclamed` is no balance", "did you mean `stamps.unclaimed`?"),
    "points by their asset": (HEAD + "  - branch: [{when: {balance: {‸points: {from: 5}}}, steps: [{tag: a}]}]\n", "the points that can be spent have a condition of their own", "`points: {from: 1}`"),
    "no bounds": (HEAD + "  - branch: [{when: {points: ‸{}}, steps: [{tag: a}]}]\n", "`points` has no bounds", ""),
    "tag and no tag": (HEAD + "  - branch: [{when: {tag: a, without_tag: ‸a}, steps: [{tag: a}]}]\n", "contradictory condition: `a` is both required and excluded", ""),
    "segment shape": (HEAD + "  - branch: [{when: {segment: ‸my gold}, steps: [{tag: a}]}]\n", "`my gold` is not a valid name for a segment", ""),
    "empty attribute": (HEAD + "  - branch: [{when: {attribute: ‸{}}, steps: [{tag: a}]}]\n", "`attribute` is empty", ""),
    "no answer that a number can be": (HEAD + "  - ask: {name: q, parse: number, maximum: 9, within: 1h}\n  - branch: [{when: {answer: {q: ‸12}}, steps: [{tag: a}]}]\n", "`12` is not an answer to `q`", "a number in its normalized form, such as 42 or +8613912345678; or `other`"),
    "a phone number that is not written as it is read": (HEAD + "  - ask: {name: q, parse: phone, within: 1h}\n  - branch: [{when: {answer: {q: ‸'138 0000 0000'}}, steps: [{tag: a}]}]\n", "`138 0000 0000` is not an answer to `q`", "+8613912345678"),
    "a question that is not asked": (HEAD + "  - branch: [{when: {answer: {‸size: s}}, steps: [{tag: a}]}]\n", "the question `size` is not asked on this path", "ask it first: `ask: {name: size, …}`"),
    "a follow in the middle": (HEAD + "  - wait: {event: ‸follow, within: 1h}\n  - tag: a\n", "a follow cannot happen during a run: unfollowing ends it", "start a journey with `event: follow`"),
    "points that are not given": (HEAD + "  - set: {points: ‸7}\n", "`set` cannot change `points`", "use `award` for points"),
    "an empty image": (HEAD + "  - send: {image: ‸''}\n", "`image`, a media id, is empty", "write its contents, or remove the field"),
    "an empty reason": (HEAD + "  - stop: ‸''\n", "the reason of a stop is empty", ""),
    "an invisible text": (HEAD + '  - send: {text: ‸"\\u200b"}\n', "a text is empty", "write its contents, or remove the field"),
    "an invisible fallback": (HEAD + '  - send: {text: ‸"{tier|\\u200b}"}\n', "`{tier}` has no fallback", ""),
    "too many points": (HEAD + "  - award: {points: ‸99999999999999999999, reason: r}\n", "`points` is out of range", "at most 1,000,000,000"),
    "a condition among the fields of a trigger": ("title: T\ntrigger: {event: follow, ‸source: article}\nsteps:\n  - tag: b\n", "a trigger has no field `source`", "`when: {source: …}`"),
    "a menu without choices": (HEAD + "  - ask: {name: q, menu: {head: Which?, items: ‸{a: A, b: B}}, within: 1h}\n", "`q` has no `choices`", "`choices: {a: a, b: b}`"),
    "no truth to set": (HEAD + "  - set: {member: ‸perhaps}\n", "`perhaps` is not a valid `member`", "true or false"),
    "no language for a fallback": (HEAD + "  - ask: {name: l, within: 1h}\n  - set: {language: ‸'{answer.l|english}'}\n", "`english` is not a language code of WeChat", "en"),
    "the same case": (HEAD + "  - branch: [{when: {tag: a}, steps: [{tag: b}]}, {when: ‸{tag: a}, steps: [{tag: c}]}]\n", "the cases before it match everyone whom it matches", "move it before them, or remove it"),
    "all answers are taken": (HEAD + ASK + "  - branch: [{when: {answer: {style: ring}}, steps: [{stop: a}]}, {when: {not: {answer: {style: ring}}}, steps: [{stop: b}]}, {when: ‸{answer: {style: gift}}, steps: [{stop: c}]}]\n", "this case is unreachable: the cases before it match everyone whom it matches", ""),
    "no answer is left for otherwise": (HEAD + "  - ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h, unanswered: [{stop: x}]}\n  - branch: [{when: {answer: {style: ring}}, steps: [{tag: a}]}, {when: {answer: {style: gift}}, steps: [{tag: b}]}, {when: {answer: {style: other}}, steps: [{tag: c}]}, {otherwise: ‸[{tag: d}]}]\n", "`otherwise` is unreachable: the cases before it match every follower who gets here", "remove it"),
    "fewer points come first": (HEAD + "  - branch: [{when: {points: {from: 10}}, steps: [{tag: a}]}, {when: ‸{points: {from: 20}}, steps: [{tag: b}]}]\n", "this case is unreachable: the cases before it match everyone whom it matches", "move it before them, or remove it"),
    "one of two tags comes first": (HEAD + "  - branch: [{when: {tag: a}, steps: [{tag: x}]}, {when: ‸{tag: [a, b]}, steps: [{tag: y}]}]\n", "this case is unreachable: the cases before it match everyone whom it matches", ""),
    "fewer times come first": (HEAD + "  - branch: [{when: {event: {event: view, scope: ever}}, steps: [{tag: a}]}, {when: ‸{event: {event: view, scope: ever, times: 2}}, steps: [{tag: b}]}]\n", "this case is unreachable: the cases before it match everyone whom it matches", ""),
    "a wider scene comes first": (HEAD + "  - branch: [{when: {scene: 'store-*'}, steps: [{tag: a}]}, {when: ‸{scene: store-12}, steps: [{tag: b}]}]\n", "this case is unreachable: the cases before it match everyone whom it matches", ""),
    "a number without end": (HEAD + f"  - award: {{points: ‸{'9' * 5_000}, reason: r}}\n", "`points` is out of range", ""),
    "half a face": (HEAD + '  - send: {text: ‸"\\ud800"}\n', "a text contains an invalid character: a control character, or half of a surrogate pair", "write a readable character instead"),
    "a control character in a text": (HEAD + '  - send: {text: ‸"a\\u0001"}\n', "a text contains an invalid character: a control character, or half of a surrogate pair", ""),
    "an exit that is known only later": ("title: T\ntrigger: {event: follow}\nopening: {text: hi}\nexits: [{when: {source: ‸article}, reason: r}]\nsteps:\n  - tag: b\n", "WeChat reports the source of a follow only after the opening is sent", "use `source` in a `branch`, or remove the opening"),
    "a goal of all who enter": ("title: T\ntrigger: {event: text, keywords: hi, when: {tag: a}}\ngoal: ‸{tag: a}\nsteps:\n  - tag: b\n", "every follower that the trigger admits already matches this, so no run can start", ""),
    "an exit of all who enter": ("title: T\ntrigger: {event: text, keywords: hi, when: {member: true}}\nexits: [{when: ‸{member: true}, reason: r}]\nsteps:\n  - tag: b\n", "every follower that the trigger admits already matches this, so no run can start", ""),
    "the opposite of what is known": (HEAD + "  - branch: [{when: {customer: true}, steps: [{branch: [{when: ‸{customer: false}, steps: [{tag: a}]}]}]}]\n", "no follower who gets here can match it", "remove it"),
    "the opposite of the trigger": ("title: T\ntrigger: {event: follow, when: {source: search}}\nsteps:\n  - branch: [{when: ‸{source: article}, steps: [{tag: a}]}]\n", "no follower who gets here can match it", ""),
    "otherwise of what was just done": (HEAD + "  - tag: a\n  - branch: [{when: {tag: a}, steps: [{tag: b}]}, {otherwise: ‸[{tag: c}]}]\n", "`otherwise` is unreachable: the cases before it match every follower who gets here", ""),
    "after a branch that stops all": (HEAD + "  - tag: a\n  - branch: [{when: {tag: a}, steps: [{stop: x}]}]\n  - ‸tag: b\n", "this step is unreachable: no follower continues after the step before it", "remove it"),
    "a lot drawn before": (HEAD + "  - split: {name: s, shares: [{percent: 50, steps: [{split: {name: s, shares: [{percent: 50, steps: [{tag: a}]}, ‸{percent: 50, steps: [{tag: b}]}]}}]}, {percent: 50, steps: [{tag: c}]}]}\n", "this share is unreachable: no follower who gets here is in it (`s`)", "remove this split, or use another name"),
    "a trigger for nobody": ("title: T\ntrigger: {event: text, keywords: hi, when: ‸{tag: a, not: {tag: a}}}\nsteps:\n  - tag: b\n", "contradictory condition: no follower can match it", ""),
    "a goal of nobody": ("title: T\ntrigger: {event: text, keywords: hi}\ngoal: ‸{customer: true, not: {customer: true}}\nsteps:\n  - tag: b\n", "contradictory condition: no follower can match it", ""),
    "two of a name": (HEAD + "  - send: {text: a, name: teaser}\n  - send: {text: b, name: ‸teaser}\n", "the name `teaser` is already used", ""),
    "nothing after a wait": (HEAD + "  - send: {text: a}\n  - ‸wait: 2h\n", "no step follows this wait", "`stop`"),
    "nothing after an event": (HEAD + "  - wait: ‸{event: payment, within: 1h}\n", "no step follows this wait", ""),
    "nothing after a wait on a path": (HEAD + "  - branch: [{when: {tag: a}, steps: [‸wait: 1h]}]\n", "no step follows this wait", ""),
    "after stops of all shares": (HEAD + "  - split: {name: a, shares: [{percent: 50, steps: [{stop: x}]}, {percent: 50, steps: [{goal: y}]}]}\n  - ‸tag: a\n", "this step is unreachable: the run has ended before it", ""),
    "stopped in otherwise": (HEAD + "  - wait: {event: payment, within: 1h, otherwise: [{stop: x}, ‸{tag: a}]}\n  - tag: b\n", "this step is unreachable: the run has ended before it", ""),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "message", "hint"), CASES.values(), ids=CASES.keys())
def test_a_mistake_has_its_line_its_column_and_a_hint(marked: str, message: str, hint: str) -> None:
    before, _, after = marked.partition("‸")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")

    found = mistakes_in(before + after)

    assert [(mistake.line, mistake.column) for mistake in found] == [(line, column)], [
        str(mistake) for mistake in found
    ]
    assert found[0].hint
    assert message in found[0].message
    assert hint in found[0].hint


@pytest.mark.parametrize("name", ["Welcome", "wel come", "1st", "a--b", "-a", "a-", "a" * 41, "欢迎"])
def test_the_name_of_the_file_is_the_name_of_the_journey_and_fits_a_state_machine(name: str) -> None:
    found = mistakes_in(HEAD + "  - tag: a\n", name)

    assert [mistake.message for mistake in found] == [
        f"`{name}` is not a valid journey name (the file's name)"
    ]


def test_all_mistakes_of_a_file_are_reported_in_order() -> None:
    text = HEAD + "  - wait: soon\n  - tag: no good\n  - branch: [{when: {source: qrr}, steps: [{tag: a}]}]\n"

    assert [(mistake.line, mistake.column) for mistake in mistakes_in(text)] == [(4, 11), (5, 10), (6, 30)]


def test_a_question_may_be_asked_again_if_it_was_not_answered() -> None:
    again = "[{ask: {name: style, choices: {ring: 1, gift: 2}, within: 1h}}]"

    assert (
        mistakes_in(
            HEAD + f"  - ask: {{name: style, choices: {{ring: 1}}, within: 1h, unanswered: {again}}}\n"
        )
        == ()
    )


OWN_PATHS = {
    "send, not_sent": "  - send: {name: m, text: hi, not_sent: [%s]}\n",
    "ask, unanswered": "  - ask: {name: m, within: 1h, unanswered: [%s]}\n",
    "ask, not_sent": "  - ask: {name: m, text: hi, within: 1h, not_sent: [%s]}\n",
}
COUNTED = "{branch: [{when: {event: {event: text, keywords: a, scope: m}}, steps: [{tag: a}]}]}"


@pytest.mark.parametrize("step", OWN_PATHS.values(), ids=OWN_PATHS.keys())
def test_a_step_is_named_after_it_but_not_on_its_own_paths(step: str) -> None:
    on_the_path = mistakes_in(HEAD + step % COUNTED)

    assert [mistake.message for mistake in on_the_path] == ["no step named `m` comes before this one"]
    assert mistakes_in(f"{HEAD}{step % '{tag: b}'}  - {COUNTED}\n") == ()


@pytest.mark.parametrize("step", OWN_PATHS.values(), ids=OWN_PATHS.keys())
def test_the_name_of_a_step_is_free_on_its_own_paths_but_not_after_it(step: str) -> None:
    again = "{send: {name: m, text: again}}"

    assert mistakes_in(HEAD + step % again) == ()
    assert [mistake.message for mistake in mistakes_in(f"{HEAD}{step % '{tag: b}'}  - {again}\n")] == [
        "the name `m` is already used"
    ]


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
def test_correct_steps_are_accepted(steps: str) -> None:
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
def test_source_and_language_are_accepted_where_they_are_known_in_time(begins: str, word: str) -> None:
    assert mistakes_in(f"title: T\n{begins.format(word)}\nsteps:\n  - tag: a\n") == ()


def test_a_chat_message_can_replace_one_of_another_channel() -> None:
    assert mistakes_in(HEAD + "  - send: {mass: {text: a}, instead: [{text: a}]}\n") == ()


def test_a_source_that_wechat_may_add_later_is_accepted() -> None:
    assert mistakes_in(HEAD + "  - branch: [{when: {source: ADD_SCENE_NEW}, steps: [{tag: a}]}]\n") == ()


def test_a_file_that_is_not_utf_8_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"title: \xe9\n")

    assert [mistake.message for mistake in read_file(path).mistakes] == [
        "not UTF-8: invalid continuation byte at byte 7"
    ]


def test_a_mistake_prints_as_file_line_and_column() -> None:
    assert str(Mistake("a.yaml", 3, 7, verbatim("what"), verbatim("hint"))) == "a.yaml:3:7: what (hint)"
