"""A pretend WeCom in its own process.

It speaks WeCom's server API under ``/cgi-bin/``, delivers signed and encrypted callbacks, plays OAuth, and is steered
through ``/sandbox/api/``. It imports nothing of the product: the product can only talk to it as to WeCom.
"""
