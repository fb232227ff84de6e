"""A receiver in a process of its own, to be killed: prints its port, and takes nothing out of its inbox."""

import sys
import threading
from pathlib import Path

from push_requests import verify

from connectors.hints import HintInbox
from connectors.push_receiver import PushReceiver

if __name__ == "__main__":
    receiver = PushReceiver(
        listen="127.0.0.1:0", path="/push/test", verify=verify, inbox=HintInbox(Path(sys.argv[1]))
    )
    receiver.start()
    print(receiver.port, flush=True)
    threading.Event().wait()
