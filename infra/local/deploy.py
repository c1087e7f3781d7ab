"""Deploys the template into a running local stack.

Takes what to do as JSON on standard input, answers with the stack's outputs as JSON.
"""

import hashlib
import io
import json
import pathlib
import sys
import time
import zipfile

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

import template

BUCKET = "code"


def main():
    """Deploys, seeds, and starts the scheduled functions for the first time."""
    order = json.load(sys.stdin)
    session = boto3.Session("test", "test", region_name=order["region"])
    aws = lambda service: session.client(service, endpoint_url=order["endpoint"])
    keys = upload(aws("s3"), order["binaries"])
    order["template_url"] = upload_template(aws("s3"), order, keys)
    for name, secret in order["secrets"].items():
        value = secret if isinstance(secret, str) else json.dumps(secret)
        aws("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    outputs = deploy(aws("cloudformation"), order)
    seed(aws("dynamodb"), outputs["ChannelsTable"], order["channels"])
    functions = aws("lambda")
    for output in order["invoke"]:
        functions.invoke(FunctionName=outputs[output], InvocationType="Event", Payload=b"{}")
    json.dump(outputs, sys.stdout)


def upload(s3, binaries):
    """Puts each binary into the bucket, named by its content; returns the names."""
    s3.create_bucket(Bucket=BUCKET)
    keys = {}
    for name, path in binaries.items():
        code = pathlib.Path(path).read_bytes()
        keys[name] = f"{name}-{hashlib.sha256(code).hexdigest()}.zip"
        s3.put_object(Bucket=BUCKET, Key=keys[name], Body=package(code))
    return keys


def upload_template(s3, order, keys):
    """Puts the template into the bucket, as `sam deploy` does: a request takes 51,200 bytes at most."""
    body = template.with_code(order["template"], BUCKET, keys)
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=body.encode())
    return f"{order['endpoint']}/{BUCKET}/template.json"


def package(code):
    """The zip that Lambda takes. Stored: nothing is gained by packing it for this machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, code)
    return buffer.getvalue()


def deploy(cloudformation, order):
    """Creates or updates the CloudFormation stack; returns its outputs."""
    request = {
        "StackName": order["stack"],
        "TemplateURL": order["template_url"],
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in order["parameters"].items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        # Gives the HTTP API a known id, so that its URL can be a parameter.
        "Tags": [{"Key": "ms-custom-id", "Value": order["api_id"]}],
    }
    change = cloudformation.update_stack if order["update"] else cloudformation.create_stack
    try:
        change(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    return outputs(cloudformation, order["stack"])


def outputs(cloudformation, name):
    """The stack's outputs, once it has settled."""
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = stack["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return {out["OutputKey"]: out["OutputValue"] for out in stack["Outputs"]}
        if not status.endswith("IN_PROGRESS"):
            sys.exit(f"{status}: {reasons(cloudformation, name)}")
        time.sleep(0.1)


def reasons(cloudformation, name):
    """Why resources failed, by name."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
    )


def seed(dynamodb, table, channels):
    """Writes the sample channels."""
    write = TypeSerializer().serialize
    for channel in channels:
        item = {name: write(value) for name, value in channel.items()}
        dynamodb.put_item(TableName=table, Item=item)


main()
