"""Context database: what the network reported, what is known, decided and predicted.

``ContextDatabase`` keeps it in a DuckDB file or a PostgreSQL server, ``Plausibility``
puts measurements aside that cannot be, ``QUANTITIES`` has their 3GPP names and units.
"""

from twins.context_db.database import ContextDatabase as ContextDatabase
from twins.context_db.frames import read_csv as read_csv
from twins.context_db.frames import read_parquet as read_parquet
from twins.context_db.migration import SchemaError as SchemaError
from twins.context_db.plausibility import Limits as Limits
from twins.context_db.plausibility import Plausibility as Plausibility
from twins.context_db.quantities import QUANTITIES as QUANTITIES
from twins.context_db.quantities import Quantity as Quantity
