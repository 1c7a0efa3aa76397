<?php
/**
 * Connecting and disconnecting: the only two moments at which this plugin calls another server, each after a button was pressed.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Server to server, in JSON.
 */
final class Comeback_Link {

	const PATTERN = '~^(https?://[^\s/?#@\\\\]+(?:/[^\s?#@\\\\]+)?)/connect/([A-Za-z0-9_-]{20,200})/?$~';

	/**
	 * Connects this site by the link that Comeback gave.
	 *
	 * @param string $link As typed.
	 * @return true|WP_Error The error's message says what happened, its data what to do.
	 */
	public static function connect( $link ) {
		list( $comeback, $ticket ) = self::parts( $link );
		if ( '' === $comeback ) {
			return new WP_Error(
				'comeback_link',
				__( 'This is not a connect link of Comeback.', 'comeback' ),
				__( 'Copy the whole link that Comeback gave you. It begins with https:// and has /connect/ in it.', 'comeback' )
			);
		}
		$key = Comeback_Connection::make_key();
		if ( null === $key ) {
			return new WP_Error(
				'comeback_key',
				__( 'WooCommerce could not make a REST key.', 'comeback' ),
				__( 'Look into WooCommerce > Status for missing tables, then try again.', 'comeback' )
			);
		}
		$secret = bin2hex( random_bytes( 32 ) );
		$answer = self::post(
			$comeback . '/connect/plugin',
			array(
				'ticket'          => $ticket,
				'site'            => home_url(),
				'admin'           => self::origin( admin_url() ),
				'consumer_key'    => $key['consumer_key'],
				'consumer_secret' => $key['consumer_secret'],
				'page_secret'     => $secret,
				'versions'        => self::versions(),
			)
		);
		if ( ! is_wp_error( $answer ) && ! self::is_complete( $answer, $comeback ) ) {
			$answer = self::strange( $comeback );
		}
		if ( is_wp_error( $answer ) ) {
			Comeback_Connection::remove_key( $key['key_id'] );
			return $answer;
		}
		Comeback_Connection::save(
			array(
				'comeback'    => $comeback,
				'page'        => untrailingslashit( $answer['page_url'] ),
				'store'       => sanitize_text_field( $answer['store'] ),
				'site'        => $answer['site'],
				'home'        => home_url(),
				'key_id'      => $key['key_id'],
				'page_secret' => $secret,
			)
		);
		return true;
	}

	/**
	 * Tells Comeback, then forgets everything here, whatever Comeback says.
	 *
	 * @return true|WP_Error The error where Comeback could not be told.
	 */
	public static function disconnect() {
		$connection = Comeback_Connection::get();
		$answer     = true;
		if ( Comeback_Connection::is_live() ) {
			$token  = Comeback_Token::make( $connection, wp_get_current_user(), array( 'act' => 'disconnect' ) );
			$answer = self::post( $connection['comeback'] . '/connect/plugin/end', array( 'token' => $token ) );
		}
		Comeback_Connection::forget();
		return is_wp_error( $answer ) ? $answer : true;
	}

	/**
	 * Comeback's address and the ticket; two empty texts where it is no such link. Plain http only to this very machine.
	 *
	 * @param string $link As typed.
	 * @return string[]
	 */
	private static function parts( $link ) {
		if ( ! preg_match( self::PATTERN, trim( $link ), $found ) ) {
			return array( '', '' );
		}
		$host  = (string) wp_parse_url( $found[1], PHP_URL_HOST );
		$local = in_array( $host, array( 'localhost', '127.0.0.1', '[::1]' ), true );
		if ( '' === $host || ( ! $local && 'https' !== wp_parse_url( $found[1], PHP_URL_SCHEME ) ) ) {
			return array( '', '' );
		}
		return array( $found[1], $found[2] );
	}

	/**
	 * Sends JSON and reads the JSON that comes back.
	 *
	 * @param string $url  Where to.
	 * @param array  $body What.
	 * @return array|WP_Error
	 */
	private static function post( $url, array $body ) {
		$options = array(
			'timeout'     => 60,
			'redirection' => 0,
			'headers'     => array(
				'Content-Type' => 'application/json',
				'Accept'       => 'application/json',
			),
			'body'        => wp_json_encode( $body ),
		);
		// Addresses inside the host's own network are for administrators only.
		$answer = current_user_can( 'manage_options' ) ? wp_remote_post( $url, $options ) : wp_safe_remote_post( $url, $options );
		if ( is_wp_error( $answer ) ) {
			return new WP_Error(
				'comeback_unreachable',
				/* translators: %s: the address of a server. */
				sprintf( __( 'Comeback could not be reached at %s.', 'comeback' ), self::origin( $url ) ),
				__( 'Look whether it is running, and whether your host lets this site call other servers. Then try again.', 'comeback' )
			);
		}
		$found = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 200 === wp_remote_retrieve_response_code( $answer ) && is_array( $found ) ) {
			return $found;
		}
		if ( ! is_array( $found ) || empty( $found['error'] ) || ! is_string( $found['error'] ) ) {
			return self::strange( $url );
		}
		$mend = isset( $found['mend'] ) && is_string( $found['mend'] ) ? $found['mend'] : '';
		return new WP_Error( 'comeback_refused', sanitize_text_field( $found['error'] ), sanitize_text_field( $mend ) );
	}

	/**
	 * Whether the answer holds what the page needs, and leads to that same Comeback.
	 *
	 * @param array  $answer   The answer.
	 * @param string $comeback The address the link was for.
	 * @return bool
	 */
	private static function is_complete( array $answer, $comeback ) {
		foreach ( array( 'store', 'site', 'page_url' ) as $name ) {
			if ( empty( $answer[ $name ] ) || ! is_string( $answer[ $name ] ) ) {
				return false;
			}
		}
		return self::origin( $answer['page_url'] ) === self::origin( $comeback );
	}

	/**
	 * Something answered that is not Comeback.
	 *
	 * @param string $url Where.
	 * @return WP_Error
	 */
	private static function strange( $url ) {
		return new WP_Error(
			'comeback_strange',
			/* translators: %s: the address of a server. */
			sprintf( __( '%s did not answer as Comeback does.', 'comeback' ), self::origin( $url ) ),
			__( 'Check the link. If it is right, look into the proxy or firewall in front of Comeback.', 'comeback' )
		);
	}

	/**
	 * Scheme, host and port.
	 *
	 * @param string $url An address.
	 * @return string
	 */
	public static function origin( $url ) {
		$parts = wp_parse_url( $url );
		$port  = empty( $parts['port'] ) ? '' : ':' . $parts['port'];
		return isset( $parts['scheme'], $parts['host'] ) ? strtolower( $parts['scheme'] . '://' . $parts['host'] ) . $port : '';
	}

	/**
	 * Which programs meet here.
	 *
	 * @return array<string, string>
	 */
	private static function versions() {
		return array(
			'plugin'      => COMEBACK_VERSION,
			'wordpress'   => get_bloginfo( 'version' ),
			'woocommerce' => defined( 'WC_VERSION' ) ? WC_VERSION : '',
			'php'         => PHP_VERSION,
		);
	}
}
