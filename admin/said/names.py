"""The names of the segments and campaigns that every store begins with."""

from __future__ import annotations

from admin.said.marked import N_

NAMES = frozenset(
    {
        N_("Brand advocates"),
        N_("Two or more orders in the last 6 months."),
        N_("Lapsed 60 days"),
        N_("Last order 60 to 90 days ago."),
        N_("Lapsed 90 days"),
        N_("Last order 90 to 120 days ago."),
        N_("Lapsed 120 days"),
        N_("Last order 120 days ago or longer."),
        N_("Big spenders"),
        N_("Among the 10 % who spent most."),
        N_("One-time buyers"),
        N_("Came once and has not come back."),
        N_("Second order due"),
        N_("Came once; the second visit is due now."),
        N_("Subscribed, never bought"),
        N_("May be e-mailed and has not ordered yet."),
        N_("Discount only"),
        N_("Two or more orders, all with a code."),
        N_("Full-price loyal"),
        N_("Three or more orders, none with a code."),
        N_("Serial returners"),
        N_("Three or more orders, 40 percent or more of the money given back."),
        N_("Recent refund"),
        N_("A refund in the last 14 days."),
        N_("Birthday month"),
        N_("Has a birthday this month."),
        N_("High value, slipping"),
        N_("Among those who spent most, and later than usual."),
        N_("Win back after 60, 90 and 120 days"),
        N_("Remind of an abandoned checkout"),
    }
)
