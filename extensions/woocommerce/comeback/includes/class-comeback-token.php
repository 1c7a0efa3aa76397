<?php
/**
 * The signed word with which this site lets one of its users into Comeback's page: a JSON Web Token, good for a minute.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * HS256, with the secret that only this site and its Comeback know.
 */
final class Comeback_Token {

	const LIFE = 60;

	/**
	 * A fresh token.
	 *
	 * @param array   $connection The connection.
	 * @param WP_User $user       Who visits.
	 * @param array   $more       Further claims.
	 * @return string
	 */
	public static function make( array $connection, WP_User $user, array $more = array() ) {
		$now    = time();
		$claims = array(
			'iss'    => $connection['site'],
			'aud'    => 'comeback',
			'sub'    => (string) $user->ID,
			'name'   => $user->display_name,
			'locale' => get_user_locale( $user ),
			'role'   => self::role( $user ),
			'admin'  => Comeback_Link::origin( admin_url() ),
			'iat'    => $now,
			'nbf'    => $now,
			'exp'    => $now + self::LIFE,
			'jti'    => wp_generate_uuid4(),
		);
		$head   = array(
			'typ' => 'JWT',
			'alg' => 'HS256',
		);
		$signed = self::encode( wp_json_encode( $head ) ) . '.' . self::encode( wp_json_encode( array_merge( $more, $claims ) ) );
		return $signed . '.' . self::encode( hash_hmac( 'sha256', $signed, $connection['page_secret'], true ) );
	}

	/**
	 * What this user may do in Comeback; "" for nothing.
	 *
	 * @param WP_User $user Who.
	 * @return string
	 */
	public static function role( WP_User $user ) {
		if ( user_can( $user, 'manage_woocommerce' ) ) {
			return 'owner';
		}
		return user_can( $user, 'view_woocommerce_reports' ) ? 'viewer' : '';
	}

	/**
	 * Base64 as it stands in addresses.
	 *
	 * @param string $bytes Anything.
	 * @return string
	 */
	private static function encode( $bytes ) {
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- this is how a token is written.
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' );
	}
}
