package stacks

import (
	"strings"
	"testing"
)

// djangoHead is the lines that are usual before those about CORS.
const djangoHead = "import os\nfrom corsheaders.defaults import default_headers, default_methods\nINSTALLED_APPS = ['corsheaders']\nMIDDLEWARE = ['corsheaders.middleware.CorsMiddleware', 'django.middleware.common.CommonMiddleware']\n"

// TestDjangoRead reads the forms that settings have.
func TestDjangoRead(t *testing.T) {
	const some = "CORS_ALLOW_METHODS = ['GET']\nCORS_ALLOW_HEADERS = ['content-type']\nCORS_PREFLIGHT_MAX_AGE = 0\n"
	const is = "; allow_headers content-type"
	for _, c := range []struct{ text, want string }{
		{
			"CORS_ALLOWED_ORIGINS = ['https://a.example']\n",
			"[]; allow_origins https://a.example; (allow_methods DELETE); (allow_methods OPTIONS); (allow_methods PATCH); (allow_methods PUT); (allow_headers authorization); (allow_headers content-type); (allow_headers user-agent); (allow_headers x-csrftoken); (allow_headers x-requested-with); (max_age 24h0m0s)",
		},
		{some + "CORS_ORIGIN_WHITELIST = ('https://a.example', 'http://localhost:3000/')\n", "[]; allow_origins https://a.example; allow_origins http://localhost:3000" + is},
		{some + "CORS_ORIGIN_WHITELIST = ['https://b.example']\nCORS_ALLOWED_ORIGINS = ['https://a.example']\n", "[]; allow_origins https://a.example" + is},
		{some + "CORS_ALLOW_ALL_ORIGINS = True\n", "[]; allow_origins *" + is},
		{some + "CORS_ORIGIN_ALLOW_ALL = True\nCORS_ALLOW_CREDENTIALS = True\n", "[]; allow_headers content-type; allow_credentials true; lost"},
		{some + "CORS_ALLOW_ALL_ORIGINS = os.getenv('DEBUG')\n", "[]; allow_headers content-type; dynamic"},
		{some + "CORS_ALLOWED_ORIGIN_REGEXES = [r'^https://\\w+\\.a\\.example$', r'https://b\\.example']\n", "[]; allow_origins https://b.example; dangerously_allow_origin_regexps https://\\w+\\.a\\.example; allow_headers content-type; differs"},
		{some + "CORS_URLS_REGEX = r'^/api/.*$'\nCORS_ALLOWED_ORIGINS = ['https://a.example']\n", "[/api/]; allow_origins https://a.example" + is},
		{
			"CORS_ALLOWED_ORIGINS = ['https://a.example']\nCORS_ALLOW_METHODS = (*default_methods, 'QUERY')\nCORS_ALLOW_HEADERS = list(default_headers) + ['x-a', 'origin']\nCORS_EXPOSE_HEADERS = ['x-b']\nCORS_PREFLIGHT_MAX_AGE = 60 * 60\nCORS_ALLOW_PRIVATE_NETWORK = True\n",
			"[]; allow_origins https://a.example; allow_methods DELETE; allow_methods OPTIONS; allow_methods PATCH; allow_methods PUT; allow_methods QUERY; allow_headers authorization; allow_headers content-type; allow_headers user-agent; allow_headers x-csrftoken; allow_headers x-requested-with; allow_headers x-a; expose_headers x-b; max_age 1h0m0s; lost; lost",
		},
		{some + "CORS_ALLOWED_ORIGINS = ['https://a.example']\nif DEBUG:\n    CORS_ALLOWED_ORIGINS += ['http://localhost:3000']\n", "[]; allow_origins https://a.example; allow_headers content-type; dynamic"},
		{some + "CORS_ALLOWED_ORIGINS = ['https://a.example']\nCORS_ALLOWED_ORIGINS += ['https://b.example']\nCORS_ALLOWED_ORIGINS.append('https://c.example')\n", "[]; allow_origins https://a.example; allow_origins https://b.example; allow_origins https://c.example" + is},
		{some + "FRONT = 'https://a.example'\nORIGINS: list[str] = [FRONT]\nCORS_ALLOWED_ORIGINS: list[str] = ORIGINS + env.list('MORE')\n", "[]; allow_origins https://a.example; allow_headers content-type; dynamic"},
		{some + "CORS_ALLOWED_ORIGINS = env.list('X', default=['https://a.example'])\n", "[]; allow_headers content-type; dynamic"},
		{some + "CORS_ALLOWED_ORIGINS = ['*', 'a.example', 'null', 'https://*.a.example']\n", "[]; allow_origins null; allow_headers content-type; dangerously_allow_null_origin true; lost; lost; lost; differs"},
		{some + "CORS_ALLOWED_ORIGINS = ('https://a.example')\n", "[]; allow_headers content-type; lost"},
		{"CORS_ALLOW_HEADERS = ['*']\nCORS_ALLOW_METHODS = ['*']\nCORS_PREFLIGHT_MAX_AGE = 0\nCORS_ALLOWED_ORIGINS = ['https://a.example']\n", "[]; allow_origins https://a.example; allow_methods *; allow_headers *"},
		{"CORS_ALLOWED_ORIGINS = CORS_ALLOWED_ORIGINS + ['https://a.example']\n" + some, "[]; allow_origins https://a.example" + is},
		{"A = B\nB = A\nCORS_ALLOWED_ORIGINS = A\n" + some, "[]; allow_headers content-type"},
	} {
		if got := draftOf(readPython("django", "### settings.py\n"+djangoHead+c.text)); got != c.want {
			t.Errorf("%s\n%s, want\n%s", c.text, got, c.want)
		}
	}
	const files = "### config/base.py\n" + djangoHead + some + "CORS_ALLOWED_ORIGINS = ['https://a.example']\n### config/__init__.py\n### config/prod.py\nfrom .base import *\nCORS_ALLOW_CREDENTIALS = True\n### config/dev.py\nfrom config.base import *  # noqa\nDEBUG = True\n### config/other.py\nfrom elsewhere import *\nCORS_ALLOWED_ORIGINS = ['https://b.example']\n"
	if got, want := draftOf(readPython("django", files)), "[]; allow_origins https://a.example; allow_headers content-type; []; allow_origins https://b.example; dynamic; []; allow_origins https://a.example; allow_headers content-type; allow_credentials true"; got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	for _, other := range []string{"CORS_ALLOWED_ORIGINS = ['https://a.example']\n", flaskHead + "CORS(app)\n", "class S:\n    CORS_ALLOWED_ORIGINS = ['https://a.example']\nX = 'django'\n"} {
		if got := draftOf(readPython("django", other)); got != "" {
			t.Errorf("Django reads %s", got)
		}
	}
}

// TestDjangoRules has settings for each rule, and the faults in them with their
// places.
func TestDjangoRules(t *testing.T) {
	seen := map[string]bool{}
	const good = "CORS_ALLOWED_ORIGINS = ['https://a.example']\n"
	const credentials = "CORS_ALLOW_CREDENTIALS = True\nSESSION_COOKIE_SAMESITE = 'None'\nSESSION_COOKIE_SECURE = True\n"
	middleware := func(names ...string) string { return "MIDDLEWARE = ['" + strings.Join(names, "', '") + "']\n" }
	const common, white = "django.middleware.common.CommonMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware"
	view := func(value string) string {
		return "### views.py\nfrom django.http import HttpResponse\ndef f(request):\n    origin = request.META.get('HTTP_ORIGIN')\n    r = HttpResponse()\n" + value + "    return r\n"
	}
	for _, c := range []struct{ text, want string }{
		{djangoHead + good, ""},
		{djangoHead + good + credentials, ""},
		{djangoHead + "CORS_ALLOW_ALL_ORIGINS = True\n" + credentials, "reflects-any-origin@5:1"},
		{djangoHead + "CORS_ALLOWED_ORIGIN_REGEXES = ['.*']\n" + credentials, "reflects-any-origin@5:32"},
		{djangoHead + "CORS_ALLOW_ALL_ORIGINS = True\n" + good, "list-ignored@5:1"},
		{djangoHead + "CORS_ORIGIN_WHITELIST = []\n" + good, "old-name-ignored@5:1"},
		{djangoHead + "CORS_ALLOWED_ORIGINS = ['https://a.example/', 'a.example', '*', 'https://*.a.example', 'https://A.example', 'null']\n", "no-such-origin@5:88 null-origin@5:109 origin-path@5:25 origin-scheme@5:47 star-in-list@5:60 wildcard-is-literal@5:65"},
		{djangoHead + "CORS_ALLOWED_ORIGINS = ('https://a.example')\n", "string-for-list@5:24"},
		{djangoHead + "CORS_ALLOWED_ORIGINS = (os.environ.get('ORIGINS', ''))\n", "string-for-list@5:24"},
		{djangoHead + "CORS_ALLOWED_ORIGIN_REGEXES = [r'https://a\\.example', r'^https://app.example\\.com$', r'^https://*.a.example$']\n", "expression-too-wide@5:55 unanchored-origin@5:32 wildcard-in-expression@5:86"},
		{djangoHead + "CORS_ALLOWED_ORIGIN_REGEXES = [r'^https://\\w+\\.a\\.example$', re.compile(r'^http://localhost:\\d+$')]\n", ""},
		{djangoHead + good + credentials + "CORS_ALLOW_HEADERS = ['*']\n", "wildcard-names-with-credentials@9:23"},
		{djangoHead + good + "CORS_ALLOW_HEADERS = ['x-a']\n", "default-headers-replaced@6:1"},
		{djangoHead + good + "CORS_ALLOW_HEADERS = [*default_headers, 'x-a']\n", ""},
		{djangoHead + good + "CORS_URLS_REGEX = '^api/'\n", "urls-without-slash@6:19"},
		{djangoHead + good + "CORS_ALLOW_ORIGINS = []\n", "unknown-setting@6:1"},
		{djangoHead + "CORS_ORIGINS = ['https://a.example']\nCORS_ALLOWED_ORIGINS = CORS_ORIGINS\n", ""},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware(common) + good, "middleware-missing@2:1"},
		{"INSTALLED_APPS = ['corsheaders']\nMIDDLEWARE = ['corsheaders.middleware.CorsMiddleware' 'x']\n" + good, "middleware-missing@2:15"},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware(common, djangoMiddleware) + good, "middleware-late@2:60"},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware("app.TokenAuthMiddleware", djangoMiddleware) + good, "middleware-late@2:42"},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware(white, djangoMiddleware, common) + good, "whitenoise-first@2:61"},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware("django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware", djangoMiddleware, common) + good, ""},
		{"INSTALLED_APPS = ['a']\n" + middleware(djangoMiddleware) + good, "app-missing@1:1"},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware(djangoMiddleware, "django.middleware.csrf.CsrfViewMiddleware") + good + credentials, "csrf-origin-not-trusted@3:25"},
		{"INSTALLED_APPS = ['corsheaders']\n" + middleware(djangoMiddleware, "django.middleware.csrf.CsrfViewMiddleware") + good + credentials + "CSRF_TRUSTED_ORIGINS = ['https://*.example']\n", ""},
		{djangoHead + good + credentials + "CSRF_TRUSTED_ORIGINS = ['a.example']\n", "csrf-origin-scheme@9:25"},
		{djangoHead + good + "CORS_ALLOW_CREDENTIALS = True\n", "samesite-default@6:1"},
		{djangoHead + good + credentials + "CSRF_COOKIE_SAMESITE = None\n", "samesite-not-a-string@9:1"},
		{djangoHead + good + credentials + "CSRF_COOKIE_SAMESITE = 'None'\n", "samesite-none-insecure@9:1"},
		{djangoHead + good + credentials + "CSRF_COOKIE_SAMESITE = 'None'\nCSRF_COOKIE_SECURE = not DEBUG\n", ""},
		{djangoHead + good + "### requirements.txt\ndjango-cors-headers==3.14.0\n", "old-version@1:22"},
		{view("    r['Access-Control-Allow-Origin'] = '*'\n"), "by-hand@5:5"},
		{view("    r.headers['Access-Control-Allow-Origin'] = origin\n"), "reflected-origin@5:5"},
		{view("    if origin.endswith('example.com'):\n        r['Access-Control-Allow-Origin'] = origin\n"), "by-hand@6:9 part-of-origin@5:8"},
		{djangoHead + good + view("    r['Access-Control-Allow-Origin'] = '*'\n"), "own-header@5:5"},
		{"### middleware.py\nfrom django.http import HttpResponse\nclass Cors:\n    def __call__(self, request):\n        r = self.get_response(request)\n        r['Access-Control-Allow-Origin'] = '*'\n        return r\n", ""},
		{"from elsewhere import *\n" + good + "# django\n", ""},
	} {
		text := c.text
		if !strings.HasPrefix(text, "### ") {
			text = "### settings.py\n" + text
		}
		if got := faultsOf(readPython("django", text), "django", seen); got != c.want {
			t.Errorf("%s\n%s, want\n%s", c.text, got, c.want)
		}
	}
	for _, r := range Lookup("django").Source.Rules {
		if !seen[r.ID] {
			t.Errorf("%s is in no file", r.ID)
		}
	}
}
