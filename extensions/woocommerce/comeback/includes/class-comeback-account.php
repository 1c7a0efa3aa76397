<?php
/**
 * My Account > Account details: the place where somebody agrees to marketing, or takes it back.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Shown while consent is asked for, and to everybody of whom a state is kept.
 */
final class Comeback_Account {

	const FIELD = 'comeback_marketing_consent';
	const SHOWN = 'comeback_marketing_shown';

	/**
	 * The form and what becomes of it.
	 */
	public static function hook() {
		add_action( 'woocommerce_edit_account_form', array( __CLASS__, 'show' ) );
		add_action( 'woocommerce_save_account_details', array( __CLASS__, 'save' ) );
	}

	/**
	 * The box, ticked where the account has agreed.
	 */
	public static function show() {
		$state = Comeback_Consent::of_user( get_current_user_id() );
		if ( '' === $state && ! Comeback_Settings::asks_for_consent() ) {
			return;
		}
		?>
		<p class="woocommerce-form-row woocommerce-form-row--wide form-row form-row-wide">
			<input type="hidden" name="<?php echo esc_attr( self::SHOWN ); ?>" value="1">
			<label class="woocommerce-form__label woocommerce-form__label-for-checkbox" for="<?php echo esc_attr( self::FIELD ); ?>">
				<input type="checkbox" class="woocommerce-form__input woocommerce-form__input-checkbox" id="<?php echo esc_attr( self::FIELD ); ?>" name="<?php echo esc_attr( self::FIELD ); ?>" value="1" <?php checked( $state, Comeback_Consent::SUBSCRIBED ); ?>>
				<span><?php echo esc_html( Comeback_Settings::words() ); ?></span>
			</label>
		</p>
		<?php
	}

	/**
	 * Only a change is recorded: who never agreed and leaves the box alone has refused nothing.
	 *
	 * @param int $user_id Whose account.
	 */
	public static function save( $user_id ) {
		$nonce = isset( $_POST['save-account-details-nonce'] ) ? sanitize_key( wp_unslash( $_POST['save-account-details-nonce'] ) ) : '';
		if ( ! wp_verify_nonce( $nonce, 'save_account_details' ) || empty( $_POST[ self::SHOWN ] ) ) {
			return;
		}
		$before = Comeback_Consent::SUBSCRIBED === Comeback_Consent::of_user( $user_id );
		$after  = ! empty( $_POST[ self::FIELD ] );
		if ( $before !== $after ) {
			Comeback_Consent::record( $user_id, $after ? Comeback_Consent::SUBSCRIBED : Comeback_Consent::UNSUBSCRIBED );
		}
	}
}
