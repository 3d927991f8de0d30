package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// djangoCommon are mistakes that are made with django-cors-headers as with others.
var djangoCommon = commonRulesOf("django", "django-cors-headers")

var djangoRule = ruleMaker("django").rule

// djangoByHand are the mistakes in headers that views set.
var djangoByHand = ruleMaker("django").ownRules("CorsMiddleware",
	"The header of the view reaches origins that CorsMiddleware refuses.",
	"Use django-cors-headers for the whole project.", "Use django-cors-headers with CORS_ALLOWED_ORIGINS.")

// The mistakes that are made with the settings of django-cors-headers.
var (
	djangoUnanchored = djangoRule("unanchored-origin", finding.Error, "",
		"The expression for origins has no end",
		"django-cors-headers only compares the beginning, so https://app.example.com.evil.example matches, too.",
		"Write $ at its end.")
	djangoPath = djangoRule("origin-path", finding.Error, "",
		"An origin has a path or a slash at the end",
		"manage.py then refuses to start (corsheaders.E014): an origin is scheme, host and port.",
		"Remove what is after the host and port.")
	djangoScheme = djangoRule("origin-scheme", finding.Error, "origin-not-allowed",
		"An origin has no scheme",
		"manage.py then refuses to start (corsheaders.E013). Elsewhere, it does not match the page, but the origin null, which any website can have.",
		"Write https:// before it, or http:// for a development server.")
	djangoStar = djangoRule("star-in-list", finding.Error, "origin-not-allowed",
		"django-cors-headers does not know * in a list",
		"manage.py then refuses to start (corsheaders.E013). Elsewhere, it only matches the origin null, which any website can have.",
		"List the origins; for every website, write CORS_ALLOW_ALL_ORIGINS = True.")
	djangoString = djangoRule("string-for-list", finding.Error, "",
		"A string in the place of a list",
		"Django takes each character of it for an element, which matches no page, but the origin null; parentheses alone do not make a tuple.",
		"Put the string into a list.")
	djangoBeside = djangoRule("list-ignored", finding.Warning, "",
		"CORS_ALLOW_ALL_ORIGINS makes the list of origins pointless",
		"Every website is allowed, whatever the list says.",
		"Remove CORS_ALLOW_ALL_ORIGINS, or the list.")
	djangoTwoNames = djangoRule("old-name-ignored", finding.Warning, "",
		"The old name of a setting stands beside the new one",
		"Only the new one counts.",
		"Remove the old one, after its values are in the new one.")
	djangoUnknown = djangoRule("unknown-setting", finding.Warning, "",
		"django-cors-headers does not know this setting",
		"It ignores it, without a word.",
		"Write its name as the documentation has it, such as CORS_ALLOWED_ORIGINS.")
	djangoURLs = djangoRule("urls-without-slash", finding.Error, "cors-missing-on-route",
		"No path matches CORS_URLS_REGEX",
		"It is compared with the path from its beginning, which is a slash.",
		"Write a slash: r\"^/api/.*$\".")
	djangoHeaders = djangoRule("default-headers-replaced", finding.Note, "header-not-allowed",
		"The list of headers lacks Content-Type",
		"The setting replaces the default list, so that pages cannot send JSON.",
		"Add to the default list: (*default_headers, \"x-my-header\"), with from corsheaders.defaults import default_headers.")
	djangoOld = djangoRule("old-version", finding.Note, "",
		"django-cors-headers before 4.3 says more to refused origins",
		"It sends Access-Control-Allow-Credentials to them, too: harmless in browsers, but anybody can see it.",
		"Update it: django-cors-headers>=4.3.")
)

// The mistakes that are made with what is around the settings.
var (
	djangoMissing = djangoRule("middleware-missing", finding.Error, "no-cors-headers",
		"CorsMiddleware is not in MIDDLEWARE",
		"The settings alone do nothing: no answer has CORS headers.",
		"Write corsheaders.middleware.CorsMiddleware first in MIDDLEWARE.")
	djangoLate = djangoRule("middleware-late", finding.Warning, "redirect-without-cors-headers",
		"CorsMiddleware stands below a middleware that answers by itself",
		"The answers of those above it have no CORS headers: CommonMiddleware redirects to a path with a slash, preflights too.",
		"Write corsheaders.middleware.CorsMiddleware first in MIDDLEWARE.")
	djangoWhiteNoise = djangoRule("whitenoise-first", finding.Note, "cors-missing-on-route",
		"WhiteNoise stands above CorsMiddleware",
		"It answers requests for static files by itself, with its own CORS header for every website, not with these settings.",
		"Write corsheaders.middleware.CorsMiddleware first in MIDDLEWARE, if that matters.")
	djangoNoApp = djangoRule("app-missing", finding.Note, "",
		"corsheaders is not in INSTALLED_APPS",
		"manage.py then does not check the settings.",
		"Add \"corsheaders\" to INSTALLED_APPS.")
	djangoNotTrusted = djangoRule("csrf-origin-not-trusted", finding.Note, "csrf-origin-check-failed",
		"An origin may send cookies, but is not in CSRF_TRUSTED_ORIGINS",
		"With the session cookie, views with the CSRF check refuse a POST from it with 403.",
		"Add it to CSRF_TRUSTED_ORIGINS, if its pages use such views.")
	djangoTrustedScheme = djangoRule("csrf-origin-scheme", finding.Warning, "csrf-origin-check-failed",
		"An entry of CSRF_TRUSTED_ORIGINS has no scheme",
		"Since Django 4.0, manage.py then refuses to start (4_0.E001).",
		"Write https:// before it.")
	djangoSameSite = djangoRule("samesite-default", finding.Note, "cookie-samesite-blocks-cross-site",
		"The session cookie stays on the site, although credentials are allowed",
		"Django sends it with SameSite=Lax: browsers do not send it from pages of other sites.",
		"For pages of other sites, write SESSION_COOKIE_SAMESITE = \"None\" and SESSION_COOKIE_SECURE = True.")
	djangoSameSiteNone = djangoRule("samesite-not-a-string", finding.Warning, "cookie-samesite-blocks-cross-site",
		"SameSite is the None of Python, not the string",
		"Django then sends no SameSite, and browsers take that for Lax.",
		"Write \"None\" in quotes, and the setting that ends with _SECURE = True.")
	djangoInsecure = djangoRule("samesite-none-insecure", finding.Warning, "cookie-samesite-none-without-secure",
		"A cookie has SameSite=None, but is not Secure",
		"Browsers reject it.",
		"Set SESSION_COOKIE_SECURE (or CSRF_COOKIE_SECURE) to True, and use https.")
)

var djangoRules = []*Rule{
	djangoCommon.reflects, djangoCommon.never, djangoCommon.literal, djangoCommon.null, djangoCommon.wide, djangoCommon.glob, djangoCommon.partial, djangoCommon.wildcardNames,
	djangoUnanchored, djangoPath, djangoScheme, djangoStar, djangoString, djangoBeside, djangoTwoNames, djangoUnknown, djangoURLs, djangoHeaders, djangoOld,
	djangoMissing, djangoLate, djangoWhiteNoise, djangoNoApp, djangoNotTrusted, djangoTrustedScheme, djangoSameSite, djangoSameSiteNone, djangoInsecure,
	djangoByHand.beside, djangoByHand.alone, djangoByHand.reflects,
}
