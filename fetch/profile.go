package fetch

import "time"

// rules are the points on which browsers differ from the Fetch standard and
// from each other. Each rule is one departure; its zero value is the standard.
type rules struct {
	// userAgentForbidden: script cannot set User-Agent; it is dropped.
	userAgentForbidden bool
	// combineHeaders: lines of one name are joined before they are checked and
	// sent. The standard checks line by line.
	combineHeaders bool
	// mergeOnWire: lines of one name are joined when they are sent, but checked
	// one by one. Of several lines of Authorization and User-Agent, the first
	// is sent; of Content-Type, the last, but with a body and before any
	// redirect, the first.
	mergeOnWire bool
	// repeatUnsafeNames: Access-Control-Request-Headers is sorted, but repeats
	// names.
	repeatUnsafeNames bool
	// clientHints: well-formed client hints are safelisted.
	clientHints bool
	// highBytesUnsafe: bytes ≥ 0x80 in Accept and Content-Type are unsafe.
	highBytesUnsafe bool
	// strictContentType: commas and empty parameters make a Content-Type
	// unsafe.
	strictContentType bool
	// rangeBits is the width of the positions in Range; 0 means unbounded. The
	// greatest number counts as too great.
	rangeBits int
	// refuseDictionary: a request with Available-Dictionary fails before it is
	// sent.
	refuseDictionary bool

	// starCoversAuthorization: Access-Control-Allow-Headers: * allows
	// Authorization.
	starCoversAuthorization bool
	// flagAddsMethod: without Access-Control-Allow-Methods, the
	// use-CORS-preflight flag allows the method of the request, as in the
	// standard.
	flagAddsMethod bool
	// uploadNeedsBody: an upload listener sets the flag only if there is a
	// body.
	uploadNeedsBody bool
	// streamsAsText: stream bodies become text and do not set the flag.
	streamsAsText bool
	// preflightOrder is the order of the checks on the response to a preflight.
	preflightOrder preflightOrder
	// methodBeforeHeaders: the method is checked before
	// Access-Control-Allow-Headers is parsed.
	methodBeforeHeaders bool
	// ignoreEmptyLines: header lines without a value do not count, except those
	// of Location and of Access-Control-Allow-Origin in its usual spelling.
	ignoreEmptyLines bool

	// realOriginPreflight: preflights after a redirect have, and are checked
	// against, the page's origin, although the request that follows says null.
	// The need for a preflight outlives the method or header that caused it. A
	// preflight to the page's own origin needs no Access-Control-Allow-Origin.
	realOriginPreflight bool
	// refuseUserinfo: a Location with credentials is refused in every mode,
	// even to the page's own origin.
	refuseUserinfo bool
	// emptyLocationIsNone: an empty Location is not a redirect.
	emptyLocationIsNone bool
	// errorNeedsLocation: redirect mode "error" accepts a 3xx without Location.
	errorNeedsLocation bool
	// blinkRedirects: a Location that does not parse fails before the CORS
	// check, and in redirect mode "manual" too; credentials in it are reported
	// before redirect mode "error"; data:, file:, about:, blob:, chrome: and
	// the like are unsafe redirects (a network error), other schemes are not.
	blinkRedirects bool
	// oneLocation: Location lines that differ are a network error; of equal
	// ones, the first counts.
	oneLocation bool
	// noCORSOrigin: Origin on no-cors requests ignores the referrer policy, and
	// is null after a redirect to another origin.
	noCORSOrigin bool
	// corpPrecursor: an opaque page passes a same-site policy if the origin
	// that it came from would.
	corpPrecursor bool
	// retryMisdirected: after a 421 response, the request is sent once more,
	// unless its body is a stream.
	retryMisdirected bool
	// doubleType: after that, the Content-Type is that of both responses.
	doubleType bool
	// aboutInNoCORS: about: URLs give an opaque response in no-cors mode.
	aboutInNoCORS bool
	// schemelessSite: for hosts without a registrable domain, such as localhost
	// and IP addresses, same-site ignores the scheme in Sec-Fetch-Site. After a
	// redirect by a URL that is not https, they are not of one site.
	schemelessSite bool
	// schemeDowngrade: for a referrer policy, a downgrade is from https to
	// anything else, even if the target is potentially trustworthy.
	schemeDowngrade bool
	// ignoreRelaxed: to other sites, referrer policies that send more than the
	// default are ignored.
	ignoreRelaxed bool
	// storageAccess is the Sec-Fetch-Storage-Access of requests with cross-site
	// credentials, unless the page has no third-party cookies; "" means no such
	// header.
	storageAccess string
	// imageAccept is the Accept header of images.
	imageAccept string
	// preflightMode: preflights have a Sec-Fetch-Mode even if the URL is not
	// potentially trustworthy, but no other Sec-Fetch header.
	preflightMode bool
	// refuseProxyAuth: status 407 is a network error, because no proxy was
	// asked.
	refuseProxyAuth bool
	// switchIsInterim: status 101 is an interim response unless it was asked
	// for, so the protocol that follows it is not a response.
	switchIsInterim bool
	// socketNoDest: the Sec-Fetch-Dest of a WebSocket is empty.
	socketNoDest bool
	// preflightCacheControl: preflights have the Cache-Control of the cache
	// mode.
	preflightCacheControl bool
	// conditionalMode is the cache mode of a request that script made
	// conditional, and conditionalXHR that of XMLHttpRequest; "" means that it
	// stays the default. In the standard it is "no-store", but only after the
	// preflight.
	conditionalMode, conditionalXHR string
	// headersReturn: request headers that one redirect dropped return with the
	// next, unless that drops them too. Whether it drops those of the body
	// depends on the method before any redirect.
	headersReturn bool
	// replaceCharset: XMLHttpRequest replaces any charset of a text or form;
	// otherwise only that of a text, and only if it is not UTF-8.
	replaceCharset bool
	// localNetworkAccess: public pages need permission for local and loopback
	// addresses.
	localNetworkAccess bool

	load    loadRules
	cookies cookieRules
	cache   cacheRules
}

// cookieRules say how cookies work in third-party contexts.
type cookieRules struct {
	// laxByDefault: a cookie without SameSite is Lax, otherwise None.
	laxByDefault bool
	// partition: cross-site requests have a separate jar per site of the page.
	partition bool
	// block: cross-site requests have no cookies.
	block bool
}

type preflightOrder uint8

const (
	redirectFirst  preflightOrder = iota // redirect, access check, status
	accessFirst                          // access check, redirect, status
	statusFirst                          // status, access check
	accessNoReason                       // access check, status; a redirect is a bad status
)

// cacheRules say how the preflight cache of a profile works.
type cacheRules struct {
	// merge: methods and headers are entries of their own, as in the standard;
	// otherwise a new response replaces the old entry, and an entry that does
	// not cover a request is removed.
	merge bool
	// split: entries of requests with credentials serve only such requests.
	split bool
	// starMatches: a cached * is a wildcard; otherwise it is the literal name.
	starMatches bool
	// headNeedsEntry: HEAD is not exempt from the method check.
	headNeedsEntry bool
	// storeRefused: responses are stored even if they refuse the method or a
	// header.
	storeRefused bool
	// nullAlone: no two requests with Origin: null share entries.
	nullAlone bool
	// clearOnFailure: the entries of a URL are removed if the request after a
	// preflight fails.
	clearOnFailure bool
	// clearAlways: also if a CORS request fails that had no preflight.
	clearAlways bool
	// skipReload, skipNoCache and skipNoStore are the cache modes that bypass
	// the look-up.
	skipReload, skipNoCache, skipNoStore bool
	// noStoreNotStored: with cache mode no-store, the response is not stored.
	noStoreNotStored bool
	// maxAge parses Access-Control-Max-Age. ok is false if the response is not
	// cached.
	maxAge func(value string, lines int) (seconds int64, ok bool)
	// cap is the greatest max-age; 0 means unbounded.
	cap time.Duration
	// entries bounds the number of entries. When the cache is full, purge
	// entries are removed: random ones if purge is more than one, otherwise the
	// least recently used.
	entries, purge int
	// maxURL is the length from which URLs are not cached; 0 means unbounded.
	maxURL int
}

var profiles = [...]rules{
	Chromium: {
		userAgentForbidden: true, combineHeaders: true, clientHints: true, rangeBits: 63, refuseDictionary: true,
		starCoversAuthorization: true, uploadNeedsBody: true, preflightOrder: redirectFirst,
		refuseUserinfo: true, emptyLocationIsNone: true, errorNeedsLocation: true,
		blinkRedirects: true, oneLocation: true, noCORSOrigin: true, corpPrecursor: true, retryMisdirected: true,
		schemeDowngrade: true, storageAccess: "active", preflightCacheControl: true, conditionalMode: cacheNoCache, conditionalXHR: cacheNoCache, replaceCharset: true,
		localNetworkAccess: true, preflightMode: true, refuseProxyAuth: true, switchIsInterim: true,
		imageAccept: "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
		load:        chromiumLoad,
		cookies:     cookieRules{laxByDefault: true},
		cache: cacheRules{
			starMatches: true, nullAlone: true, skipReload: true, skipNoCache: true, skipNoStore: true, noStoreNotStored: true,
			maxAge: chromiumMaxAge, cap: 7200 * time.Second, entries: 1024, purge: 10, maxURL: 1024,
		},
	},
	Firefox: {
		repeatUnsafeNames: true, mergeOnWire: true, highBytesUnsafe: true, rangeBits: 64, strictContentType: true,
		starCoversAuthorization: true, streamsAsText: true, preflightOrder: accessFirst, methodBeforeHeaders: true, ignoreEmptyLines: true,
		realOriginPreflight: true, retryMisdirected: true, doubleType: true, oneLocation: true, aboutInNoCORS: true, schemelessSite: true, schemeDowngrade: true,
		preflightCacheControl: true, storageAccess: "none", socketNoDest: true, ignoreRelaxed: true, conditionalMode: cacheNoStore, headersReturn: true,
		imageAccept: "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
		load:        firefoxLoad,
		cookies:     cookieRules{partition: true},
		cache: cacheRules{
			merge: true, split: true, headNeedsEntry: true, clearOnFailure: true, clearAlways: true, skipReload: true, skipNoStore: true,
			maxAge: firefoxMaxAge, cap: 86400 * time.Second, entries: 100, purge: 1,
		},
	},
	Safari: {
		combineHeaders: true, schemeDowngrade: true, starCoversAuthorization: true, preflightOrder: statusFirst,
		imageAccept: "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
		cookies:     cookieRules{block: true},
		cache: cacheRules{
			starMatches: true, storeRefused: true,
			maxAge: safariMaxAge, cap: 600 * time.Second, entries: 1024, purge: 1,
		},
	},
	Standard: {
		flagAddsMethod: true, preflightOrder: accessNoReason, retryMisdirected: true,
		imageAccept: "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
		cookies:     cookieRules{laxByDefault: true},
		cache: cacheRules{
			merge: true, starMatches: true, clearOnFailure: true,
			maxAge: standardMaxAge, entries: 1024, purge: 1,
		},
	},
}
