<?php
/**
 * Not connected yet: what Comeback is, and the one field that connects.
 *
 * @package Comeback
 *
 * @var array $notice     What the last try led to.
 * @var array $connection The former connection of a site that has moved, or an empty array.
 */

defined( 'ABSPATH' ) || exit;
?>
<div class="wrap comeback-wrap">
	<h1><?php esc_html_e( 'Connect Comeback', 'comeback' ); ?></h1>
	<hr class="wp-header-end">
	<?php require COMEBACK_DIR . 'views/notice.php'; ?>
	<?php if ( $connection ) : ?>
		<div class="notice notice-warning comeback-notice">
			<p>
				<strong><?php esc_html_e( 'This site has another address than the one that was connected.', 'comeback' ); ?></strong>
				<?php esc_html_e( 'If it has moved for good, connect it again. A copy of your shop should not be connected.', 'comeback' ); ?>
			</p>
		</div>
	<?php endif; ?>
	<div class="card comeback-card">
		<p><?php esc_html_e( 'Comeback brings customers back: it sees who is slipping away, sends win-back offers to those who agreed, and keeps points and tiers. It is a program that you run yourself.', 'comeback' ); ?></p>
		<ol>
			<li><?php esc_html_e( 'Ask your Comeback for a connect link: run the command below where it is installed.', 'comeback' ); ?><br><code dir="ltr">comeback connect woocommerce --url <?php echo esc_html( home_url() ); ?> --link</code></li>
			<li><?php esc_html_e( 'Paste the link here within ten minutes and press Connect.', 'comeback' ); ?></li>
		</ol>
		<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
			<input type="hidden" name="action" value="<?php echo esc_attr( Comeback_Actions::CONNECT ); ?>">
			<?php wp_nonce_field( Comeback_Actions::CONNECT ); ?>
			<p>
				<label for="comeback_link"><?php esc_html_e( 'Connect link', 'comeback' ); ?></label>
				<input type="url" class="large-text code" dir="ltr" id="comeback_link" name="comeback_link" required autocomplete="off" placeholder="https://comeback.example.com/connect/…" value="<?php echo esc_attr( $notice['link'] ); ?>" aria-describedby="comeback_link_help">
			</p>
			<p class="description" id="comeback_link_help"><?php esc_html_e( 'Connecting makes a REST key for Comeback that may read and write this shop, and sends it to the address in the link. Nothing is sent before you press the button.', 'comeback' ); ?></p>
			<?php submit_button( __( 'Connect', 'comeback' ) ); ?>
		</form>
		<p><a href="<?php echo esc_url( Comeback_Page::url( 'settings' ) ); ?>"><?php esc_html_e( 'Settings of this plugin', 'comeback' ); ?></a></p>
	</div>
</div>
