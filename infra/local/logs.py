"""Prints the functions' log lines: `logs.py ENDPOINT REGION [--follow] [--all] NAME=GROUP…`.

Without `--all`, only what the functions say, each line made easy to read.
"""

import datetime
import json
import signal
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

# Ends as other programs do when the reader leaves or the user stops it.
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.SIG_DFL)

# Lambda's own lines about every invocation.
PLATFORM = ("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ")
# Said by others: where the code is, and spans, whose innermost is a field of its own.
LEFT_OUT = ("timestamp", "level", "message", "target", "spans", "name")


def main():
    """Prints what there is; with `--follow`, goes on until the stack is down."""
    flags = [argument for argument in sys.argv[3:] if argument.startswith("--")]
    groups = [argument.split("=", 1) for argument in sys.argv[3:] if "=" in argument]
    session = boto3.Session("test", "test", region_name=sys.argv[2])
    once = Config(retries={"max_attempts": 0})
    logs = session.client("logs", endpoint_url=sys.argv[1], config=once)
    form = as_written if "--all" in flags else readable
    shown, printed = {}, 0
    while True:
        try:
            events = [event for group in groups for event in new_events(logs, group, shown)]
        except BotoCoreError:
            sys.exit("the stack is down")
        lines = [line for line in (form(*event) for event in events) if line]
        printed += len(lines)
        for timestamp, name, text in sorted(lines, key=lambda line: line[0]):
            at = time.strftime("%H:%M:%S", time.localtime(timestamp))
            print(f"{at}.{int(timestamp * 1000) % 1000:03} {name:<15} {text}")
        sys.stdout.flush()
        if "--follow" not in flags:
            break
        time.sleep(1)
    if not printed:
        print("nothing was logged yet", file=sys.stderr)


def new_events(logs, group, shown):
    """What was not shown yet. A function's lines come when its invocation has ended."""
    name, log_group = group
    seen = {}
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=log_group):
        for event in page["events"]:
            stream = (name, event["logStreamName"])
            seen[stream] = seen.get(stream, 0) + 1
            if seen[stream] > shown.get(stream, 0):
                yield event["timestamp"] / 1000, name, event["message"].rstrip()
    shown.update(seen)


def as_written(timestamp, name, text):
    """The line, whatever it is."""
    return timestamp, name, text


def readable(timestamp, name, text):
    """What a function says, and when; `None` for a metric and for Lambda's own lines."""
    try:
        line = json.loads(text)
        said = datetime.datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00"))
        parts = [f"{line['level']:<5}", line["message"], *fields(line)]
    except (ValueError, KeyError, TypeError):
        hidden = text.startswith(PLATFORM) or '"_aws"' in text
        return None if hidden else (timestamp, name, text)
    return said.timestamp(), name, " ".join(parts)


def fields(line):
    """`key=value` for each field of the line and of the span that it was said in."""
    for key, value in {**line.get("span", {}), **line}.items():
        if key not in (*LEFT_OUT, "span"):
            yield f"{key}={value}" if isinstance(value, str) else f"{key}={json.dumps(value)}"


main()
