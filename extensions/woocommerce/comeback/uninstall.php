<?php
/**
 * Deleting the plugin: its options, notices, REST key and webhooks go; recorded consent only if the merchant said so.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;
defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Whether there is such a table.
 *
 * @param string $table Its name.
 * @return bool
 */
function comeback_uninstall_has( $table ) {
	global $wpdb;

	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- asked once, when the plugin is deleted.
	return $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $table ) ) ) === $table;
}

/**
 * What lets Comeback in, where WooCommerce is gone already and its tables are still there.
 *
 * @param array $connection The connection.
 */
function comeback_uninstall_access( $connection ) {
	global $wpdb;

	$keys  = $wpdb->prefix . 'woocommerce_api_keys';
	$hooks = $wpdb->prefix . 'wc_webhooks';
	// phpcs:disable WordPress.DB.DirectDatabaseQuery -- each runs once, when the plugin is deleted.
	if ( ! empty( $connection['key_id'] ) && comeback_uninstall_has( $keys ) ) {
		$wpdb->delete( $keys, array( 'key_id' => (int) $connection['key_id'] ), array( '%d' ) );
	}
	if ( ! empty( $connection['comeback'] ) && comeback_uninstall_has( $hooks ) ) {
		$start = $wpdb->esc_like( $connection['comeback'] . '/webhooks/woocommerce/' ) . '%';
		$wpdb->query( $wpdb->prepare( 'DELETE FROM %i WHERE delivery_url LIKE %s', $hooks, $start ) );
	}
	// phpcs:enable WordPress.DB.DirectDatabaseQuery
}

/**
 * One site.
 */
function comeback_uninstall_site() {
	global $wpdb;

	$settings = get_option( 'comeback_settings', array() );
	if ( class_exists( 'WooCommerce' ) ) {
		require_once __DIR__ . '/includes/class-comeback-connection.php';
		Comeback_Connection::forget();
	} else {
		comeback_uninstall_access( get_option( 'comeback_connection', array() ) );
	}
	// phpcs:disable WordPress.DB.DirectDatabaseQuery -- each runs once, when the plugin is deleted.
	if ( isset( $settings['remove_consent'] ) && 'yes' === $settings['remove_consent'] ) {
		$orders = $wpdb->prefix . 'wc_orders_meta';
		$places = array( $wpdb->usermeta, $wpdb->postmeta );
		if ( comeback_uninstall_has( $orders ) ) {
			$places[] = $orders;
		}
		foreach ( $places as $place ) {
			$wpdb->query(
				$wpdb->prepare(
					'DELETE FROM %i WHERE meta_key IN (%s, %s, %s, %s)',
					$place,
					'comeback_marketing_consent',
					'comeback_marketing_consent_at',
					'comeback_marketing_consent_text',
					'_wc_other/comeback/marketing-opt-in'
				)
			);
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
