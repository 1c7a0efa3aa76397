"""Shoppers: loyalty status, referral landing, unsubscribe, survey."""
