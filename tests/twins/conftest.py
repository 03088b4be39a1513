"""Fixtures of the databases."""

from tests.twins.databases import database as database
from tests.twins.databases import place as place
from tests.twins.databases import postgres_server as postgres_server
from tests.twins.databases import postgres_url as postgres_url
