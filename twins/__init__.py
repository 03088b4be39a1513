"""Network state: the snapshot that L1, L2 and L3 twins fill, and its files.

``TwinSnapshot`` is immutable and validated; ``example`` is the ray-traced Munich.
"""

from twins.coverage import Coverage as Coverage
from twins.coverage import example as example
from twins.coverage import example_coverage as example_coverage
from twins.declaration import FieldError as FieldError
from twins.files import FileFormatError as FileFormatError
from twins.snapshot import PolicyRule as PolicyRule
from twins.snapshot import TwinSnapshot as TwinSnapshot
