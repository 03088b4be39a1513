"""L1 twin: the radio network, from ray tracing.

``munich`` places cells and users in a scene, ``tracer`` traces the rays between them,
``raytracing`` is the command that writes the shipped data.
"""
