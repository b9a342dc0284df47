"""Runs Synapse for as long as its standard input stays open.

The demo holds the other end of that pipe. When the demo closes it, or dies in any way,
even by SIGKILL, Synapse is told to stop; if it has not after ten seconds, it is ended.
"""

import os
import runpy
import signal
import sys
import threading
import time


def stop_with_parent():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os._exit(1)


threading.Thread(target=stop_with_parent, daemon=True).start()
sys.argv = ["synapse.app.homeserver", *sys.argv[1:]]
runpy.run_module("synapse.app.homeserver", run_name="__main__", alter_sys=True)
