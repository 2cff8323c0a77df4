"""Reads the policy folder: every file is known, every key is known, or nothing starts."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from orchestrator.errors import Invalid
from orchestrator.policy.model import AccessPolicy, Policies, ReviewPolicy, WorkspacePolicy
from orchestrator.policy.outputs import parse_outputs

REVIEWS = {
    "project-approval": "project",
    "dataset-admission": "snapshot",
    "airlock-release": "airlock_request",
}
"""Review policies by file name, and the subject each must apply to."""

FILES = frozenset({*REVIEWS, "access", "workspaces", "outputs"})
"""Every policy that something reads; another file in the folder is refused."""

FOLDERS = frozenset({"admission"})
"""Folders that something else reads and guards in the same way: the Kubernetes engine."""

_Model = TypeVar("_Model", bound=BaseModel)


def load(path: Path) -> Policies:
    """Read all policies of a folder.

    Errors: Invalid with file, key and reason for the first thing that is wrong: a missing file, a
    file nobody reads, a key nobody reads, a value out of bounds, a policy nobody could satisfy.
    """
    _refuse_strangers(path)
    return Policies(
        seats={name: _review(path, name, subject) for name, subject in REVIEWS.items()},
        access=_parse(path, "access", AccessPolicy),
        workspaces=_parse(path, "workspaces", WorkspacePolicy),
        outputs=parse_outputs(_yaml(path, "outputs")),
    )


def _refuse_strangers(path: Path) -> None:
    if not path.is_dir():
        raise Invalid(
            f"There is no folder of policies at {path}. Set TRE_POLICIES_DIR to the one in force.",
            code="bad_policy",
        )
    strangers = sorted(
        file.name
        for file in path.iterdir()
        if not (file.name in FOLDERS and file.is_dir())
        and (file.suffix != ".yaml" or file.stem not in FILES)
    )
    if strangers:
        raise Invalid(
            f"Nothing reads {', '.join(strangers)} in the folder of policies, so people would "
            "believe in rules that do not hold. Remove or rename it.",
            code="bad_policy",
        )


def _review(path: Path, name: str, subject: str) -> ReviewPolicy:
    policy = _parse(path, name, ReviewPolicy)
    if policy.applies_to != subject:
        raise Invalid(f"{name}.yaml: applies_to: must be {subject}.", code="bad_policy")
    return policy


def _parse(path: Path, name: str, model: type[_Model]) -> _Model:
    try:
        policy = model.model_validate(_yaml(path, name))
    except ValidationError as error:
        raise Invalid(_sentence(f"{name}.yaml", error), code="bad_policy") from error
    stated = getattr(policy, "policy", name)
    if stated != name:
        raise Invalid(
            f"{name}.yaml: policy: says {stated}; a policy is named like its file.",
            code="bad_policy",
        )
    return policy


def _yaml(path: Path, name: str) -> object:
    try:
        return yaml.load((path / f"{name}.yaml").read_text("utf-8"), _Loader)  # noqa: S506 - safe
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(
            f"{name}.yaml cannot be read: it must be there, be UTF-8, and be YAML without "
            f"repeated keys ({type(error).__name__}).",
            code="bad_policy",
        ) from error


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key twice: the second would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            raise yaml.constructor.ConstructorError(problem="a key stands twice")
        return super().construct_mapping(node, deep)


def _sentence(file: str, error: ValidationError) -> str:
    said = []
    for item in error.errors(include_url=False, include_input=False):
        key = ".".join(str(step) for step in item["loc"]) or "the whole policy"
        text = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            text = "nothing reads this key, so it would have no effect"
        said.append(f"{file}: {key}: {text}.")
    return " ".join(said)
