<?php
/**
 * The plugin's few settings, and the way out.
 *
 * @package Comeback
 *
 * @var array $notice     What the last button led to.
 * @var array $settings   The settings.
 * @var array $connection The connection, or an empty array.
 */

defined( 'ABSPATH' ) || exit;
?>
<div class="wrap comeback-wrap">
	<h1><?php esc_html_e( 'Comeback: settings of this plugin', 'comeback' ); ?></h1>
	<hr class="wp-header-end">
	<?php require COMEBACK_DIR . 'views/notice.php'; ?>
	<p><a href="<?php echo esc_url( Comeback_Page::url() ); ?>"><?php esc_html_e( 'Back to Comeback', 'comeback' ); ?></a></p>
	<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
		<input type="hidden" name="action" value="<?php echo esc_attr( Comeback_Actions::SAVE ); ?>">
		<?php wp_nonce_field( Comeback_Actions::SAVE ); ?>
		<table class="form-table" role="presentation">
			<tr>
				<th scope="row"><?php esc_html_e( 'Consent', 'comeback' ); ?></th>
				<td>
					<label><input type="checkbox" name="comeback_opt_in" value="1" <?php checked( $settings['opt_in'], 'yes' ); ?>> <?php esc_html_e( 'Ask for marketing consent at the checkout and in My Account', 'comeback' ); ?></label>
					<p class="description"><?php esc_html_e( 'The box is never ticked beforehand. Without recorded consent Comeback writes to nobody.', 'comeback' ); ?></p>
				</td>
			</tr>
			<tr>
				<th scope="row"><label for="comeback_text"><?php esc_html_e( 'Words beside the box', 'comeback' ); ?></label></th>
				<td>
					<input type="text" class="large-text" id="comeback_text" name="comeback_text" maxlength="<?php echo esc_attr( Comeback_Settings::MOST_TEXT ); ?>" value="<?php echo esc_attr( $settings['text'] ); ?>" placeholder="<?php echo esc_attr( Comeback_Settings::words() ); ?>">
					<p class="description"><?php esc_html_e( 'Leave empty for our words in the language of your shop.', 'comeback' ); ?></p>
				</td>
			</tr>
			<tr>
				<th scope="row"><?php esc_html_e( 'When this plugin is deleted', 'comeback' ); ?></th>
				<td>
					<label><input type="checkbox" name="comeback_remove_consent" value="1" <?php checked( $settings['remove_consent'], 'yes' ); ?>> <?php esc_html_e( 'Delete the recorded consent, too', 'comeback' ); ?></label>
					<p class="description"><?php esc_html_e( 'The record is your proof of who agreed to what. Keep it as long as you write to people.', 'comeback' ); ?></p>
				</td>
			</tr>
		</table>
		<?php submit_button( __( 'Save', 'comeback' ) ); ?>
	</form>
	<?php if ( $connection ) : ?>
		<h2><?php esc_html_e( 'Connection', 'comeback' ); ?></h2>
		<p>
			<?php
			/* translators: %s: the address of a server. */
			echo esc_html( sprintf( __( 'Connected with Comeback at %s.', 'comeback' ), Comeback_Link::origin( $connection['page'] ) ) );
			?>
		</p>
		<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
			<input type="hidden" name="action" value="<?php echo esc_attr( Comeback_Actions::DISCONNECT ); ?>">
			<?php wp_nonce_field( Comeback_Actions::DISCONNECT ); ?>
			<p class="description"><?php esc_html_e( 'Disconnecting removes the REST key and the webhooks of Comeback: it can then neither read nor write this shop, and hears no more of it. Points and coupons it has written stay; to take them back, uninstall the shop in Comeback first.', 'comeback' ); ?></p>
			<?php submit_button( __( 'Disconnect', 'comeback' ), 'secondary', 'comeback_disconnect' ); ?>
		</form>
	<?php endif; ?>
</div>
