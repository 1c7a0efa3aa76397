/**
 * Around the frame: hands fresh tokens to Comeback's page, keeps its place in the address, and says when it can't be reached.
 * Loaded before the frame, so that not even its first word is missed.
 */
( function () {
	'use strict';

	var facts = window.comebackPage;
	var silence = 15000; // milliseconds without a word from the page after which it counts as unreachable
	var heard = false;

	if ( ! facts ) {
		return;
	}

	function inside() {
		var frame = document.getElementById( 'comeback-frame' );
		return frame && frame.contentWindow;
	}

	function show( id, visible ) {
		document.getElementById( id ).hidden = ! visible;
	}

	function isOurPath( path ) {
		return (
			typeof path === 'string' &&
			path.length < 2000 &&
			( path === facts.path || path.indexOf( facts.path + '/' ) === 0 || path.indexOf( facts.path + '?' ) === 0 ) &&
			path.indexOf( '//' ) === -1 &&
			path.indexOf( '\\' ) === -1
		);
	}

	function withoutToken( path ) {
		var url = new URL( path, facts.origin );
		url.searchParams.delete( 'id_token' );
		return url.pathname + url.search;
	}

	function keepPlace( path ) {
		var here = new URL( window.location.href );
		here.searchParams.set( 'path', withoutToken( path ) );
		window.history.replaceState( window.history.state, '', here );
	}

	function answer( id, token ) {
		inside().postMessage( { type: 'comeback:token', id: id, token: token }, facts.origin );
	}

	function renew( id ) {
		var form = new FormData();
		form.append( 'action', facts.action );
		form.append( '_ajax_nonce', facts.nonce );
		window
			.fetch( facts.ajax, { method: 'POST', body: form, credentials: 'same-origin' } )
			.then( function ( response ) {
				if ( ! response.ok ) {
					throw new Error( String( response.status ) );
				}
				return response.json();
			} )
			.then( function ( found ) {
				show( 'comeback-signed-out', false );
				answer( id, found.data.token );
			} )
			.catch( function () {
				show( 'comeback-signed-out', true );
			} );
	}

	window.addEventListener( 'message', function ( event ) {
		var said = event.data;
		if ( event.origin !== facts.origin || event.source !== inside() || ! said || typeof said !== 'object' ) {
			return;
		}
		if ( said.type === 'comeback:token' ) {
			heard = true;
			renew( said.id );
		} else if ( said.type === 'comeback:path' && isOurPath( said.path ) ) {
			heard = true;
			keepPlace( said.path );
		}
		if ( heard ) {
			show( 'comeback-unreachable', false );
		}
	} );

	window.setTimeout( function () {
		show( 'comeback-unreachable', ! heard );
	}, silence );
}() );
