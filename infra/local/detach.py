"""Becomes another program, in a session of its own: `detach.py PROGRAM [ARGUMENT…]`."""

import os
import sys

os.setsid()
os.execv(sys.argv[1], sys.argv[1:])
