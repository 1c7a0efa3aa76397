<?php
/**
 * Plugin Name: WooCommerce
 * Description: A stand-in with just what the plugin under test and a connecting Comeback use of the real one.
 * Version: 9.0.0
 */

defined( 'ABSPATH' ) || exit;

define( 'WC_VERSION', '9.0.0' );

final class WooCommerce {}

/** Orders and customers: meta that is kept when saved. */
abstract class WC_Data {
	protected $id;
	protected $meta = array();

	public function get_id() {
		return $this->id;
	}

	public function get_meta( $key ) {
		return $this->meta[ $key ] ?? '';
	}

	public function update_meta_data( $key, $value ) {
		$this->meta[ $key ] = $value;
	}

	public function delete_meta_data( $key ) {
		$this->meta[ $key ] = null;
	}

	public function save() {
		foreach ( $this->meta as $key => $value ) {
			null === $value ? $this->drop( $key ) : $this->keep( $key, $value );
		}
		$this->meta = array_filter( $this->meta, 'is_string' );
	}

	abstract protected function keep( $key, $value );
	abstract protected function drop( $key );
}

final class WC_Customer extends WC_Data {
	public function __construct( $id ) {
		$this->id   = $id;
		$this->meta = array_map( 'current', get_user_meta( $id ) );
	}

	protected function keep( $key, $value ) {
		update_user_meta( $this->id, $key, $value );
	}

	protected function drop( $key ) {
		delete_user_meta( $this->id, $key );
	}
}

final class WC_Order extends WC_Data {
	public function __construct( $id = 0, $email = '', $customer = 0 ) {
		$this->id   = $id ? $id : wp_insert_post( array( 'post_type' => 'shop_order', 'post_status' => 'wc-processing', 'post_title' => 'Order' ) );
		$this->meta = array_map( 'current', (array) get_post_meta( $this->id ) );
		if ( $email ) {
			$this->meta += array( '_billing_email' => $email, '_customer_user' => (string) $customer );
		}
	}

	public function get_customer_id() {
		return (int) $this->get_meta( '_customer_user' );
	}

	protected function keep( $key, $value ) {
		update_post_meta( $this->id, $key, $value );
	}

	protected function drop( $key ) {
		delete_post_meta( $this->id, $key );
	}
}

function wc_get_orders( $asked ) {
	$found = get_posts(
		array(
			'post_type'      => 'shop_order',
			'post_status'    => 'any',
			'meta_key'       => '_billing_email',
			'meta_value'     => $asked['billing_email'],
			'orderby'        => 'ID',
			'order'          => 'ASC',
			'posts_per_page' => $asked['limit'],
			'paged'          => $asked['page'],
			'fields'         => 'ids',
		)
	);
	return array_map( function ( $id ) { return new WC_Order( $id ); }, $found );
}

function wc_rand_hash() {
	return bin2hex( random_bytes( 20 ) );
}

function wc_api_hash( $data ) {
	return hash_hmac( 'sha256', $data, 'wc-api' );
}

function wc_string_to_bool( $said ) {
	return in_array( strtolower( (string) $said ), array( 'yes', '1', 'true', 'on' ), true );
}

/** Webhooks: one option, by number. */
final class WC_Data_Store {
	public static function load( $kind ) {
		return new self();
	}

	public function get_webhooks_ids() {
		return array_keys( get_option( 'stand_webhooks', array() ) );
	}
}

final class WC_Webhook {
	private $id;

	public function __construct( $id ) {
		$this->id = $id;
	}

	public function get_delivery_url() {
		return get_option( 'stand_webhooks', array() )[ $this->id ];
	}

	public function delete( $force ) {
		update_option( 'stand_webhooks', array_diff_key( get_option( 'stand_webhooks', array() ), array( $this->id => 1 ) ) );
	}
}

function wc_get_webhook( $id ) {
	return new WC_Webhook( $id );
}

function woocommerce_register_additional_checkout_field( $field ) {
	$GLOBALS['stand_fields'][] = $field;
}

register_activation_hook(
	__FILE__,
	function () {
		global $wpdb;

		foreach ( array( 'manage_woocommerce', 'view_woocommerce_reports' ) as $right ) {
			get_role( 'administrator' )->add_cap( $right );
		}
		add_role( 'shop_manager', 'Shop manager', array( 'read' => true, 'manage_woocommerce' => true, 'view_woocommerce_reports' => true ) );
		add_role( 'reporter', 'Reporter', array( 'read' => true, 'view_woocommerce_reports' => true ) );
		$wpdb->query( "CREATE TABLE {$wpdb->prefix}woocommerce_api_keys (key_id BIGINT UNSIGNED NOT NULL auto_increment, user_id BIGINT UNSIGNED NOT NULL, description varchar(200) NULL, permissions varchar(10) NOT NULL, consumer_key char(64) NOT NULL, consumer_secret char(43) NOT NULL, nonces longtext NULL, truncated_key char(7) NOT NULL, last_access datetime NULL, PRIMARY KEY (key_id))" );
	}
);

add_action(
	'init',
	function () {
		register_post_type( 'shop_order', array( 'public' => false ) );
		foreach ( array( 'wc-processing' ) as $status ) {
			register_post_status( $status, array( 'exclude_from_search' => false, 'public' => true ) );
		}
		do_action( 'before_woocommerce_init' );
		do_action( 'woocommerce_init' );
	},
	1
);

add_action(
	'admin_menu',
	function () {
		add_menu_page( 'WooCommerce', 'WooCommerce', 'view_woocommerce_reports', 'woocommerce', '__return_null' );
	}
);

/** The keys of WooCommerce's REST API over plain http: OAuth 1.0a. Only whose key it is and its secret are looked at. */
function stand_may_read( WP_REST_Request $request ) {
	global $wpdb;

	$key    = $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}woocommerce_api_keys WHERE consumer_key = %s", wc_api_hash( (string) $request['oauth_consumer_key'] ) ) );
	$params = $request->get_query_params();
	if ( ! $key || empty( $params['oauth_signature'] ) ) {
		return new WP_Error( 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.', array( 'status' => 401 ) );
	}
	$signature = $params['oauth_signature'];
	unset( $params['oauth_signature'] );
	ksort( $params );
	$pairs = array();
	foreach ( $params as $name => $value ) {
		$pairs[] = rawurlencode( $name ) . '%3D' . rawurlencode( rawurlencode( $value ) );
	}
	$base = 'GET&' . rawurlencode( home_url( '/wp-json' . $request->get_route() ) ) . '&' . implode( '%26', $pairs );
	$good = base64_encode( hash_hmac( 'sha256', $base, $key->consumer_secret . '&', true ) );
	if ( ! hash_equals( $good, $signature ) ) {
		return new WP_Error( 'woocommerce_rest_authentication_error', 'Invalid signature - provided signature does not match.', array( 'status' => 401 ) );
	}
	return true;
}

add_action(
	'rest_api_init',
	function () {
		$settings = function ( array $values ) {
			return function () use ( $values ) {
				return array_map( function ( $id ) use ( $values ) { return array( 'id' => $id, 'value' => $values[ $id ] ); }, array_keys( $values ) );
			};
		};
		$answers  = array(
			'orders'           => '__return_empty_array',
			'customers'        => '__return_empty_array',
			'products'         => '__return_empty_array',
			'webhooks'         => '__return_empty_array',
			'system_status'    => function () {
				return array( 'environment' => array( 'home_url' => home_url(), 'version' => WC_VERSION ), 'settings' => array( 'currency' => 'EUR' ) );
			},
			'settings/general' => $settings( array( 'woocommerce_currency' => 'EUR', 'woocommerce_enable_coupons' => 'yes', 'woocommerce_default_country' => 'TR' ) ),
			'settings/tax'     => $settings( array( 'woocommerce_prices_include_tax' => 'yes' ) ),
		);
		foreach ( $answers as $route => $answer ) {
			register_rest_route( 'wc/v3', '/' . $route, array( 'methods' => 'GET', 'callback' => $answer, 'permission_callback' => 'stand_may_read' ) );
		}
	}
);
