"""Context database: what the network reported, what is known, decided and predicted.

``ContextDatabase`` keeps it in a DuckDB file or a PostgreSQL server, ``Plausibility``
puts measurements aside that cannot be, ``QUANTITIES`` has their 3GPP names and units.
The database alone needs the extra ``twins``, and is loaded when it is asked for.
"""

import importlib as _importlib
from typing import TYPE_CHECKING

from twins.context_db.frames import read_csv as read_csv
from twins.context_db.frames import read_parquet as read_parquet
from twins.context_db.plausibility import Limits as Limits
from twins.context_db.plausibility import Plausibility as Plausibility
from twins.context_db.quantities import QUANTITIES as QUANTITIES
from twins.context_db.quantities import Quantity as Quantity

if TYPE_CHECKING:
    from twins.context_db.database import ContextDatabase as ContextDatabase
    from twins.context_db.migration import SchemaError as SchemaError

_LATER = {
    "ContextDatabase": "twins.context_db.database",
    "SchemaError": "twins.context_db.migration",
}


def __getattr__(name: str) -> object:
    """What is loaded when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_importlib.import_module(_LATER[name]), name)
