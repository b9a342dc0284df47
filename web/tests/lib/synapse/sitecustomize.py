"""Gives the demo's Synapse one more configuration file; Python runs this before anything else.

The demo writes its own file anew at each start and has no place for ours, and should not have one.
"""

import os
import sys

if sys.argv[1:2] == ["-c"]:
    sys.argv += ["-c", os.environ["VERBATIM_TEST_SYNAPSE_CONFIG"]]
