<?php
/**
 * Not connected, and this user may not connect.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;
?>
<div class="wrap comeback-wrap">
	<h1><?php esc_html_e( 'Comeback', 'comeback' ); ?></h1>
	<p><?php esc_html_e( 'Comeback is not connected yet. Ask somebody who manages this shop to connect it here.', 'comeback' ); ?></p>
</div>
