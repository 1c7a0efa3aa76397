<?php
/**
 * A word on what happened.
 *
 * @package Comeback
 *
 * @var array $notice What happened and what to do.
 */

defined( 'ABSPATH' ) || exit;

if ( '' !== $notice['message'] ) :
	?>
	<div class="notice notice-<?php echo esc_attr( $notice['kind'] ); ?> comeback-notice" role="status">
		<p><strong><?php echo esc_html( $notice['message'] ); ?></strong> <?php echo esc_html( $notice['mend'] ); ?></p>
	</div>
	<?php
endif;
