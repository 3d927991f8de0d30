package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

// seenCauses are causes that more requests can show, as far as texts name them.
var seenCauses = []*Text{
	{
		Slug: "url-not-found", Side: cause.Page,
		Title:   "The URL does not exist on the server",
		Why:     "The server responds with 404, and its page for errors has no CORS headers.",
		Fix:     "Correct the URL: compare path, prefix and port with the server's routes.",
		Message: "XMLHttpRequest cannot load http://api.example.com/itmes. No 'Access-Control-Allow-Origin' header is present on the requested resource. Origin 'http://localhost:3000' is therefore not allowed access. The response had HTTP status code 404.",
	},
	{
		Slug: "cors-missing-on-route", Side: cause.Server,
		Title: "CORS does not cover this route",
		Why:   "Other routes of the server have CORS headers, and this one does not: the middleware is mounted on a prefix, or after this route.",
		Fix:   "Apply CORS to the whole server, before all routes.",
	},
	{
		Slug: "acao-scheme-from-proxy", Side: cause.Server,
		Title: "A proxy terminates TLS, and the application writes http in the allowed origin",
		Why:   "The application builds the value from its own request, which comes from the proxy over http.",
		Fix:   "Respond with the value of Origin if it is on the list of allowed origins, and do not build it. Where the scheme is needed, trust X-Forwarded-Proto of the proxy.",
	},
	{
		Slug: "spa-fallback-instead-of-api", Side: cause.Server,
		Title: "The server of the front end responded with its start page",
		Why:   "A development server or static host responds to every unknown path with index.html. The request did not reach the API.",
		Fix:   "Use the URL of the API with its port, or configure the proxy of the development server for this path.",
	},
	{
		Slug: "listening-on-other-loopback", Side: cause.Server,
		Title: "The server listens only on the other address of localhost",
		Why:   "localhost is ::1 and 127.0.0.1. The server listens on one of them, and the client uses the other.",
		Fix:   "Let the server listen on both addresses, or use the address in the URL, such as 127.0.0.1, instead of localhost.",
	},
	{
		Slug: "csrf-origin-check-failed", Side: cause.Policy,
		Title:   "The server's protection against CSRF refuses the page's origin",
		Why:     "CORS and the check for CSRF are two lists. The request was allowed by CORS and then refused as forged.",
		Fix:     "Add {page} to the trusted origins of the CSRF check, such as CSRF_TRUSTED_ORIGINS in Django, and send the CSRF token with the request.",
		Message: "Forbidden (Origin checking failed - http://localhost:5173 does not match any trusted origins.): /api/orders/",
	},
	{
		Slug: "headers-only-on-success", Side: cause.Server,
		Title: "The server sets CORS headers only on successful responses",
		Why:   "In nginx, add_header without always does nothing on errors; Header set in Apache is the same.",
		Fix:   "Write always: add_header … always; in nginx, Header always set in Apache. Then fix the error itself.",
	},
	{
		Slug: "host-header-rejected", Side: cause.Server,
		Title:   "The server does not accept the host in the URL",
		Why:     "Frameworks and development servers refuse hosts that are not on their list, against DNS rebinding. The refusal has no CORS headers.",
		Fix:     "Add the host to the list: ALLOWED_HOSTS in Django, config.hosts in Rails, server.allowedHosts in Vite, allowedHosts in webpack-dev-server.",
		Message: "Invalid HTTP_HOST header: 'api.localhost:8000'. You may need to add 'api.localhost' to ALLOWED_HOSTS.",
	},
	{
		Slug: "non-web-origin-not-allowed", Side: cause.Policy,
		Title:   "The server does not allow the origin of an app or extension",
		Why:     "Apps and extensions have origins of their own, such as capacitor://localhost or chrome-extension://ID. The server must list that origin.",
		Fix:     "Add {page} to the origins that the policy allows, exactly as written here.",
		Message: "Access to fetch at 'https://api.example.com/items' from origin 'capacitor://localhost' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
	},
	{
		Slug: "client-omits-credentials", Side: cause.Page,
		Title: "The page does not send its cookies",
		Why:   "fetch and XMLHttpRequest send cookies to another origin only if script asks for it.",
		Fix:   "Set credentials: \"include\" for fetch, or withCredentials for XMLHttpRequest and axios.",
	},
	{
		Slug: "preflight-cached-in-browser", Side: cause.Page,
		Title: "The browser still remembers an earlier preflight response",
		Why:   "Browsers remember what a preflight allowed for as long as Access-Control-Max-Age says.",
		Fix:   "Reload with the browser's cache disabled, or wait; browsers remember at most 2 hours (Chrome), 24 hours (Firefox) or 10 minutes (Safari).",
	},
}
