<?php
/**
 * The consent box at the checkout, in its classic form and as a block: never ticked beforehand, never required.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * A box left alone says nothing: it is no refusal, and takes no former consent back.
 */
final class Comeback_Checkout {

	const FIELD = 'comeback_marketing_opt_in';
	const BLOCK = 'comeback/marketing-opt-in';
	// Where WooCommerce itself keeps the block's answer.
	const BLOCK_META = '_wc_other/comeback/marketing-opt-in';

	/**
	 * Both checkouts.
	 */
	public static function hook() {
		add_filter( 'woocommerce_checkout_fields', array( __CLASS__, 'add_field' ) );
		add_action( 'woocommerce_checkout_create_order', array( __CLASS__, 'on_order' ), 10, 2 );
		add_action( 'woocommerce_checkout_order_processed', array( __CLASS__, 'on_account' ), 10, 3 );
		add_action( 'woocommerce_init', array( __CLASS__, 'add_block_field' ) );
		add_action( 'woocommerce_store_api_checkout_order_processed', array( __CLASS__, 'on_block_order' ) );
	}

	/**
	 * Somebody whose account has agreed already isn't asked again.
	 *
	 * @return bool
	 */
	private static function asks() {
		return Comeback_Settings::asks_for_consent()
			&& Comeback_Consent::SUBSCRIBED !== Comeback_Consent::of_user( get_current_user_id() );
	}

	/**
	 * Classic: below the billing e-mail address. WooCommerce checks the form's nonce and reads the box.
	 *
	 * @param array $fields All fields.
	 * @return array
	 */
	public static function add_field( $fields ) {
		if ( self::asks() ) {
			$fields['billing'][ self::FIELD ] = array(
				'type'     => 'checkbox',
				'label'    => esc_html( Comeback_Settings::words() ),
				'required' => false,
				'default'  => 0,
				'class'    => array( 'form-row-wide' ),
				'priority' => 115,
			);
		}
		return $fields;
	}

	/**
	 * Classic: the order is being made.
	 *
	 * @param WC_Order $order The order.
	 * @param array    $data  What was posted, as WooCommerce read it.
	 */
	public static function on_order( $order, $data ) {
		if ( ! empty( $data[ self::FIELD ] ) ) {
			Comeback_Consent::write( $order, Comeback_Consent::SUBSCRIBED );
		}
	}

	/**
	 * Classic: the order is placed; the account may have been made with it.
	 *
	 * @param int      $order_id Its number.
	 * @param array    $data     What was posted.
	 * @param WC_Order $order    The order.
	 */
	public static function on_account( $order_id, $data, $order ) {
		if ( ! empty( $data[ self::FIELD ] ) && $order->get_customer_id() ) {
			Comeback_Consent::record( $order->get_customer_id(), Comeback_Consent::SUBSCRIBED );
		}
	}

	/**
	 * Block: WooCommerce 8.9 and newer.
	 */
	public static function add_block_field() {
		if ( function_exists( 'woocommerce_register_additional_checkout_field' ) && self::asks() ) {
			woocommerce_register_additional_checkout_field(
				array(
					'id'                         => self::BLOCK,
					'label'                      => Comeback_Settings::words(),
					'optionalLabel'              => Comeback_Settings::words(),
					'location'                   => 'order',
					'type'                       => 'checkbox',
					'required'                   => false,
					'show_in_order_confirmation' => false,
				)
			);
		}
	}

	/**
	 * Block: the order is placed. WooCommerce's own copy of the answer is taken away, so that consent stands in one place.
	 *
	 * @param WC_Order $order The order.
	 */
	public static function on_block_order( $order ) {
		$answer = $order->get_meta( self::BLOCK_META );
		if ( '' === $answer ) {
			return;
		}
		$order->delete_meta_data( self::BLOCK_META );
		if ( wc_string_to_bool( $answer ) ) {
			Comeback_Consent::write( $order, Comeback_Consent::SUBSCRIBED );
			if ( $order->get_customer_id() ) {
				Comeback_Consent::record( $order->get_customer_id(), Comeback_Consent::SUBSCRIBED );
			}
		}
		$order->save();
	}
}
