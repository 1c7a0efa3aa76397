<?php
/**
 * Marketing consent as it is kept: the state, the time and the words that were agreed to, on the order and on the account.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * These keys are read by Comeback through WooCommerce's REST API.
 */
final class Comeback_Consent {

	const KEY          = 'comeback_marketing_consent';
	const SUBSCRIBED   = 'subscribed';
	const UNSUBSCRIBED = 'unsubscribed';

	/**
	 * The meta keys, all of them.
	 *
	 * @return string[]
	 */
	public static function keys() {
		return array( self::KEY, self::KEY . '_at', self::KEY . '_text' );
	}

	/**
	 * Writes on an order or an account; the caller saves it.
	 *
	 * @param WC_Data $where An order or a customer.
	 * @param string  $state Subscribed or unsubscribed.
	 */
	public static function write( $where, $state ) {
		$where->update_meta_data( self::KEY, $state );
		$where->update_meta_data( self::KEY . '_at', gmdate( 'Y-m-d\TH:i:s\Z' ) );
		$where->update_meta_data( self::KEY . '_text', Comeback_Settings::words() );
	}

	/**
	 * Writes on an account and saves it, so that whoever listens to WooCommerce hears of it.
	 *
	 * @param int    $user_id Whose.
	 * @param string $state   Subscribed or unsubscribed.
	 */
	public static function record( $user_id, $state ) {
		$customer = new WC_Customer( $user_id );
		self::write( $customer, $state );
		$customer->save();
	}

	/**
	 * Takes everything of it off an order or an account; the caller saves it.
	 *
	 * @param WC_Data $where An order or a customer.
	 */
	public static function remove( $where ) {
		foreach ( self::keys() as $key ) {
			$where->delete_meta_data( $key );
		}
	}

	/**
	 * What an account says; "" where it says nothing.
	 *
	 * @param int $user_id Whose.
	 * @return string
	 */
	public static function of_user( $user_id ) {
		$found = $user_id ? get_user_meta( $user_id, self::KEY, true ) : '';
		return is_string( $found ) ? $found : '';
	}
}
