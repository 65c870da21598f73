"""A process that creates, tags, deletes and runs as fast as it can in one folder, and says what it did."""

from __future__ import annotations

import sys
from pathlib import Path

from amlwrap.local.engine import open_engine
from tests.killing import TYPES, announced, ask, requests


def say(line: str) -> None:
    """Tell whoever reads."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(home: str, name: str, n_stories: str) -> None:
    """Tell so many stories under *name*, without waiting for any, then do whatever is left to be done."""
    announced(say)
    with open_engine(Path(home)) as engine:
        for number in range(int(n_stories)):
            kind = list(TYPES)[number % len(TYPES)]
            story = f"{kind[0]}{name}{number}"
            for operation, told, request in requests(story, kind):
                ask(engine, operation, request)
                say(f"acknowledged {told}")
            tags = [{"Key": f"k{n}", "Value": story} for n in range(5)]
            ask(engine, "AddTags", {"ResourceId": f"ml-{story}", "ResourceType": "MLModel", "Tags": tags})
            ask(engine, "DeleteTags", {"ResourceId": f"ml-{story}", "ResourceType": "MLModel", "TagKeys": ["k0"]})
            ask(engine, "UpdateMLModel", {"MLModelId": f"ml-{story}", "MLModelName": f"name of {story}"})
            ask(engine, "DescribeMLModels", {"FilterVariable": "Status", "EQ": "PENDING", "SortOrder": "dsc"})
            if number % 2:
                ask(engine, "DeleteEvaluation", {"EvaluationId": f"ev-{story}"})
                say(f"deleted ev-{story}")
        engine.wait_until_idle()


if __name__ == "__main__":
    main(*sys.argv[1:])
