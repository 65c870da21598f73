from __future__ import annotations

from importlib import metadata

project = "amlwrap"
author = "The amlwrap developers"
copyright = author
release = metadata.version("amlwrap")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Source"]

# References are checked (-n -W), ours alone: other projects' inventories would need the network at every build.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!amlwrap\b).*"),
    (r"py:.*", r"amlwrap\.(.*\.)?_.*"),  # what only private modules name is no part of the reference
]

html_theme = "furo"
html_title = f"amlwrap {release}"
html_static_path = ["_static"]
html_show_sphinx = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

linkcheck_timeout = 20
