"""WooCommerce: REST v3, customer meta and coupons."""
