<?php
/**
 * What the merchant can set: the consent box, its words, and what deleting the plugin takes along.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Kept in one option.
 */
final class Comeback_Settings {

	const OPTION    = 'comeback_settings';
	const MOST_TEXT = 300;

	/**
	 * All settings, with defaults for those never set.
	 *
	 * @return array{opt_in: string, text: string, remove_consent: string}
	 */
	public static function get() {
		$defaults = array(
			'opt_in'         => 'yes',
			'text'           => '',
			'remove_consent' => 'no',
		);
		$found    = get_option( self::OPTION, array() );
		return array_merge( $defaults, is_array( $found ) ? array_intersect_key( $found, $defaults ) : array() );
	}

	/**
	 * Keeps the settings.
	 *
	 * @param bool   $opt_in         Whether the checkout shows the box.
	 * @param string $text           Its words; empty for ours.
	 * @param bool   $remove_consent Whether deleting the plugin takes the recorded consent along.
	 */
	public static function save( $opt_in, $text, $remove_consent ) {
		$kept = array(
			'opt_in'         => $opt_in ? 'yes' : 'no',
			'text'           => mb_substr( $text, 0, self::MOST_TEXT ),
			'remove_consent' => $remove_consent ? 'yes' : 'no',
		);
		update_option( self::OPTION, $kept, false );
	}

	/**
	 * The words beside the box, the merchant's or ours in the shop's language.
	 *
	 * @return string
	 */
	public static function words() {
		$text = self::get()['text'];
		return '' === $text ? __( 'Send me offers and news by e-mail. I can stop this at any time.', 'comeback' ) : $text;
	}

	/**
	 * Nobody is asked for consent before there is somebody who uses it.
	 *
	 * @return bool
	 */
	public static function asks_for_consent() {
		return Comeback_Connection::is_live() && 'yes' === self::get()['opt_in'];
	}
}
