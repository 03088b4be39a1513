"""Numbers in digits and words."""

import re

WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_ONES = "|".join(sorted(WORDS, key=len, reverse=True))
_TENS = "|".join(TENS)
_DIGIT_WORDS = {
    **{name: value for name, value in WORDS.items() if value < 10},
    "oh": 0, "niner": 9, "fife": 5, "tree": 3, "fower": 4,
}  # fmt: skip
"""Digits as they are spoken one by one, on the radio too."""
DIGIT = rf"(?:{'|'.join(sorted(_DIGIT_WORDS, key=len, reverse=True))})"
_DIGITS_SPOKEN = rf"{DIGIT}(?:[ -]{DIGIT}){{2,}}"
SMALL = rf"(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_ONES})"
_SPELLED = (
    rf"(?:{_DIGITS_SPOKEN}|(?:a|{SMALL}) hundred(?: and)?(?: {SMALL})?|{SMALL} thousand"
    rf"|{SMALL} and a half|{SMALL} point(?: (?:{_ONES}))+|half an?(?: dozen)?"
    rf"|a quarter of an?|an? quarter|three quarters of an?|a dozen|a pair of|{SMALL})"
)
_DIGITS = r"\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?(?:e[+-]?\d+)?|\.\d+"
NUMBER = (
    rf"(?:(?<![\w.,])(?<!\d[:'])(?:\+ ?|-|minus )?(?:{_DIGITS})|"
    rf"\b(?:minus )?{_SPELLED}\b)"
)
"""A number in digits or words, on plain text."""
_FIXED = {
    "a dozen": 12.0, "half a dozen": 6.0, "a pair of": 2.0,
    "three quarters of an": 0.75, "three quarters of a": 0.75,
}  # fmt: skip


def number(text: str) -> float:
    """Value of a number in digits or words, as :data:`NUMBER` finds it."""
    text = text.strip().replace("minus ", "-")
    if text[0].isdigit() or text[0] in "+-.":
        if text[0] == "-" and text[1:2].isalpha():
            return -number(text[1:])
        return _digits(text.replace(" ", ""))
    if text in _FIXED:
        return _FIXED[text]
    if text.startswith("half"):
        return 0.5
    if "quarter" in text:
        return 0.25
    words = re.split(r"[- ]", text)
    if len(words) > 2 and all(word in _DIGIT_WORDS for word in words):
        return float("".join(str(_DIGIT_WORDS[word]) for word in words))
    total = 0.0
    for place, word in enumerate(words):
        if word == "point":
            return total + float("0." + "".join(map(_digit, words[place + 1 :])))
        if word == "half":
            total += 0.5
        elif word in ("hundred", "thousand"):
            total = max(total, 1) * (100 if word == "hundred" else 1000)
        else:
            total += WORDS.get(word, TENS.get(word, 0))
    return total


def _digit(word: str) -> str:
    return str(WORDS[word])


def _digits(text: str) -> float:
    """Value of digits; a comma before three digits groups thousands."""
    sign = -1.0 if text[0] == "-" else 1.0
    body = text.lstrip("+-").replace("'", "")
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", body):
        body = body.replace(",", "")
    return sign * float(body.replace(",", "."))
