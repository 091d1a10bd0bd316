"""WeChat's faces: what a phone shows as one face reaches the server in several spellings.

Older clients send `/::)`, newer ones `[Smile]` in their own language; some faces have an emoji that people
type for the same. Codes and names are those of `biz_common/utils/emoji_data.js`, a script of every article
page on https://mp.weixin.qq.com; older English names and most emoji were checked against
https://github.com/Nevolution/decorator-wechat (EmojiMap.java). A face without an agreed emoji has none.
"""

import re
from functools import cache

_FACES = """
[Smile] [微笑] /::) 🙂
[Grimace] [撇嘴] /::~
[Drool] [色] /::B 😍
[Scowl] [发呆] [發呆] /::|
[CoolGuy] [得意] /:8-) 😎
[Sob] [流泪] [流淚] /::< 😢
[Shy] [害羞] /::$
[Silent] [Shutup] [闭嘴] [閉嘴] /::X 🤐
[Sleep] [睡] /::Z 😴
[Cry] [大哭] /::'( 😭
[Awkward] [尴尬] [尷尬] /::-|
[Angry] [Pout] [发怒] [發怒] /::@ 😡
[Tongue] [调皮] [調皮] /::P 😜 😛
[Grin] [呲牙] /::D 😁
[Surprise] [Surprised] [惊讶] [驚訝] /::O 😮
[Frown] [难过] [難過] /::( 🙁
[Ruthless] [酷] /::+
[Blush] [Tension] [冷汗] [囧] /:--b
[Scream] [Crazy] [抓狂] /::Q 😫
[Puke] [吐] /::T 🤢 🤮
[Chuckle] [偷笑] /:,@P 🤭
[Joyful] [愉快] [可爱] /:,@-D 😊
[Slight] [白眼] /::d 🙄
[Smug] [傲慢] /:,@o
[Hungry] [饥饿] [饑餓] /::g
[Drowsy] [困] [累] /:|-) 😪
[Panic] [惊恐] [驚恐] /::!
[Sweat] [流汗] /::L 😓
[Laugh] [憨笑] [大笑] /::>
[Commando] [Loafer] [悠闲] [悠閑] /::,@
[Determined] [Strive] [奋斗] [奮鬥] /:,@f
[Scold] [咒骂] [咒罵] /::-S
[Shocked] [Doubt] [疑问] [疑問] /:?
[Shhh] [嘘] [噓] /:,@x 🤫
[Dizzy] [晕] [暈] /:,@@ 😵
[Tormented] [疯了] [瘋了] [折磨] /::8
[Toasted] [BadLuck] [衰] /:,@!
[Skull] [骷髅] [骷髏頭] /:!!! 💀
[Hammer] [敲打] /:xx
[Wave] [Bye] [再见] [再見] /:bye 👋
[Speechless] [Relief] [擦汗] /:wipe
[NosePick] [DigNose] [抠鼻] [摳鼻] /:dig
[Clap] [鼓掌] /:handclap 👏
[Shame] [糗大了] [羞辱] /:&-(
[Trick] [坏笑] [壞笑] /:B-)
[Bah！L] [左哼哼] /:<@
[Bah！R] [右哼哼] /:@>
[Yawn] [哈欠] /::-O 🥱
[Pooh-pooh] [Lookdown] [鄙视] [鄙視] /:>-|
[Shrunken] [Wronged] [委屈] /:P-(
[TearingUp] [Puling] [快哭了] /::'|
[Sly] [阴险] [陰險] /:X-)
[Kiss] [亲亲] [親親] /::* 😘 😚
[Wrath] [Uh-oh] [吓] [嚇] /:@x
[Whimper] [可怜] [可憐] /:8* 🥺
[Cleaver] [菜刀] /:pd 🔪
[Watermelon] [Melon] [西瓜] /:<W> 🍉
[Beer] [啤酒] /:beer 🍺
[Basketball] [篮球] [籃球] /:basketb 🏀
[PingPong] [乒乓] /:oo 🏓
[Coffee] [咖啡] /:coffee ☕
[Rice] [饭] [飯] /:eat 🍚
[Pig] [猪头] [豬頭] /:pig 🐷
[Rose] [玫瑰] /:rose 🌹
[Wilt] [凋谢] [枯萎] /:fade 🥀
[Lips] [Lip] [嘴唇] [示爱] /:showlove 💋
[Heart] [爱心] [愛心] /:heart ❤
[BrokenHeart] [心碎] /:break 💔
[Cake] [蛋糕] /:cake 🎂
[Lightning] [闪电] [閃電] /:li ⚡
[Bomb] [炸弹] [炸彈] /:bome 💣
[Dagger] [刀] /:kn 🗡
[Soccer] [足球] /:footb ⚽
[Ladybug] [瓢虫] [甲蟲] /:ladybug 🐞
[Poop] [便便] /:shit 💩
[Moon] [月亮] /:moon 🌙
[Sun] [太阳] [太陽] /:sun ☀ 🌞
[Gift] [礼物] [禮物] /:gift 🎁
[Hug] [拥抱] [擁抱] /:hug 🤗
[ThumbsUp] [Strong] [强] [強] /:strong 👍
[ThumbsDown] [Weak] [弱] /:weak 👎
[Shake] [握手] /:share 🤝
[Peace] [Victory] [胜利] [勝利] /:v ✌
[Fight] [Salute] [Admire] [抱拳] /:@)
[Beckon] [勾引] /:jj
[Fist] [拳头] [拳頭] /:@@ 👊 ✊
[Pinky] [差劲] [差勁] /:bad
[RockOn] [爱你] [愛你] /:lvu 🤟
[Nuh-uh] [No] /:no
[OK] /:ok 👌
[InLove] [爱情] [愛情] /:love
[Blowkiss] [飞吻] [飛吻] /:<L>
[Waddle] [跳跳] /:jump
[Tremble] [发抖] [發抖] /:shake
[Aaagh!] [怄火] [噴火] /:<O>
[Twirl] [转圈] [轉圈] /:circle
[Kotow] [磕头] [磕頭] /:kotow
[Dramatic] [Lookback] [回头] [回頭] /:turn
[JumpRope] [跳绳] [跳繩] /:skip
[Surrender] [Give-in] [投降] [挥手] /:oY
[Hooray] [激动] [激動] /:#-0
[Meditate] [HeyHey] [乱舞] [亂舞] [街舞] /:hiphot
[Smooch] [献吻] [獻吻] /:kiss
[Happy] [笑脸] 😄
[Sick] [生病] 😷
[Lol] [破涕为笑] 😂
[Flushed] [脸红] 😳
[Terror] [恐惧] 😱
[LetDown] [失望] 😔
[Duh] [无语] 😒
[Worship] [合十] 🙏
[Party] [庆祝] 🎉
[Hey] [嘿哈] [吼嘿]
[Facepalm] [捂脸] [掩面] 🤦
[Smirk] [奸笑] 😏
[Smart] [机智] [機智]
[Concerned] [Moue] [皱眉] [皺眉]
[Yeah!] [耶] [歐耶]
[Tea] [茶] 🍵
[Packet] [红包] 🧧
[Candle] [蜡烛] [蠟燭] 🕯
[Blessing] [福]
[Onlooker] [吃瓜] [吃西瓜]
[GoForIt] [加油]
[Sweats] [汗]
[OMG] [天啊]
[Emm] [一言難盡]
[Respect] [社会社会] [失敬失敬]
[Doge] [旺柴]
[NoProb] [好的]
[MyBad] [打脸] [打臉]
[Wow] [哇]
[Rich] [發]
[Broken] [裂开] [崩潰]
[Hurt] [苦涩] [難受]
[Sigh] [叹气] [嘆息]
[LetMeSee] [让我看看] [讓我看看]
[Awesome] [666]
"""
"""A face a line: its spellings, the first of which stands for all. Names are English and Chinese."""

_UNSEEN = re.compile("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d[♀♂]")
"""What varies an emoji: how it is drawn, a key around a digit, the tone of a skin, a gender."""


def one_spelling(text: str) -> str:
    """The text with every face in its one spelling, `[Smile]`, and every emoji in its plain form."""
    return _any_face().sub(lambda found: _ONE[found[0]], _UNSEEN.sub("", text))


def _one_spelling_each() -> dict[str, str]:
    ones: dict[str, str] = {}
    for face in _FACES.strip().splitlines():
        one, *others = face.split()
        for spelling in (one, *others):
            # A code's case tells faces apart, a name's does not.
            small = spelling.casefold() if spelling.startswith("[") else spelling
            ones |= {spelling: one, small: one}
    return ones


_ONE = _one_spelling_each()
FACE_NAMES = frozenset(one.casefold() for one in _ONE.values())
"""The one spelling of each face, in small letters."""


@cache
def _any_face() -> re.Pattern[str]:
    """The longest spelling first: `/::-O` is no `/::-`, and `/:,@-D` would be cut short by a `/:,@`.

    Compiled with the first text: the callback, which starts on WeChat's clock, has none for most events.
    """
    return re.compile("|".join(re.escape(one) for one in sorted(_ONE, key=len, reverse=True)))
