"""Figures for people: how stores stand."""
