"""What the tests want of the demo's Synapse: more configuration and packages, and to be stopped and started alone.

The demo writes its own file anew at each start and has no place for ours, and should not have one. Python runs
this before anything else.
"""

import os
import sys

if sys.argv[1:2] == ["-c"]:
    import keeper

    keeper.keep(os.environ["VERBATIM_TEST_SYNAPSE_PID"])
    # From here on it is the process that becomes Synapse: the first one, or a later one.
    more = os.environ["VERBATIM_TEST_SYNAPSE_CONFIG"]
    if os.path.exists(more):
        sys.argv += ["-c", more]
    # Last, so that Synapse's own packages are what they were; mostly nothing is there.
    sys.path.append(os.environ["VERBATIM_TEST_SYNAPSE_PACKAGES"])
