package wpt

// Source is a file of web-platform-tests, or several with a `*` in the name,
// and the version from which its cases were translated.
type Source struct {
	File string
	// Copy is where the file was read: a key of [Copies]. At is the commit of
	// that repository.
	Copy, At string
	fill     func(*file)
}

// Copies are the repositories in which files were read, and the folder of
// web-platform-tests in each. Where several had a file, the newest counts.
var Copies = map[string]string{
	"wpt":      "github.com/web-platform-tests/wpt",
	"Node.js":  "github.com/nodejs/node, folder test/fixtures/wpt",
	"Chromium": "a copy of Chromium, github.com/benji-cannot-code/fast-vc-chromium-benchmark-run-4, folder third_party/blink/web_tests/external/wpt",
}

// Sources returns all files.
func Sources() []*Source {
	const (
		// Commits of Node.js.
		first, second = "47e0894225", "45ee342d2b"
		// Commits of web-platform-tests.
		hosts, referrer, methods = "8cc44e820e", "ecee48dcdb", "903154b4df"
	)
	return []*Source{
		{"fetch/api/cors/cors-basic.any.js", "Node.js", second, corsBasic},
		{"fetch/api/cors/cors-cookies.any.js", "Node.js", first, corsCookies},
		{"fetch/api/cors/cors-cookies-redirect.any.js", "Node.js", first, corsCookiesRedirect},
		{"fetch/api/cors/cors-expose-star.sub.any.js", "Node.js", second, corsExposeStar},
		{"fetch/api/cors/cors-filtering.sub.any.js", "Node.js", second, corsFiltering},
		{"fetch/api/cors/cors-multiple-origins.sub.any.js", "Node.js", first, corsMultipleOrigins},
		{"fetch/api/cors/cors-no-preflight.any.js", "Node.js", second, corsNoPreflight},
		{"fetch/api/cors/cors-origin.any.js", "Node.js", second, corsOrigin},
		{"fetch/api/cors/cors-preflight.any.js", "Node.js", second, corsPreflight},
		{"fetch/api/cors/cors-preflight-cache.any.js", "Node.js", first, corsPreflightCache},
		{"fetch/api/cors/cors-preflight-not-cors-safelisted.any.js", "Node.js", second, corsNotSafelisted},
		{"fetch/api/cors/cors-preflight-redirect.any.js", "Node.js", second, corsPreflightRedirect},
		{"fetch/api/cors/cors-preflight-referrer.any.js", "Node.js", second, corsPreflightReferrer},
		{"fetch/api/cors/cors-preflight-response-validation.any.js", "Node.js", first, corsPreflightValidation},
		{"fetch/api/cors/cors-preflight-star.any.js", "Node.js", second, corsPreflightStar},
		{"fetch/api/cors/cors-preflight-status.any.js", "Node.js", first, corsPreflightStatus},
		{"fetch/api/cors/cors-redirect.any.js", "Node.js", first, corsRedirect},
		{"fetch/api/cors/cors-redirect-credentials.any.js", "Node.js", first, corsRedirectCredentials},
		{"fetch/api/cors/cors-redirect-preflight.any.js", "Node.js", second, corsRedirectPreflight},
		{"fetch/api/basic/mode-no-cors.sub.any.js", "Node.js", first, modeNoCORS},
		{"fetch/api/basic/mode-same-origin.any.js", "Node.js", second, modeSameOrigin},
		{"fetch/api/basic/request-forbidden-headers.any.js", "Node.js", second, forbiddenHeaders},
		{"fetch/api/basic/request-headers.any.js", "Node.js", second, requestHeaders},
		{"fetch/api/redirect/redirect-back-to-original-origin.any.js", "Node.js", second, redirectBack},
		{"fetch/api/redirect/redirect-count.any.js", "Node.js", second, redirectCount},
		{"fetch/api/redirect/redirect-empty-location.any.js", "Node.js", second, redirectEmptyLocation},
		{"fetch/api/redirect/redirect-location.any.js", "Node.js", second, redirectLocation},
		{"fetch/api/redirect/redirect-method.any.js", "Node.js", second, redirectMethod},
		{"fetch/api/redirect/redirect-mode.any.js", "Node.js", second, redirectMode},
		{"fetch/api/redirect/redirect-origin.any.js", "Node.js", second, redirectOrigin},
		{"fetch/api/redirect/redirect-referrer.any.js", "Node.js", first, redirectReferrer},
		{"fetch/api/redirect/redirect-referrer-override.any.js", "Node.js", second, redirectReferrerOverride},
		{"fetch/api/redirect/redirect-schemes.any.js", "Node.js", first, redirectSchemes},
		{"fetch/api/redirect/redirect-to-dataurl.any.js", "Node.js", second, redirectToData},
		{"fetch/nosniff/script.html", "Node.js", first, noSniffScript},
		{"fetch/nosniff/stylesheet.html", "Node.js", first, noSniffStyle},
		{"fetch/nosniff/image.html", "Node.js", first, noSniffImage},
		{"fetch/cross-origin-resource-policy/fetch.any.js", "Node.js", first, resourcePolicy},
		{"fetch/cross-origin-resource-policy/fetch.https.any.js", "wpt", "3c9d8ec532", resourcePolicyTLS},
		{"fetch/cross-origin-resource-policy/syntax.any.js", "Chromium", "02690aef22", resourcePolicySyntax},
		{"html/cross-origin-embedder-policy/require-corp.https.html", "wpt", "8b9d5cdd8e", embedderPolicy},
		{"fetch/orb/tentative/img-mime-types-coverage.tentative.sub.html", "Chromium", "c53b548a88", opaqueImage},
		{"fetch/metadata/fetch.https.sub.any.js", "Node.js", first, metadata},
		{"fetch/metadata/redirect/*-redirect*-site.https.sub.html", "wpt", "7521c85d64", metadataRedirects},
		{"fetch/metadata/generated/fetch.https.sub.html", "wpt", "0d41dd2bdc", metadataFetch},
		{"fetch/metadata/generated/fetch.sub.html", "wpt", "0d41dd2bdc", metadataPlain},
		{"fetch/metadata/generated/element-img.https.sub.html", "wpt", "f12faff22a", metadataImage},
		{"fetch/metadata/generated/element-script.https.sub.html", "wpt", "10b55c6c80", metadataScript},
		{"referrer-policy/gen/top.http-rp/*/fetch.http.html", "wpt", referrer, referrerGenerated},
		{"mixed-content/gen/fetch-request/top.meta/unset/*.https.html", "wpt", "dac08c83f7", mixedFetch},
		{"mixed-content/gen/xhr-request/top.meta/unset/*.https.html", "wpt", "669a701b99", mixedXHR},
		{"eventsource/format-mime-*bogus.any.js", "Chromium", "f589f06d96", eventSourceBogus},
		{"eventsource/format-mime-trailing-semicolon.any.js", "Chromium", "b39d1ac591", eventSourceSemicolon},
		{"eventsource/request-redirect.any.window.js", "Chromium", "f589f06d96", eventSourceRedirect},
		{"eventsource/request-status-error.window.js", "Chromium", "f589f06d96", eventSourceStatus},
		{"xhr/access-control-basic-*", "wpt", hosts, xhrCORS},
		{"xhr/access-control-preflight-async-*-denied.htm", "wpt", "7521c85d64", xhrDenied},
		{"xhr/access-control-preflight-request-*.htm", "wpt", hosts, xhrPreflight},
		{"xhr/access-control-and-redirects-async.any.js", "wpt", hosts, xhrRedirects},
		{"xhr/access-control-response-with-exposed-headers.htm", "wpt", hosts, xhrExposed},
		{"xhr/access-control-sandboxed-iframe-allow-origin-null.htm", "wpt", hosts, xhrNull},
		{"xhr/allow-lists-starting-with-comma.htm", "wpt", hosts, xhrComma},
		{"XMLHttpRequest/open-method-bogus.htm", "wpt", "68ffe0c9f8", xhrBogus},
		{"XMLHttpRequest/open-method-insecure.htm", "wpt", methods, xhrInsecure},
		{"XMLHttpRequest/open-method-case-insensitive.htm", "wpt", "372626946f", xhrInsensitive},
		{"XMLHttpRequest/open-method-case-sensitive.htm", "wpt", methods, xhrSensitive},
	}
}

// LeftOut says which tests of these files are not here, and why.
var LeftOut = []string{
	"all: bodies, Content-Length and User-Agent are not compared. Of requests that a test makes only to prepare or to ask the server, " +
		"nothing is compared.",
	"cors-cookies-redirect.any.js: two tests that set and delete the cookies of the others.",
	"cors-origin.any.js: one test that does the same as another.",
	"cors-preflight.any.js: the User-Agent of the preflight (1).",
	"cors-preflight-referrer.any.js: fetch()'s option `referrer` (6), which `fetch` does not have.",
	"request-headers.any.js: FormData, whose boundary is random (1), typed arrays, which do as ArrayBuffer does (6), and one test that is " +
		"there twice.",
	"redirect-method.any.js: a response without a request (1).",
	"nosniff/stylesheet.html: the same stylesheets once more, from the HTTP cache (9).",
	"cross-origin-resource-policy/fetch.any.js and fetch.https.any.js: the first request of the last test of each.",
	"require-corp.https.html: frames, windows and navigation (all but 2).",
	"metadata/redirect/same-site-redirect.https.sub.html: one test that does the same as another.",
	"element-img.https.sub.html: the attribute srcset, which does as src does (20).",
	"referrer-policy: pages without a policy (12), which assert an older default. The files for https are not stored.",
	"mixed-content: pages that opt in by Content-Security-Policy, and what else can load.",
	"xhr: synchronous requests where the same is there asynchronously, credentials, and the preflight cache.",
}

// file collects the cases of a file.
type file struct {
	path  string
	cases []*Case
}

// add adds a case.
func (f *file) add(c *Case) {
	c.File = f.path
	f.cases = append(f.cases, c)
}

// Cases returns all cases, in the order of their files.
func Cases() (all []*Case) {
	for _, s := range Sources() {
		f := file{path: s.File}
		s.fill(&f)
		all = append(all, f.cases...)
	}
	return all
}
