<?php
/**
 * Plugin Name:          Comeback for WooCommerce
 * Description:          The companion of a self-hosted Comeback: its page inside your admin, and marketing consent at the checkout and in My Account.
 * Version:              0.1.0
 * Requires at least:    6.6
 * Requires PHP:         7.4
 * Requires Plugins:     woocommerce
 * Author:               The Comeback authors
 * License:              GPL-2.0-or-later
 * License URI:          https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:          comeback
 * Domain Path:          /languages
 * WC requires at least: 9.0
 * WC tested up to:      11.0
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

define( 'COMEBACK_VERSION', '0.1.0' );
define( 'COMEBACK_FILE', __FILE__ );
define( 'COMEBACK_DIR', plugin_dir_path( __FILE__ ) );

require_once COMEBACK_DIR . 'includes/class-comeback-connection.php';
require_once COMEBACK_DIR . 'includes/class-comeback-settings.php';
require_once COMEBACK_DIR . 'includes/class-comeback-link.php';
require_once COMEBACK_DIR . 'includes/class-comeback-token.php';
require_once COMEBACK_DIR . 'includes/class-comeback-consent.php';
require_once COMEBACK_DIR . 'includes/class-comeback-checkout.php';
require_once COMEBACK_DIR . 'includes/class-comeback-account.php';
require_once COMEBACK_DIR . 'includes/class-comeback-privacy.php';

if ( is_admin() ) {
	require_once COMEBACK_DIR . 'includes/class-comeback-page.php';
	require_once COMEBACK_DIR . 'includes/class-comeback-actions.php';
}

/**
 * Orders are read and written through WooCommerce's own objects, and the consent box exists in the block checkout too.
 */
function comeback_declare_compatibility() {
	if ( class_exists( \Automattic\WooCommerce\Utilities\FeaturesUtil::class ) ) {
		\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', COMEBACK_FILE, true );
		\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', COMEBACK_FILE, true );
	}
}
add_action( 'before_woocommerce_init', 'comeback_declare_compatibility' );

/**
 * Translations come with the plugin.
 */
function comeback_load_translations() {
	load_plugin_textdomain( 'comeback', false, dirname( plugin_basename( COMEBACK_FILE ) ) . '/languages' );
}
add_action( 'init', 'comeback_load_translations', 0 );

/**
 * Everything else, once WooCommerce is there.
 */
function comeback_start() {
	if ( ! class_exists( 'WooCommerce' ) ) {
		return;
	}
	Comeback_Checkout::hook();
	Comeback_Account::hook();
	Comeback_Privacy::hook();
	if ( is_admin() ) {
		Comeback_Page::hook();
		Comeback_Actions::hook();
	}
}
add_action( 'plugins_loaded', 'comeback_start' );
