"""L1 twin: the radio network, computed and measured.

``munich`` places cells and users in a scene, ``tracer`` traces the rays between them,
``raytracing`` is the command that writes the shipped data. ``path_loss``,
``air_to_ground`` and ``weather`` are statistical models. ``radio_map`` and ``ahead``
learn from drives (``sequence`` and ``unseen`` for cells nobody measured),
``attenuation`` and ``correction`` from single measurements, ``kriging`` makes maps of
them; ``evaluate`` says how well.
"""
