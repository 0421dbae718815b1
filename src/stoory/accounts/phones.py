"""Phone numbers, written as people write them and stored in one way."""

from __future__ import annotations

import re
from typing import Final

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

WRITTEN: Final = re.compile(r"\+[0-9 ().\-]{6,38}")
E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
SHAPE: Final = "must be a phone number with its country code, like +919800000001"


def normalised(text: str) -> str:
    """Return the number in E.164, `+919800000001`; ValueError when it does not have that shape.

    Whether anybody was ever given the number is not our business: +1234567890 is one.
    """
    if not WRITTEN.fullmatch(text := text.strip()):
        raise ValueError(SHAPE)
    number = _dialled(text)
    while (again := _dialled(number)) != number:  # what is stored must be found again by what is stored
        number = again
    if not E164.fullmatch(number):
        raise ValueError(SHAPE)
    return number


def _dialled(text: str) -> str:
    """Return the number as it is dialled from abroad, without a prefix that is only dialled at home."""
    try:
        return format_number(parse(text), PhoneNumberFormat.E164)
    except NumberParseException:
        return "+" + re.sub("[^0-9]", "", text)
