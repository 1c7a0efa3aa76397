"""Tests of the WooCommerce adapter."""
