"""How the documentation is built: `nox -s docs`, every warning an error."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for families.py

project = "amitrio"
author = "The amitrio developers"
copyright = "2026, the amitrio developers"  # noqa: A001 - Sphinx's name for it
release = version = importlib.metadata.version("amitrio")

extensions = [
    "families",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinxcontrib_trio",
]
html_theme = "furo"
html_title = f"amitrio {release}"
exclude_patterns = ["_build"]
default_role = "code"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# A class of a family would bring a line for each of its fields.
toc_object_entries = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "show-inheritance": True}
