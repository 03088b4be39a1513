"""Whether a time of day begins or ends something, by the words around it."""

import re

_MONTH_NAMES = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
_END_WORDS = re.compile(
    r"\b(?:between now and|from now (?:to|until|till)|shutdown(?: is)?(?: due| planned|"
    r" expected)(?: at| by)?|paid back(?: at| by)?|re-?open\w*(?: at)?|finish|"
    r"promis\w+|(?:eta|etr)(?: for| of)(?: the| a)? \w+|(?:splice|repair|"
    r"fix) (?:is )?ready(?: at| by)?|aims? (?:for|at)|"
    r"(?:restor|recover|resolv)\w*(?: expected)?(?: at| by|:)?|(?:fixed|repaired|"
    r"restored) (?:at|by)|(?:be|is|are|back|running|on) (?:up|air|ok|"
    r"okay|fine|working|running|again) (?:at|by|around|about|from)|"
    r"up (?:and running )?again (?:at|by)|"
    r"(?:est\.? |estimated |expected )?(?:repair(?:ed)?|fix|restoration|recovery|"
    r"return)(?: time)?"
    r"(?: (?:is )?(?:expected|due|planned))?(?: at| by|:)?|"
    r"(?:until|till) [a-z' ]{1,50} at|"
    r"(?:lift|release|remove|return|undo|recover)(?:s|ed)?"
    r"(?: it| them| both| all| this| these)?(?: again)?(?: to base| home)?(?: at)?|"
    r"expires?(?: at)?|runs out at|until|till|til|to|"
    r"through|thru|by|before|etr|expected (?:back|up|done)(?: at| by)?|"
    r"(?:back|service|power) (?:is )?(?:expected|due|back)(?: at| by)?|"
    r"bis(?: ca\.?)?|jusqu'a|stops?(?: at| by)?|ceas(?:es?|ing)(?: at)?|"
    r"un(?:block|freez|lock|limit|cap|seal)\w*(?: (?:it|them|him|her))?(?: again)? at|"
    r"hangs? up(?: at)?|leave(?: at)?|"
    r"terminat\w+(?: at)?|los|"
    r"(?:go(?:es)?|falls?|is) (?:quiet|silent) again (?:at|by)|goes quiet (?:at|by)|"
    r"(?:returns?|comes? back|lands?)(?: on air| to service)? (?:at|by)|"
    r"(?<!go )(?<!goes )(?<!going )(?<!switched )(?<!turned )"
    r"(?<!powered )(?<!shut )(?<!sets )(?<!set )(?<!carrier )(?<!cell )off(?: again)? "
    r"at|wak(?:e|es|"
    r"ing)(?: (?:it|them))?(?:[ -]up)?(?: at)?|back to normal (?:at|by|from)|"
    r"finish\w*(?: at)?|clos(?:es|ing)(?: at)?|conclud\w*(?: at)?|"
    r"(?:is|are) (?:over|done|back)(?: at| by)?|(?:un)?til (?:ca|approx)|leav(?:es|"
    r"ing)|end(?:s|ing)?(?: at)?|up to|"
    r"(?:and|then) (?:off|back|over|leav\w+|ends?|stops?|"
    r"finish\w*)(?: again)? (?:at|by)|"
    r"(?:wakes?|woken|switched on again|on again|leaving|(?<!~ )gone|"
    r"ready)(?: up)?(?: again)? (?:at|by)|"
    r"not later than|no later than|latest|eta:?|over at|done at|"
    r"back(?: (?:home|here|inside|on the ground))?(?: at)?)"
    r"(?: (?:about|around|roughly|ca\.?|app?rox\.?|at least|today|tonight|tomorrow|"
    r"\w+day|at|"
    r"the next day|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?{_MONTH_NAMES}|,))*(?: (?:morning|"
    rf"afternoon|evening))? ?$|"
    r"\b(?:end|finish|stop|until|till|to|(?<!rf )off|close|back)(?: time)? ?[:=]\s*$|"
    r"\bend of [a-z ]{1,30}[:=]\s*$|\b(?:until|till) [a-z' ]{1,40}(?:,| ?\()\s*"
    r"(?:(?:that is|that's|i\.e\.?|namely|which is|being|at),? ?){0,2}$|"
    r"\bend (?:of|for) (?:both|all|it|this|that|these)(?: is| at|:)* ?$|"
    r"\b(?:over|ends?|done|finished|closed?|gone|left|leaves?|docked|landed) ?\($"
)
_SINCE_WORDS = re.compile(
    r"\b(?:since|started|began|first (?:seen|noticed|noted|reported|alarm)|alarm reads|"
    r"seit|depuis|(?:fault|outage|alarm|failure|problem) (?:began|started|"
    r"occurred))(?: (?:about|around|ca\.?|this|early|late|today|"
    r"yesterday|the|"
    r"night|morning|at))* ?$"
)
_START_WORDS = re.compile(
    r"(?:^|[,;:(\[|>@-]|\b(?:from|ab|de|at|after|on|between|b/w|effective|as of|"
    r"starting|"
    r"starts?|"
    r"begin\w*|commenc\w+|aos|of|around|about|roughly|ca|ca\.|approx\.?|approximately|today|tomorrow|"
    r"tonight|\w+day|morning|afternoon|evening|night|failure|outage|fault|alarm|"
    r"arriv\w+|"
    r"raised|seen|detected|on the dot|"
    r"exactly|and|now|down|dead|dark|oos|lost|failed|off|out|disabled|kick-?off|for|"
    r"\d+t?|on air|onset|when:?|hours:?|t0|open|station|take-?off|takes off|lift-?off|"
    r"live|doors|"
    r"(?:once|as soon as|when) it(?:'s| is)|valid|applies|in force|"
    rf"{_MONTH_NAMES}))\s*(?:an? )?$"
)
"""What stands before a time at which something begins."""
_WANTED_BY = re.compile(
    r"\b(?:needed|wanted|required|in place|in the air|airborne|aloft|on station|"
    r"on site)"
    r" by\s*$"
)
"""What stands before the time from which something has to be there."""
_ENDS_IT = re.compile(
    r"\b(?:(?:and |, )?resumes?(?: service)? at ?$)|"
    r"\b(?:(?:comes?|goes|go|brought|taken|hauled|pulled|reeled) (?:back )?(?:down|in|"
    r"away|home|quiet|silent)(?: again)?|"
    r"(?:gets?|has|have|returns?|hands?|gives?) (?:it|them|these|all)(?: all)? back|"
    r"rid of (?:it|them|that)|lands?|landing|leaves?|departs?|departure|"
    r"(?:pack|wrap|clear|finish|dry)(?:s|ed)? (?:up|out)|moves? on|pulls? out|"
    r"casts? off|sails?|undocks?|disembarks?|closed|closes?|closing|shuts?|"
    r"last \w+|off[ -]air|off the air|off again|"
    r"(?<!is )(?<!are )(?<!goes )(?<!go )(?<!kick-)"
    r"(?<!kick )(?<!take-)(?<!lift-)(?<!take )off|"
    r"quiet|silent|gone|through|all clear|ends?|stop|doors close|curfew|"
    r"final whistle|exit|release[ds]?|reopen\w*|dissolves?|calms? down|subsides?|"
    r"fades?(?: out)?|eases?(?: off)?|clears?|dr(?:y|ies) up|passe[sd]|is over|"
    r"(?<=, )on|(?<=and )on|rf on|carrier on|in service|lights? up|off duty(?: from)?|"
    r"back (?:in|on|up|at)(?: (?:service|air|work|normal))?)(?: again)?"
    r"(?: (?:at|by|around|about|from|is|=|:))*:?(?: an?)? ?$"
)
"""What stands before a time at which something ends that began at another one."""
_IS_OVER = re.compile(
    r",? (?:(?:you|we|it|they|he|she|everything|everybody|all|that|this|both|"
    r"(?:the|our) \w+)(?:'ll| will| should| is| are| have| has| can| must| goes| go)* )"
    r"(?:all )?(?:be |been |have |get |gets |has |go |come )*(?:it |them |her |him )?"
    r"(?:all )?(?:back|gone|over|done|finished|through|past|normal|leaving|leaves?|"
    r"closing|closes?|ended|ending|ends?|stops?|home|quiet|silent|lands?|down again|"
    r"off again|up again|on air again|dry)\b"
)
"""What stands behind such a time: ``at 09:45 you have it back``."""
_LASTS = re.compile(r" (?:for|lasting) (?:about )?[\w-]+ ?(?:min|h\b|hour)")
"""What stands behind the time at which something begins."""
_BEFELL = re.compile(
    r"(?:~ gone\b|\b(?:lost|failed|died|went|dropped|crashed|stopped|collapsed|"
    r"tripped|broke|"
    r"burnt|vanished|disappeared|ceased|cut|severed|torn)\b)(?![^.;]*\bwill\b)[^,;.:]*"
    r"\b(?:at|around|about)\s*$"
)
"""What stands before the time at which something befell."""
DATE_BEFORE = re.compile(r"20\d\d-\d\d-\d\d(?:t|,? )?$")
_UNTIL_DATE = re.compile(
    r"\b(?:until|till|til|through|thru)(?: on)?(?: the)?(?: \w+day,?)? "
    rf"(?:\w+day|\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?{_MONTH_NAMES}|"
    rf"{_MONTH_NAMES} \d{{1,2}}(?:st|nd|rd|th)?|\d\d?\.\d\d?\.)(?:,? 20\d\d|20\d\d)?"
    r",? (?:at )?$"
)
"""What stands before a time that ends something on a day that is named before it."""
JOIN = re.compile(
    r"(?: ?h(?:rs?)?\b)? ?(?:-|to|bis|\u00e0|until|till|til|and|through|thru|\.\.|"
    r"[-=]?>|&|/) ?(?:about |around )?(?:an? )?"
)


DAY_BETWEEN = re.compile(
    rf"(?<=[ -])(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:on )?the|on|at|of|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?|{_MONTH_NAMES}|20\d\d(?:-\d\d-\d\d)?|tomorrow|"
    r"next day),? "
)
"""A day that is named between two times of day."""


def role_of(before: str, after: str, is_second: bool, has_start: bool) -> str:
    """Role of a time of day between the words before and after it.

    Parameters
    ----------
    before, after : str
        The rest of the sentence in plain characters.
    is_second : bool
        Whether it ends an interval: ``9:00 to 11:00``.
    has_start : bool
        Whether a time before it begins something.
    """
    if not is_second and _WANTED_BY.search(before):
        return "start"
    if is_second or _END_WORDS.search(before) or _UNTIL_DATE.search(before):
        is_start = not is_second and _LASTS.match(after) is not None
        return "start" if is_start else "end"
    if has_start and (_ENDS_IT.search(before) or _IS_OVER.match(after)):
        return "end"
    if _SINCE_WORDS.search(before) or _BEFELL.search(before):
        return "since"
    return "start" if _START_WORDS.search(before) else "unclear"
