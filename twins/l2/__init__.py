"""L2 twin: traffic and mobility, from what the network counted.

``markov`` and ``profile`` are the statistical bases, ``handover`` and ``rate`` what is
learned on top, ``surge`` notices hotspots; ``evaluate`` compares them on held drives.
"""
