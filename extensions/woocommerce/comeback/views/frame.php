<?php
/**
 * Comeback's own page, in a frame as high as the screen.
 *
 * @package Comeback
 *
 * @var string $source     The frame's address with a fresh token.
 * @var array  $connection The connection.
 * @var array  $notice     What the last button led to.
 */

defined( 'ABSPATH' ) || exit;
?>
<div class="comeback-frame-wrap" id="comeback-wrap">
	<?php require COMEBACK_DIR . 'views/notice.php'; ?>
	<div class="notice notice-error comeback-notice" id="comeback-unreachable" role="alert" hidden>
		<p>
			<strong>
				<?php
				/* translators: %s: the address of a server. */
				echo esc_html( sprintf( __( 'Comeback does not answer at %s.', 'comeback' ), Comeback_Link::origin( $connection['page'] ) ) );
				?>
			</strong>
			<?php esc_html_e( 'Look whether it is running and can be reached from your browser. Your shop goes on as always meanwhile.', 'comeback' ); ?>
			<a href="<?php echo esc_url( Comeback_Page::url() ); ?>"><?php esc_html_e( 'Try again', 'comeback' ); ?></a>
		</p>
	</div>
	<div class="notice notice-warning comeback-notice" id="comeback-signed-out" role="alert" hidden>
		<p>
			<strong><?php esc_html_e( 'Your session here has ended.', 'comeback' ); ?></strong>
			<a href="<?php echo esc_url( Comeback_Page::url() ); ?>"><?php esc_html_e( 'Open this page again', 'comeback' ); ?></a>
		</p>
	</div>
	<iframe
		id="comeback-frame"
		class="comeback-frame"
		title="<?php esc_attr_e( 'Comeback', 'comeback' ); ?>"
		src="<?php echo esc_url( $source ); ?>"
		sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads"
		allow="clipboard-write"
		referrerpolicy="no-referrer"
	></iframe>
	<?php if ( current_user_can( 'manage_woocommerce' ) ) : ?>
		<p class="comeback-foot"><a href="<?php echo esc_url( Comeback_Page::url( 'settings' ) ); ?>"><?php esc_html_e( 'Settings of this plugin', 'comeback' ); ?></a></p>
	<?php endif; ?>
</div>
