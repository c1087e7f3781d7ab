"""Prints the functions' log lines, oldest first: `logs.py ENDPOINT REGION FOLLOW GROUP…`."""

import signal
import sys
import time

import boto3

# Ends as other programs do when the reader leaves or the user stops it.
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.SIG_DFL)

endpoint, region, follow, *groups = sys.argv[1:]
logs = boto3.Session("test", "test", region_name=region).client("logs", endpoint_url=endpoint)
shown = {}


def new_events(group):
    """What was not shown yet. A function's lines come when its invocation has ended."""
    seen = {}
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    for event in (event for page in pages for event in page["events"]):
        stream = (group, event["logStreamName"])
        seen[stream] = seen.get(stream, 0) + 1
        if seen[stream] > shown.get(stream, 0):
            yield event["timestamp"], group.rsplit("/", 1)[-1], event["message"].rstrip()
    shown.update(seen)


while True:
    events = [event for group in groups for event in new_events(group)]
    for timestamp, name, message in sorted(events, key=lambda event: event[0]):
        at = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
        print(f"{at} {name}  {message}")
    sys.stdout.flush()
    if follow != "follow":
        break
    time.sleep(1)
