package explain

import "strings"

// Causes that several messages share.
const (
	htmlCauses   = "spa-fallback-instead-of-api url-not-found redirect-to-login"
	opaqueCauses = "no-cors-mode-opaque html-instead-of-json"
)

// pageRules are the exceptions that script gets, in the words of all browsers.
var pageRules = []rule{
	{slug: "canvas-tainted", says: `Tainted canvases may not be (?:exported|loaded)`},
	{slug: "canvas-tainted", says: `canvas has been tainted`},
	{slug: "image-needs-cors", causes: "image-needs-cors canvas-tainted", says: `(?:The (?:image|video) element contains cross-origin data, and may not be loaded|The cross-origin image at (?P<url>\S+) may not be loaded)`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `Unexpected token '?<'?`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `JSON Parse error: Unrecognized token '<'`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `JSON\.parse: unexpected character at line 1 column 1`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `SyntaxError: The string did not match the expected pattern`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `Expected a JavaScript(?:-or-Wasm)? module script but the server responded with a MIME type of 'text/html'`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `Loading module from '{url}' was blocked because of a disallowed MIME type`},
	{slug: "html-instead-of-json", causes: htmlCauses, says: `Http failure during parsing for {bare}`},
	{slug: "no-cors-mode-opaque", says: `Unexpected end of (?:JSON )?input`},
	{slug: "no-cors-mode-opaque", says: `JSON\.parse: unexpected end of data`},
	{slug: "no-cors-mode-opaque", says: `JSON Parse error: Unexpected EOF`},
	{slug: "frame-access-not-cors", says: `Blocked a frame with origin '(?P<origin>[^'"]*)' from accessing a (?:cross-origin )?frame`},
	{slug: "frame-access-not-cors", says: `Permission denied to access property '?[^\n]{0,60}?'? ?on cross-origin object`},
	{slug: "postmessage-target-origin", says: `Failed to execute 'postMessage' on '\w+': The target origin provided \('{value}'\) does not match the recipient window's origin \('(?P<origin>[^'"]*)'\)`},
	{slug: "postmessage-target-origin", says: `Unable to post message to (?P<value>\S+)\. Recipient has origin (?P<origin>\S+?)\.?(?:\s|$)`},
	{slug: "same-origin-only", says: `Failed to construct '(?:Shared)?Worker': Script at '{url}' cannot be accessed from origin '(?P<origin>[^'"]*)'`},
	{slug: "same-origin-only", says: `The origin of the provided scriptURL \('{url}'\) does not match the current origin \('(?P<origin>[^'"]*)'\)`},
	{slug: "same-origin-only", says: `Unsafe attempt to (?:load|initiate navigation for frame with) URL (?P<url>\S+)`, refine: (*reading).unsafe},
	{slug: "service-worker-opaque", says: `an 'opaque' response was used for a request whose type is not no-cors`},
	{slug: "stylesheet-needs-cors", says: `(?:Failed to read the '(?:cssRules|rules)' property from 'CSSStyleSheet'|Not allowed to access cross-origin stylesheet|CSSStyleSheet\.cssRules getter: Not allowed)`},
	{slug: "script-error-hidden", says: `(?m)^(?:Uncaught )?Script error\.?(?: \(?:0\)?)?$`},
	{slug: "eventsource-wrong-type", says: `EventSource's response has a MIME type \('{value}'\) that is not 'text/event-stream'`},
	{slug: "websocket-origin-rejected", says: `WebSocket connection to '{url}' failed: Error during WebSocket handshake: Unexpected response code: {status}`, refine: (*reading).handshake},
	{slug: generic, causes: "connection-refused websocket-not-accepted websocket-origin-rejected", says: `WebSocket connection to '{url}' failed`, refine: (*reading).socket},
	{slug: generic, causes: "connection-refused websocket-not-accepted websocket-origin-rejected", says: `can't establish a connection to the server at (?P<url>\S+?)\.?(?:\s|$)`, refine: (*reading).socket},
	{slug: "cookie-samesite-blocks-cross-site", says: `Set-Cookie (?:header )?was blocked because it had the 'SameSite=(?:Lax|Strict)' attribute but came from a cross-site`},
	{slug: "cookie-samesite-blocks-cross-site", says: `Set-Cookie (?:header )?(?:was blocked because it )?didn't specify a 'SameSite' attribute`},
	{slug: "cookie-samesite-none-without-secure", says: `had the 'SameSite=None' attribute but did not have the 'Secure' attribute`},
	{slug: "third-party-cookies-blocked", says: `(?:Third-party cookie (?:will be|is) blocked|cookie was blocked due to (?:user preferences|third-party cookie phaseout))`},
	{slug: "url-without-scheme", says: `(?:Only absolute URLs are supported|Failed to parse URL from (?P<url>[^\s'"]+))`},
}

// handshake decides about a WebSocket that was refused.
func (r *reading) handshake() {
	r.Destination = "websocket"
	if r.Status != "403" && r.Status != "401" {
		r.is("websocket-not-accepted", "websocket-not-accepted", "websocket-origin-rejected")
	}
}

// unsafe decides about a URL that only a page of the same origin may load.
func (r *reading) unsafe() {
	if strings.HasPrefix(r.URL, "file:") {
		r.is("file-origin-page", "null-origin-page")
	}
}

// socket notes what made the request.
func (r *reading) socket() {
	if strings.HasPrefix(r.URL, "ws") {
		r.Destination = "websocket"
	}
}

// genericRules are the errors that script gets for every failure.
var genericRules = []rule{
	{slug: generic, causes: noNetwork, says: `Failed to fetch dynamically imported module: (?P<url>\S+)`},
	{slug: generic, causes: noNetwork, says: `Failed to fetch\b`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `NetworkError when attempting to fetch resource`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `error loading dynamically imported module`},
	{slug: generic, causes: "no-cors-headers connection-refused tls-untrusted-certificate", says: `TypeError: (?:Load failed|Type error)`},
	{slug: generic, causes: "connection-refused dns-failure tls-untrusted-certificate", says: `TypeError: Network request failed`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `(?:Axios)?Error: Network Error`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `\bERR_NETWORK\b`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `Http failure response for (?P<url>\S+): 0 Unknown Error`, refine: (*reading).unknownURL},
	{slug: generic, causes: "connection-refused dns-failure tls-untrusted-certificate", says: `TypeError: fetch failed`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `(?:A network error occurred|The network connection was lost|XMLHttpRequest error|NetworkError: Failed to execute 'send' on 'XMLHttpRequest': Failed to load '(?P<url>[^'"]*)')`},
	{slug: generic, causes: "no-cors-headers connection-refused", says: `readyState'?: ?[04],[^\n]{0,80}'?status'?: ?0\b`},
}

// unknownURL drops Angular's words for a URL that it does not know.
func (r *reading) unknownURL() {
	if !strings.Contains(r.URL, "/") {
		r.URL = ""
	}
}

// otherRules are messages that are not about CORS; causes say what they are.
var otherRules = []rule{
	{slug: NotCORS, causes: "A Content Security Policy of the page blocked something other than a request of script", says: `Content[- ]Security[- ]Policy`},
	{slug: NotCORS, causes: "The site does not allow other sites to show it in a frame", says: `Refused to display '{url}' in a frame because`},
	{slug: NotCORS, causes: "The file has another hash than the integrity attribute says", says: `Failed to find a valid digest in the 'integrity' attribute`},
	{slug: NotCORS, causes: "The URL of a script or stylesheet responded with another type, often an error page", says: `because its MIME type \('{value}'\) is not`},
	{slug: NotCORS, causes: "The server responded with the status {status}, and the page could read it", says: `the server responded with a status of {status}`},
	{slug: NotCORS, causes: "The server responded with the status {status}, and the page could read it", says: `Request failed with status code {status}`},
	{slug: NotCORS, causes: "The server responded with the status {status}, and the page could read it", says: `\b(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE) {bare} {status}\b`},
	{slug: NotCORS, causes: "The server responded with the status {status}, and the page could read it", says: `Http failure response for {bare}: {status}`},
	{slug: NotCORS, causes: "The policies of the page or its frame forbid a feature", says: `Permissions[- ]policy`},
	{slug: NotCORS, causes: "The Cross-Origin-Opener-Policy of a page cuts it off from a window", says: `Cross-Origin-Opener-Policy`},
	{slug: NotCORS, causes: "An extension of the browser failed, not the page", says: `runtime\.lastError`},
	{slug: NotCORS, causes: "The developer tools could not load a source map, which users never see", says: `(?:DevTools failed to load|Source map error)`},
	{slug: NotCORS, causes: "The page's code has a mistake", says: `(?:Cannot read propert(?:y|ies)|is not a function\b|is not defined\b|is not an object\b|can't access property|Maximum call stack)`},
	{slug: NotCORS, causes: "It is a warning of a library that the page uses", says: `Warning: `},
}
