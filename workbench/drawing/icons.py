"""Icons as lines on a 24 by 24 grid: no emoji, so no font is needed."""

from collections.abc import Mapping

_BUBBLE = "M4 5h16v11H10l-4 4v-4H4z"
_TAG = "M4 4h8l8 8-8 8-8-8z M8 8h.01"
_CLOCK = "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0 M12 7v5l3.5 2"
_CALENDAR = "M4 6h16v14H4z M4 10h16 M8 3v4 M16 3v4"
_GIFT = (
    "M5 11h14v9H5z M3 7h18v4H3z M12 7v13 M12 7C9 7 7 3.5 9.5 3.2 11 3 12 5 12 7z "
    "M12 7c3 0 5-3.5 2.5-3.8C13 3 12 5 12 7z"
)
_STAR = "M12 3l2.7 5.8 6.3.7-4.7 4.3 1.3 6.2L12 16.9 6.4 20l1.3-6.2L3 9.5l6.3-.7z"
_HEADSET = "M4 14v-2a8 8 0 0 1 16 0v2 M4 14h3v5H4z M17 14h3v5h-3z"
_START = "M5 12h13 M13 6l6 6-6 6"
_APP = "M5 5h6v6H5z M13 5h6v6h-6z M5 13h6v6H5z M16 13v6 M13 16h6"
_COIN = "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0 M8.5 7l3.5 5 3.5-5 M12 12v5 M9 13.5h6"
_TAP = "M9 13V5.5a2 2 0 0 1 4 0V11l5 1.5c1.5.5 2 1.5 1.7 3L18.5 20H11l-5.5-6c1-1.6 2.4-1.6 3.5-1z"
_PIN = (
    "M12 21c4.5-5 6.5-8 6.5-11a6.5 6.5 0 1 0-13 0c0 3 2 6 6.5 11z M9.5 10a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0"
)
_CHECK = "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0 M8 12.5l3 3 5-6.5"
_PEOPLE = (
    "M5.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0 M3 19c0-3.5 2.7-6 6-6s6 2.5 6 6 "
    "M15.5 5a3.5 3.5 0 0 1 0 6.5 M17.5 13.5c2.2.8 3.5 2.8 3.5 5.5"
)

ICONS: Mapping[str, str] = {
    "event_follow": "M5 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0 M2 20c0-4.4 3-7 7-7s7 2.6 7 7 M19 7v6 M16 10h6",
    "event_scan": "M4 4h6v6H4z M14 4h6v6h-6z M4 14h6v6H4z M14 14h2v2 M20 14v6h-6",
    **dict.fromkeys(("event_text", "event_image", "event_voice", "event_video", "event_link"), _BUBBLE),
    **dict.fromkeys(("event_location", "event_location_report"), _PIN),
    **dict.fromkeys(("event_click", "event_view"), _TAP),
    "event_tag": _TAG,
    "event_points": _STAR,
    "event_journey": _START,
    **dict.fromkeys(("event_payment", "event_refund", "event_order.paid", "event_order.returned"), _COIN),
    "event_mini_program": _APP,
    **dict.fromkeys(("event_consent_given", "agree"), "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0 M8 12l3 3 5-6"),
    **dict.fromkeys(
        ("event_consent_withdrawn", "withdraw"), "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0 M9 9l6 6 M15 9l-6 6"
    ),
    "event_segment": _PEOPLE,
    **dict.fromkeys(("event_check_in", "event_till.visit"), _CHECK),
    "event_tier.changed": _STAR,
    "event_member.joined": _PEOPLE,
    **dict.fromkeys(("event_gift.claimed", "event_gift.returned"), _GIFT),
    "event_upload.approved": "M4 5h16v14H4z M8 12l3 3 5-6",
    "event_upload.rejected": "M4 5h16v14H4z M9 9l6 6 M15 9l-6 6",
    "event_date": _CALENDAR,
    **{f"event_booking.{what}": _CALENDAR for what in ("made", "changed", "cancelled")},
    "event_schedule": _CLOCK,
    **dict.fromkeys(("event_chat_closed", "event_call.logged"), _HEADSET),
    "text": f"{_BUBBLE} M8 9h8 M8 12h5",
    "image": "M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M15 9h.01",
    "news": "M4 4h16v16H4z M4 13h16 M7 16.5h8",
    "mini_program": _APP,
    "menu": "M9 6h11 M9 12h11 M9 18h11 M4.5 6h.01 M4.5 12h.01 M4.5 18h.01",
    "template": "M6 3h9l4 4v14H6z M9 11h7 M9 15h7",
    "notice": "M6 17v-6a6 6 0 0 1 12 0v6l2 2H4z M10 22h4",
    "mass": "M4 10v4h4l8 5V5l-8 5z M20 9v6",
    "question": "M8.5 9a3.5 3.5 0 1 1 5.2 3.1c-1.1.6-1.7 1.2-1.7 2.4 M12 18.5h.01",
    "staff": "M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0 M4 20c0-4.4 3.6-7 8-7s8 2.6 8 7",
    "chat": _HEADSET,
    "clock": _CLOCK,
    "calendar": _CALENDAR,
    "branch": "M12 3v5 M12 8c0 5-6 3-6 9v4 M12 8c0 5 6 3 6 9v4",
    "split": "M4 4h16v16H4z M8.5 8.5h.01 M15.5 8.5h.01 M12 12h.01 M8.5 15.5h.01 M15.5 15.5h.01",
    "tag": _TAG,
    "untag": f"{_TAG} M3 21L21 3",
    "note": "M4 20l1-4L16 5l3 3L8 19z",
    "star": _STAR,
    "gift": _GIFT,
    "start": _START,
    "end": "M7 7h10v10H7z",
    "goal": "M6 21V4h12l-3 4 3 4H6",
}
