"""The main job, lived through headlessly: a corp, its customers and an SOP, against a sandbox of its own.

``world`` starts the processes, ``story`` decides what people do, ``stage`` lets them do it while the clock turns,
``oracle`` works out from the sandbox's own record what should have happened, ``verdict`` compares.
"""
