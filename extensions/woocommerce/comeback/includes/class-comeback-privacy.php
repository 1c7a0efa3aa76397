<?php
/**
 * WordPress's own privacy tools: what this plugin keeps of a person is exported and erased with the rest.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Consent on the account and on orders; nothing else is kept here.
 */
final class Comeback_Privacy {

	const PAGE_SIZE = 50;

	/**
	 * Tools > Export and Erase Personal Data, and the suggested words for the privacy policy.
	 */
	public static function hook() {
		add_filter( 'wp_privacy_personal_data_exporters', array( __CLASS__, 'add_exporter' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( __CLASS__, 'add_eraser' ) );
		add_action( 'admin_init', array( __CLASS__, 'suggest_policy' ) );
	}

	/**
	 * One more exporter.
	 *
	 * @param array $exporters Those there are.
	 * @return array
	 */
	public static function add_exporter( $exporters ) {
		$exporters['comeback'] = array(
			'exporter_friendly_name' => __( 'Comeback: marketing consent', 'comeback' ),
			'callback'               => array( __CLASS__, 'export' ),
		);
		return $exporters;
	}

	/**
	 * One more eraser.
	 *
	 * @param array $erasers Those there are.
	 * @return array
	 */
	public static function add_eraser( $erasers ) {
		$erasers['comeback'] = array(
			'eraser_friendly_name' => __( 'Comeback: marketing consent', 'comeback' ),
			'callback'             => array( __CLASS__, 'erase' ),
		);
		return $erasers;
	}

	/**
	 * One page of what is kept under an address.
	 *
	 * @param string $email The address.
	 * @param int    $page  From 1.
	 * @return array
	 */
	public static function export( $email, $page = 1 ) {
		$labels = array_combine(
			Comeback_Consent::keys(),
			array( __( 'Marketing consent', 'comeback' ), __( 'Given or taken back at', 'comeback' ), __( 'Words agreed to', 'comeback' ) )
		);
		$items  = array();
		$orders = self::orders( $email, $page );
		foreach ( array_merge( self::account( $email, $page ), $orders ) as $holder ) {
			$said = array();
			foreach ( $labels as $key => $label ) {
				$said[] = array(
					'name'  => $label,
					'value' => $holder->get_meta( $key ),
				);
			}
			$said = array_filter( $said, array( __CLASS__, 'has_value' ) );
			if ( $said ) {
				$items[] = array(
					'group_id'    => 'comeback',
					'group_label' => __( 'Marketing consent', 'comeback' ),
					'item_id'     => ( $holder instanceof WC_Customer ? 'comeback-account-' : 'comeback-order-' ) . $holder->get_id(),
					'data'        => array_values( $said ),
				);
			}
		}
		return array(
			'data' => $items,
			'done' => count( $orders ) < self::PAGE_SIZE,
		);
	}

	/**
	 * Erases one page of what is kept under an address.
	 *
	 * @param string $email The address.
	 * @param int    $page  From 1.
	 * @return array
	 */
	public static function erase( $email, $page = 1 ) {
		$removed  = false;
		$orders   = self::orders( $email, $page );
		$messages = array();
		foreach ( array_merge( self::account( $email, $page ), $orders ) as $holder ) {
			if ( '' !== $holder->get_meta( Comeback_Consent::KEY ) ) {
				Comeback_Consent::remove( $holder );
				$holder->save();
				$removed = true;
			}
		}
		if ( 1 === (int) $page && Comeback_Connection::get() ) {
			$messages[] = __( 'Comeback keeps records of its own: erase this person there, too.', 'comeback' );
		}
		return array(
			'items_removed'  => $removed,
			'items_retained' => false,
			'messages'       => $messages,
			'done'           => count( $orders ) < self::PAGE_SIZE,
		);
	}

	/**
	 * Words for the site's privacy policy.
	 */
	public static function suggest_policy() {
		$text = __( 'If you agree to offers and news by e-mail, we keep that, the time and the words you agreed to with your account and your order. Our shop works with Comeback, a program that we run ourselves: it reads customers and orders, sends you offers only if you agreed, and writes your points back to your account. You can take your consent back in your account details or by the link in each e-mail.', 'comeback' );
		wp_add_privacy_policy_content( 'Comeback', wp_kses_post( wpautop( $text ) ) );
	}

	/**
	 * Whether an exported line says anything.
	 *
	 * @param array $line Name and value.
	 * @return bool
	 */
	public static function has_value( $line ) {
		return is_string( $line['value'] ) && '' !== $line['value'];
	}

	/**
	 * The account with that address, on the first page only.
	 *
	 * @param string $email The address.
	 * @param int    $page  From 1.
	 * @return WC_Customer[]
	 */
	private static function account( $email, $page ) {
		$user = 1 === (int) $page ? get_user_by( 'email', $email ) : false;
		return $user ? array( new WC_Customer( $user->ID ) ) : array();
	}

	/**
	 * Orders with that billing address.
	 *
	 * @param string $email The address.
	 * @param int    $page  From 1.
	 * @return WC_Order[]
	 */
	private static function orders( $email, $page ) {
		return wc_get_orders(
			array(
				'billing_email' => $email,
				'type'          => 'shop_order',
				'status'        => 'any',
				'orderby'       => 'ID',
				'order'         => 'ASC',
				'limit'         => self::PAGE_SIZE,
				'page'          => max( 1, (int) $page ),
			)
		);
	}
}
