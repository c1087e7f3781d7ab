"""Reads the SAM template, with CloudFormation's short forms written out."""

import json

import yaml


class Loader(yaml.SafeLoader):
    """YAML with `!Ref`, `!GetAtt` and the other short forms."""


def long_form(loader, suffix, node):
    """`!Sub x` as `{"Fn::Sub": x}`."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", long_form)


def with_code(path, bucket, keys):
    """The template as JSON, each function's code taken from `bucket` instead of a build.

    `keys` maps a function's binary to its object.
    """
    with open(path, encoding="utf-8") as file:
        template = yaml.load(file, Loader)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource["Metadata"]["BuildProperties"]["Binary"]
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": keys[binary]}
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", ()):
                for statement in policy["PolicyDocument"]["Statement"]:
                    allow_batches(statement)
    return json.dumps(template)


def allow_batches(statement):
    """Adds the calls on several messages: AWS lets whoever may call on one, ministack does not."""
    single = ("sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
    statement["Action"] += [f"{name}Batch" for name in statement["Action"] if name in single]
