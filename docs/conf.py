"""How the documentation is built: ``make docs``, offline, with warnings as errors."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

project = "rrm"
author = "the authors of rrm-engine"
copyright = author
version = release = version_of("rrm-engine")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_design",
    "mathml",
    "generated_pages",
]
exclude_patterns = ["conf.py", "extensions", "notebooks/README.md"]
root_doc = "index"

# Notebooks are kept as Python in the percent format, and run at each build.
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 60
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

autosummary_generate = False
autosummary_imported_members = False
autodoc_typehints = "none"  # numpydoc's types are shapes and units
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "rrm"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_math_renderer = "mathml"
toc_object_entries = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "rrm"},
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
