<?php
/**
 * The connection with one Comeback: where it is, the REST key made for it, and the secret that signs visits to its page.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Kept in one option that is not loaded with every page.
 */
final class Comeback_Connection {

	const OPTION = 'comeback_connection';

	/**
	 * All facts of the connection, or an empty array.
	 *
	 * @return array{comeback?: string, page: string, store: string, site: string, home: string, key_id: int, page_secret: string}
	 */
	public static function get() {
		$found = get_option( self::OPTION, array() );
		return is_array( $found ) && ! empty( $found['page_secret'] ) ? $found : array();
	}

	/**
	 * Whether this site is connected under the address it has now: a copy of a shop is not that shop.
	 *
	 * @return bool
	 */
	public static function is_live() {
		$found = self::get();
		return $found && home_url() === $found['home'];
	}

	/**
	 * Replaces what was there; the former key is removed.
	 *
	 * @param array $facts All facts of the new connection.
	 */
	public static function save( array $facts ) {
		$former = self::get();
		update_option( self::OPTION, $facts, false );
		if ( $former && (int) $former['key_id'] !== (int) $facts['key_id'] ) {
			self::remove_key( (int) $former['key_id'] );
		}
	}

	/**
	 * Removes the key first: from then on nobody gets in. Then the webhooks Comeback made: nothing more goes out.
	 */
	public static function forget() {
		$found = self::get();
		if ( $found ) {
			self::remove_key( (int) $found['key_id'] );
			self::remove_webhooks( $found['comeback'] );
		}
		delete_option( self::OPTION );
	}

	/**
	 * Removes every webhook that tells this Comeback.
	 *
	 * @param string $comeback Its address.
	 */
	private static function remove_webhooks( $comeback ) {
		$store = WC_Data_Store::load( 'webhook' );
		foreach ( $store->get_webhooks_ids() as $id ) {
			$webhook = wc_get_webhook( $id );
			if ( $webhook && 0 === strpos( $webhook->get_delivery_url(), $comeback . '/webhooks/woocommerce/' ) ) {
				$webhook->delete( true );
			}
		}
	}

	/**
	 * A read/write REST key of the present user, made as WooCommerce makes its own.
	 *
	 * @return array{key_id: int, consumer_key: string, consumer_secret: string}|null
	 */
	public static function make_key() {
		global $wpdb;

		$key    = 'ck_' . wc_rand_hash();
		$secret = 'cs_' . wc_rand_hash();
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery.DirectQuery -- WooCommerce offers no function for this.
		$made = $wpdb->insert(
			$wpdb->prefix . 'woocommerce_api_keys',
			array(
				'user_id'         => get_current_user_id(),
				'description'     => 'Comeback (' . gmdate( 'Y-m-d H:i:s' ) . ')',
				'permissions'     => 'read_write',
				'consumer_key'    => wc_api_hash( $key ),
				'consumer_secret' => $secret,
				'truncated_key'   => substr( $key, -7 ),
			),
			array( '%d', '%s', '%s', '%s', '%s', '%s' )
		);
		if ( ! $made ) {
			return null;
		}
		return array(
			'key_id'          => (int) $wpdb->insert_id,
			'consumer_key'    => $key,
			'consumer_secret' => $secret,
		);
	}

	/**
	 * Removes one key of ours.
	 *
	 * @param int $key_id Its number.
	 */
	public static function remove_key( $key_id ) {
		global $wpdb;

		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- WooCommerce offers no function for this.
		$wpdb->delete( $wpdb->prefix . 'woocommerce_api_keys', array( 'key_id' => (int) $key_id ), array( '%d' ) );
	}
}
