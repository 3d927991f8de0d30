package live_test

import (
	"strings"
	"testing"
)

// quickLints is how many mistakes of a framework are tried without CORSAC_LIVE=1,
// too.
const quickLints = 3

// TestLintFlask shows that what lint says about Flask is so.
func TestLintFlask(t *testing.T) {
	pythonServer(t, "flask, flask_cors", "README", "")
	const (
		head  = "from flask_cors import CORS\n"
		page  = `"http://localhost:5173"`
		after = "@app.after_request\ndef own(response):\n    response.headers.add(\"Access-Control-Allow-Origin\", \"*\")\n    return response\n"
		late  = "app.config[\"CORS_ORIGINS\"] = \"https://a.example\"\n"
		auth  = "\nfrom flask import request\n@app.before_request\ndef log_in():\n    if LET\"Authorization\" not in request.headers:\n        abort(401)\n"
	)
	authorized := []string{"-X", "PUT", "-H", "Authorization: x"}
	for i, l := range []linted{
		{rule: "unanchored-origin", allows: true, origin: evil, lines: head + `CORS(app, origins=r"https://app\.example\.com")`},
		{rule: "expression-too-wide", allows: true, origin: "https://appxexample.com", lines: head + `CORS(app, origins=r"^https://app.example\.com$")`},
		{rule: "wildcard-in-origin", allows: true, origin: "https://xexample.com", lines: head + `CORS(app, origins="https://*.example.com")`, fixed: head + `CORS(app, origins=r"^https://([a-z0-9-]+\.)+example\.com$")`},
		{rule: "wildcard-in-origin", cause: "no-cors-headers", origin: "https://app.example.com", lines: head + `CORS(app, origins="https://*.example.com")`, fixed: head + `CORS(app, origins=r"^https://([a-z0-9-]+\.)+example\.com$")`},
		{rule: "no-such-origin", cause: "no-cors-headers", lines: head + `CORS(app, origins=["http://localhost:5173/"])`},
		{rule: "list-in-string", cause: "no-cors-headers", lines: head + `CORS(app, origins="http://localhost:5173,https://a.example")`, fixed: head + "CORS(app, origins=[" + page + `, "https://a.example"])`},
		{rule: "reflects-any-origin", allows: true, origin: evil, args: []string{"--credentials", "include"}, lines: head + "CORS(app, supports_credentials=True)", fixed: head + "CORS(app, origins=[" + page + "], supports_credentials=True)"},
		{rule: "options-as-origins", allows: true, origin: evil, args: []string{"--credentials", "include"}, lines: head + `CORS(app, origins={r"/*": {"origins": [` + page + "]}}, supports_credentials=True)", fixed: head + `CORS(app, resources={r"/*": {"origins": [` + page + "]}}, supports_credentials=True)"},
		{rule: "origins-ignored", allows: true, origin: evil, lines: head + "CORS(app, origin=" + page + ")", fixed: head + "CORS(app, origins=" + page + ")"},
		{rule: "config-too-late", allows: true, origin: evil, lines: head + "CORS(app)\n" + late, fixed: head + late + "CORS(app)"},
		{rule: "star-for-methods", args: []string{"-X", "PUT"}, lines: head + "CORS(app, origins=[" + page + `], methods="*")`, fixed: head + "CORS(app, origins=[" + page + "])"},
		{rule: "header-twice", lines: head + after + "CORS(app, origins=[" + page + "])", fixed: head + "CORS(app, origins=[" + page + "])"},
		{rule: "resource-without-slash", cause: "no-cors-headers", lines: head + `CORS(app, resources={r"x/*": {"origins": [` + page + "]}})", fixed: head + `CORS(app, resources={r"/x/*": {"origins": [` + page + "]}})"},
		{
			rule: "preflight-authenticated", args: authorized, lines: head + "CORS(app, origins=[" + page + "])" + strings.Replace(auth, "LET", "", 1),
			fixed: head + "CORS(app, origins=[" + page + "])" + strings.Replace(auth, "LET", `request.method != "OPTIONS" and `, 1),
		},
		{rule: "cross-origin-above-route", path: "/y", cause: "no-cors-headers", lines: "from flask_cors import cross_origin\n@cross_origin(origins=" + page + ")\n@app.get(\"/y\")\ndef y():\n    return \"\"\n", fixed: "from flask_cors import cross_origin\n@app.get(\"/y\")\n@cross_origin(origins=" + page + ")\ndef y():\n    return \"\"\n"},
		{rule: "reflected-origin", allows: true, origin: evil, lines: "from flask import request\n@app.after_request\ndef own(response):\n    response.headers[\"Access-Control-Allow-Origin\"] = request.headers.get(\"Origin\", \"*\")\n    return response\n", fixed: head + "CORS(app, origins=[" + page + "])"},
	} {
		if l.path == "" {
			l.path = "/x"
		}
		t.Run(l.rule, func(t *testing.T) {
			if i >= quickLints {
				needLive(t)
			}
			l.try(t, "flask")
		})
	}
}

// TestLintDjango shows that what lint says about Django is so. That of middleware-late
// is a part of TestCheckDjango.
func TestLintDjango(t *testing.T) {
	pythonServer(t, "django, corsheaders", "README", "")
	const (
		apps = "INSTALLED_APPS = [*INSTALLED_APPS, \"corsheaders\"]\n"
		head = apps + "MIDDLEWARE = [\"corsheaders.middleware.CorsMiddleware\", *MIDDLEWARE]\n"
		page = "CORS_ALLOWED_ORIGINS = [\"http://localhost:5173\"]\n"
	)
	for i, l := range []linted{
		{rule: "origin-scheme", allows: true, origin: "null", lines: head + "CORS_ALLOWED_ORIGINS = [\"app.example.com\"]\nSILENCED_SYSTEM_CHECKS = [\"corsheaders.E013\"]\n", fixed: head + "CORS_ALLOWED_ORIGINS = [\"https://app.example.com\"]\n"},
		{rule: "unanchored-origin", allows: true, origin: evil, lines: head + `CORS_ALLOWED_ORIGIN_REGEXES = [r"https://app\.example\.com"]`},
		{rule: "expression-too-wide", allows: true, origin: "https://appxexample.com", lines: head + `CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://app.example\.com$"]`},
		{rule: "reflects-any-origin", allows: true, origin: evil, args: []string{"--credentials", "include"}, lines: head + "CORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True\n", fixed: head + page + "CORS_ALLOW_CREDENTIALS = True\n"},
		{rule: "wildcard-is-literal", origin: "https://a.example.org", lines: head + `CORS_ALLOWED_ORIGINS = ["https://*.example.org"]`, fixed: head + `CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://([a-z0-9-]+\.)+example\.org$"]`},
		{rule: "middleware-missing", lines: apps + page, fixed: head + page},
		{rule: "urls-without-slash", cause: "no-cors-headers", lines: head + page + "CORS_URLS_REGEX = \"^x\"\n", fixed: head + page + "CORS_URLS_REGEX = \"^/x\"\n"},
		{rule: "unknown-setting", cause: "origin-not-allowed", lines: head + "CORS_ORIGINS = [\"http://localhost:5173\"]\n", fixed: head + page},
		{rule: "wildcard-names-with-credentials", args: []string{"-X", "PUT", "--credentials", "include"}, cause: "wildcard-methods-with-credentials", lines: head + page + "CORS_ALLOW_CREDENTIALS = True\nCORS_ALLOW_METHODS = [\"*\"]\n", fixed: head + page + "CORS_ALLOW_CREDENTIALS = True\nCORS_ALLOW_METHODS = [\"PUT\"]\n"},
	} {
		if l.path == "" {
			l.path = "/x"
		}
		t.Run(l.rule, func(t *testing.T) {
			if i >= quickLints {
				needLive(t)
			}
			l.try(t, "django")
		})
	}
}
