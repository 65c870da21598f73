"""``amlwrap completion``: the shell finishes commands, options, kinds and ids."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command(
    epilog="""\b
Examples:
  amlwrap completion bash > ~/.local/share/bash-completion/completions/amlwrap
  amlwrap completion zsh > ~/.zfunc/_amlwrap
  amlwrap completion fish > ~/.config/fish/completions/amlwrap.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that teaches SHELL to complete amlwrap's commands, options and ids."""
    found = get_completion_class(shell)
    assert found is not None
    root = context.find_root()
    script = found(root.command, {}, "amlwrap", "_AMLWRAP_COMPLETE")
    click.echo(script.source_template % script.source_vars())
