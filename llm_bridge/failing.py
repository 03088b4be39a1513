"""What says that less of something is not enough: ``below 2 Mbit/s it stops``."""

import re

FAILS_BELOW = re.compile(
    r"\b(?:below|under|less than)\b[^,;.]*,? (?:it|they|he|she|the \w+|we|everything|"
    r"i) "
    r"(?:\w+ )?(?:stops?|fails?|freez\w+|stutters?|breaks?|dies?|halts?|crash\w*|jams?|"
    r"is useless|are useless|won't|can't|cannot|goes? (?:black|blind|dark|down)|"
    r"drops?|loses?|trips?|suffers?)\b"
)
"""What says that less of something is not enough."""
