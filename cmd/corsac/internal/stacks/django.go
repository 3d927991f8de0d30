package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "django",
	Aliases:  []string{"drf", "django-cors-headers"},
	Title:    "Django",
	Layer:    Application,
	Versions: "Django 3.2 with django-cors-headers 3.14", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Server: pythonServer("server.py", []string{"django", "corsheaders"}, djangoFiles),
	Why:    "django-cors-headers compares whole origins with CORS_ALLOWED_ORIGINS, and expressions only from their beginning: they are written with an end. Its default lists of methods and headers are wider than most policies, so both are set. The middleware stands first, so that errors and redirects carry the headers.",
	Signs: []Sign{
		cookie(finding.Certain, "csrftoken"),
		body(finding.Certain, "<p>CSRF verification failed. Request aborted.</p>"),
		body(finding.Certain, "<title>DisallowedHost"),
		body(finding.Certain, "<title>Page not found at /"),
		bodyLike(finding.Likely, `<h1>Not Found</h1><p>The requested resource was not found on this server\.</p>`, "the 404 page of Django"),
		bodyLike(finding.Likely, `<h1>(?:Server Error \(500\)|Bad Request \(400\)|403 Forbidden)</h1><p>`, "an error page of Django"),
		bodyLike(finding.Likely, `^\{"detail":"(?:Authentication credentials were not provided\.|Method \\"[A-Z]+\\" not allowed\.|CSRF Failed: )`, "the JSON of the Django REST framework"),
		cookie(finding.Likely, "sessionid"),
		header(finding.Possible, "Server", "WSGIServer/"),
		trait(finding.Possible, "the headers of Django's SecurityMiddleware", func(s *Seen) bool {
			return s.is("Referrer-Policy", "same-origin") && s.is("X-Frame-Options", "DENY") && s.is("X-Content-Type-Options", "nosniff")
		}),
	},
	Projects: []Project{
		{File: "manage.py", Contains: "DJANGO_SETTINGS_MODULE"},
		{File: "requirements*.txt", Contains: "Django"},
		{File: "requirements*.txt", Contains: "django"},
		{File: "pyproject.toml", Contains: "django"},
		{File: "Pipfile", Contains: "django"},
	},
	Source:  &Source{Files: []string{"*.py"}, Rules: djangoRules, Read: djangoRead},
	Setup:   "CORS_* settings",
	Snippet: djangoSnippet,
	Advice: map[string]Advice{
		"csrf-origin-check-failed": {
			Text: "CORS lets the page read the answer; the CSRF check is another one, and refuses a POST with the session cookie from an origin that it does not know. List the origin in CSRF_TRUSTED_ORIGINS, with its scheme (before Django 4, without).",
			Code: func(p *cors.Policy) Snippet {
				r := rulesOf(p)
				var c code
				c.line("CSRF_TRUSTED_ORIGINS = [%s]", list(pyString, djangoTrusted(r)...))
				return Snippet{File: "settings.py", Place: "anywhere", Code: c.lines()}
			},
		},
		"host-header-rejected":           {Text: "The name in the URL is not in ALLOWED_HOSTS, so Django answers 400 before anything else. Add it to ALLOWED_HOSTS in settings.py: the host alone, without scheme and port.", Only: true},
		"preflight-without-cors-headers": {Text: "Put corsheaders.middleware.CorsMiddleware first in MIDDLEWARE: views answer OPTIONS by themselves, without CORS headers."},
		"preflight-requires-auth":        {Text: "Put corsheaders.middleware.CorsMiddleware first in MIDDLEWARE: it answers preflights before anything that authenticates."},
		"preflight-not-routed":           {Text: "Put corsheaders.middleware.CorsMiddleware first in MIDDLEWARE: it answers preflights for every path."},
		"preflight-redirect-trailing-slash": {
			Text: "APPEND_SLASH makes Django redirect /x to /x/, which no preflight may. Request the URL with the slash; with corsheaders.middleware.CorsMiddleware above CommonMiddleware, preflights are answered before the redirect.",
		},
		"redirect-without-cors-headers": {Text: "APPEND_SLASH makes Django redirect /x to /x/. Request the URL with the slash, and put corsheaders.middleware.CorsMiddleware above CommonMiddleware, so that the redirect carries the headers."},
		"cookie-samesite-blocks-cross-site": {
			Text: "The session cookie is SameSite=Lax. Set SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = 'None' and SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True in settings.py.", Only: true,
		},
		"acao-trailing-slash": {Text: "Entries of CORS_ALLOWED_ORIGINS have a scheme and a host, but neither a slash at the end nor a path."},
	},
})

func djangoSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	headers := r.headerList()
	var c code
	c.line(`INSTALLED_APPS = [*INSTALLED_APPS, "corsheaders"]`)
	c.line(`MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *MIDDLEWARE]`)
	c.line("")
	if r.anyOrigin {
		c.line("CORS_ALLOW_ALL_ORIGINS = True")
	} else {
		c.when(len(r.exact) > 0, "CORS_ALLOWED_ORIGINS = [%s]", list(pyString, r.exact...))
	}
	if len(r.patterns) > 0 {
		var items []string
		for _, p := range r.patterns {
			items = append(items, pyRegexp(p))
		}
		c.line("CORS_ALLOWED_ORIGIN_REGEXES = [%s]", strings.Join(items, ", "))
	}
	c.line("CORS_ALLOW_METHODS = [%s]", list(pyString, r.methods...))
	c.line("CORS_ALLOW_HEADERS = [%s]", list(pyString, headers...))
	c.when(len(r.expose) > 0, "CORS_EXPOSE_HEADERS = [%s]", list(pyString, r.expose...))
	c.when(r.credentials, "CORS_ALLOW_CREDENTIALS = True")
	c.line("CORS_PREFLIGHT_MAX_AGE = %d", max(0, r.maxAge))
	if trusted := djangoTrusted(r); r.credentials && len(trusted) > 0 {
		c.line("")
		c.line("# With the session cookie, requests that change something pass the CSRF check only from these.")
		c.line("CSRF_TRUSTED_ORIGINS = [%s]", list(pyString, trusted...))
	}
	if r.maxAge == 0 {
		r.Gaps = append(r.Gaps, "It sends no Access-Control-Max-Age instead of 0, so that browsers remember preflights for five seconds.")
	}
	return r.snippet(&c, Snippet{
		File:    "settings.py",
		Place:   "at the end of the file, after INSTALLED_APPS and MIDDLEWARE",
		Install: "pip install django-cors-headers",
	})
}

// djangoTrusted returns the origins as Django's CSRF check wants them. It knows
// subdomains, but not any port.
func djangoTrusted(r *rules) []string {
	trusted := append([]string{}, r.exact...)
	wild, _ := r.wildcards()
	for _, w := range wild {
		if !strings.HasSuffix(w, ":*") {
			trusted = append(trusted, w)
		}
	}
	return trusted
}
