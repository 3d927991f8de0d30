package stacks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const flaskHead = "import os, re\nfrom flask import Flask, Blueprint, request\nfrom flask_cors import CORS, cross_origin\napp = Flask(__name__)\n"

// readPython reads one file with a stack, or several that each begin with a line
// ### and its name.
func readPython(stack, text string) []*Site {
	if !strings.HasPrefix(text, "### ") {
		text = "### app.py\n" + text
	}
	return Lookup(stack).Source.Read(project(text))
}

// draftOf returns the drafts of sites in one line.
func draftOf(sites []*Site) string {
	var got []string
	for _, s := range sites {
		got = append(got, strings.TrimSpace("["+s.Path)+"]")
		for _, e := range s.Draft.Entries {
			text := e.Field + " " + e.Value
			if e.Default {
				text = "(" + text + ")"
			}
			got = append(got, text)
		}
		for _, r := range s.Draft.Remarks {
			got = append(got, string(r.Kind))
		}
	}
	return strings.Join(got, "; ")
}

// ownOrigin returns a function that repeats the origin on a condition.
func ownOrigin(condition string) string {
	return "@app.after_request\ndef f(response):\n    origin = request.headers.get('Origin')\n    if " + condition + ":\n        response.headers['Access-Control-Allow-Origin'] = origin\n    return response\n"
}

// TestFlaskRead reads the forms that options have in files.
func TestFlaskRead(t *testing.T) {
	const methods = "(allow_methods DELETE); (allow_methods OPTIONS); (allow_methods PATCH); (allow_methods PUT); "
	const headers = "(allow_headers *); (allow_headers Authorization)"
	const some = `methods=["GET"], allow_headers=["X-A"]`
	for _, c := range []struct{ text, want string }{
		{"CORS(app)", "[]; (allow_origins *); " + methods + headers + "; differs"},
		{"CORS(app, send_wildcard=True)", "[]; (allow_origins *); " + methods + headers},
		{"CORS(app, supports_credentials=True)", "[]; " + methods + "(allow_headers *); allow_credentials true; lost"},
		{
			`CORS(app, origins=["https://a.example", "HTTPS://B.example", r"^https://([a-z0-9-]+\.)+c\.example$"], methods="get, put", allow_headers="X-A", expose_headers="X-B, X-C", supports_credentials=True, max_age=60 * 60)`,
			"[]; allow_origins https://a.example; allow_origins https://b.example; allow_origins https://*.c.example; allow_methods PUT; allow_headers X-A; expose_headers X-B; expose_headers X-C; allow_credentials true; max_age 1h0m0s",
		},
		{`CORS(app, origins=r"https://pr-\d+\.a\.example", ` + some + `)`, `[]; dangerously_allow_origin_regexps https://pr-\d+\.a\.example; allow_headers X-A; differs`},
		{`CORS(app, origins=[re.compile("^https://a\\.example$"), re.compile(r"https://b.example$")], ` + some + `)`, `[]; allow_origins https://a.example; dangerously_allow_origin_regexps https://b.example; allow_headers X-A`},
		{`CORS(app, origins="https://*.a.example", ` + some + `)`, "[]; allow_headers X-A; lost"},
		{`CORS(app, origins=["https://a.example/", "a.example", "null"], ` + some + `)`, "[]; allow_origins null; allow_headers X-A; dangerously_allow_null_origin true; lost; lost; differs"},
		{`CORS(app, origins=os.getenv("ORIGINS", "*"), ` + some + `)`, "[]; allow_headers X-A; dynamic"},
		{`CORS(app, origins=None, ` + some + `)`, "[]; allow_headers X-A; lost"},
		{`CORS(app, **options)`, "[]; (allow_origins *); " + methods + headers + "; dynamic; differs"},
		{
			`O = {"origins": "https://a.example", "methods": ["PUT"]}` + "\n" + `CORS(app, allow_headers=["X-A"], resources={r"/api/*": O, r"/public/.*": {"origins": "*", "send_wildcard": True}, "/one": {"methods": ["GET"], "origins": []}, "^/(a|b)/.*": O})`,
			"[/api]; allow_origins https://a.example; allow_methods PUT; allow_headers X-A; [/public/]; allow_origins *; " + methods + "allow_headers X-A; [/one]; allow_headers X-A; []; allow_origins https://a.example; allow_methods PUT; allow_headers X-A; differs",
		},
		{`CORS(app, ` + some + `, origins="*", send_wildcard=True, resources=[r"/a/*", "*", X])`, "[/a]; allow_origins *; allow_headers X-A; []; allow_origins *; allow_headers X-A; []; allow_origins *; allow_headers X-A; dynamic"},
		{`CORS(app, ` + some + `, origins="*", send_wildcard=True, resources=r"/b/.*")`, "[/b/]; allow_origins *; allow_headers X-A"},
		{
			`app.config["CORS_ORIGINS"] = ["https://a.example"]` + "\n" + `app.config.update(CORS_METHODS=["GET"], CORS_ALLOW_HEADERS=["X-A"])` + "\nCORS(app)\n" + `app.config["CORS_MAX_AGE"] = 9`,
			"[]; allow_origins https://a.example; allow_headers X-A",
		},
		{
			"from datetime import timedelta\ncors = CORS(origins=['https://a.example'], " + some + ")\ndef create():\n    a = Flask('x')\n    cors.init_app(a, max_age=timedelta(hours=1, minutes=1))\n    db.init_app(a)\n",
			"[]; allow_origins https://a.example; allow_headers X-A; max_age 1h1m0s",
		},
		{"bp = Blueprint('api', __name__, url_prefix='/api')\nCORS(bp, origins='https://a.example', " + some + ")\n", "[/api]; allow_origins https://a.example; allow_headers X-A"},
		{"@app.route('/items/<id>')\n@cross_origin(origins='https://a.example', " + some + ", max_age='60')\ndef items(id):\n    pass\n", "[/items/]; allow_origins https://a.example; allow_headers X-A; max_age 1m0s"},
		{`CORS(app, ` + some + `, origins="https://a.example", max_age=0, allow_private_network=True)`, "[]; allow_origins https://a.example; allow_headers X-A; differs; lost"},
		{`CORS(app, origins="https://a.example", methods="*", allow_headers=["^X-A$", "X-.*", "*"])`, "[]; allow_origins https://a.example; allow_headers *; allow_headers Authorization; lost; lost"},
		{
			"@app.after_request\ndef f(response):\n    origin = request.headers.get('Origin')\n    if origin in ['https://a.example', 'https://b.example']:\n        response.headers['Access-Control-Allow-Origin'] = origin\n        response.headers.add('Access-Control-Allow-Methods', 'GET,PUT')\n    return response\n",
			"[]; allow_origins https://a.example; allow_origins https://b.example; allow_methods PUT",
		},
		{ownOrigin("origin in ['https://a.example']"), "[]; allow_origins https://a.example"},
		{ownOrigin("origin and origin in ['https://a.example']"), "[]; allow_origins https://a.example"},
		{ownOrigin("origin is not None and (origin == 'https://a.example' or origin == 'https://b.example')"), "[]; allow_origins https://a.example; allow_origins https://b.example"},
		{ownOrigin("origin != '' and 'https://a.example' == origin"), "[]; allow_origins https://a.example"},
		{ownOrigin("origin in ['https://a.example'] or app.debug"), "[]; allow_origins https://a.example; dynamic"},
		{ownOrigin("DEBUG or origin in ['https://a.example']"), "[]; allow_origins https://a.example; dynamic"},
		{ownOrigin("origin in ['https://a.example'] and (request.path.startswith('/api') or user.is_admin)"), "[]; allow_origins https://a.example; dynamic"},
		{ownOrigin("app.testing == True and origin == 'https://a.example'"), "[]; allow_origins https://a.example; dynamic"},
		{
			`CORS(app, origins=[r"^https://pr-[a-z]+\.a\.example$", r"^https://pr-[a-z]+\.A\.example$"], ` + some + `)`,
			`[]; dangerously_allow_origin_regexps https://pr-[a-z]+\.a\.example; dangerously_allow_origin_regexps https://pr-[a-z]+\.A\.example; allow_headers X-A`,
		},
		{"@app.after_request\ndef f(response):\n    response.headers['Access-Control-Allow-Origin'] = request.headers.get('Origin', '*')\n    return response\n", "[]; lost"},
		{"@app.after_request\ndef f(response):\n    origin = request.origin\n    if allowed(origin):\n        response.headers['Access-Control-Allow-Origin'] = origin\n    return response\n", "[]; dynamic"},
		{"@app.after_request\ndef f(response):\n    response.headers['Access-Control-Allow-Origin'] = os.getenv('ORIGIN')\n    return response\n", "[]; dynamic"},
		{"x = ('\n", "[]; lost"},
	} {
		if got := draftOf(readPython("flask", flaskHead+c.text)); got != c.want {
			t.Errorf("%s\n%s, want\n%s", c.text, got, c.want)
		}
	}
	const files = "### config.py\nclass Base:\n    CORS_ORIGINS = 'https://a.example'\n    CORS_METHODS = ['GET']\nclass Test(Base):\n    CORS_METHODS = []\n### ext.py\nfrom flask_cors import CORS\ncors = CORS(allow_headers=['X-A'])\n### app.py\nfrom flask import Flask\nfrom .ext import cors\napp = Flask('a')\napp.config.from_object('config.Base')\ncors.init_app(app)\n"
	if got, want := draftOf(readPython("flask", files)), "[]; allow_origins https://a.example; allow_headers X-A; dynamic"; got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	for _, other := range []string{fastapiHead + "app.add_middleware(CORSMiddleware, allow_origins=['*'])\n", "from django.http import HttpResponse\ndef f(r):\n    r['Access-Control-Allow-Origin'] = '*'\n"} {
		if got := draftOf(readPython("flask", other)); got != "" {
			t.Errorf("Flask reads %s", got)
		}
	}
}

// faultsOf returns the faults of sites with their places, sorted; seen gets their
// rules.
func faultsOf(sites []*Site, stack string, seen map[string]bool) string {
	var got []string
	for _, s := range sites {
		for _, f := range s.Faults {
			p := f.File.Place(f.Start)
			seen[f.Rule.ID] = true
			got = append(got, fmt.Sprintf("%s@%d:%d", strings.TrimPrefix(f.Rule.ID, stack+"/"), p.Line, p.Column))
		}
	}
	slices.Sort(got)
	return strings.Join(got, " ")
}

// TestFlaskRules has a file for each rule, and the faults in it with their places.
func TestFlaskRules(t *testing.T) {
	const vary = "@app.after_request\ndef v(r):\n    r.vary.add('Origin')\n    return r\n" // lines 5 to 8
	const some = `methods=["GET"], allow_headers=["X-A"], supports_credentials=True`
	const good = `origins=["https://a.example"], ` + some
	seen := map[string]bool{}
	for _, c := range []struct{ text, want string }{
		{vary + "CORS(app, " + good + ")", ""},
		{"CORS(app, " + good + ")", "missing-vary@5:1"},
		{vary + "CORS(app)", "default-methods-and-headers@9:1 default-origins@9:1"},
		{vary + "CORS(app, supports_credentials=True)", "default-methods-and-headers@9:1 reflects-any-origin@9:1"},
		{vary + "CORS(app, origins='*', " + some + ")", "reflects-any-origin@9:19"},
		{vary + "CORS(app, origins=['*', 'https://a.example'], methods=['GET'], allow_headers=['X-A'])", "star-among-origins@9:20"},
		{vary + "CORS(app, origins=['https://a.example/', 'null'], always_send=False, " + some + ")", "no-such-origin@9:20 null-origin@9:42"},
		{vary + "CORS(app, origins=['https://a.example', 'https://b.example'], " + some + ")", "always-send@9:1"},
		{vary + `CORS(app, origins=r"https://app\.example\.com", ` + some + ")", "unanchored-origin@9:19"},
		{vary + `CORS(app, origins=r"^https://app.example\.com$", ` + some + ")", "expression-too-wide@9:19"},
		{vary + `CORS(app, origins=r"^https://.*example\.com$", ` + some + ")", "expression-too-wide@9:19"},
		{vary + `CORS(app, origins=r"^https://.*\.example\.com$", ` + some + ")", ""},
		{vary + `CORS(app, origins=r"^http://localhost:\d+$", ` + some + ")", ""},
		{vary + `CORS(app, origins=["https://*.example.com", "http://localhost:*"], ` + some + ")", "wildcard-in-origin@9:20 wildcard-in-origin@9:45"},
		{vary + `CORS(app, origins="https://a.example,https://b.example", methods="*", allow_headers="X-A, X-B", supports_credentials=True)`, "list-in-string@9:19 list-in-string@9:85 star-for-methods@9:66"},
		{vary + "CORS(app, send_wildcard=True, origins='*', " + some + ")", "reflects-any-origin@9:39 wildcard-with-credentials@9:25"},
		{vary + "CORS(app, origins={r'/*': {'origins': 'https://a.example'}}, " + some + ")", "options-as-origins@9:19"},
		{vary + "CORS(app, origin='https://a.example', headers='X', " + some + ")", "origins-ignored@9:11 unknown-option@9:39"},
		{vary + "app.config['CORS_HEADERS'] = 'X'\nCORS(app, " + good + ")", "unknown-option@9:1"},
		{vary + "CORS(app, " + good + ")\napp.config['CORS_HEADERS'] = 'X'\napp.config['CORS_ORIGINS'] = 'X'\n", "config-too-late@11:1 unknown-option@10:1"},
		{"CORS(app, vary_header=False, " + good + ")", "missing-vary@5:1 vary-turned-off@5:23"},
		{vary + "CORS(app, origins=['https://a.example'], methods=['GET'], allow_headers=['X-A'])", "no-credentials@9:1"},
		{vary + "@cross_origin(" + good + ")\n@app.get('/')\ndef f():\n    pass\n", "cross-origin-above-route@9:2"},
		{vary + "@app.get('/')\n@login_required\n@cross_origin(" + good + ")\ndef f():\n    pass\n", "auth-above-cross-origin@10:2"},
		{vary + "@app.get('/')\n@cross_origin(" + good + ")\n@login_required\ndef f():\n    pass\n", ""},
		{vary + "@app.before_request\ndef b():\n    if not ok():\n        abort(401)\nCORS(app, " + good + ")\n", "preflight-authenticated@9:1"},
		{vary + "@app.before_request\ndef b():\n    if request.method != 'OPTIONS' and not ok():\n        abort(401)\nCORS(app, " + good + ")\n", ""},
		{vary + "CORS(app, resources={'api/*': {}, '/a': {}, r'/b/*': {}}, " + good + ")\n", "one-path-only@9:35 resource-without-slash@9:22"},
		{vary + "b = Blueprint('b', __name__)\nCORS(b, " + good + ")\n", "part-of-app@10:1"},
		{vary + "CORS(app, " + good + ")\n@app.get('/')\ndef f(r):\n    r.headers['Access-Control-Allow-Origin'] = '*'\n", "own-header@12:5"},
		{vary + "@app.after_request\ndef f(r):\n    r.headers.add('Access-Control-Allow-Origin', '*')\n    return r\nCORS(app, " + good + ")\n", "header-twice@11:5"},
		{vary + "@app.get('/')\ndef f(r):\n    r.headers['Access-Control-Allow-Origin'] = '*'\n", "by-hand@11:5"},
		{"@app.after_request\ndef f(r):\n    r.headers['Access-Control-Allow-Origin'] = '*'\n    return r\n", ""},
		{"@app.after_request\ndef f(r):\n    r.headers['Access-Control-Allow-Origin'] = request.headers['Origin']\n    return r\n", "reflected-origin@7:5"},
		{"@app.after_request\ndef f(r):\n    o = request.headers.get('Origin')\n    if o and 'example.com' in o:\n        r.headers['Access-Control-Allow-Origin'] = o\n    return r\n", "part-of-origin@8:14"},
		{"@app.after_request\ndef f(r):\n    o = request.headers.get('Origin')\n    if o.endswith('example.com'):\n        r.headers['Access-Control-Allow-Origin'] = o\n    return r\n", "part-of-origin@8:8"},
		{"@app.after_request\ndef f(r):\n    o = request.headers.get('Origin')\n    if o is not None and o.endswith('.example.com'):\n        r.headers['Access-Control-Allow-Origin'] = o\n    return r\n", ""},
		{"", "never-added@3:1"},
		{"cors = CORS()", "never-added@5:8"},
	} {
		if got := faultsOf(readPython("flask", flaskHead+c.text), "flask", seen); got != c.want {
			t.Errorf("%s\n%s, want\n%s", c.text, got, c.want)
		}
	}
	pinned := "### requirements.txt\nFlask==3.1\nFlask_CORS == 3.0.10\n### app.py\n" + flaskHead + vary + "CORS(app, " + good + ")"
	if got := faultsOf(readPython("flask", pinned), "flask", seen); got != "old-version@2:15" {
		t.Error(got)
	}
	for _, r := range Lookup("flask").Source.Rules {
		if !seen[r.ID] {
			t.Errorf("%s is in no file", r.ID)
		}
	}
}
