<?php
/**
 * Deleting the plugin: its options, notices and REST key go; recorded consent only if the merchant said so.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;
defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * One site.
 */
function comeback_uninstall_site() {
	global $wpdb;

	$connection = get_option( 'comeback_connection', array() );
	$settings   = get_option( 'comeback_settings', array() );
	$keys       = $wpdb->prefix . 'woocommerce_api_keys';
	// phpcs:disable WordPress.DB.DirectDatabaseQuery -- each runs once, while nothing of this is cached.
	if ( ! empty( $connection['key_id'] ) && $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $keys ) ) ) === $keys ) {
		$wpdb->delete( $keys, array( 'key_id' => (int) $connection['key_id'] ), array( '%d' ) );
	}
	if ( isset( $settings['remove_consent'] ) && 'yes' === $settings['remove_consent'] ) {
		$orders = $wpdb->prefix . 'wc_orders_meta';
		$places = array( $wpdb->usermeta, $wpdb->postmeta );
		if ( $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $orders ) ) ) === $orders ) {
			$places[] = $orders;
		}
		foreach ( $places as $place ) {
			foreach ( array( '', '_at', '_text' ) as $end ) {
				$wpdb->delete( $place, array( 'meta_key' => 'comeback_marketing_consent' . $end ), array( '%s' ) ); // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
			}
		}
	}
	foreach ( array( '_transient_comeback_notice_', '_transient_timeout_comeback_notice_' ) as $start ) {
		$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->options WHERE option_name LIKE %s", $wpdb->esc_like( $start ) . '%' ) );
	}
	// phpcs:enable WordPress.DB.DirectDatabaseQuery
	delete_option( 'comeback_connection' );
	delete_option( 'comeback_settings' );
}

if ( is_multisite() ) {
	foreach ( get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	) as $comeback_site ) {
		switch_to_blog( $comeback_site );
		comeback_uninstall_site();
		restore_current_blog();
	}
} else {
	comeback_uninstall_site();
}
