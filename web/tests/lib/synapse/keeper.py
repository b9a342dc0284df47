"""Stands between the demo and Synapse, so that Synapse alone can be stopped and started.

The demo ends when its child ends. That child is this process, and Synapse is a child of its own: SIGUSR1 stops
it, SIGUSR2 starts it again. Where Synapse ends by itself, so does this.
"""

import os
import select
import signal

STOP, START = signal.SIGUSR1, signal.SIGUSR2


def keep(pid_file):
    """Returns in every process that is to become Synapse, and never in the one that keeps it."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    child = None
    stopping = False

    def stop(*_):
        nonlocal stopping
        stopping = True
        os.kill(child, signal.SIGTERM)

    signal.pthread_sigmask(signal.SIG_BLOCK, {STOP, START})
    signal.signal(STOP, stop)
    signal.signal(START, lambda *_: os.write(tell, b"."))
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    while True:
        stopping = False
        child = os.fork()
        if child == 0:
            os.close(told)
            os.close(tell)
            signal.signal(STOP, signal.SIG_DFL)
            signal.signal(START, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {STOP, START})
            return
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {STOP, START})
        _, status = os.waitpid(child, 0)
        signal.pthread_sigmask(signal.SIG_BLOCK, {STOP})
        if not stopping:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        # The demo holds the other end of the standard input: where that is closed, it is over.
        readable, _, _ = select.select([0, told], [], [])
        if 0 in readable:
            os._exit(0)
        os.read(told, 1)
