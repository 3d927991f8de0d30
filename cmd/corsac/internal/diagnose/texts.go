package diagnose

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch/cause"
)

// Text is a cause that shows only in what browsers, programs and servers print,
// or a class of messages that many causes share.
//
// Words in braces stand for particulars, as in [cause.Cause].
type Text struct {
	// Slug is the stable name; Aliases are other spellings of it.
	Slug    string
	Aliases []string
	// Title says what is wrong, in at most about 70 characters.
	Title string
	// Side says who has to change something; empty for a class.
	Side cause.Side
	// Why says in a sentence or two what is going on, Fix what to change.
	Why, Fix string
	// Apart says of a class how its causes can be distinguished; empty for a
	// cause.
	Apart string
	// Message is a sample: explain recognises it as this slug.
	Message string
}

// IsClass reports whether t is a class of messages, not a cause.
func (t *Text) IsClass() bool { return t.Apart != "" }

// Texts returns every cause that only texts show, and every class of messages,
// sorted by slug.
func Texts() []*Text {
	all := slices.Concat(classes, textCauses)
	slices.SortFunc(all, func(a, b *Text) int { return strings.Compare(a.Slug, b.Slug) })
	return all
}

const oneSentence = "Browsers use one sentence for all of them. "

// classes are the messages that say which check failed, but not why.
var classes = []*Text{
	{
		Slug:    "acao-missing",
		Title:   "The response has no Access-Control-Allow-Origin",
		Why:     "The server responded, and the response does not allow pages of other origins to read it. It may be an error page or a login page instead of the response that you expect.",
		Apart:   oneSentence + "The status of the response decides: an error is the cause itself, and its missing header a symptom. If the status is 200, look whether other routes, and other origins, get the header.",
		Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug:    "preflight-acao-missing",
		Title:   "The preflight response has no Access-Control-Allow-Origin",
		Why:     "Before this request, the browser asks the server with OPTIONS whether it is allowed. The response to that OPTIONS request has no CORS headers, so the request itself was not sent.",
		Apart:   oneSentence + "The status of the response to OPTIONS decides: 404 or 405 is a missing route, 401 or 403 a login check or firewall, 200 or 204 a server without CORS or one that does not allow the origin.",
		Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug:    "preflight-bad-status", // package cause has its other texts
		Apart:   "The status of the response to OPTIONS decides: 404 or 405 is a missing route, 401 or 403 a login check or firewall, 500 and above a server that does not expect OPTIONS. Firefox and Safari print it, and so does the network panel.",
		Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
	},
	{
		Slug:    "preflight-redirect", // package cause has its other texts
		Apart:   "Look at Location in the response to OPTIONS: https or a slash at the end means that the page should request that URL; a login page means that the login check must let OPTIONS pass.",
		Message: "Access to fetch at 'http://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight request.",
	},
	{
		Slug:    "redirect-acao-missing",
		Title:   "A redirect leads to a response without Access-Control-Allow-Origin",
		Why:     "The server redirected the request, and a response on the way does not allow the page's origin. The browser checks every response, redirects too.",
		Apart:   oneSentence + "Look where the redirect leads: a login page means that the session or token is missing, the same URL with https or a slash means that the page uses the wrong URL. If the last URL is a public API, it must allow the origin null or *.",
		Message: "Access to fetch at 'https://login.example.com/authorize' (redirected from 'https://api.example.com/me') from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug:    "acao-empty",
		Title:   "Access-Control-Allow-Origin is there, but empty",
		Why:     "The server sets the header to an empty string. Usually the origin comes from a variable that is not set where the server runs.",
		Apart:   "Look at the value in the server's configuration: a variable that is not set, or a list of origins that is empty.",
		Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header contains the invalid value ''. Have the server send the header with a valid value.",
	},
	{
		Slug:    "redirect-after-preflight",
		Title:   "The server redirects a request that needs a preflight",
		Why:     "The preflight or the request after it was answered with a redirect to another origin or URL, and the browser does not follow it without CORS headers on the redirect.",
		Apart:   "Look at Location: another spelling of the same URL means that the page should request that URL; a login page means that the session or token is missing.",
		Message: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/items. (Reason: CORS request external redirect not allowed).",
	},
	{
		Slug:    "file-origin-page",
		Title:   "The page was opened from a file, and files cannot be requested",
		Why:     "The page's address begins with file:, so its origin is null. Browsers do not let such a page load modules, fetch files or use an API that allows origins by name.",
		Apart:   "There is only one fix: serve the page over http, with any web server, such as python3 -m http.server.",
		Message: "Access to script at 'file:///home/me/app/main.js' from origin 'null' has been blocked by CORS policy: Cross origin requests are only supported for protocol schemes: chrome, chrome-extension, chrome-untrusted, data, http, https, isolated-app.",
	},
	{
		Slug:    "network-error-generic",
		Title:   "The request failed, and the message does not say why",
		Why:     "Script gets one error for every failure: a refusal by CORS, a server that does not run, a certificate that is not trusted, an ad blocker. Only the console and the network panel of the browser say more.",
		Apart:   "Look for a red line of the browser itself above this one: it names the CORS header or a net::ERR_ code. If there is none, look at the request in the network panel: a status means CORS, none means network.",
		Message: "Uncaught (in promise) TypeError: Failed to fetch",
	},
	{
		Slug:    "script-crossorigin-needs-cors",
		Aliases: []string{"script-needs-cors"},
		Title:   "A script with crossorigin, or a module, needs CORS from its server",
		Why:     "A plain script tag loads from anywhere, but type=module, the attribute crossorigin and import() make the browser require Access-Control-Allow-Origin. The server of the script does not send it.",
		Apart:   "If the tag has crossorigin without need, remove the attribute. A module always needs the header.",
		Message: "Access to script at 'https://cdn.example.net/app.js' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug:    "font-needs-cors",
		Title:   "Browsers load fonts of another origin only with CORS",
		Why:     "A font in @font-face always needs Access-Control-Allow-Origin, unlike images and scripts. The server of the font does not send it.",
		Apart:   "If the font is yours, set the header on its server, or serve the font from the page's own origin. An error status such as 404 has no CORS headers either: open the URL of the font.",
		Message: "Access to font at 'https://cdn.example.net/inter.woff2' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug:    "image-needs-cors",
		Title:   "An image with crossorigin needs CORS from its server",
		Why:     "A plain img tag loads from anywhere, but with the attribute crossorigin the browser requires Access-Control-Allow-Origin, as WebGL and canvas do. The server of the image does not send it.",
		Apart:   "If nothing reads the image's pixels, remove crossorigin. If the header is there in other cases, the browser may have cached the image from a tag without crossorigin: the server must send Vary: Origin.",
		Message: "Access to image at 'https://cdn.example.net/photo.jpg' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug:    "opaque-response-blocked",
		Title:   "The browser blocked a response that a tag without CORS cannot use",
		Why:     "A request without CORS, such as that of a script tag or mode no-cors, was answered with JSON, HTML or another type that such a request must not get. The browser keeps it from the page.",
		Apart:   "If script made the request with mode no-cors, remove the mode and let the server allow the origin. If a tag made it, the URL or its Content-Type is wrong.",
		Message: "GET https://api.example.com/data.json net::ERR_BLOCKED_BY_ORB",
	},
	{
		Slug:    "not-cors",
		Title:   "This is not a CORS error",
		Why:     "The message has another reason, which no CORS header changes.",
		Apart:   "The console of the browser, and the status of the response, say what it is.",
		Message: "Uncaught TypeError: Cannot read properties of undefined (reading 'map')",
	},
}

// The causes are in the catalogue, like all others.
var _ = func() []*Cause {
	var list []*Cause
	for _, t := range textCauses {
		list = append(list, register(&Cause{Slug: t.Slug, Aliases: t.Aliases, Title: t.Title, Why: t.Why, Fix: t.Fix, Side: t.Side}))
	}
	return list
}()

// textCauses are the causes that no response shows.
var textCauses = []*Text{
	{
		Slug: "canvas-tainted", Side: cause.Page,
		Title:   "The canvas has an image of another origin that was loaded without CORS",
		Why:     "Once such an image is drawn, script may not read the canvas: toDataURL, toBlob and getImageData fail. The image itself loaded fine.",
		Fix:     "Set crossorigin=\"anonymous\" on the image before its src, and let the image's server send Access-Control-Allow-Origin. An image that is already in the cache may need a new URL once.",
		Message: "Uncaught SecurityError: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.",
	},
	{
		Slug: "sri-needs-crossorigin", Side: cause.Page,
		Title:   "A tag with integrity needs crossorigin, too",
		Why:     "The browser can check the hash of a file of another origin only if it may read the file. Without crossorigin on the tag it may not.",
		Fix:     "Add crossorigin=\"anonymous\" to the tag. The server of the file must send Access-Control-Allow-Origin; public CDNs do.",
		Message: "Subresource Integrity: The resource 'https://cdn.example.net/i.js' has an integrity attribute, but the resource requires the request to be CORS enabled to check the integrity, and it is not. The resource has been blocked because the integrity cannot be enforced.",
	},
	{
		Slug: "eventsource-wrong-type", Side: cause.Server,
		Title:   "The response to an EventSource is not text/event-stream",
		Why:     "CORS let the response through, but its Content-Type is not that of server-sent events. Often it is an error page or the start page of an application.",
		Fix:     "Open the URL and look what responds. Let the server send Content-Type: text/event-stream.",
		Message: "EventSource's response has a MIME type (\"application/json\") that is not \"text/event-stream\". Aborting the connection.",
	},
	{
		Slug: "forbidden-request-header", Side: cause.Page,
		Title:   "Script may not set the request header {header}",
		Why:     "The browser sets this header itself and ignores what script sets. The request goes out without it.",
		Fix:     "Remove the header from the page's code: the browser sends Origin, Cookie, Host and User-Agent by itself. For cookies, use credentials: \"include\".",
		Message: "Refused to set unsafe header \"Origin\"",
	},
	{
		Slug: "frame-access-not-cors", Side: cause.Page,
		Title:   "A page may not reach into a frame or window of another origin",
		Why:     "This is the same-origin policy for windows. No CORS header changes it.",
		Fix:     "Let the two pages send each other messages with postMessage, or serve both from one origin.",
		Message: "SecurityError: Failed to read a named property 'document' from 'Window': Blocked a frame with origin \"https://app.example.com\" from accessing a cross-origin frame.",
	},
	{
		Slug: "postmessage-target-origin", Side: cause.Page,
		Title:   "postMessage names another origin than that of the window",
		Why:     "The browser delivers a message only if the window still has the origin that the call names. No CORS header changes that.",
		Fix:     "Give postMessage the origin of the page that is in the frame now, and send the message after the frame has loaded.",
		Message: "Failed to execute 'postMessage' on 'DOMWindow': The target origin provided ('https://pay.example.net') does not match the recipient window's origin ('https://app.example.com').",
	},
	{
		Slug: "same-origin-only", Side: cause.Page,
		Title:   "This kind of resource loads only from the page's own origin",
		Why:     "Workers, service workers, XSLT and the use element of SVG do not load from another origin. No CORS header changes that.",
		Fix:     "Serve the file from the page's own origin. A worker can also be made from a Blob that imports the script.",
		Message: "Failed to construct 'Worker': Script at 'https://cdn.example.net/worker.js' cannot be accessed from origin 'https://app.example.com'.",
	},
	{
		Slug: "service-worker-opaque", Side: cause.Page,
		Title:   "The page's service worker gives an opaque response to a request with CORS",
		Why:     "The service worker made the request with mode no-cors, or took such a response from its cache. A request with CORS needs a response with CORS.",
		Fix:     "In the service worker, pass event.request on unchanged, and cache only responses whose type is not opaque. Then unregister the old worker once.",
		Message: "The FetchEvent for \"https://api.example.com/items\" resulted in a network error response: an \"opaque\" response was used for a request whose type is not no-cors",
	},
	{
		Slug: "stylesheet-needs-cors", Side: cause.Page,
		Title:   "Script reads the rules of a stylesheet that was loaded without CORS",
		Why:     "A stylesheet of another origin applies to the page, but script may read its rules only with CORS.",
		Fix:     "Set crossorigin=\"anonymous\" on the link element, and let the stylesheet's server send Access-Control-Allow-Origin. Or skip such stylesheets in the script.",
		Message: "Uncaught SecurityError: Failed to read the 'cssRules' property from 'CSSStyleSheet': Cannot access rules",
	},
	{
		Slug: "script-error-hidden", Side: cause.Page,
		Title:   "The browser hides the error of a script that was loaded without CORS",
		Why:     "An error in a script of another origin reaches window.onerror only as \"Script error.\", without message and stack.",
		Fix:     "Set crossorigin=\"anonymous\" on the script element, and let the script's server send Access-Control-Allow-Origin.",
		Message: "Script error.",
	},
	{
		Slug: "coep-requires-corp", Side: cause.Server,
		Title:   "The page's Cross-Origin-Embedder-Policy blocks the resource",
		Why:     "A page with Cross-Origin-Embedder-Policy: require-corp may load only resources that allow it. This one has neither Cross-Origin-Resource-Policy nor CORS.",
		Fix:     "Let the server of the resource send Cross-Origin-Resource-Policy: cross-origin, or load it with crossorigin and CORS. Where the page does not need isolation, remove its Cross-Origin-Embedder-Policy, or use credentialless.",
		Message: "GET https://static.example.net/logo.png net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep 200 (OK)",
	},
	{
		Slug: "blocked-by-extension", Side: cause.Page,
		Title:   "An extension of the browser blocked the request",
		Why:     "An ad blocker or privacy extension kept the request from being sent. The server has not seen it, so this is not CORS.",
		Fix:     "Try again in a window without extensions. Paths and hosts with words like ads, track or analytics are on many lists: rename them.",
		Message: "GET https://api.example.com/ads/list net::ERR_BLOCKED_BY_CLIENT",
	},
	{
		Slug: "request-cancelled", Side: cause.Page,
		Title:   "The page cancelled the request",
		Why:     "The page was left, or its code aborted the request, before the response came. This is not CORS.",
		Fix:     "Look for a form that is submitted, a link that is followed or an AbortController. In a click handler, call preventDefault.",
		Message: "GET https://api.example.com/items net::ERR_ABORTED",
	},
	{
		Slug: "body-truncated", Side: cause.Network,
		Title:   "The response ended before it was complete",
		Why:     "The headers arrived, CORS included, but the body is shorter than Content-Length or its last chunk is missing.",
		Fix:     "Look at the server's and the proxy's log for a crash or a timeout while the response was being sent, and for a wrong Content-Length.",
		Message: "GET https://api.example.com/items net::ERR_CONTENT_LENGTH_MISMATCH 200 (OK)",
	},
	{
		Slug: "preflight-cached-in-browser", Side: cause.Page,
		Title: "The browser still remembers an earlier preflight response",
		Why:   "Browsers remember what a preflight allowed for as long as Access-Control-Max-Age says.",
		Fix:   "Reload with the browser's cache disabled, or wait; browsers remember at most 2 hours (Chrome), 24 hours (Firefox) or 10 minutes (Safari).",
	},
}
