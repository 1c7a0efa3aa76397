<?php
/**
 * WooCommerce > Comeback: the way to connect, then Comeback's own page in a frame, and this plugin's few settings.
 *
 * @package Comeback
 */

defined( 'ABSPATH' ) || exit;

/**
 * Only shows; what is posted goes to Comeback_Actions.
 */
final class Comeback_Page {

	const SLUG = 'comeback';
	// Whatever may stand behind the address of Comeback: only pages of its own.
	const PATH = '~^/app(?:/[A-Za-z0-9._\~%@:+-]+)*/?(?:\?[A-Za-z0-9._\~%@:+=&,\[\]-]*)?$~';

	/**
	 * Menu, scripts and the link in the list of plugins.
	 */
	public static function hook() {
		add_action( 'admin_menu', array( __CLASS__, 'add_menu' ), 60 );
		add_action( 'admin_enqueue_scripts', array( __CLASS__, 'add_assets' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( COMEBACK_FILE ), array( __CLASS__, 'add_links' ) );
	}

	/**
	 * Whoever manages the shop; whoever may see its reports reads only.
	 *
	 * @return string
	 */
	public static function capability() {
		return current_user_can( 'manage_woocommerce' ) ? 'manage_woocommerce' : 'view_woocommerce_reports';
	}

	/**
	 * Below WooCommerce.
	 */
	public static function add_menu() {
		add_submenu_page( 'woocommerce', __( 'Comeback', 'comeback' ), __( 'Comeback', 'comeback' ), self::capability(), self::SLUG, array( __CLASS__, 'show' ) );
	}

	/**
	 * The address of this page.
	 *
	 * @param string $view "" or "settings".
	 * @return string
	 */
	public static function url( $view = '' ) {
		$url = add_query_arg( 'page', self::SLUG, admin_url( 'admin.php' ) );
		return '' === $view ? $url : add_query_arg( 'view', $view, $url );
	}

	/**
	 * In the list of plugins.
	 *
	 * @param string[] $links Those there are.
	 * @return string[]
	 */
	public static function add_links( $links ) {
		$ours = sprintf( '<a href="%s">%s</a>', esc_url( self::url( 'settings' ) ), esc_html__( 'Settings', 'comeback' ) );
		return array_merge( array( $ours ), $links );
	}

	/**
	 * Styles on our page; the script where the frame is.
	 *
	 * @param string $screen The screen's name.
	 */
	public static function add_assets( $screen ) {
		if ( substr( $screen, -strlen( '_page_' . self::SLUG ) ) !== '_page_' . self::SLUG ) {
			return;
		}
		wp_enqueue_style( 'comeback', plugins_url( 'assets/admin.css', COMEBACK_FILE ), array(), COMEBACK_VERSION );
		if ( 'frame' !== self::view() ) {
			return;
		}
		wp_enqueue_script( 'comeback', plugins_url( 'assets/admin.js', COMEBACK_FILE ), array(), COMEBACK_VERSION, false );
		$facts = array(
			'origin' => Comeback_Link::origin( Comeback_Connection::get()['page'] ),
			'ajax'   => admin_url( 'admin-ajax.php' ),
			'action' => Comeback_Actions::TOKEN,
			'nonce'  => wp_create_nonce( Comeback_Actions::TOKEN ),
			'path'   => self::PATH_PREFIX,
		);
		wp_add_inline_script( 'comeback', 'window.comebackPage = ' . wp_json_encode( $facts, JSON_HEX_TAG | JSON_HEX_AMP ) . ';', 'before' );
	}

	const PATH_PREFIX = '/app';

	/**
	 * What this user gets to see: the way to connect, the settings, the frame, or a word to whoever may only look.
	 *
	 * @return string
	 */
	private static function view() {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- only says what to show.
		$wanted = isset( $_GET['view'] ) ? sanitize_key( wp_unslash( $_GET['view'] ) ) : '';
		$owner  = current_user_can( 'manage_woocommerce' );
		if ( 'settings' === $wanted && $owner ) {
			return 'settings';
		}
		if ( Comeback_Connection::is_live() ) {
			return 'frame';
		}
		return $owner ? 'connect' : 'waiting';
	}

	/**
	 * The page.
	 */
	public static function show() {
		$role = Comeback_Token::role( wp_get_current_user() );
		if ( '' === $role ) {
			wp_die( esc_html__( 'You may not see this page.', 'comeback' ), '', array( 'response' => 403 ) );
		}
		$view       = self::view();
		$connection = Comeback_Connection::get();
		$settings   = Comeback_Settings::get();
		$notice     = Comeback_Actions::notice();
		$source     = 'frame' === $view ? self::source( $connection ) : '';
		require COMEBACK_DIR . 'views/' . $view . '.php';
	}

	/**
	 * Where the frame begins: the page of Comeback that was open last, or its first.
	 *
	 * @param array $connection The connection.
	 * @return string
	 */
	private static function source( array $connection ) {
		$path  = self::path();
		$base  = substr( $connection['page'], 0, -strlen( self::PATH_PREFIX ) );
		$token = Comeback_Token::make( $connection, wp_get_current_user() );
		return $base . $path . ( strpos( $path, '?' ) === false ? '?' : '&' ) . 'id_token=' . $token;
	}

	/**
	 * The inner page asked for; the first one where it is none of Comeback's.
	 *
	 * @return string
	 */
	private static function path() {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- only says what to show.
		$wanted = isset( $_GET['path'] ) ? esc_url_raw( wp_unslash( $_GET['path'] ) ) : '';
		$dots   = preg_match( '~(?:^|/)(?:\.|%2e){1,2}(?:/|$|\?)~i', $wanted );
		// Where a page's token is fetched and sent on is no place to be led to.
		$token = preg_match( '~^/app/token(?:[/?]|$)~i', $wanted );
		return preg_match( self::PATH, $wanted ) && ! $dots && ! $token ? $wanted : self::PATH_PREFIX;
	}
}
