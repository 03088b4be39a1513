"""Parts of a text that are not the author's own words, or that address the model."""

import re
from collections.abc import Iterator

from llm_bridge.disclaimers import disclaimed
from llm_bridge.redefined import redefined

Span = tuple[int, int]
ADDRESSED = "the text addresses the model"
"""How the reason begins for which nothing counts after such words."""
QUOTED_WORDS = 3
"""Quotations of more words than this are somebody's sentence, not a name."""
_QUOTE = re.compile(
    r"(?<!cause=)(?<!reason=)(?<!problem=)(?<!alarm=)(?<!fault=)\"([^\"]+)\"|"
    r"(?<!\w)'([^'\n]+)'(?!\w)"
)
_NAMED = re.compile(r"\b[a-z]+\d+[a-z]? ?(?:=|:|is) ?$")
"""Before a quotation that is the name of somebody."""
_NAMES = re.compile(r"(?:[a-z]+[ _-])?(?:names?|labels?)")
MOST_OF_NAME = 2
"""Words of a name in a table: ``cell m1a``."""
_REPORTED = re.compile(
    r"^(?:cell |site |sector |user )?[a-z]+\d+[a-z]?(?: is ?| ?[:=] ?| )(?!and\b|or\b|"
    r"to\b)[a-z]{2,}"
)
"""A quotation that says something of a name: ``'M2A down'``."""
_REPLY = re.compile(r"(?m)^[ |]*>+ ?.*$|^[ \t]{0,20}\|[^|\n]*$")
_FENCE = re.compile(  # backticks are plain quotes
    r"(?s)'''.*?(?:'''|\Z)|\"{3}.*?(?:\"{3}|\Z)|\[quote\b[^\]\n]{0,80}\].*?(?:\[/quote|\Z)|"
    r"\\begin\{(?:quot|verb)\w+\}.*?(?:\\end\{|\Z)|\b(?:begin|start of) quote\b.*?"
    r"(?:\bend (?:of )?quote\b|\Z)|\bquote ?:.*?(?:\bunquote\b|\Z)"
)
_SOMEBODY = (
    r"(?:customer|subscriber|caller|visitor|guest|user|tenant|device|sensor|modem|"
    r"camera|ue|handset|router|meter)s?"
)
_SAYS = re.compile(
    rf"\b{_SOMEBODY}\b[^.:;\n]{{0,50}}\b(?:writes?|wrote|says?|said|claims?|claimed|"
    rf"asks?|"
    r"asked|demands?|demanded|messages?|comments?|text|body|complaint|insists?|"
    r"complains?|tells us)\b[^.:;\n]{0,30}:(?!\d)"
    r"(?:[ \t]{0,9}\n\n?(?:[^\n]+\n)*)?[^\n]*"
)
_LABEL = re.compile(
    r"\b(?:(?:device|host|user|ue|display|friendly|network|access point|cell|bluetooth|"
    r"profile|account) ?-?"
    r"(?:name|label|alias|description)|ssid|hostname|user-?agent|sysname|free ?text|"
    r"nick-?name|display|screen|banner|dhcp option \d+|(?:system|port|interface|asset) "
    r"(?:name|description)|"
    r"(?:remarks?|comments?|notes?|description|title|summary|text) field|"
    r"subject line)\b"
    r"(?: field)?(?: (?:of|for) (?:the |an? )?\S+| u\S*\d+)? ?(?:is|reads|says|shows|=|"
    r":)[^\n]*|"
    r"\b(?:alias|user agent|certificate|cn=|mqtt|topic|sticker|label on|tag on|"
    r"written on|"
    r"printed on|(?:was|is|were|been) (?:named|called|labell?ed|titled))\b[^\n]*|"
    r"\b(?:hotspot|network|device|phone|tablet|laptop|printer|tv|speaker|headset|watch|"
    r"access point|file|folder|group|channel)s?\b[^.\n]{0,20}\b(?:called|named|"
    r"labelled|titled)\b[^\n]*|"
    r"\b(?:names?|nicks?|alias|labels?|captions?) of (?:the|an?|his|her|my|our|your) "
    r"(?!cell|site|sector|node)[a-z]+ ?(?::|is\b|=|reads\b)[^\n]*|"
    r"\b(?:apn|caller id|beacons?|advertisements?)\b[^\n]*|\brenam\w+\b[^\n]*|"
    r"\b(?:announc|call|introduc|identif|present|nam|advertis)\w* itself\b[^\n]*|"
    r"(?<!cell )(?<!site )(?<!sector )\b(?:names? ?(?:is|are|was|reads?|says|:|=)|"
    r"(?:host-?name|(?:licen[cs]e |number |name ?)?plate|song|ssid|nickname|user-?name|"
    r"pass(?:word|phrase)|motto|slogan|playlist|album|file-?name|headline|"
    r"call ?sign|domain|(?:sur|last|first|middle|family|given|maiden|stage|pen|project|"
    r"code|brand|product|model|net|team|group|company|file|machine|server|printer|"
    r"phone|router|machine|game) ?name|title|lyrics|caption|inscription|"
    r"e-?mail address|"
    r"signature|avatar|status line|bio|tag ?line|hash ?tag|voucher|barcode|qr code)s?\b"
    r"[^.:;=\n]{0,40}?(?::|=|\b(?:is|are|was|reads?|says?|goes|contains?|states?|"
    r"shows?)"
    r"\b))(?!(?: [a-z]+){1,3}[,;] )[^\n]*|"
    r"(?:\b(?:am|are|gets?|go(?:es)? by|known|better known)|'m|'re|'s) (?:now |also |"
    r"really |officially |actually |only )?(?:called|named|nicknamed|known as|dubbed|"
    r"christened|entitled(?! to)|titled|the name|as)(?= \W?[a-z]+[ -]\S+)[^\n]*|"
    r"\b(?:knows?|knew|refers? to|address(?:es)?) (?:me|him|her|us|it|them) as\b[^\n]*|"
    r"\b(?:crossword|puzzle|sudoku|riddle|quiz|wallpaper|screen ?saver|lock screen)s?\b"
    r"[^.\n]{0,20}:[^\n]*|\b[a-z]+ text ?(?::|=|\breads|\bsays)[^\n]*|"
    r"\b(?:if|sys|neighbou?r|peer|remote)[ -]?(?:descr(?:iption)?|name)\b[^\n]*|"
    r"\bfriendly ?=[^\n]*|\b(?:call|name|nickname|christen|dub)(?:s|ed|d) "
    r"(?:his|her|my|our|their|its) [a-z]+ (?![a-z]+ing\b|at \W?\d|to\b|in\b|on\b|"
    r"for\b|when\b|and\b|about\b)"
    r"[^\n]*|"
    r"\b(?:call|name|nickname|christen|dub)(?:s|d|ed)? (?:me|us|himself|herself|"
    r"themselves|myself|ourselves) (?!back\b|at \W?\d|at (?:noon|home|work|the)\b|"
    r"if\b|when\b|again\b|on\b|to\b|before\b|after\b|"
    r"later\b|by\b|in\b|for\b|as soon\b|any\b)[^\n]*"
)
_DOCUMENT = re.compile(
    r"(?s)\b(?:retriev(?:ed|al)|rag|vector (?:store|database|db)|commit message|"
    r"guest ?book)\b[^\n:]{0,40}:(?!\d).*|"
    r"\b(?:document|page|result|chunk|passage|source|snippet|item) \d+ of \d+\b.*|"
    r"(?:\[|<|-{2,4} ?|={2,4} ?|\b)(?:retrieved|forwarded|attached|quoted|external|"
    r"scraped|pasted|original) (?:document|message|text|page|article|passage|content|"
    r"mail|email|web ?page|snippet|chunk)\b.*"
)
_MACHINE = (
    r"(?:ai|a\.i\.|assistant|agent|bot|chatbot|copilot|language model|llm|program|"
    r"software|machine|robot|automation|algorithm|computer|parser|optimi[sz]er)"
)
_ELSEWHERE = re.compile(
    r"(?s)\b(?:found|seen|read|copied|taken|quoted|pasted|pasting|posted|published)\b"
    r"[^.\n]{0,20}\b(?:on|in|from|by|what)\b[^.\n]{0,20}\b(?:web|wiki|internet|forum|"
    r"blog|social media|customers?|subscribers?|users?|twitter|facebook|chat|site)\b.*|"
    r"\b(?:found|saw|got|received|picked up) (?:this|that|an?|the) (?:\w+ )?(?:note|"
    r"paper|sheet|slip|text|message|letter|card)\b.*|"
    r"\b(?:from|according to|see) (?:the|a|an|our) (?:wiki|web ?page|web|internet|"
    r"forum|blog|tweet|post|chatbot)\b.*|(?:^|(?<=\n))[ ]{0,9}(?:fw|fwd|wg|tr) ?:.*|"
    r"\bwrote ?:.*|\btweet(?:s|ed)?\b.*|\b(?:chat|call) (?:log|history|transcript)\b.*|"
    r"\b(?:attachments?|brochures?|leaflets?|flyers?|newspapers?|magazines?|"
    r"television|tv(?! (?:crew|team|van|station|truck|show|broadcast)|\))|"
    r"posters?|catalogues?|manuals?|stud(?:y|ies)|handbooks?|articles?|adverts?|"
    r"websites?|web ?pages?|hotspots?(?! u\d)|wi-?fi|firmware string|status message|"
    r"data ?sheet|bill ?boards?|pamphlets?|novel|story|screenplay|lyrics|poem)\b"
    r"[^.\n]{0,40}(?::|\b(?:says?|writes?|contains?|reads?|broadcasts?|states?|shows?|"
    r"claims?|mentions?|promises?|recommends?|suggests?|advertises?|guarantees?|to)"
    r"\b).*|\bsource: ?\S+\.\w+.*|"
    r"(?:^|(?<=\n))(?:context|passage|document|article|input|data|question):.*|"
    r"\b(?:pdf|document|file|page|letter|fax|scan|paper|memo)s?\b[^.\n]{0,40}"
    r"\b(?:reads?|says?|states?|contains?|as follows)\b.*|"
    r"\b(?:mail|e-?mail|message|text|note)s?\b[^.\n]{0,30}\breads? (?:as follows|"
    r"thus)\b.*|\b(?:found|left|lying|lay) (?:in|on|at|under|near)\b[^.:\n]{0,30}: ?"
    r"(?:an?|this|the) .*|"
    r"\b(?:kb|knowledge|help|forum|wiki|blog|news|support) (?:article|entry|page|post|"
    r"item|thread)s?\b.*|\buser-(?:contributed|generated|submitted|supplied)\b.*|"
    r"\b(?:answered|replied|posted|commented|hallucinated)\b[^.:\n]{0,30}:(?!\d).*|"
    r"\b(?:cop(?:y|ies)|logs?|protocols?|screenshots?|photos?|recordings?) of (?:an?|"
    r"the|our|my|his|her) (?:\w+ )?(?:chat|conversation|mail|e-?mail|message|post|page|"
    r"call|text|letter|screen|document)s?\b.*|"
    r"\b(?:google|bing|wikipedia|reddit|stack ?overflow|youtube|facebook|twitter|"
    r"linkedin|quora|tiktok|instagram|whatsapp|telegram)\b.*|"
    r"\btranscript\b.*|\b(?:search results?|knowledge base|(?:summary|abstract|text|"
    r"content|translation) of (?:the|an?|this) (?:pdf|document|file|page|article|mail|"
    r"e-?mail|attachment|book|letter))\b.*|"
    r"\b(?:excerpt|extract|snippet|quote|citation)s?\b[^\n:]{0,40}:.*|"
    r"\b(?:sms|texts?|messages?|mails?|e-?mails?|calls?|voice ?mails?|letters?|notes?|"
    r"complaints?|posts?|requests?) (?:from|of|by) (?:an? |the |some |our |"
    r"one )?(?:unknown|"
    r"anonymous|customers?|subscribers?|users?|u\d+|callers?|guests?|visitors?|"
    r"strangers?|neighbou?rs?|residents?|tenants?|devices?)\b.*|"
    r"\b(?:customers?|subscribers?|users?|people|residents?|neighbou?rs?|callers?|"
    r"guests?|"
    r"visitors?|readers?|viewers?|listeners?|somebody|someone|they) (?:say|says|said|"
    r"claims?|claimed|thinks?|believes?|"
    r"insists?|tells? us|told us|complains?)\b.*|\banonymous (?:call|caller|tip|"
    r"hint)\b.*|\b(?:comments?|repl(?:y|ies)|reviews?) (?:under|below|to|on) (?:the|"
    r"an?|"
    r"our|his|her) (?:\w+ )?(?:article|post|video|page|blog|tweet|story|photo)s?\b.*"
)
_POWERS = (
    r"(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines?|guards?|constraints?|"
    r"restrictions?|safeguards?|commands?|directives?|protections?|filters?|safety|"
    r"permissions?|checks?|validation|context)"
)
_TO_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|overrule|skip|circumvent|disable|"
    rf"suspend|discard|drop)\b(?: [\w'-]+){{0,5}} {_POWERS}\b|"
    rf"(?m:^[ \t]{{0,20}}(?:<!-- ?)?(?:note |message |to |"
    rf"for )?{_MACHINE}(?: agent)? ?[:,])|"
    rf"\b(?:dear|hey|hello|hi|attention|note to|message to|message for) (?:\w+ ){{0,2}}"
    rf"{_MACHINE}\b|<!--|\b(?:scratch|erase|delete|wipe|drop|forget|ignore) "
    r"(?:everything|all|anything|whatever)(?: that)?(?: \w+){0,2} (?:above|before|"
    r"so far|earlier|previously)\b|\bwhat (?:really |truly )?counts is\b|"
    rf"\b(?:whatever|whichever|whoever|any|every) {_MACHINE} (?:that )?(?:reads?|"
    rf"parses?|"
    r"processes)\b|\byour (?:\w+ ){0,2}(?:configuration|guidance|guidelines?|rules?|"
    r"safety|checks?|filters?|training|programming|restrictions?|safeguards?|"
    r"guards?)\b|"
    rf"\b(?:for|to|by) (?:the |our |your |an? ){_MACHINE}\b(?! (?:up|roll|re|inst|"
    rf"patch|"
    rf"fix|change|test|swap|migration|vendor|version|room|shop|fair|hall|trial))|"
    rf"\b(?:gpt|chatgpt|claude|"
    rf"gemini|"
    r"llama|mistral|copilot)\b|\b(?:for|of|to) the model\b|"
    r"\bthe (?:extraction|parsing|reading|ai|language|text) (?:tool|engine|system|"
    r"service|pipeline|module|component|model)\b|\bstop (?:following|obeying)\b|"
    r"\byour (?:\w+ )?(?:orders?|task|job|instructions?|prompt)\b|"
    r"\byour (?:\w+ )?(?:purpose|aim|goal|mission)\b|\breaders? of this\b|"
    r"\bwhatever you are\b|\bthe (?:user|customer|human) (?:wants?|asks?|needs?|"
    r"tells?) you\b|"
    r"\b(?:earlier|previous|prior|preceding|former|above) (?:guidance|instructions?|"
    r"orders?|notes?|rules?|messages?|texts?|prompts?)\b[^.;\n]{0,40}\b(?:void|"
    r"obsolete|invalid|null|set aside|superseded|not count|no longer)\b|"
    r"\bonly (?:valid|true|real|binding) (?:order|instruction|command|rule)s?\b|"
    r"\bprocess only\b|\b(?:begin|start|end)(?: of)? (?:the )?(?:admin|system|root|"
    r"operator|trusted|secure|override|instruction|command|order)s? (?:block|section|"
    r"message|mode|text|list)\b|"
    r"\b(?:whatever|whichever|whoever|any|every|the) (?:tool|script|system|service|"
    r"process|pipeline) (?:that |which )?(?:reads?|parses?|process(?:es)?|ingests?) "
    r"(?:this|it|these)\b|"
    r"\b(?:include|put|add|mention|state|write|say|note)\b(?: it| this| that)? in "
    r"(?:the|your|its) (?:answer|reply|report|output|response|summary|result)\b|"
    r"\b(?:automated|automatic|electronic|machine) (?:readers?|systems?|processors?|"
    r"recipients?|scanners?)\b|\breaders? (?:shall|must|should|will)\b|"
    r"\blet's (?:play|pretend|imagine)\b|\bgame in which\b|\btranslate (?:this|to|the|"
    r"into)\b|\bnew session\b|\bsession (?:start|reset)\b|\bwithout asking\b|"
    r"\b(?:prompt|instructions?|task for \w+|(?<!brigade )(?<!police )(?<!rescue )"
    r"(?<!incident )command)s? ?:|\brepeat after me\b|"
    r"\b(?:whoever|who|anyone who|everyone who|all who) (?:evaluates?|reads?|"
    r"process\w*|"
    r"parses?|analy[sz]es?|interprets?|summari[sz]es?|condenses?|extracts?) this\b|"
    r"\bthis (?:text|message|note) (?:should|must|shall|has to) be (?:read|treated|"
    r"taken|handled|understood)\b|"
    r"\byou (?:were|have been|are) (?:told|given|taught|trained|programmed|instructed|"
    r"allowed|free|unlocked)\b|\bapplies to you\b|\bdo as i say\b|"
    r"\b(?:trusted|privileged|verified|authori[sz]ed) (?:section|content|text|input|"
    r"message|block|instructions?)\b|"
    r"\bsystem (?:prompt|message|override|instruction)|\bdeveloper (?:mode|message)|"
    r"\bjailbr[eo]a?k|\b(?:god|admin|maintenance|debug|root) mode\b|\badmin override\b|"
    r"\byou are (?:now|no longer|an? (?:ai|assistant|llm|language model|helpful|"
    r"bot))\b|\bas an? (?:ai|llm|language model|assistant)\b|\b(?:act|behave|"
    r"respond) as (?:if|an?|the)"
    r" (?:you|ai|assistant|admin\w*|operator|regulator|root)|\bpretend (?:to be|"
    r"that|you)|"
    r"<\/?(?:system|user|assistant|instructions?|inst|prompt|policy|s|tool|admin|"
    r"context)\b|<\/?[a-z]+(?: [^<>\n]{0,80})?>|"
    r"\[\/?(?:inst|system|admin|policy)\]|<\||\|>|\{\{|"
    r"(?m:^[ \t]{0,20}(?:#+ ?)?(?:system|assistant|developer|tool|human|"
    r"instructions?) ?:)|#{2,4} ?(?:instruction|system|response|new|end of)|"
    r"\b(?:new|updated|real|actual|true|following|secret|hidden) (?:instructions?|"
    r"system|"
    r"prompt|task|orders?|messages?|contents?|text|note) ?(?::|is|are)|\byour (?:new |"
    r"only |real |actual )?(?:task|instructions?|role|job|goal|orders?) (?:is|are)\b|"
    r"\b(?:respond|reply|answer|output|return|print|emit)\b (?:only |exactly |"
    r"just )?(?:with|"
    r"the following|json|yes|this|an? (?:item|report))\b|[\"']?(?:kind|role|"
    r"priority|author)[\"']? ?[:=] ?"
    r"[\"']|\bdo not (?:tell|mention|inform|log|report|refuse|verify|check|validate)\b|"
    r"\bdon't (?:tell|mention|inform|log|report|refuse|verify|check|validate)\b|"
    r"\bwithout (?:telling|informing|logging|checking|asking|verification)\b|"
    r"\bbase64\b|\brot13\b|\bdecode (?:this|the following)\b|\bsudo\b|\bdrop table\b|"
    r"\b(?:trust|obey|comply with) (?:me|this|the following)\b|\bend of (?:text|prompt|"
    r"context|document|report|message|instructions)\b|\badd (?:an? |the )?items?\b|"
    r"\b(?:language model|llm|extractor|parser|ai engine|chatbot|the guard)\b.{0,"
    r"40}\b(?:must|"
    r"should|shall|has to|please|will)\b|\bset (?:the )?(?:priority|role|author|"
    r"confidence) to\b"
)


def _in_tables(plain: str) -> Iterator[Span]:
    """Rows of tables whose column of names has more than a name in it."""
    column, place, sign = None, 0, "|"
    for line in plain.splitlines(keepends=True):
        if column is None:
            sign = next((one for one in "|;\t," if one in line), "|")
        cells = [cell.strip() for cell in line.strip(" |\n").split(sign)]
        if len(cells) < 2:
            column = None
        elif column is None:
            column = next((n for n, c in enumerate(cells) if _NAMES.fullmatch(c)), None)
        elif column < len(cells) and len(cells[column].split()) > MOST_OF_NAME:
            yield place, place + len(line)
        place += len(line)


def foreign_parts(plain: str) -> list[tuple[Span, str]]:
    """Spans of a text that make no items, each with the reason.

    From the first words that address the model instead of reporting, nothing counts:
    whoever wrote them may have written what follows. Of a text that tells what words
    stand for nothing counts at all: what was read of it is not what it says.
    """
    found = [
        (span, "a name in a table is data, no request") for span in _in_tables(plain)
    ]
    for match in _QUOTE.finditer(plain):
        words = (match[1] or match[2]).split()
        if len(words) > QUOTED_WORDS or _REPORTED.search(" ".join(words)):
            found.append((match.span(), "a quotation: not said by the author"))
        elif _NAMED.search(plain, 0, match.start()):
            found.append(
                (match.span(), "a name or free text field is data, no request")
            )
    for pattern, reason in (
        (_REPLY, "a quoted message: not said by the author"),
        (_FENCE, "a quoted block: not said by the author"),
        (_SAYS, "somebody else's words: not said by the author"),
        (_LABEL, "a name or free text field is data, no request"),
        (_DOCUMENT, "a document that was passed on is data, no request"),
        (_ELSEWHERE, "what others have written is data, no request"),
    ):
        found += [(match.span(), reason) for match in pattern.finditer(plain)]
    match = _TO_MODEL.search(plain)
    if match is not None:
        start = max(
            plain.rfind(stop, 0, match.start()) + 1 for stop in ("\n", ". ", "! ")
        )
        words = " ".join(match[0].split())
        reason = f"{ADDRESSED} from here on: {words!r}"
        found.append(((start, len(plain)), reason))
    for span, stated in disclaimed(plain):
        found.append((span, f"the text says it is not to be followed: {stated!r}"))
    words = redefined(plain)
    if words is not None:
        reason = f"the text says what words stand for: {words!r}"
        found.append(((0, len(plain)), reason))
    return found


def foreign(parts: list[tuple[Span, str]], span: Span) -> str | None:
    """Why the part of a text at ``span`` is not its author's, or None."""
    for (low, high), reason in parts:
        if span[0] < high and low < span[1]:
            return reason
    return None
