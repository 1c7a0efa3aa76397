"""Pictures of figures: geometry worked out here, so that a page needs neither a script nor a style; words stand beside, in HTML.

Each picture is stretched to its place, so it holds no text of its own: axes and legends are HTML around it
(``templates/charts.html``), which keeps letters readable on a phone and turns round in languages written from the right.
"""

from admin.charts.axis import Axis, axis
from admin.charts.heat import Heat, heat
from admin.charts.line import Line, line
from admin.charts.stacks import Series, Shape, areas, bars, highest

__all__ = ["Axis", "Heat", "Line", "Series", "Shape", "areas", "axis", "bars", "heat", "highest", "line"]
