"""When somebody or something arrives: no time of what is to be repaired.

``M1A is dead since 07:05, technician there at 10:00, back by 11:00`` tells when M1A
died and when it will be back; the visit between is left out of reading. Places stay
true.
"""

import re

from llm_bridge.clock_forms import TIME
from llm_bridge.faults import OFF
from llm_bridge.plain_text import PlainText

NEAR = 160
"""Characters before a visit in which a fault is told that it is for."""
_WHO = (
    r"(?:technicians?|technicien|crews?|engineers?|vendor|contractors?|electricians?|"
    r"colleagues?|(?:field |repair |service |splice |night |day )?teams?|fitters?|"
    r"riggers?|mechanics?|couriers?|trucks?|vans?|spares?|spare parts?|replacements?|"
    r"generators?|(?!power|carrier|sector|transmitter|amplifier|rectifier|repeater|"
    r"router|feeder|weather)\w+(?:er|or|ian|ist|man)|somebody|someone|help|he|she|they|"
    r"we|i)"
)
"""Also whatever ends as trades do, but for what of a cell does."""
_COMES = (
    r"(?:arriv\w+|arrival|com(?:es?|ing)|due|on site|on-site|there|on (?:his|her|their|"
    r"its|the|my|our) way|dispatched|expected|ordered|sent|leav(?:es?|ing)|drives?|"
    r"delivered|visits?)"
)
VISIT = re.compile(
    rf"(?:(?<=[.,;:|(\n-] )|(?<=[.;:|(\n])|(?<= and )|(?<= but ))(?:the |our |an? |"
    rf"new |another |\w+ ){{0,2}}?{_WHO} (?:(?:is|are|will|should|shall|be|was|"
    rf"has been|have been|already|now|then|only|not|gets?) ){{0,3}}{_COMES}\b"
    rf"[^.,;:|\n]{{0,25}}?"
    rf"(?:, ?(?:arrival|eta|there|expected)[^.,;:|\n]{{0,12}}?)?"
    rf"(?P<when>{TIME}|\b(?:at|by|around|before|after) \d{{1,2}}"
    rf"(?=[.,;)]|$|\n))"
)


def without_visits(text: PlainText) -> PlainText:
    """The text without the times of visits to what has failed."""
    return text.blanked(
        match.span()
        for match in VISIT.finditer(text.plain)
        if OFF.search(text.plain, max(0, match.start() - NEAR), match.start())
        and not re.search(r"[a-z]\d", match[0])
    )
