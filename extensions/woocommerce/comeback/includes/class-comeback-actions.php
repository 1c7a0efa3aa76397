<?php
/**
 * What the page's buttons do: connect, disconnect, keep settings, and a fresh token for the frame.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Each asks for the capability and the nonce first.
 */
final class Comeback_Actions {

	const CONNECT    = 'comeback_connect';
	const DISCONNECT = 'comeback_disconnect';
	const SAVE       = 'comeback_save';
	const TOKEN      = 'comeback_token';
	const NOTICE     = 'comeback_notice_';

	/**
	 * Three forms and one script.
	 */
	public static function hook() {
		add_action( 'admin_post_' . self::CONNECT, array( __CLASS__, 'connect' ) );
		add_action( 'admin_post_' . self::DISCONNECT, array( __CLASS__, 'disconnect' ) );
		add_action( 'admin_post_' . self::SAVE, array( __CLASS__, 'save' ) );
		add_action( 'wp_ajax_' . self::TOKEN, array( __CLASS__, 'token' ) );
	}

	/**
	 * The link was pasted and the button pressed.
	 */
	public static function connect() {
		self::check();
		check_admin_referer( self::CONNECT );
		$link = isset( $_POST['comeback_link'] ) ? sanitize_text_field( wp_unslash( $_POST['comeback_link'] ) ) : '';
		$done = Comeback_Link::connect( $link );
		if ( is_wp_error( $done ) ) {
			self::leave( '', 'error', $done->get_error_message(), (string) $done->get_error_data(), $link );
		}
		self::leave( '', 'success', __( 'Connected. Comeback now reads your customers and orders.', 'comeback' ) );
	}

	/**
	 * The button in the settings.
	 */
	public static function disconnect() {
		self::check();
		check_admin_referer( self::DISCONNECT );
		$done = Comeback_Link::disconnect();
		if ( is_wp_error( $done ) ) {
			self::leave( '', 'warning', __( 'Disconnected here, but Comeback could not be told.', 'comeback' ), __( 'Its key is gone, so it can no longer read this shop. It will notice by itself.', 'comeback' ) );
		}
		self::leave( '', 'success', __( 'Disconnected. The REST key was removed.', 'comeback' ) );
	}

	/**
	 * The settings' form.
	 */
	public static function save() {
		self::check();
		check_admin_referer( self::SAVE );
		$text = isset( $_POST['comeback_text'] ) ? sanitize_text_field( wp_unslash( $_POST['comeback_text'] ) ) : '';
		Comeback_Settings::save( ! empty( $_POST['comeback_opt_in'] ), $text, ! empty( $_POST['comeback_remove_consent'] ) );
		self::leave( 'settings', 'success', __( 'Saved.', 'comeback' ) );
	}

	/**
	 * For the script beside the frame.
	 */
	public static function token() {
		check_ajax_referer( self::TOKEN );
		$user = wp_get_current_user();
		if ( '' === Comeback_Token::role( $user ) ) {
			wp_send_json_error( null, 403 );
		}
		if ( ! Comeback_Connection::is_live() ) {
			wp_send_json_error( null, 409 );
		}
		nocache_headers();
		wp_send_json_success( array( 'token' => Comeback_Token::make( Comeback_Connection::get(), $user ) ) );
	}

	/**
	 * What the last button led to; shown once.
	 *
	 * @return array{kind: string, message: string, mend: string, link: string}
	 */
	public static function notice() {
		$name  = self::NOTICE . get_current_user_id();
		$found = get_transient( $name );
		delete_transient( $name );
		return is_array( $found ) ? $found : array(
			'kind'    => '',
			'message' => '',
			'mend'    => '',
			'link'    => '',
		);
	}

	/**
	 * Ends the request for everybody who does not manage the shop.
	 */
	private static function check() {
		if ( ! current_user_can( 'manage_woocommerce' ) ) {
			wp_die( esc_html__( 'You may not do this.', 'comeback' ), '', array( 'response' => 403 ) );
		}
	}

	/**
	 * Back to the page, with a word.
	 *
	 * @param string $view    Where to.
	 * @param string $kind    Success, warning or error.
	 * @param string $message What happened.
	 * @param string $mend    What to do.
	 * @param string $link    What was typed.
	 */
	private static function leave( $view, $kind, $message, $mend = '', $link = '' ) {
		set_transient( self::NOTICE . get_current_user_id(), compact( 'kind', 'message', 'mend', 'link' ), MINUTE_IN_SECONDS );
		wp_safe_redirect( Comeback_Page::url( $view ) );
		exit;
	}
}
