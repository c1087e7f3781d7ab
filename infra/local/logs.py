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
shown = set()


def new_events(group):
    """What was not shown yet. A function's lines come when its invocation has ended."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    for event in (event for page in pages for event in page["events"]):
        if event["eventId"] not in shown:
            shown.add(event["eventId"])
            yield event["timestamp"], group.rsplit("/", 1)[-1], event["message"].rstrip()


while True:
    for timestamp, name, message in sorted(e for group in groups for e in new_events(group)):
        at = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
        print(f"{at} {name}  {message}")
    sys.stdout.flush()
    if follow != "follow":
        break
    time.sleep(1)
