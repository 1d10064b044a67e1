"""What a reminder says: by language, and by the strategy of the register, whose two wordings are under test."""

from __future__ import annotations

from typing import Final

from fairmeter.errors import InputError

LANGUAGES: Final = ("en", "zh")
Template = tuple[str, str]
"""Subject and text, with the fields name, amount, reference and supplier."""

TEMPLATES: Final[dict[tuple[str, int], Template]] = {
    ("en", 1): (
        "Your bill {reference} is not paid yet",
        """\
Dear {name},

your bill {reference} is not paid yet. {amount} is still owed.
Please pay it, or let your account's balance and mandate cover it. If you have paid in the meantime, nothing more is
needed.

{supplier}
""",
    ),
    ("en", 2): (
        "We can settle bill {reference} together",
        """\
Dear {name},

of your bill {reference} {amount} is still owed. Paying a part of it now helps as well, and the rest can follow.
If the bill seems wrong to you or you cannot pay it now, answer this message.

{supplier}
""",
    ),
    ("zh", 1): (
        "您的账单 {reference} 尚未支付",
        """\
尊敬的{name}：

您的账单 {reference} 尚未支付，欠款 {amount}。
请您支付，或保证账户余额与代扣授权足够。如您已支付，无需再做任何操作。

{supplier}
""",
    ),
    ("zh", 2): (
        "账单 {reference}：我们可以一起解决",
        """\
尊敬的{name}：

您的账单 {reference} 仍欠 {amount}。您可以先支付一部分，余款稍后支付。
如您认为账单有误或暂时无法支付，请回复本消息。

{supplier}
""",
    ),
}


def write(language: str, strategy: int, **fields: str) -> Template:
    """Subject and text. Raises InputError for a strategy that has no wording."""
    template = TEMPLATES.get((language, strategy))
    if template is None:
        known = sorted({number for _, number in TEMPLATES})
        raise InputError(f"strategy {strategy} in {language} has no wording: known are strategies {known}")
    subject, text = (part.format(**fields) for part in template)
    # A name from a file must not add headers to a message.
    return " ".join(subject.split()), text
