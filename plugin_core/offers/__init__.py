"""Campaigns, offers, codes and the messages that carry them."""
