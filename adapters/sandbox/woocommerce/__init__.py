"""The WooCommerce twin: REST v3 as a real WooCommerce 11.0.1 was seen to answer."""
