"""Whether a part of a text says that something holds: denials, questions, maybes."""

import re

from llm_bridge.questions import is_question as is_question

LOWER_DENIED = re.compile(
    r"\b(?:no|not|nothing) (?:less|lower|fewer|slower|smaller|below|under)(?: than)?\b|"
    r"(?:\b(?:may|must|shall|can|should|will|does|do|is|are) )?"
    r"(?:\bnot|\bnever|n't|\bcannot)(?: ever| be allowed to| to)?"
    r"(?: (?:let|give|grant|leave)(?: [\w:/-]+){1,4}?)?"
    r"(?: be| given| granted| left| goe?s?| falls?| drops?| dips?| sinks?| gets?|"
    r" comes?| has| have| runs?| sees?| receives?| (?:work|live|cope|manage|do|run|"
    r"play)(?:s)? (?:with|on|at))* (?:below|under|beneath|less than)\b|"
    r"\b(?:below|under|beneath|less than) [^,;.]{1,30}? (?:is|are) (?:not "
    r"(?:acceptable|allowed|permitted|tolerated|enough|ok|okay)|unacceptable)\b|"
    r"\b(?:nobody|no one|none|neither|no \w+|not (?:a single|one) \w+)\b[^,;]*"
    r"\b(?:below|under|(?:less|slower|lower) than)\b|"
    r"\bwithout (?:dropping|falling|going) below\b"
)
"""Denials that mean at least."""
UPPER_DENIED = re.compile(
    r"\b(?:no|not|nothing|never) (?:more|higher|greater|bigger|faster|larger|"
    r"longer(?= than)|above|over|beyond|louder)(?: than)?\b|"
    r"(?:\b(?:may|must|shall|can|should|will|does|do|is|are) )?"
    r"(?:\bnot|\bnever|n't|\bcannot)(?: ever| be allowed to| allowed to| to)?"
    r"(?: be| given| granted| left| go| rise| get| come| run| use| take| have| occupy|"
    r" receive| give| let| transmit| radiate| pull| draw| consume| hold| send|"
    r" climb| surf| download| upload| stream| be| travel)*(?: [\w:/-]+){0,3}?"
    r" (?:exceed\w*|above|over|beyond|more than|greater than|higher than|longer than|"
    r"faster than|surpass|top)\b|"
    r"\b(?:above|over|beyond|more than|longer than) [^,;.]{1,30}? (?:is|are) (?:not "
    r"(?:acceptable|allowed|permitted|tolerated|ok|okay)|unacceptable|forbidden)\b|"
    r"\bwithout exceeding\b|"
    r"\b(?:nobody|no one|none|neither|nowhere|no \w+|not (?:a single|"
    r"one) \w+)\b[^,;]*\b(?:more than|above|over|exceed\w*)\b|"
    r"\b(?:is )?all (?:it|they|he|she|we|that \w+) (?:may|can|is allowed to|"
    r"are allowed to)\b|"
    r"\b(?:do|does|must|need)(?: not|n't) (?:give|grant|allow|send|need) (?:it |him |"
    r"her |them |us |me )?(?:any )?more\b|"
    r"(?:\bnever|\bnot|n't) (?:ever )?let\b[^,;.]{1,50}? (?:exceed\w*|above|over|"
    r"beyond|more than)\b|\bnothing above\b|\bno later than\b|\bnot later than\b"
)
"""Denials that mean at most."""
NOT_MEANT = re.compile(
    r"\bno (?:exceptions?|ifs?|buts?|excuses?|hurry|rush|drama|offen[cs]e|worse "
    r"than)\b|"
    r"\b(?:so|so that|as|since|because|given that|while|when) (?:nobody|no one)\b"
    r"[^,;:]*[,:]|\bthrough no fault\b|"
    r"\b(?:nothing|no(?:t)? more than|not over)\b[^,;:]*\bmay\b|"
    r"\bas (?:\w+ )?(?:discussed|proposed|suggested)\b|\bthe \w+ we discussed\b|"
    r"\b(?:make|makes|making) (?:that|this|it|everything) possible\b|"
    r"\b(?:would|'d) (?:do|suffice|be (?:welcome|enough|helpful|appreciated|needed))\b|"
    r",? ?(?:but )?(?:only )?(?:if|provided|as long as|so long as) (?:that )?"
    r"(?:it|this|that|they|the \w+|there)?(?:'s| is| are| can| be)*(?: \w+)? ?"
    r"(?:poss\b\.?|possible|feasible|avoidable|avoided|fits?|works?|done|managed|"
    r"arranged|(?:allows?|permits?)(?: it| that)?)\b(?! \w)|"
    r"\b(?:up to|at (?:the )?most|no more than|only)\b[^,;]*\bmay\b|\bmay\b(?=[^,"
    r";]*\b(?:at (?:the )?most|no more than|only|up to|max\w*|not exceed|tops)\b)|"
    r"\b(?:cleared|restored|recovered|resolved|repaired|fixed|completed|finished)"
    r"[ =:]+(?:-|no|none|null|not yet)(?!\w)|"
    r"\bif (?:it|that|this) (?:can be (?:arranged|done|managed)|works|is (?:possible|"
    r"ok|feasible|no trouble))\b|"
    r"\b(?:i'm|i am|we're|we are|is|are) (?:fine|ok|okay|happy|content) with\b|"
    r"\b(?:nobody|no one) (?:needs|uses|wants|misses)\b[^:;]*:|"
    r"\bmay (?:doze|nap|rest|stay asleep|be asleep|go (?:in)?to standby)\b|"
    r"^[^;:]*\bseems? [^,;:]*(?=,? but (?:please )?(?:limit|cap|throttle|keep|hold|"
    r"quarantine|restrict|isolate) )|"
    r"\b(?:cannot|can't|can not|unable to) (?:register|connect|call|attach|log ?in|"
    r"get (?:on|through|online)|make (?:any )?calls|surf|phone)(?= ?[:,(-])|"
    r"(?:n't|\bnot|\bnever) (?:yet )?(?:returned|recovered|(?:come|been|gone) (?:back|"
    r"restored|repaired|fixed|seen|heard))(?: (?:up|on air|again|yet|since)\b)*|"
    r"\b(?:lets?|put|take|have|gets?|allow\w*) (?:it|him|her|them) back\b|"
    r"\bnothing new(?= ?:)|\bunless (?:\w+ ){0,2}otherwise(?: (?:told|stated|noted|"
    r"agreed|instructed))?\b|"
    r"\bwithout (?:the|an?|its) (?:new|spare|second|missing) \w+|"
    r"\bnot (?:[\d.,]+|a|an|the) ?\S* but\b|\bnot only\b|\b(?<!whether )\w+ or not\b|"
    r"\bno doubt\b|\bno matter\b|\bas (?:\w+ ){1,3}as usual\b|\bno end (?:date|time)\b|"
    r"\bno (?:spares?|parts?|eta|etr|estimate|crew|injur\w+|comment|news|idea|details|"
    r"info\w*|explanation|root cause|cause|reason|date|forecast|replacement)\b[^,;]*|"
    r"\b(?:cranes?|scaffold\w*|painters?|crews?|riggers?|climbers?|workers?)\b[^,;:.]*"
    r"\b(?:up|back|on site|at it)(?: again)?\b|"
    r"\b(?:others?|the rest|everything else|all else)(?: \w+)? as usual\b|"
    r"\bnot (?:yet )?(?:cleared|closed|resolved|restored|repaired|fixed)\b|"
    r"\b(?:live|do|cope|make do|manage) without\b|\bnot least\b|\bwhy not\b|"
    r"\b(?:most|maximum|all)(?: that)? (?:each|any\w*|it|they|he|she|u\d+|slice \d) "
    r"(?:may|can|could)\b|\b(?:can|could|would|might|may) [^,;.?]{1,40}? (?:be (?:kept|"
    r"limited|put|so kind|served|given|moved|held|capped|throttled|set|turned|reduced|"
    r"switched|on m\d)|please|kindly|go (?:a (?:little|bit) )?(?:quieter|lower|"
    r"easier))\b|\b(?:finished|over|done|gone|through) by (?:about )?"
    r"(?=\d|noon|midnight|half|quarter|\w+ o'clock)|"
    r"\bno problem\b|\bto whom it may concern\b|\b(?:and )?not an? (?:single )?"
    r"(?:bit|watt|picowatt|nanowatt|milliwatt|hertz|megahertz|kilobit|megabit|block|"
    r"second|millisecond|decibel|percent|inch)s? (?:more|less|longer|later)\b|"
    r"\bor (?:else )?(?:it|he|she|they|we|i) (?:won't|will not|can't|cannot|don't|"
    r"doesn't)\b[^,;.]*|"
    r"\bno worries\b|\b(?:fine|ok|okay) (?:with|by) (?:me|us)\b|\b(?:don't|"
    r"do not) worry\b|^\W*no, |"
    r"\bwould be (?:fine|ok|okay) with\b|\bnot (?:yet )?back\b|\b(?:does|do)(?:n't|"
    r" not) (?:matter|count)\b|\b(?:don't|do not|"
    r"never) forget\b|\bwithout (?:fail|exception|"
    r"delay)\b|\b(?:if|as soon as|as early as) (?:at all |anyhow |"
    r"somehow )?(?:possible|feasible)\b|\bif (?:you )?(?:possibly )?(?:can|please)\b|"
    r"\b(?:grateful|glad|pleased|nice|great|good|grand|lovely|kind|helpful|happy|"
    r"obliged|appreciate\w*)"
    r"(?: it)? if (?:[\w']+ ){1,4}?(?:could|would|can)\b|"
    r"\bwould (?:like|need|want|appreciate|ask|prefer|rather|sooner|help|"
    r"be (?:nice|glad|good|great|pleased|better|best|"
    r"happy|happier)(?: if (?:you|we|someone|somebody|the noc) (?:could|would|can|"
    r"did(?:n't| not)?))?)\b|\b(?:can|could|would) you\b|"
    r"\b(?:can|could|would) (?:someone|somebody|anyone|anybody) please\b|"
    r"^\W*(?:can|could|would) (?:someone|somebody|anyone|anybody)\b|"
    r"\b(?:can|could) (?:i|"
    r"we) (?:please )?(?:get|have)\b|\b(?:until|till)\b(?! further| now)[^,;.]*|"
    r"\b(?:expected|should be|will be|to be|estimated|due|hope to be|aim to be)"
    r"(?: to be)? (?:back|restored|fixed|repaired|resolved|up|finished|over)\b|"
    r"\bback to normal (?:at|by|around|from) (?:about )?\d\d?[:.h]\d\d|"
    r"\b(?:did|does)(?: not|n't) help\b|\bno (?:luck|success)\b|\bwithout success\b|"
    r"\bback (?:by|at|around)\b|\b(?:to|for) (?:save|avoid|prevent) [\w ]*\b|"
    r"\b(?:grateful|glad|happy|obliged|appreciate|nice|good|great|grand|kind|lovely|"
    r"super|wonderful|fantastic|helpful|pleased)(?: it)? if (?=you|we|he|she|they|it\b|"
    r"somebody|someone|none|no\b|nobody|the\b|u\d|m\d)"
)
"""What looks like a denial or a condition and is none."""
_DENIED = re.compile(
    r"\bno\b(?!\.)|\bnot\b|n't\b|\bnever\b|\bwithout\b|\bneither\b|\bnor\b|\bnone\b|"
    r"\bnothing\b(?! (?:above|below|more|over|under|less|beyond))|\btoo \w+ to\b|"
    r"\bcannot\b|\bno one\b|\bnobody\b|\binstead of\b|\brefrain\b|\bstop(?:ped|s)? "
    r"(?:the|all|any)\b|\bdeni(?:es|ed)\b|\bunaffected\b|\brule[sd]? out\b"
)
OVER = re.compile(
    r"\b(?:swap|upgrade|works?|replacement|repairs?|reboot|reset|maintenance|job|"
    r"installation|update|test) (?:is |was |has been |now )*(?:done|finished|"
    r"complete[d]?)\b(?! (?:at|by|around) (?:about )?\d\d?(?:[:.]\d\d)?\W*$)|"
    r"\bas (?:always|ever|before)\b|\bmistook\b|\bmistaken\w*|\bwrongly\b|"
    r"\b(?:no|without) changes?\b|\bunchanged\b|\bnothing (?:new|changes)\b(?! ?:)|"
    r"\b(?:was|is|has been|have been|were|are|been|gets?) (?:removed|deleted|released|"
    r"repealed)\b|\bcancel\w*|\bcalled off\b|\bcall off\b|\bscrapped\b|"
    r"\bpostponed\b|\bput off\b|\b(?:is|was|are|been) (?:extended|prolonged) (?:to|"
    r"until|till|by)\b|"
    r"\bback (?:up|in|on|to normal|again|online|at full)\b|\b(?:came|come|comes|is|are|"
    r"put|brought) back\b|\brestored\b|\brecovered\b|\bresolved\b|\bcleared\b|"
    r"\ball[- ]clear\b|"
    r"\b(?:is|are|was|now) over\b|\b(?:ended|lapsed|terminated|ran out)\b|"
    r"\boutage over\b|\bhas ended\b|\bhave ended\b|\blifted\b|"
    r"\bwithdrawn\b(?! from)|\brevoked\b(?! from)|\bobsolete\b|\brescinded\b|\bfalse "
    r"(?:alarm|positive)\b|\bno longer\b|\bup (?:and running|again)\b|\b(?:is|are|"
    r"was|been|got|now) fixed\b|"
    r"\brepaired\b|\bhealthy\b|\bfine\b|\bdisregard\b|\bscrap\b|\bvoid\b|\bforget\b|"
    r"\bignore\b|\bback to normal\b|\bworks again\b|\bworking again\b|\bhas stopped\b|"
    r"\bout of (?:the )?quarantine\b|\b(?:withdraw|withdrew|retract)\w* (?:my|our|his|"
    r"her|their|the) (?:request|order|wish|demand|application|report)\b|"
    r"\b(?:unnecessary|superfluous|redundant|pointless|moot)\b|"
    r"\bwrong (?:mast|cell|site|sector|name|number|place|one|tower|row|line|"
    r"building)\b|"
    r"\bdid(?:n't| not) happen\b|\baborted\b|\babandoned\b|\bstands? down\b|"
    r"\bstood down\b|\bclosed\b(?=[^,;]*ticket)|"
    r"(?<!high )(?<!much )(?<!many )(?<!busy )(?<!big )\bas usual\b|"
    r"\bwas a (?:mistake|test|drill|typo)\b|"
    r"\bturned out\b|\bwas (?:only|just)\b|\bby our own\b|\bin error\b|\bby mistake\b|"
    r"\bis clean\b|\bharmless\b|\bcalmed down\b|\bsubsided\b|\bwrapped up\b|"
    r"\bcompleted\b|"
    r"\b(?:quarantine|isolation|ban|blocking) (?:ends?|is lifted|stops?)\b|"
    r"\bafter (?:the |its |an? |last \w+ )?(?:maintenance|upgrade|reboot|restart|swap|"
    r"replacement|outage|repairs?|works?)\b|\b(?:caps?|limits?|floors?|guarantees?|"
    r"restrictions?|bans?|blocks?) (?:is |was |has been |now )?(?:removed|deleted|"
    r"dropped|gone|ended|lapsed|expired)\b|"
    r"\b(?:remove|lift|drop|delete|end|withdraw|take away|revoke|repeal)\w* (?:the|"
    r"that|this|any|all|its|his|her|their)(?: \S+){0,4} (?:limits?|caps?|floors?|"
    r"guarantees?|restrictions?|bans?|blocks?|bounds?)\b|"
    r"\boperational\b|(?<!, )\bfinished\b|\bfinished\b(?! at )|\[(?:closed|resolved|"
    r"cleared|done|cancell?ed)\]|"
    r"\bstatus:? {0,3}=?(?:is )?(?:closed|resolved|cleared|ok|done|cancell?ed|up)\b|"
    r"\b(?:was|were|is|are|been) (?:rejected|declined|deferred|turned down|shelved|"
    r"dropped|refused)\b|\brejected (?:by|because)\b|\bon hold\b|\b(?:will|does|do|"
    r"did) not take place\b|\bwon't (?:take place|happen)\b"
)
"""Words that end or take back what was said."""
NO_EFFECT = re.compile(
    r"\b(?:no|without|zero) (?:\w+ )?(?:impact|effect|interruption|consequences?)\b|"
    r"\bwhich (?:we |i |they |he |she |it )?(?:can't|cannot|won't|don't|do not|isn't|"
    r"is not|are not|does not|doesn't|nobody)\b|"
    r"\b(?:nothing|not|none) (?:here|for us|in our area)\b|\bnot our (?:area|problem|"
    r"network|cells?)\b|\b(?:not|non)[- ]service[- ]affecting\b|\bhitless\b|"
    r"\b(?:cells?|sites?|sectors?|it|they|everything|service|traffic) "
    r"(?:stays?|remains?|keeps?) (?:on air|up|in service|live|unaffected)\b|"
    r"\b(?:cells?|sites?|sectors?|radios?|transmitters?) (?:itself|themselves) "
    r"(?:still )?(?:works?|runs?|serves?|transmits?|(?:is|are) (?:still )?(?:fine|ok|"
    r"okay|up|on))\b|"
    r"\bin service upgrade\b|\b(?:but|and|though|although|yet) (?:it |"
    r"they )?(?:still )?(?:keeps?|still|continues?(?: to)?|goes on|carries on|"
    r"remains?|stays?) (?:on )?(?:transmit\w*|serv(?:e|es|ing)|working|carry\w*|on air|"
    r"operational|radiating|in service)\b"
)
"""What a sentence says of works that leave cells on air."""
UNREAL = re.compile(
    r"\b(?:drill|rehearsal|dry run|joke|quiz|riddle|question|example|"
    r"homework|test case) ?:(?!\d)|"
    r"^ ?(?:for (?:instance|example),|say,? (?:we|that|you)\b)|"
    r"\b(?:i|we) (?:dream\w*|imagine[ds]?|wish(?:ed)?|bet)\b|\bfor (?:comparison|"
    r"reference)\b|\b(?:on paper|in theory|"
    r"hypothetical\w*|supposedly|allegedly|apparently|reportedly|"
    r"unconfirmed|(?:just |only )?(?:kidding|joking)|rumou?r\w*|for fun)\b"
)
"""What a sentence says of itself that is only played, planned or told."""
NO_TITLE = re.compile(
    r"\b(?:done|ideas?|rumou?rs?|next (?:week|month|year)|archive|history|examples?|"
    r"questions?|maybe|wish ?list|backlog|yesterday|closed|completed|for information|"
    r"old|past|drafts?)\b"
)
"""Titles of lists that state nothing for now."""
TOLD = re.compile(r"\b(?:was|were|had|went)\b")
ANSWERED_NO = re.compile(
    r"(?:: ?| - )(?:no|nope|never|not (?:now|today|yet|approved|granted|needed|"
    r"possible)|denied|"
    r"rejected|declined|refused|withdrawn|cancell?ed|done|finished|over|achieved|met|"
    r"fulfilled|reached|passed|ok|okay|kept)\W*$"
)
"""What a sentence ends with that asks or tells something, and what became of it."""
CLOSED_TICKET = re.compile(
    r"\b(?:tickets?|incident|alarm|case|inc\d*|tkt\d*|tt)\b[^.]*\b(?:closed|resolved|"
    r"cleared|cancell?ed)\b(?! ?[=:]? ?(?:-|no\b|none|null|"
    r"n/a))(?<!not cleared)(?<!not closed)(?<!not resolved)|"
    r"\bno (?:fault|trouble) found\b"
)
_ENDED = re.compile(
    r"\ball (?:is |are )?(?:ok|okay|fine|good|clear|well)\b|"
    r"\b(?:restored|recovered|resolved|cleared|repaired|fixed|completed|finished|"
    r"up and running|works? again|working again|operational)\b|\bback (?:in service|"
    r"online|up|again|to normal|on air)\b|\b(?:is|are) (?:over|back|closed)\b|"
    r"^\W*(?:he|she|it|they|that|all) (?:is|are|was|were) (?:fine|ok|okay|clean|"
    r"harmless|innocent|legitimate)\b"
)
_MAYBE = re.compile(
    r"\b(?:talk|talks|idea|thoughts?|question|possibility|option|danger|risk|chances?|"
    r"proposals?|fear|hopes?|thinking|dreams?|threat) of \w+ing\b|"
    r"\b(?:let|tell|inform|notify|call|alert|ping|remind) (?:me|us|him|her|"
    r"them)(?: know)?(?: by \w+)? (?:when|whenever|if|once|as soon)\b|"
    r"\b(?:a|another|some|any) (?:\w+ )?plans? (?:to|for|of)\b|"
    r"\b(?:he|she|those|anyone|anybody|everyone|everybody) who\b|\bwhoever \w+ed\b|"
    r"\bdoubt(?:s|ed)?\b|\b(?:the|an?|his|her|their|your|our|this|that) (?:request|"
    r"application|proposal|wish|demand|attempt|offer|threat) (?:to|for|that)\b"
    r"(?![^.;]*\b(?:approved|granted|accepted|agreed)\b)|"
    r"\bonly (?:when|after(?! \d)|while|during the time)\b|"
    r"\bnothing (?:is |was |has been )?(?:yet )?(?:decided|agreed|fixed|signed)\b|"
    r"\b(?:please|can you|could you|kindly) (?:confirm|check|verify|find out|clarify|"
    r"let (?:me|us) know|tell (?:me|us))\b|\bif\b|\bin case\b|\bunless\b|"
    r"\bwhether\b|\bwould\b|\bmight\b|\bcould\b|"
    r"(?<!\b\d )(?<!\b\d\d )(?<!\d\. )(?<!of )(?<!in )\bmay\b"
    r"(?! (?:therefore |thus |then |also )?not\b| hover\b| let\b| doze\b| come to \d|"
    r" only\b| use\b| take\b| have\b| get\b| receive\b| go to sleep\b| sleep\b|"
    r" hibernate\b| be (?:used|put|sent|switched)\b| \d| never\b)|"
    r"\bpossibl[ey]\b|\bperhaps\b|\bmaybe\b|\brumou?rs?\b|\bhypothetical\w*|"
    r"\bwhat happens\b|\bsuppos(?:e|ing)\b|\bimagine\b|\bfor example\b|\be\.g\.|"
    r"\bunconfirmed\b|\bsimulat\w*|\bin theory\b|\bscenario\b|\bought to be "
    r"(?:\w+ed\b|~)|\bconsider(?:ing|ed)?\b(?! it| them)|"
    r"\bthinking (?:about|of)\b|\bdiscuss\w*|\bwonder\w*|\bassum(?:e|ing)\b|"
    r"\bshould (?=\S+ (?:fail|go down|break))|\bwere to\b|\bidea of\b|\bplan b\b|"
    r"\bunlikely\b|\bin the event\b|\bonce upon\b|\bsupposedly\b|\ballegedly\b|"
    r"\bremember when\b|\bpropos\w*|(?<!video )\bconsultation\b|\binvited to\b|"
    r"\bsuggest\w*|"
    r"\bpending\b|\bawaiting\b|\bsubject to\b|\btentativ\w*|\bprovisional\w*|"
    r"\bdepend(?:s|ing) on (?:whether|how|what|who|the (?:weather|vendor|crew))\b|"
    r"\b(?:plan|intend|want|like|going|hope|try|trying|about|decided) to (?:ask|apply|"
    r"request|propose|suggest|discuss|negotiate|find out|look into|see whether)\b|"
    r"\b(?:have|has|will) (?:ask|asked|apply|applied) (?:the|for)\b|"
    r"\bpretend\w*|\bjok(?:e|es|ing)\b|\bkidding\b|\brehears(?:al|ed)\b|\bquiz\b|"
    r"\btextbook\b|\b(?:i|we|he|she|they|you) offered\b|"
    r"\b(?:looks?|appears?|shows? up) (?:as |like |to be )?(?:dead|down|off|out|"
    r"dark)\b|\bapparently\b|\breportedly\b|\bseems?\b|\balmost\b|"
    r"\bnearly\b|\bdraft\w*|\bplaying with\b|\btoying with\b|\btempted\b|"
    r"\bclaim(?:s|ed)?\b|\brumou?red\b|\bhopes?\b|\bhoping\b|\bhoped\b|"
    r"\bnegotiat\w*|\bbeing discussed\b|\bunder (?:discussion|review|consideration)\b|"
    r"\bapplication (?:for|concerning|to)\b|\bappl(?:y|ied|ies) for\b|\breceipt of\b|"
    r"\bdecision (?:will|is)\b|\bto be decided\b|\btbd\b|\btbc\b|"
    r"\b(?:outage|fire|failure|emergency) drill\b|\bon paper\b|\bdry[- ]run\b|"
    r"\btable-?top\b|\bguess(?:es)?\b|\bwhat if\b|\bpros and cons\b|\boption\b|"
    r"\balternativ\w*"
)
_WAS = re.compile(
    r"(?<!is )(?<!are )(?<!be )(?<!been )\b(?:planned|wanted|intended|hoped|meant|"
    r"decided not) to\b|\b(?:was|were) (?:to|going to|supposed to|meant to|about to) |"
    r"\b(?:outage|fault|failure|interruption|maintenance|problem|works?|attack|radar|"
    r"rain|storm|surge|peak)s? (?:was|were|had been|lasted)\b(?!.*\bsince\b)|"
    r"\bthere (?:was|were)\b(?!.*\bsince\b)|\bthanks?(?: \w+)? for\b|\b(?:workshop|"
    r"training|post-?mortem|slides|"
    r"documentation|statistics|invoice|presentation|lessons learned|report on)\b|"
    r"\b(?:drove|walked|tested|noticed|observed|experienced)\b|\b(?:was|were|"
    r"had been)(?: only| still| briefly)? (?:down|dark|dead|off|out|"
    r"unavailable|offline|limited|capped|throttled|asleep|at|above|below|on|in|under|"
    r"running|serving|served)\b(?!.*\bsince\b)|\bused to\b|\bran\b|\bhad (?:a|an|"
    r"the|to|"
    r"two|three)\b|\bwent (?:well|fine|smoothly)\b|\btook place\b|\bremembered\b|"
    r"\b(?:until|till|up to) now\b|\bso far\b|\bhitherto\b|"
    r"\b(?:was|were) (?:about |only |just |around |still )?[\d<>]|\bexpired\b|"
    r"\b(?:old|former|outdated|superseded) (?:\w+ )?(?:agreement|limit|rule|cap|floor|"
    r"contract|notice|policy|polic\w+|regulation|value|setting|target|requirement|"
    r"figure)s?\b|"
    r"\bas measured\b|\bmeasured\b|\bpeaked\b|\bat the time\b|\bback then\b|\bago,"
    r" but\b"
)
HEARSAY = re.compile(
    r"\b(?!(?:i|d|ll|we|noc|and|but|it|that|desk|control|dispatch|headquarters|hq|schedule|"
    r"calendar|plan|log|alarms?|monitoring|roster|brigade) )(?:\w+ )(?:says?|said|"
    r"writes? that|wrote that|thinks?|thought|believes?|"
    r"believed|swears?|insists?|reckons?|heard|told (?:me|us))\b(?! to\b)|"
    r"\b(?:i|we)(?:'ve)? (?:heard(?! an? )|read|was told|were told)\b|"
    r"\baccording to (?!our|"
    r"(?:the |this |my )?(?:\w+ )?(?:contract|agreement|plan|schedule|sla|permit|"
    r"licen[cs]e|regulation|order|calendar)s?\b)|"
    r"\bword has it\b|\b(?:u\d+|users?|customers?|subscribers?|tenants?|neighbou?rs?|"
    r"residents?|somebody|someone|passers?-?by|(?<!when )they) reports?\b"
)
"""What others say is so."""
_BYGONE = re.compile(r"\byesterday\b|\blast (?:night|week|month|year|weekend|\w+day)\b")
_PRESENT = re.compile(
    r"\b(?:is|are|still|now|will|shall|must|please|today|tonight|tomorrow|since|"
    r"remains?|stays?|keep|limit|needs?)\b"
)
BEFELL = re.compile(
    r"\b(?:lost|failed|died|crashed|broke|burnt|tripped|collapsed|vanished)\b"
)
"""Faults that have happened; nobody plans them."""
STILL = re.compile(r"\b(?:still|already|currently|at the moment|remains?)\b")
"""What is so now, whatever time stands beside it."""
AHEAD = re.compile(
    r"\b(?:tomorrow|tonight|night|tmrw|tmr|next|later|will|shall|going to|to be|must|"
    r"planned|scheduled|plan|please|pls|\w+day|\d{1,2}(?:st|nd|rd|th|\.)? (?:jan|feb|"
    r"mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*|20\d\d-\d\d-\d\d)\b"
)
"""What tells that a time of day that is over today is one of another day."""
_TO_COME = re.compile(
    r"\b(?:will|shall|must|to be|when|once|after|before|until|eta|etr|expect\w*|soon|"
    r"hope\w*|estimat\w*|being|by)\b"
)
_LIKELY = re.compile(
    r"\b(?:likely|probabl[ey]|expect\w*|forecast\w*|predict\w*|anticipat\w*|about|"
    r"around|roughly|approx\w*|should|estimat\w*)\b"
)


def masked(plain: str, *patterns: re.Pattern[str]) -> str:
    """Text with what the patterns find blanked out, of the same length."""
    for pattern in patterns:
        plain = pattern.sub(lambda match: "~" * len(match[0]), plain)
    return plain


def against(plain: str, may_deny: bool = False) -> str | None:
    """Why a part of a text does not say that something holds, or None if it does.

    Parameters
    ----------
    plain : str
        In plain lower case; words whose denial is part of a meaning are masked.
    may_deny : bool
        Whether denials are known to be part of the meaning: ``it emits nothing``.
    """
    left = masked(plain, NOT_MEANT, LOWER_DENIED, UPPER_DENIED)
    for pattern, reason in (
        (OVER, "the text says that it is over or called off"),
        (_DENIED, "the text denies it"),
        (_MAYBE, "the text says only that it may be"),
        (_WAS, "the text tells of the past"),
        (HEARSAY, "the text tells what others say"),
    ):
        match = pattern.search(left)
        if match is not None and not (may_deny and pattern is _DENIED):
            return f"{reason}: {match[0].strip()!r}"
    return None


def tells_of_past(before: str, plain: str) -> bool:
    """Whether a part of a sentence goes on with what the words before tell of."""
    return _BYGONE.search(before) is not None and not _PRESENT.search(plain)


def is_ended(plain: str) -> bool:
    """Whether a sentence of its own says that what was reported is over."""
    left = masked(plain, NOT_MEANT)
    return (
        _ENDED.search(left) is not None
        and not _DENIED.search(left)
        and not _MAYBE.search(left)
        and not _TO_COME.search(left)
    )


def confidence(plain: str) -> float:
    """How sure a part of a text is of itself, 0..1."""
    return 0.8 if _LIKELY.search(plain) else 1.0
