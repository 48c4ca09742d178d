"""What a schema refuses, in the server's words."""

from collections.abc import Iterable

from jsonschema import ValidationError

from infra.local.apiserver import errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, Value, shown

_TYPES = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"))


def causes(error: ValidationError) -> list[Cause]:
    """The causes that the real server names for a broken rule."""
    field = _field(error.absolute_path)
    match error.validator:
        case "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            below = [f"{field}.{key}" if field else key for key in missing]
            return [Cause(path, "FieldValueRequired", "Required value") for path in below]
        case "type":
            wanted = ",".join(_listed(error.validator_value))
            found = f'"{_type(error.instance)}"'
            why = f"{field} in body must be of type {wanted}: {found}"
            cause = Cause(field, "FieldValueTypeInvalid", f"Invalid value: {found}: {why}")
            return [cause, *_checked_again(field, wanted, error.instance)]
        case "maxLength":
            why = f"Too long: may not be more than {error.validator_value} bytes"
            return [Cause(field, "FieldValueTooLong", why)]
        case "format":
            told = shown(error.instance)
            why = f"{field} in body must be of type {error.validator_value}: {told}"
            return [Cause(field, "FieldValueTypeInvalid", f"Invalid value: {told}: {why}")]
        case "enum":
            choices = ", ".join(shown(choice) for choice in error.validator_value)
            why = f"Unsupported value: {shown(error.instance)}: supported values: {choices}"
            return [Cause(field, "FieldValueNotSupported", why)]
        case "maxItems":
            count = f"{len(error.instance)}: must have at most {error.validator_value} items"
            return [Cause(field, "FieldValueTooMany", f"Too many: {count}")]
        case word:
            why = f"{field} in body {_rule(str(word), error.validator_value, error.schema)}"
            told = f"Invalid value: {shown(error.instance)}: {why}"
            return [Cause(field, "FieldValueInvalid", told)]


def _checked_again(field: str, wanted: str, value: Value) -> list[Cause]:
    """What the real server says a second time of a fraction where a whole number is wanted."""
    if wanted != "integer" or not isinstance(value, float):
        return []
    why = f"Checked value must be of type integer (default format) in {field}"
    return [errors.invalid_value("<nil>", '""', why)]


def _rule(word: str, limit: Value, schema: Tree) -> str:
    """A broken rule, in words."""
    exclusive = bool(schema.get(f"exclusive{word.capitalize()}"))
    rules = {
        "pattern": f"should match '{limit}'",
        "minimum": f"should be greater than {'' if exclusive else 'or equal to '}{limit}",
        "maximum": f"should be less than {'' if exclusive else 'or equal to '}{limit}",
        "multipleOf": f"should be a multiple of {limit}",
        "minLength": f"should be at least {limit} chars long",
        "minItems": f"should have at least {limit} items",
        "uniqueItems": "shouldn't contain duplicates",
        "minProperties": f"should have at least {limit} properties",
        "maxProperties": f"should have at most {limit} properties",
        "anyOf": "must validate at least one schema (anyOf)",
        "oneOf": "must validate one and only one schema (oneOf)",
        "allOf": "must validate all the schemas (allOf)",
        "not": "must not validate the schema (not)",
    }
    return rules.get(word, f"breaks {word}")


def _field(path: Iterable[str | int]) -> str:
    """A path as errors write it: `spec.metrics[0].interval`."""
    field = ""
    for step in path:
        if isinstance(step, int):
            field += f"[{step}]"
        else:
            field += f".{step}" if field else step
    return field


def _type(value: Value) -> str:
    if value is None:
        return "null"
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "object")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
