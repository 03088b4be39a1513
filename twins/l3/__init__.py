"""L3 twin: indicators, slices, rules of bands, events, and shares that are learned."""

from twins.l3.bounds import Bounds as Bounds
from twins.l3.bounds import bounds as bounds
from twins.l3.calendar import Calendar as Calendar
from twins.l3.calendar import Event as Event
from twins.l3.indicators import Indicators as Indicators
from twins.l3.indicators import indicators as indicators
from twins.l3.rules import BandRule as BandRule
from twins.l3.rules import band_limits as band_limits
from twins.l3.share_learning import ShareLearner as ShareLearner
from twins.l3.slices import Slices as Slices
